//! The options of a single entry, which are most of a region's too.

use std::time::Duration;

use super::{RefreshAhead, Schema};
use crate::codec::{Codec, Format};
use crate::error::{Error, ErrorKind, Result};

/// What a single entry is asked to do differently from its region.
///
/// ```
/// # use std::time::Duration;
/// # use region_cache::{Cache, EntryOptions};
/// # futures::executor::block_on(async {
/// # let region = Cache::in_memory().region("shop");
/// let brief = EntryOptions::new().ttl(Duration::from_secs(5));
/// region.set_with("offer", "half price", brief).await?;
/// # Ok::<_, region_cache::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct EntryOptions {
    pub(super) ttl: Option<Ttl>,
    pub(super) ttl_jitter: Option<f64>,
    pub(super) negative_ttl: Option<Duration>,
    pub(super) refresh_ahead: Option<RefreshAhead>,
    pub(super) soft_timeout: Option<Duration>,
    pub(super) compute_timeout: Option<Duration>,
    pub(super) stale_for: Option<Duration>,
    pub(super) codec: Option<Format>,
    pub(super) compress_above: Option<usize>,
    pub(super) schema: Option<Schema>,
    /// The first value that makes no sense, kept for the first call.
    wrong: Option<Error>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Ttl {
    After(Duration),
    Never,
}

impl EntryOptions {
    /// Nothing set: everything as in the region.
    pub fn new() -> Self {
        Self::default()
    }

    /// Time to live of the entry.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.refuse_zero("ttl", ttl);
        self.ttl = Some(Ttl::After(ttl));
        self
    }

    /// The entry does not expire by itself.
    pub fn no_ttl(mut self) -> Self {
        self.ttl = Some(Ttl::Never);
        self
    }

    /// By how much the time to live may fall short, at random: see
    /// [`RegionOptions::ttl_jitter`](super::RegionOptions::ttl_jitter).
    pub fn ttl_jitter(mut self, share: f64) -> Self {
        if !(0.0..1.0).contains(&share) {
            self.refuse(format!("`ttl_jitter` is {share}; it must be at least 0 and below 1"));
        }
        self.ttl_jitter = Some(share);
        self
    }

    /// Time to live of the entry if it is `None`.
    pub fn negative_ttl(mut self, ttl: Duration) -> Self {
        self.refuse_zero("negative_ttl", ttl);
        self.negative_ttl = Some(ttl);
        self
    }

    /// When the value is computed anew before it expires.
    pub fn refresh_ahead(mut self, when: impl Into<RefreshAhead>) -> Self {
        let when = when.into();
        if let Some(wrong) = when.what_is_wrong() {
            self.refuse(wrong);
        }
        self.refresh_ahead = Some(when);
        self
    }

    /// How long a caller waits for the computation while another value can stand in.
    pub fn soft_timeout(mut self, timeout: Duration) -> Self {
        self.refuse_zero("soft_timeout", timeout);
        self.soft_timeout = Some(timeout);
        self
    }

    /// How long the computation may take at all.
    pub fn compute_timeout(mut self, timeout: Duration) -> Self {
        self.refuse_zero("compute_timeout", timeout);
        self.compute_timeout = Some(timeout);
        self
    }

    /// How long the entry is kept as a stale one after it expired. It is shown to readers whose region
    /// has a [`stale_for`](super::RegionOptions::stale_for) of its own, for at most that long.
    pub fn stale_for(mut self, time: Duration) -> Self {
        self.refuse_zero("stale_for", time);
        self.stale_for = Some(time);
        self
    }

    /// How the value becomes bytes.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        match Format::of(codec) {
            Ok(format) => self.codec = Some(format),
            Err(error) => self.wrong = self.wrong.or(Some(error)),
        }
        self
    }

    /// The length in bytes above which the encoded value is compressed.
    pub fn compress_above(mut self, bytes: usize) -> Self {
        self.compress_above = Some(bytes);
        self
    }

    /// The version of the value's stored form.
    pub fn schema(mut self, schema: impl Into<Schema>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// Fails where an option makes no sense.
    pub(super) fn check(&self) -> Result<()> {
        self.wrong.clone().map_or(Ok(()), Err)
    }

    pub(super) fn over(self, outer: &Self) -> Self {
        Self {
            ttl: self.ttl.or(outer.ttl),
            ttl_jitter: self.ttl_jitter.or(outer.ttl_jitter),
            negative_ttl: self.negative_ttl.or(outer.negative_ttl),
            refresh_ahead: self.refresh_ahead.or(outer.refresh_ahead),
            soft_timeout: self.soft_timeout.or(outer.soft_timeout),
            compute_timeout: self.compute_timeout.or(outer.compute_timeout),
            stale_for: self.stale_for.or(outer.stale_for),
            codec: self.codec.or_else(|| outer.codec.clone()),
            compress_above: self.compress_above.or(outer.compress_above),
            schema: self.schema.or(outer.schema),
            wrong: self.wrong.or_else(|| outer.wrong.clone()),
        }
    }

    pub(super) fn refuse_zero(&mut self, name: &str, time: Duration) {
        if time.is_zero() {
            self.refuse(format!(
                "`{name}` is zero; leave it out, or give it at least a millisecond"
            ));
        }
    }

    pub(super) fn refuse(&mut self, message: String) {
        self.wrong.get_or_insert_with(|| Error::new(ErrorKind::Config, message));
    }
}
