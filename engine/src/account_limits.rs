//! Limits of accounts, and what they are measured by: lots of open orders in each market, and what
//! was paid in each event since the limit stands.
//!
//! Both are kept only for accounts with such a limit; every other account pays one comparison: of a
//! bit, and while no account is limited of one counter.

mod checks;
mod snapshot;

use forecastle_proto_spec::{Digest, Side};
use forecastle_runtime::memory::Arena;

use crate::memory_table::MemoryUse;
use crate::state_digest::{DigestSum, Domain, pair};

pub(crate) use checks::Addition;

/// Limits of one account; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AccountLimits {
    /// Most lots in one market, long or short, with every open order of the side filled.
    pub(crate) position: i64,
    /// Most that one event can lose, millionths, counted from when the limit was set.
    pub(crate) worst_loss: i64,
    /// Most that one order can cost, millionths.
    pub(crate) order_cost: i64,
}

impl AccountLimits {
    /// Whether no limit is negative.
    pub(crate) fn are_in_range(&self) -> bool {
        self.position >= 0 && self.worst_loss >= 0 && self.order_cost >= 0
    }
}

/// Lots of an account's open orders in one market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OpenLots {
    bids: i64,
    asks: i64,
}

impl OpenLots {
    /// Lots of one side.
    pub(crate) fn of(&self, side: Side) -> i64 {
        match side {
            Side::Buy => self.bids,
            Side::Sell => self.asks,
        }
    }

    fn of_mut(&mut self, side: Side) -> &mut i64 {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}

/// All limits. Rows and places in them are those of the table of exposures.
#[derive(Debug)]
pub(crate) struct LimitTable {
    limits: Arena<AccountLimits>,
    /// A bit for each account with any limit, 64 to a word: few lines, where the limits are many.
    limited: Arena<u64>,
    /// Accounts with any limit.
    limited_count: u32,
    /// Lots of open orders by row, of accounts with a position limit.
    open: Arena<[OpenLots; ROW_MARKETS]>,
    /// What was paid by first row, millionths, of accounts with a limit on their worst loss.
    paid: Arena<i64>,
    digest: DigestSum,
}

impl LimitTable {
    pub(crate) fn new(accounts_max: u32, exposures_max: u32) -> Self {
        Self {
            limits: Arena::new(accounts_max + 1, NO_LIMITS),
            limited: Arena::new(accounts_max / u64::BITS + 1, 0),
            limited_count: 0,
            open: Arena::new(exposures_max, [NO_LOTS; ROW_MARKETS]),
            paid: Arena::new(exposures_max, 0),
            digest: DigestSum::default(),
        }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 4] {
        [
            MemoryUse::of_arena("limits of accounts", &self.limits),
            MemoryUse::of_arena("limited accounts", &self.limited),
            MemoryUse::of_arena("open lots by exposure", &self.open),
            MemoryUse::of_arena("payments by exposure", &self.paid),
        ]
    }

    /// The limits of an account in range.
    #[inline]
    pub(crate) fn limits(&self, account: u32) -> AccountLimits {
        if self.is_limited(account) { self.limits[account] } else { NO_LIMITS }
    }

    /// Whether an account in range has any limit.
    #[inline(always)]
    pub(crate) fn is_limited(&self, account: u32) -> bool {
        self.limited_count > 0
            && self.limited[account / u64::BITS] & 1 << (account % u64::BITS) != 0
    }

    /// Sets the limits of an account; [`Self::forget_paid`] and [`Self::forget_open`] follow for
    /// what is no longer kept.
    pub(crate) fn set(&mut self, account: u32, limits: AccountLimits) {
        let old = std::mem::replace(&mut self.limits[account], limits);
        if old != NO_LIMITS {
            self.limited_count -= 1;
            self.digest.remove(limits_piece(account, &old));
        }
        if limits != NO_LIMITS {
            self.limited_count += 1;
            self.digest.add(limits_piece(account, &limits));
        }
        let bit = 1 << (account % u64::BITS);
        let word = &mut self.limited[account / u64::BITS];
        *word = if limits == NO_LIMITS { *word & !bit } else { *word | bit };
    }

    /// Lots of open orders at a place, of an account with a position limit.
    pub(crate) fn open_lots(&self, (row, index): (u32, usize)) -> OpenLots {
        self.open[row][index]
    }

    /// What an account with a limit on its worst loss has paid in the event of a first row.
    #[inline]
    pub(crate) fn paid(&self, row: u32) -> i64 {
        self.paid[row]
    }

    /// Counts lots of open orders of an account at a place, if it has a limit on them.
    #[inline]
    pub(crate) fn count_open(
        &mut self,
        account: u32,
        (row, index): (u32, usize),
        (side, lots): (Side, i64),
    ) {
        if self.limits(account).position != 0 && lots != 0 {
            *self.open[row][index].of_mut(side) += lots;
        }
    }

    /// Counts what an account paid for a trade.
    pub(crate) fn pay(&mut self, (account, event_id): (u32, u32), row: u32, amount: i64) {
        let paid = self.paid[row];
        self.set_paid((account, event_id), row, paid + amount);
    }

    /// Forgets what was paid in an event.
    pub(crate) fn forget_paid(&mut self, pair: (u32, u32), row: u32) {
        self.set_paid(pair, row, 0);
    }

    /// Forgets the open lots of a row.
    pub(crate) fn forget_open(&mut self, row: u32) {
        self.open[row] = [NO_LOTS; ROW_MARKETS];
    }

    /// Brings the limits of an account close, and what is counted in a row of it, if it has any and
    /// is in range.
    #[inline(always)]
    pub(crate) fn prefetch(&self, account: u32, row: Option<u32>) {
        if self.limited_count > 0 {
            self.prefetch_limited(account, row);
        }
    }

    #[inline(never)]
    fn prefetch_limited(&self, account: u32, row: Option<u32>) {
        if account >= self.limits.capacity() || !self.is_limited(account) {
            return;
        }
        self.limits.prefetch(account);
        if let Some(row) = row {
            self.open.prefetch(row);
            self.paid.prefetch(row);
        }
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest of all limits by a walk; what was paid is walked with the pairs.
    ///
    /// # Panics
    /// When an account is limited and not marked so, or the other way round.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        let is_marked = |(account, limits): (u32, &AccountLimits)| {
            self.is_limited(account) == (*limits != NO_LIMITS)
        };
        assert!((0..).zip(self.limits.as_slice()).all(is_marked), "each has its bit");
        let limited = self.iter().map(|(account, limits)| limits_piece(account, limits));
        limited.collect()
    }

    /// Limited accounts, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &AccountLimits)> {
        (0..).zip(self.limits.as_slice()).filter(|(_, limits)| **limits != NO_LIMITS)
    }

    fn set_paid(&mut self, (account, event_id): (u32, u32), row: u32, paid: i64) {
        let old = std::mem::replace(&mut self.paid[row], paid);
        if old != 0 {
            self.digest.remove(paid_piece(account, event_id, old));
        }
        if paid != 0 {
            self.digest.add(paid_piece(account, event_id, paid));
        }
    }
}

fn limits_piece(account: u32, limits: &AccountLimits) -> Digest {
    Domain::AccountLimits
        .digest()
        .absorb(u64::from(account))
        .absorb_signed(limits.position)
        .absorb_signed(limits.worst_loss)
        .absorb_signed(limits.order_cost)
}

/// The piece of what an account has paid in an event.
pub(crate) fn paid_piece(account: u32, event_id: u32, paid: i64) -> Digest {
    Domain::PaidInEvent.digest().absorb(pair(account, event_id)).absorb_signed(paid)
}

const ROW_MARKETS: usize = crate::exposure::ROW_MARKETS as usize;
const NO_LOTS: OpenLots = OpenLots { bids: 0, asks: 0 };
/// Those of an account that nobody limited.
pub(crate) const NO_LIMITS: AccountLimits =
    AccountLimits { position: 0, worst_loss: 0, order_cost: 0 };
