//! Changing entries: what a server does in one script.

use std::collections::HashSet;

use super::tables::{Node, Stored};
use super::tree::{Tree, gone_at};
use super::visit::{Visit, node_weight, weight};
use crate::backend::{Act, Address, Change, Commit, Found, Lease, Outcome};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::local::{Effect, Span, Watch, decide, new_end, nothing_there, satisfies};
use crate::time::Timestamp;

impl Visit<'_> {
    /// Applies all changes or, where there is no room for them or a region is closed, none.
    pub(super) fn apply(&mut self, changes: Vec<Change>) -> Stored<Result<Vec<Outcome>>> {
        let checked = self.check_room(&changes).and_then(|()| {
            let control = self.control.lock();
            control.guards.check_open(&changes, self.now)
        });
        if let Err(refused) = checked {
            return Ok(Err(refused));
        }
        let before = self.meta.serial;
        let mut outcomes = Vec::with_capacity(changes.len());
        for change in changes {
            outcomes.push(self.change(change)?);
        }
        // Only now, and never what was just stored: a transaction is not torn by its own weight.
        self.make_room(before)?;
        Ok(Ok(outcomes))
    }

    /// Stores what was computed under a lease that is still its holder's.
    pub(super) fn fill(&mut self, lease: &Lease, changes: Vec<Change>) -> Stored<Result<bool>> {
        if !self.control.lock().leases.is_held(lease, self.now) {
            return Ok(Ok(false));
        }
        let is_stored = |outcome: &Outcome| *outcome == Outcome::Stored;
        self.filling = Some(lease.clone());
        let applied = self.apply(changes)?;
        self.filling = None;
        Ok(applied.map(|outcomes| outcomes.iter().all(is_stored)))
    }

    /// Applies a transaction's changes, if nothing that it read is different by now.
    pub(super) fn commit(
        &mut self,
        watch: Option<&Watch>,
        changes: Vec<Change>,
    ) -> Stored<Result<Commit>> {
        let Some(watch) = watch.filter(|watch| !watch.is_broken()) else {
            return Ok(Ok(Commit::Conflict));
        };
        for (region, key, version) in watch.reads() {
            if self.version(region, key, self.now)? != version {
                return Ok(Ok(Commit::Conflict));
            }
        }
        Ok(self.apply(changes)?.map(Commit::Applied))
    }

    /// Makes one change that there is room for.
    fn change(&mut self, change: Change) -> Stored<Outcome> {
        let Change { region, key, act, region_ttl, refresh_region_ttl, requires, is_whole } =
            change;
        if let Some(required) = &requires
            && !self.has(&region, required, &act)?
        {
            return Ok(Outcome::Absent);
        }
        let stores = matches!(act, Act::Put { .. } | Act::Add { .. });
        // Only what stores something makes a region stand.
        let node = if stores { Some(self.ensure(&region)?) } else { self.find(&region)? };
        let Some(mut node) = node else {
            self.drop_lease(&region, &key);
            return Ok(nothing_there(&act));
        };
        if node.has_ended(self.now) {
            self.end(&mut node)?;
        }
        let is_new = !self.holds_any(&node, self.now)?;
        let present = self.found(&node, &key, self.now)?.filter(Found::is_fresh);
        let (outcome, effect) = decide(act, present.map(|found| found.envelope), self.now);
        let gone_at = self.bring_about(&node, &key, effect)?;
        match outcome {
            Outcome::Stored | Outcome::Sum(_) => {
                let span = Span { ends: node.ends, is_new, gone_at };
                let ends = new_end(&span, region_ttl, refresh_region_ttl, self.now);
                self.set_end(&mut node, ends)?;
                if node.is_whole != is_whole {
                    node.is_whole = is_whole;
                    self.put_node(&node)?;
                }
                self.drop_lease(&region, &key);
            }
            Outcome::Removed(_) | Outcome::Expired(_) => {
                self.drop_lease(&region, &key);
                self.prune(node.id)?;
            }
            Outcome::Kept(_) | Outcome::Overflow | Outcome::NotAnInteger(_) | Outcome::Absent => {
                self.prune(node.id)?;
            }
        }
        Ok(outcome)
    }

    /// Whether a key is present that a change requires; else its lease is dropped.
    fn has(&mut self, region: &Address, required: &Key, act: &Act) -> Stored<bool> {
        let found = match self.find(region)? {
            Some(node) => self.found(&node, required, self.now)?.filter(Found::is_fresh),
            None => None,
        };
        let is_present = found.is_some_and(|found| satisfies(&found.envelope, act));
        if !is_present {
            self.drop_lease(region, required);
        }
        Ok(is_present)
    }

    /// When what stands there afterwards is gone.
    fn bring_about(&mut self, node: &Node, key: &Key, effect: Effect) -> Stored<Option<Timestamp>> {
        let (envelope, keep) = match effect {
            Effect::Nothing => return Ok(None),
            Effect::Store { draft, expiry, keep } => {
                let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
                (draft.seal(node.fence, expiry), keep)
            }
            Effect::Replace(envelope) => {
                (envelope, self.entry(node, key)?.map_or(0, |entry| entry.keep))
            }
            Effect::Expire => {
                let expired = self.entry(node, key)?.and_then(|entry| {
                    let envelope = entry.envelope()?.expiring_at(self.now);
                    Some((envelope, entry.keep)).filter(|(_, keep)| *keep > 0)
                });
                match expired {
                    Some(expired) => expired,
                    None => return self.take_entry(node.hold, key).map(|_| None),
                }
            }
            Effect::Remove => return self.take_entry(node.hold, key).map(|_| None),
        };
        self.put_entry(node, key, &envelope, keep)?;
        Ok(gone_at(&envelope, keep))
    }

    /// What is larger than the whole store would push out everything and then itself.
    fn check_room(&self, changes: &[Change]) -> Result<()> {
        let (mut regions, mut size) = (HashSet::new(), 0);
        for change in changes {
            let (Act::Put { draft, .. } | Act::Add { draft, .. }) = &change.act else { continue };
            size += weight(change.key.as_bytes(), draft.size());
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
                "what is to be stored takes {size} bytes; the whole cache in its file holds {} \
                 (`file_capacity`)",
                self.capacity,
            ),
        ))
    }
}
