//! Transactions: `WATCH`, then a pipelined `MULTI`, on a line of their own.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use redis::{Pipeline, Value};

use super::Redis;
use super::error::Asked;
use super::layout;
use super::line::Line;
use super::lines::Lines;
use super::read::{garbled, read, validated};
use super::script::COMMIT;
use super::write::{ATTEMPTS, Lives, first_number, sealed, stores};
use crate::backend::{Act, Address, Ask, Change, Commit, Expiry, Found, Id, Outcome, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::tasks::Tasks;

/// A transaction under way.
pub(super) struct Transaction {
    lines: Arc<Lines>,
    tasks: Arc<Tasks>,
    who: Arc<str>,
    /// None before the first read or the commit.
    line: Option<Line>,
    /// The fences of the regions that are watched: those that stood, from the namespace's down.
    watched: HashMap<Address, Vec<Id>>,
    /// Whether anything was read: then the closure must run again on a conflict.
    has_read: bool,
}

impl Redis {
    pub(super) fn transaction(&self, _: &Address) -> Transaction {
        Transaction {
            lines: Arc::clone(&self.lines),
            tasks: Arc::clone(&self.tasks),
            who: Arc::clone(&self.who),
            line: None,
            watched: HashMap::new(),
            has_read: false,
        }
    }
}

#[async_trait]
impl Session for Transaction {
    async fn read(&mut self, region: &Address, keys: &[Key]) -> Result<Vec<Option<Found>>> {
        let line = self.line().await?;
        let mut watch = watch_fences(region);
        watch.cmd("WATCH").arg(layout::entries(region));
        let (found, standing) = read(&line, region, keys, Ask::Values, &watch).await?;
        self.has_read = true;
        // Seen twice and not the same: a watched fence changed, and the commit will say so.
        self.watched.entry(region.clone()).or_insert(standing.ids);
        Ok(found)
    }

    async fn commit(mut self: Box<Self>, changes: Vec<Change>) -> Result<Commit> {
        self.commit_all(changes).await
    }
}

impl Transaction {
    /// Commits. Where nothing was read, a conflict only means that the values must be stamped anew.
    pub(super) async fn commit_all(&mut self, changes: Vec<Change>) -> Result<Commit> {
        for _ in 0..ATTEMPTS {
            let commit = self.try_commit(&changes).await?;
            if self.has_read || commit != Commit::Conflict {
                return Ok(commit);
            }
        }
        Ok(Commit::Conflict)
    }

    async fn try_commit(&mut self, changes: &[Change]) -> Result<Commit> {
        let line = self.line().await?;
        let mut by_region: BTreeMap<&Address, Vec<&Change>> = BTreeMap::new();
        for change in changes {
            by_region.entry(&change.region).or_default().push(change);
        }
        for region in by_region.keys() {
            if !self.watched.contains_key(*region) {
                let watch = watch_fences(region);
                let (_, standing, _) = validated(&line, region, watch, 1).await?;
                self.watched.insert((*region).clone(), standing.ids);
            }
        }
        let mut pipe = redis::pipe();
        pipe.cmd("MULTI");
        let mut made = HashMap::new();
        for (region, changes) in &by_region {
            let stamp = if changes.iter().any(|change| stores(change)) {
                Some(self.stand(&mut pipe, region, changes, &mut made, &line))
            } else {
                None
            };
            self.put_region(&mut pipe, region, changes, stamp, &line);
        }
        pipe.cmd("EXEC");
        let outcomes = changes.iter().map(outcome).collect();
        // From here on the line is only given back once it has answered.
        self.line = None;
        self.watched.clear();
        let replies = line.send(&pipe, Asked::Change).await;
        match executed(replies?)? {
            false => {
                self.line = Some(line);
                Ok(Commit::Conflict)
            }
            true => {
                self.lines.give_back(line);
                Ok(Commit::Applied(outcomes))
            }
        }
    }

    /// Makes the fences of a region stand where they do not; its stamp. They are watched, so what is
    /// absent now is absent when the `MULTI` runs.
    fn stand(
        &self,
        pipe: &mut Pipeline,
        region: &Address,
        changes: &[&Change],
        made: &mut HashMap<Address, Id>,
        line: &Line,
    ) -> Id {
        let owned: Vec<Change> = changes.iter().map(|change| (*change).clone()).collect();
        let lives = Lives::of(&owned, line.now());
        let standing = self.watched.get(region).map(Vec::as_slice).unwrap_or_default();
        let mut above: Option<Id> = None;
        let mut parent: Option<Address> = None;
        for (level, at) in layout::levels(region).into_iter().enumerate() {
            let known = standing.get(level).or_else(|| made.get(&at)).copied();
            let own = known.unwrap_or_else(|| {
                let own = Id::random();
                made.insert(at.clone(), own);
                let text = layout::fence_text(level, own, above, &line.reign());
                pipe.cmd("SET").arg(layout::fence(&at)).arg(text);
                if let Some(parent) = &parent {
                    pipe.cmd("UNLINK").arg(layout::entries(&at)).arg(layout::leases(&at));
                    let name = at.path().rsplit('.').next().unwrap_or_default();
                    pipe.cmd("SADD").arg(layout::children(parent)).arg(name);
                }
                own
            });
            (above, parent) = (Some(own), Some(at));
        }
        // The script that ends the region's changes gives all of these their lives.
        let _ = lives;
        above.unwrap_or(Id::NONE)
    }

    /// The changes of one region: fields that are stored in one `HSET`, the others after it.
    fn put_region(
        &self,
        pipe: &mut Pipeline,
        region: &Address,
        changes: &[&Change],
        stamp: Option<Id>,
        line: &Line,
    ) {
        let now = line.now();
        let hash = layout::entries(region);
        let mut stored: Vec<(Vec<u8>, Vec<u8>, String)> = Vec::new();
        let (mut removed, mut expired) = (Vec::new(), Vec::new());
        for (change, next) in changes.iter().zip(changes.iter().skip(1).map(Some).chain([None])) {
            let key = change.key.as_bytes().to_vec();
            match (&change.act, stamp) {
                (
                    Act::Put { draft, expiry, keep, .. } | Act::Add { draft, expiry, keep, .. },
                    Some(stamp),
                ) => {
                    // What is stored only to be expired is stored as expired.
                    let expires = next.is_some_and(|next| next.key == change.key);
                    let expiry = if expires { Expiry::At(now) } else { *expiry };
                    let (envelope, gone) = sealed(draft, expiry, *keep, stamp, now);
                    stored.push((key, envelope, gone));
                }
                (Act::Expire, _) => {
                    if stored.last().is_none_or(|(last, ..)| *last != key) {
                        expired.push(key);
                    }
                }
                _ => removed.push(key),
            }
        }
        let owned: Vec<Change> = changes.iter().map(|change| (*change).clone()).collect();
        let lives = Lives::of(&owned, now);
        // Only the script can give a new hash its life; so it stores the first entry itself.
        pipe.cmd("EVAL").arg(COMMIT.text()).arg(1).arg(&hash);
        pipe.arg(layout::prefix(region)).arg(region.path()).arg(&*self.who).arg(first_number());
        pipe.arg(lives.region).arg(lives.mode).arg(lives.fences());
        match stored.first() {
            Some((key, envelope, _)) => pipe.arg("1").arg(key).arg(envelope),
            None => pipe.arg("0").arg("").arg(""),
        };
        pipe.arg(expired.len()).arg(&expired).arg(&removed);
        for (key, ..) in &stored {
            pipe.arg(key);
        }
        if stored.len() > 1 {
            pipe.cmd("HSET").arg(&hash);
            for (key, envelope, _) in stored.iter().skip(1) {
                pipe.arg(key).arg(envelope);
            }
        }
        if line.expires_fields() {
            for (key, _, gone) in stored.iter().filter(|(_, _, gone)| !gone.is_empty()) {
                pipe.cmd("HPEXPIREAT").arg(&hash).arg(gone).arg("FIELDS").arg(1).arg(key);
            }
        }
        if !removed.is_empty() {
            pipe.cmd("HDEL").arg(&hash).arg(&removed);
        }
    }

    async fn line(&mut self) -> Result<Line> {
        if let Some(line) = &self.line {
            return Ok(line.clone());
        }
        let line = self.lines.own().await?;
        self.line = Some(line.clone());
        Ok(line)
    }
}

impl Drop for Transaction {
    /// What is watched must be let go before another transaction uses the line.
    fn drop(&mut self) {
        let Some(line) = self.line.take() else { return };
        let lines = Arc::clone(&self.lines);
        self.tasks.run(async move {
            let mut pipe = redis::pipe();
            pipe.cmd("UNWATCH");
            if line.send(&pipe, Asked::Read).await.is_ok() {
                lines.give_back(line);
            }
        });
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}

fn watch_fences(region: &Address) -> Pipeline {
    let mut pipe = redis::pipe();
    pipe.cmd("WATCH");
    for level in layout::levels(region) {
        pipe.arg(layout::fence(&level));
    }
    pipe
}

/// Whether `EXEC` ran the commands; each one's own reply is looked at.
fn executed(replies: Vec<Value>) -> Result<bool> {
    match replies.into_iter().next_back() {
        Some(Value::Nil) => Ok(false),
        Some(Value::Array(replies)) => {
            let failed = replies.into_iter().find(|reply| matches!(reply, Value::ServerError(_)));
            match failed {
                None => Ok(true),
                Some(reply) => Err(Error::new(
                    ErrorKind::WrongType,
                    format!(
                        "a part of a transaction could not be applied, the rest was: {reply:?}"
                    ),
                )),
            }
        }
        _ => Err(garbled()),
    }
}

fn outcome(change: &Change) -> Outcome {
    match &change.act {
        Act::Put { .. } => Outcome::Stored,
        Act::Remove => Outcome::Removed(None),
        Act::Expire => Outcome::Expired(None),
        Act::Add { delta, .. } => Outcome::Sum(*delta),
    }
}
