//! The backend in a file: `file:<path>`.
//!
//! Tables of an embedded database ([redb](https://docs.rs/redb)), written by one thread and read by
//! everybody. A region is a row that its parent's links lead to, and invalidating it takes that link
//! away: what no link leads to cannot be reached, so no read needs to compare stamps. What was cut off
//! is freed in steps, after a restart too.
//!
//! A change is on the disk when it is confirmed, so that no crash brings back what was overwritten or
//! invalidated. Only what may be lost without harm is confirmed before: what was computed, and what was
//! freed. Leases, transactions under way and walks are in memory, and end with the process.

mod bus;
mod change;
mod control;
mod error;
mod evict;
mod job;
mod lease;
mod open;
mod session;
mod shared;
mod snapshot;
mod tables;
mod tree;
mod used;
mod visit;
mod walk;
mod writer;

use std::fmt;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use futures::channel::oneshot;
use futures::future::select;
use parking_lot::Mutex;

use self::bus::FileBus;
use self::job::Message;
use self::session::Transaction;
use self::shared::Shared;
use self::tree::Tree;
use self::writer::{Opener, Writer};
use crate::backend::{
    Address, Ask, Backend, Change, Cursor, Found, Id, Lease, Leased, Outcome, Page, Session, Step,
    Usage, Walk, Wish,
};
use crate::bus::Bus;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::tasks::{thread, timer};
use crate::time::Clock;

/// The embedded, persistent backend: bounded by weight, expiring, and safe under many threads.
pub(crate) struct File {
    shared: Arc<Shared>,
    bus: Arc<FileBus>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl File {
    /// Opens the file that a URL names, of up to `capacity` bytes. Where it cannot be opened now, but
    /// perhaps later, a `lazy` one tries again with each operation.
    pub(crate) fn new(url: &str, capacity: u64, clock: Clock, lazy: bool) -> Result<Self> {
        let path = open::path(url)?;
        let opener = {
            let path = path.clone();
            move || open::open(&path)
        };
        Self::start(path, Box::new(opener), capacity, clock, lazy)
    }

    fn start(
        path: PathBuf,
        opener: Opener,
        capacity: u64,
        clock: Clock,
        lazy: bool,
    ) -> Result<Self> {
        let (orders, ordered) = channel();
        let shared = Arc::new(Shared::new(path, clock, orders));
        let mut writer = Writer::new(Arc::clone(&shared), ordered, opener, capacity);
        match writer.open() {
            Err(error) if !(lazy && error.is_unavailable()) => return Err(error),
            _ => {}
        }
        let writer = thread("region-cache-file", move || writer.run()).map_err(|error| {
            let message = format!("no thread can be started to write the cache file: {error}");
            Error::new(ErrorKind::Unavailable, message).because(error)
        })?;
        let bus = Arc::new(FileBus { shared: Arc::clone(&shared) });
        Ok(Self { shared, bus, writer: Mutex::new(Some(writer)) })
    }
}

#[async_trait]
impl Backend for File {
    async fn read(&self, region: &Address, keys: &[Key], _: Ask) -> Result<Vec<Option<Found>>> {
        self.shared.ready().await?;
        let now = self.shared.now();
        self.shared.look(|snapshot| snapshot.read(region, keys, now))
    }

    async fn lease(&self, wish: Wish<'_>) -> Result<Leased> {
        self.shared.ready().await?;
        let key = std::slice::from_ref(wish.key);
        // Under the lock under which what was changed is shown, and leases fall by it.
        let mut control = self.shared.control.lock();
        let now = self.shared.now();
        let found = self.shared.look(|snapshot| snapshot.read(wish.region, key, now))?.pop();
        if let Some(found) = found.flatten().filter(Found::is_fresh)
            && wish.despite != Some(&found.envelope)
        {
            return Ok(Leased::Present(found));
        }
        if control.guards.is_closed(wish.region, now) {
            return Ok(Leased::Closed);
        }
        Ok(control.leases.take(&wish, now))
    }

    async fn fill(&self, lease: &Lease, changes: Vec<Change>) -> Result<bool> {
        let lease = lease.clone();
        // Soft: what a power failure takes of this is computed anew.
        self.shared.ask(true, move |visit| visit.fill(&lease, changes)).await?
    }

    async fn renew(&self, lease: &Lease) -> Result<bool> {
        let now = self.shared.now();
        Ok(self.shared.control.lock().leases.renew(lease, now))
    }

    async fn wait(&self, region: &Address, key: &Key, id: Id) {
        // Subscribed first: what ends between the look and the waiting is not missed.
        let mut ended = self.shared.control.lock().ended.subscribe();
        loop {
            let now = self.shared.now();
            let left = self.shared.control.lock().leases.left(region, key, id, now);
            let Some(left) = left else { return };
            let ends = pin!(ended.changed());
            match timer(self.shared.clock(), left) {
                Some(deadline) => drop(select(ends, deadline).await),
                None => drop(ends.await),
            }
        }
    }

    async fn release(&self, region: &Address, key: &Key, id: Id) -> Result<()> {
        let mut control = self.shared.control.lock();
        if control.leases.release(region, key, id) {
            control.ended.send_replace(());
        }
        Ok(())
    }

    async fn write(&self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        self.shared.ask(false, move |visit| visit.apply(changes)).await?
    }

    async fn begin(&self, _: &Address) -> Result<Box<dyn Session>> {
        Ok(Box::new(Transaction::begin(Arc::clone(&self.shared))))
    }

    async fn invalidate(&self, target: &Address) -> Result<Walk> {
        let target = target.clone();
        self.shared.ask(false, move |visit| visit.invalidate(&target, true)).await
    }

    async fn guard(&self, region: &Address, id: Id, time: Duration, again: bool) -> Result<bool> {
        let region = region.clone();
        self.shared.ask(false, move |visit| visit.guard(&region, id, time, again)).await
    }

    async fn unguard(&self, region: &Address, id: Id) -> Result<bool> {
        let region = region.clone();
        self.shared.ask(false, move |visit| visit.unguard(&region, id)).await
    }

    async fn walk(&self, walk: &Walk) -> Result<Step> {
        let id = walk.id;
        self.shared.ask(true, move |visit| visit.walk(id)).await
    }

    async fn scan(&self, region: &Address, from: Option<Cursor>, limit: usize) -> Result<Page> {
        self.shared.ready().await?;
        let now = self.shared.now();
        self.shared.look(|snapshot| snapshot.scan(region, from, limit, now))
    }

    async fn children(&self, region: &Address) -> Result<Vec<String>> {
        self.shared.ready().await?;
        let now = self.shared.now();
        self.shared.look(|snapshot| snapshot.living_children(region, now))
    }

    /// Answers when the writer does.
    async fn ping(&self) -> Result<()> {
        self.shared.ask(true, |_| Ok(())).await
    }

    fn usage(&self) -> Usage {
        *self.shared.usage.lock()
    }

    fn bus(&self) -> Arc<dyn Bus> {
        Arc::clone(&self.bus) as Arc<dyn Bus>
    }

    async fn close(&self) {
        let (closed, closing) = oneshot::channel();
        if self.shared.send(Message::Close(closed)).is_ok() {
            // An error means that another has closed it meanwhile.
            let _ = closing.await;
        }
    }
}

impl Drop for File {
    /// Waits for the writer, so that the file can be opened again at once.
    fn drop(&mut self) {
        let (closed, _) = oneshot::channel();
        // Where this fails it has ended.
        let _ = self.shared.send(Message::Close(closed));
        if let Some(writer) = self.writer.get_mut().take() {
            let _ = writer.join();
        }
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
