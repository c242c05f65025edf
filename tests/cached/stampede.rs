//! Many callers, one computation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use region_cache::{Cache, cached};
use region_cache_testkit::server::Server;
use tokio::sync::watch;
use tokio::task::{JoinSet, yield_now};

/// A cache, and a source that all caches share.
#[derive(Clone)]
struct Shared {
    cache: Cache,
    source: Arc<Source>,
}

#[derive(Default)]
struct Source {
    asked: AtomicU32,
    runs: AtomicU32,
    open: watch::Sender<bool>,
}

#[cached(cache = "shared.cache", ttl = "1h")]
async fn popular(shared: &Shared, id: u64) -> u64 {
    shared.source.runs.fetch_add(1, Ordering::SeqCst);
    shared.source.open.subscribe().wait_for(|open| *open).await.unwrap();
    id * 2
}

/// So many callers spread over caches; the source goes on when all of them have asked.
async fn stampede(caches: &[Cache], callers: usize) -> u32 {
    let source = Arc::<Source>::default();
    let mut calls = JoinSet::new();
    for cache in caches.iter().cycle().take(callers) {
        let shared = Shared { cache: cache.clone(), source: Arc::clone(&source) };
        calls.spawn(async move {
            let asks = async {
                yield_now().await;
                shared.source.asked.fetch_add(1, Ordering::SeqCst);
            };
            futures::join!(popular(&shared, 21), asks).0
        });
    }
    while source.asked.load(Ordering::SeqCst) < u32::try_from(callers).unwrap() {
        yield_now().await;
    }
    source.open.send_replace(true);
    assert_eq!(calls.join_all().await, vec![42; callers]);
    source.runs.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_hundred_callers_compute_once() {
    assert_eq!(stampede(&[Cache::in_memory()], 100).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_callers_of_two_caches_on_one_server_compute_once() {
    let server = Server::start().await;
    let cache = async || {
        let builder = Cache::builder().url(server.url()).operation_timeout(PATIENCE);
        builder.build().await.unwrap()
    };
    assert_eq!(stampede(&[cache().await, cache().await], 100).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_process_lets_fall_another_computes_anew() {
    let server = Server::start().await;
    let (one, two) = (
        Cache::connect(&server.url()).await.unwrap(),
        Cache::connect(&server.url()).await.unwrap(),
    );
    let source = Arc::<Source>::default();
    source.open.send_replace(true);
    let [one, two] = [one, two].map(|cache| Shared { cache, source: Arc::clone(&source) });
    assert_eq!((popular(&one, 1).await, popular(&two, 1).await), (2, 2));
    assert_eq!(source.runs.load(Ordering::SeqCst), 1);
    assert!(popular::invalidate(&one, 1).await.unwrap());
    popular(&two, 1).await;
    popular::invalidate_all(&two).await.unwrap();
    popular(&one, 1).await;
    popular::refresh(&two, 1).await;
    popular(&one, 1).await;
    assert_eq!(source.runs.load(Ordering::SeqCst), 4);
}

const PATIENCE: Duration = Duration::from_secs(30);
