//! One name for all states that differ in names only.
//!
//! - Ids are only compared, so they are numbered in the order in which they are met.
//! - Versions are only compared with those of the same key, so they are numbered by rank; all that
//!   are too old to be returned are the same.
//! - Clients with the same role may be exchanged.
//!
//! With that the number of states is finite even where nothing limits the number of changes.

use std::hash::{Hash, Hasher};

use xxhash_rust::xxh3::xxh3_128;

use crate::server::{Data, Entry, Lease, Reigns, Server, Walk};
use crate::setup::Setup;
use crate::truth::Fallen;
use crate::words::{ByWho, Id, Ids, Key, Version, Who};
use crate::world::{Half, Task, World};

/// What a state is known by.
pub type Fingerprint = u128;

/// Replaces a state by the one that stands for all that differ from it in names only.
pub fn canonical(setup: &Setup, orders: &[ByWho<Who>], mut world: World) -> (World, Fingerprint) {
    if setup.faults.changes.is_endless() {
        setup.tree.keys().for_each(|key| rank_versions(&mut world, key));
    }
    let mut best: Option<(World, Fingerprint)> = None;
    for order in orders {
        let mut named = world.clone();
        for place in setup.clients() {
            named.clients[place] = world.clients[order[place]].clone();
        }
        if setup.rules.random_ids {
            number_ids(&mut named);
        }
        let fingerprint = fingerprint(&named);
        if best.as_ref().is_none_or(|(_, least)| fingerprint < *least) {
            best = Some((named, fingerprint));
        }
    }
    best.unwrap_or_else(|| {
        let fingerprint = fingerprint(&world);
        (world, fingerprint)
    })
}

fn fingerprint(world: &World) -> Fingerprint {
    let mut bytes = Bytes { buffer: [0; MOST_BYTES], length: 0 };
    world.hash(&mut bytes);
    xxh3_128(&bytes.buffer[..bytes.length])
}

fn number_ids(world: &mut World) {
    let mut names = [None; 256];
    let mut last = 0;
    world.each_id(&mut |id| {
        if *id != Id::NOTHING {
            *id = *names[usize::from(id.number())].get_or_insert_with(|| {
                last += 1;
                Id::numbered(last)
            });
        }
    });
    let mut fallen = Fallen::NONE;
    for number in 1..=u8::MAX - 1 {
        if let Some(name) = names[usize::from(number)] {
            if world.truth.fallen.contains(Id::numbered(number)) {
                fallen.insert(name);
            }
        }
    }
    world.truth.fallen = fallen;
    world.ids = Ids::after(last);
}

fn rank_versions(world: &mut World, key: Key) {
    let floor = world.truth.floor[key];
    let mut present = [false; 256];
    world.each_version(key, &mut |version| present[usize::from(version.0)] = true);
    let mut ranks = [Version(0); 256];
    let mut last = 0;
    for version in floor.0..=u8::MAX {
        if present[usize::from(version)] {
            last += 1;
            ranks[usize::from(version)] = Version(last);
        }
    }
    world.each_version(key, &mut |version| *version = ranks[usize::from(version.0)]);
}

impl World {
    fn each_id(&mut self, f: &mut impl FnMut(&mut Id)) {
        self.master.each_id(f);
        if let Some(replica) = &mut self.replica {
            replica.each_id(f);
        }
        if let Some(disk) = &mut self.disk {
            disk.each_id(f);
        }
        for client in self.clients.values_mut() {
            client.connection.reigns.each_id(f);
            client.beliefs.values_mut().flatten().for_each(&mut *f);
            client.proposed.values_mut().flatten().for_each(&mut *f);
            client.task.each_id(f);
        }
        for runner in self.runners.iter_mut().flatten() {
            f(&mut runner.walk);
        }
        if let Some(request) = &mut self.resend {
            request.stamps.values_mut().flatten().for_each(&mut *f);
            request.proposals.values_mut().for_each(&mut *f);
        }
    }

    fn each_version(&mut self, key: Key, f: &mut impl FnMut(&mut Version)) {
        let replica = self.replica.as_mut().map(|replica| &mut replica.data);
        let disk = self.disk.as_deref_mut();
        for data in [Some(&mut self.master.data), replica, disk].into_iter().flatten() {
            if let Some(entry) = &mut data.entries[key] {
                f(&mut entry.version);
            }
        }
        f(&mut self.truth.newest[key]);
        f(&mut self.truth.floor[key]);
        self.truth.kept[key].iter_mut().for_each(&mut *f);
        for client in self.clients.values_mut() {
            client.task.each_version(key, f);
        }
    }
}

impl Server {
    fn each_id(&mut self, f: &mut impl FnMut(&mut Id)) {
        self.reigns.each_id(f);
        self.data.each_id(f);
    }
}

impl Reigns {
    fn each_id(&mut self, f: &mut impl FnMut(&mut Id)) {
        for reign in [&mut self.namespace, &mut self.root] {
            f(&mut reign.run);
            f(&mut reign.replid);
        }
    }
}

impl Data {
    fn each_id(&mut self, f: &mut impl FnMut(&mut Id)) {
        for fence in self.fences.values_mut().flatten() {
            f(&mut fence.id);
            fence.hangs_on.iter_mut().for_each(&mut *f);
            if let Some(reign) = &mut fence.reign {
                f(&mut reign.run);
                f(&mut reign.replid);
            }
        }
        for Entry { stamp, .. } in self.entries.values_mut().flatten() {
            f(stamp);
        }
        for Lease { id, stamp } in self.leases.values_mut().flatten() {
            f(id);
            f(stamp);
        }
        for Walk { id, .. } in self.walks.iter_mut().flatten() {
            f(id);
        }
    }
}

impl Task {
    fn each_id(&mut self, f: &mut impl FnMut(&mut Id)) {
        match self {
            Self::Idle => {}
            Self::Reading(reading) => {
                reading.reigns.each_id(f);
                match &mut reading.half {
                    Half::Values(entries) => {
                        entries.values_mut().flatten().for_each(|entry| f(&mut entry.stamp));
                    }
                    Half::Fence(own) => own.iter_mut().for_each(&mut *f),
                }
            }
            Self::Computing(flight) => {
                f(&mut flight.token);
                f(&mut flight.lease);
            }
            Self::Transaction(transaction) => {
                transaction.fences.values_mut().flatten().for_each(&mut *f);
            }
        }
    }

    fn each_version(&mut self, key: Key, f: &mut impl FnMut(&mut Version)) {
        match self {
            Self::Idle => {}
            Self::Reading(reading) => {
                if let Half::Values(entries) = &mut reading.half {
                    entries[key].iter_mut().for_each(|entry| f(&mut entry.version));
                }
                for view in &mut reading.views {
                    view[key].iter_mut().for_each(&mut *f);
                }
            }
            Self::Computing(flight) => {
                if flight.key == key {
                    f(&mut flight.version);
                }
            }
            Self::Transaction(transaction) => {
                transaction.read[key].iter_mut().for_each(&mut *f);
            }
        }
    }
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

// Several times what the largest setup needs; more would be a panic, not an error unseen.
const MOST_BYTES: usize = 2048;
