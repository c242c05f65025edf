//! What was sent before an invalidation and arrives after it, because it stood still on its way. Its
//! sender has given up on it, and it may or may not happen; but it brings back nothing that was dead.

use std::time::Duration;

use region_cache::{Cache, ErrorKind, Lookup, Region, Result};
use region_cache_testkit::proxy::{Direction, Fault, Proxy};
use region_cache_testkit::server::{Server, poll_until};

#[tokio::test]
async fn a_fill_that_arrives_late_is_refused() {
    for change in CHANGES {
        let scene = Scene::new().await;
        let item = scene.here.region(ITEM);
        let Lookup::Miss(miss) = item.lookup::<String>("k").await.unwrap() else {
            panic!("nothing is there");
        };
        assert!(miss.holds_lease());
        let late = miss.fill("late");
        scene.stand_still();
        let found = scene.overtaken(late, change).await;
        assert_eq!(found.as_deref(), Scene::wanted(change), "filled after `{change}`");
    }
}

#[tokio::test]
async fn a_write_that_arrives_late_brings_nothing_back() {
    for (change, way) in CHANGES.into_iter().take(INVALIDATIONS).flat_map(|c| WAYS.map(|w| (c, w)))
    {
        let scene = Scene::new().await;
        let item = scene.here.region(ITEM);
        // The fence is known, so the value is stamped with it.
        item.set("other", "old").await.unwrap();
        scene.stand_still();
        let late = async {
            match way {
                "set" => item.set("k", "late").await,
                "set_many" => item.set_many([("k", "late"), ("j", "late")]).await,
                "add" => item.add("k", "late").await.map(drop),
                other => panic!("{other}?"),
            }
        };
        let found = scene.overtaken(late, change).await;
        assert_eq!(found, None, "`{way}` after `{change}`");
    }
}

#[tokio::test]
async fn a_commit_that_arrives_late_brings_nothing_back() {
    for change in CHANGES {
        let scene = Scene::new().await;
        let item = scene.here.region(ITEM);
        item.set("k", "old").await.unwrap();
        let late = item.transaction(async |t| {
            assert_eq!(t.get::<String>("k").await?.as_deref(), Some("old"));
            scene.stand_still();
            t.set("k", "late")
        });
        let found = scene.overtaken(late, change).await;
        assert_eq!(found.as_deref(), Scene::wanted(change), "committed after `{change}`");
    }
}

/// A cache on a way that can stand still, and another process.
struct Scene {
    server: Server,
    proxy: Proxy,
    here: Cache,
    there: Cache,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start().await;
        let proxy = Proxy::to(server.address()).await;
        let here = Cache::builder().url(proxy.url()).operation_timeout(TIMEOUT);
        let here = here.build().await.unwrap();
        let there = Cache::connect(&server.url()).await.unwrap();
        // Once in a while an invalidation looks for walks that others have left: not in what follows.
        there.region("shop").invalidate().await.unwrap();
        there.clear().await.unwrap();
        Self { server, proxy, here, there }
    }

    fn stand_still(&self) {
        self.proxy.inflict(Fault::Stall(Direction::Up));
    }

    /// Sends what cannot arrive, changes something meanwhile, and lets it arrive then; what everyone
    /// finds afterwards.
    async fn overtaken<T: std::fmt::Debug>(
        &self,
        late: impl Future<Output = Result<T>>,
        change: &str,
    ) -> Option<String> {
        assert_eq!(late.await.unwrap_err().kind(), ErrorKind::Unconfirmed);
        let item = self.there.region(ITEM);
        match change {
            "invalidate" => drop(item.invalidate().await.unwrap()),
            "invalidate above" => drop(self.there.region("shop").invalidate().await.unwrap()),
            "clear" => drop(self.there.clear().await.unwrap()),
            "remove" => drop(item.remove("k").await.unwrap()),
            "set" => item.set("k", "new").await.unwrap(),
            other => panic!("{other}?"),
        }
        // It lives again, by the time that the late one arrives.
        item.set("another", "new").await.unwrap();

        let before = self.done().await;
        self.proxy.heal();
        poll_until(SOON, "what is late to arrive", async || {
            (self.done().await > before).then_some(())
        })
        .await;
        let found = value(&item).await;
        assert_eq!(value(&self.here.region(ITEM)).await, found);
        assert_eq!(item.get::<String>("another").await.unwrap().as_deref(), Some("new"));
        found
    }

    /// How many scripts and transactions the server has seen. All others have been answered.
    async fn done(&self) -> u64 {
        let stats = self.server.info("commandstats").await;
        let calls = ["cmdstat_evalsha", "cmdstat_exec"].map(|name| {
            let stat = stats.get(name).and_then(|stat| stat.strip_prefix("calls="));
            stat.and_then(|stat| stat.split(',').next()).map_or(0, |calls| calls.parse().unwrap())
        });
        calls.iter().sum()
    }

    fn wanted(change: &str) -> Option<&'static str> {
        (change == "set").then_some("new")
    }
}

async fn value(region: &Region) -> Option<String> {
    region.get("k").await.unwrap()
}

const ITEM: &str = "shop.catalog.42";

/// The first three are invalidations.
const CHANGES: [&str; 5] = ["invalidate", "invalidate above", "clear", "remove", "set"];
const INVALIDATIONS: usize = 3;

const WAYS: [&str; 3] = ["set", "set_many", "add"];

const TIMEOUT: Duration = Duration::from_millis(200);
const SOON: Duration = Duration::from_secs(2);
