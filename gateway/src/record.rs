//! One log record as a projection sees it: whose command it is, the command, and its effects with
//! their positions.
//!
//! Records come from our own log. Bytes that are no record are a bug of the writer, not bad input,
//! and stop the process.

use forecastle_proto_spec::{Frame, RecordHeader, padded_command_length};
use zerocopy::FromBytes;

/// A record in place.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Position of its first byte.
    pub position: u64,
    /// Its header.
    pub header: &'a RecordHeader,
    /// The command as it was received.
    pub command: &'a [u8],
    effects: &'a [u8],
}

impl<'a> Record<'a> {
    /// The record whose bytes these are. O(1).
    ///
    /// # Panics
    /// When the lengths in the header do not agree with `bytes`.
    #[inline]
    #[must_use]
    pub fn new(position: u64, bytes: &'a [u8]) -> Self {
        let (header, body) =
            RecordHeader::ref_from_prefix(bytes).expect("a record is led by its header");
        assert!(header.record_length.get() as usize == bytes.len(), "a record has its length");
        let command_length = usize::from(header.command_length.get());
        let padded_length = padded_command_length(command_length);
        assert!(padded_length <= body.len(), "a record holds its command");
        let (command, effects) = body.split_at(padded_length);
        Self { position, header, command: &command[..command_length], effects }
    }

    /// Session that sent the command; 0 is the exchange itself.
    #[inline]
    #[must_use]
    pub fn session_id(&self) -> u32 {
        self.header.session_id.get()
    }

    /// Position of the byte after the record.
    #[inline]
    #[must_use]
    pub fn end_position(&self) -> u64 {
        self.position + u64::from(self.header.record_length.get())
    }

    /// The command when it is a whole message.
    #[inline]
    #[must_use]
    pub fn command_frame(&self) -> Option<Frame<'a>> {
        Frame::parse(self.command).ok().map(|(frame, _)| frame)
    }

    /// Its effects in order, each with its position.
    #[inline]
    #[must_use]
    pub fn effects(&self) -> Effects<'a> {
        let position = self.end_position() - self.effects.len() as u64;
        Effects { position, rest: self.effects }
    }
}

/// The effects of a record.
#[derive(Clone, Debug)]
pub struct Effects<'a> {
    position: u64,
    rest: &'a [u8],
}

impl<'a> Iterator for Effects<'a> {
    /// Position and message.
    type Item = (u64, Frame<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (frame, rest) = Frame::parse(self.rest).expect("effects are messages");
        let position = self.position;
        self.position += frame.bytes.len() as u64;
        self.rest = rest;
        Some((position, frame))
    }
}

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::{Continue, Message, OrderCancelled, OrderRested};
    use zerocopy::{FromZeros, IntoBytes};

    use super::*;
    use crate::record_builder::RecordBuilder;

    #[test]
    fn an_effect_s_position_counts_every_byte_before_it() {
        let bytes = RecordBuilder::new(7, &[0xEE; 13])
            .effect(&OrderRested::new_zeroed())
            .effect(&OrderCancelled::new_zeroed())
            .build();
        let record = Record::new(1000, &bytes);
        assert_eq!(record.session_id(), 7);
        assert_eq!(record.command, [0xEE; 13]);
        assert!(record.command_frame().is_none());
        let effects: Vec<_> =
            record.effects().map(|(position, frame)| (position, frame.template_id)).collect();
        assert_eq!(effects, [(1048, 101), (1088, 104)]);
        assert_eq!(record.end_position(), 1144);
    }

    #[test]
    fn a_record_may_have_no_effect() {
        let bytes = RecordBuilder::of(0, &Continue::new_zeroed()).build();
        let record = Record::new(8, &bytes);
        assert_eq!(record.effects().count(), 0);
        assert_eq!(record.end_position(), 64);
        let frame = record.command_frame().unwrap();
        assert_eq!(frame.template_id, Continue::TEMPLATE_ID);
        assert_eq!(&frame.bytes[8..], Continue::new_zeroed().as_bytes());
    }

    #[test]
    #[should_panic(expected = "a record has its length")]
    fn a_cut_record_is_a_bug() {
        let bytes = RecordBuilder::new(1, &[0; 8]).build();
        let _ = Record::new(0, &bytes[..32]);
    }
}
