//! Eviction by the clock algorithm: the hand goes round, spares what was read since it last came by,
//! and takes what was not. A cheap approximation of "least recently used", and one that lets reads
//! share the lock.

use std::sync::atomic::Ordering;

use super::store::{Entry, EntryId, Node, Store};

impl Store {
    /// Evicts until everything fits, sparing what was stored after the change numbered `before`.
    pub(super) fn make_room(&mut self, before: u64) {
        let mut patience = PATIENCE;
        let mut turns = 2 * self.entries.capacity() + 1;
        while self.bytes > self.capacity && turns > 0 {
            turns -= 1;
            self.hand = if self.hand < self.entries.capacity() { self.hand } else { 0 };
            let hand = self.hand;
            self.hand += 1;
            let Some(entry) = self.entries.get(hand) else { continue };
            let whole = self.whole(entry, hand);
            // The first stands for all of them: else one that nobody reads would be the end of many others.
            if whole.is_some_and(|node| node.entries.values().next() != Some(&hand)) {
                continue;
            }
            if entry.version > before {
                continue;
            }
            // Where everything was read lately the hand does not go all the way round first.
            if entry.is_used.swap(false, Ordering::Relaxed) && patience > 0 {
                patience -= 1;
                continue;
            }
            let node = entry.node;
            let together: Vec<EntryId> =
                whole.map_or(vec![hand], |node| node.entries.values().copied().collect());
            for id in together {
                self.remove_entry(id);
                self.evicted += 1;
            }
            self.prune(node);
        }
    }

    /// The region that goes with the entry. What is left of one that has ended goes by itself: there may be
    /// something else in its region, or another region in its place.
    fn whole(&self, entry: &Entry, id: EntryId) -> Option<&Node> {
        let node = self.nodes.get(entry.node)?;
        Some(node).filter(|node| node.is_whole && node.entries.get(&entry.key) == Some(&id))
    }
}

/// How many entries that were read are spared in one visit.
const PATIENCE: u32 = 256;
