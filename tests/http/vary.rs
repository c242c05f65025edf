//! Responses that depend on request headers.

use axum::Router;
use axum::routing::get;
use http::HeaderMap;

use super::site::{Calls, MINUTE, SECOND, Site, with};

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).map_or("-", |value| value.to_str().unwrap())
}

/// A page in the language that is asked for, which says so.
fn in_languages(calls: &Calls) -> Router {
    let calls = calls.clone();
    let page = move |headers: HeaderMap| async move {
        let n = calls.count();
        with(&[("vary", "Accept-Language")], format!("{} {n}", header(&headers, "accept-language")))
    };
    Router::new().route("/", get(page))
}

#[tokio::test]
async fn each_language_has_a_page_of_its_own() {
    let calls = Calls::default();
    let site = Site::new(in_languages(&calls), |layer| layer.ttl(MINUTE)).await;
    let (de, en): (&[_], &[_]) = (&[("accept-language", "de")], &[("accept-language", "en")]);
    assert_eq!(site.get_with("/", de).await.text(), "de 1");
    let seen = site.get_with("/", en).await;
    assert_eq!(seen.text(), "en 2");
    assert_eq!(seen.cache(), "region-cache; fwd=vary-miss; ttl=60; stored");
    assert_eq!(site.get("/").await.text(), "- 3", "no header is another than any");
    assert_eq!(site.get_with("/", &[("accept-language", "")]).await.text(), " 4");
    for (headers, text) in [(de, "de 1"), (en, "en 2"), (&[][..], "- 3")] {
        let seen = site.get_with("/", headers).await;
        assert!(seen.is_hit() && seen.text() == text, "{seen:?}");
    }
    assert_eq!(calls.so_far(), 4);
}

#[tokio::test]
async fn all_of_them_fall_with_their_region() {
    let calls = Calls::default();
    let site = Site::new(in_languages(&calls), |layer| layer.ttl(MINUTE)).await;
    let languages: [&[_]; 2] = [&[("accept-language", "de")], &[("accept-language", "en")]];
    for headers in languages {
        site.get_with("/", headers).await;
    }
    site.cache.region("http").invalidate().await.unwrap();
    for headers in languages {
        assert!(!site.get_with("/", headers).await.is_hit());
    }
}

#[tokio::test]
async fn several_lines_of_a_header_are_not_one_line_that_looks_alike() {
    let calls = Calls::default();
    let site = Site::new(in_languages(&calls), |layer| layer.ttl(MINUTE)).await;
    let (a, b) = (("accept-language", "a"), ("accept-language", "b"));
    site.get_with("/", &[a, b]).await;
    for headers in
        [&[b, a][..], &[a], &[("accept-language", "a, b")], &[("accept-language", "a,b")]]
    {
        assert!(!site.get_with("/", headers).await.is_hit(), "{headers:?}");
    }
    assert!(site.get_with("/", &[a, b]).await.is_hit());
}

#[tokio::test]
async fn vary_star_is_never_shared() {
    let calls = Calls::default();
    let own = calls.clone();
    let page = get(move || async move {
        own.count();
        with(&[("vary", "Accept, *"), ("cache-control", "max-age=60")], "x")
    });
    let site = Site::new(Router::new().route("/", page), |layer| layer).await;
    for _ in 0..3 {
        assert!(site.get("/").await.cache().contains("detail=not-cacheable"));
    }
    assert_eq!(calls.so_far(), 3);
}

#[tokio::test]
async fn a_response_that_depends_on_more_than_was_known_is_kept_apart() {
    // Who asks in German is told that the page depends on a cookie, too.
    let page = |headers: HeaderMap| async move {
        let (language, cookie) = (header(&headers, "accept-language"), header(&headers, "cookie"));
        match language {
            "de" => with(&[("vary", "accept-language, cookie")], format!("de for {cookie}")),
            _ => with(&[("vary", "accept-language")], "for all"),
        }
    };
    let site = Site::new(Router::new().route("/", get(page)), |layer| layer.ttl(MINUTE)).await;
    assert_eq!(site.get("/").await.text(), "for all");
    for round in 0..3 {
        for who in ["ada", "bob"] {
            let headers = [("accept-language", "de"), ("cookie", who)];
            let seen = site.get_with("/", &headers).await;
            assert_eq!(seen.text(), format!("de for {who}"), "round {round}: {seen:?}");
            assert!(round < 2 || seen.is_hit(), "{seen:?}");
        }
    }
    site.get("/").await;
    assert!(site.get("/").await.is_hit());
}

#[tokio::test]
async fn another_variant_goes_on_when_the_first_has_run_out_of_time() {
    let calls = Calls::default();
    let site = Site::new(in_languages(&calls), |layer| layer.ttl(MINUTE)).await;
    site.get_with("/", &[("accept-language", "de")]).await;
    site.wait(SECOND * 30);
    assert_eq!(site.get_with("/", &[("accept-language", "en")]).await.text(), "en 2");
    site.wait(SECOND * 30);
    assert_eq!(site.get_with("/", &[("accept-language", "de")]).await.text(), "de 3");
    assert_eq!(site.get_with("/", &[("accept-language", "en")]).await.text(), "en 2");
}

#[tokio::test]
async fn headers_of_the_key_need_no_vary() {
    let calls = Calls::default();
    let own = calls.clone();
    let page = move |headers: HeaderMap| async move {
        own.count();
        header(&headers, "x-theme").to_owned()
    };
    let routes = Router::new().route("/", get(page));
    let theme = http::HeaderName::from_static("x-theme");
    let site = Site::new(routes, |layer| layer.ttl(MINUTE).vary_by([theme])).await;
    for _ in 0..2 {
        for theme in ["dark", "light"] {
            assert_eq!(site.get_with("/", &[("x-theme", theme)]).await.text(), theme);
        }
    }
    assert_eq!(calls.so_far(), 2);
}
