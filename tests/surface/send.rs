//! Every future is `Send`, so that it can be awaited in a task: this file needs only to compile.

use std::collections::HashMap;
use std::time::Duration;

use futures::Stream;
use region_cache::codec::Json;
use region_cache::{
    Binding, BoxError, Cache, CacheBuilder, Clock, Counter, Emitted, Entries, EntryOptions, Error,
    Event, EventStream, Fall, Invalidated, Key, Keys, Loading, Lookup, Members, Miss, Patterns,
    Region, RegionOptions, Result, SetOf, Signal, Stats, Transaction, global, loaded,
};
use tokio::task::{JoinSet, yield_now};

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
    shared::<Loading<String>>();
    shared::<Key>();
    shared::<Error>();
    shared::<Clock>();
    shared::<Stats>();
    shared::<RegionOptions>();
    shared::<EntryOptions>();
    shared::<Binding>();
    shared::<Signal>();
    shared::<Patterns>();
    shared::<Fall>();
    shared::<Event>();
    shared::<Emitted>();
    streams::<EventStream>();
    streams::<Keys>();
    streams::<Entries<String>>();
    shared::<Counter>();
    shared::<SetOf<String>>();
    streams::<Members<'_, String>>();
}

#[test]
fn every_future_of_a_counter_and_of_a_set_can_be_sent() {
    let shop = Cache::in_memory().region("shop");
    let plain = shop.counter("n");
    sent(plain.get());
    sent(plain.increment(1));
    sent(plain.decrement(1));
    let name = String::from("borrowed");
    let computed = plain.computed(async || Ok::<_, BoxError>(name.len() as i64));
    sent(computed.get());
    sent(computed.peek());
    sent(computed.set(1));
    sent(computed.increment(1));
    sent(computed.decrement(1));
    sent(computed.remove());
    let tags = shop.set_of::<String>("tags");
    drop(tags.members());
    let computed = tags.computed(async || Ok::<_, BoxError>(vec![name.clone()]));
    sent(computed.contains(&name));
    sent(computed.add(&name));
    sent(computed.remove(&name));
    sent(computed.len());
    sent(computed.is_empty());
    sent(computed.invalidate());
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
fn every_future_that_computes_can_be_sent() {
    let (shop, name) = (Cache::in_memory().region("shop"), String::from("anvil"));
    let mut runs = 0;
    sent(shop.get_or_compute("k", || load(name.clone())));
    sent(shop.get_or_compute("k", async || loaded(name.len())));
    sent(shop.get_or_compute("k", async || -> Result<_, BoxError> { Ok(name.len()) }));
    sent(shop.get_or_compute("k", || async move { loaded(1) }));
    sent(shop.get_or_compute("k", || {
        runs += 1;
        load(runs)
    }));
    sent(shop.get_or_compute("k", async || shop.get_or_compute("l", || load(1)).await));
    sent(shop.get_or_insert_with("k", async || name.len()));
    sent(shop.get_or_insert_with("k", || async { 1 }));
    sent(shop.get_or_compute_with("k", EntryOptions::new(), |_| load(1)));
    sent(shop.get_or_compute_with("k", EntryOptions::new(), async |loading: Loading<i64>| {
        loading.set_ttl(Duration::from_secs(1));
        loaded(loading.unchanged().unwrap_or(1))
    }));
    sent(shop.get_or_compute_with("k", EntryOptions::new(), |loading| async move {
        loading.set_version("v1");
        load(loading.stale().copied().unwrap_or(1)).await
    }));
    let names = &name;
    sent(shop.get_or_compute_many([1_u64, 2], |missing| load_all(missing, names)));
    sent(shop.get_or_compute_many(["k", "l"], async |missing| {
        loaded(missing.into_iter().map(|key| (key, names.clone())))
    }));
    sent(shop.get_or_compute_many(vec![name.clone()], |missing| async move {
        load(missing.into_iter().map(|key| (key, 1)).collect::<HashMap<_, _>>()).await
    }));
}

#[tokio::test]
async fn every_computation_can_be_a_task() {
    let mut tasks = JoinSet::new();
    let shop = Cache::in_memory().region("shop");
    let own = shop.clone();
    tasks.spawn(async move { own.get_or_compute("a", || load(1)).await });
    let own = shop.clone();
    tasks.spawn(async move { own.get_or_compute("b", async || loaded(1)).await });
    let own = shop.clone();
    tasks.spawn(async move { own.get_or_compute("c", || async move { loaded(1) }).await });
    let own = shop.clone();
    tasks.spawn(async move {
        let parts = [String::from("d"), String::from("e")];
        let sum = own.get_or_compute("sum", async || {
            let mut sum = 0;
            for part in &parts {
                sum += own.get_or_compute(part, async || loaded(part.len())).await?;
            }
            loaded(sum)
        });
        Ok(if sum.await? == 2 { 1 } else { 0 })
    });
    let own = shop.clone();
    tasks.spawn(async move { own.get_or_insert_with("f", async || 1).await });
    let own = shop.clone();
    tasks.spawn(async move {
        own.get_or_compute_with("g", EntryOptions::new(), |_| async move { loaded(1) }).await
    });
    let own = shop.clone();
    tasks.spawn(async move {
        let names = String::from("name");
        let all = own.get_or_compute_many([1_u64], |missing| load_all(missing, &names)).await?;
        Ok(if all == [Some(names)] { 1 } else { 0 })
    });
    for ended in tasks.join_all().await {
        assert_eq!(ended.unwrap(), 1);
    }
}

async fn load<T>(value: T) -> Result<T, std::io::Error> {
    yield_now().await;
    Ok(value)
}

async fn load_all(missing: Vec<u64>, name: &str) -> Result<Vec<(u64, String)>, BoxError> {
    yield_now().await;
    Ok(missing.into_iter().map(|key| (key, name.to_owned())).collect())
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
fn every_future_of_signals_can_be_sent() {
    let (cache, name) = (Cache::in_memory(), String::from("a"));
    let shop = cache.region("shop");
    sent(cache.emit("a"));
    sent(cache.emit(&name));
    sent(cache.emit(Signal::new("a")));
    sent(cache.subscribe(&name));
    sent(shop.invalidate_on("a"));
    sent(shop.invalidate_on(["a", "b"]));
    sent(shop.invalidate_on(Patterns::from("a").below("{id}")));
    sent(shop.invalidate_on_with("a", |_| Fall::all()));
    sent(shop.bindings());
    sent(async { shop.invalidate_on("a").await?.unbind().await });
}

#[test]
fn every_future_around_a_commit_can_be_sent() {
    let (cache, name) = (Cache::in_memory(), String::from("a"));
    let shop = cache.region("shop");
    sent(cache.after_commit(async || commit(&name).await));
    sent(cache.after_commit(|| async { commit(&name).await }));
    sent(cache.after_commit(|| commit("a")));
    sent(shop.guarded(async || commit(&name).await));
    sent(shop.guarded(|| async { commit(&name).await }));
    sent(shop.guarded(|| commit("a")));
    sent(cache.after_commit(async || {
        shop.invalidate().await?;
        shop.guarded(async || commit(&name).await).await
    }));
}

async fn commit(of: &str) -> Result<usize, BoxError> {
    yield_now().await;
    Ok(of.len())
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
