//! Reads that compute what they do not find.
//!
//! Loaders may nest, and whoever waits for a key may hold others. So that nobody ever waits for himself,
//! a loader asks only for what comes after its own key: in a later region, or later in its own by the
//! order of names, which is the one in which several keys are computed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use region_cache::{BoxError, EntryOptions, Error, Region, Result};
use tokio::task::yield_now;

use super::Auditor;
use super::dice::Dice;
use super::reader::Value;

/// How slow a loader is: in steps before and after it looks.
#[derive(Clone, Copy, Debug)]
struct Pace(usize, usize);

impl Pace {
    /// Mostly quick; now and then so slow that much happens meanwhile.
    fn by_chance(dice: &mut Dice) -> Self {
        let most = if dice.below(8) == 0 { 60 } else { 4 };
        Self(dice.below(most), dice.below(most))
    }
}

impl Auditor {
    /// Reads a key in one of the ways that compute.
    pub(super) async fn compute(
        self: &Arc<Self>,
        regions: &[Region],
        key: usize,
        dice: &mut Dice,
    ) -> Result<()> {
        let pace = Pace::by_chance(dice);
        match dice.below(4) {
            0 => self.compute_behind(regions, key, pace).await,
            1 => self.compute_from_others(regions, key, pace, dice).await,
            _ => self.compute_plainly(regions, key, pace).await.map(drop),
        }
    }

    /// By `get_or_compute_many`, all keys of a region.
    pub(super) async fn compute_region(
        &self,
        region: &Region,
        number: usize,
        dice: &mut Dice,
    ) -> Result<()> {
        let (keys, pace) = (self.tree.keys_of(number), Pace::by_chance(dice));
        let mut confirmed = Vec::with_capacity(keys.len());
        for key in keys.clone() {
            confirmed.push(self.truth.confirmed(key).await);
        }
        let names = keys.clone().map(|key| self.tree.place(key).1);
        let computed = Mutex::new(Vec::new());
        let compute = region.get_or_compute_many(names, |missing: Vec<usize>| {
            computed.lock().clone_from(&missing);
            let first = keys.start;
            async move {
                let mut all = Vec::with_capacity(missing.len());
                for name in missing {
                    all.push((name, self.load(first + name, pace).await));
                }
                Ok::<_, Error>(all)
            }
        });
        let values = self.timed("get_or_compute_many", compute).await?;
        let computed = computed.into_inner();
        for ((key, confirmed), value) in keys.zip(confirmed).zip(values) {
            let is_computed = computed.contains(&self.tree.place(key).1);
            self.check_computed(key, confirmed, value, is_computed).await;
        }
        Ok(())
    }

    /// By `get_or_compute`.
    async fn compute_plainly(
        &self,
        regions: &[Region],
        key: usize,
        pace: Pace,
    ) -> Result<Value, Error> {
        let confirmed = self.truth.confirmed(key).await;
        let (region, name) = self.tree.place(key);
        let is_computed = AtomicBool::new(false);
        let compute = regions[region].get_or_compute(name, || async {
            is_computed.store(true, Ordering::SeqCst);
            Ok::<_, Error>(self.load(key, pace).await)
        });
        let value = self.timed("get_or_compute", compute).await?;
        self.check_computed(key, confirmed, Some(value.clone()), is_computed.into_inner()).await;
        Ok(value)
    }

    /// By `get_or_compute_with`, whose loader goes on without its caller.
    async fn compute_behind(
        self: &Arc<Self>,
        regions: &[Region],
        key: usize,
        pace: Pace,
    ) -> Result<()> {
        let confirmed = self.truth.confirmed(key).await;
        let (region, name) = self.tree.place(key);
        let is_computed = Arc::new(AtomicBool::new(false));
        let (auditor, computing) = (Arc::clone(self), Arc::clone(&is_computed));
        let load = move |_| async move {
            computing.store(true, Ordering::SeqCst);
            Ok::<_, Error>(auditor.load(key, pace).await)
        };
        let compute = regions[region].get_or_compute_with(name, EntryOptions::new(), load);
        let value = self.timed("get_or_compute_with", compute).await?;
        let is_computed = is_computed.load(Ordering::SeqCst);
        self.check_computed(key, confirmed, Some(value), is_computed).await;
        Ok(())
    }

    /// By `get_or_compute`, from another key of its region and one of another region. What those calls
    /// give must be no older than what was confirmed before the outer call began: they are checked by
    /// what was confirmed before they began themselves, which is later.
    async fn compute_from_others(
        &self,
        regions: &[Region],
        key: usize,
        pace: Pace,
        dice: &mut Dice,
    ) -> Result<()> {
        let (region, name) = self.tree.place(key);
        let later = region + 1 + dice.below(self.tree.regions() - region);
        let others = [
            Some(self.tree.last_of(region)).filter(|last| *last != key),
            (later < self.tree.regions()).then(|| {
                let keys = self.tree.keys_of(later);
                keys.start + dice.below(keys.len())
            }),
        ];
        let confirmed = self.truth.confirmed(key).await;
        let is_computed = AtomicBool::new(false);
        let compute = regions[region].get_or_compute(name, || async {
            is_computed.store(true, Ordering::SeqCst);
            let value = self.load(key, pace).await;
            for other in others.into_iter().flatten() {
                Box::pin(self.compute_plainly(regions, other, pace)).await?;
            }
            Ok::<_, BoxError>(value)
        });
        let value = self.timed("get_or_compute, nested", compute).await?;
        self.check_computed(key, confirmed, Some(value), is_computed.into_inner()).await;
        Ok(())
    }

    /// Finds the truth. Whatever comes after the look must keep the value from being stored, and from
    /// being given to those who ask later.
    async fn load(&self, key: usize, Pace(before, after): Pace) -> Value {
        for _ in 0..before {
            yield_now().await;
        }
        let version = self.truth.version(key).await;
        for _ in 0..after {
            yield_now().await;
        }
        Value { key, version }
    }
}
