//! How long a caller waits.

use std::fmt::Display;
use std::future::Future;
use std::pin::pin;
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

    /// Waits for something as long as this call may: until the soft limit, if by then something still
    /// `stands_in`, and else until the hard one.
    pub(super) async fn wait<T, F, Fut>(
        &self,
        work: impl Future<Output = T>,
        stands_in: F,
    ) -> Result<T, Limit>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = bool>,
    {
        let mut work = pin!(work);
        if let Some(soft) = self.soft.filter(|soft| *soft < self.hard) {
            if let Some(done) = within(&self.clock, self.left(soft), work.as_mut()).await {
                return Ok(done);
            }
            if stands_in().await {
                return Err(Limit::Soft);
            }
        }
        within(&self.clock, self.left(self.hard), work).await.ok_or(Limit::Hard)
    }

    fn left(&self, limit: Duration) -> Duration {
        limit.saturating_sub(self.clock.now().since(self.began))
    }

    pub(super) fn too_late(&self, limit: Limit, what: &dyn Display) -> Error {
        let (time, option) = match limit {
            Limit::Soft => (self.soft.unwrap_or(self.hard), "soft_timeout"),
            Limit::Hard => (self.hard, "compute_timeout"),
        };
        let message = format!("{what} was not computed within {time:?} (`{option}`)");
        Error::new(ErrorKind::Timeout, message)
    }
}
