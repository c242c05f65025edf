//! Looking things up: the same in a snapshot as within a change.

use std::ops::Bound;

use bytes::Bytes;
use redb::{AccessGuard, ReadableTable};

use super::tables::{EntryKey, EntryRow, LinkKey, Node, NodeRow, Stored, TOP};
use crate::backend::{Address, Cursor, Envelope, Found, Page};
use crate::key::Key;
use crate::local::life;
use crate::time::Timestamp;

/// An entry as it is stored.
pub(super) struct Entry {
    /// Which change stored it: no two entries ever have the same.
    pub(super) version: u64,
    /// How long it is kept as a stale one, in milliseconds.
    pub(super) keep: u64,
    pub(super) bytes: Bytes,
}

/// The tables that reading needs.
pub(super) trait Tree {
    fn links(&self) -> &impl ReadableTable<LinkKey, u64>;
    fn nodes(&self) -> &impl ReadableTable<u64, NodeRow>;
    fn entries(&self) -> &impl ReadableTable<EntryKey, EntryRow>;

    /// Takes note that an entry was read.
    fn used(&self, version: u64);

    fn node(&self, id: u64) -> Stored<Option<Node>> {
        Ok(self.nodes().get(id)?.map(|row| Node::read(id, row.value())))
    }

    /// The node of a region that stands.
    fn find(&self, region: &Address) -> Stored<Option<Node>> {
        let mut id = TOP;
        for name in names(region) {
            match self.links().get((id, name))? {
                Some(next) => id = next.value(),
                None => return Ok(None),
            }
        }
        self.node(id)
    }

    fn entry(&self, node: &Node, key: &Key) -> Stored<Option<Entry>> {
        let row = self.entries().get((node.hold, key.as_bytes()))?;
        Ok(row.map(|row| Entry::read(&row)))
    }

    /// What a read finds under a key of a standing node.
    fn found(&self, node: &Node, key: &Key, now: Timestamp) -> Stored<Option<Found>> {
        Ok(self.entry(node, key)?.and_then(|entry| {
            self.used(entry.version);
            entry.found(node, now)
        }))
    }

    /// The version of an entry that counts as present.
    fn version(&self, region: &Address, key: &Key, now: Timestamp) -> Stored<Option<u64>> {
        let Some(node) = self.find(region)? else { return Ok(None) };
        Ok(self.entry(&node, key)?.and_then(|entry| {
            let found = entry.found(&node, now)?;
            found.is_fresh().then_some(entry.version)
        }))
    }

    fn read(&self, region: &Address, keys: &[Key], now: Timestamp) -> Stored<Vec<Option<Found>>> {
        match self.find(region)? {
            Some(node) => keys.iter().map(|key| self.found(&node, key, now)).collect(),
            None => Ok(keys.iter().map(|_| None).collect()),
        }
    }

    fn scan(
        &self,
        region: &Address,
        from: Option<Cursor>,
        limit: usize,
        now: Timestamp,
    ) -> Stored<Page> {
        let mut page = Page { entries: Vec::new(), next: None };
        let Some(node) = self.find(region)? else { return Ok(page) };
        // A cursor is the last key of the page before: keys that come and go move nothing.
        let after = from.map(|Cursor(key)| key);
        let start = after.as_deref().map_or(Bound::Included((node.hold, &[] as &[u8])), |key| {
            Bound::Excluded((node.hold, key))
        });
        let end = Bound::Excluded((node.hold + 1, &[] as &[u8]));
        let mut last = None;
        for (number, row) in self.entries().range((start, end))?.enumerate() {
            let (key, row) = row?;
            if number == limit.max(1) {
                page.next = last.map(Cursor);
                break;
            }
            let key = key.value().1.to_vec();
            let found = Entry::read(&row).found(&node, now);
            page.entries.extend(
                found.filter(Found::is_fresh).map(|found| (Key::from(key.as_slice()), found)),
            );
            last = Some(key);
        }
        Ok(page)
    }

    /// The names of the children that hold something, or something beneath them, that counts.
    fn living_children(&self, region: &Address, now: Timestamp) -> Stored<Vec<String>> {
        let Some(node) = self.find(region)? else { return Ok(Vec::new()) };
        let mut living = Vec::new();
        for link in self.links().range((node.id, "")..(node.id + 1, ""))? {
            let (key, child) = link?;
            if self.is_living(child.value(), now)? {
                living.push(key.value().1.to_owned());
            }
        }
        Ok(living)
    }

    /// Whether anything at or beneath the node would be found.
    fn is_living(&self, id: u64, now: Timestamp) -> Stored<bool> {
        let Some(node) = self.node(id)? else { return Ok(false) };
        if !node.has_ended(now) && self.holds_any(&node, now)? {
            return Ok(true);
        }
        for link in self.links().range((id, "")..(id + 1, ""))? {
            if self.is_living(link?.1.value(), now)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the region has an entry that counts.
    fn holds_any(&self, node: &Node, now: Timestamp) -> Stored<bool> {
        for row in self.entries().range(hold(node.hold))? {
            if is_fresh(&row?.1, now) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether nothing at all is kept in the region or beneath it.
    fn is_empty(&self, node: &Node) -> Stored<bool> {
        Ok(self.entries().range(hold(node.hold))?.next().is_none()
            && self.links().range((node.id, "")..(node.id + 1, ""))?.next().is_none())
    }
}

impl Entry {
    pub(super) fn read(row: &AccessGuard<'_, EntryRow>) -> Self {
        let (version, keep, envelope) = row.value();
        Self { version, keep, bytes: Bytes::copy_from_slice(envelope) }
    }

    /// None for what nobody could read.
    pub(super) fn envelope(&self) -> Option<Envelope> {
        Envelope::parse(self.bytes.clone())
    }

    /// When it is not even kept as a stale one any more.
    pub(super) fn gone_at(&self) -> Option<Timestamp> {
        gone_at(&self.envelope()?, self.keep)
    }

    pub(super) fn found(&self, node: &Node, now: Timestamp) -> Option<Found> {
        let envelope = self.envelope()?;
        if node.has_ended(now) || gone_at(&envelope, self.keep).is_some_and(|gone| gone <= now) {
            return None;
        }
        let life = life(envelope.expires_at(), node.ends, now);
        Some(Found { envelope, life })
    }
}

/// Whether an entry's own time to live has not run out.
fn is_fresh(row: &AccessGuard<'_, EntryRow>, now: Timestamp) -> bool {
    let (_, _, envelope) = row.value();
    // What tells the expiry stands at the beginning: long values are not copied for it.
    let head = envelope.get(..envelope.len().min(BEGINNING)).unwrap_or_default();
    let head = Envelope::parse(Bytes::copy_from_slice(head));
    head.is_some_and(|head| head.expires_at().is_none_or(|expiry| now < expiry))
}

pub(super) fn gone_at(envelope: &Envelope, keep: u64) -> Option<Timestamp> {
    let gone = |at: Timestamp| Timestamp::from_millis(at.as_millis().saturating_add(keep));
    envelope.expires_at().map(gone)
}

/// The names on the way to a region, the namespace's first.
pub(super) fn names(region: &Address) -> impl Iterator<Item = &str> {
    std::iter::once(region.namespace()).chain(region.segments())
}

/// All keys of a hold.
pub(super) fn hold(hold: u64) -> std::ops::Range<(u64, &'static [u8])> {
    (hold, [].as_slice())..(hold + 1, [].as_slice())
}

/// As many bytes of an envelope as its head has, and some more.
const BEGINNING: usize = 64;
