//! How fast a recording is played: its own time over a speed.

use std::str::FromStr;
use std::time::{Duration, Instant};

use crate::import::decimal::parse_hundredths;

/// Speed against the recording's own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// As fast as the exchange answers.
    Max,
    /// So many hundredths of real time.
    Hundredths(u64),
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let hundredths = parse_hundredths(text).and_then(|value| u64::try_from(value).ok());
        match hundredths {
            Some(value) if value > 0 => Ok(Self::Hundredths(value)),
            _ => Err("is neither max nor a number of 0.01 or more with two decimals".to_string()),
        }
    }
}

/// When parts of a recording are due, from the time of the first.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    speed: Speed,
    /// When the first part was due, here and in the recording.
    first: Option<(Instant, u64)>,
}

impl Pace {
    /// A recording that starts when its first part is asked for.
    #[must_use]
    pub fn new(speed: Speed) -> Self {
        Self { speed, first: None }
    }

    /// Whether anything has a time to wait for.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.speed != Speed::Max
    }

    /// When what the recording has at `time_ns` is due; `None` for at once.
    pub fn due(&mut self, time_ns: u64) -> Option<Instant> {
        let (start, first_ns) = *self.first.get_or_insert_with(|| (Instant::now(), time_ns));
        let Speed::Hundredths(hundredths) = self.speed else { return None };
        let elapsed_ns = u128::from(time_ns.checked_sub(first_ns)?);
        let wait_ns = u64::try_from(elapsed_ns * 100 / u128::from(hundredths)).ok()?;
        start.checked_add(Duration::from_nanos(wait_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_max_or_a_decimal() {
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("10".parse(), Ok(Speed::Hundredths(1000)));
        assert_eq!("0.5".parse(), Ok(Speed::Hundredths(50)));
        for text in ["", "0", "-1", "fast", "1.001", "MAX"] {
            assert!(text.parse::<Speed>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_was_recorded_is_due_by_its_own_time_over_the_speed() {
        let mut pace = Pace::new(Speed::Hundredths(1000));
        let start = pace.due(5_000).unwrap();
        assert_eq!(pace.due(5_000), Some(start));
        assert_eq!(pace.due(7_500), Some(start + Duration::from_nanos(250)));
        assert_eq!(pace.due(4_000), None, "before the first: at once");
        let mut slow = Pace::new(Speed::Hundredths(1));
        let start = slow.due(0).unwrap();
        assert_eq!(slow.due(7), Some(start + Duration::from_nanos(700)));
        assert_eq!(Pace::new(Speed::Max).due(5_000), None);
    }
}
