use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use region_cache::backend::{
    Address, Ask, Backend, Bus, Change, Cursor, Envelope, Found, Id, Lease, Leased, Life, Outcome,
    Page, Session, Step, Usage, Walk, Wish,
};
use region_cache::{Key, Result};

/// Shows the same envelope under every key that is read; everything else is the inner backend's.
#[derive(Debug)]
pub struct Canned {
    inner: Arc<dyn Backend>,
    envelope: Envelope,
}

impl Canned {
    /// Shows `envelope`, whatever is stored.
    pub fn new(inner: Arc<dyn Backend>, envelope: Envelope) -> Arc<Self> {
        Arc::new(Self { inner, envelope })
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Backend for Canned {
    async fn read(&self, _: &Address, keys: &[Key], _: Ask) -> Result<Vec<Option<Found>>> {
        let found = || Found { envelope: self.envelope.clone(), life: Life::Forever };
        Ok(keys.iter().map(|_| Some(found())).collect())
    }

    async fn lease(&self, wish: Wish<'_>) -> Result<Leased> {
        self.inner.lease(wish).await
    }

    async fn fill(&self, lease: &Lease, changes: Vec<Change>) -> Result<bool> {
        self.inner.fill(lease, changes).await
    }

    async fn renew(&self, lease: &Lease) -> Result<bool> {
        self.inner.renew(lease).await
    }

    async fn wait(&self, region: &Address, key: &Key, id: Id) {
        self.inner.wait(region, key, id).await;
    }

    async fn release(&self, region: &Address, key: &Key, id: Id) -> Result<()> {
        self.inner.release(region, key, id).await
    }

    async fn write(&self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        self.inner.write(changes).await
    }

    async fn begin(&self, region: &Address) -> Result<Box<dyn Session>> {
        self.inner.begin(region).await
    }

    async fn invalidate(&self, target: &Address) -> Result<Walk> {
        self.inner.invalidate(target).await
    }

    async fn guard(&self, region: &Address, id: Id, time: Duration, again: bool) -> Result<bool> {
        self.inner.guard(region, id, time, again).await
    }

    async fn unguard(&self, region: &Address, id: Id) -> Result<bool> {
        self.inner.unguard(region, id).await
    }

    async fn walk(&self, walk: &Walk) -> Result<Step> {
        self.inner.walk(walk).await
    }

    async fn scan(&self, region: &Address, from: Option<Cursor>, limit: usize) -> Result<Page> {
        self.inner.scan(region, from, limit).await
    }

    async fn children(&self, region: &Address) -> Result<Vec<String>> {
        self.inner.children(region).await
    }

    async fn ping(&self) -> Result<()> {
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
