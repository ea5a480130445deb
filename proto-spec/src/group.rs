//! Repeating groups: entries of one fixed layout behind the block of a message, led by their
//! length and their count (SBE 1.0, 3.6).
//!
//! A message has one group at most, and it ends the message. The entry length must be the schema's
//! and the count inside its range, so that a whole message is bounded by its template.

use zerocopy::little_endian::U16;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::MESSAGE_HEADER_LENGTH;
use crate::message::{FieldValue, Frame, FrameError, Message, MessageHeader};

/// The layout of one entry of a group.
pub trait GroupEntry: FromBytes + IntoBytes + KnownLayout + Immutable + Unaligned + Copy {
    /// Calls `visit` with name and value of each field, in schema order. For tools and tests.
    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>));
}

/// A message that ends with a group.
pub trait GroupedMessage: Message {
    /// One entry of it.
    type Entry: GroupEntry;

    /// Its group.
    const ENTRIES: GroupLayout;

    /// Bytes of the message with its header and `count` entries.
    #[inline]
    #[must_use]
    fn encoded_length(count: usize) -> usize {
        MESSAGE_HEADER_LENGTH
            + size_of::<Self>()
            + size_of::<GroupHeader>()
            + count * size_of::<Self::Entry>()
    }
}

/// What leads the entries of a group.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct GroupHeader {
    /// Bytes of one entry.
    pub block_length: U16,
    /// Entries.
    pub num_in_group: U16,
}

/// A group of a message: how long its entries are, and how many there may be.
#[derive(Clone, Copy, Debug)]
pub struct GroupLayout {
    /// Name in the schema.
    pub name: &'static str,
    /// Bytes of one entry.
    pub block_length: usize,
    /// Fewest entries.
    pub count_min: u16,
    /// Most entries.
    pub count_max: u16,
    /// Name and offset of each field of an entry, in schema order.
    pub fields: &'static [(&'static str, usize)],
    /// Calls the function with each field of the entry in the bytes; nothing when they are none.
    pub for_each_field: EntryVisitor,
}

/// Visits the fields of one entry.
pub type EntryVisitor = fn(&[u8], &mut dyn FnMut(&'static str, FieldValue<'_>));

impl GroupLayout {
    /// Bytes of the group at the start of `bytes`, its header included. O(1).
    #[inline]
    pub(crate) fn length_in(&self, bytes: &[u8]) -> Result<usize, FrameError> {
        let Ok((header, entries)) = GroupHeader::ref_from_prefix(bytes) else {
            return Err(FrameError::Truncated);
        };
        if usize::from(header.block_length.get()) != self.block_length {
            return Err(FrameError::BlockLength);
        }
        let count = header.num_in_group.get();
        if !(self.count_min..=self.count_max).contains(&count) {
            return Err(FrameError::GroupCount);
        }
        let length = usize::from(count) * self.block_length;
        if entries.len() < length {
            return Err(FrameError::Truncated);
        }
        Ok(size_of::<GroupHeader>() + length)
    }
}

/// The entries of one group, still bytes.
#[derive(Clone, Copy, Debug)]
pub struct GroupValue<'a> {
    /// What an entry is.
    pub layout: &'a GroupLayout,
    bytes: &'a [u8],
}

impl GroupValue<'_> {
    /// Entries.
    #[must_use]
    pub fn count(&self) -> usize {
        self.bytes.len() / self.layout.block_length
    }

    /// Calls `visit` with name and value of each field of the entry at `index`; never when there
    /// is no such entry.
    pub fn for_each_field(
        &self,
        index: usize,
        visit: &mut dyn FnMut(&'static str, FieldValue<'_>),
    ) {
        if let Some(entry) = self.bytes.chunks_exact(self.layout.block_length).nth(index) {
            (self.layout.for_each_field)(entry, visit);
        }
    }
}

impl PartialEq for GroupValue<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.layout.name == other.layout.name && self.bytes == other.bytes
    }
}

impl Eq for GroupValue<'_> {}

impl<'a> Frame<'a> {
    /// The entries of the group of `M`, or `None` when this is another message. O(1), no copy.
    #[inline]
    #[must_use]
    pub fn entries<M: GroupedMessage>(&self) -> Option<&'a [M::Entry]> {
        if self.template_id != M::TEMPLATE_ID {
            return None;
        }
        let start = MESSAGE_HEADER_LENGTH + size_of::<M>() + size_of::<GroupHeader>();
        <[M::Entry]>::ref_from_bytes(self.bytes.get(start..)?).ok()
    }

    /// Calls `visit` with name and value of each field and then with the group, if `M` has one.
    pub(crate) fn visit<M: Message>(
        &self,
        message: &M,
        visit: &mut dyn FnMut(&'static str, FieldValue<'_>),
    ) {
        message.for_each_field(visit);
        if let Some(layout) = M::GROUP {
            let start = MESSAGE_HEADER_LENGTH + size_of::<M>() + size_of::<GroupHeader>();
            let bytes = self.bytes.get(start..).unwrap_or_default();
            visit(layout.name, FieldValue::Group(GroupValue { layout: &layout, bytes }));
        }
    }
}

/// Writes header, body and entries of `message` at the start of `buffer`; gives the length written.
/// `None` when the buffer is too short or the count of entries is outside its range. O(entries).
#[inline]
pub fn encode_with_group<M: GroupedMessage>(
    message: &M,
    entries: &[M::Entry],
    buffer: &mut [u8],
) -> Option<usize> {
    let count = u16::try_from(entries.len()).ok()?;
    if !(M::ENTRIES.count_min..=M::ENTRIES.count_max).contains(&count) {
        return None;
    }
    let length = M::encoded_length(entries.len());
    let target = buffer.get_mut(..length)?;
    let block_length = u16::try_from(size_of::<M::Entry>()).ok()?;
    let group = GroupHeader { block_length: block_length.into(), num_in_group: count.into() };
    let (header, rest) = target.split_at_mut(MESSAGE_HEADER_LENGTH);
    let (body, rest) = rest.split_at_mut(size_of::<M>());
    let (group_header, rest) = rest.split_at_mut(size_of::<GroupHeader>());
    header.copy_from_slice(MessageHeader::of::<M>().as_bytes());
    body.copy_from_slice(message.as_bytes());
    group_header.copy_from_slice(group.as_bytes());
    rest.copy_from_slice(entries.as_bytes());
    Some(length)
}
