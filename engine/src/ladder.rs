//! Price ladders: the books of many markets as levels in an array over ticks, with bitmaps to find
//! the next level and a queue of orders in each.
//!
//! The layer knows ticks, quantities and orders by index; accounts and messages are not its
//! business, so that it also runs alone. Orders lie in a slice of the caller, each with a
//! [`Place`] that the ladder links. A book is never crossed, hence one array of levels serves both
//! sides: below the best ask lie bids, above the best bid lie asks.
//!
//! Levels are kept in pages of eight, taken from one pool when the first order comes and given back
//! with the last, so that memory follows the orders and not the grid. Nothing allocates after
//! construction; every operation is O(1) in orders, levels and ticks.

mod bitmap;

use forecastle_proto_spec::Side;
use forecastle_runtime::memory::{Arena, prefetch_element};

use crate::memory_table::MemoryUse;
use crate::planted_fault::{PlantedFault, is_planted};

use bitmap::Bitmaps;

/// The books of a fixed number of markets over one grid of ticks.
#[derive(Debug)]
pub struct Ladders {
    best: Arena<BestTicks>,
    occupied: Bitmaps,
    page_of: Arena<u32>,
    pages_per_book: u32,
    pages: Arena<Page>,
    free_pages: Box<[u32]>,
    free_page_count: usize,
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
        let pages_per_book = tick_count.div_ceil(PAGE_LEVELS);
        let book_pages =
            book_count.checked_mul(pages_per_book).expect("pages of all books are countable");
        let page_count = book_pages.min(orders_max);
        Self {
            best: Arena::new(book_count, BestTicks { bid: NO_BID, ask: NO_ASK }),
            occupied: Bitmaps::new(book_count, tick_count),
            page_of: Arena::new(book_pages, NONE),
            pages_per_book,
            pages: Arena::new(page_count, [EMPTY_LEVEL; PAGE_LEVELS as usize]),
            free_pages: (0..page_count).rev().collect(),
            free_page_count: page_count as usize,
        }
    }

    /// What they keep in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 5] {
        [
            MemoryUse::of_arena("best prices", &self.best),
            self.occupied.memory(),
            MemoryUse::of_arena("pages of books", &self.page_of),
            MemoryUse::of_arrays("price levels", &self.pages),
            MemoryUse::of_slice("free pages of price levels", &self.free_pages),
        ]
    }

    /// Most ticks of a grid.
    pub const TICKS_MAX: u32 = 1 << 18;

    /// Highest tick with bids, if any.
    #[inline]
    #[must_use]
    pub fn best_bid(&self, book: u32) -> Option<u32> {
        self.best[book].bid.checked_sub(1)
    }

    /// Lowest tick with asks, if any.
    #[inline]
    #[must_use]
    pub fn best_ask(&self, book: u32) -> Option<u32> {
        let ask = self.best[book].ask;
        (ask != NO_ASK).then_some(ask)
    }

    /// Whether an order of `side` at `tick` would meet none of the other side.
    #[inline]
    #[must_use]
    pub fn rests(&self, book: u32, side: Side, tick: u32) -> bool {
        let best = &self.best[book];
        match side {
            Side::Buy => tick < best.ask,
            Side::Sell => tick >= best.bid,
        }
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
            Side::Buy => self.occupied.highest_below(book, tick),
            Side::Sell => self.occupied.lowest_above(book, tick),
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
        let best = &mut self.best[book];
        match side {
            Side::Buy => {
                assert!(tick < best.ask, "a resting bid lies below the best ask");
                best.bid = best.bid.max(tick.wrapping_add(1));
            }
            Side::Sell => {
                assert!(tick >= best.bid, "a resting ask lies above the best bid");
                best.ask = best.ask.min(tick);
            }
        }
        let page = self.page_of[self.page_index(book, tick)];
        let level = self.pages.get_mut(page).map(|page| &mut page[level_index(tick)]);
        let mut previous = NONE;
        let mut ahead = 0;
        if let Some(level) = level.filter(|level| level.head != NONE) {
            previous = level.tail;
            level.tail = order;
            ahead = level.quantity;
            level.quantity += quantity;
            orders[previous as usize].as_mut().next = order;
        } else {
            self.open_level(book, tick, Level { head: order, tail: order, quantity });
        }
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
        let level = self.level_mut(book, tick);
        level.quantity -= u64::from(quantity);
        if previous == NONE {
            level.head = next;
        } else {
            orders[previous as usize].as_mut().next = next;
        }
        if next == NONE {
            level.tail = previous;
        } else {
            orders[next as usize].as_mut().previous = previous;
        }
        if previous == NONE && next == NONE {
            *level = EMPTY_LEVEL;
            self.close_level(book, tick);
        }
    }

    /// Sets the quantity of `order` to `quantity`, at most what it was and not 0; it keeps its
    /// place.
    ///
    /// # Panics
    /// When the quantity is 0 or grows.
    #[inline]
    pub fn reduce<T>(&mut self, orders: &mut [T], book: u32, order: u32, quantity: u32)
    where
        T: AsMut<Place>,
    {
        let place = orders[order as usize].as_mut();
        assert!(quantity > 0 && quantity <= place.quantity, "a reduction leaves less, not none");
        let less = place.quantity - quantity;
        place.quantity = quantity;
        self.level_mut(book, place.tick).quantity -= u64::from(less);
    }

    /// As [`Self::best_bid`] for any number of a book.
    #[inline]
    #[must_use]
    pub fn find_best_bid(&self, book: u32) -> Option<u32> {
        self.best.get(book)?.bid.checked_sub(1)
    }

    /// As [`Self::best_ask`] for any number of a book.
    #[inline]
    #[must_use]
    pub fn find_best_ask(&self, book: u32) -> Option<u32> {
        self.best.get(book).map(|best| best.ask).filter(|ask| *ask != NO_ASK)
    }

    /// The first and the last order at a tick, if there is one, for any numbers.
    #[inline]
    #[must_use]
    pub fn find_ends(&self, book: u32, tick: u32) -> Option<(u32, u32)> {
        let Level { head, tail, .. } = self.find_page(book, tick)?[level_index(tick)];
        (head != NONE).then_some((head, tail))
    }

    /// Brings what an order at `tick` of `book` will touch close; any numbers are allowed.
    #[inline]
    pub fn prefetch(&self, book: u32, tick: u32) {
        self.best.prefetch(book);
        self.page_of.prefetch(self.any_page_index(book, tick));
        self.occupied.prefetch(book, tick);
    }

    /// Brings the level at `tick` of `book` close; any numbers are allowed.
    #[inline]
    pub fn prefetch_level(&self, book: u32, tick: u32) {
        if let Some(page) = self.find_page(book, tick) {
            prefetch_element(page, level_index(tick));
        }
    }

    /// Brings the neighbours of an order in its level close.
    #[inline]
    pub fn prefetch_neighbours<T>(orders: &[T], place: &Place) {
        prefetch_element(orders, place.next as usize);
        prefetch_element(orders, place.previous as usize);
    }

    #[inline(always)]
    fn page_index(&self, book: u32, tick: u32) -> u32 {
        assert!(tick / PAGE_LEVELS < self.pages_per_book, "a tick lies on the grid");
        self.any_page_index(book, tick)
    }

    /// As [`Self::page_index`], of any numbers: it may be that of another page, or of none.
    #[inline]
    fn any_page_index(&self, book: u32, tick: u32) -> u32 {
        book.wrapping_mul(self.pages_per_book).wrapping_add(tick / PAGE_LEVELS)
    }

    #[inline]
    fn find_page(&self, book: u32, tick: u32) -> Option<&Page> {
        let page = self.page_of.get(self.any_page_index(book, tick))?;
        self.pages.get(*page)
    }

    /// The level at `tick`, if it holds an order.
    #[inline]
    fn level(&self, book: u32, tick: u32) -> Option<&Level> {
        let page = self.pages.get(self.page_of[self.page_index(book, tick)])?;
        let level = &page[level_index(tick)];
        (level.head != NONE).then_some(level)
    }

    #[inline(always)]
    fn level_mut(&mut self, book: u32, tick: u32) -> &mut Level {
        let page = self.page_of[self.page_index(book, tick)];
        &mut self.pages[page][level_index(tick)]
    }

    #[inline(always)]
    fn open_level(&mut self, book: u32, tick: u32, level: Level) {
        let index = self.page_index(book, tick);
        if self.page_of[index] == NONE {
            self.free_page_count =
                self.free_page_count.checked_sub(1).expect("each page in use holds an order");
            self.page_of[index] = self.free_pages[self.free_page_count];
        }
        *self.level_mut(book, tick) = level;
        self.occupied.insert(book, tick);
    }

    #[inline]
    fn close_level(&mut self, book: u32, tick: u32) {
        self.occupied.remove(book, tick);
        if !self.occupied.page_contains_any(book, tick, PAGE_LEVELS) {
            let index = self.page_index(book, tick);
            self.free_pages[self.free_page_count] = self.page_of[index];
            self.free_page_count += 1;
            self.page_of[index] = NONE;
        }
        if is_planted(PlantedFault::StaleBestAfterCancel) {
            return;
        }
        let best = self.best[book];
        if best.bid == tick + 1 {
            let next = self.occupied.highest_below(book, tick);
            self.best[book].bid = next.map_or(NO_BID, |tick| tick + 1);
        } else if best.ask == tick {
            self.best[book].ask = self.occupied.lowest_above(book, tick).unwrap_or(NO_ASK);
        }
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

/// The bid is stored one higher, so that none is below all.
#[derive(Clone, Copy, Debug)]
struct BestTicks {
    bid: u32,
    ask: u32,
}

/// The head is `NONE` where no order is.
#[derive(Clone, Copy, Debug)]
struct Level {
    head: u32,
    tail: u32,
    quantity: u64,
}

/// Where the level of a tick lies in its page.
#[inline]
fn level_index(tick: u32) -> usize {
    (tick % PAGE_LEVELS) as usize
}

type Page = [Level; PAGE_LEVELS as usize];

const PAGE_LEVELS: u32 = 8;
const EMPTY_LEVEL: Level = Level { head: NONE, tail: NONE, quantity: 0 };
const NONE: u32 = u32::MAX;
const NO_BID: u32 = 0;
const NO_ASK: u32 = u32::MAX;
