//! Framing: the header that leads every message, and the fallible way from bytes to a struct.

use std::fmt;

use zerocopy::little_endian::U16;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::MESSAGE_HEADER_LENGTH;
use crate::generated::{SCHEMA_ID, SCHEMA_VERSION, block_length, group_layout};
use crate::group::{GroupLayout, GroupValue};

/// A fixed-layout body of one template.
pub trait Message: FromBytes + IntoBytes + KnownLayout + Immutable + Unaligned + Copy {
    /// SBE template id.
    const TEMPLATE_ID: u16;
    /// Name in the schema.
    const NAME: &'static str;

    /// The group that ends it, if there is one.
    const GROUP: Option<GroupLayout> = None;

    /// Bytes of the message with its header, without a group.
    const ENCODED_LENGTH: usize = MESSAGE_HEADER_LENGTH + size_of::<Self>();

    /// Its header as one little-endian word.
    const HEADER_WORD: u64 = size_of::<Self>() as u64
        | (Self::TEMPLATE_ID as u64) << 16
        | (SCHEMA_ID as u64) << 32
        | (SCHEMA_VERSION as u64) << 48;

    /// Calls `visit` with name and value of each field, in schema order. For tools and tests.
    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>));
}

/// Value of one field, widened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldValue<'a> {
    /// Any unsigned scalar.
    Unsigned(u64),
    /// A signed scalar.
    Signed(i64),
    /// An array of bytes.
    Bytes(&'a [u8]),
    /// An array of 16-bit words.
    Words(&'a [U16]),
    /// The entries of a repeating group.
    Group(GroupValue<'a>),
}

/// Name and field offsets of one message, for checks against the schema.
#[derive(Clone, Copy, Debug)]
pub struct MessageLayout {
    /// Name in the schema.
    pub name: &'static str,
    /// SBE template id.
    pub template_id: u16,
    /// Bytes of the body.
    pub block_length: usize,
    /// Name and offset of each field, in schema order.
    pub fields: &'static [(&'static str, usize)],
    /// The group that ends it, if there is one.
    pub group: Option<GroupLayout>,
}

/// The SBE message header.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct MessageHeader {
    /// Bytes of the body.
    pub block_length: U16,
    /// Message.
    pub template_id: U16,
    /// Schema, [`SCHEMA_ID`].
    pub schema_id: U16,
    /// Version of the schema, [`SCHEMA_VERSION`].
    pub version: U16,
}

impl MessageHeader {
    /// The header of a message of type `M`.
    #[inline]
    #[must_use]
    pub fn of<M: Message>() -> Self {
        let length = u16::try_from(size_of::<M>()).expect("a block is shorter than 64 KiB");
        Self {
            block_length: U16::new(length),
            template_id: U16::new(M::TEMPLATE_ID),
            schema_id: U16::new(SCHEMA_ID),
            version: U16::new(SCHEMA_VERSION),
        }
    }
}

/// One message inside a buffer: its template and its body of exactly the template's length, with
/// the entries that its group counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// SBE template id; a message of this id exists.
    pub template_id: u16,
    /// Header, body and group.
    pub bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads the message at the start of `bytes`; gives it and what follows it. O(1).
    ///
    /// # Errors
    /// The first of [`FrameError`] that applies.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), FrameError> {
        let Ok((header, body)) = MessageHeader::ref_from_prefix(bytes) else {
            return Err(FrameError::Truncated);
        };
        if header.schema_id.get() != SCHEMA_ID {
            return Err(FrameError::UnknownSchema);
        }
        if header.version.get() != SCHEMA_VERSION {
            return Err(FrameError::UnsupportedVersion);
        }
        let template_id = header.template_id.get();
        let Some(length) = block_length(template_id) else {
            return Err(FrameError::UnknownTemplate);
        };
        if usize::from(header.block_length.get()) != length {
            return Err(FrameError::BlockLength);
        }
        if body.len() < length {
            return Err(FrameError::Truncated);
        }
        let group_length = match group_layout(template_id) {
            None => 0,
            Some(group) => group.length_in(&body[length..])?,
        };
        let (bytes, rest) = bytes.split_at(MESSAGE_HEADER_LENGTH + length + group_length);
        Ok((Self { template_id, bytes }, rest))
    }

    /// The body as `M`, or `None` when this is another message. O(1), no copy.
    #[inline]
    #[must_use]
    pub fn body<M: Message>(&self) -> Option<&'a M> {
        if self.template_id != M::TEMPLATE_ID {
            return None;
        }
        let end = MESSAGE_HEADER_LENGTH + size_of::<M>();
        M::ref_from_bytes(self.bytes.get(MESSAGE_HEADER_LENGTH..end)?).ok()
    }
}

/// The body of `bytes` when they are one message of type `M` and nothing more, else `None`: what
/// [`Frame::parse`] with no rest and [`Frame::body`] give, for one comparison. O(1), no copy.
#[inline]
#[must_use]
pub fn whole_message<M: Message>(bytes: &[u8]) -> Option<&M> {
    let (header, body) = bytes.split_first_chunk::<MESSAGE_HEADER_LENGTH>()?;
    if u64::from_le_bytes(*header) != M::HEADER_WORD {
        return None;
    }
    M::ref_from_bytes(body).ok()
}

/// Writes header and body of `message` at the start of `buffer`; gives the length written.
/// `None` when the buffer is too short. O(1). A message with a group goes through
/// [`crate::encode_with_group`]; here it does not compile.
#[inline]
pub fn encode<M: Message>(message: &M, buffer: &mut [u8]) -> Option<usize> {
    const { assert!(M::GROUP.is_none(), "a message with a group is encoded with its entries") }
    let target = buffer.get_mut(..M::ENCODED_LENGTH)?;
    let (header, body) = target.split_at_mut(MESSAGE_HEADER_LENGTH);
    // Stored as values, whose length the compiler knows, and not copied as bytes.
    *MessageHeader::mut_from_bytes(header).ok()? = MessageHeader::of::<M>();
    *M::mut_from_bytes(body).ok()? = *message;
    Some(M::ENCODED_LENGTH)
}

/// Why bytes are not a message of this schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// Shorter than the header, or than the header says.
    Truncated,
    /// Another schema id.
    UnknownSchema,
    /// Another schema version.
    UnsupportedVersion,
    /// No message of this template id.
    UnknownTemplate,
    /// The block length is not the template's, or that of an entry is not its group's.
    BlockLength,
    /// A group has fewer entries than its template takes, or more.
    GroupCount,
}

impl fmt::Display for FrameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Truncated => "message is cut short",
            Self::UnknownSchema => "schema id is not Forecastle's",
            Self::UnsupportedVersion => "schema version is not supported",
            Self::UnknownTemplate => "no message has this template id",
            Self::BlockLength => "block length is not the template's",
            Self::GroupCount => "count of a group's entries is out of range",
        })
    }
}

impl std::error::Error for FrameError {}

/// A number that is none of an enumeration's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownValue;

impl fmt::Display for UnknownValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("number is not a value of the enumeration")
    }
}

impl std::error::Error for UnknownValue {}

#[cfg(test)]
mod tests {
    use zerocopy::FromZeros;

    use super::*;
    use crate::{OrderCancelRequest, Sequence};

    #[test]
    fn a_message_survives_the_way_through_bytes() {
        let mut cancel = OrderCancelRequest::new_zeroed();
        cancel.order_id.set(0x0102_0304_0506_0708);
        let mut buffer = [0xEE; 64];
        assert_eq!(encode(&cancel, &mut buffer), Some(48));
        let (frame, rest) = Frame::parse(&buffer).expect("a whole message");
        assert_eq!(rest, [0xEE; 16]);
        assert_eq!(frame.body::<OrderCancelRequest>(), Some(&cancel));
        assert_eq!(frame.body::<Sequence>(), None);
        assert_eq!(whole_message::<OrderCancelRequest>(&buffer[..48]), Some(&cancel));
        assert_eq!(whole_message::<OrderCancelRequest>(&buffer[..47]), None);
        assert_eq!(whole_message::<OrderCancelRequest>(&buffer[..49]), None);
        assert_eq!(whole_message::<OrderCancelRequest>(&buffer[..7]), None);
        assert_eq!(encode(&cancel, &mut buffer[..47]), None);
    }

    #[test]
    fn each_defect_of_a_header_has_its_own_error() {
        let mut good = [0; 16];
        encode(&Sequence::new_zeroed(), &mut good);
        assert!(Frame::parse(&good).is_ok());
        for length in 0..16 {
            assert_eq!(Frame::parse(&good[..length]).err(), Some(FrameError::Truncated));
        }
        let defects = [
            (0, FrameError::BlockLength),
            (2, FrameError::UnknownTemplate),
            (4, FrameError::UnknownSchema),
            (6, FrameError::UnsupportedVersion),
        ];
        for (offset, expected) in defects {
            let mut bad = good;
            bad[offset] ^= 0xFF;
            assert_eq!(Frame::parse(&bad).err(), Some(expected));
            assert_eq!(whole_message::<Sequence>(&bad), None);
        }
    }
}
