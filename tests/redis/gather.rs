//! Reads that come together go together.

use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::{join, join_all};
use region_cache::Region;
use region_cache_testkit::server::Server;
use tokio::runtime::{Builder, Runtime};

use super::{Two, connect, key, two};

/// More than are read for at once.
const MANY: i64 = 1_000;

#[tokio::test]
async fn everybody_is_given_their_own() {
    let Two { server, here, there } = two().await;
    let region = |n: i64| there.region("shop.catalog").region(&format!("r{}", n % 7));
    for n in 0..MANY {
        here.region("shop.catalog").region(&format!("r{}", n % 7)).set(n, &n).await.unwrap();
    }
    let regions: Vec<Region> = (0..MANY).map(region).collect();
    let one = join_all((0..MANY).zip(&regions).map(|(n, region)| region.get::<i64>(n)));
    let several =
        join_all((0..MANY).zip(&regions).map(|(n, region)| region.get_many([n, n + 1, n])));
    let lives = join_all((0..MANY).zip(&regions).map(|(n, region)| region.ttl(n)));
    let absent = join_all(regions.iter().map(|region| region.get::<i64>("absent")));
    let ((one, several), (lives, absent)) = join(join(one, several), join(lives, absent)).await;
    for (n, found) in (0..MANY).zip(one) {
        assert_eq!(found.unwrap(), Some(n));
    }
    for (n, found) in (0..MANY).zip(several) {
        assert_eq!(found.unwrap(), [Some(n), None, Some(n)]);
    }
    assert!(lives.into_iter().all(|left| left.unwrap().is_some_and(|left| !left.is_zero())));
    assert!(absent.into_iter().all(|found| found.unwrap().is_none()));
    drop(server);
}

/// Fails where everybody sends for themselves, and where the same is asked for twice.
#[tokio::test]
async fn company_shares_its_requests() {
    let Two { server, here, there } = two().await;
    let (item, other) = (there.region("shop.catalog.42"), there.region("shop.orders"));
    here.region("shop.catalog.42").set("k", &1).await.unwrap();
    assert_eq!(item.get::<i64>("k").await.unwrap(), Some(1));
    let mut monitor = server.monitor().await;
    let reads = (0..100).flat_map(|_| [item.get::<i64>("k"), other.get::<i64>("k")]);
    for found in join_all(reads).await.chunks(2) {
        let found: Vec<Option<i64>> = found.iter().map(|f| f.clone().unwrap()).collect();
        assert_eq!(found, [Some(1), None]);
    }
    let lines = monitor.lines().await;
    let sent = |command: &str| lines.iter().filter(|line| line.contains(command)).count();
    // The first goes alone, and the others together: one `HMGET` a region.
    assert!(sent("\"HMGET\"") <= 5, "{lines:#?}");
    assert!(sent("\"INFO\"") <= 5 && sent("\"MGET\"") <= 5, "{lines:#?}");
}

#[tokio::test]
async fn who_cannot_be_read_for_spoils_nobody_elses_read() {
    let Two { server, here, there } = two().await;
    here.region("shop.good").set("k", &1).await.unwrap();
    server.cli(&["SET", &key('h', "shop.bad"), "somebody else's"]).await;
    let (good, bad) = (there.region("shop.good"), there.region("shop.bad"));
    let reads = (0..20).flat_map(|_| [good.get::<i64>("k"), bad.get::<i64>("k")]);
    for (n, found) in join_all(reads).await.into_iter().enumerate() {
        match n % 2 {
            0 => assert_eq!(found.unwrap(), Some(1)),
            _ => assert!(found.unwrap_err().is_wrong_type()),
        }
    }
}

#[tokio::test]
async fn who_leaves_takes_nobody_along() {
    let Two { server, here, .. } = two().await;
    let region = here.region("shop");
    region.set("k", &1).await.unwrap();
    let mut reads: Vec<_> = (0..50).map(|_| Box::pin(region.get::<i64>("k"))).collect();
    for read in &mut reads {
        assert!(read.now_or_never().is_none(), "it needs the server");
    }
    // Among them the one who reads for itself, and the one who began the task for the others.
    let stay = reads.split_off(25);
    drop(reads);
    for found in join_all(stay).await {
        assert_eq!(found.unwrap(), Some(1));
    }
    drop(server);
}

/// The task that reads for others ends with its runtime, and the next one begins another.
#[test]
fn a_runtime_that_ends_leaves_nobody_waiting() {
    // What is begun on the first one is never gone on with.
    let first = Builder::new_current_thread().enable_all().build().unwrap();
    let second = Runtime::new().unwrap();
    let (server, cache) = second.block_on(async {
        let server = Server::start().await;
        let cache = connect(&server).await;
        cache.region("shop").set("k", &1).await.unwrap();
        (server, cache)
    });
    let region = cache.region("shop");
    let mut reads: Vec<_> = (0..50).map(|_| Box::pin(region.get::<i64>("k"))).collect();
    first.block_on(async {
        for read in &mut reads {
            assert!(read.now_or_never().is_none(), "it needs the server");
        }
    });
    drop(first);
    second.block_on(async {
        let began = Instant::now();
        for found in join_all((0..50).map(|_| region.get::<i64>("k"))).await {
            assert_eq!(found.unwrap(), Some(1));
        }
        assert!(began.elapsed() < Duration::from_secs(20), "they waited for who is not there");
    });
    drop((reads, server));
}
