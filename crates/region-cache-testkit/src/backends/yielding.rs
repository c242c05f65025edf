use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use region_cache::backend::{
    Address, Ask, Backend, Bus, Change, Commit, Cursor, Found, Id, Lease, Leased, Outcome, Page,
    Session, Step, Usage, Walk, Wish,
};
use region_cache::{Key, Result};

/// Waits before and after each operation, so that a caller can be dropped at either point, and others
/// can come between.
#[derive(Debug)]
pub struct Yielding(Arc<dyn Backend>);

impl Yielding {
    /// Waits around each operation of `inner`.
    pub fn new(inner: Arc<dyn Backend>) -> Arc<Self> {
        Arc::new(Self(inner))
    }
}

/// Pends twice and wakes itself: who polls twice at once, to see whether an answer is there already,
/// waits all the same.
async fn step_aside() {
    let mut left = 2;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

async fn slowly<T>(work: impl Future<Output = T> + Send) -> T {
    step_aside().await;
    let answer = work.await;
    step_aside().await;
    answer
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Backend for Yielding {
    async fn read(&self, region: &Address, keys: &[Key], ask: Ask) -> Result<Vec<Option<Found>>> {
        slowly(self.0.read(region, keys, ask)).await
    }

    async fn lease(&self, wish: Wish<'_>) -> Result<Leased> {
        slowly(self.0.lease(wish)).await
    }

    async fn fill(&self, lease: &Lease, changes: Vec<Change>) -> Result<bool> {
        slowly(self.0.fill(lease, changes)).await
    }

    async fn renew(&self, lease: &Lease) -> Result<bool> {
        slowly(self.0.renew(lease)).await
    }

    async fn wait(&self, region: &Address, key: &Key, id: Id) {
        slowly(self.0.wait(region, key, id)).await;
    }

    async fn release(&self, region: &Address, key: &Key, id: Id) -> Result<()> {
        slowly(self.0.release(region, key, id)).await
    }

    async fn write(&self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        slowly(self.0.write(changes)).await
    }

    async fn begin(&self, region: &Address) -> Result<Box<dyn Session>> {
        Ok(Box::new(Slow(slowly(self.0.begin(region)).await?)))
    }

    async fn invalidate(&self, target: &Address) -> Result<Walk> {
        slowly(self.0.invalidate(target)).await
    }

    async fn guard(&self, region: &Address, id: Id, time: Duration, again: bool) -> Result<bool> {
        slowly(self.0.guard(region, id, time, again)).await
    }

    async fn unguard(&self, region: &Address, id: Id) -> Result<bool> {
        slowly(self.0.unguard(region, id)).await
    }

    async fn walk(&self, walk: &Walk) -> Result<Step> {
        slowly(self.0.walk(walk)).await
    }

    async fn scan(&self, region: &Address, from: Option<Cursor>, limit: usize) -> Result<Page> {
        slowly(self.0.scan(region, from, limit)).await
    }

    async fn children(&self, region: &Address) -> Result<Vec<String>> {
        slowly(self.0.children(region)).await
    }

    async fn ping(&self) -> Result<()> {
        slowly(self.0.ping()).await
    }

    fn usage(&self) -> Usage {
        self.0.usage()
    }

    fn bus(&self) -> Arc<dyn Bus> {
        self.0.bus()
    }

    async fn close(&self) {
        slowly(self.0.close()).await;
    }
}

#[derive(Debug)]
struct Slow(Box<dyn Session>);

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Session for Slow {
    async fn read(&mut self, region: &Address, keys: &[Key]) -> Result<Vec<Option<Found>>> {
        slowly(self.0.read(region, keys)).await
    }

    async fn commit(self: Box<Self>, changes: Vec<Change>) -> Result<Commit> {
        slowly(self.0.commit(changes)).await
    }
}
