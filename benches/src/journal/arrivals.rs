//! Poisson arrivals: when each record comes and how long it is.

#![allow(clippy::float_arithmetic, reason = "exponential gaps are drawn once, before any run")]

use forecastle_proto_spec::RecordHeader;
use zerocopy::{FromZeros as _, IntoBytes as _};

use crate::random::Random;

/// One record.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// When it comes, nanoseconds after the start.
    pub at_ns: u64,
    /// Its length in bytes, 128 to 256, a multiple of 8.
    pub length: usize,
}

/// The arrivals of one run, the same for every contender.
#[derive(Clone, Debug)]
pub struct Arrivals {
    list: Vec<Arrival>,
}

impl Arrivals {
    /// Arrivals at `rate` a second over `duration_ms`.
    #[must_use]
    pub fn new(seed: u64, rate: u64, duration_ms: u64) -> Self {
        let mut random = Random::new(!seed);
        let end_ns = duration_ms * 1_000_000;
        let due = poisson_ns(seed, rate).take_while(|at_ns| *at_ns < end_ns);
        let mut arrival = |at_ns| Arrival { at_ns, length: 128 + 8 * random.below(17) as usize };
        Self { list: due.map(&mut arrival).collect() }
    }

    /// All of them in order.
    #[must_use]
    pub fn list(&self) -> &[Arrival] {
        &self.list
    }
}

/// Moments of a Poisson process without end, ns after its start, at `rate` by the second.
pub fn poisson_ns(seed: u64, rate: u64) -> impl Iterator<Item = u64> {
    let mut random = Random::new(seed);
    let mean_ns = 1e9 / rate as f64;
    let mut at = 0.0;
    std::iter::from_fn(move || {
        let uniform = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        at -= mean_ns * (1.0 - uniform).ln();
        Some(at as u64)
    })
}

/// Writes a record of the log of `bytes.len()` bytes: a header and a command that is no message.
pub(super) fn write_record(bytes: &mut [u8], number: u64) {
    let length = u32::try_from(bytes.len()).expect("a record is short");
    let mut header = RecordHeader::new_zeroed();
    header.record_length.set(length);
    let command_length = length as usize - size_of::<RecordHeader>();
    header.command_length.set(u16::try_from(command_length).unwrap_or(0));
    header.sequencing_time_ns.set(1 + number);
    header.state_digest.set(number);
    bytes[..size_of::<RecordHeader>()].copy_from_slice(header.as_bytes());
    bytes[size_of::<RecordHeader>()..].fill(number as u8);
}
