//! From frames in order to whole messages: a whole frame passes through untouched, fragments are
//! collected in one buffer of fixed size. Broken or oversized messages are dropped and counted.

use crate::counters::DropCause;
use crate::frame::{DATA_BEGIN, DATA_END};
use crate::receive_buffer::HeldFrame;

/// Collects the fragments of one message at a time.
#[derive(Debug)]
pub(crate) struct Assembler {
    message: Vec<u8>,
    message_length_max: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between messages, or inside one whose beginning is missing.
    Idle,
    Collecting,
    /// Inside a message that was too long.
    Skipping,
}

impl Assembler {
    pub(crate) fn new(message_length_max: usize) -> Self {
        Self {
            message: Vec::with_capacity(message_length_max),
            message_length_max,
            state: State::Idle,
        }
    }

    /// Forgets a message begun: the stream does not go on where it stopped.
    pub(crate) fn reset(&mut self) {
        self.state = State::Idle;
    }

    /// Takes the next DATA frame; gives the message when this frame completes one.
    #[inline]
    pub(crate) fn accept<'a>(
        &'a mut self,
        frame: &HeldFrame<'a>,
    ) -> Result<Option<&'a [u8]>, DropCause> {
        let begins = frame.header.header.has(DATA_BEGIN);
        let ends = frame.header.header.has(DATA_END);
        let (head, tail) = frame.payload;
        let length = head.len() + tail.len();
        if begins {
            self.message.clear();
            self.state = State::Collecting;
        }
        match self.state {
            State::Idle => return Err(DropCause::FragmentOrphaned),
            State::Skipping => {
                self.leave_if(ends);
                return Ok(None);
            }
            State::Collecting if self.message.len() + length > self.message_length_max => {
                self.state = State::Skipping;
                self.leave_if(ends);
                return Err(DropCause::MessageTooLong);
            }
            State::Collecting => {}
        }
        self.leave_if(ends);
        if begins && ends && tail.is_empty() {
            return Ok(Some(head));
        }
        self.message.extend_from_slice(head);
        self.message.extend_from_slice(tail);
        Ok(ends.then_some(self.message.as_slice()))
    }

    #[inline]
    fn leave_if(&mut self, ends: bool) {
        if ends {
            self.state = State::Idle;
        }
    }
}
