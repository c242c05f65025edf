//! Scripts: run by their digest, loaded where the server does not know them.

use std::sync::LazyLock;

use redis::{Cmd, FromRedisValue, RedisError, RedisResult, Value};

use super::error::Asked;
use super::line::Line;
use crate::error::Result;

/// A script with its digest.
pub(super) struct Script {
    text: String,
    digest: String,
}

/// A call of a script, with its arguments so far.
pub(super) struct Call<'a> {
    script: &'a Script,
    arguments: Vec<Vec<u8>>,
}

macro_rules! scripts {
    ($($name:ident: $($part:literal)+;)*) => {
        $(
            pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
                Script::new(concat!($(include_str!(concat!("scripts/", $part, ".lua"))),+))
            });
        )*
    };
}

scripts! {
    LEASE: "path" "lease";
    RENEW: "path" "renew";
    GUARD: "path" "guards" "guard";
    UNGUARD: "path" "guards" "unguard";
    RELEASE: "path" "release";
    WRITE: "path" "write";
    INVALIDATE: "path" "walk" "invalidate";
    CLAIM: "path" "walk" "claim";
    STAND: "path" "stand";
    STEP: "path" "walk" "step";
    CHILDREN: "path" "children";
    COMMIT: "commit";
    OPEN: "path" "open";
    CLOSE: "path" "close";
    TAKE_UP: "path" "take_up";
}

impl Script {
    fn new(text: &str) -> Self {
        let digest = redis::Script::new(text).get_hash().to_owned();
        Self { text: text.to_owned(), digest }
    }

    /// The whole text, for where the digest would not do.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn call(&self) -> Call<'_> {
        Call { script: self, arguments: Vec::new() }
    }
}

impl Call<'_> {
    pub(super) fn arg(mut self, argument: impl Into<Vec<u8>>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Runs the script on `key`'s slot. A server that does not know it is given the text; that is no
    /// second sending, because a script that was not known has not run.
    pub(super) async fn run(self, line: &Line, key: &str, asked: Asked) -> Result<Vec<Value>> {
        let reply = self.reply(line, key).await.and_then(|reply| Ok(Vec::from_redis_value(reply)?));
        reply.map_err(|error| line.explain(error, asked))
    }

    /// The same for a script whose answer says nothing.
    pub(super) async fn run_for_nothing(self, line: &Line, key: &str, asked: Asked) -> Result<()> {
        self.reply(line, key).await.map(|_| ()).map_err(|error| line.explain(error, asked))
    }

    async fn reply(&self, line: &Line, key: &str) -> RedisResult<Value> {
        match line.try_one(&self.command("EVALSHA", &self.script.digest, key)).await {
            Err(error) if is_unknown(&error) => {
                line.try_one(&self.command("EVAL", &self.script.text, key)).await
            }
            reply => reply,
        }
    }

    fn command(&self, verb: &str, script: &str, key: &str) -> Cmd {
        let mut command = redis::cmd(verb);
        command.arg(script).arg(1).arg(key);
        for argument in &self.arguments {
            command.arg(argument.as_slice());
        }
        command
    }
}

fn is_unknown(error: &RedisError) -> bool {
    error.code() == Some("NOSCRIPT")
}
