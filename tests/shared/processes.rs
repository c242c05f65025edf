//! Several operating system processes on one server.

use std::io::stdin;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use region_cache::{Cache, Region};
use region_cache_testkit::auditor::{Auditor, Ledger, Plan, Report, Tree};
use region_cache_testkit::server::Server;

use super::child::{Process, say, told};

#[tokio::test]
async fn what_one_process_invalidates_no_other_sees_again() {
    let server = Server::start().await;
    let here = Cache::connect(&server.url()).await.unwrap();
    let mut there = Process::start(module_path!(), "child_that_obeys", &[(URL, &server.url())]);
    let mut obeys = |order: &str, target: &str| {
        there.tell(&format!("{order} {target}"));
        there.hear(PATIENCE)
    };
    let item = here.region(ITEM);
    for round in 0..50 {
        for (number, target) in ["remove", ITEM, "shop.catalog", "shop", "."].iter().enumerate() {
            // Both have seen the value, and what is beneath it.
            item.set("k", &round).await.unwrap();
            item.region("beneath").set("k", &round).await.unwrap();
            assert_eq!(obeys("get", ITEM), format!("Some({round})"));
            assert_eq!(obeys("get", BENEATH), format!("Some({round})"));
            assert_eq!(item.get::<i64>("k").await.unwrap(), Some(round));

            if (round + i64::try_from(number).unwrap()) % 2 == 0 {
                forget(&here, target).await;
            } else {
                assert_eq!(obeys("forget", target), "done");
            }
            assert_eq!(obeys("get", ITEM), "None", "after `{target}`");
            assert_eq!(item.get::<i64>("k").await.unwrap(), None, "after `{target}`");
            if *target != "remove" {
                assert_eq!(obeys("get", BENEATH), "None", "after `{target}`");
                assert_eq!(number_in(&item.region("beneath")).await, None, "after `{target}`");
            }
        }
    }
}

/// The goal: eight readers and more, eight writers and more, in four processes, and a truth
/// that is kept in a file.
#[tokio::test]
async fn no_reader_in_any_process_sees_what_was_invalidated_in_any() {
    let server = Server::start().await;
    let truth = server.folder().join("truth");
    let start = Instant::now();
    let processes = (0..PROCESSES).map(|number| {
        let told = [
            (URL, server.url()),
            (TRUTH, truth.to_string_lossy().into_owned()),
            (READS, (READS_IN_ALL / PROCESSES).to_string()),
            (SEED, number.to_string()),
        ];
        let told = told.each_ref().map(|(name, value)| (*name, value.as_str()));
        Process::start(module_path!(), "child_that_audits", &told)
    });
    let processes: Vec<Process> = processes.collect();
    let reports = processes
        .iter()
        .map(|process| serde_json::from_str::<Report>(&process.hear(PATIENCE * 10)).unwrap());
    let reports: Vec<Report> = reports.collect();
    for report in &reports {
        println!("{report}");
        assert!(report.is_clean(), "{report}");
        // Each has done its part.
        assert!(report.hit_percent() > 50 && report.changes > 1_000, "{report}");
        assert!(report.fills > 500 && report.computed > 500, "{report}");
    }
    let all = reports.into_iter().fold(Report::default(), Report::and);
    println!("{all} in {:?}", start.elapsed());
    assert!(all.reads >= READS_IN_ALL, "{all}");
    assert!(all.overtaken > 0, "{all}");
}

/// Does what the test tells it, line by line.
#[tokio::test]
async fn child_that_obeys() {
    let Some(url) = told(URL) else { return };
    let cache = Cache::connect(&url).await.unwrap();
    // Nothing but this goes on in the process while it waits for a line.
    for line in stdin().lines().map_while(Result::ok) {
        match line.split_once(' ').unwrap() {
            ("get", path) => say(&format!("{:?}", number_in(&cache.region(path)).await)),
            ("forget", target) => {
                forget(&cache, target).await;
                say("done");
            }
            (other, _) => panic!("{other}?"),
        }
    }
}

/// Reads and writes with the others, and says what it saw.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn child_that_audits() {
    let (Some(url), Some(truth)) = (told(URL), told(TRUTH)) else { return };
    let [reads, seed] = [READS, SEED].map(|name| told(name).unwrap().parse::<u64>().unwrap());
    let tree = Tree::new(2, 4, 16);
    let truth = Arc::new(Ledger::open(Path::new(&truth), tree.keys()));
    let plan = Plan { reads, reads_per_change: 125, regions: 10, seed };
    let auditor = Auditor::planned(tree, truth, plan);
    // Two connections, each for a reader and a writer that do four things at a time.
    let caches = [Cache::connect(&url).await.unwrap(), Cache::connect(&url).await.unwrap()];
    let report = auditor.run(&caches, 8).await;
    say(&serde_json::to_string(&report).unwrap());
}

/// Has a cache forget the key, a region with what is beneath it, or everything.
async fn forget(cache: &Cache, target: &str) {
    match target {
        "remove" => assert!(cache.region(ITEM).remove("k").await.unwrap()),
        "." => drop(cache.clear().await.unwrap()),
        path => drop(cache.region(path).invalidate().await.unwrap()),
    }
}

async fn number_in(region: &Region) -> Option<i64> {
    region.get("k").await.unwrap()
}

const ITEM: &str = "shop.catalog.42";
const BENEATH: &str = "shop.catalog.42.beneath";

const PROCESSES: u64 = 4;
const READS_IN_ALL: u64 = 1_000_000;

const URL: &str = "REGION_CACHE_TEST_URL";
const TRUTH: &str = "REGION_CACHE_TEST_TRUTH";
const READS: &str = "REGION_CACHE_TEST_READS";
const SEED: &str = "REGION_CACHE_TEST_SEED";

const PATIENCE: Duration = Duration::from_secs(30);
