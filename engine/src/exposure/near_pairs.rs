//! The first pairs of an account, in the account's own cache line, so that most look-ups touch no
//! line of an index.
//!
//! As in the index, an entry holds a row's number and a few bits of the pair's key; the key itself
//! stays in the row.

/// Where the first rows of an account's pairs are, as far as there is room; and how many more pairs
/// the index has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NearPairs {
    /// Row plus one below the tag, 0 when vacant.
    entries: [u32; ENTRY_COUNT],
    further_count: u32,
}

/// Where a pair goes that was not found: which entry, when one is vacant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PairVacancy(Option<u32>);

impl NearPairs {
    /// No pairs.
    pub(crate) const NONE: Self = Self { entries: [VACANT; ENTRY_COUNT], further_count: 0 };

    /// The row of the pair with an event, where `event_of` tells the event of a row; `None` when it
    /// is not here.
    #[inline(always)]
    pub(super) fn find(&self, event_id: u32, event_of: impl Fn(u32) -> u32) -> Option<u32> {
        let mut left = self.tagged(tag(event_id));
        while left != 0 {
            let row = (self.entries[left.trailing_zeros() as usize] & ROW_MASK).wrapping_sub(1);
            if event_of(row) == event_id {
                return Some(row);
            }
            left &= left - 1;
        }
        None
    }

    /// Whether the index has pairs of the account.
    #[inline(always)]
    pub(super) fn has_further(&self) -> bool {
        self.further_count > 0
    }

    /// The rows that are here, in no order.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> {
        self.entries.into_iter().filter_map(|entry| (entry & ROW_MASK).checked_sub(1))
    }

    /// Where a new pair goes.
    #[inline(always)]
    pub(super) fn vacancy(&self) -> PairVacancy {
        let vacant = self.tagged(NO_TAG);
        PairVacancy((vacant != 0).then(|| vacant.trailing_zeros()))
    }

    /// Adds the row of the pair with an event; gives whether it is for the index to hold.
    #[inline(always)]
    pub(super) fn insert(&mut self, vacancy: PairVacancy, event_id: u32, row: u32) -> bool {
        match vacancy.0 {
            Some(index) => {
                self.entries[index as usize] = tag(event_id) | row.wrapping_add(1);
                false
            }
            None => {
                self.further_count += 1;
                true
            }
        }
    }

    /// Takes the pair of a row out; gives whether it is in the index instead.
    #[inline(always)]
    pub(super) fn remove(&mut self, row: u32) -> bool {
        let entries = self.matching(|entry| entry & ROW_MASK == row.wrapping_add(1));
        match self.entries.get_mut(entries.trailing_zeros() as usize) {
            Some(entry) => {
                *entry = VACANT;
                false
            }
            None => {
                self.further_count -= 1;
                true
            }
        }
    }

    /// The row that the pair with an event has, if its entry is told by the tag alone.
    #[inline(always)]
    pub(super) fn first_candidate(&self, event_id: u32) -> Option<u32> {
        let entry = self.entries.get(self.tagged(tag(event_id)).trailing_zeros() as usize)?;
        Some((entry & ROW_MASK).wrapping_sub(1))
    }

    /// Which entries have a tag, a bit for each.
    #[inline(always)]
    fn tagged(&self, tag: u32) -> u32 {
        self.matching(|entry| entry & !ROW_MASK == tag)
    }

    /// Which entries are as asked, a bit for each. All are, so that there is nothing to guess.
    #[inline(always)]
    fn matching(&self, is_it: impl Fn(u32) -> bool) -> u32 {
        let mut set = 0;
        for (index, entry) in self.entries.iter().enumerate() {
            set |= u32::from(is_it(*entry)) << index;
        }
        set
    }
}

/// What an entry has above the row; never [`NO_TAG`].
#[inline(always)]
fn tag(event_id: u32) -> u32 {
    (1 + event_id % 31) << ROW_MASK.count_ones()
}

/// What fits beside the rest of an account.
const ENTRY_COUNT: usize = 7;
const VACANT: u32 = 0;
const NO_TAG: u32 = 0;
/// A row plus one is at most 2^26.
const ROW_MASK: u32 = (1 << 27) - 1;
