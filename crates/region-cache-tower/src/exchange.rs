//! One request, from when it comes until its response goes.

mod compute;
mod outgoing;

use std::sync::Arc;

use http::{Method, Request, Response};
use http_body::Body as HttpBody;
use region_cache::{Error, Region};
use tower::{Service, ServiceExt};

use self::compute::{Computed, FAILED, Mode};
use self::outgoing::{NOT_INVALIDATED, falls, region_path, whole_uri};
use crate::answer::{View, answer, only_if_cached};
use crate::body::Body;
use crate::conditions::Conditions;
use crate::config::Config;
use crate::entry::{Entry, Page, Reason, SCHEMA};
use crate::key;
use crate::load::Spot;
use crate::plan::{Plan, Wish, plan};
use crate::policy::{judge, satisfies};
use crate::status::{Forward, Report};

/// A request, and all that is needed to answer it.
pub(crate) struct Exchange<S, Q> {
    config: Arc<Config>,
    service: S,
    request: Request<Q>,
    view: View,
}

/// What is to be done next for a request that has looked into the cache.
enum Next {
    /// This answers it.
    Serve(Arc<Page>),
    /// It depends on these request headers: there is another key to look at.
    Variant(Vec<String>),
    /// It must ask for itself.
    Forward(Forward, &'static str),
}

impl<S, Q, B> Exchange<S, Q>
where
    S: Service<Request<Q>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    Q: HttpBody + Send + 'static,
    B: HttpBody + Send + 'static,
    B::Error: Send,
{
    pub(crate) fn new(config: Arc<Config>, service: S, request: Request<Q>) -> Self {
        let (parts, body) = request.into_parts();
        let view = View {
            method: parts.method.clone(),
            conditions: Conditions::of(&parts.headers),
            region: region_path(&config, &parts),
        };
        Self { config, service, request: Request::from_parts(parts, body), view }
    }

    /// Answers the request.
    pub(crate) async fn run(self) -> Result<Response<Body<B>>, S::Error> {
        let has_body = !self.request.body().is_end_stream();
        let (parts, body) = self.request.into_parts();
        let plan = plan(&self.config, &parts, has_body);
        let looks = match plan {
            Plan::Forward(report) => Err(report),
            Plan::Look(wish) => Ok((key::page(&self.config, &parts, whole_uri(&parts)), wish)),
        };
        let exchange = Self { request: Request::from_parts(parts, body), ..self };
        match looks {
            Ok((key, wish)) => exchange.look(Spot::Page(key), wish).await,
            Err(report) => exchange.forward(report).await,
        }
    }

    /// Looks into the cache, and goes on from there.
    async fn look(mut self, mut spot: Spot, wish: Wish) -> Result<Response<Body<B>>, S::Error> {
        let region = self.region();
        loop {
            let (found, trouble) = match find(&region, &spot, wish).await {
                Ok(found) => found,
                Err(error) => return self.forward(cannot(&region, &error)).await,
            };
            let report =
                Report { detail: trouble.map(Into::into), ..Report::forward(why(&spot, wish)) };
            let is_head = self.view.method == Method::HEAD;
            let (entry, is_shared) = match found {
                None | Some(Entry::Pass(_)) if wish.only_if_cached => {
                    return Ok(only_if_cached(&self.config));
                }
                Some(Entry::Pass(reason)) => return self.pass(&region, &spot, reason).await,
                Some(entry) => (entry, false),
                None if is_head => return self.forward(report).await,
                None => match self.compute(&region, spot.clone(), Mode::of(wish), report).await {
                    Computed::Answered(answer) => return answer,
                    Computed::Shared(entry, back) => {
                        self = *back;
                        (entry, true)
                    }
                },
            };
            match next(entry, &spot, self.request.headers()) {
                Next::Serve(page) if is_shared => {
                    let now = self.config.cache.clock().now();
                    let report = shared(&page, why(&spot, wish), now);
                    return Ok(answer(&self.config, &self.view, &page, &report, now));
                }
                Next::Serve(page) => return self.serve(&region, spot, wish, page).await,
                Next::Variant(by) => spot = self.variant(spot, by),
                Next::Forward(..) if wish.only_if_cached => {
                    return Ok(only_if_cached(&self.config));
                }
                Next::Forward(why, detail) => {
                    return self.forward(Report::forward(why).because(detail)).await;
                }
            }
        }
    }

    /// Answers from a page that is there, unless the client wants another.
    async fn serve(
        self,
        region: &Region,
        spot: Spot,
        wish: Wish,
        page: Arc<Page>,
    ) -> Result<Response<Body<B>>, S::Error> {
        let now = self.config.cache.clock().now();
        let report = Report::hit(page.ttl(now));
        let is_head = self.view.method == Method::HEAD;
        if wish.has_directives && !satisfies(&page, self.request.headers(), now) {
            let report = Report::forward(Forward::Request);
            if wish.only_if_cached {
                return Ok(only_if_cached(&self.config));
            }
            if is_head {
                return self.forward(report).await;
            }
            return match self.compute(region, spot, Mode::Newer, report.clone()).await {
                Computed::Answered(answer) => answer,
                // Another is at it already, and nobody knows when it has begun.
                Computed::Shared(_, back) => back.forward(report).await,
            };
        }
        let (config, view) = (Arc::clone(&self.config), self.view.clone());
        if !wish.has_directives && !page.is_fresh(now) && !is_head {
            // `stale-while-revalidate`: this is for those who come next.
            self.refresh(region, spot).await;
        }
        Ok(answer(&config, &view, &page, &report, now))
    }

    /// Passes the request on, where it is known that its answer serves nobody else.
    async fn pass(
        self,
        region: &Region,
        spot: &Spot,
        reason: Reason,
    ) -> Result<Response<Body<B>>, S::Error> {
        let (config, headers) = (Arc::clone(&self.config), self.request.headers().clone());
        let is_get = self.view.method == Method::GET;
        let report = Report::forward(why(spot, Wish::default())).because(reason.detail());
        let response = self.forward(report).await?;
        let (parts, body) = response.into_parts();
        let is_short =
            body.size_hint().upper().is_some_and(|most| most <= config.max_body_bytes as u64);
        let now = config.cache.clock().now();
        if is_get && is_short && judge(&config, &headers, &parts, now).is_ok() {
            // Things have changed: the next one shall try again for all.
            if let Err(error) = region.remove(spot.key().clone()).await {
                tracing::debug!(%region, %error, "still taken for one that cannot be shared");
            }
        }
        Ok(Response::from_parts(parts, body))
    }

    /// Passes the request on, and its answer back.
    async fn forward(self, report: Report) -> Result<Response<Body<B>>, S::Error> {
        let (service, request, view, config) = self.outgoing();
        let response = service.oneshot(request).await?.map(Body::passing);
        Ok(finish(&config, &view, response, report).await)
    }

    fn variant(&self, spot: Spot, by: Vec<String>) -> Spot {
        let (Spot::Page(page) | Spot::Variant { page, .. }) = spot;
        let key = key::variant(&page, &by, self.request.headers());
        Spot::Variant { page, by, key }
    }

    fn region(&self) -> Region {
        self.config.cache.region(&self.view.region).with(|options| options.schema(SCHEMA))
    }
}

/// Does what a response asks for, and says in it what the cache did.
async fn finish<B: HttpBody>(
    config: &Config,
    view: &View,
    mut response: Response<Body<B>>,
    mut report: Report,
) -> Response<Body<B>> {
    let status = response.status();
    if !falls(config, view, status, response.extensions_mut()).await {
        report = report.because(NOT_INVALIDATED);
    }
    report.write(config, response.headers_mut());
    response
}

/// What there is, and what has kept the cache from saying so.
async fn find(
    region: &Region,
    spot: &Spot,
    wish: Wish,
) -> region_cache::Result<(Option<Entry>, Option<&'static str>)> {
    let key = spot.key().clone();
    let found = if wish.is_forced {
        // From here on nobody is served what was there.
        region.expire(key).await.map(|_| None)
    } else {
        region.get(key).await
    };
    match found {
        Ok(found) => Ok((found, None)),
        Err(error) if is_away(&error) => Ok((None, Some(AWAY))),
        Err(error) => Err(error),
    }
}

/// What an entry means for a request with these headers.
fn next(entry: Entry, spot: &Spot, headers: &http::HeaderMap) -> Next {
    match (entry, spot) {
        (Entry::Page(page) | Entry::Varies { first: Some(page), .. }, _) if page.suits(headers) => {
            Next::Serve(page)
        }
        (Entry::Varies { by, .. }, Spot::Page(_)) => Next::Variant(by),
        (Entry::Page(_) | Entry::Varies { .. }, _) => Next::Forward(Forward::VaryMiss, "vary"),
        (Entry::Pass(reason), _) => Next::Forward(why(spot, Wish::default()), reason.detail()),
    }
}

/// Why a request goes upstream that has found nothing.
fn why(spot: &Spot, wish: Wish) -> Forward {
    match spot {
        _ if wish.is_forced => Forward::Request,
        Spot::Page(_) => Forward::UriMiss,
        Spot::Variant { .. } => Forward::VaryMiss,
    }
}

/// What is said of a page that another request has brought.
fn shared(page: &Page, why: Forward, now: region_cache::Timestamp) -> Report {
    let ttl = page.ttl(now);
    if page.is_fresh(now) {
        return Report { is_collapsed: true, ttl: Some(ttl), ..Report::forward(why) };
    }
    // It has failed for another, a moment ago.
    Report::hit(ttl).because(FAILED)
}

/// What is said of a request that is answered without the cache.
fn cannot(region: &Region, error: &Error) -> Report {
    if is_away(error) {
        tracing::debug!(%region, %error, "answered without the cache");
        return Report::forward(Forward::Bypass).because(AWAY);
    }
    if error.is_compute() || error.is_closed() {
        return Report::forward(Forward::UriMiss);
    }
    tracing::warn!(%region, %error, "answered without the cache");
    Report::forward(Forward::Bypass).because("cache-error")
}

fn is_away(error: &Error) -> bool {
    error.is_unavailable() || error.is_timeout() || error.is_unconfirmed()
}

const AWAY: &str = "cache-unavailable";
