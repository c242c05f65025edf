//! Signals that programs publish which know nothing of us, and what hostile ones send.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::sync::atomic::{AtomicBool, Ordering};

use futures::{FutureExt, StreamExt};
use region_cache::backend::{Position, Topic};
use region_cache::{Cache, Event, Fall, Patterns, Result, Signal};
use serde_json::json;
use tokio::task::yield_now;

use super::hearing::{falls, in_a_moment, listener, living, next, ours, set, soon, until_signal};
use super::samples::SECOND;
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! foreign {
    ($fixture:ty) => {
        $crate::cases! { $fixture, foreign:
            one_listener_hears_it
            one_of_two_sees_to_it
            one_of_three_sees_to_it
            the_payload_may_be_of_any_format
            closures_of_every_process_hear_it
            subscribers_of_every_process_hear_it_once
            the_same_again_is_heard_again
            different_ones_are_seen_to_each
            what_its_heir_left_undone_is_done_by_another
            nobody_is_listening_and_nothing_happens
            a_bad_name_is_ignored
            garbage_only_ever_causes_misses
            what_pretends_to_be_ours_only_ever_causes_misses
            a_storm_of_different_ones_is_survived
            a_huge_payload_is_not_kept
            whoever_begins_to_hear_more_is_never_deaf
        }
    };
}

pub const SOURCE: &str = include_str!("foreign.rs");

/// As by `redis-cli PUBLISH`; how many have heard it.
async fn publish(world: &World, name: &str, payload: &[u8]) -> Result<u64> {
    let topic = Topic::Signal(name.to_owned());
    world.backend().bus().publish(world.namespace(), &topic, payload).await
}

async fn listeners(world: &World, many: usize) -> Result<Vec<Cache>> {
    let mut caches = Vec::new();
    for _ in 0..many {
        caches.push(listener(world).await?);
    }
    Ok(caches)
}

/// How often all of them have invalidated something.
fn invalidations(caches: &[Cache]) -> u64 {
    caches.iter().map(|cache| cache.stats().invalidations).sum()
}

/// Binds `shop` in a process that is gone.
async fn bind(world: &World, patterns: impl Into<Patterns>) -> Case {
    let gone = world.other().await;
    gone.region("shop").invalidate_on(patterns).await?;
    gone.shutdown().await;
    Ok(())
}

async fn is_seen_to_by_one_of(world: &World, many: usize) -> Case {
    bind(world, "changed").await?;
    let caches = listeners(world, many).await?;
    let shop = world.region("shop");
    for round in 1..=3 {
        set(&[&shop]).await?;
        assert!(publish(world, "changed", b"").await? >= many as u64);
        falls(world, &shop).await?;
        let heard = || caches.iter().all(|cache| cache.stats().foreign_signals == round);
        in_a_moment(world, "all have heard it", async || Ok(heard())).await?;
        let counted = async || Ok(invalidations(&caches) >= round);
        soon("it is counted", counted).await?;
        // What the others would still do, they would do before they have done this.
        for cache in &caches {
            cache.emit("something.else").await?;
        }
        world.pass(SECOND / 2).await;
        for cache in &caches {
            cache.emit("something.else").await?;
        }
        assert_eq!(invalidations(&caches), round);
    }
    Ok(())
}

pub async fn one_listener_hears_it(world: &World) -> Case {
    is_seen_to_by_one_of(world, 1).await
}

pub async fn one_of_two_sees_to_it(world: &World) -> Case {
    is_seen_to_by_one_of(world, 2).await
}

pub async fn one_of_three_sees_to_it(world: &World) -> Case {
    is_seen_to_by_one_of(world, 3).await
}

pub async fn the_payload_may_be_of_any_format(world: &World) -> Case {
    bind(world, Patterns::from("changed").below("{id}")).await?;
    let _listener = listener(world).await?;
    let (seven, eight) = (world.region("shop.7"), world.region("shop.8"));
    let packed = rmp_serde::to_vec_named(&json!({ "id": 7 })).expect("it can be packed");
    for payload in [br#"{"id":7}"#.to_vec(), b" {\n\"id\": \"7\"}\n".to_vec(), packed] {
        set(&[&seven, &eight]).await?;
        publish(world, "changed", &payload).await?;
        falls(world, &seven).await?;
        assert_eq!(living(&[&eight]).await?, ["shop.8"]);
    }
    publish(world, "changed", b"").await?;
    falls(world, &eight).await?;
    Ok(())
}

pub async fn closures_of_every_process_hear_it(world: &World) -> Case {
    let caches = [world.other().await, world.other().await];
    for (cache, path) in caches.iter().zip(["a", "b"]) {
        let choose = |signal: &Signal| match signal.get::<u64>() {
            Ok(id) => Fall::region(id.to_string()),
            Err(_) => Fall::all(),
        };
        cache.region(path).invalidate_on_with("changed", choose).await?;
    }
    let fall = [world.region("a.7"), world.region("b.7")];
    let stay = [world.region("a"), world.region("b")];
    set(&[&fall[0], &fall[1], &stay[0], &stay[1]]).await?;
    publish(world, "changed", b"7").await?;
    falls(world, &fall[0]).await?;
    falls(world, &fall[1]).await?;
    assert_eq!(living(&[&stay[0], &stay[1]]).await?, ["a", "b"]);
    Ok(())
}

pub async fn subscribers_of_every_process_hear_it_once(world: &World) -> Case {
    let caches = [world.other().await, world.other().await];
    let mut streams = Vec::new();
    for cache in &caches {
        streams.push(cache.subscribe("*").await?);
    }
    publish(world, "changed", b"[7]").await?;
    let heard = async || Ok(caches.iter().all(|cache| cache.stats().foreign_signals == 1));
    in_a_moment(world, "all have heard it", heard).await?;
    let start = Position::default();
    let bus = world.backend().bus();
    let adopted =
        async || Ok(bus.journal(world.namespace(), Some(start)).await?.entries.len() == 1);
    in_a_moment(world, "it is adopted", adopted).await?;
    for stream in &mut streams {
        let mut event = None;
        in_a_moment(world, "it is told", async || {
            event = stream.next().now_or_never().flatten();
            Ok(event.is_some())
        })
        .await?;
        let Some(Event::Signal(signal)) = &event else { panic!("{event:?}") };
        assert_eq!((signal.name(), signal.bytes(), signal.by()), ("changed", &b"[7]"[..], None));
    }
    world.pass(SECOND).await;
    world.cache().emit("last").await?;
    for stream in &mut streams {
        assert_eq!(until_signal(stream, "last").await, [], "it comes once");
    }
    Ok(())
}

pub async fn the_same_again_is_heard_again(world: &World) -> Case {
    bind(world, "changed").await?;
    let _caches = listeners(world, 2).await?;
    let shop = world.region("shop");
    for _ in 0..5 {
        set(&[&shop]).await?;
        publish(world, "changed", br#"{"id":7}"#).await?;
        falls(world, &shop).await?;
    }
    Ok(())
}

pub async fn different_ones_are_seen_to_each(world: &World) -> Case {
    bind(world, Patterns::from("changed").below("{}")).await?;
    let _caches = listeners(world, 2).await?;
    let regions: Vec<_> = (0..20).map(|number| world.region(&format!("shop.{number}"))).collect();
    let others = world.region("shop.20");
    set(&regions.iter().chain([&others]).collect::<Vec<_>>()).await?;
    for number in 0..20 {
        publish(world, "changed", number.to_string().as_bytes()).await?;
    }
    for region in &regions {
        falls(world, region).await?;
    }
    assert_eq!(living(&[&others]).await?, ["shop.20"]);
    Ok(())
}

/// Whoever adopted it dies before it has done anything.
pub async fn what_its_heir_left_undone_is_done_by_another(world: &World) -> Case {
    bind(world, "changed").await?;
    let shop = world.region("shop");
    set(&[&shop]).await?;
    let heir = listener(world).await?;
    publish(world, "changed", b"7").await?;
    let bus = world.backend().bus();
    let adopted = async || {
        let start = Position::default();
        Ok(!bus.journal(world.namespace(), Some(start)).await?.entries.is_empty())
    };
    soon("it is adopted", adopted).await?;
    drop(heir);
    assert_eq!(living(&[&shop]).await?, ["shop"]);
    let _survivor = listener(world).await?;
    let mut looks = 0;
    soon("another sees to it", async || {
        // Each second long enough for a listener to look up.
        if looks % 50 == 0 && looks < 250 {
            world.pass(SECOND).await;
        }
        looks += 1;
        Ok(living(&[&shop]).await?.is_empty())
    })
    .await?;
    Ok(())
}

pub async fn nobody_is_listening_and_nothing_happens(world: &World) -> Case {
    bind(world, "changed").await?;
    let shop = world.region("shop");
    set(&[&shop]).await?;
    soon("nobody listens", async || Ok(publish(world, "changed", b"").await? == 0)).await?;
    assert_eq!(living(&[&shop]).await?, ["shop"]);
    Ok(())
}

pub async fn a_bad_name_is_ignored(world: &World) -> Case {
    bind(world, ["*", "a.*"]).await?;
    let cache = listener(world).await?;
    let shop = world.region("shop");
    set(&[&shop]).await?;
    let names = ["", ".", "a..b", "a b", "*", "a.*", "a:b", "a{b}", "\n", &"x".repeat(1_000)];
    for name in names {
        publish(world, name, b"7").await?;
    }
    let count = || cache.stats().ignored_messages;
    soon("all are ignored", async || Ok(count() == names.len() as u64)).await?;
    assert_eq!(living(&[&shop]).await?, ["shop"]);
    Ok(())
}

/// Of the region that is bound; and everything goes on.
pub async fn garbage_only_ever_causes_misses(world: &World) -> Case {
    let cache = listener(world).await?;
    let (shop, blog) = (world.region("shop"), world.region("blog"));
    bind(world, Patterns::from("changed").below("{id}")).await?;
    set(&[&blog]).await?;
    let random: Vec<u8> = (0..1_000_u32).map(|n| (n * n % 251) as u8).collect();
    let garbage: [&[u8]; 12] = [
        b"\xff",
        b"{",
        b"\0",
        b"null",
        b"{}",
        b"[[[[[[[[",
        &random,
        &b"[".repeat(10_000),
        &b"{\"id\":".repeat(500),
        &b"\x91".repeat(400),
        b"\xdd\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
    ];
    for (number, payload) in garbage.into_iter().enumerate() {
        set(&[&shop]).await?;
        publish(world, "changed", payload).await?;
        falls(world, &shop).await?;
        assert_eq!(cache.stats().foreign_signals, number as u64 + 1);
    }
    assert_eq!(living(&[&blog]).await?, ["blog"]);
    cache.emit("other").await?;
    Ok(())
}

pub async fn what_pretends_to_be_ours_only_ever_causes_misses(world: &World) -> Case {
    let cache = listener(world).await?;
    let (shop, blog) = (world.region("shop"), world.region("blog"));
    bind(world, "changed").await?;
    cache.region("chosen").invalidate_on_with("changed", |_| Fall::nothing()).await?;
    set(&[&shop, &blog]).await?;
    let whole = ours("changed", &json!(7));
    let number = |digits: &str| whole.replacen(":7,", &format!(":{digits},"), 1);
    let pretended = [
        r#"{"region-cache":"#.to_owned(),
        r#"{"region-cache":1}"#.to_owned(),
        r#"{"region-cache":null,"#.to_owned() + &whole[1..],
        whole.replacen(":1,", ":4294967296,", 1),
        whole.replacen("changed", "another", 1),
        whole.replacen(r#""id":""#, r#""id":"x"#, 1),
        whole.replacen('{', r#"{"region-cache":1,"#, 1),
        number("-1"),
        number("1e400"),
        whole[..whole.len() - 1].to_owned(),
        whole.clone() + "}",
        whole.replacen('}', r#","bytes":"abc"}"#, 1),
        whole.replacen('}', r#","bytes":"zz"}"#, 1),
        whole.replacen('}', &format!(r#","causes":{:?}}}"#, vec!["a"; 100]), 1),
        whole.replacen('}', &format!(r#","causes":{}}}"#, "[".repeat(5_000)), 1),
    ];
    for (number, text) in pretended.iter().enumerate() {
        let chosen = world.region("chosen");
        set(&[&chosen]).await?;
        publish(world, "changed", text.as_bytes()).await?;
        falls(world, &chosen).await?;
        assert_eq!(cache.stats().ignored_messages, number as u64 + 1, "{text}");
    }
    assert_eq!(living(&[&shop, &blog]).await?, ["shop", "blog"]);
    world.cache().emit("changed").await?;
    assert_eq!(living(&[&shop, &blog]).await?, ["blog"]);
    Ok(())
}

pub async fn a_storm_of_different_ones_is_survived(world: &World) -> Case {
    bind(world, Patterns::from("changed").below("{}")).await?;
    let cache = listener(world).await?;
    let (first, last) = (world.region("shop.0"), world.region("shop.2999"));
    set(&[&first, &last]).await?;
    for number in 0..3_000 {
        publish(world, "changed", number.to_string().as_bytes()).await?;
    }
    falls(world, &first).await?;
    falls(world, &last).await?;
    cache.emit("other").await?;
    Ok(())
}

/// What is bound falls, but nobody has to keep so much, nor to send it on.
pub async fn a_huge_payload_is_not_kept(world: &World) -> Case {
    bind(world, "changed").await?;
    let _listener = listener(world).await?;
    let shop = world.region("shop");
    set(&[&shop]).await?;
    publish(world, "changed", &vec![b'7'; 4 << 20]).await?;
    falls(world, &shop).await?;
    let start = Position::default();
    let journal = world.backend().bus().journal(world.namespace(), Some(start)).await?;
    let length: usize = journal.entries.iter().map(|(_, entry)| entry.len()).sum();
    assert!(length < 256 << 10, "the journal holds {length} bytes");
    Ok(())
}

/// Whoever is bound hears what is published while it begins to hear of invalidations too.
pub async fn whoever_begins_to_hear_more_is_never_deaf(world: &World) -> Case {
    let cache = world.other().await;
    cache.region("shop").invalidate_on("changed").await?;
    soon("it listens", async || Ok(cache.emit("other").await?.processes == 1)).await?;
    let (is_up, mut published) = (AtomicBool::new(false), 0_u64);
    let publishing = async {
        while !is_up.load(Ordering::SeqCst) || published < 100 {
            publish(world, "changed", &published.to_be_bytes()).await?;
            published += 1;
            yield_now().await;
        }
        Ok::<_, region_cache::Error>(())
    };
    let subscribing = async {
        let events = cache.subscribe("end").await?;
        is_up.store(true, Ordering::SeqCst);
        Ok(events)
    };
    let (mut events, ()) = futures::future::try_join(subscribing, publishing).await?;
    world.cache().emit("end").await?;
    next(&mut events).await;
    // Some are heard twice, while what it listened to before overlaps what it listens to now.
    let lost = published.saturating_sub(cache.stats().foreign_signals);
    assert_eq!(lost, 0, "of {published} signals so many were not heard");
    Ok(())
}
