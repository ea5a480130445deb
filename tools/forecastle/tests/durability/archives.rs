//! Snapshots that do not hold beside a journal whose beginning is archived: the archive is read,
//! or what is missing is named; and nothing is archived behind a snapshot that does not hold.

use std::fs;
use std::path::{Path, PathBuf};

use forecastle_node::make_snapshot;
use forecastle_persister::SnapshotHeader;
use forecastle_persister_disk::{JournalFolder, SnapshotFile, archive_behind};
use forecastle_proto_spec::{ExecutionReportCancelled, NewOrderSingle, Side, TimeInForce};
use tempfile::TempDir;
use zerocopy::FromZeros as _;

use crate::damage::{forecastle, segments, traded};
use crate::desk::Desk;
use crate::exchange_process::{ExchangeProcess, Setup, data_folder};
use crate::floor::{Floor, MAKER_ACCOUNT};
use crate::inbox::Deadline;
use crate::restarts::refused;

/// A stopped exchange whose first two segments are archived behind the older of two snapshots.
fn archived() -> TempDir {
    let folder = traded(750);
    let paths = segments(&folder);
    assert!(paths.len() >= 4, "{} segments", paths.len());
    let journal = JournalFolder::open(&data_folder(&folder), None).expect("it is one");
    let older = make_snapshot(&journal, 0, position_of(&paths[2])).expect("it can be executed");
    make_snapshot(&journal, 0, position_of(&paths[3])).expect("it can be executed");
    let older = older.expect("there are records before it");
    assert_eq!(archive_behind(&journal, older.position).expect("they verify"), 2);
    assert_eq!(segments(&folder).len(), paths.len() - 2);
    folder
}

fn position_of(segment: &Path) -> u64 {
    let name = segment.file_name().and_then(|name| name.to_str()).expect("it has a name");
    name.parse().expect("it is a position")
}

fn files_in(folder: &TempDir, name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(data_folder(folder).join(name)).expect("there is such a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it is readable").path()).collect();
    paths.sort();
    paths
}

/// Flips a bit of its state.
fn spoil(path: &Path) {
    let mut bytes = fs::read(path).expect("it is there");
    bytes[4_200] ^= 1;
    fs::write(path, bytes).expect("it is writable");
}

fn replayed_digest(folder: &TempDir) -> String {
    let output = forecastle(&["replay", "--json"], &data_folder(folder));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    report["digest"].as_str().expect("a digest is text").to_string()
}

#[test]
fn without_a_snapshot_that_holds_the_archive_is_executed_from_the_beginning() {
    let folder = archived();
    let digest = replayed_digest(&folder);
    files_in(&folder, "snapshots").iter().for_each(|path| spoil(path));
    let exchange = ExchangeProcess::spawn(folder);
    let (folder, output) = exchange.end_and_tell("TERM");
    assert_eq!(output.matches("refused  ").count(), 2, "{output}");
    assert!(output.contains("commands from the beginning in"), "{output}");
    assert!(output.contains(&format!("\ndigest        {digest}")), "{digest} in {output}");
    // And it was gone on with behind it.
    assert_eq!(replayed_digest(&folder), digest);
}

#[test]
fn what_is_missing_of_the_archive_is_named() {
    let folder = archived();
    let kept = files_in(&folder, "archive");
    let (first, second) = (&kept[0], &kept[1]);
    files_in(&folder, "snapshots").iter().for_each(|path| spoil(path));
    let away = folder.path().join("away");
    let archive = data_folder(&folder).join("archive").display().to_string();

    fs::rename(first, &away).expect("both are in one folder");
    let second_position = position_of(second.with_extension("").as_path());
    let line = refused(&folder, 4);
    let missing = format!("positions 0 to {second_position} are missing");
    for word in [missing.as_str(), &archive, "does not hold", ".snapshot"] {
        assert!(line.contains(word), "no {word:?} in {line}");
    }
    fs::rename(&away, first).expect("both are in one folder");

    fs::rename(second, &away).expect("both are in one folder");
    let line = refused(&folder, 4);
    let place = format!("positions {second_position} to ");
    assert!(line.contains(&place) && line.contains("does not begin here"), "{line}");
    fs::rename(&away, second).expect("both are in one folder");

    let good = fs::read(first).expect("it is there");
    for (at, bit) in [(0, 1), (good.len() / 2, 4), (good.len() - 3, 16)] {
        let mut bad = good.clone();
        bad[at] ^= bit;
        fs::write(first, &bad).expect("it is writable");
        let line = refused(&folder, 4);
        let name = first.file_name().and_then(|name| name.to_str()).expect("it has a name");
        let digits = name.trim_end_matches(".zst");
        assert!(line.contains(digits), "byte {at}: {line}");
    }
    fs::write(first, &good[..good.len() / 2]).expect("it is writable");
    let line = refused(&folder, 4);
    assert!(line.contains("cannot be unpacked"), "{line}");
    fs::write(first, &good).expect("it is writable");
    assert!(ExchangeProcess::spawn(folder).end_by("TERM").status.success());
}

#[test]
fn a_snapshot_of_another_journal_at_the_end_is_refused() {
    let (folder, other) = (traded(3), traded(5));
    for each in [&folder, &other] {
        let output = forecastle(&["journal", "snapshot"], &data_folder(each));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    // The other one's state under this journal's position, without and with its chain value.
    let (own, foreign) = (&files_in(&folder, "snapshots")[0], &files_in(&other, "snapshots")[0]);
    let (own_header, _) = snapshot(own).read().expect("it holds");
    let (foreign_header, body) = snapshot(foreign).read().expect("it holds");
    let journal = JournalFolder::open(&data_folder(&folder), None).expect("it is one");
    let header = SnapshotHeader { position: own_header.position, ..foreign_header };
    let own_frame = (own_header.frame_number, own_header.chain);
    for (frame, words) in [
        ((own_frame.0, foreign_header.chain), "has another chain value here; move it elsewhere"),
        (own_frame, "the snapshot is of another journal; move it elsewhere"),
    ] {
        let header = SnapshotHeader { frame_number: frame.0, chain: frame.1, ..header };
        SnapshotFile::write(&journal, header, &body).expect("the folder is writable");
        let line = refused(&folder, 4);
        assert!(line.contains(words), "no {words:?} in {line}");
    }
}

fn snapshot(path: &Path) -> SnapshotFile {
    let position = position_of(path.with_extension("").as_path());
    SnapshotFile { position, path: path.to_path_buf() }
}

#[test]
fn a_snapshot_that_does_not_hold_counts_for_nothing_when_segments_are_archived() {
    let setup = Setup { journal: "snapshot_bytes = 1048576\n", ..Setup::default() };
    let mut floor = Floor::open_in(ExchangeProcess::start_with(&setup));
    trade_until_snapshots(&mut floor, 1);
    let first = files_in(&floor.exchange.folder, "snapshots").remove(0);
    spoil(&first);
    trade_until_snapshots(&mut floor, 2);
    let exchange = floor.exchange;
    drop((floor.admin, floor.maker, floor.taker));
    let folder = exchange.end_and_keep("TERM");
    assert!(segments(&folder).len() >= 3, "{} segments", segments(&folder).len());
    assert_eq!(files_in(&folder, "archive"), Vec::<PathBuf>::new());
    assert!(files_in(&folder, "snapshots").contains(&first), "a third one takes its place");
    // With a second one that holds, its turn has come, and that of the closed segments.
    let mut exchange = ExchangeProcess::spawn(folder);
    let mut maker = Desk::open(&exchange, "trader-1");
    let deadline = Deadline::patient();
    let mut number = 1 << 20;
    while files_in(&exchange.folder, "archive").is_empty() {
        send_orders(&mut maker, floor.security_id, &mut number);
        assert!(!deadline.is_over(), "nothing is archived behind two that hold");
    }
    drop(maker);
    assert!(!first.exists());
    exchange.kill();
}

/// Lets the maker send orders that rest nowhere until there are so many snapshots: no more of them
/// than it takes for the next one, so that there is no further one.
fn trade_until_snapshots(floor: &mut Floor, count: usize) {
    let deadline = Deadline::patient();
    let (mut number, mut position) = (count as u64 * 1_000_000, 0);
    loop {
        let mut whole = files_in(&floor.exchange.folder, "snapshots");
        whole.retain(|path| path.extension().is_some_and(|ending| ending == "snapshot"));
        if whole.len() >= count {
            return;
        }
        let last = whole.iter().map(|path| position_of(&path.with_extension(""))).max();
        floor.drive();
        if position < last.unwrap_or(0) + SNAPSHOT_BYTES + (64 << 10) {
            position = send_orders(&mut floor.maker, floor.security_id, &mut number);
        }
        assert!(!deadline.is_over(), "fewer than {count} snapshots");
    }
}

/// Gives the position that the log has come to.
fn send_orders(maker: &mut Desk, security_id: u32, number: &mut u64) -> u64 {
    for _ in 0..64 {
        let mut order = NewOrderSingle::new_zeroed();
        *number += 1;
        order.cl_ord_id.set(*number);
        order.security_id.set(security_id);
        order.account.set(MAKER_ACCOUNT);
        order.order_qty.set(1);
        order.price.set(1);
        order.side = Side::Buy.into();
        order.time_in_force = TimeInForce::ImmediateOrCancel.into();
        maker.send(&order);
    }
    // Nothing rests, so the last answer is a cancel.
    let is_last = |report: &ExecutionReportCancelled| report.cl_ord_id.get() == *number;
    let last = maker.await_report(is_last);
    maker.take_reports();
    last.exec_id.get()
}

/// As the setup of these tests has it.
const SNAPSHOT_BYTES: u64 = 1 << 20;
