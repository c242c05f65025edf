//! Sets: what is in them, how long they live, and how often is asked.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use futures::{StreamExt, TryStreamExt};
use region_cache::codec::{Bincode, Json};
use region_cache::{Begin, BoxError, Cache, Error, Result, SetOf, Value};

use super::loaders::{fail, give, never};
use super::samples::{DAY, HOUR, Item, MINUTE, Scrambled, child_paths};
use super::tables::{Table, fans, numbers, sorted};
use super::{Case, World};
use crate::backends::{Counting, Operation};

#[doc(hidden)]
#[macro_export]
macro_rules! sets {
    ($fixture:ty) => {
        $crate::cases! { $fixture, sets:
            list_is_computed_on_first_use
            list_add_and_set_add_tell_what_is_new
            list_rem_and_set_rem_tell_what_was_there
            list_len_and_set_len_count
            exists_tells_what_is_in
            a_plain_one_begins_empty_and_stores_nothing_for_that
            what_is_computed_twice_is_in_once
            an_absent_computed_one_is_not_added_to
            any_value_can_be_in
            every_codec_can_store_it
            what_cannot_be_stored_is_refused
            several_are_beside_each_other
            one_of_any_name_is_a_region_of_its_own
            it_lives_as_any_entry
            it_ends_as_a_whole_and_adding_does_not_lengthen_that
            a_regions_own_time_to_live_is_refreshed_by_adding
            it_falls_with_its_region
            one_that_is_invalidated_begins_anew
            a_loader_that_fails_is_an_error
            a_hundred_tasks_compute_it_once
            two_processes_share_it
            asking_adding_and_removing_are_one_request
            counting_and_listing_go_through_it_once
            ten_thousand_are_in
            without_a_place_to_store_it_is_computed_each_time
            a_name_that_is_none_is_told
        }
    };
}

pub const SOURCE: &str = include_str!("sets.rs");

/// Flask-CacheOBJ: `list`.
pub async fn list_is_computed_on_first_use(world: &World) -> Case {
    let table = Table::of([7, 8]);
    for cache in [world.cache().clone(), world.other().await] {
        let fans = fans(&cache.region("shop"), &table);
        assert_eq!(sorted(&fans).await?, [7, 8]);
        assert_eq!((fans.len().await?, fans.is_empty().await?), (2, false));
        assert!(fans.contains(&7).await? && !fans.contains(&9).await?);
    }
    assert_eq!(table.runs(), 1);
    Ok(())
}

/// Flask-CacheOBJ: `list_add`, `set_add`.
pub async fn list_add_and_set_add_tell_what_is_new(world: &World) -> Case {
    let (shop, there) = (world.region("shop"), world.other().await.region("shop"));
    let (here, there) = (shop.set_of::<i64>("tags"), there.set_of::<i64>("tags"));
    assert!(here.add(&1).await? && there.add(&2).await?);
    assert!(!there.add(&1).await? && !here.add(&2).await?);
    assert_eq!((sorted(&here).await?, sorted(&there).await?), (vec![1, 2], vec![1, 2]));
    let fans = fans(&shop, &Table::of([7]));
    assert_eq!(fans.len().await?, 1);
    assert!(fans.add(&8).await? && !fans.add(&8).await? && !fans.add(&7).await?);
    assert_eq!(sorted(&fans).await?, [7, 8]);
    Ok(())
}

/// Flask-CacheOBJ: `list_rem`, `set_rem`.
pub async fn list_rem_and_set_rem_tell_what_was_there(world: &World) -> Case {
    let shop = world.region("shop");
    let tags = shop.set_of::<i64>("tags");
    assert!(!tags.remove(&1).await?);
    tags.add(&1).await?;
    assert!(tags.remove(&1).await? && !tags.remove(&1).await?);
    assert!(!tags.contains(&1).await?);
    assert!(tags.add(&1).await?, "what is gone is new again");
    let fans = fans(&shop, &Table::of([7, 8]));
    assert!(!fans.remove(&7).await?, "it is absent");
    assert_eq!(sorted(&fans).await?, [7, 8], "and computed from what is removed there first");
    assert!(fans.remove(&7).await? && !fans.remove(&7).await?);
    assert_eq!(sorted(&fans).await?, [8]);
    Ok(())
}

/// Flask-CacheOBJ: `list_len`, `set_len`.
pub async fn list_len_and_set_len_count(world: &World) -> Case {
    let shop = world.region("shop");
    let (tags, fans) = (shop.set_of::<i64>("tags"), fans(&shop, &Table::of(0..20)));
    for number in 0..20 {
        assert_eq!((tags.len().await?, tags.is_empty().await?), (number, number == 0));
        assert_eq!(fans.len().await?, 20 - number);
        tags.add(&(number as i64)).await?;
        fans.remove(&(number as i64)).await?;
    }
    assert!(fans.is_empty().await? && !tags.is_empty().await?);
    assert!(!fans.contains(&1).await?, "an empty one is not absent");
    Ok(())
}

/// Flask-CacheOBJ: `exists`.
pub async fn exists_tells_what_is_in(world: &World) -> Case {
    let shop = world.region("shop");
    let tags = shop.set_of::<String>("tags");
    assert!(!tags.contains(&"heavy".to_owned()).await?);
    tags.add(&"heavy".to_owned()).await?;
    assert!(tags.contains(&"heavy".to_owned()).await?);
    assert!(!tags.contains(&String::new()).await?);
    Ok(())
}

pub async fn a_plain_one_begins_empty_and_stores_nothing_for_that(world: &World) -> Case {
    let shop = world.region("shop");
    let tags = shop.set_of::<i64>("tags");
    assert!(!tags.contains(&1).await? && !tags.remove(&1).await? && tags.is_empty().await?);
    assert_eq!(tags.members().count().await, 0);
    assert_eq!(world.cache().stats().computations, 0);
    assert_eq!(shop.children().await?, []);
    tags.add(&1).await?;
    assert_eq!(child_paths(&shop).await?, ["shop.set~tags"]);
    Ok(())
}

/// The defence is that who computes leaves out what it has seen.
pub async fn what_is_computed_twice_is_in_once(world: &World) -> Case {
    let shop = world.region("shop");
    let twice = shop.set_of::<i64>("twice").computed(|| give(vec![1, 2, 1, 1]));
    assert_eq!(numbers(&twice).await?, [1, 2], "to who computed it");
    twice.invalidate().await?;
    assert_eq!(twice.len().await?, 2, "to who computed it");
    assert_eq!((twice.len().await?, sorted(&twice).await?), (2, vec![1, 2]));
    Ok(())
}

/// First the row, then the set: who uses it next computes it, and finds the row.
pub async fn an_absent_computed_one_is_not_added_to(world: &World) -> Case {
    let (shop, table) = (world.region("shop"), Table::of([7]));
    let fans = fans(&shop, &table);
    table.insert(8);
    assert!(!fans.add(&8).await?);
    assert_eq!(shop.children().await?, []);
    assert_eq!(sorted(&fans).await?, [7, 8]);
    Ok(())
}

pub async fn any_value_can_be_in(world: &World) -> Case {
    async fn takes<T: Value + PartialEq + std::fmt::Debug>(
        world: &World,
        name: &str,
        values: Vec<T>,
    ) -> Case {
        let plain = world.region("shop").set_of::<T>(format!("{name}, plain"));
        for value in &values {
            assert!(plain.add(value).await?, "{value:?}");
        }
        let load = move || give(values.clone());
        let computed = world.region("shop").set_of::<T>(name).computed(load.clone());
        for all in [plain.members(), computed.members(), computed.members()] {
            let all: Vec<T> = all.try_collect().await?;
            let values = load().await.map_err(Error::other)?;
            assert_eq!(all.len(), values.len());
            assert!(values.iter().all(|value| all.contains(value)), "{values:?}");
        }
        for value in &load().await.map_err(Error::other)? {
            assert!(plain.contains(value).await? && computed.contains(value).await?, "{value:?}");
            assert!(!plain.add(value).await? && !computed.add(value).await?, "{value:?}");
            assert!(plain.remove(value).await? && computed.remove(value).await?, "{value:?}");
        }
        assert!(plain.is_empty().await? && computed.is_empty().await?);
        Ok(())
    }
    takes(world, "texts", vec![String::new(), "7".into(), "x".repeat(100_000)]).await?;
    takes(world, "numbers", vec![i64::MIN, -1, 0, 7, i64::MAX]).await?;
    takes(world, "bytes", vec![vec![], vec![0_u8], vec![255; 5_000]]).await?;
    takes(world, "options", vec![None, Some(0_u8), Some(1)]).await?;
    takes(world, "nothing", vec![()]).await?;
    takes(world, "pairs", vec![(1_u8, "a".to_owned()), (2, String::new())]).await?;
    takes(world, "maps", vec![BTreeMap::new(), BTreeMap::from([("k".to_owned(), 1_u8)])]).await?;
    let other = Item { price: 1, ..Item::anvil() };
    takes(world, "items", vec![Item::anvil(), other]).await?;
    Ok(())
}

pub async fn every_codec_can_store_it(world: &World) -> Case {
    let shop = world.region("shop");
    let all = [
        shop.with(|o| o.codec(Bincode)),
        shop.with(|o| o.codec(Json)),
        shop.with(|o| o.codec(Scrambled)),
    ];
    for (number, shop) in all.iter().enumerate() {
        let tags = shop.set_of::<String>(number);
        assert!(tags.add(&"heavy".to_owned()).await?);
        assert!(!tags.add(&"heavy".to_owned()).await? && tags.contains(&"heavy".to_owned()).await?);
        assert_eq!(tags.members().try_collect::<Vec<_>>().await?, ["heavy"]);
        let name = format!("computed {number}");
        let computed = shop.set_of::<String>(name).computed(|| give(vec!["iron".to_owned()]));
        assert_eq!((computed.len().await?, computed.len().await?), (1, 1));
        assert_eq!(computed.members().try_collect::<Vec<_>>().await?, ["iron"]);
    }
    Ok(())
}

pub async fn what_cannot_be_stored_is_refused(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.max_value_bytes(100));
    let (short, long) = ("x".to_owned(), "x".repeat(101));
    let tags = shop.set_of::<String>("tags");
    assert!(tags.add(&long).await.unwrap_err().is_too_large());
    assert!(tags.is_empty().await?);
    let load = async || Ok::<_, BoxError>(vec![short.clone(), long.clone()]);
    let computed = shop.set_of::<String>("computed").computed(load);
    for _ in 0..2 {
        let error = computed.contains(&short).await.unwrap_err();
        assert!(error.to_string().contains("`max_value_bytes`"), "{error}");
    }
    Ok(())
}

pub async fn several_are_beside_each_other(world: &World) -> Case {
    let shop = world.region("shop");
    let sets = [
        shop.set_of::<i64>("a"),
        shop.set_of("b"),
        shop.region("a").set_of("a"),
        world.region("blog").set_of("a"),
    ];
    for (set, number) in sets.iter().zip(0..) {
        assert!(set.add(&number).await?);
    }
    shop.set("a", &7).await?;
    shop.counter("b").increment(7).await?;
    for (set, number) in sets.iter().zip(0..) {
        assert_eq!(sorted(set).await?, [number]);
    }
    assert_eq!(shop.len().await?, 2);
    sets[0].invalidate().await?;
    assert_eq!((sets[0].len().await?, sets[1].len().await?, sets[2].len().await?), (0, 1, 1));
    Ok(())
}

pub async fn one_of_any_name_is_a_region_of_its_own(world: &World) -> Case {
    let shop = world.region("shop");
    let names =
        [String::new(), ".".into(), "a.b".into(), "{x}:y%".into(), "x".repeat(300), "ö".into()];
    for name in &names {
        assert!(shop.set_of::<String>(name).add(name).await?, "{name}");
    }
    for name in &names {
        assert_eq!(
            shop.set_of::<String>(name).members().try_collect::<Vec<_>>().await?,
            [name.as_str()]
        );
    }
    assert_eq!(shop.children().await?.len(), names.len());
    Ok(())
}

pub async fn it_lives_as_any_entry(world: &World) -> Case {
    let (shop, table) = (world.region("shop"), Table::of([7]));
    let brief = shop.with(|o| o.entry_ttl(HOUR));
    let endless = shop.with(region_cache::RegionOptions::no_ttl);
    let sets = [fans(&shop.region("a"), &table), fans(&brief, &table)];
    for set in &sets {
        assert_eq!(set.len().await?, 1);
    }
    let never_ends = endless.region("c").set_of::<i64>("c");
    never_ends.add(&1).await?;
    world.pass(HOUR).await;
    assert_eq!((sets[0].len().await?, sets[1].len().await?, table.runs()), (1, 1, 3));
    world.pass(DAY).await;
    assert_eq!((sets[0].len().await?, table.runs()), (1, 4));
    assert!(never_ends.contains(&1).await?);
    Ok(())
}

pub async fn it_ends_as_a_whole_and_adding_does_not_lengthen_that(world: &World) -> Case {
    let (shop, table) = (world.region("shop"), Table::of([7]));
    let (fans, tags) = (fans(&shop, &table).ttl(HOUR), shop.set_of::<i64>("tags").ttl(HOUR));
    fans.len().await?;
    tags.add(&7).await?;
    world.pass(HOUR - MINUTE).await;
    assert!(fans.add(&8).await? && tags.add(&8).await?);
    assert_eq!((fans.len().await?, tags.len().await?), (2, 2));
    world.pass(MINUTE).await;
    assert_eq!((tags.len().await?, tags.contains(&8).await?), (0, false));
    assert_eq!((sorted(&fans).await?, table.runs()), (vec![7], 2));
    tags.add(&9).await?;
    world.pass(HOUR - MINUTE).await;
    assert_eq!((sorted(&tags).await?, table.runs()), (vec![9], 2), "it lives a whole hour again");
    assert_eq!(fans.len().await?, 1);
    assert!(tags.clone().ttl(std::time::Duration::ZERO).add(&1).await.unwrap_err().is_config());
    Ok(())
}

pub async fn a_regions_own_time_to_live_is_refreshed_by_adding(world: &World) -> Case {
    let (shop, table) = (world.region("shop").with(|o| o.ttl(HOUR)), Table::of([7]));
    let (fans, tags) = (fans(&shop, &table), shop.set_of::<i64>("tags"));
    let fixed = shop.region("fixed").with(|o| o.refresh_ttl_on_write(false)).set_of::<i64>("f");
    fans.len().await?;
    assert!(tags.add(&1).await? && fixed.add(&1).await?);
    for number in 8..11 {
        world.pass(HOUR - MINUTE).await;
        assert!(fans.add(&number).await? && tags.add(&number).await?);
        fixed.add(&number).await?;
    }
    assert_eq!((fans.len().await?, tags.len().await?, fixed.len().await?), (4, 4, 2));
    world.pass(HOUR).await;
    assert_eq!((tags.len().await?, fans.len().await?, table.runs()), (0, 1, 2));
    Ok(())
}

/// Flask-CacheOBJ: `delete` of a list, and what it has not: of all beneath.
pub async fn it_falls_with_its_region(world: &World) -> Case {
    let (item, there) = (world.region("shop.catalog.42"), world.other().await);
    let table = Table::of([7]);
    let (fans, tags) = (fans(&item, &table), item.set_of::<i64>("tags"));
    let above = [item.clone(), there.region("shop.catalog"), world.region("shop"), there.root()];
    for (region, number) in above.iter().zip(1..) {
        assert_eq!((fans.len().await?, table.runs()), (1, number));
        assert!(fans.add(&8).await? && tags.add(&8).await?);
        region.invalidate().await?;
        assert!(!tags.contains(&8).await? && !fans.contains(&8).await?, "{region:?}");
        assert_eq!((sorted(&fans).await?, sorted(&tags).await?), (vec![7], vec![]), "{region:?}");
    }
    Ok(())
}

pub async fn one_that_is_invalidated_begins_anew(world: &World) -> Case {
    let (shop, table) = (world.region("shop"), Table::of([7]));
    let (fans, tags) = (fans(&shop, &table), shop.set_of::<i64>("tags"));
    fans.len().await?;
    tags.add(&1).await?;
    fans.invalidate().await?;
    tags.invalidate().await?;
    assert_eq!((fans.len().await?, tags.len().await?, table.runs()), (1, 0, 2));
    Ok(())
}

pub async fn a_loader_that_fails_is_an_error(world: &World) -> Case {
    let failing = world.region("shop").set_of::<i64>("fans").computed(fail::<Vec<i64>>);
    assert!(failing.contains(&1).await.unwrap_err().is_compute());
    assert!(failing.len().await.unwrap_err().is_compute());
    assert!(!failing.add(&1).await? && !failing.remove(&1).await?);
    let mut members = failing.members();
    assert!(members.try_next().await.unwrap_err().is_compute());
    assert_eq!(members.try_next().await?, None);
    assert_eq!(fans(&world.region("shop"), &Table::of([7])).len().await?, 1);
    assert!(failing.contains(&7).await?);
    Ok(())
}

pub async fn a_hundred_tasks_compute_it_once(world: &World) -> Case {
    let (fans, table) = {
        let table = Table::of(0..100);
        (fans(&world.region("shop"), &table), table)
    };
    let found = join_all((0..100).map(|number| {
        let fans = fans.clone();
        async move {
            Ok::<_, Error>(match number % 3 {
                0 => fans.contains(&number).await?,
                1 => fans.len().await? == 100,
                _ => sorted(&fans).await?.len() == 100,
            })
        }
    }));
    for found in found.await {
        assert!(found?);
    }
    assert_eq!(table.runs(), 1);
    Ok(())
}

pub async fn two_processes_share_it(world: &World) -> Case {
    let (table, there) = (Table::of([7]), world.other().await);
    let (here, there) = (fans(&world.region("shop"), &table), fans(&there.region("shop"), &table));
    assert_eq!(here.len().await?, 1);
    assert!(there.add(&8).await? && here.remove(&7).await?);
    assert_eq!((sorted(&here).await?, sorted(&there).await?), (vec![8], vec![8]));
    assert_eq!(table.runs(), 1);
    Ok(())
}

async fn counted(world: &World) -> (std::sync::Arc<Counting>, Cache) {
    let counting = Counting::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    (counting, cache)
}

async fn costs<L: Begin<i64>>(counting: &Counting, set: &SetOf<i64, L>) -> Case {
    counting.reset();
    set.contains(&1).await?;
    assert_eq!((counting.count(Operation::Read), counting.total()), (1, 1), "{counting:?}");
    set.add(&1).await?;
    assert_eq!((counting.count(Operation::Write), counting.total()), (1, 2), "{counting:?}");
    set.add(&1).await?;
    set.remove(&1).await?;
    set.remove(&1).await?;
    assert_eq!((counting.count(Operation::Write), counting.total()), (4, 5), "{counting:?}");
    Ok(())
}

pub async fn asking_adding_and_removing_are_one_request(world: &World) -> Case {
    let (counting, cache) = counted(world).await;
    let fans = fans(&cache.region("shop"), &Table::of([7]));
    fans.len().await?;
    costs(&counting, &fans).await?;
    let tags = cache.region("shop").set_of::<i64>("tags");
    costs(&counting, &tags).await?;
    tags.invalidate().await?;
    costs(&counting, &tags).await?;
    Ok(())
}

pub async fn counting_and_listing_go_through_it_once(world: &World) -> Case {
    let (counting, cache) = counted(world).await;
    let fans = fans(&cache.region("shop"), &Table::of(0..100));
    fans.len().await?;
    for lists in [false, true] {
        counting.reset();
        let count = if lists { fans.members().count().await as u64 } else { fans.len().await? };
        assert_eq!((count, counting.count(Operation::Read)), (100, 2), "{counting:?}");
        // A server may say of the last page that there is another, which is empty.
        let pages = counting.total() - 2;
        assert!(pages == counting.count(Operation::Scan) && pages <= 2, "{counting:?}");
    }
    Ok(())
}

pub async fn ten_thousand_are_in(world: &World) -> Case {
    let (shop, table) = (world.region("shop"), Table::of(0..10_000));
    let fans = fans(&shop, &table);
    assert_eq!((fans.len().await?, fans.len().await?), (10_000, 10_000));
    let all: Vec<i64> = numbers(&fans).await?;
    assert_eq!((all.len(), all.into_iter().collect::<BTreeSet<_>>().len()), (10_000, 10_000));
    assert!(fans.contains(&9_999).await? && !fans.contains(&10_000).await?);
    assert!(fans.add(&10_000).await? && fans.remove(&0).await?);
    assert_eq!((fans.len().await?, table.runs()), (10_000, 1));
    world.region("shop").invalidate().await?.freed().await?;
    assert_eq!((fans.len().await?, table.runs()), (10_000, 2));
    Ok(())
}

/// As `null:` does, and any backend that is full.
pub async fn without_a_place_to_store_it_is_computed_each_time(_: &World) -> Case {
    let shop = Cache::connect("null:").await?.region("shop");
    let (table, tags) = (Table::of([7]), shop.set_of::<i64>("tags"));
    let fans = fans(&shop, &table);
    for _ in 0..2 {
        assert!(fans.contains(&7).await? && !fans.contains(&8).await?);
        assert_eq!((fans.len().await?, sorted(&fans).await?), (1, vec![7]));
        assert!(!fans.add(&8).await? && !fans.remove(&7).await?);
        assert!(tags.add(&1).await? && !tags.remove(&1).await? && !tags.contains(&1).await?);
        assert_eq!((tags.len().await?, sorted(&tags).await?), (0, vec![]));
        fans.invalidate().await?;
    }
    assert_eq!(table.runs(), 8);
    Ok(())
}

pub async fn a_name_that_is_none_is_told(world: &World) -> Case {
    async fn refuses(set: SetOf<i64>) -> Case {
        let bad = |result: Result<bool>| result.unwrap_err().is_invalid_name();
        assert!(bad(set.add(&1).await) && bad(set.remove(&1).await) && bad(set.contains(&1).await));
        assert!(set.len().await.unwrap_err().is_invalid_name());
        assert!(set.members().try_next().await.unwrap_err().is_invalid_name());
        assert!(set.clone().ttl(HOUR).add(&1).await.unwrap_err().is_invalid_name());
        let computed = set.computed(never::<Vec<i64>>);
        assert!(bad(computed.contains(&1).await));
        Ok(())
    }
    refuses(world.region("shop..a").set_of("tags")).await?;
    refuses(world.region("").set_of("tags")).await?;
    refuses(world.cache().root().set_of("tags")).await?;
    refuses(world.region(&["a"; 16].join(".")).set_of("tags")).await?;
    refuses(world.region("shop").set_of("x".repeat(5_000))).await?;
    let deep: SetOf<i64> = world.region(&["a"; 15].join(".")).set_of("tags");
    assert!(deep.add(&1).await?);
    Ok(())
}
