//! How full a log is, for whoever decides what may still go in.

use super::{GATE_STRIDE, GATES, Layout, TAIL};
use crate::layout::LayoutError;
use crate::memory::Region;
use crate::sync::Ordering;

/// Reads how far the slowest gate is behind the writer.
#[derive(Clone, Debug)]
pub struct LogGauge {
    region: Region,
    layout: Layout,
}

impl LogGauge {
    /// A gauge of a log that somebody laid out. Any number of them may be attached.
    ///
    /// # Errors
    /// When the region holds no complete log.
    pub fn attach(region: Region) -> Result<Self, LayoutError> {
        let layout = Layout::attach(&region)?;
        Ok(Self { region, layout })
    }

    /// Bytes of slots that a gating reader has not read yet, padding included; a moment old when
    /// it is given. O(gates): a few loads.
    #[inline]
    #[must_use]
    pub fn used_length(&self) -> usize {
        // Relaxed, both: a measure, on which no access to a record rests. The gates are read
        // first, so that a writer in between makes the log look fuller, never emptier.
        let gate = |index: usize| self.region.word(GATES + index * GATE_STRIDE);
        let gates = (0..self.layout.gate_count).map(|index| gate(index).load(Ordering::Relaxed));
        let lowest = gates.min();
        let tail = self.region.word(TAIL).load(Ordering::Relaxed);
        let used = tail.saturating_sub(lowest.unwrap_or(tail));
        usize::try_from(used).unwrap_or(usize::MAX).min(self.layout.capacity)
    }

    /// Bytes of slots in the buffer.
    #[inline]
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.layout.capacity
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::LogGauge;
    use crate::log_buffer::{
        CAPACITY_MIN, GatingReader, LogConfig, LogWriter, Release, Visibility, region_length,
    };
    use crate::memory::Region;

    #[test]
    fn the_slowest_gate_counts() {
        let region = Region::anonymous(region_length(CAPACITY_MIN));
        let config = LogConfig {
            capacity: CAPACITY_MIN,
            start_position: 0,
            gate_count: 2,
            release: Release::OnCommit,
        };
        let mut writer = LogWriter::create(region.clone(), &config).unwrap();
        let gauge = LogGauge::attach(region.clone()).unwrap();
        assert_eq!((gauge.used_length(), gauge.capacity()), (0, CAPACITY_MIN));
        for _ in 0..3 {
            writer.try_claim(112).unwrap().commit(112);
        }
        assert_eq!(gauge.used_length(), 3 * 128);
        let attach = |index| GatingReader::attach(region.clone(), index, Visibility::Committed);
        let (mut fast, mut slow) = (attach(0).unwrap(), attach(1).unwrap());
        assert_eq!(fast.poll(3, |_, _| {}), 3);
        assert_eq!(gauge.used_length(), 3 * 128, "the other gate has read nothing");
        assert_eq!(slow.poll(2, |_, _| {}), 2);
        assert_eq!(gauge.used_length(), 128);
    }
}
