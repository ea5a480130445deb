//! Where `apply` writes: the effects of one command, one after another, in memory of the caller.

use forecastle_proto_spec::{Message, encode};

/// The effects of one command, appended as messages with headers to a slice of the caller.
///
/// The slice is the free part of a log record: with [`forecastle_proto_spec::RECORD_LENGTH_MAX`]
/// bytes less the record's header and command it is never too short.
#[derive(Debug)]
pub struct EffectBuffer<'a> {
    buffer: &'a mut [u8],
    length: usize,
    count: u32,
    first_position: u64,
}

impl<'a> EffectBuffer<'a> {
    /// An empty buffer over `buffer`, whose contents are overwritten.
    #[inline]
    #[must_use]
    pub fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, length: 0, count: 0, first_position: 0 }
    }

    /// Bytes written.
    #[inline]
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// Effects written.
    #[inline]
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The effects.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    /// Says where in the log the effects start, and forgets earlier ones.
    #[inline]
    pub(crate) fn begin(&mut self, first_position: u64) {
        self.first_position = first_position;
        self.length = 0;
        self.count = 0;
    }

    /// Position in the log of the next effect.
    #[inline]
    pub(crate) fn next_position(&self) -> u64 {
        self.first_position + self.length as u64
    }

    /// Appends one effect.
    ///
    /// # Panics
    /// When the caller gave less space than a record may need.
    #[inline(always)]
    pub(crate) fn push<M: Message>(&mut self, message: &M) {
        let end = self.length + M::ENCODED_LENGTH;
        let target = self.buffer.get_mut(self.length..end);
        let target = target.expect("the caller gives room for the longest record");
        encode(message, target).expect("the room is of the message's length");
        self.length = end;
        self.count += 1;
    }

    /// Appends one effect behind another.
    ///
    /// # Panics
    /// As [`Self::push`].
    #[inline(always)]
    pub(crate) fn push_two<M: Message, N: Message>(&mut self, first: &M, second: &N) {
        let end = self.length + M::ENCODED_LENGTH + N::ENCODED_LENGTH;
        let target = self.buffer.get_mut(self.length..end);
        let target = target.expect("the caller gives room for the longest record");
        let (first_bytes, second_bytes) = target.split_at_mut(M::ENCODED_LENGTH);
        encode(first, first_bytes).expect("the room is of the message's length");
        encode(second, second_bytes).expect("the room is of the message's length");
        self.length = end;
        self.count += 2;
    }
}
