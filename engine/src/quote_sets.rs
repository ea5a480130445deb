//! Quote sets: what a key's mass quotes belong to, and which orders are a set's quotes now.
//!
//! A set has at most one bid and one offer in each market, and quotes in at most
//! [`QUOTE_SET_MARKETS_MAX`] markets, so that one step takes all of them away. Its markets lie
//! sorted in a row of their own; the orders themselves are ordinary ones that name the set.

mod snapshot;

use forecastle_proto_spec::{Digest, SelfMatchPrevention, Side};
use forecastle_runtime::memory::{Arena, prefetch_element};

use crate::memory_table::MemoryUse;
use crate::order_detail::{OrderDetail, instruction_of};
use crate::state_digest::{DigestSum, Domain, pair};

/// What a set was defined with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct QuoteSet {
    pub(crate) access_key_id: u32,
    /// The key's number for it, from 1.
    pub(crate) quote_set_id: u16,
    /// Place of its protection group; 0 for none.
    pub(crate) group: u16,
    pub(crate) account: u32,
    pub(crate) bid_price_sum_max: u32,
    pub(crate) offer_price_sum_min: u32,
    /// Orders and quotes of its firm with the same id never trade with its quotes; 0 for the id of
    /// all quotes that have no other.
    pub(crate) self_match_prevention_id: u16,
    /// There when the id is not 0.
    pub(crate) self_match_prevention: Option<SelfMatchPrevention>,
    /// Instructions of its quotes, bits `EXEC_INST_*`.
    pub(crate) exec_inst: u8,
}

impl QuoteSet {
    /// The detail of its quotes, when it lies at a place.
    pub(crate) fn detail(&self, place: u16) -> OrderDetail {
        let instruction = self.self_match_prevention.unwrap_or(SelfMatchPrevention::CancelResting);
        OrderDetail {
            self_match_prevention_id: self.self_match_prevention_id,
            self_match_prevention: Some(instruction),
            exec_inst: self.exec_inst,
            quote_set: place,
            ..OrderDetail::NONE
        }
    }
}

/// The quotes of a set in one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QuotedMarket {
    pub(crate) security_id: u32,
    /// Slots of the bid and the offer.
    quotes: [u32; 2],
}

impl QuotedMarket {
    /// The slot of the quote on a side.
    #[inline]
    pub(crate) fn quote(&self, side: Side) -> Option<u32> {
        let slot = self.quotes[side_index(side)];
        (slot != NO_QUOTE).then_some(slot)
    }
}

/// A set and what is kept beside it.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    set: QuoteSet,
    /// Its quotes are being taken away, and trade no more.
    is_blocked: bool,
    market_count: u16,
    /// The set of the same key that was defined before; 0 for none.
    older: u16,
}

/// All quote sets, at places from 1.
#[derive(Debug)]
pub(crate) struct QuoteSetTable {
    entries: Box<[Entry]>,
    count: u16,
    /// Newest set of each key; 0 for none.
    newest: Box<[u16]>,
    /// [`QUOTE_SET_MARKETS_MAX`] for each set, those in use first and sorted.
    markets: Arena<QuotedMarket>,
    blocked_count: u16,
    digest: DigestSum,
}

impl QuoteSetTable {
    /// Room for `sets_max` (at most [`QUOTE_SETS_LIMIT`]) sets of keys up to `access_keys_max`.
    pub(crate) fn new(sets_max: u32, access_keys_max: u32) -> Self {
        Self {
            entries: vec![Entry::default(); sets_max as usize + 1].into_boxed_slice(),
            count: 0,
            newest: vec![0; access_keys_max as usize + 1].into_boxed_slice(),
            markets: Arena::new((sets_max + 1) * MARKETS_MAX, NO_MARKET),
            blocked_count: 0,
            digest: DigestSum::default(),
        }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 3] {
        [
            MemoryUse::of_slice("quote sets", &self.entries),
            MemoryUse::of_slice("quote sets by key", &self.newest),
            MemoryUse::of_arena("quoted markets", &self.markets),
        ]
    }

    /// The place of a key's set.
    pub(crate) fn find(&self, access_key_id: u32, quote_set_id: u16) -> Option<u16> {
        self.sets_of(access_key_id).find(|place| self.set(*place).quote_set_id == quote_set_id)
    }

    /// Brings the set of a key close that was defined last, for any number.
    #[inline]
    pub(crate) fn prefetch_newest(&self, access_key_id: u32) {
        let newest = self.newest.get(access_key_id as usize).copied().unwrap_or(0);
        prefetch_element(&self.entries, usize::from(newest));
    }

    /// Whether there is no room for one more set of a key. O(sets of the key).
    pub(crate) fn is_full(&self, access_key_id: u32) -> bool {
        usize::from(self.count) + 1 == self.entries.len()
            || self.sets_of(access_key_id).count() >= SETS_OF_KEY_MAX
    }

    /// Places of a key's sets, the newest first.
    fn sets_of(&self, access_key_id: u32) -> impl Iterator<Item = u16> {
        let newest = self.newest.get(access_key_id as usize).and_then(|place| some(*place));
        std::iter::successors(newest, |place| some(self.entry(*place).older))
    }

    /// Places of all sets.
    pub(crate) fn places(&self) -> std::ops::RangeInclusive<u16> {
        1..=self.count
    }

    pub(crate) fn set(&self, place: u16) -> &QuoteSet {
        &self.entry(place).set
    }

    /// Adds a set that its key does not have.
    ///
    /// # Panics
    /// When the table is full.
    pub(crate) fn add(&mut self, set: QuoteSet) -> u16 {
        self.count += 1;
        let place = self.count;
        let newest = &mut self.newest[set.access_key_id as usize];
        let older = std::mem::replace(newest, place);
        self.entries[usize::from(place)] = Entry { set, older, ..Entry::default() };
        self.digest.add(self.piece(place));
        place
    }

    /// Defines a set anew.
    pub(crate) fn redefine(&mut self, place: u16, set: QuoteSet) {
        self.update(place, |entry| entry.set = set);
    }

    /// The markets in which a set has quotes, by ascending security id.
    pub(crate) fn markets(&self, place: u16) -> &[QuotedMarket] {
        let start = usize::from(place) * QUOTE_SET_MARKETS_MAX;
        &self.markets.as_slice()[start..start + usize::from(self.entry(place).market_count)]
    }

    /// The slot of a set's quote.
    pub(crate) fn quote(&self, place: u16, security_id: u32, side: Side) -> Option<u32> {
        let index = self.position(place, security_id).ok()?;
        self.markets(place)[index].quote(side)
    }

    /// The slot of a set's quote in one of its markets.
    ///
    /// # Panics
    /// When there is none.
    #[inline(always)]
    pub(crate) fn quote_at(&self, place: u16, index: u8, side: Side) -> u32 {
        let quote = self.markets(place)[usize::from(index)].quote(side);
        quote.expect("a quote that is planned with stands")
    }

    /// Which of a set's markets one is, if it has quotes there, and these; looked for at `hint`
    /// first.
    #[inline(always)]
    pub(crate) fn find_market(
        &self,
        place: u16,
        security_id: u32,
        hint: u8,
    ) -> Option<(u8, QuotedMarket)> {
        let markets = self.markets(place);
        if let Some(market) = markets.get(usize::from(hint))
            && market.security_id == security_id
        {
            return Some((hint, *market));
        }
        let index = self.position(place, security_id).ok()?;
        Some((u8::try_from(index).expect("a set has few markets"), markets[index]))
    }

    /// Quotes of a set.
    pub(crate) fn quote_count(&self, place: u16) -> u32 {
        let both =
            |market: &QuotedMarket| Side::ALL.map(|side| u32::from(market.quote(side).is_some()));
        self.markets(place).iter().flat_map(both).sum()
    }

    /// Notes that the order in a slot is a set's quote.
    ///
    /// # Panics
    /// When the set has another there, or no room for another market.
    pub(crate) fn link(&mut self, place: u16, security_id: u32, side: Side, slot: u32) {
        let count = usize::from(self.entry(place).market_count);
        let found = self.position(place, security_id);
        let row = self.row_mut(place);
        let index = found.unwrap_or_else(|index| {
            assert!(count < QUOTE_SET_MARKETS_MAX, "the markets of a set are counted before");
            row.copy_within(index..count, index + 1);
            row[index] = QuotedMarket { security_id, ..NO_MARKET };
            index
        });
        let quote = &mut row[index].quotes[side_index(side)];
        assert_eq!(*quote, NO_QUOTE, "a set has one quote on a side");
        *quote = slot;
        self.entries[usize::from(place)].market_count += u16::from(found.is_err());
    }

    /// Notes that another order is a set's quote in one of its markets, in place of the one there.
    ///
    /// # Panics
    /// When there is none.
    #[inline]
    pub(crate) fn replace(&mut self, place: u16, index: u8, side: Side, slot: u32) {
        let quote = &mut self.row_mut(place)[usize::from(index)].quotes[side_index(side)];
        assert_ne!(*quote, NO_QUOTE, "a quote takes the place of another");
        *quote = slot;
    }

    /// Notes that a set's quote is gone.
    ///
    /// # Panics
    /// When there is none.
    pub(crate) fn unlink(&mut self, place: u16, security_id: u32, side: Side) {
        let count = usize::from(self.entry(place).market_count);
        let index = self.position(place, security_id).expect("a quote's market is its set's");
        let row = self.row_mut(place);
        let quotes = &mut row[index].quotes;
        let slot = std::mem::replace(&mut quotes[side_index(side)], NO_QUOTE);
        assert_ne!(slot, NO_QUOTE, "a quote is taken away once");
        if *quotes == NO_MARKET.quotes {
            row.copy_within(index + 1..count, index);
            row[count - 1] = NO_MARKET;
            self.entries[usize::from(place)].market_count -= 1;
        }
    }

    /// Whether the quotes of a set are being taken away.
    #[inline]
    pub(crate) fn is_blocked(&self, place: u16) -> bool {
        self.entry(place).is_blocked
    }

    /// Whether any set's are.
    #[inline]
    pub(crate) fn has_blocked(&self) -> bool {
        self.blocked_count > 0
    }

    /// The lowest place of such a set.
    pub(crate) fn first_blocked(&self) -> Option<u16> {
        if self.has_blocked() { self.places().find(|it| self.is_blocked(*it)) } else { None }
    }

    /// Blocks a set that has quotes, or frees it when it has none any more.
    pub(crate) fn set_blocked(&mut self, place: u16, is_blocked: bool) {
        if self.is_blocked(place) != is_blocked {
            self.update(place, |entry| entry.is_blocked = is_blocked);
            let count = self.entries.iter().filter(|entry| entry.is_blocked).count();
            self.blocked_count = u16::try_from(count).expect("places are 16 bits");
        }
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over all sets.
    ///
    /// # Panics
    /// When the markets of a set are not sorted, or one has no quote.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        for place in self.places() {
            let markets = self.markets(place);
            assert!(markets.is_sorted_by_key(|market| market.security_id));
            assert!(markets.iter().all(|market| market.quotes != NO_MARKET.quotes));
        }
        self.places().map(|place| self.piece(place)).collect()
    }

    fn entry(&self, place: u16) -> &Entry {
        &self.entries[usize::from(place)]
    }

    fn row_mut(&mut self, place: u16) -> &mut [QuotedMarket] {
        let start = usize::from(place) * QUOTE_SET_MARKETS_MAX;
        &mut self.markets.as_mut_slice()[start..start + QUOTE_SET_MARKETS_MAX]
    }

    fn position(&self, place: u16, security_id: u32) -> Result<usize, usize> {
        self.markets(place).binary_search_by_key(&security_id, |market| market.security_id)
    }

    fn update(&mut self, place: u16, change: impl FnOnce(&mut Entry)) {
        self.digest.remove(self.piece(place));
        change(&mut self.entries[usize::from(place)]);
        self.digest.add(self.piece(place));
    }

    fn piece(&self, place: u16) -> Digest {
        let Entry { set, is_blocked, .. } = self.entry(place);
        let ids = u32::from(set.quote_set_id) << 16 | u32::from(set.group);
        let [low, high] = set.self_match_prevention_id.to_le_bytes();
        let terms = [low, high, instruction_of(set.self_match_prevention), set.exec_inst];
        Domain::QuoteSet
            .digest()
            .absorb(pair(u32::from(place) << 1 | u32::from(*is_blocked), set.access_key_id))
            .absorb(pair(ids, set.account))
            .absorb(pair(set.bid_price_sum_max, set.offer_price_sum_min))
            .absorb(u64::from(u32::from_le_bytes(terms)))
    }
}

fn some(place: u16) -> Option<u16> {
    (place != 0).then_some(place)
}

fn side_index(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

/// Most markets in which one set has quotes: all of them are taken away in one step.
pub(crate) const QUOTE_SET_MARKETS_MAX: usize = 128;
/// Most quote sets of an exchange.
pub(crate) const QUOTE_SETS_LIMIT: u32 = 4_096;
/// Most quote sets of one key, so that none takes all the room.
const SETS_OF_KEY_MAX: usize = 256;
const MARKETS_MAX: u32 = 128;
const NO_QUOTE: u32 = u32::MAX;
const NO_MARKET: QuotedMarket = QuotedMarket { security_id: 0, quotes: [NO_QUOTE; 2] };

const _: () = assert!(MARKETS_MAX as usize == QUOTE_SET_MARKETS_MAX);
