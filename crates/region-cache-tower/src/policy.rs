//! RFC 9111, by way of the crate `http-cache-semantics`: what may be stored, and for how long.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{
    AGE, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, EXPIRES, HeaderMap, PRAGMA, SET_COOKIE, VARY,
};
use http::{HeaderValue, Method, StatusCode, Uri, response};
use http_cache_semantics::{BeforeRequest, CacheOptions, CachePolicy, RequestLike, ResponseLike};
use region_cache::Timestamp;

use crate::config::Config;
use crate::entry::{Page, Reason, Times, varies_by};

/// What is stored of a response, apart from its body.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) times: Times,
    /// How long it is fresh from now on.
    pub(crate) fresh_for: Duration,
    /// For how long after that it may still be served while it is fetched anew.
    pub(crate) while_revalidating: Duration,
    /// And for how long if that fails.
    pub(crate) if_error: Duration,
    /// The request headers on which it depends.
    pub(crate) varies_by: Vec<String>,
}

/// Whether a response may be stored and shared.
pub(crate) fn judge(
    config: &Config,
    request: &HeaderMap,
    response: &response::Parts,
    now: Timestamp,
) -> Result<Verdict, Reason> {
    let is_asked_for = config.also.contains(&response.status);
    if !is_asked_for && !may_be_stored(response.status) {
        return Err(Reason::Status);
    }
    let headers = &response.headers;
    if headers.contains_key(SET_COOKIE) && !config.stores_set_cookie {
        return Err(Reason::SetCookie);
    }
    if headers.contains_key(CONTENT_RANGE) {
        return Err(Reason::Status);
    }
    if is_endless(headers) {
        return Err(Reason::Stream);
    }
    let varies_by =
        varies_by(headers).filter(|names| names.len() <= MOST_NAMES).ok_or(Reason::Policy)?;
    if config.store_if.as_ref().is_some_and(|ask| !ask(response)) {
        return Err(Reason::Filter);
    }
    let mut own = plain(headers);
    let is_cacheable = is_asked_for || !is_only_with_lifetime(response.status);
    let has_default = !config.ttl.is_zero() && is_cacheable && !says_how_long(&own);
    if has_default {
        // Not `s-maxage`: that would allow to store what was answered to an `Authorization`.
        own.append(CACHE_CONTROL, seconds("max-age=", LONGEST));
    }
    let status = if is_asked_for { StatusCode::OK } else { response.status };
    let policy = policy(request, &own, status, now);
    let initial_age = policy.age(system(now));
    let mut fresh_for = policy.time_to_live(system(now)).min(LONGEST);
    if has_default {
        fresh_for = fresh_for.min(config.ttl.saturating_sub(initial_age));
    }
    if !policy.is_storable() || fresh_for.is_zero() {
        return Err(Reason::Policy);
    }
    let times =
        Times { received_at: now, initial_age, fresh_for: fresh_for.saturating_add(initial_age) };
    let (while_revalidating, if_error) = stale_windows(config, &own);
    Ok(Verdict { times, fresh_for, while_revalidating, if_error, varies_by })
}

/// Whether a stored response is what a request with directives of its own asks for.
pub(crate) fn satisfies(page: &Page, request: &HeaderMap, now: Timestamp) -> bool {
    let mut own = plain(&page.headers);
    let (initial_age, fresh_for) = page.life();
    // What it was judged by then counts now.
    for name in [CACHE_CONTROL, EXPIRES, PRAGMA, VARY, SET_COOKIE, AGE] {
        own.remove(name);
    }
    own.insert(CACHE_CONTROL, seconds("public, max-age=", fresh_for));
    own.insert(AGE, seconds("", initial_age));
    let policy = policy(&HeaderMap::new(), &own, StatusCode::OK, page.received_at());
    let asked = Plain { headers: plain(request), status: StatusCode::OK };
    matches!(policy.before_request(&asked, system(now)), BeforeRequest::Fresh(_))
}

/// Whether a request says anything about caching.
pub(crate) fn has_directives(request: &HeaderMap) -> bool {
    request.contains_key(CACHE_CONTROL) || request.contains_key(PRAGMA)
}

/// Whether `Cache-Control` has a directive.
pub(crate) fn has_directive(headers: &HeaderMap, name: &str) -> bool {
    directive(headers, name).is_some()
}

/// Headers that belong to a connection and not to the response.
pub(crate) fn without_hops(headers: &mut HeaderMap) {
    let named: Vec<String> = headers
        .get_all(http::header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_owned())
        .collect();
    for name in named.iter().map(String::as_str).chain(HOP_BY_HOP) {
        headers.remove(name);
    }
}

fn may_be_stored(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200 | 203 | 204 | 300 | 301 | 308) || is_only_with_lifetime(status)
}

/// Those that are never cached by a mere default.
fn is_only_with_lifetime(status: StatusCode) -> bool {
    matches!(status.as_u16(), 302 | 303 | 307)
}

fn is_endless(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    ENDLESS.iter().any(|endless| {
        kind.get(..endless.len()).is_some_and(|start| start.eq_ignore_ascii_case(endless))
    })
}

fn says_how_long(headers: &HeaderMap) -> bool {
    headers.contains_key(EXPIRES)
        || headers.contains_key(PRAGMA)
        || has_directive(headers, "max-age")
        || has_directive(headers, "s-maxage")
}

/// How long it may be served when it is no longer fresh: while it is fetched anew, and if that fails.
fn stale_windows(config: &Config, headers: &HeaderMap) -> (Duration, Duration) {
    let has = |name| has_directive(headers, name);
    if has("must-revalidate") || has("proxy-revalidate") || has("no-cache") {
        return (Duration::ZERO, Duration::ZERO);
    }
    let time = |name| {
        let seconds = directive(headers, name).flatten()?.trim_matches('"').parse().ok()?;
        Some(Duration::from_secs(seconds).min(LONGEST))
    };
    // `s-maxage` forbids to serve what is stale, unless the response itself says otherwise beside it.
    let default = if has("s-maxage") { Duration::ZERO } else { config.stale_for };
    let while_revalidating = time("stale-while-revalidate").unwrap_or_default();
    (while_revalidating, time("stale-if-error").unwrap_or(default))
}

/// A directive of `Cache-Control` in [plain](plain()) headers, with its value.
fn directive<'h>(headers: &'h HeaderMap, name: &str) -> Option<Option<&'h str>> {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).find_map(|part| {
        let (own, value) = match part.split_once('=') {
            Some((own, value)) => (own, Some(value.trim())),
            None => (part, None),
        };
        own.trim().eq_ignore_ascii_case(name).then_some(value)
    })
}

/// Headers as `http-cache-semantics` wants them: it takes directives in lower case only, and for any other
/// `Age` than one that makes sense it has no defence.
fn plain(headers: &HeaderMap) -> HeaderMap {
    let mut plain = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        if name == CACHE_CONTROL {
            let lower = value.as_bytes().to_ascii_lowercase();
            plain.extend(HeaderValue::from_bytes(&lower).map(|value| (CACHE_CONTROL, value)));
        } else if JUDGED.contains(name) {
            plain.append(name, value.clone());
        }
    }
    let age = headers.get(AGE).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    plain.insert(AGE, seconds("", Duration::from_secs(age.unwrap_or(0)).min(LONGEST)));
    plain
}

fn seconds(before: &str, time: Duration) -> HeaderValue {
    let text = format!("{before}{}", time.as_secs());
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("0"))
}

fn policy(
    request: &HeaderMap,
    response: &HeaderMap,
    status: StatusCode,
    now: Timestamp,
) -> CachePolicy {
    let request = Plain { headers: plain(request), status };
    let response = Plain { headers: response.clone(), status };
    let options = CacheOptions {
        shared: true,
        // No guesses: what says nothing has the layer's `ttl`, or none.
        cache_heuristic: 0.0,
        immutable_min_time_to_live: Duration::ZERO,
        ignore_cargo_cult: false,
    };
    CachePolicy::new_options(&request, &response, system(now), options)
}

fn system(time: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(time.as_millis())
}

/// A request or a response. Of which page it is, the key has said already.
struct Plain {
    headers: HeaderMap,
    status: StatusCode,
}

impl RequestLike for Plain {
    fn uri(&self) -> Uri {
        Uri::default()
    }

    fn is_same_uri(&self, _: &Uri) -> bool {
        true
    }

    fn method(&self) -> &Method {
        &Method::GET
    }

    fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

impl ResponseLike for Plain {
    fn status(&self) -> StatusCode {
        self.status
    }

    fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

/// The headers by which a response or a request is judged, `Cache-Control` and `Age` aside.
const JUDGED: [http::HeaderName; 5] =
    [http::header::AUTHORIZATION, http::header::DATE, EXPIRES, http::header::LAST_MODIFIED, PRAGMA];

const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Types of content that come bit by bit, for as long as somebody listens.
const ENDLESS: [&[u8]; 2] = [b"text/event-stream", b"multipart/x-mixed-replace"];

/// A response that depends on more headers than that is hardly ever the same twice.
const MOST_NAMES: usize = 16;

/// Times beyond this one are as good as endless, and are not added up to what is no time.
const LONGEST: Duration = Duration::from_secs(1 << 31);

#[cfg(test)]
mod tests;
