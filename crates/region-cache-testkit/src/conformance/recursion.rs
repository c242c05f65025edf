//! A loader that asks for the key that it computes would wait for itself, and is told so.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use region_cache::{BoxError, Cache, EntryOptions, Error, Region, Result, loaded};

use super::loaders::{Loaded, load, never};
use super::samples::{HOUR, lease};
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! recursion {
    ($fixture:ty) => {
        $crate::cases! { $fixture, recursion:
            a_loader_cannot_ask_for_its_own_key
            a_loader_cannot_ask_for_its_own_key_through_others
            a_loader_cannot_ask_for_its_own_key_among_several
            a_loader_of_several_cannot_ask_for_one_of_them
            a_loader_behind_its_caller_cannot_ask_for_its_own_key
            a_loader_that_handles_its_recursion_goes_on
            the_keys_of_a_recursion_are_free_afterwards
            another_region_and_another_namespace_are_no_recursion
            another_backend_is_no_recursion
            one_key_after_another_is_no_recursion
            a_stale_value_does_not_hide_a_recursion
        }
    };
}

pub const SOURCE: &str = include_str!("recursion.rs");

fn is_about(error: &Error, region: &str, key: &str) -> bool {
    let text = error.to_string();
    error.is_recursion()
        && text.contains(&format!("`{key}`"))
        && text.contains(&format!("`{region}`"))
}

/// Computes a key by that very key.
async fn recursive(shop: &Region) -> Error {
    let ask = async || shop.get_or_compute("the key", never::<i64>).await;
    shop.get_or_compute("the key", ask).await.unwrap_err()
}

pub async fn a_loader_cannot_ask_for_its_own_key(world: &World) -> Case {
    let error = recursive(&world.region("shop")).await;
    assert!(is_about(&error, "shop", "the key"), "{error:?}");
    let shop = world.region("shop");
    let infallible = shop.get_or_insert_with("k", async || {
        shop.get_or_insert_with("k", async || 1).await.unwrap_err().is_recursion()
    });
    assert!(infallible.await?);
    Ok(())
}

pub async fn a_loader_cannot_ask_for_its_own_key_through_others(world: &World) -> Case {
    let (shop, blog) = (world.region("shop"), world.region("blog"));
    let error = shop.get_or_compute("a", async || {
        blog.get_or_compute("b", async || {
            shop.get_or_compute("c", async || shop.get_or_compute("a", never::<i64>).await).await
        })
        .await
    });
    let error = error.await.unwrap_err();
    assert!(is_about(&error, "shop", "a"), "{error:?}");
    Ok(())
}

pub async fn a_loader_cannot_ask_for_its_own_key_among_several(world: &World) -> Case {
    let shop = world.region("shop");
    let error = shop.get_or_compute("b", async || -> Loaded {
        let all = shop.get_or_compute_many(["a", "b", "c"], |_| never::<[(&str, i64); 0]>());
        Ok(all.await?.len().try_into()?)
    });
    let error = error.await.unwrap_err();
    assert!(is_about(&error, "shop", "b"), "{error:?}");
    Ok(())
}

pub async fn a_loader_of_several_cannot_ask_for_one_of_them(world: &World) -> Case {
    let shop = world.region("shop");
    let error = shop.get_or_compute_many(["a", "b"], async |_| -> Result<_, BoxError> {
        Ok([("a", shop.get_or_compute("b", never::<i64>).await?)])
    });
    let error = error.await.unwrap_err();
    assert!(is_about(&error, "shop", "b"), "{error:?}");
    Ok(())
}

pub async fn a_loader_behind_its_caller_cannot_ask_for_its_own_key(world: &World) -> Case {
    let shop = world.region("shop");
    let own = shop.clone();
    let ask = |_| async move {
        let nested = own.get_or_compute_with("k", EntryOptions::new(), |_| never::<i64>());
        nested.await
    };
    let error = shop.get_or_compute_with("k", EntryOptions::new(), ask).await.unwrap_err();
    assert!(is_about(&error, "shop", "k"), "{error:?}");
    let own = shop.clone();
    let inner = shop.get_or_compute("l", async || {
        let ask = |_| async move { own.get_or_compute("l", never::<i64>).await };
        shop.get_or_compute_with("m", EntryOptions::new(), ask).await
    });
    let error = inner.await.unwrap_err();
    assert!(is_about(&error, "shop", "l"), "{error:?}");
    Ok(())
}

pub async fn a_loader_that_handles_its_recursion_goes_on(world: &World) -> Case {
    let shop = world.region("shop");
    let computed = shop.get_or_compute("k", async || {
        let own = shop.get_or_compute("k", never::<i64>).await;
        loaded(own.unwrap_or(1))
    });
    assert_eq!(computed.await?, 1);
    assert_eq!(shop.get("k").await?, Some(1));
    Ok(())
}

pub async fn the_keys_of_a_recursion_are_free_afterwards(world: &World) -> Case {
    let shop = world.region("shop");
    recursive(&shop).await;
    drop(lease(&world.other().await.region("shop"), "the key").await?);
    assert_eq!(shop.get_or_compute("the key", || load(1)).await?, 1);
    Ok(())
}

pub async fn another_region_and_another_namespace_are_no_recursion(world: &World) -> Case {
    let (shop, catalog) = (world.region("shop"), world.region("shop.catalog"));
    let other = world.namespace().to_owned() + "-other";
    let other = world.cache_with(|builder| builder.namespace(other)).await.region("shop");
    let computed = shop.get_or_compute("k", async || {
        catalog.get_or_compute("k", async || other.get_or_compute("k", || load(1)).await).await
    });
    assert_eq!(computed.await?, 1);
    for region in [shop, catalog, other] {
        assert_eq!(region.get("k").await?, Some(1), "{region:?}");
    }
    Ok(())
}

pub async fn another_backend_is_no_recursion(world: &World) -> Case {
    let far = world.region("shop");
    let near = Cache::builder().namespace(world.namespace()).clock(world.clock()).build().await?;
    let near = near.region("shop");
    let computed = near.get_or_compute("k", async || far.get_or_compute("k", || load(1)).await);
    assert_eq!(computed.await?, 1);
    assert_eq!((near.get("k").await?, far.get("k").await?), (Some(1), Some(1)));
    Ok(())
}

pub async fn one_key_after_another_is_no_recursion(world: &World) -> Case {
    let shop = world.region("shop");
    let computed = shop.get_or_compute("k", async || {
        let first = shop.get_or_compute("part", || load(1)).await?;
        let second = shop.get_or_compute("part", never::<i64>).await?;
        shop.remove("part").await?;
        loaded(first + second + shop.get_or_compute("part", || load(2)).await?)
    });
    assert_eq!(computed.await?, 4);
    assert_eq!(shop.get_or_compute("part", never::<i64>).await?, 2);
    Ok(())
}

pub async fn a_stale_value_does_not_hide_a_recursion(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    shop.set("the key", &1).await?;
    shop.expire("the key").await?;
    assert!(recursive(&shop).await.is_recursion());
    assert_eq!(world.cache().stats().stale_served, 0);
    Ok(())
}
