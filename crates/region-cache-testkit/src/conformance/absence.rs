//! One meaning of "absent" for all operations.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use futures::TryStreamExt;
use region_cache::backend::{Act, Change, Draft, Expiry, When};
use region_cache::{Cache, Key, Region, Result};

use super::samples::{HOUR, MINUTE, Scrambled, miss, sorted_keys};
use super::{Case, World};
use crate::backends::{Damage, Spoiling};

#[doc(hidden)]
#[macro_export]
macro_rules! absence {
    ($fixture:ty) => {
        $crate::cases! { $fixture, absence:
            what_was_never_set_is_absent
            what_was_removed_is_absent
            what_has_expired_is_absent
            what_was_expired_by_hand_is_absent
            what_is_kept_as_a_stale_value_is_absent
            what_was_in_a_region_that_ended_is_absent
            what_was_invalidated_is_absent
            what_was_invalidated_from_above_is_absent
            what_was_cleared_is_absent
            what_has_another_schema_is_absent
            what_has_no_schema_is_absent_where_one_is_asked_for
            what_an_unknown_codec_stored_is_absent
            what_is_longer_than_allowed_is_absent
            what_is_damaged_is_absent
            a_damaged_integer_is_absent
            what_another_type_was_stored_as_is_absent_to_who_asks_for_a_type
        }
    };
}

pub const SOURCE: &str = include_str!("absence.rs");

/// A key for each operation, since asking changes some of them.
const KEYS: [&str; 14] = [
    "get",
    "contains",
    "ttl",
    "remove",
    "expire",
    "remove many",
    "add",
    "increment",
    "lookup",
    "t get",
    "t contains",
    "t add",
    "t increment",
    "set",
];

/// Stores something under each key.
async fn set_all(region: &Region) -> Result<()> {
    region.set_many(KEYS.map(|key| (key, &1))).await
}

/// Asks every operation about the keys, each of which should be absent.
async fn all_are_absent(region: &Region) -> Result<()> {
    assert_eq!(region.get_many::<i64>(KEYS).await?, [None; KEYS.len()]);
    assert_eq!(region.len().await?, 0, "len");
    assert_eq!(sorted_keys(region).await?, [], "keys");
    let entries: Vec<(Key, i64)> = region.entries().try_collect().await?;
    assert_eq!(entries, [], "entries");

    assert_eq!(region.get::<i64>("get").await?, None);
    assert!(!region.contains("contains").await?);
    assert_eq!(region.ttl("ttl").await?, None);
    assert!(!region.remove("remove").await?);
    assert!(!region.expire("expire").await?);
    assert_eq!(region.remove_many(["remove many"]).await?, 0);
    assert!(region.add("add", &2).await?);
    assert_eq!(region.increment("increment", 3).await?, 3);
    let lookup = miss(region, "lookup").await?;
    assert!(lookup.holds_lease() && lookup.fill(&4).await?, "lookup");
    region.set("set", &5).await?;
    region
        .transaction(async |t| {
            assert_eq!(t.get_many::<i64>(["t get", "t add"]).await?, [None, None]);
            assert_eq!(t.get::<i64>("t get").await?, None);
            assert!(!t.contains("t contains").await?);
            assert!(t.add("t add", &6).await?);
            assert_eq!(t.increment("t increment", 7).await?, 7);
            Ok(())
        })
        .await?;

    // Whatever was there is overwritten, and what is there now is present for good.
    let stored = [("add", 2), ("increment", 3), ("lookup", 4), ("set", 5), ("t add", 6)];
    for (key, value) in stored.into_iter().chain([("t increment", 7)]) {
        assert_eq!(region.get(key).await?, Some(value), "{key}");
        assert!(region.contains(key).await?, "{key}");
    }
    assert_eq!(region.len().await?, 6);
    Ok(())
}

pub async fn what_was_never_set_is_absent(world: &World) -> Case {
    Ok(all_are_absent(&world.region("shop")).await?)
}

pub async fn what_was_removed_is_absent(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    set_all(&shop).await?;
    assert_eq!(shop.remove_many(KEYS).await?, KEYS.len() as u64);
    Ok(all_are_absent(&shop).await?)
}

pub async fn what_has_expired_is_absent(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(MINUTE));
    set_all(&shop).await?;
    world.pass(MINUTE).await;
    Ok(all_are_absent(&shop).await?)
}

pub async fn what_was_expired_by_hand_is_absent(world: &World) -> Case {
    let shop = world.region("shop");
    set_all(&shop).await?;
    for key in KEYS {
        assert!(shop.expire(key).await?);
    }
    Ok(all_are_absent(&shop).await?)
}

pub async fn what_is_kept_as_a_stale_value_is_absent(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(MINUTE).stale_for(HOUR));
    set_all(&shop).await?;
    world.pass(MINUTE).await;
    Ok(all_are_absent(&shop).await?)
}

pub async fn what_was_in_a_region_that_ended_is_absent(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.ttl(MINUTE).no_ttl().stale_for(HOUR));
    set_all(&shop).await?;
    world.pass(MINUTE).await;
    Ok(all_are_absent(&shop).await?)
}

pub async fn what_was_invalidated_is_absent(world: &World) -> Case {
    let shop = world.region("shop.catalog").with(|o| o.stale_for(HOUR));
    set_all(&shop).await?;
    shop.invalidate().await?;
    Ok(all_are_absent(&shop).await?)
}

pub async fn what_was_invalidated_from_above_is_absent(world: &World) -> Case {
    let shop = world.region("shop.catalog.42").with(|o| o.stale_for(HOUR));
    set_all(&shop).await?;
    world.region("shop").invalidate().await?;
    Ok(all_are_absent(&shop).await?)
}

pub async fn what_was_cleared_is_absent(world: &World) -> Case {
    let shop = world.region("shop.catalog");
    set_all(&shop).await?;
    world.cache().clear().await?;
    Ok(all_are_absent(&shop).await?)
}

pub async fn what_has_another_schema_is_absent(world: &World) -> Case {
    set_all(&world.region("shop").with(|o| o.schema("v1"))).await?;
    let shop = world.region("shop").with(|o| o.schema("v2"));
    counts_one_undecodable(world.cache(), &shop).await?;
    Ok(all_are_absent(&shop).await?)
}

pub async fn what_has_no_schema_is_absent_where_one_is_asked_for(world: &World) -> Case {
    set_all(&world.region("shop")).await?;
    let shop = world.region("shop").with(|o| o.schema(1));
    Ok(all_are_absent(&shop).await?)
}

pub async fn what_an_unknown_codec_stored_is_absent(world: &World) -> Case {
    let shop = world.region("shop");
    shop.with(|o| o.codec(Scrambled)).set_many(KEYS.map(|key| (key, "text"))).await?;
    counts_one_undecodable(world.cache(), &shop).await?;
    all_are_absent(&shop).await?;

    let blog = world.region("blog");
    let put = |key| Change {
        region: world.address("blog"),
        key: Key::from(key),
        act: Act::Put {
            draft: Draft::integer(1, 127, 0),
            expiry: Expiry::In(HOUR),
            keep: HOUR,
            when: When::Always,
        },
        region_ttl: None,
        refresh_region_ttl: false,
        requires: None,
        is_whole: false,
    };
    world.backend().write(KEYS.map(put).to_vec()).await?;
    counts_one_undecodable(world.cache(), &blog).await?;
    Ok(all_are_absent(&blog).await?)
}

pub async fn what_is_longer_than_allowed_is_absent(world: &World) -> Case {
    let long = "x".repeat(1_000);
    world.region("shop").set_many(KEYS.map(|key| (key, &long))).await?;
    let shop = world.region("shop").with(|o| o.max_value_bytes(100));
    counts_one_undecodable(world.cache(), &shop).await?;
    Ok(all_are_absent(&shop).await?)
}

pub async fn what_is_damaged_is_absent(world: &World) -> Case {
    for damage in Damage::ALL {
        let spoiling = Spoiling::new(world.backend(), damage);
        let cache = world.cache_with(|builder| builder.backend(spoiling.clone())).await;
        let shop = cache.region("shop");
        shop.set_many(KEYS.map(|key| (key, "text"))).await?;
        spoiling.spoil(&world.address("shop"), &KEYS.map(Key::from)).await?;
        counts_one_undecodable(&cache, &shop).await?;
        all_are_absent(&shop).await?;
        shop.invalidate().await?;
    }
    Ok(())
}

/// An integer has no checksum, so that a server can add to it.
pub async fn a_damaged_integer_is_absent(world: &World) -> Case {
    for damage in Damage::ALL.into_iter().filter(|damage| *damage != Damage::Checksum) {
        let spoiling = Spoiling::new(world.backend(), damage);
        let cache = world.cache_with(|builder| builder.backend(spoiling.clone())).await;
        let shop = cache.region("shop");
        set_all(&shop).await?;
        spoiling.spoil(&world.address("shop"), &KEYS.map(Key::from)).await?;
        counts_one_undecodable(&cache, &shop).await?;
        all_are_absent(&shop).await?;
        shop.invalidate().await?;
    }
    Ok(())
}

/// What asks for a type finds nothing; what asks for none finds what is there.
pub async fn what_another_type_was_stored_as_is_absent_to_who_asks_for_a_type(
    world: &World,
) -> Case {
    let shop = world.region("shop");
    shop.set_many(["get", "add", "t get", "t add", "lookup"].map(|key| (key, "text"))).await?;
    counts_one_undecodable(world.cache(), &shop).await?;
    assert_eq!(shop.entries::<i64>().try_collect::<Vec<_>>().await?, []);
    assert!(shop.contains("get").await? && shop.ttl("get").await?.is_some());
    assert_eq!(shop.len().await?, 5);
    assert!(shop.add("add", &1).await?);
    assert!(miss(&shop, "lookup").await?.fill(&1).await?);
    shop.transaction(async |t| {
        assert_eq!(t.get::<i64>("t get").await?, None);
        assert!(t.add("t add", &1).await?);
        Ok(())
    })
    .await?;
    assert_eq!(shop.get_many::<i64>(["add", "t add", "lookup"]).await?, [Some(1); 3]);
    assert!(shop.remove("get").await?);
    Ok(())
}

async fn counts_one_undecodable(cache: &Cache, region: &Region) -> Result<()> {
    let before = cache.stats();
    assert_eq!(region.get::<i64>("get").await?, None);
    let after = cache.stats();
    assert_eq!(after.undecodable, before.undecodable + 1);
    assert_eq!((after.hits, after.misses), (before.hits, before.misses + 1));
    Ok(())
}
