//! **Walk**: what an invalidation has left behind is freed, region by region, by whoever takes the
//! walk up.

use super::Act;
use crate::server::Walk;
use crate::setup::{Setup, Walks};
use crate::words::{Region, Regions};
use crate::world::{Runner, World};

pub(super) fn offer(setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    match setup.walks {
        Walks::None => {}
        Walks::Late => {
            acts.extend(setup.tree.regions().map(Act::Visit));
            if !setup.rules.walk_looks_as_it_frees {
                acts.extend(setup.tree.regions().map(Act::Free));
            }
        }
        Walks::Traversed => {
            for (slot, walk) in (0..).zip(world.master.data.walks) {
                acts.extend(walk.map(|_| Act::TakeUp(slot)));
            }
            for (slot, runner) in (0..).zip(world.runners) {
                acts.extend(runner.into_iter().flat_map(|runner| steps(setup, slot, runner)));
            }
        }
    }
}

/// One region, in one script: it is freed if it does not stand, and unlinked if nothing is beneath
/// it. What is beneath is the answer.
fn visit(setup: &Setup, world: &mut World, region: Region) -> Regions {
    let rules = setup.rules;
    let stands = world.view(setup).standing(region).is_some();
    let data = &mut world.master.data;
    if !stands || !rules.walk_frees_leftovers_only {
        data.free_entries(setup, region);
        data.free_leases(setup, region);
        data.fences[region] = None;
        if data.children[region].is_empty() || !rules.walk_keeps_parents {
            unlink(setup, world, region);
        }
    } else if !rules.walk_visits_beneath_the_living {
        return Regions::NONE;
    }
    world.master.data.children[region]
}

fn unlink(setup: &Setup, world: &mut World, region: Region) {
    let data = &mut world.master.data;
    if let Some(parent) = setup.tree.parent(region) {
        data.children[parent].remove(region);
        if data.children[parent].is_empty() {
            // An empty set is no key: its life ends with it.
            data.lasting_sets.remove(parent);
        }
    }
}

/// A walk that comes late.
pub(super) fn visit_late(setup: &Setup, world: &mut World, region: Region) {
    visit(setup, world, region);
}

/// A walk that has looked earlier, when the region did not stand. (A mutant.)
pub(super) fn free_late(setup: &Setup, world: &mut World, region: Region) {
    world.master.data.free_entries(setup, region);
    world.master.data.fences[region] = None;
}

/// Whether one more walk can be noted; the model has room for two.
pub(super) fn has_room(setup: &Setup, world: &World) -> bool {
    setup.walks != Walks::Traversed || world.master.data.walks.iter().any(Option::is_none)
}

/// An invalidation notes its walk, in its own script.
pub(super) fn note(setup: &Setup, world: &mut World, target: Region) {
    if setup.walks != Walks::Traversed {
        return;
    }
    let walks = &mut world.master.data.walks;
    let is_known = walks.iter().flatten().any(|walk| walk.target == target);
    if is_known && !setup.rules.walks_have_ids {
        return;
    }
    if let Some(room) = walks.iter_mut().find(|walk| walk.is_none()) {
        *room = Some(Walk { id: world.ids.fresh(), target });
    }
}

/// A process takes up a walk, its own or one that stands unfinished for too long; if two do, they
/// walk side by side.
pub(super) fn take_up(world: &mut World, slot: u8) {
    let Some(walk) = world.master.data.walks[usize::from(slot)] else { return };
    if let Some(room) = world.runners.iter_mut().find(|runner| runner.is_none()) {
        let ahead = Regions::of(&[walk.target]);
        *room = Some(Runner { walk: walk.id, ahead, behind: Regions::NONE });
    }
}

/// What a runner may do next: visit a region ahead, or once more one with nothing ahead beneath it,
/// end, or die.
fn steps(setup: &Setup, slot: u8, runner: Runner) -> Vec<Act> {
    let open = |region: &Region| {
        let mut all = runner.ahead;
        all.extend(runner.behind);
        all.remove(*region);
        !all.iter().any(|other| setup.tree.is_beneath(other, *region))
    };
    let mut acts: Vec<_> = runner.ahead.iter().map(|region| Act::Step(slot, region)).collect();
    acts.extend(runner.behind.iter().filter(open).map(|region| Act::Step(slot, region)));
    if acts.is_empty() {
        acts.push(Act::End(slot));
    }
    acts.push(Act::Abandon(slot));
    acts
}

/// A runner visits a region: first on the way down, then, if something is beneath it, on the way up.
pub(super) fn step(setup: &Setup, world: &mut World, slot: u8, region: Region) {
    let beneath = visit(setup, world, region);
    let Some(runner) = &mut world.runners[usize::from(slot)] else { return };
    if runner.ahead.contains(region) {
        runner.ahead.remove(region);
        if !beneath.is_empty() {
            runner.ahead.extend(beneath);
            runner.behind.insert(region);
        }
    } else {
        runner.behind.remove(region);
    }
}

/// A runner is done: its walk, and no other, is taken from the list.
pub(super) fn end(world: &mut World, slot: u8) {
    let Some(runner) = world.runners[usize::from(slot)].take() else { return };
    for walk in &mut world.master.data.walks {
        if walk.is_some_and(|walk| walk.id == runner.walk) {
            *walk = None;
        }
    }
}

/// A runner dies.
pub(super) fn abandon(world: &mut World, slot: u8) {
    world.runners[usize::from(slot)] = None;
}
