//! Reading single keys and several at once.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use region_cache::{Key, Result};

use super::samples::Item;
use super::{Case, World};
use crate::backends::{Counting, Operation};

#[doc(hidden)]
#[macro_export]
macro_rules! reads {
    ($fixture:ty) => {
        $crate::cases! { $fixture, reads:
            what_was_set_is_read_back
            a_key_that_was_never_set_is_absent
            the_same_key_in_two_regions_is_two_entries
            a_number_and_its_text_are_one_key
            keys_of_any_bytes_are_kept_apart
            the_longest_key_is_read_back
            contains_asks_for_no_type
            many_keys_are_read_in_the_order_asked
            many_keys_are_read_in_one_round_trip
            no_keys_need_no_round_trip
            another_process_reads_what_was_written
            each_key_counts_as_a_hit_or_a_miss
        }
    };
}

pub const SOURCE: &str = include_str!("reads.rs");

pub async fn what_was_set_is_read_back(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("anvil", &Item::anvil()).await?;
    assert_eq!(shop.get("anvil").await?, Some(Item::anvil()));
    assert_eq!(shop.get("anvil").await?, Some(Item::anvil()));
    Ok(())
}

pub async fn a_key_that_was_never_set_is_absent(world: &World) -> Case {
    let shop = world.region("shop");
    assert_eq!(shop.get::<i64>("price").await?, None);
    shop.set("weight", &70).await?;
    assert_eq!(shop.get::<i64>("price").await?, None);
    assert!(!shop.contains("price").await?);
    Ok(())
}

pub async fn the_same_key_in_two_regions_is_two_entries(world: &World) -> Case {
    let paths = ["shop", "shop.catalog", "shop.catalog.42", "shop.42", "catalog"];
    for path in paths {
        world.region(path).set("path", path).await?;
    }
    for path in paths {
        assert_eq!(world.region(path).get::<String>("path").await?.as_deref(), Some(path));
    }
    Ok(())
}

pub async fn a_number_and_its_text_are_one_key(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set(7, &1).await?;
    assert_eq!(shop.get(7_u64).await?, Some(1));
    assert_eq!(shop.get("7").await?, Some(1));
    assert_eq!(shop.get(String::from("7")).await?, Some(1));
    assert_eq!(shop.get(b"7").await?, Some(1));
    assert_eq!(shop.get(&Key::from(7_i8)).await?, Some(1));
    assert_eq!(shop.get::<i64>("07").await?, None);
    assert_eq!(shop.len().await?, 1);
    Ok(())
}

pub async fn keys_of_any_bytes_are_kept_apart(world: &World) -> Case {
    let shop = world.region("shop");
    let keys: [&[u8]; 8] =
        [b"", b"\0", b" ", b"{a}", b"a:b", b"a.b", b"\xff\xfe", "\u{fffd}".as_bytes()];
    for (number, key) in keys.iter().enumerate() {
        shop.set(*key, &number).await?;
    }
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(shop.get::<usize>(*key).await?, Some(number));
    }
    Ok(())
}

pub async fn the_longest_key_is_read_back(world: &World) -> Case {
    let shop = world.region("shop");
    let (one, other) = ("k".repeat(4096), "k".repeat(4095) + "l");
    shop.set(&one, &1).await?;
    shop.set(&other, &2).await?;
    assert_eq!(shop.get_many::<i64>([&one, &other]).await?, [Some(1), Some(2)]);
    Ok(())
}

pub async fn contains_asks_for_no_type(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("price", &1999).await?;
    shop.set("name", "anvil").await?;
    shop.set("nothing", &None::<i64>).await?;
    for key in ["price", "name", "nothing"] {
        assert!(shop.contains(key).await?, "{key}");
    }
    Ok(())
}

pub async fn many_keys_are_read_in_the_order_asked(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set_many([("a", &1), ("b", &2), ("c", &3)]).await?;
    let found: Vec<Option<i64>> = shop.get_many(["c", "x", "a", "c", "y", "b"]).await?;
    assert_eq!(found, [Some(3), None, Some(1), Some(3), None, Some(2)]);
    let found: Vec<Option<i64>> = shop.get_many(0..1_200).await?;
    assert_eq!(found, vec![None; 1_200]);
    Ok(())
}

pub async fn many_keys_are_read_in_one_round_trip(world: &World) -> Case {
    let counting = Counting::new(world.backend());
    let shop = world.cache_with(|builder| builder.backend(counting.clone())).await.region("shop");
    counting.reset();
    shop.get_many::<i64>(0..100).await?;
    assert_eq!((counting.count(Operation::Read), counting.total()), (1, 1));
    Ok(())
}

pub async fn no_keys_need_no_round_trip(world: &World) -> Case {
    let counting = Counting::new(world.backend());
    let shop = world.cache_with(|builder| builder.backend(counting.clone())).await.region("shop");
    counting.reset();
    assert_eq!(shop.get_many::<i64>([""; 0]).await?, []);
    assert_eq!(shop.remove_many([""; 0]).await?, 0);
    shop.set_many([("", &0); 0]).await?;
    assert_eq!(counting.total(), 0);
    Ok(())
}

pub async fn another_process_reads_what_was_written(world: &World) -> Case {
    let (here, there) = (world.region("shop"), world.other().await.region("shop"));
    for price in 0..3 {
        here.set("price", &price).await?;
        assert_eq!(there.get::<i64>("price").await?, Some(price));
    }
    there.remove("price").await?;
    assert_eq!(here.get::<i64>("price").await?, None);
    Ok(())
}

pub async fn each_key_counts_as_a_hit_or_a_miss(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("price", &1999).await?;
    shop.get::<i64>("price").await?;
    shop.get::<i64>("weight").await?;
    shop.get_many::<i64>(["price", "weight", "size"]).await?;
    let found: Result<_> = shop.lookup::<i64>("price").await;
    drop(found?);
    let stats = world.cache().stats();
    assert_eq!((stats.hits, stats.misses, stats.undecodable), (3, 3, 0));
    Ok(())
}
