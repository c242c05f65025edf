//! The bus on a server: messages by pub/sub, bindings in a hash, the journal in a capped stream.

use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use redis::{Cmd, FromRedisValue, Value};

use super::Redis;
use super::error::Asked;
use super::layout;
use super::read::garbled;
use super::script::{CLOSE, Call, OPEN, TAKE_UP};
use crate::backend::{Address, Id};
use crate::bus::{Bus, Claimed, Interest, Journal, News, Opened, Position, Topic};
use crate::error::{Error, Result};

#[async_trait]
impl Bus for Redis {
    async fn publish(&self, namespace: &str, topic: &Topic, message: &[u8]) -> Result<u64> {
        let mut command = redis::cmd("PUBLISH");
        command.arg(layout::channel(namespace, topic)).arg(message);
        number(self.one(&command, Asked::Change).await?)
    }

    fn subscribe(&self, namespace: &str, interest: Interest) -> BoxStream<'static, News> {
        self.listen(namespace, interest)
    }

    async fn bind(&self, namespace: &str, binding: &str) -> Result<()> {
        let mut command = redis::cmd("HSET");
        command.arg(layout::bindings(namespace)).arg(binding).arg("");
        self.one(&command, Asked::Change).await.map(drop)
    }

    async fn unbind(&self, namespace: &str, binding: &str) -> Result<bool> {
        let mut command = redis::cmd("HDEL");
        command.arg(layout::bindings(namespace)).arg(binding);
        number(self.one(&command, Asked::Change).await?).map(|removed| removed > 0)
    }

    async fn bindings(&self, namespace: &str) -> Result<Vec<String>> {
        let mut command = redis::cmd("HKEYS");
        command.arg(layout::bindings(namespace));
        texts(self.one(&command, Asked::Read).await?, Asked::Read)
    }

    async fn open(&self, namespace: &str, id: Id, entry: &str) -> Result<Opened> {
        let opened = self.open_entry(namespace, id, entry, None).await?;
        opened.ok_or_else(|| garbled(Asked::Change))
    }

    async fn adopt(
        &self,
        namespace: &str,
        digest: Id,
        window: Duration,
        id: Id,
        entry: &str,
    ) -> Result<Option<Opened>> {
        self.open_entry(namespace, id, entry, Some((digest, window))).await
    }

    async fn close(&self, namespace: &str, id: Id, topic: &Topic, message: &[u8]) -> Result<u64> {
        let channel = layout::channel(namespace, topic);
        let arguments = [id.to_string().into_bytes(), channel.into_bytes(), message.to_vec()];
        let reply = self.run(namespace, CLOSE.call(), arguments).await?;
        number(reply.into_iter().next().unwrap_or(Value::Nil))
    }

    async fn claim(&self, namespace: &str, idle: Duration) -> Result<Option<Claimed>> {
        let arguments = [idle.as_millis().to_string().into_bytes()];
        let reply = self.run(namespace, TAKE_UP.call(), arguments).await?;
        let mut texts = texts(Value::Array(reply), Asked::Change)?.into_iter();
        let Some(id) = texts.next() else { return Ok(None) };
        let claimed = Id::parse(&id).zip(texts.next());
        let (id, entry) = claimed.ok_or_else(|| garbled(Asked::Change))?;
        Ok(Some(Claimed { id, entry, bindings: texts.collect() }))
    }

    async fn journal(&self, namespace: &str, since: Option<Position>) -> Result<Journal> {
        let line = self.lines.shared().await?;
        let journal = layout::journal(namespace);
        let mut pipe = redis::pipe();
        pipe.cmd("XREVRANGE").arg(&journal).arg("+").arg("-").arg("COUNT").arg(1);
        pipe.cmd("XRANGE").arg(&journal).arg("-").arg("+").arg("COUNT").arg(1);
        pipe.cmd("XLEN").arg(&journal);
        let from = since.map_or_else(|| "+".to_owned(), |since| format!("({since}"));
        pipe.cmd("XRANGE").arg(&journal).arg(from).arg("+").arg("COUNT").arg(AT_ONCE);
        pipe.cmd("HKEYS").arg(layout::undone(namespace));
        let mut replies = line.send(&pipe, Asked::Read).await?.into_iter();
        let mut next = || replies.next().unwrap_or(Value::Nil);
        let (last, first, length) = (entries(next())?, entries(next())?, number(next())?);
        let new = entries(next())?;
        let undone = texts(next(), Asked::Read)?.iter().filter_map(|id| Id::parse(id)).collect();
        let position = |found: &[(Position, String)]| found.first().map(|(position, _)| *position);
        let (end, first) = (position(&last).unwrap_or_default(), position(&first));
        let Some(since) = since else {
            return Ok(Journal { end, undone, is_whole: true, ..Journal::default() });
        };
        let from_the_start = since == Position::default() && length < KEPT;
        let reaches_back = from_the_start || first.is_some_and(|first| first <= since);
        // One that ends before is another: a server went back.
        let is_whole = since == end || since < end && reaches_back;
        let has_more = new.len() >= AT_ONCE;
        let end = if has_more { new.last().map_or(end, |(position, _)| *position) } else { end };
        Ok(Journal { entries: new, end, undone, is_whole, has_more })
    }
}

impl Redis {
    async fn open_entry(
        &self,
        namespace: &str,
        id: Id,
        entry: &str,
        digest: Option<(Id, Duration)>,
    ) -> Result<Option<Opened>> {
        let (digest, window) = digest.map_or_else(Default::default, |(digest, window)| {
            (digest.to_string(), window.as_millis().to_string())
        });
        let arguments = [
            id.to_string(),
            entry.to_owned(),
            KEPT.to_string(),
            KEPT_FOR.to_string(),
            digest,
            window,
        ];
        let arguments = arguments.map(String::into_bytes);
        let reply = self.run(namespace, OPEN.call(), arguments).await?;
        let mut texts = texts(Value::Array(reply), Asked::Change)?.into_iter();
        let Some(position) = texts.next() else { return Ok(None) };
        let position = parse(&position).ok_or_else(|| garbled(Asked::Change))?;
        Ok(Some(Opened { position, bindings: texts.collect() }))
    }

    /// Runs a script on what belongs to the namespace as a whole.
    async fn run<const N: usize>(
        &self,
        namespace: &str,
        call: Call<'_>,
        arguments: [Vec<u8>; N],
    ) -> Result<Vec<Value>> {
        let line = self.lines.shared().await?;
        let call = call.arg(namespace).arg("").arg(line.run());
        let call = arguments.into_iter().fold(call, Call::arg);
        let top = Address::parse(namespace, "")?;
        call.run(&line, &layout::fence(&top), Asked::Change).await
    }

    async fn one(&self, command: &Cmd, asked: Asked) -> Result<Value> {
        let line = self.lines.shared().await?;
        line.try_one(command).await.map_err(|error| line.explain(error, asked))
    }
}

fn number(reply: Value) -> Result<u64> {
    u64::from_redis_value(reply).map_err(|_| garbled(Asked::Change))
}

fn texts(reply: Value, asked: Asked) -> Result<Vec<String>> {
    Vec::from_redis_value(reply).map_err(|_| garbled(asked))
}

/// What `XRANGE` gives: of each entry its position and its one field.
fn entries(reply: Value) -> Result<Vec<(Position, String)>> {
    let unclear = || -> Error { garbled(Asked::Read) };
    let all = Vec::<(String, Vec<String>)>::from_redis_value(reply).map_err(|_| unclear())?;
    let entry =
        |(position, mut fields): (String, Vec<String>)| Some((parse(&position)?, fields.pop()?));
    all.into_iter().map(|found| entry(found).ok_or_else(unclear)).collect()
}

fn parse(position: &str) -> Option<Position> {
    let (major, minor) = position.split_once('-')?;
    Some(Position { major: major.parse().ok()?, minor: minor.parse().ok()? })
}

/// How many journal entries are kept at least.
const KEPT: u64 = 10_000;

/// For how long, in milliseconds, after the last.
const KEPT_FOR: u64 = 7 * 24 * 3_600 * 1_000;

/// How many come at once.
const AT_ONCE: usize = 500;
