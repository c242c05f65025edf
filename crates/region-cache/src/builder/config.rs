//! Settings from a TOML file and from the environment.

mod given;
mod near;
mod read;
mod set;

use std::ffi::OsString;
use std::path::Path;

use super::CacheBuilder;
use crate::error::Result;

/// # From a file and from the environment
///
/// Everything that can be written as text: see the [guide](crate::guide::configuration) for every
/// setting. What is set later wins, setting by setting, whether by code, from a file or from the
/// environment: so a program's own defaults come first, then its file, then the environment.
///
/// A setting that is not known, or makes no sense, is a [`Config`](crate::ErrorKind::Config) error
/// that names the file or the variable, and what would be right. Nothing of a URL is ever shown.
///
/// ```no_run
/// # use region_cache::{CacheBuilder, Result};
/// # async fn connect() -> Result<region_cache::Cache> {
/// let cache = CacheBuilder::from_file("cache.toml")?.env()?.build().await?;
/// # Ok(cache)
/// # }
/// ```
impl CacheBuilder {
    /// Begins with the settings of a TOML file: short for `Cache::builder().file(path)`.
    ///
    /// # Errors
    ///
    /// As for [`file`](Self::file).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        Self::new().file(path)
    }

    /// Begins with the settings of the environment: short for `Cache::builder().env()`.
    ///
    /// # Errors
    ///
    /// As for [`env`](Self::env).
    ///
    /// ```
    /// # use region_cache::CacheBuilder;
    /// use region_cache::codec::Json;
    ///
    /// # futures::executor::block_on(async {
    /// let cache = CacheBuilder::from_env()?.codec(Json).build().await?;
    /// # cache.ping().await?;
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn from_env() -> Result<Self> {
        Self::new().env()
    }

    /// Begins with the settings of the environment under a prefix of one's own: short for
    /// `Cache::builder().env_with_prefix(prefix)`.
    ///
    /// # Errors
    ///
    /// As for [`env`](Self::env).
    pub fn from_env_with_prefix(prefix: &str) -> Result<Self> {
        Self::new().env_with_prefix(prefix)
    }

    /// Takes over the settings of a TOML file.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for a file that cannot be read or is no TOML, for a
    /// setting that is not known, with the nearest that is, and for a value that makes no sense.
    ///
    /// ```
    /// # use region_cache::{Cache, CacheBuilder};
    /// # let folder = std::env::temp_dir().join(format!("region-cache-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// # let path = folder.join("cache.toml");
    /// let text = r#"
    ///     entry_ttl = "1h"
    ///     [regions."shop.sessions"]
    ///     ttl = "30m"
    /// "#;
    /// # std::fs::write(&path, text).unwrap();
    /// # futures::executor::block_on(async {
    /// let cache = Cache::builder().file(&path)?.build().await?;
    /// cache.region("shop.sessions.alice").set("theme", "dark").await?;
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// ```
    pub fn file(self, path: impl AsRef<Path>) -> Result<Self> {
        set::all(self, read::file(path.as_ref())?)
    }

    /// Takes over the settings of the environment: the variables that begin with `REGION_CACHE_`,
    /// each named as the setting in capital letters, such as `REGION_CACHE_ENTRY_TTL=1h`. An empty
    /// one counts as not set.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) for a variable that is no setting, with the nearest that
    /// is, and for a value that makes no sense.
    pub fn env(self) -> Result<Self> {
        self.env_with_prefix(PREFIX)
    }

    /// The same with another prefix: with `SHOP_CACHE` the variables are `SHOP_CACHE_URL` and so on.
    ///
    /// # Errors
    ///
    /// As for [`env`](Self::env), and for an empty prefix.
    pub fn env_with_prefix(self, prefix: &str) -> Result<Self> {
        self.vars(prefix, std::env::vars_os())
    }

    /// The same for variables that come from elsewhere, such as a test.
    ///
    /// # Errors
    ///
    /// As for [`env_with_prefix`](Self::env_with_prefix).
    ///
    /// ```
    /// # use region_cache::Cache;
    /// let error = Cache::builder()
    ///     .vars("SHOP_CACHE", [("SHOP_CACHE_NAMESPCE", "staging"), ("PATH", "/bin")])
    ///     .unwrap_err();
    /// assert!(error.to_string().contains("did you mean `SHOP_CACHE_NAMESPACE`?"));
    /// ```
    pub fn vars<N, V>(self, prefix: &str, vars: impl IntoIterator<Item = (N, V)>) -> Result<Self>
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let vars = vars.into_iter().map(|(name, value)| (name.into(), value.into()));
        set::all(self, read::vars(prefix, vars)?)
    }
}

/// What [`CacheBuilder::env`] looks for, without the underscore that follows.
const PREFIX: &str = "REGION_CACHE";

#[cfg(test)]
mod tests;
