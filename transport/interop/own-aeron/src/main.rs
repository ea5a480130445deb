//! Bring your own Aeron: stock Aeron, the structs of the schema and nothing else of Forecastle log
//! in to a running exchange, enter an order, and read its report and the market data.
//!
//! An administrator first lists a market and funds an account, over the same streams.
#![forbid(unsafe_code)]

mod aeron;
mod exchange;
mod session;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use forecastle_proto_spec::{
    AccountDefinitionRequest, AccountReport, DepositRequest, EventDefinitionReport,
    EventDefinitionRequest, ExecutionReportNew, Frame, MARKET_DATA_STREAM_ID, MarketDataPacket,
    MarketStatus, NewOrderSingle, OrderPut, SecurityStatusReport, SecurityStatusRequest, Side,
    TimeInForce,
};
use zerocopy::FromZeros as _;

use crate::aeron::{Connection, Subscription};
use crate::exchange::{Exchange, Key};
use crate::session::Session;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        [ready_file] => with_a_driver(Path::new(ready_file)),
        [ready_file, "--aeron-dir", directory] => Connection::to_driver(Path::new(directory))
            .and_then(|connection| trade(&connection, Path::new(ready_file))),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn with_a_driver(ready_file: &Path) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("own-aeron-").tempdir()?;
    trade(&Connection::with_driver(&folder.path().join("aeron"))?, ready_file)
}

/// Everything.
fn trade(connection: &Connection, ready_file: &Path) -> anyhow::Result<()> {
    let exchange = Exchange::read(ready_file)?;
    let (admin_key, trader_key) = (exchange.key("admin")?, exchange.key("trader-1")?);
    // Joined before the market is listed, so that its book is complete in the feed.
    let uri = format!("aeron:udp?endpoint={}|interface=127.0.0.1", exchange.market_data);
    let mut feed = connection.subscription(&uri, MARKET_DATA_STREAM_ID)?;
    connection.wait("the market data", || Ok(feed.is_connected().then_some(())))?;
    println!("market data: joined {}", exchange.market_data);

    let mut admin = Session::log_in(connection, &exchange, &admin_key)?;
    println!("{}: logged in", admin_key.name);
    let market = list(&mut admin, &trader_key)?;
    println!("{}: market {market} is open, account {ACCOUNT} has money", admin_key.name);

    let mut trader = Session::log_in(connection, &exchange, &trader_key)?;
    println!("{}: logged in", trader_key.name);
    let report = enter(&mut trader, market)?;
    let (order, exec) = (report.order_id.get(), report.exec_id.get());
    println!("{}: ExecutionReportNew, order {order}, exec_id {exec}", trader_key.name);
    let put = watch(connection, &mut feed, order)?;
    println!("market data: OrderPut, {} lots at {}", put.quantity.get(), put.price.get());
    ensure!(put.quantity.get() == QUANTITY && put.price.get() == PRICE, "another order");
    trader.terminate()?;
    admin.terminate()?;
    println!("done: order {order} came back as a report and as market data");
    Ok(())
}

/// Gives the trader's firm an account with money, and opens a market; its number.
fn list(admin: &mut Session<'_>, trader: &Key) -> anyhow::Result<u32> {
    admin.send(|seq_num, time_ns| {
        let mut request = AccountDefinitionRequest::new_zeroed();
        request.request_id.set(1);
        request.seq_num.set(seq_num);
        request.sending_time_ns.set(time_ns);
        request.account.set(ACCOUNT);
        request.firm_id.set(trader.firm);
        request
    })?;
    admin.answer::<AccountReport>(|report| report.request_id.get() == 1)?;
    admin.send(|seq_num, time_ns| {
        let mut request = DepositRequest::new_zeroed();
        request.request_id.set(2);
        request.seq_num.set(seq_num);
        request.sending_time_ns.set(time_ns);
        request.account.set(ACCOUNT);
        request.amount.set(DEPOSIT);
        request
    })?;
    admin.answer::<AccountReport>(|report| report.request_id.get() == 2)?;
    admin.send(|seq_num, time_ns| {
        let mut request = EventDefinitionRequest::new_zeroed();
        request.request_id.set(3);
        request.seq_num.set(seq_num);
        request.sending_time_ns.set(time_ns);
        request.market_count = 1;
        request
    })?;
    let event = admin.answer::<EventDefinitionReport>(|report| report.request_id.get() == 3)?;
    admin.send(|seq_num, time_ns| {
        let mut request = SecurityStatusRequest::new_zeroed();
        request.request_id.set(4);
        request.seq_num.set(seq_num);
        request.sending_time_ns.set(time_ns);
        request.event_id = event.event_id;
        request.status = MarketStatus::Open.into();
        request
    })?;
    admin.answer::<SecurityStatusReport>(|report| report.request_id.get() == 4)?;
    Ok(event.first_security_id.get())
}

/// Bids for the market; the exchange's report.
fn enter(trader: &mut Session<'_>, market: u32) -> anyhow::Result<ExecutionReportNew> {
    trader.send(|seq_num, time_ns| {
        let mut order = NewOrderSingle::new_zeroed();
        // Orders of one session are numbered by its client; the time is a number not used before.
        order.cl_ord_id.set(time_ns);
        order.seq_num.set(seq_num);
        order.sending_time_ns.set(time_ns);
        order.security_id.set(market);
        order.account.set(ACCOUNT);
        order.order_qty.set(QUANTITY);
        order.price.set(PRICE);
        order.side = Side::Buy.into();
        order.time_in_force = TimeInForce::GoodTillCancel.into();
        order
    })?;
    trader.answer::<ExecutionReportNew>(|report| report.security_id.get() == market)
}

/// Reads the feed until it shows the order.
fn watch(
    connection: &Connection,
    feed: &mut Subscription,
    order_id: u64,
) -> anyhow::Result<OrderPut> {
    connection
        .wait("the order in the market data", || {
            let mut found = None;
            feed.poll(|packet| {
                // A packet is its header and then messages, back to back.
                let mut rest = packet;
                while let Ok((frame, after)) = Frame::parse(rest) {
                    rest = after;
                    let is_header = frame.body::<MarketDataPacket>().is_some();
                    let put = frame.body::<OrderPut>().filter(|put| put.order_id.get() == order_id);
                    if let (false, Some(put)) = (is_header, put) {
                        found = Some(*put);
                    }
                }
            })?;
            Ok(found)
        })
        .context("reading the feed")
}

const ACCOUNT: u32 = 4711;
/// 100 units of money, in millionths.
const DEPOSIT: i64 = 100_000_000;
const QUANTITY: u32 = 100;
const PRICE: u16 = 4750;
const USAGE: &str = "\
usage: forecastle-own-aeron READY_FILE                       with a driver of its own
       forecastle-own-aeron READY_FILE --aeron-dir DIRECTORY with yours";
