//! Everything that must hold between commands, checked by walks over all state.

use forecastle_proto_spec::{EXEC_INST_CANCEL_ON_HALT, MarketStatus, Side};

use crate::engine::Engine;
use crate::exposure::Stake;
use crate::fees::hold_per_lot;
use crate::ladder::Ladders;
use crate::ledger::held;
use crate::order_detail::OrderDetail;
use crate::order_table::Order;

impl Engine {
    /// Checks all state against itself: digests, holds, minima, positions, books, free slots and
    /// totals are recomputed from what they are derived from. For tests; it allocates, and takes
    /// O(accounts × markets + slots).
    ///
    /// # Panics
    /// When anything does not agree.
    pub fn check_invariants(&self) {
        assert_eq!(self.walked_digest().value(), self.state_digest(), "state digest");
        self.ledger.assert_conserved();
        let cash: i128 =
            self.ledger.accounts.iter().map(|(_, account)| i128::from(account.cash())).sum();
        assert_eq!(cash, self.ledger.accounts.cash_total(), "total of cash");
        for (number, _) in self.ledger.accounts.iter() {
            self.check_account(number);
        }
        let mut resting = 0;
        for security_id in 1..=self.events.market_count() {
            resting += self.check_market(security_id);
        }
        let pending = self.orders.pending().count();
        assert_eq!(pending, self.orders.pending_count() as usize, "orders that wait");
        let live = resting + self.orders.pending_count();
        assert_eq!(live, self.orders.live_count(), "every live order is in a book or waits");
        let of_sessions = (0..self.sessions.count()).map(|slot| self.orders.open_count(slot));
        assert_eq!(of_sessions.sum::<u32>(), live, "every live order is a session's");
        for security_id in 1..=self.events.market_count() {
            let is_marked = |slot: &u32| {
                let live = self.orders.live(*slot);
                live.is_some_and(|order| order.security_id == security_id)
                    && self.orders.detail(*slot).has(EXEC_INST_CANCEL_ON_HALT)
            };
            let marked = (0..self.orders.high_water()).filter(is_marked).count();
            let counted = self.orders.halt_count(security_id) as usize;
            assert_eq!(marked, counted, "orders that end on a halt");
        }
        for slot in 0..self.orders.high_water() {
            let owner = self.orders.live(slot).map(|order| self.owner_of(order));
            assert_eq!(owner, self.orders.owner(slot), "owner of the order in a slot");
        }
        assert!(self.timers_are_owned(), "timers are those of their owners");
        self.check_price_limits();
        self.check_quotes();
    }

    /// The quotes of each set are the live orders that name it, each in its place.
    fn check_quotes(&self) {
        let mut listed = 0;
        for set in self.quote_sets.places() {
            for market in self.quote_sets.markets(set) {
                for side in Side::ALL {
                    let Some(slot) = market.quote(side) else { continue };
                    let order = self.orders.live(slot).expect("a quote is live");
                    assert_eq!((order.security_id, order.side), (market.security_id, side));
                    let detail = OrderDetail { release_time_ns: 0, ..self.orders.detail(slot) };
                    assert_eq!(detail, self.quote_sets.set(set).detail(set), "a quote's terms");
                    assert_eq!(self.account_of(order), self.quote_sets.set(set).account);
                    listed += 1;
                }
            }
        }
        let slots = 0..self.orders.high_water();
        let is_quote = |slot: &u32| {
            self.orders.live(*slot).is_some() && self.orders.detail(*slot).quote_set != 0
        };
        assert_eq!(slots.filter(is_quote).count(), listed, "every quote is its set's");
    }

    /// Derived sums of an account against its positions and orders.
    fn check_account(&self, number: u32) {
        let account = self.ledger.accounts.account(number);
        let exposures = &self.ledger.exposures;
        let mut minimum_total = 0;
        let mut lots = 0;
        let mut order_count = 0;
        for row in exposures.rows_of(&account.pairs, number) {
            let event = self.events.event(exposures.event_id(row));
            minimum_total += exposures.minimum(row);
            let mut terms = Vec::new();
            let mut bids = 0;
            for (state, security_id) in (0..).zip(event.security_ids()) {
                let stake = exposures.stake(row, state);
                let (open, leaves, count) = self.open_stake(number, security_id);
                assert_eq!(stake, Stake { lots: stake.lots, ..open }, "holds are the orders'");
                lots += stake.lots.abs() + leaves;
                order_count += count;
                let place = exposures.place(row, state);
                let counted = self.ledger.limits.open_lots(place);
                let is_counted = self.ledger.limits.limits(number).position != 0;
                for side in Side::ALL {
                    let open = self.open_lots(number, security_id, side);
                    assert_eq!(counted.of(side), if is_counted { open } else { 0 }, "open lots");
                }
                bids += stake.bid_cost;
                terms.push(10_000 * stake.lots + stake.bid_cost - stake.ask_cost);
            }
            if !event.shape.is_exhaustive {
                terms.push(0);
            }
            let least = terms.into_iter().min().expect("an event has a state");
            assert_eq!(exposures.minimum(row), least - bids, "worst case of an event");
        }
        assert_eq!(account.minimum_total, minimum_total, "sum of worst cases");
        assert_eq!(account.lots, lots, "lots of an account");
        assert_eq!(account.open_order_count, order_count, "open orders of an account");
        self.assert_solvent(number);
    }

    /// Holds, leaves and number of the orders of an account in a market.
    fn open_stake(&self, account: u32, security_id: u32) -> (Stake, i64, u32) {
        let fees = self.events.market(security_id).fees;
        let mut open = Stake::default();
        let (mut leaves, mut count) = (0, 0);
        let resting = Side::ALL.into_iter().flat_map(|side| self.resting(security_id, side));
        let resting = resting.map(|slot| (slot, fees.maker));
        let is_here = |slot: &u32| self.orders.order(*slot).security_id == security_id;
        let pending = self.orders.pending().filter(is_here).map(|slot| (slot, fees.incoming()));
        for (slot, rate) in resting.chain(pending) {
            let order = self.orders.order(slot);
            if self.account_of(order) == account {
                let lots = i64::from(order.leaves_qty());
                let cost = hold_per_lot(order.side, order.price(), rate) * lots;
                let stake = held(order.side, cost);
                open.bid_cost += stake.bid_cost;
                open.ask_cost += stake.ask_cost;
                leaves += lots;
                count += 1;
            }
        }
        (open, leaves, count)
    }

    /// Lots of the orders of an account on a side of a market.
    fn open_lots(&self, account: u32, security_id: u32, side: Side) -> i64 {
        let is_here = |order: &&Order| (order.security_id, order.side) == (security_id, side);
        let resting = self.resting(security_id, side);
        let orders = resting.chain(self.orders.pending()).map(|slot| self.orders.order(slot));
        let own = orders.filter(is_here).filter(|order| self.account_of(order) == account);
        own.map(|order| i64::from(order.leaves_qty())).sum()
    }

    /// The book of a market, and that positions in it add up to nothing; gives its orders.
    fn check_market(&self, security_id: u32) -> u32 {
        let market = self.events.market(security_id);
        let mut count = 0;
        for side in Side::ALL {
            let mut last = None;
            let mut tick_quantity = 0;
            for slot in self.resting(security_id, side) {
                let order = self.orders.order(slot);
                assert_eq!((order.security_id, order.side), (security_id, side));
                let (number, priority) = (order.accepted_number, order.priority);
                assert!(
                    self.orders.has_numbered(number, priority, false),
                    "numbers were given out"
                );
                let price = order.price();
                let rank = match side {
                    Side::Buy => u16::MAX - price,
                    Side::Sell => price,
                };
                let place = (rank, order.priority);
                assert!(last < Some(place), "price, then time");
                let is_same_tick = last.is_some_and(|(last, _)| last == rank);
                tick_quantity =
                    u64::from(order.leaves_qty()) + if is_same_tick { tick_quantity } else { 0 };
                let level = self.books.quantity_at(security_id, u32::from(price));
                assert!(tick_quantity <= level, "a level counts its orders");
                if Ladders::order_behind(self.orders.slots(), slot).is_none() {
                    assert_eq!(tick_quantity, level, "a level counts its orders");
                }
                last = Some(place);
                count += 1;
            }
        }
        let is_here = |slot: &u32| self.orders.order(*slot).security_id == security_id;
        let waiting = self.orders.pending().filter(is_here).count();
        let open_count = count as usize + waiting;
        assert_eq!(open_count, market.open_order_count as usize, "orders of a market");
        let bid = self.books.best_bid(security_id);
        let ask = self.books.best_ask(security_id);
        assert!(bid.zip(ask).is_none_or(|(bid, ask)| bid < ask), "a book at rest is not crossed");
        if market.status() != MarketStatus::Settled {
            let accounts = self.ledger.accounts.iter();
            let positions = accounts.filter_map(|(number, _)| self.position(number, security_id));
            let sets = i128::from(self.events.event(market.event_id).set_count);
            let sum = positions.map(i128::from).sum::<i128>();
            assert_eq!(sum, sets, "what accounts hold the house has sold");
        }
        count
    }
}
