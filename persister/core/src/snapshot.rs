//! The container of a snapshot: who it is, and that its body is whole.
//!
//! The body is the engine's state in the engine's own encoding; here it is bytes. Building streams:
//! the body is written behind the header's 4096 bytes as it comes, the header last. Reading
//! streams too, but nothing of a body may be believed before [`SnapshotReader::finish`].

use std::fmt;

use crate::chain::{HASH_LENGTH, Hash, checksum};
use crate::field::{bytes_at, first_non_zero, put, u16_at, u32_at, u64_at};
use crate::layout::{FORMAT_VERSION, SECTOR_LENGTH, shard_of};

/// What a snapshot says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotHeader {
    /// Shard.
    pub shard: u8,
    /// Version of the state's encoding.
    pub state_version: u16,
    /// Position behind the last record applied.
    pub position: u64,
    /// Number of the frame that holds that record; 0 before the first frame.
    pub frame_number: u64,
    /// Chain value of that frame.
    pub chain: Hash,
    /// State digest.
    pub state_digest: u64,
    /// Market digest.
    pub market_digest: u64,
    /// Sequencing time of that record, nanoseconds since 1970.
    pub sequencing_time_ns: u64,
    /// Commands applied since birth.
    pub command_count: u64,
    /// Rules version of the engine that made it.
    pub rules_version: u32,
    /// Body of the `EngineConfiguration` in force.
    pub configuration: [u8; CONFIGURATION_LENGTH],
    /// Bytes of the body.
    pub body_length: u64,
    /// Hash of the hashes of the body's chunks.
    pub root: Hash,
}

impl SnapshotHeader {
    /// Writes the header into the first 4096 bytes of `sector`.
    ///
    /// # Panics
    /// When `sector` is shorter.
    pub fn encode(&self, sector: &mut [u8]) {
        let sector = &mut sector[..SECTOR_LENGTH];
        sector.fill(0);
        put(sector, MAGIC_OFFSET, MAGIC);
        put(sector, VERSION_OFFSET, &FORMAT_VERSION.to_le_bytes());
        put(sector, SHARD_OFFSET, &[self.shard]);
        put(sector, STATE_VERSION_OFFSET, &self.state_version.to_le_bytes());
        put(sector, POSITION_OFFSET, &self.position.to_le_bytes());
        put(sector, FRAME_NUMBER_OFFSET, &self.frame_number.to_le_bytes());
        put(sector, CHAIN_OFFSET, &self.chain);
        put(sector, STATE_DIGEST_OFFSET, &self.state_digest.to_le_bytes());
        put(sector, MARKET_DIGEST_OFFSET, &self.market_digest.to_le_bytes());
        put(sector, TIME_OFFSET, &self.sequencing_time_ns.to_le_bytes());
        put(sector, COMMAND_COUNT_OFFSET, &self.command_count.to_le_bytes());
        put(sector, BODY_LENGTH_OFFSET, &self.body_length.to_le_bytes());
        put(sector, CHUNK_COUNT_OFFSET, &chunk_count(self.body_length).to_le_bytes());
        put(sector, RULES_VERSION_OFFSET, &self.rules_version.to_le_bytes());
        put(sector, ROOT_OFFSET, &self.root);
        put(sector, CONFIGURATION_OFFSET, &self.configuration);
        let checksum = checksum(&sector[..CHECKSUM_OFFSET]);
        put(sector, CHECKSUM_OFFSET, &checksum);
    }

    /// Reads the header at the start of a snapshot.
    ///
    /// # Errors
    /// [`SnapshotFault`], the first check that fails.
    pub fn decode(bytes: &[u8]) -> Result<Self, SnapshotFault> {
        let Some(sector) = bytes.get(..SECTOR_LENGTH) else {
            return Err(SnapshotFault::Length { length: bytes.len() as u64 });
        };
        if !sector.starts_with(MAGIC) {
            return Err(SnapshotFault::Magic);
        }
        let version = u16_at(sector, VERSION_OFFSET);
        if checksum(&sector[..CHECKSUM_OFFSET]) != bytes_at(sector, CHECKSUM_OFFSET) {
            return Err(if version > FORMAT_VERSION {
                SnapshotFault::Version(version)
            } else {
                SnapshotFault::Checksum
            });
        }
        if version != FORMAT_VERSION {
            return Err(SnapshotFault::Version(version));
        }
        for (from, to) in GAPS {
            if let Some(offset) = first_non_zero(&sector[..to], from) {
                return Err(SnapshotFault::Gap { offset });
            }
        }
        let header = Self {
            shard: sector[SHARD_OFFSET],
            state_version: u16_at(sector, STATE_VERSION_OFFSET),
            position: u64_at(sector, POSITION_OFFSET),
            frame_number: u64_at(sector, FRAME_NUMBER_OFFSET),
            chain: bytes_at(sector, CHAIN_OFFSET),
            state_digest: u64_at(sector, STATE_DIGEST_OFFSET),
            market_digest: u64_at(sector, MARKET_DIGEST_OFFSET),
            sequencing_time_ns: u64_at(sector, TIME_OFFSET),
            command_count: u64_at(sector, COMMAND_COUNT_OFFSET),
            rules_version: u32_at(sector, RULES_VERSION_OFFSET),
            configuration: bytes_at(sector, CONFIGURATION_OFFSET),
            body_length: u64_at(sector, BODY_LENGTH_OFFSET),
            root: bytes_at(sector, ROOT_OFFSET),
        };
        if header.shard != shard_of(header.position) || !header.position.is_multiple_of(8) {
            return Err(SnapshotFault::Field("position"));
        }
        if header.body_length > BODY_LENGTH_MAX {
            return Err(SnapshotFault::Field("body length"));
        }
        if chunk_count(header.body_length) != u32_at(sector, CHUNK_COUNT_OFFSET) {
            return Err(SnapshotFault::Field("chunk count"));
        }
        Ok(header)
    }
}

/// Takes a body in pieces and makes the header that goes before it.
#[derive(Debug)]
pub struct SnapshotBuilder {
    header: SnapshotHeader,
    chunks: ChunkHasher,
}

impl SnapshotBuilder {
    /// A builder of the snapshot that `header` describes, whose body length and root it fills in.
    #[must_use]
    pub fn new(header: SnapshotHeader) -> Self {
        Self { header, chunks: ChunkHasher::new() }
    }

    /// Takes the next piece of the body, of any length, which the caller also writes, from offset
    /// 4096 on.
    pub fn push(&mut self, piece: &[u8]) {
        self.chunks.push(piece);
    }

    /// The finished header; encoded, it goes to offset 0.
    #[must_use]
    pub fn finish(self) -> SnapshotHeader {
        let (body_length, root) = self.chunks.finish();
        SnapshotHeader { body_length, root, ..self.header }
    }
}

/// Verifies a body in pieces.
#[derive(Debug)]
pub struct SnapshotReader {
    header: SnapshotHeader,
    chunks: ChunkHasher,
}

impl SnapshotReader {
    /// A reader of the body behind that header.
    #[must_use]
    pub fn new(header: SnapshotHeader) -> Self {
        Self { header, chunks: ChunkHasher::new() }
    }

    /// Takes the next piece of the body, of any length.
    pub fn push(&mut self, piece: &[u8]) {
        self.chunks.push(piece);
    }

    /// The verdict, after the last piece.
    ///
    /// # Errors
    /// [`SnapshotFault::Length`] or [`SnapshotFault::Root`].
    pub fn finish(self) -> Result<SnapshotHeader, SnapshotFault> {
        let (body_length, root) = self.chunks.finish();
        if body_length != self.header.body_length {
            return Err(SnapshotFault::Length { length: SECTOR_LENGTH as u64 + body_length });
        }
        if root != self.header.root {
            return Err(SnapshotFault::Root);
        }
        Ok(self.header)
    }
}

/// Verifies a whole snapshot in memory and gives its header and body.
///
/// # Errors
/// [`SnapshotFault`], the first check that fails.
pub fn read_snapshot(bytes: &[u8]) -> Result<(SnapshotHeader, &[u8]), SnapshotFault> {
    let header = SnapshotHeader::decode(bytes)?;
    let body = &bytes[SECTOR_LENGTH..];
    let mut reader = SnapshotReader::new(header);
    reader.push(body);
    Ok((reader.finish()?, body))
}

/// Why a snapshot is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotFault {
    /// It has this many bytes: not even a header, or not those its header says.
    Length {
        /// Bytes there are.
        length: u64,
    },
    /// It does not begin with `FCSNAPS1`.
    Magic,
    /// The header's checksum does not hold.
    Checksum,
    /// It has another format version; one above [`FORMAT_VERSION`] is of a newer build.
    Version(u16),
    /// A byte of the header that must be zero is not.
    Gap {
        /// Offset of that byte.
        offset: usize,
    },
    /// A field of the header, whose checksum holds, has a value that no writer gives it.
    Field(&'static str),
    /// The hash over the chunks of the body does not hold.
    Root,
}

impl fmt::Display for SnapshotFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { length } => {
                write!(formatter, "the snapshot has {length} bytes, not those it should")
            }
            Self::Magic => formatter.write_str("it does not begin as a snapshot does"),
            Self::Checksum => formatter.write_str("the snapshot header's checksum does not hold"),
            Self::Version(version) => write!(
                formatter,
                "snapshot of format version {version}; this build reads version {FORMAT_VERSION}"
            ),
            Self::Gap { offset } => {
                write!(formatter, "byte {offset} of the snapshot header is not zero")
            }
            Self::Field(name) => write!(formatter, "the snapshot header's {name} cannot be"),
            Self::Root => formatter.write_str("the hash of the snapshot's body does not hold"),
        }
    }
}

impl std::error::Error for SnapshotFault {}

/// Hashes a body chunk by chunk, whatever pieces it comes in. Chunk hashes go straight into the
/// root, so that memory does not grow with the body.
#[derive(Debug)]
struct ChunkHasher {
    chunk: blake3::Hasher,
    chunk_length: usize,
    root: blake3::Hasher,
    body_length: u64,
}

impl ChunkHasher {
    fn new() -> Self {
        Self {
            chunk: blake3::Hasher::new(),
            chunk_length: 0,
            root: blake3::Hasher::new(),
            body_length: 0,
        }
    }

    fn push(&mut self, mut piece: &[u8]) {
        self.body_length += piece.len() as u64;
        while !piece.is_empty() {
            let taken = piece.len().min(CHUNK_LENGTH - self.chunk_length);
            let (now, later) = piece.split_at(taken);
            self.chunk.update(now);
            self.chunk_length += taken;
            piece = later;
            if self.chunk_length == CHUNK_LENGTH {
                self.end_chunk();
            }
        }
    }

    fn end_chunk(&mut self) {
        self.root.update(self.chunk.finalize().as_bytes());
        self.chunk.reset();
        self.chunk_length = 0;
    }

    fn finish(mut self) -> (u64, Hash) {
        if self.chunk_length > 0 {
            self.end_chunk();
        }
        (self.body_length, *self.root.finalize().as_bytes())
    }
}

fn chunk_count(body_length: u64) -> u32 {
    u32::try_from(body_length.div_ceil(CHUNK_LENGTH as u64))
        .expect("a body within its bound has less than 2^32 chunks")
}

/// Bytes of a chunk of a snapshot's body; the last one may be shorter.
pub const CHUNK_LENGTH: usize = 1 << 20;

/// Bytes of the body of an `EngineConfiguration`.
const CONFIGURATION_LENGTH: usize = size_of::<forecastle_proto_spec::EngineConfiguration>();
/// Most bytes of a body.
const BODY_LENGTH_MAX: u64 = 1 << 44;
const MAGIC: &[u8; 8] = b"FCSNAPS1";
const MAGIC_OFFSET: usize = 0;
const VERSION_OFFSET: usize = 8;
const SHARD_OFFSET: usize = 10;
const STATE_VERSION_OFFSET: usize = 12;
const POSITION_OFFSET: usize = 16;
const FRAME_NUMBER_OFFSET: usize = 24;
const CHAIN_OFFSET: usize = 32;
const STATE_DIGEST_OFFSET: usize = 64;
const MARKET_DIGEST_OFFSET: usize = 72;
const TIME_OFFSET: usize = 80;
const COMMAND_COUNT_OFFSET: usize = 88;
const BODY_LENGTH_OFFSET: usize = 96;
const CHUNK_COUNT_OFFSET: usize = 104;
const RULES_VERSION_OFFSET: usize = 108;
const ROOT_OFFSET: usize = 112;
const CONFIGURATION_OFFSET: usize = ROOT_OFFSET + HASH_LENGTH;
const CHECKSUM_OFFSET: usize = 4080;
/// First and behind-last offset of the bytes that are zero.
const GAPS: [(usize, usize); 3] =
    [(11, 12), (14, 16), (CONFIGURATION_OFFSET + CONFIGURATION_LENGTH, CHECKSUM_OFFSET)];

const _: () = assert!(CONFIGURATION_LENGTH == 48, "the header keeps 48 bytes for it");
