//! How long a caller waits.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::options::Settings;
use crate::tasks::within;
use crate::time::{Clock, Timestamp};

/// The limits of one call, from when it began.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    clock: Clock,
    began: Timestamp,
    /// Where something else can stand in.
    soft: Option<Duration>,
    hard: Duration,
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// The caller does not want to wait any longer, and has something else.
    Soft,
    /// Nothing may take that long.
    Hard,
}

impl Patience {
    pub(super) fn new(clock: &Clock, settings: &Settings, can_stand_in: bool) -> Self {
        let soft = settings.soft_timeout.filter(|_| can_stand_in);
        Self { clock: clock.clone(), began: clock.now(), soft, hard: settings.compute_timeout }
    }

    /// The same for work that goes on when its caller does not wait any longer.
    pub(super) fn without_soft(self) -> Self {
        Self { soft: None, ..self }
    }

    /// Waits for something, as long as this call still may.
    pub(super) async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, Limit> {
        let past = self.clock.now().since(self.began);
        let (limit, time) = match self.soft.filter(|soft| *soft < self.hard) {
            Some(soft) => (Limit::Soft, soft),
            None => (Limit::Hard, self.hard),
        };
        within(&self.clock, time.saturating_sub(past), work).await.ok_or(limit)
    }

    pub(super) fn too_late(&self, what: &dyn Display) -> Error {
        let hard = self.hard;
        let message = format!("{what} was not computed within {hard:?} (`compute_timeout`)");
        Error::new(ErrorKind::Timeout, message)
    }
}
