//! Changing entries: what a server does in one script.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::store::{Entry, NodeId, Store, weight};
use crate::backend::{Act, Change, Draft, Envelope, Expiry, Found, Outcome, When};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;

impl Store {
    /// Applies all changes or, where one cannot be, none.
    pub(super) fn apply(&mut self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        for change in &changes {
            self.check_room(change)?;
        }
        Ok(changes.into_iter().map(|change| self.change(change)).collect())
    }

    /// Makes one change that there is room for.
    pub(super) fn change(&mut self, change: Change) -> Outcome {
        let Change { region, key, act, region_ttl, refresh_region_ttl } = change;
        let stores = matches!(act, Act::Put { .. } | Act::Add { .. });
        // Only what stores something makes a region stand.
        let node = if stores { Some(self.ensure(&region)) } else { self.find(&region) };
        let Some(node) = node else {
            return nothing_there(&act);
        };
        if self.nodes.get(node).is_some_and(|node| node.has_ended(self.now)) {
            self.clear_entries(node);
            self.set_end(node, None);
        }
        let is_new = self.nodes.get(node).is_none_or(|node| node.entries.is_empty());
        let outcome = self.act(node, &key, act);
        let is_changed = match outcome {
            Outcome::Stored | Outcome::Sum(_) => {
                self.live_on(node, region_ttl, refresh_region_ttl, is_new);
                true
            }
            Outcome::Removed(_) | Outcome::Expired(_) => true,
            Outcome::Kept(_) | Outcome::Overflow | Outcome::NotAnInteger(_) => false,
        };
        if is_changed {
            self.remove_lease(node, &key);
        }
        self.prune(node);
        self.make_room();
        outcome
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
        let head = envelope.head();
        let Some(number) = envelope.integer().filter(|_| head.schema == draft.head().schema) else {
            return Outcome::NotAnInteger(envelope);
        };
        let Some(sum) = number.checked_add(delta) else {
            return Outcome::Overflow;
        };
        if let Some(mut entry) = self.take(node, key) {
            let sum = Draft::integer(sum, head.codec, head.schema);
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

    /// Lengthens the life of a region that was written to. Lives only grow; a write without a time
    /// to live for the region leaves it to the entries.
    fn live_on(&mut self, id: NodeId, ttl: Option<Duration>, refresh: bool, is_new: bool) {
        let Some(node) = self.nodes.get(id) else {
            return;
        };
        let until = ttl.map(|ttl| self.now.saturating_add(ttl));
        let ends = match (node.ends, until) {
            _ if is_new => until,
            (Some(_), None) | (None, _) => None,
            (Some(ends), Some(until)) if refresh => Some(ends.max(until)),
            (ends, Some(_)) => ends,
        };
        self.set_end(id, ends);
    }

    fn next_version(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    /// A value that is larger than the whole store would push out everything and then itself.
    fn check_room(&self, change: &Change) -> Result<()> {
        let (Act::Put { draft, .. } | Act::Add { draft, .. }) = &change.act else {
            return Ok(());
        };
        let size = weight(&change.key, draft.size());
        if size <= self.capacity {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::TooLarge,
            format!(
                "the entry takes {size} bytes; the whole cache in memory holds {} (`memory_capacity`)",
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
