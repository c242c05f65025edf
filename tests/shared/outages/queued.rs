//! What was to go and could not be told to: it fails, is done later, and is not read until then.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::TryStreamExt;
use futures::future::join_all;
use region_cache::{Cache, Error, Lookup, Region, Result};
use region_cache_testkit::proxy::{Direction, Fault, Proxy};
use region_cache_testkit::server::{Server, poll_until};

use super::{PATIENCE, compute, hasty};

/// Requests get lost on their way, so that nothing but the queue can do what was asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_failed_to_go_is_not_read_here_and_goes_when_the_line_is_mended() {
    let away = |scene: &Scene| scene.proxy.inflict(Fault::BlackHole(Direction::Up));
    goes_in_the_end(away, |scene| scene.proxy.heal()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_failed_to_go_over_no_line_at_all_goes_when_there_is_one() {
    let away = |scene: &Scene| {
        scene.proxy.inflict(Fault::Refuse);
        scene.proxy.inflict(Fault::Reset);
    };
    goes_in_the_end(away, |scene| scene.proxy.heal()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_failed_to_go_on_a_frozen_server_goes_when_it_wakes_up() {
    let away = |scene: &Scene| {
        scene.is_frozen.store(true, Ordering::SeqCst);
        scene.server.stop();
    };
    goes_in_the_end(away, |scene| scene.server.cont()).await;
}

/// One process has something forgotten while its server is away, in vain. It does not read it any more,
/// whatever comes of its reads; and when nothing is left to be done, the other does not either.
async fn goes_in_the_end(away: fn(&Scene), back: fn(&Scene)) {
    let scenes = CHANGES.map(async |change| {
        let scene = Scene::new().await;
        away(&scene);
        let error = scene.forget(change).await;
        assert!(error.is_unconfirmed() || error.is_unavailable(), "{change}: {error:?}");
        for way in BLIND.into_iter().chain(WAYS) {
            scene.reads_nothing_old(way, change).await;
        }
        if !scene.is_frozen.load(Ordering::SeqCst) {
            let there = scene.there.region(ITEM).get("k").await.unwrap();
            assert_eq!(there, Some(OLD), "nobody can have been told of `{change}`");
        }
        back(&scene);
        let mut ways = WAYS.into_iter().cycle();
        let done = || {
            let way = ways.next().unwrap();
            let scene = &scene;
            async move {
                scene.reads_nothing_old(way, change).await;
                (scene.here.stats().replay_queue == 0).then_some(())
            }
        };
        poll_until(PATIENCE, "nothing to be left to do", done).await;
        let there = scene.there.region(ITEM).get::<i64>("k").await.unwrap();
        assert_ne!(there, Some(OLD), "the other, after `{change}`");
    });
    join_all(scenes).await;
}

/// A value that two processes know, and a way to the server that only one of them takes.
struct Scene {
    server: Server,
    proxy: Proxy,
    here: Cache,
    there: Cache,
    is_frozen: AtomicBool,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start().await;
        let proxy = Proxy::to(server.address()).await;
        let here = hasty(&proxy.url()).build().await.unwrap();
        let there = Cache::builder().url(server.url()).operation_timeout(PATIENCE);
        let there = there.build().await.unwrap();
        there.region(ITEM).set_many([("k", &OLD), ("other", &OLD)]).await.unwrap();
        assert_eq!(here.region(ITEM).get("k").await.unwrap(), Some(OLD));
        Self { server, proxy, here, there, is_frozen: AtomicBool::new(false) }
    }

    /// Has the one forget the value, in vain.
    async fn forget(&self, change: &str) -> Error {
        let item = self.here.region(ITEM);
        let result = match change {
            "remove" => item.remove("k").await.map(drop),
            "remove_many" => item.remove_many(["k", "absent"]).await.map(drop),
            "expire" => item.expire("k").await.map(drop),
            "invalidate" => item.invalidate().await.map(drop),
            "invalidate above" => self.here.region("shop").invalidate().await.map(drop),
            "clear" => self.here.clear().await.map(drop),
            other => panic!("{other}?"),
        };
        assert!(self.here.stats().replay_queue >= 1, "{change}");
        result.unwrap_err()
    }

    async fn reads_nothing_old(&self, way: &str, change: &str) {
        let found = read(&self.here.region(ITEM), way).await;
        assert!(!matches!(found, Ok(Some(OLD))), "`{way}` after `{change}`: {found:?}");
    }
}

/// What one way of reading finds under the key. Loaders find something new.
async fn read(region: &Region, way: &str) -> Result<Option<i64>> {
    match way {
        "get" => region.get("k").await,
        "get_many" => region.get_many(["absent", "k"]).await.map(|found| found[1]),
        "contains" => region.contains("k").await.map(|there| there.then_some(OLD)),
        "ttl" => region.ttl("k").await.map(|ttl| ttl.map(|_| OLD)),
        "entries" => {
            let entries: Vec<_> = region.entries::<i64>().try_collect().await?;
            let value = entries.into_iter().find(|(key, _)| *key == "k".into());
            Ok(value.map(|(_, value)| value))
        }
        "transaction" => region.transaction(async |t| t.get("k").await).await,
        "lookup" => match region.lookup("k").await? {
            Lookup::Hit(value) => Ok(Some(value)),
            Lookup::Miss(_) => Ok(None),
        },
        "get_or_compute" => compute(region, "k", NEW).await.map(Some),
        other => panic!("{other}?"),
    }
}

const CHANGES: [&str; 6] =
    ["remove", "remove_many", "expire", "invalidate", "invalidate above", "clear"];

/// They tell that something is there, and not what: that could be something new.
const BLIND: [&str; 2] = ["contains", "ttl"];
const WAYS: [&str; 6] = ["get", "get_many", "entries", "transaction", "lookup", "get_or_compute"];

const ITEM: &str = "shop.catalog.42";
const OLD: i64 = 1;
const NEW: i64 = 2;
