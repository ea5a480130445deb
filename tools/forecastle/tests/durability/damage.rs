//! Journals that were cut, bent or lost: refused with the place, or cut where nothing was promised.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use forecastle_proto_spec::Side;
use tempfile::TempDir;

use crate::exchange_process::{ExchangeProcess, Setup, data_folder};
use crate::floor::Floor;
use crate::random::Random;
use crate::restarts::refused;

/// The folder of an exchange that traded over several segments and was stopped.
pub fn traded(order_count: u64) -> TempDir {
    let setup = Setup { journal: "spare_segments = 4\n", ..Setup::default() };
    let mut floor = Floor::open_in(ExchangeProcess::start_with(&setup));
    for _ in 0..order_count {
        let ask = floor.order(Side::Sell, 1, 9_000);
        floor.place_for_maker(ask);
    }
    let exchange = floor.exchange;
    drop((floor.admin, floor.maker, floor.taker));
    exchange.end_and_keep("TERM")
}

/// Its segments that are not archived, in order.
pub fn segments(folder: &TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(data_folder(folder).join("journal")).expect("there is a journal");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it is readable").path()).collect();
    paths.sort();
    paths
}

/// What the command says about a folder.
pub fn forecastle(arguments: &[&str], path: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forecastle"));
    command.args(arguments).arg(path).output().expect("the binary was built by cargo")
}

#[test]
fn a_flipped_byte_below_the_watermark_is_named_and_can_be_salvaged_up_to_it() {
    println!("seed {SEED:#x}");
    let mut random = Random::new(SEED);
    let folder = traded(300);
    let paths = segments(&folder);
    assert!(paths.len() >= 2, "{} segments", paths.len());
    for round in 0..12 {
        let path = &paths[random.next() as usize % (paths.len() - 1)];
        let good = fs::read(path).unwrap();
        let offset = loop {
            let offset = random.next() as usize % good.len();
            if good[offset] != 0 {
                break offset;
            }
        };
        let flip = |bit: u8| {
            let file = fs::OpenOptions::new().write(true).open(path).unwrap();
            file.write_all_at(&[good[offset] ^ bit], offset as u64).unwrap();
        };
        flip(1 << (random.next() % 8));
        let output = forecastle(&["replay", "--json"], &data_folder(&folder).join("journal"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "byte {offset} of {path:?}: {said}");
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(said.contains(name), "{said}");
        assert!(said.contains("frame") && said.contains("positions"), "{said}");
        if offset >= 8192 {
            let line = refused(&folder, 4);
            assert!(line.contains("journal salvage") && line.contains(name), "{line}");
            if round < 3 {
                salvage(&folder);
            }
        }
        flip(0);
    }
    let output = forecastle(&["replay", "--json"], &data_folder(&folder));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn salvage(folder: &TempDir) {
    let target = folder.path().join("salvaged");
    let mut command = Command::new(env!("CARGO_BIN_EXE_forecastle"));
    command.args(["journal", "salvage"]).arg(data_folder(folder)).arg(&target);
    let output = command.output().expect("the binary was built by cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("lost "), "it says what is lost");
    let output = forecastle(&["replay", "--json"], &target);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::remove_dir_all(target).expect("it was made here");
}

#[test]
fn a_torn_tail_is_cut_and_said() {
    let folder = traded(5);
    let last = segments(&folder).pop().unwrap();
    let bytes = fs::read(&last).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap().next_multiple_of(4096);
    let file = fs::OpenOptions::new().write(true).open(&last).unwrap();
    // What a write that was cut short leaves: some sectors of a frame whose header never came.
    file.write_all_at(&[0xAB; 4096], used as u64 + 4096).unwrap();
    let output = forecastle(&["journal", "verify"], &data_folder(&folder));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("torn tail"));
    let exchange = ExchangeProcess::spawn(folder);
    let folder_path = exchange.folder.path().to_path_buf();
    let ending = exchange.end_by("TERM");
    assert!(ending.output.contains("cut "), "{}", ending.output);
    assert!(ending.output.contains("never promised"), "{}", ending.output);
    drop(folder_path);
}

#[test]
fn a_missing_segment_is_named() {
    let folder = traded(700);
    let paths = segments(&folder);
    assert!(paths.len() >= 3, "{} segments", paths.len());
    let away = folder.path().join("away");
    fs::rename(&paths[1], &away).unwrap();
    let line = refused(&folder, 4);
    let next = paths[2].file_name().unwrap().to_str().unwrap();
    assert!(line.contains(next) && line.contains("does not begin here"), "{line}");
    fs::rename(&away, &paths[1]).unwrap();
    let exchange = ExchangeProcess::spawn(folder);
    assert!(exchange.end_by("TERM").status.success());
}

#[test]
fn a_damaged_snapshot_is_said_and_the_journal_replayed_instead() {
    let folder = traded(5);
    let data = data_folder(&folder);
    let output = forecastle(&["journal", "snapshot"], &data);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let snapshot = fs::read_dir(data.join("snapshots")).unwrap().next().unwrap().unwrap().path();
    let good = fs::read(&snapshot).unwrap();
    let used = ExchangeProcess::spawn(folder);
    let folder = used.end_and_keep("TERM");
    let mut bad = good.clone();
    bad[4_200] ^= 1;
    fs::write(&snapshot, &bad).unwrap();
    let exchange = ExchangeProcess::spawn(folder);
    let ending = exchange.end_by("TERM");
    assert!(ending.output.contains("refused "), "{}", ending.output);
    assert!(ending.output.contains("commands from the beginning"), "{}", ending.output);
}

/// Sparse files: nothing is written, and no memory is asked for what is not there.
#[test]
fn files_longer_than_they_can_be_are_named_by_their_length() {
    const LENGTH: u64 = 1 << 43;
    let folder = traded(3);
    let data = data_folder(&folder);
    let stretch = |path: &Path, length: u64| {
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(length).expect("the file system has sparse files");
    };
    let segment = segments(&folder).remove(0);
    let whole = fs::metadata(&segment).unwrap().len();
    stretch(&segment, LENGTH);
    let line = refused(&folder, 4);
    let said = format!("{} has {LENGTH} bytes: no segment is that long", segment.display());
    assert!(line.contains(&said), "{line}");
    let output = forecastle(&["journal", "verify"], &data);
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&said));
    // One that any segment could have is named with its place.
    stretch(&segment, whole * 2);
    let line = refused(&folder, 4);
    assert!(line.contains("the file has 2097152 bytes, not those its header says"), "{line}");
    stretch(&segment, whole);
    let output = forecastle(&["journal", "snapshot"], &data);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let snapshot = fs::read_dir(data.join("snapshots")).unwrap().next().unwrap().unwrap().path();
    stretch(&snapshot, LENGTH);
    let ending = ExchangeProcess::spawn(folder).end_by("TERM");
    let said = format!("the snapshot has {LENGTH} bytes, not those it should");
    assert!(ending.output.contains(&said), "{}", ending.output);
    assert!(ending.output.contains("commands from the beginning"), "{}", ending.output);
}

#[test]
fn a_newer_format_and_foreign_files_are_refused_by_name() {
    let folder = traded(1);
    let first = segments(&folder).remove(0);
    let good = fs::read(&first).unwrap();
    let mut newer = good.clone();
    for copy in [0, 4096] {
        newer[copy + 8..copy + 10].copy_from_slice(&2_u16.to_le_bytes());
        let checksum = forecastle_persister::checksum(&newer[copy..copy + 4080]);
        newer[copy + 4080..copy + 4096].copy_from_slice(&checksum);
    }
    fs::write(&first, &newer).unwrap();
    let line = refused(&folder, 4);
    assert!(line.contains("version 2"), "{line}");
    fs::write(&first, &good).unwrap();
    let journal = data_folder(&folder).join("journal");
    fs::write(journal.join("notes.txt"), "hello").unwrap();
    let line = refused(&folder, 1);
    assert!(line.contains("notes.txt is no segment"), "{line}");
}

const SEED: u64 = 0x00DA_4A6E;
