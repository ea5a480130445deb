//! A flood of garbage costs the exchange time, but no session, no order and no memory.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::floor::Floor;
use crate::plain_socket::frames;
use crate::plain_socket::socket;
use crate::random::Random;
use forecastle_proto_spec::ORDER_ENTRY_STREAM_ID;

#[test]
fn trading_goes_on_under_a_flood_of_garbage() {
    const SEED: u64 = 0xF_100D;
    println!("seed {SEED:#x}");
    let mut floor = Floor::open();
    floor.trade_one_order();
    let before = floor.counters();
    let resident_before = floor.exchange.resident_bytes();
    let targets = [floor.exchange.order_entry(), floor.exchange.reports()];
    let is_over = AtomicBool::new(false);
    let (mut trade_count, mut sent_count) = (0, 0);
    std::thread::scope(|scope| {
        let flood = scope.spawn(|| {
            let mut random = Random::new(SEED);
            let socket = socket();
            let mut count = 0_u64;
            while !is_over.load(Ordering::Relaxed) {
                let datagram = hostile_datagram(&mut random);
                for target in targets {
                    count += u64::from(socket.send_to(&datagram, target).is_ok());
                }
            }
            count
        });
        // Also when a trade fails: the scope waits for the flood.
        let ending = Ending(&is_over);
        let end = Instant::now() + FLOOD;
        while Instant::now() < end {
            floor.trade_one_order();
            trade_count += 1;
        }
        drop(ending);
        sent_count = flood.join().expect("the flood ends by itself");
    });
    println!("{trade_count} trades beside {sent_count} datagrams");
    assert!(trade_count >= 10, "only {trade_count} trades in {FLOOD:?}");
    let after = floor.counters();
    let risen = |label: &str| after[label] - before[label];
    // Of sessions nobody has, the ones that do not fit the table of set-up requests count there.
    let strangers = risen("order_entry.unknown_session") + risen("order_entry.setup_requests_full");
    let expected = [
        ("DATA", strangers),
        ("SETUP", risen("order_entry.setup_invalid")),
        ("noise", risen("order_entry.unsupported_version")),
        ("DATA for reports", risen("reports.unexpected_type")),
        ("noise for reports", risen("reports.unsupported_version")),
    ];
    for (kind, dropped) in expected {
        assert!(dropped > 100, "the flood of {kind} did not arrive: {dropped}");
    }
    let resident_after = floor.exchange.resident_bytes();
    let growth = resident_after.saturating_sub(resident_before);
    assert!(growth < MEMORY_GROWTH_MAX, "{growth} bytes more for {sent_count} datagrams");
    floor.trade_one_order();
}

/// Ends the flood when it is dropped.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Random bytes, DATA of sessions that nobody has, and SETUPs that cannot be, of any length.
fn hostile_datagram(random: &mut Random) -> Vec<u8> {
    let number = random.next();
    let session_id = (number >> 32) as i32;
    let length = (number % 1_300) as usize;
    match number >> 16 & 3 {
        0 => random.bytes(length),
        1 => frames::setup(session_id, ORDER_ENTRY_STREAM_ID, 0x80).put(28, 5).bytes,
        _ => frames::data(session_id, ORDER_ENTRY_STREAM_ID, 0, &vec![0x5A; length]).bytes,
    }
}

const FLOOD: Duration = Duration::from_secs(2);
/// Pages that are touched for the first time, not memory asked for: buffers of the sockets' batches
/// and of the log.
const MEMORY_GROWTH_MAX: u64 = 16 << 20;
