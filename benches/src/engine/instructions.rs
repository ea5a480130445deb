//! Instructions of one command by its kind: a duty cycle of the sequencer on a ring that holds one
//! command, counted by callgrind, which is announced alone. Beside them the mean of all commands
//! when the ring is full, announcements included.

use std::io;
use std::path::Path;

use forecastle_proto_spec::{Frame, MassQuote, Message, OrderCancelReplaceRequest};
use serde_json::{Map, Value, json};

use super::book_script::Action;
use super::flow::{Flow, FlowSettings};
use super::rig::{RING_LENGTH, Rig, TimelessSequencer, push};
use crate::callgrind::instructions_in;

/// Instructions of each kind of command in the mean, rounded down, on small flows of a seed.
/// `arguments` make this program call [`play`].
///
/// # Errors
/// There is no valgrind, or it does not say what it counted.
pub fn per_command(arguments: &[&str], folder: &Path) -> io::Result<Value> {
    let mut counts = Map::new();
    for (index, kind) in KINDS.iter().enumerate() {
        let function = format!("forecastle_benches::engine::instructions::sequence_{kind}");
        let (instructions, printed) = instructions_in(&function, arguments, folder)?;
        let count = printed.split_whitespace().nth(index).and_then(|word| word.parse().ok());
        let count: u64 = count.ok_or_else(|| io::Error::other("the flow was not played"))?;
        counts.insert((*kind).to_owned(), json!(instructions / count.max(1)));
    }
    Ok(Value::Object(counts))
}

/// Plays the small flows one command at a time; gives how many of each kind there were, in the
/// order of the kinds of [`per_command`].
///
/// # Panics
/// When a command is not sequenced at once.
#[must_use]
pub fn play(seed: u64) -> [u64; KINDS.len()] {
    let settings = FlowSettings {
        market_count: 100,
        account_count: 1_000,
        firm_count: 10,
        resting_order_count: 10_000,
        command_count: 30_000,
        ..FlowSettings::main(seed)
    };
    let flow = Flow::new(&settings);
    let Rig { mut commands, mut sequencer } = Rig::new(&flow, RING_LENGTH);
    let mut counts = [0; KINDS.len()];
    for (index, operation) in flow.script.main.iter().enumerate() {
        let (session_id, command) = flow.main.command(index);
        assert!(push(&mut commands, session_id, command), "the ring is empty");
        let (kind, sequenced) = match operation.action {
            Action::Rest => (0, sequence_passive(&mut sequencer)),
            Action::Cancel => (1, sequence_cancel(&mut sequencer)),
            Action::Take => (2, sequence_marketable(&mut sequencer)),
        };
        assert_eq!(sequenced, 1, "a duty cycle sequences what is in the ring");
        counts[kind] += 1;
    }
    let mut rig = Rig::new(&flow, RING_LENGTH);
    let mut index = 0;
    while index < flow.main.length() {
        index += rig.fill(&flow.main, index..flow.main.length());
        counts[3] += sequence_together(&mut rig.sequencer) as u64;
    }
    let settings = FlowSettings { command_count: 10_000, ..settings };
    let replaces = Flow::new(&FlowSettings { replace_percent: 50, ..settings });
    counts[4] = play_template::<OrderCancelReplaceRequest>(&replaces, sequence_replace);
    let quotes = FlowSettings { market_count: 99, markets_per_event: 3, ..settings };
    let quotes = Flow::new(&FlowSettings { firm_count: 33, quote_set_count: 99, ..quotes });
    counts[5] = play_template::<MassQuote>(&quotes, sequence_mass_quote);
    counts
}

/// Plays a flow one command at a time, those that are an `M` by `sequence`; gives how many these
/// were.
fn play_template<M: Message>(flow: &Flow, sequence: fn(&mut TimelessSequencer) -> usize) -> u64 {
    let Rig { mut commands, mut sequencer } = Rig::new(flow, RING_LENGTH);
    let mut count = 0;
    for index in 0..flow.main.length() {
        let (session_id, command) = flow.main.command(index);
        assert!(push(&mut commands, session_id, command), "the ring is empty");
        let frame = Frame::parse(command).map(|(frame, _)| frame);
        let is_counted = frame.is_ok_and(|frame| frame.template_id == M::TEMPLATE_ID);
        let sequence = if is_counted { sequence } else { sequence_other };
        assert_eq!(sequence(&mut sequencer), 1, "a duty cycle sequences what is in the ring");
        count += u64::from(is_counted);
    }
    count
}

/// The kinds, as the functions below are called.
const KINDS: [&str; 6] = ["passive", "cancel", "marketable", "together", "replace", "mass_quote"];

#[inline(never)]
fn sequence_passive(sequencer: &mut TimelessSequencer) -> usize {
    sequencer.do_work()
}

#[inline(never)]
fn sequence_cancel(sequencer: &mut TimelessSequencer) -> usize {
    std::hint::black_box(sequencer).do_work()
}

#[inline(never)]
fn sequence_marketable(sequencer: &mut TimelessSequencer) -> usize {
    std::hint::black_box(std::hint::black_box(sequencer)).do_work()
}

#[inline(never)]
fn sequence_together(sequencer: &mut TimelessSequencer) -> usize {
    sequencer.drain()
}

#[inline(never)]
fn sequence_replace(sequencer: &mut TimelessSequencer) -> usize {
    let mut sequencer = std::hint::black_box(sequencer);
    std::hint::black_box(&mut sequencer).do_work()
}

#[inline(never)]
fn sequence_mass_quote(sequencer: &mut TimelessSequencer) -> usize {
    std::hint::black_box(std::hint::black_box(sequencer).do_work())
}

#[inline(never)]
fn sequence_other(sequencer: &mut TimelessSequencer) -> usize {
    std::hint::black_box(sequencer.do_work())
}
