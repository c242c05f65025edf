//! A process that is killed in the middle of its work.

use std::collections::BTreeMap;
use std::time::Duration;

use region_cache::{Cache, Region};
use tokio::task::JoinSet;

use super::Place;
use crate::shared::child::{Process, say, told};

/// What was confirmed is so after `kill -9`: what was set is there, what was overwritten, removed or
/// invalidated is not.
#[tokio::test]
async fn what_was_confirmed_outlives_the_process() {
    let place = Place::new();
    let mut begin = 0;
    for round in 0..5_u64 {
        let told = [(URL, place.url()), (BEGIN, begin.to_string())];
        let told = told.each_ref().map(|(name, value)| (*name, value.as_str()));
        let mut process = Process::start(module_path!(), "child_that_is_killed", &told);
        let mut said = BTreeMap::new();
        // It dies at another point each time.
        for _ in 0..(150 + 37 * round) {
            note(&mut said, &process.hear(PATIENCE));
        }
        process.kill9();
        while let Some(line) = process.heard() {
            note(&mut said, &line);
        }

        let cache = place.open().await;
        for task in 0..TASKS {
            let done = said.get(&task).map_or(begin, |last| last + 1);
            let found = state(&cache, task).await;
            let (confirmed, one_more) = (expected(done), expected(done + 1));
            assert!(
                found == confirmed || found == one_more,
                "round {round}, task {task}, after {done} steps: {found:?}, not {confirmed:?}, nor {one_more:?}"
            );
        }
        begin = said.values().max().copied().unwrap_or(begin) + 1;
        // The next round begins with nothing.
        cache.clear().await.unwrap();
        for task in 0..TASKS {
            for step in 0..begin {
                Step::of(step).run(&cache, task, step).await;
            }
        }
    }
}

/// Its file is free again for others, who are told before that whose it is.
#[tokio::test]
async fn another_process_waits_until_the_file_is_free() {
    let place = Place::new();
    let told = [(URL, place.url()), (BEGIN, "0".to_owned())];
    let told = told.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut process = Process::start(module_path!(), "child_that_is_killed", &told);
    process.hear(PATIENCE);
    let error = Cache::connect(&place.url()).await.unwrap_err();
    assert!(error.is_unavailable() && error.to_string().contains("another process"), "{error}");
    process.kill9();
    place.open().await.region("shop").set("k", &1).await.unwrap();
}

/// Works until it is killed, and says what was confirmed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_is_killed() {
    let (Some(url), Some(begin)) = (told(URL), told(BEGIN)) else { return };
    let begin: u64 = begin.parse().unwrap();
    let cache = Cache::connect(&url).await.unwrap();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let cache = cache.clone();
        tasks.spawn(async move {
            for step in begin.. {
                Step::of(step).run(&cache, task, step).await;
                say(&format!("{task} {step}"));
            }
        });
    }
    tasks.join_all().await;
}

/// What a task does at each step, in a region of its own and one beneath it.
enum Step {
    Set(u64),
    Beneath(u64),
    Remove(u64),
    Transact,
    Invalidate,
}

impl Step {
    fn of(step: u64) -> Self {
        match step % 11 {
            3 | 7 => Self::Remove(step % 3),
            4 | 5 => Self::Beneath(step % 3),
            8 => Self::Transact,
            10 => Self::Invalidate,
            _ => Self::Set(step % 3),
        }
    }

    async fn run(&self, cache: &Cache, task: u64, step: u64) {
        let [own, beneath] = regions(cache, task);
        match self {
            Self::Set(key) => own.set(*key, &step).await.unwrap(),
            Self::Beneath(key) => beneath.set(*key, &step).await.unwrap(),
            Self::Remove(key) => drop(own.remove(*key).await.unwrap()),
            Self::Transact => {
                let path = beneath.path().to_owned();
                let both = own.transaction(async |t| {
                    t.set(0, &step)?;
                    t.region(&path).set(0, &step)
                });
                both.await.unwrap();
            }
            Self::Invalidate => drop(own.invalidate().await.unwrap()),
        }
    }
}

fn regions(cache: &Cache, task: u64) -> [Region; 2] {
    let own = cache.region("shop").region(&format!("t{task}"));
    [own.clone(), own.region("beneath")]
}

/// What there is after so many steps.
fn expected(done: u64) -> [Option<u64>; 6] {
    let mut state = [None; 6];
    for step in 0..done {
        let at = |key: u64| usize::try_from(key).unwrap();
        match Step::of(step) {
            Step::Set(key) => state[at(key)] = Some(step),
            Step::Beneath(key) => state[3 + at(key)] = Some(step),
            Step::Remove(key) => state[at(key)] = None,
            Step::Transact => (state[0], state[3]) = (Some(step), Some(step)),
            Step::Invalidate => state = [None; 6],
        }
    }
    state
}

async fn state(cache: &Cache, task: u64) -> [Option<u64>; 6] {
    let [own, beneath] = regions(cache, task);
    let own = own.get_many::<u64>(0..3).await.unwrap();
    let beneath = beneath.get_many::<u64>(0..3).await.unwrap();
    [own, beneath].concat().try_into().unwrap()
}

fn note(said: &mut BTreeMap<u64, u64>, line: &str) {
    let (task, step) = line.split_once(' ').unwrap();
    said.insert(task.parse().unwrap(), step.parse().unwrap());
}

const TASKS: u64 = 4;
const PATIENCE: Duration = Duration::from_secs(30);
const URL: &str = "REGION_CACHE_TEST_URL";
const BEGIN: &str = "REGION_CACHE_TEST_BEGIN";
