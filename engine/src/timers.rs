//! Timers: what is to happen at a time, fired in the order (due millisecond, arming).
//!
//! A timer belongs to an order slot, a session or an event, at most one of a kind of owner at a
//! time, so that no handle is kept anywhere: who owns it names it. The armed ones lie in a heap of
//! four children a node, with the place of each owner's beside it. Arming, disarming and firing
//! cost O(log timers) at worst and mostly a step or two; whether one is due is a compare.

mod snapshot;

use forecastle_proto_spec::Digest;
use forecastle_runtime::memory::Arena;

use crate::memory_table::{MemoryUse, OrderPart};
use crate::state_digest::{DigestSum, Domain, pair};

/// What fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The expire time of the order in a slot.
    OrderExpiry(u32),
    /// The end of the dispute window of an event.
    DisputeWindow(u32),
    /// The release of the order in a slot that waits for the in-play delay. It has no other.
    OrderRelease(u32),
    /// The end of the time that the session in a slot has to come back.
    DisconnectGrace(u16),
    /// The age at which the reference odds of an event are stale.
    OddsStale(u32),
}

/// All armed timers.
#[derive(Debug)]
pub(crate) struct Timers {
    /// The first `armed_count` are a heap, the first to fire on top.
    heap: Arena<Armed>,
    armed_count: u32,
    /// By owner: where its timer lies in the heap, or [`NOWHERE`].
    places: Arena<u32>,
    owners: Owners,
    /// Timers ever armed.
    arming_count: u64,
    digest: DigestSum,
}

/// How many owners of each kind there are; the places of one kind follow those of another.
#[derive(Clone, Copy, Debug)]
struct Owners {
    orders_max: u32,
    events_max: u32,
    sessions_max: u32,
}

/// One armed timer. Ordered by what comes first: its millisecond, then its arming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Armed {
    due_ms: u64,
    /// Timers ever armed, this one included.
    number: u64,
    timer: Timer,
}

impl Timers {
    /// Room for a timer of each owner: order slots up to `orders_max`, events up to `events_max`,
    /// session slots up to `sessions_max`.
    pub(crate) fn new(orders_max: u32, events_max: u32, sessions_max: u32) -> Self {
        let owners = Owners { orders_max, events_max, sessions_max };
        Self {
            heap: Arena::new(owners.count(), NOT_ARMED),
            armed_count: 0,
            places: Arena::new(owners.count(), NOWHERE),
            owners,
            arming_count: 0,
            digest: DigestSum::default(),
        }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 2] {
        [
            MemoryUse::of_arena("timers", &self.heap).of_each_order(OrderPart::Index),
            MemoryUse::of_arena("timers by owner", &self.places).of_each_order(OrderPart::Index),
        ]
    }

    /// Whether a timer is due at a time. O(1).
    #[inline]
    pub(crate) fn is_due(&self, now_ns: u64) -> bool {
        self.first_due_ms().is_some_and(|due_ms| due_ms <= now_ns / NS_PER_MS)
    }

    /// The millisecond since 1970 at which the first timer is due.
    #[inline]
    pub(crate) fn first_due_ms(&self) -> Option<u64> {
        (self.armed_count > 0).then(|| self.heap[0].due_ms)
    }

    /// Arms a timer for the first millisecond not before `due_ns`, whether or not it was armed.
    pub(crate) fn arm(&mut self, timer: Timer, due_ns: u64) {
        self.disarm(timer);
        self.digest_counter(self.arming_count + 1);
        self.insert(timer, Self::due_ms_of(due_ns), self.arming_count);
    }

    /// The millisecond in which a timer for a time is due.
    #[inline]
    pub(crate) fn due_ms_of(due_ns: u64) -> u64 {
        due_ns.div_ceil(NS_PER_MS)
    }

    /// Disarms a timer, if it was armed.
    pub(crate) fn disarm(&mut self, timer: Timer) {
        let place = self.places[self.owners.index(timer)];
        if place != NOWHERE && self.heap[place].timer == timer {
            self.remove(place);
        }
    }

    /// Takes the first timer out that is due at a time.
    pub(crate) fn pop_due(&mut self, now_ns: u64) -> Option<Timer> {
        self.is_due(now_ns).then(|| {
            let first = self.heap[0].timer;
            self.remove(0);
            first
        })
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over the heap.
    ///
    /// # Panics
    /// When it is no heap, or an owner's place is not where its timer lies.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        let mut sum = DigestSum::default();
        if self.arming_count > 0 {
            sum.add(counter_piece(self.arming_count));
        }
        for place in 0..self.armed_count {
            let armed = self.heap[place];
            assert!(place == 0 || self.heap[parent_of(place)] < armed, "the first is on top");
            assert_eq!(self.places[self.owners.index(armed.timer)], place, "place of a timer");
            sum.add(armed.piece());
        }
        let placed = self.places.as_slice().iter().filter(|place| **place != NOWHERE);
        assert_eq!(placed.count(), self.armed_count as usize, "a place for each timer");
        sum
    }

    /// Every armed timer with its millisecond and number, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Timer, u64, u64)> {
        let armed = &self.heap.as_slice()[..self.armed_count as usize];
        armed.iter().map(|armed| (armed.timer, armed.due_ms, armed.number))
    }

    /// # Panics
    /// When the owner has another timer.
    fn insert(&mut self, timer: Timer, due_ms: u64, number: u64) {
        let index = self.owners.index(timer);
        assert_eq!(self.places[index], NOWHERE, "an owner has one timer at a time");
        let armed = Armed { due_ms, number, timer };
        self.digest.add(armed.piece());
        self.armed_count += 1;
        self.sift_up(self.armed_count - 1, armed);
    }

    fn remove(&mut self, place: u32) {
        let removed = self.heap[place];
        self.digest.remove(removed.piece());
        self.places[self.owners.index(removed.timer)] = NOWHERE;
        self.armed_count -= 1;
        let last = self.heap[self.armed_count];
        if place == self.armed_count {
            return;
        }
        if place > 0 && last < self.heap[parent_of(place)] {
            self.sift_up(place, last);
        } else {
            self.sift_down(place, last);
        }
    }

    /// Puts a timer where it belongs at a free place or above.
    fn sift_up(&mut self, mut place: u32, armed: Armed) {
        while place > 0 && armed < self.heap[parent_of(place)] {
            self.put(place, self.heap[parent_of(place)]);
            place = parent_of(place);
        }
        self.put(place, armed);
    }

    /// Puts a timer where it belongs at a free place or below.
    fn sift_down(&mut self, mut place: u32, armed: Armed) {
        loop {
            let first_child = place * CHILD_COUNT + 1;
            let children = first_child..(first_child + CHILD_COUNT).min(self.armed_count);
            let least = children.min_by_key(|child| self.heap[*child]);
            let Some(child) = least.filter(|child| self.heap[*child] < armed) else { break };
            self.put(place, self.heap[child]);
            place = child;
        }
        self.put(place, armed);
    }

    #[inline]
    fn put(&mut self, place: u32, armed: Armed) {
        self.heap[place] = armed;
        self.places[self.owners.index(armed.timer)] = place;
    }

    fn digest_counter(&mut self, arming_count: u64) {
        if self.arming_count > 0 {
            self.digest.remove(counter_piece(self.arming_count));
        }
        self.arming_count = arming_count;
        if arming_count > 0 {
            self.digest.add(counter_piece(arming_count));
        }
    }
}

impl Timer {
    fn kind(self) -> u32 {
        match self {
            Self::OrderExpiry(_) => ORDER_EXPIRY,
            Self::DisputeWindow(_) => DISPUTE_WINDOW,
            Self::OrderRelease(_) => ORDER_RELEASE,
            Self::DisconnectGrace(_) => DISCONNECT_GRACE,
            Self::OddsStale(_) => ODDS_STALE,
        }
    }

    fn owner(self) -> u32 {
        match self {
            Self::OrderExpiry(owner)
            | Self::OrderRelease(owner)
            | Self::DisputeWindow(owner)
            | Self::OddsStale(owner) => owner,
            Self::DisconnectGrace(session) => session.into(),
        }
    }

    fn of(kind: u32, owner: u32) -> Option<Self> {
        match kind {
            ORDER_EXPIRY => Some(Self::OrderExpiry(owner)),
            DISPUTE_WINDOW => Some(Self::DisputeWindow(owner)),
            ORDER_RELEASE => Some(Self::OrderRelease(owner)),
            DISCONNECT_GRACE => u16::try_from(owner).ok().map(Self::DisconnectGrace),
            ODDS_STALE => Some(Self::OddsStale(owner)),
            _ => None,
        }
    }
}

impl Owners {
    fn count(self) -> u32 {
        self.orders_max + 2 * self.events_max + self.sessions_max
    }

    /// Where the place of a timer's owner is kept.
    #[inline]
    fn index(self, timer: Timer) -> u32 {
        match timer {
            Timer::OrderExpiry(slot) | Timer::OrderRelease(slot) => slot,
            Timer::DisputeWindow(event_id) => self.orders_max + event_id - 1,
            Timer::OddsStale(event_id) => self.orders_max + self.events_max + event_id - 1,
            Timer::DisconnectGrace(session) => {
                self.orders_max + 2 * self.events_max + u32::from(session)
            }
        }
    }

    /// Whether there is such an owner.
    fn has(self, timer: Timer) -> bool {
        match timer {
            Timer::OrderExpiry(slot) | Timer::OrderRelease(slot) => slot < self.orders_max,
            Timer::DisputeWindow(event_id) | Timer::OddsStale(event_id) => {
                (1..=self.events_max).contains(&event_id)
            }
            Timer::DisconnectGrace(session) => u32::from(session) < self.sessions_max,
        }
    }
}

impl Armed {
    fn piece(&self) -> Digest {
        Domain::Timer
            .digest()
            .absorb(pair(self.timer.kind(), self.timer.owner()))
            .absorb(self.due_ms)
            .absorb(self.number)
    }
}

#[inline]
fn parent_of(place: u32) -> u32 {
    (place - 1) / CHILD_COUNT
}

fn counter_piece(arming_count: u64) -> Digest {
    Domain::TimerCounter.digest().absorb(arming_count)
}

const NS_PER_MS: u64 = 1_000_000;
/// Children of a node of the heap: four lie in two cache lines.
const CHILD_COUNT: u32 = 4;
const NOWHERE: u32 = u32::MAX;
const NOT_ARMED: Armed = Armed { due_ms: 0, number: 0, timer: Timer::OrderExpiry(0) };
/// Kinds of timers, in snapshots for ever.
const ORDER_EXPIRY: u32 = 1;
const DISPUTE_WINDOW: u32 = 2;
const ORDER_RELEASE: u32 = 3;
const DISCONNECT_GRACE: u32 = 4;
const ODDS_STALE: u32 = 5;

#[cfg(test)]
mod tests;
