use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Client, Direction, Fault, Proxy, Server, connected, pair, ping, pong, until};

#[tokio::test]
async fn everything_ends_with_the_proxy() {
    let (_server, proxy) = pair().await;
    let (mut client, address) = (connected(&proxy).await, proxy.address());
    drop(proxy);
    let error = Client::connect(address).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert!(ping(&mut client).await.is_err());
    super::poll_until(Duration::from_secs(10), "the port to be free", async || {
        TcpListener::bind(address).await.ok()
    })
    .await;
}

#[tokio::test]
async fn a_server_that_ends_takes_its_connections_along_and_can_come_back() {
    let (server, proxy) = pair().await;
    let mut client = connected(&proxy).await;
    server.kill9();
    assert!(ping(&mut client).await.is_err());
    let mut client = super::client(&proxy).await;
    assert!(ping(&mut client).await.is_err());
    server.restart().await;
    connected(&proxy).await;
}

#[tokio::test]
async fn a_proxy_can_be_led_to_another_server() {
    let (_one, proxy) = pair().await;
    let mut old = connected(&proxy).await;
    let two = Server::start().await;
    proxy.retarget(two.address());
    let mut new = connected(&proxy).await;
    new.call(&["SET", "k", "v"]).await.unwrap();
    assert_eq!(two.keys().await, ["k"]);
    assert_eq!(ping(&mut old).await, pong());
}

#[tokio::test]
async fn megabytes_pass_unharmed_to_a_slow_reader() {
    let (address, _tasks) = echo().await;
    let proxy = Proxy::to(address).await;
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let sent: Vec<u8> =
        (0..4_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (mut reader, mut writer) = stream.split();
    let write = async {
        writer.write_all(&sent).await.unwrap();
        writer.shutdown().await.unwrap();
    };
    let mut got = Vec::new();
    let (_, count) = tokio::join!(write, reader.read_to_end(&mut got));
    assert_eq!(count.unwrap(), sent.len());
    assert!(got == sent, "not a byte is different");
    until("both streams to have ended", || proxy.open_connections() == 0).await;
}

/// The proxy holds a megabyte at most in each direction; the rest is the kernel's.
#[tokio::test]
async fn a_sender_has_to_wait_while_nothing_passes() {
    let (address, _tasks) = echo().await;
    let proxy = Proxy::to(address).await;
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    proxy.inflict(Fault::Stall(Direction::Up));
    let block = vec![0; 1_000_000];
    let mut blocks = 0;
    while timeout(Duration::from_millis(200), stream.write_all(&block)).await.is_ok() {
        blocks += 1;
        assert!(blocks < 50, "there is no end to what it takes");
    }
}

/// Sends everything back.
async fn echo() -> (std::net::SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let _ = tokio::io::copy(&mut reader, &mut writer).await;
        let _ = writer.shutdown().await;
    });
    (address, tasks)
}
