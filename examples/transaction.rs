//! Transactions: all or nothing, an `Err` discards, a conflict runs the closure again.
//!
//! Run with: `cargo run --example transaction`

use std::sync::atomic::{AtomicU32, Ordering};

use region_cache::{Cache, Error, Region, Result};
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result<()> {
    let cache = Cache::in_memory();
    let accounts = cache.region("bank.accounts");
    accounts.set("alice", &100).await?;
    accounts.set("bob", &0).await?;

    transfer(&accounts, "alice", "bob", 30).await?;
    println!("after a transfer of 30: {:?}", balances(&accounts).await?);
    assert_eq!(balances(&accounts).await?, [70, 30]);

    // The closure fails after it has written: nothing of it happens.
    let refused = transfer(&accounts, "alice", "bob", 1000).await.expect_err("alice has only 70");
    println!("a transfer of 1000: {refused}");
    assert!(refused.is_other());
    assert_eq!(balances(&accounts).await?, [70, 30]);

    // Somebody else changes what the closure has read: it is run again, and sees the change.
    let runs = AtomicU32::new(0);
    let seen = accounts
        .transaction(async |t| {
            let alice = t.get::<i64>("alice").await?.unwrap_or(0);
            if runs.fetch_add(1, Ordering::Relaxed) == 0 {
                accounts.set("alice", &(alice + 5)).await?;
            }
            t.set("alice", &(alice + 1))?;
            Ok(alice)
        })
        .await?;
    println!("with a change in between, the closure ran {} times", runs.load(Ordering::Relaxed));
    assert_eq!((runs.into_inner(), seen), (2, 75));
    assert_eq!(balances(&accounts).await?, [76, 30]);

    // Many at once: each happens exactly once.
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let accounts = accounts.clone();
        tasks.spawn(async move { patient_transfer(&accounts, "alice", "bob", 1).await });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(Error::other)??;
    }
    println!("after 8 transfers at once: {:?}", balances(&accounts).await?);
    assert_eq!(balances(&accounts).await?, [68, 38]);

    cache.shutdown().await;
    Ok(())
}

async fn transfer(accounts: &Region, from: &str, to: &str, amount: i64) -> Result<()> {
    accounts
        .transaction(async |t| {
            let before: i64 = t.get(to).await?.unwrap_or(0);
            t.set(to, &(before + amount))?;
            let left = t.get::<i64>(from).await?.unwrap_or(0) - amount;
            if left < 0 {
                return Err(Error::other(format!("{from} lacks {}", -left)));
            }
            t.set(from, &left)
        })
        .await
}

/// The retries are bounded; whoever wants to go on does so.
async fn patient_transfer(accounts: &Region, from: &str, to: &str, amount: i64) -> Result<()> {
    loop {
        match transfer(accounts, from, to, amount).await {
            Err(error) if error.is_conflict() => {}
            ended => return ended,
        }
    }
}

async fn balances(accounts: &Region) -> Result<Vec<i64>> {
    let balances: Vec<Option<i64>> = accounts.get_many(["alice", "bob"]).await?;
    Ok(balances.into_iter().map(Option::unwrap_or_default).collect())
}
