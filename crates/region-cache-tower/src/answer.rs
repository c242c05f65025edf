//! From a stored page to a response.

use http::header::{
    AGE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderMap,
};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use http_body::Body as HttpBody;
use region_cache::Timestamp;

use crate::body::Body;
use crate::conditions::Conditions;
use crate::config::Config;
use crate::entry::Page;
use crate::status::Report;

/// What a response needs to know of its request.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) method: Method,
    pub(crate) conditions: Conditions,
    /// The path of the region in which its pages live.
    pub(crate) region: String,
}

/// A page as a response: whole, or without its body where the client has it or did not ask for it.
pub(crate) fn answer<B: HttpBody>(
    config: &Config,
    view: &View,
    page: &Page,
    report: &Report,
    now: Timestamp,
) -> Response<Body<B>> {
    let mut headers = page.headers.clone();
    let age = page.age(now).as_secs();
    if age > 0 || report.forward.is_none() {
        headers.insert(AGE, age.into());
    }
    if config.shows_surrogate_keys {
        surrogate_key(&mut headers, &view.region);
    }
    report.write(config, &mut headers);
    let (mut status, mut body) = (page.status(), Body::empty());
    if status == StatusCode::OK && view.conditions.has(&headers) {
        status = StatusCode::NOT_MODIFIED;
        OF_THE_BODY.iter().for_each(|name| drop(headers.remove(name)));
        // Servers would write a zero, which says that the page is empty.
        headers.insert(CONTENT_LENGTH, page.body.len().into());
    } else if view.method == Method::HEAD {
        if !headers.contains_key(CONTENT_LENGTH) && status != StatusCode::NO_CONTENT {
            headers.insert(CONTENT_LENGTH, page.body.len().into());
        }
    } else {
        body = Body::stored(page);
    }
    let mut response = Response::new(body);
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    response
}

/// Nothing is stored, and the client wants nothing else.
pub(crate) fn only_if_cached<B: HttpBody>(config: &Config) -> Response<Body<B>> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
    let report = Report::default().because("only-if-cached");
    report.write(config, response.headers_mut());
    response
}

/// The region and those above it, beside what the handler has named itself.
fn surrogate_key(headers: &mut HeaderMap, region: &str) {
    let mut keys: Vec<&str> = vec![region];
    keys.extend(region.rmatch_indices('.').filter_map(|(dot, _)| region.get(..dot)));
    let ours = keys.join(" ");
    let all = match headers.get(SURROGATE_KEY) {
        Some(theirs) => [theirs.as_bytes(), ours.as_bytes()].join(&b' '),
        None => ours.into_bytes(),
    };
    if let Ok(all) = HeaderValue::try_from(all) {
        headers.insert(SURROGATE_KEY, all);
    }
}

const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");

/// What a response without its body does not say of it.
const OF_THE_BODY: [HeaderName; 4] =
    [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_RANGE];
