//! **Invalidate**, and `clear`, which is the same for the namespace: the fence is removed, and with
//! it everything at and beneath the region is dead at once.

use super::{Act, walk};
use crate::promises::{Kept, Promise, demand};
use crate::script::propose;
use crate::setup::Setup;
use crate::words::Region;
use crate::world::World;

pub(super) fn offer(setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    if world.left.changes.is_left() && walk::has_room(setup, world) {
        acts.extend(setup.invalidates.iter().map(Act::Invalidate));
    }
}

/// Who invalidates does not matter, for it needs to know nothing. A repetition after a lost reply is
/// an invalidation like any other.
pub(super) fn invalidate(setup: &Setup, world: &mut World, region: Region) -> Kept {
    world.left.changes.spend();
    if !setup.rules.invalidation_takes_the_fence {
        free_what_is_linked(setup, world, region);
    } else if setup.rules.fence_deleted_not_written {
        world.master.data.fences[region] = None;
    } else {
        demand(setup, !world.master.is_full, Promise::Refused)?;
        write_fence(setup, world, region);
    }
    walk::note(setup, world, region);
    world.truth.invalidate(setup, region);
    Ok(())
}

/// What it is without fences: everything is freed that the child sets lead to. (A naive variant, in
/// its best case: all at once.)
fn free_what_is_linked(setup: &Setup, world: &mut World, top: Region) {
    for region in setup.tree.regions().filter(|region| setup.tree.is_beneath(*region, top)) {
        let between = setup.tree.path(region).windows(2);
        let is_reached = between
            .filter(|pair| setup.tree.is_beneath(pair[0], top))
            .all(|pair| world.master.data.children[pair[0]].contains(pair[1]));
        if is_reached {
            world.master.data.free_entries(setup, region);
            world.master.data.free_leases(setup, region);
        }
    }
}

/// What it is if the fence is written: a new one in place of the old. (A mutant.)
fn write_fence(setup: &Setup, world: &mut World, region: Region) {
    let proposals = propose(setup, &mut world.ids);
    let mut script = world.script(setup);
    let above = setup.tree.parent(region).and_then(|parent| script.own(parent));
    if script.data.fences[region].is_some() {
        script.make(region, above, proposals[region]);
    }
}
