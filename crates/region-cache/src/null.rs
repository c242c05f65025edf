//! The backend that stores nothing: `null:`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::backend::{
    Act, Address, Ask, Backend, Change, Commit, Cursor, Found, Id, Lease, Leased, Outcome, Page,
    Session, Step, Token, Usage, Walk, Wish,
};
use crate::bus::Bus;
use crate::error::Result;
use crate::key::Key;

/// Every read is a miss, every lease is granted, every change succeeds, and nothing is kept.
///
/// For switching caching off without changing a line: programs must behave the same, only slower.
#[derive(Clone, Debug)]
pub(crate) struct Null {
    bus: Arc<dyn Bus>,
}

impl Null {
    /// Signals still go through a bus: they are no data.
    pub(crate) fn new(bus: Arc<dyn Bus>) -> Self {
        Self { bus }
    }
}

#[async_trait]
impl Backend for Null {
    async fn read(&self, _: &Address, keys: &[Key], _: Ask) -> Result<Vec<Option<Found>>> {
        Ok(nothing(keys))
    }

    async fn lease(&self, wish: Wish<'_>) -> Result<Leased> {
        Ok(Leased::Held(Lease {
            region: wish.region.clone(),
            key: wish.key.clone(),
            id: wish.id,
            time: wish.time,
            overtook: false,
            token: Token::new(Vec::new()),
        }))
    }

    async fn fill(&self, _: &Lease, _: Vec<Change>) -> Result<bool> {
        Ok(false)
    }

    async fn renew(&self, _: &Lease) -> Result<bool> {
        Ok(true)
    }

    async fn wait(&self, _: &Address, _: &Key, _: Id) {}

    async fn release(&self, _: &Address, _: &Key, _: Id) -> Result<()> {
        Ok(())
    }

    async fn write(&self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        Ok(outcomes(&changes))
    }

    async fn begin(&self, _: &Address) -> Result<Box<dyn Session>> {
        Ok(Box::new(self.clone()))
    }

    async fn invalidate(&self, target: &Address) -> Result<Walk> {
        Ok(Walk { id: Id::random(), target: target.clone(), progress: DONE })
    }

    async fn guard(&self, _: &Address, _: Id, _: Duration, _: bool) -> Result<bool> {
        Ok(true)
    }

    async fn unguard(&self, _: &Address, _: Id) -> Result<bool> {
        Ok(true)
    }

    async fn walk(&self, _: &Walk) -> Result<Step> {
        Ok(DONE)
    }

    async fn scan(&self, _: &Address, _: Option<Cursor>, _: usize) -> Result<Page> {
        Ok(Page { entries: Vec::new(), next: None })
    }

    async fn children(&self, _: &Address) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }

    fn usage(&self) -> Usage {
        Usage::default()
    }

    fn bus(&self) -> Arc<dyn Bus> {
        Arc::clone(&self.bus)
    }

    async fn close(&self) {}
}

#[async_trait]
impl Session for Null {
    async fn read(&mut self, _: &Address, keys: &[Key]) -> Result<Vec<Option<Found>>> {
        Ok(nothing(keys))
    }

    async fn commit(self: Box<Self>, changes: Vec<Change>) -> Result<Commit> {
        Ok(Commit::Applied(outcomes(&changes)))
    }
}

fn nothing(keys: &[Key]) -> Vec<Option<Found>> {
    keys.iter().map(|_| None).collect()
}

/// What each change does to an entry that is always absent.
fn outcomes(changes: &[Change]) -> Vec<Outcome> {
    let mut stored: Vec<&Key> = Vec::new();
    let mut outcomes = Vec::with_capacity(changes.len());
    for change in changes {
        outcomes.push(match &change.act {
            // Only what was stored just before is there.
            _ if change.requires.as_ref().is_some_and(|key| !stored.contains(&key)) => {
                Outcome::Absent
            }
            Act::Put { .. } => {
                stored.push(&change.key);
                Outcome::Stored
            }
            Act::Remove => Outcome::Removed(None),
            Act::Expire => Outcome::Expired(None),
            Act::Add { delta, .. } => Outcome::Sum(*delta),
        });
    }
    outcomes
}

const DONE: Step = Step { freed: 0, is_done: true };
