//! Where the sets of the cases come from.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::TryStreamExt;
use parking_lot::Mutex;
use region_cache::{Begin, Region, Result, SetOf};
use tokio::task::yield_now;

use super::loaders::Loaded;
use super::samples::Runs;

/// A table of a database, which knows how often it was read.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Mutex<BTreeSet<i64>>,
    runs: Runs,
}

impl Table {
    pub(super) fn of(rows: impl IntoIterator<Item = i64>) -> Arc<Self> {
        Arc::new(Self { rows: Mutex::new(rows.into_iter().collect()), runs: Runs::default() })
    }

    pub(super) fn insert(&self, row: i64) {
        self.rows.lock().insert(row);
    }

    pub(super) fn delete(&self, row: i64) {
        self.rows.lock().remove(&row);
    }

    pub(super) fn rows(&self) -> BTreeSet<i64> {
        self.rows.lock().clone()
    }

    pub(super) fn runs(&self) -> u32 {
        self.runs.count()
    }

    /// Reads it, and lets others come between that and the end.
    pub(super) async fn load(&self) -> Loaded<Vec<i64>> {
        self.runs.begin();
        let rows = self.rows().into_iter().collect();
        for _ in 0..3 {
            yield_now().await;
        }
        Ok(rows)
    }
}

/// The set that is computed from a table.
pub(super) fn fans(
    region: &Region,
    table: &Arc<Table>,
) -> SetOf<i64, impl Begin<i64> + Clone + 'static + use<>> {
    let table = Arc::clone(table);
    region.set_of("fans").computed(move || {
        let table = Arc::clone(&table);
        async move { table.load().await }
    })
}

/// All that is in a set.
pub(super) async fn numbers<L>(set: &SetOf<i64, L>) -> Result<Vec<i64>>
where
    L: Begin<i64> + Clone + 'static,
{
    set.members().try_collect().await
}

/// The same in order.
pub(super) async fn sorted<L>(set: &SetOf<i64, L>) -> Result<Vec<i64>>
where
    L: Begin<i64> + Clone + 'static,
{
    let mut all = numbers(set).await?;
    all.sort_unstable();
    Ok(all)
}
