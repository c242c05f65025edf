//! What is answered, and what is not.

use std::fs;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{PLAIN, Server};
use crate::folder::tests::{folder_with, write};

#[tokio::test]
async fn a_page_comes_from_the_cache_the_second_time() {
    let temporary = folder_with(&[PLAIN, ("guide/x.md", "one")]);
    let server = Server::of(temporary.path()).await;
    let first = server.get("/guide/x").await;
    assert_eq!(
        (first.status, first.x_cache(), first.body.as_str()),
        (200, Some("miss"), "<p>one</p>\n")
    );
    let second = server.get("/guide/x.md").await;
    assert_eq!(
        (second.status, second.x_cache(), second.body.as_str()),
        (200, Some("hit"), "<p>one</p>\n")
    );
    assert_eq!(server.end().await, Ok(()));
}

#[tokio::test]
async fn folders_have_an_index_or_a_list() {
    let temporary =
        folder_with(&[PLAIN, ("README.md", "home"), ("guide/x.md", ""), ("guide/deep/y.md", "")]);
    let server = Server::of(temporary.path()).await;
    assert_eq!(server.get("/").await.body, "<p>home</p>\n");
    let without_slash = server.get("/guide").await;
    assert_eq!(without_slash.status, 307);
    assert!(without_slash.head.contains("\r\nlocation: /guide/\r\n"), "{}", without_slash.head);
    let list = server.get("/guide/").await;
    assert!(
        list.body.contains("href=\"deep/\"") && list.body.contains("href=\"x.md\""),
        "{}",
        list.body
    );
    assert_eq!(server.get("/guide/").await.x_cache(), Some("hit"));
    fs::create_dir(temporary.path().join("guide/later")).expect("a folder");
    server.until("/guide/", |answer| answer.body.contains("href=\"later/\"")).await;
    write(temporary.path(), "guide/index.md", "guide");
    server.until_body("/guide/", "<p>guide</p>\n").await;
    assert_eq!(server.end().await, Ok(()));
}

#[cfg(unix)]
#[tokio::test]
async fn the_server_never_leaves_the_folder() {
    let above =
        folder_with(&[("secret.md", "secret"), ("site/a.md", "a"), ("site/.git/g.md", "secret")]);
    let site = above.path().join("site");
    std::os::unix::fs::symlink(above.path().join("secret.md"), site.join("out.md"))
        .expect("a link");
    std::os::unix::fs::symlink(above.path(), site.join("up")).expect("a link");
    let server = Server::of(&site).await;
    let absolute = above.path().join("secret.md");
    let absolute = absolute.to_str().expect("a name");
    let attacks = [
        "/../secret.md",
        "/%2e%2e/secret.md",
        "/..%2fsecret.md",
        "/..%5csecret.md",
        "/..\\secret.md",
        "/a.md/../../secret.md",
        "/%252e%252e/secret.md",
        "//../secret.md",
        "/./../secret.md",
        "/secret.md%00.md",
        "/%00",
        "/out",
        "/out.md",
        "/up/secret.md",
        "/up/",
        "/up",
        "/up/site/../secret.md",
        "/.git/g.md",
        "/_layout.html",
        "/%ff",
        "/%",
        absolute,
        &format!("/{absolute}"),
        &absolute.replace('/', "%2F"),
        &format!("/{}", absolute.replace('/', "%2F")),
    ];
    for attack in attacks {
        let answer = server.get(attack).await;
        assert!(matches!(answer.status, 404 | 400), "{attack}: {answer:?}");
        assert!(!answer.body.contains("secret"), "{attack}: {answer:?}");
    }
    // A link that comes back in is another name for what is inside.
    assert_eq!(server.get("/up/site/a.md").await.status, 200);
    // A page that becomes a link while it is in the cache.
    assert_eq!(server.get("/a").await.status, 200);
    fs::remove_file(site.join("a.md")).expect("removed");
    std::os::unix::fs::symlink(above.path().join("secret.md"), site.join("a.md")).expect("a link");
    server.until("/a", |answer| answer.status == 404).await;
    assert_eq!(server.end().await, Ok(()));
}

#[tokio::test]
async fn only_reading_is_answered() {
    let temporary = folder_with(&[PLAIN, ("a.md", "a")]);
    let server = Server::of(temporary.path()).await;
    let head = server.send("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let post = server
        .send("POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        .await;
    assert_eq!(post.status, 405);
    assert_eq!(server.end().await, Ok(()));
}

#[tokio::test]
async fn a_client_that_never_finishes_does_not_keep_the_server_from_ending() {
    let temporary = folder_with(&[("a.md", "a")]);
    let server = Server::of(temporary.path()).await;
    let mut stalled = TcpStream::connect(&server.address).await.expect("a connection");
    stalled.write_all(b"GET /a HTTP/1.1\r\nHost:").await.expect("half a request");
    // Connections are accepted in turn: with this answer, the one before it was.
    assert_eq!(server.get("/a").await.status, 200);
    let ended = tokio::time::timeout(Duration::from_secs(30), server.end()).await;
    assert_eq!(ended, Ok(Ok(())));
}
