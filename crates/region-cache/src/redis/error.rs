//! What a server's errors mean, and what to do about them.

use redis::{ErrorKind as RedisKind, RedisError, ServerErrorKind};

use crate::error::{Error, ErrorKind};

/// What was being asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// To connect.
    Connection,
    /// To read: a lost answer leaves nothing in doubt.
    Read,
    /// To change something: after a lost answer it may or may not have happened.
    Change,
}

/// The error that users see. `server` names the server, without any secrets.
pub(super) fn explain(error: RedisError, asked: Asked, server: &str) -> Error {
    let (kind, sentence) = judge(&error, asked, server);
    let is_answer = is_refusal(&error);
    let explained = Error::new(kind, sentence).because(error);
    if is_answer { explained.answered() } else { explained }
}

/// Whether the server refused this one request, and is well otherwise.
fn is_refusal(error: &RedisError) -> bool {
    let text =
        format!("{} {}", error.code().unwrap_or_default(), error.detail().unwrap_or_default());
    ["OOM", "NOPERM", "ACL failure", "executing the script can't"]
        .iter()
        .any(|sign| text.contains(sign))
}

fn judge(error: &RedisError, asked: Asked, server: &str) -> (ErrorKind, String) {
    let code = error.code().unwrap_or_default();
    let detail = error.detail().unwrap_or_default();
    let said = if detail.is_empty() { code.to_owned() } else { format!("{code} {detail}") };
    // Within a script an older server says it in its own words, and `EXEC` at the end of its own.
    let code = match detail.split_once("because of: ") {
        Some((_, cause)) => cause.split(' ').next().unwrap_or_default(),
        None if detail.contains("executing the script can't")
            || detail.contains("ACL failure in script") =>
        {
            "NOPERM"
        }
        None => code,
    };
    match code {
        "WRONGPASS" | "NOAUTH" => (
            ErrorKind::Auth,
            format!(
                "{server} does not accept these credentials; check user and password in the URL"
            ),
        ),
        // Announcing comes last in a script: by then the change has happened.
        "NOPERM" if asked == Asked::Change && detail.contains("channel") => (
            ErrorKind::Unconfirmed,
            format!(
                "{server} does not let the user announce a change, which may have happened ({said}); \
                 its access list must allow the namespace's channels (`&<namespace>:*`)"
            ),
        ),
        "NOPERM" => (
            ErrorKind::Denied,
            format!(
                "{server} does not permit this to the user ({said}); its access list must allow the \
                 namespace's keys and channels (`~<namespace>:* &<namespace>:*`) and the commands"
            ),
        ),
        "GUARDED" => (
            ErrorKind::Conflict,
            format!(
                "region `{detail}` is closed by a guard, because a commit is under way after which it is \
                 invalidated; nothing was written, try again in a moment"
            ),
        ),
        "WRONGTYPE" => (
            ErrorKind::WrongType,
            format!(
                "{server} holds something else under one of the cache's keys: {detail}; choose \
                 another namespace, or remove that key"
            ),
        ),
        "OOM" => (
            ErrorKind::Unavailable,
            format!(
                "{server} is full (`maxmemory`) and may not evict anything; give it more memory \
                 or an eviction policy. Invalidating and removing still work"
            ),
        ),
        "READONLY" => (
            ErrorKind::Unavailable,
            format!("{server} is a replica, which takes no writes; connect to its master"),
        ),
        "LOADING" => (
            ErrorKind::Unavailable,
            format!("{server} is still loading its data; try again when it is ready"),
        ),
        "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN" => {
            (ErrorKind::Unavailable, format!("{server} cannot answer now: {said}"))
        }
        "BUSY" => (
            ErrorKind::Unavailable,
            format!("{server} is busy with a slow script of somebody's; `SCRIPT KILL` ends it"),
        ),
        "MOVED" | "ASK" | "CROSSSLOT" => (
            ErrorKind::Config,
            format!(
                "{server} is part of a cluster, which a `redis:` URL does not reach as a whole"
            ),
        ),
        _ => judge_connection(error, asked, server),
    }
}

fn judge_connection(error: &RedisError, asked: Asked, server: &str) -> (ErrorKind, String) {
    if error.is_connection_refusal() {
        let sentence = format!(
            "{server} refuses connections; is a server running there, and is the address right?"
        );
        return (ErrorKind::Unavailable, sentence);
    }
    // An answer that breaks off in the middle is lost as well.
    let is_garbled = error.kind() == RedisKind::Parse;
    if is_garbled && asked == Asked::Connection {
        let sentence = format!("what answers at {server} is not a Redis server");
        return (ErrorKind::Unavailable, sentence);
    }
    let is_lost =
        is_garbled || error.is_io_error() || error.is_connection_dropped() || error.is_timeout();
    match (is_lost, asked) {
        (true, Asked::Connection) => {
            (ErrorKind::Unavailable, format!("no connection to {server} could be made: {error}"))
        }
        (true, Asked::Read) => {
            (ErrorKind::Unavailable, format!("the connection to {server} was lost during a read"))
        }
        (true, Asked::Change) => (
            ErrorKind::Unconfirmed,
            format!(
                "the connection to {server} was lost before it confirmed a change; it may or may \
                 not have happened"
            ),
        ),
        (false, _) if matches!(error.kind(), RedisKind::Server(ServerErrorKind::ResponseError)) => {
            (ErrorKind::Other, format!("{server} refused a command: {error}"))
        }
        (false, _) => {
            (ErrorKind::Other, format!("{server} answered what was not expected: {error}"))
        }
    }
}
