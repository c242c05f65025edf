//! Counters, plain ones and those that are computed.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::future::join_all;
use region_cache::codec::Json;
use region_cache::{BoxError, Computed, Counter, Error, Region};
use tokio::task::{JoinSet, yield_now};

use super::loaders::{Door, Loaded, fail, load, meanwhile, never};
use super::samples::{HOUR, MINUTE, Runs, Scrambled};
use super::{Case, World};
use crate::backends::{Counting, Damage, Operation, Spoiling, Yielding};

#[doc(hidden)]
#[macro_export]
macro_rules! computed_counters {
    ($fixture:ty) => {
        $crate::cases! { $fixture, computed_counters:
            counter_is_computed_on_first_use
            get_counter_of_a_plain_one_is_zero_where_it_is_absent
            inc_counter_and_dec_counter_count
            set_counter_lets_it_count_on_from_there
            an_absent_one_is_computed_and_not_added_to
            a_step_is_one_request
            counting_does_not_lengthen_its_life
            peeking_computes_nothing
            removing_begins_anew
            it_falls_with_its_region
            what_cannot_be_subtracted_is_an_overflow
            an_overflow_leaves_it
            a_loader_that_fails_is_an_error
            a_hundred_callers_compute_once
            a_step_breaks_a_computation_under_way
            a_step_of_another_process_breaks_a_computation_under_way
            no_step_is_lost_while_many_count
            no_row_is_lost_while_many_insert_and_count
            what_is_damaged_is_computed_anew
            what_has_another_schema_is_computed_anew
            what_another_codec_stored_counts_on
            text_is_refused
            a_guarded_one_is_computed_and_counts_nothing
        }
    };
}

pub const SOURCE: &str = include_str!("computed_counters.rs");

type Load = fn() -> std::future::Ready<Loaded>;

/// A counter that begins with a thousand.
fn thousand(region: &Region) -> Counter<Computed<Load>> {
    region.counter("n").computed(|| std::future::ready(Ok(1_000)))
}

/// Flask-CacheOBJ: `counter`.
pub async fn counter_is_computed_on_first_use(world: &World) -> Case {
    let (shop, runs) = (world.region("shop"), Runs::default());
    let members = shop.counter("n").computed(|| load(i64::from(runs.begin()) * 1_000));
    for cache in [world.cache().clone(), world.other().await] {
        assert_eq!(members.get().await?, 1_000);
        assert_eq!(cache.region("shop").get("n").await?, Some(1_000));
    }
    assert_eq!(runs.count(), 1);
    Ok(())
}

/// Flask-CacheOBJ: `get_counter`.
pub async fn get_counter_of_a_plain_one_is_zero_where_it_is_absent(world: &World) -> Case {
    let visits = world.region("shop").counter("n");
    assert_eq!((visits.get().await?, visits.peek().await?), (0, None));
    visits.increment(0).await?;
    assert_eq!((visits.get().await?, visits.peek().await?), (0, Some(0)));
    Ok(())
}

/// Flask-CacheOBJ: `inc_counter`, `dec_counter`.
pub async fn inc_counter_and_dec_counter_count(world: &World) -> Case {
    let shop = world.region("shop");
    let visits = shop.counter("plain");
    assert_eq!((visits.increment(5).await?, visits.decrement(7).await?), (5, -2));
    assert_eq!((visits.increment(-1).await?, visits.decrement(-1).await?), (-3, -2));
    let (members, there) = (thousand(&shop), world.other().await.region("shop"));
    assert_eq!(members.get().await?, 1_000);
    assert_eq!((members.increment(5).await?, members.decrement(7).await?), (1_005, 998));
    assert_eq!(thousand(&there).increment(2).await?, 1_000);
    assert_eq!((members.get().await?, shop.increment("n", 1).await?), (1_000, 1_001));
    Ok(())
}

/// Flask-CacheOBJ: `set_counter`.
pub async fn set_counter_lets_it_count_on_from_there(world: &World) -> Case {
    let members = thousand(&world.region("shop"));
    members.set(7).await?;
    assert_eq!((members.increment(1).await?, members.get().await?), (8, 8));
    Ok(())
}

/// What is counted was changed before, so the computed number knows of it.
pub async fn an_absent_one_is_computed_and_not_added_to(world: &World) -> Case {
    let members = thousand(&world.region("shop"));
    assert_eq!(members.increment(1).await?, 1_000);
    assert_eq!(members.increment(1).await?, 1_001);
    members.remove().await?;
    assert_eq!(members.decrement(1).await?, 1_000);
    assert_eq!(members.decrement(1).await?, 999);
    Ok(())
}

pub async fn a_step_is_one_request(world: &World) -> Case {
    let counting = Counting::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    let members = thousand(&cache.region("shop"));
    members.get().await?;
    counting.reset();
    members.increment(1).await?;
    members.decrement(1).await?;
    assert_eq!((counting.count(Operation::Write), counting.total()), (2, 2), "{counting:?}");
    Ok(())
}

/// Flask-CacheOBJ: `counter`'s `expire`.
pub async fn counting_does_not_lengthen_its_life(world: &World) -> Case {
    let shop = world.region("shop");
    let (plain, computed) = (shop.counter("plain").ttl(HOUR), thousand(&shop).ttl(HOUR));
    plain.increment(1).await?;
    computed.get().await?;
    world.pass(HOUR - MINUTE).await;
    assert_eq!((plain.increment(1).await?, computed.increment(1).await?), (2, 1_001));
    for key in ["plain", "n"] {
        world.assert_ttl(shop.ttl(key).await?, MINUTE);
    }
    world.pass(MINUTE).await;
    assert_eq!((plain.peek().await?, computed.peek().await?), (None, None));
    assert_eq!((plain.increment(1).await?, computed.increment(1).await?), (1, 1_000));
    world.assert_ttl(shop.ttl("n").await?, HOUR);
    Ok(())
}

pub async fn peeking_computes_nothing(world: &World) -> Case {
    let members = world.region("shop").counter("n").computed(never::<i64>);
    assert_eq!(members.peek().await?, None);
    assert!(!members.remove().await?);
    members.set(7).await?;
    assert_eq!((members.get().await?, members.increment(1).await?), (7, 8));
    Ok(())
}

pub async fn removing_begins_anew(world: &World) -> Case {
    let shop = world.region("shop");
    let (plain, computed) = (shop.counter("plain"), thousand(&shop));
    plain.increment(7).await?;
    computed.set(7).await?;
    assert!(plain.remove().await? && computed.remove().await?);
    assert_eq!((plain.get().await?, computed.get().await?), (0, 1_000));
    computed.set(7).await?;
    let put_off = async || {
        assert!(!computed.remove().await?, "nobody knows yet");
        assert_eq!(computed.get().await?, 7);
        Ok::<_, Error>(())
    };
    world.cache().after_commit(put_off).await?;
    assert_eq!(computed.get().await?, 1_000);
    Ok(())
}

pub async fn it_falls_with_its_region(world: &World) -> Case {
    let item = world.region("shop.catalog.42");
    let (plain, computed) = (item.counter("plain"), thousand(&item));
    let above = [item.clone(), world.region("shop"), world.cache().root()];
    for region in above {
        plain.increment(7).await?;
        computed.set(7).await?;
        region.invalidate().await?;
        assert_eq!((plain.get().await?, computed.increment(1).await?), (0, 1_000), "{region:?}");
    }
    Ok(())
}

pub async fn what_cannot_be_subtracted_is_an_overflow(world: &World) -> Case {
    let shop = world.region("shop");
    for error in [
        shop.counter("plain").decrement(i64::MIN).await.unwrap_err(),
        thousand(&shop).decrement(i64::MIN).await.unwrap_err(),
    ] {
        assert!(error.is_overflow(), "{error:?}");
        assert!(error.to_string().contains(&i64::MIN.to_string()), "{error}");
    }
    assert_eq!(shop.counter("plain").decrement(i64::MAX).await?, -i64::MAX);
    assert_eq!(shop.counter("plain").increment(i64::MIN + i64::MAX).await?, i64::MIN);
    Ok(())
}

pub async fn an_overflow_leaves_it(world: &World) -> Case {
    let members = thousand(&world.region("shop"));
    members.set(i64::MAX).await?;
    assert!(members.increment(1).await.unwrap_err().is_overflow());
    assert_eq!(members.peek().await?, Some(i64::MAX));
    Ok(())
}

pub async fn a_loader_that_fails_is_an_error(world: &World) -> Case {
    let shop = world.region("shop");
    let members = shop.counter("n").computed(fail::<i64>);
    assert!(members.get().await.unwrap_err().is_compute());
    assert!(members.increment(1).await.unwrap_err().is_compute());
    assert_eq!((members.peek().await?, thousand(&shop).get().await?), (None, 1_000));
    assert_eq!(members.increment(1).await?, 1_001);
    Ok(())
}

pub async fn a_hundred_callers_compute_once(world: &World) -> Case {
    let (shop, runs) = (world.region("shop"), Arc::new(Runs::default()));
    let members = shop.counter("n").computed(async || {
        runs.begin();
        yield_now().await;
        Ok::<_, BoxError>(1_000)
    });
    for value in join_all((0..100).map(|_| members.get())).await {
        assert_eq!(value?, 1_000);
    }
    assert_eq!(runs.count(), 1);
    Ok(())
}

/// The defence is that a step that finds nothing drops the lease: nobody can know whether what is being
/// computed has seen the change.
async fn breaks(world: &World, there: &Region) -> Case {
    let (shop, door) = (world.region("shop"), Door::new());
    let members = shop.counter("n").computed(|| door.load(1_000));
    let step = async { thousand(there).increment(1).await };
    assert_eq!(meanwhile(&door, members.get(), step).await?, (1_000, 1_000));
    let after = shop.counter("n").computed(async || Ok::<_, BoxError>(1_001));
    assert_eq!(world.cache().stats().refused_fills, 1);
    assert_eq!(after.peek().await?, Some(1_000), "what was computed after the step is stored");
    assert_eq!(after.increment(1).await?, 1_001);
    Ok(())
}

pub async fn a_step_breaks_a_computation_under_way(world: &World) -> Case {
    breaks(world, &world.region("shop")).await
}

pub async fn a_step_of_another_process_breaks_a_computation_under_way(world: &World) -> Case {
    breaks(world, &world.other().await.region("shop")).await
}

pub async fn no_step_is_lost_while_many_count(world: &World) -> Case {
    thousand(&world.region("shop")).get().await?;
    let mut counting = JoinSet::new();
    for number in 0..32 {
        let cache = if number % 2 == 0 { world.cache().clone() } else { world.other().await };
        counting.spawn(async move {
            let shop = cache.region("shop");
            let (plain, computed) = (shop.counter("plain"), thousand(&shop));
            for _ in 0..25 {
                plain.increment(3).await?;
                plain.decrement(1).await?;
                computed.increment(1).await?;
            }
            Ok::<_, Error>(())
        });
    }
    for counted in counting.join_all().await {
        counted?;
    }
    let shop = world.region("shop");
    assert_eq!(shop.counter("plain").get().await?, 32 * 25 * 2);
    assert_eq!(thousand(&shop).get().await?, 1_000 + 32 * 25);
    Ok(())
}

/// First the row, then the counter: what is stored has seen every row whose step returned.
pub async fn no_row_is_lost_while_many_insert_and_count(world: &World) -> Case {
    let rows = Arc::new(AtomicI64::new(0));
    let mut inserting = JoinSet::new();
    for _ in 0..32 {
        let backend = Yielding::new(world.connect().await);
        let cache = world.cache_with(|builder| builder.backend(backend)).await;
        let rows = rows.clone();
        inserting.spawn(async move {
            let members = cache.region("shop").counter("n").computed(async || {
                let seen = rows.load(Ordering::SeqCst);
                yield_now().await;
                Ok::<_, BoxError>(seen)
            });
            for _ in 0..5 {
                rows.fetch_add(1, Ordering::SeqCst);
                members.increment(1).await?;
            }
            Ok::<_, Error>(())
        });
    }
    for inserted in inserting.join_all().await {
        inserted?;
    }
    let stored = world.region("shop").counter("n").peek().await?;
    assert!(stored.is_none_or(|stored| stored >= 160), "{stored:?} of 160 rows");
    Ok(())
}

pub async fn what_is_damaged_is_computed_anew(world: &World) -> Case {
    for damage in [Damage::Flags, Damage::Codec, Damage::Schema, Damage::Length] {
        let spoiling = Spoiling::new(world.backend(), damage);
        let cache = world.cache_with(|builder| builder.backend(spoiling.clone())).await;
        let members = thousand(&cache.region("shop"));
        members.set(7).await?;
        spoiling.spoil(&world.address("shop"), &["n".into()]).await?;
        assert_eq!(members.peek().await?, None, "{damage:?}");
        assert_eq!(members.get().await?, 1_000, "{damage:?}");
    }
    Ok(())
}

/// What another version of the program stored is no number of this one's, and is not added to.
pub async fn what_has_another_schema_is_computed_anew(world: &World) -> Case {
    let shop = world.region("shop");
    let (first, second) = (shop.with(|o| o.schema("v1")), shop.with(|o| o.schema("v2")));
    thousand(&first).set(7).await?;
    assert_eq!(thousand(&second).peek().await?, None);
    assert_eq!(thousand(&second).increment(1).await?, 1_000);
    assert_eq!(thousand(&second).increment(1).await?, 1_001);
    assert_eq!(thousand(&first).decrement(1).await?, 1_000);
    Ok(())
}

/// Also where a server cannot add to it, because a codec of one's own hides what it is.
pub async fn what_another_codec_stored_counts_on(world: &World) -> Case {
    let shop = world.region("shop");
    let all = [shop.clone(), shop.with(|o| o.codec(Json)), shop.with(|o| o.codec(Scrambled))];
    for writer in &all {
        for reader in &all {
            thousand(writer).set(7).await?;
            let known = reader.with(|o| o.codec(Scrambled));
            assert_eq!(thousand(&known).increment(1).await?, 8);
            let after = thousand(reader).increment(1).await?;
            assert!(after == 9 || after == 1_000, "{after}, and not a step too few");
        }
    }
    Ok(())
}

pub async fn text_is_refused(world: &World) -> Case {
    let shop = world.region("shop");
    shop.set("n", "text").await?;
    for error in
        [thousand(&shop).increment(1).await, shop.counter("n").increment(1).await].map(Result::err)
    {
        assert!(error.is_some_and(|error| error.is_wrong_type()));
    }
    assert_eq!(shop.get::<String>("n").await?.as_deref(), Some("text"));
    Ok(())
}

pub async fn a_guarded_one_is_computed_and_counts_nothing(world: &World) -> Case {
    let shop = world.region("shop");
    let members = thousand(&shop);
    members.set(7).await?;
    shop.guarded(async || {
        assert_eq!((members.peek().await?, members.get().await?), (None, 1_000));
        assert!(members.increment(1).await.unwrap_err().is_conflict());
        assert!(!members.remove().await?);
        Ok::<_, Error>(())
    })
    .await?;
    assert_eq!(members.peek().await?, None);
    Ok(())
}
