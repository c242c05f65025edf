//! Signals, where the server is not what it could be: it lets a user do little, forgets, is full, or
//! starts again.

use std::time::{Duration, Instant};

use futures::StreamExt;
use region_cache::{Cache, Event, Fall, Region, Signal};
use region_cache_testkit::server::{Server, Value, poll_until};
use tokio::time::timeout;

use super::{NAMESPACE, connect_to, on};

#[tokio::test]
async fn with_the_channels_of_its_namespace_a_user_may_do_all_that_signals_are() {
    let server = Server::start().await;
    allow(&server, &["~region-cache:*", "&region-cache:*"]).await;
    let [here, there] = [connect_to(&url(&server)).await, connect_to(&url(&server)).await];
    let (shop, news) = (here.region("shop"), here.region("news"));
    shop.invalidate_on("changed").await.unwrap();
    news.invalidate_on_with("changed", by_id).await.unwrap();
    let mut events = here.subscribe("changed").await.unwrap();
    let all = [shop.region("7"), news.region("7")];

    set(&all).await;
    let emitted = there.emit(signal(7)).await.unwrap();
    assert_eq!(emitted.regions, 1);
    assert!(emitted.processes >= 1);
    fall(&all).await;
    set(&all).await;
    server.cli(&["PUBLISH", CHANNEL, "7"]).await;
    fall(&all).await;
    for _ in 0..2 {
        let event = timeout(PATIENCE, events.next()).await.unwrap();
        let Some(Event::Signal(heard)) = event else { panic!("{event:?}") };
        assert_eq!((heard.name(), heard.bytes()), ("changed", &b"7"[..]));
    }
    assert_eq!(here.stats().ignored_messages, 0);
    assert_eq!(there.region("shop").bindings().await.unwrap().len(), 1);
    for binding in shop.bindings().await.unwrap() {
        assert!(binding.unbind().await.unwrap());
    }
    for (reason, object) in refused(&server).await {
        // What a client says about itself is welcome, not needed; and a pattern of channels is asked for
        // that the list may have.
        let is_welcome = object == "client|setinfo" || reason == "channel";
        assert!(is_welcome, "it was refused the {reason} `{object}`");
    }
}

#[tokio::test]
async fn without_the_channels_of_its_namespace_a_user_is_told_what_is_missing() {
    let server = Server::start().await;
    for rights in [["~region-cache:*", "resetchannels"], ["~region-cache:*", "&other:*"]] {
        allow(&server, &rights).await;
        let builder = Cache::builder().url(url(&server)).operation_timeout(HASTE);
        let cache = builder.build().await.unwrap();
        let start = Instant::now();
        let errors = [
            cache.subscribe("*").await.unwrap_err(),
            cache.region("shop").invalidate_on_with("changed", by_id).await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_unavailable() || error.is_denied(), "{error:?}");
            assert!(error.to_string().contains("&<namespace>:*"), "{error}");
        }
        assert!(start.elapsed() < 2 * HASTE + Duration::from_secs(2), "{:?}", start.elapsed());
        // All else works as far as it needs nobody to hear of it.
        let region = cache.region("shop");
        assert_eq!(region.get::<i64>("k").await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_a_server_forgets_is_said_again_and_what_was_bound_falls() {
    let two = on(Server::start().await).await;
    let bound = two.here.region("shop");
    bound.invalidate_on("changed").await.unwrap();
    two.here.region("news").invalidate_on_with("changed", by_id).await.unwrap();
    let shop = two.there.region("shop");
    loop {
        two.server.cli(&["FLUSHALL"]).await;
        shop.set("k", &1).await.unwrap();
        // So the value is older than what is said again.
        if two.server.cli(&["HLEN", BINDINGS]).await == "0" {
            break;
        }
    }
    let start = Instant::now();
    let is_bound = async || (!shop.bindings().await.unwrap().is_empty()).then_some(());
    poll_until(PATIENCE, "the binding", is_bound).await;
    fall(&[shop]).await;
    let time = start.elapsed();
    println!("all is well after {time:?}");
    assert!(time < SOON, "after {time:?}");

    works(&two.there).await;
}

#[tokio::test]
async fn a_full_server_lets_fall_what_is_bound() {
    let two = on(Server::builder().config("maxmemory-policy", "noeviction").start().await).await;
    two.here.region("shop").invalidate_on("changed").await.unwrap();
    two.here.region("news").invalidate_on_with("changed", by_id).await.unwrap();
    let all = ["shop.7", "news.7"].map(|path| two.there.region(path));
    set(&all).await;
    two.server.cli(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let full = all[0].set("j", &1).await.unwrap_err();
    assert!(full.to_string().contains("is full"), "{full:?}");

    let emitted = two.there.emit(signal(7)).await.unwrap();
    assert_eq!((emitted.regions, emitted.processes), (1, 1));
    assert!(!all[0].contains("k").await.unwrap());
    fall(&all).await;
    assert_eq!(two.server.cli(&["HLEN", UNDONE]).await, "0");

    two.server.cli(&["CONFIG", "SET", "maxmemory", "0"]).await;
    set(&all).await;
    two.server.cli(&["CONFIG", "SET", "maxmemory", "1"]).await;
    two.server.cli(&["PUBLISH", CHANNEL, "7"]).await;
    fall(&all).await;
    two.server.cli(&["CONFIG", "SET", "maxmemory", "0"]).await;
    works(&two.there).await;
}

#[tokio::test]
async fn after_a_server_has_started_again_bindings_and_closures_work() {
    let server = Server::start().await;
    let [here, there] = [hasty(&server).await, hasty(&server).await];
    here.region("shop").invalidate_on("changed").await.unwrap();
    here.region("news").invalidate_on_with("changed", by_id).await.unwrap();
    let mut events = here.subscribe("nothing").await.unwrap();
    for _ in 0..2 {
        server.kill9();
        server.restart().await;
        let start = Instant::now();
        // It has kept nothing: the binding is made again by who has made it.
        let is_bound = async || {
            let bindings = there.region("shop").bindings().await.ok()?;
            (!bindings.is_empty()).then_some(())
        };
        poll_until(PATIENCE, "the binding", is_bound).await;
        let heard = async || (there.emit("nothing").await.ok()?.processes > 0).then_some(());
        poll_until(PATIENCE, "a listener", heard).await;
        let time = start.elapsed();
        println!("listens again after {time:?}");
        assert!(time < SOON, "after {time:?}");
        // Who listens is told that it may have missed something.
        let lagged = async { while !matches!(events.next().await, Some(Event::Lagged(_))) {} };
        timeout(PATIENCE, lagged).await.unwrap();
        works(&there).await;
    }
}

/// That what is bound falls at once, and what is chosen soon, by whatever means it is said.
async fn works(cache: &Cache) {
    let (bound, chosen) = (cache.region("shop.7"), cache.region("news.7"));
    let all = [bound.clone(), chosen.clone()];
    for is_foreign in [false, true] {
        set(&all).await;
        if is_foreign {
            let topic = region_cache::backend::Topic::Signal("changed".to_owned());
            let bus = cache.backend().bus();
            assert_eq!(bus.publish(NAMESPACE, &topic, b"7").await.unwrap(), 1, "it listens");
        } else {
            cache.emit(signal(7)).await.unwrap();
            assert!(!bound.contains("k").await.unwrap());
        }
        fall(&all).await;
    }
}

fn by_id(signal: &Signal) -> Fall {
    signal.get::<u64>().map_or_else(|_| Fall::all(), |id| Fall::region(id.to_string()))
}

fn signal(id: u64) -> Signal {
    Signal::new("changed").payload(&id).unwrap()
}

async fn set(regions: &[Region]) {
    for region in regions {
        region.set("k", &1).await.unwrap();
    }
}

/// Waits until the values of all of them have fallen.
async fn fall(regions: &[Region]) {
    for region in regions {
        let fallen = async || (!region.contains("k").await.unwrap()).then_some(());
        poll_until(PATIENCE, region.path(), fallen).await;
    }
}

async fn hasty(server: &Server) -> Cache {
    let builder = Cache::builder().url(server.url()).operation_timeout(4 * HASTE);
    builder.build().await.unwrap()
}

/// Gives the user all that signals need, on these keys and channels.
async fn allow(server: &Server, rights: &[&str]) {
    let mut words = vec!["ACL", "SETUSER", "app", "reset", "on", ">secret"];
    words.extend(rights);
    let commands: Vec<String> = COMMANDS.iter().map(|command| format!("+{command}")).collect();
    words.extend(commands.iter().map(String::as_str));
    let fields = ["+hpexpireat", "+hpexpiretime"];
    if server.knows("HPEXPIRE").await {
        words.extend(fields);
    }
    server.cli(&words).await;
}

/// What a user was refused: the reason, and which command, key or channel.
async fn refused(server: &Server) -> Vec<(String, String)> {
    let entries = server.call(&["ACL", "LOG"]).await.into_list();
    let entry = |entry: Value| {
        let words: Vec<String> = entry.into_list().iter().map(ToString::to_string).collect();
        let field = |name| words.chunks(2).find(|pair| pair[0] == name).unwrap()[1].clone();
        (field("reason"), field("object"))
    };
    entries.into_iter().map(entry).collect()
}

fn url(server: &Server) -> String {
    format!("redis://app:secret@{}", server.address())
}

/// What the cache needs, and after that what signals need besides.
const COMMANDS: [&str; 41] = [
    "command",
    "del",
    "eval",
    "evalsha",
    "exec",
    "exists",
    "get",
    "hdel",
    "hget",
    "hlen",
    "hmget",
    "hscan",
    "hset",
    "incr",
    "info",
    "mget",
    "multi",
    "persist",
    "pexpire",
    "ping",
    "pttl",
    "publish",
    "sadd",
    "scard",
    "set",
    "smembers",
    "srem",
    "sscan",
    "time",
    "type",
    "unlink",
    "watch",
    "incrby",
    "hgetall",
    "unwatch",
    "hkeys",
    "psubscribe",
    "xadd",
    "xlen",
    "xrange",
    "xrevrange",
];

const BINDINGS: &str = "region-cache:{.}:b";
const UNDONE: &str = "region-cache:{.}:u";
const CHANNEL: &str = "region-cache:signal:changed";

const HASTE: Duration = Duration::from_millis(500);

/// How soon all must be well again: three seconds, and as many for a busy machine.
const SOON: Duration = Duration::from_secs(6);

const PATIENCE: Duration = Duration::from_secs(10);
