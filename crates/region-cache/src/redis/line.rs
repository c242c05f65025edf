//! One connection to one server process.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{
    Arg, Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, Value,
    make_extension_error,
};

use super::error::{Asked, explain};
use crate::error::{Error, Result};
use crate::time::{Clock, Timestamp};

/// A connection that is shared by all who read and write: their requests follow each other without
/// waiting. It never reconnects, and it never sends anything twice.
#[derive(Clone)]
pub(super) struct Line(Arc<Inner>);

struct Inner {
    connection: MultiplexedConnection,
    /// Names the server in messages, without secrets.
    server: Arc<str>,
    /// The first half of the reign: of which process of the server. It holds as long as the line.
    run: String,
    /// The second half: since which promotion. Learnt again and again.
    replication: Mutex<Learnt>,
    /// What the server's clock is ahead of the local one, in milliseconds.
    offset: AtomicI64,
    /// The same at least.
    least_offset: AtomicI64,
    expires_fields: bool,
    is_dead: Arc<AtomicBool>,
}

/// Half of a reign, and when it was asked for.
#[derive(Default)]
struct Learnt {
    asked_at: Option<Timestamp>,
    half: String,
}

impl Line {
    /// Learns all that must be known of the server before the line is lent out.
    pub(super) async fn open(
        connection: MultiplexedConnection,
        server: Arc<str>,
        is_dead: Arc<AtomicBool>,
    ) -> Result<Self> {
        let mut pipe = redis::pipe();
        pipe.cmd("INFO").arg("server");
        pipe.cmd("INFO").arg("replication");
        pipe.cmd("COMMAND").arg("INFO").arg("HPEXPIRE");
        pipe.cmd("TIME");
        let sent_at = local_now();
        let replies = send(&connection, &pipe).await;
        let replies = replies.map_err(|error| explain(error, Asked::Connection, &server))?;
        let mut replies = replies.into_iter();
        let mut next = || replies.next().unwrap_or(Value::Nil);
        let read = |value| {
            String::from_redis_value(value)
                .map_err(|e| explain(e.into(), Asked::Connection, &server))
        };
        let (about, replication, command, time) = (read(next())?, read(next())?, next(), next());
        let line = Self(Arc::new(Inner {
            run: half(&about, "run_id:"),
            replication: Mutex::default(),
            offset: AtomicI64::new(0),
            least_offset: AtomicI64::new(0),
            expires_fields: knows(&command),
            connection,
            server,
            is_dead,
        }));
        line.learn_reign(&replication, sent_at);
        line.learn_time(time, sent_at);
        Ok(line)
    }

    /// Sends commands together; the reply of each. The first error among them is the answer.
    pub(super) async fn send(&self, pipe: &Pipeline, asked: Asked) -> Result<Vec<Value>> {
        send(&self.0.connection, pipe).await.map_err(|error| self.explain(error, asked))
    }

    /// Sends one command; its reply, errors of the server among them.
    pub(super) async fn try_one(&self, command: &Cmd) -> RedisResult<Value> {
        let reply = self.0.connection.clone().send_packed_command(command).await;
        reply.and_then(own_error)
    }

    /// The error that users see for one that this line gave.
    pub(super) fn explain(&self, error: RedisError, asked: Asked) -> Error {
        if is_the_end(&error) {
            self.give_up();
        }
        explain(error, asked, &self.0.server)
    }

    /// Asks the server who it is and what time it is.
    pub(super) async fn confirm(&self) -> Result<()> {
        let mut pipe = redis::pipe();
        pipe.cmd("INFO").arg("replication").cmd("TIME");
        let sent_at = local_now();
        let mut replies = self.send(&pipe, Asked::Read).await?.into_iter();
        if let Some(Ok(text)) = replies.next().map(String::from_redis_value) {
            self.learn_reign(&text, sent_at);
        }
        if let Some(time) = replies.next() {
            self.learn_time(time, sent_at);
        }
        Ok(())
    }

    /// Takes note of the reign as a script saw it.
    pub(super) fn confirm_reign(&self, reign: &str, sent_at: Timestamp) {
        if let Some(half) = reign.strip_prefix(&self.0.run) {
            self.confirm_half(half, sent_at);
        }
    }

    /// Takes note of the reign in `INFO replication`, asked for at `sent_at`, and gives it.
    pub(super) fn learn_reign(&self, replication: &str, sent_at: Timestamp) -> String {
        let half = half(replication, "master_replid:");
        self.confirm_half(&half, sent_at);
        format!("{}{half}", self.0.run)
    }

    /// An answer to an older question says nothing any more.
    fn confirm_half(&self, half: &str, sent_at: Timestamp) {
        let mut learnt = self.0.replication.lock();
        if learnt.asked_at.is_none_or(|asked_at| asked_at <= sent_at) {
            *learnt = Learnt { asked_at: Some(sent_at), half: half.to_owned() };
        }
    }

    /// The reign of the server at the other end.
    pub(super) fn reign(&self) -> String {
        format!("{}{}", self.0.run, self.0.replication.lock().half)
    }

    /// The half of the reign that scripts cannot see themselves without asking twice.
    pub(super) fn run(&self) -> &str {
        &self.0.run
    }

    /// What time it is at the server, at the latest.
    pub(super) fn now(&self) -> Timestamp {
        let local = i64::try_from(local_now().as_millis()).unwrap_or(i64::MAX);
        let server = local.saturating_add(self.0.offset.load(Ordering::Relaxed));
        Timestamp::from_millis(u64::try_from(server).unwrap_or(0))
    }

    /// What time it is at the server, at the earliest: what expires then has expired for everyone.
    pub(super) fn earliest(&self) -> Timestamp {
        let local = i64::try_from(local_now().as_millis()).unwrap_or(i64::MAX);
        let server = local.saturating_add(self.0.least_offset.load(Ordering::Relaxed));
        Timestamp::from_millis(u64::try_from(server).unwrap_or(0))
    }

    /// Whether the server expires fields of a hash by itself.
    pub(super) fn expires_fields(&self) -> bool {
        self.0.expires_fields
    }

    pub(super) fn is_dead(&self) -> bool {
        self.0.is_dead.load(Ordering::SeqCst)
    }

    /// Nobody shall use this line any more.
    pub(super) fn give_up(&self) {
        self.0.is_dead.store(true, Ordering::SeqCst);
    }

    fn learn_time(&self, time: Value, sent_at: Timestamp) {
        let Ok((seconds, micros)) = <(u64, u64)>::from_redis_value(time) else { return };
        // The latest that it can be there now: as if the answer had been given when the question was
        // sent. So what a script has expired "now" has expired for every reader who asks after it.
        let server = seconds.saturating_mul(1_000).saturating_add(micros / 1_000);
        let offset = i128::from(server) - i128::from(sent_at.as_millis()) + CLOCK_GRAIN;
        let least = i128::from(server) - i128::from(local_now().as_millis()) - CLOCK_GRAIN;
        self.0.least_offset.store(i64::try_from(least).unwrap_or(0), Ordering::Relaxed);
        self.0.offset.store(i64::try_from(offset).unwrap_or(0), Ordering::Relaxed);
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("server", &self.0.server)
            .field("dead", &self.is_dead())
            .finish()
    }
}

/// The local time by which moments of one process are compared with each other.
pub(super) fn local_now() -> Timestamp {
    Clock::system().now()
}

async fn send(connection: &MultiplexedConnection, pipe: &Pipeline) -> RedisResult<Vec<Value>> {
    let replies = connection.clone().send_packed_commands(pipe, 0, pipe.len()).await?;
    let named = pipe
        .cmd_iter()
        .zip(replies)
        .map(|(command, reply)| own_error(reply).map_err(|error| naming_the_key(error, command)));
    named.collect()
}

/// The error that a reply is. One that is only a part of it, as of what `EXEC` ran, is left to the
/// caller: the rest may have happened.
fn own_error(reply: Value) -> RedisResult<Value> {
    match reply {
        Value::ServerError(error) => Err(error.into()),
        reply => Ok(reply),
    }
}

/// A server does not say which key was of the wrong type; the command that it refused does.
fn naming_the_key(error: RedisError, command: &Cmd) -> RedisError {
    let key = command.args_iter().nth(1);
    match (error.code(), key) {
        (Some("WRONGTYPE"), Some(Arg::Simple(key))) => make_extension_error(
            "WRONGTYPE".to_owned(),
            Some(format!("the key {} holds something else", String::from_utf8_lossy(key))),
        ),
        _ => error,
    }
}

/// Whether the line is lost, or leads to a server that is no master of its own any more: then all that
/// was learnt of it must be learnt again.
fn is_the_end(error: &RedisError) -> bool {
    matches!(error.code(), Some("READONLY" | "LOADING" | "MASTERDOWN" | "MOVED" | "NOAUTH"))
        || error.kind() == ErrorKind::Parse
        || error.is_io_error()
        || error.is_connection_dropped()
}

/// The first sixteen letters of what follows a name in the text of `INFO`: random already.
fn half(info: &str, name: &str) -> String {
    let value = info.lines().find_map(|line| line.strip_prefix(name));
    value.unwrap_or_default().chars().take(16).collect()
}

/// Whether `COMMAND INFO` knows the command that it was asked for.
fn knows(reply: &Value) -> bool {
    matches!(reply, Value::Array(commands) if commands.iter().any(|c| !matches!(c, Value::Nil)))
}

/// Two clocks that are read in whole milliseconds, and the little by which they go apart until the next
/// heartbeat.
const CLOCK_GRAIN: i128 = 3;
