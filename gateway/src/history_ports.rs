//! What the order-entry agent shares with the history thread: jobs to it by one ring, messages from
//! it by another, and a table that says which log streams are still wanted.
//!
//! A job's kind in the ring is the template of the request it answers. A message comes back under
//! the header of its job, so that one whose session has gone meanwhile is dropped. Nothing on the
//! hot side reads a file or waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use forecastle_proto_spec::{
    BusinessMessageReject, LogStreamReport, LogStreamRequest, Message, RejectCode,
    RetransmitRequest, encode,
};
use forecastle_runtime::ring::{Consumer, Producer, RecordHeader};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

use crate::retransmission::RetransmissionJob;
use crate::session::BindingId;

/// The agent's ends.
pub struct HistoryPorts {
    /// Jobs to the thread.
    pub jobs: Producer,
    /// Messages from it, each under the header of its job.
    pub messages: Consumer,
    /// Which log streams are wanted.
    pub tickets: StreamTickets,
}

/// What the history thread is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryJob {
    /// Reports of a session once more.
    Retransmission(RetransmissionJob),
    /// The log from a position on.
    LogStream(LogStreamJob),
}

impl HistoryJob {
    /// The oldest job in the ring.
    ///
    /// # Panics
    /// When the ring holds anything but jobs.
    pub fn pop(jobs: &mut Consumer) -> Option<Self> {
        let mut job = None;
        jobs.poll(1, |header, bytes| {
            let is_stream = header.kind == u32::from(LogStreamRequest::TEMPLATE_ID);
            job = Some(if is_stream {
                Self::LogStream(read(bytes))
            } else {
                Self::Retransmission(read(bytes))
            });
        });
        job
    }

    /// Puts the job into the ring; false when there is no room.
    #[must_use]
    pub(crate) fn push(&self, jobs: &mut Producer) -> bool {
        let (bytes, header) = match self {
            Self::Retransmission(job) => {
                (job.as_bytes(), job.header(RetransmitRequest::TEMPLATE_ID))
            }
            Self::LogStream(job) => (job.as_bytes(), job.header(LogStreamRequest::TEMPLATE_ID)),
        };
        let Some(mut claim) = jobs.try_claim(bytes.len()) else { return false };
        claim.copy_from_slice(bytes);
        claim.commit(header);
        true
    }
}

/// A replica that wants the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct LogStreamJob {
    /// Names the job; never used again while the agent lives.
    pub ticket: u64,
    /// The client's number of its request.
    pub request_id: u64,
    /// First position wanted.
    pub from_position: u64,
    /// Released position when it was asked.
    pub released_position: u64,
    /// Session with the replica role.
    pub session_id: u32,
    /// Its binding.
    pub binding: u32,
    /// IPv4 address of the session's proven source, as a number.
    pub ip: u32,
    /// UDP port there.
    pub port: u32,
    /// Whether it is the shared stream that is wanted: 0 or 1.
    pub is_shared: u32,
    /// Zero.
    pub reserved: u32,
}

impl LogStreamJob {
    /// The header of a message of this job on its way to the agent.
    #[must_use]
    pub fn header(&self, template_id: u16) -> RecordHeader {
        RecordHeader {
            kind: u32::from(template_id),
            session: u64::from(self.session_id),
            time_ns: self.ticket,
        }
    }

    /// What is said when the stream is set up.
    #[must_use]
    pub fn report(
        &self,
        stream_session_id: i32,
        from_position: u64,
    ) -> [u8; LogStreamReport::ENCODED_LENGTH] {
        let mut report = LogStreamReport::new_zeroed();
        report.request_id.set(self.request_id);
        report.from_position.set(from_position);
        report.released_position.set(self.released_position);
        report.stream_session_id.set(stream_session_id.cast_unsigned());
        let mut bytes = [0; LogStreamReport::ENCODED_LENGTH];
        encode(&report, &mut bytes).expect("the array is as long as the message");
        bytes
    }

    /// What is said when it cannot be.
    #[must_use]
    pub fn refusal(&self, code: RejectCode) -> [u8; BusinessMessageReject::ENCODED_LENGTH] {
        let mut reject = BusinessMessageReject::new_zeroed();
        reject.request_id.set(self.request_id);
        reject.ref_template_id.set(LogStreamRequest::TEMPLATE_ID);
        reject.reject_code.set(code as u16);
        let mut bytes = [0; BusinessMessageReject::ENCODED_LENGTH];
        encode(&reject, &mut bytes).expect("the array is as long as the message");
        bytes
    }
}

/// The ticket of each binding's log stream, 0 for none; written by the agent alone.
#[derive(Clone, Debug)]
pub struct StreamTickets {
    tickets: Arc<[AtomicU64]>,
}

impl StreamTickets {
    /// A table for `bindings_max` bindings.
    #[must_use]
    pub fn new(bindings_max: usize) -> Self {
        Self { tickets: (0..bindings_max).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Whether the stream of this job is still wanted.
    #[must_use]
    pub fn is_wanted(&self, job: &LogStreamJob) -> bool {
        // Relaxed: a fact of its own, a moment old at worst.
        let ticket = self.tickets.get(job.binding as usize).map(|t| t.load(Ordering::Relaxed));
        ticket == Some(job.ticket)
    }

    #[inline]
    pub(crate) fn set(&self, binding: BindingId, ticket: u64) {
        self.tickets[binding.index()].store(ticket, Ordering::Relaxed);
    }
}

fn read<T: FromBytes>(bytes: &[u8]) -> T {
    T::read_from_bytes(bytes).expect("the ring holds jobs")
}

#[cfg(test)]
mod tests {
    use forecastle_runtime::memory::Region;
    use forecastle_runtime::ring;

    use super::*;

    #[test]
    fn jobs_go_through_the_ring_as_they_are() {
        let region = Region::anonymous(ring::region_length(ring::CAPACITY_MIN));
        let (mut producer, mut consumer) = ring::create(region, ring::CAPACITY_MIN).unwrap();
        let retransmission = HistoryJob::Retransmission(RetransmissionJob {
            ticket: 5,
            request_id: 77,
            from_position: 1,
            end_position: 10_000,
            session_id: 16,
            firm_id: 7,
            roles: 1,
        });
        let stream = HistoryJob::LogStream(LogStreamJob {
            ticket: 6,
            request_id: 78,
            from_position: 2,
            released_position: 3,
            session_id: 17,
            binding: 4,
            ip: 0x7F00_0001,
            port: 9999,
            is_shared: 1,
            reserved: 0,
        });
        for job in [retransmission, stream, retransmission] {
            assert!(job.push(&mut producer));
        }
        for job in [retransmission, stream, retransmission] {
            assert_eq!(HistoryJob::pop(&mut consumer), Some(job));
        }
        assert_eq!(HistoryJob::pop(&mut consumer), None);
    }

    #[test]
    fn a_stream_is_wanted_while_its_ticket_stands() {
        let tickets = StreamTickets::new(2);
        let job = LogStreamJob { ticket: 6, binding: 1, ..LogStreamJob::new_zeroed() };
        assert!(!tickets.is_wanted(&job));
        tickets.set(BindingId::new(1), 6);
        assert!(tickets.is_wanted(&job));
        tickets.set(BindingId::new(1), 7);
        assert!(!tickets.is_wanted(&job));
        assert!(!tickets.is_wanted(&LogStreamJob { binding: 2, ..job }));
    }
}
