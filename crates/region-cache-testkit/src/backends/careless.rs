use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use region_cache::backend::{
    Act, Address, Ask, Backend, Bus, Change, Cursor, Found, Id, Lease, Leased, Outcome, Page,
    Session, Step, Usage, Walk, Wish,
};
use region_cache::{Key, Result};

/// Breaks the contract in one way, so that a check can be seen to fail.
#[derive(Debug)]
pub struct Careless {
    inner: Arc<dyn Backend>,
    neglect: Neglect,
}

/// What a [`Careless`] backend does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neglect {
    /// A fill is stored whatever happened since its lease was taken.
    Leases,
    /// An invalidation is confirmed although nothing was done.
    Invalidations,
    /// A removal is confirmed although nothing was done.
    Removals,
}

impl Careless {
    /// As good as `inner`, but for one thing.
    pub fn new(inner: Arc<dyn Backend>, neglect: Neglect) -> Arc<Self> {
        Arc::new(Self { inner, neglect })
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Backend for Careless {
    async fn read(&self, region: &Address, keys: &[Key], ask: Ask) -> Result<Vec<Option<Found>>> {
        self.inner.read(region, keys, ask).await
    }

    async fn lease(&self, wish: Wish<'_>) -> Result<Leased> {
        self.inner.lease(wish).await
    }

    async fn fill(&self, lease: &Lease, changes: Vec<Change>) -> Result<bool> {
        if self.neglect == Neglect::Leases {
            self.inner.write(changes).await?;
            return Ok(true);
        }
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
        let removes = changes.iter().all(|change| matches!(change.act, Act::Remove));
        if self.neglect == Neglect::Removals && removes {
            return Ok(changes.iter().map(|_| Outcome::Removed(None)).collect());
        }
        self.inner.write(changes).await
    }

    async fn begin(&self, region: &Address) -> Result<Box<dyn Session>> {
        self.inner.begin(region).await
    }

    async fn invalidate(&self, target: &Address) -> Result<Walk> {
        if self.neglect == Neglect::Invalidations {
            let progress = Step { freed: 0, is_done: true };
            return Ok(Walk { id: Id::random(), target: target.clone(), progress });
        }
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
