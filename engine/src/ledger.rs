//! Money: accounts and exposures together, the totals, and the law that money is conserved.

mod snapshot;

use forecastle_proto_spec::Side;

use crate::account_limits::{AccountLimits, LimitTable, paid_piece};
use crate::accounts::{Account, AccountTable};
use crate::exposure::{EventShape, ExposureTable, ROW_MARKETS, Stake};
use crate::state_digest::{Addend, DigestSum, Domain};

/// Accounts, exposures and totals.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) accounts: AccountTable,
    pub(crate) exposures: ExposureTable,
    pub(crate) limits: LimitTable,
    totals: Totals,
    /// What the totals leave for the cash of all accounts.
    cash_due: i128,
    digest: DigestSum,
}

/// Sums over the exchange, millionths.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) deposits: i64,
    pub(crate) withdrawals: i64,
    pub(crate) fees: i64,
    /// Taken from accounts less paid to them by pay-outs in progress. Between the first account
    /// and the last it may be large: it is wider than the cash of one account.
    pub(crate) settlement_pool: i128,
}

impl Ledger {
    pub(crate) fn new(accounts_max: u32, exposures_max: u32, events_max: u32) -> Self {
        Self {
            accounts: AccountTable::new(accounts_max),
            exposures: ExposureTable::new(exposures_max, events_max),
            limits: LimitTable::new(accounts_max, exposures_max),
            totals: Totals::default(),
            cash_due: 0,
            digest: DigestSum::default(),
        }
    }

    #[inline]
    pub(crate) fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Cash of an account plus the worst case of every event.
    #[inline]
    pub(crate) fn worst_case(&self, account: u32) -> i64 {
        self.accounts.account(account).worst_case()
    }

    /// The first row of what an account has at stake in an event, if it ever had anything.
    #[inline]
    pub(crate) fn find_pair(&self, account: u32, event_id: u32) -> Option<u32> {
        let holder = self.accounts.find(account)?;
        self.exposures.find(&holder.pairs, account, event_id)
    }

    /// Gives a pair of a defined account and an event that has none its rows.
    ///
    /// # Panics
    /// When there is no room, or it has.
    pub(crate) fn take_pair(&mut self, account: u32, event_id: u32, shape: EventShape) -> u32 {
        let near = &mut self.accounts.account_mut(account).pairs;
        self.exposures.take(near, (account, event_id), shape)
    }

    /// Adds `stake` to what an account has at stake in the market of `state`, and `leaves` to what
    /// is left of its open orders; gives the account.
    #[inline(always)]
    pub(crate) fn change(
        &mut self,
        row: u32,
        state: u8,
        stake: Stake,
        leaves: i64,
    ) -> &mut Account {
        let effect = self.exposures.change(row, state, stake);
        if self.limits.is_limited(effect.account) {
            self.count_open((effect.account, row, state), stake.open_side(), leaves);
        }
        let account = self.accounts.account_mut(effect.account);
        account.minimum_total += effect.minimum;
        account.lots += effect.size + leaves;
        account
    }

    /// Adds `cost` to what an account holds for open orders of a side in the market of `state`, and
    /// `leaves` to what is left of them; gives the account and its number.
    #[inline(always)]
    pub(crate) fn hold(
        &mut self,
        (row, state): (u32, u8),
        (side, cost): (Side, i64),
        leaves: i64,
    ) -> (u32, &mut Account) {
        let effect = self.exposures.hold(row, state, side, cost);
        if self.limits.is_limited(effect.account) {
            self.count_open((effect.account, row, state), side, leaves);
        }
        let account = self.accounts.account_mut(effect.account);
        account.minimum_total += effect.minimum;
        account.lots += leaves;
        (effect.account, account)
    }

    /// Adds `cost` to what an account holds for open orders of a side in the market of a state, and
    /// `leaves` to what its limits count of them; [`Self::settle_holds`] has to follow.
    #[inline(always)]
    pub(crate) fn hold_unsettled(
        &mut self,
        (account, row, state): (u32, u32, u8),
        (side, cost): (Side, i64),
        leaves: i64,
    ) {
        self.exposures.hold_unsettled((row, state), (side, cost));
        if self.limits.is_limited(account) {
            self.count_open((account, row, state), side, leaves);
        }
    }

    /// Brings the account of a row up to holds that were changed unsettled, and adds `leaves` to
    /// what is left of its open orders; gives the account.
    #[inline]
    pub(crate) fn settle_holds(&mut self, row: u32, leaves: i64) -> &Account {
        let effect = self.exposures.settle(row);
        let account = self.accounts.account_mut(effect.account);
        account.minimum_total += effect.minimum;
        account.lots += leaves;
        account
    }

    /// Counts lots of open orders of a limited account in the market of a state, if it has a limit
    /// on them.
    #[inline(never)]
    fn count_open(&mut self, (account, row, state): (u32, u32, u8), side: Side, leaves: i64) {
        self.limits.count_open(account, self.exposures.place(row, state), (side, leaves));
    }

    /// What trades do to one side: as [`Self::change`], and `cash` is moved to the account, from it
    /// when negative; gives the account and its number.
    #[inline(always)]
    pub(crate) fn fill(
        &mut self,
        (row, state): (u32, u8),
        stake: Stake,
        leaves: i64,
        cash: i64,
    ) -> (u32, &mut Account) {
        let effect = self.exposures.change(row, state, stake);
        if self.limits.is_limited(effect.account) {
            self.count_fill((effect.account, row, state), (stake, leaves), cash);
        }
        let holder = self.accounts.move_cash(effect.account, cash);
        holder.minimum_total += effect.minimum;
        holder.lots += effect.size + leaves;
        (effect.account, holder)
    }

    /// Counts what trades do to the limits of a limited account.
    #[inline(never)]
    fn count_fill(
        &mut self,
        (account, row, state): (u32, u32, u8),
        (stake, leaves): (Stake, i64),
        cash: i64,
    ) {
        self.count_open((account, row, state), stake.open_side(), leaves);
        if self.limits.limits(account).worst_loss != 0 {
            self.limits.pay((account, self.exposures.event_id(row)), row, -cash);
        }
    }

    /// Sets the limits of an account, and forgets what they no longer need.
    pub(crate) fn set_limits(&mut self, account: u32, limits: AccountLimits) {
        let was_unlimited = self.limits.limits(account).worst_loss == 0;
        self.limits.set(account, limits);
        let near = &self.accounts.account(account).pairs;
        for row in self.exposures.rows_of(near, account) {
            let pair = (account, self.exposures.event_id(row));
            if limits.worst_loss == 0 {
                self.limits.forget_paid(pair, row);
            } else if was_unlimited {
                // What the positions of before can lose is not counted.
                self.limits.pay(pair, row, self.exposures.worst_of_positions(row));
            }
            if limits.position == 0 {
                for state in (0..self.exposures.market_count(row)).step_by(ROW_MARKETS as usize) {
                    self.limits.forget_open(self.exposures.place(row, state).0);
                }
            }
        }
    }

    /// Takes the rows of a pair away that has nothing at stake.
    ///
    /// # Panics
    /// When it has.
    pub(crate) fn release_pair(&mut self, row: u32) {
        let pair = (self.exposures.account(row), self.exposures.event_id(row));
        self.limits.forget_paid(pair, row);
        self.exposures.release(&mut self.accounts.account_mut(pair.0).pairs, row);
    }

    /// Takes the rows of a pair away when it has nothing at stake and no limit counts what was paid
    /// in it.
    pub(crate) fn release_pair_if_flat(&mut self, row: u32) {
        if self.exposures.is_flat(row) && self.limits.paid(row) == 0 {
            self.release_pair(row);
        }
    }

    /// Pays an amount in.
    pub(crate) fn deposit(&mut self, account: u32, amount: i64) {
        self.accounts.move_cash(account, amount);
        self.update_totals(|totals| totals.deposits += amount);
    }

    /// Pays an amount out.
    pub(crate) fn withdraw(&mut self, account: u32, amount: i64) {
        self.accounts.move_cash(account, -amount);
        self.update_totals(|totals| totals.withdrawals += amount);
    }

    /// Takes `fees` of both sides of a trade in; the accounts pay them by
    /// [`AccountTable::move_cash`].
    #[inline]
    pub(crate) fn collect_fees(&mut self, fees: i64) {
        if fees != 0 {
            self.totals.fees += fees;
            self.cash_due -= i128::from(fees);
            self.digest.add(FEES.times(fees.cast_unsigned()));
        }
    }

    /// Pays `amount` of an account's cash to a house account, whose cash is part of the settlement
    /// pool; the other way when negative.
    pub(crate) fn pay_house(&mut self, amount: i64) {
        self.update_totals(|totals| totals.settlement_pool += i128::from(amount));
    }

    /// Pays `amount` from the settlement pool to an account; the other way when negative.
    pub(crate) fn pay_out(&mut self, account: u32, amount: i64) {
        self.accounts.move_cash(account, amount);
        self.update_totals(|totals| totals.settlement_pool -= i128::from(amount));
    }

    /// # Panics
    /// When money was made or lost.
    #[inline]
    pub(crate) fn assert_conserved(&self) {
        assert!(self.accounts.cash_total() == self.cash_due, "money is conserved");
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
            .join(self.accounts.digest())
            .join(self.exposures.digest())
            .join(self.limits.digest())
    }

    /// The digest by a walk over everything in the ledger.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        let totals: DigestSum = self.totals.addends().into_iter().collect();
        let exposures =
            self.exposures.walked_digest(|account, event_id| self.find_pair(account, event_id));
        let paid = self.exposures.rows().filter(|row| self.limits.paid(*row) != 0).map(|row| {
            let account = self.exposures.account(row);
            paid_piece(account, self.exposures.event_id(row), self.limits.paid(row))
        });
        let limits = self.limits.walked_digest().join(paid.collect());
        totals.join(self.accounts.walked_digest()).join(exposures).join(limits)
    }

    #[inline]
    fn update_totals(&mut self, change: impl FnOnce(&mut Totals)) {
        self.totals.addends().into_iter().for_each(|addend| self.digest.remove(addend));
        change(&mut self.totals);
        self.totals.addends().into_iter().for_each(|addend| self.digest.add(addend));
        let Totals { deposits, withdrawals, fees, settlement_pool } = self.totals;
        let paid_in = i128::from(deposits) - i128::from(withdrawals);
        // Wrapping: a state that somebody made up is checked only after it is decoded.
        self.cash_due = paid_in.wrapping_sub(i128::from(fees)).wrapping_sub(settlement_pool);
    }
}

impl Totals {
    fn addends(&self) -> [Addend; 4] {
        let Self { deposits, withdrawals, fees, settlement_pool } = *self;
        [
            DEPOSITS.times(deposits.cast_unsigned()),
            WITHDRAWALS.times(withdrawals.cast_unsigned()),
            FEES.times(fees.cast_unsigned()),
            SETTLEMENT_POOL.times(saturated(settlement_pool).cast_unsigned()),
        ]
    }
}

/// The stake of one open order: `cost` on its side.
#[inline]
pub(crate) fn held(side: Side, cost: i64) -> Stake {
    match side {
        Side::Buy => Stake { bid_cost: cost, ..Stake::default() },
        Side::Sell => Stake { ask_cost: cost, ..Stake::default() },
    }
}

/// `lots` as the change of a position by a trade on `side`.
#[inline]
pub(crate) fn signed(side: Side, amount: i64) -> i64 {
    match side {
        Side::Buy => amount,
        Side::Sell => -amount,
    }
}

/// A wide sum as a report tells it.
#[inline]
pub(crate) fn saturated(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}

/// Most lots of one account, in positions and open orders together. It bounds what all events
/// together can be worth by 10000 × 2^48 < 2^62 either way, and with the bound on deposits every
/// sum of money by an i64.
pub(crate) const ACCOUNT_LOTS_MAX: i64 = 1 << 48;

const DEPOSITS: Addend = Domain::AccountTotals.addend([1]);
const WITHDRAWALS: Addend = Domain::AccountTotals.addend([2]);
const FEES: Addend = Domain::AccountTotals.addend([3]);
const SETTLEMENT_POOL: Addend = Domain::AccountTotals.addend([4]);
