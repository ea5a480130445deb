//! Spare files: zero-filled ahead of their use, so that the hot path never changes a file's length.
//!
//! Two threads that park: the *filler* makes spares, in pieces, and warns when it cannot; the
//! *roller* makes a spare the next segment when the writer asks for one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use forecastle_persister::{SECTOR_LENGTH, SegmentId};

use crate::aligned::AlignedBuffer;
use crate::error::FolderError;
use crate::folder::{JournalFolder, random_segment_id, sync_folder};
use crate::space::{LOW_PATIENCE_MS, SPARE_LOW_COUNT, Space};

/// Makes spares until it is dropped.
#[derive(Debug)]
pub(crate) struct Filler {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Filler {
    /// Starts the thread after making `ready_count` spares.
    pub(crate) fn start(
        folder: &JournalFolder,
        segment_bytes: u64,
        (ready_count, spare_count): (u64, u64),
        space: Space,
    ) -> Result<Self, FolderError> {
        let mut spares = Spares::new(folder, segment_bytes, space);
        spares.discard_foreign().map_err(FolderError::io("read", &spares.folder))?;
        while spares.count().map_err(FolderError::io("read", &spares.folder))? < ready_count {
            spares
                .make_one(&AtomicBool::new(false))
                .map_err(FolderError::io("fill", &spares.folder))?;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let is_stopped = stop.clone();
        let run = move || spares.keep(spare_count, &is_stopped);
        let thread = std::thread::Builder::new().name("filler".to_string()).spawn(run);
        let thread = thread.map_err(FolderError::io("start a thread for", &folder.spare()))?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Filler {
    /// The thread, to wake it when a spare was taken.
    pub(crate) fn thread(&self) -> Thread {
        self.thread.as_ref().expect("it runs until it is dropped").thread().clone()
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// The folder of spares, as the filler sees it.
#[derive(Debug)]
struct Spares {
    folder: PathBuf,
    segment_bytes: u64,
    space: Space,
    zeros: AlignedBuffer,
    low_since: Option<Instant>,
    last_warning: Option<Instant>,
}

impl Spares {
    fn new(folder: &JournalFolder, segment_bytes: u64, space: Space) -> Self {
        Self {
            folder: folder.spare(),
            segment_bytes,
            space,
            zeros: AlignedBuffer::new(PIECE_LENGTH),
            low_since: None,
            last_warning: None,
        }
    }

    fn keep(&mut self, spare_count: u64, is_stopped: &AtomicBool) {
        while !is_stopped.load(Ordering::Relaxed) {
            let made = self.count().and_then(|count| {
                if count < spare_count {
                    self.make_one(is_stopped).map(|()| true)
                } else {
                    Ok(false)
                }
            });
            self.watch(spare_count, &made);
            if !matches!(made, Ok(true)) {
                std::thread::park_timeout(LOOK_PERIOD);
            }
        }
    }

    /// Counts the spares and tells everybody.
    fn count(&self) -> io::Result<u64> {
        let count = spare_files(&self.folder, self.segment_bytes)?.len() as u64;
        self.space.set_spare_count(count);
        Ok(count)
    }

    /// Warns, at most once in [`LOW_PATIENCE_MS`], while there are too few for long.
    fn watch(&mut self, spare_count: u64, made: &io::Result<bool>) {
        let patience = Duration::from_millis(LOW_PATIENCE_MS);
        let count = self.space.spare_count();
        if count >= SPARE_LOW_COUNT.min(spare_count) {
            self.low_since = None;
            self.space.set_low(false);
            return;
        }
        let since = *self.low_since.get_or_insert_with(Instant::now);
        if since.elapsed() < patience {
            return;
        }
        self.space.set_low(true);
        if self.last_warning.is_none_or(|warning| warning.elapsed() >= patience) {
            self.last_warning = Some(Instant::now());
            let cause = match made {
                Err(error) => format!(": {error}"),
                Ok(_) => String::new(),
            };
            let folder = self.folder.display();
            // A closed error stream must not end the filler, and the exchange with it.
            let _ = writeln!(
                io::stderr(),
                "forecastle: warning: {count} spare segments left in {folder}{cause}"
            );
        }
    }

    /// Removes what cannot become a segment: unfinished files and files of another length.
    fn discard_foreign(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let is_spare = spare_number(&entry.path()).is_some();
            if !is_spare || entry.metadata()?.len() != self.segment_bytes {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Makes one spare: under another name until it is whole and synced.
    fn make_one(&mut self, is_stopped: &AtomicBool) -> io::Result<()> {
        let partial = self.folder.join(FILLING);
        let result = self.fill(&partial, is_stopped);
        if result.is_err() {
            let _ = fs::remove_file(&partial);
        }
        if !result? {
            return Ok(());
        }
        let spares = spare_files(&self.folder, self.segment_bytes)?;
        let numbers = spares.into_iter().filter_map(|path| spare_number(&path));
        let number = numbers.filter(|number| *number <= ADOPTED_FROM).max().unwrap_or(0) + 1;
        fs::rename(&partial, self.folder.join(format!("{number:08}")))?;
        sync_folder(&self.folder)?;
        self.count()?;
        Ok(())
    }

    /// Writes zeros to the whole length; false when it was told to stop before.
    fn fill(&mut self, path: &Path, is_stopped: &AtomicBool) -> io::Result<bool> {
        let file = open_direct(path, OpenOptions::new().create(true).truncate(true).write(true))?;
        let mut offset = 0;
        while offset < self.segment_bytes {
            if is_stopped.load(Ordering::Relaxed) {
                drop(file);
                fs::remove_file(path)?;
                return Ok(false);
            }
            let length = (self.segment_bytes - offset).min(PIECE_LENGTH as u64);
            let piece = usize::try_from(length).expect("a piece fits memory");
            file.write_all_at(&self.zeros.bytes()[..piece], offset)?;
            offset += length;
        }
        file.sync_all()?;
        Ok(true)
    }
}

/// Turns spares into segments when asked, one at a time.
#[derive(Debug)]
pub(crate) struct Roller {
    requests: Option<SyncSender<RollRequest>>,
    /// Goes with a request and comes back with its answer.
    header: Option<AlignedBuffer>,
    segment_bytes: u64,
    answers: Receiver<io::Result<Rolled>>,
    thread: Option<JoinHandle<()>>,
}

struct RollRequest {
    position: u64,
    segment_bytes: u64,
    header: AlignedBuffer,
}

/// A segment that exists for good.
#[derive(Debug)]
pub(crate) struct Rolled {
    /// Open for direct writes.
    pub(crate) file: File,
    /// Random: the id of the segment after it.
    pub(crate) next_segment_id: SegmentId,
    header: Option<AlignedBuffer>,
}

impl Roller {
    /// Starts the thread; `filler` is woken whenever a spare was taken.
    pub(crate) fn start(
        folder: &JournalFolder,
        segment_bytes: u64,
        space: Space,
        filler: Thread,
    ) -> io::Result<Self> {
        let (requests, inbox) = sync_channel::<RollRequest>(1);
        let (outbox, answers) = sync_channel(1);
        let folder = folder.clone();
        let run = move || {
            for request in inbox {
                let rolled = roll(&folder, &request, &space);
                filler.unpark();
                let answer = rolled.map(|rolled| Rolled { header: Some(request.header), ..rolled });
                if outbox.send(answer).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("roller".to_string()).spawn(run)?;
        let header = Some(AlignedBuffer::new(2 * SECTOR_LENGTH));
        Ok(Self { requests: Some(requests), header, segment_bytes, answers, thread: Some(thread) })
    }

    /// Asks for the segment of that position, whose first two sectors are `header`.
    pub(crate) fn request(&mut self, position: u64, header: &[u8]) {
        let mut copy = self.header.take().expect("one roll is under way at a time");
        copy.bytes_mut().copy_from_slice(header);
        let segment_bytes = self.segment_bytes;
        let request = RollRequest { position, segment_bytes, header: copy };
        let requests = self.requests.as_ref().expect("the roller runs");
        requests.try_send(request).expect("one roll is under way at a time");
    }

    /// The segment that was asked for, once it is there.
    pub(crate) fn poll(&mut self) -> Option<io::Result<Rolled>> {
        let mut answer = self.answers.try_recv().ok()?;
        if let Ok(rolled) = &mut answer {
            self.header = rolled.header.take();
        }
        Some(answer)
    }
}

impl Drop for Roller {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn roll(folder: &JournalFolder, request: &RollRequest, space: &Space) -> io::Result<Rolled> {
    let spare_folder = folder.spare();
    let deadline = Instant::now() + SPARE_PATIENCE;
    let spare = loop {
        let spares = spare_files(&spare_folder, request.segment_bytes)?;
        space.set_spare_count(spares.len().saturating_sub(1) as u64);
        if let Some(spare) = spares.into_iter().next() {
            break spare;
        }
        if Instant::now() > deadline {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no spare segment is left"));
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let file = open_direct(&spare, OpenOptions::new().read(true).write(true))?;
    file.write_all_at(&request.header.bytes()[..2 * SECTOR_LENGTH], 0)?;
    file.sync_all()?;
    fs::rename(&spare, folder.segment_path(request.position))?;
    sync_folder(folder.journal())?;
    sync_folder(&spare_folder)?;
    Ok(Rolled { file, next_segment_id: random_segment_id()?, header: None })
}

/// Makes a segment's file, whose records lie elsewhere now, a spare: its old frames carry an old
/// segment id. With spares enough, or when segments have another length by now, it is removed.
pub(crate) fn adopt_spare(folder: &JournalFolder, path: &Path, length: u64) -> io::Result<()> {
    let spare_folder = folder.spare();
    let spares = spare_files(&spare_folder, length)?;
    let newest = folder.segments().map_err(io::Error::other)?.pop();
    let is_of_length = match newest {
        Some(segment) => fs::metadata(segment.path)?.len() == length,
        None => false,
    };
    if spares.len() < ADOPTED_MAX && is_of_length {
        // Far above what the filler numbers, so that the two never choose one name.
        let highest = spares.last().and_then(|path| spare_number(path)).unwrap_or(0);
        let number = highest.max(ADOPTED_FROM) + 1;
        fs::rename(path, spare_folder.join(format!("{number:08}")))?;
        sync_folder(&spare_folder)?;
    } else {
        fs::remove_file(path)?;
    }
    sync_folder(folder.journal())
}

/// Opens a file for direct I/O where the file system has it, else through the page cache.
///
/// # Errors
/// The file cannot be opened either way.
pub(crate) fn open_direct(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    match options.clone().custom_flags(libc::O_DIRECT).open(path) {
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => options.open(path),
        opened => opened,
    }
}

/// Whole spares of `length` bytes in order of number. A file of another length is none: a segment
/// made of it would not be as long as its header says.
fn spare_files(folder: &Path, length: u64) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if spare_number(&path).is_none() {
            continue;
        }
        match fs::metadata(&path) {
            Ok(metadata) if metadata.len() == length => files.push(path),
            // The other thread of the two took it meanwhile.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    files.sort();
    Ok(files)
}

fn spare_number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str().filter(|name| name.len() == 8)?.parse().ok()
}

/// Spares beyond which a recycled file is removed.
const ADOPTED_MAX: usize = 8;
/// Numbers of recycled spares begin here.
const ADOPTED_FROM: u64 = 50_000_000;
const FILLING: &str = "filling";
const PIECE_LENGTH: usize = 1 << 20;
const LOOK_PERIOD: Duration = Duration::from_millis(20);
/// How long a full journal waits for a spare before the exchange ends.
const SPARE_PATIENCE: Duration = Duration::from_secs(600);
