//! Invalidation: cutting off at once, freeing in steps.

use std::collections::HashSet;
use std::time::Duration;

use redb::ReadableTable;

use super::tables::{CUT, Node, Stored, TOP, id_of, number_of};
use super::tree::Tree;
use super::visit::{Fallen, Visit};
use crate::backend::{Address, Id, Step, Walk};
use crate::local::Guard;
use crate::time::Timestamp;

/// How far a walk is that somebody in this process goes on with.
pub(super) struct Progress {
    /// Regions that were freed and not yet told of.
    freed: u64,
    /// When the walk's own caller last took a step.
    pub(super) touched: Timestamp,
}

impl Visit<'_> {
    /// Cuts the region's tree off: no reader finds it from here on.
    pub(super) fn invalidate(&mut self, target: &Address, is_told: bool) -> Stored<Walk> {
        let leased = self.control.lock().fall(target);
        let freed = self.leased_only(target, leased)?;
        self.fallen.push(Fallen::Region(target.clone(), is_told));
        let id = Id::random();
        if let Some(node) = self.cut_off(target)? {
            self.cast_off(id, node, true)?;
        }
        let mut progress = self.walk(id)?;
        progress.freed += freed;
        Ok(Walk { id, target: target.clone(), progress })
    }

    /// Cuts off the entries of a region that has ended as a whole. The region itself goes on.
    pub(super) fn end(&mut self, node: &mut Node) -> Stored<()> {
        if self.entries.range(super::tree::hold(node.hold))?.next().is_some() {
            self.cast_off(Id::random(), node.hold, false)?;
            node.hold = self.next();
        }
        self.set_end(node, None)
    }

    /// Closes a region, or lets a guard live on.
    pub(super) fn guard(
        &mut self,
        region: &Address,
        id: Id,
        time: Duration,
        again: bool,
    ) -> Stored<bool> {
        let was_there = self.unguard(region, id)?;
        if again && !was_there {
            return Ok(false);
        }
        if !again {
            self.invalidate(region, true)?;
        }
        let until = self.now.saturating_add(time);
        // Those of processes that died are taken away by nobody else.
        let now = self.now.as_millis();
        self.guards.retain(|_, until| now < until)?;
        self.guards.insert((region.name(), number_of(id)), until.as_millis())?;
        self.control.lock().guards.add(Guard { region: region.clone(), id, until });
        Ok(true)
    }

    pub(super) fn unguard(&mut self, region: &Address, id: Id) -> Stored<bool> {
        self.is_changed = true;
        self.guards.remove((region.name(), number_of(id)))?;
        Ok(self.control.lock().guards.remove(region, id, self.now))
    }

    /// Frees one step's worth of what the walk has left.
    pub(super) fn walk(&mut self, id: Id) -> Stored<Step> {
        let (mut freed, _) = self.free(id, STEP)?;
        let is_done = !self.is_in_limbo(id)?;
        let mut control = self.control.lock();
        freed += control.walks.remove(&id).map_or(0, |progress| progress.freed);
        if !is_done {
            control.walks.insert(id, Progress { freed: 0, touched: self.now });
        }
        Ok(Step { freed, is_done })
    }

    /// Frees a little of what nobody goes on with: because its task ended with its runtime, or
    /// because it was left over by another run. Whether there is more.
    pub(super) fn free_abandoned(&mut self, mut budget: usize) -> Stored<bool> {
        let mut from = 0;
        loop {
            let next = self.limbo.range((from, 0)..)?.next().transpose()?;
            let Some(walk) = next.map(|(key, _)| key.value().0) else { return Ok(false) };
            if self.is_abandoned(id_of(walk)) {
                if budget == 0 {
                    return Ok(true);
                }
                let (freed, left) = self.free(id_of(walk), budget)?;
                budget = left;
                let mut control = self.control.lock();
                if let Some(progress) = control.walks.get_mut(&id_of(walk)) {
                    // Whoever asks after this still learns how many there were.
                    progress.freed += freed;
                }
            }
            let Some(after) = walk.checked_add(1) else { return Ok(false) };
            from = if budget == 0 { walk } else { after };
        }
    }

    /// How many regions stood only by a lease at or beneath them: they are not in the file.
    fn leased_only(&self, target: &Address, leased: Vec<Address>) -> Stored<u64> {
        let mut counted = HashSet::new();
        for region in leased {
            let mut next = Some(region);
            while let Some(region) = next.filter(|region| !region.is_top()) {
                if !region.is_within(target) || counted.contains(&region) {
                    break;
                }
                if self.find(&region)?.is_some() {
                    break;
                }
                let end = region.path().rfind('.').unwrap_or(0);
                next = region.above(end);
                counted.insert(region);
            }
        }
        Ok(counted.len() as u64)
    }

    fn is_abandoned(&self, walk: Id) -> bool {
        let control = self.control.lock();
        let touched = control.walks.get(&walk).map(|progress| progress.touched);
        touched.is_none_or(|touched| self.now.since(touched) >= ABANDONED)
    }

    fn is_in_limbo(&self, walk: Id) -> Stored<bool> {
        let walk = number_of(walk);
        Ok(self.limbo.range((walk, 0)..=(walk, u64::MAX))?.next().is_some())
    }

    fn cut_off(&mut self, target: &Address) -> Stored<Option<u64>> {
        let Some(mut node) = self.find(target)? else { return Ok(None) };
        let parent = node.parent;
        if target.is_top() {
            self.links.remove((TOP, target.namespace()))?;
        } else {
            self.links.remove((parent, node.name.as_str()))?;
        }
        node.parent = CUT;
        self.put_node(&node)?;
        if !target.is_top() {
            self.prune(parent)?;
        }
        Ok(Some(node.id))
    }

    /// Frees up to `budget` regions and entries of a walk; how many regions, and what is left of the
    /// budget.
    fn free(&mut self, walk: Id, mut budget: usize) -> Stored<(u64, usize)> {
        let (number, mut freed) = (number_of(walk), 0);
        while budget > 0 {
            let next = self.limbo.range((number, 0)..=(number, u64::MAX))?.next_back();
            let next = next.transpose()?.map(|(key, is_region)| (key.value().1, is_region.value()));
            let Some((item, is_region)) = next else { break };
            let node = if is_region { self.node(item)? } else { None };
            budget = self.free_entries(node.as_ref().map_or(item, |node| node.hold), budget)?;
            let is_done = match &node {
                Some(node) if budget > 0 => self.free_node(walk, node, &mut budget)?,
                _ => budget > 0,
            };
            if is_done {
                self.limbo.remove((number, item))?;
                // A namespace is no region.
                freed += u64::from(node.is_some_and(|node| !node.is_namespace()));
                budget = budget.saturating_sub(1);
            }
            self.is_changed = true;
        }
        Ok((freed, budget))
    }

    /// Frees entries of a hold; what is left of the budget, nothing if some may be left of them.
    fn free_entries(&mut self, hold: u64, budget: usize) -> Stored<usize> {
        let keys = self.keys(hold, budget)?;
        for key in &keys {
            self.take_entry(hold, key)?;
        }
        Ok(budget - keys.len())
    }

    /// Puts the children of a node into limbo too; then the node itself is freed. Whether it is.
    fn free_node(&mut self, walk: Id, node: &Node, budget: &mut usize) -> Stored<bool> {
        let links = self.links.range((node.id, "")..(node.id + 1, ""))?.take(*budget);
        let children = links
            .map(|row| row.map(|(key, child)| (key.value().1.to_owned(), child.value())))
            .collect::<Result<Vec<_>, _>>()?;
        if children.is_empty() {
            self.remove_node(node)?;
            return Ok(true);
        }
        for (name, child) in &children {
            self.links.remove((node.id, name.as_str()))?;
            if let Some(mut child) = self.node(*child)? {
                child.parent = CUT;
                self.put_node(&child)?;
            }
            self.cast_off(walk, *child, true)?;
        }
        *budget -= children.len();
        Ok(false)
    }
}

/// How many regions and entries a step frees.
const STEP: usize = 1_000;

/// As for walks on a server that nobody goes on with.
const ABANDONED: Duration = Duration::from_secs(5);
