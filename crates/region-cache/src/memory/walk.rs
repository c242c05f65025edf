//! Invalidation: cutting off at once, freeing in steps.

use super::store::{Node, NodeId, Store};
use crate::backend::{Address, Id, Step, Walk};
use crate::time::Timestamp;

/// A tree that was cut off.
pub(super) struct Limbo {
    /// Nodes without a parent whose trees are still to be freed.
    nodes: Vec<NodeId>,
    /// When a step was last taken.
    touched: Timestamp,
}

impl Store {
    /// Cuts the region's tree off: no reader finds it from here on.
    pub(super) fn invalidate(&mut self, target: &Address) -> Walk {
        for (_, watch) in &mut self.watches {
            watch.see_invalidation(target);
        }
        let id = Id::random();
        let nodes = self.cut_off(target);
        if !nodes.is_empty() {
            self.limbo.insert(id, Limbo { nodes, touched: self.now });
        }
        let progress = self.walk(id);
        Walk { id, target: target.clone(), progress }
    }

    /// Frees one step's worth of what the walk has left, and adopts what others have abandoned.
    pub(super) fn walk(&mut self, id: Id) -> Step {
        self.adopt_abandoned(id);
        let Some(mut limbo) = self.limbo.remove(&id) else {
            return Step { freed: 0, is_done: true };
        };
        let mut freed = 0;
        let mut budget = STEP;
        while budget > 0 {
            let Some(node) = limbo.nodes.pop() else { break };
            budget = self.free_entries(node, budget);
            if budget == 0 {
                // The step may have ended inside the region: the next one goes on with it.
                limbo.nodes.push(node);
                break;
            }
            budget -= 1;
            freed += 1;
            let node = self.remove_node(node);
            limbo.nodes.extend(self.orphaned(node));
        }
        let is_done = limbo.nodes.is_empty();
        if !is_done {
            limbo.touched = self.now;
            self.limbo.insert(id, limbo);
        }
        Step { freed, is_done }
    }

    /// Takes the target's tree out of reach; the tops of what is to be freed.
    fn cut_off(&mut self, target: &Address) -> Vec<NodeId> {
        if target.is_top() {
            // The namespace's own node is no region: what is to be freed begins at the roots.
            let top = self.namespaces.remove(target.namespace()).map(|id| self.remove_node(id));
            return top.map(|top| self.orphaned(top)).unwrap_or_default();
        }
        let Some(id) = self.find(target) else {
            return Vec::new();
        };
        let Some(node) = self.nodes.get_mut(id) else {
            return Vec::new();
        };
        let name = node.name.clone();
        if let Some(parent) = node.parent.take() {
            if let Some(parent) = self.nodes.get_mut(parent) {
                parent.children.remove(&name);
            }
            self.prune(parent);
        }
        vec![id]
    }

    /// The children of a node that was removed, each now a tree of its own.
    fn orphaned(&mut self, node: Node) -> Vec<NodeId> {
        let children: Vec<_> = node.children.into_values().collect();
        for child in &children {
            if let Some(child) = self.nodes.get_mut(*child) {
                child.parent = None;
            }
        }
        children
    }

    /// Removes entries of a node; what is left of the budget.
    fn free_entries(&mut self, node: NodeId, budget: usize) -> usize {
        let entries = self.nodes.get(node).map(|node| &node.entries);
        let ids: Vec<_> =
            entries.into_iter().flat_map(|e| e.values()).take(budget).copied().collect();
        let left = budget - ids.len();
        for id in ids {
            self.remove_entry(id);
        }
        left
    }

    /// Takes over trees whose own walk has stopped: its task ended with its runtime.
    fn adopt_abandoned(&mut self, id: Id) {
        if self.limbo.is_empty() {
            return;
        }
        let now = self.now;
        let is_abandoned = |limbo: &Limbo| now.since(limbo.touched).as_secs() >= ABANDONED_SECONDS;
        let adopted: Vec<_> = self.limbo.extract_if(|_, limbo| is_abandoned(limbo)).collect();
        let nodes: Vec<_> = adopted.into_iter().flat_map(|(_, limbo)| limbo.nodes).collect();
        if !nodes.is_empty() {
            let limbo = self.limbo.entry(id).or_insert(Limbo { nodes: Vec::new(), touched: now });
            limbo.nodes.extend(nodes);
        }
    }
}

/// How many regions and entries a step frees: well below a millisecond.
const STEP: usize = 1_000;

/// As for walks on a server that nobody goes on with.
const ABANDONED_SECONDS: u64 = 5;
