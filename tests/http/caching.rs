//! What is cached, and what is not.

use axum::Router;
use axum::body::Body;
use axum::routing::{any, get};
use http::{Method, Request, StatusCode};

use super::site::{Calls, MINUTE, SECOND, Seen, Site, with};

#[tokio::test]
async fn a_page_is_made_once_and_then_served_until_its_time_is_over() {
    let (site, calls) = Site::counting(|layer| layer).await;
    let first = site.get("/shop").await;
    assert_eq!(
        (first.text(), first.cache()),
        ("page 1", "region-cache; fwd=uri-miss; ttl=60; stored")
    );
    assert_eq!(first.header("age"), None, "it is new");

    site.wait(SECOND * 59);
    let second = site.get("/shop").await;
    assert_eq!((second.text(), second.cache()), ("page 1", "region-cache; hit; ttl=1"));
    assert_eq!(second.header("age"), Some("59"));
    assert_eq!(second.header("content-type"), first.header("content-type"));

    site.wait(SECOND);
    assert_eq!(site.get("/shop").await.text(), "page 2");
    assert_eq!(calls.so_far(), 2);
}

#[tokio::test]
async fn without_a_time_to_live_nothing_is_cached() {
    let calls = Calls::default();
    let own = calls.clone();
    let page = get(move || async move { own.count().to_string() });
    let site = Site::new(Router::new().route("/", page), |layer| layer).await;
    for n in ["1", "2", "3"] {
        let seen = site.get("/").await;
        assert_eq!(seen.text(), n);
        assert_eq!(seen.cache(), "region-cache; fwd=uri-miss; detail=not-cacheable");
    }
}

#[tokio::test]
async fn what_a_response_says_of_itself_goes_before_the_layers_time() {
    let says =
        |value: &'static str| get(move || async move { with(&[("cache-control", value)], "x") });
    let routes = Router::new()
        .route("/max-age", says("max-age=10"))
        .route("/s-maxage", says("max-age=10, s-maxage=20"))
        .route("/private", says("private"))
        .route("/no-store", says("No-Store"))
        .route("/no-cache", says("no-cache"))
        .route("/none", says("max-age=0"))
        .route("/nonsense", says("max-age=soon"))
        .route("/two", says("max-age=10, max-age=20"));
    let site = Site::new(routes, |layer| layer.ttl(MINUTE)).await;
    for (path, ttl) in [("/max-age", "ttl=10"), ("/s-maxage", "ttl=20"), ("/two", "ttl=10")] {
        assert!(site.get(path).await.cache().contains(ttl), "{path}");
        assert!(site.get(path).await.is_hit(), "{path}");
    }
    for path in ["/private", "/no-store", "/no-cache", "/none", "/nonsense"] {
        for _ in 0..2 {
            assert!(site.get(path).await.cache().contains("detail=not-cacheable"), "{path}");
        }
    }
}

#[tokio::test]
async fn expires_counts_from_the_date() {
    let expires = get(async || {
        with(
            &[
                ("date", "Sun, 09 Sep 2001 01:46:40 GMT"),
                ("expires", "Sun, 09 Sep 2001 01:47:10 GMT"),
            ],
            "x",
        )
    });
    let site = Site::new(Router::new().route("/", expires), |layer| layer).await;
    assert!(site.get("/").await.cache().contains("ttl=30"));
    site.wait(SECOND * 29);
    assert!(site.get("/").await.is_hit());
    site.wait(SECOND);
    assert!(!site.get("/").await.is_hit());
}

#[tokio::test]
async fn the_age_that_a_response_comes_with_counts() {
    let page = |age: &'static str| {
        get(move || async move { with(&[("cache-control", "max-age=60"), ("age", age)], "x") })
    };
    let routes = Router::new()
        .route("/young", page("40"))
        .route("/old", page("60"))
        .route("/endless", get(async || {
            let (most, less) = ("max-age=18446744073709551615", "18446744073709551614");
            with(&[("cache-control", most), ("age", less)], "x")
        }))
        // More than a duration can hold, and no number at all.
        .route("/ancient", page("18446744073709551615"))
        .route("/odd", page("-1"));
    let site = Site::new(routes, |layer| layer).await;
    assert!(site.get("/young").await.cache().contains("ttl=20; stored"));
    site.wait(SECOND * 5);
    let seen = site.get("/young").await;
    assert_eq!((seen.header("age"), seen.cache()), (Some("45"), "region-cache; hit; ttl=15"));
    assert!(!site.get("/old").await.cache().contains("stored"));
    assert!(!site.get("/ancient").await.cache().contains("stored"));
    assert!(site.get("/odd").await.cache().contains("ttl=60; stored"));
    site.get("/endless").await;
    site.wait(MINUTE);
    site.get_with("/endless", &[("cache-control", "max-age=5")]).await;
}

#[tokio::test]
async fn head_is_answered_from_what_get_has_stored() {
    let (site, calls) = Site::counting(|layer| layer).await;
    let before = site.ask(Method::HEAD, "/shop", &[]).await;
    assert!(before.cache().contains("fwd=uri-miss") && !before.cache().contains("stored"));
    assert_eq!(site.get("/shop").await.text(), "page 2");

    let head = site.ask(Method::HEAD, "/shop", &[]).await;
    assert!(head.is_hit() && head.body.is_empty(), "{head:?}");
    assert_eq!(head.header("content-length"), Some("6"));
    assert_eq!(calls.so_far(), 2);
}

#[tokio::test]
async fn other_methods_pass_through() {
    let calls = Calls::default();
    let own = calls.clone();
    let routes = Router::new().route("/", any(move || async move { own.count().to_string() }));
    let site = Site::new(routes, |layer| layer.ttl(MINUTE)).await;
    for method in [Method::POST, Method::OPTIONS, Method::DELETE, Method::POST] {
        let seen = site.ask(method, "/", &[]).await;
        assert_eq!((seen.cache(), seen.header("age")), ("region-cache; fwd=method", None));
    }
    assert_eq!(calls.so_far(), 4);
}

#[tokio::test]
async fn errors_are_not_cached_unless_it_is_asked_for() {
    let gives = |status: StatusCode| {
        get(move || async move { (status, [("cache-control", "max-age=60")], "…") })
    };
    let routes = Router::new()
        .route("/404", gives(StatusCode::NOT_FOUND))
        .route("/410", gives(StatusCode::GONE))
        .route("/403", gives(StatusCode::FORBIDDEN))
        .route("/500", gives(StatusCode::INTERNAL_SERVER_ERROR));
    let plain = Site::new(routes.clone(), |layer| layer.ttl(MINUTE)).await;
    let asked = Site::new(routes, |layer| {
        layer.ttl(MINUTE).also_cache([StatusCode::NOT_FOUND, StatusCode::FORBIDDEN])
    })
    .await;
    for path in ["/404", "/410", "/403", "/500"] {
        plain.get(path).await;
        let seen = plain.get(path).await;
        assert!(!seen.is_hit() && seen.status.as_str() == &path[1..], "{path}: {seen:?}");
        asked.get(path).await;
        let is_asked_for = path == "/404" || path == "/403";
        assert_eq!(asked.get(path).await.is_hit(), is_asked_for, "{path}");
    }
    assert_eq!(plain.cache.stats().entries, 0, "paths that do not exist leave nothing behind");
}

#[tokio::test]
async fn redirects_are_cached_where_they_are_for_good_or_say_for_how_long() {
    let to = |status: StatusCode, cache: &'static str| {
        get(
            move || async move { with(&[("location", "/there"), ("cache-control", cache)], status) },
        )
    };
    let routes = Router::new()
        .route("/301", to(StatusCode::MOVED_PERMANENTLY, ""))
        .route("/302", to(StatusCode::FOUND, ""))
        .route("/302-for-a-while", to(StatusCode::FOUND, "max-age=5"));
    let site = Site::new(routes, |layer| layer.ttl(MINUTE)).await;
    for (path, is_cached) in [("/301", true), ("/302", false), ("/302-for-a-while", true)] {
        site.get(path).await;
        let seen = site.get(path).await;
        assert_eq!((seen.is_hit(), seen.header("location")), (is_cached, Some("/there")), "{path}");
    }
}

#[tokio::test]
async fn a_cookie_is_for_one_client_unless_it_is_asked_for() {
    let page = get(async || with(&[("set-cookie", "a=1"), ("set-cookie", "b=2")], "hello"));
    let routes = Router::new().route("/", page);
    let plain = Site::new(routes.clone(), |layer| layer.ttl(MINUTE)).await;
    for _ in 0..2 {
        let seen = plain.get("/").await;
        assert_eq!(seen.cache(), "region-cache; fwd=uri-miss; detail=set-cookie");
    }
    let asked = Site::new(routes, |layer| layer.ttl(MINUTE).cache_set_cookie(true)).await;
    asked.get("/").await;
    let seen = asked.get("/").await;
    let cookies: Vec<_> = seen.headers.get_all("set-cookie").iter().collect();
    assert!(seen.is_hit() && cookies == ["a=1", "b=2"], "{seen:?}");
}

#[tokio::test]
async fn what_was_answered_to_an_authorization_is_kept_only_if_it_says_so() {
    let says = |value: &'static str, calls: Calls| {
        get(move |headers: http::HeaderMap| async move {
            calls.count();
            let who = headers.get("authorization").map_or("nobody", |v| v.to_str().unwrap());
            with(&[("cache-control", value)], who.to_owned())
        })
    };
    let calls = Calls::default();
    let routes = Router::new()
        .route("/mine", says("max-age=60", calls.clone()))
        .route("/ours", says("public, max-age=60", calls.clone()));
    let site = Site::new(routes, |layer| layer.ttl(MINUTE)).await;
    let ada: &[_] = &[("authorization", "Basic ada")];
    let bob: &[_] = &[("authorization", "Basic bob")];
    assert_eq!(site.get("/mine").await.text(), "nobody");
    assert_eq!(site.get_with("/mine", ada).await.text(), "Basic ada");
    assert_eq!(site.get_with("/mine", bob).await.text(), "Basic bob");
    assert!(site.get("/mine").await.is_hit(), "what nobody was answered is there for nobody");

    assert_eq!(site.get_with("/ours", ada).await.text(), "Basic ada");
    let seen = site.get_with("/ours", bob).await;
    assert!(seen.is_hit() && seen.text() == "Basic ada", "it said that it is for all");
    assert_eq!(site.get("/ours").await.text(), "nobody");
}

#[tokio::test]
async fn ranges_preconditions_bodies_and_upgrades_pass_by() {
    let (site, calls) = Site::counting(|layer| layer).await;
    site.get("/page").await;
    for (name, detail) in [
        ("range", "range"),
        ("if-match", "precondition"),
        ("if-unmodified-since", "precondition"),
        ("upgrade", "upgrade"),
    ] {
        let seen = site.get_with("/page", &[(name, "x")]).await;
        assert_eq!(seen.cache(), format!("region-cache; fwd=bypass; detail={detail}"));
    }
    let request = Request::get("/page").body(Body::from("q")).unwrap();
    let seen = site.send(request).await;
    assert_eq!(seen.cache(), "region-cache; fwd=bypass; detail=body");
    assert_eq!(calls.so_far(), 6);
    assert_eq!(site.get("/page").await.text(), "page 1");
}

#[tokio::test]
async fn headers_of_the_connection_are_not_stored_and_all_others_are() {
    let page = get(async || {
        let mut response = with(
            &[
                ("connection", "x-hop"),
                ("x-hop", "1"),
                ("keep-alive", "timeout=5"),
                ("link", "</a>"),
                ("link", "</b>"),
            ],
            "x",
        );
        let latin = http::HeaderValue::from_bytes(b"caf\xe9").unwrap();
        response.headers_mut().insert("x-latin", latin);
        response
    });
    let site = Site::new(Router::new().route("/", page), |layer| layer.ttl(MINUTE)).await;
    site.get("/").await;
    let seen: Seen = site.get("/").await;
    assert!(seen.is_hit());
    for name in ["connection", "x-hop", "keep-alive"] {
        assert_eq!(seen.header(name), None);
    }
    assert_eq!(seen.headers.get_all("link").iter().collect::<Vec<_>>(), ["</a>", "</b>"]);
    assert_eq!(seen.headers["x-latin"].as_bytes(), b"caf\xe9");
}
