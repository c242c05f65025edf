//! Hits of `#[cached]` functions beside the `get_or_compute` that one would write by hand for the same entry.

use std::future::Future;
use std::hint::black_box;
use std::time::{Duration, Instant};

use comfy_table::Table;
use region_cache::{BoxError, Error, Key, cached, global, segment};

use crate::ROUNDS;
use crate::figures::Rounds;
use crate::report::{ratio, table, time};
use crate::row::Row;

/// Reads each entry in both ways, in each round. Both hand out a row of the caller's own.
pub(crate) async fn declared() -> Result<Table, BoxError> {
    let (users, digest) = (fixed::region(), digested::region());
    let mut rounds = [(); 6].map(|()| Rounds::default());
    for _ in 0..=ROUNDS {
        let took = [
            timed(async || users.get_or_compute(black_box(7), absent).await).await,
            timed(async || fixed(black_box(7)).await).await,
            timed(async || {
                let path = format!("bench.declared.tenants.{}", segment(black_box("acme")));
                global().region(&path).get_or_compute(7, absent).await
            })
            .await,
            timed(async || by_tenant(black_box("acme"), 7).await).await,
            timed(async || {
                let key = Key::of(&("digested", black_box("acme"), 7, true));
                digest.get_or_compute(key, absent).await
            })
            .await,
            timed(async || digested(black_box("acme"), 7, true).await).await,
        ];
        rounds.iter_mut().zip(took).for_each(|(rounds, took)| rounds.add(took, READS));
    }
    let rounds = rounds.map(Rounds::warm);
    let rows = NAMES.iter().zip(rounds.chunks_exact(2)).filter_map(|(name, both)| {
        let [by_hand, own] = both else { return None };
        let ratio = ratio(own.over(by_hand));
        Some([(*name).to_owned(), time(by_hand.spread()), time(own.spread()), ratio])
    });
    Ok(table(1, ["entry", "by hand", "#[cached]", "#[cached] / by hand"], rows.collect()))
}

#[cached(region = "bench.declared.users", key = "{id}", ttl = "1h")]
async fn fixed(id: u64) -> Result<Row, Error> {
    black_box(id);
    Ok(Row::sample())
}

#[cached(region = "bench.declared.tenants.{tenant}", key = "{id}")]
async fn by_tenant(tenant: &str, id: u64) -> Result<Row, Error> {
    black_box((tenant, id));
    Ok(Row::sample())
}

#[cached]
async fn digested(tenant: &str, id: u64, is_active: bool) -> Result<Row, Error> {
    black_box((tenant, id, is_active));
    Ok(Row::sample())
}

async fn absent() -> Result<Row, Error> {
    Ok(Row::sample())
}

async fn timed<F: Future<Output = Result<Row, Error>>>(read: impl Fn() -> F) -> Duration {
    let began = Instant::now();
    for _ in 0..READS {
        assert!(black_box(read().await).is_ok(), "it is there");
    }
    began.elapsed()
}

const NAMES: [&str; 3] =
    ["a region and a key template", "a region template", "a digest of three arguments"];

const READS: usize = 50_000;
