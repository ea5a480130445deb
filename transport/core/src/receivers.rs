//! The receivers a publication heard status messages from: who may ask for retransmits, and how far
//! each may be served. Bounded; a silent one makes room for a new one.

use std::net::SocketAddr;

use crate::counters::DropCause;
use crate::limits::CONNECTION_TIMEOUT_NS;

/// Known receivers of one publication.
#[derive(Debug)]
pub(crate) struct Receivers {
    entries: Vec<Receiver>,
    receivers_max: usize,
}

#[derive(Clone, Copy, Debug)]
struct Receiver {
    source: SocketAddr,
    receiver_id: i64,
    window: u64,
    last_status_ns: u64,
}

impl Receivers {
    pub(crate) fn new(receivers_max: usize) -> Self {
        Self { entries: Vec::with_capacity(receivers_max), receivers_max }
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn on_status(
        &mut self,
        source: SocketAddr,
        receiver_id: i64,
        window: u64,
        now_ns: u64,
    ) -> Result<(), DropCause> {
        let receiver = Receiver { source, receiver_id, window, last_status_ns: now_ns };
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.is(source, receiver_id)) {
            *entry = receiver;
            return Ok(());
        }
        if self.entries.len() < self.receivers_max {
            self.entries.push(receiver);
            return Ok(());
        }
        // A restarted receiver keeps its address but draws a new id.
        let replaced = self.entries.iter_mut().find(|entry| {
            entry.source == source || now_ns >= entry.last_status_ns + CONNECTION_TIMEOUT_NS
        });
        *replaced.ok_or(DropCause::ReceiversFull)? = receiver;
        Ok(())
    }

    pub(crate) fn remove(&mut self, source: SocketAddr, receiver_id: i64) {
        self.entries.retain(|entry| !entry.is(source, receiver_id));
    }

    pub(crate) fn contains(&self, source: SocketAddr, receiver_id: i64) -> bool {
        self.entries.iter().any(|entry| entry.is(source, receiver_id))
    }

    /// Last window of the receiver at `source`, if one is known.
    pub(crate) fn window(&self, source: SocketAddr) -> Option<u64> {
        self.entries.iter().find(|entry| entry.source == source).map(|entry| entry.window)
    }
}

impl Receiver {
    fn is(&self, source: SocketAddr, receiver_id: i64) -> bool {
        self.source == source && self.receiver_id == receiver_id
    }
}
