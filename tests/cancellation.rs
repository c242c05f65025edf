//! Any public future may be dropped at any point: afterwards nothing is locked, no lease is held, and
//! nobody has to wait for time to pass.

mod acts;

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use futures::future::BoxFuture;
use futures::poll;
use region_cache::backend::Backend;
use region_cache::{Cache, Clock, Error, Lookup, Region, Result};
use region_cache_testkit::backends::{Operation, Stuck, Yielding};
use tokio::task::yield_now;

use self::acts::{ACTS, Act, BEHIND, KEYS, UNENDING_ACTS};

#[tokio::test]
async fn a_future_that_is_dropped_at_any_poll_leaves_nothing_locked() {
    for act in ACTS.iter().chain(UNENDING_ACTS) {
        for polls in 0..=50 {
            let scene = Scene::new().await;
            poll_and_drop(act.run(&scene.slow), polls).await;
            scene.is_as_good_as_new(act, polls).await;
        }
    }
}

#[tokio::test]
async fn a_future_whose_answer_is_lost_leaves_nothing_locked_when_it_is_dropped() {
    for act in ACTS {
        for operation in Operation::ALL {
            let scene = Scene::new().await;
            let stuck = Stuck::new(scene.fast.backend());
            let cache = scene.cache(stuck.clone()).await;
            stuck.lose_answers([operation]);
            poll_and_drop(act.run(&cache), 50).await;
            stuck.mend();
            scene.is_as_good_as_new(act, 0).await;
        }
    }
}

#[tokio::test]
async fn a_dropped_freeing_is_taken_up_by_the_next() {
    const TREE: u64 = 2_500;
    for polls in 0..=50 {
        let scene = Scene::new().await;
        let tree = scene.fast.region("tree");
        for number in 1..TREE {
            tree.region(&number.to_string()).set("k", &number).await.unwrap();
        }
        let invalidated = at_once(scene.slow.region("tree").invalidate()).await.unwrap();
        poll_and_drop(Box::pin(async { invalidated.freed().await.map(drop) }), polls).await;
        at_once(invalidated.freed()).await.unwrap();
        let stats = scene.fast.stats();
        assert_eq!((stats.entries, stats.regions), Scene::SIZE, "after {polls} polls");
    }
}

#[tokio::test]
async fn a_dropped_shutdown_is_finished_by_the_next() {
    for polls in 0..=50 {
        let scene = Scene::new().await;
        let shop = scene.slow.region("shop");
        // Giving the lease back is under way in the background.
        drop(at_once(shop.lookup::<i64>("leased")).await.unwrap());
        let shutdown = async {
            scene.slow.clone().shutdown().await;
            Ok(())
        };
        poll_and_drop(Box::pin(shutdown), polls).await;
        at_once(scene.slow.clone().shutdown()).await;
        assert!(at_once(shop.get::<i64>("number")).await.unwrap_err().is_closed());
        let Lookup::Miss(miss) = scene.fast.region("shop").lookup::<i64>("leased").await.unwrap()
        else {
            panic!("nobody filled it");
        };
        assert!(miss.holds_lease(), "after {polls} polls");
    }
}

/// Two caches on the same storage: one is slow, so that its futures can be dropped halfway.
struct Scene {
    clock: Clock,
    slow: Cache,
    fast: Cache,
}

impl Scene {
    /// How many entries and regions there are at the beginning.
    const SIZE: (u64, u64) = (6, 3);

    async fn new() -> Self {
        let clock = Clock::manual();
        let fast = Cache::builder().clock(clock.clone()).build().await.unwrap();
        let slow = Yielding::new(fast.backend());
        let slow = Cache::builder().clock(clock.clone()).backend(slow);
        let slow = at_once(slow.build()).await.unwrap();
        let scene = Self { clock, slow, fast };
        for region in scene.regions() {
            region.set_many([("number", &1), ("other", &2)]).await.unwrap();
        }
        scene
    }

    /// Another cache on another way to the same storage.
    async fn cache(&self, backend: Arc<dyn Backend>) -> Cache {
        let builder = Cache::builder().clock(self.clock.clone()).backend(backend);
        at_once(builder.build()).await.unwrap()
    }

    fn regions(&self) -> [Region; 3] {
        ["shop", "shop.catalog", "shop.catalog.42"].map(|path| self.fast.region(path))
    }

    async fn is_as_good_as_new(&self, dropped: &Act, polls: usize) {
        let after = format!("after `{}` was dropped at poll {polls}", dropped.name);

        // Whoever misses now may compute, at once.
        for region in self.regions().map(|region| self.slow.region(region.path())) {
            for key in KEYS {
                if let Lookup::Miss(miss) = at_once(region.lookup::<i64>(key)).await.unwrap() {
                    assert!(miss.holds_lease(), "{key} in {region} is leased {after}");
                    assert!(at_once(miss.fill(&1)).await.unwrap(), "{after}");
                }
            }
        }

        // What goes on behind its caller comes to its end, and others can wait for it.
        let shop = self.slow.region("shop");
        let behind = shop.get_or_compute(BEHIND, || async { Ok::<_, Error>(7) });
        assert_eq!(at_once(behind).await.unwrap(), 7, "{after}");

        // No transaction is watching: what others write is their own business.
        for cache in [&self.slow, &self.fast] {
            let conflicts = cache.stats().conflicts;
            for act in ACTS {
                at_once(act.run(cache)).await.unwrap_or_else(|error| {
                    panic!("`{}` fails {after}: {error}", act.name);
                });
            }
            assert_eq!(cache.stats().conflicts, conflicts, "{after}");
        }

        // Nothing is left that only time could take away.
        for region in self.regions() {
            region.remove_many(KEYS.into_iter().chain([BEHIND])).await.unwrap();
        }
        at_once(self.slow.clone().shutdown()).await;
        let stats = self.fast.stats();
        assert_eq!((stats.entries, stats.regions), (0, 0), "{after}");
    }
}

/// Polls a future so often, or until it is ready, and drops it.
async fn poll_and_drop(mut future: BoxFuture<'_, Result<()>>, polls: usize) {
    for _ in 0..polls {
        if poll!(future.as_mut()).is_ready() {
            return;
        }
    }
}

/// Completes a future that has to wait for nobody: no time passes meanwhile.
async fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    for _ in 0..1_000 {
        if let Poll::Ready(output) = poll!(future.as_mut()) {
            return output;
        }
        yield_now().await;
    }
    panic!("this waits for something that nobody does");
}
