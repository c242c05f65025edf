//! Asking for a key's lease, and giving it back whatever happens.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::backend::{Backend, Envelope, Id, Lease, Leased, Wish};
use crate::engine::Engine;
use crate::error::Result;
use crate::key::Key;
use crate::link::Effect;
use crate::place::{Place, What};
use crate::tasks::timer;

/// A lease that was asked for. Dropping it gives the lease back, also where the answer never came.
pub(super) struct Claim {
    pub(super) engine: Arc<Engine>,
    pub(super) place: Place,
    pub(super) key: Key,
    /// Proposed in one request only.
    id: Id,
    /// Whether the lease may be ours.
    is_open: bool,
}

impl Claim {
    pub(super) fn new(engine: Arc<Engine>, place: Place, key: Key) -> Self {
        Self { engine, place, key, id: Id::random(), is_open: false }
    }

    /// The id that the lease has if it is granted.
    pub(super) fn id(&self) -> Id {
        self.id
    }

    /// Asks once. A present envelope that is to be passed over is named.
    pub(super) async fn ask(
        &mut self,
        time: Duration,
        despite: Option<&Envelope>,
    ) -> Result<Leased> {
        let region = &self.place.address;
        self.engine.replay.make_good(region, Some(std::slice::from_ref(&self.key))).await?;
        let wish = Wish { region, key: &self.key, id: self.id, time, despite };
        self.is_open = true;
        // For its caller this is a read: a lease that nobody knows of ends by its deadline.
        let leased = self.engine.link.call(Effect::Reads, |backend| backend.lease(wish)).await;
        self.is_open = match &leased {
            Ok(Leased::Held(lease)) => {
                if lease.overtook {
                    self.engine.counters.takeovers.add(1);
                    tracing::debug!(what = %What(&self.place, &self.key), "took a lease over");
                }
                true
            }
            Ok(Leased::Taken(..) | Leased::Present(_) | Leased::Closed) => false,
            // Also where the connection was lost: the request may have arrived.
            Err(error) => !error.is_unasked() && !error.is_closed(),
        };
        leased
    }

    /// Moves the lease's deadline on, again and again, as long as this is polled.
    pub(super) async fn keep(&self, lease: &Lease) -> Infallible {
        let engine = &self.engine;
        while let Some(pause) = timer(engine.link.clock(), lease.time / RENEWALS) {
            pause.await;
            let renewed = engine.link.call(Effect::Changes, |backend| backend.renew(lease)).await;
            if matches!(renewed, Ok(false)) {
                // Overtaken. What is computed is still its caller's.
                break;
            }
        }
        std::future::pending().await
    }

    /// Nothing is to be given back any more.
    pub(super) fn close(&mut self) {
        self.is_open = false;
    }

    /// Gives the lease back and waits for it, so that whoever asks next is granted it. What fails is
    /// tried again behind the caller.
    pub(super) async fn give_back(mut self) {
        if self.is_open {
            // Open until then: this may be dropped on the way.
            self.is_open = self.release()().await.is_err_and(|error| error.is_outage());
        }
    }

    /// What gives the lease back, each time that it is called.
    fn release(&self) -> impl Fn() -> BoxFuture<'static, Result<()>> + Send + 'static {
        let (engine, id) = (Arc::clone(&self.engine), self.id);
        let (region, key) = (self.place.address.clone(), self.key.clone());
        move || {
            let (engine, region, key) = (Arc::clone(&engine), region.clone(), key.clone());
            async move {
                let release = |backend| Backend::release(backend, &region, &key, id);
                engine.link.call(Effect::Changes, release).await
            }
            .boxed()
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        let (release, clock) = (self.release(), self.engine.link.clock().clone());
        self.engine.tasks.run(async move {
            // Not for ever: the lease's deadline does the same.
            for _ in 0..TRIES {
                match release().await {
                    Err(error) if error.is_outage() => {}
                    _ => return,
                }
                let Some(pause) = timer(&clock, BETWEEN_TRIES) else { return };
                pause.await;
            }
        });
    }
}

/// How often, and how soon again, it is tried to give a lease back: as long as it would last by itself.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(250);

/// How often a lease is renewed within its time.
const RENEWALS: u32 = 3;
