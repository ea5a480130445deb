//! Accounts: firm, cash, and what is derived from their exposures.
//!
//! Cash changes in one place, which also keeps the total and the digest.

mod snapshot;

use forecastle_proto_spec::Digest;
use forecastle_runtime::memory::Arena;

use crate::exposure::NearPairs;
use crate::memory_table::MemoryUse;
use crate::state_digest::{Addend, DigestSum, Domain, pair};

/// One account, a cache line; its number is its index.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Account {
    /// Zero when there is no such account.
    pub(crate) firm_id: u32,
    pub(crate) open_order_count: u32,
    cash: i64,
    /// Sum over its exposures of the worst case of each event, millionths.
    pub(crate) minimum_total: i64,
    /// Sum of the sizes of all positions and of what is left of open orders, lots.
    pub(crate) lots: i64,
    /// Where its exposures are.
    pub(crate) pairs: NearPairs,
}

impl Account {
    /// Cash, millionths.
    #[inline]
    pub(crate) fn cash(&self) -> i64 {
        self.cash
    }

    /// Cash plus the worst case of every event.
    #[inline]
    pub(crate) fn worst_case(&self) -> i64 {
        self.cash + self.minimum_total
    }

    /// Counts an open order that came to rest with `leaves` lots and changed the worst case of its
    /// event by `minimum`.
    ///
    /// # Panics
    /// When the account could end with less than nothing.
    #[inline(always)]
    pub(crate) fn enter_order(&mut self, minimum: i64, leaves: i64) {
        self.minimum_total += minimum;
        self.lots += leaves;
        // No more than there are slots.
        self.open_order_count = self.open_order_count.wrapping_add(1);
        assert!(self.worst_case() >= 0, "every account covers its worst case");
    }

    /// As [`Self::enter_order`] of an order that was counted before and has `lots` more.
    ///
    /// # Panics
    /// When the account could end with less than nothing.
    #[inline(always)]
    pub(crate) fn move_order(&mut self, minimum: i64, lots: i64) {
        self.minimum_total += minimum;
        self.lots += lots;
        assert!(self.worst_case() >= 0, "every account covers its worst case");
    }

    /// As [`Self::enter_order`] of an order that left its book with `leaves` lots; gives whether
    /// cash alone covers the worst cases, which an event that is being paid out may have to.
    #[inline(always)]
    pub(crate) fn leave_order(&mut self, minimum: i64, leaves: i64) -> bool {
        self.minimum_total += minimum;
        self.lots -= leaves;
        self.open_order_count -= 1;
        self.worst_case() >= 0
    }
}

/// All accounts.
#[derive(Debug)]
pub(crate) struct AccountTable {
    accounts: Arena<Account>,
    count: u32,
    highest: u32,
    cash_total: i128,
    digest: DigestSum,
}

impl AccountTable {
    pub(crate) fn new(accounts_max: u32) -> Self {
        Self {
            accounts: Arena::new(accounts_max + 1, ABSENT),
            count: 0,
            highest: 0,
            cash_total: 0,
            digest: DigestSum::default(),
        }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 1] {
        [MemoryUse::of_arena("accounts", &self.accounts)]
    }

    /// Whether a number is in range, defined or not.
    pub(crate) fn contains(&self, number: u32) -> bool {
        number > 0 && number < self.accounts.capacity()
    }

    /// Accounts defined.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Highest number defined, 0 when none is.
    pub(crate) fn highest(&self) -> u32 {
        self.highest
    }

    /// Cash of all accounts.
    #[inline]
    pub(crate) fn cash_total(&self) -> i128 {
        self.cash_total
    }

    /// An account, if it is defined.
    #[inline]
    pub(crate) fn find(&self, number: u32) -> Option<&Account> {
        self.accounts.get(number).filter(|account| account.firm_id != 0)
    }

    /// As [`Self::find`], to change what is derived.
    #[inline]
    pub(crate) fn find_mut(&mut self, number: u32) -> Option<&mut Account> {
        self.accounts.get_mut(number).filter(|account| account.firm_id != 0)
    }

    /// A defined account.
    #[inline]
    pub(crate) fn account(&self, number: u32) -> &Account {
        &self.accounts[number]
    }

    /// A defined account, to change what is derived.
    #[inline]
    pub(crate) fn account_mut(&mut self, number: u32) -> &mut Account {
        &mut self.accounts[number]
    }

    /// Numbers and rows of all defined accounts, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Account)> {
        (0..).zip(self.accounts.as_slice()).filter(|(_, account)| account.firm_id != 0)
    }

    /// Opens an account of a number in range that is not defined.
    pub(crate) fn define(&mut self, number: u32, firm_id: u32) {
        self.accounts[number] = Account { firm_id, ..ABSENT };
        self.count += 1;
        self.highest = self.highest.max(number);
        self.digest.add(piece(number, firm_id));
    }

    /// Moves `amount` to the cash of a defined account; from it when negative. The only place that
    /// changes cash. Gives the account.
    #[inline]
    pub(crate) fn move_cash(&mut self, number: u32, amount: i64) -> &mut Account {
        let account = &mut self.accounts[number];
        account.cash =
            account.cash.checked_add(amount).expect("the bound on lots keeps cash in range");
        self.digest.add(cash_addend(number, amount));
        self.cash_total += i128::from(amount);
        account
    }

    #[inline]
    pub(crate) fn prefetch(&self, number: u32) {
        self.accounts.prefetch(number);
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over all accounts.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        let accounts: DigestSum =
            self.iter().map(|(number, account)| piece(number, account.firm_id)).collect();
        accounts.join(self.iter().map(|(number, held)| cash_addend(number, held.cash)).collect())
    }
}

/// The piece of an account before its cash.
fn piece(number: u32, firm_id: u32) -> Digest {
    Domain::Account.digest().absorb(pair(number, firm_id))
}

/// What an amount of cash of an account adds to the digest.
#[inline]
fn cash_addend(number: u32, amount: i64) -> Addend {
    Domain::Account.addend([u64::from(number)]).times(amount.cast_unsigned())
}

const ABSENT: Account = Account {
    firm_id: 0,
    open_order_count: 0,
    cash: 0,
    minimum_total: 0,
    lots: 0,
    pairs: NearPairs::NONE,
};

const _: () = assert!(size_of::<Account>() == 64);
