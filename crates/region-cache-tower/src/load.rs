//! Loading a page: one call upstream, for all who wait for it.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, DATE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    TRANSFER_ENCODING,
};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, response};
use http_body::Body as HttpBody;
use region_cache::{Key, Loading, Region, Result, Timestamp};
use tower::Service;

use crate::conditions::Conditions;
use crate::config::Config;
use crate::entry::{Entry, Page, Reason, Times, select};
use crate::key::variant;
use crate::policy::{Verdict, judge, without_hops};
use crate::upstream::{Arrived, Judged, Outcome, Own, Upstream, Why};

/// What a loader needs to know beside the call.
pub(crate) struct Load {
    pub(crate) config: Arc<Config>,
    pub(crate) region: Region,
    /// The request's headers, as they came.
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) spot: Spot,
    /// Whether it is made although something is stored, which is then as good as gone.
    pub(crate) is_forced: bool,
}

/// Where in a page's tree of keys something is.
#[derive(Clone, Debug)]
pub(crate) enum Spot {
    /// Under the page's own key.
    Page(Key),
    /// Under that of one of several responses, which depend on these request headers.
    Variant { page: Key, by: Vec<String>, key: Key },
}

/// Nothing came that could be stored: whoever waits for it asks for himself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotShared;

impl Load {
    pub(crate) async fn run<S, Q, B>(
        self,
        upstream: Arc<Upstream<S, Q, B>>,
        loading: Loading<Entry>,
    ) -> Result<Entry, NotShared>
    where
        S: Service<Request<Q>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Send + 'static,
        Q: Send + 'static,
        B: HttpBody + Send + 'static,
    {
        let stale = self.stale(&loading);
        let known = stale.as_deref().filter(|_| !self.is_forced);
        upstream.begin(|request| prepare(request.headers_mut(), known));
        let (mut known, limit) = (None, self.config.max_body_bytes);
        let arrived = poll_fn(|context| {
            let judge = |parts: &response::Parts, body: &B| {
                self.judge(parts, body.size_hint().lower(), stale.as_deref())
            };
            upstream.poll(context, &mut known, limit, judge)
        });
        let (verdict, page, parts, status) = match arrived.await {
            Arrived::Whole(verdict, parts, whole) => {
                let status = parts.status;
                let (page, parts) = self.page(&verdict, parts, whole);
                (verdict, page, parts, status)
            }
            Arrived::Unchanged(verdict, parts) => {
                let Some(page) = stale.as_deref() else { return Err(NotShared) };
                let page = revalidated(page, &parts, &verdict);
                (verdict, page, parts, StatusCode::NOT_MODIFIED)
            }
            Arrived::Left(Why::Unshared(reason)) => return Ok(self.pass(reason, &loading)),
            Arrived::Left(Why::Failed) | Arrived::Gone => return Err(NotShared),
        };
        let page = Arc::new(page);
        let entry = self.entry(&page, &verdict, &loading);
        upstream.end(Outcome::Page(Box::new(Own {
            page: Arc::clone(&page),
            extensions: parts.extensions,
            upstream_status: status,
            had_stale: stale.is_some(),
            receipt: loading.receipt(),
        })));
        if let Err(error) = self.tidy(&page, &loading).await {
            tracing::debug!(region = %self.region, %error, "other responses for a page are as they were");
        }
        Ok(entry)
    }

    /// What was stored for this request and is still known.
    fn stale(&self, loading: &Loading<Entry>) -> Option<Arc<Page>> {
        match loading.stale()? {
            Entry::Page(page) | Entry::Varies { first: Some(page), .. } => {
                page.suits(&self.headers).then(|| Arc::clone(page))
            }
            Entry::Varies { first: None, .. } | Entry::Pass(_) => None,
        }
    }

    fn judge(
        &self,
        parts: &response::Parts,
        at_least: u64,
        stale: Option<&Page>,
    ) -> Judged<Verdict> {
        let now = self.config.cache.clock().now();
        if parts.status.is_server_error() && !self.config.also.contains(&parts.status) {
            return Judged::Pass(Why::Failed);
        }
        if parts.status == StatusCode::NOT_MODIFIED
            && let Some(stale) = stale
        {
            // The rules are asked about the whole response, as it is now.
            let mut whole = Response::new(()).into_parts().0;
            (whole.status, whole.headers) =
                (stale.status(), merged(&stale.headers, &parts.headers));
            return match judge(&self.config, &self.headers, &whole, now) {
                Ok(verdict) => Judged::Unchanged(verdict),
                Err(_) => Judged::Unchanged(Verdict::over(now)),
            };
        }
        let length = declared(&parts.headers).unwrap_or(0).max(at_least);
        if length > self.config.max_body_bytes as u64 {
            return Judged::Pass(Why::Unshared(Reason::TooLarge));
        }
        match judge(&self.config, &self.headers, parts, now) {
            Ok(verdict) => Judged::Read(verdict),
            Err(reason) => Judged::Pass(Why::Unshared(reason)),
        }
    }

    fn page(
        &self,
        verdict: &Verdict,
        mut parts: response::Parts,
        whole: (Bytes, HeaderMap),
    ) -> (Page, response::Parts) {
        let mut headers = std::mem::take(&mut parts.headers);
        without_hops(&mut headers);
        if !headers.contains_key(DATE) {
            let received = std::time::UNIX_EPOCH
                + Duration::from_millis(verdict.times.received_at.as_millis());
            let date = HeaderValue::try_from(httpdate::fmt_http_date(received));
            headers.extend(date.map(|date| (DATE, date)));
        }
        let makes_etag = self.config.makes_etags
            && parts.status == StatusCode::OK
            && !headers.contains_key(ETAG);
        if makes_etag {
            headers.extend(etag(&whole.0).map(|etag| (ETAG, etag)));
        }
        let selected = verdict
            .varies_by
            .iter()
            .map(|name| (name.clone(), select(&self.headers, name)))
            .collect();
        let mut page = Page::new(parts.status, headers, whole, selected, verdict.times);
        page.has_own_etag = makes_etag;
        (page, parts)
    }

    /// What is stored where this loader is to store something, and for how long.
    fn entry(&self, page: &Arc<Page>, verdict: &Verdict, loading: &Loading<Entry>) -> Entry {
        let ttl = verdict.fresh_for.saturating_add(verdict.while_revalidating);
        loading.set_ttl(ttl);
        loading.set_stale_for(verdict.if_error.saturating_sub(verdict.while_revalidating));
        match &self.spot {
            Spot::Page(_) if !verdict.varies_by.is_empty() => {
                Entry::Varies { by: verdict.varies_by.clone(), first: Some(Arc::clone(page)) }
            }
            Spot::Page(_) | Spot::Variant { .. } => Entry::Page(Arc::clone(page)),
        }
    }

    /// Sees to the other entries of the page that this response says something about.
    async fn tidy(&self, page: &Page, loading: &Loading<Entry>) -> Result<()> {
        match &self.spot {
            Spot::Page(key) if self.is_forced && page.varies_by().next().is_some() => {
                // What it was made to replace may stand there.
                let by: Vec<String> = page.varies_by().map(str::to_owned).collect();
                self.region.remove(variant(key, &by, &self.headers)).await.map(drop)
            }
            Spot::Variant { page: key, by, .. }
                if page.varies_by().any(|name| !by.iter().any(|b| b == name)) =>
            {
                // It depends on more than was known: this is no place for it, and the next are told.
                loading.do_not_store();
                let mut by = by.clone();
                by.extend(page.varies_by().map(str::to_owned));
                by.sort_unstable();
                by.dedup();
                self.region.set(key.clone(), &Entry::Varies { by, first: None }).await
            }
            Spot::Page(_) | Spot::Variant { .. } => Ok(()),
        }
    }

    /// What those who wait are told where nothing can be shared, and for a moment those who come.
    fn pass(&self, reason: Reason, loading: &Loading<Entry>) -> Entry {
        let time = self.config.hit_for_pass;
        // Errors are not remembered: nobody shall fill the cache with paths that do not exist.
        if reason != Reason::Status && !time.is_zero() {
            loading.set_ttl(time);
        } else if loading.stale().is_some() {
            // But what is stored there is over.
            loading.set_ttl(Duration::from_millis(1));
        } else {
            loading.do_not_store();
        }
        loading.set_stale_for(Duration::ZERO);
        Entry::Pass(reason)
    }
}

impl Spot {
    pub(crate) fn key(&self) -> &Key {
        match self {
            Self::Page(key) | Self::Variant { key, .. } => key,
        }
    }
}

impl Verdict {
    /// One for what is over at once.
    fn over(now: Timestamp) -> Self {
        let times =
            Times { received_at: now, initial_age: Duration::ZERO, fresh_for: Duration::ZERO };
        let none = Duration::ZERO;
        Self { times, fresh_for: none, while_revalidating: none, if_error: none, varies_by: vec![] }
    }
}

impl fmt::Display for NotShared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the response failed, or is for one request only")
    }
}

impl std::error::Error for NotShared {}

/// Makes a request one whose answer can serve others: unconditional, but for what is stored here.
fn prepare(request: &mut HeaderMap, stale: Option<&Page>) {
    Conditions::remove(request);
    if let Some((etag, modified)) = stale.map(Page::validators) {
        let validators = [(IF_NONE_MATCH, etag), (IF_MODIFIED_SINCE, modified)];
        request.extend(
            validators.into_iter().filter_map(|(name, value)| Some((name, value?.clone()))),
        );
    }
}

/// A stored page that was found to be still valid.
fn revalidated(page: &Page, parts: &response::Parts, verdict: &Verdict) -> Page {
    let mut page = page.clone();
    page.headers = merged(&page.headers, &parts.headers);
    without_hops(&mut page.headers);
    page.renew(verdict.times);
    page
}

/// The headers of a stored response, as a 304 changes them (RFC 9111, section 3.2).
fn merged(stored: &HeaderMap, new: &HeaderMap) -> HeaderMap {
    let mut merged = stored.clone();
    // What the 304 does not say is not older than the 304.
    merged.remove(http::header::AGE);
    for name in new.keys().filter(|name| !OF_THE_BODY.contains(name)) {
        merged.remove(name);
        for value in new.get_all(name) {
            merged.append(name, value.clone());
        }
    }
    merged
}

fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// A weak entity tag: 128 bits of the BLAKE3 digest of the body.
fn etag(body: &[u8]) -> Option<HeaderValue> {
    let digits = blake3::hash(body).to_hex();
    HeaderValue::try_from(format!("W/\"{}\"", digits.get(..32)?)).ok()
}

/// What a 304 does not change.
const OF_THE_BODY: [http::HeaderName; 4] =
    [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_RANGE, TRANSFER_ENCODING];
