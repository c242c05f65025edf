mod counts;
mod ends;
mod faults;
mod losses;
mod messages;
mod storm;

use std::io::ErrorKind;
use std::time::Duration;

use tokio::time::timeout;

use super::{Direction, Fault, Kind, Proxy, Scope};
use crate::server::{Client, Server, Value, poll_until};

/// A server and a proxy before it.
async fn pair() -> (Server, Proxy) {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address()).await;
    (server, proxy)
}

async fn client(proxy: &Proxy) -> Client {
    Client::connect(proxy.address()).await.unwrap()
}

async fn ping(client: &mut Client) -> Result<Value, ErrorKind> {
    client.call(&["PING"]).await.map_err(|error| error.kind())
}

fn pong() -> Result<Value, ErrorKind> {
    Ok(Value::Text("PONG".into()))
}

/// Sends a command that nothing comes back for, while the connection stays open.
async fn unanswered(client: &mut Client, command: &[&str]) {
    client.send(&[command]).await.unwrap();
    let reply = timeout(Duration::from_millis(100), client.receive()).await;
    assert!(reply.is_err(), "{command:?}: {reply:?}");
}

/// A client whose connection stands all the way to the server.
async fn connected(proxy: &Proxy) -> Client {
    let mut client = client(proxy).await;
    assert_eq!(ping(&mut client).await, pong());
    client
}

/// Waits until a condition holds.
async fn until(what: &str, holds: impl Fn() -> bool) {
    poll_until(Duration::from_secs(10), what, async || holds().then_some(())).await;
}
