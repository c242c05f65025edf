//! **Read**: the values first, then the fences, in one pipeline on one connection. Another client's
//! script may run between the two.

use super::Act;
use crate::client::{Half, Reading, Task};
use crate::promises::{Kept, Promise, demand};
use crate::server::Entry;
use crate::setup::Setup;
use crate::view::View;
use crate::words::{ByKey, Key, Keys, Region, Version, Who};
use crate::world::World;

pub(super) fn offer(setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    for who in setup.clients() {
        match &world.clients[who].task {
            Task::Idle => {
                let has_keys = |region: &Region| setup.tree.keys_in(*region).count() > 0;
                let is_worth = |region: &Region| is_worth_following(setup, world, who, *region);
                let reads = setup.role(who).reads.iter().filter(has_keys).filter(is_worth);
                acts.extend(reads.map(|region| Act::Read(who, region)));
            }
            Task::Reading(_) => acts.push(Act::ReadOn(who)),
            Task::Computing(_) | Task::Transaction(_) => {}
        }
    }
}

/// The first command: `HMGET` of the region's keys.
pub(super) fn first(setup: &Setup, world: &mut World, who: Who, region: Region) {
    let data = &world.server_of(who).data;
    let mut entries = ByKey::all(None);
    setup.tree.keys_in(region).for_each(|key| entries[key] = data.entries[key]);

    let reigns = world.clients[who].connection.reigns;
    let half = if setup.rules.values_before_fences {
        Half::Values(entries)
    } else {
        Half::Fence(View { setup, data, reigns }.standing(region))
    };
    let stale = stale_now(setup, world, region, &entries);
    let mut reading = Reading { region, half, stale, reigns, views: Vec::new() };
    if has_several_keys(setup, region) {
        reading.views.push(seen(setup, world, region));
    }
    world.clients[who].task = Task::Reading(reading);
}

/// The second command: `MGET` of the path's fences.
pub(super) fn second(setup: &Setup, world: &mut World, who: Who) -> Kept {
    let Task::Reading(reading) = std::mem::replace(&mut world.clients[who].task, Task::Idle) else {
        return Ok(());
    };
    let region = reading.region;
    let server = world.server_of(who);
    let reigns = if !setup.rules.one_connection_per_batch {
        reading.reigns
    } else if setup.reign_always_asked {
        server.reigns
    } else {
        world.clients[who].connection.reigns
    };
    let view = View { setup, data: &server.data, reigns };
    let (entries, own) = match reading.half {
        Half::Values(entries) => (entries, view.standing(region)),
        Half::Fence(own) => (server.data.entries, own),
    };
    if setup.reign_always_asked && world.clients[who].connection.is_to_replica {
        return Ok(());
    }

    let mut answer = ByKey::all(None);
    for key in setup.tree.keys_in(region) {
        answer[key] = entries[key].filter(|entry| view.counts(*entry, own));
        let is_returned = answer[key].is_some();
        demand(setup, !is_returned || !reading.stale.contains(key), Promise::Stale)?;
        if !setup.rules.batch_joined_before_sent {
            // Somebody joins only now, and takes this for an answer to a read that began now.
            demand(
                setup,
                answer[key].is_none_or(|e| e.version >= world.truth.floor[key]),
                Promise::Stale,
            )?;
        }
    }
    let answer = versions(answer);
    demand(setup, reading.views.is_empty() || reading.views.contains(&answer), Promise::Torn)
}

/// While a read of several keys is under way: what one can see by now.
pub(super) fn note(setup: &Setup, world: &mut World, who: Who) {
    let Task::Reading(reading) = &world.clients[who].task else { return };
    if !has_several_keys(setup, reading.region) {
        return;
    }
    let view = seen(setup, world, reading.region);
    let Task::Reading(reading) = &mut world.clients[who].task else { return };
    if let Err(place) = reading.views.binary_search_by_key(&order(&view), order) {
        reading.views.insert(place, view);
    }
}

/// A read of one key whose value is new enough returns that or nothing, and both are right. So only
/// the others are followed.
fn is_worth_following(setup: &Setup, world: &World, who: Who, region: Region) -> bool {
    let mutant = !setup.rules.batch_joined_before_sent || !setup.rules.values_before_fences;
    let entries = world.server_of(who).data.entries;
    let is_stale = !stale_now(setup, world, region, &entries).is_empty();
    mutant || is_stale || has_several_keys(setup, region)
}

fn stale_now(setup: &Setup, world: &World, region: Region, entries: &ByKey<Option<Entry>>) -> Keys {
    let mut stale = Keys::NONE;
    for key in setup.tree.keys_in(region) {
        if entries[key].is_some_and(|entry| entry.version < world.truth.floor[key]) {
            stale.insert(key);
        }
    }
    stale
}

fn seen(setup: &Setup, world: &World, region: Region) -> ByKey<Option<Version>> {
    let mut seen = ByKey::all(None);
    setup.tree.keys_in(region).for_each(|key| seen[key] = world.view(setup).lookup(key));
    versions(seen)
}

fn versions(entries: ByKey<Option<Entry>>) -> ByKey<Option<Version>> {
    let mut versions = ByKey::all(None);
    for key in [Key(0), Key(1)] {
        versions[key] = entries[key].map(|entry: Entry| entry.version);
    }
    versions
}

fn order(view: &ByKey<Option<Version>>) -> [Option<Version>; 2] {
    [view[Key(0)], view[Key(1)]]
}

fn has_several_keys(setup: &Setup, region: Region) -> bool {
    setup.tree.keys_in(region).count() > 1
}
