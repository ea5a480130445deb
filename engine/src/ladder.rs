//! Price ladders: the books of many markets as levels in an array over ticks, with bitmaps to find
//! the next level and a queue of orders in each.
//!
//! The layer knows ticks, quantities and orders by index; accounts and messages are not its
//! business, so that it also runs alone. Orders lie in a slice of the caller, each with a
//! [`Place`] that the ladder links. A book is never crossed, hence one array of levels serves both
//! sides: below the best ask lie bids, above the best bid lie asks.
//!
//! A book is a header and chunks of 64 ticks, a cache line each. A chunk holds one level itself, so
//! that an order in a sparse book touches that line alone; the levels of more ticks lie in pages of
//! eight, taken from one pool when the first order comes and given back with the last. Nothing
//! allocates after construction; every operation is O(1) in orders, levels and ticks.

mod chunk;
mod header;
mod pages;
#[cfg(test)]
mod tests;
mod words;

use std::hint::select_unpredictable;

use forecastle_proto_spec::Side;
use forecastle_runtime::memory::{Arena, prefetch_element};

use crate::memory_table::MemoryUse;
use crate::planted_fault::{PlantedFault, is_planted};

use chunk::{CHUNK_TICKS, Chunk};
use header::{FarGroups, Header, NO_ASK, NO_BID};
use pages::{Level, NONE, PAGE_LEVELS, PagePool};

/// The books of a fixed number of markets over one grid of ticks.
#[derive(Debug)]
pub struct Ladders {
    headers: Arena<Header>,
    far: FarGroups,
    chunks: Arena<Chunk>,
    chunks_per_book: u32,
    tick_count: u32,
    pages: PagePool,
}

impl Ladders {
    /// Empty books: `book_count` of them, ticks `0..tick_count`, for at most `orders_max` orders
    /// in all.
    ///
    /// # Panics
    /// When `tick_count` is 0 or above [`Ladders::TICKS_MAX`], or the books have 2^32 pages.
    #[must_use]
    pub fn new(book_count: u32, tick_count: u32, orders_max: u32) -> Self {
        assert!(tick_count > 0 && tick_count <= Self::TICKS_MAX, "a grid has 1 to 2^18 ticks");
        let chunks_per_book = tick_count.div_ceil(CHUNK_TICKS);
        let book_pages = book_count
            .checked_mul(chunks_per_book * (CHUNK_TICKS / PAGE_LEVELS))
            .expect("pages of all books are countable");
        Self {
            headers: Arena::new(book_count, Header::EMPTY),
            far: FarGroups::new(book_count, chunks_per_book),
            chunks: Arena::new(book_count * chunks_per_book, Chunk::EMPTY),
            chunks_per_book,
            tick_count,
            pages: PagePool::new(book_pages.min(orders_max)),
        }
    }

    /// What they keep in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 5] {
        let [levels, free_pages] = self.pages.memory();
        [
            MemoryUse::of_arena("books", &self.headers),
            MemoryUse::of_slice("further words of books", self.far.words()),
            MemoryUse::of_arena("chunks of books", &self.chunks),
            levels,
            free_pages,
        ]
    }

    /// Most ticks of a grid.
    pub const TICKS_MAX: u32 = 1 << 18;

    /// Highest tick with bids, if any.
    #[inline]
    #[must_use]
    pub fn best_bid(&self, book: u32) -> Option<u32> {
        self.headers[book].bid.checked_sub(1)
    }

    /// Lowest tick with asks, if any.
    #[inline]
    #[must_use]
    pub fn best_ask(&self, book: u32) -> Option<u32> {
        let ask = self.headers[book].ask;
        (ask != NO_ASK).then_some(ask)
    }

    /// Whether an order of `side` at `tick` would meet none of the other side.
    #[inline]
    #[must_use]
    pub fn rests(&self, book: u32, side: Side, tick: u32) -> bool {
        self.headers[book].rests(side, tick)
    }

    /// The best tick of `side`, if any.
    #[inline]
    #[must_use]
    pub fn best(&self, book: u32, side: Side) -> Option<u32> {
        match side {
            Side::Buy => self.best_bid(book),
            Side::Sell => self.best_ask(book),
        }
    }

    /// The tick with orders of `side` next behind `tick`, away from the other side.
    #[inline]
    #[must_use]
    pub fn next_behind(&self, book: u32, side: Side, tick: u32) -> Option<u32> {
        match side {
            Side::Buy => self.highest_below(book, tick),
            Side::Sell => self.lowest_above(book, tick),
        }
    }

    /// Lots at `tick`, 0 when there is no order.
    #[inline]
    #[must_use]
    pub fn quantity_at(&self, book: u32, tick: u32) -> u64 {
        self.level(book, tick).map_or(0, |level| level.quantity)
    }

    /// The order at `tick` that came first, if any.
    #[inline]
    #[must_use]
    pub fn first_order(&self, book: u32, tick: u32) -> Option<u32> {
        self.level(book, tick).map(|level| level.head)
    }

    /// The order behind `order` at its tick, if any.
    #[inline]
    #[must_use]
    pub fn order_behind<T: AsRef<Place>>(orders: &[T], order: u32) -> Option<u32> {
        let next = orders[order as usize].as_ref().next;
        (next != NONE).then_some(next)
    }

    /// Lots before `order` in its level; `None` when more than `orders_max` orders lie before it
    /// and more than that behind it. Goes to both sides at once, to whichever end is nearer.
    #[must_use]
    pub fn quantity_before<T: AsRef<Place>>(
        &self,
        orders: &[T],
        book: u32,
        order: u32,
        orders_max: usize,
    ) -> Option<u64> {
        let place = orders[order as usize].as_ref();
        let (mut before, mut behind) = (place.previous, place.next);
        let (mut lots_before, mut lots_behind) = (0, 0);
        for _ in 0..=orders_max {
            if before == NONE {
                return Some(lots_before);
            }
            if behind == NONE {
                let own_and_behind = u64::from(place.quantity) + lots_behind;
                return Some(self.quantity_at(book, place.tick) - own_and_behind);
            }
            let (previous, next) = (&orders[before as usize], &orders[behind as usize]);
            lots_before += u64::from(previous.as_ref().quantity);
            lots_behind += u64::from(next.as_ref().quantity);
            (before, behind) = (previous.as_ref().previous, next.as_ref().next);
        }
        None
    }

    /// Puts `order` last at the tick and with the quantity of its [`Place`]; gives the lots that
    /// lay there before.
    ///
    /// # Panics
    /// When the tick is off the grid, the order would cross the other side, or more orders are in
    /// the books than the ladders were made for.
    #[inline(always)]
    pub fn push_back<T>(&mut self, orders: &mut [T], book: u32, side: Side, order: u32) -> u64
    where
        T: AsRef<Place> + AsMut<Place>,
    {
        let place = orders[order as usize].as_ref();
        let (tick, quantity) = (place.tick, u64::from(place.quantity));
        let index = self.chunk_index(book, tick);
        let header = &mut self.headers[book];
        assert!(header.rests(side, tick), "a resting order meets none of the other side");
        header.rest(side, tick);
        let chunk = &mut self.chunks[index];
        let (previous, ahead) = if chunk.holds(tick) {
            let level = chunk.level_mut(&mut self.pages, tick);
            let (previous, ahead) = (level.tail, level.quantity);
            level.tail = order;
            level.quantity = ahead + quantity;
            orders[previous as usize].as_mut().next = order;
            (previous, ahead)
        } else {
            if chunk.is_empty() {
                header.enter(&mut self.far, book, tick / CHUNK_TICKS);
            }
            chunk.open(&mut self.pages, tick, Level { head: order, tail: order, quantity });
            (NONE, 0)
        };
        let place = orders[order as usize].as_mut();
        place.next = NONE;
        place.previous = previous;
        ahead
    }

    /// Takes `order` out of its level.
    ///
    /// # Panics
    /// May when the order is not in this book.
    #[inline(always)]
    pub fn remove<T>(&mut self, orders: &mut [T], book: u32, order: u32)
    where
        T: AsRef<Place> + AsMut<Place>,
    {
        let Place { next, previous, quantity, tick } = *orders[order as usize].as_ref();
        let index = self.chunk_index(book, tick);
        if previous == NONE && next == NONE {
            return self.close_level(book, tick, index);
        }
        let level = self.chunks[index].level_mut(&mut self.pages, tick);
        level.quantity -= u64::from(quantity);
        // Which end an order lies at, if any, is anybody's guess: where it has no neighbour it
        // stands in for one, as its own links mean nothing any more.
        let (is_first, is_last) = (previous == NONE, next == NONE);
        level.head = select_unpredictable(is_first, next, level.head);
        level.tail = select_unpredictable(is_last, previous, level.tail);
        let before = select_unpredictable(is_first, order, previous);
        let behind = select_unpredictable(is_last, order, next);
        orders[before as usize].as_mut().next = next;
        orders[behind as usize].as_mut().previous = previous;
    }

    /// Sets the quantity of `order` to `quantity`, at most what it was and not 0; it keeps its
    /// place.
    ///
    /// # Panics
    /// When the quantity is 0 or grows.
    #[inline(always)]
    pub fn reduce<T>(&mut self, orders: &mut [T], book: u32, order: u32, quantity: u32)
    where
        T: AsMut<Place>,
    {
        let place = orders[order as usize].as_mut();
        assert!(quantity > 0 && quantity <= place.quantity, "a reduction leaves less, not none");
        let less = place.quantity - quantity;
        place.quantity = quantity;
        let index = self.chunk_index(book, place.tick);
        let level = self.chunks[index].level_mut(&mut self.pages, place.tick);
        level.quantity -= u64::from(less);
    }

    /// The tick that an order of `side` at `tick` would trade with first, if any, for any numbers.
    #[inline]
    #[must_use]
    pub fn find_met(&self, book: u32, side: Side, tick: u32) -> Option<u32> {
        let header = self.headers.get(book)?;
        let met = (!header.rests(side, tick)).then(|| header.best_against(side));
        // A tick as high as the mark of no ask is not below it.
        met.filter(|met| *met != NO_ASK)
    }

    /// The first and the last order at a tick, if there is one, for any numbers.
    #[inline]
    #[must_use]
    pub fn find_ends(&self, book: u32, tick: u32) -> Option<(u32, u32)> {
        let chunk = self.chunks.get(self.any_chunk_index(book, tick))?;
        chunk.level(&self.pages, tick).map(|level| (level.head, level.tail))
    }

    /// Brings what an order at `tick` of `book` will touch close; any numbers are allowed.
    #[inline]
    pub fn prefetch(&self, book: u32, tick: u32) {
        self.headers.prefetch(book);
        self.chunks.prefetch(self.any_chunk_index(book, tick));
    }

    /// Brings what an order of `side` that trades with `tick`, the best of the other side, will
    /// touch close: it, and the next behind it.
    ///
    /// # Panics
    /// When there is no such book, or the tick is off the grid.
    #[inline]
    pub fn prefetch_met(&self, book: u32, side: Side, tick: u32) {
        let index = self.chunk_index(book, tick);
        self.chunks.prefetch(index);
        let (header, number) = (&self.headers[book], tick / CHUNK_TICKS);
        let behind = match side {
            Side::Buy => header.lowest_above(&self.far, book, number),
            Side::Sell => header.highest_below(&self.far, book, number),
        };
        let behind = behind.map(|behind| index.wrapping_sub(number).wrapping_add(behind));
        self.chunks.prefetch(behind.unwrap_or(index));
    }

    /// Brings the level at `tick` of `book` close, where it does not lie in what
    /// [`Self::prefetch`] brings; any numbers are allowed.
    #[inline]
    pub fn prefetch_level(&self, book: u32, tick: u32) {
        if let Some(chunk) = self.chunks.get(self.any_chunk_index(book, tick)) {
            self.pages.prefetch(chunk.page(tick), tick);
        }
    }

    /// Brings the neighbours of an order in its level close.
    #[inline]
    pub fn prefetch_neighbours<T>(orders: &[T], place: &Place) {
        prefetch_element(orders, place.next as usize);
        prefetch_element(orders, place.previous as usize);
    }

    #[inline(always)]
    fn chunk_index(&self, book: u32, tick: u32) -> u32 {
        assert!(tick < self.tick_count, "a tick lies on the grid");
        self.any_chunk_index(book, tick)
    }

    /// As [`Self::chunk_index`], of any numbers: it may be that of another chunk, or of none.
    #[inline(always)]
    fn any_chunk_index(&self, book: u32, tick: u32) -> u32 {
        book.wrapping_mul(self.chunks_per_book).wrapping_add(tick / CHUNK_TICKS)
    }

    /// The level at `tick`, if it holds an order.
    #[inline]
    fn level(&self, book: u32, tick: u32) -> Option<&Level> {
        self.chunks[self.chunk_index(book, tick)].level(&self.pages, tick)
    }

    /// Takes the level at a tick away, in the chunk of this index.
    #[inline(always)]
    fn close_level(&mut self, book: u32, tick: u32, index: u32) {
        let chunk = &mut self.chunks[index];
        chunk.close(&mut self.pages, tick);
        let header = &mut self.headers[book];
        if chunk.is_empty() {
            header.leave(&mut self.far, book, tick / CHUNK_TICKS);
        }
        if is_planted(PlantedFault::StaleBestAfterCancel) {
            return;
        }
        if header.bid == tick.wrapping_add(1) {
            self.headers[book].bid = self.highest_below(book, tick).map_or(NO_BID, |bid| bid + 1);
        } else if header.ask == tick {
            self.headers[book].ask = self.lowest_above(book, tick).unwrap_or(NO_ASK);
        }
    }

    /// The highest tick with orders below one.
    #[inline]
    fn highest_below(&self, book: u32, tick: u32) -> Option<u32> {
        let index = self.chunk_index(book, tick);
        let number = tick / CHUNK_TICKS;
        if let Some(found) = self.chunks[index].highest_below(tick) {
            return Some(number * CHUNK_TICKS + found);
        }
        let below = self.headers[book].highest_below(&self.far, book, number)?;
        let chunk = &self.chunks[index.wrapping_sub(number - below)];
        Some(below * CHUNK_TICKS + chunk.highest()?)
    }

    /// The lowest tick with orders above one.
    #[inline]
    fn lowest_above(&self, book: u32, tick: u32) -> Option<u32> {
        let index = self.chunk_index(book, tick);
        let number = tick / CHUNK_TICKS;
        if let Some(found) = self.chunks[index].lowest_above(tick) {
            return Some(number * CHUNK_TICKS + found);
        }
        let above = self.headers[book].lowest_above(&self.far, book, number)?;
        let chunk = &self.chunks[index.wrapping_add(above - number)];
        Some(above * CHUNK_TICKS + chunk.lowest()?)
    }
}

/// Where an order lies in a book. It is part of the caller's order; the caller sets tick and
/// quantity before [`Ladders::push_back`], the links are the ladder's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    next: u32,
    previous: u32,
    quantity: u32,
    tick: u32,
}

impl Place {
    /// No place: no quantity at tick 0.
    pub const EMPTY: Self = Self { next: NONE, previous: NONE, quantity: 0, tick: 0 };

    /// A place at `tick` for `quantity` lots, not yet in a book.
    #[inline]
    #[must_use]
    pub fn new(tick: u32, quantity: u32) -> Self {
        Self { next: NONE, previous: NONE, quantity, tick }
    }

    /// Tick.
    #[inline]
    #[must_use]
    pub fn tick(&self) -> u32 {
        self.tick
    }

    /// Lots.
    #[inline]
    #[must_use]
    pub fn quantity(&self) -> u32 {
        self.quantity
    }
}

impl AsRef<Self> for Place {
    #[inline]
    fn as_ref(&self) -> &Self {
        self
    }
}

impl AsMut<Self> for Place {
    #[inline]
    fn as_mut(&mut self) -> &mut Self {
        self
    }
}
