//! Keys: what tells two pages apart.

use bytes::Bytes;
use http::header::{AUTHORIZATION, FORWARDED, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Uri};
use region_cache::Key;

use crate::config::Config;
use crate::entry::select;

/// The key of a page, whatever its responses vary by.
///
/// Four families that cannot meet: `/..` is a path with all that belongs to it, `#..` a digest of one that
/// is long, `=..` (and `+..` for requests with `Authorization`) what `key_with` gave, and `~..` is one of several responses that vary.
pub(crate) fn page(config: &Config, parts: &Parts, uri: &Uri) -> Key {
    let is_authorized = parts.headers.contains_key(AUTHORIZATION);
    if let Some(key) = &config.key {
        return given(key(parts), if is_authorized { b'+' } else { b'=' });
    }
    let mut text = Vec::with_capacity(128);
    place(&mut text, config, uri);
    if *uri != parts.uri {
        // Somebody between the router and this layer has changed it.
        line(&mut text, b"@uri", |text| place(text, config, &parts.uri));
    }
    // Neither a URI nor a header's value can contain what stands between the lines, and no header's name
    // begins with `@`.
    hosts(&mut text, &parts.headers, uri);
    if let Some(scheme) = uri.scheme_str() {
        line(&mut text, b"@scheme", |text| text.extend_from_slice(scheme.as_bytes()));
    }
    for name in REFLECTED.iter().chain(&config.vary_by) {
        header(&mut text, &parts.headers, name);
    }
    for value in parts.headers.get_all(FORWARDED) {
        line(&mut text, b"@forwarded", |text| without_client(text, value.as_bytes()));
    }
    if is_authorized {
        line(&mut text, b"@authorized", |_| {});
    }
    if text.len() > LONGEST { digest(b'#', &text) } else { Key::from(text) }
}

/// The key of one of several responses for a page, by the request headers on which they depend.
pub(crate) fn variant(page: &Key, by: &[String], request: &HeaderMap) -> Key {
    let values: Vec<(&str, Option<Bytes>)> =
        by.iter().map(|name| (name.as_str(), select(request, name))).collect();
    let all = Key::of(&(Bytes::copy_from_slice(page.as_bytes()), values));
    marked(b'~', all.as_bytes())
}

/// Path and query.
fn place(text: &mut Vec<u8>, config: &Config, uri: &Uri) {
    text.extend_from_slice(uri.path().as_bytes());
    let query = uri.query().map(|query| config.query.key(query)).filter(|query| !query.is_empty());
    if let Some(query) = query {
        text.push(b'?');
        text.extend_from_slice(query.as_bytes());
    }
}

/// A key of the user's making, apart from ours.
fn given(key: Key, mark: u8) -> Key {
    match key.as_bytes() {
        // An empty one, or one that could not be made: what is wrong with it shows when it is used.
        [] => key,
        long if long.len() > LONGEST => digest(mark, long),
        bytes => marked(mark, bytes),
    }
}

fn digest(mark: u8, bytes: &[u8]) -> Key {
    let digits = blake3::hash(bytes).to_hex();
    marked(mark, &[b"#", digits.as_bytes()].concat())
}

fn marked(mark: u8, bytes: &[u8]) -> Key {
    let mut all = Vec::with_capacity(bytes.len() + 1);
    all.push(mark);
    all.extend_from_slice(bytes);
    Key::from(all)
}

/// Every host that the request names: a handler may look at any of them.
fn hosts(text: &mut Vec<u8>, headers: &HeaderMap, uri: &Uri) {
    let named = headers.get_all(HOST).iter().map(http::HeaderValue::as_bytes);
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for host in uri.authority().map(|a| a.as_str().as_bytes()).into_iter().chain(named) {
        let host = host.to_ascii_lowercase();
        if !seen.contains(&host) {
            line(text, b"@host", |text| text.extend_from_slice(&host));
            seen.push(host);
        }
    }
}

fn header(text: &mut Vec<u8>, headers: &HeaderMap, name: &HeaderName) {
    for value in headers.get_all(name) {
        line(text, name.as_str().as_bytes(), |text| text.extend_from_slice(value.as_bytes()));
    }
}

fn line(text: &mut Vec<u8>, name: &[u8], value: impl FnOnce(&mut Vec<u8>)) {
    text.push(b'\n');
    text.extend_from_slice(name);
    text.push(b':');
    value(text);
}

/// `Forwarded` without who asks, which would make each client's pages its own.
fn without_client(text: &mut Vec<u8>, value: &[u8]) {
    for part in value.split(|byte| matches!(byte, b';' | b',')) {
        let name = part.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
        if !name.eq_ignore_ascii_case(b"for") && !name.eq_ignore_ascii_case(b"by") {
            text.extend_from_slice(part.trim_ascii());
            text.push(b';');
        }
    }
}

/// Headers from which frameworks build links, redirects and even routes. Nobody names them in `Vary`, and
/// whoever sends one that a handler believes would put it into everybody's page; so each value has
/// pages of its own. A proxy sends the same to all, and that costs nothing.
const REFLECTED: [HeaderName; 12] = [
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-protocol"),
    HeaderName::from_static("x-forwarded-scheme"),
    HeaderName::from_static("x-forwarded-ssl"),
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-prefix"),
    HeaderName::from_static("x-forwarded-server"),
    HeaderName::from_static("x-host"),
    HeaderName::from_static("x-original-host"),
    HeaderName::from_static("x-original-url"),
    HeaderName::from_static("x-rewrite-url"),
];

/// Longer keys become digests: a URL may be of any length.
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests;
