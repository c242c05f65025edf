use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use region_cache::backend::{
    Address, Ask, Backend, Bus, Change, Commit, Cursor, Found, Id, Lease, Leased, Outcome, Page,
    Session, Step, Usage, Walk, Wish,
};
use region_cache::{Key, Result};

use super::Operation;

/// Counts what is asked of a backend.
#[derive(Debug)]
pub struct Counting {
    inner: Arc<dyn Backend>,
    calls: Arc<Calls>,
}

#[derive(Debug, Default)]
struct Calls(Mutex<HashMap<Operation, u64>>);

impl Counting {
    /// Counts what is asked of `inner` from now on.
    pub fn new(inner: Arc<dyn Backend>) -> Arc<Self> {
        Arc::new(Self { inner, calls: Arc::default() })
    }

    /// How often it was asked for this.
    pub fn count(&self, operation: Operation) -> u64 {
        self.calls.0.lock().get(&operation).copied().unwrap_or(0)
    }

    /// How often it was asked for anything.
    pub fn total(&self) -> u64 {
        self.calls.0.lock().values().sum()
    }

    /// Begins at zero again.
    pub fn reset(&self) {
        self.calls.0.lock().clear();
    }
}

impl Calls {
    fn count(&self, operation: Operation) {
        *self.0.lock().entry(operation).or_default() += 1;
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Backend for Counting {
    async fn read(&self, region: &Address, keys: &[Key], ask: Ask) -> Result<Vec<Option<Found>>> {
        self.calls.count(Operation::Read);
        self.inner.read(region, keys, ask).await
    }

    async fn lease(&self, wish: Wish<'_>) -> Result<Leased> {
        self.calls.count(Operation::Lease);
        self.inner.lease(wish).await
    }

    async fn fill(&self, lease: &Lease, changes: Vec<Change>) -> Result<bool> {
        self.calls.count(Operation::Fill);
        self.inner.fill(lease, changes).await
    }

    async fn renew(&self, lease: &Lease) -> Result<bool> {
        self.calls.count(Operation::Renew);
        self.inner.renew(lease).await
    }

    async fn wait(&self, region: &Address, key: &Key, id: Id) {
        self.calls.count(Operation::Wait);
        self.inner.wait(region, key, id).await;
    }

    async fn release(&self, region: &Address, key: &Key, id: Id) -> Result<()> {
        self.calls.count(Operation::Release);
        self.inner.release(region, key, id).await
    }

    async fn write(&self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        self.calls.count(Operation::Write);
        self.inner.write(changes).await
    }

    async fn begin(&self, region: &Address) -> Result<Box<dyn Session>> {
        self.calls.count(Operation::Begin);
        let inner = self.inner.begin(region).await?;
        Ok(Box::new(Counted { inner, calls: Arc::clone(&self.calls) }))
    }

    async fn invalidate(&self, target: &Address) -> Result<Walk> {
        self.calls.count(Operation::Invalidate);
        self.inner.invalidate(target).await
    }

    async fn guard(&self, region: &Address, id: Id, time: Duration, again: bool) -> Result<bool> {
        self.calls.count(Operation::Guard);
        self.inner.guard(region, id, time, again).await
    }

    async fn unguard(&self, region: &Address, id: Id) -> Result<bool> {
        self.calls.count(Operation::Unguard);
        self.inner.unguard(region, id).await
    }

    async fn walk(&self, walk: &Walk) -> Result<Step> {
        self.calls.count(Operation::Walk);
        self.inner.walk(walk).await
    }

    async fn scan(&self, region: &Address, from: Option<Cursor>, limit: usize) -> Result<Page> {
        self.calls.count(Operation::Scan);
        self.inner.scan(region, from, limit).await
    }

    async fn children(&self, region: &Address) -> Result<Vec<String>> {
        self.calls.count(Operation::Children);
        self.inner.children(region).await
    }

    async fn ping(&self) -> Result<()> {
        self.calls.count(Operation::Ping);
        self.inner.ping().await
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }

    fn bus(&self) -> Arc<dyn Bus> {
        self.inner.bus()
    }

    async fn close(&self) {
        self.calls.count(Operation::Close);
        self.inner.close().await;
    }
}

#[derive(Debug)]
struct Counted {
    inner: Box<dyn Session>,
    calls: Arc<Calls>,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Session for Counted {
    async fn read(&mut self, region: &Address, keys: &[Key]) -> Result<Vec<Option<Found>>> {
        self.calls.count(Operation::SessionRead);
        self.inner.read(region, keys).await
    }

    async fn commit(self: Box<Self>, changes: Vec<Change>) -> Result<Commit> {
        self.calls.count(Operation::Commit);
        self.inner.commit(changes).await
    }
}
