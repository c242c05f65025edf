//! Adding to integers.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use region_cache::codec::{Bincode, Json, MessagePack};
use region_cache::{EntryOptions, Region, Result, Value};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::samples::{DAY, HOUR, MINUTE, Scrambled};
use super::{Case, World};
use crate::backends::Yielding;

#[doc(hidden)]
#[macro_export]
macro_rules! counters {
    ($fixture:ty) => {
        $crate::cases! { $fixture, counters:
            an_absent_key_counts_as_zero
            a_sum_is_read_as_any_integer
            any_stored_integer_can_be_added_to
            sums_are_exact_up_to_the_bounds
            an_overflow_leaves_the_value
            what_is_no_integer_is_refused_and_stays
            an_integer_beyond_the_bounds_is_refused_and_stays
            a_new_counter_lives_as_long_as_any_entry
            an_increment_leaves_the_expiry
            an_increment_outlives_the_region_as_it_was
            every_one_of_many_increments_counts
            a_set_begins_anew
        }
    };
}

pub const SOURCE: &str = include_str!("counters.rs");

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Number(u32);

fn by_every_codec(region: &Region) -> [Region; 4] {
    [
        region.with(|o| o.codec(MessagePack)),
        region.with(|o| o.codec(Bincode)),
        region.with(|o| o.codec(Json)),
        region.with(|o| o.codec(Scrambled)),
    ]
}

pub async fn an_absent_key_counts_as_zero(world: &World) -> Case {
    let stats = world.region("stats");
    assert_eq!(stats.increment("up", 5).await?, 5);
    assert_eq!(stats.increment("down", -5).await?, -5);
    assert_eq!(stats.increment("still", 0).await?, 0);
    assert_eq!(stats.get_many::<i64>(["up", "down", "still"]).await?, [Some(5), Some(-5), Some(0)]);
    stats.remove("up").await?;
    assert_eq!(stats.increment("up", 1).await?, 1);
    Ok(())
}

pub async fn a_sum_is_read_as_any_integer(world: &World) -> Case {
    for stats in by_every_codec(&world.region("stats")) {
        stats.remove("n").await?;
        assert_eq!(stats.increment("n", 40).await?, 40);
        assert_eq!(stats.increment("n", 2).await?, 42);
        assert_eq!(stats.get("n").await?, Some(42_u8));
        assert_eq!(stats.get("n").await?, Some(42_i64));
        assert_eq!(stats.get("n").await?, Some(42_u64));
        assert_eq!(stats.get("n").await?, Some(Some(42)));
        assert_eq!(stats.get("n").await?, Some(Number(42)));
    }
    Ok(())
}

pub async fn any_stored_integer_can_be_added_to(world: &World) -> Case {
    async fn adds<T: Value>(stats: &Region, number: T, plus_one: i64) -> Result<()> {
        stats.set("n", &number).await?;
        assert_eq!(stats.increment("n", 1).await?, plus_one);
        assert_eq!(stats.increment("n", -1).await?, plus_one - 1);
        assert_eq!(stats.get("n").await?, Some(plus_one - 1));
        Ok(())
    }
    for stats in by_every_codec(&world.region("stats")) {
        adds(&stats, 255_u8, 256).await?;
        adds(&stats, -128_i8, -127).await?;
        adds(&stats, u32::MAX, 4_294_967_296).await?;
        adds(&stats, u64::MAX / 2 - 1, i64::MAX).await?;
        adds(&stats, i64::MIN, i64::MIN + 1).await?;
        adds(&stats, Some(7), 8).await?;
        adds(&stats, Number(7), 8).await?;
        adds(&stats, 7_i128, 8).await?;
    }
    // Whoever adds need not know by which codec it was stored, as long as it is a known one.
    let by_codec = by_every_codec(&world.region("stats"));
    let [message_pack, bincode, json, _] = &by_codec;
    bincode.set("n", &1).await?;
    assert_eq!(json.increment("n", 1).await?, 2);
    assert_eq!(message_pack.increment("n", 1).await?, 3);
    Ok(())
}

pub async fn sums_are_exact_up_to_the_bounds(world: &World) -> Case {
    let stats = world.region("stats");
    // Beyond 2^53 a double would lose the last digits.
    assert_eq!(stats.increment("n", 1 << 53).await?, 9_007_199_254_740_992);
    assert_eq!(stats.increment("n", 1).await?, 9_007_199_254_740_993);
    assert_eq!(stats.increment("n", i64::MAX - (1 << 53) - 1).await?, i64::MAX);
    assert_eq!(stats.increment("n", i64::MIN).await?, -1);
    assert_eq!(stats.increment("n", -i64::MAX).await?, i64::MIN);
    assert_eq!(stats.increment("n", i64::MAX).await?, -1);
    assert_eq!(stats.increment("max", i64::MAX).await?, i64::MAX);
    assert_eq!(stats.increment("min", i64::MIN).await?, i64::MIN);
    assert_eq!(stats.get_many("min max".split(' ')).await?, [Some(i64::MIN), Some(i64::MAX)]);
    Ok(())
}

pub async fn an_overflow_leaves_the_value(world: &World) -> Case {
    for stats in by_every_codec(&world.region("stats")) {
        let stats = stats.with(|o| o.entry_ttl(HOUR));
        for (number, delta) in [(i64::MAX, 1), (1, i64::MAX), (i64::MIN, -1), (-2, i64::MIN)] {
            stats.set("n", &number).await?;
            let error = stats.increment("n", delta).await.unwrap_err();
            assert!(error.is_overflow(), "{error}");
            assert!(error.to_string().contains(&delta.to_string()), "{error}");
            assert_eq!(stats.get("n").await?, Some(number));
            world.assert_ttl(stats.ttl("n").await?, HOUR);
        }
    }
    Ok(())
}

pub async fn what_is_no_integer_is_refused_and_stays(world: &World) -> Case {
    async fn refuses<T: Value + PartialEq + std::fmt::Debug>(
        stats: &Region,
        value: T,
    ) -> Result<()> {
        stats.set("k", &value).await?;
        let error = stats.increment("k", 1).await.expect_err(&format!("{value:?} by {stats:?}"));
        assert!(error.is_wrong_type(), "{error}");
        assert!(error.to_string().contains("`k`"), "{error}");
        assert_eq!(stats.get("k").await?, Some(value));
        Ok(())
    }
    for stats in by_every_codec(&world.region("stats")) {
        refuses(&stats, "7".to_owned()).await?;
        refuses(&stats, String::new()).await?;
        refuses(&stats, true).await?;
        refuses(&stats, '7').await?;
        refuses(&stats, 7.0).await?;
        refuses(&stats, None::<i64>).await?;
        refuses(&stats, vec![7]).await?;
        refuses(&stats, ()).await?;
        refuses(&stats, (7, 8)).await?;
    }
    Ok(())
}

pub async fn an_integer_beyond_the_bounds_is_refused_and_stays(world: &World) -> Case {
    for stats in by_every_codec(&world.region("stats")) {
        for number in [i64::MAX.unsigned_abs() + 1, u64::MAX] {
            stats.set("n", &number).await?;
            let error = stats.increment("n", 1).await.expect_err(&format!("{number} by {stats:?}"));
            assert!(error.is_wrong_type() || error.is_overflow(), "{error}");
            assert_eq!(stats.get("n").await?, Some(number));
        }
    }
    Ok(())
}

pub async fn a_new_counter_lives_as_long_as_any_entry(world: &World) -> Case {
    let stats = world.region("stats");
    stats.increment("n", 1).await?;
    world.assert_ttl(stats.ttl("n").await?, DAY);
    stats.with(|o| o.entry_ttl(HOUR)).increment("m", 1).await?;
    world.assert_ttl(stats.ttl("m").await?, HOUR);
    Ok(())
}

pub async fn an_increment_leaves_the_expiry(world: &World) -> Case {
    for stats in by_every_codec(&world.region("stats")) {
        stats.set_with("hour", &1, EntryOptions::new().ttl(HOUR)).await?;
        stats.set_with("endless", &1, EntryOptions::new().no_ttl()).await?;
        world.pass(MINUTE).await;
        stats.increment("hour", 1).await?;
        stats.increment("endless", 1).await?;
        world.assert_ttl(stats.ttl("hour").await?, HOUR - MINUTE);
        assert_eq!(stats.ttl("endless").await?, Some(std::time::Duration::MAX));
        world.pass(HOUR - MINUTE).await;
        assert_eq!(stats.get_many("hour endless".split(' ')).await?, [None, Some(2)]);
    }
    Ok(())
}

/// The region's end caps an entry's time to live only as long as the region has that end. Also, what
/// was asked for in vain, as adding to what a codec of one's own stored, lengthens no life.
pub async fn an_increment_outlives_the_region_as_it_was(world: &World) -> Case {
    for (codec, stats) in by_every_codec(&world.region("stats")).into_iter().enumerate() {
        let stats = stats.with(|o| o.ttl(HOUR).no_ttl());
        stats.set("n", &1).await?;
        world.pass(HOUR - MINUTE).await;
        assert_eq!(stats.increment("n", 1).await?, 2);
        world.pass(HOUR - MINUTE).await;
        assert_eq!(stats.get("n").await?, Some(2), "by codec {codec}");
        world.pass(MINUTE).await;
        assert_eq!(stats.get::<i64>("n").await?, None);
    }
    Ok(())
}

pub async fn every_one_of_many_increments_counts(world: &World) -> Case {
    let mut adding = JoinSet::new();
    for codec in 0..8 {
        let backend = Yielding::new(world.connect().await);
        let cache = world.cache_with(|builder| builder.backend(backend)).await;
        let stats = cache.region("stats");
        let stats = if codec % 2 == 0 { stats } else { stats.with(|o| o.codec(Json)) };
        adding.spawn(async move {
            for _ in 0..25 {
                stats.increment("n", 3).await?;
            }
            Ok::<_, region_cache::Error>(())
        });
    }
    for added in adding.join_all().await {
        added?;
    }
    assert_eq!(world.region("stats").get("n").await?, Some(8 * 25 * 3));
    Ok(())
}

pub async fn a_set_begins_anew(world: &World) -> Case {
    let stats = world.region("stats");
    stats.increment("n", 1).await?;
    stats.set("n", &10).await?;
    assert_eq!(stats.increment("n", 1).await?, 11);
    stats.set("n", "text").await?;
    assert!(stats.increment("n", 1).await.unwrap_err().is_wrong_type());
    stats.set("n", &20).await?;
    assert_eq!(stats.increment("n", 1).await?, 21);
    Ok(())
}
