//! Reports of sessions once more, out of the journal.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use forecastle_gateway::{Record, RetransmissionJob};
use forecastle_persister::Frame;
use forecastle_persister_disk::{JournalError, JournalReader};
use forecastle_proto_spec::{
    Message as _, RejectCode, Retransmission, RetransmissionComplete, RetransmitReject,
};
use forecastle_runtime::log_buffer::birth_position;

use super::journal_source::JournalSource;
use super::outlet::Outlet;

/// Retransmissions in progress.
#[derive(Debug)]
pub(super) struct Retransmissions {
    shard: u8,
    running: Vec<Running>,
}

/// One of them.
#[derive(Debug)]
struct Running {
    job: RetransmissionJob,
    /// None before the journal holds all that is asked for.
    reader: Option<JournalReader>,
    report_count: u32,
    deadline: Instant,
}

impl Retransmissions {
    pub(super) fn new(shard: u8) -> Self {
        Self { shard, running: Vec::with_capacity(RETRANSMISSIONS_MAX) }
    }

    pub(super) fn begin(&mut self, outlet: &mut Outlet, job: RetransmissionJob) {
        // A session has one at a time: an earlier one is of a binding that is over.
        self.running.retain(|running| running.job.session_id != job.session_id);
        if self.running.len() == RETRANSMISSIONS_MAX {
            return refuse(outlet, &job, RejectCode::RetransmitUnavailable);
        }
        let from_position = job.from_position.max(birth_position(self.shard));
        let job = RetransmissionJob { from_position, ..job };
        let deadline = Instant::now() + DURABLE_PATIENCE;
        self.running.push(Running { job, reader: None, report_count: 0, deadline });
    }

    /// Does a frame of each; false when none could go on.
    pub(super) fn turn(&mut self, outlet: &mut Outlet, source: &mut JournalSource) -> bool {
        let mut has_worked = false;
        self.running.retain_mut(|running| match running.step(outlet, source) {
            Ok(Step::Done) => {
                has_worked = true;
                false
            }
            Ok(Step::Worked) => {
                has_worked = true;
                true
            }
            Ok(Step::Waiting) => true,
            Err(error) => {
                fail(outlet, &running.job, &error);
                false
            }
        });
        has_worked
    }
}

impl Running {
    fn step(
        &mut self,
        outlet: &mut Outlet,
        source: &mut JournalSource,
    ) -> Result<Step, JournalError> {
        let job = self.job;
        let Some(reader) = &mut self.reader else { return self.open(outlet, source) };
        if reader.position() >= job.end_position {
            let bytes = job.completion(self.report_count);
            outlet.say(job.header(RetransmissionComplete::TEMPLATE_ID), &bytes);
            return Ok(Step::Done);
        }
        let Some(frame) = source.next_frame(reader)? else { return Ok(Step::Waiting) };
        self.report_count += say_reports(&job, &frame, outlet);
        Ok(Step::Worked)
    }

    /// What is asked for was released, which at the lower levels comes before the journal has it.
    fn open(&mut self, outlet: &mut Outlet, source: &JournalSource) -> Result<Step, JournalError> {
        let job = self.job;
        if source.durable_position() < job.end_position {
            if Instant::now() < self.deadline {
                return Ok(Step::Waiting);
            }
            refuse(outlet, &job, RejectCode::RetransmitUnavailable);
            return Ok(Step::Done);
        }
        self.reader = Some(source.open(job.from_position)?);
        outlet.say(job.header(Retransmission::TEMPLATE_ID), &job.beginning());
        Ok(Step::Worked)
    }
}

/// Says the reports of one frame, and counts them.
fn say_reports(job: &RetransmissionJob, frame: &Frame<'_>, outlet: &mut Outlet) -> u32 {
    let mut count = 0;
    for record in frame.records() {
        if record.end() > job.from_position && record.position < job.end_position {
            job.project(&Record::new(record.position, record.bytes), |message| {
                count += 1;
                let template_id = u16::from_le_bytes([message[2], message[3]]);
                outlet.say(job.header(template_id), message);
            });
        }
    }
    count
}

fn fail(outlet: &mut Outlet, job: &RetransmissionJob, error: &JournalError) {
    if let JournalError::NotKept { .. } = error {
        return refuse(outlet, job, RejectCode::RetransmitOutOfRange);
    }
    // A closed error stream must not end the thread.
    let _ = writeln!(
        io::stderr(),
        "forecastle: warning: reports of session {} cannot be sent again: {error}",
        job.session_id
    );
    refuse(outlet, job, RejectCode::RetransmitUnavailable);
}

fn refuse(outlet: &mut Outlet, job: &RetransmissionJob, code: RejectCode) {
    outlet.say(job.header(RetransmitReject::TEMPLATE_ID), &job.refusal(code));
}

/// What a turn came to.
enum Step {
    Worked,
    Waiting,
    Done,
}

/// Retransmissions at a time; each has a window of the journal in memory.
const RETRANSMISSIONS_MAX: usize = 16;
/// How long one waits for the journal to hold what was released.
const DURABLE_PATIENCE: Duration = Duration::from_secs(5);
