//! The same over a socket, as a server writes it.

use axum::Router;
use axum::routing::get;
use region_cache::Cache;
use region_cache_tower::RegionCacheLayer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::site::MINUTE;

#[tokio::test]
async fn pages_heads_and_304s_on_one_connection() {
    let layer = RegionCacheLayer::new(Cache::in_memory()).ttl(MINUTE);
    let routes = Router::new().route("/", get(async || "hello")).layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut server = JoinSet::new();
    server.spawn(async { axum::serve(listener, routes).await.unwrap() });

    let mut line = TcpStream::connect(address).await.unwrap();
    let close = "Connection: close\r\n";
    for (method, headers, end) in
        [("GET", "", ""), ("HEAD", "", ""), ("GET", "If-None-Match: *\r\n", ""), ("GET", "", close)]
    {
        let request = format!("{method} / HTTP/1.1\r\nHost: h\r\n{headers}{end}\r\n");
        line.write_all(request.as_bytes()).await.unwrap();
    }
    let mut answers = String::new();
    line.read_to_string(&mut answers).await.unwrap();
    let answers = answers.to_ascii_lowercase();
    let heads: Vec<_> = answers.split("http/1.1 ").skip(1).collect();
    let [first, head, unchanged, last] = heads[..] else { panic!("{answers}") };
    assert!(first.starts_with("200") && first.ends_with("\r\n\r\nhello"), "{first}");
    assert!(head.starts_with("200") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(unchanged.starts_with("304") && unchanged.ends_with("\r\n\r\n"), "{unchanged}");
    assert!(last.starts_with("200") && last.ends_with("\r\n\r\nhello"), "{last}");
    for answer in [first, head, last] {
        assert_eq!(answer.matches("content-length: 5\r\n").count(), 1, "{answer}");
    }
    assert!(!unchanged.contains("content-length: 0"), "{unchanged}");
    for answer in heads {
        assert_eq!(answer.matches("date: ").count(), 1, "{answer}");
    }
}
