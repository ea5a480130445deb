//! Session ids of reply streams. Whoever names one first, from the right IP, gets the stream, so
//! they must not be guessed: HMAC-SHA256 of a counter under a secret drawn at start.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A stream of unpredictable ids that its seed decides.
pub(crate) struct ReplyIds {
    seed: [u8; 32],
    counter: u64,
}

impl ReplyIds {
    /// Ids that nobody predicts who does not know `seed`.
    pub(crate) const fn new(seed: [u8; 32]) -> Self {
        Self { seed, counter: 0 }
    }

    /// The next session id and initial term id. The session id is outside the range that Aeron
    /// leaves to applications (-1 to 1000).
    pub(crate) fn next(&mut self) -> (i32, i32) {
        loop {
            self.counter += 1;
            let mut mac =
                Hmac::<Sha256>::new_from_slice(&self.seed).expect("HMAC takes a key of any length");
            mac.update(&self.counter.to_le_bytes());
            let digest: [u8; 32] = mac.finalize().into_bytes().into();
            let word = |at: usize| {
                i32::from_le_bytes([digest[at], digest[at + 1], digest[at + 2], digest[at + 3]])
            };
            if !RESERVED.contains(&word(0)) {
                return (word(0), word(4));
            }
        }
    }
}

/// Session ids that a driver never draws.
const RESERVED: std::ops::RangeInclusive<i32> = -1..=1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_from_the_seed_and_do_not_repeat() {
        let ids = |seed: u8| -> Vec<_> {
            let mut ids = ReplyIds::new([seed; 32]);
            (0..1000).map(|_| ids.next()).collect()
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1)[0], ids(2)[0]);
        let mut sessions: Vec<_> = ids(3).iter().map(|id| id.0).collect();
        assert!(sessions.iter().all(|id| !RESERVED.contains(id)));
        sessions.sort_unstable();
        sessions.dedup();
        assert!(sessions.len() >= 999);
    }
}
