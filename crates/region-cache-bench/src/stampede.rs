//! Many callers on one cold key: how often the source is asked, and how long it takes until all have the
//! value.

mod contestants;
mod processes;

use std::sync::Arc;
use std::time::{Duration, Instant};

use comfy_table::Table;
use region_cache::BoxError;
use tokio::task::JoinSet;

use self::contestants::Get;
pub(crate) use self::processes::child;
use self::processes::{PROCESSES, Processes};
use crate::ROUNDS;
use crate::figures::Rounds;
use crate::report::{counts, ratio, table, time};
use crate::row::{Row, Source};

/// What came of one contestant.
#[derive(Default)]
struct Outcome {
    computations: Vec<usize>,
    rounds: Rounds,
}

/// Runs all contestants, one after the other in each round and each with a new key.
pub(crate) async fn run(url: &str) -> Result<Table, BoxError> {
    let source = Arc::new(Source::default());
    let contestants = contestants::all(url, &source).await?;
    let mut outcomes: Vec<Outcome> = contestants.iter().map(|_| Outcome::default()).collect();
    let (mut base, mut fleet) = (Rounds::default(), Outcome::default());
    let mut processes = Processes::start(url)?;
    for round in 0..ROUNDS {
        let began = Instant::now();
        source.load().await;
        base.add(began.elapsed(), 1);
        for place in 0..contestants.len() {
            // Nobody comes always first.
            let place = (place + round) % contestants.len();
            source.take();
            let took = stampede(&contestants[place].get, &key(round)).await?;
            outcomes[place].computations.push(source.take());
            outcomes[place].rounds.add(took, 1);
        }
        let (computations, took) = processes.stampede(&key(round))?;
        fleet.computations.push(computations);
        fleet.rounds.add(took, 1);
    }
    let alone = ["", "base: the source alone", "1", "1", &time(base.spread()), &ratio(None)];
    let mut rows = vec![alone.map(str::to_owned)];
    let name = format!("region-cache on Redis, {PROCESSES} processes");
    rows.push(row("P9", &name, PROCESSES * CALLERS, &fleet, &base));
    let in_one = contestants.iter().zip(&outcomes);
    rows.extend(in_one.map(|(who, outcome)| row("", who.name, CALLERS, outcome, &base)));
    let header = ["goal", "who", "callers", "computations", "time", "time / base"];
    Ok(table(2, header, rows))
}

/// Lets all callers ask for a key at once, until each has the value.
async fn stampede(get: &Get, key: &str) -> Result<Duration, BoxError> {
    let began = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        callers.spawn(get(key.to_owned()));
    }
    let mut rows = Vec::with_capacity(CALLERS);
    while let Some(ended) = callers.join_next().await {
        rows.push(ended??);
    }
    let took = began.elapsed();
    let expected = Row::sample();
    assert!(rows.iter().all(|row| *row == expected), "every caller has the row");
    Ok(took)
}

fn row(goal: &str, who: &str, callers: usize, outcome: &Outcome, base: &Rounds) -> [String; 6] {
    [
        goal.to_owned(),
        who.to_owned(),
        callers.to_string(),
        counts(&outcome.computations),
        time(outcome.rounds.spread()),
        ratio(outcome.rounds.over(base)),
    ]
}

fn key(round: usize) -> String {
    format!("round {round}")
}

/// In each process.
const CALLERS: usize = 1_000;
