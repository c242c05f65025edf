//! The connections that a cache holds: how many, and what becomes of those that lead nowhere.

use std::time::{Duration, Instant};

use futures::future::{join_all, try_join_all};
use region_cache::{Cache, Region};
use region_cache_testkit::proxy::{Direction, Fault, Kind, Proxy, Scope};
use region_cache_testkit::server::{Server, poll_until};

#[tokio::test]
async fn transactions_at_once_share_a_few_lines() {
    let Scene { _server, proxy, cache } = Scene::new().await;
    let region = cache.region("shop");
    region.set("k", &1).await.unwrap();
    proxy.reset_counts();
    let regions: Vec<Region> = (0..200).map(|n| region.region(&n.to_string())).collect();
    try_join_all(regions.iter().map(add)).await.unwrap();
    let lines = proxy.connections();
    assert!(lines <= 64, "200 transactions at once took {lines} connections");
}

#[tokio::test]
async fn lines_that_lead_nowhere_do_not_fail_one_transaction_each() {
    let Scene { _server, proxy, cache } = Scene::new().await;
    let region = cache.region("shop");
    let regions: Vec<Region> = (0..8).map(|n| region.region(&n.to_string())).collect();
    try_join_all(regions.iter().map(add)).await.unwrap();
    assert!(proxy.open_connections() > 4, "there is a line for each");

    // What stands between has forgotten the connections. New ones work at once.
    proxy.inflict_on(Scope::Existing, Fault::BlackHole(Direction::Both));
    let start = Instant::now();
    let mut failed = 0;
    while add(&region).await.is_err() {
        failed += 1;
    }
    let time = start.elapsed();
    println!("{failed} transactions failed in {time:?}");
    assert!(proxy.fired(Kind::BlackHole) > 0);
    assert!(time < TIMEOUT + Duration::from_secs(1), "{failed} failed, for {time:?}");
}

#[tokio::test]
async fn a_shutdown_is_not_kept_waiting_by_a_line_that_leads_nowhere() {
    let Scene { _server, proxy, cache } = Scene::new().await;
    let region = cache.region("shop");
    add(&region).await.unwrap();
    proxy.inflict(Fault::BlackHole(Direction::Both));
    // Some wait for an answer, and a lease is to be given back.
    let (waiting, shutting) = (cache.clone(), cache.clone());
    let start = Instant::now();
    let wait = join_all((0..4).map(|n: i64| {
        let region = waiting.region("shop");
        async move { region.get::<i64>(n).await.map(drop) }
    }));
    let (gets, ()) = futures::join!(wait, shutting.shutdown());
    assert!(gets.iter().all(Result::is_err));
    assert!(start.elapsed() < 2 * TIMEOUT + Duration::from_secs(1), "{:?}", start.elapsed());
    assert!(region.set("k", &1).await.unwrap_err().is_closed());
    proxy.heal();
    let closed = async || (proxy.open_connections() == 0).then_some(());
    poll_until(SOON, "the lines to be closed", closed).await;
}

#[tokio::test]
async fn a_cache_that_is_dropped_closes_its_lines() {
    let Scene { _server, proxy, cache } = Scene::new().await;
    let region = cache.region("shop");
    let regions: Vec<Region> = (0..4).map(|n| region.region(&n.to_string())).collect();
    try_join_all(regions.iter().map(add)).await.unwrap();
    drop((cache, region, regions));
    let closed = async || (proxy.open_connections() == 0).then_some(());
    poll_until(SOON, "the lines to be closed", closed).await;
}

#[tokio::test]
async fn a_transaction_whose_read_is_not_answered_waits_once() {
    let Scene { _server, proxy, cache } = Scene::new().await;
    let region = cache.region("shop");
    add(&region).await.unwrap();
    proxy.inflict(Fault::BlackHole(Direction::Both));
    let start = Instant::now();
    assert!(add(&region).await.unwrap_err().is_timeout());
    let time = start.elapsed();
    assert!(time < TIMEOUT * 3 / 2, "it waited for {time:?}");
}

/// A reply that ends in the middle says no more than none.
#[tokio::test]
async fn a_change_whose_answer_is_cut_off_is_in_doubt() {
    let Scene { _server, proxy, cache } = Scene::new().await;
    let region = cache.region("shop");
    for change in ["set", "increment", "remove", "expire", "invalidate", "transaction"] {
        for bytes in 0..8 {
            poll_until(SOON, "a line", async || add(&region).await.ok()).await;
            proxy.inflict(Fault::CutAfter { direction: Direction::Down, bytes });
            let result = match change {
                "set" => region.set("k", &1).await,
                "increment" => region.increment("k", 1).await.map(drop),
                "remove" => region.remove("sum").await.map(drop),
                "expire" => region.expire("sum").await.map(drop),
                "invalidate" => region.invalidate().await.map(drop),
                "transaction" => region.transaction(async |t| t.set("k", &1)).await,
                other => panic!("{other}?"),
            };
            proxy.heal();
            let error = match result {
                // The heartbeat was cut off instead, or the answer is shorter than that.
                Ok(()) => continue,
                Err(error) => error,
            };
            // A transaction may have lost what it asked before it changed anything.
            let is_known = change == "transaction" && error.is_unavailable();
            assert!(
                error.is_unconfirmed() || is_known,
                "`{change}` after {bytes} bytes: {error:?}"
            );
        }
    }
}

struct Scene {
    _server: Server,
    proxy: Proxy,
    cache: Cache,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start().await;
        let proxy = Proxy::to(server.address()).await;
        let cache = Cache::builder().url(proxy.url()).operation_timeout(TIMEOUT);
        Self { _server: server, cache: cache.build().await.unwrap(), proxy }
    }
}

async fn add(region: &Region) -> region_cache::Result<i64> {
    region.transaction(async |t| t.increment("sum", 1).await).await
}

const TIMEOUT: Duration = Duration::from_millis(300);
const SOON: Duration = Duration::from_secs(2);
