//! Handles and the tree.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::collections::HashSet;

use futures::StreamExt;
use region_cache::{Region, Result, segment, unsegment};

use super::samples::{HOUR, MINUTE, child_paths, lease};
use super::{Case, World};
use crate::backends::Counting;

#[doc(hidden)]
#[macro_export]
macro_rules! regions {
    ($fixture:ty) => {
        $crate::cases! { $fixture, regions:
            children_are_direct_and_sorted
            only_living_children_are_listed
            a_region_that_is_only_looked_up_is_no_child
            a_child_lives_by_what_lies_beneath_it
            the_children_of_the_namespace_are_its_roots
            the_namespace_itself_holds_no_entries
            the_parent_is_the_region_above
            paths_are_joined_by_dots
            equal_handles_name_the_same_region
            making_a_handle_sends_nothing
            a_handle_outlives_what_happens_to_its_region
            any_text_becomes_a_region
            the_deepest_tree_works
            namespaces_share_nothing
        }
    };
}

pub const SOURCE: &str = include_str!("regions.rs");

async fn set(world: &World, paths: &[&str]) -> Result<()> {
    for path in paths {
        world.region(path).set("k", &1).await?;
    }
    Ok(())
}

pub async fn children_are_direct_and_sorted(world: &World) -> Case {
    set(world, &["shop.c", "shop.a.x.y", "shop.b", "shop.10", "shop.9", "shop", "blog.z"]).await?;
    let shop = world.region("shop");
    assert_eq!(child_paths(&shop).await?, ["shop.10", "shop.9", "shop.a", "shop.b", "shop.c"]);
    assert_eq!(child_paths(&world.region("shop.a")).await?, ["shop.a.x"]);
    assert_eq!(child_paths(&world.region("shop.b")).await?, [""; 0]);
    assert_eq!(child_paths(&world.region("nowhere")).await?, [""; 0]);
    assert_eq!(shop.children().await?.first(), Some(&world.region("shop.10")));
    Ok(())
}

pub async fn only_living_children_are_listed(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    for name in ["removed", "expired", "timed", "ended", "invalidated", "living"] {
        shop.region(name).set("k", &1).await?;
    }
    shop.region("removed").remove("k").await?;
    shop.region("expired").expire("k").await?;
    shop.region("timed").with(|o| o.entry_ttl(MINUTE)).set("k", &1).await?;
    shop.region("ended").invalidate().await?;
    shop.region("ended").with(|o| o.ttl(MINUTE)).set("k", &1).await?;
    shop.region("invalidated").invalidate().await?;
    world.pass(MINUTE).await;
    assert_eq!(child_paths(&shop).await?, ["shop.living"]);
    Ok(())
}

pub async fn a_region_that_is_only_looked_up_is_no_child(world: &World) -> Case {
    set(world, &["shop.a"]).await?;
    let miss = lease(&world.region("shop.b.c"), "k").await?;
    assert_eq!(child_paths(&world.region("shop")).await?, ["shop.a"]);
    assert!(miss.fill(&1).await?);
    assert_eq!(child_paths(&world.region("shop")).await?, ["shop.a", "shop.b"]);
    Ok(())
}

pub async fn a_child_lives_by_what_lies_beneath_it(world: &World) -> Case {
    set(world, &["shop.a", "shop.a.x.y"]).await?;
    let shop = world.region("shop");
    world.region("shop.a").remove("k").await?;
    assert_eq!(child_paths(&shop).await?, ["shop.a"]);
    world.region("shop.a.x.y").remove("k").await?;
    assert_eq!(child_paths(&shop).await?, [""; 0]);
    Ok(())
}

pub async fn the_children_of_the_namespace_are_its_roots(world: &World) -> Case {
    set(world, &["shop.catalog.42", "blog", "news"]).await?;
    world.region("news").invalidate().await?;
    assert_eq!(child_paths(&world.cache().root()).await?, ["blog", "shop"]);
    Ok(())
}

pub async fn the_namespace_itself_holds_no_entries(world: &World) -> Case {
    set(world, &["shop"]).await?;
    let root = world.cache().root();
    assert_eq!((root.path(), root.parent()), ("", None));
    for error in [
        root.get::<i64>("k").await.unwrap_err(),
        root.set("k", &1).await.unwrap_err(),
        root.set_many([("k", &1)]).await.unwrap_err(),
        root.lookup::<i64>("k").await.unwrap_err(),
        root.transaction(async |t| t.set("k", &1)).await.unwrap_err(),
    ] {
        assert!(error.is_invalid_name(), "{error}");
    }
    assert!(matches!(root.len().await, Ok(0)));
    assert_eq!(root.keys().count().await, 0);
    Ok(())
}

pub async fn the_parent_is_the_region_above(world: &World) -> Case {
    let item = world.region("shop.catalog.42");
    let catalog = item.parent().expect("it is no root");
    assert_eq!(catalog, world.region("shop.catalog"));
    let shop = catalog.parent().expect("it is no root");
    assert_eq!((shop.path(), shop.parent()), ("shop", None));
    catalog.set("k", &1).await?;
    assert_eq!(world.region("shop.catalog").get("k").await?, Some(1));
    Ok(())
}

pub async fn paths_are_joined_by_dots(world: &World) -> Case {
    let item = world.region("shop.catalog.42");
    item.set("k", &1).await?;
    for handle in [
        world.region("shop").region("catalog").region("42"),
        world.region("shop").region("catalog.42"),
        world.cache().root().region("shop.catalog").region("42"),
    ] {
        assert_eq!((handle.path(), handle.to_string().as_str()), (item.path(), item.path()));
        assert_eq!(handle.get("k").await?, Some(1));
    }
    Ok(())
}

#[expect(clippy::mutable_key_type, reason = "what changes in a region is no part of its identity")]
pub async fn equal_handles_name_the_same_region(world: &World) -> Case {
    let elsewhere = format!("{}-2", world.namespace());
    let elsewhere = world.cache_with(|builder| builder.namespace(elsewhere)).await;
    let shop = world.region("shop");
    let handles: HashSet<Region> = [
        shop.clone(),
        shop.with(|o| o.entry_ttl(MINUTE)),
        world.region("shop.catalog").parent().expect("it is no root"),
        world.other().await.region("shop"),
        world.region("shop.catalog"),
        elsewhere.region("shop"),
    ]
    .into();
    assert_eq!(handles.len(), 3);
    assert_ne!(shop, elsewhere.region("shop"));
    assert_ne!(shop, world.region("shopping"));
    Ok(())
}

pub async fn making_a_handle_sends_nothing(world: &World) -> Case {
    let counting = Counting::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    counting.reset();
    let item = cache.region("shop").with(|o| o.ttl(HOUR)).region("catalog.42");
    let _ = (item.parent(), item.path(), item.clone(), cache.root(), cache.region("bad name"));
    let _ = (item.keys(), item.entries::<i64>());
    assert_eq!(counting.total(), 0);
    Ok(())
}

pub async fn a_handle_outlives_what_happens_to_its_region(world: &World) -> Case {
    let (shop, item) = (world.region("shop"), world.region("shop.catalog.42"));
    for number in 0..3 {
        item.set("k", &number).await?;
        assert_eq!(item.get("k").await?, Some(number));
        shop.invalidate().await?;
        assert_eq!(item.get::<i64>("k").await?, None);
    }
    Ok(())
}

pub async fn any_text_becomes_a_region(world: &World) -> Case {
    let long = "ä".repeat(1_000);
    let texts = ["", ".", "v1.2 beta", "{a}:b", "%", "%2E", "\u{7f}\n", "..", &long];
    for text in texts {
        world.region("docs").region(&segment(text)).set("text", text).await?;
    }
    for text in texts {
        let found: Option<String> = world.region("docs").region(&segment(text)).get("text").await?;
        assert_eq!(found.as_deref(), Some(text));
    }
    let children = world.region("docs").children().await?;
    assert_eq!(children.len(), texts.len());
    for child in children {
        let name = child.path().trim_start_matches("docs.");
        let text: String = child.get("text").await?.unwrap_or_default();
        assert!(unsegment(name).is_none_or(|name| name == text.as_bytes()), "{name}");
    }
    Ok(())
}

pub async fn the_deepest_tree_works(world: &World) -> Case {
    let long = "s".repeat(31);
    let paths: Vec<String> = (1..=16).map(|depth| vec![long.as_str(); depth].join(".")).collect();
    for path in &paths {
        world.region(path).set("k", &path.len()).await?;
    }
    for path in &paths {
        assert_eq!(world.region(path).get("k").await?, Some(path.len()));
    }
    assert_eq!(world.region(&paths[3]).invalidate().await?.freed().await?, 13);
    for (depth, path) in paths.iter().enumerate() {
        assert_eq!(world.region(path).contains("k").await?, depth < 3);
    }
    Ok(())
}

pub async fn namespaces_share_nothing(world: &World) -> Case {
    let name = format!("{}-2", world.namespace());
    let elsewhere = world.cache_with(|builder| builder.namespace(name)).await;
    let (here, there) = (world.region("shop"), elsewhere.region("shop"));
    here.set("k", &1).await?;
    assert_eq!(there.get::<i64>("k").await?, None);
    there.set("k", &2).await?;
    assert_eq!((here.get("k").await?, there.get("k").await?), (Some(1), Some(2)));
    let (one, other) = (lease(&here, "leased").await?, lease(&there, "leased").await?);
    assert!(one.fill(&1).await? && other.fill(&2).await?);
    here.invalidate().await?;
    assert_eq!(there.len().await?, 2);
    assert_eq!(child_paths(&elsewhere.root()).await?, ["shop"]);
    assert_eq!(child_paths(&world.cache().root()).await?, [""; 0]);
    Ok(())
}
