//! Leases: the right to compute.

use std::time::Duration;

use super::store::{NodeId, Store};
use crate::backend::{Address, Change, Found, Id, Lease, Leased, Outcome, Token, Wish};
use crate::error::Result;
use crate::key::Key;
use crate::local::Record;
use crate::time::Timestamp;

impl Store {
    pub(super) fn lease(&mut self, wish: Wish<'_>) -> Leased {
        let now = self.now;
        let key = std::slice::from_ref(wish.key);
        let found = self.read(wish.region, key, now).pop().flatten();
        if let Some(found) = found.filter(Found::is_fresh)
            && wish.despite != Some(&found.envelope)
        {
            return Leased::Present(found);
        }
        if self.guards.is_closed(wish.region, now) {
            return Leased::Closed;
        }
        let node = self.ensure(wish.region);
        let token = Token::new(self.fences(node));
        // A lease under another fence went with its node, so only the deadline is to be looked at.
        let held = self.record(node, wish.key).copied();
        if let Some(held) = held.filter(|record| now < record.deadline()) {
            return Leased::Taken(token, held.id);
        }
        let record = Record { id: wish.id, taken_at: now, time: wish.time };
        self.add_lease(node, wish.key, record);
        Leased::Held(Lease {
            region: wish.region.clone(),
            key: wish.key.clone(),
            id: wish.id,
            time: wish.time,
            overtook: held.is_some(),
            token,
        })
    }

    pub(super) fn renew(&mut self, lease: &Lease) -> bool {
        let is_ours = self.is_ours(lease);
        if let Some(node) = self.find(&lease.region).filter(|_| is_ours) {
            let record = Record { id: lease.id, taken_at: self.now, time: lease.time };
            self.add_lease(node, &lease.key, record);
        }
        is_ours
    }

    /// How long the lease with this id cannot be taken over; `None` if it can be.
    pub(super) fn lease_left(
        &self,
        region: &Address,
        key: &Key,
        id: Id,
        now: Timestamp,
    ) -> Option<Duration> {
        let record = self.record(self.find(region)?, key).filter(|record| record.id == id)?;
        Some(record.deadline().since(now)).filter(|left| !left.is_zero())
    }

    pub(super) fn fill(&mut self, lease: &Lease, changes: Vec<Change>) -> Result<bool> {
        if !self.is_ours(lease) {
            return Ok(false);
        }
        let outcomes = self.apply(changes)?;
        Ok(outcomes.iter().all(|outcome| *outcome == Outcome::Stored))
    }

    pub(super) fn release(&mut self, region: &Address, key: &Key, id: Id) {
        let Some(node) = self.find(region) else {
            return;
        };
        if self.record(node, key).is_some_and(|record| record.id == id) {
            self.remove_lease(node, key);
            self.prune(node);
        }
    }

    fn record(&self, node: NodeId, key: &Key) -> Option<&Record> {
        self.nodes.get(node)?.leases.get(key)
    }

    /// Whether the lease is still its holder's and every fence of its token stands.
    fn is_ours(&self, lease: &Lease) -> bool {
        let Some(id) = self.find(&lease.region) else {
            return false;
        };
        self.record(id, &lease.key)
            .is_some_and(|record| record.id == lease.id && self.now < record.gone_at())
            && self.fences(id) == lease.token.fences()
    }
}
