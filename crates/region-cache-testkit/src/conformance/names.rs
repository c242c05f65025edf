//! Names and keys that break the rules: an error at the first call, which names the culprit and the
//! rule, before anything is sent.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::collections::BTreeMap;

use futures::StreamExt;
use region_cache::{EntryOptions, Error, Key, Region, Result};
use serde::{Serialize, Serializer};

use super::{Case, World};
use crate::backends::Counting;

#[doc(hidden)]
#[macro_export]
macro_rules! names {
    ($fixture:ty) => {
        $crate::cases! { $fixture, names:
            an_empty_segment_is_refused
            a_forbidden_character_is_refused
            a_segment_that_is_too_long_is_refused
            a_path_that_is_too_long_is_refused
            too_many_segments_are_refused
            every_operation_refuses_a_bad_path
            every_operation_refuses_a_bad_key
            a_key_that_is_too_long_is_refused_with_its_length
            a_key_of_what_cannot_be_serialized_is_refused
            a_key_of_arguments_is_the_same_everywhere
            the_bounds_themselves_are_allowed
            a_bad_namespace_is_refused
        }
    };
}

pub const SOURCE: &str = include_str!("names.rs");

/// Makes a few calls on a region with a bad name: no call may send anything, and each error must name
/// the culprit and the rule.
async fn is_refused(world: &World, path: &str, message: &[&str]) -> Result<()> {
    let counting = Counting::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    counting.reset();
    let errors = [
        cache.region(path).get::<i64>("k").await.unwrap_err(),
        cache.region(path).set("k", &1).await.unwrap_err(),
        cache.region(path).with(|o| o.schema(1)).invalidate().await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_invalid_name(), "`{path}`: {error:?}");
        for part in message {
            assert!(error.to_string().contains(part), "`{error}` should say `{part}`");
        }
    }
    assert_eq!(counting.total(), 0);
    Ok(())
}

pub async fn an_empty_segment_is_refused(world: &World) -> Case {
    for path in ["", ".", "shop.", ".shop", "shop..catalog", "..."] {
        is_refused(world, path, &["empty segment", &format!("`{path}`")]).await?;
    }
    let error = world.region("shop").region("").get::<i64>("k").await.unwrap_err();
    assert!(error.is_invalid_name());
    Ok(())
}

pub async fn a_forbidden_character_is_refused(world: &World) -> Case {
    for (bad, shown) in [
        ("a{b", "'{'"),
        ("a}b", "'}'"),
        ("a:b", "':'"),
        ("a b", "' '"),
        ("a\tb", r"'\t'"),
        ("a\nb", r"'\n'"),
        ("a\0b", r"'\0'"),
        ("a\u{7f}b", r"'\u{7f}'"),
        ("a\u{85}b", r"'\u{85}'"),
        ("a\u{a0}b", r"'\u{a0}'"),
        ("a\u{3000}b", r"'\u{3000}'"),
    ] {
        let segment = format!("`{}`", bad.escape_debug());
        let path = format!("shop.{bad}.catalog");
        is_refused(world, &path, &[&segment, shown, "segment()"]).await?;
    }
    Ok(())
}

pub async fn a_segment_that_is_too_long_is_refused(world: &World) -> Case {
    let long = "s".repeat(129);
    is_refused(world, &format!("shop.{long}"), &["ssssssssss", "129 bytes", "128"]).await?;
    // Bytes count, not characters.
    let long = "ß".repeat(65);
    is_refused(world, &long, &["ßßßßßßßßßß", "130 bytes", "128"]).await?;
    Ok(())
}

pub async fn a_path_that_is_too_long_is_refused(world: &World) -> Case {
    let path = vec!["s".repeat(102); 5].join(".");
    is_refused(world, &path, &["ssssssssss", "514 bytes", "512"]).await?;
    Ok(())
}

pub async fn too_many_segments_are_refused(world: &World) -> Case {
    let path = vec!["s"; 17].join(".");
    is_refused(world, &path, &[&path, "17 segments", "16"]).await?;
    Ok(())
}

/// The errors of every operation on entries, for one region and one key.
async fn errors_of_entries(region: &Region, key: &Key) -> Vec<Error> {
    let options = EntryOptions::new();
    vec![
        region.get::<i64>(key).await.unwrap_err(),
        region.set(key, &1).await.unwrap_err(),
        region.set_with(key, &1, options).await.unwrap_err(),
        region.add(key, &1).await.unwrap_err(),
        region.remove(key).await.unwrap_err(),
        region.contains(key).await.unwrap_err(),
        region.get_many::<i64>([&Key::from("good"), key]).await.unwrap_err(),
        region.set_many([(Key::from("good"), &1), (key.clone(), &1)]).await.unwrap_err(),
        region.remove_many([&Key::from("good"), key]).await.unwrap_err(),
        region.increment(key, 1).await.unwrap_err(),
        region.expire(key).await.unwrap_err(),
        region.ttl(key).await.unwrap_err(),
        region.lookup::<i64>(key).await.unwrap_err(),
    ]
}

pub async fn every_operation_refuses_a_bad_path(world: &World) -> Case {
    let counting = Counting::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    counting.reset();
    let bad = cache.region("shop").region("a b").region("catalog");
    let mut errors = errors_of_entries(&bad, &Key::from("k")).await;
    errors.push(bad.len().await.unwrap_err());
    errors.push(bad.children().await.unwrap_err());
    errors.push(bad.invalidate().await.unwrap_err());
    errors.push(bad.transaction(async |t| t.set("k", &1)).await.unwrap_err());
    for mut stream in [bad.keys().map(|key| key.map(drop)).boxed(), {
        bad.entries::<i64>().map(|entry| entry.map(drop)).boxed()
    }] {
        errors.extend(stream.next().await.and_then(Result::err));
        assert!(stream.next().await.is_none());
    }
    assert_eq!(errors.len(), 19);
    for error in errors {
        assert!(error.is_invalid_name(), "{error:?}");
        assert!(error.to_string().contains("`a b`"), "{error}");
    }
    assert_eq!(counting.total(), 0);
    Ok(())
}

pub async fn every_operation_refuses_a_bad_key(world: &World) -> Case {
    let counting = Counting::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    counting.reset();
    let long = Key::from("k".repeat(5_000));
    for error in errors_of_entries(&cache.region("shop"), &long).await {
        assert!(error.is_invalid_name(), "{error:?}");
    }
    assert_eq!(counting.total(), 0);
    Ok(())
}

pub async fn a_key_that_is_too_long_is_refused_with_its_length(world: &World) -> Case {
    let error = world.region("shop").set("k".repeat(4_097), &1).await.unwrap_err();
    assert!(error.is_invalid_name());
    let message = error.to_string();
    for part in ["4097 bytes", "4096", "Key::of"] {
        assert!(message.contains(part), "`{message}` should say `{part}`");
    }
    Ok(())
}

pub async fn a_key_of_what_cannot_be_serialized_is_refused(world: &World) -> Case {
    struct Stubborn;

    impl Serialize for Stubborn {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("it does not want to"))
        }
    }

    let counting = Counting::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    counting.reset();
    for error in errors_of_entries(&cache.region("shop"), &Key::of(&("user", Stubborn))).await {
        assert!(error.is_encode(), "{error:?}");
        assert!(error.to_string().contains("it does not want to"), "{error}");
    }
    assert_eq!(counting.total(), 0);
    Ok(())
}

pub async fn a_key_of_arguments_is_the_same_everywhere(world: &World) -> Case {
    let (here, there) = (world.region("users"), world.other().await.region("users"));
    let arguments = BTreeMap::from([("page", 2), ("size", 50)]);
    here.set(Key::of(&("search", &arguments)), &1).await?;
    let found = there.get_many([Key::of(&("search", &arguments)), Key::of(&"search")]).await?;
    assert_eq!(found, [Some(1), None]);
    Ok(())
}

pub async fn the_bounds_themselves_are_allowed(world: &World) -> Case {
    let longest = vec!["s".repeat(127); 4].join(".");
    assert_eq!(longest.len(), 511);
    let deepest = vec!["s"; 16].join(".");
    for path in [&"s".repeat(128), &longest, &deepest, "ä", "%-_~!@#$&*()=+[]|\\;'\"<>,?/^`", "0"]
    {
        let region = world.region(path);
        region.set("k".repeat(4_096), path).await?;
        assert_eq!(region.get::<String>("k".repeat(4_096)).await?.as_deref(), Some(path));
    }
    Ok(())
}

pub async fn a_bad_namespace_is_refused(world: &World) -> Case {
    for bad in ["", "a.b", "a b", "a:b", "ä", "{a}", &"n".repeat(65)] {
        let error = world.builder().namespace(bad).build().await.unwrap_err();
        assert!(error.is_invalid_name(), "{error:?}");
        assert!(error.to_string().contains(&format!("`{bad}`")), "{error}");
        assert!(error.to_string().contains("64"), "{error}");
    }
    Ok(())
}
