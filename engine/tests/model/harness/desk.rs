//! A world laid out by hand for the tests of one bound: the exchange as administrator and one
//! trading session of firm 1.

use forecastle_proto_spec::{
    AccountDefinitionRequest, Continue, DepositRequest, EndOfDayRequest, EntitlementRequest,
    Establish, EventDefinitionRequest, KillSwitchRequest, MarketStatus, Negotiate, NewOrderSingle,
    OrderCancelRequest, OrderMassActionRequest, OrderMassStatusRequest, ROLES_TRADER,
    SecurityStatusRequest, SessionDisconnected, SettlementRequest, WithdrawalRequest,
};
use zerocopy::FromZeros;

use super::messages::bytes_of;
use super::side_by_side::SideBySide;
use crate::model::Limits;

/// The session that trades.
pub const TRADER: u32 = 16;

pub struct Desk {
    pub pair: SideBySide,
    next_cl_ord_id: u64,
}

/// An order in as many words as the tests need.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub account: u32,
    pub security_id: u32,
    pub side: u8,
    pub price: u16,
    pub quantity: u32,
    pub link_id: u32,
}

impl Desk {
    /// A logged-in trader and these accounts of its firm, each with some cash.
    pub fn new(name: &str, limits: Limits, accounts: &[u32], cash: i64) -> Self {
        let mut desk = Self { pair: SideBySide::new(name.to_owned(), limits), next_cl_ord_id: 1 };
        desk.join_firm(1);
        let mut negotiate = Negotiate::new_zeroed();
        negotiate.session_id.set(TRADER);
        negotiate.access_key_id.set(1);
        negotiate.session_version_id.set(1);
        negotiate.timestamp_ns.set(1);
        desk.pair.apply(TRADER, &bytes_of(&negotiate));
        let mut establish = Establish::new_zeroed();
        establish.session_id.set(TRADER);
        establish.next_seq_num.set(1);
        establish.session_version_id.set(1);
        establish.timestamp_ns.set(2);
        establish.keep_alive_interval_ms.set(1_000);
        desk.pair.apply(TRADER, &bytes_of(&establish));
        for &account in accounts {
            let mut definition = AccountDefinitionRequest::new_zeroed();
            definition.account.set(account);
            definition.firm_id.set(1);
            desk.pair.apply(0, &bytes_of(&definition));
            desk.deposit(account, cash);
        }
        desk
    }

    /// From here on the trader acts for a firm.
    pub fn join_firm(&mut self, firm_id: u32) {
        let mut entitlement = EntitlementRequest::new_zeroed();
        entitlement.access_key_id.set(1);
        entitlement.firm_id.set(firm_id);
        entitlement.roles.set(ROLES_TRADER);
        self.pair.apply(0, &bytes_of(&entitlement));
    }

    pub fn deposit(&mut self, account: u32, amount: i64) -> Vec<u8> {
        let mut message = DepositRequest::new_zeroed();
        message.account.set(account);
        message.amount.set(amount);
        self.pair.apply(0, &bytes_of(&message))
    }

    pub fn withdraw(&mut self, account: u32, amount: i64) -> Vec<u8> {
        let mut message = WithdrawalRequest::new_zeroed();
        message.account.set(account);
        message.amount.set(amount);
        self.pair.apply(0, &bytes_of(&message))
    }

    /// Defines and opens an event.
    pub fn open_event(&mut self, market_count: u8, exhaustive: u8) {
        let mut definition = EventDefinitionRequest::new_zeroed();
        definition.market_count = market_count;
        definition.exhaustive = exhaustive;
        self.pair.apply(0, &bytes_of(&definition));
        let event_id = u32::try_from(self.pair.model.events.len()).expect("few events");
        self.set_status(event_id, MarketStatus::Open);
    }

    pub fn set_status(&mut self, event_id: u32, status: MarketStatus) -> Vec<u8> {
        let mut message = SecurityStatusRequest::new_zeroed();
        message.event_id.set(event_id);
        message.status = status.into();
        self.pair.apply(0, &bytes_of(&message))
    }

    /// Settles an event for its first market.
    pub fn settle(&mut self, event_id: u32) -> Vec<u8> {
        let event = self.pair.model.event(event_id).expect("it is defined");
        let mut message = SettlementRequest::new_zeroed();
        message.request_id.set(77);
        message.event_id.set(event_id);
        message.value_count = event.market_count;
        message.values[0].set(10_000);
        self.pair.apply(0, &bytes_of(&message))
    }

    pub fn order(&mut self, wish: Wish) -> Vec<u8> {
        self.order_with(wish, 0)
    }

    /// An order with instructions.
    pub fn order_with(&mut self, wish: Wish, exec_inst: u8) -> Vec<u8> {
        let mut message = NewOrderSingle::new_zeroed();
        message.cl_ord_id.set(self.take_cl_ord_id());
        message.seq_num.set(self.next_seq_num());
        message.account.set(wish.account);
        message.security_id.set(wish.security_id);
        message.side = wish.side;
        message.price.set(wish.price);
        message.order_qty.set(wish.quantity);
        message.cl_ord_link_id.set(wish.link_id);
        message.time_in_force = 1;
        message.exec_inst = exec_inst;
        self.pair.apply(TRADER, &bytes_of(&message))
    }

    pub fn cancel(&mut self, security_id: u32, order_id: u64) -> Vec<u8> {
        let mut message = OrderCancelRequest::new_zeroed();
        message.cl_ord_id.set(self.take_cl_ord_id());
        message.seq_num.set(self.next_seq_num());
        message.security_id.set(security_id);
        message.order_id.set(order_id);
        self.pair.apply(TRADER, &bytes_of(&message))
    }

    /// Cancels every order of the firm, or those with a link id.
    pub fn mass_cancel(&mut self, link_id: u32) -> Vec<u8> {
        self.mass_action(link_id, 3)
    }

    /// Cancels, suspends or releases the orders of the firm, or those with a link id.
    pub fn mass_action(&mut self, link_id: u32, action: u8) -> Vec<u8> {
        let mut message = OrderMassActionRequest::new_zeroed();
        message.cl_ord_id.set(self.take_cl_ord_id());
        message.seq_num.set(self.next_seq_num());
        message.cl_ord_link_id.set(link_id);
        message.scope = if link_id == 0 { 5 } else { 4 };
        message.action = action;
        self.pair.apply(TRADER, &bytes_of(&message))
    }

    /// Asks for the status of all orders of the firm.
    pub fn mass_status(&mut self) -> Vec<u8> {
        let mut message = OrderMassStatusRequest::new_zeroed();
        message.request_id.set(88);
        message.seq_num.set(self.next_seq_num());
        message.scope = 5;
        self.pair.apply(TRADER, &bytes_of(&message))
    }

    /// Ends all orders of the day.
    pub fn end_day(&mut self) -> Vec<u8> {
        self.pair.apply(0, &bytes_of(&EndOfDayRequest::new_zeroed()))
    }

    /// Suspends (1) or releases (2) a firm.
    pub fn kill_switch(&mut self, firm_id: u32, action: u8) -> Vec<u8> {
        let mut message = KillSwitchRequest::new_zeroed();
        message.key.set(firm_id);
        message.scope = 5;
        message.action = action;
        self.pair.apply(0, &bytes_of(&message))
    }

    /// The trading session loses its transport.
    pub fn lose(&mut self) -> Vec<u8> {
        let mut message = SessionDisconnected::new_zeroed();
        message.session_id.set(TRADER);
        message.code.set(6);
        self.pair.apply(0, &bytes_of(&message))
    }

    /// It comes back and asks for a kind of cancel on disconnect.
    pub fn come_back(&mut self, kind: u8) -> Vec<u8> {
        let session = &self.pair.model.sessions[&TRADER];
        let mut message = Establish::new_zeroed();
        message.session_id.set(TRADER);
        message.next_seq_num.set(session.last_seq_num + 1);
        message.session_version_id.set(session.version);
        message.timestamp_ns.set(session.timestamp_ns + 1);
        message.keep_alive_interval_ms.set(1_000);
        message.cancel_on_disconnect = kind;
        self.pair.apply(TRADER, &bytes_of(&message))
    }

    pub fn step(&mut self) -> Vec<u8> {
        self.pair.apply(0, &bytes_of(&Continue::new_zeroed()))
    }

    /// Lets the pending work run out; gives the steps it took.
    pub fn finish_work(&mut self) -> u32 {
        let mut steps = 0;
        while self.pair.model.continuation_is_pending() {
            self.step();
            steps += 1;
        }
        steps
    }

    fn next_seq_num(&self) -> u32 {
        self.pair.model.sessions[&TRADER].last_seq_num + 1
    }

    fn take_cl_ord_id(&mut self) -> u64 {
        self.next_cl_ord_id += 1;
        self.next_cl_ord_id
    }
}
