//! What goes into the log comes out of the journal, through either back end, over many segments and
//! starts.

use forecastle_persister::{FrameKind, Outcome};
use forecastle_persister_disk::{Backend, FolderError, JournalFolder, recover};
use forecastle_proto_spec::AcknowledgementLevel;

use crate::bench::{Bench, end_of, read};

const BACKENDS: [Backend; 2] = [Backend::Auto, Backend::Blocking];

#[test]
fn records_are_released_when_they_can_be_read_back_over_segments_and_starts() {
    for backend in BACKENDS {
        let data = tempfile::tempdir().unwrap();
        let mut expected = Vec::new();
        for _ in 0..3 {
            let mut bench = Bench::open(data.path(), backend, AcknowledgementLevel::Durable);
            for index in 0..60 {
                let end = bench.append([40, 4_096, 30_000, 104, 200_000][index % 5]);
                if index % 7 == 0 {
                    bench.reach(end);
                    // Released means durable, and the file says so by itself.
                    let last = read(data.path(), bench.records[0].0).pop().unwrap();
                    assert_eq!(&last, bench.records.last().unwrap());
                }
            }
            bench.close();
            expected.append(&mut bench.records);
        }
        assert!(read(data.path(), 0) == expected, "{backend:?}");
        let end = end_of(data.path());
        assert_eq!((end.outcome, end.last_kind), (Outcome::Clean, Some(FrameKind::Empty)));
        assert_eq!((end.point.term, end.point.watermark), (3, end.point.position));
        let folder = JournalFolder::open_to_read(data.path(), None).unwrap();
        assert!(folder.segments().unwrap().len() > 5);
        // From the middle as well, record by record.
        let (from, _) = expected[77];
        assert!(read(data.path(), from) == expected[77..], "{backend:?}");
    }
}

#[test]
fn an_idle_journal_brings_its_watermark_to_the_end() {
    let data = tempfile::tempdir().unwrap();
    let mut bench = Bench::open(data.path(), Backend::Auto, AcknowledgementLevel::Written);
    let end = bench.append(104);
    bench.reach(end);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while end_of(data.path()).point.watermark < end {
        bench.work();
        assert!(std::time::Instant::now() < deadline, "no empty frame came");
    }
}

#[test]
fn one_process_writes_a_journal() {
    let data = tempfile::tempdir().unwrap();
    let bench = Bench::open(data.path(), Backend::Auto, AcknowledgementLevel::Durable);
    let folder = JournalFolder::open(data.path(), None).unwrap();
    assert!(matches!(folder.lock(), Err(FolderError::Locked { .. })));
    drop(bench);
    assert!(folder.lock().is_ok());
}

#[test]
fn what_was_not_synced_yet_is_not_released() {
    let data = tempfile::tempdir().unwrap();
    let mut bench = Bench::open(data.path(), Backend::Auto, AcknowledgementLevel::Durable);
    let progress = bench.persister.progress();
    for _ in 0..500 {
        bench.append(104);
        bench.work();
        assert!(bench.released.position() <= progress.durable_position());
    }
    bench.close();
    assert_eq!(progress.durable_position(), bench.log.position());
}

#[test]
fn a_start_that_wrote_nothing_leaves_a_journal_that_goes_on() {
    let data = tempfile::tempdir().unwrap();
    for _ in 0..5 {
        let mut bench = Bench::open(data.path(), Backend::Auto, AcknowledgementLevel::Durable);
        bench.work();
    }
    let mut bench = Bench::open(data.path(), Backend::Auto, AcknowledgementLevel::Durable);
    let end = bench.append(104);
    bench.reach(end);
    drop(bench);
    let folder = JournalFolder::open(data.path(), None).unwrap();
    assert_eq!(recover(&folder, 0, |_| {}).unwrap().end.point.position, end);
}
