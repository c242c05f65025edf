//! Names of the user's that the attributes might trip over.

use region_cache::{cached, invalidates};

use super::world::World;

#[cached(cache = "__call.cache", refresh_if = __given == 0, unless = __load == 9)]
async fn inner_names(__call: &World, __load: u8, __error: u8, __given: u8, __options: u8) -> u8 {
    __call.run();
    __load + __error + __given + __options
}

#[cached(cache = "cache.cache", region = "names.{region}", key = "{key}.{options}")]
async fn usual_names(cache: &World, region: u8, key: u8, options: u8, call: u8, load: u8) -> u8 {
    cache.run();
    region + key + options + call + load
}

#[cached(cache = "world.cache", region = "raw.{r#type}")]
async fn r#match(world: &World, r#type: u8, r#fn: u8) -> u8 {
    world.run();
    r#type + r#fn
}

#[invalidates(cache = "world.cache", region = "raw.{falls}", key = "{body}")]
async fn r#loop(world: &World, falls: u8, body: u8) -> u8 {
    falls + body
}

#[tokio::test]
async fn arguments_may_have_any_name() {
    let world = World::new().await;
    for _ in 0..2 {
        assert_eq!(inner_names(&world, 1, 2, 3, 4).await, 10);
        assert_eq!(usual_names(&world, 1, 2, 3, 4, 5).await, 15);
        assert_eq!(r#match(&world, 1, 2).await, 3);
    }
    assert_eq!(world.ran(), 3);
    assert!(inner_names::invalidate(&world, 1, 2, 3, 4).await.unwrap());
    assert!(usual_names::invalidate(&world, 1, 2, 3).await.unwrap());
    assert!(r#match::invalidate(&world, 1, 2).await.unwrap());
    assert!(r#match::region(&world, 1).path() == "raw.1");
    assert_eq!(r#loop(&world, 1, 2).await, 3);
}

mod shadows {
    #![expect(dead_code, reason = "they only stand in the way")]

    use super::World;

    pub(super) struct Result;
    pub(super) struct Option;
    pub(super) struct String;
    pub(super) struct Some;
    pub(super) struct Ok;
    pub(super) struct Box;
    pub(super) struct Region;
    pub(super) struct Key;
    pub(super) struct Call;
    pub(super) trait From {}
    pub(super) trait Clone {}
    pub(super) mod std {}
    pub(super) mod core {}
    pub(super) mod region_cache {}

    #[::region_cache::cached(cache = "world.cache", ttl = "1m", unless = id == 0, stale_for = "1m")]
    pub(super) async fn load(world: &World, id: u64) -> u64 {
        world.run();
        id
    }

    #[::region_cache::cached(cache = "world.cache")]
    pub(super) async fn find(world: &World, id: u64) -> ::std::option::Option<u64> {
        ::std::option::Option::Some(id)
    }

    #[::region_cache::invalidates(cache = "world.cache", region = "shadows", key = "{id}")]
    pub(super) async fn change(world: &World, id: u64) {}
}

#[tokio::test]
async fn common_names_may_mean_something_else() {
    let world = World::new().await;
    assert_eq!(shadows::load(&world, 7).await, 7);
    assert!(shadows::load::invalidate(&world, 7).await.unwrap());
    assert_eq!(shadows::find(&world, 7).await, Some(7));
    shadows::change(&world, 7).await;
}

#[cfg(any())]
#[cached(cache = "world.cache")]
async fn either(world: &World) -> u8 {
    missing()
}

#[cached(cache = "world.cache")]
#[cfg(any())]
async fn either(world: &World) -> u8 {
    missing()
}

#[cached(cache = "world.cache")]
#[cfg(not(any()))]
async fn either(world: &World) -> u8 {
    1
}

struct Either;

impl Either {
    #[cached(cache = "world.cache")]
    #[cfg(any())]
    async fn either(world: &World) -> u8 {
        missing()
    }

    #[cached(cache = "world.cache")]
    #[cfg(not(any()))]
    async fn either(world: &World) -> u8 {
        2
    }
}

#[tokio::test]
async fn what_is_configured_away_has_no_companions() {
    let world = World::new().await;
    assert_eq!((either(&world).await, Either::either(&world).await), (1, 2));
    assert!(either::invalidate(&world).await.unwrap());
    assert!(Either::either_invalidate(&world).await.unwrap());
}

/// Functions that a macro writes, with parts that it is given.
macro_rules! write_all {
    ($vis:vis $name:ident($arg:ident: $type:ty) -> $returns:ty $body:block, $region:literal) => {
        #[cached(cache = "world.cache", region = $region)]
        $vis async fn $name(world: &World, $arg: $type) -> $returns $body
    };
}

write_all!(pub(super) written(n: u64) -> u64 { n + 1 }, "written.by.a-macro");
write_all!(written_option(n: u64) -> Option<u64> { (n > 0).then_some(n) }, "written.by.another");

macro_rules! write_methods {
    ($type:ident, $name:ident) => {
        impl $type {
            #[cached(cache = "world.cache")]
            async fn $name(&self, world: &World, n: u64) -> u64 {
                world.run();
                n
            }
        }
    };
}

write_methods!(Either, method);

#[tokio::test]
async fn macros_may_write_functions() {
    let world = World::new().await;
    assert_eq!(written(&world, 1).await, 2);
    assert_eq!(written::region(&world).path(), "written.by.a-macro");
    assert_eq!(written_option(&world, 1).await, Some(1));
    assert!(!written_option::invalidate(&world, 0).await.unwrap());
    assert_eq!(Either.method(&world, 1).await, 1);
    assert!(Either.method_invalidate(&world, 1).await.unwrap());
}
