//! Running a loader: with its leases renewed, within its time, and not brought down by its panic.

use std::any::Any;
use std::convert::Infallible;
use std::fmt::Display;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::{BoxFuture, Either, select};

use super::chain::Chain;
use super::patience::{Limit, Patience};
use crate::error::{BoxError, Error, ErrorKind, Result};

/// What a loader came to.
pub(super) enum Ran<R> {
    Done(R),
    Failed(Error),
    /// Its caller has something else and does not wait any longer.
    Late,
}

/// A loader that was called. Without its type, so that loaders within loaders are no deep types.
pub(super) type Load<'a, R> = BoxFuture<'a, Result<R, BoxError>>;

/// Calls a loader, when the future is polled: so one that panics before it gives a future is caught too.
pub(crate) fn load<'a, R, E, Fut>(call: impl FnOnce() -> Fut + Send + 'a) -> Load<'a, R>
where
    Fut: Future<Output = Result<R, E>> + Send + 'a,
    E: Into<BoxError>,
{
    Box::pin(async { call().await.map_err(Into::into) })
}

/// Runs a loader as a part of `chain`, until its caller takes what `stands_in`. `what` names what it
/// computes, in errors.
pub(super) async fn run<R, Still>(
    chain: Chain,
    patience: &Patience,
    what: &(dyn Display + Sync),
    load: Load<'_, R>,
    renewals: impl Future<Output = Infallible>,
    stands_in: impl FnOnce() -> Still,
) -> Ran<R>
where
    Still: Future<Output = bool>,
{
    let load = Box::pin(chain.scope(AssertUnwindSafe(load).catch_unwind()));
    let kept = async {
        match select(load, Box::pin(renewals)).await {
            Either::Left((loaded, _)) => loaded,
            Either::Right((never, _)) => match never {},
        }
    };
    match patience.wait(kept, stands_in).await {
        Ok(Ok(Ok(result))) => Ran::Done(result),
        Ok(Ok(Err(error))) => Ran::Failed(failed(what, error)),
        Ok(Err(panic)) => Ran::Failed(panicked(what, panic.as_ref())),
        Err(Limit::Hard) => Ran::Failed(patience.too_late(Limit::Hard, what)),
        Err(Limit::Soft) => Ran::Late,
    }
}

/// The error of a loader. One that asked for its own key is told so as it is.
fn failed(what: &dyn Display, cause: BoxError) -> Error {
    match cause.downcast_ref::<Error>() {
        Some(error) if error.is_recursion() => {
            Error::new(ErrorKind::Recursion, error.to_string()).because(cause)
        }
        _ => {
            let message = format!("computing {what} failed: {cause}");
            Error::new(ErrorKind::Compute, message).because(cause)
        }
    }
}

fn panicked(what: &dyn Display, panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let said = text.map(|text| format!(": {text}")).unwrap_or_default();
    Error::new(ErrorKind::Panic, format!("the loader of {what} panicked{said}"))
}
