//! The streams for which a receive endpoint asks somebody to send a SETUP: sessions whose data came
//! before their SETUP, and response sessions it was told to expect. A fixed table.

use std::net::SocketAddr;

use crate::counters::DropCause;
use crate::limits::{SETUP_REQUEST_INTERVAL_NS, SETUP_REQUESTS_MAX};
use crate::session_index::SessionKey;

/// Set-up requests waiting or repeated.
#[derive(Debug)]
pub(crate) struct SetupRequests {
    requests: Vec<SetupRequest>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct SetupRequest {
    pub(crate) key: SessionKey,
    /// Who is asked.
    pub(crate) destination: SocketAddr,
    /// Whose credit pays.
    pub(crate) source: SocketAddr,
    next_ns: u64,
    is_due: bool,
    /// Repeated until the image exists, rather than sent once per frame heard.
    is_expected: bool,
}

impl SetupRequests {
    pub(crate) fn new() -> Self {
        Self { requests: Vec::with_capacity(SETUP_REQUESTS_MAX) }
    }

    /// Data of an unknown session came from `source`: ask `destination`, once per interval.
    pub(crate) fn on_unknown(
        &mut self,
        now_ns: u64,
        key: SessionKey,
        destination: SocketAddr,
        source: SocketAddr,
    ) -> Result<(), DropCause> {
        if let Some(request) = self.requests.iter_mut().find(|request| request.key == key) {
            let is_repeat = request.source == source && now_ns >= request.next_ns;
            request.is_due |= is_repeat && !request.is_expected;
            return Ok(());
        }
        let request = SetupRequest {
            key,
            destination,
            source,
            next_ns: now_ns,
            is_due: true,
            is_expected: false,
        };
        self.insert(request, now_ns)
    }

    /// Asks `destination` at once and then every interval until [`Self::remove`].
    pub(crate) fn expect(
        &mut self,
        now_ns: u64,
        key: SessionKey,
        destination: SocketAddr,
    ) -> Result<(), DropCause> {
        self.remove(key);
        let request = SetupRequest {
            key,
            destination,
            source: destination,
            next_ns: now_ns,
            is_due: true,
            is_expected: true,
        };
        self.insert(request, now_ns)
    }

    pub(crate) fn remove(&mut self, key: SessionKey) {
        self.requests.retain(|request| request.key != key);
    }

    fn insert(&mut self, request: SetupRequest, now_ns: u64) -> Result<(), DropCause> {
        if self.requests.len() == SETUP_REQUESTS_MAX {
            let expired = self.requests.iter().position(|request| {
                !request.is_expected && !request.is_due && now_ns >= request.next_ns
            });
            self.requests.swap_remove(expired.ok_or(DropCause::SetupRequestsFull)?);
        }
        self.requests.push(request);
        Ok(())
    }

    /// The next request to send now, which `may_ask` allows for its source; it is not named again
    /// before its interval is over. One that is refused waits for the next frame of its session.
    pub(crate) fn next_due(
        &mut self,
        now_ns: u64,
        mut may_ask: impl FnMut(SocketAddr) -> bool,
    ) -> Option<SetupRequest> {
        self.requests
            .iter_mut()
            .filter(|request| request.is_due || (request.is_expected && now_ns >= request.next_ns))
            .find_map(|request| {
                request.is_due = false;
                let is_allowed = may_ask(request.source);
                if is_allowed || request.is_expected {
                    request.next_ns = now_ns + SETUP_REQUEST_INTERVAL_NS;
                }
                is_allowed.then_some(*request)
            })
    }
}
