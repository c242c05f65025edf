//! Emitting: everything that is bound has fallen when it returns.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join_all;

use crate::backend::{Act, Change};
use crate::bus::Topic;
use crate::engine::Engine;
use crate::error::Result;
use crate::event::Event;
use crate::link::Effect;
use crate::signal::{Signal, Target};
use crate::wire::Id;

/// What [`Cache::emit`](crate::Cache::emit) has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Emitted {
    /// How many regions, or keys of them, have fallen because they are bound to the signal.
    pub regions: u64,
    /// How many connections were told of it: one for each cache that listens, this one too.
    pub processes: u64,
}

impl Engine {
    pub(crate) async fn emit(self: &Arc<Self>, signal: Signal) -> Result<Emitted> {
        signal.check()?;
        let (hub, namespace) = (&self.hub, self.namespace.as_str());
        let id = Id::random();
        let message = signal.message(id, hub.me, self.link.clock().now().as_millis()).encode();
        let opened =
            self.link.in_time(Effect::Changes, hub.bus.open(namespace, id, &message)).await;
        let opened = opened.inspect_err(|error| {
            // What is bound here is known; of the rest only the caller's next attempt can know.
            for target in hub.targets(namespace, &signal, &[]) {
                self.failed(target, error);
            }
        })?;
        self.counters.signals.add(1);
        let topic = Topic::Signal(signal.name().to_owned());
        self.fulfil(id, &signal, &opened.bindings, &topic, &message).await
    }

    /// Lets everything fall that is bound to a signal, and then tells of it.
    pub(super) async fn fulfil(
        self: &Arc<Self>,
        id: Id,
        signal: &Signal,
        bindings: &[String],
        topic: &Topic,
        message: &str,
    ) -> Result<Emitted> {
        let (hub, namespace) = (&self.hub, self.namespace.as_str());
        let targets: BTreeSet<Target> =
            hub.targets(namespace, signal, bindings).into_iter().collect();
        let regions = targets.len() as u64;
        tracing::debug!(signal = signal.name(), regions, "a signal lets regions fall");
        self.fell(targets).await?;
        // Before it is told, so that this cache does not heed itself.
        hub.heard(id);
        let close = hub.bus.close(namespace, id, topic, message.as_bytes());
        let processes = self.link.in_time(Effect::Changes, close).await?;
        hub.tell(Event::Signal(signal.emitted(hub.me)));
        Ok(Emitted { regions, processes })
    }

    /// Lets all of these fall, those within others by them. What fails is tried again, and the first
    /// failure is the answer.
    pub(super) async fn fell(
        self: &Arc<Self>,
        targets: impl IntoIterator<Item = Target>,
    ) -> Result<()> {
        let all = Target::absorb(targets).into_iter().map(|target| async {
            match target {
                Target::Tree(region) => Arc::clone(self).invalidate(&region).await.map(drop),
                Target::Key(region, key) => self.write(vec![removal(region, key)]).await.map(drop),
            }
        });
        join_all(all).await.into_iter().collect()
    }

    fn failed(&self, target: Target, error: &crate::error::Error) {
        match target {
            Target::Tree(region) => self.replay.invalidation_failed(&region, error),
            Target::Key(region, key) => {
                self.replay.changes_failed(vec![removal(region, key)], error);
            }
        }
    }
}

fn removal(region: crate::name::Address, key: crate::key::Key) -> Change {
    Change {
        region,
        key,
        act: Act::Remove,
        region_ttl: None,
        refresh_region_ttl: false,
        requires: None,
        is_whole: false,
    }
}
