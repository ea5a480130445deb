//! Login messages and their signature.

use forecastle_proto_spec::{Establish, HMAC_LENGTH, MessageHeader, Negotiate, signed_range};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zerocopy::{FromBytes as _, FromZeros as _};

use crate::order_entry::OnDisconnect;

/// An unsigned Negotiate.
pub(crate) fn negotiate(
    session_id: u32,
    access_key_id: u32,
    session_version_id: u64,
    timestamp_ns: u64,
) -> Negotiate {
    let mut message = Negotiate::new_zeroed();
    message.session_id.set(session_id);
    message.access_key_id.set(access_key_id);
    message.session_version_id.set(session_version_id);
    message.timestamp_ns.set(timestamp_ns);
    message
}

/// An unsigned Establish.
pub(crate) fn establish(
    session_id: u32,
    session_version_id: u64,
    timestamp_ns: u64,
    next_seq_num: u32,
    keep_alive_interval_ms: u32,
    on_disconnect: OnDisconnect,
) -> Establish {
    let mut message = Establish::new_zeroed();
    message.session_id.set(session_id);
    message.session_version_id.set(session_version_id);
    message.timestamp_ns.set(timestamp_ns);
    message.next_seq_num.set(next_seq_num);
    message.keep_alive_interval_ms.set(keep_alive_interval_ms);
    message.cancel_on_disconnect = on_disconnect.cancel.into();
    message.cod_timeout_ms.set(on_disconnect.grace_ms);
    message
}

/// Writes the HMAC of an encoded login message into its last field; other messages stay as they
/// are. HMAC-SHA256 (RFC 2104) under `secret` over every byte before the field.
pub fn sign(secret: &[u8; 32], message: &mut [u8]) {
    let Ok((header, _)) = MessageHeader::ref_from_prefix(message) else { return };
    let Some(range) = signed_range(header.template_id.get()) else { return };
    let end = range.end + HMAC_LENGTH;
    if message.len() < end {
        return;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("an HMAC key may have any length");
    mac.update(&message[range.clone()]);
    message[range.end..end].copy_from_slice(&mac.finalize().into_bytes());
}

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::{Message as _, encode};

    use super::*;

    /// RFC 4231 has no vector of our form; this one was computed with Python's `hmac` module.
    #[test]
    fn the_signature_covers_header_and_fields() {
        let mut bytes = [0; Negotiate::ENCODED_LENGTH];
        encode(&negotiate(33, 2, 5, 7), &mut bytes).unwrap();
        sign(&[0x11; 32], &mut bytes);
        let hex: String = bytes[32..].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "8ec5bc8778121b39b82726c34512b4d588acb036de852c6740d36dfa41eba283");
        let before = bytes;
        bytes[0] ^= 1;
        sign(&[0x11; 32], &mut bytes);
        assert_ne!(bytes[32..], before[32..]);
    }
}
