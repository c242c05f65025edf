//! **Death** of a process, at any step: what it was doing and what it knew is gone. What it has done
//! on the server stays.

use super::Act;
use crate::client::{Client, Connection};
use crate::setup::Setup;
use crate::words::Who;
use crate::world::World;

pub(super) fn offer(setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    if world.left.deaths.is_left() {
        acts.extend(setup.clients().map(Act::Die));
    }
}

pub(super) fn die(world: &mut World, who: Who) {
    world.left.deaths.spend();
    let connection = Connection { reigns: world.master.reigns, is_to_replica: false };
    world.clients[who] = Client::new(connection);
}
