//! The requests of odds providers that were applied last, so that one that comes again changes
//! nothing.

use forecastle_proto_spec::Digest;

use crate::memory_table::MemoryUse;
use crate::state_digest::{DigestSum, Domain, pair};

/// A ring of the last requests of all providers together. The ids lie side by side, since each
/// request looks through them all.
#[derive(Debug)]
pub(crate) struct OddsRequests {
    request_ids: Box<[u64]>,
    /// Key of the sender and event of each.
    senders: Box<[(u32, u32)]>,
    /// Requests ever recorded.
    recorded_count: u64,
    digest: DigestSum,
}

impl OddsRequests {
    pub(crate) fn new() -> Self {
        Self {
            request_ids: vec![0; REQUESTS_REMEMBERED].into_boxed_slice(),
            senders: vec![(0, 0); REQUESTS_REMEMBERED].into_boxed_slice(),
            recorded_count: 0,
            digest: DigestSum::default(),
        }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 2] {
        [
            MemoryUse::of_slice("requests of reference odds", &self.request_ids),
            MemoryUse::of_slice("senders of reference odds", &self.senders),
        ]
    }

    /// The event of a request that was applied, if it is remembered. O(requests remembered).
    pub(crate) fn event_of(&self, access_key_id: u32, request_id: u64) -> Option<u32> {
        let requests = self.request_ids[..self.used()].iter().zip(&self.senders);
        let mut same =
            requests.filter(|(id, (key, _))| **id == request_id && *key == access_key_id);
        same.next().map(|(_, (_, event_id))| *event_id)
    }

    /// Remembers a request, and forgets the oldest when there are too many.
    pub(crate) fn record(&mut self, access_key_id: u32, request_id: u64, event_id: u32) {
        let place = self.place(self.recorded_count);
        if self.recorded_count > 0 {
            self.digest.remove(count_piece(self.recorded_count));
        }
        if place < self.used() {
            self.digest.remove(self.piece(place));
        }
        self.request_ids[place] = request_id;
        self.senders[place] = (access_key_id, event_id);
        self.recorded_count += 1;
        self.digest.add(self.piece(place));
        self.digest.add(count_piece(self.recorded_count));
    }

    /// Requests ever recorded.
    pub(super) fn recorded_count(&self) -> u64 {
        self.recorded_count
    }

    /// Puts back a request that was recorded as number `number`, from 0.
    pub(super) fn restore(&mut self, number: u64, (access_key_id, request_id, event_id): Request) {
        let place = self.place(number);
        self.request_ids[place] = request_id;
        self.senders[place] = (access_key_id, event_id);
    }

    /// Goes on from `recorded_count` requests, of which the last were put back.
    pub(super) fn restore_count(&mut self, recorded_count: u64) {
        self.recorded_count = recorded_count;
        self.digest = self.walked_digest();
    }

    /// Sender, request id and event of each that is remembered, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = Request> {
        let first = self.recorded_count - self.used() as u64;
        (first..self.recorded_count).map(|number| {
            let place = self.place(number);
            let (access_key_id, event_id) = self.senders[place];
            (access_key_id, self.request_ids[place], event_id)
        })
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over all requests.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        let requests: DigestSum = (0..self.used()).map(|place| self.piece(place)).collect();
        let count = (self.recorded_count > 0).then(|| count_piece(self.recorded_count));
        requests.join(count.into_iter().collect())
    }

    fn used(&self) -> usize {
        usize::try_from(self.recorded_count)
            .map_or(REQUESTS_REMEMBERED, |count| count.min(REQUESTS_REMEMBERED))
    }

    fn place(&self, number: u64) -> usize {
        usize::try_from(number % REQUESTS_REMEMBERED as u64).expect("below the ring's length")
    }

    fn piece(&self, place: usize) -> Digest {
        let (access_key_id, event_id) = self.senders[place];
        Domain::OddsRequest
            .digest()
            .absorb(place as u64)
            .absorb(self.request_ids[place])
            .absorb(pair(access_key_id, event_id))
    }
}

/// Key of the sender, request id and event.
pub(super) type Request = (u32, u64, u32);

fn count_piece(recorded_count: u64) -> Digest {
    Domain::OddsRequestCount.digest().absorb(recorded_count)
}

/// Requests that are remembered, of all providers together.
pub(super) const REQUESTS_REMEMBERED: usize = 4_096;
