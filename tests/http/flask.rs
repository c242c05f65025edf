//! What users of Flask-Caching know, under the names by which they know it.

use axum::Router;
use axum::routing::get;
use http::HeaderMap;
use region_cache::Key;
use region_cache_tower::Query;

use super::site::{Calls, MINUTE, SECOND, Site, with};

#[tokio::test]
async fn timeout() {
    let (site, _) = Site::counting(|layer| layer.ttl(SECOND * 5)).await;
    site.get("/a").await;
    site.wait(SECOND * 4);
    assert!(site.get("/a").await.is_hit());
    site.wait(SECOND);
    assert!(!site.get("/a").await.is_hit());
}

#[tokio::test]
async fn key_prefix() {
    let (site, _) = Site::counting(|layer| layer.prefix("views")).await;
    site.get("/a").await;
    assert!(site.get("/a").await.is_hit());
    site.cache.region("views").invalidate().await.unwrap();
    assert!(!site.get("/a").await.is_hit());
}

#[tokio::test]
async fn unless() {
    let (site, calls) =
        Site::counting(|layer| layer.unless(|parts| parts.headers.contains_key("x-preview"))).await;
    site.get("/a").await;
    let seen = site.get_with("/a", &[("x-preview", "1")]).await;
    assert_eq!((seen.text(), seen.cache()), ("page 2", "region-cache; fwd=bypass; detail=unless"));
    assert_eq!(site.get("/a").await.text(), "page 1");
    assert_eq!(calls.so_far(), 2);
}

#[tokio::test]
async fn forced_update() {
    let (site, _) = Site::counting(|layer| {
        layer
            .query(Query::except(["fresh"]))
            .refresh_if(|parts| parts.uri.query().is_some_and(|query| query.contains("fresh")))
    })
    .await;
    assert_eq!(site.get("/a").await.text(), "page 1");
    let seen = site.get("/a?fresh").await;
    assert_eq!(
        (seen.text(), seen.cache()),
        ("page 2", "region-cache; fwd=request; ttl=60; stored")
    );
    assert_eq!(site.get("/a").await.text(), "page 2", "and it stays");
}

#[tokio::test]
async fn forced_update_of_one_of_several_languages() {
    let calls = Calls::default();
    let own = calls.clone();
    let page = move |headers: HeaderMap| async move {
        let language = headers.get("accept-language").map_or("-", |value| value.to_str().unwrap());
        with(&[("vary", "accept-language")], format!("{language} {}", own.count()))
    };
    let site = Site::new(Router::new().route("/", get(page)), |layer| {
        layer.ttl(MINUTE).refresh_if(|parts| parts.headers.contains_key("x-fresh"))
    })
    .await;
    for (language, fresh, text) in [
        ("de", false, "de 1"),
        ("en", false, "en 2"),
        ("en", true, "en 3"),
        ("en", false, "en 3"),
        ("de", false, "de 4"),
        ("de", true, "de 5"),
        ("en", false, "en 6"),
    ] {
        let mut headers = vec![("accept-language", language)];
        headers.extend(fresh.then_some(("x-fresh", "1")));
        assert_eq!(site.get_with("/", &headers).await.text(), text);
    }
}

#[tokio::test]
async fn response_filter() {
    let page = get(async |uri: http::Uri| {
        with(&[], if uri.path() == "/whole" { "whole" } else { "in part" })
    });
    let routes = Router::new().route("/{name}", page);
    let site = Site::new(routes, |layer| {
        layer.ttl(MINUTE).store_if(|parts| !parts.headers.contains_key("x-partial"))
    })
    .await;
    site.get("/whole").await;
    assert!(site.get("/whole").await.is_hit());
    let partial = get(async || with(&[("x-partial", "1")], "x"));
    let site = Site::new(Router::new().route("/", partial), |layer| {
        layer.ttl(MINUTE).store_if(|parts| !parts.headers.contains_key("x-partial"))
    })
    .await;
    for _ in 0..2 {
        assert_eq!(site.get("/").await.cache(), "region-cache; fwd=uri-miss; detail=filtered");
    }
}

#[tokio::test]
async fn query_string() {
    let echo = get(async |uri: http::Uri| uri.query().unwrap_or("-").to_owned());
    let routes = Router::new().route("/", echo);
    for (query, asked, seen_by_handler, same, other) in [
        (Query::All, "/?a=1&b=2", "a=1&b=2", "/?b=2&a=1", "/?a=1&b=3"),
        (Query::only(["a"]), "/?a=1&b=2", "a=1", "/?a=1&b=3", "/?a=2&b=2"),
        (Query::except(["a"]), "/?a=1&b=2", "b=2", "/?a=2&b=2", "/?a=1&b=3"),
    ] {
        let site = Site::new(routes.clone(), |layer| layer.ttl(MINUTE).query(query)).await;
        assert_eq!(site.get(asked).await.text(), seen_by_handler);
        assert_eq!(site.get(same).await.text(), seen_by_handler);
        assert!(site.get(same).await.is_hit());
        assert!(!site.get(other).await.is_hit());
    }
    let site = Site::new(routes, |layer| layer.ttl(MINUTE).query(Query::None)).await;
    assert_eq!(site.get("/?a=1").await.text(), "-");
    assert!(site.get("/").await.is_hit());
}

#[tokio::test]
async fn make_cache_key() {
    let (site, calls) = Site::counting(|layer| {
        layer.key_with(|parts| Key::of(&parts.uri.path().to_ascii_lowercase()))
    })
    .await;
    site.cache.region("http.Shop").set("=anything", &1).await.unwrap();
    site.get("/Shop?a=1").await;
    assert!(site.get("/Shop?a=2").await.is_hit());
    assert_eq!(calls.so_far(), 1);
}

#[tokio::test]
async fn response_hit_indication() {
    let (site, _) =
        Site::counting(|layer| layer.x_cache(true).unless(|p| p.uri.path() == "/b")).await;
    assert_eq!(site.get("/a").await.header("x-cache"), Some("MISS"));
    assert_eq!(site.get("/a").await.header("x-cache"), Some("HIT"));
    assert_eq!(site.get("/b").await.header("x-cache"), Some("BYPASS"));
    let (site, _) = Site::counting(|layer| layer.cache_status(false)).await;
    let seen = site.get("/a").await;
    assert_eq!((seen.header("x-cache"), seen.header("cache-status")), (None, None));
}
