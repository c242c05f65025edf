//! What each of the two processes does, told by the lines of its standard input.

use std::io::stdin;
use std::pin::pin;
use std::time::SystemTime;

use futures::StreamExt;
use futures::future::{Either, join, select};
use region_cache::backend::{Interest, News, Topic};
use region_cache::{BoxError, Cache, Event, Region};

/// Process A: binds a region, and reads it until it has fallen.
pub(super) async fn reads(url: &str) -> Result<(), BoxError> {
    let cache = connect(url).await?;
    let prices = cache.region(PRICES);
    prices.invalidate_on(SIGNAL).await?;
    let mut signals = cache.subscribe(SIGNAL).await?;
    let mut messages = cache.backend().bus().subscribe(ASIDE, Interest::Signals);
    while messages.next().await != Some(News::Up) {}
    let mut by = String::new();
    say(format_args!("has bound `{PRICES}` to `{SIGNAL}`"));
    for order in stdin().lines() {
        prices.set(KEY, &1999).await?;
        match order?.as_str() {
            "hear" => {
                say("ready");
                // It reads all the while, as it does below: both are measured under the same load.
                let heard =
                    async { while !matches!(messages.next().await, Some(News::Message(..))) {} };
                let (heard, reading) = (pin!(heard), pin!(until_miss(&prices)));
                match select(heard, reading).await {
                    Either::Left(_) => say(now()),
                    Either::Right(_) => return Err("nobody has let the price fall".into()),
                }
            }
            "read" => {
                say("ready");
                let heard = async {
                    loop {
                        if let Some(Event::Signal(signal)) = signals.next().await {
                            return (now(), signal.by());
                        }
                    }
                };
                let ((at, who), times) = join(heard, until_miss(&prices)).await;
                let (last_hit, first_miss) = times?;
                by = who.map(|id| id.to_string()).unwrap_or_default();
                say(format_args!("{at} {last_hit} {first_miss}"));
            }
            "who" => say(&by),
            _ => say("ready"),
        }
    }
    Ok(())
}

/// When the last read that found the price began, and when the first was over that did not.
async fn until_miss(prices: &Region) -> Result<(u64, u64), BoxError> {
    let mut last_hit = 0;
    loop {
        let began = now();
        match prices.get::<i64>(KEY).await? {
            Some(_) => last_hit = began,
            None => return Ok((last_hit, now())),
        }
    }
}

/// Process B: says what has happened, and knows nothing of A.
pub(super) async fn emits(url: &str) -> Result<(), BoxError> {
    let cache = connect(url).await?;
    let (bus, topic) = (cache.backend().bus(), Topic::Signal(SIGNAL.to_owned()));
    say(cache.instance());
    for order in stdin().lines() {
        let (order, began) = (order?, now());
        match order.as_str() {
            "publish" => {
                bus.publish(ASIDE, &topic, b"").await?;
                say(began);
            }
            "emit" => {
                let regions = cache.emit(SIGNAL).await?.regions;
                say(format_args!("{began} {} {regions}", now()));
            }
            _ => match cache.region(PRICES).get::<i64>(KEY).await? {
                None => say("nothing is there"),
                Some(price) => say(price),
            },
        }
    }
    Ok(())
}

async fn connect(url: &str) -> Result<Cache, BoxError> {
    Ok(Cache::builder().url(url).namespace("two-processes").build().await?)
}

fn say(what: impl std::fmt::Display) {
    println!("{what}");
}

/// Microseconds, by the one clock that two processes of a machine share.
#[expect(clippy::disallowed_methods, reason = "it is compared with that of another process")]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

const SIGNAL: &str = "price.changed";
const PRICES: &str = "shop.prices";
const KEY: &str = "anvil";
/// The namespace of messages that no cache listens to: what the server's pub/sub costs alone.
const ASIDE: &str = "two-processes-aside";
