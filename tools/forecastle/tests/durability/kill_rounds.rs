//! Kill -9 at random moments under load, again and again: nothing that was acknowledged is lost,
//! nothing is done twice, and what stands is what the journal says.

use std::process::Command;
use std::time::{Duration, Instant};

use forecastle_proto_spec::{
    ExchangeReport, ExecutionReportCancelled, ExecutionReportNew, ExecutionReportTrade, Frame,
    NewOrderSingle, OrderAccepted, OrderCancelRequest, OrderCancelled, Side, StateReportRequest,
    StateScope, TimeInForce, Trade,
};
use serde_json::Value;
use zerocopy::FromZeros as _;

use crate::desk::Desk;
use crate::exchange_process::{ExchangeProcess, Setup, data_folder};
use crate::floor::{Floor, MAKER_ACCOUNT, TAKER_ACCOUNT};
use crate::journal_file::Effects;
use crate::random::Random;

#[test]
fn nothing_acknowledged_is_lost_or_doubled_over_200_kills() {
    println!("seed {SEED:#x}");
    let mut random = Random::new(SEED);
    let floor = Floor::open_in(ExchangeProcess::start_with(&setup()));
    let security_id = floor.security_id;
    drop((floor.admin, floor.maker, floor.taker));
    let mut exchange = floor.exchange;
    let mut told = Told::default();
    let mut journal = Effects::default();
    let mut next_cl_ord_id = 1_000;
    for round in 0..ROUNDS {
        let (notes, kill) = ((&mut random, &mut told), ExchangeProcess::kill);
        let sent = trade(&mut exchange, security_id, &mut next_cl_ord_id, notes, kill);
        journal.read_on(&data_folder(&exchange.folder));
        told.check(&journal);
        assert!(sent > 0, "round {round} had no load");
        exchange = exchange.restart();
    }
    println!("{} acknowledgements over {ROUNDS} kills", told.checked);
    assert!(told.checked > ROUNDS * 20, "too little was acknowledged: {}", told.checked);
    assert!(journal.accepted.values().all(|count| *count == 1), "an order was accepted twice");
    check_digests(exchange);
}

/// What the clients were told and have not compared yet, and how much they have.
#[derive(Default)]
pub struct Told {
    reports: Vec<Vec<u8>>,
    /// Reports compared.
    pub checked: usize,
}

impl Told {
    /// Every report stands in the journal, at its own position, with its own contents.
    pub fn check(&mut self, journal: &Effects) {
        for bytes in self.reports.drain(..) {
            let (frame, _) = Frame::parse(&bytes).expect("the exchange sends whole messages");
            check_report(&frame, journal);
            self.checked += 1;
        }
    }
}

fn check_report(report: &Frame<'_>, journal: &Effects) {
    let effect_at = |exec_id: u64| {
        let bytes = journal.by_position.get(&(exec_id & !1));
        bytes.unwrap_or_else(|| panic!("the report at {exec_id} is lost: {report:?}"))
    };
    if let Some(report) = report.body::<ExecutionReportNew>() {
        let effect = effect_at(report.exec_id.get());
        let (frame, _) = Frame::parse(effect).expect("effects are messages");
        let accepted = frame.body::<OrderAccepted>().expect("an acceptance is reported as new");
        assert_eq!((accepted.order_id, accepted.cl_ord_id), (report.order_id, report.cl_ord_id));
        assert_eq!((accepted.price, accepted.order_qty), (report.price, report.leaves_qty));
    } else if let Some(report) = report.body::<ExecutionReportTrade>() {
        let effect = effect_at(report.exec_id.get());
        let (frame, _) = Frame::parse(effect).expect("effects are messages");
        let trade = frame.body::<Trade>().expect("a fill is reported as a trade");
        assert_eq!((trade.quantity, trade.price), (report.last_qty, report.last_px));
    } else if let Some(report) = report.body::<ExecutionReportCancelled>() {
        let effect = effect_at(report.exec_id.get());
        let (frame, _) = Frame::parse(effect).expect("effects are messages");
        let cancelled = frame.body::<OrderCancelled>().expect("a cancel is reported as one");
        assert_eq!(cancelled.order_id, report.order_id);
        assert_eq!(cancelled.cancelled_qty, report.cancelled_qty);
    }
}

/// Two sessions send orders and cancels until a random moment, at which the exchange is killed;
/// what it had sent before still counts. Gives the number of requests.
pub fn trade(
    exchange: &mut ExchangeProcess,
    security_id: u32,
    next_cl_ord_id: &mut u64,
    (random, told): (&mut Random, &mut Told),
    kill: impl FnOnce(&mut ExchangeProcess),
) -> u64 {
    let mut desks = [Desk::open(exchange, "trader-1"), Desk::open(exchange, "trader-2")];
    let deadline = Instant::now() + Duration::from_micros(2_000 + random.next() % 30_000);
    let mut sent = 0;
    while Instant::now() < deadline {
        for (index, desk) in desks.iter_mut().enumerate() {
            *next_cl_ord_id += 1;
            if random.happens(25) {
                let mut cancel = OrderCancelRequest::new_zeroed();
                cancel.cl_ord_id.set(*next_cl_ord_id);
                cancel.security_id.set(security_id);
                cancel.orig_cl_ord_id.set(next_cl_ord_id.saturating_sub(random.next() % 8));
                sent += u64::from(desk.try_send(&cancel));
            } else {
                let order = order(index, security_id, *next_cl_ord_id, random);
                sent += u64::from(desk.try_send(&order));
            }
            desk.drive_while_alive();
        }
    }
    kill(exchange);
    for desk in &mut desks {
        desk.drain_what_was_sent();
        told.reports.extend(desk.take_reports());
    }
    sent
}

fn order(index: usize, security_id: u32, cl_ord_id: u64, random: &mut Random) -> NewOrderSingle {
    let mut order = NewOrderSingle::new_zeroed();
    order.cl_ord_id.set(cl_ord_id);
    order.security_id.set(security_id);
    order.account.set([MAKER_ACCOUNT, TAKER_ACCOUNT][index]);
    order.order_qty.set(1 + (random.next() % 9) as u32);
    order.price.set(4_990 + (random.next() % 20) as u16);
    order.side = if random.happens(50) { Side::Buy } else { Side::Sell }.into();
    let time_in_force = if random.happens(70) {
        TimeInForce::GoodTillCancel
    } else {
        TimeInForce::ImmediateOrCancel
    };
    order.time_in_force = time_in_force.into();
    order
}

/// The digests of the exchange that stands again are those that a replay of its journal gives.
pub fn check_digests(exchange: ExchangeProcess) {
    let mut admin = Desk::open(&exchange, "admin");
    let mut request = StateReportRequest::new_zeroed();
    request.scope = StateScope::Exchange.into();
    admin.send(&request);
    let report = admin.await_report(|_: &ExchangeReport| true);
    let folder = exchange.end_and_keep("TERM");
    let output = Command::new(env!("CARGO_BIN_EXE_forecastle"))
        .arg("replay")
        .arg(data_folder(&folder))
        .arg("--json")
        .output()
        .expect("the binary was built by cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let replayed: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    assert_eq!(replayed["digest"], format!("{:016x}", report.market_digest.get()));
    assert_eq!(replayed["mismatches"], 0);
}

fn setup() -> Setup {
    Setup { journal: "spare_segments = 3\nsnapshot_bytes = 1048576\n", ..Setup::default() }
}

const ROUNDS: usize = 200;
const SEED: u64 = 0xD0D0_CA57;
