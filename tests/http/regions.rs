//! Where pages live, and what makes them fall.

use std::convert::Infallible;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{get, post, put};
use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;
use region_cache::{Cache, segment};
use region_cache_testkit::backends::Yielding;
use region_cache_tower::{Invalidates, Region, RegionCacheLayer, Regions};
use tower::{ServiceBuilder, ServiceExt, service_fn};

use super::site::{Calls, MINUTE, Site, until};

/// A shop with pages for categories and things, and ways to change them.
async fn shop(set: impl FnOnce(RegionCacheLayer) -> RegionCacheLayer) -> Site {
    let calls = Calls::default();
    let page = {
        let calls = calls.clone();
        move || async move { calls.count().to_string() }
    };
    let routes = Router::new()
        .route("/", get(page.clone()))
        .route("/shop/{category}", get(page.clone()).post(async || "added"))
        .route(
            "/shop/{category}/{id}",
            get(page)
                .put(async || StatusCode::NO_CONTENT)
                .delete(async || StatusCode::FORBIDDEN)
                .options(async || StatusCode::NO_CONTENT),
        )
        .route(
            "/shop/{category}/{id}/stock",
            put(async |Region(region): Region| {
                region.parent().unwrap().invalidate().await.unwrap();
                region.path().to_owned()
            }),
        )
        .route("/admin/category/{name}", post(clear_category))
        .route("/admin/said", post(async || (Region("http.shop.tools"), StatusCode::NO_CONTENT)))
        .route("/admin/both", post(async || (Region("http.shop.tools"), Region("data"), "done")))
        .route("/admin/failed", post(async || (Region("http.shop"), StatusCode::BAD_REQUEST)))
        .route("/admin/alone", post(async || Region(String::from("http.shop"))))
        .route("/admin/handle", post(handle));
    Site::new(routes, |layer| set(layer.ttl(MINUTE))).await
}

async fn clear_category(
    axum::extract::Path(name): axum::extract::Path<String>,
    regions: Regions,
) -> impl IntoResponse {
    regions.pages("shop").region(&segment(name)).invalidate().await.unwrap();
    regions.region("data").set("k", &1).await.unwrap();
    regions.own().path().to_owned()
}

async fn handle(regions: Regions) -> impl IntoResponse {
    (Region(regions.pages("shop")), StatusCode::OK)
}

const PAGES: [&str; 4] = ["/", "/shop/tools", "/shop/tools/42", "/shop/toys/7"];

impl Site {
    /// Which of the pages are in the cache; afterwards all of them are.
    async fn cached(&self) -> Vec<&'static str> {
        let mut cached = Vec::new();
        for page in PAGES {
            if self.get(page).await.is_hit() {
                cached.push(page);
            }
        }
        cached
    }

    async fn post(&self, path: &str) -> super::site::Seen {
        self.ask(Method::POST, path, &[]).await
    }
}

#[tokio::test]
async fn a_page_lives_in_the_region_of_its_path() {
    let site = shop(|layer| layer).await;
    for (region, left) in [
        ("http.shop.tools.42", &["/", "/shop/tools", "/shop/toys/7"][..]),
        ("http.shop.tools", &["/", "/shop/toys/7"]),
        ("http.shop", &["/"]),
        ("http.index", &["/shop/tools", "/shop/tools/42", "/shop/toys/7"]),
        ("http", &[]),
    ] {
        site.cached().await;
        site.cache.region(region).invalidate().await.unwrap();
        assert_eq!(site.cached().await, left, "{region}");
    }
}

#[tokio::test]
async fn values_of_parameters_are_segments_whatever_is_in_them() {
    let site = shop(|layer| layer).await;
    for (path, region) in [
        ("/shop/tools/a%2Fb", "http.shop.tools.a/b".to_owned()),
        ("/shop/tools/1.5", format!("http.shop.tools.{}", segment("1.5"))),
        ("/shop/t%6Fols/9", "http.shop.tools.9".to_owned()),
        ("/shop/tools/%E2%82%AC", "http.shop.tools.€".to_owned()),
    ] {
        assert!(site.get(path).await.cache().contains("stored"), "{path}");
        assert!(site.get(path).await.is_hit());
        site.cache.region(&region).invalidate().await.unwrap();
        assert!(!site.get(path).await.is_hit(), "{path} lives elsewhere than in {region}");
    }
}

#[tokio::test]
async fn nested_routers_do_not_mix_their_pages_up() {
    let layer = RegionCacheLayer::new(Cache::in_memory()).ttl(MINUTE);
    let part = |name: &'static str| {
        Router::new().route("/page", get(async move || name)).layer(layer.clone())
    };
    let routes = Router::new().nest("/a", part("a")).nest("/b", part("b"));
    let site = Site::new(routes, |layer| layer.unless(|_| true)).await;
    for name in ["a", "b", "a", "b"] {
        let seen = site.get(&format!("/{name}/page")).await;
        assert_eq!((seen.text(), seen.header("surrogate-key").is_some()), (name, true));
        assert!(seen.header("surrogate-key").unwrap().starts_with(&format!("http.{name}.page ")));
    }
}

#[tokio::test]
async fn a_route_layer_knows_its_routes_too() {
    let layer = RegionCacheLayer::new(Cache::in_memory()).ttl(MINUTE);
    let routes = Router::new()
        .route("/shop/{id}", get(async || "x"))
        .route_layer(layer)
        .into_service::<axum::body::Body>();
    let request = http::Request::get("/shop/7").body(axum::body::Body::empty()).unwrap();
    let response = ServiceExt::oneshot(routes, request).await.unwrap();
    assert_eq!(response.headers()["surrogate-key"], "http.shop.7 http.shop http");
}

#[tokio::test]
async fn handlers_are_given_the_region_of_their_route() {
    let site = shop(|layer| layer.invalidate_on_unsafe(false)).await;
    site.cached().await;
    let seen = site.ask(Method::PUT, "/shop/tools/42/stock", &[]).await;
    assert_eq!(seen.text(), "http.shop.tools.42.stock");
    assert_eq!(site.cached().await, ["/", "/shop/tools", "/shop/toys/7"]);

    assert_eq!(site.post("/admin/category/toys").await.text(), "http.admin.category.toys");
    assert_eq!(site.cached().await, ["/", "/shop/tools", "/shop/tools/42"]);
    assert_eq!(site.cache.region("data").get("k").await.unwrap(), Some(1));
}

#[tokio::test]
async fn handlers_may_say_what_falls_when_they_succeed() {
    let site = shop(|layer| layer.invalidate_on_unsafe(false)).await;
    site.cached().await;
    assert_eq!(site.post("/admin/said").await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.cached().await, ["/", "/shop/toys/7"]);

    site.cache.region("data").set("k", &1).await.unwrap();
    assert_eq!(site.post("/admin/both").await.text(), "done");
    assert_eq!(site.cached().await, ["/", "/shop/toys/7"]);
    assert_eq!(site.cache.region("data").get::<i64>("k").await.unwrap(), None);

    for path in ["/admin/alone", "/admin/handle"] {
        assert_eq!(site.post(path).await.status, StatusCode::OK);
        assert_eq!(site.cached().await, ["/"], "{path}");
    }
    assert_eq!(site.post("/admin/failed").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.cached().await, PAGES);
}

#[tokio::test]
async fn an_unsafe_request_that_succeeds_takes_the_pages_of_its_path() {
    let site = shop(|layer| layer).await;
    site.cached().await;
    site.ask(Method::PUT, "/shop/tools/42", &[]).await;
    assert_eq!(site.cached().await, ["/", "/shop/tools", "/shop/toys/7"]);
    site.post("/shop/tools").await;
    assert_eq!(site.cached().await, ["/", "/shop/toys/7"]);
    site.ask(Method::DELETE, "/shop/tools/42", &[]).await;
    assert_eq!(site.cached().await, PAGES, "it has failed");
    site.ask(Method::OPTIONS, "/shop/tools/42", &[]).await;
    assert_eq!(site.cached().await, PAGES, "it changes nothing");
    let site = shop(|layer| layer.invalidate_on_unsafe(false)).await;
    site.cached().await;
    site.post("/shop/tools").await;
    assert_eq!(site.cached().await, PAGES);
}

#[tokio::test]
async fn an_invalidation_is_made_although_the_client_has_gone() {
    let memory = Cache::in_memory();
    let slow = Cache::builder().backend(Yielding::new(memory.backend())).build().await.unwrap();
    let page = get(async || "x").post(async || (Region("data"), StatusCode::NO_CONTENT));
    let site = Site::on(slow, Router::new().route("/a", page), |layer| layer.ttl(MINUTE));
    memory.region("data").set("k", &1).await.unwrap();
    site.get("/a").await;
    assert!(site.get("/a").await.is_hit());

    let mut request = Box::pin(site.ask(Method::POST, "/a", &[]));
    // The handler needs no waiting, and the backend does: what is left now is the invalidation.
    assert!(futures::poll!(&mut request).is_pending());
    drop(request);
    until(async || !site.get("/a").await.is_hit()).await;
    let data = memory.region("data");
    until(async || data.get::<i64>("k").await.unwrap().is_none()).await;
}

#[tokio::test]
async fn surrogate_keys_name_the_region_and_all_above_it() {
    let site = shop(|layer| layer).await;
    for _ in 0..2 {
        let seen = site.get("/shop/tools/42").await;
        let keys = "http.shop.tools.42 http.shop.tools http.shop http";
        assert_eq!(seen.header("surrogate-key"), Some(keys));
    }
    let site = shop(|layer| layer.surrogate_key(false)).await;
    assert_eq!(site.get("/shop/tools/42").await.header("surrogate-key"), None);
    let own = get(async || ([("surrogate-key", "article-7")], "x"));
    let site = Site::new(Router::new().route("/a", own), |layer| layer.ttl(MINUTE)).await;
    assert_eq!(site.get("/a").await.header("surrogate-key"), Some("article-7 http.a http"));
    assert_eq!(site.get("/a").await.header("surrogate-key"), Some("article-7 http.a http"));
}

#[tokio::test]
async fn the_prefix_and_the_region_can_be_chosen() {
    for (prefix, region) in [("", "shop.tools"), ("site.pages", "site.pages.shop.tools")] {
        let site = shop(|layer| layer.prefix(prefix)).await;
        site.cached().await;
        let keys = site.get("/shop/tools").await;
        assert!(keys.header("surrogate-key").unwrap().starts_with(region), "{keys:?}");
        site.cache.region(region).invalidate().await.unwrap();
        assert_eq!(site.cached().await, ["/", "/shop/toys/7"]);
    }
    let by_tenant = |layer: RegionCacheLayer| {
        layer.region(|parts| {
            let host = parts.headers.get("host").map_or(&b"none"[..], |host| host.as_bytes());
            format!("tenants.{}", segment(host))
        })
    };
    let site = shop(by_tenant).await;
    let (a, b): (&[_], &[_]) = (&[("host", "a.example")], &[("host", "b.example")]);
    site.get_with("/shop/tools", a).await;
    site.get_with("/shop/tools", b).await;
    let region = format!("tenants.{}", segment("a.example"));
    site.cache.region(&region).invalidate().await.unwrap();
    assert!(!site.get_with("/shop/tools", a).await.is_hit());
    assert!(site.get_with("/shop/tools", b).await.is_hit());
}

#[tokio::test]
async fn without_the_layer_a_handler_is_told_what_is_missing() {
    let routes = Router::new().route("/", get(async |_: Region| "x"));
    let request = http::Request::get("/").body(axum::body::Body::empty()).unwrap();
    let seen = super::site::Seen::of(ServiceExt::oneshot(routes, request).await.unwrap()).await;
    assert_eq!(seen.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(seen.text().contains("RegionCacheLayer"), "{seen:?}");
}

#[tokio::test]
async fn plain_services_find_regions_in_extensions_and_leave_them_there() {
    let cache = Cache::in_memory();
    let inner = service_fn(async |request: http::Request<Full<Bytes>>| {
        let regions: &Regions = request.extensions().get().unwrap();
        let mut response =
            http::Response::new(Full::<Bytes>::from(regions.own().path().to_owned()));
        if request.method() == Method::POST {
            response.extensions_mut().insert(Invalidates::from("http.b").and(regions.pages("c")));
        }
        Ok::<_, Infallible>(response)
    });
    let layer = RegionCacheLayer::new(cache).ttl(MINUTE);
    let service = ServiceBuilder::new().layer(layer).service(inner);
    let ask = async |method: Method, uri: &str| {
        let request = http::Request::builder().method(method).uri(uri);
        let request = request.body(Full::new(Bytes::new())).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        response.headers()["cache-status"].to_str().unwrap().contains("hit")
    };
    for uri in ["/a", "/b", "/c"] {
        assert!(!ask(Method::GET, uri).await);
    }
    ask(Method::POST, "/d").await;
    for (uri, is_there) in [("/a", true), ("/b", false), ("/c", false)] {
        assert_eq!(ask(Method::GET, uri).await, is_there, "{uri}");
    }
}
