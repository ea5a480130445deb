//! Reports as they came in, waiting to be looked at.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use forecastle_proto_spec::{Frame, Message};

/// How long a test waits for anything that must come; a loaded machine is slow, not wrong.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Messages in the order they came.
#[derive(Default)]
pub struct Inbox {
    messages: VecDeque<Vec<u8>>,
}

impl Inbox {
    /// Takes every message of one payload.
    pub fn push(&mut self, mut payload: &[u8]) {
        while !payload.is_empty() {
            let (frame, rest) = Frame::parse(payload).expect("the exchange sends whole messages");
            self.messages.push_back(frame.bytes.to_vec());
            payload = rest;
        }
    }

    /// Removes the first message of this kind that `matches`; the others stay.
    pub fn take<M: Message>(&mut self, matches: impl Fn(&M) -> bool) -> Option<M> {
        let index = self.messages.iter().position(|bytes| {
            let (frame, _) = Frame::parse(bytes).expect("only whole messages are kept");
            frame.body::<M>().is_some_and(&matches)
        })?;
        let bytes = self.messages.remove(index)?;
        let (frame, _) = Frame::parse(&bytes).expect("only whole messages are kept");
        frame.body::<M>().copied()
    }

    /// Removes and gives all that came, bytes with headers.
    pub fn drain(&mut self) -> Vec<Vec<u8>> {
        self.messages.drain(..).collect()
    }

    /// How many wait and which templates the first ones have, for messages of failure.
    pub fn summary(&self) -> String {
        let templates = self.messages.iter().take(12).map(|bytes| {
            let (frame, _) = Frame::parse(bytes).expect("only whole messages are kept");
            frame.template_id.to_string()
        });
        let templates = templates.collect::<Vec<_>>().join(", ");
        format!("{} messages, templates {templates}", self.messages.len())
    }
}

/// A moment after which a wait has failed.
pub struct Deadline(Instant);

impl Deadline {
    /// One of [`PATIENCE`] from now.
    pub fn patient() -> Self {
        Self(Instant::now() + PATIENCE)
    }

    /// Whether it has passed.
    pub fn is_over(&self) -> bool {
        Instant::now() > self.0
    }
}
