//! Several who render at the same time, in one process and in two, and those who do not stay to the end.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use futures::future::join_all;
use futures::poll;
use minijinja::{Environment, context};
use region_cache::{Cache, Region};
use tokio::task::JoinSet;

use super::Site;

/// A function of templates, which says that it was called and waits until it is opened.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<(usize, bool)>, Condvar)>);

impl Gate {
    fn add_to(&self, name: &'static str, env: &mut Environment<'static>) {
        let gate = self.clone();
        env.add_function(name, move || {
            let (state, changed) = &*gate.0;
            let mut state = state.lock().unwrap();
            state.0 += 1;
            changed.notify_all();
            drop(changed.wait_while(state, |(_, is_open)| !*is_open).unwrap());
            ""
        });
    }

    /// Blocks until so many have come.
    fn has(&self, waiting: usize) {
        let (state, changed) = &*self.0;
        let patience = Duration::from_secs(20);
        let is_short = |(there, _): &mut (usize, bool)| *there < waiting;
        let (_state, late) =
            changed.wait_timeout_while(state.lock().unwrap(), patience, is_short).unwrap();
        assert!(!late.timed_out(), "fewer than {waiting} have come");
    }

    fn open(&self) {
        let (state, changed) = &*self.0;
        state.lock().unwrap().1 = true;
        changed.notify_all();
    }
}

const PAGE: &str = "{% call cache('a') %}{{ wait() }}{{ count() }}{% endcall %}";

fn gated(cache: &Cache, page: &'static str) -> (Arc<Site>, Gate) {
    let gate = Gate::default();
    let site = Site::with(cache, &[("page.html", page)], |env| gate.add_to("wait", env));
    (Arc::new(site), gate)
}

/// Renders the page in a task.
fn begin(site: &Arc<Site>, tasks: &mut JoinSet<String>) {
    let site = Arc::clone(site);
    tasks.spawn(async move { site.page(()).await });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stampede_renders_once() {
    let (gate, arrived) = (Gate::default(), Gate::default());
    arrived.open();
    let page = "{{ arrive() }}{% call cache('a') %}{{ wait() }}{{ count() }}{% endcall %}";
    let site = Site::with(&Cache::in_memory(), &[("page.html", page)], |env| {
        gate.add_to("wait", env);
        arrived.add_to("arrive", env);
    });
    let (site, mut pages) = (Arc::new(site), JoinSet::new());
    for _ in 0..20 {
        begin(&site, &mut pages);
    }
    // One renders, and all others are about to, if nobody stops them.
    arrived.has(20);
    gate.has(1);
    gate.open();
    while let Some(page) = pages.join_next().await {
        assert_eq!(page.unwrap(), "1");
    }
    assert_eq!(site.counted(), 1);
}

/// A backend may need such threads too, and what all wait for must not wait for a thread.
#[test]
fn a_crowd_of_renderings_leaves_threads_to_others() {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).max_blocking_threads(70).enable_all().build().unwrap();
    runtime.block_on(async {
        let (site, gate) = gated(&Cache::in_memory(), PAGE);
        let mut pages = Box::pin(join_all((0..300).map(|_| site.page(()))));
        assert!(poll!(&mut pages).is_pending());
        gate.has(1);
        let mut threads = JoinSet::new();
        threads.spawn_blocking(|| ());
        let patience = Duration::from_secs(20);
        let left = tokio::time::timeout(patience, threads.join_next()).await;
        gate.open();
        left.expect("a thread is left");
        assert!(pages.await.iter().all(|page| page == "1"));
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fragment_that_another_process_renders_is_waited_for() {
    let here = Cache::in_memory();
    let there = Cache::builder().backend(here.backend()).build().await.unwrap();
    let ((here, gate), (there, other)) = (gated(&here, PAGE), gated(&there, PAGE));
    let mut pages = JoinSet::new();
    begin(&here, &mut pages);
    gate.has(1);
    begin(&there, &mut pages);
    while there.cache.stats().lease_waits == 0 {
        tokio::task::yield_now().await;
    }
    gate.open();
    other.open();
    while let Some(page) = pages.join_next().await {
        assert_eq!(page.unwrap(), "1");
    }
    assert_eq!((here.counted(), there.counted()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fragment_that_was_invalidated_while_it_was_rendered_is_not_stored() {
    let (site, gate) = gated(&Cache::in_memory(), PAGE);
    let mut pages = JoinSet::new();
    begin(&site, &mut pages);
    gate.has(1);
    site.cache.region("site").invalidate().await.unwrap();
    gate.open();
    assert_eq!(pages.join_next().await.unwrap().unwrap(), "1", "it is good for its own page");
    assert_eq!(site.page(()).await, "2", "and for no other");
    assert_eq!(site.cache.stats().refused_fills, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_nobody_waits_for_any_longer_leaves_its_fragment() {
    let (site, gate) = gated(&Cache::in_memory(), PAGE);
    let mut pages = JoinSet::new();
    begin(&site, &mut pages);
    gate.has(1);
    pages.shutdown().await;
    begin(&site, &mut pages);
    gate.open();
    assert_eq!(pages.join_next().await.unwrap().unwrap(), "1");
    assert_eq!(site.counted(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_fails_when_nobody_waits_for_it_leaves_no_lease() {
    let page = "{% call cache('a') %}{{ wait() }}{{ 1 / by }}{% endcall %}";
    let (site, gate) = gated(&Cache::in_memory(), page);
    let mut pages = JoinSet::new();
    begin(&site, &mut pages);
    gate.has(1);
    pages.shutdown().await;
    gate.open();
    while site.cache.stats().failed_computations == 0 {
        tokio::task::yield_now().await;
    }
    let right = || site.try_page(context! { by => 1 });
    let page = match right().await {
        Ok(page) => page,
        // It came in time to join the one that failed.
        Err(_) => right().await.unwrap(),
    };
    assert_eq!(page, "1.0");
}

/// One thread, which renders nothing itself.
#[tokio::test(flavor = "current_thread")]
async fn a_runtime_of_one_thread_is_enough() {
    let site = Site::new(
        "{% call cache('a') %}{% call cache('b') %}{{ count() }}{% endcall %}{% endcall %}",
    );
    let pages = (0..100).map(|_| site.page(()));
    let pages = join_all(pages).await;
    assert!(pages.iter().all(|page| page == "1"), "{pages:?}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_fragments_on_a_server() {
    let server = region_cache_testkit::server::Server::start().await;
    let page = "{% call cache('a', vary=[user]) %}{{ count() }}{% endcall %}";
    let here = Site::on(&Cache::connect(&server.url()).await.unwrap(), page);
    let there = Site::on(&Cache::connect(&server.url()).await.unwrap(), page);
    assert_eq!(here.page(context! { user => 7 }).await, "1");
    assert_eq!(there.page(context! { user => 7 }).await, "1");
    assert!(there.fragments.remove("a", &[7]).await.unwrap());
    assert_eq!(here.page(context! { user => 7 }).await, "2");
    let site: Region = there.cache.region("site");
    site.invalidate().await.unwrap();
    assert_eq!(here.page(context! { user => 7 }).await, "3");
}
