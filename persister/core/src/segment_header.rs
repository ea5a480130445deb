//! The header of a segment, written twice at its start.

use std::fmt;

use crate::chain::{Hash, checksum};
use crate::field::{bytes_at, first_non_zero, put, u16_at, u64_at};
use crate::layout::{FORMAT_VERSION, SECTOR_LENGTH, is_segment_bytes, shard_of};

/// Sixteen random bytes, drawn each time a file becomes a segment: frames of its former life never
/// look like its own.
pub type SegmentId = [u8; 16];

/// What a segment says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Shard.
    pub shard: u8,
    /// Version of the message schema.
    pub schema_version: u16,
    /// Id of this life of the file.
    pub id: SegmentId,
    /// Bytes of the file.
    pub segment_bytes: u64,
    /// Position of its first record; its name.
    pub position: u64,
    /// Number of its first frame, from 1.
    pub frame_number: u64,
    /// Term of its first frame, from 1.
    pub term: u64,
    /// Chain value of the frame before its first; zero in the first segment.
    pub previous_chain: Hash,
    /// When it was made, nanoseconds since 1970.
    pub made_at_ns: u64,
    /// Hash of the schema XML.
    pub schema_hash: Hash,
    /// Name and version of the build that made it, UTF-8, zero filled.
    pub build: [u8; 32],
}

impl SegmentHeader {
    /// Writes one copy into the first sector of `copy`.
    ///
    /// # Panics
    /// When `copy` is shorter than a sector.
    pub fn encode(&self, copy: &mut [u8]) {
        let copy = &mut copy[..SECTOR_LENGTH];
        copy.fill(0);
        put(copy, MAGIC_OFFSET, MAGIC);
        put(copy, VERSION_OFFSET, &FORMAT_VERSION.to_le_bytes());
        put(copy, SHARD_OFFSET, &[self.shard]);
        put(copy, SCHEMA_VERSION_OFFSET, &self.schema_version.to_le_bytes());
        put(copy, ID_OFFSET, &self.id);
        put(copy, SEGMENT_BYTES_OFFSET, &self.segment_bytes.to_le_bytes());
        put(copy, POSITION_OFFSET, &self.position.to_le_bytes());
        put(copy, FRAME_NUMBER_OFFSET, &self.frame_number.to_le_bytes());
        put(copy, TERM_OFFSET, &self.term.to_le_bytes());
        put(copy, PREVIOUS_CHAIN_OFFSET, &self.previous_chain);
        put(copy, MADE_AT_OFFSET, &self.made_at_ns.to_le_bytes());
        put(copy, SCHEMA_HASH_OFFSET, &self.schema_hash);
        put(copy, BUILD_OFFSET, &self.build);
        let checksum = checksum(&copy[..CHECKSUM_OFFSET]);
        put(copy, CHECKSUM_OFFSET, &checksum);
    }

    /// Reads one copy.
    ///
    /// # Errors
    /// [`SegmentHeaderFault`], the first check that fails.
    pub fn decode(copy: &[u8]) -> Result<Self, SegmentHeaderFault> {
        let Some(copy) = copy.get(..SECTOR_LENGTH) else {
            return Err(SegmentHeaderFault::Short { length: copy.len() });
        };
        if !copy.starts_with(MAGIC) {
            return Err(SegmentHeaderFault::Magic);
        }
        let version = u16_at(copy, VERSION_OFFSET);
        if checksum(&copy[..CHECKSUM_OFFSET]) != bytes_at(copy, CHECKSUM_OFFSET) {
            return Err(if version > FORMAT_VERSION {
                SegmentHeaderFault::Version(version)
            } else {
                SegmentHeaderFault::Checksum
            });
        }
        if version != FORMAT_VERSION {
            return Err(SegmentHeaderFault::Version(version));
        }
        check_gaps(copy)?;
        let header = Self {
            shard: copy[SHARD_OFFSET],
            schema_version: u16_at(copy, SCHEMA_VERSION_OFFSET),
            id: bytes_at(copy, ID_OFFSET),
            segment_bytes: u64_at(copy, SEGMENT_BYTES_OFFSET),
            position: u64_at(copy, POSITION_OFFSET),
            frame_number: u64_at(copy, FRAME_NUMBER_OFFSET),
            term: u64_at(copy, TERM_OFFSET),
            previous_chain: bytes_at(copy, PREVIOUS_CHAIN_OFFSET),
            made_at_ns: u64_at(copy, MADE_AT_OFFSET),
            schema_hash: bytes_at(copy, SCHEMA_HASH_OFFSET),
            build: bytes_at(copy, BUILD_OFFSET),
        };
        header.check()?;
        Ok(header)
    }

    /// Reads the header at the start of a segment's bytes: the first copy whose checks hold, and
    /// the number (0 or 1) of the copy that does not hold although the other one does.
    ///
    /// # Errors
    /// [`SegmentHeaderFault`] of the first copy when neither holds; a format version above
    /// [`FORMAT_VERSION`] in either goes before other faults.
    pub fn read(segment: &[u8]) -> Result<(Self, Option<usize>), SegmentHeaderFault> {
        let second_copy = segment.get(SECTOR_LENGTH..).unwrap_or_default();
        match (Self::decode(segment), Self::decode(second_copy)) {
            (Ok(first), Ok(second)) => Ok((first, (first != second).then_some(1))),
            (Ok(first), Err(_)) => Ok((first, Some(1))),
            (Err(_), Ok(second)) => Ok((second, Some(0))),
            (Err(_), Err(newer @ SegmentHeaderFault::Version(_))) => Err(newer),
            (Err(fault), Err(_)) => Err(fault),
        }
    }

    /// The build's name as text, as far as it is UTF-8.
    #[must_use]
    pub fn build_name(&self) -> &str {
        let text = self.build.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        text.trim_end_matches('\0')
    }

    fn check(&self) -> Result<(), SegmentHeaderFault> {
        let fault = SegmentHeaderFault::Field;
        if !is_segment_bytes(self.segment_bytes) {
            return Err(fault("segment bytes"));
        }
        if self.frame_number == 0 {
            return Err(fault("frame number"));
        }
        if self.term == 0 {
            return Err(fault("term"));
        }
        if self.shard != shard_of(self.position) || !self.position.is_multiple_of(8) {
            return Err(fault("position"));
        }
        let is_first = self.frame_number == 1;
        if is_first != (self.previous_chain == Hash::default()) {
            return Err(fault("previous chain value"));
        }
        Ok(())
    }
}

/// Why a segment's header is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentHeaderFault {
    /// The file ends within it.
    Short {
        /// Bytes there are.
        length: usize,
    },
    /// It does not begin with `FCSEGMT1`.
    Magic,
    /// Its checksum does not hold.
    Checksum,
    /// It has another format version; one above [`FORMAT_VERSION`] is of a newer build.
    Version(u16),
    /// A byte that must be zero is not.
    Gap {
        /// Offset of that byte.
        offset: usize,
    },
    /// A field whose checksum holds has a value that no writer gives it.
    Field(&'static str),
}

impl fmt::Display for SegmentHeaderFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { length } => write!(formatter, "the file ends after {length} bytes"),
            Self::Magic => formatter.write_str("it does not begin as a segment does"),
            Self::Checksum => formatter.write_str("the header's checksum does not hold"),
            Self::Version(version) => write!(
                formatter,
                "format version {version}; this build reads version {FORMAT_VERSION}"
            ),
            Self::Gap { offset } => write!(formatter, "byte {offset} of the header is not zero"),
            Self::Field(name) => write!(formatter, "the header's {name} cannot be"),
        }
    }
}

impl std::error::Error for SegmentHeaderFault {}

fn check_gaps(copy: &[u8]) -> Result<(), SegmentHeaderFault> {
    for gap in GAPS {
        if let Some(offset) = first_non_zero(&copy[..gap.1], gap.0) {
            return Err(SegmentHeaderFault::Gap { offset });
        }
    }
    Ok(())
}

const MAGIC: &[u8; 8] = b"FCSEGMT1";
const MAGIC_OFFSET: usize = 0;
const VERSION_OFFSET: usize = 8;
const SHARD_OFFSET: usize = 10;
const SCHEMA_VERSION_OFFSET: usize = 12;
const ID_OFFSET: usize = 16;
const SEGMENT_BYTES_OFFSET: usize = 32;
const POSITION_OFFSET: usize = 40;
const FRAME_NUMBER_OFFSET: usize = 48;
const TERM_OFFSET: usize = 56;
const PREVIOUS_CHAIN_OFFSET: usize = 64;
const MADE_AT_OFFSET: usize = 96;
const SCHEMA_HASH_OFFSET: usize = 104;
const BUILD_OFFSET: usize = 136;
const CHECKSUM_OFFSET: usize = 4080;
/// First and behind-last offset of the bytes that are zero.
const GAPS: [(usize, usize); 3] = [(11, 12), (14, 16), (BUILD_OFFSET + 32, CHECKSUM_OFFSET)];
