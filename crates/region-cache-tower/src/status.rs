//! What the cache did, in the words of RFC 9211.

use std::borrow::Cow;
use std::fmt::{self, Display};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::config::Config;

/// What the cache did for a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) is_hit: bool,
    /// Why it went upstream, if it did.
    pub(crate) forward: Option<Forward>,
    /// What upstream answered, where that is not what the client gets.
    pub(crate) forward_status: Option<StatusCode>,
    /// How long the response is fresh yet; negative for how long it has been stale.
    pub(crate) ttl: Option<i64>,
    pub(crate) is_stored: bool,
    pub(crate) is_collapsed: bool,
    pub(crate) detail: Option<Cow<'static, str>>,
}

/// Why a request went upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forward {
    /// The cache was told to let it be.
    Bypass,
    /// Its method is not one whose answers are cached.
    Method,
    /// There was nothing for the key.
    UriMiss,
    /// There was something, for other request headers.
    VaryMiss,
    /// There was something, but the request asks for something newer.
    Request,
    /// There was something, but it had run out of time.
    Stale,
}

impl Report {
    pub(crate) fn hit(ttl: i64) -> Self {
        Self { is_hit: true, ttl: Some(ttl), ..Self::default() }
    }

    pub(crate) fn forward(why: Forward) -> Self {
        Self { forward: Some(why), ..Self::default() }
    }

    pub(crate) fn because(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// Says it in the headers that are wanted.
    pub(crate) fn write(&self, config: &Config, headers: &mut HeaderMap) {
        if config.shows_cache_status
            && let Ok(value) = HeaderValue::try_from(self.to_string())
        {
            // Behind those of caches that are nearer to the source.
            headers.append(CACHE_STATUS, value);
        }
        if config.shows_x_cache {
            headers.insert(X_CACHE, HeaderValue::from_static(self.in_a_word()));
        }
    }

    fn in_a_word(&self) -> &'static str {
        match self.forward {
            _ if self.ttl.is_some_and(|ttl| ttl < 0) => "STALE",
            None if self.is_hit => "HIT",
            None | Some(Forward::Bypass | Forward::Method) => "BYPASS",
            Some(_) => "MISS",
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("region-cache")?;
        match self.forward {
            None if self.is_hit => f.write_str("; hit")?,
            None => {}
            Some(why) => write!(f, "; fwd={}", why.token())?,
        }
        if let Some(status) = self.forward_status {
            write!(f, "; fwd-status={}", status.as_u16())?;
        }
        if let Some(ttl) = self.ttl {
            write!(f, "; ttl={ttl}")?;
        }
        if self.is_stored {
            f.write_str("; stored")?;
        }
        if self.is_collapsed {
            f.write_str("; collapsed")?;
        }
        match &self.detail {
            Some(detail) => write!(f, "; detail={detail}"),
            None => Ok(()),
        }
    }
}

impl Forward {
    fn token(self) -> &'static str {
        match self {
            Self::Bypass => "bypass",
            Self::Method => "method",
            Self::UriMiss => "uri-miss",
            Self::VaryMiss => "vary-miss",
            Self::Request => "request",
            Self::Stale => "stale",
        }
    }
}

/// Of RFC 9211.
pub(crate) const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

#[cfg(test)]
mod tests;
