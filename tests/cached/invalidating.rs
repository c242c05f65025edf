//! `#[invalidates]`.

use std::future::pending;
use std::sync::Arc;

use region_cache::{Error, cached, invalidates};
use region_cache_testkit::backends::{Failing, Operation, Stuck};
use tokio::task::yield_now;

use super::world::{DbError, World};

#[cached(cache = "world.cache", region = "users.{tenant}", key = "{id}")]
async fn load(world: &World, tenant: &str, id: u64) -> u32 {
    world.run()
}

#[invalidates(cache = "world.cache", region = "users.{tenant}", key = "{id}")]
async fn rename(world: &World, tenant: &str, id: u64, name: String) -> Result<usize, DbError> {
    if name.is_empty() {
        return Err(DbError::Gone(id));
    }
    // The body may take what the names were made of.
    Ok(tenant.len() + name.into_bytes().len())
}

#[invalidates(cache = "world.cache", region = "users.{tenant}")]
async fn remove_tenant(world: &World, tenant: String) -> Result<(), DbError> {
    if tenant == "kept" {
        return Err(DbError::Gone(0));
    }
    drop(tenant);
    Ok(())
}

#[tokio::test]
async fn a_key_falls_after_ok() {
    let world = World::new().await;
    let all = async || (load(&world, "acme", 7).await, load(&world, "acme", 8).await);
    assert_eq!(all().await, (1, 2));
    assert_eq!(rename(&world, "acme", 7, "Ada".into()).await.unwrap(), 7);
    assert_eq!(all().await, (3, 2));
}

#[tokio::test]
async fn an_error_lets_nothing_fall() {
    let world = World::new().await;
    load(&world, "kept", 7).await;
    assert!(matches!(rename(&world, "kept", 7, String::new()).await, Err(DbError::Gone(7))));
    remove_tenant(&world, "kept".into()).await.unwrap_err();
    assert_eq!(load(&world, "kept", 7).await, 1);
    assert_eq!(world.cache.stats().invalidations, 0);
}

#[tokio::test]
async fn without_a_key_the_region_falls() {
    let world = World::new().await;
    load(&world, "acme", 7).await;
    load(&world, "other", 7).await;
    remove_tenant(&world, "acme".into()).await.unwrap();
    assert_eq!((load(&world, "acme", 7).await, load(&world, "other", 7).await), (3, 2));
}

#[invalidates(cache = "world.cache", region = "users.{tenant}", key = "{id}")]
#[invalidates(cache = "world.cache", region = "lists")]
#[invalidates(cache = "world.cache", signal = "user.{id}.changed")]
async fn touch(world: &World, tenant: &str, id: u64) -> Result<(), DbError> {
    Ok(())
}

#[tokio::test]
async fn several_may_be_stacked_and_signals_emitted() {
    let world = World::new().await;
    let [lists, bound, other] = ["lists", "bound", "other"].map(|path| world.cache.region(path));
    bound.invalidate_on("user.7.changed").await.unwrap();
    other.invalidate_on("user.8.changed").await.unwrap();
    for region in [&lists, &bound, &other] {
        region.set("k", &1).await.unwrap();
    }
    load(&world, "acme", 7).await;
    touch(&world, "acme", 7).await.unwrap();
    assert_eq!(load(&world, "acme", 7).await, 2);
    let mut there = Vec::new();
    for region in [&lists, &bound, &other] {
        there.push(region.contains("k").await.unwrap());
    }
    assert_eq!(there, [false, false, true]);
}

struct Shop {
    world: World,
    tenant: String,
}

trait Rename {
    async fn rename(&self, id: u64) -> Result<(), DbError>;
    async fn forget(world: &World, tenant: &str);
}

impl Shop {
    #[invalidates(cache = "self.world.cache", region = "users.{self.tenant}", key = "{id}")]
    async fn change(&mut self, id: u64) -> Result<u64, DbError> {
        self.tenant.push('!');
        Ok(id)
    }

    #[invalidates(cache = "self.world.cache", region = "users.{self.tenant}")]
    async fn close(self: Arc<Self>) {}
}

impl Rename for Shop {
    #[invalidates(cache = "self.world.cache", region = "users.{self.tenant}", key = "{id}")]
    async fn rename(&self, id: u64) -> Result<(), DbError> {
        Ok(())
    }

    #[invalidates(cache = "world.cache", region = "users.{tenant}")]
    async fn forget(world: &World, tenant: &str) {}
}

#[tokio::test]
async fn methods_and_traits() {
    let world = World::new().await;
    let mut shop = Shop { world: world.clone(), tenant: "acme".into() };
    assert_eq!(load(&world, "acme", 7).await, 1);
    assert_eq!(shop.change(7).await.unwrap(), 7, "named as it was before the body ran");
    assert_eq!(load(&world, "acme", 7).await, 2);
    shop.tenant = "acme".into();
    shop.rename(7).await.unwrap();
    assert_eq!(load(&world, "acme", 7).await, 3);
    Shop::forget(&world, "acme").await;
    assert_eq!(load(&world, "acme", 7).await, 4);
    Arc::new(shop).close().await;
    assert_eq!(load(&world, "acme", 7).await, 5);
}

#[tokio::test]
async fn within_a_commit_it_falls_after_it() {
    let world = World::new().await;
    load(&world, "acme", 7).await;
    let commit = async || {
        rename(&world, "acme", 7, "Ada".into()).await.map_err(|_| "failed")?;
        assert_eq!(load(&world, "acme", 7).await, 1, "not yet");
        Ok::<_, &str>(())
    };
    world.cache.after_commit(commit).await.unwrap();
    assert_eq!(load(&world, "acme", 7).await, 2);
    let commit = async || {
        rename(&world, "acme", 7, "Ada".into()).await.map_err(|_| "failed")?;
        Err::<(), _>("rolled back")
    };
    world.cache.after_commit(commit).await.unwrap_err();
    assert_eq!(load(&world, "acme", 7).await, 2, "nothing was changed");
}

#[tokio::test]
async fn what_was_changed_falls_although_nobody_waits() {
    let world = World::new().await;
    load(&world, "acme", 7).await;
    let (stuck, slow) = world.behind(Stuck::new).await;
    stuck.lose_answers([Operation::Write]);
    {
        let call = rename(&slow, "acme", 7, "Ada".into());
        let lost = async {
            while stuck.lost() == 0 {
                yield_now().await;
            }
        };
        let mut call = Box::pin(call);
        tokio::select! {
            biased;
            () = lost => {}
            _ = &mut call => panic!("its answer is lost"),
        }
    }
    assert_eq!(load(&world, "acme", 7).await, 2);
}

#[tokio::test]
async fn the_rest_falls_although_nobody_waits() {
    let world = World::new().await;
    let (stuck, slow) = world.behind(Stuck::new).await;
    load(&world, "acme", 7).await;
    let lists = world.cache.region("lists");
    lists.set("k", &1).await.unwrap();
    stuck.lose_requests([Operation::Invalidate]);
    let mut call = Box::pin(touch(&slow, "acme", 7));
    let lost = async {
        while stuck.lost() == 0 {
            yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = lost => {}
        _ = &mut call => panic!("it waits"),
    }
    stuck.mend();
    drop(call);
    // What got lost is done again when its time is over.
    while lists.contains("k").await.unwrap() {
        world.clock.advance(std::time::Duration::from_secs(1));
        yield_now().await;
    }
}

#[invalidates(cache = "world.cache", region = "users.{tenant}")]
async fn plain(world: &World, tenant: &str) -> u32 {
    world.run()
}

#[invalidates(cache = "world.cache", region = "users.{tenant}")]
async fn hangs(world: &World, tenant: &str) {
    world.run();
    pending::<()>().await;
}

#[tokio::test]
async fn a_failed_invalidation_is_told_or_made_good() {
    let world = World::new().await;
    load(&world, "acme", 7).await;
    let (failing, shaky) = world.behind(Failing::new).await;
    failing.fail([Operation::Write, Operation::Invalidate]);
    let error: Error = rename(&shaky, "acme", 7, "Ada".into()).await.unwrap_err().cache();
    assert!(error.is_unavailable(), "{error}");
    assert_eq!(plain(&shaky, "acme").await, 2, "who can tell nothing gives what it has");
    failing.mend();
    while shaky.cache.stats().replay_queue > 0 {
        world.clock.advance(std::time::Duration::from_secs(1));
        yield_now().await;
    }
    assert_eq!(load(&world, "acme", 7).await, 3);
}

#[tokio::test]
async fn a_body_that_was_dropped_lets_nothing_fall() {
    let world = World::new().await;
    load(&world, "acme", 7).await;
    let mut call = Box::pin(hangs(&world, "acme"));
    assert!(futures::poll!(&mut call).is_pending());
    drop(call);
    assert_eq!(load(&world, "acme", 7).await, 1);
}
