//! Every place of a state that has an id, or a version.

use crate::client::{Half, Task};
use crate::server::{Data, Entry, Lease, Reigns, Server, Walk};
use crate::words::{Id, Key, Version};
use crate::world::World;

impl World {
    pub(super) fn each_id(&mut self, f: &mut impl FnMut(&mut Id)) {
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

    pub(super) fn each_version(&mut self, key: Key, f: &mut impl FnMut(&mut Version)) {
        let replica = self.replica.as_mut().map(|replica| &mut replica.data);
        let disk = self.disk.as_mut();
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
    pub(super) fn each_id(&mut self, f: &mut impl FnMut(&mut Id)) {
        self.reigns.each_id(f);
        self.data.each_id(f);
    }
}

impl Reigns {
    pub(super) fn each_id(&mut self, f: &mut impl FnMut(&mut Id)) {
        for reign in [&mut self.namespace, &mut self.root] {
            f(&mut reign.run);
            f(&mut reign.replid);
        }
    }
}

impl Data {
    pub(super) fn each_id(&mut self, f: &mut impl FnMut(&mut Id)) {
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
    pub(super) fn each_id(&mut self, f: &mut impl FnMut(&mut Id)) {
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
                transaction.reigns.each_id(f);
                transaction.fences.values_mut().flatten().for_each(&mut *f);
            }
        }
    }

    pub(super) fn each_version(&mut self, key: Key, f: &mut impl FnMut(&mut Version)) {
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
