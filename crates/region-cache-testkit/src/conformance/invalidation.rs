//! Killing whole trees at once, and freeing them step by step.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use futures::future::try_join_all;
use region_cache::{Invalidated, Region, Result};

use super::samples::{HOUR, SECOND, child_paths};
use super::{Case, World};
use crate::backends::{Counting, Operation, Yielding};

#[doc(hidden)]
#[macro_export]
macro_rules! invalidation {
    ($fixture:ty) => {
        $crate::cases! { $fixture, invalidation:
            a_region_is_dead_at_once
            all_that_lies_beneath_is_dead_at_once
            parents_and_siblings_are_untouched
            namesakes_are_untouched
            clear_kills_every_region
            other_namespaces_are_untouched
            another_process_finds_nothing
            what_is_set_afterwards_stays
            what_is_set_beneath_afterwards_stays
            nothing_comes_back_with_the_region
            freed_counts_the_regions
            freed_tells_everyone_the_same
            what_is_not_there_can_be_invalidated
            a_huge_tree_is_dead_at_once_and_freed_in_steps
            what_is_set_while_a_tree_is_freed_survives
            two_walks_free_each_region_once
            a_walk_that_nobody_goes_on_with_is_taken_up
            what_was_freed_takes_no_room
            invalidations_are_counted
        }
    };
}

pub const SOURCE: &str = include_str!("invalidation.rs");

const TREE: [&str; 7] =
    ["shop", "shop.catalog", "shop.catalog.42", "shop.catalog.7", "shop.orders", "blog", "blog.a"];

/// A root, 20 regions beneath it, and 1,000 beneath each of those.
const HUGE: u64 = 1 + 20 + 20_000;

async fn set(world: &World, paths: &[&str]) -> Result<()> {
    for path in paths {
        world.region(path).set("k", &1).await?;
    }
    Ok(())
}

/// Those paths whose region still has its entry.
async fn living<'a>(world: &World, paths: &[&'a str]) -> Result<Vec<&'a str>> {
    let mut living = Vec::new();
    for path in paths {
        let is_there = world.region(path).get::<i64>("k").await?.is_some();
        assert_eq!(world.region(path).contains("k").await?, is_there);
        living.extend(is_there.then_some(path));
    }
    Ok(living)
}

fn leaves(tree: &Region) -> impl Iterator<Item = Region> {
    (0..20).flat_map(move |branch| {
        let branch = tree.region(&branch.to_string());
        (0..1_000).map(move |leaf| branch.region(&leaf.to_string()))
    })
}

async fn grow(tree: &Region) -> Result<()> {
    for leaf in leaves(tree) {
        leaf.set("k", &1).await?;
    }
    Ok(())
}

pub async fn a_region_is_dead_at_once(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.no_ttl().stale_for(HOUR));
    shop.set_many([("a", &1), ("b", &2)]).await?;
    shop.invalidate().await?;
    assert_eq!(shop.get_many::<i64>(["a", "b"]).await?, [None; 2]);
    assert_eq!(shop.len().await?, 0);
    Ok(())
}

pub async fn all_that_lies_beneath_is_dead_at_once(world: &World) -> Case {
    set(world, &TREE).await?;
    world.region("shop").invalidate().await?;
    assert_eq!(living(world, &TREE).await?, ["blog", "blog.a"]);
    assert_eq!(child_paths(&world.region("shop")).await?, [""; 0]);
    Ok(())
}

pub async fn parents_and_siblings_are_untouched(world: &World) -> Case {
    set(world, &TREE).await?;
    world.region("shop.catalog.42").invalidate().await?;
    world.region("blog.a").invalidate().await?;
    let others = ["shop", "shop.catalog", "shop.catalog.7", "shop.orders", "blog"];
    assert_eq!(living(world, &TREE).await?, others);
    world.region("shop.catalog").invalidate().await?;
    assert_eq!(living(world, &TREE).await?, ["shop", "shop.orders", "blog"]);
    Ok(())
}

pub async fn namesakes_are_untouched(world: &World) -> Case {
    let namesakes = ["shopping", "shop2", "sho", "shop-a", "a.shop", "shop_", "SHOP"];
    set(world, &namesakes).await?;
    set(world, &["shop", "shop.a"]).await?;
    world.region("shop").invalidate().await?;
    assert_eq!(living(world, &namesakes).await?, namesakes);
    Ok(())
}

pub async fn clear_kills_every_region(world: &World) -> Case {
    for round in 0..2 {
        set(world, &TREE).await?;
        let invalidated = if round == 0 {
            world.cache().clear().await?
        } else {
            world.cache().root().invalidate().await?
        };
        assert_eq!(living(world, &TREE).await?, [""; 0]);
        assert_eq!(child_paths(&world.cache().root()).await?, [""; 0]);
        assert_eq!(invalidated.freed().await?, TREE.len() as u64);
    }
    Ok(())
}

pub async fn other_namespaces_are_untouched(world: &World) -> Case {
    let name = format!("{}-2", world.namespace());
    let elsewhere = world.cache_with(|builder| builder.namespace(name)).await;
    set(world, &TREE).await?;
    for path in TREE {
        elsewhere.region(path).set("k", &2).await?;
    }
    world.region("shop").invalidate().await?.freed().await?;
    world.cache().clear().await?.freed().await?;
    for path in TREE {
        assert_eq!(elsewhere.region(path).get("k").await?, Some(2), "{path}");
    }
    Ok(())
}

pub async fn another_process_finds_nothing(world: &World) -> Case {
    let there = world.other().await.region("shop.catalog");
    for number in 0..3 {
        there.set("k", &number).await?;
        world.region("shop").invalidate().await?;
        assert_eq!(there.get::<i64>("k").await?, None);
    }
    Ok(())
}

pub async fn what_is_set_afterwards_stays(world: &World) -> Case {
    let shop = world.region("shop");
    for number in 0..10 {
        shop.set("k", &number).await?;
        let invalidated = shop.invalidate().await?;
        shop.set("k", &-number).await?;
        assert_eq!(shop.get("k").await?, Some(-number));
        invalidated.freed().await?;
        assert_eq!(shop.get("k").await?, Some(-number));
    }
    Ok(())
}

pub async fn what_is_set_beneath_afterwards_stays(world: &World) -> Case {
    set(world, &TREE).await?;
    let invalidated = world.region("shop").invalidate().await?;
    world.region("shop.catalog.42").set("k", &2).await?;
    invalidated.freed().await?;
    assert_eq!(living(world, &TREE).await?, ["shop.catalog.42", "blog", "blog.a"]);
    assert_eq!(child_paths(&world.region("shop")).await?, ["shop.catalog"]);
    Ok(())
}

/// A region that begins anew does not bring back what lay in it or beneath it.
pub async fn nothing_comes_back_with_the_region(world: &World) -> Case {
    set(world, &TREE).await?;
    world.region("shop").set("old", &1).await?;
    world.region("shop").invalidate().await?;
    set(world, &["shop"]).await?;
    assert_eq!(world.region("shop").get::<i64>("old").await?, None);
    assert_eq!(living(world, &TREE).await?, ["shop", "blog", "blog.a"]);
    set(world, &["shop.catalog"]).await?;
    assert_eq!(living(world, &TREE).await?, ["shop", "shop.catalog", "blog", "blog.a"]);
    Ok(())
}

pub async fn freed_counts_the_regions(world: &World) -> Case {
    set(world, &TREE).await?;
    let catalog = world.region("shop.catalog").invalidate().await?;
    assert_eq!(catalog.freed().await?, 3);
    let shop = world.region("shop").invalidate().await?;
    assert_eq!(shop.freed().await?, 2);
    // A region on the way to another counts, though it holds nothing itself.
    set(world, &["news.a.b.c"]).await?;
    assert_eq!(world.region("news").invalidate().await?.freed().await?, 4);
    Ok(())
}

pub async fn freed_tells_everyone_the_same(world: &World) -> Case {
    let backend = Yielding::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(backend)).await;
    let shop = cache.region("shop");
    for number in 0..3_000 {
        shop.region(&number.to_string()).set("k", &number).await?;
    }
    let invalidated = shop.invalidate().await?;
    let clones = vec![invalidated.clone(); 4];
    let counts = try_join_all(clones.iter().map(Invalidated::freed)).await?;
    assert_eq!(counts, [3_001; 4]);
    assert_eq!(invalidated.freed().await?, 3_001);
    assert_eq!(cache.stats().freed_regions, 3_001);
    Ok(())
}

pub async fn what_is_not_there_can_be_invalidated(world: &World) -> Case {
    set(world, &["shop"]).await?;
    for path in ["nowhere", "shop.nowhere", "nowhere.at.all"] {
        assert_eq!(world.region(path).invalidate().await?.freed().await?, 0, "{path}");
    }
    assert_eq!(living(world, &["shop"]).await?, ["shop"]);
    assert_eq!(world.cache().clear().await?.freed().await?, 1);
    assert_eq!(world.cache().clear().await?.freed().await?, 0);
    Ok(())
}

pub async fn a_huge_tree_is_dead_at_once_and_freed_in_steps(world: &World) -> Case {
    let counting = Counting::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    let tree = cache.region("tree");
    grow(&tree).await?;
    assert_eq!(tree.children().await?.len(), 20);
    counting.reset();
    let invalidated = tree.invalidate().await?;
    // The walk is not at its end yet, and still nothing is found.
    assert!(cache.stats().freed_regions < HUGE);
    assert_eq!(tree.children().await?, []);
    for leaf in leaves(&tree).step_by(97) {
        assert_eq!(leaf.get::<i64>("k").await?, None);
    }
    assert_eq!(invalidated.freed().await?, HUGE);
    assert_eq!(cache.stats().freed_regions, HUGE);
    assert!(counting.count(Operation::Walk) > 1);
    Ok(())
}

/// Race 13: a walk that comes late takes nothing that was written after its invalidation.
pub async fn what_is_set_while_a_tree_is_freed_survives(world: &World) -> Case {
    let tree = world.region("tree");
    grow(&tree).await?;
    let invalidated = tree.invalidate().await?;
    let anew: Vec<Region> = leaves(&tree).step_by(1_999).collect();
    for leaf in &anew {
        leaf.set("k", &2).await?;
    }
    tree.set("k", &2).await?;
    invalidated.freed().await?;
    for leaf in &anew {
        assert_eq!(leaf.get("k").await?, Some(2), "{leaf}");
    }
    assert_eq!(tree.get("k").await?, Some(2));
    for leaf in leaves(&tree).skip(1).step_by(1_999) {
        assert_eq!(leaf.get::<i64>("k").await?, None, "{leaf}");
    }
    Ok(())
}

pub async fn two_walks_free_each_region_once(world: &World) -> Case {
    let tree = world.region("tree");
    grow(&tree).await?;
    let backend = Yielding::new(world.connect().await);
    let other = world.cache_with(|builder| builder.backend(backend)).await;
    let branch = other.region("tree.7").invalidate().await?;
    let whole = tree.invalidate().await?;
    let again = other.region("tree").invalidate().await?;
    let counts = try_join_all([branch.freed(), whole.freed(), again.freed()]).await?;
    assert_eq!(counts.iter().sum::<u64>(), HUGE, "{counts:?}");
    assert_eq!(tree.children().await?, []);
    Ok(())
}

pub async fn a_walk_that_nobody_goes_on_with_is_taken_up(world: &World) -> Case {
    grow(&world.region("tree")).await?;
    // As by a process that dies right afterwards.
    let walk = world.backend().invalidate(&world.address("tree")).await?;
    assert!(!walk.progress.is_done);
    world.pass(6 * SECOND).await;
    for number in 0..1_000 {
        world.region("shop").set("k", &number).await?;
    }
    world.region("shop").invalidate().await?.freed().await?;
    if world.fixture().local_usage() {
        let stats = world.cache().stats();
        assert_eq!((stats.entries, stats.regions), (0, 0));
    }
    Ok(())
}

pub async fn what_was_freed_takes_no_room(world: &World) -> Case {
    let before = world.cache().stats();
    grow(&world.region("tree")).await?;
    let stats = world.cache().stats();
    if world.fixture().local_usage() {
        assert_eq!((stats.entries, stats.regions), (20_000, HUGE));
        assert!(stats.bytes > 20_000);
    }
    world.cache().clear().await?.freed().await?;
    let after = world.cache().stats();
    assert_eq!((after.entries, after.regions), (0, 0));
    assert!(after.bytes <= before.bytes);
    Ok(())
}

pub async fn invalidations_are_counted(world: &World) -> Case {
    set(world, &TREE).await?;
    world.region("shop").invalidate().await?.freed().await?;
    world.region("nowhere").invalidate().await?;
    world.cache().clear().await?.freed().await?;
    let stats = world.cache().stats();
    assert_eq!((stats.invalidations, stats.freed_regions), (3, 7));
    Ok(())
}
