//! Times to live of entries and regions.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::time::Duration;

use region_cache::{EntryOptions, RegionOptions};

use super::samples::{DAY, HOUR, MINUTE, SECOND, YEAR, lease};
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! expiry {
    ($fixture:ty) => {
        $crate::cases! { $fixture, expiry:
            an_entry_lives_for_its_time_and_no_longer
            entries_live_for_a_day_by_default
            an_entry_without_an_end_lives_on
            ttl_is_none_only_where_the_key_is_absent
            a_later_set_begins_a_new_life
            every_way_to_store_gives_the_same_life
            the_writers_options_count_and_not_the_readers
            the_longest_of_times_does_no_harm
            a_region_ends_as_a_whole
            a_regions_end_is_not_its_childrens
            a_child_has_a_clock_of_its_own
            a_regions_end_caps_ttl
            a_write_begins_the_regions_life_anew
            a_read_does_not_begin_the_regions_life_anew
            a_fixed_life_is_not_begun_anew
            a_fixed_life_begins_with_the_first_write_after_its_end
            a_fixed_life_begins_anew_where_all_entries_have_expired
            a_regions_life_only_grows
        }
    };
}

pub const SOURCE: &str = include_str!("expiry.rs");

pub async fn an_entry_lives_for_its_time_and_no_longer(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(MINUTE));
    shop.set("price", &1999).await?;
    world.assert_ttl(shop.ttl("price").await?, MINUTE);
    world.pass(MINUTE - 3 * SECOND).await;
    assert_eq!(shop.get("price").await?, Some(1999));
    world.assert_ttl(shop.ttl("price").await?, 3 * SECOND);
    if world.fixture().exact_expiry() {
        world.pass(Duration::from_millis(2_999)).await;
        assert_eq!(shop.ttl("price").await?, Some(Duration::from_millis(1)));
        world.pass(Duration::from_millis(1)).await;
    } else {
        world.pass(3 * SECOND).await;
    }
    assert_eq!(shop.get::<i64>("price").await?, None);
    Ok(())
}

pub async fn entries_live_for_a_day_by_default(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("price", &1999).await?;
    world.assert_ttl(shop.ttl("price").await?, DAY);
    world.pass(DAY - MINUTE).await;
    assert_eq!(shop.get("price").await?, Some(1999));
    world.pass(MINUTE).await;
    assert_eq!(shop.get::<i64>("price").await?, None);
    Ok(())
}

pub async fn an_entry_without_an_end_lives_on(world: &World) -> Case {
    let shop = world.region("shop").with(RegionOptions::no_ttl);
    shop.set("price", &1999).await?;
    assert_eq!(shop.ttl("price").await?, Some(Duration::MAX));
    world.pass(100 * YEAR).await;
    assert_eq!(shop.get("price").await?, Some(1999));
    assert_eq!(shop.ttl("price").await?, Some(Duration::MAX));
    Ok(())
}

pub async fn ttl_is_none_only_where_the_key_is_absent(world: &World) -> Case {
    let shop = world.region("shop");
    assert_eq!(shop.ttl("k").await?, None);
    shop.set_with("k", &1, EntryOptions::new().ttl(MINUTE)).await?;
    world.assert_ttl(shop.ttl("k").await?, MINUTE);
    shop.set_with("k", &1, EntryOptions::new().no_ttl()).await?;
    assert_eq!(shop.ttl("k").await?, Some(Duration::MAX));
    shop.remove("k").await?;
    assert_eq!(shop.ttl("k").await?, None);
    Ok(())
}

pub async fn a_later_set_begins_a_new_life(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(MINUTE));
    shop.set("k", &1).await?;
    world.pass(MINUTE / 2).await;
    shop.set("k", &2).await?;
    world.assert_ttl(shop.ttl("k").await?, MINUTE);
    world.pass(MINUTE / 2).await;
    assert_eq!(shop.get("k").await?, Some(2));
    shop.set_with("k", &3, EntryOptions::new().ttl(10 * SECOND)).await?;
    world.assert_ttl(shop.ttl("k").await?, 10 * SECOND);
    Ok(())
}

pub async fn every_way_to_store_gives_the_same_life(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(MINUTE));
    shop.set("set", &1).await?;
    shop.set_with("set_with", &1, EntryOptions::new().schema(0)).await?;
    shop.set_many([("set_many", &1)]).await?;
    shop.add("add", &1).await?;
    shop.increment("increment", 1).await?;
    lease(&shop, "fill").await?.fill(&1).await?;
    shop.transaction(async |t| {
        t.set("t set", &1)?;
        t.add("t add", &1).await?;
        t.increment("t increment", 1).await
    })
    .await?;
    for key in ["set", "set_many", "add", "increment", "fill", "t set", "t add", "t increment"] {
        world.assert_ttl(shop.ttl(key).await?, MINUTE);
    }
    world.assert_ttl(shop.with(|o| o.schema(0)).ttl("set_with").await?, MINUTE);
    Ok(())
}

pub async fn the_writers_options_count_and_not_the_readers(world: &World) -> Case {
    let writer = world.region("shop").with(|o| o.entry_ttl(HOUR).ttl(HOUR));
    let reader = world.region("shop").with(|o| o.entry_ttl(SECOND).ttl(SECOND));
    writer.set("k", &1).await?;
    world.pass(MINUTE).await;
    assert_eq!(reader.get("k").await?, Some(1));
    world.assert_ttl(reader.ttl("k").await?, HOUR - MINUTE);
    Ok(())
}

pub async fn the_longest_of_times_does_no_harm(world: &World) -> Case {
    let longest = Duration::MAX;
    let shop = world.region("shop").with(|o| o.ttl(longest).entry_ttl(longest).stale_for(longest));
    shop.set("k", &1).await?;
    shop.increment("k", 1).await?;
    assert_eq!(shop.get("k").await?, Some(2));
    assert!(shop.ttl("k").await? > Some(YEAR));
    assert!(shop.expire("k").await?);
    assert_eq!(shop.get::<i64>("k").await?, None);
    Ok(())
}

pub async fn a_region_ends_as_a_whole(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.ttl(HOUR));
    shop.set("a", &1).await?;
    shop.set_with("b", &2, EntryOptions::new().no_ttl()).await?;
    shop.set_with("c", &3, EntryOptions::new().ttl(MINUTE)).await?;
    world.pass(HOUR - SECOND).await;
    assert_eq!(shop.get_many::<i64>(["a", "b", "c"]).await?, [Some(1), Some(2), None]);
    world.pass(SECOND).await;
    assert_eq!(shop.get_many::<i64>(["a", "b", "c"]).await?, [None; 3]);
    assert_eq!(shop.len().await?, 0);
    Ok(())
}

pub async fn a_regions_end_is_not_its_childrens(world: &World) -> Case {
    let shop = world.region("shop");
    let catalog = world.region("shop.catalog");
    let item = world.region("shop.catalog.42");
    shop.set("k", &1).await?;
    catalog.with(|o| o.ttl(MINUTE)).set("k", &2).await?;
    item.set("k", &3).await?;
    world.pass(MINUTE).await;
    assert_eq!(shop.get("k").await?, Some(1));
    assert_eq!(catalog.get::<i64>("k").await?, None);
    assert_eq!(item.get("k").await?, Some(3));
    Ok(())
}

pub async fn a_child_has_a_clock_of_its_own(world: &World) -> Case {
    let sessions = world.region("sessions").with(|o| o.ttl(HOUR));
    let alice = sessions.region("alice");
    alice.set("k", &1).await?;
    world.pass(HOUR / 2).await;
    sessions.set("k", &2).await?;
    world.assert_ttl(alice.ttl("k").await?, HOUR / 2);
    world.pass(HOUR / 2).await;
    assert_eq!(alice.get::<i64>("k").await?, None);
    assert_eq!(sessions.get("k").await?, Some(2));
    Ok(())
}

pub async fn a_regions_end_caps_ttl(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.ttl(HOUR).refresh_ttl_on_write(false));
    shop.set("day", &1).await?;
    shop.set_with("endless", &1, EntryOptions::new().no_ttl()).await?;
    shop.set_with("minute", &1, EntryOptions::new().ttl(MINUTE)).await?;
    world.assert_ttl(shop.ttl("day").await?, HOUR);
    world.assert_ttl(shop.ttl("endless").await?, HOUR);
    world.assert_ttl(shop.ttl("minute").await?, MINUTE);
    Ok(())
}

pub async fn a_write_begins_the_regions_life_anew(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.ttl(HOUR).no_ttl());
    shop.set("first", &0).await?;
    for number in 0..6 {
        world.pass(HOUR - MINUTE).await;
        // Whatever stores something counts as a write.
        match number {
            0 => shop.set("k", &number).await?,
            1 => shop.set_many([("k", &number)]).await?,
            2 => assert!(shop.add("added", &number).await?),
            3 => assert_eq!(shop.increment("n", 1).await?, 1),
            4 => assert!(lease(&shop, "filled").await?.fill(&1).await?),
            _ => shop.transaction(async |t| t.set("k", &number)).await?,
        }
        world.assert_ttl(shop.ttl("first").await?, HOUR);
    }
    world.pass(HOUR).await;
    assert_eq!(shop.len().await?, 0);
    Ok(())
}

pub async fn a_read_does_not_begin_the_regions_life_anew(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.ttl(HOUR));
    shop.set("k", &1).await?;
    world.pass(MINUTE).await;
    shop.get::<i64>("k").await?;
    shop.get::<i64>("absent").await?;
    shop.len().await?;
    shop.lookup::<i64>("k").await?;
    assert!(!shop.add("k", &2).await?);
    shop.transaction(async |t| t.get::<i64>("k").await).await?;
    world.assert_ttl(shop.ttl("k").await?, HOUR - MINUTE);
    Ok(())
}

pub async fn a_fixed_life_is_not_begun_anew(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.ttl(HOUR).refresh_ttl_on_write(false));
    shop.set("a", &1).await?;
    world.pass(HOUR / 2).await;
    shop.set("b", &2).await?;
    shop.increment("a", 1).await?;
    world.assert_ttl(shop.ttl("b").await?, HOUR / 2);
    world.pass(HOUR / 2).await;
    assert_eq!(shop.get_many::<i64>(["a", "b"]).await?, [None; 2]);
    Ok(())
}

pub async fn a_fixed_life_begins_with_the_first_write_after_its_end(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.ttl(HOUR).refresh_ttl_on_write(false));
    shop.set("a", &1).await?;
    world.pass(2 * HOUR).await;
    shop.set("b", &2).await?;
    world.assert_ttl(shop.ttl("b").await?, HOUR);
    assert_eq!(shop.get_many::<i64>(["a", "b"]).await?, [None, Some(2)]);
    shop.remove("b").await?;
    world.pass(MINUTE).await;
    shop.set("c", &3).await?;
    world.assert_ttl(shop.ttl("c").await?, HOUR);
    Ok(())
}

pub async fn a_fixed_life_begins_anew_where_all_entries_have_expired(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.ttl(HOUR).refresh_ttl_on_write(false));
    let brief = shop.with(|o| o.entry_ttl(MINUTE));
    let numbers: Vec<u32> = (0..500).collect();
    brief.set_many(numbers.iter().map(|number| (number, number))).await?;
    world.pass(HOUR / 2).await;
    assert_eq!(shop.len().await?, 0);
    shop.set("k", &1).await?;
    world.assert_ttl(shop.ttl("k").await?, HOUR);
    Ok(())
}

pub async fn a_regions_life_only_grows(world: &World) -> Case {
    let long = world.region("shop").with(|o| o.ttl(HOUR));
    let short = world.region("shop").with(|o| o.ttl(MINUTE));
    short.set("a", &1).await?;
    world.assert_ttl(long.ttl("a").await?, MINUTE);
    long.set("b", &2).await?;
    world.assert_ttl(long.ttl("a").await?, HOUR);
    short.set("c", &3).await?;
    world.assert_ttl(long.ttl("a").await?, HOUR);
    world.pass(HOUR - MINUTE / 2).await;
    short.set("d", &4).await?;
    world.assert_ttl(long.ttl("a").await?, MINUTE);
    Ok(())
}
