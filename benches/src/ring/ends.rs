//! Sending and receiving ends of the channels that are compared, all carrying the same record.

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use forecastle_runtime::memory::Region;
use forecastle_runtime::ring::{self, BATCH_LENGTH_MAX, Consumer, Producer, RecordHeader};
use zerocopy::{FromBytes, IntoBytes};

/// The sending end of a channel.
pub trait Send: core::marker::Send {
    /// Sends the record numbered `sequence`, every word of it the number, if there is room.
    fn try_send(&mut self, sequence: u64) -> bool;
}

/// The receiving end of a channel.
pub trait Receive: core::marker::Send {
    /// Reads what is there, up to one batch, and gives how many.
    fn receive(&mut self, seen: &mut Seen) -> usize;
}

/// What a receiver has read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    last: u64,
    count: u64,
    sum: u64,
    difference: u64,
}

impl Seen {
    /// Reads every word of a record.
    #[inline]
    pub fn read(&mut self, words: &[u64]) {
        self.last = words[0];
        self.count += 1;
        self.sum = self.sum.wrapping_add(words[0]);
        for word in words {
            self.difference |= word ^ words[0];
        }
    }

    /// The number of the last record.
    #[inline]
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// # Panics
    /// When words of a record differed.
    pub fn assert_whole(&self) {
        assert_eq!(self.difference, 0, "every record came whole");
    }

    /// # Panics
    /// When the records were not those numbered 1 to `count`, whole, each once.
    pub fn assert_complete(&self, count: u64) {
        assert_eq!(self.count, count, "every record came once");
        self.assert_whole();
        assert_eq!(self.sum, count.wrapping_mul(count + 1) / 2, "the records that were sent came");
    }
}

/// Our ring with `PAYLOAD` bytes of payload, a multiple of 8.
pub fn ours<const PAYLOAD: usize>(capacity: usize) -> (RingSender<PAYLOAD>, RingReceiver) {
    let region = Region::anonymous(ring::region_length(capacity));
    let (producer, consumer) =
        ring::create(region, capacity).expect("the capacity is one that a ring may have");
    (RingSender { producer }, RingReceiver { consumer })
}

/// A producer that writes `PAYLOAD` bytes beside the header.
#[derive(Debug)]
pub struct RingSender<const PAYLOAD: usize> {
    producer: Producer,
}

impl<const PAYLOAD: usize> Send for RingSender<PAYLOAD> {
    #[inline]
    fn try_send(&mut self, sequence: u64) -> bool {
        let Some(mut claim) = self.producer.try_claim(PAYLOAD) else {
            return false;
        };
        let record = [sequence; RECORD_WORDS];
        claim.copy_from_slice(&record.as_bytes()[..PAYLOAD]);
        claim.commit(RecordHeader { kind: 1, session: sequence, time_ns: sequence });
        true
    }
}

/// A consumer that takes whole batches.
#[derive(Debug)]
pub struct RingReceiver {
    consumer: Consumer,
}

impl Receive for RingReceiver {
    #[inline]
    fn receive(&mut self, seen: &mut Seen) -> usize {
        self.consumer.poll(BATCH_LENGTH_MAX, |header, payload| {
            let words = <[u64]>::ref_from_bytes(payload).expect("payloads are aligned words");
            seen.read(words);
            seen.difference |= (header.session ^ words[0]) | (header.time_ns ^ words[0]);
        })
    }
}

/// rtrb, one record at a time at both ends.
pub fn rtrb(capacity: usize) -> (RtrbSender, RtrbReceiver) {
    let (producer, consumer) = rtrb::RingBuffer::new(capacity / size_of::<Record>());
    (RtrbSender { producer }, RtrbReceiver { consumer })
}

/// rtrb, one record at a time into it, all that is there out of it: what our reader does.
pub fn rtrb_chunks(capacity: usize) -> (RtrbSender, RtrbChunkReceiver) {
    let (producer, consumer) = rtrb::RingBuffer::new(capacity / size_of::<Record>());
    (RtrbSender { producer }, RtrbChunkReceiver { consumer })
}

/// The sending end of rtrb.
#[derive(Debug)]
pub struct RtrbSender {
    producer: rtrb::Producer<Record>,
}

impl Send for RtrbSender {
    #[inline]
    fn try_send(&mut self, sequence: u64) -> bool {
        self.producer.push([sequence; RECORD_WORDS]).is_ok()
    }
}

/// The receiving end of rtrb, one record at a time.
#[derive(Debug)]
pub struct RtrbReceiver {
    consumer: rtrb::Consumer<Record>,
}

impl Receive for RtrbReceiver {
    #[inline]
    fn receive(&mut self, seen: &mut Seen) -> usize {
        let Ok(record) = self.consumer.pop() else {
            return 0;
        };
        seen.read(&record);
        1
    }
}

/// The receiving end of rtrb, in chunks.
#[derive(Debug)]
pub struct RtrbChunkReceiver {
    consumer: rtrb::Consumer<Record>,
}

impl Receive for RtrbChunkReceiver {
    #[inline]
    fn receive(&mut self, seen: &mut Seen) -> usize {
        let length = self.consumer.slots().min(BATCH_LENGTH_MAX);
        let Ok(chunk) = self.consumer.read_chunk(length) else {
            return 0;
        };
        let (first, second) = chunk.as_slices();
        for record in first.iter().chain(second) {
            seen.read(record);
        }
        chunk.commit_all();
        length
    }
}

/// One word that a sender stores and a receiver waits for: what the hardware takes for a hop.
/// It carries round trips only: a second record would overwrite an unread one.
pub fn word() -> (WordSender, WordReceiver) {
    let word = Arc::new(Line(AtomicU64::new(0)));
    (WordSender { word: Arc::clone(&word) }, WordReceiver { word, last: 0 })
}

/// A word on two cache lines of its own: neighbouring lines are fetched in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Line(AtomicU64);

/// Stores the word.
#[derive(Debug)]
pub struct WordSender {
    word: Arc<Line>,
}

impl Send for WordSender {
    #[inline]
    fn try_send(&mut self, sequence: u64) -> bool {
        // Release pairs with the receiver's Acquire, as in a ring.
        self.word.0.store(sequence, Ordering::Release);
        true
    }
}

/// Waits for the word to change.
#[derive(Debug)]
pub struct WordReceiver {
    word: Arc<Line>,
    last: u64,
}

impl Receive for WordReceiver {
    #[inline]
    fn receive(&mut self, seen: &mut Seen) -> usize {
        let sequence = self.word.0.load(Ordering::Acquire);
        if sequence == self.last {
            return 0;
        }
        self.last = sequence;
        seen.read(&[sequence]);
        1
    }
}

type Record = [u64; RECORD_WORDS];
const RECORD_WORDS: usize = 8;
