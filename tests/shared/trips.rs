//! How many round trips each operation costs, as the proxy on the way counts them.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use futures::future::try_join_all;
use region_cache::{Cache, CacheBuilder, Lookup, Miss, Region};
use region_cache_testkit::proxy::Proxy;
use region_cache_testkit::server::Server;

/// A cache behind a proxy that counts, and another one on the same server, as if in another process.
struct Scene {
    _server: Server,
    proxy: Proxy,
    here: Cache,
    there: Cache,
    regions: AtomicUsize,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start().await;
        let proxy = Proxy::to(server.address()).await;
        let here = Cache::connect(&proxy.url()).await.unwrap();
        let there = Cache::connect(&server.url()).await.unwrap();
        let scene = Self { _server: server, proxy, here, there, regions: AtomicUsize::new(0) };
        // Scripts are loaded at their first use, and a transaction's line is made for the first one.
        let warm = scene.here.region("warm.up");
        warm.set("k", &1).await.unwrap();
        increment(&warm).await;
        fill(&warm).await;
        drop(lease(&warm, "released").await);
        warm.invalidate().await.unwrap().freed().await.unwrap();
        scene
    }

    /// The round trips of something, until it has returned. Of three times, each in a region of its
    /// own, the least: a heartbeat of the line may fall into any of them.
    async fn trips(&self, prepare: impl AsyncFn(&str), act: impl AsyncFn(&Region)) -> u64 {
        let mut least = u64::MAX;
        for _ in 0..3 {
            let path = format!("shop.catalog.{}", self.regions.fetch_add(1, Relaxed));
            prepare(&path).await;
            let region = self.here.region(&path);
            self.proxy.reset_counts();
            act(&region).await;
            least = least.min(self.proxy.round_trips());
        }
        least
    }

    /// The same in a region that this process has written to.
    async fn trips_in_known(&self, act: impl AsyncFn(&Region)) -> u64 {
        let prepare = async |path: &str| {
            self.here.region(path).set_many([("a", &1), ("b", &2)]).await.unwrap();
        };
        self.trips(prepare, act).await
    }
}

#[tokio::test]
async fn reads_cost_one_round_trip() {
    let scene = Scene::new().await;
    let get = async |region: &Region| assert!(region.get::<i64>("a").await.is_ok());
    let get_many = async |region: &Region| {
        let keys = (0..100).map(|key| key.to_string());
        region.get_many::<i64>(keys).await.unwrap();
    };
    let hit = async |region: &Region| {
        assert!(region.lookup::<i64>("a").await.unwrap().hit().is_some());
    };
    assert_eq!(scene.trips_in_known(get).await, 1);
    assert_eq!(scene.trips_in_known(get_many).await, 1);
    assert_eq!(scene.trips_in_known(hit).await, 1);
    assert_eq!(scene.trips(nothing, get).await, 1, "nothing is there");
    assert_eq!(scene.trips(nothing, get_many).await, 1, "nothing is there");
}

#[tokio::test]
async fn a_miss_costs_one_round_trip_more_and_its_fill_another() {
    let scene = Scene::new().await;
    let miss = async |region: &Region| std::mem::forget(lease(region, "absent").await);
    assert_eq!(scene.trips(nothing, miss).await, 2);
    assert_eq!(scene.trips(nothing, fill).await, 3);
}

#[tokio::test]
async fn writes_cost_one_round_trip() {
    let scene = Scene::new().await;
    let set = async |region: &Region| region.set("a", &3).await.unwrap();
    let add = async |region: &Region| assert!(region.add("c", &3).await.unwrap());
    let increment = async |region: &Region| assert_eq!(region.increment("a", 3).await.unwrap(), 4);
    let set_many = async |region: &Region| region.set_many([("a", &3), ("c", &4)]).await.unwrap();
    let remove = async |region: &Region| assert!(region.remove("a").await.unwrap());
    let remove_many = async |region: &Region| {
        assert_eq!(region.remove_many(["a", "b"]).await.unwrap(), 2);
    };
    let expire = async |region: &Region| assert!(region.expire("a").await.unwrap());
    assert_eq!(scene.trips_in_known(set).await, 1);
    assert_eq!(scene.trips_in_known(add).await, 1);
    assert_eq!(scene.trips_in_known(increment).await, 1);
    assert_eq!(scene.trips_in_known(set_many).await, 1);
    assert_eq!(scene.trips_in_known(remove).await, 1);
    assert_eq!(scene.trips_in_known(remove_many).await, 1);
    assert_eq!(scene.trips_in_known(expire).await, 1);
}

#[tokio::test]
async fn the_first_write_costs_one_more_where_another_process_made_the_region() {
    let scene = Scene::new().await;
    let set = async |region: &Region| region.set("a", &3).await.unwrap();
    let by_another = async |path: &str| scene.there.region(path).set("a", &1).await.unwrap();
    let then_here = async |path: &str| {
        by_another(path).await;
        scene.here.region(path).get::<i64>("a").await.unwrap();
    };
    let made_anew = async |path: &str| {
        scene.here.region(path).set("a", &1).await.unwrap();
        scene.there.region(path).invalidate().await.unwrap().freed().await.unwrap();
        by_another(path).await;
    };
    let twice = async |region: &Region| {
        set(region).await;
        set(region).await;
    };
    assert_eq!(scene.trips(nothing, set).await, 1, "nobody made it");
    assert_eq!(scene.trips(by_another, set).await, 2);
    assert_eq!(scene.trips(by_another, twice).await, 3);
    assert_eq!(scene.trips(then_here, set).await, 1, "a read tells the fence");
    assert_eq!(scene.trips(made_anew, set).await, 2);
}

#[tokio::test]
async fn a_transaction_costs_two_round_trips() {
    let scene = Scene::new().await;
    let blind = async |region: &Region| {
        let commit = region.transaction(async |t| {
            t.set("a", &3)?;
            t.region(region.region("beneath")).set("b", &4)?;
            t.remove("b");
            Ok(())
        });
        commit.await.unwrap();
    };
    let one = async |region: &Region| {
        region.transaction(async |t| t.set("a", &3)).await.unwrap();
    };
    let read = async |region: &Region| {
        region.transaction(async |t| t.get::<i64>("a").await).await.unwrap();
    };
    assert_eq!(scene.trips_in_known(one).await, 2);
    assert_eq!(scene.trips(nothing, one).await, 2);
    assert_eq!(scene.trips_in_known(increment).await, 2, "read, then write");
    assert_eq!(scene.trips_in_known(read).await, 2, "what was read was there together");
    // One more for each further region, whose fences are to be watched.
    assert_eq!(scene.trips_in_known(blind).await, 3);
    // Where nothing stands there is nothing to watch: a fence is made, and all begins anew.
    assert_eq!(scene.trips(nothing, increment).await, 5);
}

#[tokio::test]
async fn a_region_costs_nothing() {
    let scene = Scene::new().await;
    let handles = async |region: &Region| {
        let beneath = region.region("beneath").with(|o| o.schema("v2"));
        assert_eq!(scene.here.region(beneath.path()), beneath);
    };
    assert_eq!(scene.trips(nothing, handles).await, 0);
}

#[tokio::test]
async fn an_invalidation_costs_one_round_trip_until_all_is_dead() {
    let scene = Scene::new().await;
    let tree = async |path: &str| {
        let region = scene.there.region(path);
        let children: Vec<Region> = (0..1_000).map(|n| region.region(&n.to_string())).collect();
        try_join_all(children.iter().map(|child| child.set("k", &1))).await.unwrap();
        region.set("k", &1).await.unwrap();
    };
    let least = AtomicU64::new(u64::MAX);
    let invalidate = async |region: &Region| {
        region.invalidate().await.unwrap();
        // What is counted ends here; now another process looks.
        let trips = scene.proxy.round_trips();
        let there = scene.there.region(region.path());
        let children: Vec<Region> = (0..1_000).map(|n| there.region(&n.to_string())).collect();
        let found = try_join_all(children.iter().map(|child| child.get::<i64>("k"))).await.unwrap();
        assert_eq!(found.iter().flatten().count(), 0, "of a thousand regions");
        assert_eq!(there.get::<i64>("k").await.unwrap(), None);
        assert!(trips <= 2, "{trips} round trips");
        least.fetch_min(trips, Relaxed);
    };
    scene.trips(tree, invalidate).await;
    assert_eq!(least.into_inner(), 1);
}

#[tokio::test]
async fn connecting_costs_three_round_trips() {
    let scene = Scene::new().await;
    let trips = async |build: fn(CacheBuilder) -> CacheBuilder| {
        let mut least = (u64::MAX, u64::MAX);
        for _ in 0..3 {
            scene.proxy.reset_counts();
            let _cache = build(Cache::builder()).url(scene.proxy.url()).build().await.unwrap();
            least = least.min((scene.proxy.round_trips(), scene.proxy.connections()));
        }
        least
    };
    // Greeting; who the server is and what it can; `ping`.
    assert_eq!(trips(|it| it).await, (3, 1));
    assert_eq!(trips(|it| it.connect_lazily(true)).await, (0, 0));
}

async fn nothing(_: &str) {}

async fn lease(region: &Region, key: &str) -> Miss<i64> {
    match region.lookup::<i64>(key).await.unwrap() {
        Lookup::Miss(miss) => miss,
        Lookup::Hit(_) => panic!("`{key}` is there"),
    }
}

async fn fill(region: &Region) {
    assert!(lease(region, "filled").await.fill(&1).await.unwrap());
}

async fn increment(region: &Region) {
    let increment = region.transaction(async |t| t.increment("a", 1).await);
    increment.await.unwrap();
}
