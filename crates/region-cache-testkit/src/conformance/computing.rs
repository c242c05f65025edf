//! A value that is absent is computed and stored, and one that is present is not.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::collections::HashSet;

use region_cache::{BoxError, EntryOptions, Key, loaded};

use super::loaders::{give, load, never};
use super::samples::{DAY, HOUR, Item, MINUTE, Runs};
use super::{Case, World};
use crate::backends::{Counting, Damage, Operation, Spoiling};

#[doc(hidden)]
#[macro_export]
macro_rules! computing {
    ($fixture:ty) => {
        $crate::cases! { $fixture, computing:
            what_is_absent_is_computed_and_stored
            what_is_present_is_not_computed
            a_hit_costs_one_read
            what_was_computed_lives_as_any_entry
            a_computation_may_have_options_of_its_own
            loaders_may_borrow
            each_key_of_each_region_is_computed_for_itself
            what_another_process_computed_is_a_hit
            a_value_of_another_type_is_computed_again
            a_damaged_value_is_computed_again
            a_loader_may_compute_other_keys
            a_loader_may_change_other_keys
            a_negative_result_is_a_result
            a_negative_result_has_a_time_to_live_of_its_own
            times_to_live_are_spread
            a_bad_name_is_refused_before_the_loader_is_called
            a_bad_option_is_refused_before_the_loader_is_called
            a_closed_cache_computes_nothing
            computations_are_counted
        }
    };
}

pub const SOURCE: &str = include_str!("computing.rs");

pub async fn what_is_absent_is_computed_and_stored(world: &World) -> Case {
    let shop = world.region("shop");
    assert_eq!(shop.get_or_compute("a", || load(1)).await?, 1);
    assert_eq!(shop.get_or_insert_with("b", || async { 2 }).await?, 2);
    let options = EntryOptions::new();
    assert_eq!(shop.get_or_compute_with("c", options, |_| load(3)).await?, 3);
    let load = |missing: Vec<&'static str>| async move {
        assert_eq!(missing, ["d"]);
        loaded([("d", 4)])
    };
    assert_eq!(shop.get_or_compute_many(["d"], load).await?, [Some(4)]);
    let stored = shop.get_many::<i64>(["a", "b", "c", "d"]).await?;
    assert_eq!(stored, [Some(1), Some(2), Some(3), Some(4)]);
    let item = shop.get_or_insert_with("item", async || Item::anvil()).await?;
    assert_eq!(shop.get("item").await?, Some(item));
    Ok(())
}

pub async fn what_is_present_is_not_computed(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("k", &1).await?;
    assert_eq!(shop.get_or_compute("k", never::<i64>).await?, 1);
    let unwanted = || async { panic!("nobody should compute this") };
    assert_eq!(shop.get_or_insert_with::<i64, _, _>("k", unwanted).await?, 1);
    let options = EntryOptions::new();
    assert_eq!(shop.get_or_compute_with("k", options, |_| never::<i64>()).await?, 1);
    let none = |_| never::<Vec<(&str, i64)>>();
    assert_eq!(shop.get_or_compute_many(["k"], none).await?, [Some(1)]);
    assert_eq!(world.cache().stats().computations, 0);
    Ok(())
}

pub async fn a_hit_costs_one_read(world: &World) -> Case {
    let counting = Counting::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    let shop = cache.region("shop");
    shop.get_or_compute("k", || load(1)).await?;
    counting.reset();
    shop.get_or_compute("k", never::<i64>).await?;
    shop.get_or_compute_many(["k"], |_| never::<Vec<(&str, i64)>>()).await?;
    assert_eq!((counting.count(Operation::Read), counting.total()), (2, 2));
    Ok(())
}

pub async fn what_was_computed_lives_as_any_entry(world: &World) -> Case {
    let shop = world.region("shop");
    shop.get_or_compute("k", || load(1)).await?;
    world.assert_ttl(shop.ttl("k").await?, DAY);
    let brief = shop.with(|o| o.entry_ttl(MINUTE));
    brief.get_or_compute("l", || load(1)).await?;
    world.assert_ttl(shop.ttl("l").await?, MINUTE);
    world.pass(MINUTE).await;
    assert_eq!(brief.get_or_compute("l", || load(2)).await?, 2);
    assert_eq!(brief.get_or_compute("k", never::<i64>).await?, 1);
    Ok(())
}

pub async fn a_computation_may_have_options_of_its_own(world: &World) -> Case {
    let shop = world.region("shop");
    let minute = EntryOptions::new().ttl(MINUTE).schema("v1");
    shop.get_or_compute_with("k", minute.clone(), |_| load(1)).await?;
    world.assert_ttl(shop.with(|o| o.schema("v1")).ttl("k").await?, MINUTE);
    assert_eq!(shop.get::<i64>("k").await?, None);
    assert_eq!(shop.get_or_compute_with("k", minute, |_| never::<i64>()).await?, 1);
    Ok(())
}

pub async fn loaders_may_borrow(world: &World) -> Case {
    let shop = world.region("shop");
    let (name, mut runs) = (String::from("anvil"), 0);
    let computed = shop.get_or_compute("a", async || -> Result<_, BoxError> { Ok(name.len()) });
    assert_eq!(computed.await?, 5);
    let computed = shop.get_or_compute("b", || {
        runs += 1;
        give(name.clone())
    });
    assert_eq!(computed.await?, name);
    assert_eq!(shop.get_or_insert_with("c", async || name.len()).await?, 5);
    let by_name = shop.get_or_compute_many(["d"], |missing| {
        runs += 1;
        let name = &name;
        async move { loaded(missing.into_iter().map(move |key| (key, name.clone()))) }
    });
    assert_eq!(by_name.await?, [Some(name.clone())]);
    assert_eq!(runs, 2);
    Ok(())
}

pub async fn each_key_of_each_region_is_computed_for_itself(world: &World) -> Case {
    let mut number = 0;
    for path in ["shop", "shop.catalog", "blog"] {
        for key in ["", "k", "l"] {
            number += 1;
            let value = number;
            world.region(path).get_or_compute(key, || load(value)).await?;
        }
    }
    assert_eq!(world.region("shop").get("").await?, Some(1));
    assert_eq!(world.region("shop.catalog").get("k").await?, Some(5));
    assert_eq!(world.region("blog").get("l").await?, Some(9));
    assert_eq!(world.cache().stats().computations, 9);
    Ok(())
}

pub async fn what_another_process_computed_is_a_hit(world: &World) -> Case {
    let (here, there) = (world.region("shop"), world.other().await.region("shop"));
    here.get_or_compute("k", || load(1)).await?;
    assert_eq!(there.get_or_compute("k", never::<i64>).await?, 1);
    Ok(())
}

pub async fn a_value_of_another_type_is_computed_again(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set_many([("k", "text"), ("l", "text"), ("m", "text")]).await?;
    assert_eq!(shop.get_or_compute("k", || load(1)).await?, 1);
    assert_eq!(shop.get_or_compute_with("l", EntryOptions::new(), |_| load(2)).await?, 2);
    let load_m = |missing: Vec<&'static str>| async move { loaded(missing.into_iter().zip([3])) };
    assert_eq!(shop.get_or_compute_many(["m"], load_m).await?, [Some(3)]);
    assert_eq!(shop.get_many::<i64>(["k", "l", "m"]).await?, [Some(1), Some(2), Some(3)]);
    let versioned = shop.with(|o| o.schema("v1"));
    assert_eq!(versioned.get_or_compute("k", || load(4)).await?, 4);
    assert_eq!(shop.get::<i64>("k").await?, None);
    Ok(())
}

pub async fn a_damaged_value_is_computed_again(world: &World) -> Case {
    for damage in Damage::ALL {
        let spoiling = Spoiling::new(world.backend(), damage);
        let cache = world.cache_with(|builder| builder.backend(spoiling.clone())).await;
        let shop = cache.region("shop");
        shop.set_many([("k", "damaged"), ("l", "damaged")]).await?;
        let keys = [Key::from("k"), Key::from("l")];
        spoiling.spoil(&world.address("shop"), &keys).await?;
        let sound = || give(String::from("sound"));
        assert_eq!(shop.get_or_compute("k", sound).await?, "sound", "{damage:?}");
        let all = |missing: Vec<&'static str>| async move {
            loaded(missing.into_iter().map(|key| (key, String::from("sound"))))
        };
        let both = shop.get_or_compute_many(["k", "l"], all).await?;
        assert_eq!(both, [Some("sound".into()), Some("sound".into())], "{damage:?}");
        let stored = world.region("shop").get_many::<String>(["k", "l"]).await?;
        assert_eq!(stored, both, "{damage:?}");
        assert_eq!(cache.stats().computations, 2, "{damage:?}");
    }
    Ok(())
}

pub async fn a_loader_may_compute_other_keys(world: &World) -> Case {
    let (shop, blog) = (world.region("shop"), world.region("blog"));
    let sum = shop.get_or_compute("sum", async || {
        let first = shop.get_or_compute("first", || load(1)).await?;
        let second = blog.get_or_compute("sum", || load(2)).await?;
        let parts = shop.get_or_compute_many(["third", "fourth"], async |missing| {
            let fifth = blog.get_or_compute("fifth", || load(3)).await?;
            loaded(missing.into_iter().map(move |key| (key, fifth)))
        });
        let parts: i64 = parts.await?.into_iter().flatten().sum();
        loaded(first + second + parts)
    });
    assert_eq!(sum.await?, 9);
    let stored = shop.get_many::<i64>(["sum", "first", "third", "fourth"]).await?;
    assert_eq!(stored, [Some(9), Some(1), Some(3), Some(3)]);
    assert_eq!(blog.get_many::<i64>(["sum", "fifth"]).await?, [Some(2), Some(3)]);
    Ok(())
}

pub async fn a_loader_may_change_other_keys(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("gone", &1).await?;
    let computed = shop.get_or_compute("k", async || {
        shop.set("set", &2).await?;
        shop.remove("gone").await?;
        shop.transaction(async |t| t.set("committed", &3)).await?;
        world.region("blog").invalidate().await?;
        loaded(1)
    });
    assert_eq!(computed.await?, 1);
    let stored = shop.get_many::<i64>(["k", "set", "gone", "committed"]).await?;
    assert_eq!(stored, [Some(1), Some(2), None, Some(3)]);
    Ok(())
}

pub async fn a_negative_result_is_a_result(world: &World) -> Case {
    let shop = world.region("shop");
    assert_eq!(shop.get_or_compute("k", || give(None::<i64>)).await?, None);
    assert_eq!(shop.get_or_compute("k", never::<Option<i64>>).await?, None);
    assert_eq!(shop.get::<Option<i64>>("k").await?, Some(None));
    let all = |_| give([("k", Some(1)), ("l", None::<i64>)]);
    assert_eq!(shop.get_or_compute_many(["k", "l"], all).await?, [Some(None), Some(None)]);
    Ok(())
}

pub async fn a_negative_result_has_a_time_to_live_of_its_own(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(HOUR).negative_ttl(MINUTE));
    shop.get_or_compute("none", || give(None::<i64>)).await?;
    shop.get_or_compute("some", || give(Some(1))).await?;
    shop.set("set", &None::<i64>).await?;
    let brief = EntryOptions::new().negative_ttl(2 * MINUTE);
    shop.get_or_compute_with("with", brief, |_| give(None::<i64>)).await?;
    shop.get_or_compute_many(["many"], |_| give([("many", None::<i64>)])).await?;
    world.assert_ttl(shop.ttl("none").await?, MINUTE);
    world.assert_ttl(shop.ttl("some").await?, HOUR);
    world.assert_ttl(shop.ttl("set").await?, MINUTE);
    world.assert_ttl(shop.ttl("with").await?, 2 * MINUTE);
    world.assert_ttl(shop.ttl("many").await?, MINUTE);
    world.pass(MINUTE).await;
    assert_eq!(shop.get_or_compute("none", || give(Some(2))).await?, Some(2));
    Ok(())
}

pub async fn times_to_live_are_spread(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.entry_ttl(10 * HOUR).ttl_jitter(0.1));
    let mut lives = HashSet::new();
    for number in 0..100 {
        shop.get_or_compute(number, || give(number)).await?;
        let life = shop.ttl(number).await?.expect("it was stored");
        assert!(life <= 10 * HOUR && life >= 9 * HOUR - MINUTE, "{life:?}");
        lives.insert(life.as_secs() / 60);
    }
    assert!(lives.len() > 10, "an hour is spread over {} minutes only", lives.len());
    shop.set("k", &1).await?;
    assert!(shop.ttl("k").await? >= Some(9 * HOUR - MINUTE));
    Ok(())
}

pub async fn a_bad_name_is_refused_before_the_loader_is_called(world: &World) -> Case {
    let long = "k".repeat(4097);
    for (region, key) in [
        (world.region("shop..42"), "k"),
        (world.cache().root(), "k"),
        (world.region("shop"), long.as_str()),
    ] {
        let runs = Runs::default();
        let load = || {
            runs.begin();
            load(1)
        };
        let many = |_: Vec<&str>| {
            runs.begin();
            never::<Vec<(&str, i64)>>()
        };
        assert!(region.get_or_compute(key, load).await.unwrap_err().is_invalid_name());
        assert!(region.get_or_compute_many(["k", key], many).await.unwrap_err().is_invalid_name());
        let owned = region.get_or_compute_with(key, EntryOptions::new(), |_| never::<i64>());
        assert!(owned.await.unwrap_err().is_invalid_name());
        assert_eq!(runs.count(), 0);
    }
    Ok(())
}

pub async fn a_bad_option_is_refused_before_the_loader_is_called(world: &World) -> Case {
    use std::time::Duration;
    let shop = world.region("shop");
    let none = Duration::ZERO;
    for wrong in [
        EntryOptions::new().soft_timeout(none),
        EntryOptions::new().compute_timeout(none),
        EntryOptions::new().negative_ttl(none),
        EntryOptions::new().ttl_jitter(1.0),
        EntryOptions::new().ttl_jitter(-0.1),
        EntryOptions::new().ttl_jitter(f64::NAN),
    ] {
        let computed = shop.get_or_compute_with("k", wrong, |_| never::<i64>()).await;
        assert!(computed.unwrap_err().is_config());
    }
    let wrong = shop.with(|o| o.compute_timeout(none));
    assert!(wrong.get_or_compute("k", never::<i64>).await.unwrap_err().is_config());
    Ok(())
}

pub async fn a_closed_cache_computes_nothing(world: &World) -> Case {
    let cache = world.other().await;
    let shop = cache.region("shop");
    shop.get_or_compute("k", || load(1)).await?;
    cache.clone().shutdown().await;
    assert!(shop.get_or_compute("k", never::<i64>).await.unwrap_err().is_closed());
    assert!(shop.get_or_compute("l", never::<i64>).await.unwrap_err().is_closed());
    let owned = shop.get_or_compute_with("l", EntryOptions::new(), |_| never::<i64>());
    assert!(owned.await.unwrap_err().is_closed());
    let many = shop.get_or_compute_many(["l"], |_| never::<Vec<(&str, i64)>>());
    assert!(many.await.unwrap_err().is_closed());
    assert_eq!(cache.stats().computations, 1);
    Ok(())
}

pub async fn computations_are_counted(world: &World) -> Case {
    let shop = world.region("shop");
    shop.get_or_compute("k", || load(1)).await?;
    shop.get_or_compute("k", never::<i64>).await?;
    shop.get_or_compute_many(["k", "l", "m"], |_| give([("l", 1)])).await?;
    shop.set("text", "text").await?;
    shop.get_or_compute("text", || load(1)).await?;
    let stats = world.cache().stats();
    assert_eq!((stats.hits, stats.misses), (2, 4));
    assert_eq!((stats.computations, stats.failed_computations), (3, 0));
    assert_eq!((stats.fills, stats.refused_fills, stats.joined), (3, 0, 0));
    assert_eq!(stats.undecodable, 1);
    Ok(())
}
