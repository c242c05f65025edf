//! Bodies that come bit by bit.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use futures::future::join_all;
use futures::{StreamExt, stream};
use http::{HeaderMap, Request};
use http_body::Frame;
use http_body_util::BodyExt;

use super::site::{Calls, MINUTE, Site};

type Piece = Result<Frame<Bytes>, std::io::Error>;

/// A body of these pieces, of which nobody knows the length beforehand.
struct Pieces(VecDeque<Piece>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Piece>> {
        Poll::Ready(self.0.pop_front())
    }
}

fn data(text: &'static str) -> Piece {
    Ok(Frame::data(Bytes::from_static(text.as_bytes())))
}

/// A site whose page is made of these pieces, of which up to ten bytes are stored.
async fn site(pieces: fn() -> Vec<Piece>) -> (Site, Calls) {
    let calls = Calls::default();
    let own = calls.clone();
    let page = get(move || async move {
        own.count();
        Response::new(Body::new(Pieces(pieces().into())))
    });
    let routes = Router::new().route("/", page);
    (Site::new(routes, |layer| layer.ttl(MINUTE).max_body_bytes(10)).await, calls)
}

fn request() -> Request<Body> {
    Request::get("/").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_stream_up_to_the_limit_is_stored_whole() {
    let (site, calls) = site(|| vec![data("12345"), data(""), data("67890")]).await;
    for _ in 0..2 {
        assert_eq!(site.get("/").await.text(), "1234567890");
    }
    assert_eq!(calls.so_far(), 1);
}

#[tokio::test]
async fn a_longer_one_passes_through_complete_and_is_not_waited_for() {
    let (site, calls) = site(|| vec![data("12345"), data("67890"), data("!"), data("more")]).await;
    let all = join_all((0..5).map(|_| site.get("/"))).await;
    assert!(all.iter().all(|seen| seen.text() == "1234567890!more"), "{all:?}");
    assert!(all[0].cache().contains("detail=too-large"), "{all:?}");
    assert_eq!(calls.so_far(), 5);
    assert_eq!(site.get("/").await.text(), "1234567890!more");
}

#[tokio::test]
async fn one_that_says_that_it_is_longer_is_not_even_begun() {
    let page = get(async || "12345678901");
    let routes = Router::new().route("/", page);
    let site = Site::new(routes, |layer| layer.ttl(MINUTE).max_body_bytes(10)).await;
    for _ in 0..2 {
        let seen = site.get("/").await;
        assert!(seen.cache().contains("detail=too-large") && seen.text().len() == 11, "{seen:?}");
    }
}

#[tokio::test]
async fn trailers_are_kept() {
    fn trailers() -> Piece {
        let trailers: HeaderMap =
            [("x-sum".parse().unwrap(), "7".parse().unwrap())].into_iter().collect();
        Ok(Frame::trailers(trailers))
    }
    let (site, calls) = site(|| vec![data("hello"), trailers()]).await;
    for _ in 0..2 {
        let body = site.respond(request()).await.into_body().collect().await.unwrap();
        assert_eq!(body.trailers().unwrap()["x-sum"], "7");
        assert_eq!(body.to_bytes(), "hello");
    }
    assert_eq!(calls.so_far(), 1);
    let long = || vec![data("1234567890!"), trailers()];
    let (site, _) = self::site(long).await;
    let body = site.respond(request()).await.into_body().collect().await.unwrap();
    assert!(body.trailers().is_some(), "also of one that passes through");
}

#[tokio::test]
async fn a_body_that_fails_midway_is_not_stored_and_fails_for_its_client() {
    let (site, calls) = site(|| vec![data("12345"), Err(std::io::Error::other("torn"))]).await;
    for n in 1..=2 {
        let mut body = site.respond(request()).await.into_body();
        let first = body.frame().await.unwrap().unwrap();
        assert_eq!(first.into_data().unwrap(), "12345");
        let error = body.frame().await.unwrap().unwrap_err();
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "torn");
        assert_eq!(calls.so_far(), n);
    }
    assert_eq!(site.cache.stats().entries, 0);
}

#[tokio::test]
async fn events_are_not_waited_for() {
    let page = get(async || {
        let endless =
            stream::iter([Ok::<_, std::io::Error>("data: 1\n\n")]).chain(stream::pending());
        ([("content-type", "text/event-stream")], Body::from_stream(endless))
    });
    let site = Site::new(Router::new().route("/", page), |layer| layer.ttl(MINUTE)).await;
    for _ in 0..2 {
        let response = site.respond(request()).await;
        let mut body = response.into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "data: 1\n\n");
    }
}

#[tokio::test]
async fn a_body_that_takes_too_long_goes_on_for_its_client_alone() {
    let (tell, told) = tokio::sync::watch::channel(false);
    let page = get(move || {
        let mut told = told.clone();
        async move {
            let rest = stream::once(async move {
                told.wait_for(|told| *told).await.unwrap();
                Ok::<_, std::io::Error>("end")
            });
            Body::from_stream(stream::iter([Ok("begin, ")]).chain(rest))
        }
    });
    let site = Site::new(Router::new().route("/", page), |layer| layer.ttl(MINUTE)).await;
    let mut first = Box::pin(site.respond(request()));
    assert!(futures::poll!(&mut first).is_pending());
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    site.wait(MINUTE);
    let response = first.await;
    let status = response.headers()["cache-status"].clone();
    assert_eq!(status, "region-cache; fwd=uri-miss; detail=slow");
    tell.send_replace(true);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "begin, end");
}
