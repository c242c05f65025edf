//! The leases of computations: renewed while their holder lives, taken over when it does not.

use std::time::Duration;

use region_cache::{BoxError, Region};
use region_cache_testkit::server::{Fsync, Server, poll_until};

use super::{Computation, LEASE_TIME, PATIENCE, lease_of, until};
use crate::redis::{ITEM, Two, fences, key, number, on, two};

#[tokio::test]
async fn a_lease_is_renewed_while_its_holder_computes() {
    let Two { server, here, there } = two().await;
    let computation = Computation::begin(&here.region(ITEM), 1).await;
    let mut last = lease_of(&server, ITEM).await.unwrap();
    for _ in 0..2 {
        let renewed = async || {
            let lease = lease_of(&server, ITEM).await.unwrap();
            (lease.2 > last.2).then_some(lease)
        };
        let next = poll_until(PATIENCE, "the deadline to move", renewed).await;
        assert_eq!((&next.0, &next.1), (&last.0, &last.1), "the same holder, the same stamp");
        // Long before it would have been over.
        assert!(next.2 - last.2 < millis(LEASE_TIME), "renewed after {} ms", next.2 - last.2);
        last = next;
    }
    assert_eq!(computation.end().await, 1);
    assert_eq!(lease_of(&server, ITEM).await, None, "it went with the fill");
    assert_eq!(number(&there.region(ITEM), "k").await, Some(1));
}

/// What a lease has made lives as long as it is needed, which may be longer than was thought.
#[tokio::test]
async fn what_a_lease_has_made_lives_as_long_as_it_is_renewed() {
    let Two { server, here, there } = two().await;
    let computation = Computation::begin(&here.region(ITEM), 1).await;
    let above = ["region-cache:{.}:roots".to_owned(), key('c', "shop"), key('c', "shop.catalog")];
    let made: Vec<String> = fences(ITEM).into_iter().chain(above).chain([key('l', ITEM)]).collect();
    for name in &made {
        assert_eq!(server.cli(&["PEXPIRE", name, "20000"]).await, "1", "{name} is there");
    }
    for name in &made {
        let lives = async || {
            let left: i64 = server.cli(&["PTTL", name]).await.parse().unwrap();
            (left > 40_000).then_some(())
        };
        poll_until(PATIENCE, &format!("{name} to live longer"), lives).await;
    }
    assert_eq!(computation.end().await, 1);
    assert_eq!(number(&there.region(ITEM), "k").await, Some(1));
}

/// A deadline that has passed is no loss as long as nobody has noticed.
#[tokio::test]
async fn a_holder_that_comes_late_renews_what_nobody_has_taken() {
    let Two { server, here, there } = two().await;
    let computation = Computation::begin(&here.region(ITEM), 1).await;
    server.age_entries(LEASE_TIME * 2).await;
    let aged = lease_of(&server, ITEM).await.unwrap();
    let renewed = async || {
        let lease = lease_of(&server, ITEM).await.unwrap();
        (lease.2 > aged.2 + millis(LEASE_TIME)).then_some(lease)
    };
    let lease = poll_until(PATIENCE, "the lease to live again", renewed).await;
    assert_eq!(lease.0, aged.0);
    assert_eq!(computation.end().await, 1);
    assert_eq!(number(&there.region(ITEM), "k").await, Some(1));
    assert_eq!((here.stats().fills, here.stats().refused_fills), (1, 0));
}

#[tokio::test]
async fn a_lease_past_its_deadline_is_taken_over_by_one_who_waits() {
    let Two { server, here, there } = two().await;
    let slow = Computation::begin(&here.region(ITEM), 1).await;
    let mut next = Computation::ask(&there.region(ITEM), 2);
    until(&there, "somebody to wait", |stats| stats.lease_waits == 1).await;
    // The holder lives, and may renew it before the other looks.
    let overtaken = async || {
        server.age_entries(LEASE_TIME + Duration::from_secs(1)).await;
        (there.stats().takeovers > 0).then_some(())
    };
    poll_until(PATIENCE, "the lease to be taken over", overtaken).await;
    next.begun().await;
    assert_eq!(next.end().await, 2);
    assert_eq!(slow.end().await, 1, "its caller has it all the same");
    assert_eq!((here.stats().fills, here.stats().refused_fills), (0, 1));
    assert_eq!(number(&here.region(ITEM), "k").await, Some(2));
}

#[tokio::test]
async fn a_holder_whose_connection_was_lost_keeps_its_lease() {
    let Two { server, here, there } = two().await;
    let computation = Computation::begin(&here.region(ITEM), 1).await;
    server.cli(&["CLIENT", "KILL", "TYPE", "normal"]).await;
    for cache in [&here, &there] {
        poll_until(PATIENCE, "a connection", async || cache.ping().await.ok()).await;
    }
    let mut other = Computation::ask(&there.region(ITEM), 2);
    until(&there, "somebody to wait", |stats| stats.lease_waits == 1).await;
    assert_eq!(computation.end().await, 1);
    assert!(!other.has_begun());
    assert_eq!(other.given().await, 1);
    assert_eq!(here.stats().fills, 1);
}

/// Not even one that has forgotten nothing: it may have been another's meanwhile.
#[tokio::test]
async fn a_holder_whose_server_was_restarted_has_lost_its_lease() {
    let server = Server::builder().appendonly(Fsync::Always).start().await;
    let Two { server, here, there } = on(server).await;
    let computation = Computation::begin(&here.region(ITEM), 1).await;
    assert!(lease_of(&server, ITEM).await.is_some());
    server.kill9();
    server.restart().await;
    assert!(lease_of(&server, ITEM).await.is_some(), "it remembers");
    for cache in [&here, &there] {
        poll_until(PATIENCE, "a connection", async || cache.ping().await.ok()).await;
    }
    let next = Computation::begin(&there.region(ITEM), 2).await;
    assert_eq!(computation.end().await, 1);
    assert_eq!(here.stats().refused_fills, 1);
    assert_eq!(next.end().await, 2);
    assert_eq!(number(&here.region(ITEM), "k").await, Some(2));
}

/// A holder that ends without a value gives the lease back: nobody waits for its deadline.
#[tokio::test]
async fn a_holder_that_fails_or_is_cancelled_leaves_the_lease_to_the_next() {
    let Two { server, here, there } = two().await;
    for end in ["cancelled", "failed", "panicked"] {
        let (region, other) = (here.region(ITEM), there.region(ITEM));
        match end {
            "cancelled" => drop(Computation::begin(&region, 1).await),
            "failed" => {
                let failing = async || Err::<i64, BoxError>("no such thing".into());
                assert!(region.get_or_compute("k", failing).await.unwrap_err().is_compute());
            }
            _ => assert!(panicking(&region).await.is_panic()),
        }
        let released = async || lease_of(&server, ITEM).await.is_none().then_some(());
        poll_until(LEASE_TIME / 2, &format!("the lease of what {end}"), released).await;
        assert_eq!(Computation::begin(&other, 2).await.end().await, 2);
        assert!(other.remove("k").await.unwrap());
    }
    assert_eq!((there.stats().takeovers, there.stats().lease_waits), (0, 0));
}

/// Who computes several keys does not keep those that it has from others for long, while it waits for
/// another: the other's computation may need one of them.
#[tokio::test]
async fn the_leases_of_many_keys_are_given_back_while_one_of_them_is_waited_for() {
    let Two { server, here, there } = two().await;
    let region = there.region(ITEM);
    // The second of the two keys is computed by another process.
    let first = Computation::begin(&here.region(ITEM), 1).await;
    let many = region.get_or_compute_many(["a", "k"], async |missing: Vec<&'static str>| {
        Ok::<_, BoxError>(missing.into_iter().map(|key| (key, 2)).collect::<Vec<(_, i64)>>())
    });
    let is_held = async || server.cli(&["HEXISTS", &key('l', ITEM), "a"]).await == "1";
    let given_back = async {
        let held = async || is_held().await.then_some(());
        poll_until(PATIENCE, "the lease of the first key", held).await;
        let free = async || (!is_held().await).then_some(());
        poll_until(LEASE_TIME, "the first key to be free again", free).await;
        first.end().await
    };
    let (values, one) = futures::join!(many, given_back);
    assert_eq!((values.unwrap(), one), (vec![Some(2), Some(1)], 1));
}

async fn panicking(region: &Region) -> region_cache::Error {
    let panics = || async { panic!("on purpose") };
    region.get_or_insert_with::<i64, _, _>("k", panics).await.unwrap_err()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap()
}
