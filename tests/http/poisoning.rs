//! One client's request never gets into another's page.

use axum::Router;
use axum::body::Body;
use axum::routing::{any, get};
use http::{HeaderMap, Method, Request, Uri};
use region_cache_tower::Query;

use super::site::{MINUTE, Site};

/// A site whose pages say all that a careless handler might make links and decisions of.
async fn careless() -> Site {
    let page = any(async |method: Method, uri: Uri, headers: HeaderMap, body: String| {
        let mut text = format!("{method} {uri} {body}");
        for (name, value) in &headers {
            if !UNSEEN.contains(&name.as_str()) {
                text.push_str(&format!(" {name}={}", value.to_str().unwrap()));
            }
        }
        text
    });
    let routes = Router::new().route("/", page.clone()).route("/{*path}", page);
    Site::new(routes, |layer| layer.ttl(MINUTE)).await
}

/// What no page may depend on without saying so in `Vary`.
const UNSEEN: [&str; 3] = ["x-unkeyed", "user-agent", "cookie"];

/// Asks like an attacker, and then like everybody else, whose page must be the same as without him.
async fn does_not_spill(attack: Request<Body>, then: &str) {
    let what = format!("{attack:?}");
    let host = [("host", "good.example")];
    let untouched = careless().await.get_with(then, &host).await;
    let site = careless().await;
    site.send(attack).await;
    let seen = site.get_with(then, &host).await;
    assert_eq!(seen.text(), untouched.text(), "after {what}");
}

fn request(uri: &str) -> http::request::Builder {
    Request::get(uri).header("host", "good.example")
}

fn plain(uri: &str) -> Request<Body> {
    request(uri).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn headers_that_frameworks_build_links_from_are_in_the_key() {
    for name in [
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-scheme",
        "x-forwarded-port",
        "x-forwarded-prefix",
        "x-forwarded-server",
        "x-host",
        "x-original-host",
        "x-original-url",
        "x-rewrite-url",
    ] {
        does_not_spill(request("/").header(name, "evil").body(Body::empty()).unwrap(), "/").await;
    }
    for value in ["host=evil", "for=1.2.3.4;host=evil;proto=http", "for=\"x;host=evil\""] {
        does_not_spill(request("/").header("forwarded", value).body(Body::empty()).unwrap(), "/")
            .await;
    }
}

#[tokio::test]
async fn who_asks_makes_no_page_of_its_own() {
    let page = get(async || "for all");
    let site = Site::new(Router::new().route("/", page), |layer| layer.ttl(MINUTE)).await;
    site.get_with(
        "/",
        &[("forwarded", "for=1.1.1.1;host=a;proto=https"), ("x-forwarded-for", "1.1.1.1")],
    )
    .await;
    let other = [("forwarded", "for=2.2.2.2;host=a;proto=https"), ("x-forwarded-for", "2.2.2.2")];
    assert!(site.get_with("/", &other).await.is_hit());
    // Nor does what only a response can say.
    assert!(site.get_with("/", &[other[0], ("vary", "*"), ("set-cookie", "a=1")]).await.is_hit());
}

#[tokio::test]
async fn every_host_that_a_request_names_is_in_the_key() {
    does_not_spill(Request::get("/").header("host", "evil").body(Body::empty()).unwrap(), "/")
        .await;
    let two = request("/").header("host", "evil").body(Body::empty()).unwrap();
    does_not_spill(two, "/").await;
    // The form of proxies: what it names goes before `Host`, but not for every handler.
    let absolute = Request::get("http://good.example/").header("host", "evil");
    does_not_spill(absolute.body(Body::empty()).unwrap(), "http://good.example/").await;
    does_not_spill(Request::get("/").body(Body::empty()).unwrap(), "/").await;
}

#[tokio::test]
async fn hosts_are_compared_without_case() {
    let page = get(async || "x");
    let site = Site::new(Router::new().route("/", page), |layer| layer.ttl(MINUTE)).await;
    site.get_with("/", &[("host", "Good.Example")]).await;
    assert!(site.get_with("/", &[("host", "good.example")]).await.is_hit());
}

#[tokio::test]
async fn another_method_is_another_request() {
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let attack = request("/").header(name, "DELETE").body(Body::empty()).unwrap();
        does_not_spill(attack, "/").await;
    }
    for method in [Method::POST, Method::PUT, Method::HEAD, Method::OPTIONS] {
        let attack = Request::builder().method(method).uri("/").header("host", "good.example");
        does_not_spill(attack.body(Body::empty()).unwrap(), "/").await;
    }
    let site = careless().await;
    site.get("/").await;
    let seen = site.get_with("/", &[("x-http-method-override", "POST")]).await;
    assert_eq!(seen.cache(), "region-cache; fwd=bypass; detail=method-override");
}

#[tokio::test]
async fn a_body_is_in_no_key() {
    does_not_spill(request("/").body(Body::from("evil")).unwrap(), "/").await;
}

#[tokio::test]
async fn parameters_are_told_apart_however_they_are_written() {
    for (attack, then) in [
        ("/?a=1&a=2", "/?a=2&a=1"),
        ("/?a=1&a=2", "/?a=1"),
        ("/?a=1%26b=2", "/?a=1&b=2"),
        ("/?a=1&b=2", "/?a=1%26b=2"),
        ("/?a=1;b=2", "/?a=1&b=2"),
        ("/?a", "/?a="),
        ("/?a=%31", "/?a=1"),
        ("/?a=1+2", "/?a=1%202"),
        ("/?A=1", "/?a=1"),
        ("/?a=1%00", "/?a=1"),
    ] {
        does_not_spill(plain(attack), then).await;
        does_not_spill(plain(then), attack).await;
    }
}

#[tokio::test]
async fn a_handler_does_not_see_parameters_that_are_in_no_key() {
    let echo = get(async |uri: Uri, original: axum::extract::OriginalUri| {
        format!("{:?} {:?}", uri.query(), original.0.query())
    });
    let site = Site::new(Router::new().route("/", echo), |layer| {
        layer.ttl(MINUTE).query(Query::only(["page"]))
    })
    .await;
    for attack in ["/?page=1&evil=1", "/?evil=1&page=1", "/?page=1&%65vil=1", "/?page=1"] {
        assert_eq!(site.get(attack).await.text(), "Some(\"page=1\") Some(\"page=1\")", "{attack}");
    }
    // It is the same parameter, and the handler decodes it; so it counts.
    assert_eq!(site.get("/?p%61ge=99").await.text(), "Some(\"p%61ge=99\") Some(\"p%61ge=99\")");
    assert_eq!(site.get("/?x=1").await.text(), "None None");
}

#[tokio::test]
async fn paths_are_told_apart_as_they_are_written() {
    for (attack, then) in [
        ("/a/../b", "/b"),
        ("/a/%2e%2e/b", "/b"),
        ("/a/%2e%2e/b", "/a/../b"),
        ("//b", "/b"),
        ("/b/", "/b"),
        ("/a%2Fb", "/a/b"),
        ("/a.b", "/a/b"),
        ("/A", "/a"),
        ("/%61", "/a"),
        ("/a%3Fb=1", "/a?b=1"),
        ("/a;x=1", "/a"),
        ("/index", "/"),
        ("/a%0Ab", "/a"),
    ] {
        does_not_spill(plain(attack), then).await;
        does_not_spill(plain(then), attack).await;
    }
}

#[tokio::test]
async fn a_request_of_any_size_is_answered_and_kept_apart() {
    let long = "x".repeat(20_000);
    let site = careless().await;
    for n in 0..2 {
        for uri in [format!("/{long}"), format!("/?q={long}"), format!("/{}", "a/".repeat(1000))] {
            let one = site.get(&format!("{uri}1")).await;
            let other = site.get(&format!("{uri}2")).await;
            assert_ne!(one.text(), other.text());
            assert_eq!((one.is_hit(), other.is_hit()), (n == 1, n == 1), "{}", one.cache());
        }
        let host = "h".repeat(8_000);
        let seen = site.get_with("/", &[("host", &host)]).await;
        assert!(seen.text().contains(&host) && seen.is_hit() == (n == 1));
    }
}

#[tokio::test]
async fn what_a_page_depends_on_and_says_so_is_kept_apart() {
    let page = get(async |headers: HeaderMap| {
        let cookie = headers.get("cookie").map_or("-", |value| value.to_str().unwrap());
        ([("vary", "Cookie")], cookie.to_owned())
    });
    let site = Site::new(Router::new().route("/", page), |layer| layer.ttl(MINUTE)).await;
    for who in ["id=ada", "id=bob", "id=ada, id=bob"] {
        for _ in 0..2 {
            assert_eq!(site.get_with("/", &[("cookie", who)]).await.text(), who);
        }
    }
}

#[tokio::test]
async fn a_header_that_is_in_no_key_and_in_no_vary_is_the_handlers_fault() {
    // The documentation says so; this shows that it is true, and what helps.
    let page = get(async |headers: HeaderMap| {
        headers.get("x-unkeyed").map_or("-", |value| value.to_str().unwrap()).to_owned()
    });
    let routes = Router::new().route("/", page);
    let site = Site::new(routes.clone(), |layer| layer.ttl(MINUTE)).await;
    site.get_with("/", &[("x-unkeyed", "evil")]).await;
    assert_eq!(site.get("/").await.text(), "evil");

    let name = http::HeaderName::from_static("x-unkeyed");
    let site = Site::new(routes, |layer| layer.ttl(MINUTE).vary_by([name])).await;
    site.get_with("/", &[("x-unkeyed", "evil")]).await;
    assert_eq!(site.get("/").await.text(), "-");
}

#[tokio::test]
async fn entries_that_somebody_else_wrote_are_no_pages() {
    let (site, calls) = Site::counting(|layer| layer).await;
    let key = "/a";
    site.cache.region("http.a").set(key, "not a page").await.unwrap();
    assert_eq!(site.get("/a").await.text(), "page 1");
    assert_eq!((site.get("/a").await.text(), calls.so_far()), ("page 1", 1));
}
