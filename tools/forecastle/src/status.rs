//! The start screen, the live status line and the closing totals.

use std::io::{IsTerminal as _, Write as _};
use std::time::Instant;

use forecastle_client::ReadyFile;
use forecastle_node::{
    Activity, Config, Exchange, JournalStatus, Placement, RecoveryStatistics, Totals,
};
use forecastle_proto_spec::AcknowledgementLevel;

use crate::memory_screen::memory_table;

/// Prints where everything is.
pub fn start_screen(config: &Config, profile: &str, ready: &ReadyFile, exchange: &Exchange) {
    let (network, journal) = (exchange.network(), exchange.journal());
    let build = if cfg!(debug_assertions) { "debug build" } else { "release" };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let placement = match config.threads.placement {
        Placement::One => "gateway, engine and market data on one thread",
        Placement::Two => "gateway and market data on one thread, engine on another",
    };
    let mut rows = vec![
        ("orders", format!("udp {}   reports {}", ready.order_entry, ready.reports)),
        (
            "log stream",
            format!(
                "from {}, shared {}, for keys with the replica role",
                ready.log_stream, ready.shared_log_stream
            ),
        ),
        ("market data", format!("multicast {} on {}", ready.market_data, config.network.interface)),
        ("network", format!("{}; {} MiB of buffers", network.offload, network.memory_length >> 20)),
        ("keys", ready.keys.display().to_string()),
        ("threads", format!("{placement}, idle {}", config.threads.idle)),
        ("journal", journal_line(journal)),
        ("recovered", recovery_line(&journal.recovery)),
        ("acknowledged", level_line(journal.level).to_string()),
    ];
    if let Some(denied) = &journal.backend.denied {
        rows.push((
            "note",
            format!("io_uring is denied ({denied}): the journal is written blocking"),
        ));
    }
    if let Some(cut) = &journal.recovery.cut {
        rows.push(("cut", cut.to_string()));
    }
    for refusal in &journal.recovery.snapshots_refused {
        rows.push(("refused", refusal.clone()));
    }
    if profile == "demo" {
        let demo = &config.demo;
        rows.push((
            "demo",
            format!(
                "{} events, {} market makers, {} traders over UDP, seed {}",
                demo.events, demo.market_makers, demo.traders, demo.seed
            ),
        ));
    }
    if cfg!(debug_assertions) {
        rows.push(("note", "debug build: slower than a release build".to_string()));
    }
    let mut screen = format!(
        "forecastle {}  {build}  {profile}  {cores} cores  pid {}\n",
        ready.version, ready.pid
    );
    screen.push_str(&memory_table(exchange.memory()));
    for (name, value) in rows {
        screen.push_str(&format!("{name:<13} {value}\n"));
    }
    screen.push_str("ready         Ctrl-C stops and prints totals and digests\n");
    print(&screen);
}

fn journal_line(journal: &JournalStatus) -> String {
    let folder = journal.folder.journal().display();
    let (backend, spares) = (journal.backend.name, journal.space.spare_count());
    let by = if journal.has_own_process { ", by a process of its own" } else { "" };
    format!("{folder}   {backend}{by}, {spares} spare segments")
}

fn recovery_line(recovery: &RecoveryStatistics) -> String {
    let RecoveryStatistics { command_count, elapsed, snapshot_position, .. } = recovery;
    let from = match snapshot_position {
        Some(position) => format!("the snapshot at {position}"),
        None => "the beginning".to_string(),
    };
    let micros = elapsed.as_micros().max(1);
    let rate = u128::from(*command_count) * 1_000_000 / micros;
    let millis = elapsed.as_millis();
    format!("{command_count} commands from {from} in {millis} ms ({rate}/s)")
}

fn level_line(level: AcknowledgementLevel) -> &'static str {
    match level {
        AcknowledgementLevel::Memory => "memory: survives nothing but the client's own crash",
        AcknowledgementLevel::Written => "written: survives a crash of the process and the kernel",
        AcknowledgementLevel::Durable => "durable: survives a loss of power on this machine",
        AcknowledgementLevel::Quorum => "quorum: survives the loss of a machine",
    }
}

/// One line that tells how the exchange is doing: rewritten on a terminal, a JSON line elsewhere.
pub struct StatusLine {
    is_terminal: bool,
    start: Instant,
    last: Activity,
    last_time: Instant,
}

impl StatusLine {
    /// A line that starts counting now.
    #[must_use]
    pub fn new() -> Self {
        let now = Instant::now();
        let is_terminal = std::io::stdout().is_terminal();
        Self { is_terminal, start: now, last: Activity::default(), last_time: now }
    }

    /// Shows `activity` and the rates since the last call.
    pub fn show(&mut self, activity: Activity) {
        let millis = self.last_time.elapsed().as_millis().max(1) as u64;
        let rate = |now: u64, then: u64| (now - then) * 1000 / millis;
        let orders = rate(activity.orders, self.last.orders);
        let trades = rate(activity.trades, self.last.trades);
        let seconds = self.start.elapsed().as_secs();
        if self.is_terminal {
            print(&format!(
                "\r\x1b[2K{seconds:>5} s  orders {} ({orders}/s)  cancels {}  trades {} \
                 ({trades}/s)  log {} bytes",
                activity.orders, activity.cancels, activity.trades, activity.log_position
            ));
        } else {
            print(&format!(
                "{{\"seconds\":{seconds},\"orders\":{},\"orders_per_second\":{orders},\
                 \"cancels\":{},\"trades\":{},\"trades_per_second\":{trades},\
                 \"log_position\":{}}}\n",
                activity.orders, activity.cancels, activity.trades, activity.log_position
            ));
        }
        self.last = activity;
        self.last_time = Instant::now();
    }

    /// Prints the closing totals; with the configuration of a demo also its seed.
    pub fn finish(&self, activity: Activity, totals: &Totals, demo: Option<&Config>) {
        let mut text = String::new();
        if self.is_terminal {
            text.push('\n');
        }
        text.push_str(&format!(
            "stopped       {} s, {} records, {} orders, {} cancels, {} trades of {} lots\n",
            self.start.elapsed().as_secs(),
            activity.records,
            activity.orders,
            activity.cancels,
            activity.trades,
            activity.traded_lots,
        ));
        if activity.uncounted_bytes > 0 {
            text.push_str(&format!(
                "note          {} bytes of the log came too fast to be counted\n",
                activity.uncounted_bytes
            ));
        }
        text.push_str(&format!(
            "log position  {}\ndigest        {:016x}\nstate digest  {:016x}\n",
            totals.log_position, totals.market_digest, totals.state_digest
        ));
        if let Some(config) = demo {
            text.push_str(&format!("seed          {}\n", config.demo.seed));
        }
        print(&text);
    }
}

impl Default for StatusLine {
    fn default() -> Self {
        Self::new()
    }
}

/// A closed pipe is not an error.
fn print(text: &str) {
    let mut output = std::io::stdout().lock();
    let _ = output.write_all(text.as_bytes());
    let _ = output.flush();
}
