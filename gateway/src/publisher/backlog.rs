//! Packets that the publication did not take yet, oldest first, in fixed memory.

/// A queue of packets, each behind its length.
#[derive(Debug)]
pub(crate) struct Backlog {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Backlog {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { bytes: vec![0; capacity].into_boxed_slice(), start: 0, end: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Appends a packet; false when there is no room before the queue was emptied.
    pub(crate) fn push(&mut self, packet: &[u8]) -> bool {
        if self.is_empty() {
            self.clear();
        }
        let body = self.end + LENGTH_BYTES;
        let Some(target) = self.bytes.get_mut(self.end..body + packet.len()) else {
            return false;
        };
        let (length, bytes) = target.split_at_mut(LENGTH_BYTES);
        length.copy_from_slice(&(packet.len() as u32).to_le_bytes());
        bytes.copy_from_slice(packet);
        self.end = body + packet.len();
        true
    }

    /// The oldest packet.
    pub(crate) fn first(&self) -> Option<&[u8]> {
        let (length, rest) =
            self.bytes[self.start..self.end].split_first_chunk::<LENGTH_BYTES>()?;
        Some(&rest[..u32::from_le_bytes(*length) as usize])
    }

    /// Drops the oldest packet.
    pub(crate) fn pop(&mut self) {
        if let Some(length) = self.first().map(<[u8]>::len) {
            self.start += LENGTH_BYTES + length;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
    }

    /// Packets in the queue. O(packets).
    pub(crate) fn count(&self) -> u64 {
        let mut rest = &self.bytes[self.start..self.end];
        let mut count = 0;
        while let Some((length, behind)) = rest.split_first_chunk::<LENGTH_BYTES>() {
            rest = &behind[u32::from_le_bytes(*length) as usize..];
            count += 1;
        }
        count
    }
}

const LENGTH_BYTES: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_leave_in_order_and_room_comes_back_when_empty() {
        let mut backlog = Backlog::new(20);
        assert!(backlog.first().is_none());
        assert!(backlog.push(b"abc") && backlog.push(b"defgh"));
        assert!(!backlog.push(b"x"), "16 of 20 bytes are used, 5 are needed");
        assert!(backlog.push(b""));
        assert_eq!(backlog.count(), 3);
        assert_eq!(backlog.first(), Some(&b"abc"[..]));
        backlog.pop();
        assert_eq!(backlog.first(), Some(&b"defgh"[..]));
        backlog.pop();
        assert_eq!(backlog.first(), Some(&b""[..]));
        backlog.pop();
        assert!(backlog.is_empty());
        assert!(backlog.push(&[7; 16]));
        assert_eq!(backlog.first(), Some(&[7; 16][..]));
    }
}
