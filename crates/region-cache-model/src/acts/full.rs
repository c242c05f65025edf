//! **A full server**: whatever needs memory is refused, as a whole, because its first command is.

use super::Act;
use crate::setup::Setup;
use crate::world::World;

pub(super) fn offer(_setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    if world.left.full.is_left() {
        acts.push(Act::Full(!world.master.is_full));
    }
}

pub(super) fn set(world: &mut World, is_full: bool) {
    world.left.full.spend();
    world.master.is_full = is_full;
}
