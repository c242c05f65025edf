//! Methods, and their companions beside them.

use std::sync::Arc;

use region_cache::{Cache, Key, Region, cached};

use super::world::World;

#[derive(Clone)]
struct Shop {
    world: World,
    tenant: String,
    visits: u64,
}

impl Shop {
    async fn new(tenant: &str) -> Self {
        Self { world: World::new().await, tenant: tenant.to_owned(), visits: 0 }
    }

    #[cached(cache = "self.world.cache", region = "shop.{self.tenant}", key = "{id}")]
    async fn load(&self, id: u64) -> String {
        self.world.run();
        format!("{}/{id}", self.tenant)
    }

    #[cached(cache = "self.world.cache")]
    async fn own(&self, id: u64) -> u64 {
        self.world.run();
        id
    }

    #[cached(cache = "self.world.cache", key = "{id}")]
    async fn visit(&mut self, id: u64) -> u64 {
        self.world.run();
        self.visits += 1;
        id + self.visits
    }

    #[cached(cache = "self.world.cache", key = "{id}")]
    async fn shared(self: Arc<Self>, id: u64) -> u64 {
        self.world.run();
        id
    }

    #[cached(cache = "self.world.cache", key = "{id}")]
    async fn spent(mut self, id: u64) -> u64 {
        self.world.run();
        self.visits += 1;
        id + self.visits
    }

    #[cached(cache = "world.cache", key = "{id}")]
    async fn class(world: &World, id: u64) -> u64 {
        world.run();
        id
    }

    fn cache(&self) -> &Cache {
        &self.world.cache
    }

    #[cached(cache = "self.cache()", key = "{self.tenant}:{id}")]
    async fn named(&self, id: u64) -> u64 {
        self.world.run();
        id
    }
}

#[tokio::test]
async fn a_method_has_siblings() {
    let shop = Shop::new("acme").await;
    assert_eq!(shop.load(7).await, "acme/7");
    assert_eq!(shop.load(7).await, "acme/7");
    assert_eq!(shop.world.ran(), 1);
    assert_eq!(shop.load_key(7), Key::from(7));
    assert_eq!(shop.load_region(), shop.world.cache.region("shop.acme"));
    assert!(shop.load_invalidate(7).await.unwrap());
    shop.load_refresh(7).await;
    shop.load_uncached(7).await;
    assert_eq!(shop.world.ran(), 2);
    shop.load_invalidate_all().await.unwrap();
    shop.load(7).await;
    assert_eq!(shop.world.ran(), 1);
}

#[tokio::test]
async fn self_enters_a_name_only_by_its_fields() {
    let shop = Shop::new("acme").await;
    let other = Shop { tenant: "other".into(), ..shop.clone() };
    assert_eq!((shop.load(7).await, other.load(7).await), ("acme/7".into(), "other/7".into()));
    assert_eq!(shop.world.ran(), 2);
    shop.load_invalidate_all().await.unwrap();
    assert_eq!(other.load(7).await, "other/7");
    assert_eq!(shop.world.ran(), 0);
    // Where no field is named, all instances share what is cached.
    assert_eq!((shop.own(7).await, other.own(7).await), (7, 7));
    assert_eq!(shop.world.ran(), 1);
    assert_ne!(shop.named_key(7), other.named_key(7));
    shop.named(7).await;
    other.named(7).await;
    assert_eq!(shop.world.ran(), 2);
}

#[tokio::test]
async fn a_method_may_change_its_instance() {
    let mut shop = Shop::new("acme").await;
    assert_eq!(shop.visit(10).await, 11);
    assert_eq!(shop.visit(10).await, 11);
    assert_eq!(shop.visits, 1, "only the body changes it");
    assert!(shop.visit_invalidate(10).await.unwrap());
    assert_eq!(shop.visit(10).await, 12);
}

#[tokio::test]
async fn a_method_may_take_its_instance() {
    let shop = Shop::new("acme").await;
    let shared = Arc::new(shop.clone());
    assert_eq!(Arc::clone(&shared).shared(3).await, 3);
    assert_eq!(Arc::clone(&shared).shared(3).await, 3);
    assert_eq!(shop.world.ran(), 1);
    assert!(shared.shared_invalidate(3).await.unwrap());
    assert_eq!(shop.clone().spent(3).await, 4);
    assert_eq!(shop.clone().spent(3).await, 4);
    assert_eq!(shop.world.ran(), 1);
    assert_eq!(shop.clone().spent_key(3), Key::from(3));
    assert_eq!(shop.clone().spent_refresh(3).await, 4);
}

#[tokio::test]
async fn a_function_of_a_class_needs_no_instance() {
    let world = World::new().await;
    assert_eq!(Shop::class(&world, 3).await, 3);
    assert_eq!(Shop::class(&world, 3).await, 3);
    assert_eq!(world.ran(), 1);
    assert!(Shop::class_invalidate(&world, 3).await.unwrap());
    assert_eq!(Shop::class_region(&world).path(), own_region("Shop.class"));
}

struct Store<T> {
    world: World,
    value: T,
}

impl<T> Store<T>
where
    T: Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
{
    #[cached(cache = "self.world.cache", key = "{id}")]
    async fn get(&self, id: u64) -> (u64, T) {
        self.world.run();
        (id, self.value.clone())
    }
}

#[tokio::test]
async fn the_type_of_a_generic_impl_enters_the_key() {
    let world = World::new().await;
    let one = Store { world: world.clone(), value: 1u8 };
    let two = Store { world: world.clone(), value: 2u16 };
    assert_eq!((one.get(7).await, two.get(7).await), ((7, 1), (7, 2)));
    assert_eq!(world.ran(), 2);
    assert_ne!(one.get_key(7), two.get_key(7));
    assert_eq!(one.get_region(), two.get_region());
    assert!(one.get_invalidate(7).await.unwrap());
    two.get(7).await;
    assert_eq!(world.ran(), 0);
    one.get_invalidate_all().await.unwrap();
    two.get(7).await;
    assert_eq!(world.ran(), 1, "they share a region");
}

mod hidden {
    use super::World;
    use region_cache::cached;

    pub(super) struct Half;

    impl Half {
        #[cached(cache = "world.cache")]
        pub(super) async fn shown(&self, world: &World, id: u64) -> u64 {
            self.kept(world, id).await
        }

        #[cached(cache = "world.cache")]
        async fn kept(&self, world: &World, id: u64) -> u64 {
            world.run();
            id / 2
        }
    }
}

#[tokio::test]
async fn siblings_are_as_visible_as_the_method() {
    let world = World::new().await;
    assert_eq!(hidden::Half.shown(&world, 8).await, 4);
    assert!(hidden::Half.shown_invalidate(&world, 8).await.unwrap());
    let region: Region = hidden::Half.shown_region(&world);
    assert!(region.path().ends_with("hidden.Half.shown"));
}

/// The region that a function of this module has of its own.
fn own_region(name: &str) -> String {
    format!("fn~{}.{name}", module_path!().replace("::", "."))
}
