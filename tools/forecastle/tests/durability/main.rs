//! What an acknowledgement survives, shown on the real `forecastle serve`: kills at random moments,
//! restarts, damaged and full disks.

#[path = "../end_to_end/desk.rs"]
#[allow(dead_code, reason = "each test binary uses its part of the fixtures")]
mod desk;
#[path = "../end_to_end/exchange_process.rs"]
#[allow(dead_code, reason = "each test binary uses its part of the fixtures")]
mod exchange_process;
#[path = "../end_to_end/floor.rs"]
#[allow(dead_code, reason = "each test binary uses its part of the fixtures")]
mod floor;
#[path = "../end_to_end/inbox.rs"]
#[allow(dead_code, reason = "each test binary uses its part of the fixtures")]
mod inbox;
#[path = "../end_to_end/journal_command.rs"]
mod journal_command;
#[path = "../end_to_end/random.rs"]
#[allow(dead_code, reason = "each test binary uses its part of the fixtures")]
mod random;

mod archives;
mod capture;
mod changed_starts;
mod damage;
mod denied;
mod differences;
mod full_disk;
mod journal_file;
mod kill_rounds;
mod last_reports;
mod live_replay;
mod lost_sessions;
mod own_process;
mod questions;
mod recorded_day;
mod recorded_quotes;
mod restarts;
mod retransmission;
mod rewritten;
mod snapshots;
