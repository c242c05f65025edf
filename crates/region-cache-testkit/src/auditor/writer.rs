//! What a writer does.

use std::future::Future;

use region_cache::{Cache, Result};

use super::Auditor;
use super::dice::Dice;

impl Auditor {
    /// Changes things as long as the readers go on.
    pub async fn write(&self, cache: &Cache, seed: u64) {
        let mut dice = Dice::new(seed);
        let regions = self.regions(cache);
        while let Ok(permit) = self.changes.acquire().await {
            permit.forget();
            let key = dice.below(self.tree.keys());
            let (number, name) = self.tree.place(key);
            let region = &regions[number];
            let changed = match dice.below(200) {
                0 => {
                    self.change(&self.tree.keys_beneath(""), self.timed("clear", cache.clear()))
                        .await
                }
                1..60 => {
                    let keys = self.tree.keys_beneath(region.path());
                    self.change(&keys, self.timed("invalidate", region.invalidate())).await
                }
                60..80 => self.change(&[key], self.timed("expire", region.expire(name))).await,
                80..100 => {
                    let remove = region.transaction(async |t| {
                        t.remove(name);
                        Ok(())
                    });
                    self.change(&[key], self.timed("transaction that removes", remove)).await
                }
                100..110 => {
                    let keys: Vec<usize> = self.tree.keys_of(number).collect();
                    let names = keys.iter().map(|key| self.tree.place(*key).1);
                    self.change(&keys, self.timed("remove_many", region.remove_many(names))).await
                }
                _ => self.change(&[key], self.timed("remove", region.remove(name))).await,
            };
            let count = if changed.is_ok() { &self.tally.changes } else { &self.tally.errors };
            count.add();
        }
    }

    /// Makes keys newer, has the cache forget them, and says so when it is confirmed.
    async fn change<T>(
        &self,
        keys: &[usize],
        forget: impl Future<Output = Result<T>>,
    ) -> Result<()> {
        let mut versions = Vec::with_capacity(keys.len());
        for key in keys {
            versions.push(self.truth.renew(*key).await);
        }
        forget.await?;
        for (key, version) in keys.iter().zip(versions) {
            self.truth.confirm(*key, version).await;
        }
        Ok(())
    }
}
