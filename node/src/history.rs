//! The history thread: what was said before is read from the journal and said again, far from the
//! hot side.
//!
//! It takes [`RetransmissionJob`]s out of one ring and puts whole messages into another. Jobs take
//! turns frame by frame, so a long one does not hold up a short one, and together they read no
//! faster than the configured rate.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use forecastle_gateway::{HistoryPorts, Record, RetransmissionJob};
use forecastle_persister::Frame;
use forecastle_persister_disk::{JournalError, JournalFolder, JournalReader, Progress};
use forecastle_proto_spec::{
    Message as _, RejectCode, Retransmission, RetransmissionComplete, RetransmitReject,
};
use forecastle_runtime::layout::LayoutError;
use forecastle_runtime::log_buffer::birth_position;
use forecastle_runtime::memory::Region;
use forecastle_runtime::ring::{self, Consumer, Producer};

/// What the history thread works on.
#[derive(Debug)]
pub struct History {
    folder: JournalFolder,
    shard: u8,
    progress: Progress,
    jobs: Consumer,
    messages: Producer,
    running: Vec<Running>,
    bytes_per_second: u64,
    /// When the rate allows the next frame.
    next_frame: Instant,
    stop: Arc<AtomicBool>,
}

/// A job in progress.
#[derive(Debug)]
struct Running {
    job: RetransmissionJob,
    /// None before the journal holds all that is asked for.
    reader: Option<JournalReader>,
    report_count: u32,
    deadline: Instant,
}

impl History {
    /// Makes the two rings; gives the agent's ends of them, too.
    ///
    /// # Errors
    /// The rings cannot be laid out.
    pub fn new(
        folder: JournalFolder,
        shard: u8,
        progress: Progress,
        bytes_per_second: u64,
    ) -> Result<(Self, HistoryPorts), LayoutError> {
        let region = |capacity| Region::anonymous(ring::region_length(capacity));
        let (job_producer, jobs) = ring::create(region(JOB_RING_LENGTH), JOB_RING_LENGTH)?;
        let (messages, message_consumer) =
            ring::create(region(MESSAGE_RING_LENGTH), MESSAGE_RING_LENGTH)?;
        let history = Self {
            folder,
            shard,
            progress,
            jobs,
            messages,
            running: Vec::with_capacity(JOBS_MAX),
            bytes_per_second,
            next_frame: Instant::now(),
            stop: Arc::new(AtomicBool::new(false)),
        };
        Ok((history, HistoryPorts { jobs: job_producer, messages: message_consumer }))
    }

    /// Puts it on a thread of its own, which parks while there is nothing to do.
    pub(crate) fn start(mut self) -> io::Result<HistoryThread> {
        let stop = self.stop.clone();
        let run = move || {
            while !self.is_stopped() {
                self.take_jobs();
                if !self.turn() {
                    std::thread::park_timeout(LOOK_PERIOD);
                }
            }
        };
        let thread = std::thread::Builder::new().name("history".to_string()).spawn(run)?;
        Ok(HistoryThread { stop, thread: Some(thread) })
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn take_jobs(&mut self) {
        while let Some(job) = RetransmissionJob::pop(&mut self.jobs) {
            // A session has one at a time: an earlier one is of a binding that is over.
            self.running.retain(|running| running.job.session_id != job.session_id);
            if self.running.len() == JOBS_MAX {
                self.refuse(&job, RejectCode::RetransmitUnavailable);
                continue;
            }
            let from_position = job.from_position.max(birth_position(self.shard));
            let job = RetransmissionJob { from_position, ..job };
            let deadline = Instant::now() + DURABLE_PATIENCE;
            self.running.push(Running { job, reader: None, report_count: 0, deadline });
        }
    }

    /// Does a frame of every job; false when none could go on.
    fn turn(&mut self) -> bool {
        let mut has_worked = false;
        let mut index = 0;
        while index < self.running.len() && !self.is_stopped() {
            let mut running = self.running.swap_remove(index);
            match self.step(&mut running) {
                Ok(Step::Done) => has_worked = true,
                Ok(step) => {
                    has_worked |= matches!(step, Step::Worked);
                    // Back to its place, so that every job has its turn.
                    self.running.push(running);
                    let last = self.running.len() - 1;
                    self.running.swap(index, last);
                    index += 1;
                }
                Err(error) => {
                    has_worked = true;
                    self.fail(&running.job, &error);
                }
            }
        }
        has_worked
    }

    fn step(&mut self, running: &mut Running) -> Result<Step, JournalError> {
        let job = running.job;
        let Some(reader) = &mut running.reader else {
            return self.begin(running);
        };
        if reader.position() >= job.end_position {
            let bytes = job.completion(running.report_count);
            self.say(&job, RetransmissionComplete::TEMPLATE_ID, &bytes);
            return Ok(Step::Done);
        }
        if Instant::now() < self.next_frame {
            return Ok(Step::Waiting);
        }
        let limit = self.progress.durable_position();
        let Some(frame) = reader.next_frame(limit)? else { return Ok(Step::Waiting) };
        let length = u64::from(frame.header().frame_length);
        running.report_count += project(&job, &frame, &mut |template_id, message| {
            push(&mut self.messages, &self.stop, &job, template_id, message);
        });
        let pause = Duration::from_nanos(length * 1_000_000_000 / self.bytes_per_second);
        self.next_frame = Instant::now().max(self.next_frame) + pause;
        Ok(Step::Worked)
    }

    /// What is asked for was released, which at the lower levels comes before the journal has it.
    fn begin(&mut self, running: &mut Running) -> Result<Step, JournalError> {
        let job = running.job;
        if self.progress.durable_position() < job.end_position {
            if Instant::now() < running.deadline {
                return Ok(Step::Waiting);
            }
            self.refuse(&job, RejectCode::RetransmitUnavailable);
            return Ok(Step::Done);
        }
        running.reader = Some(JournalReader::open(&self.folder, job.from_position)?);
        self.say(&job, Retransmission::TEMPLATE_ID, &job.beginning());
        Ok(Step::Worked)
    }

    fn fail(&mut self, job: &RetransmissionJob, error: &JournalError) {
        if let JournalError::NotKept { .. } = error {
            return self.refuse(job, RejectCode::RetransmitOutOfRange);
        }
        // A closed error stream must not end the thread.
        let _ = writeln!(
            io::stderr(),
            "forecastle: warning: reports of session {} cannot be sent again: {error}",
            job.session_id
        );
        self.refuse(job, RejectCode::RetransmitUnavailable);
    }

    fn refuse(&mut self, job: &RetransmissionJob, code: RejectCode) {
        self.say(job, RetransmitReject::TEMPLATE_ID, &job.refusal(code));
    }

    fn say(&mut self, job: &RetransmissionJob, template_id: u16, message: &[u8]) {
        push(&mut self.messages, &self.stop, job, template_id, message);
    }
}

/// Hands the reports of one frame to `say`, and counts them.
fn project(job: &RetransmissionJob, frame: &Frame<'_>, say: &mut dyn FnMut(u16, &[u8])) -> u32 {
    let mut count = 0;
    for record in frame.records() {
        if record.end() > job.from_position && record.position < job.end_position {
            job.project(&Record::new(record.position, record.bytes), |message| {
                count += 1;
                say(u16::from_le_bytes([message[2], message[3]]), message);
            });
        }
    }
    count
}

/// Waits for room: the agent takes or drops whatever lies in the ring, in bounded time.
fn push(
    messages: &mut Producer,
    stop: &AtomicBool,
    job: &RetransmissionJob,
    template_id: u16,
    message: &[u8],
) {
    while !stop.load(Ordering::Relaxed) {
        if let Some(mut claim) = messages.try_claim(message.len()) {
            claim.copy_from_slice(message);
            claim.commit(job.header(template_id));
            return;
        }
        std::thread::park_timeout(ROOM_PERIOD);
    }
}

/// What a turn of a job came to.
enum Step {
    Worked,
    Waiting,
    Done,
}

/// The thread, until it is dropped.
#[derive(Debug)]
pub(crate) struct HistoryThread {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for HistoryThread {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// Jobs in progress at a time; each has a window of the journal in memory.
const JOBS_MAX: usize = 16;
const JOB_RING_LENGTH: usize = ring::CAPACITY_MIN;
const MESSAGE_RING_LENGTH: usize = 1 << 20;
/// How long a job waits for the journal to hold what was released.
const DURABLE_PATIENCE: Duration = Duration::from_secs(5);
const LOOK_PERIOD: Duration = Duration::from_millis(1);
const ROOM_PERIOD: Duration = Duration::from_micros(200);
