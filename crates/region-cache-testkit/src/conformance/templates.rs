//! What of a region falls, as a template names it from a signal's payload.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use region_cache::{Cache, Patterns, Region, Result, Signal, segment};
use serde_json::{Value, json};

use super::hearing::{living, set};
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! templates {
    ($fixture:ty) => {
        $crate::cases! { $fixture, templates:
            the_region_that_a_field_names_falls_alone
            the_payload_itself_may_name_it
            a_field_may_lie_in_a_field
            text_may_stand_around_fields
            every_field_is_one_segment
            a_payload_cannot_reach_beyond_its_region
            the_key_that_a_field_names_falls_alone
            a_key_is_taken_as_it_is
            without_the_field_the_whole_region_falls
            what_makes_no_path_lets_the_whole_region_fall
            what_makes_no_key_lets_the_whole_region_fall
            below_the_namespace_a_field_names_a_root
        }
    };
}

pub const SOURCE: &str = include_str!("templates.rs");

/// Binds `users` in a process that is gone when anything is emitted.
async fn bind(world: &World, patterns: Patterns) -> Result<Cache> {
    let gone = world.other().await;
    gone.region("users").invalidate_on(patterns).await?;
    gone.shutdown().await;
    Ok(world.other().await)
}

async fn emit(cache: &Cache, payload: &Value) -> Result<()> {
    let emitted = cache.emit(Signal::new("user.updated").payload(payload)?).await?;
    assert_eq!(emitted.regions, 1);
    Ok(())
}

fn below(template: &str) -> Patterns {
    Patterns::from("user.*").below(template)
}

fn key(template: &str) -> Patterns {
    Patterns::from("user.*").key(template)
}

/// Whether only this one of several regions falls by a payload.
async fn falls_alone(cache: &Cache, path: &str, payload: &Value) -> Case {
    let (one, users) = (cache.region(path), cache.region("users"));
    let (beneath, other) = (one.region("deep"), users.region("other"));
    set(&[&one, &users, &beneath, &other]).await?;
    emit(cache, payload).await?;
    assert_eq!(living(&[&one, &users, &beneath, &other]).await?, ["users", "users.other"]);
    Ok(())
}

/// The whole region falls, and no more.
async fn all_falls(cache: &Cache, payload: &Value) -> Case {
    let users = cache.region("users");
    let (one, other) = (users.region("7"), cache.region("shop"));
    set(&[&one, &users, &other]).await?;
    emit(cache, payload).await?;
    assert_eq!(living(&[&one, &users, &other]).await?, ["shop"], "{payload}");
    Ok(())
}

pub async fn the_region_that_a_field_names_falls_alone(world: &World) -> Case {
    let cache = bind(world, below("{id}")).await?;
    for id in [json!(7), json!("7"), json!(-7), json!(true), json!(u64::MAX)] {
        let text = id.as_str().map_or_else(|| id.to_string(), ToOwned::to_owned);
        let path = format!("users.{}", segment(&text));
        falls_alone(&cache, &path, &json!({ "name": "Ada", "id": id })).await?;
    }
    Ok(())
}

pub async fn the_payload_itself_may_name_it(world: &World) -> Case {
    let cache = bind(world, below("{}")).await?;
    falls_alone(&cache, "users.7", &json!(7)).await?;
    falls_alone(&cache, "users.Ada", &json!("Ada")).await?;
    all_falls(&cache, &json!({ "id": 7 })).await
}

pub async fn a_field_may_lie_in_a_field(world: &World) -> Case {
    let cache = bind(world, below("{user.address.city}")).await?;
    let payload = json!({ "user": { "address": { "city": "Bonn" } }, "city": "Ulm" });
    falls_alone(&cache, "users.Bonn", &payload).await?;
    all_falls(&cache, &json!({ "user": { "address": "Bonn" } })).await
}

pub async fn text_may_stand_around_fields(world: &World) -> Case {
    let cache = bind(world, below("of-{org}.v{version}.list")).await?;
    falls_alone(&cache, "users.of-a.v2.list", &json!({ "org": "a", "version": 2 })).await
}

pub async fn every_field_is_one_segment(world: &World) -> Case {
    let cache = bind(world, below("{id}")).await?;
    let odd = ["a.b", "..", "", " ", "{x}", "a:b", "\u{1f980}\n", "*", "%2E", &"long".repeat(100)];
    for id in odd {
        let path = format!("users.{}", segment(id));
        falls_alone(&cache, &path, &json!({ "id": id })).await?;
    }
    Ok(())
}

pub async fn a_payload_cannot_reach_beyond_its_region(world: &World) -> Case {
    let cache = bind(world, below("{id}")).await?;
    let neighbours: Vec<Region> =
        ["shop", "users.a.b", "users.a", "users2"].map(|path| cache.region(path)).into();
    let all: Vec<&Region> = neighbours.iter().collect();
    set(&all).await?;
    for id in ["..shop", "../shop", "a.b", "", "\0"] {
        emit(&cache, &json!({ "id": id })).await?;
        assert_eq!(living(&all).await?.len(), 4, "{id:?}");
    }
    Ok(())
}

pub async fn the_key_that_a_field_names_falls_alone(world: &World) -> Case {
    let cache = bind(world, key("name of {user.id}")).await?;
    let users = cache.region("users");
    users.set_many([("name of 7", &1), ("name of 8", &1), ("k", &1)]).await?;
    users.region("7").set("name of 7", &1).await?;
    emit(&cache, &json!({ "user": { "id": 7 } })).await?;
    let found = users.get_many::<i64>(["name of 7", "name of 8", "k"]).await?;
    assert_eq!(found, [None, Some(1), Some(1)]);
    assert!(users.region("7").contains("name of 7").await?);
    Ok(())
}

pub async fn a_key_is_taken_as_it_is(world: &World) -> Case {
    let cache = bind(world, key("{}")).await?;
    let users = cache.region("users");
    for text in ["a.b", "", " ", "{x}", "\u{1f980}\r\n\0", "*"] {
        users.set(text, &1).await?;
        users.set("k", &1).await?;
        emit(&cache, &json!(text)).await?;
        assert_eq!(users.get_many::<i64>([text, "k"]).await?, [None, Some(1)], "{text:?}");
    }
    Ok(())
}

pub async fn without_the_field_the_whole_region_falls(world: &World) -> Case {
    let cache = bind(world, below("{id}")).await?;
    for payload in [
        json!(null),
        json!({}),
        json!({ "ID": 7 }),
        json!({ "id": null }),
        json!({ "id": [7] }),
        json!({ "id": { "id": 7 } }),
        json!([7]),
        json!("id"),
        json!(7),
    ] {
        all_falls(&cache, &payload).await?;
    }
    let users = cache.region("users");
    set(&[&users]).await?;
    cache.emit("user.updated").await?;
    assert_eq!(living(&[&users]).await?, [""; 0], "without any payload");
    Ok(())
}

pub async fn what_makes_no_path_lets_the_whole_region_fall(world: &World) -> Case {
    let cache = bind(world, below("a b.{id}")).await?;
    all_falls(&cache, &json!({ "id": 7 })).await?;
    let deep = vec!["{id}"; 20].join(".");
    let cache = bind(world, below(&deep)).await?;
    all_falls(&cache, &json!({ "id": 7 })).await
}

pub async fn what_makes_no_key_lets_the_whole_region_fall(world: &World) -> Case {
    let cache = bind(world, key("{}")).await?;
    all_falls(&cache, &json!("x".repeat(5_000))).await
}

pub async fn below_the_namespace_a_field_names_a_root(world: &World) -> Case {
    world.cache().root().invalidate_on(below("{}")).await?;
    let cache = world.other().await;
    let (shop, blog) = (cache.region("shop.catalog"), cache.region("blog"));
    set(&[&shop, &blog]).await?;
    emit(&cache, &json!("shop")).await?;
    assert_eq!(living(&[&shop, &blog]).await?, ["blog"]);
    emit(&cache, &json!(null)).await?;
    assert_eq!(living(&[&shop, &blog]).await?, [""; 0]);
    Ok(())
}
