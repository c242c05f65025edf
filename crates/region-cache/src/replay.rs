//! What must still be done: invalidations, removals and expiries that failed, until they are confirmed.
//!
//! Their callers were told that they failed. As long as they wait, this process does not read what they
//! were about: it would read what its own program wanted gone.

mod queue;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures::channel::oneshot;
use parking_lot::Mutex;

use self::queue::{Duty, Queue};
use crate::backend::{Act, Backend, Change, Walk};
use crate::error::{Error, ErrorKind, Result};
use crate::gate::{Gate, Turn};
use crate::key::Key;
use crate::link::{Effect, Link};
use crate::name::Address;
use crate::tasks::{Tasks, go_last, timer, within};

/// The queue, and whoever works it off.
#[derive(Debug)]
pub(crate) struct Replay {
    link: Arc<Link>,
    tasks: Arc<Tasks>,
    queue: Mutex<Queue>,
    /// So that nobody needs the lock while all is well.
    length: AtomicUsize,
    /// Through it goes who does what is due: nothing is done twice at the same time, and what went wrong
    /// is told to all who waited.
    gate: Gate<Result<()>>,
    is_worked: AtomicBool,
}

impl Replay {
    pub(crate) fn new(link: Arc<Link>, tasks: Arc<Tasks>) -> Arc<Self> {
        Arc::new(Self {
            link,
            tasks,
            queue: Mutex::default(),
            length: AtomicUsize::new(0),
            gate: Gate::default(),
            is_worked: AtomicBool::new(false),
        })
    }

    /// How much is still to be done.
    pub(crate) fn length(&self) -> usize {
        self.length.load(Ordering::SeqCst)
    }

    /// Takes note of an invalidation that failed.
    pub(crate) fn invalidation_failed(self: &Arc<Self>, target: &Address, error: &Error) {
        if error.is_outage() {
            self.add(Duty::Tree(target.clone()), error);
        }
    }

    /// Takes note of the removals and expiries that failed, none of which anybody needs the answer of
    /// any more.
    pub(crate) fn changes_failed(self: &Arc<Self>, taking: Vec<Change>, error: &Error) {
        if error.is_outage() {
            taking.into_iter().for_each(|change| self.add(Duty::of(change), error));
        }
    }

    /// Sees to it that nothing is read that was asked to go, and nothing written that would go with it:
    /// does what is still to be done about these keys of a region, or about all of it where none are
    /// named, or refuses.
    pub(crate) async fn make_good(
        self: &Arc<Self>,
        region: &Address,
        keys: Option<&[Key]>,
    ) -> Result<()> {
        if self.length() == 0 {
            return Ok(());
        }
        // Rare, and large: it would make the future of every operation large.
        Box::pin(self.catch_up(region, keys)).await
    }

    async fn catch_up(self: &Arc<Self>, region: &Address, keys: Option<&[Key]>) -> Result<()> {
        let is_due = |duty: &Duty| duty.is_about(region, keys);
        if !self.queue.lock().any(is_due) {
            return Ok(());
        }
        self.work_off();
        let tried = within(self.link.clock(), self.link.timeout(), self.try_behind()).await;
        if !self.queue.lock().any(is_due) {
            return Ok(());
        }
        let busy = || Error::new(ErrorKind::Unavailable, "it is still being tried");
        let cause = tried.and_then(Result::err).unwrap_or_else(busy);
        let message = format!(
            "region `{region}` is left alone, because an invalidation, a removal or an expiry of this \
             process has failed and is not confirmed yet: {cause}"
        );
        Err(Error::new(ErrorKind::Unavailable, message).because(cause).answered())
    }

    /// One last try, before the end.
    pub(crate) async fn finish(&self) {
        if self.length() == 0 {
            return;
        }
        if let Err(error) = self.try_once().await {
            let length = self.length();
            tracing::error!(%error, length, "shut down with changes that were never confirmed");
        }
    }

    fn add(self: &Arc<Self>, duty: Duty, error: &Error) {
        tracing::warn!(%error, ?duty, "failed, and will be done again until it is confirmed");
        self.change(|queue| queue.add(duty));
        self.work_off();
    }

    fn change(&self, visit: impl FnOnce(&mut Queue)) {
        let mut queue = self.queue.lock();
        visit(&mut queue);
        self.length.store(queue.length(), Ordering::SeqCst);
    }

    /// Works the queue off behind the caller, unless that is being done already.
    fn work_off(self: &Arc<Self>) {
        if !self.is_worked.swap(true, Ordering::SeqCst) {
            let worker = Worker(Arc::clone(self));
            self.tasks.keep(async move { worker.0.work().await });
        }
    }

    async fn work(&self) {
        let mut pauses = PAUSES.build();
        loop {
            if self.length() == 0 {
                self.is_worked.store(false, Ordering::SeqCst);
                // Something may have come in after the look, from one who saw that this is at work.
                if self.length() == 0 || self.is_worked.swap(true, Ordering::SeqCst) {
                    return;
                }
            }
            let pause = pauses.next().unwrap_or_default();
            let Some(pause) = timer(self.link.clock(), pause) else { return };
            pause.await;
            if self.try_once().await.is_ok() {
                pauses = PAUSES.build();
            }
        }
    }

    /// The same in a task of its own: a caller that is not polled any more must not keep others waiting.
    async fn try_behind(self: &Arc<Self>) -> Result<()> {
        if !self.tasks.can_keep() {
            return self.try_once().await;
        }
        let (tell, told) = oneshot::channel();
        let this = Arc::clone(self);
        self.tasks.keep(async move {
            // Its caller may not be there any more.
            let _ = tell.send(this.try_once().await);
        });
        let gone = || Err(Error::new(ErrorKind::Closed, "the attempt ended with its runtime"));
        told.await.unwrap_or_else(|_| gone())
    }

    /// Does what is due, or learns what came of it from another who began to do it after this call.
    async fn try_once(&self) -> Result<()> {
        match self.gate.arrive().turn().await {
            Turn::Told(result) => result,
            Turn::Mine(mut asking) => {
                asking.asks();
                let result = self.do_what_is_due().await;
                asking.tell(result.clone());
                result
            }
        }
    }

    /// Does what is due, in the order in which it failed, until the backend does not answer again.
    async fn do_what_is_due(&self) -> Result<()> {
        let due = self.queue.lock().all();
        for (number, duty) in due {
            match self.fulfil(&duty).await {
                Ok(()) => tracing::info!(?duty, "done and confirmed at last"),
                Err(error) if error.is_outage() || error.is_closed() => return Err(error),
                // It would be refused again and again, and would keep others from being done.
                Err(error) => tracing::error!(%error, ?duty, "refused, and given up"),
            }
            self.change(|queue| queue.done(number));
        }
        Ok(())
    }

    async fn fulfil(&self, duty: &Duty) -> Result<()> {
        match duty {
            Duty::Tree(target) => {
                let again = |backend| Backend::invalidate(backend, target);
                let walk = self.link.call(Effect::Changes, again).await?;
                self.tasks.run(free(Arc::clone(&self.link), walk));
                Ok(())
            }
            Duty::Key(change) => match self.write(Change::clone(change)).await {
                // A full server lets nothing expire, because that stores something; but it removes.
                Err(error) if error.is_unavailable() && !error.is_outage() => {
                    self.write(Change { act: Act::Remove, ..Change::clone(change) }).await
                }
                result => result,
            },
        }
    }

    async fn write(&self, change: Change) -> Result<()> {
        self.link.call(Effect::Changes, |backend| backend.write(vec![change])).await.map(drop)
    }
}

/// Says that nobody is at work when the task ends, also where it goes with its runtime: the next who
/// looks begins another.
struct Worker(Arc<Replay>);

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.is_worked.store(false, Ordering::SeqCst);
    }
}

/// Frees what an invalidation has left behind. What fails, a later walk adopts.
async fn free(link: Arc<Link>, walk: Walk) {
    let mut is_done = walk.progress.is_done;
    while !is_done {
        let step = link.call(Effect::Reads, |backend| backend.walk(&walk)).await;
        is_done = step.map_or(true, |step| step.is_done);
        go_last().await;
    }
}

/// Whether a change only takes away, so that doing it again later harms nobody.
pub(crate) fn is_taking(change: &Change) -> bool {
    matches!(change.act, Act::Remove | Act::Expire)
}

/// Between two tries. The breaker spares the backend meanwhile.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(20))
    .with_max_delay(Duration::from_millis(400))
    .without_max_times()
    .with_jitter();
