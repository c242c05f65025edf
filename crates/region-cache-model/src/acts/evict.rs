//! **Eviction**, and expiry of what nobody promised to keep: any key may go at any time.

use super::Act;
use crate::setup::Setup;
use crate::words::{Key, Region, Regions};
use crate::world::World;

/// What goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    /// The fence of a region.
    Fence(Region),
    /// The hash of a region.
    Hash(Region),
    /// The lease of a key.
    Lease(Key),
    /// The child set of a region.
    ChildSet(Region),
}

pub(super) fn offer(setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    let (left, data) = (&world.left, &world.master.data);
    for region in setup.tree.regions() {
        if left.fences.is_left() && data.fences[region].is_some() {
            acts.push(Act::Evict(Victim::Fence(region)));
        }
        let has_entries = setup.tree.keys_in(region).any(|key| data.entries[key].is_some());
        if left.hashes.is_left() && has_entries {
            acts.push(Act::Evict(Victim::Hash(region)));
        }
        if left.child_sets.is_left() && !data.children[region].is_empty() {
            acts.push(Act::Evict(Victim::ChildSet(region)));
        }
    }
    for key in setup.tree.keys() {
        if left.leases.is_left() && data.leases[key].is_some() {
            acts.push(Act::Evict(Victim::Lease(key)));
        }
    }
}

pub(super) fn evict(setup: &Setup, world: &mut World, victim: Victim) {
    let data = &mut world.master.data;
    match victim {
        Victim::Fence(region) => {
            world.left.fences.spend();
            data.fences[region] = None;
            world.truth.release(setup, region);
        }
        Victim::Hash(region) => {
            world.left.hashes.spend();
            data.free_entries(setup, region);
            setup.tree.keys_in(region).for_each(|key| world.truth.kept[key] = None);
        }
        Victim::Lease(key) => {
            world.left.leases.spend();
            data.leases[key] = None;
        }
        Victim::ChildSet(region) => {
            world.left.child_sets.spend();
            data.children[region] = Regions::NONE;
            data.lasting_sets.remove(region);
            world.truth.is_set_lost = true;
        }
    }
}
