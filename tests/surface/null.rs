//! `null:` stores nothing, and programs behave the same, only slower.

use futures::StreamExt;
use region_cache::{Cache, Lookup};

#[tokio::test]
async fn nothing_is_kept() {
    let cache = Cache::connect("null:").await.unwrap();
    let shop = cache.region("shop");
    shop.set("k", &1).await.unwrap();
    shop.set_many([("k", &1), ("l", &2)]).await.unwrap();
    assert_eq!(shop.get::<i64>("k").await.unwrap(), None);
    assert_eq!(shop.get_many::<i64>(["k", "l"]).await.unwrap(), [None, None]);
    assert!(!shop.contains("k").await.unwrap());
    assert_eq!(shop.ttl("k").await.unwrap(), None);
    assert_eq!(shop.len().await.unwrap(), 0);
    assert_eq!(shop.keys().count().await, 0);
    assert_eq!(shop.entries::<i64>().count().await, 0);
    assert_eq!(shop.children().await.unwrap(), []);
    assert_eq!(cache.root().children().await.unwrap(), []);
}

#[tokio::test]
async fn every_change_succeeds_as_on_an_absent_key() {
    let shop = Cache::connect("null:").await.unwrap().region("shop");
    for _ in 0..2 {
        assert!(shop.add("k", &1).await.unwrap());
        assert_eq!(shop.increment("k", 5).await.unwrap(), 5);
        assert!(!shop.remove("k").await.unwrap());
        assert!(!shop.expire("k").await.unwrap());
        assert_eq!(shop.remove_many(["k", "l"]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn every_lookup_is_a_miss_that_may_compute() {
    let shop = Cache::connect("null:").await.unwrap().region("shop");
    for _ in 0..2 {
        match shop.lookup::<i64>("k").await.unwrap() {
            Lookup::Hit(_) => panic!("nothing is kept"),
            Lookup::Miss(miss) => {
                assert!(miss.holds_lease());
                assert!(!miss.fill(&1).await.unwrap());
            }
        }
    }
}

#[tokio::test]
async fn a_transaction_sees_its_own_writes() {
    let shop = Cache::connect("null:").await.unwrap().region("shop");
    let seen = shop
        .transaction(async |t| {
            t.set("k", &1)?;
            t.increment("k", 1).await?;
            t.get::<i64>("k").await
        })
        .await;
    assert_eq!(seen.unwrap(), Some(2));
    assert_eq!(shop.get::<i64>("k").await.unwrap(), None);
}

#[tokio::test]
async fn there_is_nothing_to_invalidate() {
    let cache = Cache::connect("null:").await.unwrap();
    cache.region("shop").set("k", &1).await.unwrap();
    assert_eq!(cache.region("shop").invalidate().await.unwrap().freed().await.unwrap(), 0);
    assert_eq!(cache.clear().await.unwrap().freed().await.unwrap(), 0);
    cache.ping().await.unwrap();
}

#[tokio::test]
async fn mistakes_are_mistakes_all_the_same() {
    let cache = Cache::connect("null:").await.unwrap();
    let shop = cache.region("shop").with(|o| o.max_value_bytes(10));
    assert!(cache.region("a b").get::<i64>("k").await.unwrap_err().is_invalid_name());
    assert!(shop.set("k", &"x".repeat(11)).await.unwrap_err().is_too_large());
    let error = shop.transaction(async |t| t.region("blog").set("k", &1)).await.unwrap_err();
    assert!(error.is_cross_root());
    cache.clone().shutdown().await;
    assert!(shop.get::<i64>("k").await.unwrap_err().is_closed());
}
