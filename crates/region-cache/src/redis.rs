//! The backend on a Redis server: `redis:` and `redis+unix:`.
//!
//! What is atomic is a script, or a `MULTI` that watches; what is read is judged by the fences that are
//! read after it on the same line. Only this module knows the redis crate, Lua and hash tags.

mod beliefs;
mod bus;
mod error;
mod gather;
mod guard;
mod layout;
mod lease;
mod line;
mod lines;
mod listen;
mod multi;
mod read;
mod script;
mod session;
mod walk;
mod write;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;

use self::beliefs::Beliefs;
use self::error::Asked;
use self::gather::Gather;
use self::line::Line;
use self::lines::Lines;
use self::script::{Call, Script};
use crate::backend::{
    Address, Ask, Backend, Change, Cursor, Found, Id, Lease, Leased, Outcome, Page, Session, Step,
    Usage, Walk, Wish,
};
use crate::bus::Bus;
use crate::error::Result;
use crate::key::Key;
use crate::tasks::Tasks;
use crate::time::Timestamp;

/// A cache that is shared by every process that talks to the same server.
#[derive(Clone)]
pub(crate) struct Redis {
    lines: Arc<Lines>,
    tasks: Arc<Tasks>,
    beliefs: Arc<Beliefs>,
    gather: Arc<Gather>,
    /// Where this process's walks are.
    walks: Arc<Mutex<HashMap<Id, Vec<Vec<u8>>>>>,
    /// When each root was last looked at for walks that others have left.
    looked_for_walks: Arc<Mutex<HashMap<String, Timestamp>>>,
    /// This process, in announcements.
    who: Arc<str>,
}

impl Redis {
    /// The server that a URL names. Does not connect yet.
    pub(crate) fn new(url: &str, tasks: Arc<Tasks>, timeout: Duration) -> Result<Self> {
        Ok(Self {
            lines: Lines::new(lines::parse(url)?, Arc::clone(&tasks), timeout),
            tasks,
            beliefs: Arc::default(),
            gather: Arc::default(),
            walks: Arc::default(),
            looked_for_walks: Arc::default(),
            who: layout::text(Id::random()).into(),
        })
    }

    /// A call of a script with what each of them is told first.
    fn begin<'a>(&self, script: &'a Script, line: &Line, region: &Address) -> Call<'a> {
        script.call().arg(region.namespace()).arg(region.path()).arg(line.run())
    }
}

#[async_trait]
impl Backend for Redis {
    async fn read(&self, region: &Address, keys: &[Key], ask: Ask) -> Result<Vec<Option<Found>>> {
        self.read_many(region, keys, ask).await
    }

    async fn lease(&self, wish: Wish<'_>) -> Result<Leased> {
        self.take_lease(wish).await
    }

    async fn fill(&self, lease: &Lease, changes: Vec<Change>) -> Result<bool> {
        self.fill_all(lease, changes).await
    }

    async fn renew(&self, lease: &Lease) -> Result<bool> {
        self.renew_lease(lease).await
    }

    async fn wait(&self, region: &Address, key: &Key, id: Id) {
        self.watch_lease(region, key, id).await;
    }

    async fn release(&self, region: &Address, key: &Key, id: Id) -> Result<()> {
        self.release_lease(region, key, id).await
    }

    async fn write(&self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        self.write_all(changes).await
    }

    async fn begin(&self, region: &Address) -> Result<Box<dyn Session>> {
        Ok(Box::new(self.transaction(region)))
    }

    async fn invalidate(&self, target: &Address) -> Result<Walk> {
        self.cut_off(target).await
    }

    async fn walk(&self, walk: &Walk) -> Result<Step> {
        self.take_step(walk).await
    }

    async fn guard(&self, region: &Address, id: Id, time: Duration, again: bool) -> Result<bool> {
        self.close_region(region, id, time, again).await
    }

    async fn unguard(&self, region: &Address, id: Id) -> Result<bool> {
        self.open_region(region, id).await
    }

    async fn scan(&self, region: &Address, from: Option<Cursor>, limit: usize) -> Result<Page> {
        self.page(region, from, limit).await
    }

    async fn children(&self, region: &Address) -> Result<Vec<String>> {
        self.living_children(region).await
    }

    async fn ping(&self) -> Result<()> {
        let mut pipe = redis::pipe();
        pipe.cmd("PING");
        self.lines.shared().await?.send(&pipe, Asked::Read).await.map(|_| ())
    }

    fn usage(&self) -> Usage {
        Usage::default()
    }

    fn bus(&self) -> Arc<dyn Bus> {
        Arc::new(self.clone())
    }

    async fn close(&self) {
        self.lines.close();
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("lines", &self.lines).finish_non_exhaustive()
    }
}
