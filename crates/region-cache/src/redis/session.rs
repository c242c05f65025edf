//! Transactions: `WATCH`, then a pipelined `MULTI`, on a line of their own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use redis::{Pipeline, Value};

use super::Redis;
use super::error::Asked;
use super::layout::{self, Standing};
use super::line::Line;
use super::lines::OwnLine;
use super::multi::Multi;
use super::read::{garbled, read, validated};
use super::write::{ATTEMPTS, stores};
use crate::backend::{Act, Address, Ask, Change, Commit, Found, Id, Outcome, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;

/// A transaction under way.
pub(super) struct Transaction {
    backend: Redis,
    /// None before the first read or the commit.
    line: Option<OwnLine>,
    /// The fences of the regions that are watched: those that stood, from the namespace's down.
    watched: HashMap<Address, Vec<Id>>,
    /// Regions among them in which nothing can be stored.
    closed: HashSet<Address>,
    /// Whether anything was read: then the closure must run again on a conflict.
    has_read: bool,
    /// Whether what is watched was disturbed by this transaction itself.
    is_broken: bool,
}

impl Redis {
    pub(super) fn transaction(&self, _: &Address) -> Transaction {
        Transaction {
            backend: self.clone(),
            line: None,
            watched: HashMap::new(),
            closed: HashSet::new(),
            has_read: false,
            is_broken: false,
        }
    }
}

#[async_trait]
impl Session for Transaction {
    async fn read(&mut self, region: &Address, keys: &[Key]) -> Result<Vec<Option<Found>>> {
        let (mut found, mut standing) = self.watch_and_read(region, keys).await?;
        if standing.is_closed {
            // It reads as absent, and the opening will disturb what is watched.
            self.closed.insert(region.clone());
        } else if standing.own().is_none() {
            // An absent fence cannot be watched: an invalidation where nothing stands changes nothing
            // that is stored. So it is made to stand, which disturbs what is watched already.
            self.backend.stand(region).await?;
            if self.watched.is_empty() {
                self.unwatch().await?;
                (found, standing) = self.watch_and_read(region, keys).await?;
            } else {
                self.is_broken = true;
            }
        }
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
        if self.is_broken {
            return Ok(Commit::Conflict);
        }
        let line = self.line().await?;
        let mut by_region: BTreeMap<&Address, Vec<&Change>> = BTreeMap::new();
        for change in changes {
            by_region.entry(&change.region).or_default().push(change);
        }
        for region in by_region.keys() {
            if !self.watched.contains_key(*region) {
                let mut watch = watch_fences(region);
                let is_known = self.backend.beliefs.get(region).is_some();
                if !is_known {
                    look_at_all(&mut watch, &layout::levels(region));
                }
                let (_, standing) = validated(&line, region, watch, 0).await?;
                if is_known && standing.own().is_none() {
                    let mut look = redis::pipe();
                    look_at_all(&mut look, &layout::levels(region));
                    line.send(&look, Asked::Read).await?;
                }
                if standing.is_closed {
                    self.closed.insert((*region).clone());
                }
                self.watched.insert((*region).clone(), standing.ids);
            }
        }
        for (region, changes) in &by_region {
            if self.closed.contains(*region) && changes.iter().any(|change| stores(change)) {
                return Err(guarded(region));
            }
        }
        let mut multi = Multi::begin(&line, &self.backend.who);
        for (region, changes) in &by_region {
            let standing = self.watched.get(*region).map(Vec::as_slice).unwrap_or_default();
            multi.change(region, changes, standing);
        }
        let pipe = multi.end();
        let outcomes = changes.iter().map(outcome).collect();
        // From here on the line is only given back once it has answered.
        let own = self.line.take();
        self.watched.clear();
        self.closed.clear();
        let replies = line.send(&pipe, Asked::Change).await;
        let is_applied = executed(replies?)?;
        // Applied or not, nothing is watched any more: the next transaction may have the line.
        own.into_iter().for_each(|own| self.backend.lines.give_back(own));
        Ok(if is_applied { Commit::Applied(outcomes) } else { Commit::Conflict })
    }

    async fn watch_and_read(
        &mut self,
        region: &Address,
        keys: &[Key],
    ) -> Result<(Vec<Option<Found>>, Standing)> {
        let line = self.line().await?;
        let mut watch = watch_fences(region);
        watch.cmd("WATCH").arg(layout::entries(region));
        read(&line, region, keys, Ask::Values, &watch).await
    }

    async fn unwatch(&mut self) -> Result<()> {
        let mut pipe = redis::pipe();
        pipe.cmd("UNWATCH");
        self.line().await?.send(&pipe, Asked::Read).await.map(|_| ())
    }

    async fn line(&mut self) -> Result<Line> {
        if let Some(own) = &self.line {
            return Ok(own.line.clone());
        }
        let own = self.backend.lines.own().await?;
        Ok(self.line.insert(own).line.clone())
    }
}

impl Drop for Transaction {
    /// What is watched must be let go before another transaction uses the line.
    fn drop(&mut self) {
        let Some(line) = self.line.take() else { return };
        let lines = Arc::clone(&self.backend.lines);
        self.backend.tasks.run(async move { lines.unwatch(line).await });
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}

/// Watches a region's fences, and looks at all that the `MULTI` may touch: somebody else's keys under
/// our names are to be found before anything is written, because what it has begun it does not undo.
fn watch_fences(region: &Address) -> Pipeline {
    let mut pipe = redis::pipe();
    pipe.cmd("WATCH");
    for level in layout::levels(region) {
        pipe.arg(layout::fence(&level));
    }
    for level in layout::levels(region) {
        pipe.cmd("SCARD").arg(layout::children(&level));
    }
    pipe.cmd("HLEN").arg(layout::entries(region));
    pipe.cmd("HLEN").arg(layout::leases(region));
    pipe.cmd("GET").arg(layout::count(region));
    pipe
}

/// Looks at the keys that making the regions stand would replace.
fn look_at_all(pipe: &mut Pipeline, levels: &[Address]) {
    for level in levels {
        pipe.cmd("GET").arg(layout::fence(level));
        if !level.is_top() {
            pipe.cmd("HLEN").arg(layout::entries(level));
            pipe.cmd("HLEN").arg(layout::leases(level));
        }
    }
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
                    ErrorKind::Unconfirmed,
                    format!(
                        "a part of a transaction could not be applied, the rest was: {reply:?}"
                    ),
                )),
            }
        }
        _ => Err(garbled(Asked::Change)),
    }
}

fn guarded(region: &Address) -> Error {
    let message = format!(
        "region `{region}`, or one above it, is closed by a guard, because a commit is under way after which \
         it is invalidated; nothing was written, try again in a moment"
    );
    Error::new(ErrorKind::Conflict, message)
}

fn outcome(change: &Change) -> Outcome {
    match &change.act {
        Act::Put { .. } => Outcome::Stored,
        Act::Remove => Outcome::Removed(None),
        Act::Expire => Outcome::Expired(None),
        Act::Add { delta, .. } => Outcome::Sum(*delta),
    }
}
