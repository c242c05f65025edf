//! What is stored.

mod headers;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AGE, ETAG, LAST_MODIFIED};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use region_cache::Timestamp;
use serde::{Deserialize, Serialize};

/// What stands under a key.
///
/// Its form is versioned by [`SCHEMA`]: entries of another version are misses.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Entry {
    /// A response that serves everyone who asks for the key.
    Page(Arc<Page>),
    /// Responses here depend on these request headers, in lower case and sorted: each combination has a
    /// key of its own. The one that came first is kept right here.
    Varies { by: Vec<String>, first: Option<Arc<Page>> },
    /// Responses here cannot be shared: whoever asks goes upstream at once, without waiting for others.
    Pass(Reason),
}

/// A whole response.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Page {
    status: u16,
    #[serde(with = "headers")]
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    #[serde(with = "headers")]
    pub(crate) trailers: HeaderMap,
    /// The request headers that its `Vary` names, with their values; nothing where one was absent.
    selected: Vec<(String, Option<Bytes>)>,
    /// When it was received, in milliseconds since the epoch by the clock of who received it.
    received_at: u64,
    /// How old it was then.
    initial_age_ms: u64,
    /// How old it may become.
    fresh_for_ms: u64,
    /// Whether the entity tag was made here, so that the handler does not know it.
    pub(crate) has_own_etag: bool,
}

/// Why a response serves nobody but who asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reason {
    /// Its status is not one that is stored.
    Status,
    /// `Cache-Control`, `Vary: *` or the lack of any time to live.
    Policy,
    SetCookie,
    TooLarge,
    /// An endless stream, such as server-sent events.
    Stream,
    /// `store_if` said no.
    Filter,
}

impl Page {
    pub(crate) fn new(
        status: StatusCode,
        headers: HeaderMap,
        (body, trailers): (Bytes, HeaderMap),
        selected: Vec<(String, Option<Bytes>)>,
        times: Times,
    ) -> Self {
        let mut page = Self {
            status: status.as_u16(),
            headers,
            body,
            trailers,
            selected,
            received_at: 0,
            initial_age_ms: 0,
            fresh_for_ms: 0,
            has_own_etag: false,
        };
        page.renew(times);
        page
    }

    /// From now on it has these times: it was found to be still valid.
    pub(crate) fn renew(&mut self, times: Times) {
        self.received_at = times.received_at.as_millis();
        self.initial_age_ms = millis(times.initial_age);
        self.fresh_for_ms = millis(times.fresh_for);
        // What is left of it is counted from `initial_age_ms` on.
        self.headers.remove(AGE);
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or_default()
    }

    /// How old it is.
    pub(crate) fn age(&self, now: Timestamp) -> Duration {
        let here = now.since(Timestamp::from_millis(self.received_at));
        here.saturating_add(Duration::from_millis(self.initial_age_ms))
    }

    /// How long it is fresh yet; negative for how long it has been stale. In seconds.
    pub(crate) fn ttl(&self, now: Timestamp) -> i64 {
        let fresh = i64::try_from(self.fresh_for_ms).unwrap_or(i64::MAX);
        let age = i64::try_from(self.age(now).as_millis()).unwrap_or(i64::MAX);
        fresh.saturating_sub(age).div_euclid(1000)
    }

    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        self.age(now) < Duration::from_millis(self.fresh_for_ms)
    }

    pub(crate) fn received_at(&self) -> Timestamp {
        Timestamp::from_millis(self.received_at)
    }

    /// How old it was when it came, and how old it may become.
    pub(crate) fn life(&self) -> (Duration, Duration) {
        (Duration::from_millis(self.initial_age_ms), Duration::from_millis(self.fresh_for_ms))
    }

    /// Whether it may answer a request with these headers, as far as its `Vary` goes.
    pub(crate) fn suits(&self, request: &HeaderMap) -> bool {
        self.selected.iter().all(|(name, value)| select(request, name) == *value)
    }

    /// The names of the request headers on which it depends.
    pub(crate) fn varies_by(&self) -> impl Iterator<Item = &str> {
        self.selected.iter().map(|(name, _)| name.as_str())
    }

    /// By what its handler recognises it: `ETag` and `Last-Modified`.
    pub(crate) fn validators(&self) -> (Option<&HeaderValue>, Option<&HeaderValue>) {
        let etag = self.headers.get(ETAG).filter(|_| !self.has_own_etag);
        (etag, self.headers.get(LAST_MODIFIED))
    }
}

/// When a response came, how old it was, and how old it may become.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) received_at: Timestamp,
    pub(crate) initial_age: Duration,
    pub(crate) fresh_for: Duration,
}

impl Reason {
    /// For `Cache-Status`: a token.
    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Policy => "not-cacheable",
            Self::SetCookie => "set-cookie",
            Self::TooLarge => "too-large",
            Self::Stream => "stream",
            Self::Filter => "filtered",
        }
    }
}

/// The value of a request header, of several lines as one; nothing where it is absent. Whitespace is left
/// alone: two values that only look alike are two.
pub(crate) fn select(request: &HeaderMap, name: &str) -> Option<Bytes> {
    let mut lines = request.get_all(name).iter();
    let first = lines.next()?;
    let mut rest = lines.peekable();
    if rest.peek().is_none() {
        return Some(Bytes::copy_from_slice(first.as_bytes()));
    }
    let mut all = first.as_bytes().to_vec();
    for line in rest {
        // No line can contain this, so that "a" and "b" are not "a, b".
        all.push(b'\n');
        all.extend_from_slice(line.as_bytes());
    }
    Some(all.into())
}

/// The request headers that a response names in `Vary`, in lower case and sorted; `None` where it
/// depends on more than headers (`*`), or on something that is no header.
pub(crate) fn varies_by(response: &HeaderMap) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for line in response.get_all(http::header::VARY) {
        for name in line.to_str().ok()?.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if name == "*" {
                return None;
            }
            names.push(HeaderName::from_bytes(name.as_bytes()).ok()?.as_str().to_owned());
        }
    }
    names.sort_unstable();
    names.dedup();
    Some(names)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The version of the stored form.
pub(crate) const SCHEMA: &str = "region-cache-tower 1";

#[cfg(test)]
mod tests;
