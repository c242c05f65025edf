//! Emitters that die: what they have begun another process finishes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use region_cache::{Cache, Patterns, Region, Signal};
use region_cache_testkit::backends::{Operation, Stuck};
use region_cache_testkit::server::{Server, poll_until};
use tokio::task::JoinSet;

use super::child::{Process, orders, say, told};
use super::hiccups::Hiccups;

/// At each step of an emission: none of the bound regions has fallen, some have, all have and nobody was
/// told.
#[tokio::test]
async fn what_an_emitter_that_is_killed_has_begun_another_process_finishes() {
    let server = Server::start().await;
    let hiccups = Hiccups::watch();
    let [survivor, reader] = [connect(&server).await, connect(&server).await];
    let mut emitters = Vec::new();
    for step in STEPS {
        bind(&survivor, step.name).await;
        set_all(&reader, step.name).await;
        emitters.push(start(&server, step.name));
    }
    emitters.iter_mut().for_each(|emitter| emitter.tell("emit"));
    emitters.iter().for_each(|emitter| emitter.hear_until(PATIENCE, "stuck"));
    // Each stands where it is to stand.
    for step in STEPS {
        assert_eq!(left(&reader, step.name).await, step.left, "{}", step.name);
    }
    assert_eq!(undone(&server).await.len(), STEPS.len());

    let start = Instant::now();
    emitters.iter_mut().for_each(Process::kill9);
    for step in STEPS {
        falls(&reader, step.name).await;
    }
    let fallen = start.elapsed();
    is_done(&server).await;
    let time = start.elapsed();
    println!("fallen after {fallen:?}, finished after {time:?}");
    assert!(time < TAKEN_UP + hiccups.longest(), "finished after {time:?}");
}

/// Who finishes what another has left may die of it too.
#[tokio::test]
async fn what_an_heir_that_is_killed_has_begun_the_next_one_finishes() {
    let server = Server::start().await;
    let hiccups = Hiccups::watch();
    let step = &STEPS[0];
    let [mut emitter, mut heir] = [start(&server, step.name), start(&server, step.name)];
    emitter.tell("bind");
    emitter.hear_until(PATIENCE, "bound");
    let survivor = connect(&server).await;
    set_all(&survivor, step.name).await;
    emitter.tell("emit");
    emitter.hear_until(PATIENCE, "stuck");
    emitter.kill9();
    abandon(&server).await;
    heir.tell("inherit");
    heir.hear_until(PATIENCE, "stuck");
    assert_eq!(left(&survivor, step.name).await, step.left);
    assert_eq!(undone(&server).await.len(), 1);

    bind(&survivor, "elsewhere").await;
    let start = Instant::now();
    heir.kill9();
    falls(&survivor, step.name).await;
    is_done(&server).await;
    let time = start.elapsed();
    println!("finished after {time:?}");
    assert!(time < TAKEN_UP + hiccups.longest(), "finished after {time:?}");
}

/// The emitter has no binding of its own, and whoever made them is gone.
#[tokio::test]
async fn what_a_process_has_bound_falls_by_others_after_it_was_killed() {
    let server = Server::start().await;
    let name = STEPS[0].name;
    let mut binder = start(&server, name);
    binder.tell("bind");
    binder.hear_until(PATIENCE, "bound");
    binder.kill9();
    let gone = async || (listeners(&server).await == 0).then_some(());
    poll_until(PATIENCE, "the server to see that it is gone", gone).await;

    let [emitter, reader] = [connect(&server).await, connect(&server).await];
    for _ in 0..3 {
        set_all(&reader, name).await;
        let emitted = emitter.emit(signal(name)).await.unwrap();
        assert_eq!(left(&reader, name).await, [""; 0]);
        assert_eq!((emitted.regions, emitted.processes), (5, 0));
    }
    assert_eq!(undone(&server).await, [""; 0]);
}

/// Binds, or gets stuck at a step of an emission, its own or another's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_gets_stuck() {
    let (Some(url), Some(name)) = (told(URL), told(STEP)) else { return };
    let step = STEPS.iter().find(|step| step.name == name).unwrap();
    let lines = Cache::builder().url(&url).operation_timeout(FOR_EVER).build().await.unwrap();
    let stuck = Stuck::new(lines.backend());
    let builder = Cache::builder().backend(Arc::clone(&stuck) as _).operation_timeout(FOR_EVER);
    let cache = builder.build().await.unwrap();
    let (mut orders, mut emissions) = (orders(), JoinSet::new());
    while let Some(order) = orders.recv().await {
        if order == "bind" {
            bind(&cache, step.name).await;
            say("bound");
            continue;
        }
        stuck.lose_requests(step.requests.iter().copied());
        stuck.lose_answers(step.answers.iter().copied());
        if order == "emit" {
            let cache = cache.clone();
            emissions.spawn(async move { cache.emit(signal(step.name)).await });
        } else {
            // With a binding of its own it listens, and looks for what others have left.
            bind(&cache, "elsewhere").await;
        }
        let lost = async || (stuck.lost() == step.lost).then_some(());
        poll_until(PATIENCE, "all to be lost", lost).await;
        say("stuck");
    }
}

/// Where an emitter gets stuck.
struct Step {
    name: &'static str,
    requests: &'static [Operation],
    answers: &'static [Operation],
    /// How many requests and answers are lost.
    lost: u64,
    /// What has not fallen by then.
    left: &'static [&'static str],
}

/// The entry is in the journal at each of them.
const STEPS: [Step; 4] = [
    Step {
        name: "opened",
        requests: &[Operation::Invalidate, Operation::Write],
        answers: &[],
        lost: 5,
        left: &["shop", "sites", "users", "prices", "texts"],
    },
    Step {
        name: "regions",
        requests: &[Operation::Write],
        answers: &[Operation::Invalidate],
        lost: 5,
        left: &["prices", "texts"],
    },
    Step {
        name: "keys",
        requests: &[Operation::Invalidate],
        answers: &[Operation::Write],
        lost: 5,
        left: &["shop", "sites", "users"],
    },
    Step {
        name: "fallen",
        requests: &[],
        answers: &[Operation::Invalidate, Operation::Write],
        lost: 5,
        left: &[],
    },
];

/// Roots that fall whole.
const WHOLE: [&str; 3] = ["shop", "sites", "users"];
/// Roots of which a key falls.
const BY_KEY: [&str; 2] = ["prices", "texts"];

/// A process that emits, and is not told to yet.
fn start(server: &Server, step: &str) -> Process {
    let told = [(URL, server.url()), (STEP, step.to_owned())];
    let told = told.each_ref().map(|(name, value)| (*name, value.as_str()));
    Process::start(module_path!(), "child_that_gets_stuck", &told)
}

async fn connect(server: &Server) -> Cache {
    Cache::builder().url(server.url()).operation_timeout(PATIENCE).build().await.unwrap()
}

/// The roots of a step: each has its own, so that none falls with another's.
fn region(cache: &Cache, root: &str, step: &str) -> Region {
    cache.region(&format!("{root}_{step}"))
}

fn signal(step: &str) -> Signal {
    Signal::new(format!("{step}.changed")).payload("k").unwrap()
}

/// Binds the roots of a step to its signal.
async fn bind(cache: &Cache, step: &str) {
    for root in WHOLE {
        region(cache, root, step).invalidate_on(signal(step).name()).await.unwrap();
    }
    for root in BY_KEY {
        let key = Patterns::from(signal(step).name()).key("{}");
        region(cache, root, step).invalidate_on(key).await.unwrap();
    }
}

async fn set_all(cache: &Cache, step: &str) {
    for root in WHOLE.into_iter().chain(BY_KEY) {
        region(cache, root, step).set("k", &1).await.unwrap();
    }
}

/// The roots whose value is still there.
async fn left(cache: &Cache, step: &str) -> Vec<&'static str> {
    let mut left = Vec::new();
    for root in WHOLE.into_iter().chain(BY_KEY) {
        left.extend(region(cache, root, step).contains("k").await.unwrap().then_some(root));
    }
    left
}

async fn falls(cache: &Cache, step: &str) {
    let fallen = async || left(cache, step).await.is_empty().then_some(());
    poll_until(PATIENCE, step, fallen).await;
}

/// The ids of the journal's entries that are not done.
async fn undone(server: &Server) -> Vec<String> {
    let ids = server.call(&["HKEYS", UNDONE]).await.into_list();
    ids.iter().map(ToString::to_string).collect()
}

async fn is_done(server: &Server) {
    let done = async || undone(server).await.is_empty().then_some(());
    poll_until(PATIENCE, "nothing to be left undone", done).await;
}

/// Has the entries look as if nobody was at work on them for very long.
async fn abandon(server: &Server) {
    for id in undone(server).await {
        let entry = server.cli(&["HGET", UNDONE, &id]).await;
        let (_, entry) = entry.split_once('|').unwrap();
        server.cli(&["HSET", UNDONE, &id, &format!("1|{entry}")]).await;
    }
}

/// How many connections listen.
async fn listeners(server: &Server) -> usize {
    server.cli(&["CLIENT", "LIST", "TYPE", "pubsub"]).await.lines().count()
}

const UNDONE: &str = "region-cache:{.}:u";
const URL: &str = "REGION_CACHE_TEST_URL";
const STEP: &str = "REGION_CACHE_TEST_STEP";

/// Five seconds that are promised, and one to look.
const TAKEN_UP: Duration = Duration::from_secs(6);

const PATIENCE: Duration = Duration::from_secs(10);

/// Longer than any test.
const FOR_EVER: Duration = Duration::from_secs(600);
