//! Eviction by the clock algorithm: the hand goes round, spares what was read since it last came by,
//! and takes what was not. A cheap approximation of "least recently used", and one that lets reads
//! share the lock.

use std::sync::atomic::Ordering;

use super::store::Store;

impl Store {
    /// Evicts until everything fits.
    pub(super) fn make_room(&mut self) {
        while self.bytes > self.capacity && !self.entries.is_empty() {
            self.hand = if self.hand < self.entries.capacity() { self.hand } else { 0 };
            let hand = self.hand;
            self.hand += 1;
            let Some(entry) = self.entries.get(hand) else {
                continue;
            };
            if entry.is_used.swap(false, Ordering::Relaxed) {
                continue;
            }
            let entry = self.remove_entry(hand);
            self.evicted += 1;
            self.prune(entry.node);
        }
    }
}
