//! Datagrams thrown away on purpose between our sockets and our endpoints, by kind and by seed.

use forecastle_transport::Random;
use forecastle_transport::frame::{TYPE_DATA, TYPE_NAK, TYPE_PAD};

/// What one direction of a socket loses.
#[derive(Clone, Debug)]
pub struct Loss {
    random: Random,
    data_per_mille: u64,
    control_per_mille: u64,
    nak_per_mille: u64,
    spares_heartbeats: bool,
    dropped: u64,
}

impl Loss {
    /// Loses nothing.
    pub fn none() -> Self {
        Self::new(0, 0, 0)
    }

    /// Loses that many of a thousand DATA and PAD datagrams, and of all others.
    pub fn new(seed: u64, data_per_mille: u64, control_per_mille: u64) -> Self {
        Self {
            random: Random::new(seed),
            data_per_mille,
            control_per_mille,
            nak_per_mille: control_per_mille,
            spares_heartbeats: false,
            dropped: 0,
        }
    }

    /// Loses every NAK and nothing else.
    pub fn of_naks() -> Self {
        Self { nak_per_mille: 1000, ..Self::none() }
    }

    /// The same, but for the DATA frames that only say where the sender is.
    pub fn sparing_heartbeats(self) -> Self {
        Self { spares_heartbeats: true, ..self }
    }

    /// Whether this datagram is lost.
    pub fn takes(&mut self, datagram: &[u8]) -> bool {
        let kind = datagram.get(6..8).map(|kind| i16::from_le_bytes([kind[0], kind[1]]));
        let per_mille = match kind {
            Some(TYPE_DATA | TYPE_PAD) => self.data_per_mille,
            Some(TYPE_NAK) => self.nak_per_mille,
            _ => self.control_per_mille,
        };
        if self.spares_heartbeats && datagram.starts_with(&[0; 4]) {
            return false;
        }
        let is_lost = self.random.below(1000) < per_mille;
        self.dropped += u64::from(is_lost);
        is_lost
    }

    /// Datagrams lost so far.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}
