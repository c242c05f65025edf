//! The circuit breaker: a backend that does not answer is spared, and asked again now and then.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use parking_lot::Mutex;

use crate::error::{Error, ErrorKind, Result};
use crate::stats::BreakerState;
use crate::time::{Clock, Timestamp};

/// Lets operations through, or not.
#[derive(Debug)]
pub(crate) struct Breaker {
    /// Whether all was well last: then nobody needs the lock.
    is_calm: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How many operations in a row the backend did not answer.
    failures: u32,
    /// None: closed, everything passes.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    retry_at: Timestamp,
    pauses: ExponentialBackoff,
    /// Since when one operation is under way by which it is seen whether the backend is back.
    probed: Option<Timestamp>,
    last: Error,
}

/// Leave for one operation. Say how it ended; one that was dropped says nothing.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
}

impl Breaker {
    pub(crate) fn new() -> Self {
        Self { is_calm: AtomicBool::new(true), state: Mutex::default() }
    }

    /// Asks for leave. Refused with `Unavailable` while the backend is spared.
    ///
    /// An operation by which the backend is tried counts as lost after `timeout`.
    pub(crate) fn enter(&self, clock: &Clock, timeout: Duration) -> Result<Pass<'_>> {
        if self.is_calm.load(Ordering::Relaxed) {
            return Ok(Pass { breaker: self, is_probe: false });
        }
        let mut state = self.state.lock();
        let Some(open) = &mut state.open else {
            return Ok(Pass { breaker: self, is_probe: false });
        };
        let now = clock.now();
        let is_probed = open.probed.is_some_and(|since| now.since(since) < timeout);
        if is_probed || now < open.retry_at {
            return Err(spared(&open.last));
        }
        open.probed = Some(now);
        Ok(Pass { breaker: self, is_probe: true })
    }

    /// Leave that is never refused, for those who want to know how the backend is.
    pub(crate) fn enter_anyway(&self) -> Pass<'_> {
        Pass { breaker: self, is_probe: false }
    }

    pub(crate) fn state(&self) -> BreakerState {
        match &self.state.lock().open {
            None => BreakerState::Closed,
            Some(open) if open.probed.is_some() => BreakerState::HalfOpen,
            Some(_) => BreakerState::Open,
        }
    }

    fn close(&self) {
        if self.is_calm.load(Ordering::Relaxed) {
            return;
        }
        let mut state = self.state.lock();
        if state.open.is_some() {
            tracing::info!("the backend answers again");
        }
        *state = State::default();
        self.is_calm.store(true, Ordering::Relaxed);
    }

    fn fail(&self, error: &Error, is_probe: bool, now: Timestamp) {
        let mut state = self.state.lock();
        self.is_calm.store(false, Ordering::Relaxed);
        match &mut state.open {
            Some(open) if is_probe => {
                open.probed = None;
                open.retry_at = now.saturating_add(open.pauses.next().unwrap_or(LONGEST_PAUSE));
                open.last = error.clone();
            }
            // Sent before it opened: that is known by now.
            Some(_) => {}
            None => {
                state.failures += 1;
                if state.failures >= PATIENCE {
                    tracing::warn!(%error, "the backend does not answer and is spared for a while");
                    let mut pauses = PAUSES.build();
                    let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
                    let retry_at = now.saturating_add(pause);
                    let last = error.clone();
                    state.open = Some(Open { retry_at, pauses, probed: None, last });
                }
            }
        }
    }
}

impl Pass<'_> {
    /// Says how the operation ended.
    pub(crate) fn settle<T>(mut self, result: &Result<T>, clock: &Clock) {
        match result {
            // Dropped without a word.
            Err(error) if error.is_unasked() => return,
            Err(error) if error.is_outage() => {
                self.breaker.fail(error, self.is_probe, clock.now());
            }
            _ => self.breaker.close(),
        }
        self.is_probe = false;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_probe
            && let Some(open) = &mut self.breaker.state.lock().open
        {
            // Nothing was learnt. The next may try at once.
            open.probed = None;
        }
    }
}

fn spared(last: &Error) -> Error {
    let message = format!(
        "the backend did not answer {PATIENCE} times in a row and is spared for a moment (the circuit \
         breaker is open); the last time: {last}"
    );
    Error::new(ErrorKind::Unavailable, message).because(last.clone())
}

/// How many operations in a row go unanswered before the backend is spared.
const PATIENCE: u32 = 5;

const LONGEST_PAUSE: Duration = Duration::from_millis(300);

/// How long it is spared: the longer the more often it was tried, and never in step with others. Chance
/// may double a pause.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(50))
    .with_max_delay(LONGEST_PAUSE)
    .without_max_times()
    .with_jitter();

#[cfg(test)]
mod tests;
