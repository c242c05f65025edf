mod ask;
mod ends;
mod keeps;
mod replicas;

use std::net::TcpListener;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::program::on_path;
use super::{Client, Server, Value, poll_until};

#[tokio::test]
async fn each_server_has_a_port_a_process_and_a_folder_of_its_own() {
    let [one, other] = [Server::start().await, Server::start().await];
    assert_ne!(one.port(), other.port());
    assert_ne!(one.pid(), other.pid());
    assert_ne!(one.folder(), other.folder());
    assert_eq!(one.url(), format!("redis://127.0.0.1:{}", one.port()));
}

#[tokio::test]
async fn configuration_is_passed_on_and_a_mistake_in_it_is_shown() {
    let server = Server::builder().config("maxmemory", "50mb").config("hz", "20").start().await;
    assert_eq!(server.cli(&["CONFIG", "GET", "maxmemory"]).await, "maxmemory\n52428800");
    assert_eq!(server.cli(&["CONFIG", "GET", "hz"]).await, "hz\n20");

    let message = panic_of(Server::builder().config("no-such-thing", "1").start()).await;
    assert!(message.contains("no-such-thing"), "{message}");
}

#[tokio::test]
async fn a_password_is_asked_for_and_is_in_the_url() {
    let server = Server::builder().password("very secret/1\"").start().await;
    assert!(server.url().starts_with("redis://:very%20secret%2F1%22@127.0.0.1:"));
    assert_eq!(server.cli(&["PING"]).await, "PONG");

    let mut stranger = Client::connect(server.address()).await.unwrap();
    let refused = stranger.call(&["GET", "k"]).await.unwrap();
    assert!(refused.is_error() && refused.to_string().starts_with("NOAUTH"), "{refused}");
}

#[tokio::test]
async fn a_unix_socket_leads_to_the_same_server() {
    let server = Server::builder().unix_socket().start().await;
    let url = server.unix_url();
    let path = url.strip_prefix("redis+unix://").unwrap();
    let mut stream = tokio::net::UnixStream::connect(path).await.unwrap();
    stream.write_all(b"PING\r\n").await.unwrap();
    let mut reply = [0; 7];
    stream.read_exact(&mut reply).await.unwrap();
    assert_eq!(&reply, b"+PONG\r\n");
}

#[tokio::test]
async fn a_chosen_port_is_used_and_a_taken_one_is_reported() {
    let port = super::port::free_port();
    let server = Server::builder().port(port).start().await;
    assert_eq!(server.port(), port);

    let squatter = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = squatter.local_addr().unwrap().port();
    let message = panic_of(Server::builder().port(taken).start()).await;
    assert!(message.contains("no port could be had"), "{message}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named_with_the_way_out() {
    let message = panic_of(Server::builder().program("/no/such/server").start()).await;
    assert!(message.contains("`/no/such/server` cannot be started"), "{message}");
    assert!(message.contains("cargo xtask test"), "{message}");
}

#[test]
fn redis_goes_before_valkey_wherever_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
    for (folder, program) in [(&first, "valkey-server"), (&second, "redis-server")] {
        std::fs::create_dir(folder).unwrap();
        std::fs::write(folder.join(program), "").unwrap();
    }
    let both = std::env::join_paths([&first, &second]).unwrap();
    assert_eq!(on_path(&both), Some(second.join("redis-server")));
    assert_eq!(on_path(first.as_os_str()), Some(first.join("valkey-server")));
    assert_eq!(on_path("".as_ref()), None);
}

#[tokio::test]
async fn a_wait_in_vain_says_what_for() {
    let never = poll_until(Duration::from_millis(20), "rain", async || None::<()>);
    let message = panic_of(never).await;
    assert!(message.contains("in vain for rain"), "{message}");
}

/// What a future says when it panics.
async fn panic_of<T>(future: impl Future<Output = T>) -> String {
    let Err(panic) = AssertUnwindSafe(future).catch_unwind().await else {
        panic!("it was expected to panic");
    };
    *panic.downcast::<String>().unwrap()
}

/// Waits until nothing listens on an address.
async fn silence(address: std::net::SocketAddr) {
    poll_until(Duration::from_secs(10), "a server to be gone", async || {
        Client::connect(address).await.is_err().then_some(())
    })
    .await;
}

async fn set(server: &Server, key: &str, value: &str) {
    assert_eq!(server.cli(&["SET", key, value]).await, "OK");
}

async fn get(server: &Server, key: &str) -> Value {
    server.call(&["GET", key]).await
}
