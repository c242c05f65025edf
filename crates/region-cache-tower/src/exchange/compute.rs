//! Asking upstream for all who wait.

use std::sync::Arc;
use std::time::Duration;

use futures::channel::oneshot;
use http::{Request, Response, StatusCode};
use http_body::Body as HttpBody;
use region_cache::{EntryOptions, Error, RefreshAhead, Region};
use tower::Service;
use tracing::Instrument;

use super::Exchange;
use super::outgoing::falls;
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
    /// A response, or an error, for this request only.
    Done(Result<(Response<Body<B>>, Report), E>, View, Arc<Config>),
    /// A page that this request has brought.
    Own(Box<Own>, View, Arc<Config>),
    /// A page that has run out of time, because upstream has failed.
    Stale(Arc<Page>, Report, View, Arc<Config>),
    /// What another request has brought.
    Shared(Entry, Exchange<S, Q>),
    /// Nothing.
    Back(Exchange<S, Q>, Error),
}

impl Mode {
    pub(super) fn of(wish: Wish) -> Self {
        if wish.is_forced { Self::Forced } else { Self::Missing }
    }
}

impl Own {
    /// The response for who has brought it.
    pub(super) async fn answer<B: HttpBody>(
        mut self: Box<Self>,
        config: &Config,
        view: &View,
        report: Report,
    ) -> Response<Body<B>> {
        let now = config.cache.clock().now();
        let is_revalidated = self.upstream_status != self.page.status();
        let mut report = Report {
            forward_status: Some(self.upstream_status).filter(|_| is_revalidated),
            ttl: Some(self.page.ttl(now)),
            is_stored: self.receipt.is_stored(),
            ..report
        };
        if !falls(config, view, self.page.status(), &mut self.extensions).await {
            report = report.because("invalidation-failed");
        }
        let mut response = answer(config, view, &self.page, &report, now);
        *response.extensions_mut() = self.extensions;
        response
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
    /// Asks upstream, or waits for another request that does.
    pub(super) async fn compute(
        self,
        region: &Region,
        spot: Spot,
        mode: Mode,
    ) -> Computed<S, Q, B, S::Error> {
        let key = spot.key().clone();
        let load = Load {
            config: Arc::clone(&self.config),
            region: region.clone(),
            headers: self.request.headers().clone(),
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
            // What is there has been given back at once. If a loader was begun, this is its request.
            let _ = ended.await;
        }
        let back = |service, request| Self {
            config: Arc::clone(&config),
            service,
            request,
            view: view.clone(),
        };
        let stage = match &result {
            // It goes on by itself.
            Ok(_) if mode == Mode::Behind => Stage::Gone,
            Ok(Entry::Page(page) | Entry::Varies { first: Some(page), .. })
                if mode != Mode::Newer =>
            {
                match upstream.take_if_idle() {
                    Some(stage) => stage,
                    None => {
                        let now = config.cache.clock().now();
                        let report = Report::hit(page.ttl(now)).because("slow");
                        return Computed::Stale(Arc::clone(page), report, view, config);
                    }
                }
            }
            _ => upstream.take(),
        };
        let stands_in = match &result {
            Ok(Entry::Page(page) | Entry::Varies { first: Some(page), .. })
                if mode != Mode::Newer =>
            {
                Some(Arc::clone(page))
            }
            _ => None,
        };
        let failed = |status: Option<StatusCode>, view: View, config: Arc<Config>| {
            let page = stands_in?;
            let now = config.cache.clock().now();
            let report = Report {
                ttl: Some(page.ttl(now)),
                forward_status: status,
                ..Report::forward(Forward::Stale).because("stale-if-error")
            };
            Some(Computed::Stale(page, report, view, config))
        };
        let passed = |response: Response<Body<B>>, detail: Option<&'static str>| {
            let report = Report::forward(Forward::UriMiss);
            Ok((response, Report { detail: detail.map(Into::into), ..report }))
        };
        match stage {
            Stage::Waiting(service, request) => match result {
                Ok(entry) => Computed::Shared(entry, back(service, request)),
                Err(error) => Computed::Back(back(service, request), error),
            },
            Stage::Ended(Outcome::Page(own)) => Computed::Own(own, view, config),
            Stage::Ended(Outcome::Passes(response, Why::Unshared(reason))) => {
                Computed::Done(passed(response, Some(reason.detail())), view, config)
            }
            Stage::Ended(Outcome::Passes(response, Why::Failed)) => {
                let status = response.status();
                match failed(Some(status), view.clone(), Arc::clone(&config)) {
                    Some(stale) => stale,
                    None => Computed::Done(passed(response, None), view, config),
                }
            }
            Stage::Ended(Outcome::Failed(error)) => {
                match failed(None, view.clone(), Arc::clone(&config)) {
                    Some(stale) => stale,
                    None => Computed::Done(Err(error), view, config),
                }
            }
            Stage::Calling(_) | Stage::Gone if result.as_ref().is_err_and(Error::is_panic) => {
                // It is this request's handler that has panicked.
                let text = result.err().map(|error| error.to_string()).unwrap_or_default();
                std::panic::resume_unwind(Box::new(text))
            }
            // The loader was given up: what it had begun is ended for this request alone.
            Stage::Calling(call) => {
                let answer = call.await.map(|response| response.map(Body::passing));
                let answer = answer.and_then(|response| passed(response, Some("slow")));
                Computed::Done(answer, view, config)
            }
            Stage::Reading(buffer) => {
                Computed::Done(passed(buffer.into_response(), Some("slow")), view, config)
            }
            Stage::Gone => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::BAD_GATEWAY;
                Computed::Done(passed(response, Some("lost")), view, config)
            }
        }
    }
}

/// How long ago a page may have run out of time: each says so itself when it is stored.
const ANY_AGE: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
