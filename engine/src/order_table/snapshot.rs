//! Order slots in a snapshot: counters and free slots; the orders themselves come by book.

use forecastle_proto_spec::Digest;

use super::{Order, OrderTable, OwnerTag};
use crate::order_detail::OrderDetail;
use crate::snapshot::{COUNTER_LIMIT, Decoder, Encoder, SnapshotError};
use crate::state_digest::{DigestSum, Domain, pair};

impl OrderTable {
    pub(crate) fn encode_counters(&self, encoder: &mut Encoder<'_>) {
        encoder.u32(self.high_water);
        encoder.u64(self.accepted_count);
        encoder.u64(self.last_priority);
        encoder.u32(self.index.free_count());
        for slot in self.index.free_slots() {
            encoder.u32(slot);
            encoder.u32(self.orders[slot].generation);
        }
    }

    /// Counters and free slots; gives for each used slot whether it is free.
    pub(crate) fn decode_counters(
        &mut self,
        decoder: &mut Decoder<'_>,
    ) -> Result<Box<[bool]>, SnapshotError> {
        let high_water = decoder.u32()?;
        if high_water > self.orders.capacity() {
            let needed = u64::from(high_water);
            return Err(SnapshotError::Limit { limit: "orders_max", needed });
        }
        self.high_water = high_water;
        self.accepted_count = decoder.u64()?;
        self.last_priority = decoder.u64()?;
        let is_counter = self.accepted_count.max(self.last_priority) < COUNTER_LIMIT;
        decoder.require(is_counter, "count of orders")?;
        self.digest = self.digest.join(self.counters_digest());
        let mut is_free = vec![false; high_water as usize].into_boxed_slice();
        let free_count = decoder.u32()?;
        decoder.require(free_count <= high_water, "count of free slots")?;
        for _ in 0..free_count {
            let (slot, generation) = (decoder.u32()?, decoder.u32()?);
            let is_fresh = is_free.get(slot as usize) == Some(&false);
            let is_usable = generation > 0 && generation < u32::MAX;
            decoder.require(is_fresh && is_usable, "free slot")?;
            is_free[slot as usize] = true;
            self.orders[slot].generation = generation;
            self.push_free(slot, generation);
        }
        Ok(is_free)
    }

    /// Whether an order may be restored into a slot: it was used, and is neither free nor taken.
    pub(crate) fn is_restorable(&self, slot: u32) -> bool {
        slot < self.high_water && self.orders[slot].generation == 0
    }

    /// Whether the table has given out that number of acceptance and that priority; an order that
    /// waits has none.
    pub(crate) fn has_numbered(
        &self,
        accepted_number: u64,
        priority: u64,
        is_pending: bool,
    ) -> bool {
        let priorities = if is_pending { 0..=0 } else { 1..=self.last_priority };
        (1..=self.accepted_count).contains(&accepted_number) && priorities.contains(&priority)
    }

    /// Puts a resting order back into its slot, as it was.
    pub(crate) fn restore(
        &mut self,
        slot: u32,
        order: Order,
        detail: &OrderDetail,
        owner: (u32, OwnerTag),
    ) {
        self.place(slot, &order, detail, owner);
    }

    /// Used slots that are neither free nor live are spent: their last generation was used.
    pub(crate) fn retire_others(&mut self, is_free: &[bool]) {
        for (slot, is_free) in (0..self.high_water).zip(is_free) {
            if !is_free && self.live(slot).is_none() {
                self.orders[slot].generation = u32::MAX;
            }
        }
    }

    /// The digest of the pieces as states of version 1 define them: an order is two.
    pub(crate) fn first_digest(&self, account_of: impl Fn(&Order) -> u32) -> DigestSum {
        let counters = Domain::OrderCounters
            .digest()
            .absorb(self.accepted_count)
            .absorb(self.last_priority)
            .absorb(u64::from(self.high_water));
        let mut sum: DigestSum = std::iter::once(counters).collect();
        for (depth, slot) in (0..).zip(self.index.free_slots()) {
            let generation = u64::from(self.orders[slot].generation);
            sum.add(Domain::FreeSlot.digest().absorb(pair(depth, slot)).absorb(generation));
        }
        for slot in 0..self.high_water {
            let Some(order) = self.live(slot) else { continue };
            let kind = u32::from(order.side as u8) << 8 | u32::from(order.time_in_force() as u8);
            let owner = pair(account_of(order), u32::from(order.session) << 16 | kind);
            let piece = Domain::Order
                .digest()
                .absorb(pair(slot, order.generation))
                .absorb(order.cl_ord_id)
                .absorb(order.accepted_number)
                .absorb(pair(order.security_id, order.link_id))
                .absorb(owner);
            sum.add(piece);
            let quantity = Digest::new(FIRST_QUANTITY_DOMAIN)
                .absorb(pair(slot, order.place.tick()))
                .absorb(order.priority)
                .absorb(pair(order.place.quantity(), order.order_qty));
            sum.add(quantity);
        }
        sum
    }
}

/// Domain of the piece of an order's quantities in states of version 1.
const FIRST_QUANTITY_DOMAIN: u64 = 7;
