//! Streams of what happens: signals and invalidations.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::time::Duration;

use futures::executor::block_on;
use futures::{FutureExt, Stream, StreamExt};
use region_cache::{Event, EventStream, Fall, Signal};

use super::hearing::{next, set, soon, until_signal};
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! events {
    ($fixture:ty) => {
        $crate::cases! { $fixture, events:
            signals_come_by_name_and_pattern
            a_signal_comes_as_it_was_emitted
            a_signal_comes_after_what_is_bound_has_fallen
            invalidations_come_by_path
            what_is_above_takes_along_what_a_pattern_stands_for
            an_invalidation_tells_of_when_and_by_whom
            a_write_is_no_event
            own_events_come_too
            every_stream_hears_everything
            whoever_does_not_read_is_told_how_much_is_missing
            who_was_bound_already_hears_more_from_then_on
            other_namespaces_events_do_not_come
            a_stream_ends_with_its_cache
            streams_can_be_sent
            a_bad_pattern_is_refused
            without_a_runtime_there_is_nothing_to_listen_on
            a_closed_cache_does_not_listen
        }
    };
}

pub const SOURCE: &str = include_str!("events.rs");

/// The paths of the invalidations that come before the signal `end`.
async fn paths(stream: &mut EventStream) -> Vec<String> {
    let path = |event| match event {
        Event::Invalidated { path, .. } => path,
        other => panic!("{other:?}"),
    };
    until_signal(stream, "end").await.into_iter().map(path).collect()
}

async fn name(stream: &mut EventStream) -> String {
    match next(stream).await {
        Event::Signal(signal) => signal.name().to_owned(),
        other => panic!("{other:?}"),
    }
}

pub async fn signals_come_by_name_and_pattern(world: &World) -> Case {
    let there = world.other().await;
    let mut one = there.subscribe("catalog.changed").await?;
    let mut all = there.subscribe("catalog.*").await?;
    for name in ["catalog", "catalog.gone", "catalog.changed", "catalogs.x", "catalog.a.b"] {
        world.cache().emit(name).await?;
    }
    world.cache().emit("catalog.changed").await?;
    for expected in ["catalog.changed"; 2] {
        assert_eq!(name(&mut one).await, expected);
    }
    for expected in ["catalog.gone", "catalog.changed", "catalog.a.b", "catalog.changed"] {
        assert_eq!(name(&mut all).await, expected);
    }
    Ok(())
}

pub async fn a_signal_comes_as_it_was_emitted(world: &World) -> Case {
    let there = world.other().await;
    let (mut own, mut stream) = (world.cache().subscribe("b").await?, there.subscribe("b").await?);
    let sent = Signal::new("b").payload(&("x", 7))?.caused_by(&Signal::new("a"));
    world.cache().emit(sent).await?;
    for stream in [&mut own, &mut stream] {
        let event = next(stream).await;
        let Event::Signal(signal) = &event else { panic!("{event:?}") };
        assert_eq!(signal.get::<(String, i64)>()?, ("x".to_owned(), 7));
        assert_eq!(signal.causes(), ["a"]);
        assert_eq!(signal.by(), Some(world.cache().instance()));
        assert!(!format!("{event:?}").contains("\"x\""), "no payload in logs: {event:?}");
    }
    assert_ne!(there.instance(), world.cache().instance());
    Ok(())
}

pub async fn a_signal_comes_after_what_is_bound_has_fallen(world: &World) -> Case {
    let there = world.other().await;
    let shop = there.region("shop");
    shop.invalidate_on("changed").await?;
    there.region("chosen").invalidate_on_with("changed", |_| Fall::all()).await?;
    let mut stream = there.subscribe("changed").await?;
    for _ in 0..20 {
        set(&[&shop]).await?;
        world.cache().emit("changed").await?;
        assert_eq!(name(&mut stream).await, "changed");
        assert!(!shop.contains("k").await?);
    }
    Ok(())
}

pub async fn invalidations_come_by_path(world: &World) -> Case {
    let there = world.other().await;
    let mut one = there.subscribe("shop.catalog").await?;
    let mut below = there.subscribe("shop.*").await?;
    let (mut ends, mut end) = (there.subscribe("end").await?, there.subscribe("end").await?);
    for path in ["shop.catalog", "shop.orders", "shop.catalog.42", "blog", "shop2.catalog"] {
        world.region(path).invalidate().await?;
    }
    world.cache().emit("end").await?;
    assert_eq!(name(&mut ends).await, "end");
    assert_eq!(name(&mut end).await, "end");
    assert_eq!(heard(&mut one), ["shop.catalog"]);
    assert_eq!(heard(&mut below), ["shop.catalog", "shop.orders", "shop.catalog.42"]);
    Ok(())
}

/// The paths of the invalidations that have come already.
fn heard(stream: &mut EventStream) -> Vec<String> {
    let mut paths = Vec::new();
    while let Some(Some(event)) = stream.next().now_or_never() {
        match event {
            Event::Invalidated { path, .. } => paths.push(path),
            other => panic!("{other:?}"),
        }
    }
    paths
}

pub async fn what_is_above_takes_along_what_a_pattern_stands_for(world: &World) -> Case {
    let there = world.other().await;
    let mut end = there.subscribe("end").await?;
    let mut one = there.subscribe("shop.catalog.42").await?;
    let mut any = there.subscribe("shop.*.42").await?;
    world.region("shop").invalidate().await?;
    world.region("shop.orders").invalidate().await?;
    world.region("shop.catalog").invalidate().await?;
    world.cache().clear().await?;
    world.region("shop.catalog.42.deep").invalidate().await?;
    world.cache().emit("end").await?;
    // The clearing takes along what it stands for too.
    assert_eq!(until_signal(&mut end, "end").await.len(), 1);
    assert_eq!(heard(&mut one), ["shop", "shop.catalog", ""]);
    assert_eq!(heard(&mut any), ["shop", "shop.orders", "shop.catalog", ""]);
    Ok(())
}

pub async fn an_invalidation_tells_of_when_and_by_whom(world: &World) -> Case {
    let (one, two) = (world.other().await, world.other().await);
    let mut stream = world.cache().subscribe("shop").await?;
    let mut found = Vec::new();
    for cache in [&one, &one, &two] {
        world.clock().advance(Duration::from_millis(5));
        cache.region("shop").invalidate().await?;
        let event = next(&mut stream).await;
        let Event::Invalidated { path, by, at, .. } = event else { panic!("{event:?}") };
        assert_eq!((path.as_str(), at), ("shop", world.clock().now()));
        found.push(by);
    }
    assert_eq!(found[0], found[1], "one cache");
    // In one process there is one connection.
    assert_eq!(found[1] == found[2], !world.fixture().is_remote(), "another");
    Ok(())
}

pub async fn a_write_is_no_event(world: &World) -> Case {
    let there = world.other().await;
    let (mut end, mut stream) = (there.subscribe("end").await?, there.subscribe("shop").await?);
    let shop = world.region("shop");
    shop.set("k", &1).await?;
    shop.increment("k", 1).await?;
    shop.transaction(async |t| t.set("k", &2)).await?;
    shop.expire("k").await?;
    shop.remove("k").await?;
    world.cache().emit("end").await?;
    assert_eq!(name(&mut end).await, "end");
    assert_eq!(heard(&mut stream), [""; 0]);
    Ok(())
}

pub async fn own_events_come_too(world: &World) -> Case {
    let mut signals = world.cache().subscribe("a").await?;
    let mut changes = world.cache().subscribe("shop").await?;
    world.region("shop").invalidate().await?;
    world.cache().emit("a").await?;
    assert_eq!(name(&mut signals).await, "a");
    let event = next(&mut changes).await;
    assert!(matches!(&event, Event::Invalidated { path, .. } if path == "shop"), "{event:?}");
    Ok(())
}

pub async fn every_stream_hears_everything(world: &World) -> Case {
    let (one, two) = (world.other().await, world.other().await);
    let mut streams = Vec::new();
    for cache in [world.cache(), &one, &two] {
        streams.push(cache.subscribe("a").await?);
        streams.push(cache.subscribe("*").await?);
    }
    for _ in 0..100 {
        world.cache().emit("a").await?;
    }
    for stream in &mut streams {
        for _ in 0..100 {
            assert_eq!(name(stream).await, "a");
        }
        assert!(stream.next().now_or_never().is_none(), "each comes once");
    }
    Ok(())
}

pub async fn whoever_does_not_read_is_told_how_much_is_missing(world: &World) -> Case {
    let there = world.other().await;
    let mut streams = Vec::new();
    for cache in [world.cache(), &there] {
        streams.push(cache.subscribe("a").await?);
    }
    for _ in 0..3_000 {
        world.cache().emit("a").await?;
    }
    soon("all is heard", async || Ok(there.stats().heard_signals == 3_000)).await?;
    for stream in &mut streams {
        let event = next(stream).await;
        let Event::Lagged(missing) = event else { panic!("{event:?}") };
        assert!((1_900..=2_000).contains(&missing), "{missing} are missing");
        for _ in 0..3_000 - missing {
            assert_eq!(name(stream).await, "a");
        }
        assert!(stream.next().now_or_never().is_none());
    }
    world.cache().emit("a").await?;
    for stream in &mut streams {
        assert_eq!(name(stream).await, "a");
    }
    Ok(())
}

pub async fn who_was_bound_already_hears_more_from_then_on(world: &World) -> Case {
    let there = world.other().await;
    let shop = there.region("shop");
    shop.invalidate_on_with("a", |_| Fall::all()).await?;
    world.cache().emit("a").await?;
    soon("the first is heard", async || Ok(there.stats().heard_signals == 1)).await?;
    let mut stream = there.subscribe("*").await?;
    set(&[&shop]).await?;
    world.region("blog").invalidate().await?;
    world.cache().emit("a").await?;
    let event = next(&mut stream).await;
    assert!(matches!(&event, Event::Invalidated { path, .. } if path == "blog"), "{event:?}");
    soon("the closure was asked", async || Ok(!shop.contains("k").await?)).await?;
    Ok(())
}

pub async fn other_namespaces_events_do_not_come(world: &World) -> Case {
    let namespace = format!("{}-2", world.namespace());
    let elsewhere = world.cache_with(|builder| builder.namespace(namespace)).await;
    let mut stream = world.cache().subscribe("*").await?;
    elsewhere.emit("a").await?;
    elsewhere.region("shop").invalidate().await?;
    elsewhere.clear().await?;
    world.cache().emit("end").await?;
    assert_eq!(paths(&mut stream).await, [""; 0]);
    Ok(())
}

pub async fn a_stream_ends_with_its_cache(world: &World) -> Case {
    let there = world.other().await;
    let mut stream = there.subscribe("*").await?;
    there.emit("a").await?;
    there.shutdown().await;
    assert_eq!(name(&mut stream).await, "a");
    let end = tokio::time::timeout(Duration::from_secs(20), stream.next()).await;
    assert_eq!(end.expect("it ends"), None);
    Ok(())
}

pub async fn streams_can_be_sent(world: &World) -> Case {
    fn is_good<S: Stream<Item = Event> + Send + Unpin + 'static>(stream: S) -> S {
        stream
    }
    let mut stream = is_good(world.cache().subscribe("a").await?);
    let mut task = tokio::task::JoinSet::new();
    task.spawn(async move { name(&mut stream).await });
    world.cache().emit("a").await?;
    assert_eq!(task.join_next().await.expect("one").expect("it ends well"), "a");
    Ok(())
}

pub async fn a_bad_pattern_is_refused(world: &World) -> Case {
    for pattern in ["", ".", "a..b", "a b", "a:b", "\n"] {
        let error = world.cache().subscribe(pattern).await.unwrap_err();
        assert!(error.is_invalid_name(), "{pattern:?}: {error:?}");
    }
    Ok(())
}

pub async fn without_a_runtime_there_is_nothing_to_listen_on(world: &World) -> Case {
    let cache = world.cache().clone();
    let errors = std::thread::spawn(move || {
        let shop = cache.region("shop");
        [
            block_on(cache.subscribe("a")).unwrap_err(),
            block_on(shop.invalidate_on_with("a", |_| Fall::all())).unwrap_err(),
        ]
    });
    for error in errors.join().expect("it ends well") {
        assert!(error.is_config(), "{error:?}");
        assert!(error.to_string().contains("runtime"), "{error}");
    }
    let mut stream = world.cache().subscribe("a").await?;
    world.cache().emit("a").await?;
    assert_eq!(name(&mut stream).await, "a");
    Ok(())
}

pub async fn a_closed_cache_does_not_listen(world: &World) -> Case {
    let there = world.other().await;
    let shop = there.region("shop");
    let binding = shop.invalidate_on("a").await?;
    there.clone().shutdown().await;
    let errors = [
        there.emit("a").await.unwrap_err(),
        shop.invalidate_on("a").await.unwrap_err(),
        shop.bindings().await.unwrap_err(),
        binding.unbind().await.unwrap_err(),
        there.subscribe("a").await.unwrap_err(),
        shop.invalidate_on_with("a", |_| Fall::all()).await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_closed(), "{error:?}");
    }
    Ok(())
}
