//! Changing entries: what a server does in one script.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::store::{Entry, NodeId, Store, node_weight, weight};
use crate::backend::{Act, Address, Change, Draft, Envelope, Found, Outcome};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::local::{Effect, Span, decide, new_end, nothing_there, satisfies};
use crate::time::Timestamp;

impl Store {
    /// Applies all changes or, where there is no room for them, none.
    pub(super) fn apply(&mut self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        self.check_room(&changes)?;
        self.guards.check_open(&changes, self.now)?;
        let before = self.changes;
        let outcomes = changes.into_iter().map(|change| self.change(change)).collect();
        // Only now, and never what was just stored: a transaction is not torn by its own weight.
        self.make_room(before);
        Ok(outcomes)
    }

    /// Makes one change that there is room for.
    fn change(&mut self, change: Change) -> Outcome {
        let Change { region, key, act, region_ttl, refresh_region_ttl, requires, is_whole } =
            change;
        if let Some(required) = &requires
            && !self.has(&region, required, &act)
        {
            return Outcome::Absent;
        }
        let stores = matches!(act, Act::Put { .. } | Act::Add { .. });
        // Only what stores something makes a region stand.
        let node = if stores { Some(self.ensure(&region)) } else { self.find(&region) };
        let Some(node) = node else { return nothing_there(&act) };
        if self.nodes.get(node).is_some_and(|node| node.has_ended(self.now)) {
            self.end(node);
        }
        let is_new = !self.holds_any(node);
        let outcome = self.act(node, &key, act);
        let is_changed = match outcome {
            Outcome::Stored | Outcome::Sum(_) => {
                self.live_on(node, &key, region_ttl, refresh_region_ttl, is_new);
                if let Some(node) = self.nodes.get_mut(node) {
                    node.is_whole = is_whole;
                }
                true
            }
            Outcome::Removed(_) | Outcome::Expired(_) => true,
            Outcome::Kept(_) | Outcome::Overflow | Outcome::NotAnInteger(_) | Outcome::Absent => {
                false
            }
        };
        if is_changed {
            self.remove_lease(node, &key);
        }
        self.prune(node);
        outcome
    }

    /// Whether a key is present that a change requires; else its lease is dropped.
    fn has(&mut self, region: &Address, required: &Key, act: &Act) -> bool {
        let Some(node) = self.find(region) else { return false };
        let present = self.present(node, required);
        let is_present = present.is_some_and(|there| satisfies(&there, act));
        if !is_present {
            self.remove_lease(node, required);
            self.prune(node);
        }
        is_present
    }

    fn act(&mut self, node: NodeId, key: &Key, act: Act) -> Outcome {
        let present = self.present(node, key);
        let (outcome, effect) = decide(act, present, self.now);
        match effect {
            Effect::Nothing => {}
            Effect::Store { draft, expiry, keep } => self.put(node, key, draft, expiry, keep),
            Effect::Replace(envelope) => self.replace(node, key, |_| envelope),
            Effect::Expire => {
                let now = self.now;
                self.replace(node, key, |envelope| envelope.expiring_at(now));
            }
            Effect::Remove => drop(self.take(node, key)),
        }
        outcome
    }

    /// Puts another envelope in an entry's place. One that is over, and not kept as a stale one, goes.
    fn replace(&mut self, node: NodeId, key: &Key, with: impl FnOnce(Envelope) -> Envelope) {
        if let Some(mut entry) = self.take(node, key) {
            entry.envelope = with(entry.envelope);
            entry.version = self.next_version();
            if entry.gone_at().is_none_or(|gone| self.now < gone) {
                self.add_entry(entry);
            }
        }
    }

    fn put(
        &mut self,
        node: NodeId,
        key: &Key,
        draft: Draft,
        expiry: Option<Timestamp>,
        keep: Duration,
    ) {
        self.take(node, key);
        let Some(stamp) = self.nodes.get(node).map(|node| node.fence) else {
            return;
        };
        let version = self.next_version();
        self.add_entry(Entry {
            node,
            key: key.clone(),
            envelope: draft.seal(stamp, expiry),
            keep,
            version,
            is_used: AtomicBool::new(true),
        });
    }

    /// The envelope of an entry that counts as present.
    pub(super) fn present(&self, node: NodeId, key: &Key) -> Option<Envelope> {
        let found = self.found(self.nodes.get(node)?, key, self.now)?;
        Some(found).filter(Found::is_fresh).map(|found| found.envelope)
    }

    fn take(&mut self, node: NodeId, key: &Key) -> Option<Entry> {
        let id = *self.nodes.get(node)?.entries.get(key)?;
        Some(self.remove_entry(id))
    }

    /// Whether the region has an entry that counts.
    fn holds_any(&self, id: NodeId) -> bool {
        let entries = self.nodes.get(id).into_iter().flat_map(|node| node.entries.values());
        entries.filter_map(|id| self.entries.get(*id)).any(|entry| entry.is_fresh(self.now))
    }

    /// Lengthens the life of a region that was written to.
    fn live_on(
        &mut self,
        id: NodeId,
        key: &Key,
        ttl: Option<Duration>,
        refresh: bool,
        is_new: bool,
    ) {
        let Some(node) = self.nodes.get(id) else { return };
        let entry = node.entries.get(key).and_then(|id| self.entries.get(*id));
        let gone_at = entry.and_then(Entry::gone_at);
        let ends = new_end(&Span { ends: node.ends, is_new, gone_at }, ttl, refresh, self.now);
        self.set_end(id, ends);
    }

    fn next_version(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    /// What is larger than the whole store would push out everything and then itself.
    fn check_room(&self, changes: &[Change]) -> Result<()> {
        let (mut regions, mut size) = (HashSet::new(), 0);
        for change in changes {
            let (Act::Put { draft, .. } | Act::Add { draft, .. }) = &change.act else { continue };
            size += weight(&change.key, draft.size());
            if regions.insert(&change.region) {
                size += change.region.segments().map(node_weight).sum::<u64>();
            }
        }
        if size <= self.capacity {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::TooLarge,
            format!(
                "what is to be stored takes {size} bytes; the whole cache in memory holds {} \
                 (`memory_capacity`)",
                self.capacity,
            ),
        ))
    }
}
