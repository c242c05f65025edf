//! A source that fails, is slow, or says "not modified": what its callers see of it.
//!
//! Run with: `cargo run --example fail_safe`

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

use region_cache::{BoxError, Cache, EntryOptions, Region, Result};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let cache = Cache::in_memory();
    let weather = cache.region("weather").with(|o| {
        o.stale_for(Duration::from_secs(3600)) // better an hour old than nothing
            .soft_timeout(Duration::from_millis(20)) // who has something old waits no longer
    });
    let source = Arc::new(Source::default());
    assert_eq!(ask(&weather, &source).await?, "edition 0");

    // Its time is over, and the source fails: the old value is served.
    weather.expire("today").await?;
    source.mood.store(BROKEN, SeqCst);
    println!("the source is broken: {}", ask(&weather, &source).await?);
    assert_eq!(cache.stats().stale_served, 1);

    // For a second nobody asks it again. Then somebody does, and it has recovered.
    let asked = source.asked.load(SeqCst);
    for _ in 0..100 {
        assert_eq!(ask(&weather, &source).await?, "edition 0");
    }
    println!("100 callers right after: {} asked it", source.asked.load(SeqCst) - asked);
    source.mood.store(WELL, SeqCst);
    source.edition.store(1, SeqCst);
    wait_for(&weather, &source, "edition 1").await?;

    // It is slow: its caller is served the old value after 20 ms, and the computation goes on.
    weather.expire("today").await?;
    source.mood.store(SLOW, SeqCst);
    source.edition.store(2, SeqCst);
    let began = Instant::now();
    let told = ask(&weather, &source).await?;
    println!("the source takes {SLOWNESS:?}: {told} after {:.0?}", began.elapsed());
    assert_eq!(told, "edition 1");
    wait_for(&weather, &source, "edition 2").await?;

    // "Not modified": the loader names the version that it has, and no text is sent again.
    weather.expire("today").await?;
    source.mood.store(WELL, SeqCst);
    let sent = source.sent.load(SeqCst);
    assert_eq!(ask(&weather, &source).await?, "edition 2");
    println!("still valid: {} sent again", source.sent.load(SeqCst) - sent);
    assert_eq!(source.sent.load(SeqCst), sent);

    // Refreshed at a fifth of its life, behind its callers: nobody waits for the slow source.
    let second = Duration::from_secs(1);
    let eager = weather.region("eager").with(|o| o.entry_ttl(second).refresh_ahead(0.2));
    ask(&eager, &source).await?;
    source.mood.store(SLOW, SeqCst);
    let (misses, mut longest) = (cache.stats().misses, Duration::ZERO);
    while cache.stats().refreshes < 3 {
        let began = Instant::now();
        ask(&eager, &source).await?;
        longest = longest.max(began.elapsed());
        pause(Duration::from_millis(5)).await;
    }
    println!("3 refreshes behind the callers: the longest wait was {longest:.0?}");
    assert_eq!(cache.stats().misses, misses, "it never ran out");

    cache.shutdown().await;
    Ok(())
}

/// Today's weather, from the cache or the source.
async fn ask(weather: &Region, source: &Arc<Source>) -> Result<String> {
    let source = Arc::clone(source);
    let load = |loading: region_cache::Loading<String>| async move {
        let known = loading.version().map(str::to_owned); // `If-None-Match: ..`
        match source.fetch(known).await? {
            Some((text, version)) => {
                loading.set_version(version); // `ETag: ..`
                Ok(text)
            }
            None => loading.unchanged().ok_or_else(|| BoxError::from("there was no version")),
        }
    };
    weather.get_or_compute_with("today", EntryOptions::new(), load).await
}

async fn wait_for(weather: &Region, source: &Arc<Source>, edition: &str) -> Result<()> {
    let began = Instant::now();
    while ask(weather, source).await? != edition {
        assert!(began.elapsed() < Duration::from_secs(20), "{edition} should be there");
        pause(Duration::from_millis(5)).await;
    }
    println!("{edition} was there {:.0?} later", began.elapsed());
    Ok(())
}

async fn pause(time: Duration) {
    let mut pace = tokio::time::interval(time);
    pace.tick().await; // the first is at once
    pace.tick().await;
}

/// Has editions and moods, and counts what it is asked and what it sends.
#[derive(Default)]
struct Source {
    edition: AtomicU32,
    mood: AtomicU32,
    asked: AtomicU32,
    sent: AtomicU32,
}

impl Source {
    /// The text and its version; nothing where the caller has that version.
    async fn fetch(&self, known: Option<String>) -> Result<Option<(String, String)>, BoxError> {
        self.asked.fetch_add(1, SeqCst);
        match self.mood.load(SeqCst) {
            BROKEN => return Err("the source is broken".into()),
            SLOW => pause(SLOWNESS).await,
            _ => {}
        }
        let version = self.edition.load(SeqCst).to_string();
        if known.as_ref() == Some(&version) {
            return Ok(None);
        }
        self.sent.fetch_add(1, SeqCst);
        Ok(Some((format!("edition {version}"), version)))
    }
}

const WELL: u32 = 0;
const BROKEN: u32 = 1;
const SLOW: u32 = 2;
const SLOWNESS: Duration = Duration::from_millis(100);
