//! What every operation needs, in one place.

use std::sync::Arc;

use crate::backend::{Act, Ask, Change, Found, Outcome};
use crate::coder::Coder;
use crate::error::{Error, ErrorKind, Result};
use crate::flight::Flights;
use crate::hub::Hub;
use crate::key::Key;
use crate::link::{Effect, Link};
use crate::name::{Address, Namespace};
use crate::options::{Layers, OnUnavailable};
use crate::place::Place;
use crate::replay::{Replay, is_taking};
use crate::stats::{Counters, Stats};
use crate::tasks::Tasks;

/// One cache: what all of its handles share.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) namespace: Namespace,
    pub(crate) layers: Layers,
    pub(crate) link: Arc<Link>,
    /// What failed and must still be done.
    pub(crate) replay: Arc<Replay>,
    pub(crate) coder: Coder,
    pub(crate) tasks: Arc<Tasks>,
    /// Whether nobody else uses the backend, so that it ends with the cache.
    pub(crate) owns_backend: bool,
    pub(crate) on_unavailable: OnUnavailable,
    /// The computations under way.
    pub(crate) flights: Arc<Flights>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) counters: Arc<Counters>,
}

impl Engine {
    /// Makes changes in regions of one root; an outcome for each.
    pub(crate) async fn write(&self, changes: Vec<Change>) -> Result<Vec<Outcome>> {
        let many = changes.len() as u64;
        self.make_good(&changes).await?;
        let taking = changes.iter().filter(|change| is_taking(change)).cloned().collect();
        match self.link.call(Effect::Changes, |backend| backend.write(changes)).await {
            Ok(outcomes) => {
                self.counters.writes.add(many);
                Ok(outcomes)
            }
            Err(error) => {
                self.replay.changes_failed(taking, &error);
                Err(error)
            }
        }
    }

    /// Sees to it that what changes store does not fall with what failed before.
    pub(crate) async fn make_good(&self, changes: &[Change]) -> Result<()> {
        if self.replay.length() > 0 {
            for change in changes.iter().filter(|change| !is_taking(change)) {
                let key = std::slice::from_ref(&change.key);
                self.replay.make_good(&change.region, Some(key)).await?;
            }
        }
        Ok(())
    }

    /// Reads keys of one region.
    pub(crate) async fn read(
        &self,
        region: &Address,
        keys: &[Key],
        ask: Ask,
    ) -> Result<Vec<Option<Found>>> {
        self.replay.make_good(region, Some(keys)).await?;
        self.link.call(Effect::Reads, |backend| backend.read(region, keys, ask)).await
    }

    /// Makes one change.
    pub(crate) async fn write_one(&self, change: Change) -> Result<Outcome> {
        let outcome = self.write(vec![change]).await?.pop();
        outcome.ok_or_else(|| unexpected(None))
    }

    pub(crate) fn stats(&self) -> Stats {
        let usage = self.link.backend().usage();
        Stats {
            entries: usage.entries,
            bytes: usage.bytes,
            regions: usage.regions,
            evicted: usage.evicted,
            breaker: self.link.breaker().state(),
            replay_queue: self.replay.length() as u64,
            ..self.counters.stats()
        }
    }

    /// Ends everything that runs; later operations are refused.
    pub(crate) async fn shutdown(&self) {
        self.replay.finish().await;
        self.link.close().await;
        self.tasks.end(self.link.clock(), self.link.timeout()).await;
        if self.owns_backend {
            self.link.backend().close().await;
        }
    }
}

/// A change of a key in a region, as the region's settings want it.
pub(crate) fn change(place: &Place, key: Key, act: Act) -> Change {
    Change {
        region: place.address.clone(),
        key,
        act,
        region_ttl: place.settings.region_ttl,
        refresh_region_ttl: place.settings.refresh_ttl_on_write,
        requires: None,
        is_whole: place.settings.is_whole,
    }
}

/// The error of a backend that answers what the contract does not know.
pub(crate) fn unexpected(outcome: Option<&Outcome>) -> Error {
    Error::new(
        ErrorKind::Other,
        format!("the backend breaks its contract: it answered a change with {outcome:?}"),
    )
}
