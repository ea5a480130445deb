//! Pairs beside a map of them.

use std::collections::BTreeMap;

use super::*;
use crate::state_digest::low_half;

/// Pairs of two accounts, one of which mostly has more than there is room for at it, come and go;
/// each is found by itself alone, and rows are not lost.
#[test]
fn pairs_are_found_near_their_account_or_by_the_index() {
    let mut exposures = ExposureTable::new(256, EVENTS_MAX);
    let mut near = [NearPairs::NONE; 2];
    let mut rows = BTreeMap::new();
    let mut word = SEED;
    println!("seed {word:#x}");
    let mut random = |limit: u32| {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        low_half(word) % limit
    };
    let mut further_max = 0;
    for _ in 0..4_000 {
        let account = 1 + random(2);
        let event_id = 1 + random(if account == 1 { EVENTS_MAX } else { 9 });
        let near_account = &mut near[account as usize - 1];
        match rows.remove(&(account, event_id)) {
            Some(row) => exposures.release(near_account, row),
            None => {
                let row =
                    exposures.take(near_account, (account, event_id), EventShape::new(1, false));
                rows.insert((account, event_id), row);
            }
        }
        let has_further = near.map(|near| u32::from(near.has_further()));
        further_max = further_max.max(has_further[0] + 2 * has_further[1]);
        let find = |account: u32, event_id: u32| {
            exposures.find(&near[account as usize - 1], account, event_id)
        };
        for account in [1, 2] {
            for event_id in 1..=EVENTS_MAX {
                let expected = rows.get(&(account, event_id)).copied();
                assert_eq!(find(account, event_id), expected, "{account} {event_id}");
            }
        }
        assert_eq!(exposures.walked_digest(find), exposures.digest());
    }
    assert_eq!(further_max, 3, "both accounts had more pairs than near ones");
    assert_eq!(rows.len() + exposures.free_count as usize, 256);
}

/// More events than a tag tells apart.
const EVENTS_MAX: u32 = 70;
const SEED: u64 = 0x0A1C_5EED_0000_0007;
