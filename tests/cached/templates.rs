//! Odd values in templates: each stays one segment, and no two become one.

use std::collections::HashSet;

use region_cache::{Cache, cached, segment};

use super::world::{User, World};

#[cached(cache = "world.cache", region = "odd.{a}", key = "{b}:{c}")]
async fn odd(world: &World, a: &str, b: &str, c: &str) -> String {
    world.run();
    [a, b, c].join("|")
}

fn values() -> Vec<String> {
    let short =
        ["", ".", "..", "a.b", "a:b", "a b", "{a}", "{", "}", "%", "%-", "%2E", "\n", "\t", "\0"];
    let others = ["ä", "日本語", "🦀", "a/b", "-", "~", "fn~x", "A", "a", "\u{200b}", "*"];
    let long = ["x".repeat(1_000), "x".repeat(1_001), "ä".repeat(1_000), ".".repeat(1_000)];
    let texts = short.into_iter().chain(others).map(str::to_owned);
    texts.chain(long).collect()
}

#[tokio::test]
async fn every_value_has_a_region_and_a_key_of_its_own() {
    let world = World::new().await;
    let values = values();
    let mut regions = HashSet::new();
    let mut keys = HashSet::new();
    for value in &values {
        assert_eq!(odd(&world, value, "b", "c").await, format!("{value}|b|c"));
        let region = odd::region(&world, value);
        assert_eq!(region.parent(), Some(world.cache.region("odd")), "{value:?}");
        assert_eq!(region.path(), format!("odd.{}", segment(value)));
        assert!(regions.insert(region.path().to_owned()), "{value:?}");
        assert!(keys.insert(odd::key(&world, "a", value, "").to_string()), "{value:?}");
        assert!(
            keys.insert(odd::key(&world, "a", "", value).to_string()) || value.is_empty(),
            "{value:?}"
        );
    }
    assert_eq!(world.ran() as usize, values.len());
    for value in &values {
        assert_eq!(odd(&world, value, "b", "c").await, format!("{value}|b|c"));
        assert!(odd::invalidate(&world, value, "b", "c").await.unwrap(), "{value:?}");
    }
    assert_eq!(world.ran(), 0);
}

#[tokio::test]
async fn no_value_reaches_the_regions_beneath_or_beside() {
    let world = World::new().await;
    odd(&world, "a", "b", "c").await;
    for value in ["a.b", "", "a.", ".a", "*"] {
        odd::invalidate_all(&world, value).await.unwrap();
    }
    odd(&world, "a", "b", "c").await;
    assert_eq!(world.ran(), 1);
}

#[cached(cache = "cache", region = "people.{user.name}.x-{user.id}-y", key = "{user.id}.{pair.0}")]
async fn fields(cache: &Cache, user: &User, pair: (u8, &str)) -> u64 {
    user.id + u64::from(pair.0)
}

#[tokio::test]
async fn fields_of_arguments_enter() {
    let cache = Cache::in_memory();
    let user = User::new(7, "Ada L.");
    assert_eq!(fields(&cache, &user, (1, "")).await, 8);
    assert_eq!(fields::region(&cache, &user).path(), "people.Ada%20L%2E.x-7-y");
    assert_eq!(fields::key(&cache, &user, (1, "")), "7.1".into());
    let long = User::new(7, &"x".repeat(500));
    assert_eq!(fields(&cache, &long, (1, "")).await, 8, "a segment has at most 128 bytes");
}

#[cached(cache = "cache", region = "a-{name}", key = "k")]
async fn prefixed(cache: &Cache, name: &str) -> usize {
    name.len()
}

#[tokio::test]
async fn text_and_a_long_value_make_one_segment() {
    let cache = Cache::in_memory();
    for length in [120, 126, 127, 128, 129, 1_000] {
        let name = "n".repeat(length);
        assert_eq!(prefixed(&cache, &name).await, length);
        assert!(prefixed::invalidate(&cache, &name).await.unwrap(), "{length}");
    }
    let regions: HashSet<_> = (100..300)
        .map(|length| prefixed::region(&cache, &"n".repeat(length)).to_string())
        .collect();
    assert_eq!(regions.len(), 200);
}
