//! What a region does with the tree: children, transactions, invalidation.

use std::future::Future;
use std::sync::Arc;

use super::Region;
use crate::defer::put_off;
use crate::error::{BoxError, Result};
use crate::invalidate::Invalidated;
use crate::transaction::Transaction;

impl Region {
    /// The direct children that hold something, or something beneath them; sorted by name.
    ///
    /// # Errors
    ///
    /// [`InvalidName`](crate::ErrorKind::InvalidName) for a bad path,
    /// [`Unavailable`](crate::ErrorKind::Unavailable) and [`Timeout`](crate::ErrorKind::Timeout) where
    /// the backend does not answer, [`Closed`](crate::ErrorKind::Closed) after a shutdown.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let cache = Cache::in_memory();
    /// cache.region("shop.orders.7").set("state", "paid").await?;
    /// cache.region("shop.catalog").set("size", &2).await?;
    /// let children = cache.region("shop").children().await?;
    /// assert_eq!(children, [cache.region("shop.catalog"), cache.region("shop.orders")]);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn children(&self) -> Result<Vec<Self>> {
        let names = self.engine.children(&self.place()?).await?;
        Ok(names.iter().map(|name| self.region(name)).collect())
    }

    /// Runs the closure as a transaction: everything that it writes happens at once, or not at all.
    ///
    /// Its reads see its own writes. An `Err`, or dropping the future, discards everything. If
    /// something that it read has changed meanwhile, or a region that it read was invalidated, the
    /// closure runs again, up to 20 times with growing, jittered pauses; so it should do nothing but
    /// compute and call its handle. All regions that it reaches share this region's root. To count its
    /// runs, or to change anything else that it captures, write `|t| { .. async move { .. } }`: an
    /// `async |t|` closure can only look.
    ///
    /// # Errors
    ///
    /// The closure's own error; [`Conflict`](crate::ErrorKind::Conflict) when others were always
    /// quicker; [`CrossRoot`](crate::ErrorKind::CrossRoot) for a region below another root; and those
    /// of any write.
    ///
    /// ```
    /// # use region_cache::{Cache, Error};
    /// # futures::executor::block_on(async {
    /// let cache = Cache::in_memory();
    /// let accounts = cache.region("bank.accounts");
    /// accounts.set_many([("alice", &100), ("bob", &20)]).await?;
    ///
    /// accounts.transaction(async |t| {
    ///     let alice: i64 = t.get("alice").await?.unwrap_or(0);
    ///     if alice < 70 {
    ///         return Err(Error::other("not enough money"));
    ///     }
    ///     t.set("alice", &(alice - 70))?;
    ///     t.increment("bob", 70).await?;
    ///     Ok(())
    /// }).await?;
    ///
    /// assert_eq!(accounts.get_many::<i64>(["alice", "bob"]).await?, [Some(30), Some(90)]);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn transaction<T, F, Fut>(&self, closure: F) -> Result<T>
    where
        F: FnMut(Transaction) -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let home = self.entry_place()?.clone();
        Arc::clone(&self.engine).transaction(home, closure).await
    }

    /// Runs a commit with this region closed, and invalidates it afterwards: from before the commit until
    /// after it nothing at or beneath the region is read from the cache, or stored. So not even a process
    /// that dies between the commit and the invalidation leaves anything stale: the region stays closed for
    /// 30 s from the last that was heard of it, and what is computed after that has seen the commit.
    ///
    /// Dropping the future while the commit runs leaves the region closed for its time, because nobody can
    /// know what became of the commit.
    ///
    /// Meanwhile `get` finds nothing, [`get_or_compute`](Self::get_or_compute) computes without storing, and
    /// what would store something, and a transaction, gives [`Conflict`](crate::ErrorKind::Conflict). It costs two round trips
    /// more than [`invalidate`](Self::invalidate). Several may guard a region at once.
    ///
    /// # Errors
    ///
    /// Those of `invalidate` before the commit, which then did not run; but after it, where opening the
    /// region again fails, [`Unconfirmed`](crate::ErrorKind::Unconfirmed), which says that the commit has
    /// succeeded. What the commit fails with is
    /// [`Other`](crate::ErrorKind::Other), found by [`downcast_ref`](crate::Error::downcast_ref).
    /// [`GuardLost`](crate::ErrorKind::GuardLost) where the guard was not there all the while, because the
    /// server evicted or flushed it: the commit has succeeded, but what was there before it may have been
    /// stored meanwhile, until the invalidation that came after it. Where a server may evict anything
    /// (`allkeys-*`), count on that.
    ///
    /// ```
    /// # use region_cache::{BoxError, Cache};
    /// # struct Transaction;
    /// # impl Transaction { async fn commit(self) -> Result<u64, std::io::Error> { Ok(7) } }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let cache = Cache::in_memory();
    /// let users = cache.region("users");
    /// users.set("7", "Ada").await?;
    /// # let transaction = Transaction;
    /// let id = users.guarded(async || transaction.commit().await).await?;
    /// assert_eq!(id, 7);
    /// assert_eq!(users.get::<String>("7").await?, None);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn guarded<T, F, Fut, E>(&self, commit: F) -> Result<T>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: Into<BoxError>,
    {
        let target = self.place()?.address;
        Arc::clone(&self.engine).guarded(target, commit).await
    }

    /// Invalidates this region and everything beneath it: when this returns, no reader anywhere finds
    /// any of it, however large the tree is. What is written from then on begins anew.
    ///
    /// The memory is freed behind the caller: see [`Invalidated::freed`].
    ///
    /// # Errors
    ///
    /// [`Unconfirmed`](crate::ErrorKind::Unconfirmed) where the backend did not confirm it, so that it
    /// may or may not have happened; otherwise as for [`children`](Self::children).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let cache = Cache::in_memory();
    /// cache.region("shop.catalog.42").set("price", &1999).await?;
    /// cache.region("shop").invalidate().await?;
    /// assert_eq!(cache.region("shop.catalog.42").get::<i64>("price").await?, None);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn invalidate(&self) -> Result<Invalidated> {
        let target = self.place()?.address;
        let engine = Arc::clone(&self.engine);
        let later = (Arc::clone(&engine), target.clone());
        if put_off(|| async move { later.0.invalidate(&later.1).await.map(drop) }) {
            return Ok(Invalidated::put_off(engine, target));
        }
        engine.invalidate(&target).await
    }
}
