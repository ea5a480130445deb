//! The frames of the Aeron UDP protocol, version 0: layouts, and the fallible way from a datagram
//! to a frame. Everything is little-endian and unaligned; nothing is copied. A datagram holds one
//! control frame, or one or more DATA and PAD frames back to back.

use zerocopy::little_endian::{I16, I32, I64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::counters::DropCause;
use crate::limits::{DATA_HEADER_LENGTH, FRAME_ALIGNMENT};
use crate::position::align;
use crate::put;

/// One datagram, parsed. Offsets and lengths were checked as far as they can be without knowing
/// the stream's term length.
#[derive(Clone, Copy, Debug)]
pub enum Frame<'a> {
    /// One or more DATA and PAD frames, or a heartbeat.
    Data(DataFrames<'a>),
    /// A sender introduces its stream.
    Setup(&'a SetupFrame),
    /// A receiver's position and window, with the group tag when it has one.
    Status(&'a StatusFrame, Option<i64>),
    /// A receiver misses bytes.
    Nak(&'a NakFrame),
    /// Round-trip measurement or its answer.
    Rtt(&'a RttFrame),
    /// A receiver rejects the stream, with its text.
    Error(&'a ErrorFrame, &'a [u8]),
    /// A receiver names the session of the response stream.
    ResponseSetup(&'a ResponseSetupFrame),
}

impl<'a> Frame<'a> {
    /// Parses one datagram by the receiver-side validity rules.
    ///
    /// # Errors
    /// The cause for which the whole datagram is to be dropped. Work is bounded by the datagram's
    /// length over 32.
    #[inline]
    pub fn parse(datagram: &'a [u8]) -> Result<Self, DropCause> {
        let (header, _) =
            FrameHeader::ref_from_prefix(datagram).map_err(|_| DropCause::Truncated)?;
        if header.version != VERSION {
            return Err(DropCause::UnsupportedVersion);
        }
        let frame_length =
            usize::try_from(header.frame_length.get()).map_err(|_| DropCause::LengthInvalid)?;
        let frame_type = header.frame_type.get();
        if frame_type == TYPE_DATA || frame_type == TYPE_PAD {
            return DataFrames::parse(datagram).map(Self::Data);
        }
        if !(TYPE_NAK..=TYPE_RESPONSE_SETUP).contains(&frame_type) {
            return Err(DropCause::UnknownType);
        }
        if frame_length > datagram.len() {
            return Err(DropCause::LengthInvalid);
        }
        let frame = &datagram[..frame_length];
        match frame_type {
            TYPE_SETUP => fixed(frame).map(|(setup, _)| Self::Setup(setup)),
            TYPE_STATUS => {
                let (status, rest) = fixed(frame)?;
                let group_tag = match I64::ref_from_bytes(rest) {
                    Ok(tag) => Some(tag.get()),
                    Err(_) if rest.is_empty() => None,
                    Err(_) => return Err(DropCause::LengthInvalid),
                };
                Ok(Self::Status(status, group_tag))
            }
            TYPE_NAK => fixed(frame).map(|(nak, _)| Self::Nak(nak)),
            TYPE_RTT => fixed(frame).map(|(rtt, _)| Self::Rtt(rtt)),
            TYPE_ERROR => {
                let (error, rest): (&ErrorFrame, _) = fixed(frame)?;
                let length = usize::try_from(error.error_length.get()).unwrap_or(usize::MAX);
                let text = rest.get(..length).ok_or(DropCause::LengthInvalid)?;
                Ok(Self::Error(error, text))
            }
            TYPE_RESPONSE_SETUP => fixed(frame).map(|(setup, _)| Self::ResponseSetup(setup)),
            _ => Err(DropCause::UnknownType),
        }
    }
}

#[inline]
fn fixed<T: FromBytes + KnownLayout + Immutable + Unaligned>(
    frame: &[u8],
) -> Result<(&T, &[u8]), DropCause> {
    T::ref_from_prefix(frame).map_err(|_| DropCause::Truncated)
}

/// The DATA and PAD frames of one datagram: at least one, of one session, stream and term, each
/// beginning where the one before ends.
#[derive(Clone, Copy, Debug)]
pub struct DataFrames<'a> {
    first: &'a DataHeader,
    datagram: &'a [u8],
}

impl<'a> DataFrames<'a> {
    #[inline]
    fn parse(datagram: &'a [u8]) -> Result<Self, DropCause> {
        if datagram.len() < DATA_HEADER_LENGTH {
            return Err(DropCause::Truncated);
        }
        if !datagram.len().is_multiple_of(FRAME_ALIGNMENT) {
            return Err(DropCause::Unaligned);
        }
        let (first, _) = fixed::<DataHeader>(datagram)?;
        let term_offset = first.term_offset.get();
        if term_offset < 0 || !(term_offset as usize).is_multiple_of(FRAME_ALIGNMENT) {
            return Err(DropCause::Unaligned);
        }
        let frames = Self { first, datagram };
        if !frames.is_heartbeat() {
            frames.check_chain()?;
        }
        Ok(frames)
    }

    #[inline]
    fn check_chain(&self) -> Result<(), DropCause> {
        let first = self.first;
        let mut expected_offset = i64::from(first.term_offset.get());
        let mut offset = 0;
        while offset < self.datagram.len() {
            let (header, _) = fixed::<DataHeader>(&self.datagram[offset..])?;
            let frame_length = header.header.frame_length.get();
            if frame_length < DATA_HEADER_LENGTH as i32 {
                return Err(DropCause::LengthInvalid);
            }
            let is_pad = header.is_pad();
            let follows = header.header.version == VERSION
                && (is_pad || header.header.frame_type.get() == TYPE_DATA)
                && i64::from(header.term_offset.get()) == expected_offset
                && header.session_id == first.session_id
                && header.stream_id == first.stream_id
                && header.term_id == first.term_id;
            if !follows {
                return Err(DropCause::ChainBroken);
            }
            let aligned_length = align(frame_length as usize);
            expected_offset += aligned_length as i64;
            offset += if is_pad { DATA_HEADER_LENGTH } else { aligned_length };
            if offset > self.datagram.len() || (is_pad && offset != self.datagram.len()) {
                return Err(DropCause::ChainBroken);
            }
        }
        Ok(())
    }

    /// Header of the first frame: session, stream, term and offset of the datagram.
    #[inline]
    pub fn first(&self) -> &'a DataHeader {
        self.first
    }

    /// A datagram of exactly one header with frame length 0 announces the sender's position.
    #[inline]
    pub fn is_heartbeat(&self) -> bool {
        self.datagram.len() == DATA_HEADER_LENGTH
            && self.first.header.frame_length.get() == 0
            && !self.first.is_pad()
    }
}

impl<'a> IntoIterator for DataFrames<'a> {
    type Item = DataFrame<'a>;
    type IntoIter = DataFrameIter<'a>;

    #[inline]
    fn into_iter(self) -> DataFrameIter<'a> {
        DataFrameIter { rest: self.datagram }
    }
}

/// Walks the frames of a [`DataFrames`].
#[derive(Clone, Debug)]
pub struct DataFrameIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for DataFrameIter<'a> {
    type Item = DataFrame<'a>;

    #[inline]
    fn next(&mut self) -> Option<DataFrame<'a>> {
        let (header, _) = DataHeader::ref_from_prefix(self.rest).ok()?;
        let frame_length = header.header.frame_length.get() as usize;
        let wire_length = if header.is_pad() || frame_length == 0 {
            DATA_HEADER_LENGTH
        } else {
            align(frame_length)
        };
        let (bytes, rest) = self.rest.split_at(wire_length);
        self.rest = rest;
        Some(DataFrame { header, bytes })
    }
}

/// One DATA or PAD frame inside a datagram.
#[derive(Clone, Copy, Debug)]
pub struct DataFrame<'a> {
    /// Its header.
    pub header: &'a DataHeader,
    /// Header, payload and alignment fill as they stand in the datagram; a PAD's header only.
    pub bytes: &'a [u8],
}

impl<'a> DataFrame<'a> {
    /// The payload without fill; empty for a PAD or a heartbeat.
    #[inline]
    pub fn payload(&self) -> &'a [u8] {
        let end = (self.header.header.frame_length.get() as usize).min(self.bytes.len());
        self.bytes.get(DATA_HEADER_LENGTH..end).unwrap_or(&[])
    }
}

macro_rules! frame_layout {
    ($($(#[$doc:meta])* $name:ident[$length:literal] {
        $($(#[$field_doc:meta])* $field:ident: $kind:ty,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
        #[repr(C)]
        pub struct $name { $($(#[$field_doc])* pub $field: $kind,)* }
        const _: () = assert!(size_of::<$name>() == $length);

        impl $name {
            /// Length of the fixed part on the wire.
            pub const LENGTH: usize = $length;
        }
    )*};
}

frame_layout! {
    /// What every frame begins with.
    FrameHeader[8] {
        /// Header and payload before alignment; 0 on a heartbeat.
        frame_length: I32,
        /// Always [`VERSION`].
        version: u8,
        /// Bits whose meaning depends on the type.
        flags: u8,
        /// One of the `TYPE_` constants.
        frame_type: I16,
    }
    /// DATA (type 1) and PAD (type 0).
    DataHeader[32] {
        /// Common header.
        header: FrameHeader,
        /// Offset of this frame inside its term, a multiple of 32.
        term_offset: I32,
        /// Session of the sender.
        session_id: I32,
        /// Stream.
        stream_id: I32,
        /// Term.
        term_id: I32,
        /// Opaque to the transport; ours is 0.
        reserved_value: I64,
    }
    /// SETUP (type 5).
    SetupFrame[40] {
        /// Common header.
        header: FrameHeader,
        /// Sender position inside the active term.
        term_offset: I32,
        /// Session of the sender.
        session_id: I32,
        /// Stream.
        stream_id: I32,
        /// Id of the stream's first term.
        initial_term_id: I32,
        /// Id of the term the sender is in.
        active_term_id: I32,
        /// Bytes per term.
        term_length: I32,
        /// Longest datagram.
        mtu: I32,
        /// Time to live; 0 for unicast.
        ttl: I32,
    }
    /// SM, status message (type 3), without the optional group tag of 8 bytes.
    StatusFrame[36] {
        /// Common header.
        header: FrameHeader,
        /// Session of the sender.
        session_id: I32,
        /// Stream.
        stream_id: I32,
        /// Term of the consumption position.
        consumption_term_id: I32,
        /// Offset of the consumption position.
        consumption_term_offset: I32,
        /// Bytes past the consumption position that may be sent.
        receiver_window: I32,
        /// Random number of the receiving endpoint.
        receiver_id: I64,
    }
    /// NAK (type 2): one gap inside one term.
    NakFrame[28] {
        /// Common header.
        header: FrameHeader,
        /// Session of the sender.
        session_id: I32,
        /// Stream.
        stream_id: I32,
        /// Term of the gap.
        term_id: I32,
        /// Offset of the gap's first byte.
        term_offset: I32,
        /// Bytes missing.
        length: I32,
    }
    /// RTTM (type 6).
    RttFrame[40] {
        /// Common header.
        header: FrameHeader,
        /// Session of the sender.
        session_id: I32,
        /// Stream.
        stream_id: I32,
        /// Returned unchanged.
        echo_timestamp: I64,
        /// Time the answer waited.
        reception_delta: I64,
        /// Random number of the receiving endpoint.
        receiver_id: I64,
    }
    /// ERR (type 4), without its text.
    ErrorFrame[40] {
        /// Common header.
        header: FrameHeader,
        /// Session of the sender.
        session_id: I32,
        /// Stream.
        stream_id: I32,
        /// Random number of the receiving endpoint.
        receiver_id: I64,
        /// Valid when [`ERROR_HAS_GROUP_TAG`] is set.
        group_tag: I64,
        /// What went wrong; see [`ERROR_IMAGE_REJECTED`].
        error_code: I32,
        /// Bytes of text that follow.
        error_length: I32,
    }
    /// RSP_SETUP (type 11).
    ResponseSetupFrame[20] {
        /// Common header.
        header: FrameHeader,
        /// Session of the request stream.
        session_id: I32,
        /// Stream of the request.
        stream_id: I32,
        /// Session of the response stream.
        response_session_id: I32,
    }
}

impl FrameHeader {
    /// Header of a frame of `frame_length` bytes.
    ///
    /// # Panics
    /// When `frame_length` does not fit an i32, which no frame of ours does.
    #[inline]
    pub fn new(frame_type: i16, flags: u8, frame_length: usize) -> Self {
        let frame_length = i32::try_from(frame_length).expect("a frame is shorter than a term");
        Self {
            frame_length: I32::new(frame_length),
            version: VERSION,
            flags,
            frame_type: I16::new(frame_type),
        }
    }

    /// Whether all bits of `flag` are set.
    #[inline]
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag == flag
    }
}

impl StatusFrame {
    /// Length on the wire with a group tag or without.
    #[inline]
    pub const fn length_with(group_tag: Option<i64>) -> usize {
        match group_tag {
            Some(tag) => Self::LENGTH + size_of_val(&tag),
            None => Self::LENGTH,
        }
    }

    /// Writes the frame, whose header has the length with `group_tag`, and the tag behind it;
    /// gives that length.
    ///
    /// # Panics
    /// When `buffer` is shorter.
    #[inline]
    pub fn write_with(&self, group_tag: Option<i64>, buffer: &mut [u8]) -> usize {
        let length = put(self.as_bytes(), buffer);
        match group_tag {
            Some(tag) => length + put(&tag.to_le_bytes(), &mut buffer[length..]),
            None => length,
        }
    }
}

impl DataHeader {
    /// Whether this is a PAD frame.
    #[inline]
    pub fn is_pad(&self) -> bool {
        self.header.frame_type.get() == TYPE_PAD
    }
}

/// Protocol version; frames of any other are dropped.
pub const VERSION: u8 = 0;

/// Type of PAD.
pub const TYPE_PAD: i16 = 0;
/// Type of DATA.
pub const TYPE_DATA: i16 = 1;
/// Type of NAK.
pub const TYPE_NAK: i16 = 2;
/// Type of SM.
pub const TYPE_STATUS: i16 = 3;
/// Type of ERR.
pub const TYPE_ERROR: i16 = 4;
/// Type of SETUP.
pub const TYPE_SETUP: i16 = 5;
/// Type of RTTM.
pub const TYPE_RTT: i16 = 6;
/// Type of RSP_SETUP.
pub const TYPE_RESPONSE_SETUP: i16 = 11;

/// DATA: first fragment of a message.
pub const DATA_BEGIN: u8 = 0x80;
/// DATA: last fragment of a message.
pub const DATA_END: u8 = 0x40;
/// DATA: a whole message.
pub const DATA_UNFRAGMENTED: u8 = DATA_BEGIN | DATA_END;
/// Heartbeat: end of stream.
pub const DATA_EOS: u8 = 0x20;
/// Heartbeat: the publication was revoked.
pub const DATA_REVOKED: u8 = 0x10;
/// SETUP: the sender wants a response stream.
pub const SETUP_SEND_RESPONSE: u8 = 0x80;
/// SETUP: group semantics, multicast or multi-destination.
pub const SETUP_GROUP: u8 = 0x40;
/// SM: send me a SETUP.
pub const STATUS_SEND_SETUP: u8 = 0x80;
/// SM: this receiver is going away.
pub const STATUS_EOS: u8 = 0x40;
/// RTTM: please reply.
pub const RTT_REPLY: u8 = 0x80;
/// ERR: the group tag is valid.
pub const ERROR_HAS_GROUP_TAG: u8 = 0x08;
/// ERR: the receiver rejected the image.
pub const ERROR_IMAGE_REJECTED: i32 = 13;
