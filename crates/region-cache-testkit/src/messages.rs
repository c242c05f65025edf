//! Any bytes as a message between processes, and as an entry of the journal: whatever they are, they
//! cause misses of what is bound, and nothing else.
//!
//! This is what the fuzz target `message` runs, and what its corpus is replayed with as a test.

use std::time::Duration;

use futures::StreamExt;
use region_cache::backend::{Bus, Id, Topic};
use region_cache::{Cache, Clock, Event, EventStream, Fall, Patterns, Region, Result};
use tokio::runtime::Builder;
use tokio::task::yield_now;

/// Lets a cache hear the bytes on every channel, and find them in the journal.
///
/// # Panics
///
/// Where more than a miss comes of it, or the library panics.
pub fn check(bytes: &[u8]) {
    let runtime = Builder::new_current_thread().build().expect("a runtime starts");
    runtime.block_on(hear(bytes)).expect("memory answers");
}

async fn hear(bytes: &[u8]) -> Result<()> {
    let mut world = World::new().await?;
    for topic in [
        Topic::Signal("heard".into()),
        Topic::Adopted("heard".into()),
        Topic::Changes("untouched".into()),
        Topic::Signal(String::from_utf8_lossy(bytes).into_owned()),
    ] {
        world.bus().publish(NAMESPACE, &topic, bytes).await?;
        world.check().await?;
    }
    let is_ours = bytes.starts_with(b"{\"region-cache\":");
    let stats = world.cache.stats();
    assert_eq!(stats.foreign_signals == 0, is_ours, "what pretends to be ours is not foreign");
    assert!(stats.ignored_messages + stats.heard_signals + stats.foreign_signals > 0);

    world.bus().open(NAMESPACE, Id::random(), &String::from_utf8_lossy(bytes)).await?;
    for _ in 0..5 {
        world.clock.advance(Duration::from_secs(1));
        world.check().await?;
    }
    world.works().await
}

/// A cache that listens, and one that speaks.
struct World {
    clock: Clock,
    cache: Cache,
    other: Cache,
    events: EventStream,
    /// Bound in all ways.
    bound: [Region; 3],
    untouched: Region,
}

impl World {
    async fn new() -> Result<Self> {
        let clock = Clock::manual();
        let cache = Cache::builder().clock(clock.clone()).namespace(NAMESPACE).build().await?;
        let other = Cache::builder().backend(cache.backend()).clock(clock.clone());
        let other = other.namespace(NAMESPACE).build().await?;
        let bound = ["whole", "below", "chosen"].map(|path| cache.region(path));
        bound[0].invalidate_on("heard").await?;
        bound[1].invalidate_on(Patterns::from("*").below("{id}")).await?;
        bound[1].invalidate_on(Patterns::from("*").key("{user.id} {}")).await?;
        let choose = |signal: &region_cache::Signal| {
            signal.get::<String>().map_or_else(|_| Fall::nothing(), Fall::region)
        };
        bound[2].invalidate_on_with("*", choose).await?;
        let events = cache.subscribe("*").await?;
        let untouched = cache.region("untouched");
        untouched.set("k", &1).await?;
        Ok(Self { clock, cache, other, events, bound, untouched })
    }

    fn bus(&self) -> std::sync::Arc<dyn Bus> {
        self.cache.backend().bus()
    }

    /// Fills what is bound, lets everything be heard that was said, and looks at what is there then.
    async fn check(&mut self) -> Result<()> {
        for region in &self.bound {
            region.set("k", &1).await?;
        }
        // For whoever waits a moment before he sees to a foreign signal.
        for _ in 0..2 {
            for _ in 0..30 {
                yield_now().await;
            }
            self.clock.advance(Duration::from_millis(30));
        }
        self.other.emit("end.of.this").await?;
        let is_end = |event: &Event| matches!(event, Event::Signal(s) if s.name() == "end.of.this");
        while !is_end(&self.events.next().await.expect("the cache lives")) {}
        for region in &self.bound {
            assert!(matches!(region.get::<i64>("k").await?, None | Some(1)), "{region}");
            assert!(region.len().await? <= 1, "{region}");
        }
        assert_eq!(self.untouched.get("k").await?, Some(1));
        assert_eq!(self.untouched.len().await?, 1);
        assert!(self.cache.root().children().await?.len() <= 4);
        Ok(())
    }

    /// Asserts that signals of ours and of others are seen to as ever.
    async fn works(&mut self) -> Result<()> {
        self.bound[0].set("k", &1).await?;
        self.other.emit("heard").await?;
        assert!(!self.bound[0].contains("k").await?);
        self.bound[0].set("k", &1).await?;
        self.bus().publish(NAMESPACE, &Topic::Signal("heard".into()), b"the end").await?;
        for _ in 0..100 {
            yield_now().await;
            self.clock.advance(Duration::from_millis(1));
        }
        assert!(!self.bound[0].contains("k").await?);
        Ok(())
    }
}

const NAMESPACE: &str = "messages";
