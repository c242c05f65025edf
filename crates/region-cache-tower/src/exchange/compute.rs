//! Asking upstream for all who wait.

use std::sync::Arc;
use std::time::Duration;

use futures::channel::oneshot;
use http::{Request, Response, StatusCode};
use http_body::Body as HttpBody;
use region_cache::{EntryOptions, RefreshAhead, Region, Result};
use tower::Service;
use tracing::Instrument;

use super::outgoing::{NOT_INVALIDATED, falls};
use super::{Exchange, cannot, finish};
use crate::answer::{View, answer};
use crate::body::Body;
use crate::config::Config;
use crate::entry::{Entry, Page};
use crate::load::{Load, Spot};
use crate::plan::Wish;
use crate::status::{Forward, Report};
use crate::upstream::{Outcome, Own, Stage, Upstream, Why};

/// How it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// There is nothing.
    Missing,
    /// What is there has been set aside.
    Forced,
    /// What is there is not new enough for this client.
    Newer,
    /// What is there is served meanwhile.
    Behind,
}

/// What came of it.
pub(super) enum Computed<S, Q, B: HttpBody, E> {
    /// The request has its answer.
    Answered(Result<Response<Body<B>>, E>),
    /// Another request has brought this, and nobody has answered this one yet.
    Shared(Entry, Box<Exchange<S, Q>>),
}

impl Mode {
    pub(super) fn of(wish: Wish) -> Self {
        if wish.is_forced { Self::Forced } else { Self::Missing }
    }
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
    /// Asks upstream, or waits for another request that does. `report` says why.
    pub(super) async fn compute(
        self,
        region: &Region,
        spot: Spot,
        mode: Mode,
        report: Report,
    ) -> Computed<S, Q, B, S::Error> {
        let Begun { upstream, result, asked } = self.begin(region, spot, mode, report).await;
        let stage = match asked.standby {
            None => upstream.take(),
            // What is under way goes on behind the client.
            Some(_) => match upstream.take_if_idle() {
                Some(stage) => stage,
                None => return Computed::Answered(Ok(asked.stand_in(None, "slow"))),
            },
        };
        match (stage, result) {
            (Stage::Waiting(service, request), result) => {
                let Asked { config, view, .. } = asked;
                let back = Self { config, service, request, view };
                match result {
                    Ok(entry) => Computed::Shared(entry, Box::new(back)),
                    Err(error) => Computed::Answered(back.forward(cannot(region, &error)).await),
                }
            }
            (Stage::Ended(outcome), _) => Computed::Answered(asked.ended(outcome).await),
            (Stage::Calling(_) | Stage::Gone, Err(error)) if error.is_panic() => {
                // It is this request's handler that has panicked.
                std::panic::resume_unwind(Box::new(error.to_string()))
            }
            // The loader was given up: what it had begun is ended for this request alone.
            (Stage::Calling(call), _) => {
                let response = call.await.map(|response| response.map(Body::passing));
                Computed::Answered(asked.passes(response, Some("slow")).await)
            }
            (Stage::Reading(buffer), _) => {
                let response = buffer.into_response();
                Computed::Answered(asked.passes(Ok(response), Some("slow")).await)
            }
            (Stage::Gone, _) => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::BAD_GATEWAY;
                Computed::Answered(asked.passes(Ok(response), Some("lost")).await)
            }
        }
    }

    /// Asks upstream for those who come next, if nobody does so already, and waits for nothing.
    pub(super) async fn refresh(self, region: &Region, spot: Spot) {
        let report = Report::forward(Forward::Stale);
        // The call is left alone: it goes on by itself.
        drop(self.begin(region, spot, Mode::Behind, report).await);
    }

    async fn begin(
        self,
        region: &Region,
        spot: Spot,
        mode: Mode,
        report: Report,
    ) -> Begun<S, Q, B, S::Error> {
        let (key, headers) = (spot.key().clone(), Arc::new(self.request.headers().clone()));
        let load = Load {
            config: Arc::clone(&self.config),
            region: region.clone(),
            headers: Arc::clone(&headers),
            spot,
            is_forced: mode == Mode::Forced,
        };
        let (service, request, view, config) = self.outgoing();
        let upstream = Upstream::new(service, request);
        let mut options = EntryOptions::new().stale_for(ANY_AGE);
        if matches!(mode, Mode::Newer | Mode::Behind) {
            options = options.refresh_ahead(RefreshAhead::at(f64::MIN_POSITIVE));
        }
        let (alive, ended) = oneshot::channel::<()>();
        let its = Arc::clone(&upstream);
        let loader = move |loading| {
            let load = async move {
                // Ends with the loader, however that ends.
                let _alive = alive;
                load.run(its, loading).await
            };
            load.in_current_span()
        };
        let result = Box::pin(region.get_or_compute_with(key, options, loader)).await;
        if mode == Mode::Newer {
            // What is there was given back at once. If a loader was begun, it is for this request.
            let _ = ended.await;
        }
        // What may stand in, if that is wanted, while upstream is slow or has failed.
        let standby = match &result {
            Ok(Entry::Page(page) | Entry::Varies { first: Some(page), .. })
                if mode != Mode::Newer && page.suits(&headers) =>
            {
                Some(Arc::clone(page))
            }
            _ => None,
        };
        let asked = Asked { config, view, report, region: region.clone(), standby };
        Begun { upstream, result, asked }
    }
}

/// A call that was made for a request, or was not necessary.
struct Begun<S: Service<Request<Q>, Error = E>, Q, B: HttpBody, E> {
    upstream: Arc<Upstream<S, Q, B>>,
    /// What the cache gives.
    result: Result<Entry>,
    asked: Asked,
}

/// A request that has asked upstream.
struct Asked {
    config: Arc<Config>,
    view: View,
    /// Why it has.
    report: Report,
    region: Region,
    standby: Option<Arc<Page>>,
}

impl Asked {
    /// The response to whoever has asked.
    async fn ended<B: HttpBody, E>(self, outcome: Outcome<B, E>) -> Result<Response<Body<B>>, E> {
        match outcome {
            Outcome::Page(own) => Ok(self.own(*own).await),
            Outcome::Passes(response, Why::Unshared(reason)) => {
                self.passes(Ok(response), Some(reason.detail())).await
            }
            Outcome::Passes(response, Why::Failed) if self.standby.is_some() => {
                Ok(self.stand_in(Some(response.status()), FAILED))
            }
            Outcome::Failed(_) if self.standby.is_some() => Ok(self.stand_in(None, FAILED)),
            Outcome::Passes(response, Why::Failed) => self.passes(Ok(response), None).await,
            Outcome::Failed(error) => Err(error),
        }
    }

    /// The page that the request has brought.
    async fn own<B: HttpBody>(self, mut own: Own) -> Response<Body<B>> {
        let Self { config, view, mut report, .. } = self;
        let now = config.cache.clock().now();
        if own.had_stale && report.forward == Some(Forward::UriMiss) {
            report.forward = Some(Forward::Stale);
        }
        let is_revalidated = own.upstream_status != own.page.status();
        report.forward_status = Some(own.upstream_status).filter(|_| is_revalidated);
        report.ttl = Some(own.page.ttl(now));
        report.is_stored = own.receipt.is_stored();
        if !falls(&config, &view, own.page.status(), &mut own.extensions).await {
            report = report.because(NOT_INVALIDATED);
        }
        let mut response = answer(&config, &view, &own.page, &report, now);
        *response.extensions_mut() = own.extensions;
        response
    }

    /// A response that is for this request alone.
    async fn passes<B: HttpBody, E>(
        self,
        response: Result<Response<Body<B>>, E>,
        detail: Option<&'static str>,
    ) -> Result<Response<Body<B>>, E> {
        let detail = detail.map(Into::into).or(self.report.detail);
        let report = Report { detail, ..self.report };
        Ok(finish(&self.config, &self.view, response?, report).await)
    }

    /// The page that stands in.
    fn stand_in<B: HttpBody>(
        self,
        status: Option<StatusCode>,
        detail: &'static str,
    ) -> Response<Body<B>> {
        let now = self.config.cache.clock().now();
        let Some(page) = self.standby else { return Response::new(Body::empty()) };
        let report = Report {
            ttl: Some(page.ttl(now)),
            forward_status: status,
            ..Report::forward(Forward::Stale).because(detail)
        };
        tracing::debug!(region = %self.region, "served a stale page");
        answer(&self.config, &self.view, &page, &report, now)
    }
}

/// How long ago a page may have run out of time: each says so itself when it is stored.
const ANY_AGE: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// What the page that stands in stands in for.
pub(super) const FAILED: &str = "stale-if-error";
