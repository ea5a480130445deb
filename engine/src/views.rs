//! Reading the state from outside: books, accounts and positions, for tests and tools.

use forecastle_proto_spec::{MarketStatus, OrderId, Side};

use crate::engine::Engine;
use crate::entitlements::Entitlement;
use crate::ladder::Ladders;
use crate::sessions::SessionState;

impl Engine {
    /// The book of a market, if it is defined.
    #[must_use]
    pub fn book(&self, security_id: u32) -> Option<BookView<'_>> {
        self.events.find_market(security_id)?;
        Some(BookView { engine: self, security_id })
    }

    /// An account, if it is defined.
    #[must_use]
    pub fn account(&self, number: u32) -> Option<AccountView> {
        let account = self.ledger.accounts.find(number)?;
        Some(AccountView {
            number,
            firm_id: account.firm_id,
            open_order_count: account.open_order_count,
            cash: account.cash(),
            buying_power: self.buying_power(number),
        })
    }

    /// Position of an account in a market, lots, long YES above zero; `None` when either is not
    /// defined.
    #[must_use]
    pub fn position(&self, account: u32, security_id: u32) -> Option<i64> {
        self.ledger.accounts.find(account)?;
        let market = self.events.find_market(security_id)?;
        let row = self.ledger.find_pair(account, market.event_id);
        Some(row.map_or(0, |row| self.ledger.exposures.stake(row, market.state_index).lots))
    }

    /// Every session that the engine knows, in the order of their first logins.
    pub fn sessions(&self) -> impl Iterator<Item = SessionView> {
        self.sessions.iter().map(|session| SessionView {
            session_id: session.session_id,
            version_id: session.version_id,
            timestamp_ns: session.timestamp_ns,
            last_seq_num: session.last_seq_num,
            is_established: session.state == SessionState::Established,
        })
    }

    /// Every access key with a role, ascending.
    pub fn entitlements(&self) -> impl Iterator<Item = EntitlementView> {
        (1..=self.config.access_keys_max).filter_map(|access_key_id| {
            let Entitlement { firm_id, roles, .. } = self.entitlements.entitlement(access_key_id);
            (roles != 0).then_some(EntitlementView { access_key_id, firm_id, roles })
        })
    }

    /// Slots of the orders of one side of a book, in priority order.
    pub(crate) fn resting(&self, security_id: u32, side: Side) -> impl Iterator<Item = u32> {
        let best = self.books.best(security_id, side);
        let ticks = std::iter::successors(best, move |tick| {
            self.books.next_behind(security_id, side, *tick)
        });
        ticks.flat_map(move |tick| {
            let first = self.books.first_order(security_id, tick);
            std::iter::successors(first, |slot| Ladders::order_behind(self.orders.slots(), *slot))
        })
    }
}

/// One market's book.
#[derive(Clone, Copy, Debug)]
pub struct BookView<'a> {
    engine: &'a Engine,
    security_id: u32,
}

impl BookView<'_> {
    /// Where the market stands in its life.
    #[must_use]
    pub fn status(&self) -> MarketStatus {
        self.engine.events.market(self.security_id).status()
    }

    /// Resting bids, best price first, then lowest priority.
    pub fn bids(&self) -> impl Iterator<Item = BookOrder> {
        self.orders(Side::Buy)
    }

    /// Resting asks, best price first, then lowest priority.
    pub fn asks(&self) -> impl Iterator<Item = BookOrder> {
        self.orders(Side::Sell)
    }

    fn orders(&self, side: Side) -> impl Iterator<Item = BookOrder> {
        let engine = self.engine;
        engine.resting(self.security_id, side).map(|slot| {
            let order = engine.orders.order(slot);
            BookOrder {
                order_id: engine.orders.id_of(slot, order),
                cl_ord_id: order.cl_ord_id,
                price: order.price(),
                leaves_qty: order.leaves_qty(),
                priority: order.priority,
                account: engine.account_of(order),
            }
        })
    }
}

/// One resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookOrder {
    /// Exchange's id.
    pub order_id: OrderId,
    /// Client's current id.
    pub cl_ord_id: u64,
    /// Price, ten-thousandths of the payout.
    pub price: u16,
    /// Lots left.
    pub leaves_qty: u32,
    /// Time priority, lower first.
    pub priority: u64,
    /// Account.
    pub account: u32,
}

/// One account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// Number.
    pub number: u32,
    /// Firm.
    pub firm_id: u32,
    /// Live orders.
    pub open_order_count: u32,
    /// Cash, millionths.
    pub cash: i64,
    /// Cash plus the worst case of every event, millionths.
    pub buying_power: i64,
}

/// One session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// Its id.
    pub session_id: u32,
    /// Version last negotiated.
    pub version_id: u64,
    /// Timestamp of its last login message.
    pub timestamp_ns: u64,
    /// Last number applied of its flow.
    pub last_seq_num: u32,
    /// Whether its messages are applied.
    pub is_established: bool,
}

/// One access key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntitlementView {
    /// Its id.
    pub access_key_id: u32,
    /// Its firm.
    pub firm_id: u32,
    /// What it may do, never 0.
    pub roles: u16,
}
