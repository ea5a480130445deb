//! Armed timers in a snapshot, the first to fire first.

use super::{Timer, Timers};
use crate::snapshot::{COUNTER_LIMIT, Decoder, Encoder, SnapshotError};

impl Timers {
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.u64(self.arming_count);
        encoder.u32(self.armed_count);
        let mut armed: Vec<_> = self.iter().collect();
        armed.sort_unstable_by_key(|(_, due_ms, number)| (*due_ms, *number));
        for (timer, due_ms, number) in armed {
            encoder.u32(timer.kind());
            encoder.u32(timer.owner());
            encoder.u64(due_ms);
            encoder.u64(number);
        }
    }

    /// Whether each timer's owner has it is looked at when all state is decoded.
    pub(crate) fn decode(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        let arming_count = decoder.u64()?;
        decoder.require(arming_count < COUNTER_LIMIT, "count of timers")?;
        self.digest_counter(arming_count);
        let mut last = None;
        let mut numbers = Vec::new();
        for _ in 0..decoder.u32()? {
            let timer = Timer::of(decoder.u32()?, decoder.u32()?);
            let timer = timer.filter(|timer| self.owners.has(*timer) && !self.is_armed(*timer));
            let timer = timer.ok_or(decoder.invalid("timer"))?;
            let (due_ms, number) = (decoder.u64()?, decoder.u64()?);
            let is_numbered = (1..=arming_count).contains(&number);
            decoder.require(is_numbered && due_ms <= DUE_MS_MAX, "time of a timer")?;
            decoder.require(last < Some((due_ms, number)), "order of timers")?;
            last = Some((due_ms, number));
            numbers.push(number);
            self.insert(timer, due_ms, number);
        }
        numbers.sort_unstable();
        let is_once = numbers.windows(2).all(|pair| pair[0] < pair[1]);
        decoder.require(is_once, "number of a timer")
    }

    /// Whether the owner of a timer has one.
    fn is_armed(&self, timer: Timer) -> bool {
        self.places[self.owners.index(timer)] != super::NOWHERE
    }
}

/// The last millisecond that a time in nanoseconds reaches.
const DUE_MS_MAX: u64 = u64::MAX.div_ceil(super::NS_PER_MS);
