//! `forecastle import betfair`: replays a recorded Betfair market through a running exchange.
//!
//! The pure part reads a stream file ([`stream`], [`message`], [`survey`]), keeps what the source
//! shows ([`source`], [`ladder`]) and decides what to send so that the exchange shows the same
//! ([`plan`], [`resting`]). It knows no socket, clock or thread. The other part logs in like any
//! client, sends that ([`importer`]) and compares the books of the exchange, rebuilt from market
//! data ([`feed`]), with the source after every message.

pub mod admin;
pub mod decimal;
pub mod desk;
pub mod feed;
pub mod importer;
pub mod ladder;
pub mod listing;
pub mod message;
pub mod plan;
pub mod resting;
pub mod source;
pub mod stream;
pub mod summary;
pub mod survey;

use std::net::Ipv4Addr;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use forecastle_client::{AccessKey, KeyFile, OnDisconnect, OrderEntryOptions, ReadyFile};
use forecastle_proto_spec::{ROLES_CASH_ADMIN, ROLES_MARKET_ADMIN, ROLES_TRADER};
use indicatif::{ProgressBar, ProgressStyle};

use self::admin::{Admin, Answers};
use self::desk::Desk;
use self::feed::Feed;
use self::importer::Importer;
use self::listing::Listing;
use self::source::SourceMarket;
use self::stream::{Line, StreamReader};
use self::summary::Summary;
use self::survey::Survey;
use crate::exit::{Failure, Outcome};
use crate::link::Link;
use crate::pace::{Pace, Speed};

/// What to import, where to and how.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Stream file: JSON lines, plain or compressed with bzip2.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Ready file of the running exchange.
    #[arg(long, value_name = "READY.json")]
    pub exchange: PathBuf,
    /// `max`, or a multiple of real time.
    #[arg(long, value_name = "max|N", default_value = "max")]
    pub speed: Speed,
    /// Print the figures as one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Drop every Nth book update before the books are rebuilt, to see the check fail.
    #[arg(long, value_name = "N")]
    pub corrupt_market_data: Option<NonZeroU64>,
    /// Fee rate of makers and takers, given in millionths, a multiple of 100 below 1000000; kept
    /// in ten-thousandths.
    #[arg(long = "fee-ppm", value_name = "PPM", default_value = "0", value_parser = parse_fee_rate)]
    pub fee_rate: u16,
    /// Address of the interface to use.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub interface: Ipv4Addr,
}

/// Imports a file and prints what came of it.
///
/// # Errors
/// The file cannot be used, or the exchange cannot be reached or refuses to set the market up.
pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let survey = Survey::of(&arguments.file).context(Failure::Damaged)?;
    for line in &survey.malformed {
        eprintln!("{}: line {}: {}", arguments.file.display(), line.number, line.cause);
    }
    let summary = import(arguments, &survey)?;
    if arguments.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        print!("{}", summary.to_text());
    }
    Ok(if summary.is_clean() { Outcome::Done } else { Outcome::Difference })
}

/// Reads a fee rate of millionths as the ten-thousandths that the exchange takes.
fn parse_fee_rate(text: &str) -> Result<u16, String> {
    let rate = text.parse::<u32>().ok().filter(|rate| rate % PPM_PER_RATE == 0);
    let rate = rate.and_then(|rate| u16::try_from(rate / PPM_PER_RATE).ok());
    rate.filter(|rate| *rate < FEE_RATE_END)
        .ok_or_else(|| "is no multiple of 100 from 0 to 999900".to_string())
}

/// Imports a surveyed file.
///
/// # Errors
/// As [`run`].
pub fn import(arguments: &Arguments, survey: &Survey) -> anyhow::Result<Summary> {
    let start = Instant::now();
    let mut summary = Summary {
        messages: survey.message_count,
        malformed_lines: survey.malformed_count,
        ..Summary::default()
    };
    let mut importer = connect(arguments, survey)?;
    replay(arguments, &mut importer, &mut summary)?;
    match survey.settlement_values() {
        Some(values) => importer.listing.settle(&mut importer.admin, &values)?,
        None => eprintln!("the file ends before its market closes: nothing is settled"),
    }
    summary.take_totals(&importer.admin.exchange_report()?);
    for desk in [&importer.maker.handler, &importer.taker.handler] {
        summary.orders += desk.tally.orders;
        summary.cancels += desk.tally.cancels;
        summary.trades += desk.tally.incoming_fills;
        for (code, count) in &desk.tally.rejects {
            *summary.rejects.entry(*code).or_insert(0) += count;
        }
    }
    summary.take_time(start.elapsed());
    let (lost, misfits) =
        (importer.feed.progress().lost_packet_count, importer.feed.misfit_count());
    if lost + misfits > 0 {
        eprintln!("market data: {lost} packets lost, {misfits} updates did not fit the books");
    }
    Ok(summary)
}

fn replay(
    arguments: &Arguments,
    importer: &mut Importer,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    // Drawn on standard error, and only when that is a terminal.
    let bar = ProgressBar::new(summary.messages);
    bar.set_style(ProgressStyle::with_template(BAR_TEMPLATE).expect("the template is well formed"));
    let mut reader = StreamReader::open(&arguments.file).context(Failure::Damaged)?;
    let mut pace = Pace::new(arguments.speed);
    let mut next_poll = Instant::now() + POLL_PERIOD;
    while let Some(line) = reader.next_line().context(Failure::Damaged)? {
        let Line::Message(message) = line else { continue };
        let time_ms = message.publish_time_ms.and_then(|time_ms| u64::try_from(time_ms).ok());
        let time_ns = time_ms.map(|time_ms| time_ms.saturating_mul(NS_PER_MS));
        if let Some(due) = time_ns.and_then(|time_ns| pace.due(time_ns)) {
            importer.wait_until(due)?;
        }
        importer
            .message(&message, summary)
            .with_context(|| format!("line {}", reader.line_number()))?;
        if Instant::now() > next_poll {
            importer.poll()?;
            next_poll = Instant::now() + POLL_PERIOD;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

/// Logs in an administrator, a maker and a taker of different firms, opens their accounts and
/// defines the market.
fn connect(arguments: &Arguments, survey: &Survey) -> anyhow::Result<Importer> {
    let ready = ReadyFile::read(&arguments.exchange).context(Failure::Unreachable)?;
    let keys = KeyFile::read(&ready.keys)?;
    let keys = ImportKeys::choose(&keys)?;
    let options = |key: &AccessKey| OrderEntryOptions {
        order_entry: ready.order_entry,
        reports: ready.reports,
        interface: arguments.interface,
        key: key.clone(),
        session_number: SESSION_NUMBER,
        keep_alive_interval_ms: KEEP_ALIVE_INTERVAL_MS,
        on_disconnect: OnDisconnect::KEEP,
    };
    let feed = Feed::join(ready.market_data, arguments.interface, arguments.corrupt_market_data)?;
    let mut admin = Admin::new(Link::connect(&options(keys.admin), Answers::default())?);
    let maker = Link::connect(&options(keys.maker), Desk::default())?;
    let taker = Link::connect(&options(keys.taker), Desk::default())?;
    let mut account = admin.exchange_report()?.account_count.get() + 1;
    let mut maker_accounts = Vec::with_capacity(MAKER_ACCOUNT_COUNT);
    for _ in 0..MAKER_ACCOUNT_COUNT {
        account = admin.open_account(account, keys.maker.firm_id, DEPOSIT)?;
        maker_accounts.push(account);
        account += 1;
    }
    let taker_account = admin.open_account(account, keys.taker.firm_id, DEPOSIT)?;
    let listing = Listing::define(&mut admin, survey, arguments.fee_rate)?;
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Importer {
        admin,
        maker,
        taker,
        feed,
        market: SourceMarket::new(&survey.market_id, &survey.runners),
        listing,
        maker_accounts,
        taker_account,
        last_cl_ord_id: u64::try_from(since_1970.as_nanos()).unwrap_or_default(),
        order_count: 0,
    })
}

struct ImportKeys<'a> {
    admin: &'a AccessKey,
    maker: &'a AccessKey,
    taker: &'a AccessKey,
}

impl<'a> ImportKeys<'a> {
    /// The first administrator, and from the end, where the demo's traders are not, two traders of
    /// different firms.
    fn choose(file: &'a KeyFile) -> anyhow::Result<Self> {
        let admin_roles = ROLES_MARKET_ADMIN | ROLES_CASH_ADMIN;
        let admin = file.keys.iter().find(|key| key.roles & admin_roles == admin_roles);
        let traders = || file.keys.iter().rev().filter(|key| key.roles & ROLES_TRADER != 0);
        let maker = traders().next();
        let taker = traders().find(|key| Some(key.firm_id) != maker.map(|maker| maker.firm_id));
        Ok(Self {
            admin: admin.context("no key may administer both markets and cash")?,
            maker: maker.context("no key may trade")?,
            taker: taker.context("no two keys may trade for different firms")?,
        })
    }
}

/// Millionths in one ten-thousandth, the unit of fee rates on the wire.
const PPM_PER_RATE: u32 = 100;
/// One, in ten-thousandths.
const FEE_RATE_END: u16 = 10_000;
const BAR_TEMPLATE: &str = "{bar:40} {pos}/{len} messages, {per_sec}, {eta} to go";
const NS_PER_MS: u64 = 1_000_000;
const POLL_PERIOD: std::time::Duration = std::time::Duration::from_millis(50);
const MAKER_ACCOUNT_COUNT: usize = 4;
/// Millionths: enough for the largest ladders there are, and a small part of what an exchange
/// can hold.
const DEPOSIT: i64 = 1_000_000_000_000_000;
/// The last of a key's sessions: whoever trades by hand begins with the first.
const SESSION_NUMBER: u32 = 15;
const KEEP_ALIVE_INTERVAL_MS: u32 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maker_and_taker_are_of_different_firms() {
        let mut file = KeyFile::generate(3).unwrap();
        let keys = ImportKeys::choose(&file).unwrap();
        let names = [&keys.admin.name, &keys.maker.name, &keys.taker.name];
        assert_eq!(names, ["admin", "trader-3", "trader-2"]);
        for key in &mut file.keys {
            key.firm_id = 5;
        }
        assert!(ImportKeys::choose(&file).is_err());
        file.keys.remove(0);
        assert!(ImportKeys::choose(&file).is_err());
    }
}
