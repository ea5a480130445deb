//! The corpus of the fuzz targets, replayed: every file, and every file cut short or with a bit
//! turned over, at both roles.
#![allow(clippy::unwrap_used)]

#[path = "../fuzz/roles.rs"]
mod roles;

use std::path::Path;

use forecastle_transport::frame;

const TARGETS: [(&str, Option<i16>); 9] = [
    ("data", Some(frame::TYPE_DATA)),
    ("pad", Some(frame::TYPE_PAD)),
    ("setup", Some(frame::TYPE_SETUP)),
    ("status", Some(frame::TYPE_STATUS)),
    ("nak", Some(frame::TYPE_NAK)),
    ("rtt", Some(frame::TYPE_RTT)),
    ("error", Some(frame::TYPE_ERROR)),
    ("response_setup", Some(frame::TYPE_RESPONSE_SETUP)),
    ("datagrams", None),
];

fn files(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap();
    let files: Vec<_> =
        entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect();
    assert!(files.len() >= 2, "{} has a corpus", folder.display());
    files
}

/// The file itself, its beginnings, and itself with one bit turned over, `step` bytes apart.
fn variations(file: &[u8], step: usize) -> impl Iterator<Item = Vec<u8>> + '_ {
    let cut = (0..=file.len()).rev().step_by(step).map(|length| file[..length].to_vec());
    let turned = (0..file.len()).step_by(step).map(|place| {
        let mut turned = file.to_vec();
        turned[place] ^= 1 << (place % 8);
        turned
    });
    cut.chain(turned)
}

#[test]
fn the_corpus_of_every_frame_type_is_harmless_at_both_roles() {
    for (target, frame_type) in TARGETS {
        for file in files(target) {
            for input in variations(&file, 3) {
                roles::conversation(frame_type, &input);
            }
        }
    }
}

#[test]
fn the_corpus_of_channel_uris_is_harmless() {
    for file in files("channel_uri") {
        for input in variations(&file, 1) {
            roles::channel_uri(&input);
        }
    }
}

#[test]
fn every_target_of_the_fuzz_folder_is_replayed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    found.sort();
    let mut replayed: Vec<&str> = TARGETS.iter().map(|(target, _)| *target).collect();
    replayed.push("channel_uri");
    replayed.sort_unstable();
    assert_eq!(found, replayed);
}
