//! What clients may ask of the cache, and pages that are served while they are made anew.

use axum::Router;
use axum::routing::get;
use http::StatusCode;

use super::site::{Calls, SECOND, Site, until, with};

const NO_CACHE: &[(&str, &str)] = &[("cache-control", "no-cache")];

#[tokio::test]
async fn a_client_may_ask_for_something_newer() {
    let (site, calls) = Site::counting(|layer| layer).await;
    site.get("/a").await;
    site.wait(SECOND * 20);
    for (headers, is_enough) in [
        (("cache-control", "max-age=20"), true),
        (("cache-control", "Max-Age=30, min-fresh=40"), true),
        (("cache-control", "max-age=19"), false),
    ] {
        let seen = site.get_with("/a", &[headers]).await;
        assert_eq!(seen.is_hit(), is_enough, "{headers:?}: {seen:?}");
    }
    assert_eq!(site.get("/a").await.text(), "page 2", "and all others get it, too");
    for headers in
        [("cache-control", "no-cache"), ("pragma", "no-cache"), ("cache-control", "min-fresh=61")]
    {
        site.wait(SECOND);
        let before = calls.so_far();
        let seen = site.get_with("/a", &[headers]).await;
        assert!(
            seen.cache().starts_with("region-cache; fwd=request; ttl=60"),
            "{headers:?}: {seen:?}"
        );
        assert_eq!(seen.text(), format!("page {}", before + 1));
    }
}

#[tokio::test]
async fn clients_need_not_be_obeyed() {
    let (site, calls) = Site::counting(|layer| layer.obey_clients(false)).await;
    site.get("/a").await;
    for value in ["no-cache", "no-store", "max-age=0"] {
        assert!(site.get_with("/a", &[("cache-control", value)]).await.is_hit(), "{value}");
    }
    assert_eq!(calls.so_far(), 1);
}

#[tokio::test]
async fn no_store_leaves_no_trace() {
    let (site, _) = Site::counting(|layer| layer).await;
    let seen = site.get_with("/a", &[("cache-control", "no-store")]).await;
    assert_eq!(seen.cache(), "region-cache; fwd=bypass; detail=no-store");
    assert_eq!(site.cache.stats().entries, 0);
}

#[tokio::test]
async fn only_if_cached_asks_nobody_else() {
    let (site, calls) = Site::counting(|layer| layer).await;
    let only: &[_] = &[("cache-control", "only-if-cached")];
    let seen = site.get_with("/a", only).await;
    assert_eq!(seen.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(seen.cache(), "region-cache; detail=only-if-cached");
    assert_eq!(calls.so_far(), 0);
    site.get("/a").await;
    assert!(site.get_with("/a", only).await.is_hit());
    let both = [("cache-control", "only-if-cached, max-age=5")];
    site.wait(SECOND * 10);
    assert_eq!(site.get_with("/a", &both).await.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(calls.so_far(), 1);
}

#[tokio::test]
async fn only_if_cached_asks_nobody_for_what_cannot_be_shared_either() {
    let calls = Calls::default();
    let own = calls.clone();
    let page = get(move || async move {
        own.count();
        with(&[("cache-control", "private")], "x")
    });
    let site = Site::new(Router::new().route("/", page), |layer| layer).await;
    site.get("/").await;
    let seen = site.get_with("/", &[("cache-control", "only-if-cached")]).await;
    assert_eq!((seen.status, calls.so_far()), (StatusCode::GATEWAY_TIMEOUT, 1));
}

#[tokio::test]
async fn a_page_is_served_while_it_is_made_anew() {
    let calls = Calls::default();
    let own = calls.clone();
    let page = get(move || async move {
        let says = [("cache-control", "max-age=60, stale-while-revalidate=30")];
        with(&says, own.count().to_string())
    });
    let site = Site::new(Router::new().route("/", page), |layer| layer).await;
    site.get("/").await;
    site.wait(SECOND * 70);
    let seen = site.get("/").await;
    assert_eq!((seen.text(), seen.cache()), ("1", "region-cache; hit; ttl=-10"));
    until(async || site.get("/").await.cache().contains("ttl=60")).await;
    assert_eq!((site.get("/").await.text(), calls.so_far()), ("2", 2));
    site.wait(SECOND * 91);
    assert_eq!(site.get("/").await.text(), "3", "but not for ever");
}

#[tokio::test]
async fn many_who_want_something_newer_get_it() {
    let (site, calls) = Site::counting(|layer| layer).await;
    site.get("/a").await;
    site.wait(SECOND);
    let all = futures::future::join_all((0..20).map(|_| site.get_with("/a", NO_CACHE))).await;
    assert!(all.iter().all(|seen| !seen.is_hit() && seen.text() != "page 1"), "{all:?}");
    assert!(calls.so_far() <= 21);
    assert!(site.get("/a").await.is_hit(), "and they do not keep each other from storing it");
}
