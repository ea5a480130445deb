//! A disk that stalls under load: new orders are refused once the log is above its first mark,
//! cancels go in, nothing is dropped, and nothing is both refused and executed.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod desk;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant};

use desk::{Done, config, connect, order, prepare};
use forecastle_client::{KeyFile, OrderEntry, SessionError};
use forecastle_node::{Addresses, Agents, Config, DataFolder};
use forecastle_proto_spec::{
    BusinessMessageReject, ExecutionReportCancelled, ExecutionReportNew, Frame, Message,
    OrderCancelRequest, RejectCode, Side,
};
use forecastle_runtime::agent::Agent as _;
use forecastle_runtime::clock::SystemClock;
use zerocopy::FromZeros as _;

#[test]
fn a_stalled_disk_refuses_orders_and_executes_every_cancel() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::open(folder.path()).unwrap();
    let keys = data.keys().clone();
    let limits = forecastle_node::Limits { log_bytes: 4 << 20, ..config(3).limits };
    let agents = Agents::build(&Config { limits, ..config(3) }, &data, None).unwrap();
    let addresses = agents.addresses;
    let is_done = AtomicBool::new(false);
    let disk = AtomicU8::new(RUNNING);
    let told = std::thread::scope(|scope| {
        let clients = scope.spawn(|| {
            let _done = Done(&is_done);
            trade(addresses, &keys, &disk)
        });
        run(agents, &is_done, &disk);
        clients.join().unwrap()
    });
    println!(
        "{} orders accepted, {} refused, {} cancels",
        told.new.len(),
        told.busy.len(),
        CANCELS
    );
    assert!(told.busy.len() > 100, "the disk stalled and orders went on");
    assert_eq!(told.cancelled.len(), CANCELS as usize, "a cancel was dropped");
    let both: Vec<_> = told.busy.iter().filter(|id| told.new.contains_key(id)).collect();
    assert!(both.is_empty(), "refused and executed: {both:?}");
}

/// Runs the agents in turn; a stalled disk is one whose persister does nothing for two seconds,
/// and longer where the clients are slow to send what they want to send meanwhile.
fn run(mut agents: Agents, is_done: &AtomicBool, disk: &AtomicU8) {
    let clock = SystemClock::new();
    let mut stalled_since = None;
    while !is_done.load(Ordering::Acquire) {
        let now = clock.now();
        let mut work_count = agents.order_entry.do_work(now) + agents.sequencer.do_work(now);
        let state = disk.load(Ordering::Acquire);
        if state == STALLED || state == SENT {
            let since: Instant = *stalled_since.get_or_insert_with(Instant::now);
            if state == SENT && since.elapsed() > STALL {
                disk.store(RECOVERED, Ordering::Release);
            }
        } else {
            work_count += agents.persister.as_mut().unwrap().do_work(now);
        }
        work_count += agents.market_data.do_work(now);
        if work_count == 0 {
            std::thread::yield_now();
        }
    }
}

/// What the client was told.
#[derive(Default)]
struct Told {
    /// ClOrdID of each accepted order, with its order id.
    new: BTreeMap<u64, u64>,
    /// ClOrdIDs refused as Busy.
    busy: BTreeSet<u64>,
    /// Order ids.
    cancelled: BTreeSet<u64>,
}

impl Told {
    fn note(&mut self, frame: &Frame<'_>) {
        if let Some(report) = frame.body::<ExecutionReportNew>() {
            let known = self.new.insert(report.cl_ord_id.get(), report.order_id.get());
            assert_eq!(known, None, "an order is accepted once");
        } else if let Some(report) = frame.body::<ExecutionReportCancelled>() {
            assert!(self.cancelled.insert(report.order_id.get()), "an order is cancelled once");
        } else if let Some(reject) = frame.body::<BusinessMessageReject>() {
            assert_eq!(reject.reject_code.get(), RejectCode::Busy as u16);
            assert_eq!(reject.exec_id.get(), 0, "a refusal is unnumbered");
            self.busy.insert(reject.request_id.get());
        }
    }
}

/// Rests orders, stalls the disk, sends further orders until many are refused, then cancels those
/// that rested before, and waits for every answer.
fn trade(addresses: Addresses, keys: &KeyFile, disk: &AtomicU8) -> Told {
    prepare(addresses, keys);
    let mut session = connect(addresses, &keys.keys[1]);
    let mut told = Told::default();
    for cl_ord_id in 1..=CANCELS {
        send(&mut session, &order(cl_ord_id, 1, 100, Side::Buy), &mut told);
    }
    wait(&mut session, &mut told, |told| told.new.len() == CANCELS as usize);
    let resting: Vec<u64> = told.new.values().copied().collect();
    disk.store(STALLED, Ordering::Release);
    let mut cl_ord_id = CANCELS;
    while told.busy.len() <= 100 && cl_ord_id < ORDERS_MAX {
        cl_ord_id += 1;
        send(&mut session, &order(cl_ord_id, 1, 100, Side::Buy), &mut told);
    }
    for order_id in resting {
        cl_ord_id += 1;
        let mut cancel = OrderCancelRequest::new_zeroed();
        cancel.cl_ord_id.set(cl_ord_id);
        cancel.order_id.set(order_id);
        cancel.security_id.set(1);
        send(&mut session, &cancel, &mut told);
    }
    assert!(told.cancelled.is_empty(), "nothing is released while the disk stalls");
    disk.store(SENT, Ordering::Release);
    wait(&mut session, &mut told, |told| told.cancelled.len() == CANCELS as usize);
    // The exchange takes orders again.
    cl_ord_id += 1;
    send(&mut session, &order(cl_ord_id, 1, 100, Side::Buy), &mut told);
    wait(&mut session, &mut told, |told| told.new.contains_key(&cl_ord_id));
    told
}

fn send<M: Message>(session: &mut OrderEntry, message: &M, told: &mut Told) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        session.poll(|frame| told.note(&frame)).unwrap();
        match session.send(message) {
            Ok(_) => return,
            Err(SessionError::BackPressured) => std::thread::sleep(PAUSE),
            Err(error) => panic!("{error}"),
        }
        assert!(Instant::now() < deadline, "the exchange takes nothing");
    }
}

fn wait(session: &mut OrderEntry, told: &mut Told, holds: impl Fn(&Told) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds(told) {
        if session.poll(|frame| told.note(&frame)).unwrap() == 0 {
            std::thread::sleep(PAUSE);
        }
        assert!(Instant::now() < deadline, "{} cancelled", told.cancelled.len());
    }
}

const RUNNING: u8 = 0;
const STALLED: u8 = 1;
const SENT: u8 = 2;
const RECOVERED: u8 = 3;
const STALL: Duration = Duration::from_secs(2);
/// The client leaves its processor to the kernel's workers, which sync the journal.
const PAUSE: Duration = Duration::from_micros(200);
const PATIENCE: Duration = Duration::from_secs(30);
const CANCELS: u64 = 500;
const ORDERS_MAX: u64 = 60_000;
