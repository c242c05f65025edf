//! How a cache in a file ends, and where it lives.

use futures::executor::block_on;
use region_cache::{Cache, Error};

use super::{Place, until};

#[tokio::test]
async fn after_a_shutdown_the_file_can_be_opened_at_once() {
    let place = Place::new();
    for round in 0..20 {
        let cache = place.open().await;
        let shop = cache.region("shop");
        assert_eq!(shop.increment("k", 1).await.unwrap(), round + 1);
        cache.shutdown().await;
        // The handle is still there, and of no use.
        let error = shop.get::<i64>("k").await.unwrap_err();
        assert!(error.is_closed(), "{error:?}");
    }
}

#[tokio::test]
async fn when_the_last_handle_is_dropped_the_file_can_be_opened_at_once() {
    let place = Place::new();
    for round in 0..20 {
        let shop = place.open().await.region("shop");
        assert_eq!(shop.increment("k", 1).await.unwrap(), round + 1);
    }
}

#[tokio::test]
async fn a_transaction_that_is_left_open_keeps_no_file() {
    let place = Place::new();
    let cache = place.open().await;
    let region = region_cache::backend::Address::parse("region-cache", "shop").unwrap();
    let session = cache.backend().begin(&region).await.unwrap();
    drop(cache);
    place.open().await.region("shop").set("k", &1).await.unwrap();
    assert!(session.commit(Vec::new()).await.unwrap_err().is_closed());
}

#[test]
fn it_works_without_a_runtime() {
    let place = Place::new();
    block_on(async {
        let cache = Cache::connect(&place.url()).await.unwrap();
        let shop = cache.region("shop");
        shop.set("k", &1).await.unwrap();
        assert_eq!(shop.get_or_compute("k", || async { Ok::<_, Error>(2) }).await.unwrap(), 1);
        assert_eq!(shop.get_or_compute("l", || async { Ok::<_, Error>(2) }).await.unwrap(), 2);
        shop.invalidate().await.unwrap().freed().await.unwrap();
        assert_eq!(shop.len().await.unwrap(), 0);
        cache.shutdown().await;
        assert!(Cache::connect(&place.url()).await.is_ok());
    });
}

#[test]
fn it_goes_from_one_runtime_to_the_next() {
    let place = Place::new();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cache = runtime().block_on(place.open());
    runtime().block_on(async { cache.region("shop").set("k", &1).await.unwrap() });
    let found = runtime().block_on(async { cache.region("shop").get::<i64>("k").await.unwrap() });
    assert_eq!(found, Some(1));
}

#[tokio::test]
async fn one_that_connects_lazily_waits_for_its_turn() {
    let place = Place::new();
    let first = place.open().await;
    let second = place.builder().connect_lazily(true).build().await.unwrap();
    let error = second.region("shop").set("k", &1).await.unwrap_err();
    assert!(error.is_unavailable() && error.to_string().contains("in use"), "{error}");
    let error = second.region("shop").get::<i64>("k").await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    // What it cannot store it computes.
    let load = || async { Ok::<_, Error>(7) };
    assert_eq!(second.region("shop").get_or_compute("k", load).await.unwrap(), 7);
    drop(first);
    until("it is open", async || Ok(second.region("shop").set("k", &1).await.is_ok())).await;
    assert_eq!(second.region("shop").get::<i64>("k").await.unwrap(), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_share_the_cost_of_a_flush() {
    let place = Place::new();
    let cache = place.open().await;
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..64 {
        let shop = cache.region("shop").region(&format!("t{task}"));
        tasks.spawn(async move {
            for number in 0..20 {
                shop.set(number, &number).await.unwrap();
                assert_eq!(shop.get::<i64>(number).await.unwrap(), Some(number));
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(cache.stats().entries, 64 * 20);
}
