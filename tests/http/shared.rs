//! Two sites on one server.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use futures::future::join_all;
use http::{HeaderMap, Method};
use region_cache::Cache;
use region_cache_testkit::proxy::Proxy;
use region_cache_testkit::server::{Server, poll_until};
use tokio::sync::watch;

use super::site::{Calls, MINUTE, Site, with};

/// A site with a cache of its own on a server.
async fn site(url: &str, calls: &Calls, open: &watch::Sender<bool>) -> Site {
    let (calls, door) = (calls.clone(), open.subscribe());
    let page = move |headers: HeaderMap| async move {
        let n = calls.count();
        door.clone().wait_for(|open| *open).await.unwrap();
        let language = headers.get("accept-language").map_or("-", |value| value.to_str().unwrap());
        with(&[("vary", "accept-language"), ("x-n", &n.to_string())], language.repeat(10_000))
    };
    let routes = Router::new().route("/shop/{id}", get(page).delete(async || "gone"));
    let builder = Cache::builder().url(url).operation_timeout(Duration::from_secs(20));
    Site::on(builder.build().await.unwrap(), routes, |layer| layer.ttl(MINUTE))
}

#[tokio::test]
async fn two_sites_on_one_server_make_each_page_once_and_lose_it_together() {
    let server = Server::start().await;
    let (calls, open) = (Calls::default(), watch::Sender::new(false));
    let here = site(&server.url(), &calls, &open).await;
    let there = site(&server.url(), &calls, &open).await;

    let many = join_all(
        (0..50).map(|n| if n % 2 == 0 { here.get("/shop/7") } else { there.get("/shop/7") }),
    );
    let opens = async {
        let is_called = async || (calls.so_far() > 0).then_some(());
        poll_until(Duration::from_secs(20), "the handler to be called", is_called).await;
        open.send_replace(true);
    };
    let (many, ()) = futures::join!(many, opens);
    assert!(many.iter().all(|seen| seen.text().len() == 10_000 && seen.header("x-n") == Some("1")));
    assert_eq!(calls.so_far(), 1, "one call for all clients of both");

    let german: &[_] = &[("accept-language", "de")];
    assert!(!here.get_with("/shop/7", german).await.is_hit());
    assert!(there.get_with("/shop/7", german).await.is_hit());
    assert!(there.get("/shop/7").await.is_hit());

    here.ask(Method::DELETE, "/shop/7", &[]).await;
    assert!(!there.get("/shop/7").await.is_hit());
    assert!(!there.get_with("/shop/7", german).await.is_hit());
    here.cache.region("http.shop").invalidate().await.unwrap();
    assert!(!there.get("/shop/7").await.is_hit());
}

#[tokio::test]
async fn a_hit_costs_one_round_trip() {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address()).await;
    let (calls, open) = (Calls::default(), watch::Sender::new(true));
    let site = site(&proxy.url(), &calls, &open).await;
    site.get("/shop/7").await;
    let mut least = u64::MAX;
    for _ in 0..3 {
        proxy.reset_counts();
        assert!(site.get("/shop/7").await.is_hit());
        least = least.min(proxy.round_trips());
    }
    assert_eq!(least, 1);
}

#[tokio::test]
async fn a_server_that_dies_costs_no_request() {
    let server = Server::start().await;
    let (calls, open) = (Calls::default(), watch::Sender::new(true));
    let site = site(&server.url(), &calls, &open).await;
    site.get("/shop/7").await;
    server.kill9();
    for _ in 0..10 {
        let seen = site.get("/shop/7").await;
        assert!(seen.status.is_success() && !seen.is_hit(), "{seen:?}");
    }
}
