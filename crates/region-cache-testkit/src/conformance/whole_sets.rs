//! Sets are there as a whole or not at all, whatever comes in between.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use region_cache::backend::Address;
use region_cache::codec::Json;
use region_cache::{Cache, Error, Key, Region, segment};
use tokio::task::{JoinSet, yield_now};

use super::hearing::in_a_moment;
use super::loaders::{Door, drive, meanwhile};
use super::samples::{HOUR, Scrambled};
use super::tables::{Table, fans, numbers, sorted};
use super::{Case, World};
use crate::backends::{Counting, Damage, Failing, Operation, Spoiling, Yielding};

#[doc(hidden)]
#[macro_export]
macro_rules! whole_sets {
    ($fixture:ty) => {
        $crate::cases! { $fixture, whole_sets:
            adding_breaks_a_computation_under_way
            removing_breaks_a_computation_under_way
            an_invalidation_breaks_a_computation_under_way
            who_asks_after_adding_does_not_join_what_began_before
            none_is_lost_while_many_add_to_an_absent_one
            it_is_what_its_table_is_while_many_change_both
            one_that_falls_while_it_is_listed_ends_with_a_conflict
            one_that_falls_and_is_made_again_while_it_is_listed_ends_with_a_conflict
            one_that_ends_while_it_is_listed_ends_with_a_conflict
            one_that_falls_while_it_is_counted_is_counted_anew
            what_is_put_in_while_it_is_listed_disturbs_nothing
            another_schema_does_not_mix
            another_schema_does_not_mix_with_a_computed_one
            what_another_schema_removes_is_gone
            a_codec_that_is_not_known_does_not_mix
            codecs_that_are_built_in_mix
            one_whose_mark_is_damaged_is_computed_anew
            one_with_a_damaged_member_is_computed_anew
            one_of_another_type_is_computed_anew
            a_guarded_one_is_computed_and_not_stored
            a_removal_waits_for_the_commit
            without_a_backend_it_is_computed
            what_could_not_be_removed_is_not_found
            a_removal_that_comes_late_takes_nothing_that_was_added_since
        }
    };
}

pub const SOURCE: &str = include_str!("whole_sets.rs");

/// The region of the set `fans` of a region.
fn place(world: &World, region: &str) -> Address {
    world.address(&format!("{region}.{}", segment("set~fans")))
}

/// The defence is that what requires an absent set drops the lease of who computes it: nobody can know
/// whether that has seen the row.
pub async fn adding_breaks_a_computation_under_way(world: &World) -> Case {
    for there in [world.cache().clone(), world.other().await] {
        let (shop, door, table) = (world.region("shop"), Door::new(), Table::of([7, 8]));
        let early = shop.set_of::<i64>("fans").computed(|| door.give(vec![7]));
        let add = async { fans(&there.region("shop"), &table).add(&8).await };
        assert_eq!(meanwhile(&door, early.len(), add).await?, (1, false));
        assert_eq!((sorted(&fans(&shop, &table)).await?, table.runs()), (vec![7, 8], 1));
        shop.invalidate().await?;
    }
    assert_eq!(world.cache().stats().refused_fills, 2);
    Ok(())
}

pub async fn removing_breaks_a_computation_under_way(world: &World) -> Case {
    for there in [world.cache().clone(), world.other().await] {
        let (shop, door, table) = (world.region("shop"), Door::new(), Table::of([7]));
        let early = shop.set_of::<i64>("fans").computed(|| door.give(vec![7, 8]));
        let remove = async { fans(&there.region("shop"), &table).remove(&8).await };
        assert_eq!(meanwhile(&door, early.contains(&8), remove).await?, (true, false));
        assert_eq!((sorted(&fans(&shop, &table)).await?, table.runs()), (vec![7], 1));
        shop.invalidate().await?;
    }
    assert_eq!(world.cache().stats().refused_fills, 2);
    Ok(())
}

pub async fn an_invalidation_breaks_a_computation_under_way(world: &World) -> Case {
    let (shop, there, table) = (world.region("shop"), world.other().await, Table::of([7, 8]));
    for above in [shop.clone(), there.root(), there.region("shop.set~fans")] {
        let door = Door::new();
        let early = shop.set_of::<i64>("fans").computed(|| door.give(vec![7]));
        early.invalidate().await?;
        meanwhile(&door, early.len(), above.invalidate()).await?;
        assert_eq!(sorted(&fans(&shop, &table)).await?, [7, 8], "{above:?}");
    }
    assert_eq!(table.runs(), 3);
    Ok(())
}

pub async fn who_asks_after_adding_does_not_join_what_began_before(world: &World) -> Case {
    let (shop, door, table) = (world.region("shop"), Door::new(), Table::of([7, 8]));
    let early = shop.set_of::<i64>("fans").computed(|| door.give(vec![7]));
    let fans = fans(&shop, &table);
    let add = async {
        fans.add(&8).await?;
        fans.contains(&8).await
    };
    assert_eq!(meanwhile(&door, early.contains(&8), add).await?, (false, true));
    assert!(early.contains(&8).await?);
    Ok(())
}

/// A process whose requests leave room for others to come between.
async fn slow(world: &World) -> Cache {
    let backend = Yielding::new(world.connect().await);
    world.cache_with(|builder| builder.backend(backend)).await
}

pub async fn none_is_lost_while_many_add_to_an_absent_one(world: &World) -> Case {
    let processes = [slow(world).await, slow(world).await, world.cache().clone()];
    for round in 0..5 {
        let mut adding = JoinSet::new();
        for number in 0..32 {
            let cache = processes[number % processes.len()].clone();
            adding.spawn(async move {
                for _ in 0..number {
                    yield_now().await;
                }
                let tags = cache.region("shop").set_of::<i64>(round);
                Ok::<_, Error>(
                    tags.add(&(number as i64)).await? && tags.contains(&(number as i64)).await?,
                )
            });
        }
        for added in adding.join_all().await {
            assert!(added?, "what was added is in");
        }
        let tags = world.region("shop").set_of::<i64>(round);
        assert_eq!(sorted(&tags).await?, Vec::from_iter(0..32));
    }
    Ok(())
}

/// Everybody changes the table first, then the set; what is stored in the end knows of all of it.
pub async fn it_is_what_its_table_is_while_many_change_both(world: &World) -> Case {
    let table = Table::of(0..20);
    let processes = [slow(world).await, slow(world).await, world.cache().clone()];
    let mut changing = JoinSet::new();
    for task in 0..24_usize {
        let (cache, table) = (processes[task % processes.len()].clone(), Arc::clone(&table));
        changing.spawn(async move {
            let fans = fans(&cache.region("shop"), &table);
            let own = task as i64 * 100;
            for step in 0..8 {
                match (task + step) % 8 {
                    0 => drop(fans.len().await),
                    1 => drop(numbers(&fans).await),
                    2 if task == 2 => fans.invalidate().await?,
                    3 | 4 if step > 2 => {
                        table.delete(own + 1);
                        fans.remove(&(own + 1)).await?;
                        assert!(!fans.contains(&(own + 1)).await?, "it was removed");
                    }
                    _ => {
                        let row = own + step as i64 % 4;
                        table.insert(row);
                        fans.add(&row).await?;
                        assert!(fans.contains(&row).await?, "it was added");
                    }
                }
            }
            Ok::<_, Error>(())
        });
    }
    for changed in changing.join_all().await {
        changed?;
    }
    let fans = fans(&world.region("shop"), &table);
    fans.len().await?;
    let stored = sorted(&fans.clone().ttl(HOUR)).await?;
    assert_eq!(stored, Vec::from_iter(table.rows()));
    Ok(())
}

/// More than a page.
const MANY: std::ops::Range<i64> = 0..1_200;

async fn ends_with_a_conflict(world: &World, fall: impl AsyncFnOnce(&Region) -> Case) -> Case {
    let (shop, table) = (world.region("shop").with(|o| o.entry_ttl(HOUR)), Table::of(MANY));
    let fans = fans(&shop, &table);
    fans.len().await?;
    let mut members = fans.members();
    assert!(members.next().await.is_some_and(|member| member.is_ok()));
    fall(&shop).await?;
    let rest: Vec<_> = members.by_ref().collect().await;
    let (last, others) = rest.split_last().expect("it does not just end");
    assert!(last.as_ref().unwrap_err().is_conflict(), "{last:?}");
    assert!(last.as_ref().unwrap_err().to_string().contains("shop.set~fans"), "{last:?}");
    assert!(others.iter().all(Result::is_ok));
    assert!(members.next().await.is_none());
    assert_eq!(numbers(&fans).await?.len(), 1_200);
    Ok(())
}

/// The defence is that the mark is looked at again in the end.
pub async fn one_that_falls_while_it_is_listed_ends_with_a_conflict(world: &World) -> Case {
    ends_with_a_conflict(world, async |shop| {
        shop.invalidate().await?;
        Ok(())
    })
    .await
}

/// The defence is that no two marks are the same.
pub async fn one_that_falls_and_is_made_again_while_it_is_listed_ends_with_a_conflict(
    world: &World,
) -> Case {
    ends_with_a_conflict(world, async |shop| {
        shop.invalidate().await?;
        assert_eq!(fans(shop, &Table::of(MANY)).len().await?, 1_200);
        Ok(())
    })
    .await
}

/// There the fences stand, so nothing but the mark tells.
pub async fn one_that_ends_while_it_is_listed_ends_with_a_conflict(world: &World) -> Case {
    ends_with_a_conflict(world, async |shop| {
        shop.set("other", &1).await?;
        world.pass(HOUR).await;
        assert_eq!(fans(shop, &Table::of(MANY)).len().await?, 1_200);
        Ok(())
    })
    .await
}

pub async fn one_that_falls_while_it_is_counted_is_counted_anew(world: &World) -> Case {
    let counting = Counting::new(Yielding::new(world.backend()));
    let cache = world.cache_with(|builder| builder.backend(counting.clone())).await;
    let (large, small) = (Table::of(MANY), Table::of(0..3));
    let fans_of = |table| fans(&cache.region("shop"), table);
    assert_eq!(fans_of(&large).len().await?, 1_200);
    let set = fans_of(&small);
    let mut count = Box::pin(set.len());
    drive(&mut count, || counting.count(Operation::Scan) >= 2).await;
    world.region("shop").invalidate().await?;
    assert_eq!(fans(&world.region("shop"), &small).len().await?, 3);
    assert_eq!(count.await?, 3);
    Ok(())
}

pub async fn what_is_put_in_while_it_is_listed_disturbs_nothing(world: &World) -> Case {
    let fans = fans(&world.region("shop"), &Table::of(MANY));
    fans.len().await?;
    let mut members = fans.members();
    let first = members.try_next().await?.expect("it is not empty");
    for number in 2_000..2_010 {
        assert!(fans.add(&number).await?);
    }
    let others: Vec<i64> = members.try_collect().await?;
    let old = others.iter().filter(|number| **number < 1_200).count();
    assert_eq!(old, 1_199, "all that was there all the while");
    assert!(!others.contains(&first), "each once");
    Ok(())
}

fn schemas(region: &Region) -> [Region; 2] {
    [region.with(|o| o.schema("v1")), region.with(|o| o.schema("v2"))]
}

/// Two versions of a program: what one has put in, the other must not take for its own, nor be kept by it
/// from putting it in. The defence is that what is stored requires a mark of its own schema.
pub async fn another_schema_does_not_mix(world: &World) -> Case {
    let [first, second] = schemas(&world.region("shop")).map(|shop| shop.set_of::<i64>("fans"));
    assert!(first.add(&1).await?);
    assert_eq!((second.len().await?, second.contains(&1).await?), (0, false));
    assert!(second.add(&2).await? && second.contains(&2).await?);
    assert_eq!(sorted(&second).await?, [2]);
    assert!(first.add(&2).await?, "it is not in the one of this schema");
    assert!(first.contains(&2).await?);
    assert_eq!(sorted(&first).await?, [2]);
    Ok(())
}

pub async fn another_schema_does_not_mix_with_a_computed_one(world: &World) -> Case {
    let table = Table::of([1]);
    let [first, second] = schemas(&world.region("shop")).map(|shop| fans(&shop, &table));
    assert_eq!(first.len().await?, 1);
    table.insert(2);
    second.add(&2).await?;
    assert!(first.contains(&2).await?, "the other version must not go on without it");
    assert_eq!(sorted(&first).await?, [1, 2]);
    for set in [&second, &first] {
        for _ in 0..2 {
            assert_eq!((set.len().await?, sorted(set).await?), (2, vec![1, 2]));
        }
        assert!(set.contains(&1).await? && !set.add(&1).await?);
    }
    Ok(())
}

pub async fn what_another_schema_removes_is_gone(world: &World) -> Case {
    let table = Table::of([1, 2]);
    let [first, second] = schemas(&world.region("shop")).map(|shop| fans(&shop, &table));
    assert_eq!(first.len().await?, 2);
    table.delete(2);
    second.remove(&2).await?;
    assert!(!first.contains(&2).await?);
    assert_eq!((sorted(&first).await?, sorted(&second).await?), (vec![1], vec![1]));
    Ok(())
}

/// The defence is that what is stored requires a mark of its own make: who can read the one can read the
/// other.
pub async fn a_codec_that_is_not_known_does_not_mix(world: &World) -> Case {
    let table = Table::of([1]);
    let (shop, there) = (world.region("shop"), world.other().await.region("shop"));
    let (plain, own) = (shop, there.with(|o| o.codec(Scrambled)));
    for (first, second) in [(&plain, &own), (&own, &plain)] {
        let (first, second) = (fans(first, &table), fans(second, &table));
        first.invalidate().await?;
        assert_eq!(first.len().await?, table.rows().len() as u64);
        let row = i64::from(table.runs());
        table.insert(row);
        second.add(&row).await?;
        assert!(first.contains(&row).await?, "{row}");
        assert_eq!(sorted(&first).await?, Vec::from_iter(table.rows()));
        assert_eq!(sorted(&second).await?, Vec::from_iter(table.rows()));
    }
    let (first, second) = (plain.set_of::<i64>("tags"), own.set_of::<i64>("tags"));
    assert!(first.add(&1).await? && second.add(&2).await? && second.contains(&2).await?);
    assert!(first.add(&2).await? && first.contains(&2).await?);
    Ok(())
}

pub async fn codecs_that_are_built_in_mix(world: &World) -> Case {
    let (shop, table) = (world.region("shop"), Table::of([1]));
    let (first, second) = (fans(&shop, &table), fans(&shop.with(|o| o.codec(Json)), &table));
    assert_eq!(first.len().await?, 1);
    assert!(second.add(&2).await? && !first.add(&2).await? && first.add(&3).await?);
    assert_eq!((sorted(&first).await?, sorted(&second).await?), (vec![1, 2, 3], vec![1, 2, 3]));
    assert_eq!(table.runs(), 1);
    Ok(())
}

/// Shows some of the set `fans` damaged.
async fn spoilt(world: &World, damage: Damage, keys: &[Key]) -> Result<Region, Error> {
    let spoiling = Spoiling::new(world.backend(), damage);
    let cache = world.cache_with(|builder| builder.backend(spoiling.clone())).await;
    spoiling.spoil(&place(world, "shop"), keys).await?;
    Ok(cache.region("shop"))
}

/// The defence is that what stands there is cleared away before anything new is stored.
pub async fn one_whose_mark_is_damaged_is_computed_anew(world: &World) -> Case {
    for damage in Damage::ALL {
        let (before, after) = (Table::of([1, 2]), Table::of([2, 3]));
        fans(&world.region("shop"), &before).len().await?;
        let fans = fans(&spoilt(world, damage, &[Key::from("")]).await?, &after);
        assert!(!fans.contains(&1).await? && fans.contains(&3).await?, "{damage:?}");
        assert_eq!((sorted(&fans).await?, fans.len().await?), (vec![2, 3], 2), "{damage:?}");
        assert!(after.runs() <= 2, "{damage:?}");
        fans.invalidate().await?;
    }
    Ok(())
}

/// It would be a member too few.
pub async fn one_with_a_damaged_member_is_computed_anew(world: &World) -> Case {
    for damage in [Damage::Checksum, Damage::Payload, Damage::Schema, Damage::Codec] {
        for step in 0..4 {
            let table = Table::of([1, 2]);
            let shop = world.region("shop").with(|o| o.codec(Json));
            let texts = |shop: &Region| {
                let table = Arc::clone(&table);
                shop.set_of::<String>("fans").computed(move || {
                    let table = Arc::clone(&table);
                    async move { Ok::<_, region_cache::BoxError>(text(table.load().await?)) }
                })
            };
            texts(&shop).len().await?;
            let shop = spoilt(world, damage, &[Key::of("1")]).await?;
            let set = texts(&shop);
            match step {
                0 => assert!(set.contains(&"1".to_owned()).await?, "{damage:?}"),
                1 => assert_eq!(set.len().await?, 2, "{damage:?}"),
                2 => drop(set.add(&"1".to_owned()).await?),
                _ => {
                    let listed: Result<Vec<String>, Error> = set.members().try_collect().await;
                    assert!(listed.is_ok_and(|all| all.len() == 2) || table.runs() == 1);
                }
            }
            assert!(set.contains(&"1".to_owned()).await?, "{damage:?}, step {step}");
            let mut all: Vec<String> = set.members().try_collect().await?;
            all.sort();
            assert_eq!((all, set.len().await?), (text(vec![1, 2]), 2), "{damage:?}, step {step}");
            set.invalidate().await?;
        }
    }
    Ok(())
}

fn text(numbers: Vec<i64>) -> Vec<String> {
    numbers.into_iter().map(|number| number.to_string()).collect()
}

/// As any entry that does not decode; it is not simply empty.
pub async fn one_of_another_type_is_computed_anew(world: &World) -> Case {
    let shop = world.region("shop");
    let numbers = shop.set_of::<i64>("fans").computed(async || Ok::<_, Error>(vec![1, 2]));
    let texts =
        shop.set_of::<String>("fans").computed(async || Ok::<_, Error>(vec!["a".to_owned()]));
    numbers.len().await?;
    let first: Result<Vec<String>, Error> = texts.members().try_collect().await;
    assert!(first.is_err_and(|error| error.is_conflict()));
    assert_eq!(texts.members().try_collect::<Vec<_>>().await?, ["a"]);
    Ok(())
}

pub async fn a_guarded_one_is_computed_and_not_stored(world: &World) -> Case {
    let (shop, table) = (world.region("shop"), Table::of([7]));
    let (fans, tags) = (fans(&shop, &table), shop.set_of::<i64>("tags"));
    fans.len().await?;
    tags.add(&7).await?;
    shop.guarded(async || {
        assert!(fans.contains(&7).await? && !tags.contains(&7).await?);
        assert_eq!((sorted(&fans).await?, sorted(&tags).await?), (vec![7], vec![]));
        assert!(!fans.remove(&7).await? && !tags.remove(&7).await?);
        assert!(fans.add(&8).await.unwrap_err().is_conflict());
        assert!(tags.add(&8).await.unwrap_err().is_conflict());
        Ok::<_, Error>(())
    })
    .await?;
    assert_eq!(table.runs(), 3);
    assert_eq!((fans.len().await?, fans.len().await?, table.runs()), (1, 1, 4));
    assert!(tags.is_empty().await?);
    Ok(())
}

pub async fn a_removal_waits_for_the_commit(world: &World) -> Case {
    let (shop, table) = (world.region("shop"), Table::of([7, 8]));
    let fans = fans(&shop, &table);
    fans.len().await?;
    world
        .cache()
        .after_commit(async || {
            assert!(!fans.remove(&7).await?, "nobody knows yet");
            fans.invalidate().await?;
            assert!(fans.contains(&7).await?);
            Err::<(), _>(Error::other("rolled back"))
        })
        .await
        .unwrap_err();
    assert_eq!((sorted(&fans).await?, table.runs()), (vec![7, 8], 1));
    world.cache().after_commit(async || fans.remove(&7).await).await?;
    assert_eq!((sorted(&fans).await?, table.runs()), (vec![8], 1));
    world.cache().after_commit(async || fans.invalidate().await).await?;
    assert_eq!((sorted(&fans).await?, table.runs()), (vec![7, 8], 2));
    Ok(())
}

async fn failing(world: &World) -> (Arc<Failing>, Cache) {
    let failing = Failing::new(world.backend());
    let cache = world.cache_with(|builder| builder.backend(failing.clone())).await;
    (failing, cache)
}

/// As anything that is computed: the default of `on_unavailable`.
pub async fn without_a_backend_it_is_computed(world: &World) -> Case {
    let ((failing, cache), table) = (failing(world).await, Table::of([7]));
    let (fans, tags) = (fans(&cache.region("shop"), &table), cache.region("shop").set_of("tags"));
    failing.fail(Operation::ALL);
    assert!(fans.contains(&7).await? && !fans.contains(&8).await?);
    assert_eq!((fans.len().await?, sorted(&fans).await?), (1, vec![7]));
    assert!(fans.add(&8).await.unwrap_err().is_unavailable());
    assert!(tags.contains(&8).await.unwrap_err().is_unavailable());
    assert!(tags.len().await.unwrap_err().is_unavailable());
    Ok(())
}

/// Waits until nothing is left to be done again.
async fn done_at_last(world: &World, cache: &Cache) -> Case {
    Ok(in_a_moment(world, "it is done", async || Ok(cache.stats().replay_queue == 0)).await?)
}

pub async fn what_could_not_be_removed_is_not_found(world: &World) -> Case {
    let ((failing, cache), table) = (failing(world).await, Table::of([7, 8]));
    let fans = fans(&cache.region("shop"), &table);
    fans.len().await?;
    table.delete(8);
    failing.fail([Operation::Write, Operation::Invalidate]);
    assert!(fans.remove(&8).await.unwrap_err().is_unavailable());
    assert!(!fans.contains(&8).await?);
    assert_eq!((fans.len().await?, sorted(&fans).await?), (1, vec![7]));
    failing.mend();
    done_at_last(world, &cache).await?;
    assert_eq!((fans.contains(&8).await?, sorted(&fans).await?), (false, vec![7]));
    Ok(())
}

/// A value that is removed late is missed and computed anew; a member would be missing. The defence is that
/// the whole set falls instead.
pub async fn a_removal_that_comes_late_takes_nothing_that_was_added_since(world: &World) -> Case {
    let ((failing, cache), table) = (failing(world).await, Table::of([7, 8]));
    let (here, there) = (fans(&cache.region("shop"), &table), fans(&world.region("shop"), &table));
    here.len().await?;
    table.delete(8);
    failing.fail([Operation::Write, Operation::Invalidate]);
    assert!(here.remove(&8).await.unwrap_err().is_unavailable());
    table.insert(8);
    there.add(&8).await?;
    assert!(there.contains(&8).await?);
    failing.mend();
    done_at_last(world, &cache).await?;
    assert!(there.contains(&8).await? && here.contains(&8).await?);
    Ok(())
}
