//! Handlers of signals that take their time: the reader of the connection never waits for them.

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

use futures::StreamExt;
use futures::future::try_join_all;
use region_cache::{Cache, Event, Fall, Signal};
use region_cache_testkit::server::{Server, poll_until};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_handler_that_is_slow_loses_nothing_and_holds_nobody_up() {
    let server = Server::start().await;
    let here = Cache::connect(&server.url()).await.unwrap();
    let there = Cache::connect(&server.url()).await.unwrap();
    let (open, door) = channel::<()>();
    let door = Mutex::new(door);
    let choose = move |signal: &Signal| {
        // Shut until the other side is dropped.
        let _ = door.lock().unwrap().recv();
        Fall::region(signal.get::<u64>().unwrap().to_string())
    };
    here.region("shop").invalidate_on_with("item.*", choose).await.unwrap();
    let mut events = here.subscribe("item.*").await.unwrap();
    for number in WATCHED {
        there.region("shop").region(&number.to_string()).set("k", &number).await.unwrap();
    }

    // More than may wait in the queue, while the handler is at the first.
    let numbers: Vec<u64> = (0..SIGNALS).collect();
    for numbers in numbers.chunks(200) {
        let emit = |number| there.emit(Signal::new("item.changed").payload(number).unwrap());
        try_join_all(numbers.iter().map(emit)).await.unwrap();
    }
    here.region("other").set("k", &1).await.unwrap();
    assert_eq!(here.region("other").get::<u64>("k").await.unwrap(), Some(1));
    for number in WATCHED {
        assert!(there.region("shop").region(&number.to_string()).contains("k").await.unwrap());
    }

    drop(open);
    for number in WATCHED {
        let region = there.region("shop").region(&number.to_string());
        let fallen = async || (!region.contains("k").await.unwrap()).then_some(());
        poll_until(PATIENCE, "what was said meanwhile to fall", fallen).await;
    }
    let mut told = 0;
    while told < SIGNALS {
        match events.next().await.unwrap() {
            Event::Signal(_) => told += 1,
            Event::Lagged(_) => break,
            other => panic!("{other:?}"),
        }
    }
}

const SIGNALS: u64 = 5_000;
const WATCHED: [u64; 3] = [0, SIGNALS / 2, SIGNALS - 1];

const PATIENCE: Duration = Duration::from_secs(20);
