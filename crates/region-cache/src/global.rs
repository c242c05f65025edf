//! One cache for the whole program.

use std::sync::OnceLock;

use crate::cache::Cache;
use crate::error::{Error, ErrorKind, Result};

/// The cache of the whole program: [in memory](Cache::in_memory) unless
/// [`set_global`](Cache::set_global) was called before its first use.
///
/// ```
/// # futures::executor::block_on(async {
/// region_cache::global().region("shop").set("price", &1999).await?;
/// let again = region_cache::global().region("shop");
/// assert_eq!(again.get::<i64>("price").await?, Some(1999));
/// # Ok::<_, region_cache::Error>(())
/// # }).unwrap();
/// ```
pub fn global() -> Cache {
    GLOBAL.get_or_init(Cache::in_memory).clone()
}

impl Cache {
    /// Makes this the program's [`global`] cache.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) where the global cache was set or used before: what was cached
    /// there would silently be lost.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let cache = Cache::builder().namespace("shop").build().await?;
    /// cache.set_global()?;
    /// assert!(Cache::in_memory().set_global().unwrap_err().is_config());
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn set_global(self) -> Result<()> {
        GLOBAL.set(self).map_err(|_| {
            Error::new(
                ErrorKind::Config,
                "the global cache was set or used before; set it once, before anything uses it",
            )
        })
    }
}

static GLOBAL: OnceLock<Cache> = OnceLock::new();
