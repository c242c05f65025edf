//! Invalidation: cutting off at once, freeing in steps.

use std::collections::BTreeMap;

use super::store::{EntryId, NodeId, Store};
use crate::backend::{Address, Id, Step, Walk};
use crate::key::Key;
use crate::time::Timestamp;

/// What was cut off and is still to be freed: trees, and the entries of regions that ended.
pub(super) struct Limbo {
    /// Nodes without a parent.
    nodes: Vec<NodeId>,
    entries: Vec<Ended>,
    /// Regions that were freed and not yet told of.
    freed: u64,
    /// When the walk's own caller last took a step.
    touched: Timestamp,
}

/// The entries that a region had when it ended. The region itself goes on.
struct Ended {
    node: NodeId,
    entries: BTreeMap<Key, EntryId>,
    /// Entries with a later version took a place that became free meanwhile.
    version: u64,
}

impl Store {
    /// Cuts the region's tree off: no reader finds it from here on.
    pub(super) fn invalidate(&mut self, target: &Address) -> Walk {
        for (_, watch) in &mut self.watches {
            watch.see_invalidation(target);
        }
        let id = Id::random();
        if let Some(node) = self.cut_off(target) {
            self.limbo.insert(id, Limbo::of(vec![node], Vec::new(), self.now));
            self.ended.send_replace(());
        }
        let progress = self.walk(id);
        Walk { id, target: target.clone(), progress }
    }

    /// Cuts off the entries of a region that has ended as a whole.
    pub(super) fn end(&mut self, id: NodeId) {
        self.set_end(id, None);
        let Some(node) = self.nodes.get_mut(id) else { return };
        let entries = std::mem::take(&mut node.entries);
        if !entries.is_empty() {
            let ended = Ended { node: id, entries, version: self.changes };
            // Nobody waits for these: they are abandoned from the beginning.
            let limbo = Limbo::of(Vec::new(), vec![ended], Timestamp::from_millis(0));
            self.limbo.insert(Id::random(), limbo);
        }
    }

    /// Frees one step's worth of what the walk has left.
    pub(super) fn walk(&mut self, id: Id) -> Step {
        let Some(mut limbo) = self.limbo.remove(&id) else {
            return Step { freed: 0, is_done: true };
        };
        self.free(&mut limbo, STEP);
        limbo.touched = self.now;
        let freed = std::mem::take(&mut limbo.freed);
        let is_done = limbo.is_empty();
        if !is_done {
            self.limbo.insert(id, limbo);
        }
        Step { freed, is_done }
    }

    /// Frees a little of what nobody goes on with, because its task ended with its runtime.
    pub(super) fn free_abandoned(&mut self) {
        let now = self.now;
        let is_abandoned = |limbo: &Limbo| now.since(limbo.touched).as_secs() >= ABANDONED_SECONDS;
        let mut budget = LITTLE;
        while budget > 0 {
            let abandoned = self.limbo.iter().find(|(_, limbo)| is_abandoned(limbo));
            let Some(id) = abandoned.map(|(id, _)| *id) else { return };
            let Some(mut limbo) = self.limbo.remove(&id) else { return };
            let was_empty = limbo.is_empty();
            budget = self.free(&mut limbo, budget);
            if limbo.is_empty() {
                // Whoever asks within the next seconds still learns how many there were.
                limbo.touched = now;
            }
            if !limbo.is_empty() || (limbo.freed > 0 && !was_empty) {
                self.limbo.insert(id, limbo);
            }
        }
    }

    fn cut_off(&mut self, target: &Address) -> Option<NodeId> {
        if target.is_top() {
            return self.namespaces.remove(target.namespace());
        }
        let id = self.find(target)?;
        let node = self.nodes.get_mut(id)?;
        let name = node.name.clone();
        if let Some(parent) = node.parent.take() {
            if let Some(parent) = self.nodes.get_mut(parent) {
                parent.children.remove(&name);
            }
            self.prune(parent);
        }
        Some(id)
    }

    /// Frees up to `budget` regions and entries; what is left of the budget.
    fn free(&mut self, limbo: &mut Limbo, mut budget: usize) -> usize {
        while budget > 0 && !limbo.is_empty() {
            budget -= 1;
            if let Some(ended) = limbo.entries.last_mut() {
                if let Some((key, id)) = ended.entries.pop_first() {
                    self.free_ended(ended.node, &key, id, ended.version);
                } else {
                    limbo.entries.pop();
                }
            } else if let Some(id) = limbo.nodes.last().copied() {
                self.free_some(limbo, id);
            }
        }
        budget
    }

    /// Frees an entry or a child of the node, or the node itself if it has none of them.
    fn free_some(&mut self, limbo: &mut Limbo, id: NodeId) {
        let Some(node) = self.nodes.get_mut(id) else { return };
        if let Some(entry) = node.entries.values().next().copied() {
            self.remove_entry(entry);
        } else if let Some((_, child)) = node.children.pop_first() {
            if let Some(child) = self.nodes.get_mut(child) {
                child.parent = None;
            }
            limbo.nodes.push(child);
        } else {
            limbo.nodes.pop();
            // A namespace is no region.
            let is_region = !self.remove_node(id).is_namespace;
            limbo.freed += u64::from(is_region);
        }
    }

    /// Frees an entry that a region had when it ended, unless it was evicted since.
    fn free_ended(&mut self, node: NodeId, key: &Key, id: EntryId, version: u64) {
        let is_the_same = |entry: &super::store::Entry| {
            entry.node == node && entry.key == *key && entry.version <= version
        };
        if self.entries.get(id).is_some_and(is_the_same) {
            self.remove_entry(id);
        }
    }
}

impl Limbo {
    fn of(nodes: Vec<NodeId>, entries: Vec<Ended>, touched: Timestamp) -> Self {
        Self { nodes, entries, freed: 0, touched }
    }

    fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.entries.is_empty()
    }
}

/// How many regions and entries a step frees: well below a millisecond.
const STEP: usize = 1_000;

/// How many of them any change frees along with its own work.
const LITTLE: usize = 64;

/// As for walks on a server that nobody goes on with.
const ABANDONED_SECONDS: u64 = 5;
