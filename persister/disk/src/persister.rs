//! The persister: the agent that copies the log to the journal and says how far it is safe.
//!
//! It reads the log through a gate of its own, group-commits through a [`Device`], and moves the
//! released position by the acknowledgement level: to the written position when the device has
//! taken a frame, to the durable position when its sync has completed. Any write or sync error
//! ends the process at once, with one line and no further release.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};

use forecastle_persister::{
    DiskCompletion, DiskOperation, Hash, JournalEnd, JournalWriter, WriterConfig, WriterStart,
};
use forecastle_proto_spec::AcknowledgementLevel;
use forecastle_runtime::agent::Agent;
use forecastle_runtime::clock::Now;
use forecastle_runtime::log_buffer::{GatingReader, ReleaseGate};

use crate::device::{Backend, BackendInUse, Device, DeviceEvent};
use crate::error::FolderError;
use crate::folder::{JournalFolder, random_segment_id};
use crate::progress::Progress;
use crate::space::{SPARE_COUNT_DEFAULT, SPARE_READY_COUNT, Space};
use crate::spares::{Filler, Roller, open_direct};

/// Copies the log to the journal.
#[derive(Debug)]
pub struct Persister {
    // Before the writer, whose buffers it has registered: fields drop in order.
    device: Device,
    writer: JournalWriter,
    roller: Roller,
    log: GatingReader,
    release: Option<ReleaseGate>,
    level: AcknowledgementLevel,
    progress: Progress,
    is_rolling: bool,
    is_closing: bool,
    backend: BackendInUse,
    space: Space,
    _filler: Filler,
    _lock: File,
}

/// What a persister is made with.
#[derive(Clone, Debug)]
pub struct PersisterConfig {
    /// What releases a record to its readers.
    pub level: AcknowledgementLevel,
    /// Bytes of the segments made from now on.
    pub segment_bytes: u64,
    /// Spare segments kept.
    pub spare_count: u64,
    /// Which device writes.
    pub backend: Backend,
    /// Version of the message schema.
    pub schema_version: u16,
    /// Hash of the schema XML.
    pub schema_hash: Hash,
    /// Name and version of this build, at most 32 bytes.
    pub build: String,
    /// Where it tells how far it is.
    pub progress: Progress,
}

impl PersisterConfig {
    /// Level durable, segments of `segment_bytes`, five spares, any device.
    #[must_use]
    pub fn new(segment_bytes: u64) -> Self {
        Self {
            level: AcknowledgementLevel::Durable,
            segment_bytes,
            spare_count: SPARE_COUNT_DEFAULT,
            backend: Backend::Auto,
            schema_version: forecastle_proto_spec::SCHEMA_VERSION,
            schema_hash: Hash::default(),
            build: String::new(),
            progress: Progress::private(),
        }
    }
}

impl Persister {
    /// Goes on behind `end`, which recovery found, with what the log holds from there on.
    /// `release` is the log's gate, or none at level `memory`.
    ///
    /// Returns when [`SPARE_READY_COUNT`] spares are there.
    ///
    /// # Errors
    /// The folder is written by another process, spares cannot be made, or no device can be had.
    ///
    /// # Panics
    /// When the log does not go on at the journal's end, or `end` is damaged.
    pub fn open(
        folder: &JournalFolder,
        config: &PersisterConfig,
        end: &JournalEnd,
        log: GatingReader,
        release: Option<ReleaseGate>,
    ) -> Result<Self, FolderError> {
        assert_eq!(log.position(), end.point.position, "the log goes on where the journal ends");
        let lock = folder.lock()?;
        let progress = config.progress.clone();
        let space = Space::of(&progress);
        // A journal without a segment takes a spare for its first at once.
        let ready_count = SPARE_READY_COUNT + u64::from(end.place.is_none());
        let wanted = (ready_count.min(config.spare_count), config.spare_count);
        let filler = Filler::start(folder, config.segment_bytes, wanted, space.clone())?;
        let io = |action| FolderError::io(action, folder.journal());
        let roller = Roller::start(folder, config.segment_bytes, space.clone(), filler.thread());
        let roller = roller.map_err(io("start a thread for"))?;
        let writer = new_writer(folder, config, end).map_err(io("draw an id for"))?;
        let opened = Device::open(config.backend, &writer);
        let (mut device, backend) = opened.map_err(io("write by io_uring in"))?;
        if let Some(place) = &end.place {
            let path = folder.segment_path(place.header.position);
            let file = open_direct(&path, OpenOptions::new().read(true).write(true))
                .and_then(|file| device.take_file(file));
            file.map_err(FolderError::io("write", &path))?;
        }
        progress.set_durable_position(end.point.position);
        progress.set_backend(&backend);
        let level = config.level;
        Ok(Self {
            device,
            writer,
            roller,
            log,
            release,
            level,
            progress,
            is_rolling: false,
            is_closing: false,
            backend,
            space,
            _filler: filler,
            _lock: lock,
        })
    }

    /// How far it is, for other threads.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// What is left of the prepared space.
    #[must_use]
    pub fn space(&self) -> Space {
        self.space.clone()
    }

    /// How it writes.
    #[must_use]
    pub fn backend(&self) -> &BackendInUse {
        &self.backend
    }

    /// Copies records into the open frame, until it is full, or the log is read: then `is_read`.
    #[inline]
    fn take_records(&mut self) -> Taken {
        let Self { log, writer, .. } = self;
        let mut is_refused = false;
        let count = log.poll_while(RECORDS_PER_CALL_MAX, |position, record| {
            let is_taken = writer.append(position, record);
            is_refused = !is_taken;
            is_taken
        });
        Taken { count, is_log_read: !is_refused && count < RECORDS_PER_CALL_MAX }
    }

    #[inline]
    fn submit(&mut self, now: Now) -> io::Result<()> {
        match self.writer.next_operation(now.monotonic_ns, now.wall_ns) {
            None => Ok(()),
            Some(DiskOperation::Write { buffer, length, offset }) => {
                self.device.write(&self.writer, (buffer, length), offset)
            }
            Some(DiskOperation::Roll { position, .. }) => {
                self.roller.request(position, self.writer.roll_bytes());
                self.is_rolling = true;
                Ok(())
            }
        }
    }

    #[inline]
    fn reap(&mut self) -> io::Result<usize> {
        let mut count = 0;
        while let Some(event) = self.device.poll() {
            self.writer.on_completion(match event? {
                DeviceEvent::Written => DiskCompletion::Written,
                DeviceEvent::Synced => DiskCompletion::Synced,
            });
            count += 1;
        }
        if self.is_rolling
            && let Some(rolled) = self.roller.poll()
        {
            self.is_rolling = false;
            let rolled = rolled?;
            self.device.take_file(rolled.file)?;
            let next_segment_id = rolled.next_segment_id;
            self.writer.on_completion(DiskCompletion::Rolled { next_segment_id });
            count += 1;
        }
        if count > 0 {
            self.publish();
        }
        Ok(count)
    }

    /// Tells everybody how far the journal is.
    #[inline]
    fn publish(&mut self) {
        let durable_position = self.writer.durable_position();
        self.progress.set_durable_position(durable_position);
        let Some(release) = &mut self.release else { return };
        let position = match self.level {
            AcknowledgementLevel::Written => self.writer.written_position(),
            _ => durable_position,
        };
        if position > release.position() {
            release.advance(position);
        }
    }

    #[inline]
    fn work(&mut self, now: Now) -> io::Result<usize> {
        let mut count = self.reap()?;
        if self.is_closing {
            if self.writer.is_closed() {
                self.progress.set_closed();
            }
        } else {
            // Asked before the log is looked at, so that nothing committed before is missed.
            let must_close = self.progress.must_close();
            let taken = self.take_records();
            count += taken.count;
            if must_close && taken.is_log_read {
                self.writer.close();
                self.is_closing = true;
            }
        }
        self.submit(now)?;
        // A thread that waits for the disk must not fall asleep over it.
        Ok(count + usize::from(self.writer.is_busy()))
    }
}

impl Agent for Persister {
    fn name(&self) -> &'static str {
        "persister"
    }

    fn do_work(&mut self, now: Now) -> usize {
        match self.work(now) {
            Ok(count) => count,
            Err(error) => fail_stop(&error),
        }
    }
}

/// How a look at the log went.
struct Taken {
    count: usize,
    is_log_read: bool,
}

/// Records of one duty cycle.
const RECORDS_PER_CALL_MAX: usize = 4096;

/// Ends the process: what was not released is never told to anybody.
#[cold]
fn fail_stop(error: &io::Error) -> ! {
    // A closed error stream must not change how the process ends.
    let _ = writeln!(
        io::stderr(),
        "forecastle: the journal cannot be written: {error}; nothing more is acknowledged"
    );
    std::process::exit(1);
}

fn new_writer(
    folder: &JournalFolder,
    config: &PersisterConfig,
    end: &JournalEnd,
) -> io::Result<JournalWriter> {
    let mut build = [0; 32];
    let length = config.build.len().min(build.len());
    build[..length].copy_from_slice(&config.build.as_bytes()[..length]);
    let key = folder.key().cloned().expect("a folder opened to write has a key");
    let config = WriterConfig {
        shard: forecastle_runtime::log_buffer::shard(end.point.position),
        key,
        segment_bytes: config.segment_bytes,
        schema_version: config.schema_version,
        schema_hash: config.schema_hash,
        build,
    };
    let start =
        WriterStart { point: end.point, segment: end.place, next_segment_id: random_segment_id()? };
    Ok(JournalWriter::new(config, start))
}
