//! Which entries were read lately.

use std::sync::atomic::{AtomicU64, Ordering};

/// A bit for each entry, shared by those whose versions are equal in their last digits: then one may be
/// spared for another's sake.
pub(super) struct Used(Box<[AtomicU64]>);

impl Used {
    pub(super) fn new() -> Self {
        Self((0..WORDS).map(|_| AtomicU64::new(0)).collect())
    }

    pub(super) fn mark(&self, version: u64) {
        if let Some((word, bit)) = self.place(version)
            // Mostly it is set: then nothing is written that other threads have at hand.
            && word.load(Ordering::Relaxed) & bit == 0
        {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// Whether the entry was read since this was asked last.
    pub(super) fn take(&self, version: u64) -> bool {
        self.place(version)
            .is_some_and(|(word, bit)| word.fetch_and(!bit, Ordering::Relaxed) & bit != 0)
    }

    fn place(&self, version: u64) -> Option<(&AtomicU64, u64)> {
        let word = usize::try_from(version / 64 % WORDS).ok()?;
        Some((self.0.get(word)?, 1 << (version % 64)))
    }
}

/// For a million entries.
const WORDS: u64 = 1 << 14;
