//! Nothing is allocated on the hot side after the start: 100,000 requests (orders, cancels,
//! fills) and a login over real sockets, with every duty cycle of every agent under watch.
//!
//! The watched thread is the test's own: it runs the agents in turn, as a runner would. The
//! clients are on another thread and may allocate.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod desk;

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use desk::{Done, config, connect, order, prepare};
use forecastle_client::{KeyFile, OrderEntry, SessionError};
use forecastle_node::{Addresses, Agents, DataFolder};
use forecastle_proto_spec::{
    ExecutionReportCancelled, ExecutionReportNew, ExecutionReportRejected, ExecutionReportTrade,
    Message, OrderCancelRequest, Side,
};
use forecastle_runtime::agent::Agent;
use forecastle_runtime::clock::SystemClock;
use zerocopy::FromZeros;

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

#[test]
fn the_hot_side_allocates_nothing_over_100_000_requests_and_a_login() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::open(folder.path()).unwrap();
    let keys = data.keys().clone();
    let agents = Agents::build(&config(1), &data, None).unwrap();
    let addresses = agents.addresses;
    let is_done = AtomicBool::new(false);
    let is_planted = std::env::var_os(PLANT).is_some();
    let totals = std::thread::scope(|scope| {
        let clients = scope.spawn(|| {
            let _done = Done(&is_done);
            trade(addresses, &keys)
        });
        run_under_watch(agents, &is_done, is_planted);
        clients.join().unwrap()
    });
    println!("{totals:?}");
    assert_eq!(totals.requests, REQUESTS);
    assert!(totals.accepted > 40_000 && totals.cancelled >= 20_000 && totals.trades > 10_000);
}

#[test]
fn a_planted_allocation_ends_the_test() {
    let me = std::env::current_exe().unwrap();
    let name = "the_hot_side_allocates_nothing_over_100_000_requests_and_a_login";
    let run = Command::new(me).args(["--exact", name]).env(PLANT, "1").output().unwrap();
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success(), "the planted allocation was not seen");
    assert!(errors.contains("allocation"), "{errors}");
}

/// Runs the agents in turn until the clients are done, every cycle under watch.
fn run_under_watch(mut agents: Agents, is_done: &AtomicBool, is_planted: bool) {
    let clock = SystemClock::new();
    let mut cycles = 0_u64;
    while !is_done.load(Ordering::Acquire) {
        let now = clock.now();
        let work_count = assert_no_alloc(|| {
            if is_planted && cycles == PLANTED_CYCLE {
                std::hint::black_box(Box::new(cycles));
            }
            agents.order_entry.do_work(now)
                + agents.sequencer.do_work(now)
                + agents.persister.as_mut().unwrap().do_work(now)
                + agents.market_data.do_work(now)
        });
        cycles += 1;
        if work_count == 0 {
            std::thread::yield_now();
        }
    }
}

#[derive(Debug, Default)]
struct Totals {
    requests: u32,
    accepted: u32,
    cancelled: u32,
    trades: u32,
}

/// Two sessions that are both polled while either waits, however long the disk takes.
struct Desks {
    /// Maker and taker.
    sessions: [OrderEntry; 2],
    /// Reports that came, and those that were waited for.
    seen: [u32; 2],
    wanted: [u32; 2],
    totals: Totals,
}

/// Ten requests a round: four asks, two bids that cross two of them, and cancels of all four asks,
/// two of them too late.
fn trade(addresses: Addresses, keys: &KeyFile) -> Totals {
    prepare(addresses, keys);
    let sessions = [connect(addresses, &keys.keys[1]), connect(addresses, &keys.keys[2])];
    let mut desks = Desks { sessions, seen: [0; 2], wanted: [0; 2], totals: Totals::default() };
    let mut cl_ord_id = 0;
    while desks.totals.requests < REQUESTS {
        let first = cl_ord_id + 1;
        for step in 0..4 {
            cl_ord_id += 1;
            desks.send(MAKER, &order(cl_ord_id, 1, 5_000 + step, Side::Sell));
        }
        desks.settle(MAKER, 4);
        for _ in 0..2 {
            cl_ord_id += 1;
            desks.send(TAKER, &order(cl_ord_id, 2, 5_003, Side::Buy));
        }
        desks.settle(TAKER, 4);
        desks.settle(MAKER, 2);
        for cancelled in first..first + 4 {
            let mut cancel = OrderCancelRequest::new_zeroed();
            cancel.cl_ord_id.set(cancelled);
            cancel.orig_cl_ord_id.set(cancelled);
            cancel.security_id.set(1);
            desks.send(MAKER, &cancel);
        }
        desks.settle(MAKER, 4);
    }
    desks.totals
}

impl Desks {
    fn send<M: Message>(&mut self, desk: usize, message: &M) {
        loop {
            match self.sessions[desk].send(message) {
                Ok(_) => break,
                Err(SessionError::BackPressured) => {
                    self.poll(desk);
                }
                Err(error) => panic!("{error}"),
            }
        }
        self.totals.requests += 1;
    }

    /// Waits for `count` further reports.
    fn settle(&mut self, desk: usize, count: u32) {
        self.wanted[desk] += count;
        while self.seen[desk] < self.wanted[desk] {
            if self.poll(MAKER) + self.poll(TAKER) == 0 {
                std::thread::yield_now();
            }
        }
    }

    fn poll(&mut self, desk: usize) -> usize {
        let Self { sessions, seen, totals, .. } = self;
        let polled = sessions[desk].poll(|frame| {
            if frame.body::<ExecutionReportNew>().is_some() {
                totals.accepted += 1;
            } else if frame.body::<ExecutionReportTrade>().is_some() {
                totals.trades += 1;
            } else if frame.body::<ExecutionReportCancelled>().is_some() {
                totals.cancelled += 1;
            } else if frame.body::<ExecutionReportRejected>().is_some() {
                panic!("an order was refused");
            }
            seen[desk] += u32::from((50..56).contains(&frame.template_id));
        });
        polled.unwrap()
    }
}

const MAKER: usize = 0;
const TAKER: usize = 1;
const REQUESTS: u32 = 100_000;
/// The cycle that allocates when the environment asks for it.
const PLANTED_CYCLE: u64 = 1_000;
const PLANT: &str = "FORECASTLE_PLANT_ALLOCATION";
