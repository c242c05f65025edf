//! Reading: nothing here changes the tree.

use std::ops::Bound;
use std::sync::atomic::Ordering;

use super::store::{Node, NodeId, Store};
use crate::backend::{Address, Cursor, Found, Page};
use crate::key::Key;
use crate::local::life;
use crate::time::Timestamp;

impl Store {
    pub(super) fn read(
        &self,
        region: &Address,
        keys: &[Key],
        now: Timestamp,
    ) -> Vec<Option<Found>> {
        let node = self.find(region).and_then(|id| self.nodes.get(id));
        keys.iter().map(|key| self.found(node?, key, now)).collect()
    }

    pub(super) fn scan(
        &self,
        region: &Address,
        from: Option<Cursor>,
        limit: usize,
        now: Timestamp,
    ) -> Page {
        let Some(node) = self.find(region).and_then(|id| self.nodes.get(id)) else {
            return Page { entries: Vec::new(), next: None };
        };
        // A cursor is the last key of the page before: keys that come and go move nothing.
        let after = from.map(|Cursor(key)| Key::from(key));
        let start = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut keys = node.entries.range::<Key, _>((start, Bound::Unbounded)).peekable();
        let mut entries = Vec::new();
        let mut last = None;
        for (key, _) in keys.by_ref().take(limit.max(1)) {
            entries.extend(
                self.found(node, key, now)
                    .filter(Found::is_fresh)
                    .map(|found| (key.clone(), found)),
            );
            last = Some(key);
        }
        let next = last.filter(|_| keys.peek().is_some());
        Page { entries, next: next.map(|key| Cursor(key.as_bytes().to_vec())) }
    }

    pub(super) fn children(&self, region: &Address, now: Timestamp) -> Vec<String> {
        let Some(node) = self.find(region).and_then(|id| self.nodes.get(id)) else {
            return Vec::new();
        };
        let living = node.children.iter().filter(|(_, id)| self.is_living(**id, now));
        living.map(|(name, _)| name.to_string()).collect()
    }

    /// What a read finds under a key of a standing node.
    pub(super) fn found(&self, node: &Node, key: &Key, now: Timestamp) -> Option<Found> {
        let entry = self.entries.get(*node.entries.get(key)?)?;
        if node.has_ended(now) || entry.gone_at().is_some_and(|gone| gone <= now) {
            return None;
        }
        entry.is_used.store(true, Ordering::Relaxed);
        Some(Found {
            envelope: entry.envelope.clone(),
            life: life(entry.envelope.expires_at(), node.ends, now),
        })
    }

    /// Whether anything at or beneath the node would be found.
    fn is_living(&self, id: NodeId, now: Timestamp) -> bool {
        let Some(node) = self.nodes.get(id) else {
            return false;
        };
        let mut entries = node.entries.values().filter_map(|id| self.entries.get(*id));
        !node.has_ended(now) && entries.any(|entry| entry.is_fresh(now))
            || node.children.values().any(|child| self.is_living(*child, now))
    }
}
