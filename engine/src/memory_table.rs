//! What an engine keeps in memory: every structure with its entries and bytes, told by the
//! structures themselves.
//!
//! Cold: made for a start screen, never while commands are applied.

use forecastle_runtime::memory::Arena;

use crate::engine::Engine;

/// One structure in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// What it is.
    pub name: &'static str,
    /// Entries it has room for.
    pub capacity: u64,
    /// Bytes of an entry.
    pub entry_length: u64,
    /// Bytes in all, as they were allocated: arenas take whole pages.
    pub length: u64,
    /// What an entry is of a resting order, where each order has one.
    pub order_part: Option<OrderPart>,
}

/// The parts that a resting order has in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderPart {
    /// What matching reads.
    Hot,
    /// What is read when the order itself changes.
    Cold,
    /// Where the order is found: free slots and timers.
    Index,
}

/// Bytes that a resting order takes in the tables that have an entry for each. Its price level
/// comes beside it, and lasts as long as any order at the price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestingOrderLength {
    /// Of [`OrderPart::Hot`].
    pub hot: u64,
    /// Of [`OrderPart::Cold`].
    pub cold: u64,
    /// Of [`OrderPart::Index`].
    pub index: u64,
}

impl Engine {
    /// Every structure of the engine, the engine itself last. The lengths add up to all that the
    /// engine ever allocates.
    #[cold]
    #[must_use]
    pub fn memory(&self) -> Vec<MemoryUse> {
        let mut rows = Vec::new();
        rows.extend(self.orders.memory());
        rows.extend(self.timers.memory());
        rows.extend(self.books.memory());
        rows.extend(self.client_order_ids.memory());
        rows.extend(self.ledger.accounts.memory());
        rows.extend(self.ledger.exposures.memory());
        rows.extend(self.ledger.limits.memory());
        rows.extend(self.events.memory());
        rows.extend(self.reference_odds.memory());
        rows.extend(self.odds_requests.memory());
        rows.extend(self.catalogue.memory());
        rows.extend(self.sessions.memory());
        rows.extend(self.entitlements.memory());
        rows.extend(self.quote_sets.memory());
        rows.extend(self.protection.memory());
        rows.extend(self.work.memory());
        rows.extend(self.blocks.memory());
        rows.push(MemoryUse::of_slice("engine itself", std::slice::from_ref(self)));
        rows
    }
}

impl MemoryUse {
    /// A structure that is an arena.
    pub(crate) fn of_arena<T>(name: &'static str, arena: &Arena<T>) -> Self {
        Self::of::<T>(name, arena.capacity() as usize, arena.length())
    }

    /// An arena of arrays, told by what is in them.
    pub(crate) fn of_arrays<T, const N: usize>(name: &'static str, arena: &Arena<[T; N]>) -> Self {
        Self::of::<T>(name, arena.as_slice().as_flattened().len(), arena.length())
    }

    /// A structure whose room is a slice.
    pub(crate) fn of_slice<T>(name: &'static str, entries: &[T]) -> Self {
        Self::of::<T>(name, entries.len(), size_of_val(entries))
    }

    /// A list with room for all that it will ever hold.
    pub(crate) fn of_list<T>(name: &'static str, entries: &Vec<T>) -> Self {
        Self::of::<T>(name, entries.capacity(), entries.capacity() * size_of::<T>())
    }

    /// The same of a structure that has an entry for each order.
    pub(crate) fn of_each_order(self, part: OrderPart) -> Self {
        Self { order_part: Some(part), ..self }
    }

    fn of<T>(name: &'static str, capacity: usize, length: usize) -> Self {
        Self {
            name,
            capacity: capacity as u64,
            entry_length: size_of::<T>() as u64,
            length: length as u64,
            order_part: None,
        }
    }
}

impl RestingOrderLength {
    /// Of an engine with this [`Engine::memory`].
    #[must_use]
    pub fn of(memory: &[MemoryUse]) -> Self {
        let mut lengths = Self::default();
        for row in memory {
            match row.order_part {
                Some(OrderPart::Hot) => lengths.hot += row.entry_length,
                Some(OrderPart::Cold) => lengths.cold += row.entry_length,
                Some(OrderPart::Index) => lengths.index += row.entry_length,
                None => {}
            }
        }
        lengths
    }

    /// All parts together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.hot + self.cold + self.index
    }
}
