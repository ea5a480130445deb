//! A journal opened to be read, with the verdict on its end.

use std::path::Path;

use anyhow::Context as _;
use forecastle_persister::{Frame, JournalEnd, Outcome as End, SegmentHeader, shard_of};
use forecastle_persister_disk::{JournalError, JournalFolder, JournalReader, inspect};

use super::Place;
use crate::exit::Failure;

/// A journal that can be read up to its end.
#[derive(Debug)]
pub struct Source {
    /// Folders and key.
    pub folder: JournalFolder,
    /// Shard, as the first segment's position says.
    pub shard: u8,
    /// How the segments that are not archived end.
    pub end: JournalEnd,
    /// First position that is kept.
    pub first_position: u64,
}

impl Source {
    /// Opens the journal and walks its segments; damage is not an error here.
    ///
    /// # Errors
    /// There is no journal, or it cannot be read.
    pub fn inspect(folder: &Path, chain_key: Option<&Path>) -> anyhow::Result<Self> {
        let folder = JournalFolder::open_to_read(folder, chain_key).context(Failure::Damaged)?;
        let files = folder.all_segments().context(Failure::Damaged)?;
        let Some(first) = files.first() else {
            let journal = folder.journal().display().to_string();
            let error = anyhow::anyhow!("{journal} holds no segment of a journal");
            return Err(error.context(Failure::Damaged));
        };
        let (shard, first_position) = (shard_of(first.position), first.position);
        let end = inspect(&folder, shard).context(Failure::Damaged)?;
        Ok(Self { folder, shard, end, first_position })
    }

    /// As [`Self::inspect`]; a journal whose promised data is damaged is an error that names the
    /// place.
    ///
    /// # Errors
    /// As [`Self::inspect`], or the journal is damaged.
    pub fn open(place: &Place) -> anyhow::Result<Self> {
        let source = Self::inspect(&place.folder, place.chain_key.as_deref())?;
        if let End::Damaged(damage) = source.end.outcome {
            let folder = source.folder.journal().to_path_buf();
            let error = JournalError::Damaged { folder, damage: Box::new(damage) };
            return Err(anyhow::Error::new(error).context(Failure::Damaged));
        }
        if let Some(damage) = source.end.header_copy_damage {
            let rest = source.frames_of(damage.segment)?;
            return Err(anyhow::anyhow!("{damage}; {rest}").context(Failure::Damaged));
        }
        Ok(source)
    }

    /// What a segment holds, in words: its first frame and positions.
    fn frames_of(&self, position: u64) -> anyhow::Result<String> {
        let path = self.folder.segment_path(position);
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let (header, _) =
            SegmentHeader::read(&bytes).map_err(|fault| anyhow::anyhow!("{fault}"))?;
        let frame = header.frame_number;
        Ok(format!("it leads frame {frame} and what follows, positions {position} on"))
    }

    /// Position behind the last whole frame.
    #[must_use]
    pub fn end_position(&self) -> u64 {
        self.end.point.position
    }

    /// Whether the chain was verified, in words.
    #[must_use]
    pub fn chain(&self) -> &'static str {
        if self.end.is_chain_verified { "verified" } else { "not verified: no key" }
    }

    /// What lies behind the last whole frame, if anything: bytes that were promised to nobody.
    #[must_use]
    pub fn torn_tail(&self) -> Option<String> {
        match &self.end.outcome {
            End::Torn(tail) => Some(tail.to_string()),
            End::Clean | End::Damaged(_) => None,
        }
    }

    /// Hands every frame with records from `from_position` on to `visit`, until it says false.
    ///
    /// # Errors
    /// A frame cannot be read, or what `visit` says.
    pub fn for_each_frame(
        &self,
        from_position: u64,
        mut visit: impl FnMut(&Frame<'_>) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let from_position = from_position.max(self.first_position);
        let mut reader =
            JournalReader::open(&self.folder, from_position).context(Failure::Damaged)?;
        let limit = self.end_position();
        while let Some(frame) = reader.next_frame(limit).context(Failure::Damaged)? {
            if !visit(&frame)? {
                break;
            }
        }
        Ok(())
    }
}
