//! Which ranges a publication resends: a bounded set of ranges, each served once per linger period,
//! which grows while the same range is asked for, under a byte budget. Keeps no bytes; the send
//! buffer does.

use crate::counters::DropCause;
use crate::limits::{RETRANSMIT_LINGER_NS, RETRANSMITS_MAX};

/// Ranges being resent, or resent a moment ago.
#[derive(Debug)]
pub(crate) struct RetransmitQueue {
    ranges: [Option<Range>; RETRANSMITS_MAX],
    bytes_max: u64,
    bytes_left: u64,
    refill_ns: u64,
    linger_ns: u64,
}

#[derive(Clone, Copy, Debug)]
struct Range {
    from: u64,
    to: u64,
    /// First byte not yet resent.
    next: u64,
    /// Set when everything was resent.
    lingers_until_ns: u64,
    linger_ns: u64,
}

impl Range {
    fn is_sending(&self) -> bool {
        self.next < self.to
    }

    fn covers(&self, position: u64, now_ns: u64) -> bool {
        (self.from..self.to).contains(&position)
            && (self.is_sending() || now_ns < self.lingers_until_ns)
    }
}

impl RetransmitQueue {
    /// An empty queue that resends at most `bytes_max` per [`RETRANSMIT_LINGER_NS`], and a range
    /// not again within `linger_ns`.
    pub(crate) const fn new(bytes_max: u64, linger_ns: u64) -> Self {
        let bytes_left = bytes_max;
        Self { ranges: [None; RETRANSMITS_MAX], bytes_max, bytes_left, refill_ns: 0, linger_ns }
    }

    /// Takes the range `from..to` that a receiver misses.
    pub(crate) fn on_nak(&mut self, from: u64, to: u64, now_ns: u64) -> Result<(), DropCause> {
        if self.ranges.iter().flatten().any(|range| range.covers(from, now_ns)) {
            return Err(DropCause::NakLingering);
        }
        let (slot, linger_ns) = match self.resent_range(from) {
            // Asked for again after it was resent: who cannot keep up gets it ever later.
            Some((slot, range)) => (slot, self.longer(range.linger_ns)),
            None => (self.free_slot(now_ns).ok_or(DropCause::NakSlotsFull)?, self.linger_ns),
        };
        self.ranges[slot] = Some(Range { from, to, next: from, lingers_until_ns: 0, linger_ns });
        Ok(())
    }

    fn longer(&self, linger_ns: u64) -> u64 {
        (linger_ns * LINGER_FACTOR).min(self.linger_ns.max(RETRANSMIT_LINGER_NS))
    }

    /// The range remembered that `position` lies in, with its slot.
    fn resent_range(&self, position: u64) -> Option<(usize, &Range)> {
        let ranges = self.ranges.iter().enumerate();
        let mut ranges =
            ranges.filter_map(|(slot, range)| range.as_ref().map(|range| (slot, range)));
        ranges.find(|(_, range)| (range.from..range.to).contains(&position))
    }

    /// An unused slot, else an expired one, else the one that lingers shortest: ranges still being
    /// sent are never displaced.
    fn free_slot(&self, now_ns: u64) -> Option<usize> {
        let until = |range: &Option<Range>| match range {
            None => Some(0),
            Some(range) if range.is_sending() => None,
            Some(range) if range.lingers_until_ns <= now_ns => Some(0),
            Some(range) => Some(range.lingers_until_ns),
        };
        let free = self.ranges.iter().enumerate();
        let free = free.filter_map(|(slot, range)| until(range).map(|until| (until, slot)));
        free.min().map(|(_, slot)| slot)
    }

    /// The next range to resend a datagram of, as `(next, to)`, when the budget allows
    /// `datagram_length_max` bytes.
    #[inline]
    pub(crate) fn next(&mut self, now_ns: u64, datagram_length_max: u64) -> Next {
        let Some(range) = self.ranges.iter().flatten().find(|range| range.is_sending()) else {
            return Next::Nothing;
        };
        if now_ns >= self.refill_ns {
            self.bytes_left = self.bytes_max;
            self.refill_ns = now_ns + RETRANSMIT_LINGER_NS;
        }
        if self.bytes_left < datagram_length_max {
            return Next::OverBudget;
        }
        Next::Resend(range.next, range.to)
    }

    /// Notes that the range which [`Self::next`] named was resent up to `end`; a range that cannot
    /// go on is ended by passing its own end.
    pub(crate) fn on_resent(&mut self, end: u64, wire_length: usize, now_ns: u64) {
        self.bytes_left = self.bytes_left.saturating_sub(wire_length as u64);
        let sending = self.ranges.iter_mut().flatten().find(|range| range.is_sending());
        if let Some(range) = sending {
            range.next = end;
            range.lingers_until_ns = now_ns + range.linger_ns;
        }
    }
}

/// How much longer a range lingers after each time that it is resent.
const LINGER_FACTOR: u64 = 4;

/// What a publication may resend now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Nothing,
    OverBudget,
    Resend(u64, u64),
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINGER_NS: u64 = 3_000;

    #[test]
    fn a_range_is_resent_once_per_linger() {
        let mut queue = RetransmitQueue::new(10_000, LINGER_NS);
        assert_eq!(queue.on_nak(64, 128, 5), Ok(()));
        assert_eq!(queue.on_nak(64, 128, 5), Err(DropCause::NakLingering));
        assert_eq!(queue.next(5, 1408), Next::Resend(64, 128));
        queue.on_resent(128, 64, 5);
        assert_eq!(queue.next(5, 1408), Next::Nothing);
        assert_eq!(queue.on_nak(96, 128, 5 + LINGER_NS - 1), Err(DropCause::NakLingering));
        assert_eq!(queue.on_nak(128, 160, 6), Ok(()), "starts outside");
        assert_eq!(queue.on_nak(64, 128, 5 + LINGER_NS), Ok(()));
    }

    #[test]
    fn a_range_that_is_asked_for_again_and_again_lingers_longer_up_to_the_groups_linger() {
        let mut queue = RetransmitQueue::new(1 << 20, RETRANSMIT_LINGER_NS / 20);
        let mut now_ns = 0;
        for linger_ns in [500_000, 2_000_000, 8_000_000, 10_000_000, 10_000_000] {
            assert_eq!(queue.on_nak(64, 128, now_ns), Ok(()));
            queue.on_resent(128, 64, now_ns);
            let last_ns = now_ns + linger_ns - 1;
            assert_eq!(queue.on_nak(64, 128, last_ns), Err(DropCause::NakLingering));
            now_ns = last_ns + 1;
        }
        assert_eq!(queue.on_nak(128, 160, now_ns), Ok(()));
        queue.on_resent(160, 32, now_ns);
        assert_eq!(queue.on_nak(128, 160, now_ns + 500_000), Ok(()), "another range begins anew");
    }

    #[test]
    fn ranges_being_sent_are_bounded_and_lingering_ones_make_room() {
        let mut queue = RetransmitQueue::new(1 << 20, LINGER_NS);
        for index in 0..RETRANSMITS_MAX as u64 {
            assert_eq!(queue.on_nak(index * 64, index * 64 + 32, 0), Ok(()));
        }
        assert_eq!(queue.on_nak(9999 * 32, 10_000 * 32, 0), Err(DropCause::NakSlotsFull));
        let Next::Resend(_, to) = queue.next(0, 1408) else { panic!() };
        queue.on_resent(to, 32, 0);
        assert_eq!(queue.on_nak(9999 * 32, 10_000 * 32, 0), Ok(()));
    }

    #[test]
    fn the_budget_refills_once_per_linger() {
        let mut queue = RetransmitQueue::new(100, LINGER_NS);
        queue.on_nak(0, 320, 0).unwrap();
        assert_eq!(queue.next(0, 64), Next::Resend(0, 320));
        queue.on_resent(64, 64, 0);
        assert_eq!(queue.next(1, 64), Next::OverBudget);
        assert_eq!(queue.next(RETRANSMIT_LINGER_NS, 64), Next::Resend(64, 320));
    }
}
