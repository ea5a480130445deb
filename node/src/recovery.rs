//! The state of an exchange out of its journal: newest valid snapshot, then replay to the end.

use std::time::{Duration, Instant};

use forecastle_engine::{ConfigurationError, Engine, RULES_VERSION, SnapshotError};
use forecastle_persister::{JournalEnd, TornTail};
use forecastle_persister_disk::{
    JournalError, JournalFolder, JournalReader, SnapshotFile, recover_from,
};

use crate::replayer::{ReplayError, Replayer};

/// What recovery made stand again.
#[derive(Debug)]
pub struct Recovered {
    /// The state; none when the journal holds no record.
    pub engine: Option<Engine>,
    /// Where the journal ends.
    pub end: JournalEnd,
    /// Sequencing time of the last record, nanoseconds since 1970; 0 when there is none.
    pub sequencing_time_ns: u64,
    /// How it went.
    pub statistics: RecoveryStatistics,
}

/// How a recovery went, for the start screen.
#[derive(Clone, Debug, Default)]
pub struct RecoveryStatistics {
    /// Commands executed again.
    pub command_count: u64,
    /// How long all of it took.
    pub elapsed: Duration,
    /// Position of the snapshot that was used.
    pub snapshot_position: Option<u64>,
    /// Snapshots that were not used, and why.
    pub snapshots_refused: Vec<String>,
    /// What was cut off the end.
    pub cut: Option<TornTail>,
}

/// Cuts a torn tail, loads the newest snapshot that holds, and executes what follows it,
/// comparing every byte. Where none holds, the archive is read from the birth on.
///
/// # Errors
/// Promised data is damaged or missing, execution differs, or the journal is of other rules.
/// Nothing was changed then, save that a torn tail was cut.
pub fn recover_exchange(folder: &JournalFolder, shard: u8) -> Result<Recovered, RecoveryError> {
    let start = Instant::now();
    let mut statistics = RecoveryStatistics::default();
    let mut replayer = resume(folder, shard, u64::MAX, &mut statistics)?;
    check_is_kept(folder, replayer.position(), &statistics)?;
    let before = replayer.command_count();
    // One pass: a frame that verifies is executed at once. What the walk finds behind it decides
    // whether the state is used.
    let mut failure = None;
    let mut foreign = None;
    let found = recover_from(folder, shard, replayer.position(), |frame| {
        if !replayer.continues(frame.header()) {
            foreign.get_or_insert(frame.header().number);
        }
        let is_ahead = frame.header().end > replayer.position();
        if failure.is_none() && is_ahead {
            failure = replayer.apply_frame(frame, u64::MAX).err();
        }
    })?;
    if let Some((frame_number, position)) = foreign.zip(statistics.snapshot_position) {
        return Err(RecoveryError::Foreign { position, frame_number });
    }
    if let Some(error) = failure {
        return Err(explained(folder, error));
    }
    let (reached, end) = (replayer.position(), found.end.point.position);
    if reached > end {
        let refusal = format!("at {reached} lies behind the journal's end {end}");
        return Err(RecoveryError::SnapshotAhead { refusal });
    }
    if reached < end {
        return Err(RecoveryError::Short { reached, end });
    }
    check_digest(&replayer, &found.end)?;
    statistics.command_count = replayer.command_count() - before;
    statistics.elapsed = start.elapsed();
    statistics.cut = found.cut;
    let sequencing_time_ns = replayer.sequencing_time_ns();
    let engine = replayer.into_engine();
    Ok(Recovered { engine, end: found.end, sequencing_time_ns, statistics })
}

/// The records from `position` on are there, plain or archived; or nothing was written yet.
fn check_is_kept(
    folder: &JournalFolder,
    position: u64,
    statistics: &RecoveryStatistics,
) -> Result<(), RecoveryError> {
    let files = folder.all_segments().map_err(JournalError::from)?;
    match files.first() {
        Some(first) if first.position > position => Err(RecoveryError::NotKept {
            position,
            first: first.position,
            archive: folder.archive().display().to_string(),
            refusals: statistics.snapshots_refused.join("; "),
        }),
        _ => Ok(()),
    }
}

/// The state has the digest of the journal's last record. Records that were executed were compared
/// one by one; a snapshot at the very end was not.
fn check_digest(replayer: &Replayer, end: &JournalEnd) -> Result<(), RecoveryError> {
    let Some(engine) = replayer.engine() else { return Ok(()) };
    let (executed, journaled) = (engine.state_digest(), end.point.state_digest);
    if !end.point.is_state_known || replayer.has_digest(journaled) {
        return Ok(());
    }
    Err(RecoveryError::Digest { position: end.point.position, executed, journaled })
}

/// Executes the journal from the replayer's position up to `position`.
///
/// # Errors
/// The journal cannot be read, or execution differs.
pub fn replay_to(
    folder: &JournalFolder,
    replayer: &mut Replayer,
    position: u64,
) -> Result<(), RecoveryError> {
    let mut reader = JournalReader::open(folder, replayer.position())?;
    while let Some(frame) = reader.next_frame(position)? {
        replayer.apply_frame(&frame, position).map_err(|error| explained(folder, error))?;
    }
    Ok(())
}

/// The error of a replay, with the build that wrote the records where this one has other rules.
#[must_use]
pub fn explained(folder: &JournalFolder, error: ReplayError) -> RecoveryError {
    let ReplayError::Configuration { position, error: ConfigurationError::Rules { found } } = error
    else {
        return error.into();
    };
    // Without the name the refusal still stands.
    let reader = JournalReader::open(folder, position).ok();
    let header = reader.as_ref().and_then(JournalReader::segment);
    let build = header.map(|header| header.build_name().to_string()).unwrap_or_default();
    RecoveryError::OtherRules { position, found, build }
}

/// A replayer behind the newest snapshot at or before `limit_position` that can be used; at birth
/// when there is none and the journal still begins there.
///
/// # Errors
/// No snapshot can be used, and the journal does not reach back to its birth.
pub fn resume(
    folder: &JournalFolder,
    shard: u8,
    limit_position: u64,
    statistics: &mut RecoveryStatistics,
) -> Result<Replayer, RecoveryError> {
    for file in SnapshotFile::list(folder).map_err(JournalError::from)? {
        if file.position > limit_position {
            let path = file.path.display();
            let refusal = format!("{path} lies behind the journal's end {limit_position}");
            return Err(RecoveryError::SnapshotAhead { refusal });
        }
        match load(&file) {
            Ok(replayer) => {
                statistics.snapshot_position = Some(file.position);
                return Ok(replayer);
            }
            Err(error) => statistics.snapshots_refused.push(error.to_string()),
        }
    }
    Ok(Replayer::at_birth(shard))
}

/// The replayer that a snapshot holds.
///
/// # Errors
/// It cannot be read, does not verify, or is not the state that it says.
pub fn load(file: &SnapshotFile) -> Result<Replayer, RecoveryError> {
    let (header, body) = file.read()?;
    let refused =
        |reason: String| RecoveryError::Snapshot { path: file.path.display().to_string(), reason };
    // An earlier state decodes, but what the journal has behind it was not written by these rules.
    if header.rules_version != RULES_VERSION {
        let reason = format!(
            "it is of rules version {}, and this build has rules version {RULES_VERSION}",
            header.rules_version
        );
        return Err(refused(reason));
    }
    let engine = Engine::decode_snapshot(&body, header.state_digest)
        .map_err(|error: SnapshotError| refused(error.to_string()))?;
    Ok(Replayer::resumed(engine, &header))
}

/// Why an exchange cannot be made to stand again.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Execution and journal do not agree.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The journal asks for rules that this build does not have.
    #[error(
        "position {position}: rules version {found}, written by {build}, and this build has rules \
         version {RULES_VERSION}; start a build that has rules version {found}"
    )]
    OtherRules {
        /// Position of the record that asks for them.
        position: u64,
        /// Their version.
        found: u32,
        /// Name and version of the build that made the segment.
        build: String,
    },
    /// A snapshot cannot be used.
    #[error("snapshot {path}: {reason}")]
    Snapshot {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// A snapshot is newer than the journal: records that it rests on are gone.
    #[error("snapshot {refusal}: the records behind it are missing; see `forecastle journal ls`")]
    SnapshotAhead {
        /// Which.
        refusal: String,
    },
    /// No snapshot can be used, and the journal does not reach back to its birth.
    #[error(
        "positions {position} to {first} are missing and no snapshot stands behind them \
         ({refusals}): put the archived segments back into {archive}, or a snapshot that holds into \
         the folder beside it"
    )]
    NotKept {
        /// The first one that is missing.
        position: u64,
        /// The first one that is kept.
        first: u64,
        /// Where archived segments belong.
        archive: String,
        /// Why each snapshot was refused; empty when there is none.
        refusals: String,
    },
    /// The snapshot names another chain than the journal's.
    #[error(
        "the snapshot at {position} is of another journal: frame {frame_number} has another chain \
         value here; move it elsewhere"
    )]
    Foreign {
        /// Of the snapshot.
        position: u64,
        /// The frame that it stands behind.
        frame_number: u64,
    },
    /// The snapshot at the journal's end is another state than the journal's.
    #[error(
        "the state at the journal's end, position {position}, has digest {executed:016x}, \
         {journaled:016x} was journaled: the snapshot is of another journal; move it elsewhere"
    )]
    Digest {
        /// Where.
        position: u64,
        /// What came out.
        executed: u64,
        /// What the last record says.
        journaled: u64,
    },
    /// The records end before the journal does.
    #[error("the records end at position {reached}, the journal at {end}")]
    Short {
        /// Where execution came to.
        reached: u64,
        /// Where it was to come to.
        end: u64,
    },
}
