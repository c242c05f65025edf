//! Passwords are shown nowhere.

use std::error::Error as StdError;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use region_cache::{Cache, Error};
use region_cache_testkit::server::Server;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

use super::hasty;
use crate::redis::ITEM;

#[tokio::test]
async fn a_password_is_never_shown() {
    let server = Server::builder().password(CANARY).unix_socket().start().await;
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    // While there is only one, it is not asked about what other tests, on their threads, log first.
    let _other = Dispatch::new(Log::default());
    let mut shown = Vec::new();

    for url in
        [server.url(), server.unix_url(), format!("redis://default:{CANARY}@{}", server.address())]
    {
        let builder = hasty(&url);
        shown.push(format!("{builder:?}"));
        let cache = builder.build().await.unwrap();
        let region = cache.region(ITEM);
        region.set("k", &1).await.unwrap();
        shown.push(format!("{cache:#?} {region:#?} {:#?}", cache.backend()));
        let session = async |t: region_cache::Transaction| {
            t.get::<i64>("k").await?;
            Ok(format!("{t:?}"))
        };
        shown.push(region.transaction(session).await.unwrap());
        shown.push(format!("{:?} {:?}", region.lookup::<i64>("x").await, cache.clear().await));
    }
    for error in errors(&server).await {
        shown.push(format!("{error} {error:?} {error:#?}"));
        let mut cause = error.source();
        while let Some(error) = cause {
            shown.push(format!("{error} {error:?} {error:#?}"));
            cause = error.source();
        }
    }
    let log = log.0.lock().unwrap().clone();
    assert!(log.contains("invalidated"), "nothing was logged: {log}");
    shown.push(log);
    for text in shown {
        assert!(!text.contains(CANARY), "{text}");
    }
}

/// What can go wrong with a password in the URL.
async fn errors(server: &Server) -> Vec<Error> {
    let address = server.address();
    let mut errors = Vec::new();
    for url in [
        format!("redis://:wrong-{CANARY}@{address}"),
        format!("redis://{CANARY}:{CANARY}@{address}"),
        format!("redis://{CANARY}@127.0.0.1:1"),
        format!("redis://:{CANARY}@127.0.0.1:1"),
        format!("redis://:{CANARY}@nowhere.invalid:6379"),
        format!("redis://:{CANARY}@127.0.0.1:port"),
        format!("redis://:{CANARY}@[127.0.0.1"),
        format!("redis://:{CANARY}@{address}/base"),
        format!("redis://:{CANARY}@{address}/99"),
        format!("redis://:{CANARY}%zz@{address}"),
        format!("redis+unix:///nowhere/socket?pass={CANARY}"),
        format!("redis+unix://?pass={CANARY}"),
        format!("rediss://:{CANARY}@{address}"),
        format!("reddis://:{CANARY}@{address}"),
        format!("{CANARY}@{address}"),
        format!("user:{CANARY}@{address}"),
        CANARY.to_owned(),
    ] {
        // Some of these are no secrets where they stand, and none is shown.
        errors.push(Cache::connect(&url).await.unwrap_err());
        errors.extend(hasty(&url).connect_lazily(true).build().await.err());
    }
    let cache = hasty(&server.url()).build().await.unwrap();
    let region = cache.region(ITEM);
    server.stop();
    errors.push(region.get::<i64>("k").await.unwrap_err());
    errors.push(region.set("k", &1).await.unwrap_err());
    errors.push(hasty(&server.url()).build().await.unwrap_err());
    server.cont();
    server.kill9();
    errors.push(region.get::<i64>("k").await.unwrap_err());
    errors.push(region.set("k", &1).await.unwrap_err());
    errors
}

/// Everything that is logged, on this thread, whatever its level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Words(self));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Words(self));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Words(self));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Words<'a>(&'a Log);

impl Visit for Words<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0.0.lock().unwrap(), "{field}: {value:?}").unwrap();
    }
}

const CANARY: &str = "canary-7f3a9c";
