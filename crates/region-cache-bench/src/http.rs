//! The HTTP layer over a bare handler: what it costs where the handler costs nothing.

use std::convert::Infallible;
use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use comfy_table::Table;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use region_cache::{BoxError, Cache};
use region_cache_tower::RegionCacheLayer;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::ROUNDS;
use crate::figures::Rounds;
use crate::report::{ratio, table, time};

/// Asks the same page of a handler that has it ready, alone and behind the layer, in each round.
pub(crate) async fn run() -> Result<Table, BoxError> {
    let mut rows = Vec::new();
    for (size, length) in SIZES {
        let page = Bytes::from("x".repeat(length));
        let bare = service_fn(move |_: Request<Empty<Bytes>>| {
            let mut response = Response::new(Full::new(page.clone()));
            response.headers_mut().insert(CONTENT_TYPE, TEXT);
            async move { Ok::<_, Infallible>(response) }
        });
        let layer = RegionCacheLayer::new(Cache::in_memory()).ttl(AN_HOUR);
        let behind = layer.layer(bare.clone());
        let mut rounds = NAMES.map(|_| Rounds::default());
        for _ in 0..=ROUNDS {
            let took = [
                timed(&bare, &Method::GET).await?,
                timed(&behind, &Method::GET).await?,
                timed(&behind, &Method::OPTIONS).await?,
            ];
            rounds.iter_mut().zip(took).for_each(|(rounds, took)| rounds.add(took, REQUESTS));
        }
        let rounds = rounds.map(Rounds::warm);
        let [base, ..] = &rounds;
        rows.extend(NAMES.iter().zip(&rounds).map(|(name, own)| {
            let over = own.over(base).filter(|_| !std::ptr::eq(own, base));
            [size.to_owned(), (*name).to_owned(), time(own.spread()), ratio(over)]
        }));
    }
    Ok(table(2, ["page", "who", "time / request", "time / base"], rows))
}

/// Sends some requests, one after the other, and reads what is answered.
async fn timed<S, B>(service: &S, method: &Method) -> Result<Duration, BoxError>
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>, Error = Infallible> + Clone,
    B: http_body::Body<Error = Infallible>,
{
    let began = Instant::now();
    for _ in 0..REQUESTS {
        let request = Request::builder().method(method).uri("/shop/tools/42?page=2");
        let request = request.header("host", "shop.example").body(Empty::new())?;
        let response = service.clone().oneshot(request).await?;
        black_box(response.into_body().collect().await?.to_bytes());
    }
    Ok(began.elapsed())
}

const NAMES: [&str; 3] =
    ["base: the handler alone", "behind the layer, a hit", "behind the layer, passed by"];

const SIZES: [(&str, usize); 2] = [("300 bytes", 300), ("30 kB", 30_000)];

const TEXT: http::HeaderValue = http::HeaderValue::from_static("text/plain");

const AN_HOUR: Duration = Duration::from_secs(3600);

const REQUESTS: usize = 10_000;
