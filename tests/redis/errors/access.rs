//! Access lists: what a user needs, and what it is told without.

use std::time::Duration;

use futures::TryStreamExt;
use region_cache::{Cache, Error, Key, RegionOptions, Result};
use region_cache_testkit::server::Server;

use super::{failure, hasty};
use crate::redis::{ITEM, NAMESPACE, connect, lease, number};

/// The least that a user needs, besides the keys and channels of its namespace. Many of these are
/// called by scripts only, which the server checks all the same.
const NEEDED: [&str; 32] = [
    "command", "del", "eval", "evalsha", "exec", "exists", "get", "hdel", "hget", "hlen", "hmget",
    "hscan", "hset", "incr", "info", "mget", "multi", "persist", "pexpire", "ping", "pttl",
    "publish", "sadd", "scard", "set", "smembers", "srem", "sscan", "time", "type", "unlink",
    "watch",
];

/// Without these all is well too, only not as fast or tidy: to add in one go, to take up what another
/// process has left unfinished, to use the connection of a transaction that was dropped once more.
const WANTED: [&str; 3] = ["incrby", "hgetall", "unwatch"];

/// Where the server expires fields of hashes.
const NEEDED_FOR_FIELDS: [&str; 2] = ["hpexpireat", "hpexpiretime"];

#[tokio::test]
async fn the_least_access_is_enough_for_everything() {
    let server = Server::start().await;
    allow(&server, &needed(&server).await).await;
    server.cli(&["ACL", "LOG", "RESET"]).await;
    everything(&server).await.unwrap();
    let mut refused = server.cli(&["ACL", "LOG"]).await;
    // What a client says about itself is welcome, not needed.
    refused.retain(|c| !c.is_whitespace());
    let is_greeting = refused.is_empty() || refused.contains("client|setinfo");
    assert!(is_greeting, "it was refused {refused}");
}

#[tokio::test]
async fn without_any_of_the_least_access_something_is_denied() {
    let server = Server::start().await;
    let all = needed(&server).await;
    let mut wrong = Vec::new();
    for command in all.iter().filter(|command| !WANTED.contains(&command.as_str())) {
        server.cli(&["FLUSHALL"]).await;
        let rest: Vec<String> = all.iter().filter(|it| *it != command).cloned().collect();
        allow(&server, &rest).await;
        match everything(&server).await {
            Err(error) if is_told(&error) => {}
            Err(error) => wrong.push(format!("without {command}: {error:?}")),
            Ok(()) => wrong.push(format!("{command} is not needed")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn foreign_keys_and_channels_are_denied() {
    let server = Server::start().await;
    for rights in [["~other:*", "&other:*"], ["~region-cache:*", "resetchannels"]] {
        allow(&server, &needed(&server).await).await;
        let set = ["ACL", "SETUSER", "app", "resetkeys", "resetchannels", rights[0], rights[1]];
        server.cli(&set).await;
        let region = hasty(&url(&server)).build().await.unwrap().region(ITEM);
        let mut errors: Vec<Error> = vec![
            failure(region.set("k", &1)).await,
            failure(region.remove("k")).await,
            failure(region.transaction(async |t| t.set("k", &1))).await,
            failure(region.invalidate()).await,
        ];
        if rights[0] == "~other:*" {
            errors.push(failure(region.get::<i64>("k")).await);
            errors.push(failure(region.lookup::<i64>("k")).await);
        }
        for error in errors {
            // What cannot be announced may have happened all the same.
            let is_in_doubt = error.is_unconfirmed() && rights[1] == "resetchannels";
            assert!(is_told(&error) || is_in_doubt, "with {rights:?}: {error:?}");
        }
    }
}

/// What cannot be looked at is not absent.
#[tokio::test]
async fn a_user_who_may_not_look_at_fences_replaces_none() {
    let server = Server::start().await;
    let others = connect(&server).await.region(ITEM);
    others.set("k", &1).await.unwrap();
    let commands = needed(&server).await.into_iter().filter(|command| command != "get");
    allow(&server, &commands.collect::<Vec<_>>()).await;
    let region = hasty(&url(&server)).build().await.unwrap().region(ITEM);
    for error in [
        failure(region.set("j", &2)).await,
        failure(region.add("k", &2)).await,
        failure(region.lookup::<i64>("j")).await,
        failure(region.transaction(async |t| t.set("j", &2))).await,
    ] {
        assert!(is_told(&error), "{error:?}");
    }
    assert_eq!(number(&others, "k").await, Some(1));
}

/// Whether an error says what is wrong, and what to do.
fn is_told(error: &Error) -> bool {
    error.is_denied() && error.to_string().contains("access list")
}

async fn needed(server: &Server) -> Vec<String> {
    let fields = if server.knows("HPEXPIRE").await { &NEEDED_FOR_FIELDS[..] } else { &[] };
    NEEDED.iter().chain(&WANTED).chain(fields).map(|command| (*command).to_owned()).collect()
}

/// Gives the user these commands, and no others, on the keys and channels of the namespace.
async fn allow(server: &Server, commands: &[String]) {
    let words = ["ACL", "SETUSER", "app", "reset", "on", ">secret"].map(str::to_owned);
    let names = [format!("~{NAMESPACE}:*"), format!("&{NAMESPACE}:*")];
    let commands = commands.iter().map(|command| format!("+{command}"));
    let words: Vec<String> = words.into_iter().chain(names).chain(commands).collect();
    let reply = server.call(&words).await;
    assert!(!reply.is_error(), "{reply}");
}

fn url(server: &Server) -> String {
    format!("redis://app:secret@{}", server.address())
}

/// Every operation that there is, in a way that comes by every command.
async fn everything(server: &Server) -> Result<()> {
    let patient = Duration::from_secs(20);
    let cache = Cache::builder().url(url(server)).operation_timeout(patient).build().await?;
    let region = cache.region(ITEM).with(|o| o.stale_for(MINUTE));
    region.set("k", &1).await?;
    region.with(RegionOptions::no_ttl).set("k", &1).await?;
    region.set_many([("a", &1), ("b", &2)]).await?;
    let names: Vec<String> = (0..600).map(|n| n.to_string()).collect();
    region.set_many(names.iter().map(|name| (name.as_str(), &1))).await?;
    region.add("c", &3).await?;
    region.increment("c", 1).await?;
    region.get::<i64>("k").await?;
    region.get_many::<i64>(["k", "a"]).await?;
    region.contains("k").await?;
    region.ttl("k").await?;
    region.len().await?;
    region.keys().try_collect::<Vec<Key>>().await?;
    region.entries::<i64>().try_collect::<Vec<_>>().await?;
    region.expire("a").await?;
    region.remove("b").await?;
    drop(region.lookup::<i64>("given back").await?);
    assert!(lease(&region, "computed").await.fill(&5).await?);
    let all = async |t: region_cache::Transaction| {
        t.increment("k", 1).await?;
        t.region("shop.orders").set("k", &1)?;
        t.remove("c");
        t.expire("k");
        Ok(())
    };
    region.transaction(all).await?;
    cache.root().children().await?;
    cache.region("shop").invalidate().await?.freed().await?;
    cache.clear().await?.freed().await?;
    cache.ping().await?;
    cache.shutdown().await;
    Ok(())
}

const MINUTE: Duration = Duration::from_secs(60);
