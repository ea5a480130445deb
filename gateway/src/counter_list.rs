//! The counters of an agent as a list that others may read while it runs.
//!
//! The agent keeps its counts where it counts them and copies them here now and then; a reader
//! sees values that were true a moment ago.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Labels and last published values, in an order that never changes. Clones show the same list.
#[derive(Clone, Debug)]
pub struct CounterList {
    entries: Arc<[Entry]>,
}

impl CounterList {
    /// A list of whatever `for_each` visits, at the values it visits. Allocates; for constructors.
    ///
    /// # Panics
    /// When prefix and label are longer than [`LABEL_LENGTH_MAX`] together.
    pub(crate) fn new(for_each: impl FnOnce(&mut dyn FnMut(&str, &str, u64))) -> Self {
        let mut entries = Vec::new();
        for_each(&mut |prefix, label, value| {
            let length = prefix.len() + label.len();
            assert!(length <= LABEL_LENGTH_MAX, "the label of {prefix}{label} is too long");
            let mut bytes = [0; LABEL_LENGTH_MAX];
            bytes[..prefix.len()].copy_from_slice(prefix.as_bytes());
            bytes[prefix.len()..length].copy_from_slice(label.as_bytes());
            entries.push(Entry { label: bytes, length, value: AtomicU64::new(value) });
        });
        Self { entries: entries.into() }
    }

    /// Takes the values that `for_each` visits, in the order of the list. No allocation.
    pub(crate) fn publish(&self, for_each: impl FnOnce(&mut dyn FnMut(&str, &str, u64))) {
        let mut entries = self.entries.iter();
        for_each(&mut |_, _, value| {
            if let Some(entry) = entries.next() {
                // Relaxed: each value stands alone.
                entry.value.store(value, Ordering::Relaxed);
            }
        });
    }

    /// Number of counters.
    #[must_use]
    pub fn length(&self) -> usize {
        self.entries.len()
    }

    /// Every label with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> + '_ {
        self.entries.iter().map(|entry| {
            let label = str::from_utf8(&entry.label[..entry.length]).unwrap_or_default();
            (label, entry.value.load(Ordering::Relaxed))
        })
    }

    /// Every label, zero filled, with its value: the form of a counter report.
    pub(crate) fn raw(&self) -> impl Iterator<Item = (&[u8; LABEL_LENGTH_MAX], u64)> + '_ {
        self.entries.iter().map(|entry| (&entry.label, entry.value.load(Ordering::Relaxed)))
    }
}

#[derive(Debug)]
struct Entry {
    label: [u8; LABEL_LENGTH_MAX],
    length: usize,
    value: AtomicU64,
}

/// Bytes of a label, as a counter report has room for.
pub const LABEL_LENGTH_MAX: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_shows_what_is_published() {
        let list = CounterList::new(|visit| {
            visit("a.", "one", 1);
            visit("b.", "two", 2);
        });
        let reader = list.clone();
        list.publish(|visit| {
            visit("a.", "one", 10);
            visit("b.", "two", 20);
        });
        assert_eq!(reader.iter().collect::<Vec<_>>(), [("a.one", 10), ("b.two", 20)]);
        let (label, value) = reader.raw().next().unwrap();
        assert_eq!((&label[..6], value), (&b"a.one\0"[..], 10));
        assert_eq!(reader.length(), 2);
    }
}
