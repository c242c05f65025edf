//! **Failover**: the replica is promoted, however far it lags behind, and the master lives on as its
//! replica. Once more, and that is the failback.

use super::{Act, restart};
use crate::setup::Setup;
use crate::words::Reign;
use crate::world::World;

pub(super) fn offer(_setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    if !world.left.failovers.is_left() {
        return;
    }
    let is_behind = |data| data != &world.master.data;
    if world.replica.as_ref().is_some_and(|replica| is_behind(&replica.data)) {
        acts.push(Act::Sync);
    }
    acts.push(Act::Failover);
}

pub(super) fn sync(world: &mut World) {
    if let Some(replica) = &mut world.replica {
        replica.data = world.master.data;
    }
}

pub(super) fn failover(setup: &Setup, world: &mut World) {
    world.left.failovers.spend();
    let Some(replica) = &mut world.replica else { return };
    std::mem::swap(&mut world.master, replica);
    // The process lives on, with the run id that it has; the promotion makes a new replication id.
    let run = world.master.reigns.root.run;
    let reign = Reign { run, replid: world.ids.fresh() };
    world.master.reigns.namespace = reign;
    world.master.reigns.root = reign;
    world.truth.begin_again();
    if setup.connections_survive {
        for who in setup.clients() {
            let connection = &mut world.clients[who].connection;
            connection.is_to_replica = !connection.is_to_replica;
        }
    } else {
        restart::reconnect(setup, world);
    }
}
