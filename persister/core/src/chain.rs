//! Hashes of the journal: checksums anybody can verify, and the keyed chain.

use std::fmt;

/// Bytes of a [`type@Hash`].
pub const HASH_LENGTH: usize = 32;
/// A BLAKE3 hash or chain value.
pub type Hash = [u8; HASH_LENGTH];

/// The unkeyed hash of `bytes`.
#[must_use]
pub fn hash(bytes: &[u8]) -> Hash {
    *blake3::hash(bytes).as_bytes()
}

/// The first 16 bytes of the unkeyed hash of `bytes`: guards headers against faults.
#[must_use]
pub fn checksum(bytes: &[u8]) -> [u8; 16] {
    crate::field::bytes_at(&hash(bytes), 0)
}

/// The key of the chain: whoever lacks it cannot make frames that continue a journal.
#[derive(Clone)]
pub struct ChainKey([u8; HASH_LENGTH]);

impl ChainKey {
    /// The key that consists of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; HASH_LENGTH]) -> Self {
        Self(bytes)
    }

    /// The key in the text of a key file: 64 hex digits of either case, white space around them.
    ///
    /// # Errors
    /// [`ChainKeyError`] on anything else.
    pub fn from_hex(text: &str) -> Result<Self, ChainKeyError> {
        let digits = text.trim().as_bytes();
        if digits.len() != 2 * HASH_LENGTH {
            return Err(ChainKeyError);
        }
        let mut bytes = [0; HASH_LENGTH];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
            *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
        }
        Ok(Self(bytes))
    }

    /// The 64 lower-case hex digits of the key, for the key file and nothing else.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The chain value of a frame: the keyed hash of the replicated part of its header.
    #[inline]
    #[must_use]
    pub(crate) fn chain_value(&self, replicated: &[u8]) -> Hash {
        *blake3::keyed_hash(&self.0, replicated).as_bytes()
    }
}

/// Says nothing of the key, so that it never reaches a log.
impl fmt::Debug for ChainKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ChainKey(..)")
    }
}

/// A key file holds something other than 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainKeyError;

impl fmt::Display for ChainKeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a chain key is 64 hex digits")
    }
}

impl std::error::Error for ChainKeyError {}

fn hex_digit(digit: u8) -> Result<u8, ChainKeyError> {
    let value = char::from(digit).to_digit(16).ok_or(ChainKeyError)?;
    u8::try_from(value).map_err(|_| ChainKeyError)
}

#[cfg(test)]
mod tests {
    use super::ChainKey;

    #[test]
    fn a_key_survives_its_file_and_hides_in_logs() {
        let key = ChainKey::new(std::array::from_fn(|index| 0xF0 ^ index as u8));
        let text = format!("{}\n", key.to_hex());
        assert_eq!(ChainKey::from_hex(&text).unwrap().0, key.0);
        assert_eq!(ChainKey::from_hex(&text.to_uppercase()).unwrap().0, key.0);
        assert_eq!(format!("{key:?}"), "ChainKey(..)");
    }

    #[test]
    fn other_texts_are_no_keys() {
        let text = "0".repeat(64);
        assert!(ChainKey::from_hex(&text).is_ok());
        for bad in
            [&text[1..], &format!("{text}0"), &text.replacen('0', "g", 1), "", &"é".repeat(32)]
        {
            assert!(ChainKey::from_hex(bad).is_err(), "{bad}");
        }
    }
}
