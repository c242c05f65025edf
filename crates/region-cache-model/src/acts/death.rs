//! **Death** of a process, at any step: what it was doing and what it knew is gone. What it has done
//! on the server stays.

use super::Act;
use crate::setup::Setup;
use crate::words::{ByRegion, Regions, Who};
use crate::world::{Client, Connection, Task, World};

pub(super) fn offer(setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    if world.left.deaths.is_left() {
        acts.extend(setup.clients().map(Act::Die));
    }
}

pub(super) fn die(world: &mut World, who: Who) {
    world.left.deaths.spend();
    world.clients[who] = Client {
        task: Task::Idle,
        connection: Connection { reigns: world.master.reigns, is_to_replica: false },
        beliefs: ByRegion::all(None),
        lengthened: Regions::NONE,
        proposed: ByRegion::all(None),
    };
}
