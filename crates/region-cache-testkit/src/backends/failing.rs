use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use region_cache::backend::{
    Address, Ask, Backend, Bus, Change, Commit, Cursor, Found, Id, Lease, Leased, Outcome, Page,
    Session, Step, Usage, Walk, Wish,
};
use region_cache::{Error, ErrorKind, Key, Result};

use super::Operation;

/// Fails at once with what it was told to fail, like a server that refuses connections.
#[derive(Debug)]
pub struct Failing {
    inner: Arc<dyn Backend>,
    failures: Arc<Failures>,
}

#[derive(Debug, Default)]
struct Failures(Mutex<HashMap<Operation, ErrorKind>>, AtomicBool);

impl Failing {
    /// Passes everything on to `inner`, until it is told otherwise.
    pub fn new(inner: Arc<dyn Backend>) -> Arc<Self> {
        Arc::new(Self { inner, failures: Arc::default() })
    }

    /// From now on this cannot be reached.
    pub fn fail(&self, operations: impl IntoIterator<Item = Operation>) {
        self.fail_with(operations, ErrorKind::Unavailable);
    }

    /// From now on this fails with an error of this kind; nothing happens.
    pub fn fail_with(&self, operations: impl IntoIterator<Item = Operation>, kind: ErrorKind) {
        let failing = operations.into_iter().map(|operation| (operation, kind));
        self.failures.0.lock().extend(failing);
    }

    /// From now on leases are taken, but the connection is lost before that is known.
    pub fn lose_leases(&self) {
        self.failures.1.store(true, Ordering::SeqCst);
    }

    /// From now on everything is passed on.
    pub fn mend(&self) {
        self.failures.1.store(false, Ordering::SeqCst);
        self.failures.0.lock().clear();
    }
}

impl Failures {
    fn check(&self, operation: Operation) -> Result<()> {
        match self.0.lock().get(&operation) {
            Some(kind) => Err(Error::new(*kind, format!("{operation:?} was told to fail"))),
            None => Ok(()),
        }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Backend for Failing {
    async fn read(&self, region: &Address, keys: &[Key], ask: Ask) -> Result<Vec<Option<Found>>> {
        self.failures.check(Operation::Read)?;
        self.inner.read(region, keys, ask).await
    }

    async fn lease(&self, wish: Wish<'_>) -> Result<Leased> {
        self.failures.check(Operation::Lease)?;
        let leased = self.inner.lease(wish).await;
        if self.failures.1.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "the connection was lost"));
        }
        leased
    }

    async fn fill(&self, lease: &Lease, changes: Vec<Change>) -> Result<bool> {
        self.failures.check(Operation::Fill)?;
        self.inner.fill(lease, changes).await
    }

    async fn renew(&self, lease: &Lease) -> Result<bool> {
        self.failures.check(Operation::Renew)?;
        self.inner.renew(lease).await
    }

    async fn wait(&self, region: &Address, key: &Key, id: Id) {
        if self.failures.check(Operation::Wait).is_ok() {
            self.inner.wait(region, key, id).await;
        }
    }

    async fn release(&self, region: &Address, key: &Key, id: Id) -> Result<()> {
        self.failures.check(Operation::Release)?;
        self.inner.release(region, key, id).await
    }

    async fn write(&self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        self.failures.check(Operation::Write)?;
        self.inner.write(changes).await
    }

    async fn begin(&self, region: &Address) -> Result<Box<dyn Session>> {
        self.failures.check(Operation::Begin)?;
        let inner = self.inner.begin(region).await?;
        Ok(Box::new(Shaky { inner, failures: Arc::clone(&self.failures) }))
    }

    async fn invalidate(&self, target: &Address) -> Result<Walk> {
        self.failures.check(Operation::Invalidate)?;
        self.inner.invalidate(target).await
    }

    async fn guard(&self, region: &Address, id: Id, time: Duration, again: bool) -> Result<bool> {
        self.failures.check(Operation::Guard)?;
        self.inner.guard(region, id, time, again).await
    }

    async fn unguard(&self, region: &Address, id: Id) -> Result<bool> {
        self.failures.check(Operation::Unguard)?;
        self.inner.unguard(region, id).await
    }

    async fn walk(&self, walk: &Walk) -> Result<Step> {
        self.failures.check(Operation::Walk)?;
        self.inner.walk(walk).await
    }

    async fn scan(&self, region: &Address, from: Option<Cursor>, limit: usize) -> Result<Page> {
        self.failures.check(Operation::Scan)?;
        self.inner.scan(region, from, limit).await
    }

    async fn children(&self, region: &Address) -> Result<Vec<String>> {
        self.failures.check(Operation::Children)?;
        self.inner.children(region).await
    }

    async fn ping(&self) -> Result<()> {
        self.failures.check(Operation::Ping)?;
        self.inner.ping().await
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }

    fn bus(&self) -> Arc<dyn Bus> {
        self.inner.bus()
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

#[derive(Debug)]
struct Shaky {
    inner: Box<dyn Session>,
    failures: Arc<Failures>,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Session for Shaky {
    async fn read(&mut self, region: &Address, keys: &[Key]) -> Result<Vec<Option<Found>>> {
        self.failures.check(Operation::SessionRead)?;
        self.inner.read(region, keys).await
    }

    async fn commit(self: Box<Self>, changes: Vec<Change>) -> Result<Commit> {
        self.failures.check(Operation::Commit)?;
        self.inner.commit(changes).await
    }
}
