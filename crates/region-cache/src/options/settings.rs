//! Options with nothing left open.

use std::time::Duration;

use super::{EntryOptions, RegionOptions, Schema, Ttl};
use crate::codec::Format;
use crate::error::Result;

/// What holds for a region or an entry after all options were laid over each other.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) region_ttl: Option<Duration>,
    pub(crate) refresh_ttl_on_write: bool,
    pub(crate) entry_ttl: Option<Duration>,
    pub(crate) stale_for: Duration,
    pub(crate) codec: Format,
    pub(crate) compress_above: usize,
    pub(crate) max_value_bytes: usize,
    /// Zero for none.
    pub(crate) schema: u64,
}

impl Settings {
    /// What options that make sense come to, with the defaults for what they leave open.
    pub(super) fn of(options: &RegionOptions) -> Self {
        let entry = &options.entry;
        Self {
            region_ttl: options.ttl,
            refresh_ttl_on_write: options.refresh_ttl_on_write.unwrap_or(true),
            entry_ttl: entry.ttl.unwrap_or(DEFAULT_ENTRY_TTL).duration(),
            stale_for: entry.stale_for.unwrap_or_default(),
            codec: entry.codec.clone().unwrap_or(Format::MessagePack),
            compress_above: entry.compress_above.unwrap_or(DEFAULT_COMPRESS_ABOVE),
            max_value_bytes: options.max_value_bytes.unwrap_or(DEFAULT_MAX_VALUE_BYTES),
            schema: entry.schema.map_or(0, |Schema(schema)| schema),
        }
    }

    /// The same with an entry's own wishes. Fails where one makes no sense.
    pub(crate) fn with(&self, entry: EntryOptions) -> Result<Self> {
        entry.check()?;
        Ok(Self {
            entry_ttl: entry.ttl.map_or(self.entry_ttl, Ttl::duration),
            stale_for: entry.stale_for.unwrap_or(self.stale_for),
            codec: entry.codec.unwrap_or_else(|| self.codec.clone()),
            compress_above: entry.compress_above.unwrap_or(self.compress_above),
            schema: entry.schema.map_or(self.schema, |Schema(schema)| schema),
            ..self.clone()
        })
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

/// Below that, lz4 gains little and costs more than it saves.
const DEFAULT_COMPRESS_ABOVE: usize = 4 << 10;

const DEFAULT_MAX_VALUE_BYTES: usize = 8 << 20;
