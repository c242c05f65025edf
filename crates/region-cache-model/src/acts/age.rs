//! **Lives**: everything that was not made to last is gone.

use super::Act;
use crate::setup::Setup;
use crate::words::{Key, Region, Regions};
use crate::world::World;

pub(super) fn offer(_setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    if world.left.ages.is_left() {
        acts.push(Act::Age);
    }
}

pub(super) fn age(setup: &Setup, world: &mut World) {
    world.left.ages.spend();
    let data = &mut world.master.data;
    for region in setup.tree.regions() {
        age_region(setup, data, region);
    }
    for key in [Key(0), Key(1)] {
        data.leases[key] = None;
    }
}

fn age_region(setup: &Setup, data: &mut crate::server::Data, region: Region) {
    data.fences[region] = data.fences[region].filter(|fence| fence.is_lasting);
    if !data.lasting_hashes.contains(region) {
        data.free_entries(setup, region);
    }
    for key in setup.tree.keys_in(region) {
        data.entries[key] = data.entries[key].filter(|entry| entry.is_lasting);
    }
    if !data.lasting_sets.contains(region) {
        data.children[region] = Regions::NONE;
    }
}
