//! The session core on its own: a table for every way in and every way out.

mod binding_life;
mod log_stream;
mod login;
mod messages;
mod resume;
mod retransmit;
mod walk;

use forecastle_proto_spec::{
    BusinessMessageReject, Establish, EstablishmentAck, Frame, Message, Negotiate,
    NegotiationReject, NegotiationResponse, NewOrderSingle, RejectCode, encode, signed_range,
};
use forecastle_runtime::clock::Now;
use zerocopy::FromZeros;

use super::*;
use crate::keys::{AccessKey, KeyTable};
use crate::record_builder::encoded;
use crate::reports::Recipient;

/// A core with key 1 (trader, firm 7), key 2 (administrator, firm 8), key 3 (trader, firm 7) and
/// key 4 (replica, firm 9).
struct World {
    core: SessionCore,
    now: Now,
    /// Reply streams that take nothing.
    blocked: Vec<BindingId>,
    delivered: Vec<(BindingId, Vec<u8>)>,
}

const WALL_NS: u64 = 1_800_000_000_000_000_000;
const SECOND: u64 = 1_000_000_000;
const A: BindingId = BindingId(0);
const B: BindingId = BindingId(1);

fn keys() -> Vec<AccessKey> {
    vec![
        AccessKey { id: 1, firm_id: 7, roles: 1, secret: [1; 32] },
        AccessKey { id: 2, firm_id: 8, roles: 0b110, secret: [2; 32] },
        AccessKey { id: 3, firm_id: 7, roles: 1, secret: [3; 32] },
        AccessKey { id: 4, firm_id: 9, roles: 0b1_0000, secret: [4; 32] },
    ]
}

/// A message with its HMAC under the secret of `signer`.
fn signed<M: Message>(login: &M, signer: u32) -> Vec<u8> {
    let mut bytes = encoded(login);
    let range = signed_range(M::TEMPLATE_ID).unwrap();
    let signer = keys().into_iter().find(|key| key.id == signer).unwrap();
    let digest = signer.login_digest(&bytes[range.clone()]);
    bytes[range.end..].copy_from_slice(&digest);
    bytes
}

/// The login of a session whose key is its own, at version and time `at` after the world's start.
fn negotiate(session_id: u32, at: u64) -> Negotiate {
    let mut login = Negotiate::new_zeroed();
    login.session_id.set(session_id);
    login.access_key_id.set(session_id / 16);
    login.session_version_id.set(at);
    login.timestamp_ns.set(WALL_NS + at);
    login
}

fn establish(session_id: u32, version: u64, at: u64) -> Establish {
    let mut login = Establish::new_zeroed();
    login.session_id.set(session_id);
    login.next_seq_num.set(1);
    login.session_version_id.set(version);
    login.timestamp_ns.set(WALL_NS + at);
    login.keep_alive_interval_ms.set(1000);
    login
}

fn response(session_id: u32, version: u64) -> NegotiationResponse {
    let mut response = NegotiationResponse::new_zeroed();
    response.session_id.set(session_id);
    response.session_version_id.set(version);
    let key = keys().into_iter().find(|key| key.id == session_id / 16).unwrap();
    response.firm_id.set(key.firm_id);
    response.roles.set(key.roles);
    response
}

fn ack(session_id: u32, version: u64) -> EstablishmentAck {
    let mut ack = EstablishmentAck::new_zeroed();
    ack.session_id.set(session_id);
    ack.session_version_id.set(version);
    ack.keep_alive_interval_ms.set(1000);
    ack
}

fn order(seq_num: u32) -> Vec<u8> {
    let mut order = NewOrderSingle::new_zeroed();
    order.cl_ord_id.set(500 + u64::from(seq_num));
    order.seq_num.set(seq_num);
    encoded(&order)
}

fn rejected(binding: BindingId, text: &'static str) -> Action {
    Action::RejectImage { binding, text }
}

/// The refusal that a message of the gateway itself carries: template and code.
fn refusal(action: &Action) -> (BindingId, u16, RejectCode) {
    let Action::Send { binding, message } = action else { panic!("{action:?} is no message") };
    let (frame, rest) = Frame::parse(message.bytes()).unwrap();
    assert!(rest.is_empty());
    let code = frame
        .body::<BusinessMessageReject>()
        .map(|body| body.reject_code.get())
        .or_else(|| frame.body::<NegotiationReject>().map(|body| body.reject_code.get()))
        .or_else(|| {
            let body = frame.body::<forecastle_proto_spec::EstablishmentReject>();
            body.map(|body| body.reject_code.get())
        });
    (*binding, frame.template_id, RejectCode::try_from(code.unwrap()).unwrap())
}

impl World {
    fn new() -> Self {
        let core = SessionCore::new(KeyTable::new(keys()).unwrap(), 4);
        let now = Now { wall_ns: WALL_NS, monotonic_ns: 100 * SECOND };
        Self { core, now, blocked: Vec::new(), delivered: Vec::new() }
    }

    fn pass(&mut self, time_ns: u64) {
        self.now.monotonic_ns += time_ns;
        self.now.wall_ns += time_ns;
    }

    fn connect(&mut self, binding: BindingId) {
        self.core.on_image_available(self.now, binding);
    }

    fn message(&mut self, binding: BindingId, bytes: &[u8]) -> Intake {
        self.core.on_message(self.now, binding, bytes, false)
    }

    fn report<M: Message>(&mut self, recipient: Recipient, message: &M) {
        let mut bytes = vec![0; M::ENCODED_LENGTH];
        encode(message, &mut bytes).unwrap();
        let (blocked, delivered) = (&self.blocked, &mut self.delivered);
        self.core.on_report(self.now, recipient, &bytes, |binding| {
            let is_taken = !blocked.contains(&binding);
            if is_taken {
                delivered.push((binding, bytes.clone()));
            }
            is_taken
        });
    }

    fn report_to<M: Message>(&mut self, session_id: u32, message: &M) {
        self.report(Recipient::Session(session_id), message);
    }

    fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.core.next_action()).collect()
    }

    fn disconnects(&mut self) -> Vec<(u32, u16)> {
        std::iter::from_fn(|| self.core.next_disconnect())
            .map(|command| (command.session_id.get(), command.code.get()))
            .collect()
    }

    fn count(&self, count: SessionCount) -> u64 {
        self.core.counters().value(count)
    }

    /// A login up to the engine's acceptance, its reply stream connected.
    fn negotiated(&mut self, binding: BindingId, session_id: u32, at: u64) {
        self.connect(binding);
        let login = signed(&negotiate(session_id, at), session_id / 16);
        assert_eq!(self.message(binding, &login), Intake::Forward { session_id });
        assert_eq!(self.actions(), []);
        self.report_to(session_id, &response(session_id, at));
        assert_eq!(self.actions().last(), Some(&Action::OpenReply { binding }));
        self.core.on_reply_connected(self.now, binding);
        let sent = Outbound::of(&response(session_id, at));
        assert_eq!(self.actions(), [Action::Send { binding, message: sent }]);
    }

    /// A whole login.
    fn established(&mut self, binding: BindingId, session_id: u32, at: u64) {
        self.negotiated(binding, session_id, at);
        let login = signed(&establish(session_id, at, at + 1), session_id / 16);
        assert_eq!(self.message(binding, &login), Intake::Forward { session_id });
        self.report_to(session_id, &ack(session_id, at));
        let delivered = self.delivered.pop();
        assert_eq!(delivered, Some((binding, encoded(&ack(session_id, at)))));
        assert_eq!(self.actions(), []);
    }
}
