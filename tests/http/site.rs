//! A site with a cache before it, and a client of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use region_cache::{Cache, Clock};
use region_cache_tower::RegionCacheLayer;
use tower::ServiceExt;

/// A site, whose time stands still until it is moved.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) cache: Cache,
    pub(super) clock: Clock,
    app: Router,
}

/// What a client was answered.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// How often a handler was called.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls(Arc<AtomicU64>);

impl Site {
    /// One with these routes, all of them behind a layer that was told what `set` says.
    pub(super) async fn new(
        routes: Router,
        set: impl FnOnce(RegionCacheLayer) -> RegionCacheLayer,
    ) -> Self {
        let clock = Clock::manual();
        let cache = Cache::builder().clock(clock.clone()).build().await.unwrap();
        Self::on(cache, routes, set)
    }

    /// The same on a cache that is there.
    pub(super) fn on(
        cache: Cache,
        routes: Router,
        set: impl FnOnce(RegionCacheLayer) -> RegionCacheLayer,
    ) -> Self {
        let app = routes.layer(set(RegionCacheLayer::new(cache.clone())));
        Self { clock: cache.clock(), cache, app }
    }

    /// One page that says how often it was made, cached for a minute.
    pub(super) async fn counting(
        set: impl FnOnce(RegionCacheLayer) -> RegionCacheLayer,
    ) -> (Self, Calls) {
        let calls = Calls::default();
        let own = calls.clone();
        let page = get(move || async move { format!("page {}", own.count()) });
        (Self::new(Router::new().route("/{*path}", page), |l| set(l.ttl(MINUTE))).await, calls)
    }

    pub(super) async fn get(&self, uri: &str) -> Seen {
        self.get_with(uri, &[]).await
    }

    pub(super) async fn get_with(&self, uri: &str, headers: &[(&str, &str)]) -> Seen {
        self.ask(Method::GET, uri, headers).await
    }

    pub(super) async fn ask(&self, method: Method, uri: &str, headers: &[(&str, &str)]) -> Seen {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Seen {
        Seen::of(self.respond(request).await).await
    }

    /// The response, of which the body may still be on its way.
    pub(super) async fn respond(&self, request: Request<Body>) -> Response {
        self.app.clone().oneshot(request).await.unwrap()
    }

    pub(super) fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }
}

impl Seen {
    pub(super) async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self { status: parts.status, headers: parts.headers, body }
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// What the cache says that it did.
    pub(super) fn cache(&self) -> &str {
        self.header("cache-status").unwrap_or_default()
    }

    pub(super) fn is_hit(&self) -> bool {
        self.cache().contains("; hit")
    }
}

impl Calls {
    /// Counts one more, and says how many.
    pub(super) fn count(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(super) fn so_far(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Lets others go on until something has come true.
pub(super) async fn until(mut is_true: impl AsyncFnMut() -> bool) {
    for _ in 0..100_000 {
        if is_true().await {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it does not come true");
}

/// A response with these headers.
pub(super) fn with(headers: &[(&str, &str)], body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
        response.headers_mut().append(name, value.parse().unwrap());
    }
    response
}

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
