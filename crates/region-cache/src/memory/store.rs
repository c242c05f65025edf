//! The tree: nodes, entries, and what is due.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::AtomicBool;

use slab::Slab;
use tokio::sync::watch;

use super::walk::Limbo;
use crate::backend::{Address, Envelope, Id, Usage};
use crate::key::Key;
use crate::local::{Guards, Record, Watch};
use crate::time::Timestamp;

/// Everything that the backend holds.
pub(super) struct Store {
    /// The namespaces' own nodes; the roots are their children.
    pub(super) namespaces: HashMap<Box<str>, NodeId>,
    pub(super) nodes: Slab<Node>,
    pub(super) entries: Slab<Entry>,
    /// What is to be swept out, and when.
    due: BTreeSet<(Timestamp, Due)>,
    /// Trees that were cut off and are still to be freed.
    pub(super) limbo: HashMap<Id, Limbo>,
    /// Transactions under way.
    pub(super) watches: Slab<Watch>,
    pub(super) now: Timestamp,
    pub(super) capacity: u64,
    pub(super) bytes: u64,
    pub(super) evicted: u64,
    /// Where the search for something to evict goes on.
    pub(super) hand: usize,
    /// How many changes were made: numbers each entry's version.
    pub(super) changes: u64,
    /// Regions that are closed.
    pub(super) guards: Guards,
    /// Told whenever a lease ends or its region falls: for those who wait for it.
    pub(super) ended: watch::Sender<()>,
}

pub(super) type NodeId = usize;
pub(super) type EntryId = usize;

/// A region that stands: its fence is the node's.
pub(super) struct Node {
    pub(super) fence: Id,
    pub(super) is_namespace: bool,
    /// None for a namespace, and for a node that was cut off.
    pub(super) parent: Option<NodeId>,
    pub(super) name: Box<str>,
    pub(super) children: BTreeMap<Box<str>, NodeId>,
    pub(super) entries: BTreeMap<Key, EntryId>,
    pub(super) leases: HashMap<Key, Record>,
    /// When the region as a whole ends, where its writers set a time to live.
    pub(super) ends: Option<Timestamp>,
    /// Whether its entries are evicted together.
    pub(super) is_whole: bool,
}

pub(super) struct Entry {
    pub(super) node: NodeId,
    pub(super) key: Key,
    pub(super) envelope: Envelope,
    /// How long it is kept as a stale one.
    pub(super) keep: std::time::Duration,
    /// Which change stored it: no two entries ever have the same.
    pub(super) version: u64,
    /// Whether it was read since the hand last came by.
    pub(super) is_used: AtomicBool,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    Entry(EntryId),
    Region(NodeId),
    Lease(NodeId, Key),
}

impl Store {
    pub(super) fn new(capacity: u64) -> Self {
        Self {
            namespaces: HashMap::new(),
            nodes: Slab::new(),
            entries: Slab::new(),
            due: BTreeSet::new(),
            limbo: HashMap::new(),
            watches: Slab::new(),
            now: Timestamp::from_millis(0),
            capacity,
            bytes: 0,
            evicted: 0,
            hand: 0,
            changes: 0,
            guards: Guards::default(),
            ended: watch::Sender::new(()),
        }
    }

    /// Sets the time for one visit, and sweeps out some of what is due.
    pub(super) fn turn_to(&mut self, now: Timestamp) {
        self.now = now;
        self.sweep();
        self.free_abandoned();
    }

    /// The node of a region that stands.
    pub(super) fn find(&self, region: &Address) -> Option<NodeId> {
        let mut id = *self.namespaces.get(region.namespace())?;
        for segment in region.segments() {
            id = *self.nodes.get(id)?.children.get(segment)?;
        }
        Some(id)
    }

    /// The node of a region; it and those above it are made where they do not stand.
    pub(super) fn ensure(&mut self, region: &Address) -> NodeId {
        let mut id = match self.namespaces.get(region.namespace()) {
            Some(id) => *id,
            None => {
                let id = self.add_node(None, region.namespace());
                self.namespaces.insert(region.namespace().into(), id);
                id
            }
        };
        for segment in region.segments() {
            let child = self.nodes.get(id).and_then(|node| node.children.get(segment)).copied();
            id = child.unwrap_or_else(|| self.add_child(id, segment));
        }
        id
    }

    /// The ids of the fences from the namespace's down to the node's.
    pub(super) fn fences(&self, node: NodeId) -> Vec<Id> {
        let mut fences = Vec::new();
        let mut next = Some(node);
        while let Some(node) = next.and_then(|id| self.nodes.get(id)) {
            fences.push(node.fence);
            next = node.parent;
        }
        fences.reverse();
        fences
    }

    /// Removes the node, and those above it, as long as they hold nothing.
    pub(super) fn prune(&mut self, id: NodeId) {
        let mut next = id;
        while let Some(node) = self.nodes.get(next) {
            let Some(parent) = node.parent.filter(|_| node.is_empty()) else {
                return;
            };
            let node = self.remove_node(next);
            if let Some(parent) = self.nodes.get_mut(parent) {
                parent.children.remove(&node.name);
            }
            next = parent;
        }
    }

    /// Takes a node out of the slab, with what is due for it. The caller unlinks it.
    pub(super) fn remove_node(&mut self, id: NodeId) -> Node {
        let node = self.nodes.remove(id);
        self.bytes -= node.weight();
        if let Some(ends) = node.ends {
            self.due.remove(&(ends, Due::Region(id)));
        }
        if !node.leases.is_empty() {
            self.ended.send_replace(());
        }
        for (key, record) in &node.leases {
            self.due.remove(&(record.gone_at(), Due::Lease(id, key.clone())));
            self.bytes -= weight(key, 0);
        }
        node
    }

    /// Adds an entry whose key the node does not have yet.
    pub(super) fn add_entry(&mut self, entry: Entry) {
        let (node, key) = (entry.node, entry.key.clone());
        self.bytes += entry.weight();
        let gone_at = entry.gone_at();
        let id = self.entries.insert(entry);
        if let Some(at) = gone_at {
            self.due.insert((at, Due::Entry(id)));
        }
        if let Some(node) = self.nodes.get_mut(node) {
            node.entries.insert(key, id);
        }
    }

    /// Removes an entry; its node stays, even if nothing is left in it.
    pub(super) fn remove_entry(&mut self, id: EntryId) -> Entry {
        let entry = self.entries.remove(id);
        self.bytes -= entry.weight();
        if let Some(at) = entry.gone_at() {
            self.due.remove(&(at, Due::Entry(id)));
        }
        // The node may have ended since, and have another entry under the same key.
        if let Some(node) = self.nodes.get_mut(entry.node)
            && node.entries.get(&entry.key) == Some(&id)
        {
            node.entries.remove(&entry.key);
        }
        entry
    }

    /// Sets when a region as a whole ends.
    pub(super) fn set_end(&mut self, id: NodeId, ends: Option<Timestamp>) {
        let Some(node) = self.nodes.get_mut(id) else {
            return;
        };
        if let Some(at) = std::mem::replace(&mut node.ends, ends) {
            self.due.remove(&(at, Due::Region(id)));
        }
        if let Some(at) = ends {
            self.due.insert((at, Due::Region(id)));
        }
    }

    /// Keeps a lease's record, in place of any other for its key.
    pub(super) fn add_lease(&mut self, node: NodeId, key: &Key, record: Record) {
        self.remove_lease(node, key);
        self.due.insert((record.gone_at(), Due::Lease(node, key.clone())));
        self.bytes += weight(key, 0);
        if let Some(node) = self.nodes.get_mut(node) {
            node.leases.insert(key.clone(), record);
        }
    }

    /// Drops a key's lease.
    pub(super) fn remove_lease(&mut self, node: NodeId, key: &Key) {
        let removed = self.nodes.get_mut(node).and_then(|node| node.leases.remove(key));
        if let Some(record) = removed {
            self.due.remove(&(record.gone_at(), Due::Lease(node, key.clone())));
            self.bytes -= weight(key, 0);
            self.ended.send_replace(());
        }
    }

    pub(super) fn usage(&self) -> Usage {
        // The namespaces' own nodes are no regions.
        let regions = self.nodes.len().saturating_sub(self.namespaces.len());
        Usage {
            entries: self.entries.len() as u64,
            bytes: self.bytes,
            regions: regions as u64,
            evicted: self.evicted,
        }
    }

    /// Sweeps out some of what is due.
    fn sweep(&mut self) {
        for _ in 0..SWEEP_AT_ONCE {
            let Some((at, due)) = self.due.first().cloned() else {
                return;
            };
            if at > self.now {
                return;
            }
            let node = match due {
                Due::Entry(id) => self.remove_entry(id).node,
                Due::Region(id) => {
                    self.end(id);
                    id
                }
                Due::Lease(id, key) => {
                    self.remove_lease(id, &key);
                    id
                }
            };
            self.prune(node);
        }
    }

    fn add_child(&mut self, parent: NodeId, name: &str) -> NodeId {
        let id = self.add_node(Some(parent), name);
        if let Some(parent) = self.nodes.get_mut(parent) {
            parent.children.insert(name.into(), id);
        }
        id
    }

    fn add_node(&mut self, parent: Option<NodeId>, name: &str) -> NodeId {
        let node = Node {
            fence: Id::random(),
            is_namespace: parent.is_none(),
            parent,
            name: name.into(),
            children: BTreeMap::new(),
            entries: BTreeMap::new(),
            leases: HashMap::new(),
            ends: None,
            is_whole: false,
        };
        self.bytes += node.weight();
        self.nodes.insert(node)
    }
}

impl Node {
    /// Whether the region as a whole has ended.
    pub(super) fn has_ended(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.children.is_empty() && self.leases.is_empty()
    }

    fn weight(&self) -> u64 {
        node_weight(&self.name)
    }
}

impl Entry {
    /// Whether its own time to live has not run out.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        self.envelope.expires_at().is_none_or(|expiry| now < expiry)
    }

    /// When it is not even kept as a stale one any more.
    pub(super) fn gone_at(&self) -> Option<Timestamp> {
        self.envelope.expires_at().map(|expiry| expiry.saturating_add(self.keep))
    }

    fn weight(&self) -> u64 {
        weight(&self.key, self.envelope.as_bytes().len())
    }
}

/// What an entry takes: its key twice, its envelope, and its place in the structures.
pub(super) fn weight(key: &Key, envelope: usize) -> u64 {
    (2 * key.as_bytes().len() + envelope + OVERHEAD) as u64
}

/// What a node of this name takes.
pub(super) fn node_weight(name: &str) -> u64 {
    (2 * name.len() + OVERHEAD) as u64
}

/// What an entry or a node takes beside its data, measured roughly: slots, map nodes, what is due.
const OVERHEAD: usize = 420;

/// How much each visit sweeps out, so that none takes long.
const SWEEP_AT_ONCE: usize = 64;
