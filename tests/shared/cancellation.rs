//! Any public future may be dropped at any point while its requests are on their way to a server:
//! afterwards the same lines go on working, nothing is leased and nothing is watched.

#[expect(
    clippy::duplicate_mod,
    reason = "the same acts as in memory, and nothing else of that test"
)]
#[path = "../cancellation/acts.rs"]
mod acts;

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use futures::future::{BoxFuture, join_all, pending};
use region_cache::{Cache, Lookup, Region, Result};
use region_cache_testkit::server::{Client, Server, poll_until};
use tokio::time::timeout;

use self::acts::{ACTS, Act, KEYS, UNENDING_ACTS};

#[tokio::test]
async fn a_future_that_is_dropped_at_any_poll_breaks_no_line() {
    let mut scene = Scene::new().await;
    let lines = scene.lines().await;
    let mut drops = 0;
    for drop in [Drop::AtOnce, Drop::Answered] {
        for act in ACTS.iter().chain(UNENDING_ACTS) {
            for polls in 0..=MOST_POLLS {
                scene.furnish().await;
                let has_ended = poll_and_drop(act.run(&scene.slow), polls, drop).await;
                scene.is_as_good_as_new(act, polls).await;
                if has_ended {
                    // More polls would be the same.
                    break;
                }
                drops += 1;
            }
        }
    }
    println!("{drops} futures were dropped");
    // Some of those that never end, and most of the others after each of their polls.
    let unending = 2 * UNENDING_ACTS.len() * (MOST_POLLS + 1);
    assert!(drops > unending + 2 * ACTS.len(), "they end before they are dropped: {drops}");
    let left = scene.lines().await;
    assert!(lines.is_subset(&left), "a shared line was lost: {lines:?}, {left:?}");
    assert!(left.len() < 24, "lines were left behind: {left:?}");

    // All that there is to ask for works, without waiting for anything, on the same lines.
    for cache in [&scene.slow, &scene.fast] {
        let conflicts = cache.stats().conflicts;
        for act in ACTS {
            act.run(cache).await.unwrap_or_else(|error| panic!("`{}` fails: {error}", act.name));
        }
        assert_eq!(cache.stats().conflicts, conflicts);
    }
}

#[tokio::test]
async fn a_lease_whose_holder_is_gone_ends_by_its_deadline_at_the_latest() {
    let scene = Scene::new().await;
    let tree = scene.slow.region("leased");
    let mut regions = Vec::new();
    for polls in 0..=MOST_POLLS {
        let region = tree.region(&polls.to_string());
        let path = region.path().to_owned();
        let look_up = async move {
            let _miss = region.lookup::<i64>("k").await?;
            pending::<()>().await;
            Ok(())
        };
        poll_and_drop(Box::pin(look_up), polls, Drop::AtOnce).await;
        regions.push(scene.fast.region(&path));
        // Its whole process is gone, too, and can give nothing back.
        if polls % 10 == 0 {
            let gone = connect(&scene.server).await;
            std::mem::forget(gone.region(&path).lookup::<i64>("other").await.unwrap());
            gone.shutdown().await;
        }
    }
    scene.server.age(LEASE).await;
    for region in regions {
        for key in ["k", "other"] {
            let Lookup::Miss(miss) = region.lookup::<i64>(key).await.unwrap() else {
                panic!("nobody filled it");
            };
            assert!(miss.holds_lease(), "{key} in {region} is leased beyond the deadline");
            assert!(miss.fill(&1).await.unwrap(), "{key} in {region}");
        }
    }
}

#[tokio::test]
async fn a_connecting_that_is_dropped_leaves_no_line_behind() {
    let scene = Scene::new().await;
    let mut client = scene.server.client().await;
    let before = clients(&mut client).await.len();
    for polls in 0..=MOST_POLLS {
        let url = scene.server.url();
        let connect = async move { Cache::connect(&url).await.map(drop) };
        if poll_and_drop(Box::pin(connect), polls, Drop::AtOnce).await {
            break;
        }
    }
    poll_until(SOON, "the lines to be closed", async || {
        let mut client = scene.server.client().await;
        // This one is a client too.
        (clients(&mut client).await.len() <= before + 1).then_some(())
    })
    .await;
}

/// Two caches on one server: the futures of one are dropped.
struct Scene {
    server: Server,
    slow: Cache,
    fast: Cache,
    client: Client,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start().await;
        let [slow, fast] = [connect(&server).await, connect(&server).await];
        let client = server.client().await;
        Self { server, slow, fast, client }
    }

    /// The ids of the connections that there are.
    async fn lines(&mut self) -> BTreeSet<String> {
        let clients = clients(&mut self.client).await;
        clients.iter().map(|client| field(client, "id=").to_owned()).collect()
    }

    fn regions(&self) -> [Region; 3] {
        ["shop", "shop.catalog", "shop.catalog.42"].map(|path| self.fast.region(path))
    }

    async fn furnish(&self) {
        self.fast.clear().await.unwrap();
        for region in self.regions() {
            region.set_many([("number", &1), ("other", &2)]).await.unwrap();
        }
    }

    async fn is_as_good_as_new(&mut self, dropped: &Act, polls: usize) {
        let after = format!("after `{}` was dropped at poll {polls}", dropped.name);

        // Whoever misses now may compute, here as elsewhere: what was under way gives its lease back.
        let regions = self.regions();
        for cache in [&self.slow, &self.fast] {
            let places = regions.iter().flat_map(|region| KEYS.map(|key| (region, key)));
            let are_free = places.map(async |(region, key)| {
                is_free(&cache.region(region.path()), key, &after).await;
            });
            join_all(are_free).await;
        }

        // Others write, which nobody minds who does not watch.
        self.furnish().await;
        let what = format!("all to be let go {after}");
        let server = &self.server;
        poll_until(SOON, &what, async || {
            let mut client = server.client().await;
            let clients = clients(&mut client).await;
            clients.iter().all(|client| !field(client, "flags=").contains('d')).then_some(())
        })
        .await;

        // The same cache goes on working.
        let shop = self.slow.region("shop");
        let sum = shop.transaction(async |t| t.increment("sum", 1).await).await;
        assert_eq!(sum.unwrap_or_else(|error| panic!("{error} {after}")), 1, "{after}");
        assert_eq!(shop.get::<i64>("sum").await.unwrap(), Some(1), "{after}");
    }
}

/// A cache that waits for long: a machine with much else to do is no reason to fail.
async fn connect(server: &Server) -> Cache {
    let cache = Cache::builder().url(server.url()).operation_timeout(10 * SOON);
    cache.build().await.unwrap()
}

/// Waits until a key can be leased, or is there; then gives it back.
async fn is_free(region: &Region, key: &str, after: &str) {
    let what = format!("the lease of `{key}` in `{region}` to be given back {after}");
    poll_until(SOON, &what, async || match region.lookup::<i64>(key).await {
        Ok(Lookup::Hit(_)) => Some(()),
        Ok(Lookup::Miss(miss)) => miss.holds_lease().then_some(()),
        Err(error) => panic!("{error} {after}"),
    })
    .await;
}

/// When a future is dropped after its last poll.
#[derive(Clone, Copy, PartialEq)]
enum Drop {
    /// Before the runtime has done anything: what was asked may not even be sent.
    AtOnce,
    /// When what it asked for has arrived, as a rule.
    Answered,
}

/// Polls a future so often, whenever it asks for it or a moment has passed, and drops it; whether it
/// ended before.
async fn poll_and_drop(mut future: BoxFuture<'_, Result<()>>, polls: usize, drop: Drop) -> bool {
    let mut polled = 0;
    while polled < polls {
        let next = poll_fn(|context| {
            polled += 1;
            match future.as_mut().poll(context) {
                Poll::Ready(_) => Poll::Ready(true),
                Poll::Pending if polled >= polls => Poll::Ready(false),
                Poll::Pending => Poll::Pending,
            }
        });
        // In vain where it waits for what does not come, or comes later.
        if timeout(MOMENT, next).await == Ok(true) {
            return true;
        }
    }
    if drop == Drop::Answered {
        let _ = timeout(MOMENT, pending::<()>()).await;
    }
    false
}

/// The connections of a server, as it describes them.
async fn clients(client: &mut Client) -> Vec<String> {
    let list = client.call(&["CLIENT", "LIST", "TYPE", "NORMAL"]).await.unwrap().to_string();
    list.lines().map(str::to_owned).collect()
}

fn field<'a>(client: &'a str, name: &str) -> &'a str {
    client.split(' ').find_map(|field| field.strip_prefix(name)).unwrap()
}

const MOST_POLLS: usize = 50;

const MOMENT: Duration = Duration::from_millis(1);
const SOON: Duration = Duration::from_secs(2);

/// How long nobody else may take a lease over, and a little.
const LEASE: Duration = Duration::from_millis(10_500);
