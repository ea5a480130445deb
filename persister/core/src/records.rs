//! Records inside the body of a frame.

use std::fmt;

use forecastle_proto_spec::{RECORD_LENGTH_MAX, RecordHeader, padded_command_length};
use zerocopy::FromBytes;

/// One record of the log, as it lies in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Position of its first byte.
    pub position: u64,
    /// Its bytes, header included.
    pub bytes: &'a [u8],
}

impl<'a> Record<'a> {
    /// Position behind it.
    #[inline]
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.position + self.bytes.len() as u64
    }

    /// Its header.
    #[inline]
    #[must_use]
    pub fn header(&self) -> &'a RecordHeader {
        let (header, _) =
            RecordHeader::ref_from_prefix(self.bytes).expect("a record begins with its header");
        header
    }

    /// The command, as it was received.
    ///
    /// # Panics
    /// Never on a record out of [`Records`], which checks the length.
    #[inline]
    #[must_use]
    pub fn command(&self) -> &'a [u8] {
        let length = usize::from(self.header().command_length.get());
        &self.bytes[RECORD_LENGTH_MIN..RECORD_LENGTH_MIN + length]
    }

    /// The effects, one message after another.
    ///
    /// # Panics
    /// Never on a record out of [`Records`], which checks the length.
    #[inline]
    #[must_use]
    pub fn effects(&self) -> &'a [u8] {
        let length = padded_command_length(self.header().command_length.get().into());
        &self.bytes[RECORD_LENGTH_MIN + length..]
    }
}

/// The records of `body`, whose first byte has position `first_position`. Every record is checked
/// before it is handed out; the iterator ends after the first fault.
#[inline]
#[must_use]
pub const fn records_of(body: &[u8], first_position: u64) -> Records<'_> {
    Records { rest: body, position: first_position, first_position }
}

/// Iterator over the records of a body; see [`records_of`].
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
    position: u64,
    first_position: u64,
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, RecordFault>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let Some(length) = checked_length(self.rest) else {
            self.rest = &[];
            let offset = (self.position - self.first_position) as usize;
            return Some(Err(RecordFault { offset }));
        };
        let (bytes, rest) = self.rest.split_at(length);
        let record = Record { position: self.position, bytes };
        self.rest = rest;
        self.position = record.end();
        Some(Ok(record))
    }
}

/// A record that is not whole, or whose header contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordFault {
    /// Offset in the body of the record's first byte; its position is that of the body and this.
    pub offset: usize,
}

impl fmt::Display for RecordFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the record at byte {} is not one", self.offset)
    }
}

impl std::error::Error for RecordFault {}

/// Length of the record at the start of `bytes`, if it is whole and its command fits it.
#[inline]
fn checked_length(bytes: &[u8]) -> Option<usize> {
    let (header, _) = RecordHeader::ref_from_prefix(bytes).ok()?;
    let length = header.record_length.get() as usize;
    let command_length = padded_command_length(header.command_length.get().into());
    let holds = length >= RECORD_LENGTH_MIN + command_length
        && length <= RECORD_LENGTH_MAX
        && length.is_multiple_of(8)
        && length <= bytes.len();
    holds.then_some(length)
}

/// Fewest bytes of a record: those of its header.
pub(crate) const RECORD_LENGTH_MIN: usize = size_of::<RecordHeader>();
