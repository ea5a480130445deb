//! An order-entry session: login, numbered requests out, reports in.
//!
//! One [`OrderEntry`] is one session on two sockets of its own, driven by its caller's
//! [`OrderEntry::poll`] from one thread. Nothing happens between calls: poll at least a few times
//! within the keep-alive interval.
//!
//! A session outlives its streams and the exchange's process. [`OrderEntry::resumption`] is what a
//! client keeps of it; [`OrderEntry::resume`] goes on with it. The acknowledgement then says which
//! numbers were applied: what was sent under a higher one was not and never will be.

mod transport;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use forecastle_proto_spec::{
    CancelOnDisconnect, EstablishmentAck, EstablishmentReject, Frame, GroupedMessage, Message,
    NegotiationReject, NegotiationResponse, RejectCode, RetransmitRequest, Sequence, Terminate,
    TerminateCode, encode, encode_with_group,
};
use zerocopy::FromZeros as _;

use self::transport::Transport;
use crate::keys::AccessKey;
use crate::login;
use crate::session_error::SessionError;

/// Where and as whom to log in.
#[derive(Clone, Debug)]
pub struct OrderEntryOptions {
    /// Where requests go: a unicast address or a multicast group.
    pub order_entry: SocketAddrV4,
    /// Control address of the exchange's response channels.
    pub reports: SocketAddrV4,
    /// Address of the interface to use.
    pub interface: Ipv4Addr,
    /// Key to sign with.
    pub key: AccessKey,
    /// Which of the key's sessions, 0 to 15.
    pub session_number: u32,
    /// Longest silence either side allows, 100 to 60000 milliseconds.
    pub keep_alive_interval_ms: u32,
    /// What becomes of the session's orders when it is lost or ends.
    pub on_disconnect: OnDisconnect,
}

/// What the exchange does with the live orders of a session that is lost or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnDisconnect {
    /// In which case all of them end. Orders with the instruction CancelOnDisconnect end on a loss
    /// in any case. [`OrderEntry`] terminates its session when it is dropped.
    pub cancel: CancelOnDisconnect,
    /// Time before that, milliseconds, in which a session that is back keeps them; 0 with `None`.
    pub grace_ms: u16,
}

impl OnDisconnect {
    /// They stay.
    pub const KEEP: Self = Self { cancel: CancelOnDisconnect::None, grace_ms: 0 };
}

/// What a client keeps of a session to go on with it later, on other sockets or in another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resumption {
    /// Version that was negotiated.
    pub session_version_id: u64,
    /// Time of the last login, ns since 1970; the next one's is above it.
    pub last_timestamp_ns: u64,
    /// A number above every one that was sent.
    pub next_seq_num: u32,
}

/// A session with an exchange.
pub struct OrderEntry {
    transport: Transport,
    options: OrderEntryOptions,
    session_id: u32,
    session_version_id: u64,
    last_timestamp_ns: u64,
    next_seq_num: u32,
    is_resumption: bool,
    phase: Phase,
    last_sent: Instant,
    established: Option<EstablishmentAck>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Connecting,
    Negotiating,
    Establishing,
    Established,
    Terminating,
}

impl OrderEntry {
    /// Opens the sockets, logs in and waits until the session is established.
    ///
    /// # Errors
    /// The sockets cannot be opened, the exchange refuses the login, or does not answer in time.
    pub fn connect(options: &OrderEntryOptions, timeout: Duration) -> Result<Self, SessionError> {
        Self::open(options)?.established_within(timeout)
    }

    /// As [`OrderEntry::connect`], but goes on with a session of before: its version stands, and
    /// numbers go on after the last one applied. When the exchange does not know that version (any
    /// more), a new one is negotiated; [`OrderEntry::is_resumed`] tells.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use forecastle_client::{OrderEntry, OrderEntryOptions, SessionError};
    /// # fn again(options: &OrderEntryOptions, lost: OrderEntry) -> Result<(), SessionError> {
    /// let kept = lost.resumption();
    /// drop(lost);
    /// let session = OrderEntry::resume(options, &kept, Duration::from_secs(5))?;
    /// if session.is_resumed() {
    ///     let applied = session.established().map_or(0, |ack| ack.last_seq_num.get());
    ///     println!("requests up to {applied} were applied, later ones never will be");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`OrderEntry::connect`].
    pub fn resume(
        options: &OrderEntryOptions,
        resumption: &Resumption,
        timeout: Duration,
    ) -> Result<Self, SessionError> {
        Self::open_resumed(options, resumption)?.established_within(timeout)
    }

    fn established_within(mut self, timeout: Duration) -> Result<Self, SessionError> {
        let deadline = Instant::now() + timeout;
        while self.phase != Phase::Established {
            if self.poll(|_| {})? == 0 {
                if Instant::now() > deadline {
                    return Err(SessionError::TimedOut { phase: self.phase.name() });
                }
                self.wait(WAIT_PERIOD);
            }
        }
        Ok(self)
    }

    /// Opens the sockets and begins to log in; [`OrderEntry::poll`] goes on with it.
    ///
    /// # Errors
    /// The sockets cannot be opened, or the system gives no random numbers.
    pub fn open(options: &OrderEntryOptions) -> Result<Self, SessionError> {
        let now_ns = wall_ns();
        Ok(Self {
            transport: Transport::open(options)?,
            session_id: options.key.session_id(options.session_number),
            session_version_id: now_ns,
            last_timestamp_ns: now_ns,
            options: options.clone(),
            next_seq_num: 1,
            is_resumption: false,
            phase: Phase::Connecting,
            last_sent: Instant::now(),
            established: None,
        })
    }

    /// Opens the sockets and begins to go on with a session; [`OrderEntry::poll`] goes on with it.
    ///
    /// # Errors
    /// As [`OrderEntry::open`].
    pub fn open_resumed(
        options: &OrderEntryOptions,
        resumption: &Resumption,
    ) -> Result<Self, SessionError> {
        let mut session = Self::open(options)?;
        session.session_version_id = resumption.session_version_id;
        session.last_timestamp_ns = resumption.last_timestamp_ns;
        session.next_seq_num = resumption.next_seq_num;
        session.is_resumption = true;
        Ok(session)
    }

    /// Does all work that is due and hands every message of the exchange to `handler`, those of
    /// the login included. Gives the number of messages; never blocks.
    ///
    /// # Errors
    /// The session has ended; why. Further calls say so again.
    pub fn poll(&mut self, mut handler: impl FnMut(Frame<'_>)) -> Result<usize, SessionError> {
        if let Some(ended) = &self.transport.ended {
            return Err(ended.clone());
        }
        let mut answer = None;
        let count = self.transport.poll(|frame| {
            if frame.template_id <= Terminate::TEMPLATE_ID {
                answer = SessionMessage::of(&frame).or(answer);
            }
            handler(frame);
        });
        if let Some(answer) = answer {
            self.on_session_message(answer);
        }
        let refused = self.transport.ended.as_ref().and_then(SessionError::reject_code);
        if self.is_resumption
            && self.phase == Phase::Establishing
            && refused.is_some_and(is_unknown_version)
        {
            self.start_anew();
        }
        self.advance();
        self.transport.transmit();
        match &self.transport.ended {
            Some(ended) if count == 0 => Err(ended.clone()),
            _ => Ok(count),
        }
    }

    /// Sends one request under the next number, which it gives. The message's `seq_num` and
    /// `sending_time_ns` are filled in.
    ///
    /// # Errors
    /// The session is not established, or takes no message at this moment: poll and try again.
    ///
    /// # Panics
    /// `M` is a message of the login or longer than 512 bytes.
    pub fn send<M: Message>(&mut self, message: &M) -> Result<u32, SessionError> {
        let seq_num = self.next_seq_num;
        self.send_as(message, seq_num)?;
        self.next_seq_num += 1;
        Ok(seq_num)
    }

    /// As [`OrderEntry::send`], for a request with a group: a mass quote and its entries.
    ///
    /// # Errors
    /// As [`OrderEntry::send`].
    ///
    /// # Panics
    /// The count of entries is outside what the message takes.
    pub fn send_with_group<M: GroupedMessage>(
        &mut self,
        message: &M,
        entries: &[M::Entry],
    ) -> Result<u32, SessionError> {
        let mut buffer = [0; GROUPED_LENGTH_MAX];
        let length =
            encode_with_group(message, entries, &mut buffer).expect("as many entries as it takes");
        self.send_encoded(&buffer[..length])
    }

    /// As [`OrderEntry::send`], for a request that is encoded already, header included: its
    /// `seq_num` and `sending_time_ns` are written over.
    ///
    /// # Errors
    /// As [`OrderEntry::send`].
    ///
    /// # Panics
    /// `message` is not exactly one request, or as [`OrderEntry::send`].
    pub fn send_encoded(&mut self, message: &[u8]) -> Result<u32, SessionError> {
        let seq_num = self.next_seq_num;
        let mut buffer = [0; GROUPED_LENGTH_MAX];
        let buffer = &mut buffer[..message.len()];
        buffer.copy_from_slice(message);
        self.send_bytes(buffer, seq_num)?;
        self.next_seq_num += 1;
        Ok(seq_num)
    }

    /// Sends one request without a number: those that the gateway answers itself.
    ///
    /// # Errors
    /// As [`OrderEntry::send`].
    ///
    /// # Panics
    /// As [`OrderEntry::send`].
    pub fn send_unnumbered<M: Message>(&mut self, message: &M) -> Result<(), SessionError> {
        self.send_as(message, 0)
    }

    /// Asks for the reports from `from_position` on once more: as a rule the last ExecID held, with
    /// bit 0 cleared. They come among the others between Retransmission and RetransmissionComplete,
    /// or a RetransmitReject says why not; an ExecID that was held already is a repetition.
    ///
    /// # Errors
    /// As [`OrderEntry::send`].
    pub fn request_retransmission(
        &mut self,
        request_id: u64,
        from_position: u64,
    ) -> Result<(), SessionError> {
        if let Some(ended) = &self.transport.ended {
            return Err(ended.clone());
        }
        if self.phase != Phase::Established {
            return Err(SessionError::NotEstablished);
        }
        let mut request = RetransmitRequest::new_zeroed();
        request.session_id.set(self.session_id);
        request.request_id.set(request_id);
        request.from_position.set(from_position);
        self.offer(&request)?;
        self.transport.transmit();
        Ok(())
    }

    /// Uses up `count` numbers without sending: the exchange will report them as not applied.
    pub fn skip_numbers(&mut self, count: u32) {
        self.next_seq_num += count;
    }

    /// Ends the binding politely; poll on until the session says that it ended.
    ///
    /// # Errors
    /// As [`OrderEntry::send`].
    pub fn terminate(&mut self) -> Result<(), SessionError> {
        let mut message = Terminate::new_zeroed();
        message.session_id.set(self.session_id);
        message.code.set(TerminateCode::Finished.into());
        self.offer(&message)?;
        self.phase = Phase::Terminating;
        self.transport.transmit();
        Ok(())
    }

    /// Waits until something came in, at most `timeout` (whole milliseconds).
    pub fn wait(&self, timeout: Duration) {
        self.transport.wait(timeout);
    }

    /// The session's id.
    #[must_use]
    pub fn session_id(&self) -> u32 {
        self.session_id
    }

    /// What to keep to go on with this session after its end; changes with every request sent.
    #[must_use]
    pub fn resumption(&self) -> Resumption {
        Resumption {
            session_version_id: self.session_version_id,
            last_timestamp_ns: self.last_timestamp_ns,
            next_seq_num: self.next_seq_num,
        }
    }

    /// Whether the session goes on with its version and numbers; false when a version was newly
    /// negotiated, and numbers began at 1.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.is_resumption
    }

    /// What the exchange said when the session was established.
    #[must_use]
    pub fn established(&self) -> Option<&EstablishmentAck> {
        self.established.as_ref()
    }

    fn send_as<M: Message>(&mut self, message: &M, seq_num: u32) -> Result<(), SessionError> {
        let mut buffer = [0; MESSAGE_LENGTH_MAX];
        let length = encode(message, &mut buffer).expect("a request fits the buffer");
        self.send_bytes(&mut buffer[..length], seq_num)
    }

    fn send_bytes(&mut self, message: &mut [u8], seq_num: u32) -> Result<(), SessionError> {
        if let Some(ended) = &self.transport.ended {
            return Err(ended.clone());
        }
        if self.phase != Phase::Established {
            return Err(SessionError::NotEstablished);
        }
        let frame = Frame::parse(message).ok().filter(|(_, rest)| rest.is_empty());
        let (frame, _) = frame.expect("a request is exactly one message");
        assert!(frame.template_id >= 20, "login messages are the client's own");
        message[SENDING_TIME].copy_from_slice(&wall_ns().to_le_bytes());
        message[SEQ_NUM].copy_from_slice(&seq_num.to_le_bytes());
        self.transport.offer(message)?;
        self.last_sent = Instant::now();
        self.transport.transmit();
        Ok(())
    }

    fn offer<M: Message>(&mut self, message: &M) -> Result<(), SessionError> {
        let mut buffer = [0; MESSAGE_LENGTH_MAX];
        let length = encode(message, &mut buffer).expect("a session message fits the buffer");
        login::sign(&self.options.key.secret, &mut buffer[..length]);
        self.transport.offer(&buffer[..length])?;
        self.last_sent = Instant::now();
        Ok(())
    }

    fn advance(&mut self) {
        let half = Duration::from_millis(u64::from(self.options.keep_alive_interval_ms / 2));
        let result = match self.phase {
            Phase::Connecting if self.transport.is_connected && self.is_resumption => {
                self.establish()
            }
            Phase::Connecting if self.transport.is_connected => self.negotiate(),
            Phase::Established if self.last_sent.elapsed() > half => {
                let mut message = Sequence::new_zeroed();
                message.session_id.set(self.session_id);
                message.next_seq_num.set(self.next_seq_num);
                self.offer(&message)
            }
            _ => Ok(()),
        };
        // A message that was not taken now is offered again at the next poll.
        if let Err(error) = result
            && !matches!(error, SessionError::BackPressured | SessionError::NotConnected)
        {
            self.transport.end(error);
        }
    }

    /// The exchange does not know the version: begins again with a new one on new sockets.
    fn start_anew(&mut self) {
        match Self::open(&self.options) {
            Ok(mut fresh) => {
                let above_ns = self.last_timestamp_ns + 1;
                fresh.last_timestamp_ns = fresh.last_timestamp_ns.max(above_ns);
                fresh.session_version_id = fresh.last_timestamp_ns;
                // The old one is dropped before it was established: it says nothing.
                *self = fresh;
            }
            Err(error) => self.transport.end(error),
        }
    }

    fn negotiate(&mut self) -> Result<(), SessionError> {
        self.offer(&login::negotiate(
            self.session_id,
            self.options.key.id,
            self.session_version_id,
            self.last_timestamp_ns,
        ))?;
        self.phase = Phase::Negotiating;
        Ok(())
    }

    fn establish(&mut self) -> Result<(), SessionError> {
        self.last_timestamp_ns = wall_ns().max(self.last_timestamp_ns + 1);
        self.offer(&login::establish(
            self.session_id,
            self.session_version_id,
            self.last_timestamp_ns,
            self.next_seq_num,
            self.options.keep_alive_interval_ms,
            self.options.on_disconnect,
        ))?;
        self.phase = Phase::Establishing;
        Ok(())
    }

    fn on_session_message(&mut self, message: SessionMessage) {
        match (self.phase, message) {
            (Phase::Negotiating, SessionMessage::Negotiated) => {
                if let Err(error) = self.establish() {
                    self.transport.end(error);
                }
            }
            (Phase::Establishing, SessionMessage::Established(ack)) => {
                self.next_seq_num = ack.next_seq_num.get();
                self.established = Some(ack);
                self.phase = Phase::Established;
            }
            (Phase::Establishing, SessionMessage::Refused(code))
                if self.is_resumption && is_unknown_version(code) =>
            {
                self.start_anew();
            }
            (_, SessionMessage::Refused(code)) => {
                self.transport.end(SessionError::Refused { code });
            }
            (_, SessionMessage::Terminated(code)) => {
                self.transport.end(SessionError::Terminated { code });
            }
            _ => {}
        }
    }
}

impl Drop for OrderEntry {
    /// Tells the exchange, best effort, so that it need not wait for the keep-alive to lapse.
    fn drop(&mut self) {
        if self.transport.ended.is_none() && self.phase == Phase::Established {
            let _ = self.terminate();
        }
    }
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Connecting => "waiting for the exchange to take the request stream",
            Self::Negotiating => "waiting for the answer to Negotiate",
            Self::Establishing => "waiting for the answer to Establish",
            Self::Established => "established",
            Self::Terminating => "terminating",
        }
    }
}

/// What the exchange says of the session itself.
#[derive(Clone, Copy)]
enum SessionMessage {
    Negotiated,
    Established(EstablishmentAck),
    Refused(u16),
    Terminated(u16),
}

impl SessionMessage {
    fn of(frame: &Frame<'_>) -> Option<Self> {
        if frame.body::<NegotiationResponse>().is_some() {
            return Some(Self::Negotiated);
        }
        if let Some(ack) = frame.body::<EstablishmentAck>() {
            return Some(Self::Established(*ack));
        }
        if let Some(reject) = frame.body::<NegotiationReject>() {
            return Some(Self::Refused(reject.reject_code.get()));
        }
        if let Some(reject) = frame.body::<EstablishmentReject>() {
            return Some(Self::Refused(reject.reject_code.get()));
        }
        frame.body::<Terminate>().map(|message| Self::Terminated(message.code.get()))
    }
}

/// Whether a resumption was refused only because the exchange holds another version, or none.
fn is_unknown_version(code: u16) -> bool {
    let unknown = [RejectCode::NotNegotiated, RejectCode::VersionMismatch];
    unknown.iter().any(|name| u16::from(*name) == code)
}

fn wall_ns() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}

/// Place of `sending_time_ns` in every numbered request, header included.
const SENDING_TIME: std::ops::Range<usize> = 16..24;
/// Place of `seq_num` in every numbered request, header included.
const SEQ_NUM: std::ops::Range<usize> = 24..28;
const MESSAGE_LENGTH_MAX: usize = 512;
/// Longest request with a group.
const GROUPED_LENGTH_MAX: usize = 1152;
const WAIT_PERIOD: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::LAYOUTS;

    use super::*;

    #[test]
    fn every_numbered_request_has_time_and_number_at_the_same_place() {
        let mut count = 0;
        for message in LAYOUTS.iter().flat_map(|section| section.iter()) {
            if !(20..50).contains(&message.template_id) && message.template_id != 130 {
                continue;
            }
            let offset = |name| message.fields.iter().find(|field| field.0 == name).unwrap().1;
            assert_eq!(offset("sending_time_ns") + 8, SENDING_TIME.start, "{}", message.name);
            assert_eq!(offset("seq_num") + 8, SEQ_NUM.start, "{}", message.name);
            assert!(message.block_length + 8 <= MESSAGE_LENGTH_MAX);
            if let Some(group) = message.group {
                let entries = usize::from(group.count_max) * group.block_length;
                assert!(message.block_length + 12 + entries <= GROUPED_LENGTH_MAX);
            }
            count += 1;
        }
        assert_eq!(count, 31);
    }
}
