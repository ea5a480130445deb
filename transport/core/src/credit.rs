//! Amplification credit: an endpoint may be asked to answer addresses that anybody can forge, so an
//! unproven source address is never sent more bytes than came from it. The caller lifts the limit
//! for one address when its session has proven itself.

use std::net::SocketAddr;

/// Bytes that may still be sent to each source address. Fixed memory: when the table is full the
/// unproven address that was silent longest is forgotten, and starts again at zero.
#[derive(Debug)]
pub struct CreditTable {
    /// Sorted by address.
    sources: Vec<Source>,
    sources_max: usize,
}

impl CreditTable {
    /// A table of at most `sources_max` addresses.
    ///
    /// # Panics
    /// When `sources_max` is 0.
    pub fn new(sources_max: usize) -> Self {
        assert!(sources_max > 0, "a credit table holds at least one source");
        Self { sources: Vec::with_capacity(sources_max), sources_max }
    }

    /// Notes `length` bytes received from `source`. O(log n), O(n) for a new address.
    #[inline]
    pub fn on_received(&mut self, source: SocketAddr, length: usize, now_ns: u64) {
        if let Some(index) = self.find_or_insert(source, now_ns) {
            let entry = &mut self.sources[index];
            entry.credit_bytes = entry.credit_bytes.saturating_add(length as u64);
            entry.last_heard_ns = now_ns;
        }
    }

    /// Takes `length` bytes of `source`'s credit; false, and nothing taken, when there is too
    /// little. Always true for a proven source.
    #[inline]
    pub fn try_spend(&mut self, source: SocketAddr, length: usize) -> bool {
        let Ok(index) = self.find(source) else { return false };
        let entry = &mut self.sources[index];
        if entry.is_proven {
            return true;
        }
        match entry.credit_bytes.checked_sub(length as u64) {
            Some(rest) => {
                entry.credit_bytes = rest;
                true
            }
            None => false,
        }
    }

    /// Lifts the limit for `source`. False when the table holds nothing but proven sources.
    pub fn prove(&mut self, source: SocketAddr, now_ns: u64) -> bool {
        match self.find_or_insert(source, now_ns) {
            Some(index) => {
                self.sources[index].is_proven = true;
                true
            }
            None => false,
        }
    }

    /// Puts `source` back under the limit, with no credit.
    pub fn revoke(&mut self, source: SocketAddr) {
        if let Ok(index) = self.find(source) {
            self.sources[index].is_proven = false;
            self.sources[index].credit_bytes = 0;
        }
    }

    /// Whether `source` was proven and not revoked since.
    pub fn is_proven(&self, source: SocketAddr) -> bool {
        self.find(source).is_ok_and(|index| self.sources[index].is_proven)
    }

    fn find(&self, source: SocketAddr) -> Result<usize, usize> {
        self.sources.binary_search_by(|entry| entry.address.cmp(&source))
    }

    fn find_or_insert(&mut self, source: SocketAddr, now_ns: u64) -> Option<usize> {
        let index = match self.find(source) {
            Ok(index) => return Some(index),
            Err(index) => index,
        };
        let entry =
            Source { address: source, credit_bytes: 0, last_heard_ns: now_ns, is_proven: false };
        if self.sources.len() < self.sources_max {
            self.sources.insert(index, entry);
            return Some(index);
        }
        let oldest = self.oldest_unproven()?;
        self.sources.remove(oldest);
        let index = if oldest < index { index - 1 } else { index };
        self.sources.insert(index, entry);
        Some(index)
    }

    fn oldest_unproven(&self) -> Option<usize> {
        let unproven = self.sources.iter().enumerate().filter(|(_, entry)| !entry.is_proven);
        unproven.min_by_key(|(_, entry)| entry.last_heard_ns).map(|(index, _)| index)
    }
}

#[derive(Clone, Copy, Debug)]
struct Source {
    address: SocketAddr,
    credit_bytes: u64,
    last_heard_ns: u64,
    is_proven: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(port: u16) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, 1], port))
    }

    #[test]
    fn what_came_in_may_go_out_and_no_more() {
        let mut table = CreditTable::new(4);
        assert!(!table.try_spend(source(1), 1));
        table.on_received(source(1), 40, 0);
        assert!(table.try_spend(source(1), 36));
        assert!(!table.try_spend(source(1), 5));
        assert!(table.try_spend(source(1), 4));
        assert!(!table.try_spend(source(1), 1));
        assert!(!table.try_spend(source(2), 1), "credit is per address and port");
    }

    #[test]
    fn proof_lifts_the_limit_until_revoked() {
        let mut table = CreditTable::new(4);
        assert!(table.prove(source(1), 0));
        assert!(table.try_spend(source(1), 1_000_000));
        assert!(table.is_proven(source(1)));
        table.revoke(source(1));
        assert!(!table.try_spend(source(1), 1));
    }

    #[test]
    fn a_flood_of_addresses_evicts_the_longest_silent_and_never_a_proven_one() {
        let mut table = CreditTable::new(3);
        assert!(table.prove(source(1), 0));
        table.on_received(source(2), 100, 1);
        table.on_received(source(3), 100, 2);
        table.on_received(source(4), 100, 3);
        assert!(table.is_proven(source(1)));
        assert!(!table.try_spend(source(2), 1), "evicted sources start at zero");
        assert!(table.try_spend(source(3), 100));
        assert!(table.try_spend(source(4), 100));
        assert!(table.prove(source(5), 4) && table.prove(source(6), 5));
        assert!(!table.prove(source(7), 6), "nothing left to evict");
        table.on_received(source(7), 100, 7);
        assert!(!table.try_spend(source(7), 1));
    }
}
