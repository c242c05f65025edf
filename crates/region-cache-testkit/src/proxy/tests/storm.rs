use std::time::Duration;

use tokio::task::JoinSet;

use super::{Client, Kind, connected, pair, poll_until};
use crate::proxy::{Fault, StormPlan};

#[tokio::test]
async fn in_a_storm_everything_happens_and_after_it_nothing() {
    let (server, proxy) = pair().await;
    let mut traffic = JoinSet::new();
    for _ in 0..4 {
        traffic.spawn(talk(proxy.address()));
    }
    traffic.spawn(listen(proxy.address()));
    traffic.spawn(publish(server.client().await));

    let plan = StormPlan::new(7).times(Duration::from_millis(5), Duration::from_millis(30));
    let storm = proxy.storm(plan);
    let fired = || Kind::REAL.map(|kind| (kind, proxy.fired(kind)));
    poll_until(Duration::from_secs(60), "every kind of fault", async || {
        fired().iter().all(|(_, times)| *times > 0).then_some(())
    })
    .await;
    let log = storm.stop().await;
    for kind in Kind::REAL {
        let inflicted = |fault: &Fault| fault.kind() == kind;
        assert!(log.iter().any(|gust| gust.faults.iter().any(inflicted)), "{kind:?} is noted");
    }
    traffic.shutdown().await;
    super::until("no connection to be left over", || proxy.open_connections() == 0).await;
    connected(&proxy).await;
    assert_eq!(server.cli(&["PING"]).await, "PONG");
}

#[tokio::test]
async fn the_same_seed_brings_the_same_storm() {
    let mut logs = Vec::new();
    for _ in 0..2 {
        let (_server, proxy) = pair().await;
        let times = Duration::from_millis(2);
        let storm = proxy.storm(StormPlan::new(42).times(times, times));
        super::until("some gusts", || storm.log().len() >= 10).await;
        let log = storm.stop().await;
        logs.push(log.into_iter().take(10).map(|gust| gust.faults).collect::<Vec<_>>());
    }
    assert_eq!(logs[0], logs[1]);
}

/// Keeps asking, on a new connection whenever the old one fails.
async fn talk(address: std::net::SocketAddr) {
    loop {
        let Ok(client) = Client::connect(address).await else {
            tokio::task::yield_now().await;
            continue;
        };
        let mut client = client.patience(Duration::from_millis(50));
        while client.call(&["ECHO", &"x".repeat(500)]).await.is_ok() {}
    }
}

/// Keeps listening to what is published.
async fn listen(address: std::net::SocketAddr) {
    loop {
        let Ok(client) = Client::connect(address).await else {
            tokio::task::yield_now().await;
            continue;
        };
        let mut client = client.patience(Duration::from_millis(50));
        if client.call(&["SUBSCRIBE", "c"]).await.is_ok() {
            while client.receive().await.is_ok() {}
        }
    }
}

/// Not through the proxy.
async fn publish(mut client: Client) {
    while client.call(&["PUBLISH", "c", "m"]).await.is_ok() {}
}
