use std::io::ErrorKind;
use std::time::Duration;

use super::{Direction, Fault, Kind, Scope, Server};
use super::{client, connected, pair, ping, poll_until, pong, unanswered, until};

#[tokio::test]
async fn a_black_hole_swallows_in_its_direction_only() {
    let (server, proxy) = pair().await;
    for (direction, arrived) in [(Direction::Up, ""), (Direction::Down, "v"), (Direction::Both, "")]
    {
        server.cli(&["FLUSHALL"]).await;
        proxy.reset_counts();
        let mut client = client(&proxy).await;
        proxy.inflict(Fault::BlackHole(direction));
        unanswered(&mut client, &["SET", "k", "v"]).await;
        assert_eq!(server.cli(&["GET", "k"]).await, arrived);
        assert_eq!(proxy.fired(Kind::BlackHole), 1);
        proxy.heal();
    }
}

/// Else the next reply would be taken for the one that got lost.
#[tokio::test]
async fn a_connection_that_lost_bytes_passes_no_later_ones() {
    for direction in [Direction::Up, Direction::Down] {
        let (_server, proxy) = pair().await;
        let mut client = client(&proxy).await;
        proxy.inflict(Fault::BlackHole(direction));
        unanswered(&mut client, &["PING"]).await;
        proxy.heal();
        unanswered(&mut client, &["PING"]).await;
        assert_eq!(proxy.fired(Kind::BlackHole), 2);
        connected(&proxy).await;

        drop(client);
        until("the lost connection to be gone", || proxy.open_connections() == 0).await;
    }
}

#[tokio::test]
async fn a_cut_lets_exactly_so_many_bytes_through() {
    let (server, proxy) = pair().await;
    let mut client = connected(&proxy).await;
    proxy.inflict(Fault::CutAfter { direction: Direction::Down, bytes: 10 });
    client.send(&[&["ECHO", "0123456789"]]).await.unwrap();
    let mut got = Vec::new();
    while let Ok(bytes @ [_, ..]) = client.receive_raw(64).await.as_deref() {
        got.extend_from_slice(bytes);
    }
    assert_eq!(got, b"$10\r\n01234");
    assert_eq!(proxy.fired(Kind::Cut), 1);

    // What is cut on its way up does not happen.
    let mut client = connected(&proxy).await;
    proxy.inflict(Fault::CutAfter { direction: Direction::Up, bytes: 12 });
    assert!(client.call(&["SET", "k", "v"]).await.is_err());
    assert_eq!(server.cli(&["GET", "k"]).await, "");
    assert_eq!(proxy.fired(Kind::Cut), 2);
    connected(&proxy).await;
}

#[tokio::test]
async fn each_future_connection_can_be_cut() {
    let (_server, proxy) = pair().await;
    proxy.inflict_on(Scope::Future, Fault::CutAfter { direction: Direction::Down, bytes: 7 });
    for times in 1..=2 {
        let mut client = client(&proxy).await;
        assert_eq!(ping(&mut client).await, pong());
        assert!(ping(&mut client).await.is_err());
        assert_eq!(proxy.fired(Kind::Cut), times);
    }
}

#[tokio::test]
async fn a_half_close_ends_one_direction() {
    let (server, proxy) = pair().await;
    let mut client = connected(&proxy).await;
    proxy.inflict(Fault::HalfClose(Direction::Down));
    assert!(client.receive_raw(1).await.unwrap().is_empty(), "the client is told of an end");
    client.send(&[&["SET", "k", "v"]]).await.unwrap();
    poll_until(Duration::from_secs(10), "the other direction", async || {
        (server.cli(&["GET", "k"]).await == "v").then_some(())
    })
    .await;
    assert_eq!(proxy.fired(Kind::HalfClose), 1);
    drop(client);

    let mut client = connected(&proxy).await;
    proxy.inflict(Fault::HalfClose(Direction::Up));
    assert!(client.receive_raw(1).await.unwrap().is_empty(), "the server closes in return");
    drop(client);
    until("both to be gone", || proxy.open_connections() == 0).await;
}

#[tokio::test]
async fn a_reset_is_felt_by_both_sides() {
    let (server, proxy) = pair().await;
    let mut client = connected(&proxy).await;
    let before = clients(&server).await;
    proxy.inflict(Fault::Reset);
    let error = client.receive_raw(1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(proxy.fired(Kind::Reset), 1);
    poll_until(Duration::from_secs(10), "the server to notice", async || {
        (clients(&server).await == before - 1).then_some(())
    })
    .await;
    connected(&proxy).await;
}

async fn clients(server: &Server) -> usize {
    server.cli(&["CLIENT", "LIST"]).await.lines().count()
}
