//! Live orders in slots, the free slots, and the counters that orders take numbers from.
//!
//! A slot's number is part of the order id, so that an order is found without a search, and the
//! generation in the id tells its occupants apart. Which slot comes next is engine state.

mod order;
mod slot_index;
mod snapshot;

use std::ops::Range;

use forecastle_proto_spec::{EXEC_INST_CANCEL_ON_DISCONNECT, EXEC_INST_CANCEL_ON_HALT, OrderId};
use forecastle_runtime::memory::Arena;

use crate::ladder::Place;
use crate::memory_table::{MemoryUse, OrderPart};
use crate::order_detail::OrderDetail;
use crate::state_digest::{Addend, DigestSum, Domain, StackDigest, pair};
use order::EMPTY;
use slot_index::SlotIndex;

pub(crate) use order::{Order, Terms};
pub(crate) use slot_index::{FOUND_MAX, OwnerFilter, OwnerTag};

/// All order slots.
#[derive(Debug)]
pub(crate) struct OrderTable {
    orders: Arena<Order>,
    /// Of the live orders that have one.
    details: Arena<OrderDetail>,
    /// Live orders by the slot of their session.
    open_counts: Box<[u32]>,
    /// Those that end with their session.
    disconnect_counts: Box<[u32]>,
    /// Live orders that end on a halt, by market.
    halt_counts: Box<[u32]>,
    /// Who owns the live ones, and which slots are free, the next to use freed last. Slots from
    /// `high_water` on were never used and come after these, in ascending order.
    index: SlotIndex,
    /// Of the freed slots with their generations.
    free_digest: StackDigest,
    high_water: u32,
    live_count: u32,
    /// Of the live orders, those that wait for the in-play delay.
    pending_count: u32,
    accepted_count: u64,
    last_priority: u64,
    shard: u8,
    digest: DigestSum,
}

impl OrderTable {
    pub(crate) fn new(orders_max: u32, shard: u8, sessions_max: u32, markets_max: u32) -> Self {
        Self {
            orders: Arena::new(orders_max, EMPTY),
            details: Arena::new(orders_max, OrderDetail::NONE),
            open_counts: vec![0; sessions_max as usize].into_boxed_slice(),
            disconnect_counts: vec![0; sessions_max as usize].into_boxed_slice(),
            halt_counts: vec![0; markets_max as usize + 1].into_boxed_slice(),
            index: SlotIndex::new(orders_max),
            free_digest: StackDigest::default(),
            high_water: 0,
            live_count: 0,
            pending_count: 0,
            accepted_count: 0,
            last_priority: 0,
            shard,
            digest: DigestSum::default(),
        }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 6] {
        [
            MemoryUse::of_arena("orders", &self.orders).of_each_order(OrderPart::Hot),
            MemoryUse::of_arena("order details", &self.details).of_each_order(OrderPart::Cold),
            self.index.memory(),
            MemoryUse::of_slice("open orders by session", &self.open_counts),
            MemoryUse::of_slice("orders that end with a session", &self.disconnect_counts),
            MemoryUse::of_slice("orders that end on a halt", &self.halt_counts),
        ]
    }

    #[inline]
    pub(crate) fn has_free_slot(&self) -> bool {
        self.index.free_count() > 0 || self.high_water < self.orders.capacity()
    }

    /// Slots that orders can be accepted into.
    pub(crate) fn free_slot_count(&self) -> u32 {
        self.index.free_count() + (self.orders.capacity() - self.high_water)
    }

    /// Slots of the orders that wait for the in-play delay, ascending. O(slots) when there are any.
    pub(crate) fn pending(&self) -> impl Iterator<Item = u32> {
        let end = if self.pending_count == 0 { 0 } else { self.high_water };
        (0..end).filter(|slot| self.live(*slot).is_some() && self.is_pending(*slot))
    }

    /// Orders that wait for the in-play delay.
    pub(crate) fn pending_count(&self) -> u32 {
        self.pending_count
    }

    /// Whether the live order in a slot waits for the in-play delay.
    #[inline(always)]
    pub(crate) fn is_pending(&self, slot: u32) -> bool {
        self.orders[slot].has_detail() && self.details[slot].release_time_ns != 0
    }

    /// Stores an accepted order that waits.
    pub(crate) fn pend(
        &mut self,
        slot: u32,
        order: Order,
        detail: &OrderDetail,
        owner: (u32, OwnerTag),
    ) {
        self.place(slot, &order, detail, owner);
        self.pending_count += 1;
    }

    /// Notes that an order waits no more.
    pub(crate) fn unpend(&mut self, slot: u32, order: &Order, account: u32) {
        self.unrest(slot, order, account);
        self.pending_count -= 1;
    }

    /// Live orders, in books or waiting.
    #[inline]
    pub(crate) fn live_count(&self) -> u32 {
        self.live_count
    }

    /// Live orders that the session in a slot owns.
    #[inline]
    pub(crate) fn open_count(&self, session: u16) -> u32 {
        self.open_counts[usize::from(session)]
    }

    /// Orders in books that the session in a slot owns and that end when it is lost.
    pub(crate) fn disconnect_count(&self, session: u16) -> u32 {
        self.disconnect_counts[usize::from(session)]
    }

    /// Live orders of a market that end on a halt.
    pub(crate) fn halt_count(&self, security_id: u32) -> u32 {
        self.halt_counts[security_id as usize]
    }

    /// Orders ever accepted.
    #[inline]
    pub(crate) fn accepted_count(&self) -> u64 {
        self.accepted_count
    }

    /// One above the highest slot ever used.
    #[inline]
    pub(crate) fn high_water(&self) -> u32 {
        self.high_water
    }

    /// Takes the next free slot and a number of acceptance for `order`, of which it overwrites
    /// number and generation. The order is not yet in a book.
    ///
    /// # Panics
    /// When no slot is free.
    #[inline]
    pub(crate) fn accept(&mut self, order: &mut Order) -> u32 {
        let (slot, generation) = self.accept_passing();
        order.accepted_number = self.accepted_count;
        order.generation = generation;
        slot
    }

    /// As [`Self::accept`] of an order that will be in no book; gives slot and generation.
    ///
    /// # Panics
    /// When no slot is free.
    #[inline(always)]
    pub(crate) fn accept_passing(&mut self) -> (u32, u32) {
        let (slot, was_used) = self.next_slot();
        let place = &mut self.orders[slot];
        place.begin_generation((slot, was_used), &mut self.free_digest);
        (slot, place.generation)
    }

    /// As [`Self::accept`] and then [`Self::rest`] of an order without a detail.
    ///
    /// # Panics
    /// When no slot is free.
    #[inline(always)]
    pub(crate) fn accept_plain(
        &mut self,
        order: &mut Order,
        (account, tag): (u32, OwnerTag),
    ) -> u32 {
        let (slot, was_used) = self.next_slot();
        order.accepted_number = self.accepted_count;
        self.number_resting(order);
        self.count_live(order.session);
        let place = &mut self.orders[slot];
        place.begin_generation((slot, was_used), &mut self.free_digest);
        order.generation = place.generation;
        *place = *order;
        self.index.own(slot, tag);
        self.add_piece(slot, order, account);
        slot
    }

    /// Takes an order of an account away, given as it was in its book with its detail, whose slot
    /// an order of the same owner, session and detail takes in the same command, by
    /// [`Self::occupy`].
    #[inline(always)]
    pub(crate) fn vacate(
        &mut self,
        slot: u32,
        (order, detail): (&Order, &OrderDetail),
        account: u32,
    ) {
        debug_assert_eq!(self.details[slot], *detail, "the detail is the order's");
        self.remove_piece(slot, order, account);
        self.digest.remove(detail.piece(slot, order.generation));
    }

    /// As [`Self::accept`] and then [`Self::rest`] of an order in a vacated slot, as if that had
    /// been on top of the free list between. The slot has its detail, which is not touched.
    #[inline(always)]
    pub(crate) fn occupy(
        &mut self,
        slot: u32,
        (order, detail): (&mut Order, &OrderDetail),
        account: u32,
    ) {
        self.count_accepted();
        order.accepted_number = self.accepted_count;
        self.number_resting(order);
        order.generation = self.orders[slot].generation + 1;
        self.orders[slot] = *order;
        self.digest.add(detail.piece(slot, order.generation));
        self.add_piece(slot, order, account);
    }

    /// Stores an order of an account without a detail that rests again, in the slot where it rested
    /// before, with the next priority.
    #[inline(always)]
    pub(crate) fn rest_again(
        &mut self,
        slot: u32,
        before: &Order,
        order: &mut Order,
        account: u32,
    ) {
        self.remove_piece(slot, before, account);
        self.number_resting(order);
        self.orders[slot] = *order;
        self.add_piece(slot, order, account);
    }

    /// Gives the slot of an order back that is in no book. After its last generation a slot is
    /// never used again.
    #[inline(always)]
    pub(crate) fn free(&mut self, slot: u32) {
        let order = &mut self.orders[slot];
        order.place = Place::EMPTY;
        let generation = order.generation;
        if generation < u32::MAX {
            self.push_free(slot, generation);
        } else {
            self.index.retire(slot);
        }
    }

    /// Stores an accepted order that is about to enter its book, with the next priority.
    #[inline]
    pub(crate) fn rest(
        &mut self,
        slot: u32,
        order: &mut Order,
        detail: &OrderDetail,
        owner: (u32, OwnerTag),
    ) {
        self.number_resting(order);
        self.place(slot, order, detail, owner);
    }

    /// Notes that an order of an account, given as it was in its book, has left it, and gives its
    /// slot back.
    #[inline(always)]
    pub(crate) fn end(&mut self, slot: u32, order: &Order, account: u32) {
        self.unrest(slot, order, account);
        self.free(slot);
    }

    /// Notes that an order of an account, given as it was in its book, leaves it.
    #[inline(always)]
    pub(crate) fn unrest(&mut self, slot: u32, order: &Order, account: u32) {
        self.live_count -= 1;
        self.open_counts[usize::from(order.session)] -= 1;
        self.remove_piece(slot, order, account);
        if order.has_detail() {
            self.forget_detail(slot, order.generation, (order.session, order.security_id));
        }
    }

    #[cold]
    fn forget_detail(&mut self, slot: u32, generation: u32, (session, security_id): (u16, u32)) {
        let detail = &self.details[slot];
        self.digest.remove(detail.piece(slot, generation));
        let ends = detail.has(EXEC_INST_CANCEL_ON_DISCONNECT);
        self.disconnect_counts[usize::from(session)] -= u32::from(ends);
        let halts = detail.has(EXEC_INST_CANCEL_ON_HALT);
        self.halt_counts[security_id as usize] -= u32::from(halts);
    }

    /// Changes ids and quantities of a resting order, which keeps its place, through `change`,
    /// which works on all slots.
    pub(crate) fn amend(&mut self, slot: u32, account: u32, change: impl FnOnce(&mut [Order])) {
        let order = self.orders[slot];
        self.remove_piece(slot, &order, account);
        change(self.orders.as_mut_slice());
        let order = self.orders[slot];
        self.add_piece(slot, &order, account);
    }

    /// Takes `quantity` lots off a resting order of an account, given as it is before, which keeps
    /// some, through `change`, which works on all slots.
    #[inline(always)]
    pub(crate) fn reduce(
        &mut self,
        (slot, account): (u32, u32),
        order: &Order,
        quantity: u32,
        change: impl FnOnce(&mut [Order]),
    ) {
        self.digest.remove(order.piece(slot, account).times(quantity.into()));
        change(self.orders.as_mut_slice());
    }

    /// The slot that a wire id names, when its occupant is live.
    #[inline(always)]
    pub(crate) fn find(&self, order_id: OrderId) -> Option<u32> {
        let order = self.orders.get(order_id.slot())?;
        let is_it = order_id.shard() == self.shard
            && order.is_live()
            && order.generation == order_id.generation();
        is_it.then(|| order_id.slot())
    }

    /// The live order in a slot, if any.
    #[inline]
    pub(crate) fn live(&self, slot: u32) -> Option<&Order> {
        self.orders.get(slot).filter(|order| order.is_live())
    }

    /// The order in a slot.
    #[inline]
    pub(crate) fn order(&self, slot: u32) -> &Order {
        &self.orders[slot]
    }

    /// The detail of the resting order in a slot.
    #[inline]
    pub(crate) fn detail(&self, slot: u32) -> OrderDetail {
        if self.orders[slot].has_detail() { self.details[slot] } else { OrderDetail::NONE }
    }

    /// Gives a resting order that has an expire time another one.
    pub(crate) fn set_expire_time(&mut self, slot: u32, expire_time_ns: u64) {
        let generation = self.orders[slot].generation;
        let detail = &mut self.details[slot];
        self.digest.remove(detail.piece(slot, generation));
        detail.expire_time_ns = expire_time_ns;
        self.digest.add(detail.piece(slot, generation));
    }

    /// The id of an order with its slot.
    #[inline]
    pub(crate) fn id_of(&self, slot: u32, order: &Order) -> OrderId {
        self.id(slot, order.generation)
    }

    /// The id of the order of a generation in a slot.
    #[inline]
    pub(crate) fn id(&self, slot: u32, generation: u32) -> OrderId {
        OrderId::new(self.shard, slot, generation)
    }

    /// Slots of live orders that pass a filter, among some below the high water: as
    /// [`SlotIndex::find`].
    pub(crate) fn find_owned(
        &self,
        filter: OwnerFilter,
        slots: Range<u32>,
        found: &mut [u32; FOUND_MAX],
    ) -> (usize, u32) {
        self.index.find(filter, slots, found)
    }

    /// Who owns the live order in a slot as the index has it, if there is one.
    pub(crate) fn owner(&self, slot: u32) -> Option<OwnerTag> {
        self.index.owner(slot)
    }

    /// Brings the entry of a slot in the index close.
    #[inline]
    pub(crate) fn prefetch_entry(&self, slot: u32) {
        self.index.prefetch(slot);
    }

    /// All slots, for the ladders.
    #[inline]
    pub(crate) fn slots(&self) -> &[Order] {
        self.orders.as_slice()
    }

    /// All slots for the ladders, which change nothing but links.
    #[inline]
    pub(crate) fn slots_mut(&mut self) -> &mut [Order] {
        self.orders.as_mut_slice()
    }

    /// Brings the order in a slot close.
    #[inline]
    pub(crate) fn prefetch(&self, slot: u32) {
        self.orders.prefetch(slot);
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        let mut sum = self.digest;
        sum.add(FREE_SLOTS.times(self.free_digest.value()));
        sum
    }

    /// The digest by a walk over all slots.
    ///
    /// # Panics
    /// When the free slots and the live ones are not all used slots, each once.
    pub(crate) fn walked_digest(&self, account_of: impl Fn(&Order) -> u32) -> DigestSum {
        let mut free_digest = StackDigest::default();
        let mut is_free = vec![false; self.orders.capacity() as usize];
        for slot in self.index.free_slots() {
            assert!(slot < self.high_water && self.live(slot).is_none(), "a free slot is free");
            assert!(!std::mem::replace(&mut is_free[slot as usize], true), "a slot is free once");
            free_digest.push(pair(self.orders[slot].generation, slot));
        }
        let mut sum = self.counters_digest();
        sum.add(FREE_SLOTS.times(free_digest.value()));
        let mut live_count = 0;
        for slot in 0..self.orders.capacity() {
            let Some(order) = self.live(slot) else {
                let is_retired = self.orders[slot].generation == u32::MAX;
                let was_used = slot < self.high_water;
                assert!(is_free[slot as usize] || is_retired || !was_used, "no slot is lost");
                continue;
            };
            live_count += 1;
            let piece = order.piece(slot, account_of(order));
            sum.add(piece);
            sum.add(piece.times(order.leaves_qty().into()));
            if order.has_detail() {
                assert!(self.details[slot].is_some(), "a detail says something");
                sum.add(self.details[slot].piece(slot, order.generation));
            }
        }
        assert_eq!(live_count, self.live_count);
        sum
    }

    /// Stores a live order in its slot, with its piece.
    #[inline]
    fn place(
        &mut self,
        slot: u32,
        order: &Order,
        detail: &OrderDetail,
        (account, tag): (u32, OwnerTag),
    ) {
        if order.has_detail() {
            self.details[slot] = *detail;
            self.digest.add(detail.piece(slot, order.generation));
            let ends = detail.has(EXEC_INST_CANCEL_ON_DISCONNECT);
            self.disconnect_counts[usize::from(order.session)] += u32::from(ends);
            let halts = detail.has(EXEC_INST_CANCEL_ON_HALT);
            self.halt_counts[order.security_id as usize] += u32::from(halts);
        }
        self.count_live(order.session);
        self.orders[slot] = *order;
        self.index.own(slot, tag);
        self.add_piece(slot, order, account);
    }

    /// Gives an order that is about to enter its book the next priority.
    #[inline(always)]
    fn number_resting(&mut self, order: &mut Order) {
        self.last_priority = self.last_priority.wrapping_add(1);
        self.digest.add(LAST_PRIORITY.times(1));
        order.priority = self.last_priority;
    }

    /// Counts an order that the session in a slot owns.
    #[inline(always)]
    fn count_live(&mut self, session: u16) {
        // No more than there are slots, both.
        self.live_count = self.live_count.wrapping_add(1);
        let open_count = &mut self.open_counts[usize::from(session)];
        *open_count = open_count.wrapping_add(1);
    }

    /// Adds the piece of the resting order in a slot.
    #[inline(always)]
    fn add_piece(&mut self, slot: u32, order: &Order, account: u32) {
        let piece = order.piece(slot, account);
        self.digest.add(piece);
        self.digest.add(piece.times(order.leaves_qty().into()));
    }

    /// Takes the piece of a resting order away. It is made anew from the order, which is at hand,
    /// sooner than another line would come from memory.
    #[inline(always)]
    fn remove_piece(&mut self, slot: u32, order: &Order, account: u32) {
        let piece = order.piece(slot, account);
        self.digest.remove(piece);
        self.digest.remove(piece.times(order.leaves_qty().into()));
    }

    #[inline(always)]
    fn count_accepted(&mut self) {
        self.accepted_count = self.accepted_count.wrapping_add(1);
        self.digest.add(ACCEPTED_COUNT.times(1));
    }

    /// Takes the next free slot, and counts an order accepted; tells whether the slot was used
    /// before.
    #[inline(always)]
    fn next_slot(&mut self) -> (u32, bool) {
        self.count_accepted();
        if let Some(slot) = self.index.pop() {
            return (slot, true);
        }
        let slot = self.high_water;
        self.high_water = slot.wrapping_add(1);
        self.digest.add(HIGH_WATER.times(1));
        (slot, false)
    }

    /// Puts a slot on the free list.
    #[inline(always)]
    fn push_free(&mut self, slot: u32, generation: u32) {
        self.free_digest.push(pair(generation, slot));
        self.index.push(slot);
    }

    /// The digest of the counters from what they are.
    fn counters_digest(&self) -> DigestSum {
        let mut sum = DigestSum::default();
        sum.add(ACCEPTED_COUNT.times(self.accepted_count));
        sum.add(LAST_PRIORITY.times(self.last_priority));
        sum.add(HIGH_WATER.times(self.high_water.into()));
        sum
    }
}

const ACCEPTED_COUNT: Addend = Domain::OrderCounters.addend([1]);
const LAST_PRIORITY: Addend = Domain::OrderCounters.addend([2]);
const HIGH_WATER: Addend = Domain::OrderCounters.addend([3]);
const FREE_SLOTS: Addend = Domain::FreeSlot.addend([]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_whose_generation_is_spent_is_never_used_again() {
        let mut table = OrderTable::new(2, 7, 1, 1);
        let mut order = EMPTY;
        assert_eq!(table.accept(&mut order), 0);
        // Two uses before the last generation.
        table.orders[0].generation = u32::MAX - 2;
        table.free(0);
        for generation in [u32::MAX - 1, u32::MAX] {
            assert_eq!(table.accept(&mut order), 0);
            assert_eq!(table.id_of(0, &order), OrderId::new(7, 0, generation));
            table.index.own(0, OwnerTag::new(1, 2, 3, 4));
            table.free(0);
            assert_eq!(table.owner(0), None);
        }
        assert_eq!(table.accept(&mut order), 1);
        assert!(!table.has_free_slot());
        table.free(1);
        assert_eq!(table.walked_digest(|_| 0), table.digest());
        assert_eq!(table.accept(&mut order), 1);
    }
}
