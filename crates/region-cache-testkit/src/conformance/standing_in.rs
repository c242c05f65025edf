//! What stands in is looked at again: between the read that found it and the use that is made of it, it
//! may have been invalidated or removed.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::sync::Arc;

use region_cache::{Cache, EntryOptions, Lookup, Region, Result, loaded};

use super::loaders::{drive, fail, give, load};
use super::samples::{HOUR, MINUTE};
use super::{Case, World};
use crate::backends::{Counting, Operation, Yielding};

#[doc(hidden)]
#[macro_export]
macro_rules! standing_in {
    ($fixture:ty) => {
        $crate::cases! { $fixture, standing_in:
            a_loader_is_not_shown_what_fell_before_its_lease_was_granted
            a_lookup_does_not_show_what_fell_before_its_lease_was_granted
            a_refresh_is_not_shown_what_fell_before_its_lease_was_granted
            a_key_is_not_left_alone_for_what_has_fallen
        }
    };
}

pub const SOURCE: &str = include_str!("standing_in.rs");

/// A region that keeps stale values, on a backend that tells when something is asked of it, and does it a
/// little later.
async fn slow(world: &World) -> Result<(Arc<Counting>, Cache, Region)> {
    let counting = Counting::new(Yielding::new(world.connect().await));
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    let shop = cache.region("shop").with(|o| o.stale_for(HOUR));
    shop.set("k", &1).await?;
    Ok((counting, cache, shop))
}

/// Takes away what was found, each time in another way.
async fn take_away(world: &World, way: usize) -> Case {
    match way {
        0 => drop(world.region("shop").invalidate().await?),
        1 => drop(world.cache().clear().await?),
        _ => drop(world.region("shop").remove("k").await?),
    }
    Ok(())
}

pub async fn a_loader_is_not_shown_what_fell_before_its_lease_was_granted(world: &World) -> Case {
    for way in 0..2 {
        let (counting, _cache, shop) = slow(world).await?;
        shop.expire("k").await?;
        counting.reset();
        let seen = shop.get_or_compute_with("k", EntryOptions::new(), |loading| async move {
            loaded(loading.unchanged().unwrap_or(0))
        });
        let mut seen = Box::pin(seen);
        drive(&mut seen, || counting.count(Operation::Lease) == 1).await;
        take_away(world, way).await?;
        assert_eq!(seen.await?, 0, "way {way}");
    }
    Ok(())
}

pub async fn a_lookup_does_not_show_what_fell_before_its_lease_was_granted(world: &World) -> Case {
    for way in 0..2 {
        let (counting, _cache, shop) = slow(world).await?;
        shop.expire("k").await?;
        counting.reset();
        let mut lookup = Box::pin(shop.lookup::<i64>("k"));
        drive(&mut lookup, || counting.count(Operation::Lease) == 1).await;
        take_away(world, way).await?;
        let Lookup::Miss(miss) = lookup.await? else { panic!("it has expired") };
        assert_eq!(miss.stale(), None, "way {way}");
    }
    Ok(())
}

pub async fn a_refresh_is_not_shown_what_fell_before_its_lease_was_granted(world: &World) -> Case {
    for way in 0..3 {
        let (counting, _cache, shop) = slow(world).await?;
        let shop = shop.with(|o| o.entry_ttl(10 * MINUTE).refresh_ahead(0.5));
        shop.set("k", &1).await?;
        world.pass(6 * MINUTE).await;
        counting.reset();
        let mut failing = Box::pin(shop.get_or_compute("k", fail::<i64>));
        drive(&mut failing, || counting.count(Operation::Lease) == 1).await;
        take_away(world, way).await?;
        assert!(failing.await.unwrap_err().is_compute(), "way {way}");
    }
    Ok(())
}

pub async fn a_key_is_not_left_alone_for_what_has_fallen(world: &World) -> Case {
    for way in 0..3 {
        let (counting, _cache, shop) = slow(world).await?;
        shop.expire("k").await?;
        assert_eq!(shop.get_or_compute("k", fail::<i64>).await?, 1);
        counting.reset();
        // The computation has just failed, so the stale value is looked at, and would be served.
        let mut second = Box::pin(shop.get_or_compute("k", || load(2)));
        drive(&mut second, || counting.count(Operation::Read) == 2).await;
        take_away(world, way).await?;
        assert_eq!(second.await?, 2, "way {way}");
        shop.invalidate().await?;
        assert_eq!(shop.get_or_compute("k", || give(3)).await?, 3);
    }
    Ok(())
}
