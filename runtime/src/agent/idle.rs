//! What a thread does when its agents had nothing to do.

use core::fmt;
use core::hint::spin_loop;
use core::str::FromStr;
use std::thread::{park_timeout, yield_now};
use std::time::Duration;

/// How a thread idles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleStrategy {
    /// `spin`: burns the processor; lowest latency, for a core of one's own.
    Spin,
    /// `yield`: gives the processor to whoever is ready; for a core shared with a spinning thread.
    Yield,
    /// `backoff`: spins [`BACKOFF_SPINS`] times, yields [`BACKOFF_YIELDS`] times, then parks,
    /// doubling from [`BACKOFF_PARK_MIN`] to [`BACKOFF_PARK_MAX`].
    Backoff,
    /// `park`: parks for [`PARK_PERIOD`]; for duties that can wait.
    Park,
}

impl IdleStrategy {
    /// Every strategy.
    pub const ALL: [Self; 4] = [Self::Spin, Self::Yield, Self::Backoff, Self::Park];

    /// The name in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spin => "spin",
            Self::Yield => "yield",
            Self::Backoff => "backoff",
            Self::Park => "park",
        }
    }
}

impl FromStr for IdleStrategy {
    type Err = UnknownIdleStrategy;

    /// # Errors
    /// When `name` is no strategy's name.
    fn from_str(name: &str) -> Result<Self, UnknownIdleStrategy> {
        Self::ALL.into_iter().find(|strategy| strategy.name() == name).ok_or(UnknownIdleStrategy)
    }
}

impl fmt::Display for IdleStrategy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A name that is no idle strategy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownIdleStrategy;

impl fmt::Display for UnknownIdleStrategy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an idle strategy is one of spin, yield, backoff, park")
    }
}

impl core::error::Error for UnknownIdleStrategy {}

/// A thread's idle strategy and how long it has been idle.
#[derive(Debug)]
pub struct Idler {
    strategy: IdleStrategy,
    /// Turns without work, up to where parking begins.
    idle_turns: u32,
    /// How long the next park of a back-off lasts.
    park: Duration,
}

impl Idler {
    /// An idler that has just worked.
    #[must_use]
    pub const fn new(strategy: IdleStrategy) -> Self {
        Self { strategy, idle_turns: 0, park: BACKOFF_PARK_MIN }
    }

    /// Idles as the strategy says when the last turn did nothing; returns at once when it did
    /// something.
    #[inline]
    pub fn idle(&mut self, work_count: usize) {
        match self.next(work_count) {
            Pause::None => {}
            Pause::Spin => spin_loop(),
            Pause::Yield => yield_now(),
            Pause::Park(duration) => park_timeout(duration),
        }
    }

    #[inline]
    fn next(&mut self, work_count: usize) -> Pause {
        if work_count > 0 {
            *self = Self::new(self.strategy);
            return Pause::None;
        }
        match self.strategy {
            IdleStrategy::Spin => Pause::Spin,
            IdleStrategy::Yield => Pause::Yield,
            IdleStrategy::Park => Pause::Park(PARK_PERIOD),
            IdleStrategy::Backoff => self.back_off(),
        }
    }

    fn back_off(&mut self) -> Pause {
        if self.idle_turns < BACKOFF_SPINS + BACKOFF_YIELDS {
            self.idle_turns += 1;
            let spins = self.idle_turns <= BACKOFF_SPINS;
            return if spins { Pause::Spin } else { Pause::Yield };
        }
        let duration = self.park;
        self.park = (duration * 2).min(BACKOFF_PARK_MAX);
        Pause::Park(duration)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pause {
    None,
    Spin,
    Yield,
    Park(Duration),
}

/// Idle turns that a back-off spins before it yields.
pub const BACKOFF_SPINS: u32 = 100;
/// Idle turns that a back-off yields before it parks.
pub const BACKOFF_YIELDS: u32 = 20;
/// The first park of a back-off.
pub const BACKOFF_PARK_MIN: Duration = Duration::from_micros(1);
/// The longest park of a back-off.
pub const BACKOFF_PARK_MAX: Duration = Duration::from_millis(1);
/// How long the park strategy parks.
pub const PARK_PERIOD: Duration = Duration::from_millis(1);

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::{
        BACKOFF_PARK_MAX, BACKOFF_SPINS, BACKOFF_YIELDS, Duration, IdleStrategy, Idler,
        PARK_PERIOD, Pause, UnknownIdleStrategy,
    };

    #[test]
    fn names_are_parsed_and_printed() {
        for (name, strategy) in [
            ("spin", IdleStrategy::Spin),
            ("yield", IdleStrategy::Yield),
            ("backoff", IdleStrategy::Backoff),
            ("park", IdleStrategy::Park),
        ] {
            assert_eq!(name.parse(), Ok(strategy));
            assert_eq!(strategy.to_string(), name);
        }
        for name in ["", "Spin", "back-off", "spin "] {
            assert_eq!(name.parse::<IdleStrategy>(), Err(UnknownIdleStrategy));
        }
    }

    #[test]
    fn simple_strategies_pause_alike_every_time() {
        for (strategy, pause) in [
            (IdleStrategy::Spin, Pause::Spin),
            (IdleStrategy::Yield, Pause::Yield),
            (IdleStrategy::Park, Pause::Park(PARK_PERIOD)),
        ] {
            let mut idler = Idler::new(strategy);
            assert_eq!(
                [0, 0, 3, 0].map(|work| idler.next(work)),
                [pause, pause, Pause::None, pause]
            );
        }
    }

    #[test]
    fn back_off_spins_yields_doubles_its_parks_and_starts_over_after_work() {
        let mut idler = Idler::new(IdleStrategy::Backoff);
        for _ in 0..2 {
            for _ in 0..BACKOFF_SPINS {
                assert_eq!(idler.next(0), Pause::Spin);
            }
            for _ in 0..BACKOFF_YIELDS {
                assert_eq!(idler.next(0), Pause::Yield);
            }
            for micros in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000] {
                assert_eq!(idler.next(0), Pause::Park(Duration::from_micros(micros)));
            }
            assert_eq!(idler.park, BACKOFF_PARK_MAX);
            assert_eq!(idler.next(1), Pause::None);
        }
    }

    #[test]
    fn idling_returns() {
        for strategy in IdleStrategy::ALL {
            let mut idler = Idler::new(strategy);
            idler.idle(0);
            idler.idle(1);
        }
    }
}
