use http::Response;
use region_cache::Cache;

use super::*;

fn judged(config: &Config, headers: &[(&str, &str)]) -> Result<Verdict, Reason> {
    let mut response = Response::builder();
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let (parts, ()) = response.body(()).unwrap().into_parts();
    judge(config, &HeaderMap::new(), &parts, Timestamp::from_millis(1_000_000_000_000))
}

fn config(ttl: u64, stale_for: u64) -> Config {
    let (ttl, stale_for) = (Duration::from_millis(ttl), Duration::from_millis(stale_for));
    Config { ttl, stale_for, ..Config::new(Cache::in_memory()) }
}

#[test]
fn a_default_counts_to_the_millisecond() {
    let verdict = judged(&config(1_500, 250), &[]).unwrap();
    assert_eq!(verdict.fresh_for, Duration::from_millis(1_500));
    assert_eq!(verdict.if_error, Duration::from_millis(250));
    let aged = judged(&config(1_500, 0), &[("age", "1")]).unwrap();
    assert_eq!(aged.fresh_for, Duration::from_millis(500));
    assert_eq!(judged(&config(1_500, 0), &[("age", "2")]).unwrap_err(), Reason::Policy);
}

#[test]
fn directives_count_in_any_case_and_odd_ones_do_not_panic() {
    for refused in [
        "Private",
        "NO-STORE",
        "private=\"x, y\"",
        "no-cache=\"set-cookie\"",
        "max-age=-1",
        "max-age=1e9",
        "max-age",
        "max-age=,",
        "=",
        ",,;",
        "s-maxage=0, max-age=60",
        "max-age=99999999999999999999999",
    ] {
        assert!(
            judged(&config(60_000, 0), &[("cache-control", refused)]).is_err()
                != refused.starts_with(['=', ',']),
            "{refused}"
        );
    }
    for (allowed, seconds) in [
        ("Max-Age=5", 5),
        ("max-age=\"5\"", 5),
        ("public,max-age=5 , x=\"y\"", 5),
        ("S-MaxAge=7, max-age=5", 7),
        ("max-age=18446744073709551615", 1 << 31),
    ] {
        let verdict = judged(&config(0, 0), &[("cache-control", allowed)]).unwrap();
        assert_eq!(verdict.fresh_for.as_secs(), seconds, "{allowed}");
    }
    let windows = "max-age=1, Stale-While-Revalidate=2, stale-if-error=\"3\"";
    let verdict = judged(&config(0, 0), &[("cache-control", windows)]).unwrap();
    assert_eq!((verdict.while_revalidating.as_secs(), verdict.if_error.as_secs()), (2, 3));
}

#[test]
fn nothing_is_guessed_from_dates() {
    let modified = ("last-modified", "Sat, 01 Jan 2000 00:00:00 GMT");
    assert_eq!(judged(&config(0, 0), &[modified]).unwrap_err(), Reason::Policy);
    assert!(judged(&config(0, 0), &[("cache-control", "immutable")]).is_err());
    assert!(judged(&config(0, 0), &[("cache-control", "public")]).is_err());
}

#[test]
fn what_cannot_be_shared_says_why() {
    let config = config(60_000, 0);
    for (header, reason) in [
        (("set-cookie", "a=1"), Reason::SetCookie),
        (("content-type", "Text/Event-Stream; charset=utf-8"), Reason::Stream),
        (("content-range", "bytes 0-1/2"), Reason::Status),
        (("vary", "*"), Reason::Policy),
        (("cache-control", "no-store"), Reason::Policy),
        (("pragma", "no-cache"), Reason::Policy),
    ] {
        assert_eq!(judged(&config, &[header]).unwrap_err(), reason, "{header:?}");
    }
}

#[test]
fn headers_that_a_connection_names_belong_to_it() {
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("connection", "X-Hop, bad name, "), ("x-hop", "1"), ("te", "x"), ("x", "1")]
    {
        headers.append(name, HeaderValue::from_static(value));
    }
    without_hops(&mut headers);
    assert_eq!(headers.len(), 1);
}
