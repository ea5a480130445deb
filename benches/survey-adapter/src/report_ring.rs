//! The ring that carries reports from the matcher to the survey's drainer: one writer, one reader.
//!
//! A report is packed into 32 bytes, two to a cache line, and its commit word is one of them: its
//! upper bits count the laps of the ring, so a slot that still holds the lap before is not yet
//! written. The writer touches no other line than the report's, the reader tells how far it is
//! once a batch, and the writer looks at that when the room that it last knew of is used up.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::messages::Report;

/// Slots of packed reports.
#[derive(Debug)]
pub struct ReportRing {
    slots: Box<[Slot]>,
    /// Reports ever read; the reader stores it.
    read: Line,
    /// The reader's own count. It alone uses it.
    reader: Line,
}

/// The writer's end.
#[derive(Clone, Copy, Debug)]
pub struct WriteCursor {
    /// The slot that is written next.
    index: usize,
    /// The lap that it is written in, where the packed word has it.
    lap: u64,
    /// Slots known to be free, this one first.
    free_count: u64,
    /// Reports written when all of these will be.
    end: u64,
}

impl Default for WriteCursor {
    fn default() -> Self {
        Self { index: 0, lap: lap(0) << LAP_SHIFT, free_count: 0, end: 0 }
    }
}

impl ReportRing {
    /// A ring for at least `capacity` reports, its memory touched.
    #[must_use]
    pub fn new(capacity: u32) -> Self {
        let capacity = (capacity as usize).next_power_of_two();
        let slots = (0..capacity).map(|_| Slot::default()).collect();
        Self { slots, read: Line::default(), reader: Line::default() }
    }

    /// Writes a report; false when the ring is full. Prices are 0 to 2^18 − 1. For one thread.
    #[inline(always)]
    pub fn push(&self, cursor: &mut WriteCursor, report: &Report) -> bool {
        if cursor.free_count == 0 && !self.find_room(cursor) {
            return false;
        }
        let Slot { words: [number, first, second, packed] } = &self.slots[cursor.index];
        // A trade names two orders, every other report one.
        let order_id = report.order_id | report.maker_order_id;
        number.store(report.sequence_number, Ordering::Relaxed);
        first.store(order_id, Ordering::Relaxed);
        second.store(report.taker_order_id, Ordering::Relaxed);
        let word = u64::from(report.quantity)
            | (report.price_ticks as u64) << PRICE_SHIFT
            | u64::from(report.kind) << KIND_SHIFT
            | u64::from(report.side) << SIDE_SHIFT
            | cursor.lap;
        // Release: a reader that sees the lap sees the words stored before.
        packed.store(word, Ordering::Release);
        cursor.free_count -= 1;
        cursor.index += 1;
        if cursor.index == self.slots.len() {
            cursor.index = 0;
            cursor.lap = lap(cursor.lap >> LAP_SHIFT) << LAP_SHIFT;
        }
        true
    }

    /// Looks how far the reader is; false when it has read nothing since.
    #[cold]
    fn find_room(&self, cursor: &mut WriteCursor) -> bool {
        // Acquire pairs with the reader's Release: its loads of the slots happen before.
        let end = self.read.count.load(Ordering::Acquire) + self.slots.len() as u64;
        cursor.free_count = end - cursor.end;
        cursor.end = end;
        cursor.free_count > 0
    }

    /// Reads reports into `out`, and gives how many. For one thread.
    #[inline]
    pub fn drain(&self, out: &mut [Report]) -> usize {
        // Relaxed: the reader alone stores it.
        let start = self.reader.count.load(Ordering::Relaxed);
        let mut count = 0;
        for place in out {
            let position = start + count as u64;
            let slot = &self.slots[(position & (self.slots.len() as u64 - 1)) as usize];
            let Slot { words: [number, first, second, packed] } = slot;
            let word = packed.load(Ordering::Acquire);
            if word >> LAP_SHIFT != lap(position >> self.slots.len().trailing_zeros()) {
                break;
            }
            let kind = (word >> KIND_SHIFT) as u8 & 7;
            let is_trade = kind == crate::messages::TRADE;
            let order_id = first.load(Ordering::Relaxed);
            *place = Report {
                kind,
                side: (word >> SIDE_SHIFT) as u8 & 1,
                sequence_number: number.load(Ordering::Relaxed),
                order_id: if is_trade { 0 } else { order_id },
                price_ticks: (word >> PRICE_SHIFT & PRICE_MASK) as i64,
                quantity: word as u32,
                maker_order_id: if is_trade { order_id } else { 0 },
                taker_order_id: second.load(Ordering::Relaxed),
                ..Report::default()
            };
            count += 1;
        }
        if count > 0 {
            let end = start + count as u64;
            self.reader.count.store(end, Ordering::Relaxed);
            // Release: the writer may use these slots again.
            self.read.count.store(end, Ordering::Release);
        }
        count
    }
}

/// How a slot tells the lap after so many laps: 1 to 255, and never twice in a row.
#[inline]
fn lap(laps: u64) -> u64 {
    1 + laps % 255
}

/// A packed report.
#[derive(Debug, Default)]
#[repr(align(32))]
struct Slot {
    words: [AtomicU64; 4],
}

/// A count in cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Line {
    count: AtomicU64,
}

/// The packed word: lots, price, kind, side, lap.
const PRICE_SHIFT: u32 = 32;
const PRICE_MASK: u64 = (1 << 18) - 1;
const KIND_SHIFT: u32 = 50;
const SIDE_SHIFT: u32 = 53;
const LAP_SHIFT: u32 = 56;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::{CANCEL_ACK, TRADE};

    fn report(number: u64) -> Report {
        let (price_ticks, quantity) = ((number % (1 << 18)) as i64, u32::MAX - number as u32);
        let sequence_number = number;
        if number.is_multiple_of(3) {
            let (maker_order_id, taker_order_id) = (u64::MAX - number, number);
            let kind = TRADE;
            Report {
                kind,
                sequence_number,
                price_ticks,
                quantity,
                maker_order_id,
                taker_order_id,
                ..Report::default()
            }
        } else {
            let (kind, side, order_id) = (CANCEL_ACK, 1, number << 40);
            Report {
                kind,
                side,
                sequence_number,
                price_ticks,
                quantity,
                order_id,
                ..Report::default()
            }
        }
    }

    #[test]
    fn a_full_ring_takes_no_more_until_it_is_read() {
        let (ring, mut cursor) = (ReportRing::new(3), WriteCursor::default());
        let mut out = [Report::default(); 8];
        for round in 0..2000 {
            let numbers = round * 4..round * 4 + 4;
            assert!(numbers.clone().all(|number| ring.push(&mut cursor, &report(number))));
            assert!(!ring.push(&mut cursor, &report(0)));
            assert_eq!(ring.drain(&mut out), 4);
            assert!(numbers.zip(&out).all(|(number, found)| *found == report(number)));
            assert_eq!(ring.drain(&mut out), 0);
        }
    }

    #[test]
    fn a_reader_on_another_thread_gets_every_report_in_order() {
        const COUNT: u64 = 200_000;
        let ring = ReportRing::new(64);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut cursor = WriteCursor::default();
                for number in 0..COUNT {
                    while !ring.push(&mut cursor, &report(number)) {
                        std::thread::yield_now();
                    }
                }
            });
            let (mut next, mut out) = (0, [Report::default(); 16]);
            while next < COUNT {
                let count = ring.drain(&mut out);
                if count == 0 {
                    std::thread::yield_now();
                }
                for found in &out[..count] {
                    assert_eq!(*found, report(next));
                    next += 1;
                }
            }
        });
    }
}
