//! Foreign signals: several hear them, one sees to them.
//!
//! Two equal messages cannot be told apart, so it is not enough that somebody has seen to an equal one
//! lately. Who is first waits a moment before it lets anything fall: all who heard an equal message until
//! then are served by that.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use bytes::Bytes;

use crate::bus::{Opened, Topic};
use crate::engine::Engine;
use crate::error::Result;
use crate::hub::Hub;
use crate::link::Effect;
use crate::signal::{MAX_PAYLOAD, Signal};
use crate::tasks::timer;
use crate::wire::Id;

/// A foreign signal that this process sees to. Dropping it, also where the task goes with its runtime,
/// leaves it to the next one that is heard.
struct Adopting {
    hub: Arc<Hub>,
    digest: Id,
    is_over: bool,
}

impl Adopting {
    /// How often it was heard so far.
    fn times(&self) -> u64 {
        self.hub.adopting.lock().get(&self.digest).copied().unwrap_or_default()
    }

    /// Leaves it to another process, unless it was heard again since it was heard so often; whether it
    /// did.
    fn leaves(&mut self, times: u64) -> bool {
        let mut adopting = self.hub.adopting.lock();
        self.is_over = adopting.get(&self.digest) == Some(&times);
        if self.is_over {
            adopting.remove(&self.digest);
        }
        self.is_over
    }
}

impl Drop for Adopting {
    fn drop(&mut self) {
        // What was heard after the end is somebody else's.
        if !self.is_over {
            self.hub.adopting.lock().remove(&self.digest);
        }
    }
}

impl Engine {
    /// Sees to a foreign signal, behind the caller, or knows who does.
    pub(super) fn adopt(self: &Arc<Self>, name: &str, payload: Bytes) {
        self.counters.foreign_signals.add(1);
        self.hub.has_foreign.store(true, Ordering::SeqCst);
        // What is too long for a payload is not carried on: then all that is bound to the name falls.
        let payload = if payload.len() > MAX_PAYLOAD { Bytes::new() } else { payload };
        let signal = Signal::foreign(name, payload);
        if signal.check().is_err() {
            self.counters.ignored_messages.add(1);
            return;
        }
        let digest = digest(&signal);
        let mut adopting = self.hub.adopting.lock();
        if adopting.len() >= MOST && !adopting.contains_key(&digest) {
            self.hub.is_flooded.store(true, Ordering::SeqCst);
            return;
        }
        let times = adopting.entry(digest).or_default();
        *times += 1;
        let is_first = *times == 1;
        // Free again before the task is made: where there is no runtime it is dropped at once.
        drop(adopting);
        if is_first {
            let mine = Adopting { hub: Arc::clone(&self.hub), digest, is_over: false };
            let this = Arc::clone(self);
            self.tasks.keep(async move { this.see_to(mine, signal).await });
        }
    }

    async fn see_to(self: Arc<Self>, mut mine: Adopting, signal: Signal) {
        let (id, name) = (Id::random(), signal.name());
        let at = self.link.clock().now().as_millis();
        let message = signal.message(id, self.hub.me, at).encode();
        let mut pauses = PAUSES.build();
        loop {
            let times = mine.times();
            match self.claim_foreign(mine.digest, id, &message).await {
                Ok(Some(opened)) => {
                    // A little longer than for the bus, whose clock is another.
                    if let Some(moment) = timer(self.link.clock(), WINDOW + GRAIN) {
                        moment.await;
                    }
                    drop(mine);
                    let topic = Topic::Adopted(name.to_owned());
                    let done = self.fulfil(id, &signal, &opened.bindings, &topic, &message).await;
                    if let Err(error) = done {
                        tracing::warn!(%error, signal = name, "a foreign signal is left to others");
                    }
                    return;
                }
                // Another has it; but only what was heard before that was asked.
                Ok(None) => {
                    if mine.leaves(times) {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, signal = name, "a foreign signal waits for the bus");
                    let own = self.hub.targets(self.namespace.as_str(), &signal, &[]);
                    // What fails of it is done again until it is confirmed.
                    let _ = self.fell(own).await;
                    let Some(pause) = pauses.next() else { return };
                    let Some(pause) = timer(self.link.clock(), pause) else { return };
                    pause.await;
                }
            }
        }
    }

    async fn claim_foreign(&self, digest: Id, id: Id, message: &str) -> Result<Option<Opened>> {
        let namespace = self.namespace.as_str();
        let adopt = self.hub.bus.adopt(namespace, digest, WINDOW, id, message);
        self.link.in_time(Effect::Changes, adopt).await
    }
}

fn digest(signal: &Signal) -> Id {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(signal.name().len() as u64).to_be_bytes());
    hasher.update(signal.name().as_bytes()).update(signal.bytes());
    let mut id = [0; 16];
    hasher.finalize_xof().fill(&mut id);
    Id::from_bytes(id)
}

/// For how long the first one waits for others to hear the same.
const WINDOW: Duration = Duration::from_millis(20);

/// By how much two clocks may take the same time for different.
const GRAIN: Duration = Duration::from_millis(5);

/// How many different ones are seen to at once. Of more it is only known that they came.
const MOST: usize = 1_000;

/// Between two tries to say that a signal is seen to, about ten minutes in all.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(100))
    .with_max_delay(Duration::from_secs(5))
    .with_max_times(120)
    .with_jitter();
