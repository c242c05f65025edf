//! Every future can be sent to another thread.

use region_cache::{cached, invalidates};
use tokio::task::JoinSet;

use super::world::{DbError, User, World};

#[cached(cache = "world.cache", region = "sent.{tenant}", stale_if = |user: &User| user.id == 9)]
async fn load(world: &World, tenant: &str, user: &User, list: Vec<u8>) -> Result<User, DbError> {
    let _ = (tenant, list);
    Ok(user.clone())
}

#[cached(cache = "world.cache", unless = id == 0, refresh_if = |id| *id == 1)]
async fn plain(world: &World, id: u64) -> Option<u64> {
    Some(id)
}

#[invalidates(cache = "world.cache", region = "sent.{tenant}", key = "{id}")]
async fn change(world: &World, tenant: &str, id: u64) -> Result<(), DbError> {
    Ok(())
}

struct Shop(World);

impl Shop {
    #[cached(cache = "self.0.cache")]
    async fn method(&self, id: &str) -> usize {
        id.len()
    }
}

trait Load {
    fn fetch(&self, id: &str) -> impl Future<Output = usize> + Send;
}

impl Load for Shop {
    #[cached(cache = "self.0.cache")]
    async fn fetch(&self, id: &str) -> usize {
        id.len()
    }
}

fn is_send<T: Send>(future: T) -> T {
    future
}

#[tokio::test]
async fn functions_and_companions_are() {
    let world = &World::new().await;
    let user = &User::new(7, "Ada");
    let list = || vec![1];
    is_send(load(world, "acme", user, list())).await.unwrap();
    is_send(load::uncached(world, "acme", user, list())).await.unwrap();
    is_send(load::refresh(world, "acme", user, list())).await.unwrap();
    is_send(load::invalidate(world, "acme", user, list())).await.unwrap();
    is_send(load::invalidate_all(world, "acme")).await.unwrap();
    is_send(plain(world, 7)).await;
    is_send(plain::refresh(world, 7)).await;
    is_send(change(world, "acme", 7)).await.unwrap();
    let shop = Shop(world.clone());
    is_send(shop.method("abc")).await;
    is_send(shop.method_refresh("abc")).await;
    is_send(shop.method_invalidate("abc")).await.unwrap();
    is_send(shop.method_invalidate_all()).await.unwrap();
    is_send(shop.fetch("abc")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_may_call_them() {
    let world = World::new().await;
    let mut tasks = JoinSet::new();
    for id in 2..10 {
        let world = world.clone();
        tasks.spawn(async move {
            let user = User::new(id, "Ada");
            let loaded = load(&world, "acme", &user, vec![]).await.unwrap();
            change(&world, "acme", id).await.unwrap();
            loaded.id + plain(&world, id).await.unwrap()
        });
    }
    let sums = tasks.join_all().await;
    assert_eq!(sums.iter().sum::<u64>(), 2 * (2..10).sum::<u64>());
}
