//! Changing entries: what a server does in one script.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::store::{Entry, NodeId, Store, node_weight, weight};
use crate::backend::{Act, Address, Change, Draft, Envelope, Expiry, Found, Outcome, When};
use crate::codec::Format;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;

impl Store {
    /// Applies all changes or, where there is no room for them, none.
    pub(super) fn apply(&mut self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        self.check_room(&changes)?;
        self.check_open(&changes)?;
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
        let is_present = self.present(node, required).is_some_and(|there| match act {
            Act::Put { draft, .. } => there.head().is_like(&draft.head()),
            Act::Remove | Act::Expire | Act::Add { .. } => true,
        });
        if !is_present {
            self.remove_lease(node, required);
            self.prune(node);
        }
        is_present
    }

    fn act(&mut self, node: NodeId, key: &Key, act: Act) -> Outcome {
        let present = self.present(node, key);
        match act {
            Act::Put { draft, expiry, keep, when } => {
                let holds = match &when {
                    When::Always => true,
                    When::Absent => present.is_none(),
                    When::Holds(envelope) => present.as_ref() == Some(envelope),
                };
                if !holds {
                    return Outcome::Kept(present);
                }
                self.put(node, key, draft, expiry, keep);
                Outcome::Stored
            }
            Act::Remove => {
                self.take(node, key);
                Outcome::Removed(present)
            }
            Act::Expire => {
                if present.is_some()
                    && let Some(mut entry) = self.take(node, key)
                {
                    entry.envelope = entry.envelope.expiring_at(self.now);
                    entry.version = self.next_version();
                    if !entry.keep.is_zero() {
                        self.add_entry(entry);
                    }
                }
                Outcome::Expired(present)
            }
            Act::Add { delta, draft, expiry, keep } => {
                self.add(node, key, present, delta, draft, expiry, keep)
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "they are the fields of one act")]
    fn add(
        &mut self,
        node: NodeId,
        key: &Key,
        present: Option<Envelope>,
        delta: i64,
        draft: Draft,
        expiry: Expiry,
        keep: Duration,
    ) -> Outcome {
        let Some(envelope) = present else {
            self.put(node, key, draft, expiry, keep);
            return Outcome::Sum(delta);
        };
        let (head, wanted) = (envelope.head(), draft.head());
        let is_known = head.codec == wanted.codec || Format::built_in(head.codec).is_some();
        let is_ours = is_known && head.schema == wanted.schema;
        let number = envelope.integer().filter(|_| is_ours && envelope.check().is_ok());
        let Some(number) = number else { return Outcome::NotAnInteger(envelope) };
        let Some(sum) = number.checked_add(delta) else {
            return Outcome::Overflow;
        };
        if let Some(mut entry) = self.take(node, key) {
            let sum = Draft::sum(sum, head);
            entry.envelope = sum.seal(envelope.stamp(), envelope.expires_at());
            entry.version = self.next_version();
            self.add_entry(entry);
        }
        Outcome::Sum(sum)
    }

    fn put(&mut self, node: NodeId, key: &Key, draft: Draft, expiry: Expiry, keep: Duration) {
        self.take(node, key);
        let Some(stamp) = self.nodes.get(node).map(|node| node.fence) else {
            return;
        };
        let expiry = expiry.moment(self.now);
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

    /// Lengthens the life of a region that was written to. Lives only grow: a write that asks for no
    /// time to live of the region lets it live at least as long as what was written.
    fn live_on(
        &mut self,
        id: NodeId,
        key: &Key,
        ttl: Option<Duration>,
        refresh: bool,
        is_new: bool,
    ) {
        let Some(node) = self.nodes.get(id) else { return };
        let until = ttl.map(|ttl| self.now.saturating_add(ttl));
        let ends = match (node.ends, until) {
            _ if is_new => until,
            (None, _) => None,
            (Some(ends), Some(until)) if refresh => Some(ends.max(until)),
            (ends, Some(_)) => ends,
            (Some(ends), None) => {
                let entry = node.entries.get(key).and_then(|id| self.entries.get(*id));
                entry.and_then(Entry::gone_at).map(|gone| ends.max(gone))
            }
        };
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

/// What an act that stores nothing does to an entry of a region that does not stand.
fn nothing_there(act: &Act) -> Outcome {
    match act {
        Act::Expire => Outcome::Expired(None),
        Act::Put { .. } | Act::Remove | Act::Add { .. } => Outcome::Removed(None),
    }
}
