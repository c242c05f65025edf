//! Hits in this process, one caller, one key.

use std::collections::HashMap;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::time::{Duration, Instant};

use cached::macros::cached;
use comfy_table::Table;
use parking_lot::Mutex;
use region_cache::{BoxError, Cache};

use super::KEY;
use crate::ROUNDS;
use crate::figures::Rounds;
use crate::report::{ratio, table, time};
use crate::row::Row;

/// Reads the same key from everyone in each round. All hand out a row of the caller's own.
pub(crate) async fn in_memory() -> Result<Table, BoxError> {
    let map = Mutex::new(HashMap::from([(KEY.to_owned(), Row::sample())]));
    let moka_sync = moka::sync::Cache::new(CAPACITY);
    moka_sync.insert(KEY.to_owned(), Row::sample());
    let moka_future = moka::future::Cache::new(CAPACITY);
    moka_future.insert(KEY.to_owned(), Row::sample()).await;
    let region = Cache::in_memory().region("bench.hits");
    region.set(KEY, &Row::sample()).await?;

    let names = [
        "base: Mutex<HashMap>, get and clone",
        "cached, the function of its macro",
        "moka sync, get",
        "moka future, get",
        "region-cache, get",
        "region-cache, get_or_compute",
    ];
    let mut rounds = names.map(|_| Rounds::default());
    for _ in 0..=ROUNDS {
        let took = [
            timed(async || map.lock().get(KEY).cloned()).await,
            timed(async || Some(kept(KEY).await)).await,
            timed(async || moka_sync.get(KEY)).await,
            timed(async || moka_future.get(KEY).await).await,
            timed(async || region.get::<Row>(KEY).await.ok().flatten()).await,
            timed(async || region.get_or_compute(KEY, absent).await.ok()).await,
        ];
        rounds.iter_mut().zip(took).for_each(|(rounds, took)| rounds.add(took, READS));
    }
    let rounds = rounds.map(Rounds::warm);
    let [base, ..] = &rounds;
    let rows = names.iter().zip(&rounds).map(|(name, own)| {
        let over = own.over(base).filter(|_| !std::ptr::eq(own, base));
        [(*name).to_owned(), time(own.spread()), ratio(over)]
    });
    Ok(table(1, ["who", "time", "time / base"], rows.collect()))
}

async fn timed<F: Future<Output = Option<Row>>>(read: impl Fn() -> F) -> Duration {
    let began = Instant::now();
    for _ in 0..READS {
        assert!(black_box(read().await).is_some(), "it is there");
    }
    began.elapsed()
}

/// Computed once, and then found.
#[cached(key = "String", convert = r#"{ _name.to_owned() }"#)]
async fn kept(_name: &str) -> Row {
    ready(Row::sample()).await
}

fn absent() -> Ready<Result<Row, &'static str>> {
    ready(Err("it is there"))
}

const READS: usize = 50_000;
const CAPACITY: u64 = 10_000;
