//! Starting, ending, and everything in between that a machine can do to a server.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, timeout};

use super::ask::Admin;
use super::builder::ServerBuilder;
use super::port::free_port;
use super::process::{Process, Signal};
use super::replication::Master;
use super::wait::pause;
use super::{Server, Value};

impl Server {
    /// Its process id.
    ///
    /// # Panics
    ///
    /// While it is down.
    pub fn pid(&self) -> u32 {
        self.with_process(Process::id)
    }

    /// Ends it at once, as `kill -9` or the out-of-memory killer does.
    pub fn kill9(&self) {
        self.process.lock().take();
    }

    /// Freezes it (`SIGSTOP`): its connections stay open, and nothing is answered.
    pub fn stop(&self) {
        self.with_process(|process| process.signal(Signal::STOP));
    }

    /// Lets it go on after [`stop`](Self::stop).
    pub fn cont(&self) {
        self.with_process(|process| process.signal(Signal::CONT));
    }

    /// Ends it as an operator does (`SIGTERM`): it saves what it was told to save. It is killed if
    /// this takes too long.
    pub async fn shut_down(&self) {
        let Some(mut process) = self.process.lock().take() else { return };
        process.signal(Signal::TERM);
        // While frozen it heeds no other signal.
        process.signal(Signal::CONT);
        let _ = timeout(DEADLINE, end_of(&mut process)).await;
    }

    /// Starts it again on its port and in its folder, after [`shut_down`](Self::shut_down) if it is
    /// still running. It comes back with what it has saved, and as what it was last: a master, or a
    /// replica of the same master.
    ///
    /// # Panics
    ///
    /// Where it does not come up.
    pub async fn restart(&self) {
        self.shut_down().await;
        let start = Instant::now();
        loop {
            let process = run(&self.program, self.folder(), &self.role());
            match up(process, &self.admin(), self).await {
                Ok(process) => {
                    *self.process.lock() = Some(process);
                    break;
                }
                // A connection may hold the port for a moment longer.
                Err(PortTaken) => assert!(
                    start.elapsed() < DEADLINE,
                    "port {} is taken: {}",
                    self.port(),
                    self.log()
                ),
            }
        }
        self.linked().await;
    }

    pub(super) async fn launch(program: PathBuf, settings: ServerBuilder) -> Self {
        let folder = tempfile::Builder::new().prefix("region-cache-").tempdir();
        let mut server = Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            master: Mutex::new(settings.master.clone()),
            settings,
            program,
            process: Mutex::new(None),
            folder: folder.expect("a temporary folder for a server"),
        };
        let mut attempts = 0..ATTEMPTS;
        while server.process.get_mut().is_none() {
            assert!(attempts.next().is_some(), "no port could be had: {}", server.log());
            let port = server.settings.port.unwrap_or_else(free_port);
            server.address.set_port(port);
            server.configure();
            let process = run(&server.program, server.folder(), &server.role());
            *server.process.get_mut() = up(process, &server.admin(), &server).await.ok();
        }
        server.linked().await;
        server
    }

    fn configure(&self) {
        let text = self.settings.file(self.port(), self.folder());
        let written = std::fs::write(self.folder().join(CONFIGURATION), text);
        written.expect("a server's configuration");
    }

    /// A replica is told so on its command line, since the role may change and the file does not.
    fn role(&self) -> Vec<String> {
        self.master.lock().as_ref().map(Master::arguments).unwrap_or_default()
    }

    fn with_process<T>(&self, act: impl FnOnce(&Process) -> T) -> T {
        act(self.process.lock().as_ref().expect("the server is down"))
    }
}

/// Another process was faster.
struct PortTaken;

fn run(program: &Path, folder: &Path, role: &[String]) -> Process {
    let mut command = Command::new(program);
    command.arg(folder.join(CONFIGURATION)).args(role);
    Process::spawn(&mut command, folder).unwrap_or_else(|error| {
        panic!(
            "`{}` cannot be started ({error}): name a redis-server or valkey-server in \
             REGION_CACHE_REDIS_SERVER, or run `cargo xtask test`, which installs one",
            program.display()
        )
    })
}

/// Waits until the process answers, and not some other server on the same port.
async fn up(mut process: Process, admin: &Admin, server: &Server) -> Result<Process, PortTaken> {
    let pid = process.id();
    let ready = async {
        while !answers(admin, pid).await {
            pause(STEP).await;
        }
    };
    let outcome = tokio::select! {
        ready = timeout(DEADLINE, ready) => ready.map_err(|_| "it does not come up".to_owned()),
        status = end_of(&mut process) => Err(format!("it ended as it started, with {status}")),
    };
    match outcome {
        Ok(()) => Ok(process),
        Err(_) if server.log().contains("Address already in use") => Err(PortTaken),
        Err(sentence) => panic!("the server: {sentence}: {}", server.log()),
    }
}

async fn end_of(process: &mut Process) -> ExitStatus {
    loop {
        if let Some(status) = process.ended() {
            return status;
        }
        pause(STEP).await;
    }
}

/// Whether it is our process that answers, and has loaded what it had saved.
async fn answers(admin: &Admin, pid: u32) -> bool {
    let Ok(mut client) = admin.connect().await else { return false };
    let Ok(Value::Bytes(info)) = client.call(&["INFO", "server"]).await else { return false };
    let ours = format!("process_id:{pid}\r\n");
    let ping = client.call(&["PING"]).await;
    String::from_utf8_lossy(&info).contains(&ours) && ping.is_ok_and(|pong| !pong.is_error())
}

pub(super) const DEADLINE: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(2);
const ATTEMPTS: u32 = 20;
const CONFIGURATION: &str = "server.conf";
