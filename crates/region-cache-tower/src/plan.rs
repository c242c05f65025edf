//! What a request asks of the cache.

use http::header::{
    CACHE_CONTROL, IF_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, PRAGMA, RANGE, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};

use crate::config::Config;
use crate::policy::{has_directive, has_directives};
use crate::status::{Forward, Report};

/// What is done with a request.
#[derive(Debug)]
pub(crate) enum Plan {
    /// It goes upstream, and nothing is stored.
    Forward(Report),
    Look(Wish),
}

/// What a request wants of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Something that was made after it came.
    pub(crate) is_forced: bool,
    /// Something that its own directives allow.
    pub(crate) has_directives: bool,
    /// Nothing that is not there.
    pub(crate) only_if_cached: bool,
}

/// What becomes of a request. One with a body is not cached: the body is in no key.
pub(crate) fn plan(config: &Config, parts: &Parts, has_body: bool) -> Plan {
    if parts.method != Method::GET && parts.method != Method::HEAD {
        return Plan::Forward(Report::forward(Forward::Method));
    }
    if let Some(detail) = bypass(config, parts, has_body) {
        return Plan::Forward(Report::forward(Forward::Bypass).because(detail));
    }
    let has_directives = config.obeys_clients && has_directives(&parts.headers);
    Plan::Look(Wish {
        is_forced: config.refresh_if.as_ref().is_some_and(|ask| ask(parts)),
        has_directives,
        only_if_cached: has_directives && has_directive(&parts.headers, "only-if-cached"),
    })
}

fn bypass(config: &Config, parts: &Parts, has_body: bool) -> Option<&'static str> {
    let headers = &parts.headers;
    if config.unless.as_ref().is_some_and(|ask| ask(parts)) {
        return Some("unless");
    }
    if OVERRIDES.iter().any(|name| headers.contains_key(name)) {
        return Some("method-override");
    }
    if has_body {
        return Some("body");
    }
    if config.obeys_clients && says_no_store(headers) {
        return Some("no-store");
    }
    let passes = [
        (RANGE, "range"),
        (IF_RANGE, "range"),
        (IF_MATCH, "precondition"),
        (IF_UNMODIFIED_SINCE, "precondition"),
        (UPGRADE, "upgrade"),
    ];
    passes.into_iter().find(|(name, _)| headers.contains_key(name)).map(|(_, detail)| detail)
}

fn says_no_store(headers: &HeaderMap) -> bool {
    (headers.contains_key(CACHE_CONTROL) || headers.contains_key(PRAGMA))
        && has_directive(headers, "no-store")
}

/// Headers by which frameworks let a request be of another method than it says.
const OVERRIDES: [HeaderName; 3] = [
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-method-override"),
];
