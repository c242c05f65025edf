//! Emitting, and the bindings that are kept: everything bound has fallen when `emit` returns.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use region_cache::backend::Id;
use region_cache::{Patterns, Signal};
use serde_json::json;

use super::hearing::{listener, living, ours, set, soon};
use super::samples::SECOND;
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! signals {
    ($fixture:ty) => {
        $crate::cases! { $fixture, signals:
            a_bound_region_falls_with_all_beneath_it
            a_region_may_be_bound_to_several_signals
            a_pattern_stands_for_many_signals
            what_is_not_bound_stays
            the_binding_outlives_the_process_that_made_it
            a_signal_of_another_process_has_fallen_when_emit_returns
            a_signal_that_nothing_is_bound_to_lets_nothing_fall
            emitted_tells_how_many_regions_fell
            emitted_tells_how_many_caches_listen
            a_binding_that_is_made_twice_is_one_binding
            bindings_are_listed_with_what_they_are
            an_unbound_region_stays
            another_process_may_unbind
            every_region_of_the_namespace_may_be_bound
            other_namespaces_have_signals_of_their_own
            a_region_falls_once_although_it_is_bound_often
            a_bad_name_cannot_be_bound
            a_bad_name_cannot_be_emitted
            a_payload_that_is_too_large_is_refused
            a_circle_of_signals_ends_with_its_path
            what_an_emitter_left_undone_is_done_by_another
            what_was_left_undone_is_done_although_there_is_always_something_to_hear
            an_entry_of_a_later_version_is_passed_over
            a_bound_cache_listens_without_being_asked
        }
    };
}

pub const SOURCE: &str = include_str!("signals.rs");

pub async fn a_bound_region_falls_with_all_beneath_it(world: &World) -> Case {
    let (shop, catalog) = (world.region("shop"), world.region("shop.catalog"));
    let item = catalog.region("42");
    catalog.invalidate_on("catalog.changed").await?;
    for _ in 0..2 {
        set(&[&shop, &catalog, &item]).await?;
        world.cache().emit("catalog.changed").await?;
        assert_eq!(living(&[&shop, &catalog, &item]).await?, ["shop"]);
    }
    Ok(())
}

pub async fn a_region_may_be_bound_to_several_signals(world: &World) -> Case {
    let shop = world.region("shop");
    let binding = shop.invalidate_on(["a", "b.c"]).await?;
    assert_eq!(binding.signals(), ["a", "b.c"]);
    shop.invalidate_on(vec!["d".to_owned()]).await?;
    for name in ["a", "b.c", "d"] {
        set(&[&shop]).await?;
        world.cache().emit(name).await?;
        assert!(!shop.contains("k").await?, "{name}");
    }
    Ok(())
}

pub async fn a_pattern_stands_for_many_signals(world: &World) -> Case {
    let shop = world.region("shop");
    shop.invalidate_on(["catalog.*", "*.gone", "a.*.c"]).await?;
    let meant = ["catalog.changed", "catalog.42.changed", "x.gone", "a.b.c"];
    let others = ["catalog", "catalogs.changed", "gone", "x.y.gone", "a.c", "a.b.c.d", "a.b"];
    for name in meant.into_iter().chain(others) {
        set(&[&shop]).await?;
        let emitted = world.cache().emit(name).await?;
        assert_eq!(emitted.regions, u64::from(meant.contains(&name)), "{name}");
        assert_eq!(shop.contains("k").await?, others.contains(&name), "{name}");
    }
    Ok(())
}

pub async fn what_is_not_bound_stays(world: &World) -> Case {
    let (a, b, parent) = (world.region("shop.a"), world.region("shop.b"), world.region("shop"));
    a.invalidate_on("a").await?;
    b.invalidate_on("b").await?;
    set(&[&a, &b, &parent]).await?;
    world.cache().emit("a").await?;
    assert_eq!(living(&[&a, &b, &parent]).await?, ["shop.b", "shop"]);
    Ok(())
}

pub async fn the_binding_outlives_the_process_that_made_it(world: &World) -> Case {
    let gone = world.other().await;
    let binding = gone.region("shop").invalidate_on("changed").await?;
    drop(binding);
    gone.shutdown().await;
    let emitter = world.other().await;
    set(&[&world.region("shop")]).await?;
    let emitted = emitter.emit("changed").await?;
    assert_eq!((emitted.regions, emitted.processes), (1, 0));
    assert!(!world.region("shop").contains("k").await?);
    Ok(())
}

pub async fn a_signal_of_another_process_has_fallen_when_emit_returns(world: &World) -> Case {
    let (here, there) = (world.region("shop"), world.other().await);
    here.invalidate_on("changed").await?;
    for _ in 0..20 {
        set(&[&here]).await?;
        there.emit("changed").await?;
        assert!(!here.contains("k").await?);
    }
    Ok(())
}

pub async fn a_signal_that_nothing_is_bound_to_lets_nothing_fall(world: &World) -> Case {
    let shop = world.region("shop");
    shop.invalidate_on("other").await?;
    set(&[&shop]).await?;
    assert_eq!(world.cache().emit("changed").await?.regions, 0);
    assert_eq!(living(&[&shop]).await?, ["shop"]);
    assert_eq!((world.cache().stats().signals, world.cache().stats().invalidations), (1, 0));
    Ok(())
}

pub async fn emitted_tells_how_many_regions_fell(world: &World) -> Case {
    for path in ["shop", "shop.catalog", "blog"] {
        world.region(path).invalidate_on("changed").await?;
    }
    world.region("blog").invalidate_on("*").await?;
    assert_eq!(world.cache().emit("changed").await?.regions, 3);
    assert_eq!(world.cache().emit("other").await?.regions, 1);
    Ok(())
}

pub async fn emitted_tells_how_many_caches_listen(world: &World) -> Case {
    let emitter = world.other().await;
    assert_eq!(emitter.emit("a").await?.processes, 0);
    let one = listener(world).await?;
    assert_eq!(emitter.emit("a").await?.processes, 1);
    let two = listener(world).await?;
    assert_eq!(emitter.emit("a").await?.processes, 2);
    assert_eq!(two.emit("a").await?.processes, 2, "the emitter counts where it listens");
    one.shutdown().await;
    two.shutdown().await;
    soon("nobody listens", async || Ok(emitter.emit("a").await?.processes == 0)).await?;
    Ok(())
}

pub async fn a_binding_that_is_made_twice_is_one_binding(world: &World) -> Case {
    let (shop, there) = (world.region("shop"), world.other().await);
    shop.invalidate_on("changed").await?;
    shop.invalidate_on("changed").await?;
    there.region("shop").invalidate_on("changed").await?;
    assert_eq!(shop.bindings().await?.len(), 1);
    assert_eq!(world.cache().emit("changed").await?.regions, 1);
    assert_eq!(world.cache().stats().invalidations, 1);
    Ok(())
}

pub async fn bindings_are_listed_with_what_they_are(world: &World) -> Case {
    let (shop, there) = (world.region("shop"), world.other().await.region("shop"));
    assert!(shop.bindings().await?.is_empty());
    there.invalidate_on(["b", "a.*"]).await?;
    there.invalidate_on(Patterns::from("c").below("{id}")).await?;
    there.region("catalog").invalidate_on("a").await?;
    world.region("shops").invalidate_on("a").await?;
    let found = shop.bindings().await?;
    let names: Vec<_> = found.iter().map(|binding| binding.signals().join(" ")).collect();
    assert_eq!(names, ["a.*", "b", "c"]);
    assert!(found.iter().all(|binding| binding.region() == "shop" && binding.is_durable()));
    Ok(())
}

pub async fn an_unbound_region_stays(world: &World) -> Case {
    let shop = world.region("shop");
    let binding = shop.invalidate_on(["a", "b"]).await?;
    let other = shop.invalidate_on("c").await?;
    set(&[&shop]).await?;
    assert!(binding.clone().unbind().await?);
    assert!(!binding.unbind().await?, "it is not there any more");
    for name in ["a", "b"] {
        assert_eq!(world.cache().emit(name).await?.regions, 0);
    }
    assert_eq!(living(&[&shop]).await?, ["shop"]);
    assert_eq!(world.cache().emit("c").await?.regions, 1);
    assert!(other.unbind().await?);
    Ok(())
}

/// The process that made the binding does not let the region fall by what it remembers of it.
pub async fn another_process_may_unbind(world: &World) -> Case {
    let (shop, there) = (world.region("shop"), world.other().await);
    shop.invalidate_on("changed").await?;
    set(&[&shop]).await?;
    for binding in there.region("shop").bindings().await? {
        assert!(binding.unbind().await?);
    }
    assert_eq!(there.emit("changed").await?.regions, 0);
    assert_eq!(world.cache().emit("changed").await?.regions, 0);
    assert_eq!(living(&[&shop]).await?, ["shop"]);
    assert!(shop.bindings().await?.is_empty());
    Ok(())
}

pub async fn every_region_of_the_namespace_may_be_bound(world: &World) -> Case {
    let (shop, blog) = (world.region("shop.catalog"), world.region("blog"));
    let binding = world.cache().root().invalidate_on("deployed").await?;
    assert_eq!(binding.region(), "");
    assert_eq!(world.cache().root().bindings().await?.len(), 1);
    set(&[&shop, &blog]).await?;
    assert_eq!(world.other().await.emit("deployed").await?.regions, 1);
    assert_eq!(living(&[&shop, &blog]).await?, [""; 0]);
    Ok(())
}

pub async fn other_namespaces_have_signals_of_their_own(world: &World) -> Case {
    let name = format!("{}-2", world.namespace());
    let elsewhere = world.cache_with(|builder| builder.namespace(name)).await;
    let (shop, theirs) = (world.region("shop"), elsewhere.region("shop"));
    shop.invalidate_on("changed").await?;
    set(&[&shop, &theirs]).await?;
    assert_eq!(elsewhere.emit("changed").await?.regions, 0);
    assert_eq!(living(&[&shop, &theirs]).await?, ["shop", "shop"]);
    world.cache().emit("changed").await?;
    assert!(theirs.contains("k").await? && !shop.contains("k").await?);
    Ok(())
}

/// What falls with the region above needs no invalidation of its own.
pub async fn a_region_falls_once_although_it_is_bound_often(world: &World) -> Case {
    let shop = world.region("shop");
    shop.invalidate_on(["a", "*", "a.*"]).await?;
    shop.region("catalog").invalidate_on("a").await?;
    shop.invalidate_on(Patterns::from("a").below("x{}")).await?;
    world.cache().emit(Signal::new("a").payload(&7)?).await?;
    assert_eq!(world.cache().stats().invalidations, 1);
    Ok(())
}

pub async fn a_bad_name_cannot_be_bound(world: &World) -> Case {
    let shop = world.region("shop");
    for name in ["", ".", "a..b", "a b", "a:b", "a{b", "\n"] {
        let error = shop.invalidate_on(name).await.unwrap_err();
        assert!(error.is_invalid_name(), "{name:?}: {error:?}");
    }
    let both = shop.invalidate_on(["good", "not good"]).await;
    assert!(both.unwrap_err().is_invalid_name());
    let error = world.region("shop..a").invalidate_on("a").await.unwrap_err();
    assert!(error.is_invalid_name(), "{error:?}");
    for template in ["", "{", "}", "{a", "a}", "{{a}}", "{a}}"] {
        let error = shop.invalidate_on(Patterns::from("a").below(template)).await.unwrap_err();
        assert!(error.is_config(), "{template}: {error:?}");
        let error = shop.invalidate_on(Patterns::from("a").key(template)).await.unwrap_err();
        assert!(error.is_config(), "{template}: {error:?}");
    }
    assert!(shop.bindings().await?.is_empty());
    Ok(())
}

pub async fn a_bad_name_cannot_be_emitted(world: &World) -> Case {
    for name in ["", "a..b", "a b", "*", "a.*", "*.b"] {
        let error = world.cache().emit(name).await.unwrap_err();
        assert!(error.is_invalid_name(), "{name:?}: {error:?}");
    }
    world.cache().emit("a*.b").await?;
    assert_eq!(world.cache().stats().signals, 1);
    Ok(())
}

pub async fn a_payload_that_is_too_large_is_refused(world: &World) -> Case {
    let signal = |length: usize| Signal::new("a").payload(&"x".repeat(length - 2));
    assert!(signal((64 << 10) + 1).unwrap_err().is_too_large());
    world.cache().emit(signal(64 << 10)?).await?;
    Ok(())
}

pub async fn a_circle_of_signals_ends_with_its_path(world: &World) -> Case {
    let mut signal = Signal::new("ping");
    for hop in 0..8 {
        world.cache().emit(signal.clone()).await?;
        let next = if hop % 2 == 0 { "pong" } else { "ping" };
        signal = Signal::new(next).caused_by(&signal);
    }
    assert_eq!(signal.causes().len(), 8);
    let error = world.cache().emit(signal).await.unwrap_err();
    assert!(error.is_recursion(), "{error:?}");
    assert!(error.to_string().contains("`ping` → `pong` → `ping`"), "{error}");
    Ok(())
}

/// Within five seconds.
pub async fn what_an_emitter_left_undone_is_done_by_another(world: &World) -> Case {
    let (shop, item) = (world.region("shop"), world.region("users.7"));
    let survivor = listener(world).await?;
    shop.invalidate_on("changed").await?;
    world.region("users").invalidate_on(Patterns::from("changed").below("{id}")).await?;
    world.region("users").invalidate_on(Patterns::from("changed").key("{id}")).await?;
    world.region("users").set("7", &1).await?;
    world.region("users").set("8", &1).await?;
    set(&[&shop, &item]).await?;
    // As by a process that dies right afterwards.
    let entry = ours("changed", &json!({ "id": 7 }));
    world.connect().await.bus().open(world.namespace(), Id::random(), &entry).await?;
    let (users, mut looks) = (world.region("users"), 0);
    soon("it is seen to", async || {
        // Each second long enough for a listener to look up.
        if looks % 50 == 0 && looks < 250 {
            world.pass(SECOND).await;
        }
        looks += 1;
        // One after the other, where each is on a disk before the next.
        Ok(living(&[&shop, &item]).await?.is_empty() && !users.contains("7").await?)
    })
    .await?;
    assert!(users.contains("8").await?, "it was not named");
    drop(survivor);
    Ok(())
}

/// It does not keep what stands behind it from being seen to.
pub async fn an_entry_of_a_later_version_is_passed_over(world: &World) -> Case {
    let shop = world.region("shop");
    shop.invalidate_on("changed").await?;
    set(&[&shop]).await?;
    let bus = world.backend().bus();
    let later = ours("changed", &json!(null)).replacen(":1,", ":2,", 1);
    let entries = [&later, "", &later, &ours("changed", &json!(null))];
    for (number, entry) in (1..).zip(entries) {
        bus.open(world.namespace(), Id::from_bytes([number; 16]), entry).await?;
    }
    soon("it is seen to", async || {
        world.pass(SECOND).await;
        Ok(living(&[&shop]).await?.is_empty())
    })
    .await?;
    Ok(())
}

pub async fn a_bound_cache_listens_without_being_asked(world: &World) -> Case {
    let there = world.other().await;
    world.region("shop").invalidate_on("changed").await?;
    soon("it listens", async || Ok(there.emit("other").await?.processes == 1)).await?;
    Ok(())
}

/// Whoever listens looks for it now and then, also where it never comes to rest.
pub async fn what_was_left_undone_is_done_although_there_is_always_something_to_hear(
    world: &World,
) -> Case {
    let shop = world.region("shop");
    let (_survivor, busy) = (listener(world).await?, world.other().await);
    shop.invalidate_on("changed").await?;
    set(&[&shop]).await?;
    let entry = ours("changed", &json!(null));
    world.connect().await.bus().open(world.namespace(), Id::random(), &entry).await?;
    soon("it is seen to", async || {
        busy.emit("noise").await?;
        world.pass(SECOND / 4).await;
        Ok(living(&[&shop]).await?.is_empty())
    })
    .await?;
    Ok(())
}
