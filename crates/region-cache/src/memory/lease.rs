//! Leases: the right to compute.

use std::time::Duration;

use super::store::{NodeId, Store};
use crate::backend::{Address, Change, Found, Id, Lease, Leased, Outcome, Token, Wish};
use crate::error::Result;
use crate::key::Key;
use crate::time::Timestamp;

/// A lease that was taken.
#[derive(Clone, Copy)]
pub(super) struct Record {
    pub(super) id: Id,
    taken_at: Timestamp,
    time: Duration,
}

impl Record {
    /// From then on anyone may take the lease over.
    fn deadline(&self) -> Timestamp {
        self.taken_at.saturating_add(self.time)
    }

    /// From then on not even its holder may fill.
    pub(super) fn gone_at(&self) -> Timestamp {
        self.taken_at.saturating_add(self.time.saturating_mul(10))
    }
}

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
        let node = self.ensure(wish.region);
        let token = Token::new(self.fences(node));
        // A lease under another fence went with its node, so only the deadline is to be looked at.
        if let Some(held) = self.record(node, wish.key).filter(|record| now < record.deadline()) {
            return Leased::Taken(token, held.id);
        }
        let record = Record { id: wish.id, taken_at: now, time: wish.time };
        self.add_lease(node, wish.key, record);
        let (region, key) = (wish.region.clone(), wish.key.clone());
        Leased::Held(Lease { region, key, id: wish.id, time: wish.time, token })
    }

    pub(super) fn fill(&mut self, lease: &Lease, change: Change) -> Result<bool> {
        if !self.is_ours(lease) {
            return Ok(false);
        }
        let outcomes = self.apply(vec![change])?;
        Ok(outcomes == [Outcome::Stored])
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
