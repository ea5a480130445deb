//! A first reading of the whole file: which market it holds, its runners and its winners.
//!
//! The exchange numbers the markets of an event once and for all, so every runner must be known
//! before the first message is replayed.

use std::path::Path;

use forecastle_proto_spec::{EVENT_MARKETS_MAX, PAYOUT};

use super::message::{Message, RunnerDefinition, RunnerKey, RunnerStatus, SourceStatus};
use super::stream::{Line, MalformedLine, StreamError, StreamReader};

/// What a stream file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The source's id of the market.
    pub market_id: String,
    /// Runners in the order of their markets at the exchange.
    pub runners: Vec<RunnerKey>,
    /// Exactly one runner wins (`numberOfWinners` is 1): one exhaustive event holds them all.
    /// Otherwise each runner is a market of its own.
    pub is_exhaustive: bool,
    /// Last state of each runner; `None` when the file ends before the market closes.
    pub outcome: Option<Vec<RunnerStatus>>,
    /// Lines that are messages.
    pub message_count: u64,
    /// Lines that are none.
    pub malformed_count: u64,
    /// The first of them, at most [`MALFORMED_NAMED_MAX`].
    pub malformed: Vec<MalformedLine>,
}

impl Survey {
    /// Reads a file to its end.
    ///
    /// # Errors
    /// It cannot be read, defines no market, more than one, or more runners than an event can
    /// have.
    pub fn of(path: &Path) -> Result<Self, SurveyError> {
        let mut reader = StreamReader::open(path)?;
        let mut collector = Collector::default();
        while let Some(line) = reader.next_line()? {
            match line {
                Line::Message(message) => collector.message(&message)?,
                Line::Malformed(malformed) => collector.malformed(malformed),
            }
        }
        collector.finish()
    }

    /// Value of every runner's market at the end, ten-thousandths of the payout.
    ///
    /// In an exhaustive event k winners share the payout as floor(10000 / k) each, the first of
    /// them taking the remainder; without a winner those who took part share it, and if nobody
    /// did, all. Otherwise each winner gets the payout. `None` when the file does not tell.
    #[must_use]
    pub fn settlement_values(&self) -> Option<Vec<u16>> {
        let outcome = self.outcome.as_ref()?;
        let is_winner = |status: &RunnerStatus| *status == RunnerStatus::Winner;
        if !self.is_exhaustive {
            let value = |status| if is_winner(status) { PAYOUT } else { 0 };
            return Some(outcome.iter().map(value).collect());
        }
        let shares: Vec<bool> = if outcome.iter().any(is_winner) {
            outcome.iter().map(is_winner).collect()
        } else {
            let took_part: Vec<bool> =
                outcome.iter().map(|status| *status != RunnerStatus::Removed).collect();
            if took_part.contains(&true) { took_part } else { vec![true; outcome.len()] }
        };
        let count = shares.iter().filter(|share| **share).count();
        let count = u16::try_from(count).expect("an event has at most 64 markets");
        let first = shares.iter().position(|share| *share);
        let value = |(index, share): (usize, &bool)| match share {
            true if Some(index) == first => PAYOUT / count + PAYOUT % count,
            true => PAYOUT / count,
            false => 0,
        };
        Some(shares.iter().enumerate().map(value).collect())
    }
}

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// It cannot be read.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// No line defines a market.
    #[error("no line defines a market ({malformed_count} malformed lines)")]
    NoMarket {
        /// Lines that are no messages.
        malformed_count: u64,
    },
    /// Two markets in one file.
    #[error("the file holds market {second} beside {first}; one market is imported at a time")]
    TwoMarkets {
        /// Market seen first.
        first: String,
        /// The other.
        second: String,
    },
    /// More runners than an event can have, or none.
    #[error("the market has {0} runners; 1 to {EVENT_MARKETS_MAX} can be imported")]
    RunnerCount(usize),
}

/// Most malformed lines that are kept by number.
pub const MALFORMED_NAMED_MAX: usize = 100;

#[derive(Default)]
struct Collector {
    market_id: Option<String>,
    runners: Vec<RunnerKey>,
    winner_count: Option<u32>,
    last_definition: Vec<RunnerDefinition>,
    is_closed: bool,
    message_count: u64,
    malformed_count: u64,
    malformed: Vec<MalformedLine>,
}

impl Collector {
    fn message(&mut self, message: &Message) -> Result<(), SurveyError> {
        self.message_count += 1;
        for change in &message.changes {
            let first = self.market_id.get_or_insert_with(|| change.market_id.clone());
            if *first != change.market_id {
                let (first, second) = (first.clone(), change.market_id.clone());
                return Err(SurveyError::TwoMarkets { first, second });
            }
            if let Some(definition) = &change.definition {
                self.winner_count.get_or_insert(definition.winner_count);
                self.last_definition.clone_from(&definition.runners);
                self.is_closed |= definition.status == SourceStatus::Closed;
                let mut listed = definition.runners.clone();
                listed.sort_by_key(|runner| runner.sort_priority);
                for runner in listed {
                    self.runner(runner.key)?;
                }
            }
            for runner in &change.runners {
                self.runner(runner.key)?;
            }
        }
        Ok(())
    }

    fn runner(&mut self, key: RunnerKey) -> Result<(), SurveyError> {
        if !self.runners.contains(&key) {
            self.runners.push(key);
        }
        match self.runners.len() {
            1..=EVENT_MARKETS_MAX => Ok(()),
            count => Err(SurveyError::RunnerCount(count)),
        }
    }

    fn malformed(&mut self, line: MalformedLine) {
        self.malformed_count += 1;
        if self.malformed.len() < MALFORMED_NAMED_MAX {
            self.malformed.push(line);
        }
    }

    fn finish(self) -> Result<Survey, SurveyError> {
        let no_market = SurveyError::NoMarket { malformed_count: self.malformed_count };
        let (Some(market_id), Some(winner_count)) = (self.market_id, self.winner_count) else {
            return Err(no_market);
        };
        if self.runners.is_empty() {
            return Err(SurveyError::RunnerCount(0));
        }
        let last_status = |key: &RunnerKey| {
            let last = self.last_definition.iter().find(|runner| runner.key == *key);
            last.map_or(RunnerStatus::Active, |runner| runner.status)
        };
        let outcome = self.is_closed.then(|| self.runners.iter().map(last_status).collect());
        Ok(Survey {
            market_id,
            // One market alone cannot be exhaustive.
            is_exhaustive: winner_count == 1 && self.runners.len() > 1,
            runners: self.runners,
            outcome,
            message_count: self.message_count,
            malformed_count: self.malformed_count,
            malformed: self.malformed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::RunnerStatus::{Active, Loser, Removed, Winner};
    use super::*;

    fn survey_of(lines: &[String]) -> Result<Survey, SurveyError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        std::fs::write(&path, lines.join("\n")).unwrap();
        Survey::of(&path)
    }

    fn definition(status: &str, winners: u32, runners: &[(u64, &str)]) -> String {
        let entry = |(index, (id, status)): (usize, &(u64, &str))| {
            let priority = runners.len() - index;
            format!(r#"{{"id":{id},"status":"{status}","sortPriority":{priority}}}"#)
        };
        let runners: Vec<_> = runners.iter().enumerate().map(entry).collect();
        format!(
            r#"{{"op":"mcm","pt":1,"mc":[{{"id":"1.2","marketDefinition":{{"status":"{status}",
            "numberOfWinners":{winners},"runners":[{}]}}}}]}}"#,
            runners.join(",")
        )
        .replace('\n', "")
    }

    #[test]
    fn runners_are_ordered_by_priority_then_by_appearance() {
        let late = r#"{"op":"mcm","mc":[{"id":"1.2","rc":[{"id":9}]}]}"#.to_string();
        let lines = [
            definition("OPEN", 1, &[(3, "ACTIVE"), (4, "ACTIVE")]),
            late,
            "junk".to_string(),
            definition("CLOSED", 1, &[(3, "LOSER"), (4, "WINNER"), (9, "REMOVED")]),
        ];
        let survey = survey_of(&lines).unwrap();
        assert_eq!(survey.runners.iter().map(|key| key.id).collect::<Vec<_>>(), [4, 3, 9]);
        assert_eq!(survey.outcome, Some(vec![Winner, Loser, Removed]));
        assert_eq!((survey.message_count, survey.malformed_count), (3, 1));
        assert_eq!(survey.malformed[0].number, 3);
        assert_eq!(survey.settlement_values(), Some(vec![10_000, 0, 0]));
        assert_eq!(survey_of(&lines[..3]).unwrap().settlement_values(), None);
    }

    #[test]
    fn what_cannot_be_imported_is_told() {
        let open = |winners, id| definition("OPEN", winners, &[(id, "ACTIVE")]);
        assert!(!survey_of(&[open(1, 3)]).unwrap().is_exhaustive);
        let other = open(1, 3).replace("1.2", "1.3");
        let two = survey_of(&[open(1, 3), other]);
        assert!(matches!(two, Err(SurveyError::TwoMarkets { .. })), "{two:?}");
        let none = survey_of(&["x".to_string(), r#"{"op":"mcm"}"#.to_string()]);
        assert!(matches!(none, Err(SurveyError::NoMarket { malformed_count: 1 })), "{none:?}");
        let empty = survey_of(&[definition("OPEN", 1, &[])]);
        assert!(matches!(empty, Err(SurveyError::RunnerCount(0))), "{empty:?}");
        let many: Vec<_> = (0..65).map(|id| (id, "ACTIVE")).collect();
        let many = survey_of(&[definition("OPEN", 3, &many)]);
        assert!(matches!(many, Err(SurveyError::RunnerCount(65))), "{many:?}");
    }

    #[test]
    fn the_payout_is_shared_by_winners_and_the_first_takes_the_remainder() {
        let values = |is_exhaustive, outcome: &[RunnerStatus]| {
            let key = |id| RunnerKey { id, handicap: 0 };
            let survey = Survey {
                market_id: String::new(),
                runners: (0..outcome.len() as u64).map(key).collect(),
                is_exhaustive,
                outcome: Some(outcome.to_vec()),
                message_count: 0,
                malformed_count: 0,
                malformed: vec![],
            };
            survey.settlement_values().unwrap()
        };
        assert_eq!(values(true, &[Loser, Winner, Removed]), [0, 10_000, 0]);
        assert_eq!(values(true, &[Loser, Winner, Winner, Winner]), [0, 3334, 3333, 3333]);
        assert_eq!(values(true, &[Loser, Removed, Active]), [5000, 0, 5000]);
        assert_eq!(values(true, &[Removed, Removed]), [5000, 5000]);
        assert_eq!(values(false, &[Winner, Loser, Winner, Removed]), [10_000, 0, 10_000, 0]);
    }
}
