//! Handlers that fail, and a cache that does.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures::FutureExt;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use region_cache::{Cache, OnUnavailable};
use region_cache_testkit::backends::{Failing, Operation};
use region_cache_tower::RegionCacheLayer;
use tower::{ServiceBuilder, ServiceExt, service_fn};

use super::site::{Calls, MINUTE, SECOND, Site, with};

/// A page that gives this status, and says this of itself.
fn page(status: &Arc<AtomicU16>, says: &'static str) -> Router {
    let (status, calls) = (Arc::clone(status), Calls::default());
    Router::new().route(
        "/",
        get(move || async move {
            let status = StatusCode::from_u16(status.load(Ordering::SeqCst)).unwrap();
            (status, with(&[("cache-control", says)], calls.count().to_string()))
        }),
    )
}

#[tokio::test]
async fn a_stale_page_stands_in_while_the_handler_fails() {
    let status = Arc::new(AtomicU16::new(200));
    let routes = page(&status, "");
    let site =
        Site::new(routes, |layer| layer.ttl(MINUTE).stale_for(MINUTE * 60).x_cache(true)).await;
    site.get("/").await;
    site.wait(MINUTE * 2);
    status.store(503, Ordering::SeqCst);
    let seen = site.get("/").await;
    assert_eq!((seen.status, seen.text()), (StatusCode::OK, "1"));
    assert_eq!(
        seen.cache(),
        "region-cache; fwd=stale; fwd-status=503; ttl=-60; detail=stale-if-error"
    );
    assert_eq!((seen.header("x-cache"), seen.header("age")), (Some("STALE"), Some("120")));

    let seen = site.get("/").await;
    assert_eq!(
        seen.cache(),
        "region-cache; hit; ttl=-60; detail=stale-if-error",
        "it is left alone for a moment"
    );
    site.wait(SECOND * 2);
    status.store(200, Ordering::SeqCst);
    let seen = site.get("/").await;
    assert_eq!(seen.cache(), "region-cache; fwd=stale; ttl=60; stored");
    assert_eq!(seen.text(), "3");
}

#[tokio::test]
async fn but_not_for_longer_than_was_allowed() {
    let status = Arc::new(AtomicU16::new(200));
    for (says, layer, is_kept) in [
        ("", 60, true),
        ("", 50, false),
        ("max-age=60, stale-if-error=61", 0, true),
        ("max-age=60, stale-if-error=50", 600, false),
        ("max-age=60, must-revalidate", 600, false),
        ("max-age=60, proxy-revalidate", 600, false),
        ("s-maxage=60", 600, false),
        ("s-maxage=60, stale-if-error=61", 0, true),
    ] {
        status.store(200, Ordering::SeqCst);
        let set = |l: RegionCacheLayer| l.ttl(MINUTE).stale_for(Duration::from_secs(layer));
        let site = Site::new(page(&status, says), set).await;
        site.get("/").await;
        site.wait(SECOND * 119);
        status.store(500, Ordering::SeqCst);
        assert_eq!(site.get("/").await.status.is_success(), is_kept, "{says} with {layer}");
    }
}

#[tokio::test]
async fn what_is_gone_is_gone_and_no_stale_page_hides_it() {
    let status = Arc::new(AtomicU16::new(200));
    let site = Site::new(page(&status, ""), |l| l.ttl(MINUTE).stale_for(MINUTE * 60)).await;
    site.get("/").await;
    site.wait(MINUTE);
    status.store(404, Ordering::SeqCst);
    assert_eq!(site.get("/").await.status, StatusCode::NOT_FOUND);
    site.wait(MINUTE);
    status.store(500, Ordering::SeqCst);
    let seen = site.get("/").await;
    assert_eq!(seen.status, StatusCode::INTERNAL_SERVER_ERROR, "{seen:?}");
}

#[tokio::test]
async fn an_invalidated_page_never_stands_in() {
    let status = Arc::new(AtomicU16::new(200));
    let site = Site::new(page(&status, ""), |l| l.ttl(MINUTE).stale_for(MINUTE * 60)).await;
    site.get("/").await;
    site.cache.region("http").invalidate().await.unwrap();
    status.store(500, Ordering::SeqCst);
    assert_eq!(site.get("/").await.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn errors_of_services_pass_or_are_covered() {
    let fails = Arc::new(AtomicU16::new(1));
    let own = Arc::clone(&fails);
    let inner = service_fn(move |_: Request<Full<Bytes>>| {
        let fails = own.load(Ordering::SeqCst);
        async move {
            match fails {
                0 => Ok(Response::new(Full::new(Bytes::from("fine")))),
                n => Err(format!("failure {n}")),
            }
        }
    });
    let clock = region_cache::Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().await.unwrap();
    let layer = RegionCacheLayer::new(cache).ttl(MINUTE).stale_for(MINUTE);
    let service = ServiceBuilder::new().layer(layer).service(inner);
    let ask = || service.clone().oneshot(Request::new(Full::new(Bytes::new())));
    assert_eq!(ask().await.unwrap_err(), "failure 1");
    fails.store(0, Ordering::SeqCst);
    assert_eq!(ask().await.unwrap().into_body().collect().await.unwrap().to_bytes(), "fine");
    clock.advance(MINUTE);
    fails.store(2, Ordering::SeqCst);
    let seen = ask().await.unwrap();
    assert_eq!(
        seen.headers()["cache-status"],
        "region-cache; fwd=stale; ttl=0; detail=stale-if-error"
    );
    clock.advance(MINUTE);
    assert_eq!(ask().await.unwrap_err(), "failure 2");
}

#[tokio::test]
async fn a_panic_is_that_of_the_request() {
    let routes = Router::new().route("/", get(async || -> &'static str { panic!("at the disco") }));
    let site = Site::new(routes, |layer| layer.ttl(MINUTE)).await;
    let panic = std::panic::AssertUnwindSafe(site.get("/")).catch_unwind().await.unwrap_err();
    assert!(panic.downcast::<String>().unwrap().contains("at the disco"));
}

#[tokio::test]
async fn pages_are_made_without_a_cache_that_is_away() {
    for what in [OnUnavailable::Compute, OnUnavailable::Error] {
        let failing = Failing::new(Cache::in_memory().backend());
        let builder = Cache::builder().backend(failing.clone()).on_unavailable(what);
        let calls = Calls::default();
        let own = calls.clone();
        let page = get(move || async move { own.count().to_string() });
        let routes = Router::new().route("/", page.post(async || "done"));
        let site = Site::on(builder.build().await.unwrap(), routes, |layer| layer.ttl(MINUTE));
        failing.fail([Operation::Read, Operation::Lease, Operation::Fill, Operation::Invalidate]);
        for n in 1..=3 {
            let seen = site.get("/").await;
            assert_eq!((seen.status, seen.text()), (StatusCode::OK, n.to_string().as_str()));
            assert!(seen.cache().contains("detail=cache-unavailable"), "{seen:?}");
            assert!(!seen.cache().contains("stored"), "{seen:?}");
        }
        let seen = site.ask(http::Method::POST, "/", &[]).await;
        assert_eq!((seen.status, seen.text()), (StatusCode::OK, "done"));
        assert_eq!(seen.cache(), "region-cache; fwd=method; detail=invalidation-failed");
    }
}

#[tokio::test]
async fn a_cache_that_was_shut_down_or_a_region_that_is_none_is_in_nobodys_way() {
    let (site, calls) = Site::counting(|layer| layer).await;
    site.cache.clone().shutdown().await;
    assert_eq!(site.get("/a").await.text(), "page 1");
    assert_eq!(site.get("/a").await.text(), "page 2");
    let (site, _) = Site::counting(|layer| layer.prefix("no region")).await;
    for _ in 0..2 {
        let seen = site.get("/a").await;
        assert_eq!(seen.cache(), "region-cache; fwd=bypass; detail=cache-error");
    }
    assert_eq!(calls.so_far(), 2);
}

#[tokio::test]
async fn hits_are_served_by_a_service_that_is_busy() {
    let inner = service_fn(async |_: Request<Body>| {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("x"))))
    });
    let layer = RegionCacheLayer::new(Cache::in_memory()).ttl(MINUTE);
    let limited = tower::limit::ConcurrencyLimit::new(inner, 1);
    let service = ServiceBuilder::new().layer(layer).service(limited.clone());
    let ask = || service.clone().oneshot(Request::new(Body::empty()));
    ask().await.unwrap();
    let mut busy = limited;
    busy.ready().await.unwrap();
    let seen = ask().await.unwrap();
    assert!(seen.headers()["cache-status"].to_str().unwrap().contains("hit"));
}
