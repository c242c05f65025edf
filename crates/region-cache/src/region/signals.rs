//! What a region does when it hears of something.

use std::sync::Arc;

use super::Region;
use crate::error::Result;
use crate::signal::{Fall, Patterns, Signal};
use crate::signals::Binding;

/// # Signals
///
/// What a region is bound to lets it fall, whoever says it: [`Cache::emit`](crate::Cache::emit) in any
/// process, or any program that publishes on the channel `<namespace>:signal:<name>`, as long as one
/// process of ours that has made a binding listens.
impl Region {
    /// Lets the region fall with everything beneath it, whenever one of these signals is emitted.
    ///
    /// The binding is kept with the data, not in this process: [`emit`](crate::Cache::emit) finds it
    /// although the process that has made it ended long ago. Made twice it is one.
    ///
    /// # Errors
    ///
    /// [`InvalidName`](crate::ErrorKind::InvalidName) and [`Config`](crate::ErrorKind::Config) for a bad
    /// pattern or template; [`Unavailable`](crate::ErrorKind::Unavailable) and
    /// [`Unconfirmed`](crate::ErrorKind::Unconfirmed) where the backend does not answer.
    ///
    /// ```
    /// # use region_cache::{Cache, Patterns, Signal};
    /// # use serde_json::json;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let cache = Cache::in_memory();
    /// let users = cache.region("users");
    /// users.invalidate_on("import.done").await?;
    /// users.invalidate_on(Patterns::from("user.*").below("{id}")).await?;
    ///
    /// users.region("7").set("name", "Ada").await?;
    /// users.region("8").set("name", "Bob").await?;
    /// cache.emit(Signal::new("user.updated").payload(&json!({ "id": 7 }))?).await?;
    /// assert_eq!(users.region("7").get::<String>("name").await?, None);
    /// assert!(users.region("8").contains("name").await?);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn invalidate_on(&self, signals: impl Into<Patterns>) -> Result<Binding> {
        let region = self.place()?.address;
        Arc::clone(&self.engine).bind(region, signals.into()).await
    }

    /// The same with a closure that chooses what falls of the region.
    ///
    /// It lives in this process: signals of other processes reach it a moment after they were emitted.
    /// What it misses while the connection is cut it is told when it is back; where that is not known any
    /// more, the whole region falls.
    ///
    /// # Errors
    ///
    /// As for [`invalidate_on`](Self::invalidate_on).
    ///
    /// ```
    /// # use region_cache::{Cache, Fall, Signal};
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let cache = Cache::in_memory();
    /// let users = cache.region("users");
    /// users.invalidate_on_with("user.updated", |signal| match signal.get::<u64>() {
    ///     Ok(id) => Fall::region(id.to_string()).and(Fall::key("list")),
    ///     Err(_) => Fall::all(),
    /// }).await?;
    ///
    /// users.region("7").set("name", "Ada").await?;
    /// cache.emit(Signal::new("user.updated").payload(&7)?).await?;
    /// assert_eq!(users.region("7").get::<String>("name").await?, None);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn invalidate_on_with<F>(
        &self,
        signals: impl Into<Patterns>,
        choose: F,
    ) -> Result<Binding>
    where
        F: Fn(&Signal) -> Fall + Send + Sync + 'static,
    {
        let region = self.place()?.address;
        Arc::clone(&self.engine).bind_with(region, signals.into(), Box::new(choose)).await
    }

    /// The bindings of this region: those that are kept, and this process's closures.
    ///
    /// # Errors
    ///
    /// As for [`children`](Self::children).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let shop = Cache::in_memory().region("shop");
    /// shop.invalidate_on(["catalog.*", "prices.imported"]).await?;
    /// let bindings = shop.bindings().await?;
    /// assert_eq!(bindings[0].signals(), ["catalog.*"]);
    /// for binding in bindings {
    ///     binding.unbind().await?;
    /// }
    /// assert!(shop.bindings().await?.is_empty());
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn bindings(&self) -> Result<Vec<Binding>> {
        let region = self.place()?.address;
        Arc::clone(&self.engine).bindings(region).await
    }
}
