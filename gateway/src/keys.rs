//! The access keys that may log in, and the proof of a login.
//!
//! A fixed table made at start. Which firm and roles a key has is the engine's state; what stands
//! here is what configuration said, until the log says otherwise.

use std::fmt;

use forecastle_proto_spec::{HMAC_LENGTH, SESSIONS_PER_KEY, signed_range};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Keys in ascending order of their ids.
#[derive(Debug)]
pub struct KeyTable {
    keys: Box<[AccessKey]>,
}

impl KeyTable {
    /// A table of `keys`, in any order.
    ///
    /// # Errors
    /// See [`KeyTableError`].
    pub fn new(mut keys: Vec<AccessKey>) -> Result<Self, KeyTableError> {
        keys.sort_by_key(|key| key.id);
        for key in &keys {
            if key.id == 0 || key.id.checked_mul(SESSIONS_PER_KEY).is_none() {
                return Err(KeyTableError::IdOutOfRange { id: key.id });
            }
        }
        for pair in keys.windows(2) {
            if pair[0].id == pair[1].id {
                return Err(KeyTableError::DuplicateId { id: pair[0].id });
            }
        }
        Ok(Self { keys: keys.into_boxed_slice() })
    }

    /// Number of keys.
    #[must_use]
    pub fn length(&self) -> usize {
        self.keys.len()
    }

    /// Place of a key in the table, below [`Self::length`]. O(log n).
    #[inline]
    #[must_use]
    pub fn index_of(&self, access_key_id: u32) -> Option<usize> {
        self.keys.binary_search_by_key(&access_key_id, |key| key.id).ok()
    }

    /// The key at a place; `None` from [`Self::length`] on.
    #[must_use]
    pub fn key(&self, index: usize) -> Option<&AccessKey> {
        self.keys.get(index)
    }

    /// Whether `message`, a whole login message of `template_id`, carries the right HMAC for the
    /// key at `index`. The comparison takes the same time wherever the bytes differ.
    ///
    /// Cost: one HMAC-SHA256 over at most 40 bytes, about 1 µs; no allocation.
    #[must_use]
    pub fn is_signed_by(&self, index: usize, template_id: u16, message: &[u8]) -> bool {
        let (Some(key), Some(range)) = (self.keys.get(index), signed_range(template_id)) else {
            return false;
        };
        let (Some(signed), Some(proof)) =
            (message.get(range.clone()), message.get(range.end..range.end + HMAC_LENGTH))
        else {
            return false;
        };
        let mut mac = key.mac();
        mac.update(signed);
        mac.verify_slice(proof).is_ok()
    }
}

/// One key: who may log in, and with which secret.
#[derive(Clone)]
pub struct AccessKey {
    /// Its id, not zero; its sessions are `id × 16 + 0..=15`.
    pub id: u32,
    /// Firm it acts for.
    pub firm_id: u32,
    /// What it may do, bits of the schema's `Roles`.
    pub roles: u16,
    /// Secret of the HMAC, shared with the client.
    pub secret: [u8; 32],
}

impl AccessKey {
    /// HMAC-SHA256 of the signed bytes of a login message. For whoever signs in the same process:
    /// tests and traders of the demo.
    #[must_use]
    pub fn login_digest(&self, signed: &[u8]) -> [u8; HMAC_LENGTH] {
        let mut mac = self.mac();
        mac.update(signed);
        mac.finalize().into_bytes().into()
    }

    fn mac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.secret).expect("HMAC takes a key of any length")
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AccessKey")
            .field("id", &self.id)
            .field("firm_id", &self.firm_id)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

/// Why a table of keys was refused. Operational: told to whoever starts the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyTableError {
    /// A key id is zero, or so high that its session ids leave 32 bits.
    IdOutOfRange {
        /// The refused id.
        id: u32,
    },
    /// Two keys have one id.
    DuplicateId {
        /// The id.
        id: u32,
    },
}

impl fmt::Display for KeyTableError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IdOutOfRange { id } => {
                write!(formatter, "access key id {id} is not in 1 to {}", u32::MAX / 16)
            }
            Self::DuplicateId { id } => write!(formatter, "two access keys have the id {id}"),
        }
    }
}

impl std::error::Error for KeyTableError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: u32, secret: [u8; 32]) -> AccessKey {
        AccessKey { id, firm_id: 7, roles: 1, secret }
    }

    #[test]
    fn the_digest_is_hmac_sha256() {
        // RFC 4231, test case 1, with its 20-byte key zero filled as HMAC itself does.
        let mut secret = [0; 32];
        secret[..20].fill(0x0b);
        let expected = [
            0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53, 0x5c, 0xa8, 0xaf, 0xce, 0xaf, 0x0b,
            0xf1, 0x2b, 0x88, 0x1d, 0xc2, 0x00, 0xc9, 0x83, 0x3d, 0xa7, 0x26, 0xe9, 0x37, 0x6c,
            0x2e, 0x32, 0xcf, 0xf7,
        ];
        assert_eq!(key(1, secret).login_digest(b"Hi There"), expected);
    }

    #[test]
    fn every_bit_of_a_signed_message_counts() {
        let table = KeyTable::new(vec![key(2, [2; 32]), key(1, [1; 32])]).unwrap();
        let (first, second) = (table.index_of(1).unwrap(), table.index_of(2).unwrap());
        let mut message = [0x5A_u8; 64];
        let digest = table.key(first).unwrap().login_digest(&message[..32]);
        message[32..].copy_from_slice(&digest);
        assert!(table.is_signed_by(first, 1, &message));
        assert!(!table.is_signed_by(second, 1, &message), "another key's secret");
        assert!(!table.is_signed_by(2, 1, &message), "no such key");
        assert!(!table.is_signed_by(first, 8, &message), "a template without HMAC");
        assert!(!table.is_signed_by(first, 1, &message[..63]));
        for bit in 0..64 * 8 {
            message[bit / 8] ^= 1 << (bit % 8);
            assert!(!table.is_signed_by(first, 1, &message), "bit {bit}");
            message[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn ids_are_unique_and_their_sessions_fit() {
        let refused = |ids: &[u32]| {
            let keys = ids.iter().map(|id| key(*id, [0; 32])).collect();
            KeyTable::new(keys).map(|table| table.length())
        };
        assert_eq!(refused(&[3, 1, 2]), Ok(3));
        assert_eq!(refused(&[1, 0]), Err(KeyTableError::IdOutOfRange { id: 0 }));
        let high = u32::MAX / 16 + 1;
        assert_eq!(refused(&[high]), Err(KeyTableError::IdOutOfRange { id: high }));
        assert_eq!(refused(&[high - 1]), Ok(1));
        assert_eq!(refused(&[5, 4, 5]), Err(KeyTableError::DuplicateId { id: 5 }));
    }

    #[test]
    fn a_printed_key_shows_no_secret() {
        let printed = format!("{:?}", key(9, [0xAB; 32]));
        assert!(printed.contains("id: 9") && !printed.contains("171"), "{printed}");
    }
}
