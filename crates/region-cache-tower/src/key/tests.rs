use http::Request;
use region_cache::Cache;

use super::*;

fn key(uri: &str, headers: &[(&str, &str)]) -> Key {
    with(&Config::new(Cache::in_memory()), uri, headers)
}

fn with(config: &Config, uri: &str, headers: &[(&str, &str)]) -> Key {
    let mut request = Request::get(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    page(config, &parts, &parts.uri)
}

#[test]
fn a_key_can_be_read() {
    let headers = [("host", "Good.Example"), ("x-forwarded-proto", "https"), ("accept", "*/*")];
    let key = key("/shop?b=2&a=1", &headers);
    assert_eq!(key.as_str(), Some("/shop?a=1&b=2\n@host:good.example\nx-forwarded-proto:https"));
}

#[test]
fn no_two_of_these_requests_have_one_key() {
    let keys = [
        key("/a", &[]),
        key("/a?b", &[]),
        key("/a%3Fb", &[]),
        key("/a", &[("host", "h")]),
        key("/a", &[("host", "h"), ("host", "i")]),
        key("/a", &[("host", "")]),
        key("/a", &[("host", "@scheme:http")]),
        key("http://h/a", &[]),
        key("http://i/a", &[]),
        key("https://h/a", &[]),
        key("http://h/a", &[("host", "i")]),
        key("/a", &[("authorization", "x")]),
        key("/a", &[("x-forwarded-host", "h")]),
        key("/a", &[("x-host", "h")]),
        key("/a", &[("forwarded", "host=h")]),
        key("/a", &[("forwarded", "host=h"), ("forwarded", "host=i")]),
    ];
    for (n, one) in keys.iter().enumerate() {
        assert!(keys.iter().skip(n + 1).all(|other| one != other), "{one}");
    }
    assert_eq!(key("/a?", &[]), key("/a", &[]));
    assert_eq!(key("/a", &[("authorization", "x")]), key("/a", &[("authorization", "y")]));
}

#[test]
fn long_ones_are_digests_and_families_do_not_meet() {
    let long = key(&format!("/{}", "x".repeat(10_000)), &[]);
    assert!(long.as_bytes().starts_with(b"##") && long.as_bytes().len() < 100);
    let config = Config {
        key: Some(std::sync::Arc::new(|p| p.uri.path().into())),
        ..Config::new(Cache::in_memory())
    };
    assert_eq!(with(&config, "/a", &[]).as_str(), Some("=/a"));
    assert_eq!(with(&config, "/a", &[("authorization", "x")]).as_str(), Some("+/a"));
    assert!(with(&config, &format!("/{}", "x".repeat(9_000)), &[]).as_bytes().starts_with(b"=#"));
}

#[test]
fn variants_differ_by_page_names_and_values() {
    let request = |value: &'static str| {
        HeaderMap::from_iter([(http::header::ACCEPT, http::HeaderValue::from_static(value))])
    };
    let (accept, none) = (vec!["accept".to_owned()], HeaderMap::new());
    let keys = [
        variant(&key("/a", &[]), &accept, &none),
        variant(&key("/a", &[]), &accept, &request("")),
        variant(&key("/a", &[]), &accept, &request("x")),
        variant(&key("/b", &[]), &accept, &request("x")),
        variant(&key("/a", &[]), &["accept".to_owned(), "cookie".to_owned()], &request("x")),
    ];
    for (n, one) in keys.iter().enumerate() {
        assert!(one.as_bytes().starts_with(b"~"));
        assert!(keys.iter().skip(n + 1).all(|other| one != other), "{one}");
    }
}
