//! Every future is `Send`, so that it can be awaited in a task: this file needs only to compile.

use futures::Stream;
use region_cache::codec::Json;
use region_cache::{
    Cache, CacheBuilder, Clock, Entries, EntryOptions, Error, Invalidated, Key, Keys, Lookup, Miss,
    Region, RegionOptions, Result, Stats, Transaction, global,
};

#[test]
fn every_handle_can_be_shared_and_sent() {
    fn shared<T: Send + Sync + 'static>() {}
    fn streams<T: Stream + Send + Unpin + 'static>() {}

    shared::<Cache>();
    shared::<CacheBuilder>();
    shared::<Region>();
    shared::<Transaction>();
    shared::<Invalidated>();
    shared::<Miss<String>>();
    shared::<Lookup<String>>();
    shared::<Key>();
    shared::<Error>();
    shared::<Clock>();
    shared::<Stats>();
    shared::<RegionOptions>();
    shared::<EntryOptions>();
    streams::<Keys>();
    streams::<Entries<String>>();
}

#[test]
fn every_future_of_a_region_can_be_sent() {
    let shop = Cache::in_memory().region("shop");
    sent(shop.get::<String>("k"));
    sent(shop.set("k", "text"));
    sent(shop.set("k", &[1, 2][..]));
    sent(shop.set_with("k", &1, EntryOptions::new().codec(Json)));
    sent(shop.add("k", &1));
    sent(shop.remove("k"));
    sent(shop.contains("k"));
    sent(shop.get_many::<String>(["k", "l"]));
    sent(shop.get_many::<String>(vec![Key::from(1)]));
    sent(shop.set_many([("k", &1), ("l", &2)]));
    sent(shop.remove_many(["k", "l"]));
    sent(shop.increment("k", 1));
    sent(shop.expire("k"));
    sent(shop.ttl("k"));
    sent(shop.len());
    sent(shop.children());
    sent(shop.lookup::<String>("k"));
    sent(shop.invalidate());
    sent(async { shop.invalidate().await?.freed().await });
    sent(async {
        match shop.lookup("k").await? {
            Lookup::Hit(name) => Ok(name),
            Lookup::Miss(miss) => {
                let name = miss.stale().cloned().unwrap_or_default();
                miss.fill(&name).await?;
                Ok::<String, Error>(name)
            }
        }
    });
    sent(async {
        match shop.lookup::<String>("k").await? {
            Lookup::Hit(_) => Ok(true),
            Lookup::Miss(miss) => miss.fill_with("text", EntryOptions::new()).await,
        }
    });
}

#[test]
fn every_future_of_a_transaction_can_be_sent() {
    let (shop, key) = (Cache::in_memory().region("shop"), String::from("k"));
    sent(shop.transaction(async |t| t.set(&key, &1)));
    sent(shop.transaction(|t| async move { t.set("k", &1) }));
    sent(shop.transaction(everything));
    let mut runs = 0;
    sent(shop.transaction(|t| {
        runs += 1;
        everything(t)
    }));
}

async fn everything(t: Transaction) -> Result<()> {
    t.get::<String>("k").await?;
    t.get_many::<String>(["k", "l"]).await?;
    t.contains("k").await?;
    t.add("k", "text").await?;
    t.increment("n", 1).await?;
    t.set("k", "text")?;
    t.set_with("k", "text", EntryOptions::new())?;
    t.region("shop.catalog").remove("k");
    t.expire("k");
    Ok(())
}

#[test]
fn every_future_of_a_cache_can_be_sent() {
    let cache = Cache::in_memory();
    sent(Cache::connect("memory:"));
    sent(Cache::builder().build());
    sent(cache.clear());
    sent(cache.ping());
    sent(cache.root().children());
    sent(cache.clone().shutdown());
    let _: fn() -> Cache = global;
}

fn sent<F: Future + Send>(future: F) {
    drop(future);
}
