//! **Fill**: what was computed is stored, if the token still stands and the lease is still one's own.

use super::Act;
use crate::client::Task;
use crate::promises::{Kept, Promise, demand};
use crate::server::Entry;
use crate::setup::Setup;
use crate::words::Who;
use crate::world::World;

pub(super) fn offer(setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    for who in setup.clients() {
        if matches!(world.clients[who].task, Task::Computing(_)) && !world.master.is_full {
            acts.push(Act::Fill(who));
        }
    }
}

/// A lost reply makes no difference: the value is handed to its caller either way.
pub(super) fn fill(setup: &Setup, world: &mut World, who: Who) -> Kept {
    let Task::Computing(flight) = std::mem::replace(&mut world.clients[who].task, Task::Idle)
    else {
        return Ok(());
    };
    world.reach_master(who);
    let (rules, key) = (setup.rules, flight.key);

    let mut script = world.script_of(setup, who);
    let is_token_valid =
        !rules.token_at_fill || script.view().standing(setup.tree.home(key)) == Some(flight.token);
    let is_lease_ours = match script.data.leases[key] {
        _ if !rules.lease_at_fill => true,
        Some(lease) => lease.id == flight.lease,
        None => !rules.absent_lease_refuses,
    };
    if !is_token_valid || !is_lease_ours {
        return Ok(());
    }
    let entry = Entry { version: flight.version, stamp: flight.token, is_lasting: true };
    script.store(key, entry, true);
    script.data.leases[key] = None;

    demand(setup, flight.version >= world.truth.floor[key], Promise::StaleFill)?;
    if flight.version >= world.truth.floor[key] {
        world.truth.kept[key] = world.truth.kept[key].max(Some(flight.version));
    }
    Ok(())
}
