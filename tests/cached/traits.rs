//! Methods of traits: only their bodies are cached.

use region_cache::cached;

use super::world::{DbError, World};

trait Load {
    async fn load(&self, id: u64) -> Result<u64, DbError>;
    async fn counted(world: &World, id: u64) -> u64;
}

struct Shop(World);
struct Depot(World);

impl Load for Shop {
    #[cached(cache = "self.0.cache")]
    async fn load(&self, id: u64) -> Result<u64, DbError> {
        self.0.run();
        if id == 0 {
            return Err(DbError::Gone(id));
        }
        Ok(id)
    }

    #[cached(cache = "world.cache")]
    async fn counted(world: &World, id: u64) -> u64 {
        world.run();
        id
    }
}

impl Load for Depot {
    #[cached(cache = "self.0.cache")]
    async fn load(&self, id: u64) -> Result<u64, DbError> {
        self.0.run();
        Ok(id + 100)
    }

    #[cached(cache = "world.cache")]
    async fn counted(world: &World, id: u64) -> u64 {
        world.run();
        id + 100
    }
}

#[tokio::test]
async fn the_body_of_a_trait_method_is_cached() {
    let world = World::new().await;
    let (shop, depot) = (Shop(world.clone()), Depot(world.clone()));
    for _ in 0..2 {
        assert_eq!(Load::load(&shop, 7).await.unwrap(), 7);
        assert_eq!(Load::load(&depot, 7).await.unwrap(), 107);
        assert_eq!(Shop::counted(&world, 7).await, 7);
        assert_eq!(Depot::counted(&world, 7).await, 107);
    }
    assert_eq!(world.ran(), 4);
    assert!(matches!(Load::load(&shop, 0).await, Err(DbError::Gone(0))));
    let path = format!("fn~{}.Shop.Load.load", module_path!().replace("::", "."));
    world.cache.region(&path).invalidate().await.unwrap();
    Load::load(&shop, 7).await.unwrap();
    Load::load(&depot, 7).await.unwrap();
    assert_eq!(world.ran(), 2, "the one that failed, and the one that fell");
}

trait Other {
    async fn load(&self, id: u64) -> u64;
}

impl Other for Shop {
    #[cached(cache = "self.0.cache")]
    async fn load(&self, id: u64) -> u64 {
        self.0.run();
        id + 200
    }
}

#[tokio::test]
async fn two_traits_of_one_type_do_not_collide() {
    let shop = Shop(World::new().await);
    assert_eq!(Load::load(&shop, 7).await.unwrap(), 7);
    assert_eq!(Other::load(&shop, 7).await, 207);
    assert_eq!(shop.0.ran(), 2);
}

trait Named: Sync {
    const NAME: &'static str;

    #[cached(cache = "world.cache", region = "named", key = "{id}")]
    async fn name(&self, world: &World, id: u64) -> String {
        world.run();
        format!("{}/{id}", Self::NAME)
    }

    #[cached(cache = "world.cache")]
    async fn class(world: &World, id: u64) -> String {
        world.run();
        format!("{}/{id}", Self::NAME)
    }
}

impl Named for Shop {
    const NAME: &'static str = "shop";
}

impl Named for Depot {
    const NAME: &'static str = "depot";
}

#[tokio::test]
async fn a_default_method_knows_for_which_type_it_runs() {
    let world = World::new().await;
    let (shop, depot) = (Shop(world.clone()), Depot(world.clone()));
    for _ in 0..2 {
        assert_eq!(shop.name(&world, 7).await, "shop/7");
        assert_eq!(depot.name(&world, 7).await, "depot/7", "in a region that is named, too");
        assert_eq!(<Shop as Named>::class(&world, 7).await, "shop/7");
        assert_eq!(<Depot as Named>::class(&world, 7).await, "depot/7");
    }
    assert_eq!(world.ran(), 4);
}

trait Size {
    async fn size(world: &World, id: u64) -> u64;
}

impl<T> Size for T {
    #[cached(cache = "world.cache", region = "sizes", key = "{id}")]
    async fn size(world: &World, id: u64) -> u64 {
        world.run();
        size_of::<T>() as u64 + id
    }
}

#[tokio::test]
async fn a_blanket_impl_knows_for_which_type_it_runs() {
    let world = World::new().await;
    assert_eq!((u8::size(&world, 0).await, u32::size(&world, 0).await), (1, 4));
    assert_eq!((<(u8, u8)>::size(&world, 0).await, <[u8; 7]>::size(&world, 0).await), (2, 7));
    assert_eq!(world.ran(), 4);
}

trait FromMacro {
    async fn twice(&self, world: &World, id: u64) -> u64;
    async fn class(world: &World, id: u64) -> u64;
}

macro_rules! implement {
    ($type:ty) => {
        impl FromMacro for $type {
            #[cached(cache = "world.cache", within = "trait")]
            async fn twice(&self, world: &World, id: u64) -> u64 {
                world.run();
                2 * id
            }

            #[cached(cache = "world.cache", within = "trait")]
            async fn class(world: &World, id: u64) -> u64 {
                world.run();
                3 * id
            }
        }
    };
}

implement!(Shop);

#[tokio::test]
async fn a_macro_may_write_the_impl() {
    let shop = Shop(World::new().await);
    assert_eq!((shop.twice(&shop.0, 4).await, shop.twice(&shop.0, 4).await), (8, 8));
    assert_eq!(<Shop as FromMacro>::class(&shop.0, 4).await, 12);
    assert_eq!(shop.0.ran(), 2);
}

#[async_trait::async_trait]
trait Boxed {
    async fn fetch(&self, id: u64) -> u64;
}

impl Shop {
    #[cached(cache = "self.0.cache")]
    async fn fetched(&self, id: u64) -> u64 {
        self.0.run();
        id
    }
}

#[async_trait::async_trait]
impl Boxed for Shop {
    async fn fetch(&self, id: u64) -> u64 {
        self.fetched(id).await
    }
}

#[tokio::test]
async fn under_async_trait_an_inherent_method_is_cached() {
    let shop: Box<dyn Boxed + Send + Sync> = Box::new(Shop(World::new().await));
    assert_eq!((shop.fetch(4).await, shop.fetch(4).await), (4, 4));
}
