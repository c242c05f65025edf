//! Values that ran out of time and are kept for those who can use them.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use region_cache::{EntryOptions, Region, Result};

use super::samples::{HOUR, MINUTE, miss};
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! stale {
    ($fixture:ty) => {
        $crate::cases! { $fixture, stale:
            nothing_is_kept_by_default
            a_value_that_ran_out_of_time_is_kept_for_a_while
            an_expired_value_is_kept_for_a_while
            expire_says_whether_the_key_was_there
            expiring_again_keeps_nothing_longer
            a_removed_value_is_not_kept
            an_invalidated_value_is_not_kept
            a_value_of_a_region_that_ended_is_not_kept
            a_stale_value_of_another_type_is_not_shown
            an_entry_may_choose_how_long_it_is_kept
            whoever_wants_no_stale_values_sees_none
            every_miss_sees_the_stale_value
            a_new_value_takes_the_place_of_a_stale_one
        }
    };
}

pub const SOURCE: &str = include_str!("stale.rs");

/// The stale value that a lookup finds.
async fn stale(region: &Region, key: &str) -> Result<Option<i64>> {
    Ok(miss(region, key).await?.stale().copied())
}

pub async fn nothing_is_kept_by_default(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(MINUTE));
    shop.set_many([("a", &1), ("b", &2)]).await?;
    shop.expire("a").await?;
    assert_eq!(stale(&shop, "a").await?, None);
    world.pass(MINUTE).await;
    assert_eq!(stale(&shop, "b").await?, None);
    Ok(())
}

pub async fn a_value_that_ran_out_of_time_is_kept_for_a_while(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(MINUTE).stale_for(HOUR));
    shop.set("k", &1).await?;
    world.pass(MINUTE).await;
    assert_eq!(stale(&shop, "k").await?, Some(1));
    world.pass(HOUR - MINUTE).await;
    assert_eq!(stale(&shop, "k").await?, Some(1));
    world.pass(MINUTE).await;
    assert_eq!(stale(&shop, "k").await?, None);
    Ok(())
}

/// As long as it would have been kept after its own time, counted from now on.
pub async fn an_expired_value_is_kept_for_a_while(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    shop.set("k", &1).await?;
    shop.set_with("endless", &2, EntryOptions::new().no_ttl()).await?;
    assert!(shop.expire("k").await?);
    assert!(shop.expire("endless").await?);
    assert_eq!(shop.get_many::<i64>(["k", "endless"]).await?, [None; 2]);
    world.pass(HOUR - MINUTE).await;
    assert_eq!(stale(&shop, "k").await?, Some(1));
    assert_eq!(stale(&shop, "endless").await?, Some(2));
    world.pass(MINUTE).await;
    assert_eq!(stale(&shop, "k").await?, None);
    assert_eq!(stale(&shop, "endless").await?, None);
    Ok(())
}

pub async fn expire_says_whether_the_key_was_there(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    assert!(!shop.expire("k").await?);
    shop.set("k", &1).await?;
    assert!(shop.expire("k").await?);
    assert!(!shop.expire("k").await?);
    shop.set("k", "another type").await?;
    assert!(shop.expire("k").await?);
    Ok(())
}

pub async fn expiring_again_keeps_nothing_longer(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    shop.set("k", &1).await?;
    shop.expire("k").await?;
    world.pass(HOUR / 2).await;
    shop.expire("k").await?;
    world.pass(HOUR / 2).await;
    assert_eq!(stale(&shop, "k").await?, None);
    Ok(())
}

pub async fn a_removed_value_is_not_kept(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    shop.set_many([("a", &1), ("b", &2), ("c", &3)]).await?;
    shop.remove("a").await?;
    shop.expire("b").await?;
    assert!(!shop.remove("b").await?);
    shop.transaction(async |t| {
        t.remove("c");
        Ok(())
    })
    .await?;
    for key in ["a", "b", "c"] {
        assert_eq!(stale(&shop, key).await?, None, "{key}");
    }
    Ok(())
}

pub async fn an_invalidated_value_is_not_kept(world: &World) -> Case {
    let shop = world.region("shop.catalog").with(|o| o.stale_for(HOUR));
    for (fresh, expired) in [(1, 2), (3, 4)] {
        shop.set("fresh", &fresh).await?;
        shop.set("expired", &expired).await?;
        shop.expire("expired").await?;
        let region = if fresh == 1 { shop.clone() } else { world.region("shop") };
        region.invalidate().await?;
        assert_eq!(stale(&shop, "fresh").await?, None);
        assert_eq!(stale(&shop, "expired").await?, None);
    }
    Ok(())
}

pub async fn a_value_of_a_region_that_ended_is_not_kept(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.ttl(MINUTE).stale_for(HOUR));
    shop.set("fresh", &1).await?;
    shop.set("expired", &2).await?;
    shop.expire("expired").await?;
    world.pass(MINUTE).await;
    assert_eq!(stale(&shop, "fresh").await?, None);
    assert_eq!(stale(&shop, "expired").await?, None);
    Ok(())
}

pub async fn a_stale_value_of_another_type_is_not_shown(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    shop.set("text", "anvil").await?;
    shop.with(|o| o.schema("v1")).set("schema", &1).await?;
    shop.expire("text").await?;
    shop.with(|o| o.schema("v1")).expire("schema").await?;
    assert_eq!(stale(&shop, "text").await?, None);
    assert_eq!(stale(&shop, "schema").await?, None);
    assert_eq!(miss::<String>(&shop, "text").await?.stale().map(String::as_str), Some("anvil"));
    assert_eq!(stale(&shop.with(|o| o.schema("v1")), "schema").await?, Some(1));
    Ok(())
}

pub async fn an_entry_may_choose_how_long_it_is_kept(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(MINUTE));
    let reader = shop.with(|o| o.stale_for(MINUTE));
    shop.set_with("kept", &1, EntryOptions::new().stale_for(MINUTE)).await?;
    world.pass(MINUTE).await;
    assert_eq!(stale(&reader, "kept").await?, Some(1));
    world.pass(MINUTE).await;
    assert_eq!(stale(&reader, "kept").await?, None);
    Ok(())
}

/// What is kept is shown only as long as the region of who asks says so, too.
pub async fn whoever_wants_no_stale_values_sees_none(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(MINUTE).stale_for(HOUR));
    shop.set("k", &1).await?;
    world.pass(2 * MINUTE).await;
    assert_eq!(stale(&world.region("shop"), "k").await?, None);
    assert_eq!(stale(&shop.with(|o| o.stale_for(MINUTE)), "k").await?, None);
    assert_eq!(stale(&shop.with(|o| o.stale_for(2 * MINUTE)), "k").await?, Some(1));
    Ok(())
}

pub async fn every_miss_sees_the_stale_value(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    let there = world.other().await.region("shop").with(|o| o.stale_for(HOUR));
    shop.set("k", &1).await?;
    shop.expire("k").await?;
    let (holder, other) = (miss::<i64>(&shop, "k").await?, miss::<i64>(&there, "k").await?);
    assert!(holder.holds_lease() && !other.holds_lease());
    assert_eq!((holder.stale(), other.stale()), (Some(&1), Some(&1)));
    Ok(())
}

pub async fn a_new_value_takes_the_place_of_a_stale_one(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    shop.set_many([("set", &1), ("add", &1), ("increment", &1), ("fill", &1)]).await?;
    for key in ["set", "add", "increment", "fill"] {
        shop.expire(key).await?;
    }
    shop.set("set", &10).await?;
    assert!(shop.add("add", &10).await?);
    assert_eq!(shop.increment("increment", 10).await?, 10);
    assert!(miss(&shop, "fill").await?.fill(&10).await?);
    for key in ["set", "add", "increment", "fill"] {
        assert_eq!(shop.get(key).await?, Some(10), "{key}");
        shop.expire(key).await?;
        assert_eq!(stale(&shop, key).await?, Some(10), "{key}");
    }
    Ok(())
}
