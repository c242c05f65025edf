//! One request, from when it comes until its response goes.

mod compute;
mod outgoing;

use std::sync::Arc;

use http::{Method, Request, Response};
use http_body::Body as HttpBody;
use region_cache::{Error, Region};
use tower::{Service, ServiceExt};

use self::compute::{Computed, Mode};
use self::outgoing::{falls, region_path, whole_uri};
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
    async fn look(self, mut spot: Spot, wish: Wish) -> Result<Response<Body<B>>, S::Error> {
        let region = self.region();
        let mut exchange = self;
        loop {
            let mut trouble = None;
            let found = if wish.is_forced {
                region.expire(spot.key().clone()).await.map(|_| None)
            } else {
                region.get::<Entry>(spot.key().clone()).await
            };
            let found = match found {
                Ok(found) => found,
                Err(error) if error.is_unavailable() || error.is_timeout() => {
                    trouble = Some("cache-unavailable");
                    None
                }
                Err(error) if error.is_unconfirmed() => None,
                Err(error) => return exchange.forward(cannot(&region, &error)).await,
            };
            let now = exchange.config.cache.clock().now();
            let is_head = exchange.view.method == Method::HEAD;
            let entry = match found {
                Some(Entry::Pass(reason)) => return exchange.pass(&region, &spot, reason).await,
                Some(entry) => entry,
                None if wish.only_if_cached => return Ok(only_if_cached(&exchange.config)),
                None if is_head => {
                    return exchange.forward(Report::forward(why(&spot, wish))).await;
                }
                None => match exchange.compute(&region, spot.clone(), Mode::of(wish)).await {
                    Computed::Done(answer, view, config) => {
                        return finish(&config, &view, answer).await;
                    }
                    Computed::Own(own, view, config) => {
                        let forward = if own.had_stale && !wish.is_forced {
                            Forward::Stale
                        } else {
                            why(&spot, wish)
                        };
                        let report =
                            Report { detail: trouble.map(Into::into), ..Report::forward(forward) };
                        return Ok(own.answer(&config, &view, report).await);
                    }
                    Computed::Stale(page, report, view, config) => {
                        return Ok(answer(&config, &view, &page, &report, now));
                    }
                    Computed::Shared(entry, back) => {
                        exchange = back;
                        match next(entry, &spot, exchange.request.headers()) {
                            Next::Serve(page) => {
                                let now = exchange.config.cache.clock().now();
                                let report = shared(&page, why(&spot, wish), now);
                                return Ok(answer(
                                    &exchange.config,
                                    &exchange.view,
                                    &page,
                                    &report,
                                    now,
                                ));
                            }
                            Next::Variant(by) => {
                                spot = exchange.variant(spot, by);
                                continue;
                            }
                            Next::Forward(why, detail) => {
                                return exchange
                                    .forward(Report::forward(why).because(detail))
                                    .await;
                            }
                        }
                    }
                    Computed::Back(back, error) => {
                        return back.forward(cannot(&region, &error)).await;
                    }
                },
            };
            match next(entry, &spot, exchange.request.headers()) {
                Next::Serve(page) => return exchange.serve(&region, spot, wish, page).await,
                Next::Variant(by) => spot = exchange.variant(spot, by),
                Next::Forward(why, detail) => {
                    return exchange.forward(Report::forward(why).because(detail)).await;
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
        let Self { config, view, .. } = &self;
        let now = config.cache.clock().now();
        let (is_head, config, view) =
            (view.method == Method::HEAD, Arc::clone(config), view.clone());
        let report = Report::hit(page.ttl(now));
        if wish.has_directives {
            let (parts, body) = self.request.into_parts();
            let is_enough = satisfies(&page, &parts, now);
            let exchange = Self { request: Request::from_parts(parts, body), ..self };
            return match (is_enough, is_head) {
                (true, _) => Ok(answer(&config, &view, &page, &report, now)),
                (false, _) if wish.only_if_cached => Ok(only_if_cached(&config)),
                (false, true) => exchange.forward(Report::forward(Forward::Request)).await,
                (false, false) => exchange.newer(region, spot).await,
            };
        }
        if !page.is_fresh(now) && !is_head {
            // `stale-while-revalidate`: this is for those who come next.
            let behind = self.compute(region, spot, Mode::Behind);
            drop(Box::pin(behind).await);
        }
        Ok(answer(&config, &view, &page, &report, now))
    }

    /// Answers from upstream, although something is there, and stores it for the others.
    async fn newer(self, region: &Region, spot: Spot) -> Result<Response<Body<B>>, S::Error> {
        match self.compute(region, spot, Mode::Newer).await {
            Computed::Done(answer, view, config) => finish(&config, &view, answer).await,
            Computed::Own(own, view, config) => {
                Ok(own.answer(&config, &view, Report::forward(Forward::Request)).await)
            }
            Computed::Shared(_, back) | Computed::Back(back, _) => {
                back.forward(Report::forward(Forward::Request)).await
            }
            Computed::Stale(page, report, view, config) => {
                let now = config.cache.clock().now();
                Ok(answer(&config, &view, &page, &report, now))
            }
        }
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
        finish(&config, &view, Ok((response, report))).await
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
async fn finish<B: HttpBody, E>(
    config: &Config,
    view: &View,
    answer: Result<(Response<Body<B>>, Report), E>,
) -> Result<Response<Body<B>>, E> {
    let (mut response, mut report) = answer?;
    let status = response.status();
    if !falls(config, view, status, response.extensions_mut()).await {
        report = report.because("invalidation-failed");
    }
    report.write(config, response.headers_mut());
    Ok(response)
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
    Report::hit(ttl).because("stale-if-error")
}

/// The cache cannot be asked: the request is answered without it.
fn cannot(region: &Region, error: &Error) -> Report {
    if error.is_unavailable() || error.is_timeout() {
        tracing::debug!(%region, %error, "answered without the cache");
        return Report::forward(Forward::Bypass).because("cache-unavailable");
    }
    if error.is_compute() || error.is_closed() {
        return Report::forward(Forward::UriMiss);
    }
    tracing::warn!(%region, %error, "answered without the cache");
    Report::forward(Forward::Bypass).because("cache-error")
}
