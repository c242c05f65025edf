//! The backend in this process: `memory:`.
//!
//! One tree of regions behind one readers-writer lock. Every operation is a short visit, so each is
//! atomic, as a script is on a server; nothing here ever waits. A region's fence lives in its node,
//! and invalidating a region cuts its node off the tree: what is cut off cannot be reached, so no
//! read needs to compare stamps. Freeing what was cut off happens in steps, as on a server.

mod bus;
mod change;
mod evict;
mod guard;
mod lease;
mod read;
mod session;
mod store;
mod walk;

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::select;
use parking_lot::RwLock;

pub(crate) use self::bus::LocalBus;
use self::session::Transaction;
use self::store::Store;
use crate::backend::{
    Address, Ask, Backend, Change, Cursor, Found, Id, Lease, Leased, Outcome, Page, Session, Step,
    Usage, Walk, Wish,
};
use crate::bus::Bus;
use crate::error::Result;
use crate::key::Key;
use crate::tasks::timer;
use crate::time::Clock;

/// The embedded backend: bounded by weight, expiring, and safe under many threads.
pub(crate) struct Memory {
    store: Arc<RwLock<Store>>,
    clock: Clock,
    bus: Arc<LocalBus>,
}

impl Memory {
    /// A store that holds up to `capacity` bytes, what keeping them costs included.
    pub(crate) fn new(capacity: u64, clock: Clock) -> Self {
        let bus = Arc::new(LocalBus::new(clock.clone()));
        Self { store: Arc::new(RwLock::new(Store::new(capacity))), clock, bus }
    }

    /// Changes the store, after what is due by now has been swept out.
    fn change<T>(&self, visit: impl FnOnce(&mut Store) -> T) -> T {
        let mut store = self.store.write();
        // Inside the lock, so that time never goes back between two visits.
        store.turn_to(self.clock.now());
        visit(&mut store)
    }
}

#[async_trait]
impl Backend for Memory {
    async fn read(&self, region: &Address, keys: &[Key], _: Ask) -> Result<Vec<Option<Found>>> {
        Ok(self.store.read().read(region, keys, self.clock.now()))
    }

    async fn lease(&self, wish: Wish<'_>) -> Result<Leased> {
        Ok(self.change(|store| store.lease(wish)))
    }

    async fn fill(&self, lease: &Lease, changes: Vec<Change>) -> Result<bool> {
        self.change(|store| store.fill(lease, changes))
    }

    async fn renew(&self, lease: &Lease) -> Result<bool> {
        Ok(self.change(|store| store.renew(lease)))
    }

    async fn wait(&self, region: &Address, key: &Key, id: Id) {
        // Subscribed first: what ends between the look and the waiting is not missed.
        let mut ended = self.store.read().ended.subscribe();
        loop {
            let left = self.store.read().lease_left(region, key, id, self.clock.now());
            let Some(left) = left else { return };
            let ends = pin!(ended.changed());
            match timer(&self.clock, left) {
                Some(deadline) => drop(select(ends, deadline).await),
                None => drop(ends.await),
            }
        }
    }

    async fn release(&self, region: &Address, key: &Key, id: Id) -> Result<()> {
        self.change(|store| store.release(region, key, id));
        Ok(())
    }

    async fn write(&self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        self.change(|store| store.apply(changes))
    }

    async fn begin(&self, _: &Address) -> Result<Box<dyn Session>> {
        Ok(Box::new(Transaction::begin(Arc::clone(&self.store), self.clock.clone())))
    }

    async fn invalidate(&self, target: &Address) -> Result<Walk> {
        let walk = self.change(|store| store.invalidate(target));
        self.bus.announce(target);
        Ok(walk)
    }

    async fn guard(&self, region: &Address, id: Id, time: Duration, again: bool) -> Result<bool> {
        let is_there = self.change(|store| store.guard(region, id, time, again));
        if !again {
            self.bus.announce(region);
        }
        Ok(is_there)
    }

    async fn unguard(&self, region: &Address, id: Id) -> Result<bool> {
        Ok(self.change(|store| store.unguard(region, id)))
    }

    async fn walk(&self, walk: &Walk) -> Result<Step> {
        Ok(self.change(|store| store.walk(walk.id)))
    }

    async fn scan(&self, region: &Address, from: Option<Cursor>, limit: usize) -> Result<Page> {
        Ok(self.store.read().scan(region, from, limit, self.clock.now()))
    }

    async fn children(&self, region: &Address) -> Result<Vec<String>> {
        Ok(self.store.read().children(region, self.clock.now()))
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }

    fn usage(&self) -> Usage {
        self.change(|store| store.usage())
    }

    fn bus(&self) -> Arc<dyn Bus> {
        Arc::clone(&self.bus) as Arc<dyn Bus>
    }

    async fn close(&self) {}
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}
