//! Bad lines between caches and their server, while an audit goes on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use region_cache::{Cache, Region, Result};
use region_cache_testkit::auditor::{Auditor, Plan, Table, Tree};
use region_cache_testkit::proxy::{Direction, Fault, Kind, Proxy, Storm, StormPlan};
use region_cache_testkit::server::{Server, poll_until};
use tokio::task::JoinSet;

use super::hiccups::Hiccups;
use super::patience::assert_in_time;
use super::witness::Witness;

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn nothing_stale_and_nothing_untrue_over_bad_lines() {
    let wires = Wires::new(TIMEOUT).await;
    let storms = wires.storms(WEATHER);
    let auditor = auditor(u64::MAX);
    let witnesses = wires.witnesses().await;
    let mut tasks = JoinSet::new();
    for (seed, cache) in (0..).zip(wires.caches.iter().chain(&wires.caches)) {
        let (reader, reading) = (Arc::clone(&auditor), cache.clone());
        tasks.spawn(async move { reader.read(&reading, seed).await });
        let (writer, writing) = (Arc::clone(&auditor), cache.clone());
        tasks.spawn(async move { writer.write(&writing, !seed).await });
    }
    for witness in &witnesses {
        tasks.spawn(Arc::clone(witness).testify());
    }

    poll_until(LONGEST, "enough of everything", async || {
        let report = auditor.report();
        let enough = report.reads >= READS && report.changes >= CHANGES;
        let found = !report.findings.is_empty();
        ((enough && wires.least_fired(WEATHER) >= FIRED) || found).then_some(())
    })
    .await;
    for storm in storms {
        storm.stop().await;
    }
    let healed = Instant::now();
    wires.work_again(healed).await;
    auditor.end();
    for witness in &witnesses {
        witness.end();
    }
    tasks.join_all().await;

    let report = auditor.report();
    println!("{report}\n{:?}\n{:?}", report.slowest, wires.fired());
    assert!(report.findings.is_empty(), "{report}");
    assert!(report.hit_percent() > 20, "it proves too little: {report}");
    assert!(report.computed > 500, "it proves too little: {report}");
    assert_in_time(&report, TIMEOUT, &wires.hiccups);
    let longest = TIMEOUT + SECOND + wires.hiccups.longest();
    for witness in &witnesses {
        println!("{witness:?}");
        witness.assert_true(longest);
    }

    // Afterwards all is as ever.
    wires.caches[0].clear().await.unwrap();
    let calm = self::auditor(20_000).run(&wires.caches, 8).await;
    assert!(calm.is_clean() && calm.hit_percent() > 50, "{calm}");
}

/// Every other kind of weather by itself, so that none hides behind another.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn each_kind_of_fault_by_itself_is_survived() {
    for kind in WEATHER {
        let wires = Wires::new(TIMEOUT).await;
        let storms = wires.storms(&[*kind]);
        let auditor = auditor(u64::MAX);
        let (audit, caches) = (Arc::clone(&auditor), wires.caches.clone());
        let audit = async move { audit.run(&caches, 8).await };
        let enough = async {
            poll_until(LONGEST, "enough of it", async || {
                let report = auditor.report();
                let is_enough = report.reads >= 2_000 || !report.findings.is_empty();
                (is_enough && wires.least_fired(&[*kind]) >= FIRED).then_some(())
            })
            .await;
            for storm in storms {
                storm.stop().await;
            }
            wires.work_again(Instant::now()).await;
            auditor.end();
        };
        let (report, ()) = futures::join!(audit, enough);
        println!("{kind:?}: {report}");
        assert!(report.findings.is_empty(), "{kind:?}: {report}");
        assert_in_time(&report, TIMEOUT, &wires.hiccups);
    }
}

/// What TCP never does, and no client can notice at once: a reply arrives twice, so that those after it
/// belong to other requests. Nothing can be promised of what is read then; but nothing hangs, and it
/// is soon over.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_line_whose_replies_are_out_of_step_gets_into_step_again() {
    let wires = Wires::new(TIMEOUT).await;
    let (proxy, cache) = (&wires.proxies[0], &wires.caches[0]);
    let region = cache.region("step");
    let numbers: Vec<i64> = (0..16).collect();
    region.set_many(numbers.iter().map(|n| (*n, n))).await.unwrap();
    // Without requests on their way there would be none that the second reply could be taken for.
    let (direction, wrong) = (Direction::Down, Arc::new(AtomicU64::new(0)));
    let [fixed, jitter] = [5, 5].map(Duration::from_millis);
    proxy.inflict(Fault::Delay { direction, fixed, jitter });
    let mut busy = JoinSet::new();
    for number in 0..16 {
        let (region, wrong) = (region.clone(), Arc::clone(&wrong));
        let hiccups = Arc::clone(&wires.hiccups);
        busy.spawn(async move {
            loop {
                let start = Instant::now();
                let found = region.get::<i64>(number).await;
                assert!(start.elapsed() < TIMEOUT + SECOND + hiccups.longest());
                if found.is_ok_and(|found| found != Some(number)) {
                    wrong.fetch_add(1, Relaxed);
                }
            }
        });
    }
    for doubled in 1..=20 {
        proxy.inflict(Fault::DuplicateChunks(1));
        poll_until(LONGEST, "a doubled reply", async || {
            (proxy.fired(Kind::DuplicateChunk) >= doubled).then_some(())
        })
        .await;
    }
    println!("{wrong:?} wrong answers");
    assert!(wrong.load(Relaxed) > 0, "no reply was taken for another's");
    poll_until(HEALED_IN, "the line to be in step", async || {
        let before = wrong.load(Relaxed);
        for number in 0..16 {
            let _ = region.get::<i64>(number).await;
        }
        (wrong.load(Relaxed) == before).then_some(())
    })
    .await;
    assert!(busy.try_join_next().is_none(), "none of them was ever kept waiting");
}

/// Two ways to one server, and two caches on each.
struct Wires {
    server: Server,
    proxies: Vec<Proxy>,
    caches: Vec<Cache>,
    hiccups: Arc<Hiccups>,
}

impl Wires {
    async fn new(timeout: Duration) -> Self {
        let server = Server::start().await;
        let (mut proxies, mut caches) = (Vec::new(), Vec::new());
        for seed in [1, 2] {
            let proxy = Proxy::seeded(server.address(), seed).await;
            for _ in 0..2 {
                let cache = Cache::builder().url(proxy.url()).operation_timeout(timeout);
                caches.push(cache.build().await.unwrap());
            }
            proxies.push(proxy);
        }
        Self { server, proxies, caches, hiccups: Hiccups::watch() }
    }

    /// A storm on each way, never the same. A gust may outlast an operation: what was given up long
    /// ago then arrives after what came later.
    fn storms(&self, kinds: &[Kind]) -> Vec<Storm> {
        let [calm, gust] = [200, 500].map(Duration::from_millis);
        let plan = |seed| StormPlan::new(seed).kinds(kinds).times(calm, gust);
        (7..).zip(&self.proxies).map(|(seed, proxy)| proxy.storm(plan(seed))).collect()
    }

    /// For each cache one that does things on its lines, and looks on a line of its own whether they
    /// were done. The audit clears the namespace now and then: so they have another.
    async fn witnesses(&self) -> Vec<Arc<Witness>> {
        let apart = Cache::builder().namespace("witnesses");
        let good = apart.url(self.server.url()).build().await.unwrap();
        let mut witnesses = Vec::new();
        for (number, cache) in self.caches.iter().enumerate() {
            let apart = Cache::builder().namespace("witnesses").backend(cache.backend());
            let apart = apart.operation_timeout(TIMEOUT).connect_lazily(true);
            witnesses.push(Witness::new(apart.build().await.unwrap(), good.clone(), number));
        }
        witnesses
    }

    /// Waits until each cache does again what it is asked, which is soon.
    async fn work_again(&self, healed: Instant) {
        for (number, cache) in self.caches.iter().enumerate() {
            let region = cache.region("healed").region(&number.to_string());
            let what = format!("cache {number} to work again");
            poll_until(HEALED_IN.saturating_sub(healed.elapsed()), &what, async || {
                works(&region).await.ok()
            })
            .await;
        }
    }

    fn fired(&self) -> BTreeMap<Kind, u64> {
        let fired = |kind| self.proxies.iter().map(|proxy| proxy.fired(kind)).sum();
        Kind::ALL.map(|kind| (kind, fired(kind))).into()
    }

    /// How often that of some kinds fired which did so least.
    fn least_fired(&self, kinds: &[Kind]) -> u64 {
        let fired = self.fired();
        kinds.iter().map(|kind| fired[kind]).min().unwrap_or_default()
    }
}

async fn works(region: &Region) -> Result<()> {
    region.set("k", &1).await?;
    region.get::<i64>("k").await?;
    region.transaction(async |t| t.increment("k", 1).await).await?;
    region.invalidate().await.map(drop)
}

fn auditor(reads: u64) -> Arc<Auditor> {
    let tree = Tree::new(2, 3, 4);
    let truth = Arc::new(Table::new(tree.keys()));
    Auditor::planned(tree, truth, Plan { reads, reads_per_change: 40, regions: 4, seed: 0 })
}

/// What happens in real networks. Nobody listens to what is published yet, so there is nothing to be
/// lost or doubled among it.
const WEATHER: &[Kind] = {
    use Kind::{BlackHole, Cut, Delay, HalfClose, Refuse, Reset, Stall, Throttle};
    &[Delay, Throttle, Stall, BlackHole, Cut, HalfClose, Reset, Refuse]
};

const READS: u64 = 20_000;
const CHANGES: u64 = 300;

/// How often each kind of fault must have been felt.
const FIRED: u64 = 10;

const TIMEOUT: Duration = Duration::from_millis(300);
const SECOND: Duration = Duration::from_secs(1);
const HEALED_IN: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(60);
