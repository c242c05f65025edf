//! Flask-CacheOBJ: `obj`, `hash` and `delete`, its templates, and its packers.

use std::time::Duration;

use region_cache::codec::{Json, MessagePack};
use region_cache::{Key, cached, invalidates};

use crate::cached::world::{DbError, User, World};

/// `ITEM = {'key': 'item:{item_id}', 'expire': 86400}` and `@cache.obj(ITEM)`.
#[cached(cache = "world.cache", region = "items", key = "item:{item_id}", ttl = "1d")]
async fn get_item(world: &World, item_id: u64) -> Option<User> {
    world.run();
    (item_id > 0).then(|| User::new(item_id, "item"))
}

/// `@cache.delete(ITEM)`.
#[invalidates(cache = "world.cache", region = "items", key = "item:{item_id}")]
async fn update_item(world: &World, item_id: u64, name: &str) -> Result<(), DbError> {
    if name.is_empty() { Err(DbError::Gone(item_id)) } else { Ok(()) }
}

#[tokio::test]
async fn cacheobj_obj() {
    let world = World::new().await;
    for _ in 0..2 {
        assert_eq!(get_item(&world, 7).await, Some(User::new(7, "item")));
    }
    assert_eq!(world.ran(), 1);
    assert_eq!(get_item::key(&world, 7), Key::from("item:7"));
}

#[tokio::test]
async fn cacheobj_obj_expire() {
    let world = World::new().await;
    get_item(&world, 7).await;
    world.clock.advance(Duration::from_secs(86_399));
    get_item(&world, 7).await;
    assert_eq!(world.ran(), 1);
    world.clock.advance(Duration::from_secs(1));
    get_item(&world, 7).await;
    assert_eq!(world.ran(), 1);
}

#[tokio::test]
async fn cacheobj_obj_does_not_cache_none() {
    let world = World::new().await;
    assert_eq!((get_item(&world, 0).await, get_item(&world, 0).await), (None, None));
    assert_eq!(world.ran(), 2);
}

/// `get_item.original_function(..)`.
#[tokio::test]
async fn cacheobj_original_function() {
    let world = World::new().await;
    get_item(&world, 7).await;
    get_item::uncached(&world, 7).await;
    assert_eq!(world.ran(), 2);
}

#[tokio::test]
async fn cacheobj_delete() {
    let world = World::new().await;
    get_item(&world, 7).await;
    get_item(&world, 8).await;
    update_item(&world, 7, "").await.unwrap_err();
    get_item(&world, 7).await;
    assert_eq!(world.ran(), 2, "what failed has changed nothing");
    update_item(&world, 7, "new").await.unwrap();
    get_item(&world, 7).await;
    get_item(&world, 8).await;
    assert_eq!(world.ran(), 1);
}

/// `delete_cache(ITEM, item_id=7)`.
#[tokio::test]
async fn cacheobj_delete_cache() {
    let world = World::new().await;
    get_item(&world, 7).await;
    assert!(get_item::invalidate(&world, 7).await.unwrap());
    get_item(&world, 7).await;
    assert_eq!(world.ran(), 2);
}

/// `ITEM_HASH = {'hash_key': 'item', 'key': '{item_id}'}`: the hash is a region.
#[cached(cache = "world.cache", region = "item", key = "{item_id}")]
async fn hashed(world: &World, item_id: u64) -> u32 {
    world.run()
}

#[tokio::test]
async fn cacheobj_hash() {
    let world = World::new().await;
    assert_eq!((hashed(&world, 7).await, hashed(&world, 7).await), (1, 1));
    assert_eq!(hashed(&world, 8).await, 2);
    assert_eq!(world.cache.region("item").get::<u32>("7").await.unwrap(), Some(1));
    assert_eq!(world.cache.region("item").len().await.unwrap(), 2);
}

/// `hash_del(ITEM_HASH, item_id=7)`; and the hash as a whole, in one act.
#[tokio::test]
async fn cacheobj_hash_del() {
    let world = World::new().await;
    hashed(&world, 7).await;
    hashed(&world, 8).await;
    assert!(hashed::invalidate(&world, 7).await.unwrap());
    assert_eq!((hashed(&world, 7).await, hashed(&world, 8).await), (3, 2));
    hashed::invalidate_all(&world).await.unwrap();
    assert_eq!((hashed(&world, 7).await, hashed(&world, 8).await), (4, 5));
}

struct Filter {
    user: User,
    page: (u64, u64),
}

/// `'key': '{filter.user.id}:{filter.page[0]}'`.
#[cached(cache = "world.cache", key = "{filter.user.id}:{filter.page.0}")]
async fn by_fields(world: &World, filter: &Filter) -> u32 {
    let _ = filter.page;
    world.run()
}

#[tokio::test]
async fn cacheobj_key_template() {
    let world = World::new().await;
    let filter = |id, first, second| Filter { user: User::new(id, "x"), page: (first, second) };
    assert_eq!(by_fields(&world, &filter(1, 2, 3)).await, 1);
    assert_eq!(by_fields(&world, &filter(1, 2, 4)).await, 1, "what is not named does not enter");
    assert_eq!(by_fields(&world, &filter(1, 3, 3)).await, 2);
    assert_eq!(by_fields::key(&world, &filter(1, 2, 3)), Key::from("1:2"));
}

/// Theirs makes `_` of a space, so that `a b` and `a_b` are one key.
#[tokio::test]
async fn cacheobj_key_template_with_spaces() {
    #[cached(cache = "world.cache", key = "file {name}")]
    async fn size(world: &World, name: &str) -> usize {
        world.run();
        name.len()
    }
    let world = World::new().await;
    assert_ne!(size::key(&world, "a b"), size::key(&world, "a_b"));
    assert_eq!(size(&world, "a b").await, 3);
}

/// `'key': lambda filename: md5(filename).hexdigest()`.
#[cached(cache = "world.cache", key_with = Key::of)]
async fn by_callable(world: &World, file: &str) -> u32 {
    world.run()
}

#[tokio::test]
async fn cacheobj_key_callable() {
    let world = World::new().await;
    assert_eq!((by_callable(&world, "a").await, by_callable(&world, "a").await), (1, 1));
    assert_eq!(by_callable::key(&world, "a"), Key::of("a"));
}

/// Theirs caches nothing where the callable gives no key.
#[cached(cache = "world.cache", unless = file.is_empty(), key = "{file}")]
async fn without_a_key(world: &World, file: &str) -> u32 {
    world.run()
}

#[tokio::test]
async fn cacheobj_without_a_key_nothing_is_cached() {
    let world = World::new().await;
    assert_eq!((without_a_key(&world, "").await, without_a_key(&world, "").await), (1, 2));
    assert_eq!((without_a_key(&world, "a").await, without_a_key(&world, "a").await), (3, 3));
}

#[cached(cache = "world.cache", region = "packed", key = "{id}", options = |o| o.codec(Json))]
async fn packed(world: &World, id: u64) -> User {
    world.run();
    User::new(id, "Ada")
}

/// `packer=json.dumps, unpacker=json.loads` is a codec.
#[tokio::test]
async fn cacheobj_packer_and_unpacker() {
    let world = World::new().await;
    assert_eq!((packed(&world, 7).await, packed(&world, 7).await.id), (User::new(7, "Ada"), 7));
    assert_eq!(world.ran(), 1);
    let other = world.cache.region("packed").with(|o| o.codec(MessagePack));
    let read = other.get::<User>(7).await.unwrap();
    assert_eq!(read, Some(User::new(7, "Ada")), "each value says how it was packed");
}
