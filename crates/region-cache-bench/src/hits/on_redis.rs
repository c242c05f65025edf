//! Hits on a server, by one caller and by many at once.

use std::time::{Duration, Instant};

use comfy_table::Table;
use region_cache::BoxError;
use tokio::task::JoinSet;

use super::readers::{Computing, Getting, Raw, Reader};
use crate::figures::{Rounds, Spread};
use crate::report::{ratio, table, throughput, time};
use crate::row::Row;
use crate::{ROUNDS, connect};

/// Reads one key by `HGET` through the redis crate, which is the base, and through region-cache, which
/// sees to it that the value was not invalidated.
pub(crate) async fn on_redis(url: &str) -> Result<Table, BoxError> {
    let raw = Raw::connect(url).await?;
    let region = connect(url).await?.region("bench.hits");
    region.set(super::KEY, &Row::sample()).await?;
    let (getting, computing) = (Getting(region.clone()), Computing(region));

    let mut rows = Vec::new();
    for (goal, tasks, reads) in LOADS {
        let mut rounds = NAMES.map(|_| Rounds::default());
        for round in 0..=ROUNDS {
            for place in 0..NAMES.len() {
                // Nobody comes always first.
                let place = (place + round) % NAMES.len();
                let took = match place {
                    0 => timed(tasks, reads, &raw).await?,
                    1 => timed(tasks, reads, &getting).await?,
                    _ => timed(tasks, reads, &computing).await?,
                };
                rounds[place].add(took, reads);
            }
        }
        let rounds = rounds.map(Rounds::warm);
        let [base, own @ ..] = &rounds;
        rows.push(row("", tasks, NAMES[0], base, None));
        let others = NAMES.iter().skip(1).zip(own);
        rows.extend(others.map(|(name, own)| row(goal, tasks, name, own, own.over(base))));
    }
    let header =
        ["goal", "tasks", "who", "time / read", "reads", "time / base", "throughput / base"];
    Ok(table(3, header, rows))
}

/// Spreads some reads over tasks, and waits for all.
async fn timed(tasks: usize, reads: usize, reader: &impl Reader) -> Result<Duration, BoxError> {
    let began = Instant::now();
    let mut readers = JoinSet::new();
    for _ in 0..tasks {
        let mut reader = reader.clone();
        readers.spawn(async move {
            for _ in 0..reads / tasks {
                reader.read().await?;
            }
            Ok::<_, BoxError>(())
        });
    }
    while let Some(ended) = readers.join_next().await {
        ended??;
    }
    Ok(began.elapsed())
}

fn row(goal: &str, tasks: usize, name: &str, own: &Rounds, over: Option<Spread>) -> [String; 7] {
    [
        goal.to_owned(),
        tasks.to_string(),
        name.to_owned(),
        time(own.spread()),
        throughput(own.spread()),
        ratio(over),
        ratio(over.map(Spread::inverse)),
    ]
}

const NAMES: [&str; 3] =
    ["base: redis crate, HGET and decode", "region-cache, get", "region-cache, get_or_compute"];

/// How many tasks share how many reads in each round, and whose goal it is.
const LOADS: [(&str, usize, usize); 4] =
    [("P2", 1, 3_000), ("P3", 16, 16_000), ("P3", 64, 32_000), ("P3", 256, 32_768)];
