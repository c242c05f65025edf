//! Who decides what holds for a region: the nearest handle, then the longest path that the builder was
//! given, then the cache's default.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::time::Duration;

use region_cache::{EntryOptions, Region, RegionOptions, Result};

use super::samples::{DAY, HOUR, MINUTE, SECOND, miss};
use super::{Case, World};
use crate::backends::Counting;

#[doc(hidden)]
#[macro_export]
macro_rules! options {
    ($fixture:ty) => {
        $crate::cases! { $fixture, options:
            the_caches_default_holds_everywhere
            the_longest_path_wins
            paths_are_laid_over_each_other_option_by_option
            a_path_does_not_hold_for_its_namesakes
            the_later_of_two_wishes_for_one_path_wins
            the_nearest_handle_wins
            a_handle_adds_to_what_it_has
            children_inherit_from_the_handle
            parents_and_other_handles_do_not
            regions_of_the_namespace_inherit_from_its_handle
            an_entrys_own_options_win
            a_zero_time_is_refused_at_the_first_call
            a_zero_time_for_an_entry_is_refused
            an_impossible_limit_is_refused
            the_builder_refuses_what_makes_no_sense
        }
    };
}

pub const SOURCE: &str = include_str!("options.rs");

fn entry_ttl(ttl: Duration) -> RegionOptions {
    RegionOptions::new().entry_ttl(ttl)
}

/// How long an entry lives that is stored through this handle.
async fn life(region: &Region) -> Result<Option<Duration>> {
    region.set("k", &1).await?;
    region.ttl("k").await
}

pub async fn the_caches_default_holds_everywhere(world: &World) -> Case {
    let cache = world.cache_with(|builder| builder.options(entry_ttl(MINUTE))).await;
    for path in ["shop", "shop.catalog", "blog.a.b.c"] {
        world.assert_ttl(life(&cache.region(path)).await?, MINUTE);
    }
    world.assert_ttl(life(&world.region("shop")).await?, DAY);
    Ok(())
}

pub async fn the_longest_path_wins(world: &World) -> Case {
    let cache = world
        .cache_with(|builder| {
            builder
                .region("shop", entry_ttl(2 * MINUTE))
                .region("shop.catalog.42", entry_ttl(4 * MINUTE))
                .region("shop.catalog", entry_ttl(3 * MINUTE))
                .options(entry_ttl(MINUTE))
        })
        .await;
    for (path, minutes) in [
        ("blog", 1),
        ("shop", 2),
        ("shop.orders.7", 2),
        ("shop.catalog", 3),
        ("shop.catalog.7", 3),
        ("shop.catalog.42", 4),
        ("shop.catalog.42.deep", 4),
    ] {
        world.assert_ttl(life(&cache.region(path)).await?, minutes * MINUTE);
    }
    Ok(())
}

pub async fn paths_are_laid_over_each_other_option_by_option(world: &World) -> Case {
    let cache = world
        .cache_with(|builder| {
            builder
                .options(entry_ttl(MINUTE).stale_for(HOUR).schema("v1"))
                .region("shop", RegionOptions::new().schema("v2"))
                .region("shop.catalog", entry_ttl(2 * MINUTE))
        })
        .await;
    let catalog = cache.region("shop.catalog");
    world.assert_ttl(life(&catalog).await?, 2 * MINUTE);
    assert_eq!(world.region("shop.catalog").with(|o| o.schema("v2")).get("k").await?, Some(1));
    catalog.expire("k").await?;
    assert_eq!(miss::<i64>(&catalog, "k").await?.stale(), Some(&1));
    Ok(())
}

pub async fn a_path_does_not_hold_for_its_namesakes(world: &World) -> Case {
    let cache = world.cache_with(|builder| builder.region("shop.cat", entry_ttl(MINUTE))).await;
    for path in ["shop", "shop.catalog", "shop.ca", "cat", "blog.shop.cat"] {
        world.assert_ttl(life(&cache.region(path)).await?, DAY);
    }
    Ok(())
}

pub async fn the_later_of_two_wishes_for_one_path_wins(world: &World) -> Case {
    let cache = world
        .cache_with(|builder| {
            builder
                .region("shop", entry_ttl(MINUTE).schema("v1"))
                .region("shop", entry_ttl(HOUR))
                .options(entry_ttl(MINUTE))
                .options(entry_ttl(2 * MINUTE))
        })
        .await;
    world.assert_ttl(life(&cache.region("shop")).await?, HOUR);
    assert_eq!(world.region("shop").with(|o| o.schema("v1")).get("k").await?, Some(1));
    world.assert_ttl(life(&cache.region("blog")).await?, 2 * MINUTE);
    Ok(())
}

pub async fn the_nearest_handle_wins(world: &World) -> Case {
    let cache =
        world.cache_with(|builder| builder.region("shop.catalog.42", entry_ttl(MINUTE))).await;
    let shop = cache.region("shop").with(|o| o.entry_ttl(2 * MINUTE));
    let item = shop.region("catalog").region("42");
    world.assert_ttl(life(&item).await?, 2 * MINUTE);
    world.assert_ttl(life(&item.with(|o| o.entry_ttl(3 * MINUTE))).await?, 3 * MINUTE);
    world.assert_ttl(life(&cache.region("shop.catalog.42")).await?, MINUTE);
    Ok(())
}

pub async fn a_handle_adds_to_what_it_has(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(MINUTE)).with(|o| o.schema("v1"));
    world.assert_ttl(life(&shop).await?, MINUTE);
    assert_eq!(world.region("shop").get::<i64>("k").await?, None);
    let anew = shop.with(|_| RegionOptions::new());
    world.assert_ttl(life(&anew).await?, DAY);
    assert_eq!(world.region("shop").get("k").await?, Some(1));
    Ok(())
}

pub async fn children_inherit_from_the_handle(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(MINUTE));
    world.assert_ttl(life(&shop.region("catalog")).await?, MINUTE);
    world.assert_ttl(life(&shop.region("catalog.42")).await?, MINUTE);
    world.assert_ttl(life(&shop.region("catalog").region("42")).await?, MINUTE);
    for child in shop.children().await? {
        world.assert_ttl(life(&child).await?, MINUTE);
    }
    Ok(())
}

pub async fn parents_and_other_handles_do_not(world: &World) -> Case {
    let catalog = world.region("shop.catalog");
    let brief = catalog.with(|o| o.entry_ttl(MINUTE));
    world.assert_ttl(life(&catalog).await?, DAY);
    world.assert_ttl(life(&world.region("shop.catalog")).await?, DAY);
    let parent = brief.region("42").parent().expect("it is no root");
    assert_eq!(parent, catalog);
    world.assert_ttl(life(&parent).await?, DAY);
    world.assert_ttl(life(&brief).await?, MINUTE);
    Ok(())
}

pub async fn regions_of_the_namespace_inherit_from_its_handle(world: &World) -> Case {
    let root = world.cache().root().with(|o| o.entry_ttl(MINUTE));
    world.assert_ttl(life(&root.region("shop.catalog")).await?, MINUTE);
    for region in root.children().await? {
        world.assert_ttl(life(&region).await?, MINUTE);
    }
    Ok(())
}

pub async fn an_entrys_own_options_win(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(MINUTE).schema("v1"));
    shop.set_with("hour", &1, EntryOptions::new().ttl(HOUR)).await?;
    shop.set_with("endless", &2, EntryOptions::new().no_ttl()).await?;
    shop.set_with("v2", &3, EntryOptions::new().schema("v2")).await?;
    world.assert_ttl(shop.ttl("hour").await?, HOUR);
    assert_eq!(shop.ttl("endless").await?, Some(Duration::MAX));
    assert_eq!(shop.get::<i64>("v2").await?, None);
    let v2 = shop.with(|o| o.schema("v2"));
    assert_eq!(v2.get("v2").await?, Some(3));
    world.assert_ttl(v2.ttl("v2").await?, MINUTE);
    miss(&shop, "fill").await?.fill_with(&4, EntryOptions::new().ttl(SECOND)).await?;
    world.assert_ttl(shop.ttl("fill").await?, SECOND);
    Ok(())
}

pub async fn a_zero_time_is_refused_at_the_first_call(world: &World) -> Case {
    let counting = Counting::new(world.backend());
    let shop = world.cache_with(|builder| builder.backend(counting.clone())).await.region("shop");
    counting.reset();
    for (bad, option) in [
        (shop.with(|o| o.ttl(Duration::ZERO)), "`ttl`"),
        (shop.with(|o| o.entry_ttl(Duration::ZERO)), "`entry_ttl`"),
        (shop.with(|o| o.stale_for(Duration::ZERO)), "`stale_for`"),
        (shop.with(|o| o.ttl(Duration::ZERO).ttl(HOUR)), "`ttl`"),
    ] {
        for region in [bad.clone(), bad.region("catalog"), bad.with(|o| o.entry_ttl(HOUR))] {
            for error in [
                region.get::<i64>("k").await.unwrap_err(),
                region.set("k", &1).await.unwrap_err(),
                region.len().await.unwrap_err(),
                region.invalidate().await.unwrap_err(),
                region.transaction(async |t| t.set("k", &1)).await.unwrap_err(),
            ] {
                assert!(error.is_config(), "{error:?}");
                assert!(error.to_string().contains(option), "{error} should name {option}");
            }
        }
    }
    assert_eq!(counting.total(), 0);
    Ok(())
}

pub async fn a_zero_time_for_an_entry_is_refused(world: &World) -> Case {
    let shop = world.region("shop");
    for bad in
        [EntryOptions::new().ttl(Duration::ZERO), EntryOptions::new().stale_for(Duration::ZERO)]
    {
        assert!(shop.set_with("k", &1, bad.clone()).await.unwrap_err().is_config());
        let fill = miss(&shop, "k").await?.fill_with(&1, bad.clone()).await;
        assert!(fill.unwrap_err().is_config());
        let set = shop.transaction(async |t| t.set_with("k", &1, bad.clone())).await;
        assert!(set.unwrap_err().is_config());
    }
    assert_eq!(shop.len().await?, 0);
    Ok(())
}

pub async fn an_impossible_limit_is_refused(world: &World) -> Case {
    for bytes in [0, usize::try_from(u64::from(u32::MAX) + 1).unwrap_or(0)] {
        let shop = world.region("shop").with(|o| o.max_value_bytes(bytes));
        let error = shop.set("k", &1).await.unwrap_err();
        assert!(error.is_config());
        assert!(error.to_string().contains("max_value_bytes"), "{error}");
    }
    Ok(())
}

pub async fn the_builder_refuses_what_makes_no_sense(world: &World) -> Case {
    let zero = || RegionOptions::new().ttl(Duration::ZERO);
    for builder in [
        world.builder().options(zero()),
        world.builder().region("shop", zero()),
        world.builder().operation_timeout(Duration::ZERO),
    ] {
        assert!(builder.build().await.unwrap_err().is_config());
    }
    for builder in [
        world.builder().region("shop..catalog", RegionOptions::new()),
        world.builder().region("", RegionOptions::new()),
        world.builder().namespace(""),
        world.builder().namespace("with.dot"),
        world.builder().namespace("n".repeat(65)),
    ] {
        assert!(builder.build().await.unwrap_err().is_invalid_name());
    }
    Ok(())
}
