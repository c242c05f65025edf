//! The only place that knows what time it is.

#[cfg(any(feature = "config", feature = "minijinja"))]
pub(crate) mod span;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// Where a cache takes its time from: the system, or a test that moves time by hand.
///
/// Cloning gives a handle to the same clock.
///
/// ```
/// # use std::time::Duration;
/// # use region_cache::{Cache, Clock, RegionOptions};
/// # futures::executor::block_on(async {
/// let clock = Clock::manual();
/// let cache = Cache::builder()
///     .clock(clock.clone())
///     .options(RegionOptions::new().entry_ttl(Duration::from_secs(60)))
///     .build()
///     .await?;
/// cache.region("shop").set("price", &1999).await?;
///
/// clock.advance(Duration::from_secs(59));
/// assert_eq!(cache.region("shop").get::<i64>("price").await?, Some(1999));
/// clock.advance(Duration::from_secs(1));
/// assert_eq!(cache.region("shop").get::<i64>("price").await?, None);
/// # Ok::<_, region_cache::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    /// Sleepers watch the number, so that moving it wakes them.
    Manual(Arc<watch::Sender<Timestamp>>),
}

/// A moment, in milliseconds since the Unix epoch, by the clock of whoever keeps the data.
///
/// Moments of two machines are never compared with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

/// Measures how long something takes, to the nanosecond, by the system's time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Clock {
    /// The system's time: read once as wall-clock time, from then on monotonic, so that setting the
    /// machine's clock back revives nothing that has expired.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until [`advance`](Self::advance) moves it.
    pub fn manual() -> Self {
        Self(Source::Manual(Arc::new(watch::Sender::new(MANUAL_START))))
    }

    /// Moves a manual clock on and wakes who sleeps by it. The system's clock takes no notice.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(now) = &self.0 {
            now.send_modify(|now| *now = now.saturating_add(by));
        }
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => system_now(),
            Source::Manual(now) => *now.borrow(),
        }
    }

    /// The manual clock's number to watch, or `None` where time passes by itself.
    pub(crate) fn by_hand(&self) -> Option<watch::Receiver<Timestamp>> {
        match &self.0 {
            Source::System => None,
            Source::Manual(now) => Some(now.subscribe()),
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::System => f.write_str("Clock(system)"),
            Source::Manual(now) => write!(f, "Clock(manual, {:?})", *now.borrow()),
        }
    }
}

impl Timestamp {
    /// This many milliseconds after the epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub fn as_millis(self) -> u64 {
        self.0
    }

    /// Later by `by`, rounded up to whole milliseconds; the end of time where that is no number.
    #[must_use]
    pub fn saturating_add(self, by: Duration) -> Self {
        let millis = by.as_nanos().div_ceil(1_000_000);
        Self(self.0.saturating_add(u64::try_from(millis).unwrap_or(u64::MAX)))
    }

    /// The time from `earlier` until this moment; zero when it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

fn system_now() -> Timestamp {
    static START: OnceLock<(Instant, u64)> = OnceLock::new();
    let (started, wall) = START.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "this is the place for it")]
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (Instant::now(), millis(wall))
    });
    Timestamp(wall.saturating_add(millis(started.elapsed())))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Far from both ends of time, and easy to recognise when it shows up in a failing test.
const MANUAL_START: Timestamp = Timestamp(1_000_000_000_000);

#[cfg(test)]
mod tests;
