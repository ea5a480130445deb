//! `forecastle replay`: executes a journal again and compares every byte of every effect and every
//! digest with what was written; or feeds its commands to a live exchange.

pub mod live;

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use forecastle_node::{RecoveryStatistics, ReplayError, Replayer, explained, resume};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::exit::{Failure, Outcome, of_recovery};
use crate::journal::Place;
use crate::journal::source::Source;

/// What to replay and how far.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The journal.
    #[command(flatten)]
    pub place: Place,
    /// Stop behind the last record that ends at or before this position.
    #[arg(long, value_name = "POSITION")]
    pub to: Option<u64>,
    /// Begin at the newest snapshot instead of the beginning.
    #[arg(long)]
    pub from_snapshot: bool,
    /// Print position and digests after every N commands, on standard error with --json.
    #[arg(long, value_name = "N")]
    pub every: Option<std::num::NonZeroU64>,
    /// Digest that must come out; another one is a difference (exit code 3).
    #[arg(long, value_name = "DIGEST")]
    pub expect: Option<String>,
    /// Print the figures as one JSON object.
    #[arg(long)]
    pub json: bool,
    /// A live exchange to feed.
    #[command(flatten)]
    pub live: live::Feed,
}

/// Replays a journal and prints what came of it.
///
/// # Errors
/// The journal is damaged, cannot be read, or is of other rules; the live exchange cannot be
/// reached.
pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let source = Source::open(&arguments.place)?;
    let limit = arguments.to.unwrap_or(u64::MAX).min(source.end_position());
    match &arguments.live.exchange {
        None => verify(arguments, &source, limit),
        Some(ready) => {
            let bar = position_bar(limit.saturating_sub(source.first_position));
            live::run(&arguments.live, ready, &source, (limit, &bar, arguments.json))
        }
    }
}

fn verify(arguments: &Arguments, source: &Source, limit: u64) -> anyhow::Result<Outcome> {
    // The rate is that of reading, verifying and executing; the walk before it looks for the end.
    let start = Instant::now();
    let mut replayer = beginning(arguments, source, limit)?;
    let first_command = replayer.command_count();
    let mut progress = Progress::new(arguments, replayer.position(), limit);
    let mut difference = None;
    source.for_each_frame(replayer.position(), |frame| {
        match replayer.apply_frame(frame, limit) {
            Ok(()) => {}
            Err(ReplayError::Difference(found)) => {
                difference = Some(found);
                return Ok(false);
            }
            Err(error) => return Err(of_recovery(explained(&source.folder, error))),
        }
        progress.show(&replayer);
        Ok(replayer.position() < limit)
    })?;
    progress.finish();
    let commands = replayer.command_count() - first_command;
    let figures =
        Figures { commands, elapsed: start.elapsed(), mismatches: u64::from(difference.is_some()) };
    if let Some(difference) = &difference {
        eprintln!("forecastle: {difference}");
    }
    figures.print(arguments, source, &replayer);
    let digest = replayer.engine().map(|engine| format!("{:016x}", engine.market_digest()));
    let is_expected = match &arguments.expect {
        Some(expected) => digest.as_deref() == Some(expected.trim_start_matches("0x")),
        None => true,
    };
    if !is_expected {
        let expected = arguments.expect.as_deref().unwrap_or_default();
        eprintln!("forecastle: the digest is {}, not {expected}", digest.unwrap_or_default());
    }
    let is_same = difference.is_none() && is_expected;
    Ok(if is_same { Outcome::Done } else { Outcome::Difference })
}

/// At birth, or at a snapshot when that was asked for or the beginning is not kept.
fn beginning(arguments: &Arguments, source: &Source, limit: u64) -> anyhow::Result<Replayer> {
    let birth = Replayer::at_birth(source.shard);
    if !arguments.from_snapshot && source.first_position == birth.position() {
        return Ok(birth);
    }
    let mut statistics = RecoveryStatistics::default();
    let resumed = resume(&source.folder, source.shard, limit, &mut statistics);
    let replayer = resumed.map_err(of_recovery)?;
    for refusal in &statistics.snapshots_refused {
        eprintln!("forecastle: {refusal}");
    }
    if replayer.position() < source.first_position {
        let first = source.first_position;
        let error = anyhow::anyhow!("the journal begins at {first} and no snapshot reaches it");
        return Err(error.context(Failure::Damaged));
    }
    Ok(replayer)
}

struct Figures {
    commands: u64,
    elapsed: Duration,
    mismatches: u64,
}

impl Figures {
    fn print(&self, arguments: &Arguments, source: &Source, replayer: &Replayer) {
        let digests = replayer.engine().map(|engine| {
            (format!("{:016x}", engine.market_digest()), format!("{:016x}", engine.state_digest()))
        });
        let (digest, state_digest) = digests.unwrap_or_default();
        let micros = self.elapsed.as_micros().max(1);
        let rate = u128::from(self.commands) * 1_000_000 / micros;
        let Self { commands, mismatches, .. } = self;
        if arguments.json {
            let whole_ms = u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX);
            let report = json!({
                "commands": commands,
                "records": replayer.command_count(),
                "position": replayer.position(),
                "digest": digest,
                "state_digest": state_digest,
                "mismatches": mismatches,
                "commands_per_s": u64::try_from(rate).unwrap_or(u64::MAX),
                "elapsed_s": Duration::from_millis(whole_ms).as_secs_f64(),
                "chain": source.chain(),
                "torn_tail": source.torn_tail(),
            });
            println!("{report}");
            return;
        }
        println!("commands      {commands} in {} ms ({rate}/s)", self.elapsed.as_millis());
        println!("position      {}", replayer.position());
        println!("digest        {digest}\nstate digest  {state_digest}");
        println!("mismatches    {mismatches}");
        println!("chain         {}", source.chain());
        if let Some(tail) = source.torn_tail() {
            println!("torn tail     {tail}");
        }
    }
}

/// A bar over so many bytes of records, on a terminal.
fn position_bar(length: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(
        "{bar:40} {percent}% {bytes}/{total_bytes} {bytes_per_sec} {eta}",
    );
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// The bar on a terminal, and the digests that `--every` asks for.
struct Progress {
    bar: ProgressBar,
    start: u64,
    every: Option<u64>,
    next: u64,
    is_json: bool,
}

impl Progress {
    fn new(arguments: &Arguments, start: u64, limit: u64) -> Self {
        let bar = position_bar(limit.saturating_sub(start));
        let every = arguments.every.map(std::num::NonZeroU64::get);
        Self { bar, start, every, next: every.unwrap_or(0), is_json: arguments.json }
    }

    fn show(&mut self, replayer: &Replayer) {
        self.bar.set_position(replayer.position() - self.start);
        let Some((every, engine)) = self.every.zip(replayer.engine()) else { return };
        if replayer.command_count() < self.next {
            return;
        }
        self.next = replayer.command_count() + every;
        let line = format!(
            "position {}   commands {}   digest {:016x}   state digest {:016x}",
            replayer.position(),
            replayer.command_count(),
            engine.market_digest(),
            engine.state_digest()
        );
        if self.is_json { eprintln!("{line}") } else { println!("{line}") }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
