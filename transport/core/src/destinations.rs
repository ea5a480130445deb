//! Where the multi-destination publications of one socket send: addresses added by hand, and those
//! of receivers that asked from an IP which the caller permitted. Nobody else becomes a
//! destination, so that a forged status message sends no stream to its victim.

use std::net::{IpAddr, SocketAddr};

use crate::limits::DESTINATION_TIMEOUT_NS;

/// The destinations of one socket. Fixed memory.
#[derive(Debug)]
pub(crate) struct Destinations {
    entries: Vec<Entry>,
    permitted: Vec<IpAddr>,
    entries_max: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    address: SocketAddr,
    /// `None` for one that was added by hand and stays until removed.
    expires_ns: Option<u64>,
}

impl Destinations {
    pub(crate) fn new(entries_max: usize) -> Self {
        Self {
            entries: Vec::with_capacity(entries_max),
            permitted: Vec::with_capacity(entries_max),
            entries_max,
        }
    }

    pub(crate) fn add(&mut self, address: SocketAddr) -> Result<(), DestinationsFull> {
        if let Some(entry) = self.find(address) {
            entry.expires_ns = None;
            return Ok(());
        }
        self.push(Entry { address, expires_ns: None })
    }

    pub(crate) fn remove(&mut self, address: SocketAddr) {
        self.entries.retain(|entry| entry.address != address);
    }

    pub(crate) fn permit(&mut self, ip: IpAddr) -> Result<(), DestinationsFull> {
        if self.permitted.contains(&ip) {
            return Ok(());
        }
        if self.permitted.len() == self.entries_max {
            return Err(DestinationsFull);
        }
        self.permitted.push(ip);
        Ok(())
    }

    /// Registrations from `ip` end at once.
    pub(crate) fn forbid(&mut self, ip: IpAddr) {
        self.permitted.retain(|permitted| *permitted != ip);
        self.entries.retain(|entry| entry.expires_ns.is_none() || entry.address.ip() != ip);
    }

    /// A status message came from `source`: registers or refreshes it. Whether it is a destination.
    #[inline]
    pub(crate) fn hear(&mut self, now_ns: u64, source: SocketAddr) -> bool {
        let expires_ns = Some(now_ns + DESTINATION_TIMEOUT_NS);
        if let Some(entry) = self.find(source) {
            if entry.expires_ns.is_some() {
                entry.expires_ns = expires_ns;
            }
            return true;
        }
        self.permitted.contains(&source.ip())
            && self.push(Entry { address: source, expires_ns }).is_ok()
    }

    /// Forgets those that fell silent.
    #[inline]
    pub(crate) fn expire(&mut self, now_ns: u64) {
        self.entries.retain(|entry| entry.expires_ns.is_none_or(|expires_ns| now_ns < expires_ns));
    }

    fn find(&mut self, address: SocketAddr) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.address == address)
    }

    fn push(&mut self, entry: Entry) -> Result<(), DestinationsFull> {
        if self.entries.len() == self.entries_max {
            return Err(DestinationsFull);
        }
        self.entries.push(entry);
        Ok(())
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    pub(crate) fn address(&self, index: usize) -> Option<SocketAddr> {
        self.entries.get(index).map(|entry| entry.address)
    }
}

/// A datagram on its way to every destination.
#[derive(Debug)]
pub(crate) struct Copies {
    datagram: Box<[u8]>,
    length: usize,
    /// Destination that gets the next copy.
    next: usize,
    left: usize,
    /// Destination that gets the first copy of the next datagram, so that they take turns.
    first: usize,
}

impl Copies {
    pub(crate) fn new(datagram_length_max: usize) -> Self {
        Self {
            datagram: vec![0; datagram_length_max].into_boxed_slice(),
            length: 0,
            next: 0,
            left: 0,
            first: 0,
        }
    }

    /// Takes `datagram` to be copied to each of `destination_count`.
    #[inline]
    pub(crate) fn start(&mut self, datagram: &[u8], destination_count: usize) {
        self.datagram[..datagram.len()].copy_from_slice(datagram);
        self.length = datagram.len();
        self.next = self.first;
        self.first += 1;
        self.left = destination_count;
    }

    /// The next copy, written into `buffer`: its destination and length.
    #[inline]
    pub(crate) fn next(
        &mut self,
        destinations: &Destinations,
        buffer: &mut [u8],
    ) -> Option<(SocketAddr, usize)> {
        let left = self.left.checked_sub(1)?;
        if destinations.len() == 0 {
            self.left = 0;
            return None;
        }
        let address = destinations.address(self.next % destinations.len())?;
        self.left = left;
        self.next += 1;
        buffer[..self.length].copy_from_slice(&self.datagram[..self.length]);
        Some((address, self.length))
    }
}

/// No room for one more destination, or for one more IP that may become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DestinationsFull;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(last: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, last], port))
    }

    fn all(destinations: &Destinations) -> Vec<SocketAddr> {
        (0..destinations.len()).filter_map(|index| destinations.address(index)).collect()
    }

    #[test]
    fn only_the_permitted_become_destinations_and_only_while_they_speak() {
        let mut destinations = Destinations::new(2);
        assert!(!destinations.hear(0, at(1, 1)));
        destinations.permit(at(1, 0).ip()).unwrap();
        assert!(destinations.hear(0, at(1, 1)));
        assert!(!destinations.hear(0, at(2, 1)));
        assert!(destinations.hear(1, at(1, 2)));
        assert!(!destinations.hear(2, at(1, 3)), "full");
        assert!(destinations.hear(DESTINATION_TIMEOUT_NS - 1, at(1, 2)));
        destinations.expire(DESTINATION_TIMEOUT_NS);
        assert_eq!(all(&destinations), [at(1, 2)]);
        destinations.forbid(at(1, 0).ip());
        assert_eq!(all(&destinations), []);
        assert!(!destinations.hear(0, at(1, 2)));
    }

    #[test]
    fn one_added_by_hand_stays_until_removed() {
        let mut destinations = Destinations::new(2);
        destinations.add(at(9, 9)).unwrap();
        destinations.add(at(9, 9)).unwrap();
        assert!(destinations.hear(0, at(9, 9)));
        destinations.expire(u64::MAX);
        destinations.forbid(at(9, 0).ip());
        assert_eq!(all(&destinations), [at(9, 9)]);
        destinations.remove(at(9, 9));
        assert_eq!(destinations.len(), 0);
    }

    #[test]
    fn every_destination_gets_every_datagram_and_they_take_turns_being_first() {
        let mut destinations = Destinations::new(3);
        (1..=3).for_each(|last| destinations.add(at(last, 1)).unwrap());
        let mut copies = Copies::new(4);
        let mut firsts = Vec::new();
        for number in 0..6_u8 {
            copies.start(&[number; 3], destinations.len());
            let mut buffer = [0; 4];
            let mut reached = Vec::new();
            while let Some((address, length)) = copies.next(&destinations, &mut buffer) {
                assert_eq!(buffer[..length], [number; 3]);
                reached.push(address);
            }
            firsts.push(reached[0]);
            reached.sort();
            assert_eq!(reached, [at(1, 1), at(2, 1), at(3, 1)]);
        }
        assert_eq!(firsts[..3], [at(1, 1), at(2, 1), at(3, 1)]);
        copies.start(&[7], 3);
        (1..=3).for_each(|last| destinations.remove(at(last, 1)));
        assert_eq!(copies.next(&destinations, &mut [0; 4]), None);
    }
}
