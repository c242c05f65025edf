//! Going through a region page by page.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::collections::BTreeSet;

use futures::{Stream, StreamExt, TryStreamExt};
use region_cache::{Entries, Key, Keys, Region, Result};

use super::samples::{MINUTE, sorted_keys};
use super::{Case, World};
use crate::backends::{Counting, Operation};

#[doc(hidden)]
#[macro_export]
macro_rules! scans {
    ($fixture:ty) => {
        $crate::cases! { $fixture, scans:
            keys_come_from_every_page
            entries_come_from_every_page
            len_counts_every_page
            a_region_without_entries_has_no_keys
            entries_of_another_type_are_passed_over
            what_has_expired_is_passed_over_on_every_page
            keys_of_other_regions_do_not_come
            streams_own_what_they_need
            streams_ask_for_a_page_only_when_it_is_wanted
            what_is_there_all_the_while_comes
            what_was_invalidated_half_way_does_not_come
        }
    };
}

pub const SOURCE: &str = include_str!("scans.rs");

/// More than two pages.
const MANY: u64 = 1_203;

async fn fill(region: &Region, numbers: impl Iterator<Item = u64>) -> Result<()> {
    let numbers: Vec<u64> = numbers.collect();
    region.set_many(numbers.iter().map(|number| (number, number))).await
}

fn keys(numbers: impl Iterator<Item = u64>) -> BTreeSet<Key> {
    numbers.map(Key::from).collect()
}

pub async fn keys_come_from_every_page(world: &World) -> Case {
    let shop = world.region("shop");
    fill(&shop, 0..MANY).await?;
    let found: Vec<Key> = shop.keys().try_collect().await?;
    if world.fixture().ordered_keys() {
        assert_eq!(found, Vec::from_iter(keys(0..MANY)));
    }
    assert_eq!(BTreeSet::from_iter(found), keys(0..MANY));
    Ok(())
}

pub async fn entries_come_from_every_page(world: &World) -> Case {
    let shop = world.region("shop");
    fill(&shop, 0..MANY).await?;
    let found: BTreeSet<(Key, u64)> = shop.entries().try_collect().await?;
    assert_eq!(found, (0..MANY).map(|number| (Key::from(number), number)).collect());
    Ok(())
}

pub async fn len_counts_every_page(world: &World) -> Case {
    let shop = world.region("shop");
    for len in [1, 499, 500, 501, 1_000, MANY] {
        fill(&shop, 0..len).await?;
        assert_eq!(shop.len().await?, len);
    }
    Ok(())
}

pub async fn a_region_without_entries_has_no_keys(world: &World) -> Case {
    world.region("shop.catalog").set("k", &1).await?;
    for path in ["shop", "shop.catalog.42", "blog"] {
        let region = world.region(path);
        assert_eq!(region.keys().count().await, 0);
        assert_eq!(region.entries::<i64>().count().await, 0);
        assert_eq!(region.len().await?, 0);
    }
    Ok(())
}

pub async fn entries_of_another_type_are_passed_over(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("price", &1999).await?;
    shop.set("name", "anvil").await?;
    let texts: Vec<(Key, String)> = shop.entries().try_collect().await?;
    assert_eq!(texts, [(Key::from("name"), "anvil".to_owned())]);
    assert_eq!(shop.len().await?, 2);
    Ok(())
}

pub async fn what_has_expired_is_passed_over_on_every_page(world: &World) -> Case {
    let shop = world.region("shop");
    let brief = shop.with(|o| o.entry_ttl(MINUTE).stale_for(MINUTE));
    fill(&shop, (0..MANY).filter(|number| number % 100 == 0)).await?;
    fill(&brief, (0..MANY).filter(|number| number % 100 != 0)).await?;
    world.pass(MINUTE).await;
    assert_eq!(shop.len().await?, 13);
    assert_eq!(
        BTreeSet::from_iter(sorted_keys(&shop).await?),
        keys((0..13).map(|number| number * 100)),
    );
    assert_eq!(shop.entries::<u64>().count().await, 13);
    Ok(())
}

pub async fn keys_of_other_regions_do_not_come(world: &World) -> Case {
    for path in ["shop", "shop.catalog", "shop.catalog.42", "shopping"] {
        world.region(path).set(path, &1).await?;
    }
    assert_eq!(sorted_keys(&world.region("shop")).await?, [Key::from("shop")]);
    assert_eq!(sorted_keys(&world.region("shop.catalog")).await?, [Key::from("shop.catalog")]);
    Ok(())
}

pub async fn streams_own_what_they_need(world: &World) -> Case {
    fn owns_all<S: Stream + Send + Unpin + 'static>(stream: S) -> S {
        stream
    }
    let (keys, entries): (Keys, Entries<u64>) = {
        let shop = world.other().await.region("shop");
        fill(&shop, 0..MANY).await?;
        (owns_all(shop.keys()), owns_all(shop.entries()))
    };
    assert!(keys.count().await >= 1_203);
    assert!(entries.count().await >= 1_203);
    Ok(())
}

pub async fn streams_ask_for_a_page_only_when_it_is_wanted(world: &World) -> Case {
    let counting = Counting::new(world.backend());
    let shop = world.cache_with(|builder| builder.backend(counting.clone())).await.region("shop");
    fill(&shop, 0..MANY).await?;
    counting.reset();
    let mut keys = shop.keys();
    assert_eq!(counting.total(), 0);
    assert!(keys.next().await.is_some());
    assert_eq!((counting.count(Operation::Scan), counting.total()), (1, 1));
    drop(keys);
    assert_eq!(counting.total(), 1);
    Ok(())
}

pub async fn what_is_there_all_the_while_comes(world: &World) -> Case {
    let shop = world.region("shop");
    fill(&shop, 0..MANY).await?;
    let mut stream = shop.keys();
    let mut found = BTreeSet::new();
    while let Some(key) = stream.next().await {
        found.insert(key?);
        let number = found.len() as u64;
        if number.is_multiple_of(50) {
            // Even numbers go and new ones come, while the odd ones stay.
            shop.remove_many((0..MANY).filter(|n| n % 2 == 0 && n % 7 == number % 7)).await?;
            shop.set(MANY + number, &number).await?;
        }
    }
    let stays = keys((0..MANY).filter(|number| number % 2 == 1));
    assert!(found.is_superset(&stays));
    Ok(())
}

pub async fn what_was_invalidated_half_way_does_not_come(world: &World) -> Case {
    let shop = world.region("shop.catalog");
    fill(&shop, 0..MANY).await?;
    let mut entries = shop.entries::<u64>();
    assert!(entries.next().await.is_some());
    world.region("shop").invalidate().await?;
    // What the first page brought was read before the invalidation.
    assert!(entries.count().await < 1_000);
    assert_eq!(shop.keys().count().await, 0);
    Ok(())
}
