//! What many cases use.

use std::future::Future;
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures::{TryStreamExt, poll};
use region_cache::codec::{Codec, Decode, Encode, Json};
use region_cache::{BoxError, Key, Lookup, Miss, Region, Result, Value};
use serde::{Deserialize, Serialize};

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
pub(super) const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A value with a bit of everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) price: i64,
    pub(super) weight: f64,
    pub(super) tags: Vec<String>,
    pub(super) state: State,
    pub(super) successor: Option<Box<Self>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum State {
    New,
    Sold(u8, u8),
    Returned { why: String },
}

impl Item {
    pub(super) fn anvil() -> Self {
        let heavy = Self {
            name: "heavy anvil".to_owned(),
            price: -1,
            weight: 0.1,
            tags: Vec::new(),
            state: State::Returned { why: "too heavy".to_owned() },
            successor: None,
        };
        Self {
            name: "anvil".to_owned(),
            price: 1999,
            weight: 70.5,
            tags: vec!["iron".to_owned(), String::new()],
            state: State::Sold(1, 255),
            successor: Some(Box::new(Self { state: State::New, ..heavy })),
        }
    }
}

/// Counts how often a closure runs: an async one cannot change what it captures.
#[derive(Debug, Default)]
pub(super) struct Runs(AtomicU32);

impl Runs {
    /// Begins a run; which one it is, counted from 1.
    pub(super) fn begin(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(super) fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A codec of one's own: JSON with every bit turned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scrambled;

impl Codec for Scrambled {
    fn id(&self) -> u8 {
        200
    }

    fn name(&self) -> &'static str {
        "scrambled"
    }

    fn is_self_describing(&self) -> bool {
        true
    }

    fn encode(&self, value: Encode<'_>, into: &mut dyn Write) -> Result<(), BoxError> {
        let mut plain = Vec::new();
        Json.encode(value, &mut plain)?;
        plain.iter_mut().for_each(|byte| *byte = !*byte);
        Ok(into.write_all(&plain)?)
    }

    fn decode(&self, bytes: &[u8], into: Decode<'_>) -> Result<(), BoxError> {
        let plain: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
        Json.decode(&plain, into)
    }
}

/// Looks up what must be absent.
pub(super) async fn miss<T: Value>(region: &Region, key: impl Into<Key>) -> Result<Miss<T>> {
    match region.lookup(key).await? {
        Lookup::Miss(miss) => Ok(miss),
        Lookup::Hit(_) => panic!("the key should be absent"),
    }
}

/// Looks up what must be absent, and must not be leased by another.
pub(super) async fn lease(region: &Region, key: impl Into<Key>) -> Result<Miss<i64>> {
    let miss = miss(region, key).await?;
    assert!(miss.holds_lease(), "another holds the lease");
    Ok(miss)
}

/// Polls a future a number of times, or until it is ready.
pub(super) async fn poll_times<F: Future + Unpin>(future: &mut F, times: u32) -> Option<F::Output> {
    for _ in 0..times {
        if let Poll::Ready(output) = poll!(&mut *future) {
            return Some(output);
        }
    }
    None
}

/// The keys of a region, in order.
pub(super) async fn sorted_keys(region: &Region) -> Result<Vec<Key>> {
    let mut keys: Vec<Key> = region.keys().try_collect().await?;
    keys.sort();
    Ok(keys)
}

/// The paths of a region's children, in the order that they are given.
pub(super) async fn child_paths(region: &Region) -> Result<Vec<String>> {
    Ok(region.children().await?.iter().map(ToString::to_string).collect())
}
