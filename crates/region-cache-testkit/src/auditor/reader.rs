//! What a reader does.

use std::sync::atomic::Ordering;

use region_cache::{Cache, Lookup, Region, Result};
use serde::{Deserialize, Serialize};
use tokio::task::yield_now;

use super::dice::Dice;
use super::{Auditor, Finding};

/// What is stored under a key: enough to tell another key's value.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Value {
    key: usize,
    version: u64,
}

impl Auditor {
    /// Reads until the audit is over.
    pub async fn read(&self, cache: &Cache, seed: u64) {
        let mut dice = Dice::new(seed);
        let regions = self.regions(cache);
        while !self.is_over.load(Ordering::Relaxed) {
            let key = dice.below(self.tree.keys());
            let (region, _) = self.tree.place(key);
            let read = match dice.below(16) {
                0 => self.read_region(&regions[region], region).await,
                1 => self.get(&regions[region], key).await,
                2 => self.get_in_a_transaction(&regions[region], key).await,
                _ => self.look_up(&regions[region], key, &mut dice).await,
            };
            if read.is_err() {
                self.tally.errors.add();
                yield_now().await;
            }
        }
        self.changes.close();
    }

    async fn look_up(&self, region: &Region, key: usize, dice: &mut Dice) -> Result<()> {
        let confirmed = self.truth.confirmed(key).await;
        let (_, name) = self.tree.place(key);
        match region.lookup::<Value>(name).await? {
            Lookup::Hit(value) => self.check(key, confirmed, Some(value)).await,
            Lookup::Miss(miss) => {
                let holds_lease = miss.holds_lease();
                let version = self.truth.version(key).await;
                // Whatever comes between now and the fill must make it be refused.
                for _ in 0..dice.below(4) {
                    yield_now().await;
                }
                let is_filled = miss.fill(&Value { key, version }).await?;
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
        let value = region.get(self.tree.place(key).1).await?;
        self.check(key, confirmed, value).await;
        Ok(())
    }

    async fn get_in_a_transaction(&self, region: &Region, key: usize) -> Result<()> {
        let confirmed = self.truth.confirmed(key).await;
        let (_, name) = self.tree.place(key);
        match region.transaction(async |t| t.get(name).await).await {
            Ok(value) => self.check(key, confirmed, value).await,
            // Others were always quicker: nothing was read.
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn read_region(&self, region: &Region, number: usize) -> Result<()> {
        let keys = self.tree.keys_of(number);
        let mut confirmed = Vec::with_capacity(keys.len());
        for key in keys.clone() {
            confirmed.push(self.truth.confirmed(key).await);
        }
        let names = keys.clone().map(|key| self.tree.place(key).1);
        let values = region.get_many(names).await?;
        for ((key, confirmed), value) in keys.zip(confirmed).zip(values) {
            self.check(key, confirmed, value).await;
        }
        Ok(())
    }

    /// Counts the read of one key, and compares what was found with the truth.
    async fn check(&self, key: usize, confirmed: u64, found: Option<Value>) {
        let reads = self.tally.reads.add();
        if reads.is_multiple_of(READS_PER_CHANGE) {
            self.changes.add_permits(1);
        }
        if reads >= self.reads {
            self.is_over.store(true, Ordering::Relaxed);
        }
        let Some(value) = found else { return };
        self.tally.hits.add();
        let path = || self.tree.path(self.tree.place(key).0).to_owned();
        let finding = if value.key != key || value.version > self.truth.version(key).await {
            Finding::Invented { path: path(), key, found: format!("{value:?}") }
        } else if value.version < confirmed {
            Finding::Stale { path: path(), key, found: value.version, confirmed }
        } else {
            return;
        };
        if self.tally.find(finding) >= MOST_FINDINGS {
            self.is_over.store(true, Ordering::Relaxed);
        }
    }
}

/// Few enough that most reads are hits, many enough that fills are overtaken.
const READS_PER_CHANGE: u64 = 20;

/// Enough to see what they have in common.
const MOST_FINDINGS: usize = 10;
