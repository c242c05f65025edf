//! A call of a cached function.

use std::borrow::Borrow;
use std::future::Future;
use std::panic::resume_unwind;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::{BoxError, Error, Result};
use crate::key::Key;
use crate::load::{Judge, Terms, Wishes};
use crate::region::Region;
use crate::wire::Value;

/// What a cached function may give.
#[diagnostic::on_unimplemented(
    message = "a value of type `{Self}` cannot be cached",
    label = "what is cached must be owned, cloneable, and known to serde",
    note = "derive `Clone`, `serde::Serialize` and `serde::Deserialize` for it; it may hold no references"
)]
pub trait Cacheable: Value {}

#[diagnostic::do_not_recommend]
impl<T: Value> Cacheable for T {}

/// An error that can say that the cache failed.
#[diagnostic::on_unimplemented(
    message = "an error of type `{Self}` cannot say that the cache failed",
    label = "its error does not implement `From<region_cache::Error>`",
    note = "implement `From<region_cache::Error>` for `{Self}`"
)]
pub trait Failure: From<Error> {}

#[diagnostic::do_not_recommend]
impl<E: From<Error>> Failure for E {}

/// A `Result`, whatever it is called.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `Result`",
    label = "this was taken for a `Result`, because of its name",
    note = "give the type a name that does not end with `Result`, by `use .. as ..` or a type alias"
)]
pub trait Fallible {
    /// What it holds if all went well.
    type Value;
}

impl<T, E> Fallible for Result<T, E> {
    type Value = T;
}

/// One call: where its value is cached, and when. The region is its own, or one that all calls share.
pub struct Call<'a, T, R = Region> {
    region: R,
    key: Key,
    is_anew: bool,
    stale_if: Option<Test<'a, T>>,
    store_if: Vec<Test<'a, T>>,
}

type Test<'a, T> = Box<dyn Fn(&T) -> bool + Send + Sync + 'a>;

/// A call of a function whose values are of a type that can be cached.
pub fn call<'a, T: Cacheable, R>(region: R, key: Key) -> Call<'a, T, R> {
    Call::new(region, key)
}

impl<'a, T, R> Call<'a, T, R> {
    fn new(region: R, key: Key) -> Self {
        Self { region, key, is_anew: false, stale_if: None, store_if: Vec::new() }
    }

    /// Whether the value is computed whatever is cached.
    #[must_use]
    pub fn anew(self, is_anew: bool) -> Self {
        Self { is_anew, ..self }
    }

    /// Which cached values are not good enough.
    #[must_use]
    pub fn stale_if(self, test: impl Fn(&T) -> bool + Send + Sync + 'a) -> Self {
        Self { stale_if: Some(Box::new(test)), ..self }
    }

    /// Which computed values are stored.
    #[must_use]
    pub fn store_if(mut self, test: impl Fn(&T) -> bool + Send + Sync + 'a) -> Self {
        self.store_if.push(Box::new(test));
        self
    }

    /// The answer to a call that may fail. Whose function ran gets its error as it is; who waited for
    /// another's, or could not use the cache, gets the cache's.
    pub async fn fallible<E, F, Fut>(
        self,
        load: F,
        tell: impl Fn(&E) -> BoxError + Send + Sync,
    ) -> Result<T, E>
    where
        T: Cacheable,
        R: Borrow<Region> + Send + Sync,
        E: Failure + Send,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = Result<T, E>> + Send,
    {
        let failed = Mutex::new(None);
        let load = async || {
            load().await.map_err(|error| {
                let told = tell(&error);
                *failed.lock() = Some(error);
                told
            })
        };
        let result = self.get(load).await;
        result.map_err(|error| failed.into_inner().unwrap_or_else(|| E::from(error)))
    }

    /// The answer to a call that cannot fail: where the cache does, it is gone around.
    pub async fn plain<F, Fut>(self, load: F) -> T
    where
        T: Cacheable,
        R: Borrow<Region> + Send + Sync,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = T> + Send,
    {
        let (load, made) = (Mutex::new(Some(load)), Mutex::new(None));
        let run = async || {
            let load = load.lock().take().ok_or("it was called twice")?;
            let value = load().await;
            *made.lock() = Some(value.clone());
            Ok(value)
        };
        let error = match self.get(run).await {
            Ok(value) => return value,
            Err(error) => error,
        };
        match (made.into_inner(), load.into_inner()) {
            (Some(value), _) => {
                self.region.borrow().note_detour(&self.key, &error);
                value
            }
            (None, Some(load)) => {
                self.region.borrow().note_detour(&self.key, &error);
                // It is rare, and would make the future of every call larger.
                Box::pin(load()).await
            }
            // It ran and did not end: it panicked, and goes on doing so.
            (None, None) => resume_unwind(Box::new(error.to_string())),
        }
    }

    async fn get<F, Fut>(&self, load: F) -> Result<T>
    where
        T: Value,
        R: Borrow<Region> + Send + Sync,
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = Result<T, BoxError>> + Send,
    {
        let region = self.region.borrow();
        let (place, key) = region.entry(&self.key)?;
        let engine = Arc::clone(region.engine());
        if self.is_anew {
            engine.expire(place, key.clone()).await?;
        }
        let stale_if = self.stale_if.as_ref();
        let judge: Option<Judge<'_, T>> =
            stale_if.map(|stale| Box::new(move |value: &T| !stale(value)) as _);
        let terms = Terms { judge, is_anew: self.is_anew };
        let load = || async {
            let value = load().await?;
            let is_not_to_be_stored = !self.store_if.iter().all(|test| test(&value));
            Ok((value, Wishes { is_not_to_be_stored, ..Wishes::default() }))
        };
        engine
            .compute(place.clone(), key, terms, |hold| {
                hold.compute_wishing(Box::pin(async { load().await }))
            })
            .await
    }
}
