//! Everything that a cache can be asked for, once each.

use std::future::pending;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use futures::future::{BoxFuture, join};
use region_cache::{
    BoxError, Cache, EntryOptions, Key, Lookup, RefreshAhead, Region, Result, loaded,
};
use tokio::task::yield_now;

/// Something that a cache can be asked for.
pub(crate) struct Act {
    pub(crate) name: &'static str,
    run: fn(Cache) -> BoxFuture<'static, Result<()>>,
}

impl Act {
    pub(crate) fn run(&self, cache: &Cache) -> BoxFuture<'static, Result<()>> {
        (self.run)(cache.clone())
    }
}

/// The keys that the acts use: some are there, some are not.
pub(crate) const KEYS: [&str; 5] = ["number", "other", "absent", "added", "leased"];

/// What is computed behind its caller, who may be gone when it is stored.
pub(crate) const BEHIND: &str = "behind";

macro_rules! acts {
    ($($name:literal: |$cache:ident| $act:expr;)*) => {
        &[$(Act {
            name: $name,
            run: |$cache| Box::pin(async move {
                $act;
                Ok(())
            }),
        }),*]
    };
}

/// Those that end by themselves.
pub(crate) const ACTS: &[Act] = acts! {
    "ping": |cache| cache.ping().await?;
    "get": |cache| cache.region("shop").get::<i64>("number").await?;
    "get of an absent key": |cache| cache.region("shop").get::<i64>("absent").await?;
    "get_many": |cache| cache.region("shop").get_many::<i64>(KEYS).await?;
    "contains": |cache| cache.region("shop").contains("number").await?;
    "ttl": |cache| cache.region("shop").ttl("number").await?;
    "len": |cache| cache.region("shop").len().await?;
    "keys": |cache| cache.region("shop").keys().try_collect::<Vec<Key>>().await?;
    "entries": |cache| cache.region("shop").entries().try_collect::<Vec<(Key, i64)>>().await?;
    "children": |cache| cache.region("shop").children().await?;
    "lookup of a present key": |cache| cache.region("shop").lookup::<i64>("number").await?;
    "lookup of an absent key": |cache| cache.region("shop").lookup::<i64>("leased").await?;
    "lookup beneath": |cache| cache.region("shop.catalog.42").lookup::<i64>("leased").await?;
    "two lookups of one key": |cache| {
        let shop = cache.region("shop");
        let _first = shop.lookup::<i64>("leased").await?;
        let _second = shop.lookup::<i64>("leased").await?;
    };
    "fill": |cache| match cache.region("shop").lookup::<i64>("leased").await? {
        Lookup::Hit(_) => {}
        Lookup::Miss(miss) => assert!(miss.fill(&1).await?),
    };
    "fill_with": |cache| match cache.region("shop.catalog").lookup::<i64>("leased").await? {
        Lookup::Hit(_) => {}
        Lookup::Miss(miss) => assert!(miss.fill_with(&1, EntryOptions::new().no_ttl()).await?),
    };
    "set": |cache| cache.region("shop").set("number", &2).await?;
    "set of a leased key": |cache| cache.region("shop").set("leased", &2).await?;
    "set_with": |cache| {
        cache.region("shop").set_with("number", &3, EntryOptions::new().no_ttl()).await?;
    };
    "set_many": |cache| cache.region("shop").set_many([("number", &4), ("absent", &4)]).await?;
    "add": |cache| cache.region("shop").add("added", &1).await?;
    "add over another type": |cache| {
        cache.region("shop").set("added", "text").await?;
        assert!(cache.region("shop").add("added", &1).await?);
    };
    "increment": |cache| cache.region("shop").increment("number", 1).await?;
    "increment of an absent key": |cache| cache.region("shop").increment("absent", 1).await?;
    "increment of another schema": |cache| {
        cache.region("shop").with(|o| o.schema("v2")).increment("other", 1).await?
    };
    "expire": |cache| cache.region("shop").expire("other").await?;
    "remove": |cache| cache.region("shop").remove("other").await?;
    "remove_many": |cache| cache.region("shop").remove_many(["absent", "added"]).await?;
    "transaction that reads": |cache| {
        cache.region("shop").transaction(async |t| t.get::<i64>("number").await).await?
    };
    "transaction that writes": |cache| {
        cache.region("shop").transaction(async |t| t.set("number", &5)).await?;
    };
    "transaction in several regions": |cache| {
        let catalog = cache.region("shop.catalog");
        cache.region("shop").transaction(async |t| {
            t.increment("number", 1).await?;
            t.region(&catalog).add("added", &1).await?;
            t.region("shop.catalog.42").get_many::<i64>(KEYS).await?;
            t.remove("leased");
            Ok(())
        }).await?;
    };
    "invalidate": |cache| cache.region("shop.catalog").invalidate().await?;
    "freed": |cache| cache.region("shop").invalidate().await?.freed().await?;
    "clear": |cache| cache.clear().await?.freed().await?;
    "get_or_compute of a present key": |cache| {
        cache.region("shop").get_or_compute("number", || slowly(7)).await?;
    };
    "get_or_compute of an absent key": |cache| {
        let shop = cache.region("shop");
        shop.remove("leased").await?;
        shop.get_or_compute("leased", || slowly(7)).await?;
    };
    "get_or_compute of an unreadable value": |cache| {
        let shop = cache.region("shop.catalog");
        shop.set("leased", "text").await?;
        shop.get_or_compute("leased", || slowly(7)).await?;
    };
    "get_or_compute that fails": |cache| {
        let shop = cache.region("shop.catalog.42");
        shop.remove("leased").await?;
        assert!(shop.get_or_compute("leased", fails).await.is_err());
    };
    "get_or_compute of two callers": |cache| {
        let shop = cache.region("shop");
        shop.remove("absent").await?;
        let both = [(); 2].map(|()| shop.get_or_compute("absent", || slowly(7)));
        let [one, two] = both;
        let (one, two) = join(one, two).await;
        assert_eq!((one?, two?), (7, 7));
    };
    "get_or_compute in a loader": |cache| {
        let shop = cache.region("shop");
        shop.remove_many(["leased", "absent"]).await?;
        shop.get_or_compute("leased", async || {
            loaded(shop.get_or_compute("absent", || slowly(7)).await?)
        }).await?;
    };
    "get_or_compute that is served a stale value": |cache| {
        let shop = cache.region("shop").with(|o| o.stale_for(MINUTE));
        shop.set("added", &7).await?;
        shop.expire("added").await?;
        assert_eq!(shop.get_or_compute("added", fails).await?, 7);
        shop.remove("added").await?;
    };
    "get_or_compute that refreshes": |cache| {
        refreshed(&cache).await?.get_or_compute("leased", || slowly(7)).await?;
    };
    "get_or_compute that cannot refresh": |cache| {
        refreshed(&cache).await?.get_or_compute("leased", fails).await?;
    };
    "get_or_insert_with": |cache| {
        let shop = cache.region("shop.catalog");
        shop.remove("leased").await?;
        shop.get_or_insert_with("leased", || async { 7 }).await?;
    };
    "get_or_compute_with": |cache| {
        let shop = cache.region("shop");
        shop.remove(BEHIND).await?;
        let options = EntryOptions::new().no_ttl();
        shop.get_or_compute_with(BEHIND, options, |_| slowly(7)).await?;
    };
    "get_or_compute_with that fails": |cache| {
        let shop = cache.region("shop");
        shop.remove(BEHIND).await?;
        let failed = shop.get_or_compute_with(BEHIND, EntryOptions::new(), |_| fails());
        assert!(failed.await.is_err());
    };
    "get_or_compute_many": |cache| {
        let shop = cache.region("shop");
        shop.remove_many(["leased", "absent"]).await?;
        shop.get_or_compute_many(KEYS, several).await?;
    };
    "get_or_compute_many of two callers": |cache| {
        let shop = cache.region("shop.catalog");
        shop.remove_many(["leased", "absent"]).await?;
        let backwards: Vec<&str> = KEYS.into_iter().rev().collect();
        let (one, two) = (shop.get_or_compute_many(KEYS, several), shop.get_or_compute_many(backwards, several));
        let (one, two) = join(one, two).await;
        one?;
        two?;
    };
    "build": |cache| {
        let builder = Cache::builder().backend(cache.backend());
        builder.build().await?
    };
};

/// Those that wait for ever, or fail in the end, and are only dropped.
pub(crate) const UNENDING_ACTS: &[Act] = acts! {
    "transaction that waits": |cache| {
        cache.region("shop").transaction(async |t| {
            t.increment("number", 1).await?;
            t.get_many::<i64>(KEYS).await?;
            pending::<Result<()>>().await
        }).await?;
    };
    "transaction in conflict": |cache| {
        let shop = cache.region("shop");
        shop.transaction(async |t| {
            t.get::<i64>("number").await?;
            shop.set("number", &6).await?;
            t.set("other", &6)
        }).await?;
    };
    "get_or_compute that waits": |cache| {
        let shop = cache.region("shop");
        shop.get_or_compute("leased", pending::<Result<i64>>).await?;
    };
    "get_or_compute that waits for itself": |cache| {
        let shop = cache.region("shop");
        let first = shop.get_or_compute("leased", pending::<Result<i64>>);
        let (one, two) = join(first, shop.get_or_compute("leased", || slowly(7))).await;
        assert!(one.is_err() && two.is_err());
    };
    "get_or_compute that waits for a lookup": |cache| {
        let shop = cache.region("shop");
        let _held = shop.lookup::<i64>("leased").await?;
        shop.get_or_compute("leased", || slowly(7)).await?;
    };
    "get_or_compute of another type that waits": |cache| {
        let shop = cache.region("shop");
        let first = shop.get_or_compute("leased", pending::<Result<i64>>);
        let second = shop.get_or_compute("leased", || slowly(String::from("text")));
        let (one, two) = join(first, second).await;
        assert!(one.is_err() && two.is_err());
    };
    "get_or_compute that refreshes for ever": |cache| {
        refreshed(&cache).await?.get_or_compute("leased", pending::<Result<i64>>).await?;
    };
    "get_or_compute_many that waits": |cache| {
        let shop = cache.region("shop");
        shop.get_or_compute_many(KEYS, |_| pending::<Result<Vec<(&str, i64)>>>()).await?;
    };
    "get_or_compute_many that waits for one key": |cache| {
        let shop = cache.region("shop");
        let first = shop.get_or_compute("leased", pending::<Result<i64>>);
        let (one, many) = join(first, shop.get_or_compute_many(KEYS, several)).await;
        assert!(one.is_err() && many.is_err());
    };
    "lookup that computes": |cache| match cache.region("shop").lookup::<i64>("leased").await? {
        Lookup::Hit(_) => {}
        Lookup::Miss(_miss) => pending::<()>().await,
    };
};

/// A loader with a pause.
async fn slowly<T>(value: T) -> Result<T, BoxError> {
    yield_now().await;
    Ok(value)
}

async fn fails() -> Result<i64, BoxError> {
    yield_now().await;
    Err("it failed".into())
}

/// A loader of several keys, which leaves one out.
async fn several(missing: Vec<&'static str>) -> Result<Vec<(&'static str, i64)>, BoxError> {
    yield_now().await;
    Ok(missing.into_iter().skip(1).map(|key| (key, 7)).collect())
}

/// A region with a value that is due for a refresh.
async fn refreshed(cache: &Cache) -> Result<Region> {
    let shop = cache.region("shop.catalog.42");
    shop.remove("leased").await?;
    let costly = || async {
        let began = Instant::now();
        while began.elapsed() < Duration::from_micros(10) {}
        slowly(7).await
    };
    shop.get_or_compute("leased", costly).await?;
    Ok(shop.with(|o| o.refresh_ahead(RefreshAhead::by_cost_times(1e18))))
}

const MINUTE: Duration = Duration::from_secs(60);
