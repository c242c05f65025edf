//! Foreign signals: several hear them, one sees to them.
//!
//! Two equal messages cannot be told apart, so it is not enough that somebody has seen to an equal one
//! lately. Who is first waits a moment before it lets anything fall: all who heard an equal message until
//! then are served by that.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::bus::{Opened, Topic};
use crate::engine::Engine;
use crate::error::Result;
use crate::link::Effect;
use crate::signal::Signal;
use crate::tasks::timer;
use crate::wire::Id;

impl Engine {
    /// Sees to a foreign signal, behind the caller, or knows who does.
    pub(super) fn adopt(self: &Arc<Self>, name: &str, payload: Bytes) {
        self.counters.foreign_signals.add(1);
        let mut signal = Signal::foreign(name, payload);
        if signal.check().is_err() {
            self.counters.ignored_messages.add(1);
            return;
        }
        let mut adopting = self.hub.adopting.lock();
        if adopting.len() >= MOST {
            // So many different ones: one for each name is enough, and lets all that is bound to it fall.
            signal = Signal::foreign(name, Bytes::new());
        }
        let digest = digest(&signal);
        let times = adopting.entry(digest).or_default();
        *times += 1;
        if *times == 1 {
            let this = Arc::clone(self);
            self.tasks.keep(async move { this.see_to(digest, signal).await });
        }
    }

    async fn see_to(self: Arc<Self>, digest: Id, signal: Signal) {
        let times = || self.hub.adopting.lock().get(&digest).copied().unwrap_or_default();
        let id = Id::random();
        let at = self.link.clock().now().as_millis();
        let message = signal.message(id, self.hub.me, at).encode();
        loop {
            let before = times();
            match self.claim_foreign(digest, id, &message).await {
                Ok(Some(opened)) => {
                    if let Some(moment) = timer(self.link.clock(), WINDOW) {
                        moment.await;
                    }
                    self.hub.adopting.lock().remove(&digest);
                    let topic = Topic::Adopted(signal.name().to_owned());
                    let done = self.fulfil(id, &signal, &opened.bindings, &topic, &message).await;
                    if let Err(error) = done {
                        tracing::warn!(%error, signal = signal.name(), "a foreign signal is left to others");
                    }
                    return;
                }
                // Another has it; but only what was heard before that was asked.
                Ok(None) => {
                    let mut adopting = self.hub.adopting.lock();
                    if adopting.get(&digest) == Some(&before) {
                        adopting.remove(&digest);
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, signal = signal.name(), "only own bindings are seen to");
                    self.hub.adopting.lock().remove(&digest);
                    let own = self.hub.targets(self.namespace.as_str(), &signal, &[]);
                    // What fails of it is done again until it is confirmed.
                    let _ = self.fell(own).await;
                    return;
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

/// How many different ones are seen to at once.
const MOST: usize = 1_000;
