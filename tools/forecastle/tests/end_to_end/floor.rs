//! A market in being: an administrator, two traders of different firms with cash, an open event.

use std::collections::BTreeMap;
use std::time::Duration;

use forecastle_proto_spec::{
    AccountDefinitionRequest, AccountReport, DepositRequest, EventDefinitionReport,
    EventDefinitionRequest, ExecutionReportNew, ExecutionReportTrade, MarketStatus, NewOrderSingle,
    OrdStatus, SecurityStatusReport, SecurityStatusRequest, Side, TimeInForce,
};
use zerocopy::FromZeros as _;

use crate::desk::Desk;
use crate::exchange_process::ExchangeProcess;
use crate::inbox::Deadline;

/// An exchange with everybody who is needed for a trade.
pub struct Floor {
    /// The process.
    pub exchange: ExchangeProcess,
    /// Administrator.
    pub admin: Desk,
    /// Session of trader-1, who has account [`MAKER_ACCOUNT`].
    pub maker: Desk,
    /// Session of trader-2, who has account [`TAKER_ACCOUNT`].
    pub taker: Desk,
    /// The open event.
    pub event_id: u32,
    /// Its first market; two more follow.
    pub security_id: u32,
}

impl Floor {
    /// A floor in an exchange of its own.
    pub fn open() -> Self {
        Self::open_in(ExchangeProcess::start())
    }

    /// Sets up accounts, cash and an exhaustive event of three open markets.
    pub fn open_in(exchange: ExchangeProcess) -> Self {
        let mut admin = Desk::open(&exchange, "admin");
        let mut maker = Desk::open(&exchange, "trader-1");
        let mut taker = Desk::open(&exchange, "trader-2");
        for (account, key) in [(MAKER_ACCOUNT, "trader-1"), (TAKER_ACCOUNT, "trader-2")] {
            let firm_id = exchange.keys.named(key).expect("the key exists").firm_id;
            open_account(&mut admin, account, firm_id, CASH);
        }
        let (event_id, security_id) = open_event(&mut admin, 3, true);
        maker.drive();
        taker.drive();
        Self { exchange, admin, maker, taker, event_id, security_id }
    }

    /// Keeps the three sessions alive.
    pub fn drive(&mut self) {
        self.admin.drive();
        self.maker.drive();
        self.taker.drive();
    }

    /// Lets the two firms trade one lot in the first market and reads both reports.
    pub fn trade_one_order(&mut self) {
        self.drive();
        let ask = self.order(Side::Sell, 1, 5_000);
        let ask_id = self.place_for_maker(ask);
        let bid = self.order(Side::Buy, 1, 5_000);
        let bid_id = self.place_for_taker(bid);
        let is_trade = |order_id: u64| {
            move |report: &ExecutionReportTrade| {
                report.order_id.get() == order_id
                    && report.last_qty.get() == 1
                    && report.leaves_qty.get() == 0
            }
        };
        let resting = self.maker.await_report(is_trade(ask_id));
        let incoming = self.taker.await_report(is_trade(bid_id));
        assert_eq!(resting.exec_id.get() & !1, incoming.exec_id.get(), "both name one trade");
    }

    /// An order of the given terms in the first market; the sender's ids are still to be set.
    pub fn order(&self, side: Side, quantity: u32, price: u16) -> NewOrderSingle {
        let mut order = NewOrderSingle::new_zeroed();
        order.security_id.set(self.security_id);
        order.order_qty.set(quantity);
        order.price.set(price);
        order.side = side.into();
        order.time_in_force = TimeInForce::GoodTillCancel.into();
        order
    }

    /// Sends an order of the maker; gives its exchange id.
    pub fn place_for_maker(&mut self, mut order: NewOrderSingle) -> u64 {
        order.account.set(MAKER_ACCOUNT);
        place(&mut self.maker, order)
    }

    /// Sends an order of the taker; gives its exchange id.
    pub fn place_for_taker(&mut self, mut order: NewOrderSingle) -> u64 {
        order.account.set(TAKER_ACCOUNT);
        place(&mut self.taker, order)
    }

    /// Every counter of the gateway, read over the wire.
    pub fn counters(&mut self) -> BTreeMap<String, u64> {
        self.drive();
        self.admin.counters()
    }

    /// One counter.
    pub fn counter(&mut self, label: &str) -> u64 {
        let counters = self.counters();
        *counters.get(label).unwrap_or_else(|| panic!("no counter {label} in {counters:?}"))
    }

    /// Waits until a counter stands exactly at `expected`.
    pub fn await_counter(&mut self, label: &str, expected: u64) {
        let deadline = Deadline::patient();
        loop {
            let value = self.counter(label);
            if value == expected {
                return;
            }
            assert!(value < expected, "{label} is {value}, above {expected}");
            assert!(!deadline.is_over(), "{label} is {value}, not {expected}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Opens an account of a firm and pays cash in.
pub fn open_account(admin: &mut Desk, account: u32, firm_id: u32, cash: i64) {
    let request_id = admin.new_id();
    let mut definition = AccountDefinitionRequest::new_zeroed();
    definition.request_id.set(request_id);
    definition.account.set(account);
    definition.firm_id.set(firm_id);
    admin.send(&definition);
    let report = admin.await_report(|report: &AccountReport| report.request_id.get() == request_id);
    assert_eq!((report.account.get(), report.firm_id.get()), (account, firm_id));
    let request_id = admin.new_id();
    let mut deposit = DepositRequest::new_zeroed();
    deposit.request_id.set(request_id);
    deposit.account.set(account);
    deposit.amount.set(cash);
    admin.send(&deposit);
    let report = admin.await_report(|report: &AccountReport| report.request_id.get() == request_id);
    assert_eq!((report.cash.get(), report.buying_power.get()), (cash, cash));
}

/// Defines an event and opens all its markets; gives its id and its first market.
pub fn open_event(admin: &mut Desk, market_count: u8, is_exhaustive: bool) -> (u32, u32) {
    let request_id = admin.new_id();
    let mut definition = EventDefinitionRequest::new_zeroed();
    definition.request_id.set(request_id);
    definition.market_count = market_count;
    definition.exhaustive = u8::from(is_exhaustive);
    admin.send(&definition);
    let event =
        admin.await_report(|report: &EventDefinitionReport| report.request_id.get() == request_id);
    let request_id = admin.new_id();
    let mut status = SecurityStatusRequest::new_zeroed();
    status.request_id.set(request_id);
    status.event_id = event.event_id;
    status.status = MarketStatus::Open.into();
    admin.send(&status);
    for index in 0..u32::from(market_count) {
        let security_id = event.first_security_id.get() + index;
        let report = admin
            .await_report(|report: &SecurityStatusReport| report.security_id.get() == security_id);
        assert_eq!(report.status, u8::from(MarketStatus::Open));
    }
    (event.event_id.get(), event.first_security_id.get())
}

/// Sends an order and waits for its acceptance; gives its exchange id.
pub fn place(desk: &mut Desk, mut order: NewOrderSingle) -> u64 {
    let cl_ord_id = desk.new_id();
    order.cl_ord_id.set(cl_ord_id);
    let seq_num = desk.send(&order);
    let report =
        desk.await_report(|report: &ExecutionReportNew| report.cl_ord_id.get() == cl_ord_id);
    assert_eq!(report.seq_num.get(), seq_num);
    assert_eq!(report.price, order.price);
    assert_eq!(report.ord_status, u8::from(OrdStatus::New));
    report.order_id.get()
}

/// Account of trader-1.
pub const MAKER_ACCOUNT: u32 = 1;
/// Account of trader-2.
pub const TAKER_ACCOUNT: u32 = 2;
/// What each account is given, millionths.
pub const CASH: i64 = 1_000_000_000;
