//! What survives a restart, and what does not.

use std::time::Duration;

use region_cache::backend::{Address, Id};
use region_cache::{Cache, Clock, EntryOptions, Error, Lookup, RegionOptions, Signal};

use super::{HOUR, MINUTE, Place, until};

#[tokio::test]
async fn values_and_regions_survive() {
    let place = Place::new();
    let cache = place.open().await;
    let item = cache.region("shop.catalog.42");
    item.set("price", &1999).await.unwrap();
    item.set("name", "anvil").await.unwrap();
    item.increment("sold", 3).await.unwrap();
    cache.region("blog").set("k", &vec![0_u8; 100_000]).await.unwrap();
    let stats = cache.stats();
    cache.shutdown().await;

    let cache = place.open().await;
    let item = cache.region("shop.catalog.42");
    assert_eq!(item.get::<i64>("price").await.unwrap(), Some(1999));
    assert_eq!(item.get::<String>("name").await.unwrap().as_deref(), Some("anvil"));
    assert_eq!(item.increment("sold", 1).await.unwrap(), 4);
    assert_eq!(cache.region("blog").get::<Vec<u8>>("k").await.unwrap().unwrap().len(), 100_000);
    assert_eq!(cache.root().children().await.unwrap().len(), 2);
    let again = cache.stats();
    assert_eq!(
        (again.entries, again.regions, again.bytes),
        (stats.entries, stats.regions, stats.bytes)
    );
}

#[tokio::test]
async fn what_was_computed_survives_an_orderly_end() {
    let place = Place::new();
    let cache = place.open().await;
    let load = || async { Ok::<_, Error>(7) };
    assert_eq!(cache.region("shop").get_or_compute("k", load).await.unwrap(), 7);
    drop(cache);
    let cache = place.open().await;
    assert_eq!(cache.region("shop").get::<i64>("k").await.unwrap(), Some(7));
}

#[tokio::test]
async fn times_to_live_go_on() {
    let (place, clock) = (Place::new(), Clock::manual());
    let cache = place.open_by(&clock).await;
    let brief = EntryOptions::new().ttl(HOUR);
    cache.region("shop").set_with("k", &1, brief).await.unwrap();
    let session = cache.region("session").with(|o| o.ttl(HOUR));
    session.set("k", &1).await.unwrap();
    clock.advance(20 * MINUTE);
    cache.shutdown().await;

    clock.advance(30 * MINUTE);
    let cache = place.open_by(&clock).await;
    for path in ["shop", "session"] {
        let ttl = cache.region(path).ttl("k").await.unwrap();
        assert_eq!(ttl, Some(10 * MINUTE), "{path}");
    }
    clock.advance(10 * MINUTE);
    for path in ["shop", "session"] {
        assert_eq!(cache.region(path).get::<i64>("k").await.unwrap(), None, "{path}");
    }
}

#[tokio::test]
async fn stale_values_survive_as_stale_ones() {
    let (place, clock) = (Place::new(), Clock::manual());
    let options = || RegionOptions::new().entry_ttl(MINUTE).stale_for(HOUR);
    let cache = place.builder().clock(clock.clone()).options(options()).build().await.unwrap();
    cache.region("shop").set("k", &1).await.unwrap();
    cache.shutdown().await;

    clock.advance(2 * MINUTE);
    let cache = place.builder().clock(clock).options(options()).build().await.unwrap();
    let shop = cache.region("shop");
    assert_eq!(shop.get::<i64>("k").await.unwrap(), None);
    let failing = || async { Err::<i64, _>("the database is down") };
    assert_eq!(shop.get_or_compute("k", failing).await.unwrap(), 1);
}

#[tokio::test]
async fn what_was_overwritten_removed_or_invalidated_stays_so() {
    let place = Place::new();
    let cache = place.open().await;
    let shop = cache.region("shop");
    for key in ["overwritten", "removed", "expired", "kept"] {
        shop.set(key, &1).await.unwrap();
    }
    shop.region("catalog.42").set("k", &1).await.unwrap();
    shop.set("overwritten", &2).await.unwrap();
    shop.remove("removed").await.unwrap();
    shop.expire("expired").await.unwrap();
    shop.region("catalog").invalidate().await.unwrap();
    cache.shutdown().await;
    let cache = place.open().await;
    let shop = cache.region("shop");
    let found = shop.get_many::<i64>(["overwritten", "removed", "expired", "kept"]).await.unwrap();
    assert_eq!(found, [Some(2), None, None, Some(1)]);
    assert_eq!(shop.region("catalog.42").len().await.unwrap(), 0);
}

#[tokio::test]
async fn durable_bindings_survive() {
    let place = Place::new();
    let cache = place.open().await;
    cache.region("shop.offers").invalidate_on("price.changed").await.unwrap();
    cache.shutdown().await;

    let cache = place.open().await;
    let offers = cache.region("shop.offers");
    offers.set("k", &1).await.unwrap();
    assert_eq!(cache.emit("price.changed").await.unwrap().regions, 1);
    assert_eq!(offers.get::<i64>("k").await.unwrap(), None);
}

#[tokio::test]
async fn an_emission_that_was_cut_short_is_done_by_the_next_run() {
    let place = Place::new();
    let (id, cache) = (Id::random(), place.open().await);
    let bus = cache.backend().bus();
    bus.bind("n", "a binding").await.unwrap();
    let opened = bus.open("n", id, "an entry").await.unwrap();
    drop(bus);
    drop(cache);

    let cache = place.open().await;
    let bus = cache.backend().bus();
    let journal = bus.journal("n", None).await.unwrap();
    assert_eq!((journal.end, journal.undone), (opened.position, vec![id]));
    // Nobody is at work on it: who was is no more.
    let claimed = bus.claim("n", Duration::from_secs(3)).await.unwrap().unwrap();
    assert_eq!((claimed.id, claimed.entry.as_str()), (id, "an entry"));
    assert_eq!(claimed.bindings, ["a binding"]);
    assert_eq!(bus.claim("n", Duration::from_secs(3)).await.unwrap(), None);
}

#[tokio::test]
async fn a_signal_that_was_emitted_is_not_heard_twice() {
    let place = Place::new();
    let cache = place.open().await;
    cache.region("shop").invalidate_on("changed").await.unwrap();
    cache.emit(Signal::new("changed")).await.unwrap();
    cache.shutdown().await;

    let cache = place.open().await;
    let bus = cache.backend().bus();
    assert_eq!(bus.claim("region-cache", Duration::ZERO).await.unwrap(), None);
}

#[tokio::test]
async fn a_tree_that_was_being_freed_is_freed_by_the_next_run() {
    let place = Place::new();
    let cache = place.open().await;
    let big = cache.region("big");
    let grow = big.transaction(async |t| {
        for number in 0..5_000 {
            t.region(format!("big.r{number}")).set("k", &1)?;
        }
        Ok(())
    });
    grow.await.unwrap();
    // As by a process that dies right afterwards.
    let target = Address::parse("region-cache", "big").unwrap();
    let walk = cache.backend().invalidate(&target).await.unwrap();
    assert!(!walk.progress.is_done);
    big.set("k", &2).await.unwrap();
    drop((big, cache));

    let cache = place.open().await;
    assert!(cache.stats().regions > 1_000);
    until("the tree is freed", async || Ok(cache.stats().regions == 1)).await;
    assert_eq!(cache.stats().entries, 1);
    assert_eq!(cache.region("big").get::<i64>("k").await.unwrap(), Some(2));
    cache.clear().await.unwrap().freed().await.unwrap();
    assert_eq!(cache.stats().bytes, 0);
}

/// The process may have died during the commit that the guard is about: that may still come to pass.
#[tokio::test]
async fn a_guard_holds_on_for_its_time() {
    let (place, clock) = (Place::new(), Clock::manual());
    let cache = place.open_by(&clock).await;
    let target = Address::parse("region-cache", "shop").unwrap();
    let (id, time) = (Id::random(), MINUTE);
    cache.backend().guard(&target, id, time, false).await.unwrap();
    drop(cache);

    let cache = place.open_by(&clock).await;
    let item = cache.region("shop.catalog");
    assert!(item.set("k", &1).await.unwrap_err().is_conflict());
    let Lookup::Miss(miss) = item.lookup::<i64>("k").await.unwrap() else { panic!("it is closed") };
    assert!(!miss.fill(&1).await.unwrap());
    clock.advance(time);
    item.set("k", &1).await.unwrap();
    drop(item);
    drop(cache);

    let cache = place.open_by(&clock).await;
    cache.region("shop").set("k", &1).await.unwrap();
}

#[tokio::test]
async fn a_lease_of_another_run_does_not_fill() {
    let place = Place::new();
    let cache = place.open().await;
    let backend = cache.backend();
    let shop = cache.region("shop");
    let Lookup::Miss(miss) = shop.lookup::<i64>("k").await.unwrap() else {
        panic!("nothing is there")
    };
    assert!(miss.holds_lease());
    backend.close().await;
    assert!(miss.fill(&1).await.unwrap_err().is_closed());
    drop((shop, backend, cache));

    let cache = place.open().await;
    let Lookup::Miss(miss) = cache.region("shop").lookup::<i64>("k").await.unwrap() else {
        panic!("nothing was stored")
    };
    assert!(miss.holds_lease(), "nobody has to wait for a lease of another run");
}

#[tokio::test]
async fn namespaces_share_a_file_and_nothing_else() {
    let place = Place::new();
    for namespace in ["one", "two"] {
        let cache = place.builder().namespace(namespace).build().await.unwrap();
        cache.region("shop").set("k", namespace).await.unwrap();
    }
    let one = place.builder().namespace("one").build().await.unwrap();
    let two = Cache::builder().backend(one.backend()).namespace("two").build().await.unwrap();
    one.clear().await.unwrap();
    assert_eq!(one.region("shop").get::<String>("k").await.unwrap(), None);
    assert_eq!(two.region("shop").get::<String>("k").await.unwrap().as_deref(), Some("two"));
}
