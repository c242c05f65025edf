//! Which computations the running code is part of.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::backend::Backend;
use crate::error::{Error, ErrorKind, Result};
use crate::key::Key;
use crate::name::Address;

tokio::task_local! {
    static CHAIN: Chain;
}

/// The computations that the running code is part of, the innermost first.
#[derive(Clone, Default)]
pub(crate) struct Chain(Option<Arc<Step>>);

struct Step {
    above: Chain,
    /// Which backend: one key of two backends is two keys.
    backend: usize,
    region: Address,
    keys: Vec<Key>,
    /// Whether something that has run out of time went into it.
    is_stale: AtomicBool,
}

impl Chain {
    /// The chain of the code that asks.
    pub(crate) fn current() -> Self {
        CHAIN.try_with(Self::clone).unwrap_or_default()
    }

    /// Fails with `Recursion` where one of these keys is being computed in this chain: its value would
    /// wait for itself.
    pub(super) fn check(
        &self,
        backend: &Arc<dyn Backend>,
        region: &Address,
        keys: &[Key],
    ) -> Result<()> {
        let backend = identity(backend);
        let same = self.steps().filter(|step| step.backend == backend && step.region == *region);
        match same.flat_map(|step| &step.keys).find(|key| keys.contains(key)) {
            Some(key) => Err(recursion(region, key)),
            None => Ok(()),
        }
    }

    /// The chain for computing keys from here.
    pub(super) fn computing(
        &self,
        backend: &Arc<dyn Backend>,
        region: &Address,
        keys: &[Key],
    ) -> Self {
        Self(Some(Arc::new(Step {
            above: self.clone(),
            backend: identity(backend),
            region: region.clone(),
            keys: keys.to_vec(),
            is_stale: AtomicBool::new(false),
        })))
    }

    /// Runs something as a part of this chain.
    pub(crate) async fn scope<T>(self, work: impl Future<Output = T>) -> T {
        CHAIN.scope(self, work).await
    }

    /// Something that has run out of time went into all of these computations.
    pub(super) fn used_stale(&self) {
        self.steps().for_each(|step| step.is_stale.store(true, Ordering::SeqCst));
    }

    /// Whether something went into the innermost computation that has run out of time. Stored, it would
    /// count as fresh for a whole time to live.
    pub(super) fn is_stale(&self) -> bool {
        self.0.as_ref().is_some_and(|step| step.is_stale.load(Ordering::SeqCst))
    }

    fn steps(&self) -> impl Iterator<Item = &Step> {
        std::iter::successors(self.0.as_deref(), |step| step.above.0.as_deref())
    }
}

fn identity(backend: &Arc<dyn Backend>) -> usize {
    Arc::as_ptr(backend).cast::<()>().addr()
}

fn recursion(region: &Address, key: &Key) -> Error {
    Error::new(
        ErrorKind::Recursion,
        format!(
            "the computation of key `{key}` of region `{region}` asks for that very key, and would wait \
             for itself; compute the part that it needs under a key of its own"
        ),
    )
}
