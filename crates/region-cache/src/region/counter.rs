//! Counters: integers that many count up and down.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use super::Region;
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::key::Key;

/// An integer that many count up and down, under one key of a region: see [`Region::counter`].
///
/// A plain counter begins at zero. One that is [`computed`](Self::computed) begins with what its loader
/// gives, whenever it is absent: at first, after it expired, and after its region was invalidated.
///
/// Cloning gives another handle to the same counter.
#[derive(Clone)]
pub struct Counter<L = Zero> {
    region: Region,
    key: Key,
    load: L,
}

/// Where a plain [`Counter`] begins.
#[derive(Clone, Copy, Debug)]
pub struct Zero;

/// Where a computed [`Counter`] or [`SetOf`](crate::SetOf) begins: with what its loader gives.
#[derive(Clone)]
pub struct Computed<F>(pub(super) F);

impl Region {
    /// The counter under a key: an entry like any other, so [`get`](Self::get), [`set`](Self::set),
    /// [`remove`](Self::remove) and [`increment`](Self::increment) know it too, and it falls with its
    /// region. Does no I/O.
    ///
    /// ```
    /// # use region_cache::{BoxError, Cache};
    /// # async fn count_members(group: u64) -> Result<i64, BoxError> { Ok(1_000) }
    /// # futures::executor::block_on(async {
    /// let group = Cache::in_memory().region("groups.7");
    /// let visits = group.counter("visits"); // from zero
    /// assert_eq!(visits.increment(1).await?, 1);
    ///
    /// let members = group.counter("members").computed(|| count_members(7)); // from the database
    /// assert_eq!(members.get().await?, 1_000);
    /// assert_eq!(members.decrement(1).await?, 999);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn counter(&self, key: impl Into<Key>) -> Counter {
        Counter { region: self.clone(), key: key.into(), load: Zero }
    }
}

impl Counter {
    /// The same counter, but where it is absent the loader says where it begins: computed on first use,
    /// once for all who ask, as by [`get_or_compute`](Region::get_or_compute).
    ///
    /// ```
    /// # use region_cache::{BoxError, Cache};
    /// # async fn count_members(group: u64) -> Result<i64, BoxError> { Ok(1_000) }
    /// # futures::executor::block_on(async {
    /// let members = Cache::in_memory().region("groups.7").counter("members");
    /// let members = members.computed(|| count_members(7));
    /// assert_eq!(members.get().await?, 1_000);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn computed<F, Fut, E>(self, load: F) -> Counter<Computed<F>>
    where
        F: Fn() -> Fut + Send + Sync,
        Fut: Future<Output = Result<i64, E>> + Send,
        E: Into<BoxError>,
    {
        Counter { region: self.region, key: self.key, load: Computed(load) }
    }

    /// How far it has counted; 0 where it is absent.
    ///
    /// # Errors
    ///
    /// As for [`Region::get`].
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let visits = Cache::in_memory().region("stats").counter("visits");
    /// assert_eq!(visits.get().await?, 0);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn get(&self) -> Result<i64> {
        Ok(self.peek().await?.unwrap_or_default())
    }

    /// Adds, in one atomic step, and gives the sum. An absent counter counts as 0.
    ///
    /// # Errors
    ///
    /// As for [`Region::increment`].
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let visits = Cache::in_memory().region("stats").counter("visits");
    /// assert_eq!(visits.increment(2).await?, 2);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn increment(&self, by: i64) -> Result<i64> {
        self.region.increment(&self.key, by).await
    }

    /// Subtracts, in one atomic step, and gives the difference. An absent counter counts as 0.
    ///
    /// # Errors
    ///
    /// As for [`Region::increment`].
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let stock = Cache::in_memory().region("stock").counter("anvil");
    /// stock.set(5).await?;
    /// assert_eq!(stock.decrement(2).await?, 3);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn decrement(&self, by: i64) -> Result<i64> {
        self.region.increment(&self.key, negated(by)?).await
    }
}

impl<F, Fut, E> Counter<Computed<F>>
where
    F: Fn() -> Fut + Send + Sync,
    Fut: Future<Output = Result<i64, E>> + Send,
    E: Into<BoxError>,
{
    /// How far it has counted; computed where it is absent.
    ///
    /// # Errors
    ///
    /// Those of [computing](Region#computing).
    ///
    /// ```
    /// # use region_cache::{BoxError, Cache};
    /// # futures::executor::block_on(async {
    /// let members = Cache::in_memory().region("groups.7").counter("members");
    /// let members = members.computed(async || Ok::<_, BoxError>(1_000));
    /// assert_eq!(members.get().await?, 1_000);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn get(&self) -> Result<i64> {
        self.region.get_or_compute(&self.key, &self.load.0).await
    }

    /// Adds, in one atomic step, and gives the sum; where the counter is absent nothing is added, but it is
    /// computed. So count after what is counted has changed: first the row, then the counter.
    ///
    /// A computation that is under way while this is called is not stored, because nobody can know
    /// whether it has seen the change. One that has seen it and is stored before this is called counts it
    /// twice, until the counter expires; where that matters, [`remove`](Self::remove) the counter
    /// instead, and it is computed anew.
    ///
    /// # Errors
    ///
    /// As for [`Region::increment`], and those of [computing](Region#computing).
    ///
    /// ```
    /// # use region_cache::{BoxError, Cache};
    /// # futures::executor::block_on(async {
    /// let members = Cache::in_memory().region("groups.7").counter("members");
    /// let members = members.computed(async || Ok::<_, BoxError>(1_000)); // the new one among them
    /// assert_eq!(members.increment(1).await?, 1_000);
    /// assert_eq!(members.increment(1).await?, 1_001);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn increment(&self, by: i64) -> Result<i64> {
        let (place, key) = self.region.entry(&self.key)?;
        match self.region.engine.increment_present(place, &key, by).await? {
            Some(sum) => Ok(sum),
            None => self.get().await,
        }
    }

    /// Subtracts, in one atomic step, and gives the difference; as for [`increment`](Self::increment).
    ///
    /// # Errors
    ///
    /// As for [`increment`](Self::increment).
    ///
    /// ```
    /// # use region_cache::{BoxError, Cache};
    /// # futures::executor::block_on(async {
    /// let members = Cache::in_memory().region("groups.7").counter("members");
    /// members.set(1_000).await?;
    /// let members = members.computed(async || Ok::<_, BoxError>(unreachable!("it is there")));
    /// assert_eq!(members.decrement(1).await?, 999);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn decrement(&self, by: i64) -> Result<i64> {
        self.increment(negated(by)?).await
    }
}

impl<L> Counter<L> {
    /// The same counter with a time to live of its own, from when it begins to count: counting does not
    /// lengthen it. Default: its region's [`entry_ttl`](crate::RegionOptions::entry_ttl).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let logins = Cache::in_memory().region("users.7").counter("logins").ttl(Duration::from_secs(60));
    /// assert!(logins.increment(1).await? <= 5, "too many in a minute");
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        Self { region: self.region.with(|options| options.entry_ttl(ttl)), ..self }
    }

    /// How far it has counted, if it is there; never computed.
    ///
    /// # Errors
    ///
    /// As for [`Region::get`].
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let visits = Cache::in_memory().region("stats").counter("visits");
    /// assert_eq!(visits.peek().await?, None);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn peek(&self) -> Result<Option<i64>> {
        self.region.get(&self.key).await
    }

    /// Lets it count on from here.
    ///
    /// # Errors
    ///
    /// As for [`Region::set`].
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let visits = Cache::in_memory().region("stats").counter("visits");
    /// visits.set(41).await?;
    /// assert_eq!(visits.increment(1).await?, 42);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn set(&self, value: i64) -> Result<()> {
        self.region.set(&self.key, &value).await
    }

    /// Removes it; whether it was there. The next use begins anew.
    ///
    /// # Errors
    ///
    /// As for [`Region::remove`].
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let visits = Cache::in_memory().region("stats").counter("visits");
    /// assert!(!visits.remove().await?);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn remove(&self) -> Result<bool> {
        self.region.remove(&self.key).await
    }
}

impl<L> fmt::Debug for Counter<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counter")
            .field("region", &self.region)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for Computed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Computed")
    }
}

/// What subtracting it adds.
fn negated(by: i64) -> Result<i64> {
    by.checked_neg().ok_or_else(|| {
        Error::new(
            ErrorKind::Overflow,
            format!("{by} cannot be subtracted, because its opposite is no 64-bit integer"),
        )
    })
}
