//! What became of the commands that were fed to a live exchange.

use std::collections::BTreeMap;
use std::time::Duration;

use forecastle_proto_spec::RejectCode;
use serde::Serialize;

use super::desk::Tally;

/// Figures of one feed; serialises to the one object of `--json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Records read.
    pub records: u64,
    /// Requests sent, each once.
    pub sent: u64,
    /// Requests done.
    pub accepted: u64,
    /// Refused requests by reject code.
    pub rejected: BTreeMap<u16, u64>,
    /// Requests without an answer; none unless the feed was cut short.
    pub unanswered: u64,
    /// Answers that are not those of the journal: done there and refused here, or the reverse, or
    /// refused for another reason.
    pub unlike: u64,
    /// Requests sent again, because the exchange was busy or never got them.
    pub again: u64,
    /// Records that were not sent, by message and reason.
    pub skipped: Vec<Skipped>,
    /// Sessions opened for the journal's.
    pub sessions: u64,
    /// The most that a request was late against the recording over the speed, seconds.
    pub late_s: f64,
    /// Time from the first login to the last answer, seconds.
    pub elapsed_s: f64,
    /// Requests sent in a second, over all of that time.
    pub commands_per_s: u64,
    /// Market digest of the live exchange at the end, 16 hexadecimal digits.
    pub digest: Option<String>,
    /// Market digest behind the last record of the journal that was read.
    pub journal_digest: Option<String>,
    /// Whether they are equal; none when they cannot be compared.
    pub books_agree: Option<bool>,
    /// Why they cannot.
    pub not_compared: Option<String>,
}

/// Records of one message that were not sent for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Name of the message.
    pub message: String,
    /// Why.
    pub reason: String,
    /// How many.
    pub count: u64,
}

impl Summary {
    /// Adds the counts of one session.
    pub fn add(&mut self, tally: &Tally, unanswered_count: usize) {
        self.sent += tally.sent;
        self.accepted += tally.accepted;
        for (code, count) in &tally.rejected {
            *self.rejected.entry(*code).or_insert(0) += count;
        }
        self.unanswered += unanswered_count as u64;
        self.unlike += tally.unlike;
        self.again += tally.again;
    }

    /// Takes the times, cut to milliseconds, and with them the rate.
    pub fn take_times(&mut self, elapsed: Duration, late: Duration) {
        let rate = u128::from(self.sent) * 1_000_000 / elapsed.as_micros().max(1);
        self.commands_per_s = u64::try_from(rate).unwrap_or(u64::MAX);
        self.elapsed_s = whole_ms(elapsed).as_secs_f64();
        self.late_s = whole_ms(late).as_secs_f64();
    }

    /// Takes the digests to be compared, or why they cannot be.
    pub fn take_comparison(&mut self, digests: Result<(u64, u64), String>) {
        match digests {
            Ok((live, journal)) => {
                self.digest = Some(format!("{live:016x}"));
                self.journal_digest = Some(format!("{journal:016x}"));
                self.books_agree = Some(live == journal);
            }
            Err(reason) => self.not_compared = Some(reason),
        }
    }

    /// The figures for people, one a line.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut rows = vec![
            ("records", self.records.to_string()),
            ("sent", format!("{} through {} sessions", self.sent, self.sessions)),
            ("accepted", self.accepted.to_string()),
            ("rejected", self.rejected.values().sum::<u64>().to_string()),
        ];
        for (code, count) in &self.rejected {
            let name = RejectCode::try_from(*code);
            let name = name.map(|name| format!("{name:?}")).unwrap_or_default();
            rows.push(("", format!("{count} × {code} {name}")));
        }
        rows.push(("unlike", format!("{} answers are not the journal's", self.unlike)));
        if self.again > 0 {
            rows.push(("sent again", self.again.to_string()));
        }
        if self.unanswered > 0 {
            rows.push(("unanswered", self.unanswered.to_string()));
        }
        let skipped: u64 = self.skipped.iter().map(|skipped| skipped.count).sum();
        rows.push(("skipped", skipped.to_string()));
        for Skipped { message, reason, count } in &self.skipped {
            rows.push(("", format!("{count} × {message}: {reason}")));
        }
        rows.push(("elapsed", format!("{:.3} s ({}/s)", self.elapsed_s, self.commands_per_s)));
        if self.late_s > 0.0 {
            rows.push(("late", format!("{:.3} s at most", self.late_s)));
        }
        let books = match (self.books_agree, &self.digest, &self.journal_digest) {
            (Some(true), Some(digest), _) => format!("agree with the journal's: digest {digest}"),
            (Some(false), Some(live), Some(journal)) => {
                format!("differ from the journal's: digest {live}, not {journal}")
            }
            _ => format!("not compared: {}", self.not_compared.as_deref().unwrap_or_default()),
        };
        rows.push(("books", books));
        rows.iter().map(|(name, value)| format!("{name:<13} {value}\n")).collect()
    }
}

fn whole_ms(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_out_of_the_text() {
        let tally = Tally {
            sent: 10,
            accepted: 7,
            rejected: BTreeMap::from([(311, 2)]),
            unlike: 1,
            again: 3,
        };
        let mut summary = Summary { records: 20, sessions: 2, ..Summary::default() };
        summary.add(&tally, 1);
        summary.skipped.push(Skipped {
            message: "Negotiate".to_string(),
            reason: "belongs to a login".to_string(),
            count: 4,
        });
        summary.take_times(Duration::from_micros(2_500_999), Duration::from_millis(3));
        summary.take_comparison(Err("the exchange was not fresh".to_string()));
        let text = summary.to_text();
        for expected in [
            "sent          10 through 2 sessions\n",
            "rejected      2\n              2 × 311 InsufficientBuyingPower\n",
            "unlike        1 answers are not the journal's\n",
            "sent again    3\nunanswered    1\n",
            "skipped       4\n              4 × Negotiate: belongs to a login\n",
            "elapsed       2.500 s (3/s)\nlate          0.003 s at most\n",
            "books         not compared: the exchange was not fresh\n",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        summary.take_comparison(Ok((5, 6)));
        assert!(summary.to_text().contains("differ from the journal's: digest 0000000000000005"));
        summary.take_comparison(Ok((5, 5)));
        assert!(summary.to_text().contains("books         agree"));
    }
}
