//! An order-entry session over two Aeron streams: requests out, private reports in.

use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use forecastle_proto_spec::{
    BusinessMessageReject, Establish, EstablishmentAck, EstablishmentReject, Frame, Message,
    Negotiate, NegotiationReject, NegotiationResponse, ORDER_ENTRY_STREAM_ID, REPORTS_STREAM_ID,
    SESSIONS_PER_KEY, Terminate, encode,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rusteron_client::AeronExclusivePublication;
use sha2::Sha256;
use zerocopy::FromZeros as _;

use crate::aeron::{Connection, Subscription, offer};
use crate::exchange::{Exchange, Key};

/// A session of one key.
pub struct Session<'a> {
    connection: &'a Connection,
    requests: AeronExclusivePublication,
    reports: Subscription,
    /// Reports that came and nobody waited for yet, whole messages.
    inbox: VecDeque<Vec<u8>>,
    session_id: u32,
    next_seq_num: u32,
}

impl<'a> Session<'a> {
    /// Opens the two streams and logs in.
    ///
    /// # Errors
    /// The exchange refuses the login or does not answer.
    pub fn log_in(
        connection: &'a Connection,
        exchange: &Exchange,
        key: &Key,
    ) -> anyhow::Result<Self> {
        // The reports come by a response channel: asked for at the exchange's control address, and
        // tied to the request stream by the subscription's number.
        let uri = format!("aeron:udp?control={}|control-mode=response", exchange.reports);
        let reports = connection.subscription(&uri, REPORTS_STREAM_ID)?;
        let correlation = reports.registration_id()?;
        let uri = format!(
            "aeron:udp?endpoint={}|response-correlation-id={correlation}",
            exchange.order_entry
        );
        let requests = connection.publication(&uri, ORDER_ENTRY_STREAM_ID)?;
        let session_id = key.id * SESSIONS_PER_KEY;
        let inbox = VecDeque::new();
        let mut session =
            Self { connection, requests, reports, inbox, session_id, next_seq_num: 1 };
        session.negotiate(key)?;
        Ok(session)
    }

    fn negotiate(&mut self, key: &Key) -> anyhow::Result<()> {
        // Any version above the last one does: the time is one.
        let version = now_ns();
        let mut negotiate = Negotiate::new_zeroed();
        negotiate.session_id.set(self.session_id);
        negotiate.access_key_id.set(key.id);
        negotiate.session_version_id.set(version);
        negotiate.timestamp_ns.set(version);
        self.send_signed(&negotiate, key)?;
        self.answer::<NegotiationResponse>(|_| true)?;
        let mut establish = Establish::new_zeroed();
        establish.session_id.set(self.session_id);
        establish.session_version_id.set(version);
        establish.timestamp_ns.set(now_ns());
        establish.next_seq_num.set(self.next_seq_num);
        establish.keep_alive_interval_ms.set(KEEP_ALIVE_INTERVAL_MS);
        self.send_signed(&establish, key)?;
        self.answer::<EstablishmentAck>(|_| true)?;
        Ok(())
    }

    /// Sends a login message; its last 32 bytes are the HMAC-SHA256 of all bytes before them,
    /// message header included.
    fn send_signed<M: Message>(&mut self, message: &M, key: &Key) -> anyhow::Result<()> {
        let mut bytes = encoded(message)?;
        let (signed, hmac) = bytes.split_at_mut(M::ENCODED_LENGTH - HMAC_LENGTH);
        let mut mac = Hmac::<Sha256>::new_from_slice(&key.secret()?)?;
        mac.update(signed);
        hmac.copy_from_slice(&mac.finalize().into_bytes());
        self.send_bytes(&bytes)
    }

    /// Sends the request that `make` makes of its number and its time.
    ///
    /// # Errors
    /// The stream takes nothing.
    pub fn send<M: Message>(&mut self, make: impl FnOnce(u32, u64) -> M) -> anyhow::Result<()> {
        let message = make(self.next_seq_num, now_ns());
        self.next_seq_num += 1;
        self.send_bytes(&encoded(&message)?)
    }

    fn send_bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let requests = &self.requests;
        self.connection
            .wait("room in the request stream", || Ok(offer(requests, bytes)?.then_some(())))
    }

    /// Waits for a report and takes it.
    ///
    /// # Errors
    /// It does not come, or a refusal comes instead.
    pub fn answer<M: Message>(&mut self, is_it: impl Fn(&M) -> bool) -> anyhow::Result<M> {
        let (inbox, reports) = (&mut self.inbox, &mut self.reports);
        self.connection.wait(M::NAME, || {
            reports.poll(|mut bytes| {
                // One transport message may carry several reports.
                while let Ok((frame, rest)) = Frame::parse(bytes) {
                    inbox.push_back(frame.bytes.to_vec());
                    bytes = rest;
                }
            })?;
            for place in 0..inbox.len() {
                let (frame, _) = Frame::parse(&inbox[place]).ok().context("a whole message")?;
                refuse(&frame)?;
                if let Some(found) = frame.body::<M>().filter(|found| is_it(found)) {
                    let found = *found;
                    inbox.remove(place);
                    return Ok(Some(found));
                }
            }
            Ok(None)
        })
    }

    /// Ends the session; orders stay.
    ///
    /// # Errors
    /// The exchange does not answer.
    pub fn terminate(mut self) -> anyhow::Result<()> {
        let mut terminate = Terminate::new_zeroed();
        terminate.session_id.set(self.session_id);
        self.send_bytes(&encoded(&terminate)?)?;
        self.answer::<Terminate>(|_| true)?;
        Ok(())
    }
}

/// A refusal is an error.
fn refuse(frame: &Frame<'_>) -> anyhow::Result<()> {
    if let Some(reject) = frame.body::<NegotiationReject>() {
        bail!("NegotiationReject, code {}", reject.reject_code.get());
    }
    if let Some(reject) = frame.body::<EstablishmentReject>() {
        bail!("EstablishmentReject, code {}", reject.reject_code.get());
    }
    if let Some(reject) = frame.body::<BusinessMessageReject>() {
        let (template, code) = (reject.ref_template_id.get(), reject.reject_code.get());
        bail!("a message of template {template} was refused, code {code}");
    }
    Ok(())
}

fn encoded<M: Message>(message: &M) -> anyhow::Result<Vec<u8>> {
    let mut bytes = vec![0; M::ENCODED_LENGTH];
    encode(message, &mut bytes).context("the buffer has the message's length")?;
    Ok(bytes)
}

fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

const HMAC_LENGTH: usize = 32;
/// Longer than this program is ever silent; one that goes on sends `Sequence` in time.
const KEEP_ALIVE_INTERVAL_MS: u32 = 60_000;
