//! The way to the clients: the ring of messages for the order-entry agent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use forecastle_runtime::ring::{Producer, RecordHeader};

/// Puts messages into the ring.
#[derive(Debug)]
pub(super) struct Outlet {
    messages: Producer,
    stop: Arc<AtomicBool>,
}

impl Outlet {
    pub(super) fn new(messages: Producer) -> Self {
        Self { messages, stop: Arc::new(AtomicBool::new(false)) }
    }

    /// Raised by whoever ends the thread.
    pub(super) fn stop(&self) -> Arc<AtomicBool> {
        self.stop.clone()
    }

    /// Waits for room: the agent takes or drops whatever lies in the ring, in bounded time.
    pub(super) fn say(&mut self, header: RecordHeader, message: &[u8]) {
        while !self.stop.load(Ordering::Relaxed) {
            if let Some(mut claim) = self.messages.try_claim(message.len()) {
                claim.copy_from_slice(message);
                claim.commit(header);
                return;
            }
            std::thread::park_timeout(ROOM_PERIOD);
        }
    }
}

const ROOM_PERIOD: Duration = Duration::from_micros(200);
