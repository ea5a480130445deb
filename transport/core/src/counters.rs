//! What an endpoint counts: plain numbers, one per cause, read by the caller whenever it likes.
//! Nothing is dropped anywhere in this crate without one of these moving.

/// Counts of one endpoint since it was made.
#[derive(Clone, Debug)]
pub struct Counters {
    /// Datagrams handed in.
    pub datagrams_in: u64,
    /// Bytes of the datagrams handed in.
    pub bytes_in: u64,
    /// Datagrams written out.
    pub datagrams_out: u64,
    /// Bytes of the datagrams written out.
    pub bytes_out: u64,
    /// DATA and PAD frames accepted (receiver) or sent for the first time (sender).
    pub frames: u64,
    /// Heartbeats received (receiver) or sent (sender).
    pub heartbeats: u64,
    /// Whole messages delivered (receiver) or accepted by `offer` (sender).
    pub messages: u64,
    /// SETUP frames received or sent.
    pub setups: u64,
    /// Status messages sent (receiver) or accepted (sender).
    pub status_messages: u64,
    /// NAKs sent (receiver) or served (sender).
    pub naks: u64,
    /// Datagrams resent (sender).
    pub retransmits: u64,
    /// Gaps given up after the configured hold (receiver).
    pub gaps_skipped: u64,
    /// Episodes of loss that are over, repaired or not (receiver).
    pub loss_episodes: u64,
    /// RTT measurements answered (sender).
    pub rtt_replies: u64,
    drops: [u64; DropCause::COUNT],
}

impl Counters {
    /// All counts at zero.
    pub const fn new() -> Self {
        Self {
            datagrams_in: 0,
            bytes_in: 0,
            datagrams_out: 0,
            bytes_out: 0,
            frames: 0,
            heartbeats: 0,
            messages: 0,
            setups: 0,
            status_messages: 0,
            naks: 0,
            retransmits: 0,
            gaps_skipped: 0,
            loss_episodes: 0,
            rtt_replies: 0,
            drops: [0; DropCause::COUNT],
        }
    }

    /// Counts one thing dropped for `cause`.
    #[inline]
    pub fn on_drop(&mut self, cause: DropCause) {
        self.drops[cause as usize] += 1;
    }

    /// How often something was dropped for `cause`.
    pub fn dropped(&self, cause: DropCause) -> u64 {
        self.drops[cause as usize]
    }

    /// Every cause with its count, in the order of [`DropCause::ALL`].
    pub fn drops(&self) -> impl Iterator<Item = (DropCause, u64)> + '_ {
        DropCause::ALL.into_iter().map(|cause| (cause, self.dropped(cause)))
    }

    #[inline]
    pub(crate) fn on_datagram_in(&mut self, length: usize) {
        self.datagrams_in += 1;
        self.bytes_in += length as u64;
    }

    #[inline]
    pub(crate) fn on_datagram_out(&mut self, length: usize) {
        self.datagrams_out += 1;
        self.bytes_out += length as u64;
    }
}

impl Default for Counters {
    fn default() -> Self {
        Self::new()
    }
}

macro_rules! drop_causes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Why a datagram, a frame or an answer was dropped.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum DropCause { $($(#[$doc])* $name,)* }

        impl DropCause {
            /// Every cause, in declaration order.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$name,)*];
            /// How many causes there are.
            pub const COUNT: usize = [$(stringify!($name),)*].len();

            /// The cause in snake case, as counters are labelled.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

drop_causes! {
    /// Shorter than the common header or than the fixed part of its type.
    Truncated = "truncated",
    /// Version byte other than 0.
    UnsupportedVersion = "unsupported_version",
    /// Frame type that no endpoint of ours understands.
    UnknownType = "unknown_type",
    /// Known type that does not belong at this kind of endpoint.
    UnexpectedType = "unexpected_type",
    /// Negative frame length, or one that disagrees with the datagram or the type.
    LengthInvalid = "length_invalid",
    /// DATA datagram or offset that is not a multiple of 32.
    Unaligned = "unaligned",
    /// Frames in one DATA datagram that do not follow each other exactly.
    ChainBroken = "chain_broken",
    /// SETUP with a term, offset or MTU outside the rules.
    SetupInvalid = "setup_invalid",
    /// Stream id that this endpoint was not configured for.
    UnknownStream = "unknown_stream",
    /// Session that no image or publication here has.
    UnknownSession = "unknown_session",
    /// Source address other than the one the session is bound to.
    SourceMismatch = "source_mismatch",
    /// No free image.
    ImagesFull = "images_full",
    /// This source address already has as many images as one may.
    SourceImagesFull = "source_images_full",
    /// Frame past the end of a term, or in a term the image cannot be in.
    PositionInvalid = "position_invalid",
    /// Data beyond what the receive buffer can hold.
    OverRun = "over_run",
    /// Data below what was consumed already.
    UnderRun = "under_run",
    /// Data already held.
    Duplicate = "duplicate",
    /// PAD that does not end its term or covers data already held.
    PadInvalid = "pad_invalid",
    /// Frame for an image that was rejected or whose stream has ended.
    ImageClosed = "image_closed",
    /// Message longer than the receiver's configured maximum.
    MessageTooLong = "message_too_long",
    /// Fragment whose beginning was never received (late join, skipped gap).
    FragmentOrphaned = "fragment_orphaned",
    /// Answer not sent: the unproven source address has no credit left.
    NoCredit = "no_credit",
    /// Set-up request not remembered: the table is full.
    SetupRequestsFull = "setup_requests_full",
    /// Status message with an offset or window outside the rules.
    StatusInvalid = "status_invalid",
    /// Status message whose position is more than half a term from the sender's.
    StatusOutOfRange = "status_out_of_range",
    /// Status message of one receiver too many.
    ReceiversFull = "receivers_full",
    /// NAK, ERR or RTTM from somebody whose status messages were never accepted.
    StrangerIgnored = "stranger_ignored",
    /// NAK that is unaligned, crosses a term or does not start at a frame.
    NakInvalid = "nak_invalid",
    /// NAK for bytes that are no longer held or not yet sent.
    NakOutOfRange = "nak_out_of_range",
    /// NAK inside a range that was resent a moment ago.
    NakLingering = "nak_lingering",
    /// NAK with every retransmit slot busy.
    NakSlotsFull = "nak_slots_full",
    /// Resent bytes withheld by the byte budget.
    RetransmitBudget = "retransmit_budget",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_counts_alone() {
        let mut counters = Counters::new();
        for (index, cause) in DropCause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, index);
            (0..=index).for_each(|_| counters.on_drop(cause));
        }
        for (index, (cause, count)) in counters.drops().enumerate() {
            assert_eq!(count, index as u64 + 1, "{}", cause.label());
        }
    }
}
