//! Leases: the right to compute. They are kept in memory, for they end with the process.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use crate::backend::{Address, Id, Lease, Leased, Token, Wish};
use crate::key::Key;
use crate::local::Record;
use crate::time::Timestamp;

/// All leases, by region.
#[derive(Default)]
pub(super) struct Leases {
    regions: BTreeMap<Address, Region>,
    /// Which are gone, and when.
    due: BTreeSet<(Timestamp, Address, Key)>,
}

/// The leases of a region. What fells the region fells them with it.
struct Region {
    /// In place of fences, which a region has only when something is stored: new for every time that
    /// the first lease is taken.
    fence: Id,
    keys: HashMap<Key, Record>,
}

impl Leases {
    /// Takes a lease, unless another holds it.
    pub(super) fn take(&mut self, wish: &Wish<'_>, now: Timestamp) -> Leased {
        self.sweep(now);
        let region = self.regions.entry(wish.region.clone());
        let region = region.or_insert_with(|| Region { fence: Id::random(), keys: HashMap::new() });
        let token = Token::new(vec![region.fence]);
        let held = region.keys.get(wish.key).copied();
        if let Some(held) = held.filter(|record| now < record.deadline()) {
            return Leased::Taken(token, held.id);
        }
        self.add(wish.region, wish.key, Record { id: wish.id, taken_at: now, time: wish.time });
        Leased::Held(Lease {
            region: wish.region.clone(),
            key: wish.key.clone(),
            id: wish.id,
            time: wish.time,
            overtook: held.is_some(),
            token,
        })
    }

    pub(super) fn renew(&mut self, lease: &Lease, now: Timestamp) -> bool {
        let is_held = self.is_held(lease, now);
        if is_held {
            let record = Record { id: lease.id, taken_at: now, time: lease.time };
            self.add(&lease.region, &lease.key, record);
        }
        is_held
    }

    /// Whether the lease is still its holder's, and nothing of its path fell since.
    pub(super) fn is_held(&self, lease: &Lease, now: Timestamp) -> bool {
        let Some(region) = self.regions.get(&lease.region) else { return false };
        let record = region.keys.get(&lease.key);
        record.is_some_and(|record| record.id == lease.id && now < record.gone_at())
            && region.fence == lease.token.stamp()
    }

    /// How long the lease with this id cannot be taken over; `None` if it can be.
    pub(super) fn left(
        &self,
        region: &Address,
        key: &Key,
        id: Id,
        now: Timestamp,
    ) -> Option<Duration> {
        let record = self.regions.get(region)?.keys.get(key).filter(|record| record.id == id)?;
        Some(record.deadline().since(now)).filter(|left| !left.is_zero())
    }

    /// Drops the lease with this id.
    pub(super) fn release(&mut self, region: &Address, key: &Key, id: Id) -> bool {
        let record = self.regions.get(region).and_then(|region| region.keys.get(key));
        record.is_some_and(|record| record.id == id) && self.remove(region, key)
    }

    /// Drops a key's lease; whether there was one.
    pub(super) fn remove(&mut self, region: &Address, key: &Key) -> bool {
        let Some(leases) = self.regions.get_mut(region) else { return false };
        let Some(record) = leases.keys.remove(key) else { return false };
        if leases.keys.is_empty() {
            self.regions.remove(region);
        }
        self.due.remove(&(record.gone_at(), region.clone(), key.clone()));
        true
    }

    /// Drops all leases of a region and of those beneath it; the regions that had any.
    pub(super) fn fall(&mut self, target: &Address) -> Vec<Address> {
        // In order, those within a region begin with its name; others may stand in between.
        let from = self.regions.range(target.clone()..);
        let within = from
            .map(|(region, _)| region)
            .take_while(|region| region.name().starts_with(target.name()))
            .filter(|region| region.is_within(target));
        let within: Vec<Address> = within.cloned().collect();
        for region in &within {
            let leases = self.regions.remove(region).map(|leases| leases.keys).unwrap_or_default();
            for (key, record) in leases {
                self.due.remove(&(record.gone_at(), region.clone(), key));
            }
        }
        within
    }

    /// Keeps a record, in place of any other for its key.
    fn add(&mut self, region: &Address, key: &Key, record: Record) {
        let Some(leases) = self.regions.get_mut(region) else { return };
        if let Some(other) = leases.keys.insert(key.clone(), record) {
            self.due.remove(&(other.gone_at(), region.clone(), key.clone()));
        }
        self.due.insert((record.gone_at(), region.clone(), key.clone()));
    }

    /// Drops some of those that not even their holders can use any more.
    fn sweep(&mut self, now: Timestamp) {
        for _ in 0..SWEEP_AT_ONCE {
            let Some((_, region, key)) = self.due.first().filter(|(at, ..)| *at <= now).cloned()
            else {
                return;
            };
            self.remove(&region, &key);
        }
    }
}

/// How many each lease sweeps out, so that none takes long.
const SWEEP_AT_ONCE: usize = 64;
