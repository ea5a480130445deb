//! Login messages, right ones to begin with; every field may be changed before they are signed.

use std::time::{SystemTime, UNIX_EPOCH};

use forecastle_client::{AccessKey, sign};
use forecastle_proto_spec::{Establish, EstablishmentAck, Message, Negotiate, NegotiationResponse};
use zerocopy::FromZeros as _;

use super::{PlainSocket, encoded};
use crate::exchange_process::ExchangeProcess;

/// A right Negotiate of now, unsigned.
pub fn negotiate(key: &AccessKey, session_number: u32) -> Negotiate {
    let mut message = Negotiate::new_zeroed();
    let now_ns = wall_ns();
    message.session_id.set(key.session_id(session_number));
    message.access_key_id.set(key.id);
    message.session_version_id.set(now_ns);
    message.timestamp_ns.set(now_ns);
    message
}

/// A right Establish of now for a version, unsigned.
pub fn establish(negotiate: &Negotiate) -> Establish {
    let mut message = Establish::new_zeroed();
    message.session_id = negotiate.session_id;
    message.session_version_id = negotiate.session_version_id;
    message.timestamp_ns.set(wall_ns());
    message.next_seq_num.set(1);
    message.keep_alive_interval_ms.set(60_000);
    message
}

/// The bytes of a login message, signed by a secret.
pub fn signed<M: Message>(message: &M, secret: &[u8; 32]) -> Vec<u8> {
    let mut bytes = encoded(message);
    sign(secret, &mut bytes);
    bytes
}

/// Nanoseconds since 1970.
pub fn wall_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is after 1970");
    u64::try_from(since.as_nanos()).expect("the clock is before 2554")
}

impl PlainSocket {
    /// Connects and negotiates with the key of this name; gives the accepted Negotiate too.
    pub fn negotiated(exchange: &ExchangeProcess, key: &str) -> (Self, Negotiate) {
        let key = exchange.keys.named(key).expect("the exchange made this key");
        let mut socket = Self::connect(exchange);
        let message = negotiate(key, PLAIN_SESSION_NUMBER);
        socket.send_payload(&signed(&message, &key.secret));
        let response = socket.await_report(|_: &NegotiationResponse| true);
        assert_eq!(response.session_version_id, message.session_version_id);
        assert_eq!(response.firm_id.get(), key.firm_id);
        (socket, message)
    }

    /// Connects and logs in with the key of this name.
    pub fn logged_in(exchange: &ExchangeProcess, key: &str) -> Self {
        let (mut socket, negotiate) = Self::negotiated(exchange, key);
        let secret = exchange.keys.named(key).expect("the exchange made this key").secret;
        socket.send_payload(&signed(&establish(&negotiate), &secret));
        let ack = socket.await_report(|_: &EstablishmentAck| true);
        assert_eq!((ack.last_seq_num.get(), ack.next_seq_num.get()), (0, 1));
        socket
    }
}

/// Which of a key's sessions the plain sockets use; the SDK's desks use 0.
pub const PLAIN_SESSION_NUMBER: u32 = 1;
