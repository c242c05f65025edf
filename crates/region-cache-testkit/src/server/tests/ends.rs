use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::{Server, panic_of, poll_until, silence};

#[tokio::test]
async fn a_server_ends_with_its_value_and_takes_its_folder_along() {
    let server = Server::start().await;
    let (pid, folder) = (server.pid(), server.folder().to_owned());
    assert!(lives(pid) && folder.exists());
    drop(server);
    assert!(!lives(pid) && !folder.exists());
}

#[tokio::test]
async fn a_server_ends_when_its_test_panics() {
    let mut pid = None;
    let message = panic_of(async {
        let server = Server::start().await;
        pid = Some(server.pid());
        assert_eq!(server.cli(&["PING"]).await, "PANG");
    })
    .await;
    assert!(message.contains("PANG"), "{message}");
    assert!(!lives(pid.unwrap()));
}

#[tokio::test]
async fn a_frozen_server_ends_too() {
    let server = Server::start().await;
    let pid = server.pid();
    server.stop();
    drop(server);
    assert!(!lives(pid));
}

#[tokio::test]
async fn kill9_leaves_no_process_and_no_listener() {
    let server = Server::start().await;
    let pid = server.pid();
    server.kill9();
    assert!(!lives(pid));
    silence(server.address()).await;
    assert!(panic_of(async { server.pid() }).await.contains("down"));
}

/// The test runs its own program as a second process, in which only the next test runs: there it
/// starts a server and waits to be killed.
#[tokio::test]
async fn a_server_does_not_outlive_a_killed_process() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "server::tests::ends::waits_to_be_killed", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find_map(|line| Some(line.split_once(MARK)?.1.to_owned())).unwrap();
    let (address, folder) = line.split_once(' ').unwrap();
    let address: SocketAddr = address.parse().unwrap();

    assert!(std::net::TcpStream::connect(address).is_ok(), "the server is there");
    child.kill().unwrap();
    child.wait().unwrap();
    silence(address).await;
    poll_until(Duration::from_secs(10), "the folder to be removed", async || {
        (!std::path::Path::new(folder).exists()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn waits_to_be_killed() {
    if std::env::var_os(VICTIM).is_some() {
        let server = Server::start().await;
        println!("{MARK}{} {}", server.address(), server.folder().display());
        std::future::pending::<()>().await;
    }
}

fn lives(pid: u32) -> bool {
    let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    test_kill_process(pid) != Err(Errno::SRCH)
}

const VICTIM: &str = "REGION_CACHE_TESTKIT_VICTIM";
const MARK: &str = "victim ready: ";
