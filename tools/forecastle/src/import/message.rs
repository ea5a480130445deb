//! One line of a Betfair stream file as checked values.
//!
//! A line is taken whole or not at all: everything that can be wrong with it is found here.
//! Unknown keys are passed over. The form is that of Betfair's exchange stream (market change
//! messages).

use forecastle_proto_spec::{PAYOUT, Side};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::decimal::parse_hundredths;

/// A market change message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Publish time, milliseconds since 1970; `None` when the line has none.
    pub publish_time_ms: Option<i64>,
    /// Changes, in order; none in a heartbeat or a message of another kind.
    pub changes: Vec<MarketChange>,
}

impl Message {
    /// Reads one line.
    ///
    /// # Errors
    /// The line is no JSON object of this form, or a value is out of range.
    pub fn parse(line: &[u8]) -> Result<Self, serde_json::Error> {
        let text = std::str::from_utf8(line).map_err(serde_json::Error::custom)?;
        let form: MessageForm = serde_json::from_str(text)?;
        let changes = if form.op == MARKET_CHANGE { form.mc.unwrap_or_default() } else { vec![] };
        Ok(Self { publish_time_ms: form.pt, changes })
    }
}

/// What changed in one market.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MarketChange {
    /// The source's market id.
    #[serde(rename = "id")]
    pub market_id: String,
    /// The ladders replace what was there before instead of changing it.
    #[serde(rename = "img", default)]
    pub is_image: bool,
    /// New definition.
    #[serde(rename = "marketDefinition", default)]
    pub definition: Option<Definition>,
    /// Changes of the runners' ladders.
    #[serde(rename = "rc", default, deserialize_with = "null_is_empty")]
    pub runners: Vec<RunnerChange>,
}

/// State of a market that is no price.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Definition {
    /// Life cycle.
    pub status: SourceStatus,
    /// The event is being played.
    #[serde(rename = "inPlay", default)]
    pub is_in_play: bool,
    /// Runners that will win.
    #[serde(rename = "numberOfWinners")]
    pub winner_count: u32,
    /// Every runner.
    pub runners: Vec<RunnerDefinition>,
}

/// Life cycle of the source's market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SourceStatus {
    /// Not offered yet.
    Inactive,
    /// Trading.
    Open,
    /// Halted; the ladders stay.
    Suspended,
    /// Over.
    Closed,
}

/// One runner in a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "RunnerDefinitionForm")]
pub struct RunnerDefinition {
    /// Which.
    pub key: RunnerKey,
    /// Where it stands.
    pub status: RunnerStatus,
    /// Place in the source's list.
    pub sort_priority: u32,
}

/// Where a runner stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RunnerStatus {
    /// It won.
    Winner,
    /// It did not win.
    Loser,
    /// It takes no part any more.
    #[serde(alias = "REMOVED_VACANT")]
    Removed,
    /// Anything else: it still takes part.
    #[serde(other)]
    Active,
}

/// A runner: selection and handicap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunnerKey {
    /// Selection id.
    pub id: u64,
    /// Handicap in hundredths, 0 for none.
    pub handicap: i64,
}

/// Changes of one runner's ladders; a size of 0 takes a level away.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RunnerChangeForm")]
pub struct RunnerChange {
    /// Which.
    pub key: RunnerKey,
    /// Available to back: resting offers.
    pub to_back: Vec<Level>,
    /// Available to lay: resting bids.
    pub to_lay: Vec<Level>,
    /// Volume traded so far, both sides of each bet.
    pub traded: Vec<Level>,
}

/// Odds with a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Decimal odds.
    pub odds: Odds,
    /// Size in hundredths of the currency, 0 or above.
    pub size: u64,
}

impl Level {
    /// Quantity in lots: odds × size × 100, halves rounded up; `None` above u32.
    #[must_use]
    pub fn lots(self) -> Option<u32> {
        let product = u128::from(self.odds.0) * u128::from(self.size);
        u32::try_from((product + 50) / 100).ok()
    }
}

/// Decimal odds in hundredths, from 1.01 to 10000.00, so that both prices are on the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Odds(u32);

impl Odds {
    /// Odds of so many hundredths; `None` out of range.
    #[must_use]
    pub fn from_hundredths(hundredths: i64) -> Option<Self> {
        let value = u32::try_from(hundredths).ok()?;
        (ODDS_MIN..=ODDS_MAX).contains(&value).then_some(Self(value))
    }

    /// Price of these odds on one side: rounded up for an offer and down for a bid, so that
    /// rounding never makes the two cross.
    #[must_use]
    pub fn price(self, side: Side) -> u16 {
        let payout = u32::from(PAYOUT) * 100;
        let price = match side {
            Side::Sell => payout.div_ceil(self.0),
            Side::Buy => payout / self.0,
        };
        u16::try_from(price).expect("odds of 1.01 or more have a price below the payout")
    }
}

/// The `op` of a message that carries market changes.
const MARKET_CHANGE: &str = "mcm";
const ODDS_MIN: u32 = 101;
const ODDS_MAX: u32 = 1_000_000;

#[derive(Deserialize)]
struct MessageForm {
    op: String,
    #[serde(default)]
    pt: Option<i64>,
    #[serde(default)]
    mc: Option<Vec<MarketChange>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RunnerDefinitionForm {
    id: u64,
    #[serde(default)]
    hc: Handicap,
    status: RunnerStatus,
    #[serde(default)]
    sort_priority: u32,
}

impl From<RunnerDefinitionForm> for RunnerDefinition {
    fn from(form: RunnerDefinitionForm) -> Self {
        let key = RunnerKey { id: form.id, handicap: form.hc.0 };
        Self { key, status: form.status, sort_priority: form.sort_priority }
    }
}

#[derive(Deserialize)]
struct RunnerChangeForm {
    id: u64,
    #[serde(default)]
    hc: Handicap,
    #[serde(default, deserialize_with = "null_is_empty")]
    atb: Vec<Level>,
    #[serde(default, deserialize_with = "null_is_empty")]
    atl: Vec<Level>,
    #[serde(default, deserialize_with = "null_is_empty")]
    trd: Vec<Level>,
}

impl TryFrom<RunnerChangeForm> for RunnerChange {
    type Error = &'static str;

    fn try_from(form: RunnerChangeForm) -> Result<Self, &'static str> {
        if form.atb.iter().chain(&form.atl).any(|level| level.lots().is_none()) {
            return Err("a level is larger than an order can be");
        }
        let key = RunnerKey { id: form.id, handicap: form.hc.0 };
        Ok(Self { key, to_back: form.atb, to_lay: form.atl, traded: form.trd })
    }
}

#[derive(Clone, Copy, Default)]
struct Handicap(i64);

impl<'de> Deserialize<'de> for Handicap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<&RawValue>::deserialize(deserializer)?.map_or("0", RawValue::get);
        parse_hundredths(text).map(Self).ok_or_else(|| D::Error::custom("handicap is no decimal"))
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (odds, size) = <(&RawValue, &RawValue)>::deserialize(deserializer)?;
        let odds = parse_hundredths(odds.get()).and_then(Odds::from_hundredths);
        let size = parse_hundredths(size.get()).and_then(|size| u64::try_from(size).ok());
        match (odds, size) {
            (Some(odds), Some(size)) => Ok(Self { odds, size }),
            (None, _) => Err(D::Error::custom("odds are not 1.01 to 10000 in hundredths")),
            (_, None) => Err(D::Error::custom("size is no decimal in hundredths")),
        }
    }
}

fn null_is_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(odds: i64, size: u64) -> Level {
        Level { odds: Odds::from_hundredths(odds).unwrap(), size }
    }

    #[test]
    fn a_line_is_read_and_unknown_keys_are_passed_over() {
        let line = br#"{"op":"mcm","clk":null,"pt":1657018213373,"_stream_id":2026,"mc":[{
            "id":"1.2","con":true,"img":true,"tv":0.0,"marketDefinition":{"status":"SUSPENDED",
            "inPlay":true,"numberOfWinners":1,"betDelay":5,"runners":[
            {"id":7,"hc":-0.5,"status":"REMOVED_VACANT","sortPriority":2,"adjustmentFactor":1.5},
            {"id":8,"status":"HIDDEN"}]},
            "rc":[{"id":7,"hc":-0.5,"atb":[[1.01,20],[2,0.0]],"atl":null,"trd":[[3.5,1e2]],
            "spb":[[1000,3]],"spn":"NaN","ltp":2.0}]}]}"#;
        let message = Message::parse(line).unwrap();
        assert_eq!(message.publish_time_ms, Some(1_657_018_213_373));
        let change = &message.changes[0];
        assert!(change.is_image);
        let definition = change.definition.as_ref().unwrap();
        assert_eq!((definition.status, definition.is_in_play), (SourceStatus::Suspended, true));
        let key = RunnerKey { id: 7, handicap: -50 };
        let removed = RunnerDefinition { key, status: RunnerStatus::Removed, sort_priority: 2 };
        assert_eq!(definition.runners[0], removed);
        assert_eq!(definition.runners[1].status, RunnerStatus::Active);
        let expected = RunnerChange {
            key,
            to_back: vec![level(101, 2000), level(200, 0)],
            to_lay: vec![],
            traded: vec![level(350, 10_000)],
        };
        assert_eq!(change.runners, [expected]);
    }

    #[test]
    fn messages_of_another_kind_change_nothing() {
        let heartbeat = Message::parse(br#"{"op":"mcm","ct":"HEARTBEAT","pt":5}"#).unwrap();
        assert_eq!(heartbeat, Message { publish_time_ms: Some(5), changes: vec![] });
        let status = Message::parse(br#"{"op":"status","statusCode":"SUCCESS"}"#).unwrap();
        assert!(status.changes.is_empty());
    }

    #[test]
    fn a_line_with_anything_wrong_is_refused_whole() {
        let runner = |levels: &str| {
            format!(r#"{{"op":"mcm","pt":1,"mc":[{{"id":"1.2","rc":[{{"id":7,{levels}}}]}}]}}"#)
        };
        assert!(Message::parse(runner(r#""atb":[[2,42949672.95]]"#).as_bytes()).is_err());
        assert!(Message::parse(runner(r#""atb":[[2,214748.36]]"#).as_bytes()).is_ok());
        assert!(Message::parse(runner(r#""trd":[[2,42949672.95]]"#).as_bytes()).is_ok());
        for levels in [
            r#""atb":[[1,5]]"#,
            r#""atb":[[1.005,5]]"#,
            r#""atl":[[10000.01,5]]"#,
            r#""atl":[[2,-5]]"#,
            r#""atl":[[2,5.001]]"#,
            r#""trd":[["2",5]]"#,
            r#""trd":[[2]]"#,
            r#""trd":[[2,5,6]]"#,
            r#""hc":"x""#,
        ] {
            assert!(Message::parse(runner(levels).as_bytes()).is_err(), "{levels}");
        }
        for line in ["", "null", "[]", "{", r#"{"pt":1}"#, r#"{"op":"mcm","mc":[{"rc":[]}]}"#] {
            assert!(Message::parse(line.as_bytes()).is_err(), "{line}");
        }
        assert!(Message::parse(b"{\"op\":\"mcm\",\"x\":\"\xff\"}").is_err());
    }

    #[test]
    fn rounding_goes_away_from_the_other_side() {
        let prices = |hundredths| {
            let odds = Odds::from_hundredths(hundredths).unwrap();
            (odds.price(Side::Sell), odds.price(Side::Buy))
        };
        assert_eq!(prices(101), (9901, 9900));
        assert_eq!(prices(200), (5000, 5000));
        assert_eq!(prices(300), (3334, 3333));
        assert_eq!(prices(100_000), (10, 10));
        assert_eq!(prices(99_000), (11, 10));
        assert_eq!(prices(1_000_000), (1, 1));
    }

    #[test]
    fn lots_are_rounded_half_up() {
        // 1.01 × 21.19 × 100 = 2140.19; 1.01 × 0.50 × 100 = 50.5; 1.02 × 0.25 × 100 = 25.5.
        assert_eq!(level(101, 2119).lots(), Some(2140));
        assert_eq!(level(101, 50).lots(), Some(51));
        assert_eq!(level(102, 25).lots(), Some(26));
        assert_eq!(level(149, 1).lots(), Some(1));
        assert_eq!(level(1_000_000, 429_497).lots(), None);
        assert_eq!(level(1_000_000, 429_400).lots(), Some(4_294_000_000));
    }
}
