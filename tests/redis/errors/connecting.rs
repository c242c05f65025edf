//! Servers to which no connection can be made.

use std::net::SocketAddr;

use region_cache::Error;
use region_cache_testkit::server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::{failure, hasty};
use crate::redis::ITEM;

#[tokio::test]
async fn where_nothing_listens_is_unavailable() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let url = format!("redis://{address}");
    let error = failure(hasty(&url).build()).await;
    assert!(error.is_unavailable(), "{error:?}");
    says(&error, &["refuses connections", &address.to_string()]);

    // Nothing was sent, so nothing is in doubt.
    let cache = hasty(&url).connect_lazily(true).build().await.unwrap();
    let region = cache.region(ITEM);
    for error in [
        failure(region.get::<i64>("k")).await,
        failure(region.set("k", &1)).await,
        failure(region.invalidate()).await,
        failure(region.transaction(async |t| t.set("k", &1))).await,
    ] {
        assert!(error.is_unavailable(), "{error:?}");
    }
}

#[tokio::test]
async fn wrong_credentials_are_told_as_such() {
    let server = Server::builder().password("right").start().await;
    server.cli(&["ACL", "SETUSER", "off", "off", ">right", "~*", "+@all"]).await;
    let address = server.address();
    for user in ["", ":wrong@", "default:wrong@", "nobody:right@", "off:right@"] {
        let error = failure(hasty(&format!("redis://{user}{address}")).build()).await;
        assert!(error.is_auth(), "with `{user}`: {error:?}");
        says(&error, &["check user and password", &address.to_string()]);
    }
    hasty(&server.url()).build().await.unwrap();
}

#[tokio::test]
async fn what_is_not_a_redis_is_told_as_such() {
    for answer in [
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<html></html>",
        "SSH-2.0-OpenSSH_9.9\r\n",
        "220 mail.example.org ESMTP\r\n",
    ] {
        for hangs_up in [true, false] {
            let (address, _tasks) = answers(answer, hangs_up).await;
            let error = failure(hasty(&format!("redis://{address}")).build()).await;
            assert!(error.is_unavailable(), "{answer:?}: {error:?}");
            says(&error, &["is not a Redis server", &address.to_string()]);
        }
    }
}

#[tokio::test]
async fn what_accepts_and_says_nothing_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let error = failure(hasty(&url).build()).await;
    assert!(error.is_unavailable() || error.is_timeout(), "{error:?}");
    let cache = hasty(&url).connect_lazily(true).build().await.unwrap();
    let region = cache.region(ITEM);
    for error in [
        failure(region.get::<i64>("k")).await,
        failure(region.set("k", &1)).await,
        failure(region.invalidate()).await,
        failure(region.transaction(async |t| t.set("k", &1))).await,
    ] {
        assert!(error.is_unavailable(), "nothing was sent: {error:?}");
        says(&error, &["does not answer"]);
    }
}

#[tokio::test]
async fn a_url_that_makes_no_sense_is_a_matter_of_configuration() {
    for url in
        ["redis://", "redis://host:port", "redis://host:6379/zero", "redis://[::1", "redis:x"]
    {
        let error = failure(hasty(url).build()).await;
        assert!(error.is_config(), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn a_database_that_the_server_does_not_have_is_told() {
    let server = Server::start().await;
    let error = failure(hasty(&format!("{}/99", server.url())).build()).await;
    says(&error, &["out of range"]);
}

fn says(error: &Error, words: &[&str]) {
    for word in words {
        assert!(error.to_string().contains(word), "`{word}` is not in: {error:?}");
    }
}

/// Something that answers whatever it is asked in this way.
async fn answers(answer: &'static str, hangs_up: bool) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1_024]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            if !hangs_up {
                open.push(stream);
            }
        }
    });
    (address, tasks)
}
