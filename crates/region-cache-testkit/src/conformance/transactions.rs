//! Everything or nothing.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use region_cache::{EntryOptions, Error, RegionOptions};

use super::samples::{HOUR, Item, MINUTE, Runs, lease, miss};
use super::{Case, World};

#[doc(hidden)]
#[macro_export]
macro_rules! transactions {
    ($fixture:ty) => {
        $crate::cases! { $fixture, transactions:
            everything_that_was_written_is_stored
            its_own_writes_are_seen
            its_own_removals_and_expiries_are_seen
            nobody_else_sees_anything_before_the_commit
            several_regions_of_one_root_change_together
            another_root_is_refused
            another_namespace_is_refused
            a_bad_path_is_refused
            a_bad_key_fails_the_transaction
            what_cannot_be_stored_is_refused_at_once
            a_sum_that_is_none_is_refused
            an_increment_leaves_the_expiry
            expired_values_are_kept_where_the_region_says_so
            options_hold_inside
            leases_of_written_keys_fall
            transactions_are_counted
        }
    };
}

pub const SOURCE: &str = include_str!("transactions.rs");

pub async fn everything_that_was_written_is_stored(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set_many([("gone", &1), ("expired", &2), ("n", &3), ("there", &4)]).await?;
    shop.transaction(async |t| {
        t.set("anvil", &Item::anvil())?;
        t.set("name", "anvil")?;
        t.set("list", &[1, 2][..])?;
        t.remove("gone");
        t.expire("expired");
        assert_eq!(t.increment("n", 4).await?, 7);
        assert!(t.add("added", &5).await?);
        assert!(!t.add("there", &6).await?);
        Ok(())
    })
    .await?;
    assert_eq!(shop.get("anvil").await?, Some(Item::anvil()));
    assert_eq!(shop.get::<String>("name").await?.as_deref(), Some("anvil"));
    assert_eq!(shop.get("list").await?, Some(vec![1, 2]));
    let keys = ["gone", "expired", "n", "added", "there"];
    let wanted = [None, None, Some(7), Some(5), Some(4)];
    assert_eq!(shop.get_many::<i64>(keys).await?, wanted);
    Ok(())
}

pub async fn its_own_writes_are_seen(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set_many([("a", &1), ("b", &2)]).await?;
    shop.transaction(async |t| {
        t.set("a", &10)?;
        assert_eq!(t.get("a").await?, Some(10));
        t.set("a", &100)?;
        assert_eq!(t.get_many::<i64>(["b", "a", "x"]).await?, [Some(2), Some(100), None]);
        assert!(t.contains("a").await?);
        assert!(!t.add("a", &5).await?);
        assert!(t.add("x", &7).await?);
        assert!(!t.add("x", &8).await?);
        assert_eq!(t.increment("x", 1).await?, 8);
        assert_eq!(t.increment("x", 1).await?, 9);
        assert_eq!(t.region("shop").get("x").await?, Some(9));
        assert_eq!(t.region("shop.catalog").get::<i64>("x").await?, None);
        t.set("x", "text")?;
        assert_eq!(t.get::<String>("x").await?.as_deref(), Some("text"));
        assert_eq!(t.get::<i64>("x").await?, None);
        Ok(())
    })
    .await?;
    assert_eq!(shop.get::<String>("x").await?.as_deref(), Some("text"));
    assert_eq!(shop.get_many::<i64>(["a", "b"]).await?, [Some(100), Some(2)]);
    Ok(())
}

pub async fn its_own_removals_and_expiries_are_seen(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set_many([("removed", &1), ("expired", &2), ("again", &3)]).await?;
    shop.transaction(async |t| {
        t.remove("removed");
        t.expire("expired");
        t.remove("again");
        let keys = ["removed", "expired", "again"];
        assert_eq!(t.get_many::<i64>(keys).await?, [None; 3]);
        assert!(!t.contains("removed").await? && !t.contains("expired").await?);
        assert_eq!(t.increment("again", 1).await?, 1);
        assert!(t.add("expired", &4).await?);
        t.set("new", &5)?;
        t.remove("new");
        assert!(!t.contains("new").await?);
        Ok(())
    })
    .await?;
    let found = shop.get_many::<i64>(["removed", "expired", "again", "new"]).await?;
    assert_eq!(found, [None, Some(4), Some(1), None]);
    Ok(())
}

pub async fn nobody_else_sees_anything_before_the_commit(world: &World) -> Case {
    let (shop, other) = (world.region("shop"), world.other().await.region("shop"));
    shop.set_many([("a", &1), ("b", &2)]).await?;
    shop.transaction(async |t| {
        t.set("a", &10)?;
        t.remove("b");
        t.add("c", &30).await?;
        for region in [&shop, &other] {
            let found = region.get_many::<i64>(["a", "b", "c"]).await?;
            assert_eq!(found, [Some(1), Some(2), None]);
        }
        Ok(())
    })
    .await?;
    assert_eq!(other.get_many::<i64>(["a", "b", "c"]).await?, [Some(10), None, Some(30)]);
    Ok(())
}

pub async fn several_regions_of_one_root_change_together(world: &World) -> Case {
    let (stock, orders) = (world.region("shop.stock"), world.region("shop.orders"));
    stock.set("anvil", &3).await?;
    stock
        .transaction(async |t| {
            let left = t.increment("anvil", -1).await?;
            t.region("shop.orders").set("last", &left)?;
            t.region(orders.region("log")).set("1", "anvil")?;
            t.region(world.region("shop")).set("orders", &1)?;
            assert_eq!(t.region(String::from("shop.orders")).get("last").await?, Some(2));
            Ok(())
        })
        .await?;
    assert_eq!(stock.get("anvil").await?, Some(2));
    assert_eq!(orders.get("last").await?, Some(2));
    assert!(orders.region("log").contains(1).await?);
    assert_eq!(world.region("shop").get("orders").await?, Some(1));

    let failed = stock.transaction(async |t| {
        t.increment("anvil", -1).await?;
        t.region("shop.orders").set("last", &1)?;
        Err::<(), _>(Error::other("not enough"))
    });
    assert!(failed.await.is_err());
    assert_eq!((stock.get("anvil").await?, orders.get("last").await?), (Some(2), Some(2)));
    Ok(())
}

pub async fn another_root_is_refused(world: &World) -> Case {
    let shop = world.region("shop");
    let blog = world.region("blog.posts");
    let errors = [
        shop.transaction(async |t| {
            t.set("k", &1)?;
            t.region("blog.posts").set("k", &1)
        })
        .await
        .unwrap_err(),
        shop.transaction(async |t| t.region(&blog).get::<i64>("k").await).await.unwrap_err(),
        shop.transaction(async |t| t.region("shopping").increment("k", 1).await).await.unwrap_err(),
        shop.region("catalog")
            .transaction(async |t| {
                t.set("k", &1)?;
                // A whole path is meant, so this names a root.
                t.region("42").remove("k");
                Ok(())
            })
            .await
            .unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_cross_root(), "{error:?}");
        assert!(error.to_string().contains("`shop`"), "{error}");
    }
    for path in ["shop", "shop.catalog", "blog.posts", "42"] {
        assert_eq!(world.region(path).len().await?, 0, "{path}");
    }
    Ok(())
}

pub async fn another_namespace_is_refused(world: &World) -> Case {
    let name = format!("{}-2", world.namespace());
    let elsewhere = world.cache_with(|builder| builder.namespace(name)).await.region("shop");
    let error = world
        .region("shop")
        .transaction(async |t| t.region(&elsewhere).set("k", &1))
        .await
        .unwrap_err();
    assert!(error.is_cross_root(), "{error:?}");
    assert_eq!(elsewhere.len().await?, 0);
    Ok(())
}

pub async fn a_bad_path_is_refused(world: &World) -> Case {
    let shop = world.region("shop");
    for path in ["shop..catalog", "", "shop.a b", "shop."] {
        let error = shop.transaction(async |t| t.region(path).set("k", &1)).await.unwrap_err();
        assert!(error.is_invalid_name(), "{path}: {error:?}");
    }
    let bad = world.region("shop.{a}");
    let error = shop.transaction(async |t| t.region(&bad).set("k", &1)).await.unwrap_err();
    assert!(error.is_invalid_name(), "{error:?}");
    assert!(bad.transaction(async |_| Ok(())).await.unwrap_err().is_invalid_name());
    let bad = shop.with(|o| o.ttl(std::time::Duration::ZERO));
    let error = shop.transaction(async |t| t.region(&bad).set("k", &1)).await.unwrap_err();
    assert!(error.is_config(), "{error:?}");
    Ok(())
}

pub async fn a_bad_key_fails_the_transaction(world: &World) -> Case {
    let shop = world.region("shop");
    let long = "k".repeat(4_097);
    for number in 0..4 {
        let error = shop
            .transaction(async |t| {
                t.set("a", &1)?;
                match number {
                    0 => t.set(&long, &1)?,
                    1 => t.remove(&long),
                    2 => t.expire(&long),
                    _ => assert_eq!(t.get(&long).await?, Some(1)),
                }
                Ok(())
            })
            .await
            .unwrap_err();
        assert!(error.is_invalid_name(), "{number}: {error:?}");
    }
    assert_eq!(shop.len().await?, 0);
    Ok(())
}

pub async fn what_cannot_be_stored_is_refused_at_once(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.max_value_bytes(100));
    shop.transaction(async |t| {
        t.set("a", &1)?;
        assert!(t.set("b", &"x".repeat(101)).unwrap_err().is_too_large());
        assert!(t.add("b", &"x".repeat(101)).await.unwrap_err().is_too_large());
        Ok(())
    })
    .await?;
    assert_eq!(shop.len().await?, 1);
    Ok(())
}

pub async fn a_sum_that_is_none_is_refused(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("max", &i64::MAX).await?;
    shop.set("text", "7").await?;
    shop.transaction(async |t| {
        assert!(t.increment("max", 1).await.unwrap_err().is_overflow());
        assert!(t.increment("text", 1).await.unwrap_err().is_wrong_type());
        t.set("min", &i64::MIN)?;
        assert!(t.increment("min", -1).await.unwrap_err().is_overflow());
        assert_eq!(t.get("min").await?, Some(i64::MIN));
        Ok(())
    })
    .await?;
    assert_eq!(shop.get_many("max min".split(' ')).await?, [Some(i64::MAX), Some(i64::MIN)]);
    assert_eq!(shop.get::<String>("text").await?.as_deref(), Some("7"));
    Ok(())
}

pub async fn an_increment_leaves_the_expiry(world: &World) -> Case {
    let stats = world.region("stats").with(|o| o.ttl(2 * HOUR));
    stats.set_with("hour", &1, EntryOptions::new().ttl(HOUR)).await?;
    stats.set_with("endless", &1, EntryOptions::new().no_ttl()).await?;
    world.pass(MINUTE).await;
    let runs = Runs::default();
    stats
        .transaction(async |t| {
            t.increment("hour", 1).await?;
            t.increment("endless", 1).await?;
            if runs.begin() == 1 {
                world.pass(MINUTE).await;
            }
            t.increment("hour", 1).await?;
            Ok(())
        })
        .await?;
    world.assert_ttl(stats.ttl("hour").await?, HOUR - 2 * MINUTE);
    world.assert_ttl(stats.ttl("endless").await?, 2 * HOUR);
    assert_eq!(stats.get_many("hour endless".split(' ')).await?, [Some(3), Some(2)]);
    Ok(())
}

pub async fn expired_values_are_kept_where_the_region_says_so(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.stale_for(HOUR));
    shop.set("there", &1).await?;
    shop.transaction(async |t| {
        t.expire("there");
        t.set("new", &2)?;
        t.expire("new");
        t.expire("absent");
        Ok(())
    })
    .await?;
    assert_eq!(miss(&shop, "there").await?.stale(), Some(&1));
    assert_eq!(miss(&shop, "new").await?.stale(), Some(&2));
    assert_eq!(miss::<i64>(&shop, "absent").await?.stale(), None);
    Ok(())
}

pub async fn options_hold_inside(world: &World) -> Case {
    let brief = RegionOptions::new().entry_ttl(MINUTE);
    let cache = world.cache_with(|builder| builder.region("shop.brief", brief)).await;
    let catalog = cache.region("shop.catalog").with(|o| o.schema("v1").entry_ttl(HOUR));
    let v2 = cache.region("shop.v2").with(|o| o.schema("v2"));
    catalog
        .transaction(async |t| {
            t.set("k", &1)?;
            t.set_with("brief", &2, EntryOptions::new().ttl(MINUTE))?;
            // Beneath the handle it is as by `region` on the handle, elsewhere as on the cache.
            t.region("shop.catalog.42").set("k", &3)?;
            t.region("shop.brief").set("k", &4)?;
            t.region(&v2).set("k", &5)
        })
        .await?;
    world.assert_ttl(catalog.ttl("k").await?, HOUR);
    world.assert_ttl(catalog.ttl("brief").await?, MINUTE);
    world.assert_ttl(catalog.region("42").ttl("k").await?, HOUR);
    world.assert_ttl(cache.region("shop.brief").ttl("k").await?, MINUTE);
    assert_eq!(v2.get("k").await?, Some(5));
    assert_eq!(cache.region("shop.catalog").get::<i64>("k").await?, None);
    Ok(())
}

pub async fn leases_of_written_keys_fall(world: &World) -> Case {
    let shop = world.region("shop");
    let set = lease(&shop, "set").await?;
    let removed = lease(&shop, "removed").await?;
    let untouched = lease(&shop, "untouched").await?;
    shop.transaction(async |t| {
        t.set("set", &1)?;
        t.remove("removed");
        Ok(())
    })
    .await?;
    assert!(!set.fill(&0).await? && !removed.fill(&0).await?);
    assert!(untouched.fill(&2).await?);
    let found = shop.get_many::<i64>(["set", "removed", "untouched"]).await?;
    assert_eq!(found, [Some(1), None, Some(2)]);
    Ok(())
}

pub async fn transactions_are_counted(world: &World) -> Case {
    let shop = world.region("shop");
    shop.transaction(async |t| {
        t.set("a", &1)?;
        t.set("a", &2)?;
        t.remove("b");
        Ok(())
    })
    .await?;
    let stats = world.cache().stats();
    assert_eq!((stats.transactions, stats.conflicts, stats.writes), (1, 0, 2));
    Ok(())
}
