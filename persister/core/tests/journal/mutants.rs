//! Planted faults of a shell: the oracle of the worlds finds each one within a fixed number of
//! seeds, so a world without a complaint means something.

use crate::crash::run;
use crate::world::Fault;

const SEED_COUNT: u64 = 40;

/// Runs seeds until the oracle complains, and gives the complaint.
fn caught(fault: Fault) -> String {
    let complaint = (0..SEED_COUNT).find_map(|seed| run(seed, fault).err());
    let complaint = complaint.unwrap_or_else(|| panic!("{fault:?} survives {SEED_COUNT} seeds"));
    println!("{fault:?}: {complaint}");
    complaint
}

#[test]
fn skipping_the_sync_is_caught() {
    caught(Fault::SkipsSync);
}

#[test]
fn releasing_before_completion_is_caught() {
    assert!(caught(Fault::ReleasesBeforeCompletion).contains("released up to"));
}

#[test]
fn ignoring_a_failed_completion_is_caught() {
    caught(Fault::IgnoresFailure);
}

#[test]
fn reusing_a_segment_without_its_id_is_caught() {
    assert!(caught(Fault::ReusesSegmentId).contains("refused"));
}

#[test]
fn renaming_a_segment_before_its_header_is_synced_is_caught() {
    caught(Fault::SkipsHeaderSync);
}

#[test]
fn writing_to_a_segment_before_its_name_is_synced_is_caught() {
    caught(Fault::SkipsFolderSync);
}
