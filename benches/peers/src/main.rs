//! Plays a flow on other people's order books, one process for each of them.
//!
//! Without arguments it lists them. With a name and the file of a script it answers each line on
//! its standard input with one line: `rate` with the time of the wall and of the processor that the
//! script took, `times` with quantiles of the service times of its commands, both after `ok` and
//! with the count of preemptions last. A run whose fills are not the script's is answered with
//! `wrong` and what was found instead.

#[path = "../../src/engine/book_script.rs"]
#[allow(dead_code, reason = "scripts are written elsewhere")]
mod book_script;
mod books;
mod limitbook_books;
mod lobster_books;
mod matchcore_books;
mod rust_ob_books;
#[path = "../../rig/src/stopwatch.rs"]
mod stopwatch;

use std::fs::File;
use std::io::{self, BufRead, Write};

use book_script::{BookScript, Fills};
use books::{Books, play};
use stopwatch::{ServiceTimes, Stopwatch};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(file)) = (arguments.next(), arguments.next()) else {
        PEERS.iter().for_each(|(name, _)| println!("{name}"));
        return Ok(());
    };
    let peer = PEERS.iter().find(|(candidate, _)| *candidate == name);
    let (_, run) = peer.ok_or_else(|| io::Error::other("no such peer"))?;
    let script = BookScript::read(File::open(file)?)?;
    let mut output = io::stdout();
    for line in io::stdin().lock().lines() {
        let answer = run(&script, line?.trim() == "times");
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

/// One run of the script on books that are built for it.
fn run<B: Books>(script: &BookScript, takes_times: bool) -> String {
    let order_count = script.opening.len() + script.main.len();
    let mut books = B::new(script.book_count, order_count as u32);
    let mut fills = Fills::default();
    play(&mut books, &script.opening, &mut fills);
    let preempted = preemption_count();
    let numbers = if takes_times {
        let mut times = ServiceTimes::new(script.command_count as usize);
        for command in script.main.split_inclusive(|operation| operation.ends_command) {
            times.time(|| play(&mut books, command, &mut fills));
        }
        times.quantiles().map(|ns| ns.to_string()).join(" ")
    } else {
        let stopwatch = Stopwatch::start();
        play(&mut books, &script.main, &mut fills);
        let (wall_ns, cpu_ns) = stopwatch.elapsed_ns();
        format!("{wall_ns} {cpu_ns}")
    };
    let preempted = preemption_count() - preempted;
    if fills == script.fills {
        return format!("ok {numbers} {preempted}");
    }
    let Fills { count, quantity, .. } = script.fills;
    let found = format!("{} fills of {} lots", fills.count, fills.quantity);
    if (fills.count, fills.quantity) == (count, quantity) {
        format!("wrong: {found}, as many as there are to be, but of other orders or prices")
    } else {
        format!("wrong: {found} instead of {count} of {quantity}")
    }
}

/// How often the kernel has taken the processor away from this thread.
fn preemption_count() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("nonvoluntary_ctxt_switches:"));
    line.and_then(|line| line.trim().parse().ok()).unwrap_or(0)
}

type RunScript = fn(&BookScript, bool) -> String;

const PEERS: [(&str, RunScript); 4] = [
    ("rust_ob", run::<rust_ob_books::RustObBooks>),
    ("lobster", run::<lobster_books::LobsterBooks>),
    ("matchcore", run::<matchcore_books::MatchcoreBooks>),
    ("limitbook", run::<limitbook_books::LimitbookBooks>),
];
