//! Listeners whose connections break, and listeners that are flooded: nothing that was said is lost to
//! them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use region_cache::{Cache, Fall, Patterns, Region, Signal};
use region_cache_testkit::proxy::{Direction, Fault, Proxy, Scope, StormPlan};
use region_cache_testkit::server::{Client, Server, poll_until};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::interval;

use super::child::{Process, orders, say, told};
use super::hiccups::Hiccups;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closure_misses_nothing_while_its_connection_is_killed_all_the_time() {
    let server = Server::start().await;
    let hiccups = Hiccups::watch();
    let [listener, emitter, writer] = three(&server).await;
    choose(&listener, "shop").await;
    let stays = writer.region("shop.stays");
    stays.set("k", &1).await.unwrap();

    let killing = Killing::start(&server);
    let start = Instant::now();
    let emit = async |lane: usize| {
        let (mut emitted, mut slowest) = (0, Duration::ZERO);
        while start.elapsed() < KILLING {
            let id = format!("{lane}_{emitted}");
            let region = writer.region("shop").region(&id);
            region.set("k", &1).await.unwrap();
            emitter.emit(signal(&id)).await.unwrap();
            slowest = slowest.max(falls(&region).await);
            emitted += 1;
        }
        (emitted, slowest)
    };
    let lanes = join_all((0..4).map(emit)).await;
    let emitted = lanes.iter().map(|(emitted, _)| emitted).sum::<u64>();
    let slowest = lanes.iter().map(|(_, slowest)| *slowest).max().unwrap();
    let killed = killing.end();
    println!("{emitted} signals, {killed} connections killed, the slowest took {slowest:?}");
    assert!(emitted >= 20 && killed >= 15, "{emitted} signals, {killed} killed");
    assert!(slowest < HEARD + hiccups.longest(), "the slowest took {slowest:?}");
    // It was told what it had missed, and did not have to guess.
    assert!(stays.contains("k").await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_signals_let_fall_what_is_bound_while_connections_are_killed_all_the_time() {
    let server = Server::start().await;
    let hiccups = Hiccups::watch();
    let [one, other, writer] = three(&server).await;
    for listener in [&one, &other] {
        let below = Patterns::from("item.changed").below("{id}");
        listener.region("shop").invalidate_on(below).await.unwrap();
    }
    // Whoever knows of foreign programs fears that they have said something while it was deaf.
    let mut client = server.client().await;
    for listener in [&one, &other] {
        let knows = async || (listener.stats().foreign_signals > 0).then_some(());
        let told = async {
            while listener.stats().foreign_signals == 0 {
                publish(&mut client, "first").await;
            }
        };
        futures::join!(told, poll_until(PATIENCE, "it to hear", knows));
    }

    let killing = Killing::start(&server);
    let start = Instant::now();
    let (mut published, mut heard, mut slowest) = (0, 0, Duration::ZERO);
    while start.elapsed() < KILLING {
        let id = published.to_string();
        let region = writer.region("shop").region(&id);
        region.set("k", &1).await.unwrap();
        heard += publish(&mut client, &id).await;
        slowest = slowest.max(falls(&region).await);
        published += 1;
    }
    let killed = killing.end();
    println!(
        "{published} signals came {heard} times, {killed} connections killed, the slowest took {slowest:?}"
    );
    assert!(published >= 20 && killed >= 15, "{published} signals, {killed} killed");
    assert!(slowest < HEARD + hiccups.longest(), "the slowest took {slowest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closure_catches_up_by_the_journal_after_whatever_a_network_does() {
    let server = Server::start().await;
    let hiccups = Hiccups::watch();
    let proxy = Proxy::to(server.address()).await;
    let listener = Cache::builder().url(proxy.url()).operation_timeout(HASTE);
    let listener = listener.build().await.unwrap();
    let [emitter, writer] = [connect(&server).await, connect(&server).await];
    choose(&listener, "shop").await;
    let stays = writer.region("shop.stays");
    stays.set("k", &1).await.unwrap();

    for (number, (scope, fault, is_lifted)) in faults().into_iter().enumerate() {
        proxy.reset_counts();
        proxy.inflict_on(scope, fault);
        let mut regions = Vec::new();
        for n in 0..5 {
            let id = format!("{number}_{n}");
            let region = writer.region("shop").region(&id);
            region.set("k", &1).await.unwrap();
            emitter.emit(signal(&id)).await.unwrap();
            regions.push(region);
        }
        let fired = async || (proxy.fired(fault.kind()) > 0).then_some(());
        poll_until(PATIENCE, "the fault", fired).await;
        if is_lifted {
            proxy.heal();
        }
        let start = Instant::now();
        join_all(regions.iter().map(falls)).await;
        let time = start.elapsed();
        println!("{fault:?}: caught up after {time:?}");
        assert!(time < CAUGHT_UP + hiccups.longest(), "{fault:?}: after {time:?}");
        proxy.heal();
        let hears = async || (emitter.emit("nothing").await.unwrap().processes > 0).then_some(());
        poll_until(PATIENCE, "it to listen again", hears).await;
        assert!(stays.contains("k").await.unwrap(), "{fault:?}: it has guessed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closure_has_missed_nothing_when_a_storm_of_faults_is_over() {
    let server = Server::start().await;
    let hiccups = Hiccups::watch();
    let proxy = Proxy::to(server.address()).await;
    let listener = Cache::builder().url(proxy.url()).operation_timeout(HASTE);
    let listener = listener.build().await.unwrap();
    let [emitter, writer] = [connect(&server).await, connect(&server).await];
    choose(&listener, "shop").await;
    let stays = writer.region("shop.stays");
    stays.set("k", &1).await.unwrap();

    let storm = proxy.storm(StormPlan::new(5));
    let (mut turns, mut regions, start) = (interval(TURN), Vec::new(), Instant::now());
    while start.elapsed() < STORM {
        turns.tick().await;
        let id = regions.len().to_string();
        let region = writer.region("shop").region(&id);
        region.set("k", &1).await.unwrap();
        emitter.emit(signal(&id)).await.unwrap();
        regions.push(region);
    }
    let gusts = storm.stop().await.len();
    let start = Instant::now();
    join_all(regions.iter().map(falls)).await;
    let time = start.elapsed();
    println!("{} signals, {gusts} gusts, caught up after {time:?}", regions.len());
    assert!(time < CAUGHT_UP + hiccups.longest(), "after {time:?}");
    assert!(stays.contains("k").await.unwrap(), "it has guessed");
}

#[tokio::test]
async fn where_the_journal_does_not_reach_back_the_whole_region_falls() {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address()).await;
    let listener = Cache::builder().url(proxy.url()).operation_timeout(HASTE);
    let listener = listener.build().await.unwrap();
    let [emitter, writer] = [connect(&server).await, connect(&server).await];
    // It knows where the journal ended when it began.
    emitter.emit("nothing").await.unwrap();
    choose(&listener, "shop").await;
    let [one, other, elsewhere] = ["shop.1", "shop.2", "news"].map(|path| writer.region(path));
    for region in [&one, &other, &elsewhere] {
        region.set("k", &1).await.unwrap();
    }

    proxy.inflict(Fault::Refuse);
    proxy.inflict(Fault::Reset);
    let cut = async || (proxy.open_connections() == 0).then_some(());
    poll_until(PATIENCE, "the lines to be cut", cut).await;
    for id in ["1", "nothing", "nothing"] {
        emitter.emit(signal(id)).await.unwrap();
    }
    server.cli(&["XTRIM", "region-cache:{.}:j", "MAXLEN", "=", "1"]).await;
    proxy.heal();
    falls(&one).await;
    falls(&other).await;
    assert!(elsewhere.contains("k").await.unwrap());
    // From there on it knows again.
    for region in [&one, &other] {
        region.set("k", &1).await.unwrap();
    }
    emitter.emit(signal("2")).await.unwrap();
    falls(&other).await;
    assert!(one.contains("k").await.unwrap());
}

/// A process is told the same few things ten thousand times at once, by programs that know nothing of us,
/// and by others of us.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_signals_is_survived_and_what_is_bound_has_fallen() {
    let server = Server::start().await;
    let [emitter, writer, other] = three(&server).await;
    let mut listener =
        Process::start(module_path!(), "child_that_listens", &[(URL, &server.url())]);
    listener.hear_until(PATIENCE, "ready");
    choose(&other, "chosen_here").await;
    let before = memory(&mut listener);

    let regions = ["bound", "chosen", "chosen_here"].map(|path| writer.region(path));
    let regions: Vec<Region> =
        regions.iter().flat_map(|it| (0..10).map(|id| it.region(&id.to_string()))).collect();
    let set_all = async || {
        join_all(regions.iter().map(|it| it.set("k", &1)))
            .await
            .into_iter()
            .for_each(Result::unwrap);
    };
    let start = Instant::now();
    let mut client = server.client().await;
    for batch in 0..10 {
        // For half of the time it reads nothing, and then more is waiting than it keeps.
        if batch == 4 {
            listener.stop();
        }
        // What is set before the last of it has still to fall.
        if batch == 0 || batch == 9 {
            set_all().await;
        }
        let words = (0..1_000).map(|n| {
            let payload = match n % 20 {
                19 if batch < 9 => "\u{0}{ no json".to_owned(),
                18 if batch < 9 => json!({ "id": format!("{batch}_{n}") }).to_string(),
                n => json!({ "id": (n % 10).to_string() }).to_string(),
            };
            ["PUBLISH".to_owned(), format!("region-cache:signal:item.{}", n % 4), payload]
        });
        let words: Vec<[String; 3]> = words.collect();
        let commands: Vec<&[String]> = words.iter().map(|words| &words[..]).collect();
        let emits = (0..50).map(|n| emitter.emit(signal(&(n % 10).to_string())));
        let (told, emitted) = futures::join!(client.pipeline(&commands), join_all(emits));
        assert_eq!(told.unwrap().len(), 1_000);
        assert!(emitted.iter().all(Result::is_ok));
    }
    let told = start.elapsed();
    listener.cont();
    join_all(regions.iter().map(falls)).await;
    let time = start.elapsed();
    let grown = memory(&mut listener).saturating_sub(before);
    println!("told in {told:?}, all fallen after {time:?}, it has grown by {grown} KiB");
    assert!(grown < 64 << 10, "it has grown by {grown} KiB");

    // It hears and works as before.
    set_all().await;
    for id in 0..10 {
        emitter.emit(signal(&id.to_string())).await.unwrap();
    }
    join_all(regions.iter().map(falls)).await;
    set_all().await;
    for id in 0..10 {
        assert!(publish(&mut client, &id.to_string()).await >= 2);
    }
    join_all(regions.iter().map(falls)).await;
}

/// Listens with a durable binding and with a closure, and tells how large it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_listens() {
    let Some(url) = told(URL) else { return };
    let cache = Cache::builder().url(&url).operation_timeout(PATIENCE).build().await.unwrap();
    let below = Patterns::from("item.*").below("{id}");
    cache.region("bound").invalidate_on(below).await.unwrap();
    choose(&cache, "chosen").await;
    say("ready");
    let mut orders = orders();
    while orders.recv().await.is_some() {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        say(line.map_or("0", |line| line.trim().trim_end_matches(" kB")));
    }
}

/// How much memory the child takes, in KiB; 0 where that cannot be known.
fn memory(child: &mut Process) -> u64 {
    child.tell("memory");
    child.hear(PATIENCE).parse().unwrap()
}

/// Kills all connections that listen, again and again.
struct Killing {
    killed: Arc<AtomicU64>,
    _task: JoinSet<()>,
}

impl Killing {
    fn start(server: &Server) -> Self {
        let killed = Arc::new(AtomicU64::new(0));
        let (count, address, mut task) = (Arc::clone(&killed), server.address(), JoinSet::new());
        task.spawn(async move {
            let mut client = Client::connect(address).await.unwrap();
            let mut turns = interval(KILL_EVERY);
            loop {
                turns.tick().await;
                let many = client.call(&["CLIENT", "KILL", "TYPE", "pubsub"]).await.unwrap();
                count.fetch_add(many.to_string().parse().unwrap(), Ordering::SeqCst);
            }
        });
        Self { killed, _task: task }
    }

    /// How many were killed.
    fn end(self) -> u64 {
        self.killed.load(Ordering::SeqCst)
    }
}

/// What networks do, to whom, and whether it ends before anybody can hear.
fn faults() -> Vec<(Scope, Fault, bool)> {
    let delay = Fault::Delay {
        direction: Direction::Both,
        fixed: Duration::from_millis(50),
        jitter: Duration::from_millis(50),
    };
    vec![
        (Scope::All, delay, false),
        (Scope::Existing, Fault::DropMessages(3), false),
        (Scope::Existing, Fault::DuplicateMessages(3), false),
        (Scope::Existing, Fault::BlackHole(Direction::Down), false),
        (Scope::Existing, Fault::BlackHole(Direction::Both), false),
        (Scope::All, Fault::BlackHole(Direction::Both), true),
        (Scope::All, Fault::Stall(Direction::Both), true),
        (Scope::Existing, Fault::CutAfter { direction: Direction::Down, bytes: 100 }, false),
        (Scope::Existing, Fault::HalfClose(Direction::Down), false),
        (Scope::Existing, Fault::Reset, false),
    ]
}

async fn connect(server: &Server) -> Cache {
    Cache::builder().url(server.url()).operation_timeout(PATIENCE).build().await.unwrap()
}

async fn three(server: &Server) -> [Cache; 3] {
    [connect(server).await, connect(server).await, connect(server).await]
}

/// Has the region beneath fall that a signal names.
async fn choose(cache: &Cache, path: &str) {
    let choose = |signal: &Signal| {
        let payload = signal.get::<serde_json::Value>().unwrap_or_default();
        payload["id"].as_str().map_or_else(Fall::all, Fall::region)
    };
    cache.region(path).invalidate_on_with("item.*", choose).await.unwrap();
}

fn signal(id: &str) -> Signal {
    Signal::new("item.changed").payload(&json!({ "id": id })).unwrap()
}

/// The same as foreign programs say it; how many have heard it.
async fn publish(client: &mut Client, id: &str) -> u64 {
    let payload = json!({ "id": id }).to_string();
    let command = ["PUBLISH", "region-cache:signal:item.changed", &payload];
    client.call(&command).await.unwrap().to_string().parse().unwrap()
}

/// Waits until a value has fallen; for how long.
async fn falls(region: &Region) -> Duration {
    let start = Instant::now();
    let fallen = async || (!region.contains("k").await.unwrap()).then_some(());
    poll_until(PATIENCE, region.path(), fallen).await;
    start.elapsed()
}

/// For how long connections are killed.
const KILLING: Duration = Duration::from_secs(10);

/// And how often.
const KILL_EVERY: Duration = Duration::from_millis(200);

/// For how long there is a storm of faults, in which a signal is emitted at each turn.
const STORM: Duration = Duration::from_secs(3);
const TURN: Duration = Duration::from_millis(5);

/// How soon a signal is heard, whatever becomes of connections.
const HEARD: Duration = Duration::from_secs(3);

/// How soon it is heard after what a network did, if new lines lead where they should.
const CAUGHT_UP: Duration = Duration::from_secs(5);

/// How long operations take at most where lines may lead nowhere.
const HASTE: Duration = Duration::from_millis(300);

const PATIENCE: Duration = Duration::from_secs(10);

const URL: &str = "REGION_CACHE_TEST_URL";
