//! **Write**: one script for one root. It compares the stamps with the fences that stand; then it
//! writes everything, or nothing.

use super::Act;
use crate::promises::{Kept, Promise, demand};
use crate::server::Entry;
use crate::setup::Setup;
use crate::words::{ByKey, ByRegion, Key, Keys, Version, Who};
use crate::world::{Request, World};

/// What kind of write it is, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writing {
    /// The entries outlive the short lives.
    pub is_lasting: bool,
    /// The script runs, and its reply is lost.
    pub is_lost: bool,
}

pub(super) fn offer(setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    if world.resend.is_some() {
        acts.push(Act::Resend);
    }
    if !world.left.changes.is_left() || world.master.is_full {
        return;
    }
    for who in setup.clients().filter(|who| world.clients[*who].is_idle()) {
        for keys in setup.role(who).writes {
            for is_lasting in [true, false] {
                for is_lost in [false, true] {
                    let is_possible = (is_lasting || setup.has_short_lives())
                        && (!is_lost || world.left.replies.is_left());
                    if is_possible {
                        acts.push(Act::Write(who, *keys, Writing { is_lasting, is_lost }));
                    }
                }
            }
        }
    }
}

/// A write of which a client knows, or guesses, the stamps. If they are not those that stand, the
/// reply teaches it, and it may send the write again, which is just another write.
pub(super) fn write(setup: &Setup, world: &mut World, who: Who, keys: Keys, how: Writing) -> Kept {
    world.reach_master(who);
    let homes = setup.tree.homes(keys);
    let proposals = world.propose(setup, who, how.is_lost);
    let mut stamps = ByRegion::all(None);
    for home in homes.iter() {
        stamps[home] = world.clients[who].beliefs[home].or(Some(proposals[home]));
    }
    let is_remembered = homes.iter().all(|home| world.clients[who].lengthened.contains(home));
    let request =
        Request { keys, stamps, proposals, is_lasting: how.is_lasting, lengthens: !is_remembered };
    if !setup.rules.nothing_resent {
        world.resend = Some(Box::new(request.clone()));
    }
    let is_written = run(setup, world, who, &request)?;

    if how.is_lost {
        world.left.replies.spend();
        return Ok(());
    }
    for home in homes.iter() {
        world.learn(setup, who, home);
        let taught = world.clients[who].beliefs[home];
        let stands = taught.is_some() && world.view(setup).standing(home) == taught;
        demand(setup, is_written || stands || homes.meets(setup.foreign), Promise::Futile)?;
        if is_written && how.is_lasting && setup.has_short_lives() {
            world.clients[who].lengthened.insert(home);
        }
    }
    Ok(())
}

/// A layer below sends the same bytes once more. (A mutant.)
pub(super) fn resend(setup: &Setup, world: &mut World) -> Kept {
    match world.resend.take() {
        Some(request) => run(setup, world, Who(0), &request).map(|_| ()),
        None => Ok(()),
    }
}

/// The script; whether it wrote.
fn run(setup: &Setup, world: &mut World, who: Who, request: &Request) -> Result<bool, Promise> {
    let homes = setup.tree.homes(request.keys);
    if setup.rules.types_checked_first && homes.meets(setup.foreign) {
        return Ok(false);
    }
    let before = readable(setup, world);

    let mut script = world.script_of(setup, who);
    script.renew(homes, &request.proposals);
    let agrees = homes.iter().all(|home| script.view().standing(home) == request.stamps[home]);
    if !agrees && setup.rules.write_compares_stamps {
        return Ok(false);
    }
    let mut written = ByKey::all(None);
    for key in request.keys.iter() {
        let home = setup.tree.home(key);
        if setup.foreign.contains(home) {
            // WRONGTYPE ends the script here. What it has written stays.
            break;
        }
        let Some(stamp) = request.stamps[home] else { continue };
        let version = world.truth.change(key, request.is_lasting);
        written[key] = Some(version);
        let entry = Entry { version, stamp, is_lasting: request.is_lasting };
        let mut script = world.script_of(setup, who);
        script.store(key, entry, request.lengthens);
        if setup.rules.write_drops_lease {
            script.data.leases[key] = None;
        }
    }
    world.left.changes.spend();
    judge(setup, world, request.keys, &before, &written)?;
    Ok(true)
}

/// What a reader sees of each key.
pub(super) fn readable(setup: &Setup, world: &World) -> ByKey<Option<Version>> {
    let mut readable = ByKey::all(None);
    for key in setup.tree.keys() {
        readable[key] = world.view(setup).lookup(key).map(|entry| entry.version);
    }
    readable
}

/// All of it took effect, or nothing of it did and everything is as it was.
pub(super) fn judge(
    setup: &Setup,
    world: &World,
    keys: Keys,
    before: &ByKey<Option<Version>>,
    written: &ByKey<Option<Version>>,
) -> Kept {
    let after = readable(setup, world);
    let took = |key: Key| written[key].is_some() && after[key] == written[key];
    if keys.iter().all(took) {
        return Ok(());
    }
    demand(setup, !keys.iter().any(took), Promise::Torn)?;
    demand(setup, keys.iter().all(|key| after[key] == before[key]), Promise::Destroyed)
}
