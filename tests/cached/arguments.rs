//! Arguments as they may be written.

use std::borrow::Cow;
use std::collections::HashMap;

use region_cache::cached;
use serde::Serialize;

use super::world::{User, World};

#[cached(cache = "world.cache")]
async fn references(
    world: &World,
    text: &str,
    user: &User,
    list: &[u8],
    cow: Cow<'_, str>,
) -> usize {
    world.run();
    text.len() + user.name.len() + list.len() + cow.len()
}

#[tokio::test]
async fn references_enter_the_key_by_what_they_refer_to() {
    let world = World::new().await;
    let user = User::new(7, "Ada");
    for text in ["a", "a", "b"] {
        let text = text.to_owned();
        assert_eq!(references(&world, &text, &user.clone(), &[1, 2], Cow::from("cow")).await, 9);
    }
    assert_eq!(world.ran(), 2);
    assert!(references::invalidate(&world, "a", &user, &[1, 2], Cow::from("cow")).await.unwrap());
}

#[cached(cache = "world.cache")]
async fn changing(world: &World, mut n: u64, mut list: Vec<u64>) -> u64 {
    world.run();
    n += 1;
    list.push(n);
    list.iter().sum()
}

#[tokio::test]
async fn arguments_may_be_changed_by_the_body() {
    let world = World::new().await;
    for _ in 0..2 {
        assert_eq!(changing(&world, 1, vec![5]).await, 7);
    }
    assert_eq!(world.ran(), 1);
    assert_eq!(changing::refresh(&world, 1, vec![5]).await, 7);
}

#[cached(cache = "world.cache", key = "{id}")]
async fn patterns(world: &World, id: u64, (a, b): (u64, u64), [c, ..]: [u64; 3], _: &str) -> u64 {
    world.run();
    a + b + c + id
}

#[tokio::test]
async fn patterns_are_taken_apart_in_the_body() {
    let world = World::new().await;
    assert_eq!(patterns(&world, 0, (1, 2), [3, 4, 5], "x").await, 6);
    assert_eq!(patterns(&world, 0, (9, 9), [9, 9, 9], "y").await, 6, "only the id enters");
    assert_eq!(patterns::refresh(&world, 0, (9, 9), [9, 9, 9], "y").await, 27);
    assert!(patterns::invalidate(&world, 0).await.unwrap());
}

struct Database(&'static str);

#[cached(cache = "world.cache", skip(db))]
async fn skipping(world: &World, db: &Database, id: u64) -> String {
    world.run();
    format!("{}/{id}", db.0)
}

#[tokio::test]
async fn what_is_left_out_need_not_be_serializable() {
    let world = World::new().await;
    assert_eq!(skipping(&world, &Database("one"), 7).await, "one/7");
    assert_eq!(skipping(&world, &Database("two"), 7).await, "one/7");
    assert!(skipping::invalidate(&world, 7).await.unwrap(), "nor is it asked for");
    assert_eq!(skipping(&world, &Database("two"), 7).await, "two/7");
}

#[cached(cache = "world.cache")]
async fn changed_elsewhere(world: &World, list: &mut Vec<u64>) -> usize {
    world.run();
    list.push(1);
    list.len()
}

#[tokio::test]
async fn an_argument_that_is_changed_enters_as_it_was() {
    let world = World::new().await;
    let mut list = vec![];
    assert_eq!(changed_elsewhere(&world, &mut list).await, 1);
    assert_eq!(changed_elsewhere(&world, &mut list).await, 2, "it is another list now");
    assert_eq!(changed_elsewhere(&world, &mut vec![]).await, 1);
    assert_eq!(world.ran(), 2);
}

#[derive(Clone, Serialize)]
struct Query {
    words: Option<String>,
    page: u32,
    filters: HashMap<String, f64>,
}

#[cached(cache = "world.cache")]
async fn search(world: &World, query: Query, boost: f32, by: Option<&str>) -> u32 {
    world.run();
    let _ = (query.words, boost, by);
    query.page + u32::try_from(query.filters.len()).unwrap()
}

#[tokio::test]
async fn maps_floats_and_options_enter_the_key() {
    let world = World::new().await;
    let names: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let ahead = names.iter().map(|name| (name.clone(), 0.5)).collect();
    let back = names.iter().rev().map(|name| (name.clone(), 0.5)).collect();
    let query = |filters| Query { words: None, page: 1, filters };
    assert_eq!(search(&world, query(ahead), 1.5, None).await, 51);
    assert_eq!(search(&world, query(back), 1.5, None).await, 51);
    assert_eq!(world.ran(), 1, "a map has no order");
    let plain = || query(HashMap::new());
    search(&world, plain(), 1.5, None).await;
    search(&world, plain(), 2.5, None).await;
    search(&world, plain(), f32::NAN, None).await;
    search(&world, plain(), f32::NAN, None).await;
    search(&world, plain(), 1.5, Some("")).await;
    search(&world, plain(), 1.5, Some("x")).await;
    let words = Query { words: Some(String::new()), ..plain() };
    search(&world, words, 1.5, None).await;
    assert_eq!(world.ran(), 6);
}
