//! What handles and the writer share.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;

use arc_swap::ArcSwapOption;
use futures::channel::oneshot;
use parking_lot::Mutex;

use super::control::Control;
use super::error::{damaged, explain};
use super::job::{Message, job};
use super::snapshot::Snapshot;
use super::tables::Stored;
use super::used::Used;
use super::visit::Visit;
use crate::backend::Usage;
use crate::error::{Error, ErrorKind, Result};
use crate::local::Messages;
use crate::time::{Clock, Timestamp};

pub(super) struct Shared {
    pub(super) path: PathBuf,
    clock: Clock,
    /// How far the file's time is ahead of the clock, in milliseconds.
    ahead: AtomicU64,
    /// What readers see; none while the file is not open.
    pub(super) snapshot: ArcSwapOption<Snapshot>,
    pub(super) control: Mutex<Control>,
    pub(super) usage: Mutex<Usage>,
    pub(super) used: Arc<Used>,
    pub(super) messages: Messages,
    orders: Sender<Message>,
}

impl Shared {
    pub(super) fn new(path: PathBuf, clock: Clock, orders: Sender<Message>) -> Self {
        Self {
            path,
            clock,
            ahead: AtomicU64::new(0),
            snapshot: ArcSwapOption::empty(),
            control: Mutex::new(Control::new()),
            usage: Mutex::default(),
            used: Arc::new(Used::new()),
            messages: Messages::new(),
            orders,
        }
    }

    /// What time it is by the file: that of the clock, unless it was set back between two runs. Then
    /// it goes on from where the file was, so that nothing lives again that had expired.
    pub(super) fn now(&self) -> Timestamp {
        let ahead = self.ahead.load(Ordering::Relaxed);
        Timestamp::from_millis(self.clock.now().as_millis().saturating_add(ahead))
    }

    /// Sees to it that time does not go back behind what the file has seen.
    pub(super) fn not_before(&self, time: u64) {
        let behind = time.saturating_sub(self.now().as_millis());
        self.ahead.fetch_add(behind, Ordering::Relaxed);
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Has the writer do something, and waits until it counts: for good, or where it `is_soft` until
    /// readers see it, and for good soon after.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        is_soft: bool,
        act: impl FnOnce(&mut Visit<'_>) -> Stored<T> + Send + 'static,
    ) -> Result<T> {
        let (job, answer) = job(is_soft, act);
        self.send(Message::Job(job))?;
        answer.await.unwrap_or_else(|oneshot::Canceled| Err(self.closed()))
    }

    pub(super) fn send(&self, message: Message) -> Result<()> {
        self.orders.send(message).map_err(|_| self.closed())
    }

    /// Waits until the file is open, if it can be.
    pub(super) async fn ready(&self) -> Result<()> {
        if self.snapshot.load().is_none() {
            self.ask(true, |_| Ok(())).await?;
        }
        Ok(())
    }

    /// Reads what counts now.
    pub(super) fn look<T>(&self, visit: impl FnOnce(&Snapshot) -> Stored<T>) -> Result<T> {
        let snapshot = self.snapshot.load();
        let Some(snapshot) = snapshot.as_ref() else {
            return Err(explain(&self.path, redb::Error::DatabaseClosed));
        };
        let looked = self.guarded(|| visit(snapshot));
        let looked = looked.and_then(|it| it.map_err(|error| explain(&self.path, error)));
        if looked.is_err() {
            // Once something could not be read nothing can be any more. The writer opens it anew.
            let (look, _) = job(true, |_| Ok(()));
            self.send(Message::Job(look))?;
        }
        looked
    }

    /// Runs what may panic over a damaged file: then that is an error.
    pub(super) fn guarded<T>(&self, visit: impl FnOnce() -> T) -> Result<T> {
        catch_unwind(AssertUnwindSafe(visit)).map_err(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            let path = self.path.display().to_string();
            let message = damaged(&path, text.unwrap_or("it cannot be understood"));
            Error::new(ErrorKind::Unavailable, message)
        })
    }

    fn closed(&self) -> Error {
        let path = self.path.display();
        Error::new(ErrorKind::Closed, format!("the cache of the file `{path}` was shut down"))
    }
}
