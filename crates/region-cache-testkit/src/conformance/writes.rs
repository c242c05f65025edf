//! Set, add, remove, and their like for several keys.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use region_cache::Key;
use tokio::task::JoinSet;

use super::samples::{Item, State, sorted_keys};
use super::{Case, World};
use crate::backends::{Counting, Operation, Yielding};

#[doc(hidden)]
#[macro_export]
macro_rules! writes {
    ($fixture:ty) => {
        $crate::cases! { $fixture, writes:
            a_later_set_replaces_an_earlier_one
            set_replaces_a_value_of_another_type
            values_of_any_serde_type_are_kept
            text_and_slices_need_no_owner
            add_stores_only_where_nothing_is
            of_many_who_add_at_once_one_succeeds
            remove_says_whether_the_key_was_there
            remove_many_counts_what_was_there
            set_many_stores_everything_in_one_round_trip
            of_two_values_for_one_key_the_last_counts
            set_many_with_a_bad_entry_stores_nothing
            a_value_above_the_limit_is_refused_with_its_size
            each_changed_key_counts_as_a_write
        }
    };
}

pub const SOURCE: &str = include_str!("writes.rs");

pub async fn a_later_set_replaces_an_earlier_one(world: &World) -> Case {
    let shop = world.region("shop");
    for price in [1, -1, 0, i64::MAX] {
        shop.set("price", &price).await?;
        assert_eq!(shop.get("price").await?, Some(price));
    }
    assert_eq!(shop.len().await?, 1);
    Ok(())
}

pub async fn set_replaces_a_value_of_another_type(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("k", &1999).await?;
    shop.set("k", "anvil").await?;
    assert_eq!(shop.get::<i64>("k").await?, None);
    assert_eq!(shop.get::<String>("k").await?.as_deref(), Some("anvil"));
    Ok(())
}

pub async fn values_of_any_serde_type_are_kept(world: &World) -> Case {
    macro_rules! keeps {
        ($($value:expr => $type:ty,)*) => {
            $(
                let (shop, value): (_, $type) = (world.region("shop"), $value);
                shop.set("k", &value).await?;
                assert_eq!(shop.get::<$type>("k").await?, Some(value), stringify!($type));
            )*
        };
    }
    keeps! {
        true => bool,
        'ß' => char,
        0.1 => f64,
        f32::MIN_POSITIVE => f32,
        String::new() => String,
        Vec::new() => Vec<u8>,
        vec![0, 255] => Vec<u8>,
        (1, "two".to_owned(), 3.0) => (u8, String, f64),
        [1, 2, 3] => [i16; 3],
        () => (),
        None => Option<String>,
        Some("x".to_owned()) => Option<String>,
        vec![Some(1), None] => Vec<Option<i64>>,
        Ok(1) => Result<i64, String>,
        State::New => State,
        State::Returned { why: "broken".to_owned() } => State,
        BTreeMap::from([(1, "one".to_owned())]) => BTreeMap<u8, String>,
        HashMap::from([("one".to_owned(), Item::anvil())]) => HashMap<String, Item>,
        Arc::new(Item::anvil()) => Arc<Item>,
        std::time::Duration::from_nanos(1) => std::time::Duration,
    }
    Ok(())
}

pub async fn text_and_slices_need_no_owner(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("text", "anvil").await?;
    shop.set("slice", &[10, 20][..]).await?;
    shop.add("added", "hammer").await?;
    shop.set_many([("one", "1"), ("two", "2")]).await?;
    assert_eq!(shop.get::<String>("text").await?.as_deref(), Some("anvil"));
    assert_eq!(shop.get::<Vec<i32>>("slice").await?, Some(vec![10, 20]));
    assert_eq!(shop.get::<String>("added").await?.as_deref(), Some("hammer"));
    assert_eq!(shop.get::<String>("two").await?.as_deref(), Some("2"));
    Ok(())
}

pub async fn add_stores_only_where_nothing_is(world: &World) -> Case {
    let shop = world.region("shop");
    assert!(shop.add("price", &1).await?);
    assert!(!shop.add("price", &2).await?);
    assert_eq!(shop.get("price").await?, Some(1));
    shop.remove("price").await?;
    assert!(shop.add("price", &3).await?);
    assert_eq!(shop.get("price").await?, Some(3));
    Ok(())
}

pub async fn of_many_who_add_at_once_one_succeeds(world: &World) -> Case {
    let mut adding = JoinSet::new();
    for number in 0..16 {
        let backend = Yielding::new(world.connect().await);
        let cache = world.cache_with(|builder| builder.backend(backend)).await;
        adding.spawn(async move {
            let succeeds = cache.region("jobs").add("nightly", &number).await?;
            Ok::<_, region_cache::Error>(succeeds.then_some(number))
        });
    }
    let mut winners = Vec::new();
    for added in adding.join_all().await {
        winners.extend(added?);
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(world.region("jobs").get("nightly").await?, winners.first().copied());
    Ok(())
}

pub async fn remove_says_whether_the_key_was_there(world: &World) -> Case {
    let shop = world.region("shop");
    assert!(!shop.remove("price").await?);
    shop.set("price", &1999).await?;
    assert!(shop.remove("price").await?);
    assert!(!shop.remove("price").await?);
    assert_eq!(shop.get::<i64>("price").await?, None);
    Ok(())
}

pub async fn remove_many_counts_what_was_there(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set_many([("a", &1), ("b", &2), ("c", &3)]).await?;
    assert_eq!(shop.remove_many(["a", "x", "b", "a"]).await?, 2);
    assert_eq!(sorted_keys(&shop).await?, [Key::from("c")]);
    Ok(())
}

pub async fn set_many_stores_everything_in_one_round_trip(world: &World) -> Case {
    let counting = Counting::new(world.backend());
    let shop = world.cache_with(|builder| builder.backend(counting.clone())).await.region("shop");
    counting.reset();
    let numbers: Vec<i64> = (0..100).collect();
    shop.set_many(numbers.iter().map(|number| (number, number))).await?;
    assert_eq!((counting.count(Operation::Write), counting.total()), (1, 1));
    let found = shop.get_many::<i64>(&numbers).await?;
    assert_eq!(found, numbers.into_iter().map(Some).collect::<Vec<_>>());
    Ok(())
}

pub async fn of_two_values_for_one_key_the_last_counts(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set_many([("a", &1), ("b", &2), ("a", &3)]).await?;
    assert_eq!(shop.get_many::<i64>(["a", "b"]).await?, [Some(3), Some(2)]);
    Ok(())
}

pub async fn set_many_with_a_bad_entry_stores_nothing(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.max_value_bytes(100));
    let (short, long) = ("s".repeat(10), "l".repeat(101));
    let error = shop.set_many([("a", &short), ("b", &long)]).await.unwrap_err();
    assert!(error.is_too_large(), "{error}");
    let long_key = "k".repeat(4097);
    let error = shop.set_many([("a", &short), (&long_key, &short)]).await.unwrap_err();
    assert!(error.is_invalid_name(), "{error}");
    assert_eq!(shop.len().await?, 0);
    Ok(())
}

pub async fn a_value_above_the_limit_is_refused_with_its_size(world: &World) -> Case {
    let shop = world.region("shop").with(|o| o.max_value_bytes(1_000).compress_above(0));
    // As MessagePack, three bytes of head come before a text of this length.
    shop.set("k", &"x".repeat(997)).await?;
    let long = "y".repeat(998);
    for error in [
        shop.set("k", &long).await.unwrap_err(),
        shop.add("l", &long).await.unwrap_err(),
        shop.set_many([("l", &long)]).await.unwrap_err(),
    ] {
        assert!(error.is_too_large());
        let message = error.to_string();
        assert!(message.contains("1001 bytes") && message.contains("1000"), "{message}");
    }
    assert_eq!(shop.get("k").await?, Some("x".repeat(997)));
    assert_eq!(shop.len().await?, 1);
    Ok(())
}

pub async fn each_changed_key_counts_as_a_write(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("a", &1).await?;
    shop.set_many([("b", &2), ("c", &3)]).await?;
    shop.add("d", &4).await?;
    shop.increment("d", 1).await?;
    shop.expire("a").await?;
    shop.remove_many(["b", "c"]).await?;
    assert_eq!(world.cache().stats().writes, 8);
    Ok(())
}
