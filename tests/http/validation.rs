//! Conditional requests: of clients to the cache, and of the cache to handlers.

use axum::Router;
use axum::routing::get;
use http::{HeaderMap, Method, StatusCode};

use super::site::{Calls, MINUTE, SECOND, Site, with};

#[tokio::test]
async fn a_client_that_has_the_page_is_told_so() {
    let page = get(async || with(&[("content-language", "en"), ("x-other", "1")], "hello"));
    let site = Site::new(Router::new().route("/", page), |layer| layer.ttl(MINUTE)).await;
    let first = site.get("/").await;
    let etag = first.header("etag").unwrap().to_owned();
    assert!(etag.starts_with("W/\""), "{etag}");

    let strong = etag.strip_prefix("W/").unwrap();
    for matching in [&etag, strong, "*", &format!("\"a,b\", {etag}"), &format!("\"x\",{etag}")] {
        let seen = site.get_with("/", &[("if-none-match", matching)]).await;
        assert_eq!((seen.status, seen.text()), (StatusCode::NOT_MODIFIED, ""), "{matching}");
        assert!(seen.is_hit() && seen.header("etag") == Some(&etag), "{seen:?}");
        assert_eq!((seen.header("content-language"), seen.header("x-other")), (None, Some("1")));
        assert_eq!(seen.header("content-length"), Some("5"), "that of the page");
    }
    for other in ["\"other\"", "W/\"other\"", "", "garbage", "\"open"] {
        let seen = site.get_with("/", &[("if-none-match", other)]).await;
        assert_eq!((seen.status, seen.text()), (StatusCode::OK, "hello"), "{other}");
    }
    let seen = site.ask(Method::HEAD, "/", &[("if-none-match", &etag)]).await;
    assert_eq!(seen.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn who_brings_the_page_may_have_it_already() {
    let (site, calls) = Site::counting(|layer| layer).await;
    let seen = site.get_with("/a", &[("if-none-match", "*")]).await;
    assert_eq!(seen.status, StatusCode::NOT_MODIFIED);
    // The handler was asked for all of it, for the others.
    assert_eq!(site.get("/a").await.text(), "page 1");
    assert_eq!(calls.so_far(), 1);
}

#[tokio::test]
async fn a_page_for_all_is_not_asked_for_by_what_one_client_has() {
    let page = async |headers: HeaderMap| {
        let is_conditional =
            headers.contains_key("if-none-match") || headers.contains_key("if-modified-since");
        let status = if is_conditional { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        with(&[("etag", "\"v1\"")], (status, "hello"))
    };
    let routes = Router::new().route("/{id}", get(page));
    let site = Site::new(routes, |layer| {
        layer
            .ttl(MINUTE)
            .stale_for(MINUTE)
            .refresh_if(|parts| parts.headers.contains_key("x-fresh"))
    })
    .await;
    for (path, header, status) in [
        ("/a", ("if-none-match", "\"v1\""), 304),
        ("/b", ("if-none-match", "\"v0\""), 200),
        ("/c", ("if-modified-since", "Sat, 01 Sep 2001 00:00:00 GMT"), 200),
    ] {
        assert_eq!(site.get_with(path, &[header]).await.status.as_u16(), status, "{path}");
        let seen = site.get(path).await;
        assert!(seen.is_hit() && seen.text() == "hello", "{path}: {seen:?}");
    }
    // Nor by what is stored, where something new is wanted.
    let seen = site.get_with("/a", &[("x-fresh", "1")]).await;
    assert_eq!(seen.cache(), "region-cache; fwd=request; ttl=60; stored");
}

#[tokio::test]
async fn dates_count_where_there_are_no_tags() {
    const OLD: &str = "Sun, 01 Jul 2001 00:00:00 GMT";
    const NEW: &str = "Wed, 01 Aug 2001 00:00:00 GMT";
    const NEWER: &str = "Sat, 01 Sep 2001 00:00:00 GMT";
    let page = get(async || with(&[("last-modified", NEW)], "hello"));
    let site = Site::new(Router::new().route("/", page), |layer| layer.ttl(MINUTE)).await;
    site.get("/").await;
    for (date, status) in [(OLD, 200), (NEW, 304), (NEWER, 304), ("yesterday", 200)] {
        let seen = site.get_with("/", &[("if-modified-since", date)]).await;
        assert_eq!(seen.status.as_u16(), status, "{date}");
    }
    let both = [("if-modified-since", NEWER), ("if-none-match", "\"other\"")];
    assert_eq!(site.get_with("/", &both).await.status, StatusCode::OK, "tags go before dates");
}

#[tokio::test]
async fn tags_of_a_handler_stay_and_none_are_made_where_none_are_wanted() {
    let routes = Router::new()
        .route("/own", get(async || with(&[("etag", "\"v1\"")], "x")))
        .route("/none", get(async || "x"));
    let site = Site::new(routes, |layer| layer.ttl(MINUTE).etag(false)).await;
    assert_eq!(site.get("/own").await.header("etag"), Some("\"v1\""));
    assert_eq!(site.get("/none").await.header("etag"), None);
    let seen = site.get_with("/own", &[("if-none-match", "W/\"v1\"")]).await;
    assert_eq!(seen.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_page_that_ran_out_of_time_is_confirmed_by_its_handler() {
    let calls = Calls::default();
    let own = calls.clone();
    let page = move |headers: HeaderMap| async move {
        let n = own.count().to_string();
        if headers.get("if-none-match").is_some_and(|tag| tag == "\"v1\"") {
            let headers = [("etag", "\"v1\""), ("cache-control", "max-age=10"), ("x-round", &n)];
            return with(&headers, StatusCode::NOT_MODIFIED);
        }
        let headers = [("etag", "\"v1\""), ("cache-control", "max-age=60"), ("x-round", &n)];
        with(&headers, "hello")
    };
    let routes = Router::new().route("/", get(page));
    let site = Site::new(routes, |layer| layer.stale_for(MINUTE * 60)).await;
    site.get("/").await;
    site.wait(MINUTE);
    let seen = site.get("/").await;
    assert_eq!((seen.status, seen.text()), (StatusCode::OK, "hello"));
    assert_eq!(seen.cache(), "region-cache; fwd=stale; fwd-status=304; ttl=10; stored");
    assert_eq!(seen.header("x-round"), Some("2"), "the 304's headers count");
    site.wait(SECOND * 9);
    let seen = site.get("/").await;
    assert!(seen.is_hit() && seen.text() == "hello", "{seen:?}");
    assert_eq!((seen.header("age"), calls.so_far()), (Some("9"), 2));
}
