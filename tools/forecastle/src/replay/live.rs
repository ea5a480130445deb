//! `forecastle replay DIR --exchange READY.json`: feeds the commands of a journal to a live
//! exchange, through the client, as their senders did.
//!
//! Each session of the journal becomes one of the same key and number. Numbers that an exchange
//! gives (orders, events, markets) are translated; accounts and ClOrdIDs are the clients' own and
//! stay. A session whose orders ended with it goes and comes again there. What cannot be sent is
//! counted by message and reason: the exchange's own records, logins, and what names something that
//! the live exchange does not have, or one quote by its order id, which an exchange tells nobody.
//! What ends by a timer ends by the live exchange's clock.
//!
//! In the order of the journal ([`Order::Journal`]) a request waits until the requests of other
//! sessions before it are answered, and until a sweep or pay-out that the journal has complete by
//! then is complete. So a fresh exchange ends with the same books, save where the journal's
//! exchange took requests in the middle of a long sweep: when between its steps they come cannot be
//! told to an exchange.

pub mod desk;
pub mod disconnects;
pub mod request;
pub mod sessions;
pub mod summary;
pub mod translation;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::ValueEnum;
use forecastle_node::Replayer;
use forecastle_persister::{Frame, Record};
use forecastle_proto_spec::{ExchangeReport, RejectCode, StateReportRequest, StateScope};
use indicatif::ProgressBar;
use zerocopy::FromZeros as _;

use self::desk::{Desk, Sent};
use self::disconnects::{Disconnect, Disconnects};
use self::request::{Part, Request};
use self::sessions::{Sessions, send};
use self::summary::{Skipped, Summary};
use self::translation::{Obstacle, Translation};
use crate::exit::{Failure, Outcome};
use crate::journal::source::Source;
use crate::link::{ANSWER_TIMEOUT, Patience};
use crate::pace::{Pace, Speed};

/// Where the commands go and how.
#[derive(Clone, Debug, clap::Args)]
pub struct Feed {
    /// Ready file of a running exchange: send it the commands instead of executing them.
    #[arg(long, value_name = "READY.json")]
    #[arg(conflicts_with_all = ["from_snapshot", "every", "expect"])]
    pub exchange: Option<PathBuf>,
    /// `max`, or a multiple of the time that the journal took.
    #[arg(long, value_name = "1|N|max", default_value = "max", requires = "exchange")]
    pub speed: Speed,
    /// Which order is kept.
    #[arg(long, value_enum, default_value = "journal", requires = "exchange")]
    pub order: Order,
    /// Address of the interface to use.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1", requires = "exchange")]
    pub interface: Ipv4Addr,
}

/// Which order of the commands is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// That of the journal: a command waits for the answers to those of other sessions before it.
    Journal,
    /// That within each session, and that of administrators' commands: faster, and what trades
    /// with what may differ.
    Session,
}

/// Feeds the records that end at or before `limit` and prints what came of it, also when that was
/// cut short.
///
/// # Errors
/// The journal cannot be read, or the exchange cannot be reached.
pub fn run(
    arguments: &Feed,
    ready: &Path,
    source: &Source,
    (limit, bar, json): (u64, &ProgressBar, bool),
) -> anyhow::Result<Outcome> {
    let mut feeder = Feeder::connect(arguments, ready, source)?;
    let fed = feeder.feed(source, limit, bar);
    bar.finish_and_clear();
    let summary = feeder.summary(fed.is_ok());
    if json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        print!("{}", summary.to_text());
    }
    fed?;
    let differs = summary.books_agree == Some(false);
    Ok(if differs { Outcome::Difference } else { Outcome::Done })
}

struct Feeder {
    start: Instant,
    sessions: Sessions,
    translation: Translation,
    disconnects: Disconnects,
    pace: Pace,
    order: Order,
    /// Session of the request sent last.
    last: Option<u32>,
    /// Session of an administrator whose request may not be answered yet.
    administrator: Option<u32>,
    late: Duration,
    record_count: u64,
    skipped: BTreeMap<(&'static str, String), u64>,
    fed_sessions: BTreeSet<u32>,
    comparison: Comparison,
}

/// What is needed to compare the books at the end, or why they cannot be.
type Comparison = Result<Expected, String>;

/// The journal's own exchange, executed alongside, and who asks the live one.
struct Expected {
    replayer: Replayer,
    observer: u32,
}

impl Feeder {
    fn connect(arguments: &Feed, ready: &Path, source: &Source) -> anyhow::Result<Self> {
        let start = Instant::now();
        let sessions = Sessions::at(ready, arguments.interface)?;
        let mut feeder = Self {
            start,
            sessions,
            translation: Translation::default(),
            disconnects: Disconnects::default(),
            pace: Pace::new(arguments.speed),
            order: arguments.order,
            last: None,
            administrator: None,
            late: Duration::ZERO,
            record_count: 0,
            skipped: BTreeMap::new(),
            fed_sessions: BTreeSet::new(),
            comparison: Err(String::new()),
        };
        feeder.comparison = feeder.expected(source)?;
        Ok(feeder)
    }

    /// What to compare the books with, if that makes sense.
    fn expected(&mut self, source: &Source) -> anyhow::Result<Comparison> {
        if self.order != Order::Journal {
            return Ok(Err("only the order within each session was kept".to_string()));
        }
        let replayer = Replayer::at_birth(source.shard);
        if source.first_position != replayer.position() {
            return Ok(Err("the journal's beginning is not kept".to_string()));
        }
        let Some(observer) = self.sessions.observer() else {
            return Ok(Err("no key of the exchange may ask for its state".to_string()));
        };
        let report = match self.exchange_report(observer) {
            Ok(Ok(report)) => report,
            Ok(Err(reason)) => return Ok(Err(reason)),
            // Somebody else may have that session; the others are not concerned.
            Err(error) if error.downcast_ref::<Failure>().is_none() => {
                return Ok(Err(format!("{error:#}")));
            }
            Err(error) => return Err(error),
        };
        let (accounts, markets) = (report.account_count.get(), report.market_count.get());
        if accounts > 0 || markets > 0 {
            let reason = format!(
                "the exchange was not fresh: it had {accounts} accounts and {markets} markets"
            );
            return Ok(Err(reason));
        }
        Ok(Ok(Expected { replayer, observer }))
    }

    fn feed(&mut self, source: &Source, limit: u64, bar: &ProgressBar) -> anyhow::Result<()> {
        if self.pace.is_timed() {
            self.open_all(source, limit)?;
        }
        source.for_each_frame(0, |frame| {
            self.execute(frame, limit);
            for record in frame.records().filter(|record| record.end() <= limit) {
                self.record(&record)?;
            }
            bar.set_position(frame.header().end - source.first_position);
            Ok(frame.header().end < limit)
        })?;
        for session_id in self.sessions.ids() {
            self.wait_until(session_id, Desk::is_idle)?;
        }
        Ok(())
    }

    /// Opens every session that the journal needs, so that no login makes a request late.
    fn open_all(&mut self, source: &Source, limit: u64) -> anyhow::Result<()> {
        let mut session_ids = BTreeSet::new();
        source.for_each_frame(0, |frame| {
            for record in frame.records().filter(|record| record.end() <= limit) {
                if let Part::Request(request) = Part::of(&record) {
                    session_ids.insert(request.session_id);
                }
            }
            Ok(frame.header().end < limit)
        })?;
        for session_id in session_ids {
            self.sessions.open(session_id)?;
            self.sessions.look()?;
        }
        Ok(())
    }

    /// Executes a frame as the journal's exchange did.
    fn execute(&mut self, frame: &Frame<'_>, limit: u64) {
        if let Ok(expected) = &mut self.comparison
            && let Err(error) = expected.replayer.apply_frame(frame, limit)
        {
            self.comparison = Err(format!("the journal cannot be executed: {error}"));
        }
    }

    fn record(&mut self, record: &Record<'_>) -> anyhow::Result<()> {
        self.record_count += 1;
        if let Some(disconnect) = self.disconnects.follow(record) {
            self.disconnect(disconnect)?;
        }
        match Part::of(record) {
            Part::Skipped { kind, reason } => self.skip(kind, reason.to_string()),
            Part::WorkDone { session_id, seq_num } => {
                self.skip("Continue", "was made by the exchange itself".to_string());
                self.wait_until(session_id, |desk| desk.is_done_with(seq_num))?;
            }
            Part::Request(request) => {
                self.request(&request, record.header().sequencing_time_ns.get())?;
            }
        }
        Ok(())
    }

    fn request(&mut self, request: &Request<'_>, time_ns: u64) -> anyhow::Result<()> {
        let session_id = request.session_id;
        if self.sessions.open(session_id)?.is_none() {
            self.translation.answer(request.makes, None);
            self.skip(request.kind, "the exchange has no key of that id".to_string());
            return Ok(());
        }
        let message = match self.translated(request)? {
            Ok(message) => message,
            Err(obstacle) => {
                self.translation.answer(request.makes, None);
                self.skip(request.kind, obstacle.to_string());
                return Ok(());
            }
        };
        self.wait_for_turn(request)?;
        self.wait_until_due(time_ns)?;
        self.translation.ask(request.makes);
        let sent = Sent::new(request, message);
        send(self.sessions.link(session_id), sent, Desk::sent)?;
        self.fed_sessions.insert(session_id);
        self.last = Some(session_id);
        if !request.is_of_trader() {
            self.administrator = Some(session_id);
        }
        self.sessions.look()?;
        self.learn();
        Ok(())
    }

    /// Has a session's orders end with it, behind all that was sent before.
    fn disconnect(&mut self, disconnect: Disconnect) -> anyhow::Result<()> {
        for before in self.last.into_iter().chain([disconnect.session_id]) {
            self.wait_until(before, Desk::is_idle)?;
        }
        self.sessions.disconnect(disconnect)
    }

    /// Waits until what has to be in the live exchange's log before a request is.
    fn wait_for_turn(&mut self, request: &Request<'_>) -> anyhow::Result<()> {
        let session_id = request.session_id;
        let before = match self.order {
            Order::Journal => self.last.filter(|last| *last != session_id).into_iter().collect(),
            Order::Session if request.is_of_trader() => {
                self.administrator.take().into_iter().collect()
            }
            Order::Session => self.sessions.ids(),
        };
        for before in before {
            self.wait_until(before, |desk| desk.unanswered_count() == 0)?;
        }
        self.wait_until(session_id, |desk| desk.unanswered_count() < UNANSWERED_MAX)
    }

    /// The message in the live exchange's numbers, once it has answered for all that it names.
    fn translated(&mut self, request: &Request<'_>) -> anyhow::Result<Result<Vec<u8>, Obstacle>> {
        let mut patience = Patience::new(ANSWER_TIMEOUT);
        loop {
            let mut message = request.frame.bytes.to_vec();
            match self.translation.translate(&request.frame, &mut message) {
                Ok(()) => return Ok(Ok(message)),
                Err(Obstacle::Unanswered) => self.turn(request.session_id, &mut patience)?,
                Err(obstacle) => return Ok(Err(obstacle)),
            }
        }
    }

    /// Waits until the time has come for what the journal has at `time_ns`.
    fn wait_until_due(&mut self, time_ns: u64) -> anyhow::Result<()> {
        let Some(due) = self.pace.due(time_ns) else { return Ok(()) };
        loop {
            self.sessions.look()?;
            self.learn();
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.late = self.late.max(due.elapsed());
                return Ok(());
            }
            // Sleeps are rough; the last stretch is spun.
            if left > SPIN_PERIOD {
                self.sessions.wait(self.last, (left - SPIN_PERIOD).min(SPIN_PERIOD));
            } else {
                std::thread::yield_now();
            }
        }
    }

    /// Waits until a session's desk is as it should be; one that is not open is.
    fn wait_until(
        &mut self,
        session_id: u32,
        is_reached: impl Fn(&Desk) -> bool,
    ) -> anyhow::Result<()> {
        let mut patience = Patience::new(ANSWER_TIMEOUT);
        while self.sessions.desk(session_id).is_some_and(|desk| !is_reached(desk)) {
            self.turn(session_id, &mut patience)?;
        }
        Ok(())
    }

    /// One turn of waiting for answers, those of one session above all.
    fn turn(&mut self, session_id: u32, patience: &mut Patience) -> anyhow::Result<()> {
        if self.sessions.drive(session_id)? > 0 {
            *patience = Patience::new(ANSWER_TIMEOUT);
            self.learn();
        } else if patience.is_over() {
            let silent = anyhow::anyhow!("a request of session {session_id} was not answered");
            return Err(silent.context(Failure::Unreachable));
        } else {
            patience.pause(|period| self.sessions.wait(Some(session_id), period));
        }
        Ok(())
    }

    /// Takes the numbers that the exchange gave since the last time.
    fn learn(&mut self) {
        for desk in self.sessions.desks() {
            for (makes, made) in desk.take_made() {
                self.translation.answer(makes, made);
            }
        }
    }

    /// Totals and digests of the live exchange, or why it does not say.
    fn exchange_report(&mut self, observer: u32) -> anyhow::Result<Result<ExchangeReport, String>> {
        let mut request = StateReportRequest::new_zeroed();
        request.scope = StateScope::Exchange.into();
        let link = self.sessions.open(observer)?.context("its key is there")?;
        let seq_num = link.send(&request)?;
        link.handler.asked(seq_num);
        self.wait_until(observer, |desk| desk.exchange_report().is_some())?;
        let answer = self.sessions.link(observer).handler.exchange_report();
        Ok(answer.context("it was waited for")?.map_err(|code| {
            let name = RejectCode::try_from(code).map(|name| format!(" {name:?}"));
            format!("the exchange does not say its state: {code}{}", name.unwrap_or_default())
        }))
    }

    fn skip(&mut self, kind: &'static str, reason: String) {
        *self.skipped.entry((kind, reason)).or_insert(0) += 1;
    }

    fn summary(&mut self, is_whole: bool) -> Summary {
        let mut summary = Summary {
            records: self.record_count,
            sessions: self.fed_sessions.len() as u64,
            ..Summary::default()
        };
        for desk in self.sessions.desks() {
            summary.add(&desk.tally, desk.unanswered_count());
        }
        let skipped = self.skipped.iter().map(|((message, reason), count)| Skipped {
            message: (*message).to_string(),
            reason: reason.clone(),
            count: *count,
        });
        summary.skipped = skipped.collect();
        summary.take_times(self.start.elapsed(), self.late);
        summary.take_comparison(match is_whole {
            true => self.digests(),
            false => Err("the feed was cut short".to_string()),
        });
        summary
    }

    /// The live exchange's market digest and the journal's.
    fn digests(&mut self) -> Result<(u64, u64), String> {
        let expected = self.comparison.as_ref().map_err(Clone::clone)?;
        let engine = expected.replayer.engine().ok_or("the journal is empty")?;
        let journal = engine.market_digest();
        let report = self.exchange_report(expected.observer);
        let report = report.map_err(|error| format!("{error:#}"))??;
        Ok((report.market_digest.get(), journal))
    }
}

/// Most requests of a session that are on their way at one time: their answers fit its window.
const UNANSWERED_MAX: usize = 256;
/// Longest wait while something is due soon, and how long before that waiting is precise.
const SPIN_PERIOD: Duration = Duration::from_millis(1);
