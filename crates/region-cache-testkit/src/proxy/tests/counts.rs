use std::time::Duration;

use super::{Direction, Fault, Kind, Proxy};
use super::{client, connected, pair, ping, poll_until, pong, until};
use crate::server::Client;

#[tokio::test]
async fn one_command_after_the_other_is_a_round_trip_each() {
    let (_server, proxy) = pair().await;
    let mut client = client(&proxy).await;
    for expected in 1..=3 {
        ping(&mut client).await.unwrap();
        assert_eq!(proxy.round_trips(), expected);
    }
}

#[tokio::test]
async fn a_pipeline_is_one_round_trip() {
    let (_server, proxy) = pair().await;
    let mut client = client(&proxy).await;
    for _ in 0..20 {
        proxy.reset_counts();
        let commands: Vec<&[&str]> = vec![&["INCR", "n"]; 100];
        assert_eq!(client.pipeline(&commands).await.unwrap().len(), 100);
        assert_eq!(proxy.round_trips(), 1);
    }
}

#[tokio::test]
async fn large_values_do_not_make_more_round_trips() {
    let (_server, proxy) = pair().await;
    let mut client = client(&proxy).await;
    let value = "v".repeat(60_000);
    client.call(&["SET", "k", &value]).await.unwrap();
    assert_eq!(proxy.round_trips(), 1);
    // Replies of 6 MB in many pieces, while the client sends nothing.
    let commands: Vec<&[&str]> = vec![&["GET", "k"]; 100];
    client.pipeline(&commands).await.unwrap();
    assert_eq!(proxy.round_trips(), 2);
}

/// The server answers the first commands while the proxy still reads the last ones.
#[tokio::test]
async fn a_pipeline_that_is_read_in_several_chunks_is_one_round_trip() {
    let (_server, proxy) = pair().await;
    let mut client = client(&proxy).await;
    let word = "x".repeat(1_000);
    let command = ["ECHO", word.as_str()];
    let commands = vec![command.as_slice(); 150];
    for _ in 0..20 {
        proxy.reset_counts();
        client.pipeline(&commands).await.unwrap();
        assert_eq!(proxy.round_trips(), 1);
    }
}

#[tokio::test]
async fn a_guarded_transaction_is_two_round_trips() {
    let (_server, proxy) = pair().await;
    let mut client = client(&proxy).await;
    client.pipeline(&[&["WATCH", "k"], &["GET", "k"]]).await.unwrap();
    client.pipeline(&[&["MULTI"][..], &["SET", "k", "v"], &["EXEC"]]).await.unwrap();
    assert_eq!(proxy.round_trips(), 2);
}

/// Two requests that overlap on one connection, as a multiplexing client sends them.
#[tokio::test]
async fn what_is_sent_before_an_answer_came_belongs_to_the_same_round_trip() {
    let (server, proxy) = pair().await;
    let mut client = client(&proxy).await;
    proxy.inflict(Fault::Stall(Direction::Down));
    for expected in ["1", "2"] {
        client.send(&[&["INCR", "n"]]).await.unwrap();
        poll_until(Duration::from_secs(10), "the request to arrive", async || {
            (server.cli(&["GET", "n"]).await == expected).then_some(())
        })
        .await;
    }
    proxy.heal();
    for expected in ["1", "2"] {
        assert_eq!(client.receive().await.unwrap().to_string(), expected);
    }
    assert_eq!(proxy.round_trips(), 1);
}

#[tokio::test]
async fn a_message_that_nobody_asked_for_is_no_round_trip() {
    let (server, proxy) = pair().await;
    let mut client = client(&proxy).await;
    client.call(&["SUBSCRIBE", "c"]).await.unwrap();
    for _ in 0..3 {
        server.cli(&["PUBLISH", "c", "m"]).await;
        client.receive().await.unwrap();
    }
    assert_eq!(proxy.round_trips(), 1);
}

/// The proxy has read a megabyte of the request, and the rest of it waits in the socket.
#[tokio::test]
async fn a_client_that_is_still_sending_does_not_wait_for_an_answer_yet() {
    let (server, proxy) = pair().await;
    let mut client = client(&proxy).await;
    client.call(&["HELLO", "3"]).await.unwrap();
    client.call(&["SUBSCRIBE", "c"]).await.unwrap();
    proxy.reset_counts();
    proxy.inflict(Fault::Stall(Direction::Up));
    let text = "x".repeat(1_200_000);
    client.send(&[&["ECHO", &text]]).await.unwrap();
    until("the request to stand still", || proxy.fired(Kind::Stall) == 1).await;

    server.cli(&["PUBLISH", "c", "m"]).await;
    assert_eq!(client.receive().await.unwrap().to_string(), "message\nc\nm");
    assert_eq!(proxy.round_trips(), 0);
    proxy.heal();
    assert_eq!(client.receive().await.unwrap(), text.as_str().into());
    assert_eq!(proxy.round_trips(), 1);
}

#[tokio::test]
async fn connections_are_counted_and_their_round_trips_added() {
    let (_server, proxy) = pair().await;
    let [mut one, mut two] = [connected(&proxy).await, connected(&proxy).await];
    assert_eq!((proxy.connections(), proxy.open_connections()), (2, 2));
    proxy.reset_counts();
    assert_eq!(ping(&mut one).await, pong());
    assert_eq!(ping(&mut two).await, pong());
    assert_eq!((proxy.connections(), proxy.round_trips()), (0, 2));
    drop(one);
    until("the connection to be gone", || proxy.open_connections() == 1).await;
}

#[tokio::test]
async fn the_url_of_a_server_can_lead_through_a_proxy() {
    let server = crate::server::Server::builder().password("secret").start().await;
    let proxy = Proxy::to(server.address()).await;
    let url = server.url_at(proxy.address());
    assert_eq!(url, format!("redis://:secret@{}", proxy.address()));
    let mut client = Client::connect(proxy.address()).await.unwrap();
    client.call(&["AUTH", "secret"]).await.unwrap();
    assert_eq!(ping(&mut client).await, pong());
}
