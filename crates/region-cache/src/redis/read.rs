//! Reading: the values first, then the fences, in one pipeline on one line.

use std::collections::HashMap;

use redis::{FromRedisValue, Pipeline, Value};

use super::Redis;
use super::error::Asked;
use super::layout::{self, Standing};
use super::line::{Line, local_now};
use crate::backend::{Address, Ask, Cursor, Envelope, Found, Life, Page};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::time::Timestamp;

impl Redis {
    pub(super) async fn read_many(
        &self,
        region: &Address,
        keys: &[Key],
        ask: Ask,
    ) -> Result<Vec<Option<Found>>> {
        let reader = self.gather.enter();
        if !reader.is_alone
            && keys.len() <= MOST_IN_COMPANY
            && let Some(found) = self.read_together(region, keys, ask).await
        {
            return Ok(found);
        }
        self.read_alone(region, keys, ask).await
    }

    async fn read_alone(
        &self,
        region: &Address,
        keys: &[Key],
        ask: Ask,
    ) -> Result<Vec<Option<Found>>> {
        let line = self.lines.shared().await?;
        read(&line, region, keys, ask, &redis::pipe()).await.map(|(found, standing)| {
            if let Some(own) = standing.own() {
                self.beliefs.saw(region, own);
            }
            found
        })
    }

    pub(super) async fn page(
        &self,
        region: &Address,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<Page> {
        let line = self.lines.shared().await?;
        let cursor = from.map_or_else(|| b"0".to_vec(), |Cursor(cursor)| cursor);
        let mut pipe = redis::pipe();
        pipe.cmd("HSCAN").arg(layout::entries(region)).arg(cursor);
        pipe.arg("COUNT").arg(limit.min(MOST_AT_ONCE));
        let (mut replies, standing) = validated(&line, region, pipe, 1).await?;
        let page = replies.pop().map(<(Vec<u8>, Vec<(Vec<u8>, Vec<u8>)>)>::from_redis_value);
        let Some(Ok((next, entries))) = page else { return Err(garbled(Asked::Read)) };
        let now = line.now();
        let entries = entries.into_iter().filter_map(|(key, bytes)| {
            let found = judge(Some(bytes), &standing, now, None)?;
            found.is_fresh().then(|| (Key::from(key), found))
        });
        let next = (next != b"0").then_some(Cursor(next));
        Ok(Page { entries: entries.collect(), next })
    }
}

/// Sends `first` and a read of keys together; what was found, and the fences.
pub(super) async fn read(
    line: &Line,
    region: &Address,
    keys: &[Key],
    ask: Ask,
    first: &Pipeline,
) -> Result<(Vec<Option<Found>>, Standing)> {
    let hash = layout::entries(region);
    let mut pipe = first.clone();
    let ahead = first.len();
    pipe.cmd("HMGET").arg(&hash);
    for key in keys {
        pipe.arg(key.as_bytes());
    }
    if ask == Ask::Lives {
        pipe.cmd("PTTL").arg(&hash);
    }
    let own = ahead + 1 + usize::from(ask == Ask::Lives);
    let (replies, standing) = validated(line, region, pipe, own).await?;
    let mut replies = replies.into_iter().skip(ahead);
    let values = replies.next().map(Vec::<Option<Vec<u8>>>::from_redis_value);
    let Some(Ok(values)) = values else { return Err(garbled(Asked::Read)) };
    let left = replies.next().and_then(|left| i64::from_redis_value(left).ok());
    let now = line.now();
    Ok((values.into_iter().map(|bytes| judge(bytes, &standing, now, left)).collect(), standing))
}

/// Sends commands, and after them asks for the fences of a region's path and for the server's reign, by
/// which the fences are judged. Gives the replies of the `own` first commands.
///
/// The reign is asked for every time: a connection may outlive a demotion of its server, and a promotion
/// after it, and would not notice.
pub(super) async fn validated(
    line: &Line,
    region: &Address,
    pipe: Pipeline,
    own: usize,
) -> Result<(Vec<Value>, Standing)> {
    let (replies, standings) = validated_all(line, &[region], pipe, own).await?;
    let standing = standings.into_iter().next();
    Ok((replies, standing.ok_or_else(|| garbled(Asked::Read))?))
}

/// The same for several regions.
pub(super) async fn validated_all(
    line: &Line,
    regions: &[&Address],
    mut pipe: Pipeline,
    own: usize,
) -> Result<(Vec<Value>, Vec<Standing>)> {
    pipe.cmd("MGET");
    let mut places: HashMap<Address, usize> = HashMap::new();
    let paths: Vec<Vec<usize>> = regions
        .iter()
        .map(|region| {
            let place = |level: Address| match places.get(&level) {
                Some(place) => *place,
                None => {
                    pipe.arg(layout::fence(&level));
                    let place = places.len();
                    places.insert(level, place);
                    place
                }
            };
            layout::levels(region).into_iter().map(place).collect()
        })
        .collect();
    pipe.cmd("INFO").arg("replication");
    let sent_at = local_now();
    let mut replies = line.send(&pipe, Asked::Read).await?;
    let Some(Ok(replication)) = replies.pop().map(String::from_redis_value) else {
        return Err(garbled(Asked::Read));
    };
    let reign = line.learn_reign(&replication, sent_at);
    let fences = replies.pop().map(Vec::<Option<String>>::from_redis_value);
    let Some(Ok(fences)) = fences else { return Err(garbled(Asked::Read)) };
    let judge = |path: &Vec<usize>| {
        let fences = path.iter().map(|place| fences.get(*place).cloned().flatten());
        Standing::judge(&fences.collect::<Vec<_>>(), &reign)
    };
    let standings = paths.iter().map(judge).collect();
    replies.truncate(own);
    Ok((replies, standings))
}

/// What stored bytes count for: absent without a standing fence of their own.
pub(super) fn judge(
    bytes: Option<Vec<u8>>,
    standing: &Standing,
    now: Timestamp,
    hash_left: Option<i64>,
) -> Option<Found> {
    let envelope = Envelope::parse(bytes?.into()).filter(|e| Some(e.stamp()) == standing.own())?;
    let own = envelope.expires_at().map(|expiry| (expiry, expiry.since(now)));
    let hash =
        hash_left.and_then(|left| u64::try_from(left).ok()).map(std::time::Duration::from_millis);
    let life = match own {
        Some((expiry, _)) if expiry <= now => Life::Over(now.since(expiry)),
        own => match [own.map(|(_, left)| left), hash].into_iter().flatten().min() {
            Some(left) => Life::For(left),
            None => Life::Forever,
        },
    };
    Some(Found { envelope, life })
}

/// The error of an answer that cannot be understood.
pub(super) fn garbled(asked: Asked) -> Error {
    let (kind, doubt) = match asked {
        Asked::Change => (ErrorKind::Unconfirmed, "; the change may or may not have happened"),
        Asked::Read | Asked::Connection => (ErrorKind::Other, ""),
    };
    let message = format!(
        "the Redis server answered in a form that is not its commands' own; is a proxy in \
         between?{doubt}"
    );
    Error::new(kind, message)
}

/// A read of more keys than that goes alone.
const MOST_IN_COMPANY: usize = 64;

/// How many entries one page asks for: their values come along, and may be large.
const MOST_AT_ONCE: usize = 100;
