use super::{Fault, Kind, client, pair, poll_until};
use crate::server::{Client, Server};

#[tokio::test]
async fn single_messages_get_lost_in_both_protocols() {
    for protocol in ["2", "3"] {
        let (server, proxy) = pair().await;
        let mut client = client(&proxy).await;
        subscribe(&mut client, protocol).await;
        proxy.inflict(Fault::DropMessages(2));
        for number in ["1", "2", "3", "4"] {
            server.cli(&["PUBLISH", "c", number]).await;
        }
        assert_eq!(next(&mut client).await, "message\nc\n3");
        assert_eq!(next(&mut client).await, "message\nc\n4");
        assert_eq!(proxy.fired(Kind::DropMessage), 2);
    }
}

#[tokio::test]
async fn single_messages_arrive_twice_in_both_protocols() {
    for protocol in ["2", "3"] {
        let (server, proxy) = pair().await;
        let mut client = client(&proxy).await;
        subscribe(&mut client, protocol).await;
        proxy.inflict(Fault::DuplicateMessages(1));
        for number in ["1", "2"] {
            server.cli(&["PUBLISH", "c", number]).await;
        }
        for number in ["1", "1", "2"] {
            assert_eq!(next(&mut client).await, format!("message\nc\n{number}"));
        }
        assert_eq!(proxy.fired(Kind::DuplicateMessage), 1);
    }
}

#[tokio::test]
async fn replies_among_the_messages_are_not_touched() {
    let (server, proxy) = pair().await;
    let mut client = client(&proxy).await;
    subscribe(&mut client, "3").await;
    proxy.inflict(Fault::DropMessages(u64::MAX));
    for number in 0..50_u64 {
        publish_and_wait(&server, &proxy, number).await;
        let text = number.to_string();
        assert_eq!(client.call(&["ECHO", &text]).await.unwrap().to_string(), text);
    }
    assert_eq!(proxy.fired(Kind::DropMessage), 50);
}

async fn publish_and_wait(server: &Server, proxy: &super::Proxy, number: u64) {
    server.cli(&["PUBLISH", "c", "*1\r\n$7\r\nmessage\r\n"]).await;
    poll_until(std::time::Duration::from_secs(10), "a message to get lost", async || {
        (proxy.fired(Kind::DropMessage) > number).then_some(())
    })
    .await;
}

async fn subscribe(client: &mut Client, protocol: &str) {
    client.call(&["HELLO", protocol]).await.unwrap();
    assert_eq!(client.call(&["SUBSCRIBE", "c"]).await.unwrap().to_string(), "subscribe\nc\n1");
}

async fn next(client: &mut Client) -> String {
    client.receive().await.unwrap().to_string()
}
