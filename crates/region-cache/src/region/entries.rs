//! What a region does with its entries.

use std::sync::Arc;
use std::time::Duration;

use super::Region;
use crate::defer::put_off;
use crate::entries::{Entries, Keys};
use crate::error::Result;
use crate::key::Key;
use crate::load::Lookup;
use crate::options::EntryOptions;
use crate::place::Place;
use crate::wire::{Storable, Value};

/// # Entries
///
/// One meaning of *absent* holds for all of these: there is nothing under the key, or it was
/// invalidated, or it has expired, or what is there cannot be read with this handle's options. All of
/// them give [`InvalidName`](crate::ErrorKind::InvalidName) for a bad path or a key of more than
/// 4 KiB, [`Unavailable`](crate::ErrorKind::Unavailable) where the backend cannot be reached,
/// [`Timeout`](crate::ErrorKind::Timeout) for a read and
/// [`Unconfirmed`](crate::ErrorKind::Unconfirmed) for a change that is not answered in time, and
/// [`Closed`](crate::ErrorKind::Closed) after a shutdown.
impl Region {
    /// The value of a key, or `None` where it is absent.
    ///
    /// # Errors
    ///
    /// See [above](#entries).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let item = Cache::in_memory().region("shop.catalog.42");
    /// item.set("price", &1999).await?;
    /// let price: Option<i64> = item.get("price").await?;
    /// assert_eq!(price, Some(1999));
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn get<T: Value>(&self, key: impl Into<Key>) -> Result<Option<T>> {
        let (place, key) = self.entry(key)?;
        self.engine.get(place, &key).await
    }

    /// Stores a value under a key.
    ///
    /// # Errors
    ///
    /// See [above](#entries); [`Encode`](crate::ErrorKind::Encode) where the codec cannot store the
    /// value, [`TooLarge`](crate::ErrorKind::TooLarge) where it is longer than
    /// [`max_value_bytes`](crate::RegionOptions::max_value_bytes).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let item = Cache::in_memory().region("shop.catalog.42");
    /// item.set("name", "anvil").await?;
    /// item.set("sizes", &[10, 20, 40][..]).await?;
    /// assert_eq!(item.get::<Vec<i32>>("sizes").await?, Some(vec![10, 20, 40]));
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn set<T: Storable + ?Sized>(&self, key: impl Into<Key>, value: &T) -> Result<()> {
        let (place, key) = self.entry(key)?;
        self.engine.set(place, key, value, None).await
    }

    /// Stores a value with options of its own.
    ///
    /// # Errors
    ///
    /// As for [`set`](Self::set); [`Config`](crate::ErrorKind::Config) where an option makes no sense.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use region_cache::{Cache, EntryOptions};
    /// # futures::executor::block_on(async {
    /// let item = Cache::in_memory().region("shop.catalog.42");
    /// let brief = EntryOptions::new().ttl(Duration::from_secs(5));
    /// item.set_with("offer", &1499, brief).await?;
    /// assert!(item.ttl("offer").await? <= Some(Duration::from_secs(5)));
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn set_with<T: Storable + ?Sized>(
        &self,
        key: impl Into<Key>,
        value: &T,
        options: EntryOptions,
    ) -> Result<()> {
        let (place, key) = self.entry(key)?;
        self.engine.set(place, key, value, Some(options)).await
    }

    /// Stores a value where the key is absent; answers whether it did. Of many who try at once, one
    /// succeeds, as long as all add values of the same type: what cannot be read as the value's own
    /// type is absent, and replaced.
    ///
    /// # Errors
    ///
    /// As for [`set`](Self::set).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let jobs = Cache::in_memory().region("jobs");
    /// assert!(jobs.add("nightly", "host 1").await?);
    /// assert!(!jobs.add("nightly", "host 2").await?);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn add<T: Storable + ?Sized>(&self, key: impl Into<Key>, value: &T) -> Result<bool> {
        let (place, key) = self.entry(key)?;
        self.engine.add(place, &key, value).await
    }

    /// Removes a key; answers whether it was present.
    ///
    /// # Errors
    ///
    /// See [above](#entries).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let item = Cache::in_memory().region("shop.catalog.42");
    /// item.set("price", &1999).await?;
    /// assert!(item.remove("price").await?);
    /// assert!(!item.remove("price").await?);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn remove(&self, key: impl Into<Key>) -> Result<bool> {
        let (place, key) = self.entry(key)?;
        Ok(self.take_many(place, vec![key]).await? == 1)
    }

    /// Whether a key is present. A value of whatever type counts, if its envelope can be read.
    ///
    /// # Errors
    ///
    /// See [above](#entries).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let item = Cache::in_memory().region("shop.catalog.42");
    /// item.set("price", &1999).await?;
    /// assert!(item.contains("price").await?);
    /// assert!(!item.contains("weight").await?);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn contains(&self, key: impl Into<Key>) -> Result<bool> {
        let (place, key) = self.entry(key)?;
        self.engine.contains(place, &key).await
    }

    /// The values of several keys at one instant, in the order asked; one round trip.
    ///
    /// # Errors
    ///
    /// See [above](#entries).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let item = Cache::in_memory().region("shop.catalog.42");
    /// item.set("price", &1999).await?;
    /// assert_eq!(item.get_many::<i64>(["weight", "price"]).await?, [None, Some(1999)]);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn get_many<T: Value>(
        &self,
        keys: impl IntoIterator<Item = impl Into<Key>>,
    ) -> Result<Vec<Option<T>>> {
        let (place, keys) = self.many(keys)?;
        self.engine.get_many(place, &keys).await
    }

    /// Stores several values, all or none.
    ///
    /// # Errors
    ///
    /// As for [`set`](Self::set).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let item = Cache::in_memory().region("shop.catalog.42");
    /// item.set_many([("price", &1999), ("weight", &70)]).await?;
    /// assert_eq!(item.len().await?, 2);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn set_many<'a, T: Storable + ?Sized + 'a>(
        &self,
        entries: impl IntoIterator<Item = (impl Into<Key>, &'a T)>,
    ) -> Result<()> {
        let engine = &self.engine;
        let place = self.entry_place()?;
        let puts = entries
            .into_iter()
            .map(|(key, value)| {
                let (_, key) = self.entry(key)?;
                engine.put(place, key, value, None)
            })
            .collect::<Result<Vec<_>>>()?;
        engine.set_many(puts).await
    }

    /// Removes several keys; how many of them were present.
    ///
    /// # Errors
    ///
    /// See [above](#entries).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let item = Cache::in_memory().region("shop.catalog.42");
    /// item.set("price", &1999).await?;
    /// assert_eq!(item.remove_many(["price", "weight"]).await?, 1);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn remove_many(&self, keys: impl IntoIterator<Item = impl Into<Key>>) -> Result<u64> {
        let (place, keys) = self.many(keys)?;
        self.take_many(place, keys).await
    }

    async fn take_many(&self, place: &Place, keys: Vec<Key>) -> Result<u64> {
        let later = (Arc::clone(&self.engine), place.clone(), keys.clone());
        if put_off(|| async move { later.0.remove_many(&later.1, later.2).await.map(drop) }) {
            return Ok(0);
        }
        self.engine.remove_many(place, keys).await
    }

    /// Adds to an integer and gives the sum: atomic, and exact over all of `i64`.
    ///
    /// An absent key counts as 0 and then lives as long as any new entry; the expiry of a present one
    /// stays as it is. Any integer that was stored can be added to, whatever its type and codec.
    /// Integers are stored as decimal text, so that a server can add to them, except by a codec of
    /// your own, which `increment` then replaces by such text.
    ///
    /// # Errors
    ///
    /// See [above](#entries); [`Overflow`](crate::ErrorKind::Overflow) where the sum is no `i64`, and
    /// [`WrongType`](crate::ErrorKind::WrongType) where something else than an integer is stored. The
    /// value is then unchanged.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let stats = Cache::in_memory().region("stats");
    /// assert_eq!(stats.increment("visits", 1).await?, 1);
    /// assert_eq!(stats.increment("visits", 41).await?, 42);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn increment(&self, key: impl Into<Key>, delta: i64) -> Result<i64> {
        let (place, key) = self.entry(key)?;
        self.engine.increment(place, &key, delta).await
    }

    /// Lets a key expire now; answers whether it was present. Softer than [`remove`](Self::remove):
    /// where the region keeps stale values ([`stale_for`](crate::RegionOptions::stale_for)), this one
    /// can still stand in.
    ///
    /// # Errors
    ///
    /// See [above](#entries).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let item = Cache::in_memory().region("shop.catalog.42");
    /// item.set("price", &1999).await?;
    /// assert!(item.expire("price").await?);
    /// assert_eq!(item.get::<i64>("price").await?, None);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn expire(&self, key: impl Into<Key>) -> Result<bool> {
        let (place, key) = self.entry(key)?;
        let later = (Arc::clone(&self.engine), place.clone(), key.clone());
        if put_off(|| async move { later.0.expire(&later.1, later.2).await.map(drop) }) {
            return Ok(false);
        }
        self.engine.expire(place, key).await
    }

    /// How long a key lives on: its own time to live or its region's, whichever ends first. `None`
    /// only where it is absent; [`Duration::MAX`] where it has no end.
    ///
    /// # Errors
    ///
    /// See [above](#entries).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let item = Cache::in_memory().region("shop").with(|o| o.entry_ttl(Duration::from_secs(60)));
    /// item.set("price", &1999).await?;
    /// assert!(item.ttl("price").await? <= Some(Duration::from_secs(60)));
    /// assert_eq!(item.ttl("weight").await?, None);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn ttl(&self, key: impl Into<Key>) -> Result<Option<Duration>> {
        let (place, key) = self.entry(key)?;
        self.engine.ttl(place, &key).await
    }

    /// The keys that are present, page by page: a stream that owns all it needs.
    ///
    /// A key that is present all the while comes at least once. What comes and goes meanwhile may
    /// come or not. In memory the keys come in order, each once.
    ///
    /// ```
    /// # use futures::TryStreamExt;
    /// # use region_cache::{Cache, Key};
    /// # futures::executor::block_on(async {
    /// let item = Cache::in_memory().region("shop.catalog.42");
    /// item.set_many([("price", &1999), ("weight", &70)]).await?;
    /// let keys: Vec<Key> = item.keys().try_collect().await?;
    /// assert_eq!(keys, [Key::from("price"), Key::from("weight")]);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn keys(&self) -> Keys {
        Arc::clone(&self.engine).keys(self.place())
    }

    /// The entries whose values are of type `T`, page by page, as for [`keys`](Self::keys).
    ///
    /// ```
    /// # use futures::TryStreamExt;
    /// # use region_cache::{Cache, Key};
    /// # futures::executor::block_on(async {
    /// let item = Cache::in_memory().region("shop.catalog.42");
    /// item.set("price", &1999).await?;
    /// item.set("name", "anvil").await?;
    /// let numbers: Vec<(Key, i64)> = item.entries().try_collect().await?;
    /// assert_eq!(numbers, [(Key::from("price"), 1999)]);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn entries<T: Value>(&self) -> Entries<T> {
        Arc::clone(&self.engine).entries(self.place())
    }

    /// How many keys are present: goes through all of them.
    ///
    /// # Errors
    ///
    /// See [above](#entries).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let item = Cache::in_memory().region("shop.catalog.42");
    /// item.set("price", &1999).await?;
    /// assert_eq!(item.len().await?, 1);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn len(&self) -> Result<u64> {
        self.engine.len(&self.place()?).await
    }

    /// Looks a key up and, where it is absent, takes the right to compute it. Never waits for others:
    /// each caller that misses gets a [`Miss`](crate::Miss), and the first of them holds the lease.
    ///
    /// # Errors
    ///
    /// See [above](#entries).
    ///
    /// ```
    /// # use region_cache::{Cache, Lookup};
    /// # futures::executor::block_on(async {
    /// let users = Cache::in_memory().region("users");
    /// let name = match users.lookup::<String>(7).await? {
    ///     Lookup::Hit(name) => name,
    ///     Lookup::Miss(miss) => {
    ///         let name = "Ada".to_owned(); // from the database
    ///         miss.fill(&name).await?; // false if an invalidation came between: never stale
    ///         name
    ///     }
    /// };
    /// assert_eq!(users.get::<String>(7).await?, Some(name));
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn lookup<T: Value>(&self, key: impl Into<Key>) -> Result<Lookup<T>> {
        let (place, key) = self.entry(key)?;
        Arc::clone(&self.engine).lookup(place.clone(), key).await
    }
}
