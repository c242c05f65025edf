//! What regions and entries can be asked to do differently, and how such wishes are handed down.

mod entry;
mod layers;
mod refresh;
mod settings;

use std::time::Duration;

pub use entry::EntryOptions;
pub(crate) use layers::Layers;
pub use refresh::RefreshAhead;
pub(crate) use settings::Settings;

use self::entry::Ttl;
use crate::codec::Codec;
use crate::error::Result;

/// What a region is asked to do differently. Whatever is not set is inherited.
///
/// The nearest [`Region::with`](crate::Region::with) wins, then the longest path given to
/// [`CacheBuilder::region`](crate::CacheBuilder::region), then
/// [`CacheBuilder::options`](crate::CacheBuilder::options), then the defaults named below. Options
/// live in handles and are stored nowhere: for what is written, the writer's count. A value that
/// makes no sense is an error at the handle's first call.
///
/// ```
/// # use std::time::Duration;
/// # use region_cache::Cache;
/// # futures::executor::block_on(async {
/// let cache = Cache::in_memory();
/// let sessions = cache.region("sessions").with(|o| o.ttl(Duration::from_secs(1800)));
/// let alice = sessions.region("alice"); // inherits the half hour
/// alice.set("theme", "dark").await?;
/// assert!(alice.ttl("theme").await? <= Some(Duration::from_secs(1800)));
/// # Ok::<_, region_cache::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RegionOptions {
    ttl: Option<Duration>,
    refresh_ttl_on_write: Option<bool>,
    entry: EntryOptions,
    max_value_bytes: Option<usize>,
}

/// What [`get_or_compute`](crate::Region::get_or_compute) and its kin do while the backend cannot be
/// reached: see [`CacheBuilder::on_unavailable`](crate::CacheBuilder::on_unavailable).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnUnavailable {
    /// Compute, and hand the result to the caller without storing it.
    #[default]
    Compute,
    /// Fail with the backend's error, and spare the source.
    Error,
}

/// The version of a type's stored form: see [`RegionOptions::schema`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Schema(u64);

impl RegionOptions {
    /// Nothing set: everything inherited.
    pub fn new() -> Self {
        Self::default()
    }

    /// Time to live of the region as a whole: when it runs out, all of the region's entries are gone,
    /// whatever their own time to live, and not even kept as stale ones. Regions beneath have their
    /// own clocks. No default: a region then lives as long as its entries.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.entry.refuse_zero("ttl", ttl);
        self.ttl = Some(ttl);
        self
    }

    /// Whether each write begins the region's [`ttl`](Self::ttl) anew (the default), or only the
    /// first write into an empty region sets it.
    pub fn refresh_ttl_on_write(mut self, refresh: bool) -> Self {
        self.refresh_ttl_on_write = Some(refresh);
        self
    }

    /// Time to live of each entry from when it is written. Default: 24 hours.
    pub fn entry_ttl(mut self, ttl: Duration) -> Self {
        self.entry.refuse_zero("entry_ttl", ttl);
        self.entry = self.entry.ttl(ttl);
        self
    }

    /// Entries do not expire by themselves. They still go with the region's [`ttl`](Self::ttl), by
    /// invalidation, and under pressure of memory.
    pub fn no_ttl(mut self) -> Self {
        self.entry = self.entry.no_ttl();
        self
    }

    /// By how much a time to live may fall short of what it should be, at random: 0.1 for up to a
    /// tenth. Entries that were written together then do not expire together. At least 0, and below
    /// 1. Default: 0.
    pub fn ttl_jitter(mut self, share: f64) -> Self {
        self.entry = self.entry.ttl_jitter(share);
        self
    }

    /// Time to live of a negative result: of a value that is `None`. Default: that of any other.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let users = Cache::in_memory().region("users").with(|o| o.negative_ttl(Duration::from_secs(5)));
    /// let nobody = users.get_or_insert_with("7", || async { None::<String> }).await?;
    /// assert_eq!(nobody, None);
    /// assert!(users.ttl("7").await? <= Some(Duration::from_secs(5)));
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn negative_ttl(mut self, ttl: Duration) -> Self {
        self.entry = self.entry.negative_ttl(ttl);
        self
    }

    /// When a value is computed anew before it expires, by one caller in the whole fleet, while all
    /// others are served what is there: see [`RefreshAhead`]. Default: not at all.
    ///
    /// ```
    /// # use region_cache::{Cache, RefreshAhead};
    /// let cache = Cache::in_memory();
    /// let news = cache.region("news").with(|o| o.refresh_ahead(0.8)); // at four fifths of its life
    /// let feed = cache.region("feed").with(|o| o.refresh_ahead(RefreshAhead::by_cost()));
    /// # let _ = (news, feed);
    /// ```
    pub fn refresh_ahead(mut self, when: impl Into<RefreshAhead>) -> Self {
        self.entry = self.entry.refresh_ahead(when);
        self
    }

    /// How long a caller waits for a computation while there is a stale value that can stand in
    /// ([`stale_for`](Self::stale_for)), or one that is due for a
    /// [refresh](Self::refresh_ahead). Default: as long as the computation takes.
    ///
    /// [`get_or_compute`](crate::Region::get_or_compute) then drops its loader, so a source that always
    /// takes longer is never heard: there use
    /// [`get_or_compute_with`](crate::Region::get_or_compute_with), whose loader goes on.
    pub fn soft_timeout(mut self, timeout: Duration) -> Self {
        self.entry = self.entry.soft_timeout(timeout);
        self
    }

    /// How long a computation may take at all, and a caller wait for one. Then it is given up, with
    /// [`Timeout`](crate::ErrorKind::Timeout). Default: 30 s.
    pub fn compute_timeout(mut self, timeout: Duration) -> Self {
        self.entry = self.entry.compute_timeout(timeout);
        self
    }

    /// How long an entry that expired, or was [`expire`](crate::Region::expire)d, is kept for those
    /// who can use a stale value: when a computation fails or takes longer than the
    /// [`soft_timeout`](Self::soft_timeout), and in [`Miss::stale`](crate::Miss::stale). Never one that was
    /// invalidated. The writer's wish says how long it is kept, the reader's how stale a value may be.
    /// Default: not at all.
    pub fn stale_for(mut self, time: Duration) -> Self {
        self.entry = self.entry.stale_for(time);
        self
    }

    /// How values become bytes. Default: [`MessagePack`](crate::codec::MessagePack).
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.entry = self.entry.codec(codec);
        self
    }

    /// Values whose encoded form is longer than this many bytes are compressed with lz4, where that
    /// makes them smaller. Default: 4 KiB. `usize::MAX` compresses nothing.
    pub fn compress_above(mut self, bytes: usize) -> Self {
        self.entry = self.entry.compress_above(bytes);
        self
    }

    /// The longest encoded value, before compression, that is written or believed when read.
    /// Default: 8 MiB; at most 4 GiB less one byte.
    pub fn max_value_bytes(mut self, bytes: usize) -> Self {
        if u32::try_from(bytes).is_err() || bytes == 0 {
            self.entry
                .refuse(format!("`max_value_bytes` is {bytes}; it must be from 1 to {}", u32::MAX));
        }
        self.max_value_bytes = Some(bytes);
        self
    }

    /// The version of the stored types, a number or a text. An entry with another schema, or with
    /// none, is a miss. Default: none.
    ///
    /// ```
    /// # use region_cache::Cache;
    /// # futures::executor::block_on(async {
    /// let users = Cache::in_memory().region("users");
    /// users.with(|o| o.schema("user v1")).set("7", "Ada").await?;
    /// assert_eq!(users.with(|o| o.schema("user v2")).get::<String>("7").await?, None);
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn schema(mut self, schema: impl Into<Schema>) -> Self {
        self.entry = self.entry.schema(schema);
        self
    }

    /// Fails where an option makes no sense.
    pub(crate) fn check(&self) -> Result<()> {
        self.entry.check()
    }

    /// What is set here, and for the rest what is set in `outer`.
    pub(crate) fn over(self, outer: &Self) -> Self {
        Self {
            ttl: self.ttl.or(outer.ttl),
            refresh_ttl_on_write: self.refresh_ttl_on_write.or(outer.refresh_ttl_on_write),
            max_value_bytes: self.max_value_bytes.or(outer.max_value_bytes),
            entry: self.entry.over(&outer.entry),
        }
    }
}

impl From<&str> for Schema {
    fn from(text: &str) -> Self {
        Self::of(text.as_bytes())
    }
}

impl Schema {
    /// Zero is kept for "no schema".
    fn of(bytes: &[u8]) -> Self {
        Self(xxhash_rust::xxh3::xxh3_64(bytes).max(1))
    }
}

macro_rules! schema_from_integer {
    ($($type:ty)*) => {
        $(
            impl From<$type> for Schema {
                fn from(number: $type) -> Self {
                    Self::of(number.to_string().as_bytes())
                }
            }
        )*
    };
}

schema_from_integer!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

#[cfg(test)]
mod tests;
