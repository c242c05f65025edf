//! The one error of the crate.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// A result whose error is [`Error`], unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error, boxed: what loaders may fail with and what [`Error::other`] wraps.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// What went wrong, in one opaque and cheaply cloneable value.
///
/// There is one type for the whole crate, because callers ask one of two questions: "which kind of
/// trouble is it?", answered by [`kind`](Error::kind) and a predicate for each kind, and "what do I
/// tell the operator?", answered by `Display`, which says what was wrong and what would be right.
/// The cause, where there is one, is in the [source chain](StdError::source).
///
/// ```
/// # use region_cache::{Cache, ErrorKind};
/// # futures::executor::block_on(async {
/// let error = Cache::in_memory().region("shop..42").get::<i64>("price").await.unwrap_err();
/// assert!(error.is_invalid_name());
/// assert_eq!(error.kind(), ErrorKind::InvalidName);
/// # });
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    tells: Tells,
}

/// What an error says of how the backend is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tells {
    /// What its kind says.
    Kind,
    /// That it is there: it gave this answer itself.
    Answer,
    /// Nothing: it was not asked.
    Nothing,
}

/// The kinds of trouble that callers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A region path, namespace or key breaks the rules of names. Nothing was sent.
    InvalidName,
    /// An option or a URL makes no sense. Nothing was sent.
    Config,
    /// The backend cannot be reached.
    Unavailable,
    /// The backend did not answer within the operation timeout; a read, so nothing is in doubt. Or
    /// a computation did not end within its compute timeout.
    Timeout,
    /// The backend does not accept these credentials.
    Auth,
    /// The backend knows us, but does not permit this.
    Denied,
    /// What is stored is of another type than the operation needs.
    WrongType,
    /// A value is larger than allowed.
    TooLarge,
    /// A value cannot be encoded.
    Encode,
    /// An integer would leave the range of `i64`.
    Overflow,
    /// A transaction met other writers every time that it was tried.
    Conflict,
    /// A transaction names a region below another root.
    CrossRoot,
    /// A loader failed.
    Compute,
    /// A loader panicked.
    Panic,
    /// A loader asked for the very key that it computes.
    Recursion,
    /// A change was sent and no answer came: it may or may not have happened.
    Unconfirmed,
    /// The guard of [`guarded`](crate::Region::guarded) was lost while the commit ran.
    GuardLost,
    /// The cache was shut down, or a handle outlived what it belongs to.
    Closed,
    /// Anything else, among it everything that [`Error::other`] wraps.
    Other,
}

impl Error {
    /// Wraps any error as one of kind [`ErrorKind::Other`].
    ///
    /// For the closures of transactions, whose error type is this one:
    ///
    /// ```
    /// # use region_cache::{Cache, Error};
    /// # futures::executor::block_on(async {
    /// # let cache = Cache::in_memory();
    /// let error = cache
    ///     .region("shop")
    ///     .transaction(async |_| "seven".parse::<i64>().map_err(Error::other))
    ///     .await
    ///     .unwrap_err();
    /// assert!(error.is_other());
    /// assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    /// # });
    /// ```
    pub fn other(error: impl Into<BoxError>) -> Self {
        let source = error.into();
        Self::new(ErrorKind::Other, source.to_string()).because(source)
    }

    /// The kind of trouble.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The first error of type `E` in the source chain.
    ///
    /// An `anyhow::Error` that was wrapped hides its outermost original: ask for what stands below
    /// it, or for `anyhow::Error`'s own causes.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        let mut next = self.source();
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<E>() {
                return Some(found);
            }
            next = error.source();
        }
        None
    }

    /// An error for a [`Backend`](crate::backend::Backend) of one's own to return.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner { kind, message: message.into(), source: None, tells: Tells::Kind }))
    }

    /// The same error with a cause below it.
    #[must_use]
    pub fn because(self, source: impl Into<BoxError>) -> Self {
        Self(Arc::new(Inner {
            kind: self.0.kind,
            message: self.0.message.clone(),
            source: Some(Arc::from(source.into())),
            tells: self.0.tells,
        }))
    }

    /// The same error, given by a backend that is there: no sign of an outage.
    #[must_use]
    pub(crate) fn answered(self) -> Self {
        self.telling(Tells::Answer)
    }

    /// The same error, for which no backend was asked.
    #[must_use]
    pub(crate) fn unasked(self) -> Self {
        self.telling(Tells::Nothing)
    }

    fn telling(self, tells: Tells) -> Self {
        let Inner { kind, message, source, .. } = &*self.0;
        let (kind, message, source) = (*kind, message.clone(), source.clone());
        Self(Arc::new(Inner { kind, message, source, tells }))
    }

    /// Whether it says nothing of how the backend is.
    pub(crate) fn is_unasked(&self) -> bool {
        self.0.tells == Tells::Nothing
    }

    /// Whether the backend cannot be reached, or does not answer.
    pub(crate) fn is_outage(&self) -> bool {
        let kinds = [ErrorKind::Unavailable, ErrorKind::Timeout, ErrorKind::Unconfirmed];
        kinds.contains(&self.0.kind) && self.0.tells == Tells::Kind
    }
}

/// `Ok` of a loader whose error is any: saves naming it where a block uses `?`.
///
/// # Errors
///
/// None.
///
/// ```
/// # use region_cache::{Cache, loaded};
/// # futures::executor::block_on(async {
/// # let cache = Cache::in_memory();
/// let port = cache
///     .region("settings")
///     .get_or_compute("port", || async {
///         let port: u16 = "8080".parse()?;
///         loaded(port)
///     })
///     .await?;
/// # assert_eq!(port, 8080);
/// # Ok::<_, region_cache::Error>(())
/// # }).unwrap();
/// ```
pub fn loaded<T>(value: T) -> Result<T, BoxError> {
    Ok(value)
}

/// One predicate for each kind.
macro_rules! predicates {
    ($($name:ident $kind:ident)*) => {
        impl Error {
            $(
                #[doc = concat!("Whether the kind is [`ErrorKind::", stringify!($kind), "`].")]
                pub fn $name(&self) -> bool {
                    self.0.kind == ErrorKind::$kind
                }
            )*
        }
    };
}

predicates! {
    is_invalid_name InvalidName
    is_config Config
    is_unavailable Unavailable
    is_timeout Timeout
    is_auth Auth
    is_denied Denied
    is_wrong_type WrongType
    is_too_large TooLarge
    is_encode Encode
    is_overflow Overflow
    is_conflict Conflict
    is_cross_root CrossRoot
    is_compute Compute
    is_panic Panic
    is_recursion Recursion
    is_unconfirmed Unconfirmed
    is_guard_lost GuardLost
    is_closed Closed
    is_other Other
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind).field("message", &self.0.message);
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests;
