//! **Write**, where nothing but removal is asked: no stamp is needed, nor any memory.

use super::Act;
use crate::setup::Setup;
use crate::words::Key;
use crate::world::World;

pub(super) fn offer(setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    if world.left.changes.is_left() {
        acts.extend(setup.removes.iter().map(Act::Remove));
    }
}

/// Removes a key. Who does so does not matter, for it needs to know nothing.
pub(super) fn remove(setup: &Setup, world: &mut World, key: Key) {
    world.left.changes.spend();
    world.master.data.entries[key] = None;
    if setup.rules.remove_drops_lease {
        world.master.data.leases[key] = None;
    }
    world.truth.change(key, false);
}
