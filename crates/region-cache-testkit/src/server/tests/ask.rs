use super::{Server, Value};

#[tokio::test]
async fn all_keys_are_found_in_order() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let names: Vec<String> = (0..2_500).map(|number| format!("key {number:04}")).collect();
    let commands: Vec<[&str; 3]> = names.iter().map(|name| ["SET", name, "v"]).collect();
    let commands: Vec<&[&str]> = commands.iter().map(<[_; 3]>::as_slice).collect();
    assert_eq!(client.pipeline(&commands).await.unwrap().len(), names.len());
    assert_eq!(server.keys().await, names);
    assert!(server.used_memory().await > 2_500);
}

#[tokio::test]
async fn a_server_tells_which_commands_it_knows() {
    let server = Server::start().await;
    assert!(server.knows("HGET").await);
    assert!(!server.knows("NOSUCHCOMMAND").await);
    assert!(server.info("server").await.contains_key("run_id"));
}

#[tokio::test]
async fn monitor_shows_what_arrived_since_the_last_look() {
    let server = Server::start().await;
    let mut monitor = server.monitor().await;
    server.cli(&["SET", "k", "1"]).await;
    server.cli(&["GET", "k"]).await;
    let lines = monitor.lines().await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].ends_with(r#""SET" "k" "1""#), "{lines:?}");

    server.cli(&["DEL", "k"]).await;
    assert_eq!(monitor.lines().await.len(), 1);
    assert!(monitor.lines().await.is_empty());
}

#[tokio::test]
async fn replies_of_both_protocols_are_read() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for protocol in ["2", "3"] {
        client.call(&["HELLO", protocol]).await.unwrap();
        let replies = [
            (vec!["HSET", "h", "f", "v"], "1"),
            (vec!["HGETALL", "h"], "f\nv"),
            (vec!["HMGET", "h", "f", "none"], "v\n"),
            (vec!["INCRBYFLOAT", "n", "0.5"], "0.5"),
            (vec!["DEL", "h", "n"], "2"),
        ];
        for (command, reply) in replies {
            assert_eq!(client.call(&command).await.unwrap().to_string(), reply, "{command:?}");
        }
        assert!(client.call(&["NONSENSE"]).await.unwrap().is_error());
    }
    assert!(matches!(client.call(&["HELLO", "3"]).await.unwrap(), Value::Map(_)));
    assert!(matches!(client.call(&["SUBSCRIBE", "c"]).await.unwrap(), Value::Push(_)));
    server.cli(&["PUBLISH", "c", "hello"]).await;
    let message = ["message", "c", "hello"].map(Value::from).to_vec();
    assert_eq!(client.receive().await.unwrap(), Value::Push(message));
}

#[tokio::test]
async fn an_error_reply_stops_a_test() {
    let server = Server::start().await;
    server.cli(&["SET", "k", "v"]).await;
    let message = super::panic_of(server.cli(&["HGET", "k", "f"])).await;
    assert!(message.contains("`HGET k f`: WRONGTYPE"), "{message}");
}
