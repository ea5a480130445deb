//! A day to be fed to another exchange: four sessions, two events, every kind of request.

use forecastle_proto_spec::{
    AccountReport, CONTINUE_EFFECTS_MAX, EXEC_INST_CANCEL_ON_HALT, EndOfDayRequest,
    ExecutionReportNew, MarketStatus, MassActionScope, MassActionType, NewOrderSingle,
    OrderCancelReplaceRequest, OrderCancelRequest, OrderMassActionReport, OrderMassActionRequest,
    SecurityStatusRequest, SettlementComplete, SettlementRequest, Side, StateReportRequest,
    StateScope, TimeInForce, WithdrawalRequest,
};
use tempfile::TempDir;
use zerocopy::FromZeros as _;

use crate::desk::Desk;
use crate::floor::{Floor, MAKER_ACCOUNT, TAKER_ACCOUNT, open_event};
use crate::inbox::Deadline;
use crate::random::Random;
use crate::recorded_quotes::{
    ask_for_orders, cancel_quotes, define_set, halt, limit_order_cost, quote, reset_protection,
    switch_market,
};

/// The folder of a stopped exchange on which trader-1, through two sessions, and trader-2 have
/// traded at random; the first event is settled, the second has orders.
pub fn recorded_day() -> TempDir {
    println!("seed {SEED:#x}");
    let mut floor = Floor::open();
    let (second_event, second_event_market) = open_event(&mut floor.admin, 2, true);
    let other = Desk::open_numbered(&floor.exchange, "trader-1", 1);
    let mut day = Day {
        traders: [(floor.maker, MAKER_ACCOUNT), (floor.taker, TAKER_ACCOUNT), (other, 1)],
        markets: vec![floor.security_id, floor.security_id + 1, second_event_market],
        orders: Vec::new(),
        random: Random::new(SEED),
    };
    for (desk, account) in &mut day.traders[..2] {
        define_set(desk, *account);
    }
    day.trade(ROUNDS, &mut floor.admin);
    day.long_sweep();
    limit_order_cost(&mut floor.admin, TAKER_ACCOUNT, 100_000);
    switch_market(&mut floor.admin, second_event_market, MassActionType::Suspend);
    day.trade(ROUNDS / 10, &mut floor.admin);
    switch_market(&mut floor.admin, second_event_market, MassActionType::Release);
    day.trade(ROUNDS / 10, &mut floor.admin);
    halt(&mut floor.admin, second_event, second_event_market);
    limit_order_cost(&mut floor.admin, TAKER_ACCOUNT, 0);
    end_day(&mut floor.admin);
    settle(&mut floor.admin, floor.event_id);
    // Some find a market that is over.
    day.markets = vec![second_event_market, floor.security_id];
    day.trade(ROUNDS / 10, &mut floor.admin);
    drop((floor.admin, day));
    floor.exchange.end_and_keep("TERM")
}

/// An order until cancelled: side, lots and price.
pub fn order(security_id: u32, account: u32, terms: (Side, u32, u16)) -> NewOrderSingle {
    let mut order = NewOrderSingle::new_zeroed();
    order.security_id.set(security_id);
    order.account.set(account);
    order.side = terms.0.into();
    order.order_qty.set(terms.1);
    order.price.set(terms.2);
    order.time_in_force = TimeInForce::GoodTillCancel.into();
    order
}

struct Day {
    /// Sessions, each with the account it trades for.
    traders: [(Desk, u32); 3],
    markets: Vec<u32>,
    /// Orders ever accepted: exchange's id, client's id and market.
    orders: Vec<(u64, u64, u32)>,
    random: Random,
}

impl Day {
    /// Sends that many requests, several on their way at a time, and waits for all answers; the
    /// administrator is kept alive.
    fn trade(&mut self, rounds: usize, admin: &mut Desk) {
        for round in 1..=rounds {
            self.request();
            admin.drive();
            if round % 10 == 0 {
                self.wait_for_all(admin);
            }
        }
    }

    /// Sends one request of one trader, and looks what came for all.
    fn request(&mut self) {
        let trader = self.below(3);
        match self.below(28) {
            0..10 => self.new_order(trader),
            10..15 => self.cancel(trader),
            15..18 => self.replace(trader),
            18 => self.mass_cancel(trader),
            19 => {
                self.ask_state(trader);
            }
            20..25 => self.quote(trader % 2),
            25 => cancel_quotes(&mut self.traders[trader % 2].0, self.markets[0]),
            26 => reset_protection(&mut self.traders[trader % 2].0),
            _ => self.ask_for_orders(trader),
        }
        for (desk, _) in &mut self.traders {
            desk.drive();
            while let Some(report) = desk.find_report(|_: &ExecutionReportNew| true) {
                let ids = (report.order_id.get(), report.cl_ord_id.get());
                self.orders.push((ids.0, ids.1, report.security_id.get()));
            }
        }
    }

    /// A mass cancel that takes several records.
    fn long_sweep(&mut self) {
        let market = self.markets[0];
        let (desk, account) = &mut self.traders[1];
        for _ in 0..CONTINUE_EFFECTS_MAX + 50 {
            let mut order = order(market, *account, (Side::Buy, 1, 100));
            order.cl_ord_id.set(desk.new_id());
            desk.send(&order);
        }
        let mut request = OrderMassActionRequest::new_zeroed();
        request.cl_ord_id.set(desk.new_id());
        request.account.set(*account);
        request.scope = MassActionScope::Account.into();
        request.action = MassActionType::Cancel.into();
        let seq_num = desk.send(&request);
        let report =
            desk.await_report(|report: &OrderMassActionReport| report.seq_num.get() == seq_num);
        assert!(report.total_affected_orders.get() as usize > CONTINUE_EFFECTS_MAX);
    }

    fn new_order(&mut self, trader: usize) {
        let side = if self.random.happens(50) { Side::Buy } else { Side::Sell };
        let price = 4_500 + 100 * self.below(10) as u16;
        // Some are beyond what the account can pay.
        let quantity = if self.random.happens(5) { 1_000_000 } else { 1 + self.below(50) as u32 };
        let market = self.any_market();
        let times = [
            TimeInForce::Day,
            TimeInForce::GoodTillCancel,
            TimeInForce::GoodTillCancel,
            TimeInForce::ImmediateOrCancel,
            TimeInForce::FillOrKill,
        ];
        let time_in_force = times[self.below(times.len())];
        let ends_on_halt = self.random.happens(20);
        let (desk, account) = &mut self.traders[trader];
        let mut order = order(market, *account, (side, quantity, price));
        order.exec_inst = if ends_on_halt { EXEC_INST_CANCEL_ON_HALT } else { 0 };
        order.time_in_force = time_in_force.into();
        order.cl_ord_id.set(desk.new_id());
        desk.send(&order);
    }

    /// In the last market, or in all others; some quotes are crossed.
    fn quote(&mut self, trader: usize) {
        let (others, last) = self.markets.split_at(self.markets.len() - 1);
        let markets = if self.random.happens(70) { others } else { last }.to_vec();
        let mut quotes = Vec::new();
        for market in markets {
            let middle = 4_600 + 100 * self.below(8) as u16;
            let spread = 50 * self.below(5) as u16;
            let lots = [self.below(40) as u32, self.below(40) as u32];
            quotes.push((market, (lots[0], middle - spread), (lots[1], middle + spread)));
        }
        quote(&mut self.traders[trader].0, &quotes);
    }

    fn ask_for_orders(&mut self, trader: usize) {
        let Some((order_id, _, market)) = self.any_order() else { return };
        ask_for_orders(&mut self.traders[trader].0, order_id, market);
    }

    /// By either id; the order may have ended, or be another firm's.
    fn cancel(&mut self, trader: usize) {
        let Some((order_id, cl_ord_id, market)) = self.any_order() else { return };
        let is_by_order_id = self.random.happens(70);
        let (desk, _) = &mut self.traders[trader];
        let mut cancel = OrderCancelRequest::new_zeroed();
        cancel.cl_ord_id.set(desk.new_id());
        cancel.security_id.set(market);
        if is_by_order_id {
            cancel.order_id.set(order_id);
        } else {
            cancel.orig_cl_ord_id.set(cl_ord_id);
        }
        desk.send(&cancel);
    }

    fn replace(&mut self, trader: usize) {
        let Some((order_id, _, market)) = self.any_order() else { return };
        let (quantity, price) = (1 + self.below(60) as u32, 4_500 + 100 * self.below(10) as u16);
        let (desk, _) = &mut self.traders[trader];
        let mut replace = OrderCancelReplaceRequest::new_zeroed();
        replace.cl_ord_id.set(desk.new_id());
        replace.security_id.set(market);
        replace.order_id.set(order_id);
        replace.order_qty.set(quantity);
        replace.price.set(price);
        desk.send(&replace);
    }

    fn mass_cancel(&mut self, trader: usize) {
        let market = self.any_market();
        let (desk, _) = &mut self.traders[trader];
        let mut request = OrderMassActionRequest::new_zeroed();
        request.cl_ord_id.set(desk.new_id());
        request.security_id.set(market);
        request.scope = MassActionScope::Security.into();
        request.action = MassActionType::Cancel.into();
        desk.send(&request);
    }

    fn ask_state(&mut self, trader: usize) -> u64 {
        let (desk, account) = &mut self.traders[trader];
        let request_id = desk.new_id();
        let mut request = StateReportRequest::new_zeroed();
        request.request_id.set(request_id);
        request.account.set(*account);
        request.scope = StateScope::Account.into();
        desk.send(&request);
        request_id
    }

    /// Waits for the answers of all, each kept alive meanwhile.
    fn wait_for_all(&mut self, admin: &mut Desk) {
        let mut asked: Vec<_> = (0..3).map(|trader| (trader, self.ask_state(trader))).collect();
        let deadline = Deadline::patient();
        while !asked.is_empty() {
            assert!(!deadline.is_over(), "no answer to {asked:?}");
            admin.drive();
            for (desk, _) in &mut self.traders {
                desk.drive();
            }
            asked.retain(|(trader, request_id)| {
                let is_it = |report: &AccountReport| report.request_id.get() == *request_id;
                self.traders[*trader].0.find_report(is_it).is_none()
            });
            std::thread::yield_now();
        }
    }

    /// One of the last orders, most often alive.
    fn any_order(&mut self) -> Option<(u64, u64, u32)> {
        let recent = self.orders.len().min(20);
        if recent == 0 {
            return None;
        }
        let back = self.below(recent);
        self.orders.iter().rev().nth(back).copied()
    }

    fn any_market(&mut self) -> u32 {
        let index = self.below(self.markets.len());
        self.markets[index]
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.random.next() >> 33) as usize % bound
    }
}

fn end_day(admin: &mut Desk) {
    let mut request = EndOfDayRequest::new_zeroed();
    request.request_id.set(admin.new_id());
    let seq_num = admin.send(&request);
    admin.await_report(|report: &OrderMassActionReport| report.seq_num.get() == seq_num);
    let mut request = WithdrawalRequest::new_zeroed();
    request.request_id.set(admin.new_id());
    request.account.set(TAKER_ACCOUNT);
    request.amount.set(1_000_000);
    let seq_num = admin.send(&request);
    admin.await_report(|report: &AccountReport| report.seq_num.get() == seq_num);
}

fn settle(admin: &mut Desk, event_id: u32) {
    let mut request = SecurityStatusRequest::new_zeroed();
    request.request_id.set(admin.new_id());
    request.event_id.set(event_id);
    request.status = MarketStatus::Closed.into();
    let seq_num = admin.send(&request);
    admin.await_report(|report: &OrderMassActionReport| report.seq_num.get() == seq_num);
    let mut request = SettlementRequest::new_zeroed();
    request.request_id.set(admin.new_id());
    request.event_id.set(event_id);
    request.value_count = 3;
    request.values[1].set(10_000);
    let seq_num = admin.send(&request);
    admin.await_report(|report: &SettlementComplete| report.seq_num.get() == seq_num);
}

const ROUNDS: usize = 500;
const SEED: u64 = 0x0DA7_FEED;
