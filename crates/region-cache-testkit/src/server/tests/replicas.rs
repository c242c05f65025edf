use super::{Server, Value, get, set};

#[tokio::test]
async fn a_replica_follows_until_it_is_promoted() {
    let master = Server::start().await;
    set(&master, "k", "1").await;
    let replica = Server::builder().replica_of(&master).start().await;
    assert_eq!(get(&replica, "k").await, "1".into());

    set(&master, "k", "2").await;
    replica.in_step_with(&master).await;
    assert_eq!(get(&replica, "k").await, "2".into());
    assert!(replica.call(&["SET", "k", "3"]).await.to_string().starts_with("READONLY"));

    replica.promote().await;
    set(&replica, "k", "3").await;
    assert_eq!(get(&master, "k").await, "2".into());
}

#[tokio::test]
async fn failover_and_failback_between_two_servers() {
    let [one, two] = [Server::start().await, Server::start().await];
    set(&one, "k", "1").await;
    set(&two, "lost", "by replication").await;
    two.replicate(&one).await;
    assert_eq!(two.keys().await, ["k"]);

    one.kill9();
    two.promote().await;
    set(&two, "k", "2").await;
    one.restart().await;
    one.replicate(&two).await;
    assert_eq!(get(&one, "k").await, "2".into());

    two.kill9();
    one.promote().await;
    assert_eq!(get(&one, "k").await, "2".into());
}

#[tokio::test]
async fn a_restarted_server_is_what_it_was_last() {
    let master = Server::builder().password("a secret").start().await;
    set(&master, "k", "1").await;
    let replica = Server::builder().replica_of(&master).start().await;
    replica.restart().await;
    assert_eq!(role(&replica).await, "slave");
    assert_eq!(get(&replica, "k").await, "1".into());

    replica.promote().await;
    replica.restart().await;
    assert_eq!(role(&replica).await, "master");
    assert_eq!(get(&replica, "k").await, Value::Nil);

    replica.replicate(&master).await;
    assert_eq!(get(&replica, "k").await, "1".into());
}

async fn role(server: &Server) -> String {
    server.info("replication").await["role"].clone()
}
