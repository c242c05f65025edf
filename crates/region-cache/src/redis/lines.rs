//! The shared line, kept alive, and lines of one's own for transactions.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use parking_lot::Mutex;
use redis::AsyncConnectionConfig;
use redis::aio::{AsyncPushSender, MultiplexedConnection};
use redis::{ConnectionAddr, ConnectionInfo, ProtocolVersion, RedisConnectionInfo, RedisError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::{Asked, explain};
use super::line::{Line, local_now};
use crate::error::{Error, ErrorKind, Result};
use crate::tasks::{Tasks, timer, within};
use crate::time::{Clock, Timestamp};

/// Where lines to the server come from.
pub(super) struct Lines {
    info: ConnectionInfo,
    /// Names the server in messages: host and port, never a user or a password.
    server: Arc<str>,
    tasks: Arc<Tasks>,
    timeout: Duration,
    shared: ArcSwapOption<Line>,
    /// Held by the one who connects; what went wrong last is answered until it may be tried again.
    attempt: tokio::sync::Mutex<Attempt>,
    /// Lines of their own that transactions have given back.
    idle: Mutex<Vec<Line>>,
    /// How many more of them there may be.
    turns: Arc<Semaphore>,
}

/// A line that one transaction has to itself.
pub(super) struct OwnLine {
    pub(super) line: Line,
    turn: OwnedSemaphorePermit,
}

struct Attempt {
    pauses: ExponentialBackoff,
    failed: Option<(Timestamp, Error)>,
}

impl Lines {
    pub(super) fn new(info: ConnectionInfo, tasks: Arc<Tasks>, timeout: Duration) -> Arc<Self> {
        Arc::new(Self {
            server: format!("the Redis server at {}", info.addr()).into(),
            info,
            tasks,
            timeout,
            shared: ArcSwapOption::empty(),
            attempt: tokio::sync::Mutex::new(Attempt { pauses: PAUSES.build(), failed: None }),
            idle: Mutex::default(),
            turns: Arc::new(Semaphore::new(MOST_OWN)),
        })
    }

    /// How long an operation may take.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The shared line: the one that lives, or a new one.
    pub(super) async fn shared(self: &Arc<Self>) -> Result<Line> {
        if let Some(line) = self.living() {
            return Ok(line);
        }
        let mut attempt = self.attempt.lock().await;
        // Another may have connected while this one waited.
        if let Some(line) = self.living() {
            return Ok(line);
        }
        if let Some((until, error)) = &attempt.failed
            && local_now() < *until
        {
            return Err(error.clone());
        }
        match self.connect_in_time().await {
            Ok(line) => {
                *attempt = Attempt { pauses: PAUSES.build(), failed: None };
                self.shared.store(Some(Arc::new(line.clone())));
                self.watch(&line);
                Ok(line)
            }
            Err(error) => {
                let time = attempt.pauses.next().unwrap_or(LONGEST_PAUSE);
                attempt.failed = Some((local_now().saturating_add(time), error.clone()));
                Err(error)
            }
        }
    }

    /// A line of one's own. Give it back when nothing is left on it.
    ///
    /// There are a few of them. A transaction waits for its turn, but not for ever.
    pub(super) async fn own(self: &Arc<Self>) -> Result<OwnLine> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        let Some(turn) = self.in_time(turn).await.and_then(Result::ok) else {
            return Err(Error::new(
                ErrorKind::Unavailable,
                format!(
                    "all {MOST_OWN} connections for transactions are taken, and none became free in \
                     time; nothing was sent"
                ),
            )
            .unasked());
        };
        loop {
            let idle = self.idle.lock().pop();
            match idle {
                Some(line) if line.is_dead() => {}
                Some(line) => return Ok(OwnLine { line, turn }),
                None => break,
            }
        }
        // The shared line knows whether the server is there: no storm of attempts while it is not.
        self.shared().await?;
        Ok(OwnLine { line: self.connect_in_time().await?, turn })
    }

    /// Takes back a line that nothing is left on.
    pub(super) fn give_back(&self, own: OwnLine) {
        if !own.line.is_dead() {
            self.idle.lock().push(own.line);
        }
        drop(own.turn);
    }

    /// Lets go of what a transaction watched, and takes its line back; unless it does not answer.
    pub(super) async fn unwatch(&self, own: OwnLine) {
        let line = own.line.clone();
        let mut pipe = redis::pipe();
        pipe.cmd("UNWATCH");
        match within(&Clock::system(), self.timeout, line.send(&pipe, Asked::Read)).await {
            Some(Ok(_)) => self.give_back(own),
            Some(Err(_)) | None => line.give_up(),
        }
    }

    pub(super) fn close(&self) {
        self.shared.store(None);
        self.idle.lock().clear();
    }

    fn living(&self) -> Option<Line> {
        let line = self.shared.load();
        line.as_deref().filter(|line| !line.is_dead()).cloned()
    }

    /// Connects, or fails a little before the operation that needs it would: so it is told that
    /// nothing was sent, and not that something may have happened.
    async fn connect_in_time(&self) -> Result<Line> {
        self.in_time(self.connect()).await.unwrap_or_else(|| {
            Err(Error::new(
                ErrorKind::Unavailable,
                format!("{} does not answer; is it reachable, and not stopped?", self.server),
            ))
        })
    }

    /// What becomes of something that must come before an operation; nothing if it takes too long.
    async fn in_time<T>(&self, first: impl Future<Output = T>) -> Option<T> {
        within(&Clock::system(), self.timeout / 5 * 4, first).await
    }

    async fn connect(&self) -> Result<Line> {
        if !self.tasks.can_keep() {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "there is no connection, and no tokio runtime here to make one on",
            ));
        }
        let is_dead = Arc::new(AtomicBool::new(false));
        let settings = self.info.redis_settings();
        let newest = settings.clone().set_protocol(ProtocolVersion::RESP3);
        let connection = match self.dial(&newest, quiet(), &is_dead).await {
            // An older server refuses to greet in RESP3.
            Err(error) if speaks_only_resp2(&error) => {
                let older = settings.clone().set_protocol(ProtocolVersion::RESP2);
                self.dial(&older, quiet(), &is_dead).await
            }
            other => other,
        };
        let connection =
            connection.map_err(|error| explain(error, Asked::Connection, &self.server))?;
        Line::open(connection, Arc::clone(&self.server), is_dead).await
    }

    /// A connection on which messages are heard.
    pub(super) async fn listening(
        &self,
        hear: impl AsyncPushSender,
    ) -> Result<MultiplexedConnection> {
        let newest = self.info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let config = quiet().set_push_sender(hear);
        let connection = self.dial(&newest, config, &Arc::default()).await;
        connection.map_err(|error| explain(error, Asked::Connection, &self.server))
    }

    async fn dial(
        &self,
        settings: &RedisConnectionInfo,
        config: AsyncConnectionConfig,
        is_dead: &Arc<AtomicBool>,
    ) -> Result<MultiplexedConnection, RedisError> {
        match self.info.addr() {
            ConnectionAddr::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                self.greet(settings, stream, config, is_dead).await
            }
            #[cfg(unix)]
            ConnectionAddr::Unix(path) => {
                let stream = tokio::net::UnixStream::connect(path).await?;
                self.greet(settings, stream, config, is_dead).await
            }
            _ => Err(RedisError::from((
                redis::ErrorKind::InvalidClientConfig,
                "this kind of address is not supported",
            ))),
        }
    }

    async fn greet(
        &self,
        settings: &RedisConnectionInfo,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        config: AsyncConnectionConfig,
        is_dead: &Arc<AtomicBool>,
    ) -> Result<MultiplexedConnection, RedisError> {
        let greeting = MultiplexedConnection::new_with_config(settings, stream, config);
        let (connection, driver) = greeting.await?;
        let is_dead = Arc::clone(is_dead);
        self.tasks.keep(async move {
            driver.await;
            is_dead.store(true, Ordering::SeqCst);
        });
        Ok(connection)
    }

    /// Confirms the line's reign now and then, and gives it up when it does not answer: a half-open
    /// connection would never say so by itself. The idle lines of transactions are looked after too.
    fn watch(self: &Arc<Self>, line: &Line) {
        let (line, timeout) = (line.clone(), self.timeout);
        let lines: Weak<Self> = Arc::downgrade(self);
        self.tasks.keep(async move {
            while !line.is_dead() {
                let Some(beat) = timer(&Clock::system(), HEARTBEAT) else { return };
                beat.await;
                let Some(idle) = lines.upgrade().map(|lines| lines.idle.lock().clone()) else {
                    return;
                };
                let all = idle.iter().chain([&line]).map(|line| beat_once(line, timeout));
                futures::future::join_all(all).await;
            }
        });
    }
}

/// Asks a line for a sign of life, or gives it up.
async fn beat_once(line: &Line, timeout: Duration) {
    if !matches!(within(&Clock::system(), timeout, line.confirm()).await, Some(Ok(()))) {
        line.give_up();
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("server", &self.server).finish_non_exhaustive()
    }
}

/// Reads what a URL says, without repeating any of it in an error: it may hold a password.
pub(super) fn parse(url: &str) -> Result<ConnectionInfo> {
    redis::IntoConnectionInfo::into_connection_info(url).map_err(|_| {
        Error::new(
            ErrorKind::Config,
            "this `redis:` URL is not understood; it should read \
             `redis://[[user]:password@]host[:port][/db]` or `redis+unix:///path`, with odd characters \
             of the password percent-encoded",
        )
    })
}

/// Timeouts are the caller's; here one would only leave the line out of step.
fn quiet() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_response_timeout(None)
}

fn speaks_only_resp2(error: &RedisError) -> bool {
    error.kind() == redis::ErrorKind::RESP3NotSupported
}

/// How often a line is asked whether its server is still the one that it was.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// How many transactions may have a line of their own at once.
const MOST_OWN: usize = 48;

const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Between two attempts to connect: the longer the more have failed, and never in step with others.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(20))
    .with_max_delay(LONGEST_PAUSE)
    .without_max_times()
    .with_jitter();
