use std::io::ErrorKind;
use std::time::{Duration, Instant};

use super::{Direction, Fault, Kind, Scope};
use super::{client, connected, pair, ping, pong, unanswered};
use crate::server::{Client, Value};

#[tokio::test]
async fn a_delay_makes_bytes_late_in_either_direction() {
    let (_server, proxy) = pair().await;
    let mut client = client(&proxy).await;
    let fixed = Duration::from_millis(20);
    for (direction, least) in [(Direction::Up, 20), (Direction::Down, 20), (Direction::Both, 40)] {
        proxy.inflict(Fault::Delay { direction, fixed, jitter: Duration::ZERO });
        let start = Instant::now();
        assert_eq!(ping(&mut client).await, pong());
        assert!(start.elapsed() >= Duration::from_millis(least), "{direction:?}");
        proxy.heal();
    }
    assert_eq!(proxy.fired(Kind::Delay), 4);
    assert_eq!(ping(&mut client).await, pong());
    assert_eq!(proxy.fired(Kind::Delay), 4);
}

#[tokio::test]
async fn jitter_changes_no_order_and_delays_overlap() {
    let (_server, proxy) = pair().await;
    let mut client = client(&proxy).await;
    let [fixed, jitter] = [100, 20].map(Duration::from_millis);
    proxy.inflict(Fault::Delay { direction: Direction::Both, fixed, jitter });
    let start = Instant::now();
    for number in 0..30 {
        client.send(&[&["ECHO", &number.to_string()]]).await.unwrap();
    }
    for number in 0..30 {
        assert_eq!(client.receive().await.unwrap().to_string(), number.to_string());
    }
    // One after the other they would take 6 seconds.
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert!(proxy.fired(Kind::Delay) > 1);
}

#[tokio::test]
async fn a_throttle_lets_only_so_many_bytes_through() {
    let (_server, proxy) = pair().await;
    let mut client = client(&proxy).await;
    proxy.inflict(Fault::Throttle { direction: Direction::Down, bytes_per_second: 20_000 });
    let text = "x".repeat(4_000);
    let start = Instant::now();
    assert_eq!(client.call(&["ECHO", &text]).await.unwrap(), text.as_str().into());
    assert!(start.elapsed() >= Duration::from_millis(150), "{:?}", start.elapsed());
    assert!(proxy.fired(Kind::Throttle) >= 4);
}

#[tokio::test]
async fn what_stood_still_arrives_when_it_is_over() {
    let (server, proxy) = pair().await;
    for (direction, arrived) in [(Direction::Up, ""), (Direction::Down, "v")] {
        server.cli(&["FLUSHALL"]).await;
        proxy.reset_counts();
        let mut client = client(&proxy).await;
        proxy.inflict(Fault::Stall(direction));
        unanswered(&mut client, &["SET", "k", "v"]).await;
        assert_eq!(server.cli(&["GET", "k"]).await, arrived);
        assert_eq!(proxy.fired(Kind::Stall), 1);

        proxy.lift(Kind::Stall);
        assert_eq!(client.receive().await.unwrap(), Value::Text("OK".into()));
        assert_eq!(server.cli(&["GET", "k"]).await, "v");
    }
}

#[tokio::test]
async fn faults_hit_the_connections_that_they_are_meant_for() {
    let (_server, proxy) = pair().await;
    let mut old = connected(&proxy).await;
    proxy.inflict_on(Scope::Future, Fault::Stall(Direction::Both));
    let mut new = client(&proxy).await;
    assert_eq!(ping(&mut old).await, pong());
    unanswered(&mut new, &["PING"]).await;

    proxy.heal();
    assert_eq!(new.receive().await.unwrap(), pong().unwrap());
    proxy.inflict_on(Scope::Existing, Fault::Stall(Direction::Both));
    unanswered(&mut old, &["PING"]).await;
    connected(&proxy).await;
}

#[tokio::test]
async fn refused_connections_are_refused_by_the_kernel_and_others_go_on() {
    let (_server, proxy) = pair().await;
    let mut old = connected(&proxy).await;
    for times in 1..=3 {
        proxy.inflict(Fault::Refuse);
        let error = Client::connect(proxy.address()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(ping(&mut old).await, pong());
        assert_eq!(proxy.fired(Kind::Refuse), times);
        proxy.heal();
        connected(&proxy).await;
    }
}

/// A chunk is what the proxy read at once, here a whole reply.
#[tokio::test]
async fn a_chunk_arrives_twice() {
    let (_server, proxy) = pair().await;
    let mut client = connected(&proxy).await;
    proxy.inflict(Fault::DuplicateChunks(1));
    assert_eq!(client.call(&["ECHO", "one"]).await.unwrap(), "one".into());
    assert_eq!(client.call(&["ECHO", "two"]).await.unwrap(), "one".into());
    assert_eq!(client.receive().await.unwrap(), "two".into());
    assert_eq!(proxy.fired(Kind::DuplicateChunk), 1);
}
