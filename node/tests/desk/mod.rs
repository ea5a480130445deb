//! Clients of an exchange in this process: an open market with two funded accounts.

#![allow(dead_code, reason = "each test binary uses its part of the desk")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use forecastle_client::{AccessKey, KeyFile, OnDisconnect, OrderEntry, OrderEntryOptions};
use forecastle_node::{Addresses, Config, Limits, Network};
use forecastle_proto_spec::{
    AccountDefinitionRequest, AccountReport, BusinessMessageReject, DepositRequest,
    EventDefinitionReport, EventDefinitionRequest, Frame, MarketStatus, Message, NewOrderSingle,
    SecurityStatusReport, SecurityStatusRequest, Side, TimeInForce,
};
use zerocopy::FromZeros as _;

/// Ends the exchange's loop however the clients end.
pub struct Done<'a>(pub &'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// An order of one lot, good till cancelled, in market 1.
pub fn order(cl_ord_id: u64, account: u32, price: u16, side: Side) -> NewOrderSingle {
    let mut order = NewOrderSingle::new_zeroed();
    order.cl_ord_id.set(cl_ord_id);
    order.security_id.set(1);
    order.order_qty.set(1);
    order.account.set(account);
    order.price.set(price);
    order.side = side.into();
    order.time_in_force = TimeInForce::GoodTillCancel.into();
    order
}

/// Opens accounts 1 and 2, each of its firm, and market 1.
pub fn prepare(addresses: Addresses, keys: &KeyFile) {
    let mut admin = connect(addresses, &keys.keys[0]);
    for account in [1, 2] {
        let mut define = AccountDefinitionRequest::new_zeroed();
        define.account.set(account);
        define.firm_id.set(account + 1);
        ask::<_, AccountReport>(&mut admin, &define);
        let mut deposit = DepositRequest::new_zeroed();
        deposit.account.set(account);
        deposit.amount.set(1 << 50);
        ask::<_, AccountReport>(&mut admin, &deposit);
    }
    let mut event = EventDefinitionRequest::new_zeroed();
    event.market_count = 1;
    ask::<_, EventDefinitionReport>(&mut admin, &event);
    let mut open = SecurityStatusRequest::new_zeroed();
    open.event_id.set(1);
    open.status = MarketStatus::Open.into();
    ask::<_, SecurityStatusReport>(&mut admin, &open);
}

fn ask<M: Message, R: Message>(session: &mut OrderEntry, message: &M) {
    session.send(message).unwrap();
    let mut is_answered = false;
    while !is_answered {
        let on_frame = |frame: Frame<'_>| {
            if let Some(reject) = frame.body::<BusinessMessageReject>() {
                panic!("refused: {}", reject.reject_code);
            }
            is_answered |= frame.body::<R>().is_some();
        };
        session.poll(on_frame).unwrap();
        std::thread::yield_now();
    }
}

/// Logs in.
pub fn connect(addresses: Addresses, key: &AccessKey) -> OrderEntry {
    connect_as(addresses, key, 0)
}

/// Logs in as one of the key's sessions.
pub fn connect_as(addresses: Addresses, key: &AccessKey, session_number: u32) -> OrderEntry {
    let options = OrderEntryOptions {
        order_entry: addresses.order_entry,
        reports: addresses.reports,
        interface: "127.0.0.1".parse().unwrap(),
        key: key.clone(),
        session_number,
        keep_alive_interval_ms: 30_000,
        on_disconnect: OnDisconnect::KEEP,
    };
    OrderEntry::connect(&options, Duration::from_secs(20)).unwrap()
}

/// Small limits, free ports; `group` keeps tests that run together apart.
pub fn config(group: u8) -> Config {
    let any_port = "127.0.0.1:0".parse().unwrap();
    Config {
        network: Network {
            order_entry: any_port,
            reports: any_port,
            log_stream: any_port,
            shared_log_stream: any_port,
            market_data: format!("239.255.77.{group}:0").parse().unwrap(),
            ..Network::default()
        },
        limits: Limits {
            accounts_max: 64,
            events_max: 16,
            markets_max: 64,
            orders_max: 1 << 16,
            sessions_max: 16,
            exposures_max: 64,
            connections_max: 8,
            log_bytes: 16 << 20,
            ..Limits::default()
        },
        ..Config::default()
    }
}
