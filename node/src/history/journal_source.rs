//! The journal as history reads it: up to what is durable, no faster than it may.

use std::time::{Duration, Instant};

use forecastle_persister::Frame;
use forecastle_persister_disk::{JournalError, JournalFolder, JournalReader, Progress};

/// Readers' common place and rate.
#[derive(Debug)]
pub(super) struct JournalSource {
    folder: JournalFolder,
    progress: Progress,
    bytes_per_second: u64,
    /// When the rate allows the next frame.
    next_frame: Instant,
}

impl JournalSource {
    pub(super) fn new(folder: JournalFolder, progress: Progress, bytes_per_second: u64) -> Self {
        Self { folder, progress, bytes_per_second, next_frame: Instant::now() }
    }

    /// How far the journal can be read.
    pub(super) fn durable_position(&self) -> u64 {
        self.progress.durable_position()
    }

    /// A reader whose first frame holds the record at `position`.
    pub(super) fn open(&self, position: u64) -> Result<JournalReader, JournalError> {
        JournalReader::open(&self.folder, position)
    }

    /// The reader's next frame; none while there is none yet, or the rate does not allow it.
    pub(super) fn next_frame<'reader>(
        &mut self,
        reader: &'reader mut JournalReader,
    ) -> Result<Option<Frame<'reader>>, JournalError> {
        let now = Instant::now();
        if now < self.next_frame {
            return Ok(None);
        }
        let Some(frame) = reader.next_frame(self.progress.durable_position())? else {
            return Ok(None);
        };
        let length = u64::from(frame.header().frame_length);
        let pause = Duration::from_nanos(length * 1_000_000_000 / self.bytes_per_second);
        self.next_frame = now.max(self.next_frame) + pause;
        Ok(Some(frame))
    }
}
