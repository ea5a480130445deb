//! Market-maker protection: what the quotes of a group have traded within a rolling window, and
//! whether that was too much.
//!
//! A window is a ring of sixteen buckets, each as long as a sixteenth of it, numbered by sequencing
//! time divided by their length. What counts at a time are the bucket of that time and the fifteen
//! before it: never less than fifteen sixteenths of the window, never more than all of it.

mod snapshot;

use forecastle_proto_spec::{Digest, ProtectionCause};

use crate::memory_table::MemoryUse;
use crate::state_digest::{DigestSum, Domain, pair};

/// The limits of a group; 0 for none of each but the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProtectionLimits {
    pub(crate) window_ms: u32,
    pub(crate) quantity_max: u32,
    pub(crate) trades_max: u32,
    pub(crate) net_change_max: u32,
}

/// Fills of one bucket, or of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fills {
    /// Lots.
    pub(crate) quantity: u64,
    pub(crate) trade_count: u64,
    /// Lots bought less lots sold.
    pub(crate) net_change: i64,
}

/// One group.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProtectionGroup {
    pub(crate) firm_id: u32,
    /// The firm's number for it, from 1.
    pub(crate) protection_group: u16,
    pub(crate) limits: ProtectionLimits,
    pub(crate) is_triggered: bool,
    /// Whether it is in the list of those that traded in this command.
    has_traded: bool,
    buckets: [Bucket; BUCKET_COUNT],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bucket {
    number: u64,
    fills: Fills,
}

/// All groups, at places from 1.
#[derive(Debug)]
pub(crate) struct ProtectionTable {
    groups: Box<[ProtectionGroup]>,
    count: u16,
    /// Groups that traded in the command that is being applied, in the order of their first trade.
    traded: Box<[u16]>,
    traded_count: usize,
    digest: DigestSum,
}

impl ProtectionTable {
    /// Room for `groups_max` (at most [`PROTECTION_GROUPS_LIMIT`]) groups.
    pub(crate) fn new(groups_max: u32) -> Self {
        let length = groups_max as usize + 1;
        Self {
            groups: vec![ProtectionGroup::default(); length].into_boxed_slice(),
            count: 0,
            traded: vec![0; length].into_boxed_slice(),
            traded_count: 0,
            digest: DigestSum::default(),
        }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 2] {
        [
            MemoryUse::of_slice("protection groups", &self.groups),
            MemoryUse::of_slice("protection groups that traded", &self.traded),
        ]
    }

    /// The place of a firm's group.
    pub(crate) fn find(&self, firm_id: u32, protection_group: u16) -> Option<u16> {
        self.places().find(|place| {
            let group = self.group(*place);
            (group.firm_id, group.protection_group) == (firm_id, protection_group)
        })
    }

    /// Whether there is no room for one more group of a firm. O(groups).
    pub(crate) fn is_full(&self, firm_id: u32) -> bool {
        let of_firm = self.places().filter(|place| self.group(*place).firm_id == firm_id);
        usize::from(self.count) + 1 == self.groups.len() || of_firm.count() >= GROUPS_OF_FIRM_MAX
    }

    pub(crate) fn places(&self) -> std::ops::RangeInclusive<u16> {
        1..=self.count
    }

    pub(crate) fn group(&self, place: u16) -> &ProtectionGroup {
        &self.groups[usize::from(place)]
    }

    /// Adds a group that its firm does not have, without limits.
    ///
    /// # Panics
    /// When the table is full.
    pub(crate) fn add(&mut self, firm_id: u32, protection_group: u16) -> u16 {
        self.count += 1;
        let group = ProtectionGroup { firm_id, protection_group, ..ProtectionGroup::default() };
        self.groups[usize::from(self.count)] = group;
        self.digest.add(self.piece(self.count));
        self.count
    }

    /// Sets the limits of a group, whose counts begin anew.
    pub(crate) fn set_limits(&mut self, place: u16, limits: ProtectionLimits) {
        self.forget_fills(place);
        self.update(place, |group| group.limits = limits);
    }

    /// Marks a group as triggered, or takes the mark and all counts away.
    pub(crate) fn set_triggered(&mut self, place: u16, is_triggered: bool) {
        if !is_triggered {
            self.forget_fills(place);
        }
        self.update(place, |group| group.is_triggered = is_triggered);
    }

    /// Counts a fill of one of a group's quotes: lots bought, or sold when below 0.
    pub(crate) fn count_fill(&mut self, place: u16, time_ns: u64, lots: i64) {
        let group = &mut self.groups[usize::from(place)];
        let number = group.limits.bucket_number(time_ns);
        let index = bucket_index(number);
        let old = group.buckets[index];
        let mut bucket = if old.number == number { old } else { Bucket { number, ..NO_FILLS } };
        bucket.fills.quantity += lots.unsigned_abs();
        bucket.fills.trade_count += 1;
        bucket.fills.net_change += lots;
        group.buckets[index] = bucket;
        if !group.has_traded {
            group.has_traded = true;
            self.traded[self.traded_count] = place;
            self.traded_count += 1;
        }
        remove_bucket(&mut self.digest, place, index, &old);
        add_bucket(&mut self.digest, place, index, &bucket);
    }

    /// Whether a group traded in this command.
    #[inline]
    pub(crate) fn has_traded(&self) -> bool {
        self.traded_count > 0
    }

    /// The group that was first to trade after those at `index` others; the list is emptied behind
    /// the last.
    pub(crate) fn take_traded(&mut self, index: usize) -> Option<u16> {
        if index < self.traded_count {
            let place = self.traded[index];
            self.groups[usize::from(place)].has_traded = false;
            return Some(place);
        }
        self.traded_count = 0;
        None
    }

    /// What the quotes of a group traded in the window that ends at a time.
    pub(crate) fn fills(&self, place: u16, time_ns: u64) -> Fills {
        let group = self.group(place);
        let number = group.limits.bucket_number(time_ns);
        let mut sum = Fills::default();
        for bucket in group.buckets.iter().filter(|it| it.number + BUCKET_COUNT as u64 > number) {
            sum.quantity += bucket.fills.quantity;
            sum.trade_count += bucket.fills.trade_count;
            sum.net_change += bucket.fills.net_change;
        }
        sum
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over all groups.
    ///
    /// # Panics
    /// Between commands, when a group is still listed.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        assert!(!self.has_traded() && self.groups.iter().all(|group| !group.has_traded));
        let mut sum = DigestSum::default();
        for place in self.places() {
            sum.add(self.piece(place));
            for (index, bucket) in self.group(place).buckets.iter().enumerate() {
                add_bucket(&mut sum, place, index, bucket);
            }
        }
        sum
    }

    fn forget_fills(&mut self, place: u16) {
        let buckets = &mut self.groups[usize::from(place)].buckets;
        for (index, bucket) in buckets.iter_mut().enumerate() {
            remove_bucket(&mut self.digest, place, index, bucket);
            *bucket = NO_FILLS;
        }
    }

    fn update(&mut self, place: u16, change: impl FnOnce(&mut ProtectionGroup)) {
        self.digest.remove(self.piece(place));
        change(&mut self.groups[usize::from(place)]);
        self.digest.add(self.piece(place));
    }

    fn piece(&self, place: u16) -> Digest {
        let group = self.group(place);
        let ids = u32::from(place) << 16 | u32::from(group.protection_group);
        let limits = group.limits;
        Domain::ProtectionGroup
            .digest()
            .absorb(pair(group.firm_id, ids))
            .absorb(pair(limits.window_ms, limits.quantity_max))
            .absorb(pair(limits.trades_max, limits.net_change_max))
            .absorb(u64::from(group.is_triggered))
    }
}

impl ProtectionLimits {
    /// The first limit that fills have reached.
    pub(crate) fn reached(&self, fills: &Fills) -> Option<ProtectionCause> {
        let is_reached = |limit: u32, count: u64| limit != 0 && count >= u64::from(limit);
        if is_reached(self.quantity_max, fills.quantity) {
            Some(ProtectionCause::Quantity)
        } else if is_reached(self.trades_max, fills.trade_count) {
            Some(ProtectionCause::Trades)
        } else if is_reached(self.net_change_max, fills.net_change.unsigned_abs()) {
            Some(ProtectionCause::NetChange)
        } else {
            None
        }
    }

    /// Whether the window has a length that a window may have.
    pub(crate) fn has_window(&self) -> bool {
        WINDOW_MS.contains(&self.window_ms)
    }

    /// The number of the bucket that a time lies in.
    fn bucket_number(&self, time_ns: u64) -> u64 {
        time_ns / (u64::from(self.window_ms.max(1)) * NS_PER_SIXTEENTH_MS)
    }
}

fn bucket_index(number: u64) -> usize {
    usize::try_from(number % BUCKET_COUNT as u64).expect("below the count of buckets")
}

/// A bucket without fills has no piece.
fn add_bucket(sum: &mut DigestSum, place: u16, index: usize, bucket: &Bucket) {
    if bucket.fills.trade_count > 0 {
        sum.add(bucket_piece(place, index, bucket));
    }
}

fn remove_bucket(sum: &mut DigestSum, place: u16, index: usize, bucket: &Bucket) {
    if bucket.fills.trade_count > 0 {
        sum.remove(bucket_piece(place, index, bucket));
    }
}

fn bucket_piece(place: u16, index: usize, bucket: &Bucket) -> Digest {
    Domain::ProtectionFills
        .digest()
        .absorb((index as u64) << 16 | u64::from(place))
        .absorb(bucket.number)
        .absorb(bucket.fills.quantity)
        .absorb(bucket.fills.trade_count)
        .absorb_signed(bucket.fills.net_change)
}

/// Lengths that a window may have, milliseconds.
const WINDOW_MS: std::ops::RangeInclusive<u32> = 16..=60_000;
/// Parts of a window.
const BUCKET_COUNT: usize = 16;
/// A sixteenth of a millisecond.
const NS_PER_SIXTEENTH_MS: u64 = 62_500;
const NO_FILLS: Bucket =
    Bucket { number: 0, fills: Fills { quantity: 0, trade_count: 0, net_change: 0 } };
/// Most protection groups of one firm, so that none takes all the room.
const GROUPS_OF_FIRM_MAX: usize = 128;
/// Most protection groups of an exchange; what they write fits the longest record.
pub(crate) const PROTECTION_GROUPS_LIMIT: u32 = 1_024;
