//! How long entries and regions live.

use std::time::Duration;

use crate::backend::Life;
use crate::time::Timestamp;

/// What is known of the life of what was written, and of its region before.
pub(crate) struct Span {
    /// When the region was to end.
    pub(crate) ends: Option<Timestamp>,
    /// Whether nothing in the region counted before.
    pub(crate) is_new: bool,
    /// When what was written is gone.
    pub(crate) gone_at: Option<Timestamp>,
}

/// When a region that was written to ends. Lives only grow: a write that asks for no time to live of
/// the region lets it live at least as long as what was written.
pub(crate) fn new_end(
    span: &Span,
    ttl: Option<Duration>,
    refresh: bool,
    now: Timestamp,
) -> Option<Timestamp> {
    let until = ttl.map(|ttl| now.saturating_add(ttl));
    match (span.ends, until) {
        _ if span.is_new => until,
        (None, _) => None,
        (Some(ends), Some(until)) if refresh => Some(ends.max(until)),
        (ends, Some(_)) => ends,
        (Some(ends), None) => span.gone_at.map(|gone| ends.max(gone)),
    }
}

/// How long an entry lives on that expires at `expiry`, in a region that ends at `ends`.
pub(crate) fn life(expiry: Option<Timestamp>, ends: Option<Timestamp>, now: Timestamp) -> Life {
    if let Some(over) = expiry.filter(|expiry| *expiry <= now) {
        return Life::Over(now.since(over));
    }
    match [expiry, ends].into_iter().flatten().min() {
        Some(end) => Life::For(end.since(now)),
        None => Life::Forever,
    }
}
