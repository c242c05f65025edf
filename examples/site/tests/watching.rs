//! Things happen in the folder, and the next request shows them.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::{PLAIN, Server};
use crate::folder::tests::{folder_with, write};

#[tokio::test]
async fn a_saved_page_shows_and_leaves_the_others_in_the_cache() {
    let temporary = folder_with(&[PLAIN, ("a/x.md", "one"), ("b/y.md", "y")]);
    let server = Server::of(temporary.path()).await;
    server.until_body("/a/x", "<p>one</p>\n").await;
    server.get("/b/y").await;
    write(temporary.path(), "a/x.md", "two");
    server.until_body("/a/x", "<p>two</p>\n").await;
    assert_eq!(server.get("/b/y").await.x_cache(), Some("hit"));
    // An editor that writes beside the file and renames.
    write(temporary.path(), "a/x.md.new", "three");
    fs::rename(temporary.path().join("a/x.md.new"), temporary.path().join("a/x.md"))
        .expect("renamed");
    server.until_body("/a/x", "<p>three</p>\n").await;
    assert_eq!(server.end().await, Ok(()));
}

#[tokio::test]
async fn a_saved_layout_shows_in_everything_beneath_it() {
    let temporary = folder_with(&[PLAIN, ("top.md", "t"), ("a/x.md", "x"), ("a/deep/y.md", "y")]);
    let server = Server::of(temporary.path()).await;
    for path in ["/top", "/a/x", "/a/deep/y"] {
        server.get(path).await;
    }
    write(temporary.path(), "a/_layout.html", "new {{ content }}");
    server.until_body("/a/x", "new <p>x</p>\n").await;
    server.until_body("/a/deep/y", "new <p>y</p>\n").await;
    assert_eq!(server.get("/top").await.x_cache(), Some("hit"));
    fs::remove_file(temporary.path().join("a/_layout.html")).expect("removed");
    server.until_body("/a/deep/y", "<p>y</p>\n").await;
    write(temporary.path(), "a/_layout.html", "no place");
    server
        .until("/a/x", |answer| {
            answer.status == 500 && answer.body.contains("a/_layout.html has no")
        })
        .await;
    assert_eq!(server.end().await, Ok(()));
}

#[tokio::test]
async fn new_moved_and_deleted_folders_are_followed() {
    let temporary = folder_with(&[PLAIN, ("old/deep/x.md", "one")]);
    let at = |name: &str| temporary.path().join(name);
    let server = Server::of(temporary.path()).await;
    server.until_body("/old/deep/x", "<p>one</p>\n").await;

    fs::rename(at("old"), at("new")).expect("renamed");
    server.until("/old/deep/x", |answer| answer.status == 404).await;
    server.until_body("/new/deep/x", "<p>one</p>\n").await;
    write(temporary.path(), "new/deep/x.md", "two");
    server.until_body("/new/deep/x", "<p>two</p>\n").await;

    // Away, changed where nobody watches, and back again.
    let elsewhere =
        tempfile::tempdir_in(temporary.path().parent().expect("a parent")).expect("a folder");
    fs::rename(at("new"), elsewhere.path().join("new")).expect("moved");
    fs::write(elsewhere.path().join("new/deep/x.md"), "three").expect("a written file");
    fs::rename(elsewhere.path().join("new"), at("new")).expect("moved");
    server.until_body("/new/deep/x", "<p>three</p>\n").await;

    fs::remove_dir_all(at("new")).expect("removed");
    server.until("/new/deep/x", |answer| answer.status == 404).await;
    write(temporary.path(), "new/deep/x.md", "four");
    server.until_body("/new/deep/x", "<p>four</p>\n").await;
    assert_eq!(server.end().await, Ok(()));
}

/// Folders that appear and fill quickly, with readers who render what is there at every moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_page_saved_right_after_its_folder_was_made_never_stays_stale() {
    let temporary = folder_with(&[PLAIN, ("a.md", "a")]);
    let server = Arc::new(Server::of(temporary.path()).await);
    for round in 0..100 {
        let name = format!("f{round}/deep/x.md");
        let address = format!("/{name}");
        let mut readers = JoinSet::new();
        for _ in 0..3 {
            let (server, address) = (Arc::clone(&server), address.clone());
            readers
                .spawn(async move { while server.get(&address).await.body != "<p>two</p>\n" {} });
        }
        write(temporary.path(), &name, "one");
        // A different moment in each round.
        let moment = Instant::now() + Duration::from_micros(20 * round);
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        write(temporary.path(), &name, "two");
        server.until_body(&address, "<p>two</p>\n").await;
        readers.shutdown().await;
    }
    let server = Arc::into_inner(server).expect("no other reader");
    assert_eq!(server.end().await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_folder_that_is_moved_to_and_fro_stays_watched() {
    let temporary = folder_with(&[PLAIN, ("a/b/c/x.md", "one")]);
    let (here, there) = (temporary.path().join("a/b"), temporary.path().join("a/away"));
    let server = Server::of(temporary.path()).await;
    for round in 0..300 {
        fs::rename(&here, &there).expect("renamed");
        fs::rename(&there, &here).expect("renamed");
        write(temporary.path(), "a/b/c/x.md", round.to_string());
        if round % 30 == 0 {
            server.until_body("/a/b/c/x", &format!("<p>{round}</p>\n")).await;
        }
    }
    server.until_body("/a/b/c/x", "<p>299</p>\n").await;
    assert_eq!(server.end().await, Ok(()));
}

#[tokio::test]
async fn the_server_ends_with_a_sentence_when_its_folder_goes() {
    let above = folder_with(&[("site/a.md", "a")]);
    let server = Server::of(&above.path().join("site")).await;
    fs::rename(above.path().join("site"), above.path().join("gone")).expect("renamed");
    let mut running = server.running;
    let ended = tokio::time::timeout(Duration::from_secs(20), running.join_next()).await;
    let ended = ended.expect("in time").expect("a server").expect("no panic");
    assert!(ended.is_err_and(|sentence| sentence.starts_with("The folder was moved or removed")));
}
