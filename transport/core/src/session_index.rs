//! From (stream id, session id) to a slot of a fixed pool: a sorted list, so that look-up is
//! O(log n), order is the same in every run, and nothing is allocated after construction.

/// The sessions of one endpoint.
#[derive(Debug)]
pub(crate) struct SessionIndex {
    entries: Vec<(SessionKey, u32)>,
}

/// What identifies a stream at a socket; the source address is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SessionKey {
    pub(crate) stream_id: i32,
    pub(crate) session_id: i32,
}

/// Stands for every stream of a multi-destination sender where a receiver knows none yet.
pub(crate) const ANY_SESSION: SessionKey = SessionKey { stream_id: 0, session_id: 0 };

impl SessionIndex {
    pub(crate) fn new(sessions_max: usize) -> Self {
        Self { entries: Vec::with_capacity(sessions_max) }
    }

    #[inline]
    pub(crate) fn find(&self, key: SessionKey) -> Option<usize> {
        let found = self.entries.binary_search_by_key(&key, |entry| entry.0).ok()?;
        Some(self.entries[found].1 as usize)
    }

    pub(crate) fn insert(&mut self, key: SessionKey, slot: usize) {
        assert!(self.entries.len() < self.entries.capacity(), "one session per pool slot");
        let place = self.entries.binary_search_by_key(&key, |entry| entry.0);
        let index = place.expect_err("a session is inserted once");
        self.entries.insert(index, (key, slot as u32));
    }

    pub(crate) fn remove(&mut self, key: SessionKey) {
        if let Ok(index) = self.entries.binary_search_by_key(&key, |entry| entry.0) {
            self.entries.remove(index);
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Slot of the `index`-th session in key order.
    #[inline]
    pub(crate) fn slot(&self, index: usize) -> usize {
        self.entries[index].1 as usize
    }

    pub(crate) fn slots(&self) -> impl Iterator<Item = usize> + '_ {
        self.entries.iter().map(|entry| entry.1 as usize)
    }
}
