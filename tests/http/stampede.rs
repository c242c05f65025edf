//! One call of the handler for all who wait.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use futures::future::join_all;
use http::Request;
use tokio::sync::watch;

use super::site::{Calls, MINUTE, Seen, Site, until, with};

/// A site of which the handler waits until it may go on.
async fn slow(says: &'static [(&'static str, &'static str)]) -> (Site, Calls, watch::Sender<bool>) {
    let (calls, open) = (Calls::default(), watch::Sender::new(false));
    let (own, door) = (calls.clone(), open.subscribe());
    let page = get(move || async move {
        let n = own.count();
        door.clone().wait_for(|open| *open).await.unwrap();
        with(says, n.to_string())
    });
    (Site::new(Router::new().route("/{*path}", page), |layer| layer.ttl(MINUTE)).await, calls, open)
}

/// Waits until the handler was called this often.
async fn called(calls: &Calls, times: u64) {
    until(async || calls.so_far() >= times).await;
}

#[tokio::test]
async fn a_hundred_clients_are_one_call() {
    let (site, calls, open) = slow(&[]).await;
    let all = join_all((0..100).map(|_| site.get("/a")));
    let opens = async {
        called(&calls, 1).await;
        open.send_replace(true);
    };
    let (all, ()) = futures::join!(all, opens);
    assert!(all.iter().all(|seen| seen.text() == "1"));
    assert_eq!(calls.so_far(), 1);
    let collapsed =
        all.iter().filter(|seen| seen.cache() == "region-cache; fwd=uri-miss; ttl=60; collapsed");
    assert_eq!(collapsed.count(), 99);
    assert_eq!(all.iter().filter(|seen| seen.cache().contains("stored")).count(), 1);
}

#[tokio::test]
async fn what_is_for_one_client_is_given_to_no_other_and_keeps_nobody_waiting() {
    for says in [&[("cache-control", "private")][..], &[("set-cookie", "id=1")]] {
        let (site, calls, open) = slow(says).await;
        let all = join_all((0..20).map(|_| site.get("/a")));
        let opens = async {
            called(&calls, 1).await;
            open.send_replace(true);
        };
        let (all, ()) = futures::join!(all, opens);
        let mut texts: Vec<u32> = all.iter().map(|seen| seen.text().parse().unwrap()).collect();
        texts.sort_unstable();
        assert_eq!(texts, (1..=20).collect::<Vec<_>>(), "each has its own");

        // From now on it is known, and they do not even wait for one.
        open.send_replace(false);
        let more = join_all((0..20).map(|_| site.get("/a")));
        let opens = async {
            called(&calls, 40).await;
            open.send_replace(true);
        };
        futures::join!(more, opens);
        assert_eq!(calls.so_far(), 40);
    }
}

#[tokio::test]
async fn a_page_that_can_be_shared_after_all_is_shared_again() {
    let calls = Calls::default();
    let own = calls.clone();
    let page = get(move || async move {
        match own.count() {
            1 => with(&[("set-cookie", "id=1")], "for you"),
            n => with(&[], n.to_string()),
        }
    });
    let site = Site::new(Router::new().route("/", page), |layer| layer.ttl(MINUTE)).await;
    assert_eq!(site.get("/").await.text(), "for you");
    assert_eq!(site.get("/").await.text(), "2");
    assert_eq!(site.get("/").await.text(), "3");
    assert!(site.get("/").await.is_hit());
}

#[tokio::test]
async fn it_is_forgotten_after_a_while_that_a_page_cannot_be_shared() {
    let (site, calls, open) = slow(&[("cache-control", "private")]).await;
    open.send_replace(true);
    site.get("/a").await;
    assert_eq!(site.cache.stats().entries, 1);
    site.wait(Duration::from_secs(10));
    open.send_replace(false);
    let all = join_all((0..5).map(|_| site.get("/a")));
    let opens = async {
        called(&calls, 2).await;
        tokio::task::yield_now().await;
        assert_eq!(calls.so_far(), 2, "one goes and sees");
        open.send_replace(true);
    };
    futures::join!(all, opens);
    assert_eq!(calls.so_far(), 6);
}

#[tokio::test]
async fn a_client_that_goes_away_keeps_nobody_waiting() {
    let (site, calls, open) = slow(&[]).await;
    let request = || Request::get("/a").body(Body::empty()).unwrap();
    let mut gone = Box::pin(site.respond(request()));
    tokio::select! {
        biased;
        _ = &mut gone => panic!("the handler waits"),
        () = called(&calls, 1) => drop(gone),
    }
    let other = async { Seen::of(site.respond(request()).await).await };
    let opens = async {
        tokio::task::yield_now().await;
        open.send_replace(true);
    };
    let (other, ()) = futures::join!(other, opens);
    assert_eq!(
        (other.text(), calls.so_far()),
        ("1", 1),
        "what it has begun goes on for the others"
    );
    assert!(site.get("/a").await.is_hit());
}

#[tokio::test]
async fn an_invalidation_overtakes_a_page_that_is_being_made() {
    let (site, calls, open) = slow(&[]).await;
    let first = site.get("/a");
    let rest = async {
        called(&calls, 1).await;
        site.cache.region("http.a").invalidate().await.unwrap();
        let second = site.get("/a");
        let opens = async {
            called(&calls, 2).await;
            open.send_replace(true);
        };
        futures::join!(second, opens).0
    };
    let (first, second) = futures::join!(first, rest);
    assert_eq!((first.text(), second.text()), ("1", "2"));
    assert!(!first.cache().contains("stored") && second.cache().contains("stored"));
    assert_eq!(site.get("/a").await.text(), "2");
}
