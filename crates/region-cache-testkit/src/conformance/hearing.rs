//! What the cases of signals use: messages, and waiting for them.

use std::time::{Duration, Instant};

use futures::{Stream, StreamExt};
use region_cache::backend::Id;
use region_cache::{Cache, Event, Region, Result};
use serde_json::{Value, json};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::World;

/// The next item of a stream, in real time: it may come over a network.
pub(super) async fn next<T>(stream: &mut (impl Stream<Item = T> + Unpin)) -> T {
    let item = timeout(PATIENCE, stream.next()).await;
    item.expect("something should have been heard by now").expect("the stream goes on")
}

/// What comes, up to the signal of this name.
pub(super) async fn until_signal(
    stream: &mut (impl Stream<Item = Event> + Unpin),
    name: &str,
) -> Vec<Event> {
    let mut before = Vec::new();
    loop {
        match next(stream).await {
            Event::Signal(signal) if signal.name() == name => return before,
            event => before.push(event),
        }
    }
}

/// Asks again and again until the answer is yes, letting everything else go first.
pub(super) async fn soon(what: &str, ask: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    until(what, ask, |_| ()).await
}

/// The same while time passes, but never faster than the time of a server: whoever sees to a foreign
/// signal waits a moment. It is too little for anything to be late.
pub(super) async fn in_a_moment(
    world: &World,
    what: &str,
    ask: impl AsyncFnMut() -> Result<bool>,
) -> Result<()> {
    let (clock, mut passed) = (world.clock(), 0);
    let pass = move |elapsed: Duration| {
        let due = if passed < 500 { 2 * passed } else { 1_000 + 20 * (passed - 500) };
        if elapsed.as_millis() > due {
            passed += 1;
            clock.advance(Duration::from_millis(1));
        }
    };
    until(what, ask, pass).await
}

async fn until(
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<bool>,
    mut meanwhile: impl FnMut(Duration),
) -> Result<()> {
    let start = Instant::now();
    while !ask().await? {
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        meanwhile(start.elapsed());
        yield_now().await;
    }
    Ok(())
}

/// Waits until a region's key `k` has fallen, while a moment passes.
pub(super) async fn falls(world: &World, region: &Region) -> Result<()> {
    let what = format!("{region} should have fallen");
    in_a_moment(world, &what, async || Ok(!region.contains("k").await?)).await
}

/// A cache of another process that listens.
pub(super) async fn listener(world: &World) -> Result<Cache> {
    let cache = world.other().await;
    drop(cache.subscribe("nothing.at.all").await?);
    Ok(cache)
}

/// Sets `k` in each of these regions.
pub(super) async fn set(regions: &[&Region]) -> Result<()> {
    for region in regions {
        region.set("k", &1).await?;
    }
    Ok(())
}

/// Which of these regions still have their `k`.
pub(super) async fn living<'a>(regions: &[&'a Region]) -> Result<Vec<&'a str>> {
    let mut living = Vec::new();
    for region in regions {
        living.extend(region.contains("k").await?.then(|| region.path()));
    }
    Ok(living)
}

/// A signal as one of us writes it down.
pub(super) fn ours(signal: &str, payload: &Value) -> String {
    let (id, by) = (Id::random().to_string(), Id::random().to_string());
    // The sign has to come first.
    let rest = json!({ "id": id, "signal": signal, "by": by, "at": 7, "payload": payload });
    rest.to_string().replacen('{', r#"{"region-cache":1,"#, 1)
}

const PATIENCE: Duration = Duration::from_secs(20);
