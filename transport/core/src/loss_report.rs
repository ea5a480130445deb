//! Losses as episodes: from the first NAK of an image, or the first gap given up, until nothing is
//! missing any more. The last ones are kept, in fixed memory.

use std::net::SocketAddr;

use crate::limits::LOSS_EPISODES_MAX;
use crate::session_index::SessionKey;

/// A time in which bytes of one stream were missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossEpisode {
    /// Sender of the stream.
    pub source: SocketAddr,
    /// Stream.
    pub stream_id: i32,
    /// Session.
    pub session_id: i32,
    /// When the first gap was asked for or given up, ns of the endpoint's clock.
    pub first_ns: u64,
    /// When nothing was missing any more; of an open episode when it was asked for last.
    pub last_ns: u64,
    /// Bytes of the stream that were missing, each counted once.
    pub bytes: u64,
    /// What became of them.
    pub outcome: LossOutcome,
}

/// What became of missing bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossOutcome {
    /// Some are still asked for.
    Open,
    /// All came.
    Repaired,
    /// Some were given up, or the stream ended without them.
    GivenUp,
}

/// The last episodes of one endpoint.
#[derive(Debug)]
pub(crate) struct LossReport {
    closed: Vec<LossEpisode>,
    /// Place of the oldest, once all places are taken.
    oldest: usize,
}

impl LossReport {
    pub(crate) fn new() -> Self {
        Self { closed: Vec::with_capacity(LOSS_EPISODES_MAX), oldest: 0 }
    }

    pub(crate) fn push(&mut self, episode: LossEpisode) {
        if self.closed.len() < LOSS_EPISODES_MAX {
            self.closed.push(episode);
        } else {
            self.closed[self.oldest] = episode;
            self.oldest = (self.oldest + 1) % LOSS_EPISODES_MAX;
        }
    }

    /// Oldest first.
    pub(crate) fn episodes(&self) -> impl Iterator<Item = LossEpisode> + '_ {
        let (newer, older) = self.closed.split_at(self.oldest);
        older.iter().chain(newer).copied()
    }
}

/// What one image misses now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenLoss {
    first_ns: u64,
    last_ns: u64,
    bytes: u64,
    /// Position up to which missing bytes were counted.
    counted_to: u64,
    has_given_up: bool,
}

impl OpenLoss {
    pub(crate) fn new(now_ns: u64) -> Self {
        let (bytes, counted_to, has_given_up) = (0, 0, false);
        Self { first_ns: now_ns, last_ns: now_ns, bytes, counted_to, has_given_up }
    }

    /// The gap `from..to` is asked for, or given up.
    pub(crate) fn note(&mut self, now_ns: u64, (from, to): (u64, u64), is_given_up: bool) {
        let from = from.max(self.counted_to);
        self.bytes += to.saturating_sub(from);
        self.counted_to = self.counted_to.max(to);
        self.last_ns = now_ns;
        self.has_given_up |= is_given_up;
    }

    /// The episode as it stands: open, or closed at `closed_ns`, with bytes missing for ever or
    /// not.
    pub(crate) fn episode(
        &self,
        source: SocketAddr,
        key: SessionKey,
        closed: Option<(u64, bool)>,
    ) -> LossEpisode {
        let (last_ns, outcome) = match closed {
            None => (self.last_ns, LossOutcome::Open),
            Some((now_ns, true)) if !self.has_given_up => (now_ns, LossOutcome::Repaired),
            Some((now_ns, _)) => (now_ns, LossOutcome::GivenUp),
        };
        LossEpisode {
            source,
            stream_id: key.stream_id,
            session_id: key.session_id,
            first_ns: self.first_ns,
            last_ns,
            bytes: self.bytes,
            outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_episodes_are_kept_oldest_first() {
        let source = SocketAddr::from(([127, 0, 0, 1], 1));
        let mut report = LossReport::new();
        let kept = LOSS_EPISODES_MAX as i32;
        for session_id in 0..2 * kept + 3 {
            let key = SessionKey { stream_id: 1, session_id };
            report.push(OpenLoss::new(5).episode(source, key, Some((6, true))));
            let sessions: Vec<_> = report.episodes().map(|episode| episode.session_id).collect();
            let first = (session_id + 1 - kept).max(0);
            assert!(sessions.iter().copied().eq(first..=session_id), "{sessions:?}");
        }
    }

    #[test]
    fn bytes_are_counted_once() {
        let mut loss = OpenLoss::new(1);
        loss.note(1, (64, 128), false);
        loss.note(2, (64, 128), false);
        loss.note(3, (96, 128), false);
        loss.note(4, (256, 320), false);
        assert_eq!((loss.bytes, loss.last_ns), (128, 4));
        let source = SocketAddr::from(([127, 0, 0, 1], 1));
        let key = SessionKey { stream_id: 1, session_id: 2 };
        let outcome = |loss: &OpenLoss, closed| loss.episode(source, key, closed).outcome;
        assert_eq!(outcome(&loss, None), LossOutcome::Open);
        assert_eq!(outcome(&loss, Some((9, true))), LossOutcome::Repaired);
        assert_eq!(outcome(&loss, Some((9, false))), LossOutcome::GivenUp, "the stream ended");
        loss.note(5, (320, 352), true);
        assert_eq!(outcome(&loss, Some((9, true))), LossOutcome::GivenUp);
    }
}
