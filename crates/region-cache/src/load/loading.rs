//! What a loader is told, and what it may say beside its value.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::standby::Standby;
use crate::backend::Change;

/// What the loader of [`get_or_compute_with`](crate::Region::get_or_compute_with) is told, and what it
/// may say beside the value that it returns.
///
/// ```
/// # use std::time::Duration;
/// # use region_cache::{BoxError, Cache, EntryOptions};
/// # struct Answer { is_unchanged: bool, body: String, etag: String, max_age: Duration }
/// # async fn fetch(_: Option<String>) -> Result<Answer, BoxError> {
/// #     Ok(Answer { is_unchanged: false, body: "…".into(), etag: "v1".into(), max_age: Duration::from_secs(60) })
/// # }
/// # futures::executor::block_on(async {
/// let pages = Cache::in_memory().region("pages").with(|o| o.stale_for(Duration::from_secs(3600)));
/// let page = pages
///     .get_or_compute_with("/", EntryOptions::new(), |loading| async move {
///         let answer = fetch(loading.version().map(str::to_owned)).await?; // `If-None-Match`
///         loading.set_ttl(answer.max_age);
///         if let Some(same) = loading.unchanged().filter(|_| answer.is_unchanged) {
///             return Ok(same); // "304 Not Modified": what was there lives on
///         }
///         loading.set_version(answer.etag);
///         Ok::<_, BoxError>(answer.body)
///     })
///     .await?;
/// # assert_eq!(page, "…");
/// # Ok::<_, region_cache::Error>(())
/// # }).unwrap();
/// ```
pub struct Loading<T> {
    standby: Option<Standby<T>>,
    wishes: Arc<Mutex<Wishes>>,
}

/// What a loader has asked for.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) ttl: Option<Duration>,
    pub(crate) stale_for: Option<Duration>,
    pub(crate) tag: Option<String>,
    pub(crate) is_not_to_be_stored: bool,
    pub(crate) receipt: Receipt,
    /// What is stored with the value, or not at all.
    pub(crate) beside: Vec<Change>,
}

/// Whether a computed value was stored: see [`Loading::receipt`].
#[derive(Clone, Debug, Default)]
pub struct Receipt(Arc<AtomicBool>);

impl Receipt {
    /// Whether the value was stored, once the call that computed it has ended. No for one that was
    /// overtaken, was not to be stored, or could not be, and where the backend did not say.
    pub fn is_stored(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    pub(super) fn confirm(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl<T> Loading<T> {
    pub(super) fn new(standby: Option<Standby<T>>) -> (Self, Arc<Mutex<Wishes>>) {
        let wishes = Arc::<Mutex<Wishes>>::default();
        (Self { standby, wishes: Arc::clone(&wishes) }, wishes)
    }

    /// The value that was there: one that has run out of time and is kept
    /// ([`stale_for`](crate::RegionOptions::stale_for)), or one that is being
    /// [refreshed](crate::RegionOptions::refresh_ahead). Never one that was invalidated.
    pub fn stale(&self) -> Option<&T> {
        self.standby.as_ref().map(|standby| &standby.value)
    }

    /// The version tag that the [stale](Self::stale) value was stored with.
    pub fn version(&self) -> Option<&str> {
        self.standby.as_ref()?.tag.as_deref()
    }

    /// The [stale](Self::stale) value, to be returned as still valid: it is stored anew, with its
    /// version tag.
    pub fn unchanged(&self) -> Option<T>
    where
        T: Clone,
    {
        let standby = self.standby.as_ref()?;
        self.wishes.lock().tag = standby.tag.clone();
        Some(standby.value.clone())
    }

    /// The value shall be stored with this version tag, such as an `ETag`: up to 255 bytes. An integer
    /// that has one cannot be [`increment`](crate::Region::increment)ed.
    pub fn set_version(&self, tag: impl Into<String>) {
        self.wishes.lock().tag = Some(tag.into());
    }

    /// The value shall live for this long; zero means that it shall [not be
    /// stored](Self::do_not_store).
    pub fn set_ttl(&self, ttl: Duration) {
        let mut wishes = self.wishes.lock();
        wishes.ttl = Some(ttl);
        wishes.is_not_to_be_stored |= ttl.is_zero();
    }

    /// The value shall be kept for this long after it has run out of time, instead of as long as the
    /// region or the call says ([`stale_for`](crate::RegionOptions::stale_for)); zero: not at all. Who
    /// reads it must still have a `stale_for` of its own.
    pub fn set_stale_for(&self, time: Duration) {
        self.wishes.lock().stale_for = Some(time);
    }

    /// Says afterwards whether the value was stored.
    ///
    /// ```
    /// # use region_cache::{BoxError, Cache, EntryOptions, Receipt};
    /// # futures::executor::block_on(async {
    /// let pages = Cache::in_memory().region("pages");
    /// let (tell, told) = std::sync::mpsc::channel();
    /// let page = pages.get_or_compute_with("/", EntryOptions::new(), move |loading| async move {
    ///     tell.send(loading.receipt())?;
    ///     Ok::<_, BoxError>("…".to_owned())
    /// });
    /// page.await?;
    /// assert!(told.recv().is_ok_and(|receipt: Receipt| receipt.is_stored()));
    /// # Ok::<_, region_cache::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn receipt(&self) -> Receipt {
        self.wishes.lock().receipt.clone()
    }

    /// The value is for those who wait for it, and shall not be stored.
    pub fn do_not_store(&self) {
        self.wishes.lock().is_not_to_be_stored = true;
    }
}

impl<T> fmt::Debug for Loading<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loading")
            .field("has_stale", &self.standby.is_some())
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}
