//! Nothing is done twice: what many add to one number over bad lines is what they were told, and no
//! more than what they were left in doubt about.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use region_cache::{Cache, Region, Result};
use region_cache_testkit::proxy::{Kind, Proxy, StormPlan};
use region_cache_testkit::server::{Server, poll_until};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn increments_over_bad_lines_are_counted_once() {
    is_counted_once(|region| Box::pin(async move { region.increment("sum", 1).await.map(drop) }))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transactions_over_bad_lines_are_counted_once() {
    is_counted_once(|region| {
        Box::pin(async move {
            let add = region.transaction(async |t| {
                let sum = t.get::<i64>("sum").await?.unwrap_or_default();
                t.set("sum", &(sum + 1))
            });
            add.await
        })
    })
    .await;
}

#[derive(Default)]
struct Told {
    is_over: AtomicBool,
    confirmed: AtomicI64,
    doubtful: AtomicI64,
    refused: AtomicI64,
}

async fn is_counted_once(add: fn(Region) -> BoxFuture<'static, Result<()>>) {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address()).await;
    let told = Arc::new(Told::default());
    let storm = proxy.storm(StormPlan::new(11).kinds(&KINDS).times(CALM, GUST));
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let cache = Cache::builder().url(proxy.url()).operation_timeout(TIMEOUT);
        let cache = cache.connect_lazily(true).build().await.unwrap();
        let told = Arc::clone(&told);
        tasks.spawn(async move {
            let region = cache.region("shop.sums");
            while !told.is_over.load(Ordering::SeqCst) {
                let count = match add(region.clone()).await {
                    Ok(()) => &told.confirmed,
                    Err(error) if error.is_unconfirmed() => &told.doubtful,
                    Err(_) => {
                        let pinged = async || cache.ping().await.ok();
                        poll_until(LONGEST, "the line to be mended", pinged).await;
                        &told.refused
                    }
                };
                count.fetch_add(1, Ordering::SeqCst);
            }
            cache.shutdown().await;
        });
    }
    poll_until(LONGEST, "enough of everything", async || {
        let enough = told.confirmed.load(Ordering::SeqCst) >= 500
            && told.doubtful.load(Ordering::SeqCst) >= 10;
        enough.then_some(())
    })
    .await;
    told.is_over.store(true, Ordering::SeqCst);
    tasks.join_all().await;
    storm.stop().await;
    // What stood still on its way has arrived when no line is left.
    let closed = async || (proxy.open_connections() == 0).then_some(());
    poll_until(SOON, "the lines to be closed", closed).await;

    let direct = Cache::connect(&server.url()).await.unwrap();
    let sum = direct.region("shop.sums").get::<i64>("sum").await.unwrap().unwrap();
    let [confirmed, doubtful, refused] =
        [&told.confirmed, &told.doubtful, &told.refused].map(|count| count.load(Ordering::SeqCst));
    println!("{sum}: {confirmed} confirmed, {doubtful} in doubt, {refused} refused");
    assert!(sum >= confirmed, "{sum}, and {confirmed} were confirmed");
    assert!(sum <= confirmed + doubtful, "{sum}, but {confirmed} and {doubtful} perhaps");
}

const KINDS: [Kind; 6] =
    [Kind::Delay, Kind::Stall, Kind::BlackHole, Kind::Cut, Kind::HalfClose, Kind::Reset];

const CALM: Duration = Duration::from_millis(100);
const GUST: Duration = Duration::from_millis(400);
const TIMEOUT: Duration = Duration::from_millis(200);
const SOON: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60);
