//! A cache outlives the runtime that it was used on.

use futures::executor::block_on;
use region_cache::{Cache, Fall, Lookup, Miss};
use region_cache_testkit::server::Server;
use tokio::runtime::Runtime;
use tokio::task::yield_now;

#[test]
fn a_closure_is_called_on_the_next_runtime_too() {
    let here = Cache::in_memory();
    let there = block_on(Cache::builder().backend(here.backend()).build()).unwrap();
    let shop = here.region("shop");
    Runtime::new().unwrap().block_on(async {
        shop.invalidate_on_with("changed", |_| Fall::all()).await.unwrap();
    });
    Runtime::new().unwrap().block_on(async {
        shop.set("k", &1).await.unwrap();
        there.emit("changed").await.unwrap();
        while shop.get::<i64>("k").await.unwrap().is_some() {
            yield_now().await;
        }
    });
}

#[test]
fn leases_that_outlive_their_runtime_are_dropped_in_peace() {
    let runtime = Runtime::new().unwrap();
    let (server, misses) = runtime.block_on(async {
        let server = Server::start().await;
        let cache = Cache::connect(&server.url()).await.unwrap();
        let mut misses: Vec<Miss<i64>> = Vec::new();
        for key in 0..5 {
            let Lookup::Miss(miss) = cache.region("shop").lookup(key).await.unwrap() else {
                panic!("nothing is there")
            };
            misses.push(miss);
        }
        (server, misses)
    });
    drop(runtime);
    // One after the other: the first finds its connection dead, the next ones would make a new one.
    misses.into_iter().for_each(drop);
    drop(server);
}
