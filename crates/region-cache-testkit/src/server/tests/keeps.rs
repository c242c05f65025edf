use std::time::Duration;

use super::{Client, Server, Value, get, set, silence};
use crate::server::Fsync;

#[tokio::test]
async fn a_restarted_server_has_its_port_and_nothing_else() {
    let server = Server::start().await;
    let (port, pid) = (server.port(), server.pid());
    set(&server, "k", "v").await;
    server.restart().await;
    assert_eq!(server.port(), port);
    assert_ne!(server.pid(), pid);
    assert_eq!(get(&server, "k").await, Value::Nil);
}

#[tokio::test]
async fn an_append_only_file_keeps_everything_over_a_kill() {
    let server = Server::builder().appendonly(Fsync::Always).start().await;
    set(&server, "k", "v").await;
    server.kill9();
    server.restart().await;
    assert_eq!(get(&server, "k").await, "v".into());
}

#[tokio::test]
async fn a_snapshot_is_rolled_back_to_by_a_kill() {
    let server = Server::start().await;
    set(&server, "k", "old").await;
    server.cli(&["SAVE"]).await;
    server.cli(&["UNLINK", "k"]).await;
    server.kill9();
    server.restart().await;
    assert_eq!(get(&server, "k").await, "old".into(), "what was removed is back");
}

#[tokio::test]
async fn save_rdb_saves_when_the_server_ends_well() {
    let server = Server::builder().save_rdb().start().await;
    set(&server, "k", "v").await;
    server.shut_down().await;
    silence(server.address()).await;
    server.restart().await;
    assert_eq!(get(&server, "k").await, "v".into());
}

#[tokio::test]
async fn a_frozen_server_answers_late_and_loses_nothing() {
    let server = Server::start().await;
    let patience = Duration::from_millis(100);
    let mut client = Client::connect(server.address()).await.unwrap().patience(patience);
    server.stop();
    let error = client.call(&["SET", "k", "v"]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);

    server.cont();
    let mut client = client.patience(Duration::from_secs(10));
    assert_eq!(client.receive().await.unwrap(), Value::Text("OK".into()));
    assert_eq!(get(&server, "k").await, "v".into());
}

#[tokio::test]
async fn a_frozen_server_can_be_restarted() {
    let server = Server::start().await;
    server.stop();
    server.restart().await;
    assert_eq!(server.cli(&["PING"]).await, "PONG");
}
