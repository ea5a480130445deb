//! The source's market as of the last message.

use std::collections::BTreeSet;

use super::ladder::Ladder;
use super::message::{Definition, Message, Odds, RunnerKey, RunnerStatus, SourceStatus};

/// One market of the source: its state and the ladders of its runners.
///
/// Runners are named by their index in the list given at the start.
#[derive(Clone, Debug)]
pub struct SourceMarket {
    market_id: String,
    runners: Vec<Runner>,
    status: SourceStatus,
    is_in_play: bool,
}

impl SourceMarket {
    /// A market that is not offered yet.
    #[must_use]
    pub fn new(market_id: &str, runners: &[RunnerKey]) -> Self {
        let runner =
            |key: &RunnerKey| Runner { key: *key, ladder: Ladder::default(), is_removed: false };
        Self {
            market_id: market_id.to_string(),
            runners: runners.iter().map(runner).collect(),
            status: SourceStatus::Inactive,
            is_in_play: false,
        }
    }

    /// Applies a message: its definition first, then its levels. Changes of other markets and of
    /// runners not listed at the start are passed over, and so is everything of a removed runner
    /// or after the market closed.
    pub fn apply(&mut self, message: &Message) -> Touched {
        let was_open = self.is_open();
        let mut touched = Touched {
            runners: BTreeSet::new(),
            rises: BTreeSet::new(),
            removed: Vec::new(),
            has_opened: false,
        };
        for change in &message.changes {
            if change.market_id != self.market_id || self.status == SourceStatus::Closed {
                continue;
            }
            if let Some(definition) = &change.definition {
                self.define(definition, &mut touched);
            }
            if change.is_image {
                touched.runners.extend(self.live_runners());
            }
            let is_in_image =
                |runner: &Runner| change.runners.iter().any(|changed| changed.key == runner.key);
            for runner in &mut self.runners {
                if change.is_image && !is_in_image(runner) {
                    runner.ladder.clear();
                }
            }
            for changed in &change.runners {
                let index = self.runners.iter().position(|runner| runner.key == changed.key);
                let Some(index) = index.filter(|index| !self.runners[*index].is_removed) else {
                    continue;
                };
                let risen = self.runners[index].ladder.apply(changed, change.is_image);
                touched.runners.insert(index);
                touched.rises.extend(risen.into_iter().map(|odds| (index, odds)));
            }
        }
        touched.has_opened = !was_open && self.is_open();
        touched
    }

    /// Life cycle.
    #[must_use]
    pub fn status(&self) -> SourceStatus {
        self.status
    }

    /// The market is trading.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status == SourceStatus::Open
    }

    /// The event is being played.
    #[must_use]
    pub fn is_in_play(&self) -> bool {
        self.is_in_play
    }

    /// Ladders of one runner.
    ///
    /// # Panics
    /// There is no runner of this index.
    #[must_use]
    pub fn ladder(&self, runner: usize) -> &Ladder {
        &self.runners[runner].ladder
    }

    /// Runners that were not removed, ascending.
    pub fn live_runners(&self) -> impl Iterator<Item = usize> {
        let live = |(index, runner): (usize, &Runner)| (!runner.is_removed).then_some(index);
        self.runners.iter().enumerate().filter_map(live)
    }

    fn define(&mut self, definition: &Definition, touched: &mut Touched) {
        self.status = definition.status;
        self.is_in_play = definition.is_in_play;
        let removed = definition.runners.iter().filter(|r| r.status == RunnerStatus::Removed);
        for key in removed.map(|runner| runner.key) {
            let index = self.runners.iter().position(|runner| runner.key == key);
            let Some(index) = index.filter(|index| !self.runners[*index].is_removed) else {
                continue;
            };
            self.runners[index].is_removed = true;
            self.runners[index].ladder.clear();
            touched.runners.remove(&index);
            touched.rises.retain(|(runner, _)| *runner != index);
            touched.removed.push(index);
        }
    }
}

/// What a message touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Runners whose ladders it changed, removed ones excluded.
    pub runners: BTreeSet<usize>,
    /// Runners and odds at which the traded volume rose.
    pub rises: BTreeSet<(usize, Odds)>,
    /// Runners it removed.
    pub removed: Vec<usize>,
    /// The market trades now and did not before: everything that waited is due.
    pub has_opened: bool,
}

#[derive(Clone, Debug)]
struct Runner {
    key: RunnerKey,
    ladder: Ladder,
    is_removed: bool,
}

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::Side;

    use super::*;

    fn market() -> SourceMarket {
        let key = |id| RunnerKey { id, handicap: 0 };
        SourceMarket::new("1.2", &[key(7), key(8)])
    }

    fn message(change: &str) -> Message {
        let line = format!(r#"{{"op":"mcm","pt":1,"mc":[{{"id":"1.2",{change}}}]}}"#);
        Message::parse(line.as_bytes()).unwrap()
    }

    fn definition(status: &str, second: &str) -> String {
        format!(
            r#""marketDefinition":{{"status":"{status}","inPlay":true,"numberOfWinners":1,
            "runners":[{{"id":7,"status":"ACTIVE"}},{{"id":8,"status":"{second}"}}]}}"#
        )
    }

    #[test]
    fn the_definition_goes_before_the_levels_of_its_message() {
        let mut market = market();
        let levels = r#""rc":[{"id":7,"atb":[[2,1]]},{"id":8,"atb":[[2,1]],"trd":[[2,1]]}]"#;
        let touched = market.apply(&message(levels));
        assert_eq!(touched.runners, BTreeSet::from([0, 1]));
        assert!(!touched.has_opened && touched.rises.len() == 1);

        let both = format!("{},{levels}", definition("OPEN", "REMOVED"));
        let touched = market.apply(&message(&both));
        assert_eq!(touched.runners, BTreeSet::from([0]));
        assert_eq!((touched.removed, touched.rises.len()), (vec![1], 0));
        assert!(touched.has_opened && market.is_open() && market.is_in_play());
        assert!(market.ladder(1).target(Side::Sell).is_empty());
        assert_eq!(market.live_runners().collect::<Vec<_>>(), [0]);

        let again = market.apply(&message(&definition("OPEN", "REMOVED")));
        assert!(again.removed.is_empty() && !again.has_opened);
    }

    #[test]
    fn an_image_touches_every_runner_and_empties_those_it_leaves_out() {
        let mut market = market();
        market.apply(&message(r#""rc":[{"id":7,"atb":[[2,1]]},{"id":8,"atb":[[2,1]]}]"#));
        let touched = market.apply(&message(r#""img":true,"rc":[{"id":8,"atl":[[3,1]]}]"#));
        assert_eq!(touched.runners, BTreeSet::from([0, 1]));
        assert!(market.ladder(0).target(Side::Sell).is_empty());
        assert!(market.ladder(1).target(Side::Sell).is_empty());
        assert_eq!(market.ladder(1).target(Side::Buy).len(), 1);
    }

    #[test]
    fn nothing_moves_after_the_close_and_strangers_are_passed_over() {
        let mut market = market();
        let stranger = message(r#""rc":[{"id":9,"atb":[[2,1]]}]"#);
        assert!(market.apply(&stranger).runners.is_empty());
        market.apply(&message(&definition("CLOSED", "LOSER")));
        let late = message(r#""rc":[{"id":7,"atb":[[2,1]]}]"#);
        assert!(market.apply(&late).runners.is_empty());
        market.apply(&message(&definition("OPEN", "LOSER")));
        assert_eq!(market.status(), SourceStatus::Closed);
    }
}
