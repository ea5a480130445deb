//! The heap beside a sorted list.

use std::collections::BTreeMap;

use super::*;

/// Timers by slot: millisecond and number.
type List = BTreeMap<u32, (u64, u64)>;

fn first_of(list: &List) -> Option<(u32, u64)> {
    let first = list.iter().min_by_key(|(_, order)| **order);
    first.map(|(slot, (due_ms, _))| (*slot, *due_ms))
}

#[test]
fn timers_fire_by_millisecond_and_then_as_they_were_armed() {
    let mut word = SEED;
    println!("seed {SEED:#x}");
    let mut random = |limit: u64| {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        word % limit
    };
    let (mut timers, mut list) = (Timers::new(SLOT_COUNT, 4, 2), List::new());
    let (mut now_ns, mut number) = (1_700_000_000_000_000_000, 0);
    for _ in 0..20_000 {
        let slot = u32::try_from(random(u64::from(SLOT_COUNT))).unwrap();
        match random(4) {
            0 | 1 => {
                let reach = match random(3) {
                    0 => 3_000_000,
                    1 => 50_000_000,
                    _ => 4_000_000_000,
                };
                let due_ns = now_ns + 1 + random(reach);
                number += 1;
                timers.arm(Timer::OrderExpiry(slot), due_ns);
                list.insert(slot, (due_ns.div_ceil(1_000_000), number));
            }
            2 => {
                timers.disarm(Timer::OrderExpiry(slot));
                list.remove(&slot);
            }
            _ => now_ns += random(5_000_000),
        }
        let first = first_of(&list);
        assert_eq!(timers.first_due_ms(), first.map(|(_, due_ms)| due_ms));
        let is_due = first.is_some_and(|(_, due_ms)| due_ms * 1_000_000 <= now_ns);
        assert_eq!(timers.is_due(now_ns), is_due);
        if random(3) == 0 {
            let expected = first.filter(|_| is_due).map(|(slot, _)| Timer::OrderExpiry(slot));
            assert_eq!(timers.pop_due(now_ns), expected);
            if let Some(Timer::OrderExpiry(slot)) = expected {
                list.remove(&slot);
            }
        }
        assert_eq!(timers.walked_digest(), timers.digest());
    }
    assert!(list.len() > 20, "{} timers are armed", list.len());
}

#[test]
fn a_timer_is_due_in_the_first_millisecond_that_is_not_before_its_time() {
    for (due_ns, early, late) in [
        (5_000_000, 4_999_999, 5_000_000),
        (5_000_001, 5_999_999, 6_000_000),
        (u64::MAX, u64::MAX - 1, u64::MAX),
    ] {
        let mut timers = Timers::new(1, 4, 2);
        timers.arm(Timer::OrderExpiry(0), due_ns);
        assert!(!timers.is_due(early), "{due_ns}");
        assert_eq!(timers.is_due(late), due_ns != u64::MAX, "the end of time is never reached");
    }
}

const SLOT_COUNT: u32 = 100;
const SEED: u64 = 0x0071_3E55;
