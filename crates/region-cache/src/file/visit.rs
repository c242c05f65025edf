//! One visit of the writer: the tables of a transaction, and small changes that keep them in step.

use std::collections::BTreeSet;

use parking_lot::Mutex;
use redb::{ReadableTable, Table, WriteTransaction};

use super::control::Control;
use super::tables::{
    AGES, AgeRow, BINDINGS, CUT, DUE, ENTRIES, EntryKey, EntryRow, GUARDS, JOURNAL, LIMBO, LINKS,
    LinkKey, Meta, NODES, Node, NodeRow, Stored, TOP, UNDONE, number_of,
};
use super::tree::{Entry, Tree, gone_at, names};
use super::used::Used;
use crate::backend::{Address, Envelope, Id, Lease};
use crate::key::Key;
use crate::time::Timestamp;

/// Everything that a change may look at and write to.
pub(super) struct Visit<'t> {
    pub(super) links: Table<'t, LinkKey, u64>,
    pub(super) nodes: Table<'t, u64, NodeRow>,
    pub(super) entries: Table<'t, EntryKey, EntryRow>,
    pub(super) ages: Table<'t, u64, AgeRow>,
    pub(super) due: Table<'t, (u64, u64), ()>,
    pub(super) limbo: Table<'t, (u128, u64), bool>,
    pub(super) guards: Table<'t, (&'static str, u128), u64>,
    pub(super) bindings: Table<'t, (&'static str, &'static str), ()>,
    pub(super) journal: Table<'t, (&'static str, u64), &'static str>,
    pub(super) undone: Table<'t, (&'static str, u128), &'static str>,
    pub(super) meta: &'t mut Meta,
    pub(super) control: &'t Mutex<Control>,
    pub(super) used: &'t Used,
    pub(super) now: Timestamp,
    pub(super) capacity: u64,
    /// The lease under which something is stored: it holds until readers see that, or another would take it
    /// and compute the same again.
    pub(super) filling: Option<Lease>,
    /// What is to be told to those in memory once more when all of this counts.
    pub(super) fallen: Vec<Fallen>,
    /// Whether anything in the file is different by now.
    pub(super) is_changed: bool,
}

/// What has fallen by a visit.
pub(super) enum Fallen {
    /// This region, and all beneath it. Whether others are to be told of it.
    Region(Address, bool),
    /// The lease of this key.
    Lease(Address, Key),
}

/// What a visit needs beside its transaction.
pub(super) struct Scene<'t> {
    pub(super) meta: &'t mut Meta,
    pub(super) control: &'t Mutex<Control>,
    pub(super) used: &'t Used,
    pub(super) now: Timestamp,
    pub(super) capacity: u64,
}

impl<'t> Visit<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction, scene: Scene<'t>) -> Stored<Self> {
        let Scene { meta, control, used, now, capacity } = scene;
        Ok(Self {
            links: transaction.open_table(LINKS)?,
            nodes: transaction.open_table(NODES)?,
            entries: transaction.open_table(ENTRIES)?,
            ages: transaction.open_table(AGES)?,
            due: transaction.open_table(DUE)?,
            limbo: transaction.open_table(LIMBO)?,
            guards: transaction.open_table(GUARDS)?,
            bindings: transaction.open_table(BINDINGS)?,
            journal: transaction.open_table(JOURNAL)?,
            undone: transaction.open_table(UNDONE)?,
            meta,
            control,
            used,
            now,
            capacity,
            filling: None,
            fallen: Vec::new(),
            is_changed: false,
        })
    }

    /// A number that nothing has had before.
    pub(super) fn next(&mut self) -> u64 {
        self.meta.serial += 1;
        self.meta.serial
    }

    /// The node of a region; it and those above it are made where they do not stand.
    pub(super) fn ensure(&mut self, region: &Address) -> Stored<Node> {
        let mut id = TOP;
        for name in names(region) {
            let child = self.links.get((id, name))?.map(|child| child.value());
            id = match child {
                Some(child) => child,
                None => self.add_node(id, name)?,
            };
        }
        // A link without its node is no work of ours: another one takes its place.
        match self.node(id)? {
            Some(node) => Ok(node),
            None => Err(redb::Error::Corrupted(format!("region {id} has no row"))),
        }
    }

    pub(super) fn put_node(&mut self, node: &Node) -> Stored<()> {
        self.is_changed = true;
        self.nodes.insert(node.id, node.row())?;
        Ok(())
    }

    /// Sets when a region as a whole ends.
    pub(super) fn set_end(&mut self, node: &mut Node, ends: Option<Timestamp>) -> Stored<()> {
        if node.ends == ends {
            return Ok(());
        }
        if let Some(at) = std::mem::replace(&mut node.ends, ends) {
            self.due.remove((at.as_millis(), node.id))?;
        }
        if let Some(at) = ends {
            self.due.insert((at.as_millis(), node.id), ())?;
        }
        self.put_node(node)
    }

    /// Takes a node away, with what is due for it. The caller unlinks it.
    pub(super) fn remove_node(&mut self, node: &Node) -> Stored<()> {
        self.is_changed = true;
        self.nodes.remove(node.id)?;
        self.meta.bytes = self.meta.bytes.saturating_sub(node_weight(&node.name));
        self.meta.regions = self.meta.regions.saturating_sub(u64::from(!node.is_namespace()));
        if let Some(ends) = node.ends {
            self.due.remove((ends.as_millis(), node.id))?;
        }
        Ok(())
    }

    /// Removes the node, and those above it, as long as they hold nothing.
    pub(super) fn prune(&mut self, id: u64) -> Stored<()> {
        let mut next = id;
        while let Some(node) = self.node(next)? {
            if node.parent == TOP || node.parent == CUT || !self.is_empty(&node)? {
                return Ok(());
            }
            self.remove_node(&node)?;
            self.links.remove((node.parent, node.name.as_str()))?;
            next = node.parent;
        }
        Ok(())
    }

    /// Stores an entry in place of what is there.
    pub(super) fn put_entry(
        &mut self,
        node: &Node,
        key: &Key,
        envelope: &Envelope,
        keep: u64,
    ) -> Stored<()> {
        self.take_entry(node.hold, key)?;
        let version = self.next();
        self.is_changed = true;
        let (name, bytes) = (key.as_bytes(), envelope.as_bytes());
        self.entries.insert((node.hold, name), (version, keep, bytes.as_ref()))?;
        self.ages.insert(version, (node.id, node.hold, name))?;
        if let Some(gone) = gone_at(envelope, keep) {
            self.due.insert((gone.as_millis(), version), ())?;
        }
        self.meta.entries += 1;
        self.meta.bytes += weight(key.as_bytes(), bytes.len());
        Ok(())
    }

    /// Removes an entry; its node stays, even if nothing is left in it.
    pub(super) fn take_entry(&mut self, hold: u64, key: &Key) -> Stored<Option<Entry>> {
        let removed = self.entries.remove((hold, key.as_bytes()))?;
        let Some(entry) = removed.as_ref().map(Entry::read) else { return Ok(None) };
        drop(removed);
        self.is_changed = true;
        self.ages.remove(entry.version)?;
        if let Some(gone) = entry.gone_at() {
            self.due.remove((gone.as_millis(), entry.version))?;
        }
        self.meta.entries = self.meta.entries.saturating_sub(1);
        let weight = weight(key.as_bytes(), entry.bytes.len());
        self.meta.bytes = self.meta.bytes.saturating_sub(weight);
        Ok(Some(entry))
    }

    /// All keys of a hold, up to so many.
    pub(super) fn keys(&self, hold: u64, limit: usize) -> Stored<Vec<Key>> {
        let rows = self.entries.range(super::tree::hold(hold))?.take(limit);
        rows.map(|row| Ok(Key::from(row?.0.value().1))).collect()
    }

    /// Puts something into limbo, where it is freed some day.
    pub(super) fn cast_off(&mut self, walk: Id, item: u64, is_region: bool) -> Stored<()> {
        self.is_changed = true;
        self.limbo.insert((number_of(walk), item), is_region)?;
        Ok(())
    }

    /// Drops the lease of a key that was changed.
    pub(super) fn drop_lease(&mut self, region: &Address, key: &Key) {
        if self.filling.as_ref().is_none_or(|lease| lease.key != *key || lease.region != *region) {
            self.control.lock().drop_lease(region, key);
        }
        // One that is taken before this visit counts was taken by somebody who did not see it.
        self.fallen.push(Fallen::Lease(region.clone(), key.clone()));
    }

    /// What is due by now, up to so many.
    pub(super) fn due_by_now(&self, limit: usize) -> Stored<BTreeSet<(u64, u64)>> {
        let until = (self.now.as_millis(), u64::MAX);
        let due = self.due.range((0, 0)..=until)?.take(limit);
        due.map(|row| Ok(row?.0.value())).collect()
    }

    fn add_node(&mut self, parent: u64, name: &str) -> Stored<u64> {
        let (id, hold) = (self.next(), self.next());
        self.links.insert((parent, name), id)?;
        let name = if parent == TOP { "" } else { name }.to_owned();
        self.meta.bytes += node_weight(&name);
        self.meta.regions += u64::from(parent != TOP);
        let fence = Id::random();
        self.put_node(&Node { id, parent, hold, ends: None, is_whole: false, fence, name })?;
        Ok(id)
    }
}

impl Tree for Visit<'_> {
    fn links(&self) -> &impl ReadableTable<LinkKey, u64> {
        &self.links
    }

    fn nodes(&self) -> &impl ReadableTable<u64, NodeRow> {
        &self.nodes
    }

    fn entries(&self) -> &impl ReadableTable<EntryKey, EntryRow> {
        &self.entries
    }

    fn used(&self, version: u64) {
        self.used.mark(version);
    }
}

/// What an entry takes in the file: its key twice, its envelope, and its place in the tables.
pub(super) fn weight(key: &[u8], envelope: usize) -> u64 {
    (2 * key.len() + envelope + OVERHEAD) as u64
}

/// What a region of this name takes.
pub(super) fn node_weight(name: &str) -> u64 {
    (2 * name.len() + OVERHEAD) as u64
}

/// What an entry or a region takes beside its data, measured roughly, with pages that are half full.
const OVERHEAD: usize = 160;
