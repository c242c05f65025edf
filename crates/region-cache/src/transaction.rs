//! Transactions: everything or nothing, and again on a conflict.

mod buffer;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use parking_lot::Mutex;

use self::buffer::{Buffer, Own};
use crate::backend::{Act, Commit, Envelope, Expiry, Found, Session, When};
use crate::engine::{Engine, change};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::link::Effect;
use crate::options::EntryOptions;
use crate::place::Place;
use crate::tasks::back_off;
use crate::wire::{self, Storable, Value};

/// A transaction under way, as its closure sees it: a cheap handle, taken by value.
///
/// What it writes is buffered and seen by its own reads; nobody else sees any of it before all of it
/// is committed. A handle that is kept beyond its closure gives
/// [`Closed`](ErrorKind::Closed) errors. See [`Region::transaction`](crate::Region::transaction).
#[derive(Clone)]
pub struct Transaction {
    shared: Arc<Shared>,
    place: Result<Place>,
}

/// A region that a transaction shall also reach: an absolute path, or a handle.
#[derive(Debug)]
pub struct Target(pub(crate) TargetKind);

#[derive(Debug)]
pub(crate) enum TargetKind {
    Path(String),
    Place(Arc<Engine>, Result<Place>),
}

struct Shared {
    engine: Arc<Engine>,
    /// Where the transaction began; all that it reaches shares this root.
    home: Place,
    /// Taken away when the closure has ended. Reads at the same time wait for each other.
    session: tokio::sync::Mutex<Option<Box<dyn Session>>>,
    buffer: Mutex<Option<Buffer>>,
}

impl Transaction {
    /// The same transaction in another region of the same root, which is named by its whole path or
    /// by a handle. Never fails; a bad name, or [`CrossRoot`](ErrorKind::CrossRoot), comes with the
    /// first call. Regions beneath the one where the transaction began inherit its handle's options.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let cache = Cache::in_memory();
    /// cache.region("shop.stock").transaction(async |stock| {
    ///     let left = stock.increment("anvil", -1).await?;
    ///     stock.region("shop.orders").set("last", &left)
    /// }).await?;
    /// assert_eq!(cache.region("shop.orders").get::<i64>("last").await?, Some(-1));
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn region(&self, region: impl Into<Target>) -> Self {
        let place = match region.into().0 {
            TargetKind::Place(engine, place) => self.shared.check_cache(&engine).and(place),
            TargetKind::Path(path) => self.shared.place(&path),
        };
        let place = place.and_then(|place| self.shared.check_root(place));
        Self { shared: Arc::clone(&self.shared), place }
    }

    /// The value of a key, as this transaction has left it or found it.
    ///
    /// # Errors
    ///
    /// As for [`Region::get`](crate::Region::get).
    pub async fn get<T: Value>(&self, key: impl Into<Key>) -> Result<Option<T>> {
        let values = self.read(vec![key.into()]).await?;
        Ok(values.into_iter().next().flatten())
    }

    /// The values of several keys, in the order asked.
    ///
    /// # Errors
    ///
    /// As for [`Region::get_many`](crate::Region::get_many).
    pub async fn get_many<T: Value>(
        &self,
        keys: impl IntoIterator<Item = impl Into<Key>>,
    ) -> Result<Vec<Option<T>>> {
        let keys = keys.into_iter().map(Into::into).collect();
        self.read(keys).await
    }

    /// Whether a key is present.
    ///
    /// # Errors
    ///
    /// As for [`Region::contains`](crate::Region::contains).
    pub async fn contains(&self, key: impl Into<Key>) -> Result<bool> {
        let key = key.into();
        let (place, coder) = (self.place()?, &self.shared.engine.coder);
        let present = self.present(place, &key).await?;
        Ok(present.is_some_and(|(there, _)| coder.is_readable(&there, &place.settings)))
    }

    /// Stores a value where the key is absent; answers whether it did.
    ///
    /// # Errors
    ///
    /// As for [`Region::add`](crate::Region::add).
    pub async fn add<T: Storable + ?Sized>(&self, key: impl Into<Key>, value: &T) -> Result<bool> {
        let key = key.into();
        let there = self.read::<T::Owned>(vec![key.clone()]).await?;
        let is_absent = there.into_iter().next().flatten().is_none();
        if is_absent {
            self.put(key, value, None)?;
        }
        Ok(is_absent)
    }

    /// Adds to an integer; an absent one counts as 0. Its expiry stays as it is.
    ///
    /// # Errors
    ///
    /// As for [`Region::increment`](crate::Region::increment).
    pub async fn increment(&self, key: impl Into<Key>, delta: i64) -> Result<i64> {
        let key = key.into();
        let (place, engine) = (self.place()?, &self.shared.engine);
        let there = self.present(place, &key).await?;
        let readable = there.filter(|(there, _)| engine.coder.is_readable(there, &place.settings));
        let (sum, expiry) = match readable {
            Some((there, expiry)) => (engine.sum(place, &key, &there, delta)?, expiry),
            None => (delta, place.settings.ttl(false, fastrand::f64()).into()),
        };
        let draft = wire::counter(sum, &place.settings);
        let act = Act::Put { draft, expiry, keep: place.settings.stale_for, when: When::Always };
        self.buffer(|buffer| buffer.push(change(place, key, act)))?;
        Ok(sum)
    }

    /// Stores a value when the transaction commits.
    ///
    /// # Errors
    ///
    /// As for [`Region::set`](crate::Region::set); nothing is sent yet.
    pub fn set<T: Storable + ?Sized>(&self, key: impl Into<Key>, value: &T) -> Result<()> {
        self.put(key.into(), value, None)
    }

    /// Stores a value with options of its own when the transaction commits.
    ///
    /// # Errors
    ///
    /// As for [`Region::set_with`](crate::Region::set_with); nothing is sent yet.
    pub fn set_with<T: Storable + ?Sized>(
        &self,
        key: impl Into<Key>,
        value: &T,
        options: EntryOptions,
    ) -> Result<()> {
        self.put(key.into(), value, Some(options))
    }

    /// Removes a key when the transaction commits. What is wrong with the key fails the transaction.
    pub fn remove(&self, key: impl Into<Key>) {
        self.push(key.into(), Act::Remove);
    }

    /// Lets a key expire when the transaction commits. What is wrong with the key fails the
    /// transaction.
    pub fn expire(&self, key: impl Into<Key>) {
        self.push(key.into(), Act::Expire);
    }

    fn put<T: Storable + ?Sized>(
        &self,
        key: Key,
        value: &T,
        options: Option<EntryOptions>,
    ) -> Result<()> {
        key.check()?;
        let put = self.shared.engine.put(self.place()?, key, value, options)?;
        self.buffer(|buffer| buffer.push(put))
    }

    fn push(&self, key: Key, act: Act) {
        let change = key.check().and_then(|()| Ok(change(self.place()?, key, act)));
        // After the closure's end there is nothing left that could fail.
        let _ = self.buffer(|buffer| match change {
            Ok(change) => buffer.push(change),
            Err(error) => buffer.fail(error),
        });
    }

    async fn read<T: Value>(&self, keys: Vec<Key>) -> Result<Vec<Option<T>>> {
        let place = self.place()?;
        let found = self.find(place, &keys).await?;
        let coder = &self.shared.engine.coder;
        let decode = |found: Option<(Envelope, Expiry)>| {
            coder.decode(found.map(|(envelope, _)| envelope).as_ref(), &place.settings)
        };
        Ok(found.into_iter().map(decode).collect())
    }

    async fn present(&self, place: &Place, key: &Key) -> Result<Option<(Envelope, Expiry)>> {
        let found = self.find(place, std::slice::from_ref(key)).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// What the keys hold for this transaction: its own writes before what is stored.
    async fn find(&self, place: &Place, keys: &[Key]) -> Result<Vec<Option<(Envelope, Expiry)>>> {
        for key in keys {
            key.check()?;
        }
        let own = |key| self.buffer(|buffer| buffer.own(&place.address, key));
        let own = keys.iter().map(own).collect::<Result<Vec<Own>>>()?;
        let foreign = keys.iter().zip(&own).filter(|(_, own)| matches!(own, Own::Untouched));
        let foreign: Vec<_> = foreign.map(|(key, _)| key.clone()).collect();
        let mut stored = if foreign.is_empty() {
            Vec::new()
        } else {
            self.shared.engine.replay.make_good(&place.address, Some(&foreign)).await?;
            let mut session = self.shared.session.lock().await;
            let open = session.as_mut().ok_or_else(ended)?;
            let read = open.read(&place.address, &foreign);
            let read = self.shared.engine.link.in_time(Effect::Reads, read).await;
            if self.buffer(|_| ()).is_err() {
                // The closure ended meanwhile: nobody else is left to let go of the session.
                session.take();
            }
            read?
        }
        .into_iter();
        let found = own.into_iter().map(|own| match own {
            Own::Untouched => {
                let found = stored.next().flatten().filter(Found::is_fresh)?;
                let expiry = Expiry::of(&found.envelope);
                Some((found.envelope, expiry))
            }
            Own::Holds(envelope, expiry) => Some((envelope, expiry)),
            Own::Gone => None,
        });
        Ok(found.collect())
    }

    fn buffer<T>(&self, visit: impl FnOnce(&mut Buffer) -> T) -> Result<T> {
        self.shared.buffer.lock().as_mut().map(visit).ok_or_else(ended)
    }

    fn place(&self) -> Result<&Place> {
        self.place.as_ref().map_err(Clone::clone)
    }
}

impl Engine {
    pub(crate) async fn transaction<T, F, Fut>(
        self: Arc<Self>,
        home: Place,
        mut closure: F,
    ) -> Result<T>
    where
        F: FnMut(Transaction) -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let mut pauses = PAUSES.build();
        loop {
            let session = self.link.prepare(|backend| backend.begin(&home.address)).await?;
            let attempt = Attempt::new(&self, &home, session);
            match closure(attempt.handle()).await {
                Ok(value) => {
                    if attempt.commit().await? {
                        self.counters.transactions.add(1);
                        return Ok(value);
                    }
                }
                // What the closure read may never have been there together: then its error means
                // nothing, and it runs again. Where the backend is lost there is nobody to ask.
                Err(error) => {
                    let is_lost = error.is_timeout() || error.is_unavailable() || error.is_closed();
                    if is_lost || attempt.was_intact().await {
                        return Err(error);
                    }
                }
            }
            self.counters.conflicts.add(1);
            match pauses.next() {
                Some(time) => back_off(self.link.clock(), time).await,
                None => return Err(conflict(&home)),
            }
        }
    }
}

/// One run of the closure. When it is dropped the closure's handles are dead.
struct Attempt(Arc<Shared>);

impl Attempt {
    fn new(engine: &Arc<Engine>, home: &Place, session: Box<dyn Session>) -> Self {
        Self(Arc::new(Shared {
            engine: Arc::clone(engine),
            home: home.clone(),
            session: tokio::sync::Mutex::new(Some(session)),
            buffer: Mutex::new(Some(Buffer::default())),
        }))
    }

    fn handle(&self) -> Transaction {
        Transaction { shared: Arc::clone(&self.0), place: Ok(self.0.home.clone()) }
    }

    /// Applies what the closure did, unless what it read has changed.
    async fn commit(self) -> Result<bool> {
        let buffer = self.0.buffer.lock().take().ok_or_else(ended)?;
        let session = self.0.session.lock().await.take().ok_or_else(ended)?;
        let changes = buffer.into_changes()?;
        let (engine, many) = (&self.0.engine, changes.len() as u64);
        engine.make_good(&changes).await?;
        let commit = session.commit(changes);
        match engine.link.in_time(Effect::Changes, commit).await? {
            Commit::Applied(_) => {
                engine.counters.writes.add(many);
                Ok(true)
            }
            Commit::Conflict => Ok(false),
        }
    }
}

impl Attempt {
    /// Whether all that was read was there together. Where that cannot be told, it is taken to be so.
    async fn was_intact(self) -> bool {
        let session = self.0.session.lock().await.take();
        let Some(session) = session else { return true };
        let nothing = session.commit(Vec::new());
        let link = &self.0.engine.link;
        !matches!(link.in_time(Effect::Reads, nothing).await, Ok(Commit::Conflict))
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.0.buffer.lock().take();
        // Held only by a read of a handle that outlived the closure: that read drops it then.
        if let Ok(mut session) = self.0.session.try_lock() {
            session.take();
        }
    }
}

impl Shared {
    fn place(&self, path: &str) -> Result<Place> {
        let address = self.home.address.sibling(path)?;
        let own = self.home.own.clone().filter(|_| address.is_within(&self.home.address));
        let settings = self.engine.layers.settings(path, own.as_deref())?;
        Ok(Place { address, settings, own })
    }

    fn check_cache(&self, engine: &Arc<Engine>) -> Result<()> {
        if Arc::ptr_eq(engine, &self.engine) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::CrossRoot,
            "this handle belongs to another cache; a transaction reaches only regions of its own",
        ))
    }

    fn check_root(&self, place: Place) -> Result<Place> {
        let home = &self.home.address;
        if place.address.namespace() == home.namespace() && place.address.root() == home.root() {
            return Ok(place);
        }
        Err(Error::new(
            ErrorKind::CrossRoot,
            format!(
                "region `{}` is outside the root `{}` of this transaction; what changes together must \
                 share its first segment, and a path inside a transaction is a whole one, such as \
                 `{home}.{}`",
                place.address,
                home.root(),
                place.address,
            ),
        ))
    }
}

impl From<&str> for Target {
    fn from(path: &str) -> Self {
        Self(TargetKind::Path(path.to_owned()))
    }
}

impl From<String> for Target {
    fn from(path: String) -> Self {
        Self(TargetKind::Path(path))
    }
}

impl From<&String> for Target {
    fn from(path: &String) -> Self {
        Self::from(path.as_str())
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("place", &self.place).finish_non_exhaustive()
    }
}

fn ended() -> Error {
    Error::new(
        ErrorKind::Closed,
        "this transaction has ended; its handle is good only inside its closure",
    )
}

fn conflict(home: &Place) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!(
            "the transaction on region `{}` met other writers {} times; nothing was written",
            home.address, TRIES,
        ),
    )
}

const TRIES: usize = 20;

/// Between two runs of a closure: the longer the more often, and never in step with others.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_micros(500))
    .with_max_delay(Duration::from_millis(50))
    .with_max_times(TRIES - 1)
    .with_jitter();
