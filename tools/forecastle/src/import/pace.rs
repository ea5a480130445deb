//! How fast a recording is replayed.

use std::str::FromStr;
use std::time::{Duration, Instant};

use super::decimal::parse_hundredths;

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

/// When messages are due, from the time of the first.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    speed: Speed,
    start: Instant,
    first_ms: Option<i64>,
}

impl Pace {
    /// A replay that starts now.
    #[must_use]
    pub fn new(speed: Speed) -> Self {
        Self { speed, start: Instant::now(), first_ms: None }
    }

    /// When the message published at `publish_time_ms` is due; `None` for at once.
    pub fn due(&mut self, publish_time_ms: Option<i64>) -> Option<Instant> {
        let now_ms = publish_time_ms?;
        let first_ms = *self.first_ms.get_or_insert(now_ms);
        let Speed::Hundredths(hundredths) = self.speed else { return None };
        let elapsed_ms = u64::try_from(now_ms.saturating_sub(first_ms)).ok()?;
        let wait_ms = elapsed_ms.saturating_mul(100) / hundredths;
        self.start.checked_add(Duration::from_millis(wait_ms))
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
    fn messages_are_due_by_their_own_time_over_the_speed() {
        let mut pace = Pace::new(Speed::Hundredths(1000));
        assert_eq!(pace.due(None), None);
        assert_eq!(pace.due(Some(5_000)), Some(pace.start));
        assert_eq!(pace.due(Some(7_500)), Some(pace.start + Duration::from_millis(250)));
        assert_eq!(pace.due(Some(4_000)), None, "before the first: at once");
        assert_eq!(Pace::new(Speed::Max).due(Some(5_000)), None);
    }
}
