//! The reader that every consumer uses: verified frames in order, from any position, out of
//! archived and plain segments alike, also while the journal is being written.
//!
//! A reader holds one window of a plain segment or one unpacked archived segment; nothing is
//! allocated for a frame or a record.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use forecastle_persister::{
    ChainKey, FRAME_HEADER_LENGTH, FRAME_LENGTH_MAX, FRAMES_OFFSET, Frame, FrameFault, FrameHeader,
    JournalPoint, SECTOR_LENGTH, SegmentHeader, check_frame,
};

use crate::archive::read_archived;
use crate::error::{FolderError, JournalError};
use crate::folder::{JournalFolder, SegmentFile};

/// Reads a journal frame by frame.
#[derive(Debug)]
pub struct JournalReader {
    folder: JournalFolder,
    key: Option<ChainKey>,
    source: Option<Source>,
    window: Window,
    point: JournalPoint,
    /// Frames that end at or before it are not handed out.
    from_position: u64,
    frame_count: u64,
}

/// The segment that is being read.
#[derive(Debug)]
struct Source {
    header: SegmentHeader,
    /// None for an archived one, whose bytes are all in the window.
    file: Option<File>,
    path: PathBuf,
    /// Offset of the next frame.
    offset: u64,
}

/// Bytes of the source, from `start` on.
#[derive(Debug, Default)]
struct Window {
    bytes: Vec<u8>,
    start: u64,
}

impl JournalReader {
    /// A reader whose first frame is the one that holds the record at `from_position`, or the next
    /// one to be written when that is the end of the journal.
    ///
    /// # Errors
    /// The journal cannot be read, or begins behind that position.
    pub fn open(folder: &JournalFolder, from_position: u64) -> Result<Self, JournalError> {
        let shard = forecastle_persister::shard_of(from_position);
        let mut reader = Self {
            folder: folder.clone(),
            key: folder.key().cloned(),
            source: None,
            window: Window::default(),
            point: JournalPoint::birth(shard),
            from_position,
            frame_count: 0,
        };
        reader.enter_segment_of(from_position)?;
        Ok(reader)
    }

    /// The next frame with records that ends at or below `limit_position`, which is at most the
    /// durable position of a journal that is being written; `None` when there is none yet.
    ///
    /// # Errors
    /// A frame below the limit cannot be read; further calls say so again.
    pub fn next_frame(&mut self, limit_position: u64) -> Result<Option<Frame<'_>>, JournalError> {
        loop {
            if self.point.position >= limit_position {
                return Ok(None);
            }
            match self.check_next()? {
                Next::Frame { length, has_records, end } => {
                    if end > limit_position {
                        return Ok(None);
                    }
                    let offset = self.advance(length);
                    if has_records && end > self.from_position {
                        return Ok(Some(self.frame_at(offset, length)));
                    }
                }
                Next::Segment => {}
                Next::Nothing => return Ok(None),
            }
        }
    }

    /// Position of the next record that has not been handed out.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.point.position.max(self.from_position)
    }

    /// The place behind the last frame that was verified.
    #[must_use]
    pub fn point(&self) -> &JournalPoint {
        &self.point
    }

    /// Frames verified so far.
    #[must_use]
    pub fn frame_count(&self) -> u64 {
        self.frame_count
    }

    /// Header of the segment that is being read.
    #[must_use]
    pub fn segment(&self) -> Option<&SegmentHeader> {
        self.source.as_ref().map(|source| &source.header)
    }

    /// Verifies what lies at the reader's place, or finds the segment behind it.
    fn check_next(&mut self) -> Result<Next, JournalError> {
        let Some(source) = &mut self.source else { return self.next_segment() };
        let offset = source.offset;
        // A window that was read before the frame was written holds what was there before.
        for is_fresh in [false, true] {
            let window = &mut self.window;
            window.cover(source, is_fresh).map_err(FolderError::io("read", &source.path))?;
            let bytes = window.from(offset);
            if bytes.len() < SECTOR_LENGTH {
                return self.next_segment();
            }
            let id = &source.header.id;
            match check_frame(bytes, id, &self.point, self.key.as_ref()) {
                Ok(frame) => {
                    let header = frame.header();
                    return Ok(Next::Frame {
                        length: header.frame_length as usize,
                        has_records: header.record_count > 0,
                        end: header.end,
                    });
                }
                Err(_) if !is_fresh => {}
                Err(fault) => return self.next_segment_or(offset, fault),
            }
        }
        unreachable!("the second look returns")
    }

    /// Takes the frame at the reader's place as read; gives its offset.
    fn advance(&mut self, length: usize) -> u64 {
        let source = self.source.as_mut().expect("a frame lies in a segment");
        let offset = source.offset;
        let bytes = self.window.from(offset);
        let header = FrameHeader::decode(bytes).expect("it was verified");
        self.point = JournalPoint::behind(&header);
        self.frame_count += 1;
        source.offset += length as u64;
        offset
    }

    /// A frame that was verified and still lies in the window.
    fn frame_at(&self, offset: u64, length: usize) -> Frame<'_> {
        Frame::verified(&self.window.from(offset)[..length])
    }

    /// Goes to the segment that follows, or says that there is none.
    fn next_segment(&mut self) -> Result<Next, JournalError> {
        let position = self.point.position;
        let current = self.source.as_ref().map(|source| source.header.id);
        let files = self.folder.all_segments()?;
        let Some(file) = files.iter().find(|file| file.position == position) else {
            return Ok(Next::Nothing);
        };
        let (source, window) = open_source(file)?;
        if Some(source.header.id) == current {
            return Ok(Next::Nothing);
        }
        let is_successor = source.header.previous_chain == self.point.chain
            && source.header.frame_number == self.point.frame_number + 1;
        if !is_successor {
            return Err(JournalError::Frame {
                segment: position,
                offset: 0,
                position,
                fault: FrameFault::Discontinuity("previous chain value"),
            });
        }
        self.point.term = source.header.term;
        self.source = Some(source);
        self.window = window;
        Ok(Next::Segment)
    }

    /// As [`Self::next_segment`]; where none follows, the fault is what stands. A segment that was
    /// archived meanwhile, whose file may hold anything by now, is read on in the archive.
    fn next_segment_or(&mut self, offset: u64, fault: FrameFault) -> Result<Next, JournalError> {
        if let Next::Segment = self.next_segment()? {
            return Ok(Next::Segment);
        }
        let segment = self.source.as_ref().map_or(0, |source| source.header.position);
        if self.has_moved()? {
            // Read again from its start: what was handed out already is not handed out twice.
            self.from_position = self.position();
            self.enter_segment_of(self.point.position)?;
            return Ok(Next::Segment);
        }
        Err(JournalError::Frame { segment, offset, position: self.point.position, fault })
    }

    fn has_moved(&self) -> Result<bool, JournalError> {
        let Some(source) = &self.source else { return Ok(false) };
        let files = self.folder.all_segments()?;
        let file = files.iter().find(|file| file.position == source.header.position);
        Ok(file.is_some_and(|file| file.path != source.path))
    }

    /// Enters the last segment that begins at or before `position`.
    fn enter_segment_of(&mut self, position: u64) -> Result<(), JournalError> {
        let files = self.folder.all_segments()?;
        let Some(first) = files.first() else {
            self.source = None;
            if position == self.point.position {
                return Ok(());
            }
            return Err(JournalError::NotKept { position, first: self.point.position });
        };
        let file = files.iter().rev().find(|file| file.position <= position);
        let file = file.ok_or(JournalError::NotKept { position, first: first.position })?;
        let (source, window) = open_source(file)?;
        self.point = JournalPoint::before(&source.header);
        self.source = Some(source);
        self.window = window;
        Ok(())
    }
}

/// What lies at a reader's place.
enum Next {
    Frame { length: usize, has_records: bool, end: u64 },
    Segment,
    Nothing,
}

impl Window {
    /// The bytes from `offset` on, as far as they are here.
    fn from(&self, offset: u64) -> &[u8] {
        let start = offset.checked_sub(self.start).and_then(|start| usize::try_from(start).ok());
        start.and_then(|start| self.bytes.get(start..)).unwrap_or_default()
    }

    /// Sees to it that the frame at the source's offset is here, whole; read again if `is_fresh`.
    fn cover(&mut self, source: &Source, is_fresh: bool) -> io::Result<()> {
        let Some(file) = &source.file else { return Ok(()) };
        if !is_fresh && self.holds_frame(source.offset) {
            return Ok(());
        }
        self.bytes.resize(WINDOW_LENGTH, 0);
        self.start = source.offset;
        let mut length = 0;
        while length < WINDOW_LENGTH {
            match file.read_at(&mut self.bytes[length..], self.start + length as u64) {
                Ok(0) => break,
                Ok(count) => length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.bytes.truncate(length);
        Ok(())
    }

    fn holds_frame(&self, offset: u64) -> bool {
        let bytes = self.from(offset);
        bytes.len() >= FRAME_HEADER_LENGTH
            && FrameHeader::decode(bytes)
                .is_ok_and(|header| bytes.len() >= header.frame_length as usize)
    }
}

fn open_source(file: &SegmentFile) -> Result<(Source, Window), JournalError> {
    let path = &file.path;
    let damaged = |fault| JournalError::Header { path: path.clone(), fault };
    if !file.is_archived {
        let mut opened = File::open(path).map_err(FolderError::io("open", path))?;
        let mut start = vec![0; FRAMES_OFFSET as usize];
        opened.read_exact(&mut start).map_err(FolderError::io("read", path))?;
        let (header, _) = SegmentHeader::read(&start).map_err(damaged)?;
        let source =
            Source { header, file: Some(opened), path: path.clone(), offset: FRAMES_OFFSET };
        return Ok((check_name(source, file)?, Window::default()));
    }
    let bytes = read_archived(path)?;
    let (header, _) = SegmentHeader::read(&bytes).map_err(damaged)?;
    let source = Source { header, file: None, path: path.clone(), offset: FRAMES_OFFSET };
    Ok((check_name(source, file)?, Window { bytes, start: 0 }))
}

fn check_name(source: Source, file: &SegmentFile) -> Result<Source, JournalError> {
    if source.header.position == file.position {
        return Ok(source);
    }
    Err(JournalError::Name { path: source.path, position: source.header.position })
}

/// Bytes read at a time: several frames of the greatest length.
const WINDOW_LENGTH: usize = 4 * FRAME_LENGTH_MAX;
