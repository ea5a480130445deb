//! A snapshot and the journal behind it give the state that the whole journal gives.

use forecastle_node::{Replayer, load, make_snapshot, replay_to};
use forecastle_persister_disk::{JournalFolder, JournalReader, SnapshotFile, inspect};
use forecastle_proto_spec::{MassActionScope, OrderMassActionRequest, Side};
use tempfile::TempDir;
use zerocopy::FromZeros as _;

use crate::damage::forecastle;
use crate::exchange_process::{ExchangeProcess, data_folder};
use crate::floor::Floor;

/// The folder of a stopped exchange with trades, resting orders, a mass cancel, two runs.
fn busy() -> TempDir {
    let mut floor = Floor::open();
    for round in 0..12 {
        floor.trade_one_order();
        let ask = floor.order(Side::Sell, 3 + round, 6_000 + round as u16);
        floor.place_for_maker(ask);
        if round % 5 == 4 {
            let mut sweep = OrderMassActionRequest::new_zeroed();
            sweep.cl_ord_id.set(floor.maker.new_id());
            sweep.scope = MassActionScope::Firm.into();
            sweep.action = forecastle_proto_spec::MassActionType::Cancel.into();
            floor.maker.send(&sweep);
        }
    }
    let exchange = floor.exchange;
    drop((floor.admin, floor.maker, floor.taker));
    let folder = exchange.end_and_keep("TERM");
    ExchangeProcess::spawn(folder).end_and_keep("TERM")
}

/// Digests, counts and every byte of the state behind a position.
#[derive(Debug, PartialEq, Eq)]
struct State {
    position: u64,
    command_count: u64,
    sequencing_time_ns: u64,
    state_digest: u64,
    market_digest: u64,
    bytes: Vec<u8>,
}

fn state_at(folder: &JournalFolder, mut replayer: Replayer, position: u64) -> State {
    replay_to(folder, &mut replayer, position).expect("it can be executed");
    let engine = replayer.engine().expect("there are records");
    let mut bytes = Vec::new();
    engine.encode_snapshot(&mut bytes);
    State {
        position: replayer.position(),
        command_count: replayer.command_count(),
        sequencing_time_ns: replayer.sequencing_time_ns(),
        state_digest: engine.state_digest(),
        market_digest: engine.market_digest(),
        bytes,
    }
}

#[test]
fn snapshot_and_tail_give_what_the_whole_journal_gives() {
    let folder = busy();
    let data = data_folder(&folder);
    let journal = JournalFolder::open(&data, None).expect("it is one");
    let end = inspect(&journal, 0).expect("it can be read").point.position;
    let mut frame_ends = Vec::new();
    let mut reader = JournalReader::open(&journal, 0).expect("it is whole");
    while let Some(frame) = reader.next_frame(end).expect("it verifies") {
        frame_ends.push(frame.header().end);
    }
    assert!(frame_ends.len() > 20, "{} frames", frame_ends.len());
    let whole = state_at(&journal, Replayer::at_birth(0), end);
    assert_eq!(whole.position, end);
    let mut made = Vec::new();
    for eighth in 1..=8 {
        let position = frame_ends[frame_ends.len() * eighth / 8 - 1];
        // Each one goes on from the one before.
        let snapshot = make_snapshot(&journal, 0, position).expect("it can be executed");
        let snapshot = snapshot.expect("there are records since the last one");
        assert_eq!(snapshot.position, position);
        let there = state_at(&journal, Replayer::at_birth(0), position);
        let loaded = state_at(&journal, load(&snapshot).expect("it holds"), position);
        assert!(loaded == there, "the snapshot at {position} is the state there");
        let gone_on = state_at(&journal, load(&snapshot).expect("it holds"), end);
        assert!(gone_on == whole, "from the snapshot at {position} to the end");
        let (header, _) = snapshot.read().expect("it holds");
        assert_eq!(header.state_digest, there.state_digest);
        made.push(snapshot.position);
    }
    assert_eq!(SnapshotFile::list(&journal).expect("it is readable").len(), made.len());
    replays_agree(&data, whole.state_digest);
}

/// The command says the same from the beginning and from the newest snapshot.
fn replays_agree(data: &std::path::Path, state_digest: u64) {
    for arguments in [&["replay", "--json"][..], &["replay", "--json", "--from-snapshot"]] {
        let output = forecastle(arguments, data);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(report["state_digest"], format!("{state_digest:016x}"), "{arguments:?}");
    }
}
