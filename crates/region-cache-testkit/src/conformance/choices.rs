//! Closures that choose what falls, in the process that has bound them.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use region_cache::backend::{Id, Topic};
use region_cache::{Cache, Fall, Region, Result, Signal};
use serde_json::json;

use super::hearing::{falls, living, ours, set, soon};
use super::samples::SECOND;
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! choices {
    ($fixture:ty) => {
        $crate::cases! { $fixture, choices:
            in_the_emitters_process_it_has_fallen_when_emit_returns
            in_other_processes_it_falls_soon
            a_closure_may_choose_nothing_or_several
            a_closure_sees_the_signal
            a_closure_that_panics_lets_the_whole_region_fall
            what_is_no_path_or_key_lets_the_whole_region_fall
            a_closure_that_is_unbound_is_not_asked
            closures_are_listed_beside_other_bindings
            a_closure_ends_with_its_process
            the_same_emission_is_heeded_once
            what_was_missed_is_looked_up_in_the_journal
            what_cannot_be_read_lets_the_whole_region_fall
            a_bad_name_is_refused
            a_signal_may_be_emitted_because_of_another
        }
    };
}

pub const SOURCE: &str = include_str!("choices.rs");

/// The user whose number the signal carries.
fn of_user(signal: &Signal) -> Fall {
    signal.get::<u64>().map_or_else(|_| Fall::all(), |id| Fall::region(id.to_string()))
}

/// What has an entry and falls by `7`, and what has one and stays.
async fn users(cache: &Cache) -> Result<[Region; 3]> {
    let users = cache.region("users");
    let all = [users.region("7"), users.region("8"), users];
    set(&[&all[0], &all[1], &all[2]]).await?;
    Ok(all)
}

pub async fn in_the_emitters_process_it_has_fallen_when_emit_returns(world: &World) -> Case {
    world.region("users").invalidate_on_with("user.updated", of_user).await?;
    for _ in 0..20 {
        let [seven, eight, all] = users(world.cache()).await?;
        let signal = Signal::new("user.updated").payload(&7)?;
        assert_eq!(world.cache().emit(signal).await?.regions, 1);
        assert_eq!(living(&[&seven, &eight, &all]).await?, ["users.8", "users"]);
    }
    Ok(())
}

pub async fn in_other_processes_it_falls_soon(world: &World) -> Case {
    let there = world.other().await;
    there.region("users").invalidate_on_with("user.*", of_user).await?;
    let [seven, eight, all] = users(world.cache()).await?;
    world.cache().emit(Signal::new("user.updated").payload(&7)?).await?;
    soon("it falls", async || Ok(!seven.contains("k").await?)).await?;
    assert_eq!(living(&[&eight, &all]).await?, ["users.8", "users"]);
    // It is seen before whoever has brought it about is told so.
    soon("it is counted", async || Ok(there.stats().heard_signals > 0)).await?;
    assert_eq!(there.stats().heard_signals, 1);
    Ok(())
}

pub async fn a_closure_may_choose_nothing_or_several(world: &World) -> Case {
    let choose = |signal: &Signal| match signal.get::<u64>() {
        Ok(0) => Fall::nothing(),
        _ => Fall::region("7").and(Fall::region("8")).and(Fall::key("list")),
    };
    world.region("users").invalidate_on_with("user.updated", choose).await?;
    let [seven, eight, all] = users(world.cache()).await?;
    all.set("list", &1).await?;
    let emit =
        async |number: u64| world.cache().emit(Signal::new("user.updated").payload(&number)?).await;
    assert_eq!(emit(0).await?.regions, 0);
    assert_eq!(living(&[&seven, &eight, &all]).await?.len(), 3);
    assert_eq!(emit(1).await?.regions, 3);
    assert_eq!(living(&[&seven, &eight, &all]).await?, ["users"]);
    assert!(!all.contains("list").await?);
    Ok(())
}

pub async fn a_closure_sees_the_signal(world: &World) -> Case {
    let there = world.other().await;
    let by = world.cache().instance();
    let choose = move |signal: &Signal| {
        let is_whole = signal.name() == "b"
            && signal.causes() == ["a"]
            && signal.by() == Some(by)
            && signal.get::<Vec<u8>>().is_ok_and(|payload| payload == [1, 2])
            && signal.bytes() == b"[1,2]";
        if is_whole { Fall::region("good") } else { Fall::all() }
    };
    there.region("shop").invalidate_on_with("b", choose).await?;
    let (shop, good) = (world.region("shop"), world.region("shop.good"));
    set(&[&shop, &good]).await?;
    let signal = Signal::new("b").payload(&[1, 2])?.caused_by(&Signal::new("a"));
    world.cache().emit(signal).await?;
    soon("it falls", async || Ok(!good.contains("k").await?)).await?;
    assert_eq!(living(&[&shop]).await?, ["shop"]);
    Ok(())
}

pub async fn a_closure_that_panics_lets_the_whole_region_fall(world: &World) -> Case {
    let there = world.other().await;
    for cache in [world.cache(), &there] {
        let choose = |signal: &Signal| panic!("on purpose, by {}", signal.name());
        cache.region("users").invalidate_on_with("user.updated", choose).await?;
    }
    let shop = world.region("shop");
    set(&[&shop]).await?;
    for emitter in [world.cache(), &there] {
        let [seven, eight, all] = users(world.cache()).await?;
        assert_eq!(emitter.emit("user.updated").await?.regions, 1);
        assert_eq!(living(&[&seven, &eight, &all, &shop]).await?, ["shop"]);
    }
    Ok(())
}

pub async fn what_is_no_path_or_key_lets_the_whole_region_fall(world: &World) -> Case {
    let bad = ["", ".", "a..b", "a b", ":", "\n"].map(Fall::region);
    let bad = bad.into_iter().chain([Fall::key("x".repeat(5_000)), Fall::region("a.".repeat(20))]);
    for fall in bad {
        let region = world.region("users");
        let chosen = fall.clone();
        let binding = region.invalidate_on_with("user.updated", move |_| chosen.clone()).await?;
        let [seven, eight, all] = users(world.cache()).await?;
        world.cache().emit("user.updated").await?;
        assert_eq!(living(&[&seven, &eight, &all]).await?, [""; 0], "{fall:?}");
        assert!(binding.unbind().await?);
    }
    Ok(())
}

pub async fn a_closure_that_is_unbound_is_not_asked(world: &World) -> Case {
    let asked = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&asked);
    let choose = move |_: &Signal| {
        counter.fetch_add(1, Ordering::SeqCst);
        Fall::all()
    };
    let shop = world.region("shop");
    let binding = shop.invalidate_on_with("a", choose).await?;
    assert!(!binding.is_durable());
    world.cache().emit("a").await?;
    assert!(binding.clone().unbind().await?);
    assert!(!binding.unbind().await?);
    set(&[&shop]).await?;
    assert_eq!(world.cache().emit("a").await?.regions, 0);
    assert_eq!((asked.load(Ordering::SeqCst), living(&[&shop]).await?), (1, vec!["shop"]));
    Ok(())
}

pub async fn closures_are_listed_beside_other_bindings(world: &World) -> Case {
    let (shop, there) = (world.region("shop"), world.other().await.region("shop"));
    shop.invalidate_on_with(["b", "c"], |_| Fall::all()).await?;
    shop.invalidate_on_with(["b", "c"], |_| Fall::all()).await?;
    shop.invalidate_on("a").await?;
    there.invalidate_on_with("d", |_| Fall::all()).await?;
    let found = shop.bindings().await?;
    let found: Vec<_> = found.iter().map(|b| (b.signals().join(" "), b.is_durable())).collect();
    let expected = [("a", true), ("b c", false), ("b c", false)];
    assert_eq!(found, expected.map(|(signals, durable)| (signals.to_owned(), durable)));
    for binding in shop.bindings().await? {
        assert!(binding.unbind().await?);
    }
    assert!(shop.bindings().await?.is_empty());
    Ok(())
}

pub async fn a_closure_ends_with_its_process(world: &World) -> Case {
    let there = world.other().await;
    there.region("shop").invalidate_on_with("a", |_| Fall::all()).await?;
    there.shutdown().await;
    let shop = world.region("shop");
    set(&[&shop]).await?;
    let emit = async || Ok(world.cache().emit("a").await?.processes == 0);
    soon("it does not listen any more", emit).await?;
    assert_eq!(living(&[&shop]).await?, ["shop"]);
    Ok(())
}

/// Messages may be doubled, and what they tell stands in the journal too.
pub async fn the_same_emission_is_heeded_once(world: &World) -> Case {
    let there = world.other().await;
    let asked = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&asked);
    let choose = move |_: &Signal| {
        counter.fetch_add(1, Ordering::SeqCst);
        Fall::nothing()
    };
    there.region("shop").invalidate_on_with(["a", "last"], choose).await?;
    let (bus, topic) = (world.backend().bus(), Topic::Signal("a".into()));
    let (id, text) = (Id::random(), ours("a", &json!(7)));
    bus.open(world.namespace(), id, &text).await?;
    for _ in 0..3 {
        bus.close(world.namespace(), id, &topic, text.as_bytes()).await?;
    }
    world.pass(SECOND).await;
    bus.publish(world.namespace(), &topic, text.as_bytes()).await?;
    world.cache().emit("last").await?;
    soon("all is heard", async || Ok(there.stats().heard_signals >= 2)).await?;
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    Ok(())
}

/// At the latest after a second.
pub async fn what_was_missed_is_looked_up_in_the_journal(world: &World) -> Case {
    let there = world.other().await;
    there.region("users").invalidate_on_with("user.*", of_user).await?;
    let [seven, eight, all] = users(world.cache()).await?;
    // The emitter is at work, and its message gets lost.
    let entry = ours("user.updated", &json!(7));
    world.backend().bus().open(world.namespace(), Id::random(), &entry).await?;
    world.pass(SECOND).await;
    falls(world, &seven).await?;
    assert_eq!(living(&[&eight, &all]).await?, ["users.8", "users"]);
    Ok(())
}

/// Something has happened, of which a later version of the library, or nobody, knows what.
pub async fn what_cannot_be_read_lets_the_whole_region_fall(world: &World) -> Case {
    let there = world.other().await;
    let shop = there.region("shop");
    shop.invalidate_on_with("a", |_| Fall::nothing()).await?;
    there.region("other").invalidate_on_with("b", |_| Fall::nothing()).await?;
    set(&[&there.region("other")]).await?;
    let later = ours("a", &json!(null)).replacen(":1,", ":2,", 1);
    let lies = ours("b", &json!(null));
    for (number, text) in [later.as_str(), r#"{"region-cache":"#, &lies].into_iter().enumerate() {
        set(&[&shop]).await?;
        let topic = Topic::Signal("a".into());
        world.backend().bus().publish(world.namespace(), &topic, text.as_bytes()).await?;
        falls(world, &shop).await?;
        assert_eq!(there.stats().ignored_messages, number as u64 + 1);
    }
    assert_eq!(living(&[&there.region("other")]).await?, ["other"]);
    Ok(())
}

pub async fn a_bad_name_is_refused(world: &World) -> Case {
    let shop = world.region("shop");
    for name in ["", "a..b", "a b"] {
        let error = shop.invalidate_on_with(name, |_| Fall::all()).await.unwrap_err();
        assert!(error.is_invalid_name(), "{name:?}: {error:?}");
    }
    let error = world.region("a..b").invalidate_on_with("a", |_| Fall::all()).await.unwrap_err();
    assert!(error.is_invalid_name());
    assert!(shop.bindings().await?.is_empty());
    Ok(())
}

pub async fn a_signal_may_be_emitted_because_of_another(world: &World) -> Case {
    let (heard, there) = (Arc::new(parking_lot::Mutex::new(None)), world.other().await);
    let keep = Arc::clone(&heard);
    let choose = move |signal: &Signal| {
        *keep.lock() = Some(signal.clone());
        Fall::nothing()
    };
    there.region("shop").invalidate_on_with("a", choose).await?;
    world.cache().emit("a").await?;
    soon("it is heard", async || Ok(heard.lock().is_some())).await?;
    let cause = heard.lock().clone().expect("it was heard");
    there.emit(Signal::new("b").caused_by(&cause)).await?;
    assert_eq!(Signal::new("c").caused_by(&cause).causes(), ["a"]);
    assert_eq!(cause.by(), Some(world.cache().instance()));
    Ok(())
}
