//! The unfinished work of all owners, and whose turn it is.

use forecastle_proto_spec::Digest;

use super::{FIRST_FIRM, Owner, PayOut, Sweep, Work, piece};
use crate::blocks::KILL_SWITCHES_MAX;
use crate::memory_table::MemoryUse;
use crate::snapshot::SnapshotError;
use crate::state_digest::{DigestSum, Domain};

/// Unfinished work. Kill switches' is done first, the oldest before the others; then the owners
/// take turns, a step of the oldest work of each, in the order of their places.
///
/// A session has at most two sweeps of lost sessions, one for all its orders and one for those with
/// an instruction, because a sweep that is queued already begins anew instead: nobody is there to
/// hear that there is no room.
#[derive(Debug)]
pub(crate) struct WorkQueue {
    /// By owner, then number. Seldom more than a few.
    works: Vec<Numbered>,
    work_max: usize,
    disconnects_max: usize,
    /// Work ever queued; the next one's number.
    queued_count: u64,
    /// Place of the owner whose turn was last; 0 when it alone had work, or nobody.
    turn: u64,
    pay_out_count: u32,
    digest: DigestSum,
}

/// Work under the number that it was queued with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbered {
    pub(super) number: u64,
    pub(super) work: Work,
}

impl Numbered {
    /// What the queue is sorted by.
    pub(super) fn place(&self) -> (u64, u64) {
        (self.work.owner().place(), self.number)
    }
}

impl WorkQueue {
    /// Room for `work_max` works of the exchange and of each firm, and for the sweeps of kill
    /// switches and lost sessions.
    pub(crate) fn new(work_max: u32, sessions_max: u32) -> Self {
        let work_max = work_max as usize;
        let of_firms = work_max * FIRMS_WITH_WORK_MAX;
        let disconnects_max = sessions_max as usize * DISCONNECTS_PER_SESSION;
        let mut queue = Self {
            works: Vec::with_capacity(KILL_SWITCHES_MAX + disconnects_max + work_max + of_firms),
            work_max,
            disconnects_max,
            queued_count: 0,
            turn: 0,
            pay_out_count: 0,
            digest: DigestSum::default(),
        };
        queue.digest.add(queue.counters_piece());
        queue
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 1] {
        [MemoryUse::of_list("work in progress", &self.works)]
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.works.is_empty()
    }

    /// Whether there is no room for more work of an owner.
    pub(crate) fn is_full(&self, owner: Owner) -> bool {
        let place = owner.place();
        let first = self.first_from(place);
        let count = self.first_from(place + 1) - first;
        match owner {
            Owner::KillSwitches => count >= KILL_SWITCHES_MAX,
            Owner::LostSessions => count >= self.disconnects_max,
            Owner::Exchange => count >= self.work_max,
            Owner::Firm(_) => {
                let of_firms = self.works.len() - self.first_from(FIRST_FIRM);
                count >= self.work_max || of_firms >= self.work_max * FIRMS_WITH_WORK_MAX
            }
        }
    }

    /// The work that goes on next.
    pub(crate) fn next(&self) -> Option<Work> {
        self.works.get(self.next_index()).map(|next| next.work)
    }

    /// Adds work.
    ///
    /// # Panics
    /// When its owner has no room for it.
    pub(crate) fn push(&mut self, work: Work) {
        assert!(!self.is_full(work.owner()), "room is looked for before work begins");
        self.change_counters(|queue| queue.queued_count += 1);
        self.insert(Numbered { number: self.queued_count - 1, work });
    }

    /// Adds the sweep of a lost session, or begins the one anew that it has. O(unfinished work).
    pub(crate) fn push_disconnect(&mut self, sweep: Sweep) {
        let queued = self.works.iter_mut().find_map(|it| match &mut it.work {
            Work::Sweep(other) if other.is_same_disconnect(&sweep) => Some((it.number, other)),
            _ => None,
        });
        let Some((number, other)) = queued else { return self.push(Work::Sweep(sweep)) };
        self.digest.remove(piece(number, &Work::Sweep(*other)));
        other.accepted_count = sweep.accepted_count;
        other.next_slot = 0;
        self.digest.add(piece(number, &Work::Sweep(*other)));
    }

    /// Stores how far the work that went on has come.
    ///
    /// # Panics
    /// When there is none.
    pub(crate) fn advance(&mut self, work: Work) {
        let index = self.next_index();
        let advanced = &mut self.works[index];
        self.digest.remove(piece(advanced.number, &advanced.work));
        advanced.work = work;
        self.digest.add(piece(advanced.number, &advanced.work));
        self.end_turn(work.owner());
    }

    /// Takes the work that went on, and is finished, away.
    ///
    /// # Panics
    /// When there is none.
    pub(crate) fn finish(&mut self) {
        let index = self.next_index();
        let Numbered { number, work } = self.works[index];
        self.digest.remove(piece(number, &work));
        self.change_counters(|queue| {
            queue.works.remove(index);
        });
        self.pay_out_count -= u32::from(matches!(work, Work::PayOut(_)));
        self.end_turn(work.owner());
    }

    /// Whether a pay-out is queued.
    #[inline]
    pub(crate) fn has_pay_outs(&self) -> bool {
        self.pay_out_count > 0
    }

    /// Events whose queued pay-out may not have reached an account.
    pub(crate) fn events_unpaid(&self, account: u32) -> impl Iterator<Item = u32> {
        let is_unpaid = move |pay_out: &PayOut| pay_out.next_account <= account;
        self.pay_outs().filter(is_unpaid).map(|pay_out| pay_out.event_id)
    }

    /// Queued pay-outs, in no order.
    pub(crate) fn pay_outs(&self) -> impl Iterator<Item = PayOut> {
        self.works.iter().filter_map(|it| match it.work {
            Work::PayOut(pay_out) => Some(pay_out),
            Work::Sweep(_) => None,
        })
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over the queue.
    ///
    /// # Panics
    /// When the queue is out of order.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        assert!(self.works.is_sorted_by(|a, b| a.place() < b.place()));
        let queued = self.works.iter().map(|it| piece(it.number, &it.work));
        queued.chain([self.counters_piece()]).collect()
    }

    /// All work in the order of the queue.
    pub(super) fn works(&self) -> &[Numbered] {
        &self.works
    }

    /// Work ever queued, and the place of the owner whose turn was last.
    pub(super) fn counters(&self) -> (u64, u64) {
        (self.queued_count, self.turn)
    }

    /// What a state's work that finds no room is refused with.
    pub(super) fn too_small(&self) -> SnapshotError {
        SnapshotError::Limit { limit: "work_max", needed: self.work_max as u64 + 1 }
    }

    /// Begins a queue without work at such counters.
    pub(super) fn begin_at(&mut self, (queued_count, turn): (u64, u64)) {
        self.change_counters(|queue| (queue.queued_count, queue.turn) = (queued_count, turn));
    }

    /// Adds work that was numbered, for whose owner there is room.
    pub(super) fn insert(&mut self, added: Numbered) {
        let index = self.works.partition_point(|it| it.place() < added.place());
        self.change_counters(|queue| queue.works.insert(index, added));
        self.digest.add(piece(added.number, &added.work));
        self.pay_out_count += u32::from(matches!(added.work, Work::PayOut(_)));
    }

    /// Where the work of the owners from a place on begins.
    fn first_from(&self, place: u64) -> usize {
        self.works.partition_point(|it| it.place().0 < place)
    }

    fn next_index(&self) -> usize {
        let behind = self.first_from(self.turn + 1);
        let has_kill_switch = self.first_from(1) > 0;
        if has_kill_switch || behind == self.works.len() { 0 } else { behind }
    }

    /// Notes whose turn it was, when it matters who is next.
    fn end_turn(&mut self, owner: Owner) {
        if owner == Owner::KillSwitches {
            return;
        }
        let others = |it: &Numbered| ![owner, Owner::KillSwitches].contains(&it.work.owner());
        let turn = if self.works.iter().any(others) { owner.place() } else { 0 };
        self.change_counters(|queue| queue.turn = turn);
    }

    fn change_counters(&mut self, change: impl FnOnce(&mut Self)) {
        self.digest.remove(self.counters_piece());
        change(self);
        self.digest.add(self.counters_piece());
    }

    fn counters_piece(&self) -> Digest {
        let finished_count = self.queued_count - self.works.len() as u64;
        let digest = Domain::WorkCounters.digest().absorb(self.queued_count).absorb(finished_count);
        if self.turn == 0 { digest } else { digest.absorb(self.turn) }
    }
}

/// Firms that may have as much work unfinished as one may.
const FIRMS_WITH_WORK_MAX: usize = 64;
/// A sweep of all orders, and one of those with an instruction.
const DISCONNECTS_PER_SESSION: usize = 2;
