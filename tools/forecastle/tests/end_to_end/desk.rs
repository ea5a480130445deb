//! An honest client: a session of the SDK with an inbox and bounded waits.

use std::collections::BTreeMap;
use std::time::Duration;

use forecastle_client::{OnDisconnect, OrderEntry, OrderEntryOptions, SessionError};
use forecastle_proto_spec::{CounterReport, CounterReportRequest, GroupedMessage, Message};
use zerocopy::FromZeros as _;

use crate::exchange_process::ExchangeProcess;
use crate::inbox::{Deadline, Inbox, PATIENCE};

/// One session.
pub struct Desk {
    session: OrderEntry,
    inbox: Inbox,
    next_id: u64,
}

impl Desk {
    /// Logs in with the key of this name.
    pub fn open(exchange: &ExchangeProcess, key: &str) -> Self {
        Self::open_numbered(exchange, key, 0)
    }

    /// Logs in with one of the sessions of that key, 0 to 15.
    pub fn open_numbered(exchange: &ExchangeProcess, key: &str, session_number: u32) -> Self {
        let options = OrderEntryOptions { session_number, ..options(exchange, key) };
        let session = OrderEntry::connect(&options, PATIENCE).expect("the exchange lets it in");
        Self { session, inbox: Inbox::default(), next_id: 1 }
    }

    /// The session's id.
    pub fn session_id(&self) -> u32 {
        self.session.session_id()
    }

    /// What an acknowledgement of this session survives, as the exchange said at login.
    pub fn acknowledgement_level(&self) -> u8 {
        self.session.established().expect("it is established").acknowledgement_level
    }

    /// An id for a request or an order that this session has not used.
    pub fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Does what is due; reports go to the inbox.
    pub fn drive(&mut self) {
        let inbox = &mut self.inbox;
        let result = self.session.poll(|frame| inbox.push(frame.bytes));
        result.expect("the session stays up");
    }

    /// Sends one request, numbered; gives its number.
    pub fn send<M: Message>(&mut self, message: &M) -> u32 {
        self.send_with(|session| session.send(message))
    }

    /// As [`Self::send`], for a request with a group.
    pub fn send_with_group<M: GroupedMessage>(&mut self, message: &M, entries: &[M::Entry]) -> u32 {
        self.send_with(|session| session.send_with_group(message, entries))
    }

    fn send_with(
        &mut self,
        mut send: impl FnMut(&mut OrderEntry) -> Result<u32, SessionError>,
    ) -> u32 {
        let deadline = Deadline::patient();
        loop {
            match send(&mut self.session) {
                Ok(seq_num) => return seq_num,
                Err(SessionError::BackPressured | SessionError::NotConnected) => {
                    assert!(!deadline.is_over(), "the exchange takes nothing");
                    self.session.wait(TURN);
                    self.drive();
                }
                Err(error) => panic!("the session ended: {error}"),
            }
        }
    }

    /// Sends one request if the session takes it now; a session that ended takes none.
    pub fn try_send<M: Message>(&mut self, message: &M) -> bool {
        self.session.send(message).is_ok()
    }

    /// Does what is due; reports go to the inbox. A session that ended has nothing due.
    pub fn drive_while_alive(&mut self) {
        let inbox = &mut self.inbox;
        let _ = self.session.poll(|frame| inbox.push(frame.bytes));
    }

    /// Takes what the exchange had sent before it died and still lies in the socket.
    pub fn drain_what_was_sent(&mut self) {
        let mut idle_count = 0;
        while idle_count < 3 {
            let inbox = &mut self.inbox;
            let polled = self.session.poll(|frame| inbox.push(frame.bytes));
            idle_count = if polled.is_ok_and(|count| count > 0) { 0 } else { idle_count + 1 };
        }
    }

    /// Takes a report if it has come.
    pub fn find_report<M: Message>(&mut self, matches: impl Fn(&M) -> bool) -> Option<M> {
        self.inbox.take(matches)
    }

    /// Every report that came and was not taken, bytes with headers.
    pub fn take_reports(&mut self) -> Vec<Vec<u8>> {
        self.inbox.drain()
    }

    /// Waits for a report and takes it.
    pub fn await_report<M: Message>(&mut self, matches: impl Fn(&M) -> bool) -> M {
        let deadline = Deadline::patient();
        loop {
            self.drive();
            if let Some(report) = self.inbox.take(&matches) {
                return report;
            }
            assert!(!deadline.is_over(), "no {}; there are {}", M::NAME, self.inbox.summary());
            self.session.wait(TURN);
        }
    }

    /// Reads every counter of the gateway over the wire.
    pub fn counters(&mut self) -> BTreeMap<String, u64> {
        let request_id = self.new_id();
        let mut request = CounterReportRequest::new_zeroed();
        request.request_id.set(request_id);
        self.session.send_unnumbered(&request).expect("counters may be asked for");
        let mut counters = BTreeMap::new();
        loop {
            let report =
                self.await_report(|each: &CounterReport| each.request_id.get() == request_id);
            let label = report.label.iter().take_while(|byte| **byte != 0);
            let label: String = label.map(|byte| char::from(*byte)).collect();
            assert_eq!(counters.insert(label, report.value.get()), None, "labels are unique");
            if counters.len() == usize::from(report.counter_count.get()) {
                return counters;
            }
        }
    }

    /// Ends the session politely and waits until the exchange has said so.
    pub fn terminate(mut self) -> SessionError {
        self.session.terminate().expect("an established session can be ended");
        let deadline = Deadline::patient();
        loop {
            match self.session.poll(|_| {}) {
                Ok(_) => self.session.wait(TURN),
                Err(ended) => return ended,
            }
            assert!(!deadline.is_over(), "the exchange does not end the session");
        }
    }
}

/// How to log in with the key of this name.
pub fn options(exchange: &ExchangeProcess, key: &str) -> OrderEntryOptions {
    OrderEntryOptions {
        order_entry: exchange.ready.order_entry,
        reports: exchange.ready.reports,
        interface: std::net::Ipv4Addr::LOCALHOST,
        key: exchange.keys.named(key).expect("the exchange made this key").clone(),
        session_number: 0,
        keep_alive_interval_ms: 60_000,
        on_disconnect: OnDisconnect::KEEP,
    }
}

/// Longest pause between two looks at the sockets.
const TURN: Duration = Duration::from_millis(2);
