//! Everything that a cache can be asked for, once each.

use std::future::pending;

use futures::TryStreamExt;
use futures::future::BoxFuture;
use region_cache::{Cache, EntryOptions, Key, Lookup, Result};

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
    "lookup that computes": |cache| match cache.region("shop").lookup::<i64>("leased").await? {
        Lookup::Hit(_) => {}
        Lookup::Miss(_miss) => pending::<()>().await,
    };
};
