//! The receivers a publication heard status messages from: how far they let it go, who may ask for
//! retransmits, and how far each may be served. Bounded; a silent one makes room for a new one.

use std::net::SocketAddr;

use crate::counters::DropCause;
use crate::send_endpoint::SendConfig;

/// Known receivers of one publication.
#[derive(Debug)]
pub(crate) struct Receivers {
    entries: Vec<Receiver>,
    receivers_max: usize,
    flow_control: FlowControl,
    timeout_ns: u64,
}

/// Which receivers decide how far a sender goes. With [`FlowControl::Min`] and
/// [`FlowControl::Tagged`] whoever can send to the control group can hold the sender back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowControl {
    /// The fastest: slower ones are left behind. What a sender to one receiver has.
    Max,
    /// The slowest.
    Min {
        /// Receivers that must be there before and while anything is offered.
        group_size_min: usize,
    },
    /// The slowest of those whose status messages carry the tag; others are left behind.
    Tagged {
        /// What they carry.
        group_tag: i64,
        /// Receivers with the tag that must be there before and while anything is offered; with 0
        /// the fastest of the others decides where there are none.
        group_size_min: usize,
    },
}

/// What a status message says, checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hearing {
    pub(crate) source: SocketAddr,
    pub(crate) receiver_id: i64,
    pub(crate) group_tag: Option<i64>,
    pub(crate) position: u64,
    pub(crate) window: u64,
}

#[derive(Clone, Copy, Debug)]
struct Receiver {
    source: SocketAddr,
    receiver_id: i64,
    position: u64,
    window: u64,
    last_status_ns: u64,
    /// Whether flow control waits for it.
    is_counted: bool,
}

impl Receivers {
    pub(crate) fn new(config: &SendConfig) -> Self {
        Self {
            entries: Vec::with_capacity(config.receivers_max),
            receivers_max: config.receivers_max,
            flow_control: config.flow_control,
            timeout_ns: config.receiver_timeout_ns,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Takes a status message; whether flow control waits for one receiver more from now on.
    pub(crate) fn on_status(&mut self, now_ns: u64, heard: &Hearing) -> Result<bool, DropCause> {
        let known = self.entries.iter().position(|entry| entry.is(heard.source, heard.receiver_id));
        let is_counted = match known {
            Some(index) if self.entries[index].is_counted => true,
            _ => self.may_count(heard),
        };
        let receiver = Receiver {
            source: heard.source,
            receiver_id: heard.receiver_id,
            position: heard.position,
            window: heard.window,
            last_status_ns: now_ns,
            is_counted,
        };
        if let Some(index) = known {
            let was_counted = self.entries[index].is_counted;
            self.entries[index] = receiver;
            return Ok(is_counted && !was_counted);
        }
        if self.entries.len() < self.receivers_max {
            self.entries.push(receiver);
            return Ok(is_counted);
        }
        // A restarted receiver keeps its address but draws a new id.
        let replaced = self.entries.iter_mut().find(|entry| {
            entry.source == heard.source || now_ns >= entry.last_status_ns + self.timeout_ns
        });
        *replaced.ok_or(DropCause::ReceiversFull)? = receiver;
        Ok(is_counted)
    }

    /// Whether a receiver with this tag, which asks for a SETUP, will be one to wait for beside
    /// others: then the sender stays where it is until the newcomer has said where that is.
    pub(crate) fn waits_for(&self, group_tag: Option<i64>) -> bool {
        let waits = match self.flow_control {
            FlowControl::Max => false,
            FlowControl::Min { .. } => true,
            FlowControl::Tagged { group_tag: wanted, .. } => group_tag == Some(wanted),
        };
        waits && !self.entries.is_empty()
    }

    /// Whether flow control waits for a receiver from now on: one that is more than its window
    /// behind the slowest would hold the others back for what it can no longer get.
    fn may_count(&self, heard: &Hearing) -> bool {
        match self.flow_control {
            FlowControl::Max => true,
            FlowControl::Tagged { group_tag, .. } if heard.group_tag != Some(group_tag) => false,
            FlowControl::Min { .. } | FlowControl::Tagged { .. } => {
                let slowest = self.counted().map(|entry| entry.position + entry.window).min();
                slowest.is_none_or(|slowest| heard.position + 2 * heard.window >= slowest)
            }
        }
    }

    fn counted(&self) -> impl Iterator<Item = &Receiver> {
        self.entries.iter().filter(|entry| entry.is_counted)
    }

    /// How far those that count let the sender go: the position they stand at, and the end of
    /// their window. `None` while there are too few of them.
    #[inline]
    pub(crate) fn reach(&self) -> Option<(u64, u64)> {
        if !self.is_complete() {
            return None;
        }
        let ends = |entry: &Receiver| (entry.position, entry.position + entry.window);
        let fastest = || self.entries.iter().map(ends).reduce(|a, b| (a.0.max(b.0), a.1.max(b.1)));
        match self.flow_control {
            FlowControl::Max => fastest(),
            FlowControl::Min { .. } | FlowControl::Tagged { .. } => {
                let slowest = self.counted().map(ends).reduce(|a, b| (a.0.min(b.0), a.1.min(b.1)));
                slowest.or_else(fastest)
            }
        }
    }

    /// Whether there are as many receivers as flow control asks for, and one at all.
    #[inline]
    pub(crate) fn is_complete(&self) -> bool {
        let needed = match self.flow_control {
            FlowControl::Max => 0,
            FlowControl::Min { group_size_min } | FlowControl::Tagged { group_size_min, .. } => {
                group_size_min
            }
        };
        !self.entries.is_empty() && self.counted().count() >= needed
    }

    /// Forgets those that fell silent; whether there were any.
    pub(crate) fn expire(&mut self, now_ns: u64) -> bool {
        let (length, timeout_ns) = (self.entries.len(), self.timeout_ns);
        self.entries.retain(|entry| now_ns < entry.last_status_ns + timeout_ns);
        self.entries.len() != length
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
