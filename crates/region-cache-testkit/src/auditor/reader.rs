//! What a reader does.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::try_join_all;
use region_cache::{Cache, Lookup, Region, Result};
use serde::{Deserialize, Serialize};
use tokio::task::yield_now;

use super::dice::Dice;
use super::{Auditor, Finding};

/// What is stored under a key: enough to tell another key's value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Value {
    pub(super) key: usize,
    pub(super) version: u64,
}

impl Auditor {
    /// Reads until the audit is over.
    pub async fn read(self: &Arc<Self>, cache: &Cache, seed: u64) {
        let mut dice = Dice::new(seed);
        let regions = self.regions(cache);
        while !self.is_over.load(Ordering::Relaxed) {
            let key = dice.below(self.tree.keys());
            let (region, _) = self.tree.place(key);
            let read = match dice.below(16) {
                0 => self.read_region(&regions[region], region).await.map(drop),
                1 => self.get(&regions[region], key).await,
                2 => self.get_in_a_transaction(&regions[region], key).await,
                share if share >= 16 - self.plan.regions.min(13) => match dice.below(2) {
                    0 => self.fill_region(&regions[region], region, &mut dice).await,
                    _ => self.compute_region(&regions[region], region, &mut dice).await,
                },
                share if share % 2 == 1 => self.compute(&regions, key, &mut dice).await,
                _ => self.look_up(&regions[region], key, dice.below(4)).await,
            };
            if read.is_err() {
                self.tally.errors.add();
                rest().await;
            }
        }
        self.changes.close();
    }

    /// Looks a key up, or computes it in so many steps.
    async fn look_up(&self, region: &Region, key: usize, steps: usize) -> Result<()> {
        let confirmed = self.truth.confirmed(key).await;
        let (_, name) = self.tree.place(key);
        match self.timed("lookup", region.lookup::<Value>(name)).await? {
            Lookup::Hit(value) => self.check(key, confirmed, Some(value)).await,
            Lookup::Miss(miss) => {
                let holds_lease = miss.holds_lease();
                let version = self.truth.version(key).await;
                // Whatever comes between now and the fill must make it be refused.
                for _ in 0..steps {
                    yield_now().await;
                }
                let is_filled = self.timed("fill", miss.fill(&Value { key, version })).await?;
                if is_filled {
                    self.tally.fills.add();
                } else if holds_lease {
                    self.tally.overtaken.add();
                }
                self.check(key, confirmed, None).await;
            }
        }
        Ok(())
    }

    async fn get(&self, region: &Region, key: usize) -> Result<()> {
        let confirmed = self.truth.confirmed(key).await;
        let value = self.timed("get", region.get(self.tree.place(key).1)).await?;
        self.check(key, confirmed, value).await;
        Ok(())
    }

    async fn get_in_a_transaction(&self, region: &Region, key: usize) -> Result<()> {
        let confirmed = self.truth.confirmed(key).await;
        let (_, name) = self.tree.place(key);
        let transaction = region.transaction(async |t| t.get(name).await);
        match self.timed("transaction that reads", transaction).await {
            Ok(value) => self.check(key, confirmed, value).await,
            // Others were always quicker: nothing was read.
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn fill_region(&self, region: &Region, number: usize, dice: &mut Dice) -> Result<()> {
        let absent = self.read_region(region, number).await?;
        let steps = dice.below(4);
        try_join_all(absent.into_iter().map(|key| self.look_up(region, key, steps))).await?;
        Ok(())
    }

    /// Reads all keys of a region; those that are absent.
    async fn read_region(&self, region: &Region, number: usize) -> Result<Vec<usize>> {
        let keys = self.tree.keys_of(number);
        let mut confirmed = Vec::with_capacity(keys.len());
        for key in keys.clone() {
            confirmed.push(self.truth.confirmed(key).await);
        }
        let names = keys.clone().map(|key| self.tree.place(key).1);
        let values = self.timed("get_many", region.get_many(names)).await?;
        let mut absent = Vec::new();
        for ((key, confirmed), value) in keys.zip(confirmed).zip(values) {
            if value.is_none() {
                absent.push(key);
            }
            self.check(key, confirmed, value).await;
        }
        Ok(absent)
    }

    /// Counts the read of one key, and compares what was found with the truth.
    async fn check(&self, key: usize, confirmed: u64, found: Option<Value>) {
        self.count();
        if let Some(value) = found {
            self.tally.hits.add();
            self.compare(key, confirmed, &value).await;
        }
    }

    /// The same for a read that gives a value in any case, its own or one that was there.
    pub(super) async fn check_computed(
        &self,
        key: usize,
        confirmed: u64,
        value: Option<Value>,
        is_computed: bool,
    ) {
        self.count();
        let count = if is_computed { &self.tally.computed } else { &self.tally.hits };
        count.add();
        match value {
            Some(value) => self.compare(key, confirmed, &value).await,
            None => self.find(Finding::Invented {
                path: self.tree.path(self.tree.place(key).0).to_owned(),
                key,
                found: "nothing, although there was a loader".to_owned(),
            }),
        }
    }

    fn count(&self) {
        let reads = self.tally.reads.add();
        if reads.is_multiple_of(self.plan.reads_per_change) {
            self.changes.add_permits(1);
        }
        if reads >= self.plan.reads {
            self.end();
        }
    }

    async fn compare(&self, key: usize, confirmed: u64, value: &Value) {
        let path = || self.tree.path(self.tree.place(key).0).to_owned();
        if value.key != key || value.version > self.truth.version(key).await {
            self.find(Finding::Invented { path: path(), key, found: format!("{value:?}") });
        } else if value.version < confirmed {
            self.find(Finding::Stale { path: path(), key, found: value.version, confirmed });
        }
    }

    fn find(&self, finding: Finding) {
        if self.tally.find(finding) >= MOST_FINDINGS {
            self.end();
        }
    }
}

/// Between an error and the next attempt: where there is no server, there is nothing to do.
#[expect(
    clippy::disallowed_methods,
    reason = "a network is mended in real time, which no clock of a test moves"
)]
async fn rest() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Enough to see what they have in common.
const MOST_FINDINGS: usize = 10;
