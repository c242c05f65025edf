//! **Lease**, at a miss: the fences of the path are made where they are missing, the path is linked,
//! and the right to compute is taken.

use super::Act;
use crate::client::{Flight, Task};
use crate::promises::{Kept, Promise, demand};
use crate::script::lease_id;
use crate::server::Lease;
use crate::setup::Setup;
use crate::words::{Id, Key, Regions, Who};
use crate::world::World;

/// What becomes of a request for a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leasing {
    /// It is answered.
    Answered,
    /// It is answered, and the lease that stands is past its deadline.
    TakingOver,
    /// It is carried out, and the answer is lost.
    Lost,
}

pub(super) fn offer(setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    if world.master.is_full {
        return;
    }
    for who in setup.clients().filter(|who| world.clients[*who].is_idle()) {
        for key in setup.role(who).computes.iter() {
            acts.push(Act::Lease(who, key, Leasing::Answered));
            if world.left.takeovers.is_left() && world.master.data.leases[key].is_some() {
                acts.push(Act::Lease(who, key, Leasing::TakingOver));
            }
            if world.left.replies.is_left() {
                acts.push(Act::Lease(who, key, Leasing::Lost));
            }
        }
    }
}

pub(super) fn take(setup: &Setup, world: &mut World, who: Who, key: Key, how: Leasing) -> Kept {
    world.reach_master(who);
    let home = setup.tree.home(key);
    let proposals = world.propose(setup, who, how == Leasing::Lost);
    let id = lease_id(setup, &mut world.ids, key);

    // The script.
    let mut script = world.script(setup);
    if setup.rules.absence_never_validates {
        script.renew(Regions::of(&[home]), &proposals);
    }
    let Some(token) = script.own(home) else { return Ok(()) };
    let standing = script.data.leases[key];
    let waits = standing.filter(|lease| {
        let is_doomed = setup.rules.leases_carry_stamp && lease.stamp != token;
        how != Leasing::TakingOver && !is_doomed
    });
    if waits.is_none() {
        script.data.leases[key] = Some(Lease { id, stamp: token });
    }

    // The reply.
    demand(setup, world.view(setup).standing(home) == Some(token), Promise::Futile)?;
    if let Some(lease) = waits {
        demand(setup, lease.stamp == token, Promise::Blocked)?;
    }
    if how == Leasing::TakingOver {
        world.left.takeovers.spend();
    }
    if how == Leasing::Lost {
        world.left.replies.spend();
        return Ok(());
    }
    world.clients[who].connection.reigns = world.master.reigns;
    world.learn(setup, who, home);
    let answer = waits.map_or(id, |lease| lease.id);
    if joins(setup, world, who, key, (token, answer))? {
        return Ok(());
    }
    if waits.is_none() {
        let version = world.truth.newest[key];
        world.clients[who].task = Task::Computing(Flight { key, token, lease: answer, version });
    }
    Ok(())
}

/// Whether the caller joins a computation that is under way in its process, rather than to compute
/// or to wait. It is handed that value as if it had read it just now.
fn joins(
    setup: &Setup,
    world: &World,
    who: Who,
    key: Key,
    (token, lease): (Id, Id),
) -> Result<bool, Promise> {
    if !setup.role(who).joins {
        return Ok(false);
    }
    for other in setup.clients().filter(|other| *other != who) {
        let Task::Computing(flight) = world.clients[other].task else { continue };
        let may_join = flight.key == key
            && (flight.token == token || !setup.rules.join_needs_same_token)
            && (flight.lease == lease || !setup.rules.join_needs_same_lease);
        if may_join {
            demand(setup, flight.version >= world.truth.floor[key], Promise::Stale)?;
            return Ok(true);
        }
    }
    Ok(false)
}
