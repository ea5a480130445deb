//! The messages of a case: number, length and bytes all follow from a seed, so that either end can
//! say what the other must have sent.

use anyhow::{Context, bail, ensure};
use forecastle_transport::Random;

/// A script of numbered messages.
#[derive(Clone, Copy, Debug)]
pub struct Traffic {
    /// Decides lengths and bytes.
    pub seed: u64,
    /// Shortest message, at least [`NUMBER_LENGTH`].
    pub length_min: usize,
    /// Longest message.
    pub length_max: usize,
}

impl Traffic {
    /// Messages of `length_min` to `length_max` bytes.
    ///
    /// # Panics
    /// When the shortest has no room for its number.
    pub fn new(seed: u64, length_min: usize, length_max: usize) -> Self {
        assert!(NUMBER_LENGTH <= length_min && length_min <= length_max);
        Self { seed, length_min, length_max }
    }

    /// The message of that number, into `message`.
    pub fn write(&self, number: u64, message: &mut Vec<u8>) {
        let mut random = Random::new(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let spread = (self.length_max - self.length_min) as u64 + 1;
        let length = self.length_min + random.below(spread) as usize;
        message.clear();
        message.extend_from_slice(&number.to_le_bytes());
        while message.len() < length {
            let bytes = random.next_u64().to_le_bytes();
            message.extend_from_slice(&bytes[..bytes.len().min(length - message.len())]);
        }
    }

    /// The hash of the messages `from..to`: the sum of theirs.
    pub fn hash(&self, from: u64, to: u64) -> u64 {
        let mut message = Vec::new();
        let one = |number| {
            self.write(number, &mut message);
            hash(&message)
        };
        (from..to).map(one).fold(0, u64::wrapping_add)
    }
}

/// The sending end: what to offer next.
#[derive(Debug)]
pub struct Script {
    traffic: Traffic,
    next: u64,
    end: u64,
    message: Vec<u8>,
    is_written: bool,
}

impl Script {
    /// The first `count` messages of `traffic`.
    pub fn new(traffic: Traffic, count: u64) -> Self {
        Self { traffic, next: 0, end: count, message: Vec::new(), is_written: false }
    }

    /// Ends the script before the message of that number.
    pub fn end_at(&mut self, end: u64) {
        self.end = end;
    }

    /// Messages taken by the publication so far.
    pub fn sent(&self) -> u64 {
        self.next
    }

    /// Whether every message was taken.
    pub fn is_done(&self) -> bool {
        self.next == self.end
    }

    /// Offers messages until one is not taken now, at most [`OFFERS_MAX`].
    ///
    /// # Errors
    /// Those of `offer`.
    pub fn offer(
        &mut self,
        mut offer: impl FnMut(&[u8]) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        for _ in 0..OFFERS_MAX {
            if self.next == self.end {
                return Ok(());
            }
            if !self.is_written {
                self.traffic.write(self.next, &mut self.message);
                self.is_written = true;
            }
            if !offer(&self.message)? {
                return Ok(());
            }
            self.next += 1;
            self.is_written = false;
        }
        Ok(())
    }
}

/// The receiving end: every message is the next one and has the bytes it must have.
#[derive(Debug)]
pub struct Tally {
    traffic: Traffic,
    first: Option<u64>,
    next: u64,
    taken: u64,
    hash: u64,
    expected: Vec<u8>,
    may_skip: bool,
    fault: Option<String>,
}

impl Tally {
    /// Messages from the first one on.
    pub fn new(traffic: Traffic) -> Self {
        Self {
            traffic,
            first: None,
            next: 0,
            taken: 0,
            hash: 0,
            expected: Vec::new(),
            may_skip: false,
            fault: None,
        }
    }

    /// The same from whichever message comes first.
    pub fn late(self) -> Self {
        Self { next: LATE, ..self }
    }

    /// The same with holes: of a stream that is not repaired.
    pub fn with_holes(self) -> Self {
        Self { may_skip: true, ..self }
    }

    /// Takes one message.
    pub fn take(&mut self, payload: &[u8]) {
        if self.fault.is_none()
            && let Err(error) = self.check(payload)
        {
            self.fault = Some(format!("{error:#}"));
        }
    }

    fn check(&mut self, payload: &[u8]) -> anyhow::Result<()> {
        let number = payload.first_chunk().context("a message without a number")?;
        let number = u64::from_le_bytes(*number);
        if self.next == LATE || (self.may_skip && number > self.next) {
            self.next = number;
        }
        ensure!(number == self.next, "message {number} came where {} was due", self.next);
        self.traffic.write(number, &mut self.expected);
        if payload != self.expected {
            let (length, expected) = (payload.len(), self.expected.len());
            bail!("message {number} of {expected} bytes came with {length} other bytes");
        }
        self.first.get_or_insert(number);
        self.hash = self.hash.wrapping_add(hash(payload));
        self.next += 1;
        self.taken += 1;
        Ok(())
    }

    /// Messages taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// One past the number of the last message taken.
    ///
    /// # Errors
    /// What was wrong with a message.
    pub fn next(&self) -> anyhow::Result<u64> {
        match &self.fault {
            Some(fault) => bail!("{fault}"),
            None if self.next == LATE => Ok(0),
            None => Ok(self.next),
        }
    }

    /// The number of the first message taken.
    pub fn first(&self) -> Option<u64> {
        self.first
    }

    /// Checks that everything from the first message taken to `end` came, by its hash.
    ///
    /// # Errors
    /// What was wrong.
    pub fn finish(&self, end: u64) -> anyhow::Result<String> {
        let next = self.next()?;
        ensure!(next == end, "{next} messages came where {end} were sent");
        let first = self.first.unwrap_or(end);
        let expected = self.traffic.hash(first, end);
        ensure!(self.hash == expected, "hash {:016x} where {expected:016x} is due", self.hash);
        Ok(format!("{} messages, hash {:08x}", end - first, self.hash >> 32))
    }
}

/// FNV-1a over 64 bits, of the length and then the bytes.
fn hash(message: &[u8]) -> u64 {
    let length = (message.len() as u64).to_le_bytes();
    let bytes = length.iter().chain(message);
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// Bytes of the number at the head of a message.
pub const NUMBER_LENGTH: usize = 8;
const OFFERS_MAX: usize = 64;
const LATE: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_damage_is_found() {
        let traffic = Traffic::new(1, 8, 40);
        let messages: Vec<Vec<u8>> = (0..4)
            .map(|number| {
                let mut message = Vec::new();
                traffic.write(number, &mut message);
                message
            })
            .collect();
        let taken = |order: &[&[u8]]| {
            let mut tally = Tally::new(traffic);
            order.iter().for_each(|message| tally.take(message));
            tally.finish(order.len() as u64)
        };
        let whole: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        assert!(taken(&whole).is_ok());
        assert!(taken(&[whole[0], whole[2]]).is_err(), "lost");
        assert!(taken(&[whole[0], whole[0]]).is_err(), "doubled");
        assert!(taken(&[&whole[0][..whole[0].len() - 1]]).is_err(), "cut");
        let mut changed = messages[0].clone();
        *changed.last_mut().expect("it has a number") ^= 1;
        assert!(taken(&[&changed]).is_err(), "changed");
        assert!(Tally::new(traffic).finish(1).is_err(), "missing");
    }
}
