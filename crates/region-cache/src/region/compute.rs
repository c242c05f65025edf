//! What a region does with computations.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use super::Region;
use crate::error::{BoxError, Result};
use crate::key::Key;
use crate::load::{Loading, Terms, load};
use crate::options::EntryOptions;
use crate::place::Place;
use crate::wire::Value;

/// # Computing
///
/// The value of a key, and where it is absent a computation: one for all who ask, in this process and in
/// all others that share the backend. What was invalidated, removed or written while the computation ran
/// is handed to those who wait for it, but not stored. The guides tell more:
/// [stampedes](crate::guide::stampede), [fail-safe](crate::guide::fail_safe),
/// [outages](crate::guide::outages).
///
/// All of these give:
///
/// - [`Compute`](crate::ErrorKind::Compute) where the loader failed, for all who waited for it; the
///   original is found by [`downcast_ref`](crate::Error::downcast_ref). [`Panic`](crate::ErrorKind::Panic)
///   where it panicked.
/// - [`Timeout`](crate::ErrorKind::Timeout) where it took longer than the
///   [`compute_timeout`](crate::RegionOptions::compute_timeout).
/// - [`Recursion`](crate::ErrorKind::Recursion) where a loader asks for the key that it computes.
/// - Those of [`set`](Self::set) where the value cannot be stored: [`Encode`](crate::ErrorKind::Encode)
///   and [`TooLarge`](crate::ErrorKind::TooLarge).
/// - Where the backend is away, nothing, by default: the value is computed and not stored. See
///   [`on_unavailable`](crate::CacheBuilder::on_unavailable).
///
/// Instead of the first two a value is given that has run out of time, if there is one and the region
/// keeps such values ([`stale_for`](crate::RegionOptions::stale_for)).
impl Region {
    /// The value of a key, computed where it is absent. The loader may borrow from its surroundings, and
    /// is dropped with the future.
    ///
    /// Where the loader ends with `?`s and `Ok`, name its error: `async || -> Result<_, BoxError> { .. }`,
    /// or end with [`loaded`](crate::loaded).
    ///
    /// # Errors
    ///
    /// See [above](#computing).
    ///
    /// ```
    /// # use region_cache::{BoxError, Cache};
    /// # async fn load_name(id: u64) -> Result<String, std::io::Error> { Ok(format!("user {id}")) }
    /// # futures::executor::block_on(async {
    /// let users = Cache::in_memory().region("users");
    /// let name = users.get_or_compute(7, || load_name(7)).await?; // from the database
    /// let again = users.get_or_compute(7, async || -> Result<String, BoxError> {
    ///     unreachable!("it is cached")
    /// });
    /// assert_eq!(again.await?, name);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn get_or_compute<T, F, Fut, E>(&self, key: impl Into<Key>, compute: F) -> Result<T>
    where
        T: Value,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = Result<T, E>> + Send,
        E: Into<BoxError>,
    {
        let (place, key) = self.entry(key)?;
        let engine = Arc::clone(&self.engine);
        engine
            .compute(place.clone(), key, Terms::default(), |hold| hold.compute(load(compute)))
            .await
    }

    /// The value of a key, computed where it is absent by a loader that cannot fail.
    ///
    /// # Errors
    ///
    /// See [above](#computing).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let stats = Cache::in_memory().region("stats");
    /// let n: u64 = stats.get_or_insert_with("n", || async { 3 }).await?;
    /// assert_eq!(n, 3);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn get_or_insert_with<T, F, Fut>(&self, key: impl Into<Key>, compute: F) -> Result<T>
    where
        T: Value,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = T> + Send,
    {
        let compute = || async { Ok::<T, Infallible>(compute().await) };
        self.get_or_compute(key, compute).await
    }

    /// The values of several keys, in the order asked, with those that are absent computed in one call
    /// of the loader. It is given the missing keys, each once, and answers pairs of key and value; a key
    /// that it leaves out is `None`, and nothing is stored for it. Answers that nobody asked for are
    /// dropped.
    ///
    /// Keys that others are computing are waited for first, so that the loader gets only what nobody
    /// else computes. One read for all keys, one request for each key that is missing, and one for each
    /// that is filled; several go out together.
    ///
    /// # Errors
    ///
    /// See [above](#computing). Values that have run out of time are given only if there is one for each
    /// missing key.
    ///
    /// ```
    /// # use region_cache::{BoxError, Cache};
    /// # async fn load_names(ids: &[u64]) -> Result<Vec<(u64, String)>, std::io::Error> {
    /// #     Ok(ids.iter().map(|id| (*id, format!("user {id}"))).collect())
    /// # }
    /// # futures::executor::block_on(async {
    /// let users = Cache::in_memory().region("users");
    /// users.set(7, "Ada").await?;
    /// let names = users
    ///     .get_or_compute_many([7u64, 8, 9], |missing| async move {
    ///         assert_eq!(missing, [8, 9]);
    ///         load_names(&missing).await // `.. where id in (8, 9)`
    ///     })
    ///     .await?;
    /// assert_eq!(names[0].as_deref(), Some("Ada"));
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn get_or_compute_many<K, T, F, Fut, I, E>(
        &self,
        keys: impl IntoIterator<Item = K>,
        compute: F,
    ) -> Result<Vec<Option<T>>>
    where
        K: Into<Key> + Clone + Send + Sync,
        T: Value,
        F: FnOnce(Vec<K>) -> Fut + Send,
        Fut: Future<Output = Result<I, E>> + Send,
        I: IntoIterator<Item = (K, T)> + Send,
        E: Into<BoxError>,
    {
        let place = self.entry_place()?.clone();
        let keys: Vec<(Key, K)> = keys.into_iter().map(|key| (key.clone().into(), key)).collect();
        keys.iter().try_for_each(|(key, _)| key.check())?;
        Arc::clone(&self.engine).compute_many(place, keys, compute).await
    }

    /// The value of a key, computed where it is absent by a loader that owns all it needs.
    ///
    /// The loader runs in a task of its own: it goes on, and stores its value, when its caller does not
    /// wait any longer, because of the [`soft_timeout`](crate::RegionOptions::soft_timeout) or because
    /// the future was dropped. A [refresh ahead](crate::RegionOptions::refresh_ahead) runs behind its
    /// caller. By its [`Loading`](crate::Loading) the loader sees the value that was there, and says how
    /// long the new one lives, by which version tag it is known, or that it shall not be stored.
    ///
    /// # Errors
    ///
    /// See [above](#computing); [`Config`](crate::ErrorKind::Config) where an option makes no sense.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use region_cache::{BoxError, Cache, EntryOptions};
    /// # async fn fetch() -> Result<(String, Duration), BoxError> { Ok(("sunny".into(), Duration::from_secs(60))) }
    /// # futures::executor::block_on(async {
    /// let weather = Cache::in_memory().region("weather");
    /// let options = EntryOptions::new().stale_for(Duration::from_secs(3600));
    /// let today: String = weather
    ///     .get_or_compute_with("today", options, |loading| async move {
    ///         let (text, good_for) = fetch().await?;
    ///         loading.set_ttl(good_for);
    ///         Ok::<_, BoxError>(text)
    ///     })
    ///     .await?;
    /// # assert_eq!(today, "sunny");
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn get_or_compute_with<T, F, Fut, E>(
        &self,
        key: impl Into<Key>,
        options: EntryOptions,
        compute: F,
    ) -> Result<T>
    where
        T: Value,
        F: FnOnce(Loading<T>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let (place, key) = self.entry(key)?;
        let settings = Arc::new(place.settings.with(options)?);
        let place = Place { settings, ..place.clone() };
        let engine = Arc::clone(&self.engine);
        engine.compute(place, key, Terms::default(), |hold| hold.compute_behind(compute)).await
    }
}
