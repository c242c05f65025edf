//! The bus within this process.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use parking_lot::Mutex;

use crate::backend::Id;
use crate::bus::{Bus, Claimed, Interest, Journal, News, Opened, Position, Topic};
use crate::error::Result;
use crate::local::Messages;
use crate::name::Address;
use crate::time::{Clock, Timestamp};

/// What caches in this process tell each other.
#[derive(Debug)]
pub(crate) struct LocalBus {
    boards: Mutex<HashMap<String, Board>>,
    messages: Messages,
    clock: Clock,
}

/// What is kept of one namespace.
#[derive(Debug, Default)]
struct Board {
    bindings: BTreeSet<String>,
    /// Capped, the oldest first.
    journal: VecDeque<(Position, String)>,
    end: Position,
    /// Entries that are not done, and when somebody was last at work on each.
    undone: BTreeMap<Id, (Timestamp, String)>,
    adopted: HashMap<Id, Timestamp>,
}

impl LocalBus {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { boards: Mutex::default(), messages: Messages::new(), clock }
    }

    /// Tells of an invalidation.
    pub(super) fn announce(&self, target: &Address) {
        self.messages.announce(target);
    }

    fn board<T>(&self, namespace: &str, visit: impl FnOnce(&mut Board, Timestamp) -> T) -> T {
        visit(self.boards.lock().entry(namespace.to_owned()).or_default(), self.clock.now())
    }
}

impl Board {
    fn open(&mut self, id: Id, entry: &str, now: Timestamp) -> Opened {
        self.end.minor += 1;
        self.journal.push_back((self.end, entry.to_owned()));
        if self.journal.len() > KEPT {
            self.journal.pop_front();
        }
        self.undone.insert(id, (now, entry.to_owned()));
        Opened { position: self.end, bindings: self.bindings() }
    }

    fn bindings(&self) -> Vec<String> {
        self.bindings.iter().cloned().collect()
    }
}

#[async_trait]
impl Bus for LocalBus {
    async fn publish(&self, namespace: &str, topic: &Topic, message: &[u8]) -> Result<u64> {
        Ok(self.messages.send(namespace, topic, message))
    }

    fn subscribe(&self, namespace: &str, interest: Interest) -> BoxStream<'static, News> {
        self.messages.subscribe(namespace, interest)
    }

    async fn bind(&self, namespace: &str, binding: &str) -> Result<()> {
        self.board(namespace, |board, _| board.bindings.insert(binding.to_owned()));
        Ok(())
    }

    async fn unbind(&self, namespace: &str, binding: &str) -> Result<bool> {
        Ok(self.board(namespace, |board, _| board.bindings.remove(binding)))
    }

    async fn bindings(&self, namespace: &str) -> Result<Vec<String>> {
        Ok(self.board(namespace, |board, _| board.bindings()))
    }

    async fn open(&self, namespace: &str, id: Id, entry: &str) -> Result<Opened> {
        Ok(self.board(namespace, |board, now| board.open(id, entry, now)))
    }

    async fn adopt(
        &self,
        namespace: &str,
        digest: Id,
        window: Duration,
        id: Id,
        entry: &str,
    ) -> Result<Option<Opened>> {
        Ok(self.board(namespace, |board, now| {
            board.adopted.retain(|_, until| now < *until);
            if board.adopted.contains_key(&digest) {
                return None;
            }
            board.adopted.insert(digest, now.saturating_add(window));
            Some(board.open(id, entry, now))
        }))
    }

    async fn close(&self, namespace: &str, id: Id, topic: &Topic, message: &[u8]) -> Result<u64> {
        self.board(namespace, |board, _| board.undone.remove(&id));
        Ok(self.messages.send(namespace, topic, message))
    }

    async fn claim(&self, namespace: &str, idle: Duration) -> Result<Option<Claimed>> {
        Ok(self.board(namespace, |board, now| {
            let left = board.undone.iter_mut().find(|(_, (at, _))| now.since(*at) >= idle)?;
            let (id, (at, entry)) = left;
            *at = now;
            let (id, entry) = (*id, entry.clone());
            Some(Claimed { id, entry, bindings: board.bindings() })
        }))
    }

    async fn journal(&self, namespace: &str, since: Option<Position>) -> Result<Journal> {
        Ok(self.board(namespace, |board, _| {
            let undone = board.undone.keys().copied().collect();
            let Some(since) = since else {
                return Journal { end: board.end, undone, is_whole: true, ..Journal::default() };
            };
            let first = board.journal.front().map(|(position, _)| *position);
            let new = board.journal.iter().filter(|(position, _)| *position > since);
            Journal {
                entries: new.cloned().collect(),
                end: board.end,
                undone,
                is_whole: since == board.end
                    || since < board.end
                        && first.is_some_and(|first| first.minor <= since.minor + 1),
                has_more: false,
            }
        }))
    }
}

/// How many journal entries are kept.
const KEPT: usize = 10_000;
