//! Who may compute: one caller for each key in the whole fleet, and nobody waits.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use region_cache::Lookup;

use super::samples::{HOUR, SECOND, lease, miss, poll_times, sorted_keys};
use super::{Case, World};
use crate::backends::Yielding;

#[doc(hidden)]
#[macro_export]
macro_rules! leases {
    ($fixture:ty) => {
        $crate::cases! { $fixture, leases:
            a_lookup_of_a_present_key_is_a_hit
            the_first_who_misses_holds_the_lease
            a_lookup_never_waits
            a_lease_holds_in_every_process
            each_key_has_a_lease_of_its_own
            what_was_filled_is_a_hit_for_everyone
            a_dropped_miss_gives_its_lease_back
            a_dropped_miss_without_the_lease_gives_nothing_back
            a_lease_is_taken_over_after_its_deadline
            whoever_was_overtaken_gives_nothing_back
            the_lease_of_an_invalidated_region_blocks_nobody
            the_lease_of_a_changed_key_blocks_nobody
            a_lookup_that_is_overtaken_does_no_harm
            a_dropped_lookup_gives_its_lease_back
            a_leased_key_is_absent_all_the_same
        }
    };
}

pub const SOURCE: &str = include_str!("leases.rs");

pub async fn a_lookup_of_a_present_key_is_a_hit(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("k", &1).await?;
    assert!(matches!(shop.lookup("k").await?, Lookup::Hit(1)));
    assert_eq!(shop.lookup("k").await?.hit(), Some(1));
    shop.remove("k").await?;
    assert_eq!(shop.lookup::<i64>("k").await?.hit(), None);
    Ok(())
}

pub async fn the_first_who_misses_holds_the_lease(world: &World) -> Case {
    let shop = world.region("shop");
    let first = lease(&shop, "k").await?;
    let others = [miss(&shop, "k").await?, miss(&shop, "k").await?];
    assert!(others.iter().all(|other| !other.holds_lease()));
    for other in others {
        assert!(!other.fill(&2).await?);
    }
    assert_eq!(shop.get::<i64>("k").await?, None);
    assert!(first.fill(&1).await?);
    assert_eq!(shop.get("k").await?, Some(1));
    Ok(())
}

pub async fn a_lookup_never_waits(world: &World) -> Case {
    let shop = world.region("shop");
    let mut held = Vec::new();
    for number in 0..100 {
        held.push(miss::<i64>(&shop, number % 10).await?);
    }
    assert_eq!(held.iter().filter(|miss| miss.holds_lease()).count(), 10);
    Ok(())
}

pub async fn a_lease_holds_in_every_process(world: &World) -> Case {
    let (here, there) = (world.region("shop"), world.other().await.region("shop"));
    let first = lease(&here, "k").await?;
    let second = miss::<i64>(&there, "k").await?;
    assert!(!second.holds_lease());
    assert!(!second.fill(&2).await?);
    assert!(first.fill(&1).await?);
    assert_eq!(there.lookup("k").await?.hit(), Some(1));
    Ok(())
}

pub async fn each_key_has_a_lease_of_its_own(world: &World) -> Case {
    let (shop, catalog) = (world.region("shop"), world.region("shop.catalog"));
    let leases = [lease(&shop, "a").await?, lease(&shop, "b").await?, lease(&catalog, "a").await?];
    for (number, lease) in (0..).zip(leases) {
        assert!(lease.fill(&number).await?);
    }
    assert_eq!(shop.get_many::<i64>(["a", "b"]).await?, [Some(0), Some(1)]);
    assert_eq!(catalog.get("a").await?, Some(2));
    Ok(())
}

pub async fn what_was_filled_is_a_hit_for_everyone(world: &World) -> Case {
    let (here, there) = (world.region("shop"), world.other().await.region("shop"));
    let first = lease(&here, "k").await?;
    let second = miss::<i64>(&there, "k").await?;
    assert!(first.fill(&1).await?);
    assert_eq!(here.lookup("k").await?.hit(), Some(1));
    assert_eq!(there.lookup("k").await?.hit(), Some(1));
    assert!(!second.fill(&2).await?);
    assert_eq!(there.get("k").await?, Some(1));
    Ok(())
}

pub async fn a_dropped_miss_gives_its_lease_back(world: &World) -> Case {
    let shop = world.region("shop");
    for _ in 0..3 {
        drop(lease(&shop, "k").await?);
    }
    assert!(lease(&shop, "k").await?.fill(&1).await?);
    Ok(())
}

pub async fn a_dropped_miss_without_the_lease_gives_nothing_back(world: &World) -> Case {
    let shop = world.region("shop");
    let first = lease(&shop, "k").await?;
    drop(miss::<i64>(&shop, "k").await?);
    assert!(!miss::<i64>(&shop, "k").await?.fill(&2).await?);
    assert!(!miss::<i64>(&shop, "k").await?.holds_lease());
    assert!(first.fill(&1).await?);
    Ok(())
}

pub async fn a_lease_is_taken_over_after_its_deadline(world: &World) -> Case {
    let shop = world.region("shop");
    let slow = lease(&shop, "k").await?;
    world.pass(9 * SECOND).await;
    assert!(!miss::<i64>(&shop, "k").await?.holds_lease());
    world.pass(SECOND).await;
    let next = lease(&world.other().await.region("shop"), "k").await?;
    assert!(!miss::<i64>(&shop, "k").await?.holds_lease());
    assert!(!slow.fill(&1).await?);
    assert_eq!(shop.get::<i64>("k").await?, None);
    assert!(next.fill(&2).await?);
    assert_eq!(shop.get("k").await?, Some(2));
    Ok(())
}

pub async fn whoever_was_overtaken_gives_nothing_back(world: &World) -> Case {
    let shop = world.region("shop");
    let slow = lease(&shop, "k").await?;
    let refused = lease(&shop, "l").await?;
    world.pass(10 * SECOND).await;
    let (next, other) = (lease(&shop, "k").await?, lease(&shop, "l").await?);
    drop(slow);
    assert!(!refused.fill(&1).await?);
    assert!(!miss::<i64>(&shop, "k").await?.holds_lease());
    assert!(!miss::<i64>(&shop, "l").await?.holds_lease());
    assert!(next.fill(&2).await? && other.fill(&2).await?);
    Ok(())
}

/// Race 15: the lease of a computation that can no longer be stored makes nobody wait.
pub async fn the_lease_of_an_invalidated_region_blocks_nobody(world: &World) -> Case {
    let catalog = world.region("shop.catalog");
    for target in ["shop.catalog", "shop", ""] {
        let doomed = lease(&catalog, "k").await?;
        if target.is_empty() {
            world.cache().clear().await?;
        } else {
            world.region(target).invalidate().await?;
        }
        let next = lease(&catalog, "k").await?;
        assert!(!doomed.fill(&1).await?, "invalidated `{target}`");
        assert!(!miss::<i64>(&catalog, "k").await?.holds_lease());
        assert!(next.fill(&2).await?, "invalidated `{target}`");
        assert_eq!(catalog.get("k").await?, Some(2));
        catalog.remove("k").await?;
    }
    Ok(())
}

pub async fn the_lease_of_a_changed_key_blocks_nobody(world: &World) -> Case {
    let shop = world.region("shop");
    let doomed = lease(&shop, "k").await?;
    shop.set("k", &1).await?;
    shop.remove("k").await?;
    let next = lease(&shop, "k").await?;
    drop(doomed);
    assert!(!miss::<i64>(&shop, "k").await?.holds_lease());
    assert!(next.fill(&2).await?);
    Ok(())
}

/// Whatever happens between the steps of a lookup, it ends in a hit, or in a miss whose fill does not
/// overwrite what came between.
pub async fn a_lookup_that_is_overtaken_does_no_harm(world: &World) -> Case {
    let backend = Yielding::new(world.connect().await);
    let slow = world.cache_with(|builder| builder.backend(backend)).await.region("shop");
    let shop = world.region("shop");
    let (mut hits, mut misses) = (0, 0);
    for polls in 0..20 {
        shop.invalidate().await?;
        let mut lookup = Box::pin(slow.lookup::<i64>("k"));
        let early = poll_times(&mut lookup, polls).await;
        shop.set("k", &1).await?;
        let found = match early {
            Some(found) => found?,
            None => lookup.await?,
        };
        match found {
            Lookup::Hit(value) => {
                assert_eq!(value, 1);
                hits += 1;
            }
            Lookup::Miss(miss) => {
                assert!(!miss.fill(&2).await?);
                misses += 1;
            }
        }
        assert_eq!(shop.get("k").await?, Some(1));
    }
    // Over a network no lookup gets as far as its lease before the set.
    let is_mixed = hits > 0 && (misses > 0 || world.fixture().is_remote());
    assert!(is_mixed, "{hits} hits, {misses} misses");
    Ok(())
}

pub async fn a_dropped_lookup_gives_its_lease_back(world: &World) -> Case {
    let backend = Yielding::new(world.connect().await);
    let slow = world.cache_with(|builder| builder.backend(backend)).await.region("shop");
    for polls in 0..20 {
        let mut lookup = Box::pin(slow.lookup::<i64>("k"));
        drop(poll_times(&mut lookup, polls).await);
        drop(lookup);
        // Whatever was asked for before is answered before.
        drop(lease(&slow, "k").await?);
    }
    Ok(())
}

pub async fn a_leased_key_is_absent_all_the_same(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    let held = lease(&shop, "k").await?;
    assert_eq!(shop.get::<i64>("k").await?, None);
    assert!(!shop.contains("k").await? && !shop.remove("other").await?);
    assert_eq!((shop.ttl("k").await?, shop.len().await?), (None, 0));
    assert_eq!(sorted_keys(&shop).await?, []);
    assert!(held.fill(&1).await?);
    Ok(())
}
