//! One name for all states that differ in names only.
//!
//! - Ids are only compared, so they are numbered in the order in which they are met.
//! - Versions are only compared with those of the same key, so they are numbered by rank; all that
//!   are too old to be returned are the same.
//! - Clients with the same role may be exchanged.
//!
//! With that the number of states is finite even where nothing limits the number of changes.

mod visit;

#[cfg(test)]
mod tests;

use std::hash::{Hash, Hasher};

use xxhash_rust::xxh3::xxh3_128;

use crate::client::{Flight, Task};
use crate::setup::Setup;
use crate::truth::Fallen;
use crate::words::{ByWho, Id, Ids, Key, Region, Regions, Version, Who};
use crate::world::World;

/// What a state is known by.
pub type Fingerprint = u128;

/// Replaces a state by the one that stands for all that differ from it in names only.
pub fn canonical(setup: &Setup, orders: &[ByWho<Who>], mut world: World) -> (World, Fingerprint) {
    if setup.faults.changes.is_endless() {
        setup.tree.keys().for_each(|key| rank_versions(&mut world, key));
    }
    let shapes = shapes(setup, &world, orders);
    let is_sorted = |order: &ByWho<Who>| {
        let mut pairs = setup.clients().zip(setup.clients().skip(1));
        pairs.all(|(one, next)| {
            setup.role(one) != setup.role(next) || shapes[order[one]] <= shapes[order[next]]
        })
    };
    let name = |order: &ByWho<Who>| {
        let mut named = world.clone();
        for place in setup.clients() {
            named.clients[place] = world.clients[order[place]].clone();
        }
        if setup.rules.random_ids {
            number_ids(&mut named);
        }
        let fingerprint = fingerprint(&named);
        (named, fingerprint)
    };
    let named = orders.iter().filter(|order| is_sorted(order)).map(name);
    named.min_by_key(|(_, fingerprint)| *fingerprint).unwrap_or_else(|| name(&IN_ORDER))
}

/// What of a client can be compared without knowing the names of ids. It is there to save time: only
/// clients of the same shape have to be tried in every order.
fn shapes(setup: &Setup, world: &World, orders: &[ByWho<Who>]) -> ByWho<[u8; 6]> {
    let mut shapes = ByWho::all([0; 6]);
    if orders.len() > 1 {
        setup.clients().for_each(|who| shapes[who] = shape(setup, world, who));
    }
    shapes
}

fn shape(setup: &Setup, world: &World, who: Who) -> [u8; 6] {
    let (client, data) = (&world.clients[who], &world.master.data);
    let fence = |region: Region| data.fences[region].map(|fence| fence.id);
    let mut knows = Regions::NONE;
    let mut is_right = Regions::NONE;
    for region in setup.tree.regions().filter(|region| client.beliefs[*region].is_some()) {
        knows.insert(region);
        if client.beliefs[region] == fence(region) {
            is_right.insert(region);
        }
    }
    let [a, b, c, d] = match &client.task {
        Task::Idle => [0; 4],
        Task::Reading(reading) => [1, reading.region.0, 0, 0],
        Task::Computing(Flight { key, token, lease, version }) => {
            let stands = fence(setup.tree.home(*key)) == Some(*token);
            let is_ours = data.leases[*key].is_some_and(|held| held.id == *lease);
            [2, key.0, version.0, u8::from(stands) << 1 | u8::from(is_ours)]
        }
        Task::Transaction(this) => [3, this.wish.writes.bits(), u8::from(this.is_touched), 0],
    };
    [a, b, c, d, knows.bits(), is_right.bits()]
}

fn fingerprint(world: &World) -> Fingerprint {
    let mut bytes = Bytes { buffer: [0; MOST_BYTES], length: 0 };
    world.hash(&mut bytes);
    xxh3_128(&bytes.buffer[..bytes.length])
}

fn number_ids(world: &mut World) {
    let mut names = [None; 256];
    let mut last = 0;
    let (old, mut new) = (world.truth.fallen, Fallen::NONE);
    world.each_id(&mut |id| {
        if *id != Id::NOTHING {
            let name = &mut names[usize::from(id.number())];
            if name.is_none() {
                last += 1;
                *name = Some(Id::numbered(last));
                if old.contains(*id) {
                    new.insert(Id::numbered(last));
                }
            }
            *id = name.unwrap_or(*id);
        }
    });
    world.truth.fallen = new;
    world.ids = Ids::after(last);
}

fn rank_versions(world: &mut World, key: Key) {
    let mut present = 0_u64;
    world.each_version(key, &mut |version| present |= 1 << version.0);
    let worthy = u64::MAX << world.truth.floor[key].0;
    world.each_version(key, &mut |version| {
        let lesser = u64::MAX >> (63 - version.0);
        *version = rank(present & worthy & lesser);
    });
}

fn rank(lesser: u64) -> Version {
    Version(u8::try_from(lesser.count_ones()).unwrap_or(u8::MAX))
}

/// A state as bytes. Whatever is counted in it is small, the length of a list included.
struct Bytes {
    buffer: [u8; MOST_BYTES],
    length: usize,
}

impl Hasher for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        self.buffer[self.length..end].copy_from_slice(bytes);
        self.length = end;
    }

    fn write_usize(&mut self, number: usize) {
        self.write(&[number.to_le_bytes()[0]]);
    }

    fn write_isize(&mut self, number: isize) {
        self.write(&[number.to_le_bytes()[0]]);
    }

    fn finish(&self) -> u64 {
        0
    }
}

const IN_ORDER: ByWho<Who> = ByWho::new([Who(0), Who(1), Who(2)]);

// Several times what the largest setup needs; more would be a panic, not an error unseen.
const MOST_BYTES: usize = 2048;
