//! **Restart** from a snapshot: everything is as it was then, fences that have been removed since
//! included. The server has a new reign.

use super::Act;
use crate::client::{Connection, Task};
use crate::setup::Setup;
use crate::words::{Region, Reign};
use crate::world::World;

/// What restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The server.
    Whole,
    /// The server with the namespace's fence, where that is another.
    Namespace,
    /// The server with everything else.
    Root,
}

pub(super) fn offer(setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    if !world.left.restarts.is_left() {
        return;
    }
    acts.push(Act::Snapshot);
    if world.disk.is_some() {
        let parts: &[Part] =
            if setup.namespace_apart { &[Part::Namespace, Part::Root] } else { &[Part::Whole] };
        acts.extend(parts.iter().copied().map(Act::Restart));
    }
}

pub(super) fn snapshot(world: &mut World) {
    world.disk = Some(world.master.data);
}

pub(super) fn restart(setup: &Setup, world: &mut World, part: Part) {
    world.left.restarts.spend();
    let Some(disk) = world.disk else { return };
    let reign = Reign { run: world.ids.fresh(), replid: world.ids.fresh() };
    let master = &mut world.master;
    let (fence, roots) =
        (master.data.fences[Region::NAMESPACE], master.data.children[Region::NAMESPACE]);
    match part {
        Part::Whole => {
            master.data = disk;
            master.reigns.namespace = reign;
            master.reigns.root = reign;
        }
        Part::Namespace => {
            master.data.fences[Region::NAMESPACE] = disk.fences[Region::NAMESPACE];
            master.data.children[Region::NAMESPACE] = disk.children[Region::NAMESPACE];
            master.reigns.namespace = reign;
        }
        Part::Root => {
            master.data = disk;
            master.data.fences[Region::NAMESPACE] = fence;
            master.data.children[Region::NAMESPACE] = roots;
            master.reigns.root = reign;
        }
    }
    // The two servers may know of different roots from here on. That is memory, not truth.
    world.truth.is_set_lost |= setup.namespace_apart;
    if !world.left.restarts.is_left() {
        world.disk = None;
    }
    world.truth.begin_again();
    reconnect(setup, world);
}

/// All connections are cut: new ones learn the reign, and what hung on the old ones has failed.
pub(super) fn reconnect(setup: &Setup, world: &mut World) {
    for who in setup.clients() {
        let client = &mut world.clients[who];
        client.connection = Connection { reigns: world.master.reigns, is_to_replica: false };
        match client.task {
            Task::Reading(_) if !setup.rules.one_connection_per_batch => {}
            Task::Reading(_) | Task::Transaction(_) => client.task = Task::Idle,
            Task::Idle | Task::Computing(_) => {}
        }
    }
}
