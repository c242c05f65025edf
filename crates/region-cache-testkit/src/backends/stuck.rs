use std::collections::HashMap;
use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use region_cache::backend::{
    Address, Ask, Backend, Bus, Change, Commit, Cursor, Found, Id, Lease, Leased, Outcome, Page,
    Session, Step, Usage, Walk, Wish,
};
use region_cache::{Key, Result};

use super::Operation;

/// Never answers what it was told not to answer, like a server whose line is dead.
#[derive(Debug)]
pub struct Stuck {
    inner: Arc<dyn Backend>,
    line: Arc<Line>,
}

#[derive(Debug, Default)]
struct Line {
    losses: Mutex<HashMap<Operation, Loss>>,
    lost: AtomicU64,
}

/// What gets lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    Request,
    Answer,
}

impl Stuck {
    /// Passes everything on to `inner`, until it is told otherwise.
    pub fn new(inner: Arc<dyn Backend>) -> Arc<Self> {
        Arc::new(Self { inner, line: Arc::default() })
    }

    /// From now on requests for this get lost: nothing happens, and no answer comes.
    pub fn lose_requests(&self, operations: impl IntoIterator<Item = Operation>) {
        self.lose(operations, Loss::Request);
    }

    /// From now on answers to this get lost: it happens, but nobody hears of it.
    pub fn lose_answers(&self, operations: impl IntoIterator<Item = Operation>) {
        self.lose(operations, Loss::Answer);
    }

    /// From now on everything is answered. What got lost stays lost.
    pub fn mend(&self) {
        self.line.losses.lock().clear();
    }

    /// How many requests and answers got lost so far.
    pub fn lost(&self) -> u64 {
        self.line.lost.load(Ordering::SeqCst)
    }

    fn lose(&self, operations: impl IntoIterator<Item = Operation>, loss: Loss) {
        self.line.losses.lock().extend(operations.into_iter().map(|operation| (operation, loss)));
    }
}

impl Line {
    async fn pass<T>(&self, operation: Operation, work: impl Future<Output = T> + Send) -> T {
        let loss = self.losses.lock().get(&operation).copied();
        if loss == Some(Loss::Request) {
            self.lose().await;
        }
        let answer = work.await;
        if loss == Some(Loss::Answer) {
            self.lose().await;
        }
        answer
    }

    async fn lose(&self) {
        self.lost.fetch_add(1, Ordering::SeqCst);
        pending::<()>().await;
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Backend for Stuck {
    async fn read(&self, region: &Address, keys: &[Key], ask: Ask) -> Result<Vec<Option<Found>>> {
        self.line.pass(Operation::Read, self.inner.read(region, keys, ask)).await
    }

    async fn lease(&self, wish: Wish<'_>) -> Result<Leased> {
        self.line.pass(Operation::Lease, self.inner.lease(wish)).await
    }

    async fn fill(&self, lease: &Lease, changes: Vec<Change>) -> Result<bool> {
        self.line.pass(Operation::Fill, self.inner.fill(lease, changes)).await
    }

    async fn renew(&self, lease: &Lease) -> Result<bool> {
        self.line.pass(Operation::Renew, self.inner.renew(lease)).await
    }

    async fn wait(&self, region: &Address, key: &Key, id: Id) {
        self.line.pass(Operation::Wait, self.inner.wait(region, key, id)).await;
    }

    async fn release(&self, region: &Address, key: &Key, id: Id) -> Result<()> {
        self.line.pass(Operation::Release, self.inner.release(region, key, id)).await
    }

    async fn write(&self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        self.line.pass(Operation::Write, self.inner.write(changes)).await
    }

    async fn begin(&self, region: &Address) -> Result<Box<dyn Session>> {
        let inner = self.line.pass(Operation::Begin, self.inner.begin(region)).await?;
        Ok(Box::new(OnLine { inner, line: Arc::clone(&self.line) }))
    }

    async fn invalidate(&self, target: &Address) -> Result<Walk> {
        self.line.pass(Operation::Invalidate, self.inner.invalidate(target)).await
    }

    async fn guard(&self, region: &Address, id: Id, time: Duration, again: bool) -> Result<bool> {
        self.line.pass(Operation::Guard, self.inner.guard(region, id, time, again)).await
    }

    async fn unguard(&self, region: &Address, id: Id) -> Result<bool> {
        self.line.pass(Operation::Unguard, self.inner.unguard(region, id)).await
    }

    async fn walk(&self, walk: &Walk) -> Result<Step> {
        self.line.pass(Operation::Walk, self.inner.walk(walk)).await
    }

    async fn scan(&self, region: &Address, from: Option<Cursor>, limit: usize) -> Result<Page> {
        self.line.pass(Operation::Scan, self.inner.scan(region, from, limit)).await
    }

    async fn children(&self, region: &Address) -> Result<Vec<String>> {
        self.line.pass(Operation::Children, self.inner.children(region)).await
    }

    async fn ping(&self) -> Result<()> {
        self.line.pass(Operation::Ping, self.inner.ping()).await
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }

    fn bus(&self) -> Arc<dyn Bus> {
        self.inner.bus()
    }

    async fn close(&self) {
        self.line.pass(Operation::Close, self.inner.close()).await;
    }
}

#[derive(Debug)]
struct OnLine {
    inner: Box<dyn Session>,
    line: Arc<Line>,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Session for OnLine {
    async fn read(&mut self, region: &Address, keys: &[Key]) -> Result<Vec<Option<Found>>> {
        self.line.pass(Operation::SessionRead, self.inner.read(region, keys)).await
    }

    async fn commit(self: Box<Self>, changes: Vec<Change>) -> Result<Commit> {
        self.line.pass(Operation::Commit, self.inner.commit(changes)).await
    }
}
