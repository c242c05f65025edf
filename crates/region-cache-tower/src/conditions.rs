//! Conditional requests: whether the client has the response already.

use http::HeaderMap;
use http::HeaderValue;
use http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};

/// What a request says of the responses that its client has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    none_match: Vec<HeaderValue>,
    modified_since: Option<HeaderValue>,
}

impl Conditions {
    pub(crate) fn of(request: &HeaderMap) -> Self {
        Self {
            none_match: request.get_all(IF_NONE_MATCH).iter().cloned().collect(),
            modified_since: request.get(IF_MODIFIED_SINCE).cloned(),
        }
    }

    /// Takes them off a request whose answer serves others too.
    pub(crate) fn remove(request: &mut HeaderMap) {
        request.remove(IF_NONE_MATCH);
        request.remove(IF_MODIFIED_SINCE);
    }

    /// Whether the client has the response with these headers. `If-None-Match` goes before
    /// `If-Modified-Since`, as RFC 9110 says in section 13.2.2.
    pub(crate) fn has(&self, response: &HeaderMap) -> bool {
        if !self.none_match.is_empty() {
            let Some(etag) = response.get(ETAG) else {
                return self.none_match.iter().any(|value| value == "*");
            };
            let etag = opaque(etag.as_bytes());
            return self.none_match.iter().any(|value| {
                value == "*" || tags(value.as_bytes()).any(|tag| opaque(tag) == etag)
            });
        }
        let date = |value: &HeaderValue| httpdate::parse_http_date(value.to_str().ok()?).ok();
        let since = self.modified_since.as_ref().and_then(date);
        let modified = response.get(LAST_MODIFIED).and_then(date);
        matches!((modified, since), (Some(modified), Some(since)) if modified <= since)
    }
}

/// An entity tag without its mark of weakness: this is a weak comparison.
fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

/// The entity tags of a list; there may be commas in them.
fn tags(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let start = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','))?;
        rest = rest.get(start..)?;
        let opens = rest.iter().position(|byte| *byte == b'"')?;
        let inner = rest.get(opens + 1..)?;
        let end = opens + 1 + inner.iter().position(|byte| *byte == b'"')? + 1;
        let (tag, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(tag)
    })
}

#[cfg(test)]
mod tests;
