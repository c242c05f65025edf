//! Another language on the same server: Python, with the client that is usual there.
//!
//! `cargo xtask test` makes the environment, where it can, and names its interpreter in
//! `REGION_CACHE_PYTHON`. Without it these tests say that they were skipped.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use region_cache::{Cache, Patterns, Signal};
use region_cache_testkit::server::{Server, poll_until};
use serde_json::json;

#[tokio::test]
async fn a_signal_that_python_publishes_lets_the_bound_region_fall() {
    let Some(python) = python() else { return };
    let server = Server::start().await;
    let cache = Cache::connect(&server.url()).await.unwrap();
    let users = cache.region("users");
    users.invalidate_on(Patterns::from("user.updated").below("{id}")).await.unwrap();
    // When this returns, signals are heard.
    let _events = cache.subscribe("user.*").await.unwrap();
    let [named, other] = ["42", "43"].map(|id| users.region(id));
    named.set("name", &1).await.unwrap();
    other.set("name", &2).await.unwrap();

    let mut speaker = Script::start(&python, "speaks.py", &server.url());
    speaker.tell(r#"user.updated {"id":42}"#);
    assert_ne!(speaker.hear(), "0", "somebody listens");
    poll_until(PATIENCE, "the region's fall", || async {
        named.get::<i64>("name").await.unwrap().is_none().then_some(())
    })
    .await;
    assert_eq!(other.get::<i64>("name").await.unwrap(), Some(2), "nobody spoke of it");
    assert_eq!(cache.stats().foreign_signals, 1);
}

#[tokio::test]
async fn python_hears_a_signal_of_ours_and_reads_it_as_json() {
    let Some(python) = python() else { return };
    let server = Server::start().await;
    let cache = Cache::connect(&server.url()).await.unwrap();
    let listener = Script::start(&python, "listens.py", &server.url());
    assert_eq!(listener.hear(), "ready");
    let payload = json!({ "id": 42, "name": "Zoë" });
    let signal = Signal::new("user.updated").payload(&payload).unwrap();
    assert_eq!(cache.emit(signal).await.unwrap().processes, 1);
    let said = listener.hear();
    let (name, heard) = said.split_once(' ').unwrap();
    assert_eq!(name, "user.updated");
    assert_eq!(serde_json::from_str::<serde_json::Value>(heard).unwrap(), payload);
}

/// The interpreter that has the client; nothing, and a sentence, where there is none.
fn python() -> Option<String> {
    let python = std::env::var(VARIABLE).ok().filter(|python| !python.is_empty());
    if python.is_none() {
        println!("skipped: {VARIABLE} names no Python; `cargo xtask test` does where it can");
    }
    python
}

/// A script beside this file. It ends with this value.
struct Script {
    process: Child,
    lines: Receiver<String>,
}

impl Script {
    fn start(python: &str, name: &str, url: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("shared/python").join(name);
        let mut command = Command::new(python);
        command.arg(script).arg(url).env("PYTHONIOENCODING", "utf-8");
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (output, (sender, lines)) = (process.stdout.take().unwrap(), channel());
        // It ends with the process, whose output ends then.
        thread::spawn(move || {
            let mut lines = BufReader::new(output).lines().map_while(Result::ok);
            lines.try_for_each(|line| sender.send(line))
        });
        Self { process, lines }
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn hear(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a word of the script")
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const VARIABLE: &str = "REGION_CACHE_PYTHON";
const PATIENCE: Duration = Duration::from_secs(30);
