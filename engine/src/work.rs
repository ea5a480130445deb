//! Work that goes on over several records: sweeps that cancel orders, and pay-outs of settled
//! events, in a queue.

mod snapshot;

use forecastle_proto_spec::{CancelReason, Digest, MassActionScope};

use crate::memory_table::MemoryUse;
use crate::state_digest::{DigestSum, Domain, pair};

/// The request that work answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Session that sent it.
    pub(crate) session_id: u32,
    pub(crate) request_id: u64,
    pub(crate) seq_num: u32,
}

/// A sweep over the orders accepted before it: it cancels or reports those in its scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sweep {
    pub(crate) origin: Origin,
    /// Why it cancels them; `None` when it reports them.
    pub(crate) reason: Option<CancelReason>,
    pub(crate) scope: MassActionScope,
    /// What the scope names: a market, event, account or link.
    pub(crate) key: u32,
    /// Whose orders; 0 for everybody's.
    pub(crate) firm_id: u32,
    /// 1 or 2, or 0 for both.
    pub(crate) side: u8,
    /// Instruction that the orders have; 0 for any orders.
    pub(crate) exec_inst: u8,
    /// Orders ever accepted when it began.
    pub(crate) accepted_count: u64,
    /// Where it goes on.
    pub(crate) next_slot: u32,
    /// Orders cancelled or reported so far.
    pub(crate) order_count: u32,
}

/// A pay-out of a settled event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PayOut {
    pub(crate) origin: Origin,
    pub(crate) event_id: u32,
    /// Where it goes on; accounts below are paid.
    pub(crate) next_account: u32,
    pub(crate) position_count: u32,
    /// Sum of the amounts paid to accounts, millionths.
    pub(crate) paid: i128,
    /// Sum of all amounts: what the pool has paid less what it took.
    pub(crate) balance: i128,
}

/// One piece of work.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Cancels or reports orders.
    Sweep(Sweep),
    /// Pays positions.
    PayOut(PayOut),
}

impl Work {
    /// The request that it answers.
    pub(crate) fn origin(&self) -> Origin {
        match self {
            Self::Sweep(sweep) => sweep.origin,
            Self::PayOut(pay_out) => pay_out.origin,
        }
    }

    fn is_disconnect(&self) -> bool {
        matches!(self, Self::Sweep(sweep) if sweep.reason == DISCONNECTED)
    }
}

impl Sweep {
    /// Whether both are of one lost session and cover the same of its orders.
    fn is_same_disconnect(&self, other: &Self) -> bool {
        let words = |sweep: &Self| (sweep.reason, sweep.key, sweep.exec_inst);
        self.reason == DISCONNECTED && words(self) == words(other)
    }
}

/// Unfinished work, the oldest first.
///
/// Sweeps of lost sessions have room of their own: nobody is there to hear that there is none. A
/// session has at most two, one for all its orders and one for those with an instruction, because a
/// sweep that is queued already begins anew instead.
#[derive(Debug)]
pub(crate) struct WorkQueue {
    ring: Box<[Option<Work>]>,
    work_max: u64,
    /// Sweeps of lost sessions among the queued.
    disconnect_count: u64,
    /// Work ever queued, and work ever finished from the queue.
    queued_count: u64,
    finished_count: u64,
    pay_out_count: u32,
    digest: DigestSum,
}

impl WorkQueue {
    /// Room for `work_max` works that requests begin, and for the sweeps of lost sessions.
    pub(crate) fn new(work_max: u32, sessions_max: u32) -> Self {
        let length = work_max as usize + sessions_max as usize * DISCONNECTS_PER_SESSION;
        let mut queue = Self {
            ring: vec![None; length].into_boxed_slice(),
            work_max: work_max.into(),
            disconnect_count: 0,
            queued_count: 0,
            finished_count: 0,
            pay_out_count: 0,
            digest: DigestSum::default(),
        };
        queue.digest.add(queue.counters_piece());
        queue
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 1] {
        [MemoryUse::of_slice("work in progress", &self.ring)]
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.queued_count == self.finished_count
    }

    /// Whether there is no room for work that a request begins.
    pub(crate) fn is_full(&self) -> bool {
        self.queued_count - self.finished_count - self.disconnect_count == self.work_max
    }

    /// The oldest work.
    pub(crate) fn oldest(&self) -> Option<Work> {
        self.ring[self.place(self.finished_count)]
    }

    /// Adds work.
    ///
    /// # Panics
    /// When the queue is full.
    pub(crate) fn push(&mut self, work: Work) {
        assert!(!self.is_full(), "room is looked for before work begins");
        self.add(work);
    }

    /// Adds the sweep of a lost session, or begins the one anew that it has. O(unfinished work).
    pub(crate) fn push_disconnect(&mut self, sweep: Sweep) {
        let queued = (self.finished_count..self.queued_count).find(|number| {
            let work = &self.ring[self.place(*number)];
            matches!(work, Some(Work::Sweep(other)) if other.is_same_disconnect(&sweep))
        });
        let Some(number) = queued else { return self.add(Work::Sweep(sweep)) };
        let place = self.place(number);
        if let Some(Work::Sweep(other)) = &mut self.ring[place] {
            self.digest.remove(piece(number, &Work::Sweep(*other)));
            other.accepted_count = sweep.accepted_count;
            other.next_slot = 0;
            self.digest.add(piece(number, &Work::Sweep(*other)));
        }
    }

    fn add(&mut self, work: Work) {
        self.digest.remove(self.counters_piece());
        self.digest.add(piece(self.queued_count, &work));
        self.ring[self.place(self.queued_count)] = Some(work);
        self.queued_count += 1;
        self.pay_out_count += u32::from(matches!(work, Work::PayOut(_)));
        self.disconnect_count += u64::from(work.is_disconnect());
        self.digest.add(self.counters_piece());
    }

    /// Stores how far the oldest work has come.
    ///
    /// # Panics
    /// When there is none.
    pub(crate) fn advance_oldest(&mut self, work: Work) {
        let place = self.place(self.finished_count);
        let oldest = self.ring[place].replace(work).expect("work that advances is queued");
        self.digest.remove(piece(self.finished_count, &oldest));
        self.digest.add(piece(self.finished_count, &work));
    }

    /// Takes the oldest work, which is finished, out of the queue.
    ///
    /// # Panics
    /// When there is none.
    pub(crate) fn finish_oldest(&mut self) {
        let place = self.place(self.finished_count);
        let oldest = self.ring[place].take().expect("work that finishes is queued");
        self.digest.remove(self.counters_piece());
        self.digest.remove(piece(self.finished_count, &oldest));
        self.finished_count += 1;
        self.pay_out_count -= u32::from(matches!(oldest, Work::PayOut(_)));
        self.disconnect_count -= u64::from(oldest.is_disconnect());
        self.digest.add(self.counters_piece());
    }

    /// Whether a pay-out is queued.
    #[inline]
    pub(crate) fn has_pay_outs(&self) -> bool {
        self.pay_out_count > 0
    }

    /// Events whose queued pay-out may not have reached an account.
    pub(crate) fn events_unpaid(&self, account: u32) -> impl Iterator<Item = u32> {
        self.ring.iter().flatten().filter_map(move |work| match work {
            Work::PayOut(pay_out) if pay_out.next_account <= account => Some(pay_out.event_id),
            _ => None,
        })
    }

    /// Queued pay-outs, in no order.
    pub(crate) fn pay_outs(&self) -> impl Iterator<Item = PayOut> {
        self.ring.iter().flatten().filter_map(|work| match work {
            Work::PayOut(pay_out) => Some(*pay_out),
            Work::Sweep(_) => None,
        })
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over the queue.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        let queued = (self.finished_count..self.queued_count).map(|number| {
            let work = self.ring[self.place(number)].expect("numbers between are queued");
            piece(number, &work)
        });
        queued.chain([self.counters_piece()]).collect()
    }

    #[inline]
    fn place(&self, number: u64) -> usize {
        usize::try_from(number % self.ring.len() as u64).expect("below the length of the ring")
    }

    fn counters_piece(&self) -> Digest {
        Domain::WorkCounters.digest().absorb(self.queued_count).absorb(self.finished_count)
    }
}

fn piece(number: u64, work: &Work) -> Digest {
    let digest = Domain::Work.digest().absorb(number);
    match work {
        Work::Sweep(sweep) => digest
            .absorb(pair(1, sweep.origin.seq_num))
            .absorb(sweep.origin.request_id)
            .absorb(u64::from(sweep.origin.session_id))
            .absorb(pair(sweep.key, sweep.firm_id))
            .absorb(pair(
                u32::from(sweep.scope as u8) << 8 | u32::from(sweep.side),
                sweep.exec_inst.into(),
            ))
            .absorb(u64::from(sweep.reason.map_or(0, u16::from)))
            .absorb(sweep.accepted_count)
            .absorb(pair(sweep.next_slot, sweep.order_count)),
        Work::PayOut(pay_out) => {
            let [paid_low, paid_high] = words(pay_out.paid);
            let [balance_low, balance_high] = words(pay_out.balance);
            digest
                .absorb(pair(2, pay_out.origin.seq_num))
                .absorb(pay_out.origin.request_id)
                .absorb(u64::from(pay_out.origin.session_id))
                .absorb(pair(pay_out.event_id, pay_out.next_account))
                .absorb(u64::from(pay_out.position_count))
                .absorb(paid_low)
                .absorb(paid_high)
                .absorb(balance_low)
                .absorb(balance_high)
        }
    }
}

/// Why sweeps of lost sessions cancel.
const DISCONNECTED: Option<CancelReason> = Some(CancelReason::Disconnected);
/// A sweep of all orders, and one of those with an instruction.
const DISCONNECTS_PER_SESSION: usize = 2;

/// Low and high word of a wide sum.
fn words(sum: i128) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = sum.to_le_bytes();
    [u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes([i, j, k, l, m, n, o, p])]
}
