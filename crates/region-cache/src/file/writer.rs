//! The one thread that writes.
//!
//! It gathers whatever was asked for while the last transaction was on its way to the disk, makes all of
//! it in one transaction, and answers when that counts. So many changes share the cost of one flush.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use futures::channel::oneshot;
use redb::{Database, Durability, ReadableDatabase, ReadableTable};

use super::error::explain;
use super::job::{Job, Message};
use super::shared::Shared;
use super::snapshot::Snapshot;
use super::tables::{DUE, GUARDS, LIMBO, META, Meta, Stored, id_of};
use super::visit::{Fallen, Scene, Visit};
use crate::backend::{Address, Usage};
use crate::error::{Error, ErrorKind, Result};
use crate::local::{Guard, Guards};
use crate::time::{Stopwatch, Timestamp};

pub(super) struct Writer {
    shared: Arc<Shared>,
    orders: Receiver<Message>,
    open: Opener,
    capacity: u64,
    database: Option<Database>,
    meta: Meta,
    /// Since when something counts that is not on the disk for good.
    soft: Option<Stopwatch>,
    chores: Chores,
    /// Why the file is not open.
    failed: Option<Error>,
    /// When it was opened last, or that was tried, and how long it took.
    tried: Option<(Stopwatch, Duration)>,
}

/// Opens the file, each time that it has to be.
pub(super) type Opener = Box<dyn Fn() -> Result<Database> + Send>;

/// Those who wait for the end.
type Closing = Vec<oneshot::Sender<()>>;

/// What is to be done although nobody asks for it.
#[derive(Default)]
struct Chores {
    /// When something is to be swept out next.
    next_due: Option<Timestamp>,
    /// Whether something waits to be freed.
    has_limbo: bool,
    /// Whether nobody but the writer goes on with that.
    has_abandoned: bool,
}

/// What a transaction came to.
struct Done {
    fallen: Vec<Fallen>,
    /// None where nothing is different.
    snapshot: Option<Snapshot>,
    chores: Chores,
    is_hard: bool,
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        orders: Receiver<Message>,
        open: Opener,
        capacity: u64,
    ) -> Self {
        Self {
            shared,
            orders,
            open,
            capacity,
            database: None,
            meta: Meta::default(),
            soft: None,
            chores: Chores::default(),
            failed: None,
            tried: None,
        }
    }

    /// Works until it is told to end.
    pub(super) fn run(mut self) {
        loop {
            let (jobs, closing) = self.next_jobs();
            let is_closing = closing.is_some();
            self.work(jobs, is_closing);
            if let Some(closing) = closing {
                self.shut();
                // Whoever does not wait any more need not know.
                for closed in closing {
                    let _ = closed.send(());
                }
                return;
            }
        }
    }

    /// Opens the file, and takes up what is in it.
    pub(super) fn open(&mut self) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let watch = Stopwatch::start();
        let opened = shared.guarded(|| {
            let database = (self.open)()?;
            let taken = self.take_up(&database);
            taken.map_err(|error| explain(&shared.path, error))?;
            Ok(database)
        });
        self.tried = Some((Stopwatch::start(), watch.elapsed()));
        match opened.and_then(|opened| opened) {
            Ok(database) => {
                self.database = Some(database);
                self.failed = None;
                Ok(())
            }
            Err(error) => {
                self.failed = Some(error.clone());
                Err(error)
            }
        }
    }

    fn take_up(&mut self, database: &Database) -> Stored<()> {
        let shared = &self.shared;
        let transaction = database.begin_read()?;
        self.meta = Meta::read(&transaction.open_table(META)?)?;
        shared.not_before(self.meta.time);
        let mut guards = Guards::default();
        for row in transaction.open_table(GUARDS)?.iter()? {
            let (key, until) = row?;
            let ((name, id), until) = (key.value(), Timestamp::from_millis(until.value()));
            let (namespace, path) = name.split_once(':').unwrap_or_default();
            if let Ok(region) = Address::parse(namespace, path) {
                guards.add(Guard { region, id: id_of(id), until });
            }
        }
        let next_due = transaction.open_table(DUE)?.first()?.map(|(key, _)| key.value().0);
        self.chores = Chores {
            next_due: next_due.map(Timestamp::from_millis),
            has_limbo: transaction.open_table(LIMBO)?.first()?.is_some(),
            has_abandoned: true,
        };
        let snapshot = Snapshot::take(database, Arc::clone(&shared.used))?;
        let mut control = shared.control.lock();
        control.guards = guards;
        shared.snapshot.store(Some(Arc::new(snapshot)));
        *shared.usage.lock() = usage(&self.meta);
        Ok(())
    }

    /// Waits for something to do. With `Some`, it is the last that is done.
    fn next_jobs(&self) -> (Vec<Box<dyn Job>>, Option<Closing>) {
        let (mut jobs, mut closing) = (Vec::new(), None);
        let mut next = match self.pause() {
            // By the machine's time: this is about the disk and idle work, and no promise hangs on it.
            Some(pause) => self.orders.recv_timeout(pause),
            None => self.orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        loop {
            match next {
                Ok(Message::Job(job)) => jobs.push(job),
                Ok(Message::Close(closed)) => closing.get_or_insert_with(Vec::new).push(closed),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    closing.get_or_insert_with(Vec::new);
                    break;
                }
            }
            if jobs.len() == MOST_AT_ONCE {
                break;
            }
            next = self.orders.try_recv().map_err(|_| RecvTimeoutError::Timeout);
        }
        (jobs, closing)
    }

    /// How long nothing is to be done if nobody asks for it; `None` for good.
    fn pause(&self) -> Option<Duration> {
        let flush = self.soft.map(|soft| FLUSH.saturating_sub(soft.elapsed()));
        let now = self.shared.now();
        // A clock that is moved by hand tells nobody how long that is.
        let sweep = self.chores.next_due.map(|due| due.since(now).clamp(BREATH, IDLE));
        let free = self.chores.has_limbo.then_some(IDLE);
        let go_on = (self.chores.has_limbo && self.chores.has_abandoned).then_some(BREATH);
        let reopen = self.database.is_none().then_some(IDLE);
        [flush, sweep, free, go_on, reopen].into_iter().flatten().min()
    }

    /// Does what was asked for, and chores, in one transaction.
    fn work(&mut self, mut jobs: Vec<Box<dyn Job>>, is_closing: bool) {
        let done = self.be_open().and_then(|()| self.transact(&mut jobs, is_closing));
        match &done {
            Ok(()) => {}
            Err(error) if self.database.is_some() => {
                tracing::warn!(%error, "the cache file is closed and opened anew");
                self.shut();
                self.failed = Some(error.clone());
            }
            Err(_) => {}
        }
        for job in jobs {
            job.settle(done.as_ref().err());
        }
    }

    /// Opens the file where it is not. A long one is looked through by that, so most of the time passes
    /// without trying.
    fn be_open(&mut self) -> Result<()> {
        if self.database.is_some() {
            return Ok(());
        }
        let is_soon =
            |(tried, took): &(Stopwatch, Duration)| tried.elapsed() < BREATH.max(9 * *took);
        match &self.failed {
            Some(error) if self.tried.as_ref().is_some_and(is_soon) => Err(error.clone()),
            _ => self.open(),
        }
    }

    fn transact(&mut self, jobs: &mut [Box<dyn Job>], is_closing: bool) -> Result<()> {
        let Some(database) = &self.database else { return Ok(()) };
        let is_due = self.soft.is_some_and(|soft| is_closing || soft.elapsed() >= FLUSH);
        let now = self.shared.now();
        let sweeps = self.chores.next_due.is_some_and(|due| due <= now);
        if jobs.is_empty() && !is_due && !sweeps && !self.chores.has_limbo {
            return Ok(());
        }
        let shared = &self.shared;
        let mut meta = self.meta;
        let mut is_committing = false;
        let is_hard = is_due || jobs.iter().any(|job| !job.is_soft());
        let must_commit = is_hard && self.soft.is_some();
        let budget = if jobs.is_empty() { MUCH } else { LITTLE };
        let scene = Scene {
            meta: &mut meta,
            control: &shared.control,
            used: &shared.used,
            now,
            capacity: self.capacity,
        };
        let attempt = || -> Stored<Done> {
            let mut transaction = database.begin_write()?;
            transaction.set_durability(match is_hard {
                true => Durability::Immediate,
                false => Durability::None,
            })?;
            let mut visit = Visit::open(&transaction, scene)?;
            visit.sweep(budget)?;
            let has_abandoned = visit.free_abandoned(budget)?;
            for job in jobs {
                job.run(&mut visit)?;
            }
            let next_due = visit.due.first()?.map(|(key, _)| key.value().0);
            let chores = Chores {
                next_due: next_due.map(Timestamp::from_millis),
                has_limbo: visit.limbo.first()?.is_some(),
                has_abandoned,
            };
            let (fallen, is_changed) = (std::mem::take(&mut visit.fallen), visit.is_changed);
            visit.meta.time = now.as_millis();
            let written = *visit.meta;
            drop(visit);
            if !is_changed && !must_commit {
                transaction.abort()?;
                return Ok(Done { fallen, snapshot: None, chores, is_hard: false });
            }
            written.write(&transaction)?;
            is_committing = true;
            transaction.commit()?;
            let snapshot = Some(Snapshot::take(database, Arc::clone(&shared.used))?);
            Ok(Done { fallen, snapshot, chores, is_hard })
        };
        let done = shared
            .guarded(attempt)
            .and_then(|done| done.map_err(|error| explain(&shared.path, error)));
        match done {
            Ok(done) => {
                self.meta = meta;
                self.settle(done);
                Ok(())
            }
            Err(error) if is_committing => {
                let message = format!("{error}; what was to be changed may or may not be");
                Err(Error::new(ErrorKind::Unconfirmed, message).because(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Lets everybody see what was done.
    fn settle(&mut self, done: Done) {
        self.chores = done.chores;
        if done.snapshot.is_some() {
            self.soft = match done.is_hard {
                true => None,
                false => self.soft.or_else(|| Some(Stopwatch::start())),
            };
        }
        let shared = &self.shared;
        *shared.usage.lock() = usage(&self.meta);
        let mut control = shared.control.lock();
        if let Some(snapshot) = done.snapshot {
            shared.snapshot.store(Some(Arc::new(snapshot)));
        }
        for fallen in &done.fallen {
            match fallen {
                Fallen::Region(region, _) => drop(control.fall(region)),
                Fallen::Lease(region, key) => control.drop_lease(region, key),
            }
        }
        control.forget_walks(shared.now());
        drop(control);
        for fallen in done.fallen {
            if let Fallen::Region(region, true) = fallen {
                shared.messages.announce(&region);
            }
        }
    }

    /// Closes the file: what counts is on the disk then, and others can have it.
    fn shut(&mut self) {
        self.shared.snapshot.store(None);
        // Until it is open again another process may have it.
        self.shared.control.lock().let_go();
        self.soft = None;
        let database = self.database.take();
        if let Err(error) = self.shared.guarded(|| drop(database)) {
            tracing::warn!(%error, "the cache file was not closed in order");
        }
    }
}

fn usage(meta: &Meta) -> Usage {
    Usage { entries: meta.entries, bytes: meta.bytes, regions: meta.regions, evicted: meta.evicted }
}

/// How many changes at most go into one transaction.
const MOST_AT_ONCE: usize = 1_024;

/// After how long at the latest what readers see already is on the disk for good.
const FLUSH: Duration = Duration::from_millis(100);

/// How often it is looked whether something is to be done, where that may be.
const IDLE: Duration = Duration::from_secs(1);

/// Between two steps of idle work, and two attempts to open the file.
const BREATH: Duration = Duration::from_millis(10);

/// How much idle work is done beside what was asked for.
const LITTLE: usize = 64;

/// How much of it is done at once where nobody asks for anything.
const MUCH: usize = 1_000;
