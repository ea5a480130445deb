//! When to send a NAK for the first gap of an image: at once and then steadily for unicast, after a
//! random delay for a group, so that one receiver's NAK usually serves all (Aeron, optimal
//! multicast delay; notes of Nonnenmacher and Biersack).

use crate::limits::{NAK_BACKOFF_MULTICAST_MAX_NS, NAK_RETRY_UNICAST_FACTOR};
use crate::random::Random;

/// Times the NAKs of one image.
#[derive(Debug)]
pub(crate) struct LossDetector {
    delays: NakDelays,
    gap: Option<(u64, u64)>,
    /// When the gap at this start was first seen, for giving it up.
    first_seen_ns: u64,
    next_nak_ns: u64,
}

/// How NAKs are delayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NakDelays {
    Unicast { first_ns: u64 },
    Group,
}

impl LossDetector {
    pub(crate) fn new(delays: NakDelays) -> Self {
        Self { delays, gap: None, first_seen_ns: 0, next_nak_ns: 0 }
    }

    /// Takes the image's first gap as it is now; a gap that changed restarts the delay.
    #[inline]
    pub(crate) fn observe(&mut self, gap: Option<(u64, u64)>, now_ns: u64, random: &mut Random) {
        if self.gap == gap {
            return;
        }
        let Some((from, _)) = gap else {
            self.gap = None;
            return;
        };
        if self.gap.map(|(known, _)| known) != Some(from) {
            self.first_seen_ns = now_ns;
        }
        self.gap = gap;
        self.next_nak_ns = now_ns
            + match self.delays {
                NakDelays::Unicast { first_ns } => first_ns,
                NakDelays::Group => group_delay_ns(random),
            };
    }

    /// The gap to ask for, if one is due; sets the time of the next attempt.
    #[inline]
    pub(crate) fn due(&mut self, now_ns: u64, random: &mut Random) -> Option<(u64, u64)> {
        let gap = self.gap?;
        if now_ns < self.next_nak_ns {
            return None;
        }
        self.next_nak_ns = now_ns
            + match self.delays {
                NakDelays::Unicast { first_ns } => first_ns * NAK_RETRY_UNICAST_FACTOR,
                NakDelays::Group => group_delay_ns(random),
            };
        Some(gap)
    }

    /// How long the present gap has been open, with its bounds.
    pub(crate) fn open_gap(&self, now_ns: u64) -> Option<((u64, u64), u64)> {
        self.gap.map(|gap| (gap, now_ns.saturating_sub(self.first_seen_ns)))
    }
}

/// A random delay up to the maximum, most of them late: with G = 10 receivers and L = ln G + 1 it
/// is T ln(1 + u (e^L - 1)) / L for uniform u, from the table below with linear interpolation.
fn group_delay_ns(random: &mut Random) -> u64 {
    let uniform = random.below(BACKOFF_STEPS << 16);
    let (step, fraction) = ((uniform >> 16) as usize, uniform & 0xFFFF);
    let (low, high) = (BACKOFF[step], BACKOFF[step + 1]);
    let share = (low << 16) + (high - low) * fraction;
    ((u128::from(NAK_BACKOFF_MULTICAST_MAX_NS) * u128::from(share)) >> 32) as u64
}

const BACKOFF_STEPS: u64 = 64;

/// `BACKOFF[i] = round(65536 ln(1 + (10 e - 1) i / 64) / (ln 10 + 1))`.
#[rustfmt::skip]
const BACKOFF: [u64; BACKOFF_STEPS as usize + 1] = [
    0, 6806, 11864, 15891, 19237, 22100, 24601, 26822, 28819, 30633,
    32296, 33829, 35253, 36581, 37826, 38998, 40104, 41152, 42147, 43095,
    43999, 44864, 45693, 46488, 47253, 47990, 48700, 49386, 50049, 50690,
    51311, 51914, 52498, 53066, 53618, 54155, 54678, 55188, 55685, 56169,
    56643, 57105, 57556, 57998, 58430, 58852, 59266, 59672, 60069, 60459,
    60841, 61216, 61583, 61945, 62299, 62648, 62990, 63327, 63658, 63984,
    64304, 64619, 64930, 65235, 65536,
];

#[cfg(test)]
#[allow(clippy::float_arithmetic)]
mod tests {
    use super::*;
    use crate::limits::NAK_DELAY_UNICAST_NS;

    #[test]
    fn the_table_is_the_formula() {
        let exponent = 10f64.ln() + 1.0;
        for (index, entry) in BACKOFF.into_iter().enumerate() {
            let uniform = index as f64 / BACKOFF_STEPS as f64;
            let share = (1.0 + uniform * (exponent.exp() - 1.0)).ln() / exponent;
            assert_eq!(entry, (65536.0 * share).round() as u64, "entry {index}");
        }
    }

    #[test]
    fn group_delays_spread_below_the_maximum_and_are_mostly_late() {
        let mut random = Random::new(1);
        let delays: Vec<_> = (0..10_000).map(|_| group_delay_ns(&mut random)).collect();
        assert!(delays.iter().all(|delay| *delay <= NAK_BACKOFF_MULTICAST_MAX_NS));
        let early = delays.iter().filter(|delay| **delay < NAK_BACKOFF_MULTICAST_MAX_NS / 2);
        let early = early.count();
        assert!((1_000..2_500).contains(&early), "{early} of 10000 in the first half");
    }

    #[test]
    fn unicast_asks_after_a_microsecond_then_every_hundred_until_the_gap_changes() {
        let mut random = Random::new(1);
        let mut detector = LossDetector::new(NakDelays::Unicast { first_ns: NAK_DELAY_UNICAST_NS });
        detector.observe(Some((64, 128)), 0, &mut random);
        assert_eq!(detector.due(999, &mut random), None);
        assert_eq!(detector.due(1_000, &mut random), Some((64, 128)));
        assert_eq!(detector.due(100_999, &mut random), None);
        assert_eq!(detector.due(101_000, &mut random), Some((64, 128)));
        detector.observe(Some((64, 96)), 101_500, &mut random);
        assert_eq!(detector.due(102_499, &mut random), None);
        assert_eq!(detector.due(102_500, &mut random), Some((64, 96)));
        assert_eq!(detector.open_gap(102_500), Some(((64, 96), 102_500)));
        detector.observe(None, 103_000, &mut random);
        assert_eq!(detector.due(500_000, &mut random), None);
    }
}
