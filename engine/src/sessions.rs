//! Sessions: who has logged in, and the last number applied of each client flow.

mod snapshot;

use forecastle_proto_spec::{CancelOnDisconnect, RejectCode, SESSIONS_PER_KEY};
use forecastle_runtime::memory::prefetch_element;

use crate::memory_table::MemoryUse;
use crate::state_digest::{Addend, DigestSum, Domain, pair};

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionState {
    /// Its version is bound, its transport is not.
    Negotiated,
    /// Its messages are applied.
    Established,
}

/// One session, from its first accepted Negotiate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    pub(crate) session_id: u32,
    pub(crate) last_seq_num: u32,
    pub(crate) version_id: u64,
    pub(crate) timestamp_ns: u64,
    pub(crate) state: SessionState,
    /// What its last Establish asked for, should it be lost or end.
    pub(crate) cancel_on_disconnect: CancelOnDisconnect,
    /// Time that it has then to come back, milliseconds.
    pub(crate) grace_ms: u16,
    /// When its orders end unless it is back, nanoseconds since 1970; 0 while nothing runs out.
    pub(crate) grace_end_ns: u64,
}

/// A session and its piece of the digest but for the last number.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Row {
    session: Session,
    head: Addend,
}

/// All sessions, in slots that they keep for ever.
#[derive(Debug)]
pub(crate) struct SessionTable {
    rows: Box<[Row]>,
    count: u16,
    slot_of: Box<[u16]>,
    digest: DigestSum,
}

impl SessionTable {
    /// A table for `sessions_max` (below 65536) sessions of keys up to `access_keys_max`.
    pub(crate) fn new(sessions_max: u32, access_keys_max: u32) -> Self {
        let ids = (access_keys_max as usize + 1) * SESSIONS_PER_KEY as usize;
        Self {
            rows: vec![Row::of(0, EMPTY); sessions_max as usize].into_boxed_slice(),
            count: 0,
            slot_of: vec![NO_SLOT; ids].into_boxed_slice(),
            digest: DigestSum::default(),
        }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 2] {
        [
            MemoryUse::of_slice("sessions", &self.rows),
            MemoryUse::of_slice("sessions by id", &self.slot_of),
        ]
    }

    /// The slot of a session, if the engine knows it.
    #[inline]
    pub(crate) fn find(&self, session_id: u32) -> Option<u16> {
        let slot = *self.slot_of.get(session_id as usize)?;
        (slot != NO_SLOT).then_some(slot)
    }

    /// Brings what is known of a session close, for any id.
    #[inline]
    pub(crate) fn prefetch(&self, session_id: u32) {
        if let Some(slot) = self.find(session_id) {
            prefetch_element(&self.rows, usize::from(slot));
        }
    }

    #[inline]
    pub(crate) fn session(&self, slot: u16) -> &Session {
        &self.rows[usize::from(slot)].session
    }

    pub(crate) fn is_full(&self) -> bool {
        usize::from(self.count) == self.rows.len()
    }

    /// A slot for a session that has none; its id is that of a key in the table's range.
    ///
    /// # Panics
    /// When the table is full.
    pub(crate) fn add(&mut self, session_id: u32) -> u16 {
        let slot = self.count;
        self.count += 1;
        self.slot_of[session_id as usize] = slot;
        let row = Row::of(slot, Session { session_id, ..EMPTY });
        self.digest = self.digest.join(row.digest());
        self.rows[usize::from(slot)] = row;
        slot
    }

    /// All sessions, in the order of their slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.rows[..usize::from(self.count)].iter().map(|row| &row.session)
    }

    /// Changes a session through `change`.
    pub(crate) fn update(&mut self, slot: u16, change: impl FnOnce(&mut Session)) {
        let row = &mut self.rows[usize::from(slot)];
        self.digest.remove(row.head);
        self.digest.remove(row.number());
        change(&mut row.session);
        *row = Row::of(slot, row.session);
        self.digest = self.digest.join(row.digest());
    }

    /// Stores the last number applied of an established session's flow; gives how many before it
    /// were missed.
    ///
    /// # Errors
    /// When the session is not established, or has applied the number or a higher one.
    #[inline]
    pub(crate) fn take_number(&mut self, slot: u16, seq_num: u32) -> Result<u32, RejectCode> {
        let row = &mut self.rows[usize::from(slot)];
        if row.session.state != SessionState::Established {
            return Err(RejectCode::SessionNotEstablished);
        }
        let difference = seq_num.saturating_sub(row.session.last_seq_num);
        let missed = difference.checked_sub(1).ok_or(RejectCode::DuplicateSeqNum)?;
        row.session.last_seq_num = seq_num;
        self.digest.add(row.head.times(u64::from(difference)));
        Ok(missed)
    }

    /// Stores the number that follows the last one applied of an established session; gives whether
    /// it is that, and changes nothing when it is not.
    #[inline(always)]
    pub(crate) fn take_next(&mut self, slot: u16, seq_num: u32) -> bool {
        let row = &mut self.rows[usize::from(slot)];
        let is_next = row.session.state == SessionState::Established
            && row.session.last_seq_num.checked_add(1) == Some(seq_num);
        if is_next {
            row.session.last_seq_num = seq_num;
            self.digest.add(row.head.times(1));
        }
        is_next
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over all sessions.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        let rows = (0..self.count).map(|slot| Row::of(slot, *self.session(slot)));
        rows.fold(DigestSum::default(), |sum, row| sum.join(row.digest()))
    }
}

impl Row {
    fn of(slot: u16, session: Session) -> Self {
        let state = match session.state {
            SessionState::Negotiated => 1,
            SessionState::Established => 2,
        };
        let head = Domain::Session.addend([
            pair(u32::from(slot) << 8 | state, session.session_id),
            session.version_id,
            session.timestamp_ns,
            pair(u32::from(session.cancel_on_disconnect as u8), session.grace_ms.into()),
            session.grace_end_ns,
        ]);
        Self { session, head }
    }

    /// The addend of the last number.
    #[inline]
    fn number(&self) -> Addend {
        self.head.times(u64::from(self.session.last_seq_num))
    }

    fn digest(&self) -> DigestSum {
        [self.head, self.number()].into_iter().collect()
    }
}

const NO_SLOT: u16 = u16::MAX;
const EMPTY: Session = Session {
    session_id: 0,
    last_seq_num: 0,
    version_id: 0,
    timestamp_ns: 0,
    state: SessionState::Negotiated,
    cancel_on_disconnect: CancelOnDisconnect::None,
    grace_ms: 0,
    grace_end_ns: 0,
};
