//! Segments that move: archived, recycled, missing, doubled; and folders that are only read.

use std::fs;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};

use forecastle_persister::{FRAMES_OFFSET, FrameHeader};
use forecastle_persister_disk::{
    Backend, FolderError, JournalError, JournalFolder, JournalReader, archive_behind, recover,
    recover_from,
};
use forecastle_proto_spec::AcknowledgementLevel;

use crate::bench::{Bench, end_of, read};

/// A journal of several segments, and its records.
fn journal() -> (tempfile::TempDir, Vec<(u64, Vec<u8>)>) {
    let data = tempfile::tempdir().unwrap();
    let mut bench = Bench::open(data.path(), Backend::Auto, AcknowledgementLevel::Durable);
    for index in 0..200 {
        let end = bench.append([104, 20_000, 50_000][index % 3]);
        if index % 5 == 0 {
            bench.reach(end);
        }
    }
    bench.close();
    let records = std::mem::take(&mut bench.records);
    (data, records)
}

#[test]
fn archived_segments_read_on_without_a_seam_and_their_files_become_spares() {
    let (data, records) = journal();
    let folder = JournalFolder::open(data.path(), None).unwrap();
    let before = folder.segments().unwrap();
    let (middle, _) = records[120];
    let count = archive_behind(&folder, middle).unwrap();
    assert!(count >= 2 && count < before.len(), "{count} of {}", before.len());
    assert_eq!(folder.segments().unwrap().len(), before.len() - count);
    assert_eq!(folder.all_segments().unwrap().len(), before.len());
    assert!(read(data.path(), 0) == records);
    assert!(read(data.path(), middle) == records[120..]);
    let bytes: u64 = fs::read_dir(folder.archive())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(bytes < (count as u64) << 20, "{bytes} bytes for {count} segments");
    // The recycled files hold old frames, which no start takes for new ones.
    let mut bench = Bench::open(data.path(), Backend::Auto, AcknowledgementLevel::Durable);
    for _ in 0..100 {
        bench.append(50_000);
    }
    bench.close();
    let more = std::mem::take(&mut bench.records);
    drop(bench);
    assert!(read(data.path(), 0) == [records, more].concat());
    assert!(recover(&folder, 0, |_| {}).unwrap().cut.is_none());
}

#[test]
fn recovery_walks_the_archive_as_far_back_as_it_is_asked_to() {
    let (data, records) = journal();
    let folder = JournalFolder::open(data.path(), None).unwrap();
    let (middle, _) = records[120];
    assert!(archive_behind(&folder, middle).unwrap() >= 2);
    let kept = folder.all_segments().unwrap();
    let walked = |from: u64| {
        let mut seen = Vec::new();
        let found = recover_from(&folder, 0, from, |frame| {
            seen.extend(frame.records().map(|it| (it.position, it.bytes.to_vec())));
        });
        found.map(|_| seen)
    };
    assert!(walked(0).unwrap() == records);
    let second = kept[1].position;
    let behind = records.iter().position(|(position, _)| *position == second).unwrap();
    assert!(walked(second).unwrap() == records[behind..]);
    assert!(walked(second + 8).unwrap() == records[behind..], "the segment that holds it");
    let plain = folder.segments().unwrap()[0].position;
    assert_eq!(walked(u64::MAX).unwrap()[0].0, plain);
    // One that is missing breaks the chain, also where archive and journal meet.
    for gone in kept.iter().filter(|file| file.is_archived).skip(1) {
        let away = data.path().join("away");
        fs::rename(&gone.path, &away).unwrap();
        let error = walked(0).unwrap_err();
        let JournalError::Damaged { damage, .. } = &error else { panic!("{error}") };
        assert_eq!(damage.position, gone.position);
        fs::rename(&away, &gone.path).unwrap();
    }
}

#[test]
fn a_reader_follows_a_journal_that_is_being_written() {
    let data = tempfile::tempdir().unwrap();
    let mut bench = Bench::open(data.path(), Backend::Auto, AcknowledgementLevel::Durable);
    let progress = bench.persister.progress();
    let first = bench.append(104);
    bench.reach(first);
    let folder = JournalFolder::open_to_read(data.path(), None).unwrap();
    let mut reader = JournalReader::open(&folder, 0).unwrap();
    let mut seen = Vec::new();
    for index in 0..400 {
        bench.append([104, 9_000, 40_000][index % 3]);
        bench.work();
        while let Some(frame) = reader.next_frame(progress.durable_position()).unwrap() {
            seen.extend(frame.records().map(|it| (it.position, it.bytes.to_vec())));
        }
    }
    bench.close();
    while let Some(frame) = reader.next_frame(progress.durable_position()).unwrap() {
        seen.extend(frame.records().map(|it| (it.position, it.bytes.to_vec())));
    }
    assert!(seen == bench.records);
}

#[test]
fn a_missing_segment_stops_the_reader_and_the_recovery_at_its_place() {
    let (data, records) = journal();
    let folder = JournalFolder::open(data.path(), None).unwrap();
    let gone = folder.segments().unwrap()[2].clone();
    fs::remove_file(&gone.path).unwrap();
    let error = recover(&folder, 0, |_| {}).unwrap_err();
    let JournalError::Damaged { damage, .. } = &error else { panic!("{error}") };
    assert_eq!(damage.position, gone.position);
    let mut reader = JournalReader::open(&folder, 0).unwrap();
    let (last, bytes) = records.last().unwrap();
    let limit = last + bytes.len() as u64;
    let mut reached = 0;
    while let Ok(Some(frame)) = reader.next_frame(limit) {
        reached = frame.header().end;
    }
    assert_eq!(reached, gone.position);
}

#[test]
fn positions_that_are_not_kept_are_named() {
    let (data, _) = journal();
    let folder = JournalFolder::open(data.path(), None).unwrap();
    let second = folder.segments().unwrap()[1].position;
    fs::remove_file(&folder.segments().unwrap()[0].path).unwrap();
    let error = JournalReader::open(&folder, 8).unwrap_err();
    let JournalError::NotKept { position: 8, first } = error else { panic!("{error}") };
    assert_eq!(first, second);
}

#[test]
fn reading_makes_nothing_and_needs_no_key() {
    let (data, records) = journal();
    let copy = tempfile::tempdir().unwrap();
    for file in fs::read_dir(data.path().join("journal")).unwrap() {
        let path = file.unwrap().path();
        fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    let before = fs::read_dir(copy.path()).unwrap().count();
    assert!(read(copy.path(), 0) == records);
    assert!(!end_of(copy.path()).is_chain_verified);
    assert!(end_of(data.path()).is_chain_verified);
    assert_eq!(fs::read_dir(copy.path()).unwrap().count(), before);
    assert!(JournalFolder::open_to_read(&copy.path().join("nowhere"), None).is_err());
}

#[test]
fn the_key_is_private_and_a_wrong_one_is_found_out() {
    let (data, _) = journal();
    let path = data.path().join("journal.key");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(&path, "00".repeat(32)).unwrap();
    let folder = JournalFolder::open(data.path(), None).unwrap();
    assert!(matches!(recover(&folder, 0, |_| {}), Err(JournalError::Damaged { .. })));
    fs::write(&path, "no key").unwrap();
    let error = JournalFolder::open(data.path(), None).unwrap_err();
    assert!(matches!(error, FolderError::Key { .. }), "{error}");
}

/// Offset of the last frame that holds, in a segment.
fn last_frame_offset(segment: &std::path::Path) -> usize {
    let bytes = fs::read(segment).unwrap();
    let mut offset = FRAMES_OFFSET as usize;
    let mut last = offset;
    while let Ok(header) = FrameHeader::decode(&bytes[offset..]) {
        last = offset;
        offset += header.frame_length as usize;
        if offset >= bytes.len() {
            break;
        }
    }
    last
}

#[test]
fn a_closed_segment_whose_last_frame_is_damaged_is_never_archived() {
    // In the header, where a magic was; in the body; and a byte of the checksum.
    for place in [0, 300, 250] {
        let (data, _) = journal();
        let folder = JournalFolder::open(data.path(), None).unwrap();
        let segments = folder.segments().unwrap();
        let path = &segments[1].path;
        let mut bytes = fs::read(path).unwrap();
        let offset = last_frame_offset(path) + place;
        bytes[offset] ^= 1;
        fs::write(path, &bytes).unwrap();
        let error = archive_behind(&folder, segments[3].position).unwrap_err();
        assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
        assert!(fs::read(path).unwrap() == bytes, "byte {place}: it stays as it is");
        assert!(!folder.archive().join(format!("{:020}.zst", segments[1].position)).exists());
    }
}

/// What a file may hold in its next life, at the place where a reader of its former one stands.
#[derive(Clone, Copy, Debug)]
enum NextLife {
    /// Frames of another segment that begin at the same offsets.
    Frames,
    /// Bytes from the middle of a long frame.
    Body,
}

#[test]
fn a_reader_whose_segment_was_recycled_under_it_goes_on_in_the_archive_without_a_seam() {
    for next_life in [NextLife::Frames, NextLife::Body] {
        let data = tempfile::tempdir().unwrap();
        let mut bench = Bench::open(data.path(), Backend::Auto, AcknowledgementLevel::Durable);
        let progress = bench.persister.progress();
        let first = bench.append(104);
        bench.reach(first);
        let second = bench.append(104);
        bench.reach(second);
        let folder = JournalFolder::open(data.path(), None).unwrap();
        let mut reader = JournalReader::open(&folder, 0).unwrap();
        let mut seen = Vec::new();
        // Its window is read now, before the rest of the segment is written.
        while let Some(frame) = reader.next_frame(progress.durable_position()).unwrap() {
            seen.extend(frame.records().map(|it| (it.position, it.bytes.to_vec())));
        }
        // One sector a frame, so that frames of all segments begin at the same offsets.
        for _ in 0..600 {
            let end = bench.append(104);
            bench.reach(end);
        }
        bench.close();
        let segments = folder.segments().unwrap();
        let next_bytes = match next_life {
            NextLife::Frames => fs::read(&segments[1].path).unwrap(),
            NextLife::Body => vec![0x5a; 1 << 20],
        };
        let limit = progress.durable_position();
        let recycled = fs::OpenOptions::new().write(true).open(&segments[0].path).unwrap();
        assert!(archive_behind(&folder, limit).unwrap() >= 2);
        recycled.write_all_at(&next_bytes, 0).unwrap();
        while let Some(frame) = reader.next_frame(limit).unwrap() {
            seen.extend(frame.records().map(|it| (it.position, it.bytes.to_vec())));
        }
        let positions = |of: &[(u64, Vec<u8>)]| of.iter().map(|it| it.0).collect::<Vec<_>>();
        assert_eq!(positions(&seen), positions(&bench.records), "{next_life:?}");
        assert!(seen == bench.records);
    }
}

#[test]
fn a_key_that_is_gone_is_missed_and_never_made_anew_beside_segments() {
    let (data, _) = journal();
    let path = data.path().join("journal.key");
    fs::rename(&path, data.path().join("kept")).unwrap();
    let error = JournalFolder::open(data.path(), None).unwrap_err();
    assert!(matches!(error, FolderError::KeyMissing { .. }), "{error}");
    assert!(!path.exists());
    fs::rename(data.path().join("kept"), &path).unwrap();
    let folder = JournalFolder::open(data.path(), None).unwrap();
    assert!(recover(&folder, 0, |_| {}).unwrap().cut.is_none());
}

#[test]
fn a_spare_of_another_length_never_becomes_a_segment() {
    let (data, _) = journal();
    let folder = JournalFolder::open(data.path(), None).unwrap();
    for spare in fs::read_dir(folder.spare()).unwrap() {
        fs::remove_file(spare.unwrap().path()).unwrap();
    }
    // The next run makes segments of 2 MiB; those that are archived meanwhile are of 1 MiB.
    let mut bench = Bench::open_with(data.path(), Backend::Auto, 2 << 20);
    let first = bench.append(104);
    bench.reach(first);
    // A file as archiving gives it up while no spare was left: it sorts first of all.
    let short = folder.spare().join("00000000");
    fs::write(&short, vec![0; 1 << 20]).unwrap();
    for _ in 0..100 {
        let end = bench.append(50_000);
        bench.reach(end);
    }
    bench.close();
    drop(bench);
    assert!(recover(&folder, 0, |_| {}).unwrap().cut.is_none());
}
