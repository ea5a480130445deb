//! What an import did, as the exchange reports it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use forecastle_proto_spec::{ExchangeReport, RejectCode};
use serde::Serialize;

/// Figures of one import; serialises to the one object of `--json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Messages of the file.
    pub messages: u64,
    /// Orders accepted, takers and replaces that add quantity included.
    pub orders: u64,
    /// Resting orders cancelled or made smaller.
    pub cancels: u64,
    /// Trades, each once.
    pub trades: u64,
    /// Refused requests by reject code.
    pub rejects: BTreeMap<u16, u64>,
    /// Messages after which the ladders of the exchange were compared with the source's.
    pub ladder_checks: u64,
    /// Comparisons that found a difference.
    pub ladder_mismatches: u64,
    /// Messages whose check had to wait, because the market was not open.
    pub ladder_waiting: u64,
    /// Times that a source's ladder was locked or crossed after a message.
    pub source_crossed: u64,
    /// Rises of traded volume at odds where no level shrank.
    pub unplaced_volume: u64,
    /// Lines that are no messages.
    pub malformed_lines: u64,
    /// Runners removed.
    pub removed: u64,
    /// Deposits, millionths.
    pub cash_in: i64,
    /// Cash of all accounts after settlement, millionths.
    pub cash_out: i64,
    /// Fees, millionths.
    pub fees: i64,
    /// Deposits are cash, fees and withdrawals, and every position is closed.
    pub conserved: bool,
    /// Market digest, 16 hexadecimal digits.
    pub digest: String,
    /// State digest, 16 hexadecimal digits.
    pub state_digest: String,
    /// Time from the first login to the last answer, seconds.
    pub elapsed_s: f64,
}

impl Summary {
    /// Takes money, positions and digests from the exchange's report.
    pub fn take_totals(&mut self, report: &ExchangeReport) {
        self.cash_in = report.deposits.get();
        self.cash_out = report.cash.get();
        self.fees = report.fees.get();
        let out = [report.cash, report.fees, report.withdrawals]
            .into_iter()
            .try_fold(0_i64, |sum, amount| sum.checked_add(amount.get()));
        self.conserved = out == Some(self.cash_in) && report.open_position_count == 0;
        self.digest = format!("{:016x}", report.market_digest.get());
        self.state_digest = format!("{:016x}", report.state_digest.get());
    }

    /// Takes the time, cut to milliseconds.
    pub fn take_time(&mut self, elapsed: Duration) {
        let whole_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        self.elapsed_s = Duration::from_millis(whole_ms).as_secs_f64();
    }

    /// Nothing is missing and nothing differs.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.conserved && self.ladder_mismatches == 0
    }

    /// The figures for people, one a line.
    #[must_use]
    pub fn to_text(&self) -> String {
        let reject = |(code, count): (&u16, &u64)| {
            let name = RejectCode::try_from(*code);
            name.map_or(format!("{code} × {count}"), |name| format!("{code} {name:?} × {count}"))
        };
        let rejects: Vec<_> = self.rejects.iter().map(reject).collect();
        let rejects = if rejects.is_empty() { "none".to_string() } else { rejects.join(", ") };
        let rows = [
            ("messages", self.messages.to_string()),
            ("orders", self.orders.to_string()),
            ("cancels", self.cancels.to_string()),
            ("trades", self.trades.to_string()),
            ("rejects", rejects),
            (
                "ladder checks",
                format!(
                    "{}, {} mismatches, {} waiting",
                    self.ladder_checks, self.ladder_mismatches, self.ladder_waiting
                ),
            ),
            ("source crossed", self.source_crossed.to_string()),
            ("unplaced volume", self.unplaced_volume.to_string()),
            ("malformed lines", self.malformed_lines.to_string()),
            ("removed", self.removed.to_string()),
            ("cash in", self.cash_in.to_string()),
            ("cash out", self.cash_out.to_string()),
            ("fees", self.fees.to_string()),
            ("conserved", if self.conserved { "yes" } else { "no" }.to_string()),
            ("digest", self.digest.clone()),
            ("state digest", self.state_digest.clone()),
            ("elapsed", format!("{:.3} s", self.elapsed_s)),
        ];
        let mut text = String::new();
        for (name, value) in rows {
            writeln!(text, "{name:<16} {value}").expect("a string takes all");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use zerocopy::FromZeros as _;

    use super::*;

    fn report(cash: i64, open_position_count: u64) -> ExchangeReport {
        let mut report = ExchangeReport::new_zeroed();
        report.deposits.set(100);
        report.withdrawals.set(20);
        report.fees.set(5);
        report.cash.set(cash);
        report.open_position_count.set(open_position_count);
        report.market_digest.set(0xAB);
        report
    }

    #[test]
    fn money_is_conserved_when_every_unit_is_found_and_no_position_is_open() {
        let is_conserved = |report: &ExchangeReport| {
            let mut summary = Summary::default();
            summary.take_totals(report);
            summary.conserved
        };
        assert!(is_conserved(&report(75, 0)));
        assert!(!is_conserved(&report(74, 0)));
        assert!(!is_conserved(&report(75, 1)));
        assert!(!is_conserved(&report(i64::MAX, 0)));
    }

    #[test]
    fn the_object_has_exactly_the_named_fields() {
        let mut summary = Summary::default();
        summary.take_totals(&report(75, 0));
        summary.take_time(Duration::from_nanos(12_345_678_901));
        summary.rejects.insert(401, 2);
        assert_eq!(
            serde_json::to_string(&summary).unwrap(),
            "{\"messages\":0,\"orders\":0,\"cancels\":0,\"trades\":0,\"rejects\":{\"401\":2},\
             \"ladder_checks\":0,\"ladder_mismatches\":0,\"ladder_waiting\":0,\
             \"source_crossed\":0,\"unplaced_volume\":0,\"malformed_lines\":0,\"removed\":0,\
             \"cash_in\":100,\"cash_out\":75,\"fees\":5,\"conserved\":true,\
             \"digest\":\"00000000000000ab\",\"state_digest\":\"0000000000000000\",\
             \"elapsed_s\":12.345}"
        );
        assert!(summary.is_clean());
        assert!(summary.to_text().contains("12.345 s"));
        summary.ladder_mismatches = 1;
        assert!(!summary.is_clean());
    }
}
