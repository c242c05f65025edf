//! What was computed, and is stored or refused: nothing that an invalidation or a change overtook.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use region_cache::{EntryOptions, Key};

use super::samples::{DAY, HOUR, MINUTE, SECOND, lease, miss};
use super::{Case, World};
use crate::backends::{Damage, Spoiling};

#[doc(hidden)]
#[macro_export]
macro_rules! fills {
    ($fixture:ty) => {
        $crate::cases! { $fixture, fills:
            what_was_filled_lives_as_any_entry
            a_fill_may_have_options_of_its_own
            a_fill_needs_no_owned_value
            an_invalidation_of_the_region_overtakes_a_fill
            an_invalidation_of_an_ancestor_overtakes_a_fill
            an_invalidation_of_the_namespace_overtakes_a_fill
            an_invalidation_where_nothing_else_was_overtakes_a_fill
            an_invalidated_region_that_lives_again_still_refuses
            invalidations_elsewhere_overtake_nothing
            every_kind_of_change_of_the_key_overtakes_a_fill
            changes_of_other_keys_overtake_nothing
            what_changed_nothing_overtakes_nothing
            a_slow_holder_whom_nobody_overtook_may_fill
            an_unreadable_value_is_filled_again
            a_value_of_another_type_is_filled_again
            a_fill_that_fails_gives_the_lease_back
            fills_are_counted
        }
    };
}

pub const SOURCE: &str = include_str!("fills.rs");

pub async fn what_was_filled_lives_as_any_entry(world: &World) -> Case {
    let shop = world.region("shop");
    assert!(lease(&shop, "k").await?.fill(&1).await?);
    world.assert_ttl(shop.ttl("k").await?, DAY);
    let brief = shop.with(|o| o.entry_ttl(MINUTE));
    assert!(lease(&brief, "l").await?.fill(&1).await?);
    world.assert_ttl(shop.ttl("l").await?, MINUTE);
    world.pass(MINUTE).await;
    assert_eq!(shop.get_many::<i64>(["k", "l"]).await?, [Some(1), None]);
    Ok(())
}

pub async fn a_fill_may_have_options_of_its_own(world: &World) -> Case {
    let shop = world.region("shop");
    let hour = EntryOptions::new().ttl(HOUR).schema("v1");
    assert!(lease(&shop, "k").await?.fill_with(&1, hour).await?);
    assert_eq!(shop.get::<i64>("k").await?, None);
    world.assert_ttl(shop.with(|o| o.schema("v1")).ttl("k").await?, HOUR);
    Ok(())
}

pub async fn a_fill_needs_no_owned_value(world: &World) -> Case {
    let shop = world.region("shop");
    assert!(miss::<String>(&shop, "text").await?.fill("anvil").await?);
    assert!(miss::<Vec<u8>>(&shop, "list").await?.fill(&[1, 2][..]).await?);
    assert_eq!(shop.get::<String>("text").await?.as_deref(), Some("anvil"));
    assert_eq!(shop.get("list").await?, Some(vec![1_u8, 2]));
    Ok(())
}

/// Race 1: compute, invalidate, store, and the stale value lives for ever.
pub async fn an_invalidation_of_the_region_overtakes_a_fill(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("other", &1).await?;
    let computing = lease(&shop, "k").await?;
    shop.invalidate().await?;
    assert!(!computing.fill(&1).await?);
    assert_eq!(shop.get::<i64>("k").await?, None);
    assert!(lease(&shop, "k").await?.fill(&2).await?);
    assert_eq!(shop.get("k").await?, Some(2));
    Ok(())
}

pub async fn an_invalidation_of_an_ancestor_overtakes_a_fill(world: &World) -> Case {
    let item = world.region("shop.catalog.42");
    let other = world.other().await;
    for ancestor in ["shop.catalog", "shop"] {
        let computing = lease(&item, "k").await?;
        other.region(ancestor).invalidate().await?;
        assert!(!computing.fill(&1).await?, "{ancestor}");
        assert_eq!(item.get::<i64>("k").await?, None);
    }
    Ok(())
}

pub async fn an_invalidation_of_the_namespace_overtakes_a_fill(world: &World) -> Case {
    let item = world.region("shop.catalog.42");
    let computing = lease(&item, "k").await?;
    world.other().await.clear().await?;
    assert!(!computing.fill(&1).await?);
    assert_eq!(item.get::<i64>("k").await?, None);
    Ok(())
}

/// Race 2: what is absent before and after validates nothing.
pub async fn an_invalidation_where_nothing_else_was_overtakes_a_fill(world: &World) -> Case {
    let shop = world.region("shop");
    let computing = lease(&shop, "k").await?;
    assert_eq!(shop.invalidate().await?.freed().await?, 1);
    assert!(!computing.fill(&1).await?);
    assert_eq!(shop.len().await?, 0);
    Ok(())
}

pub async fn an_invalidated_region_that_lives_again_still_refuses(world: &World) -> Case {
    let catalog = world.region("shop.catalog");
    let computing = lease(&catalog, "k").await?;
    world.region("shop").invalidate().await?.freed().await?;
    catalog.set("other", &1).await?;
    assert!(!computing.fill(&1).await?);
    assert_eq!(catalog.get_many::<i64>(["k", "other"]).await?, [None, Some(1)]);
    Ok(())
}

pub async fn invalidations_elsewhere_overtake_nothing(world: &World) -> Case {
    let catalog = world.region("shop.catalog");
    let computing = lease(&catalog, "k").await?;
    for path in ["shop.catalog.42", "shop.orders", "shop.cat", "blog"] {
        world.region(path).set("k", &1).await?;
        world.region(path).invalidate().await?.freed().await?;
    }
    assert!(computing.fill(&1).await?);
    assert_eq!(catalog.get("k").await?, Some(1));
    Ok(())
}

pub async fn every_kind_of_change_of_the_key_overtakes_a_fill(world: &World) -> Case {
    let shop = world.region("shop");
    let other = world.other().await.region("shop");
    for change in 0..8 {
        shop.remove("k").await?;
        let computing = lease(&shop, "k").await?;
        let wanted = match change {
            0 => other.set("k", &7).await.map(|()| Some(7))?,
            1 => other.set_many([("k", &7)]).await.map(|()| Some(7))?,
            2 => other.add("k", &7).await?.then_some(7),
            3 => Some(other.increment("k", 7).await?),
            4 => other.remove("k").await?.then_some(0),
            5 => other.expire("k").await?.then_some(0),
            6 => other.transaction(async |t| t.set("k", &7)).await.map(|()| Some(7))?,
            _ => {
                other.set("k", &7).await?;
                other.remove("k").await?.then_some(0).filter(|_| false)
            }
        };
        assert!(!computing.fill(&1).await?, "change {change}");
        assert_eq!(shop.get("k").await?, wanted, "change {change}");
    }
    Ok(())
}

pub async fn changes_of_other_keys_overtake_nothing(world: &World) -> Case {
    let shop = world.region("shop");
    let computing = lease(&shop, "k").await?;
    shop.set("other", &1).await?;
    shop.remove("other").await?;
    shop.region("k").set("k", &1).await?;
    world.region("blog").set("k", &1).await?;
    shop.transaction(async |t| t.get::<i64>("k").await).await?;
    assert!(computing.fill(&1).await?);
    Ok(())
}

pub async fn what_changed_nothing_overtakes_nothing(world: &World) -> Case {
    let shop = world.region("shop");
    let computing = lease(&shop, "k").await?;
    shop.get::<i64>("k").await?;
    shop.contains("k").await?;
    miss::<i64>(&shop, "k").await?.fill(&2).await?;
    let failed = shop.transaction(async |t| {
        t.set("k", &2)?;
        Err::<(), _>(region_cache::Error::other("no"))
    });
    assert!(failed.await.is_err());
    assert!(computing.fill(&1).await?);
    assert_eq!(shop.get("k").await?, Some(1));
    Ok(())
}

pub async fn a_slow_holder_whom_nobody_overtook_may_fill(world: &World) -> Case {
    let shop = world.region("shop");
    let (slow, too_slow) = (lease(&shop, "slow").await?, lease(&shop, "too slow").await?);
    world.pass(98 * SECOND).await;
    assert!(slow.fill(&1).await?);
    world.pass(2 * SECOND).await;
    assert!(!too_slow.fill(&1).await?);
    assert_eq!(shop.get_many::<i64>(["slow", "too slow"]).await?, [Some(1), None]);
    Ok(())
}

pub async fn an_unreadable_value_is_filled_again(world: &World) -> Case {
    let spoiling = Spoiling::new(world.backend(), Damage::Checksum);
    let cache = world.cache_with(|builder| builder.backend(spoiling.clone())).await;
    let shop = cache.region("shop");
    shop.set("k", "damaged").await?;
    spoiling.spoil(&world.address("shop"), &[Key::from("k")]).await?;
    let (first, second) = (miss(&shop, "k").await?, miss::<String>(&shop, "k").await?);
    assert!(first.holds_lease() && !second.holds_lease());
    assert!(!second.fill("second").await?);
    assert!(first.fill("first").await?);
    assert_eq!(shop.get::<String>("k").await?.as_deref(), Some("first"));
    Ok(())
}

pub async fn a_value_of_another_type_is_filled_again(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("k", "text").await?;
    let computing = lease(&shop, "k").await?;
    assert_eq!(shop.get::<String>("k").await?.as_deref(), Some("text"));
    assert!(computing.fill(&1).await?);
    assert_eq!(shop.get("k").await?, Some(1));
    shop.with(|o| o.schema("v1")).set("k", &2).await?;
    assert!(lease(&shop, "k").await?.fill(&3).await?);
    assert_eq!(shop.get("k").await?, Some(3));
    Ok(())
}

pub async fn a_fill_that_fails_gives_the_lease_back(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.max_value_bytes(100));
    for _ in 0..2 {
        let computing = miss::<String>(&shop, "k").await?;
        assert!(computing.holds_lease());
        assert!(computing.fill("x".repeat(101).as_str()).await.unwrap_err().is_too_large());
    }
    assert!(miss::<String>(&shop, "k").await?.fill("short").await?);
    Ok(())
}

pub async fn fills_are_counted(world: &World) -> Case {
    let shop = world.region("shop");
    let (first, second) = (lease(&shop, "k").await?, miss::<i64>(&shop, "k").await?);
    first.fill(&1).await?;
    second.fill(&2).await?;
    let overtaken = lease(&shop, "l").await?;
    shop.set("l", &1).await?;
    overtaken.fill(&2).await?;
    drop(lease(&shop, "m").await?);
    shop.lookup::<i64>("k").await?;
    let stats = world.cache().stats();
    assert_eq!((stats.fills, stats.refused_fills), (1, 2));
    assert_eq!((stats.hits, stats.misses), (1, 4));
    Ok(())
}
