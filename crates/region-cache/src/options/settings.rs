//! Options with nothing left open.

use std::time::Duration;

use super::{EntryOptions, RefreshAhead, RegionOptions, Schema, Ttl};
use crate::codec::Format;
use crate::error::Result;

/// What holds for a region or an entry after all options were laid over each other.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) region_ttl: Option<Duration>,
    pub(crate) refresh_ttl_on_write: bool,
    pub(crate) entry_ttl: Option<Duration>,
    pub(crate) ttl_jitter: f64,
    pub(crate) negative_ttl: Option<Duration>,
    pub(crate) refresh_ahead: Option<RefreshAhead>,
    pub(crate) soft_timeout: Option<Duration>,
    pub(crate) compute_timeout: Duration,
    pub(crate) stale_for: Duration,
    pub(crate) codec: Format,
    pub(crate) compress_above: usize,
    pub(crate) max_value_bytes: usize,
    /// Zero for none.
    pub(crate) schema: u64,
    /// Whether the region's entries are of use only together.
    pub(crate) is_whole: bool,
}

impl Settings {
    /// What options that make sense come to, with the defaults for what they leave open.
    pub(super) fn of(options: &RegionOptions) -> Self {
        let entry = &options.entry;
        Self {
            region_ttl: options.ttl,
            refresh_ttl_on_write: options.refresh_ttl_on_write.unwrap_or(true),
            entry_ttl: entry.ttl.unwrap_or(DEFAULT_ENTRY_TTL).duration(),
            ttl_jitter: entry.ttl_jitter.unwrap_or_default(),
            negative_ttl: entry.negative_ttl,
            refresh_ahead: entry.refresh_ahead,
            soft_timeout: entry.soft_timeout,
            compute_timeout: entry.compute_timeout.unwrap_or(DEFAULT_COMPUTE_TIMEOUT),
            stale_for: entry.stale_for.unwrap_or_default(),
            codec: entry.codec.clone().unwrap_or(Format::MessagePack),
            compress_above: entry.compress_above.unwrap_or(DEFAULT_COMPRESS_ABOVE),
            max_value_bytes: options.max_value_bytes.unwrap_or(DEFAULT_MAX_VALUE_BYTES),
            schema: entry.schema.map_or(0, |Schema(schema)| schema),
            is_whole: false,
        }
    }

    /// The same with an entry's own wishes. Fails where one makes no sense.
    pub(crate) fn with(&self, entry: EntryOptions) -> Result<Self> {
        entry.check()?;
        Ok(Self {
            entry_ttl: entry.ttl.map_or(self.entry_ttl, Ttl::duration),
            ttl_jitter: entry.ttl_jitter.unwrap_or(self.ttl_jitter),
            negative_ttl: entry.negative_ttl.or(self.negative_ttl),
            refresh_ahead: entry.refresh_ahead.or(self.refresh_ahead),
            soft_timeout: entry.soft_timeout.or(self.soft_timeout),
            compute_timeout: entry.compute_timeout.unwrap_or(self.compute_timeout),
            stale_for: entry.stale_for.unwrap_or(self.stale_for),
            codec: entry.codec.unwrap_or_else(|| self.codec.clone()),
            compress_above: entry.compress_above.unwrap_or(self.compress_above),
            schema: entry.schema.map_or(self.schema, |Schema(schema)| schema),
            ..self.clone()
        })
    }

    /// The same for an entry that shall live that long, whatever it is.
    pub(crate) fn living(&self, ttl: Duration) -> Self {
        Self { entry_ttl: Some(ttl), negative_ttl: None, ..self.clone() }
    }

    /// The time to live of something that is stored now: a little shorter, by chance, where that is
    /// asked for. `chance` is at least 0 and below 1.
    pub(crate) fn ttl(&self, is_none: bool, chance: f64) -> Option<Duration> {
        let ttl = self.negative_ttl.filter(|_| is_none).or(self.entry_ttl)?;
        let less = ttl.mul_f64(self.ttl_jitter * chance);
        Some(ttl.saturating_sub(less).max(SHORTEST.min(ttl)))
    }
}

impl Ttl {
    fn duration(self) -> Option<Duration> {
        match self {
            Self::After(ttl) => Some(ttl),
            Self::Never => None,
        }
    }
}

const DEFAULT_ENTRY_TTL: Ttl = Ttl::After(Duration::from_secs(24 * 60 * 60));

const DEFAULT_COMPUTE_TIMEOUT: Duration = Duration::from_secs(30);

/// Less would be no time at all for a server.
const SHORTEST: Duration = Duration::from_millis(1);

/// Below that, lz4 gains little and costs more than it saves.
const DEFAULT_COMPRESS_ABOVE: usize = 4 << 10;

const DEFAULT_MAX_VALUE_BYTES: usize = 8 << 20;
