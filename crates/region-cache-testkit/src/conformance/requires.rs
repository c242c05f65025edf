//! Changes that require another key, and fills of several entries: what sets are made of.
#![expect(missing_docs, reason = "a case's name says what it shows")]

use std::sync::Arc;
use std::time::Duration;

use region_cache::backend::{
    Act, Ask, Backend, Change, Draft, Expiry, Found, Id, Lease, Leased, Outcome, When, Wish,
};
use region_cache::{Key, Result};
use tokio::task::JoinSet;

use super::samples::{HOUR, MINUTE, SECOND};
use super::{Case, World};
use crate::backends::Yielding;

#[doc(hidden)]
#[macro_export]
macro_rules! requires {
    ($fixture:ty) => {
        $crate::cases! { $fixture, requires:
            what_requires_a_present_key_is_done
            what_requires_an_absent_key_is_not_done
            an_absent_region_has_nothing_that_is_required
            what_is_required_loses_its_lease_where_it_is_absent
            what_is_required_keeps_its_lease_where_it_is_present
            what_has_expired_is_absent
            what_has_ended_with_its_region_is_absent
            a_key_can_require_itself
            several_changes_require_what_those_before_them_leave
            what_is_stored_requires_the_same_schema
            what_is_stored_requires_a_codec_of_the_same_kind
            what_takes_away_or_adds_requires_no_schema
            a_fill_of_several_stores_them_together
            a_fill_of_several_is_refused_as_a_whole
            a_fill_of_several_is_seen_as_a_whole
            a_fill_of_several_lives_as_its_region
        }
    };
}

pub const SOURCE: &str = include_str!("requires.rs");

/// The region `shop`, as the port sees it.
struct Shop<'a> {
    world: &'a World,
    backend: Arc<dyn Backend>,
}

fn shop(world: &World) -> Shop<'_> {
    Shop { world, backend: world.backend() }
}

fn put(number: i64) -> Act {
    put_as(number, CODEC, 0)
}

fn put_as(number: i64, codec: u8, schema: u64) -> Act {
    Act::Put {
        draft: Draft::integer(number, codec, schema),
        expiry: Expiry::Never,
        keep: Duration::ZERO,
        when: When::Always,
    }
}

fn add(number: i64) -> Act {
    let draft = Draft::integer(number, CODEC, 0);
    Act::Add { delta: number, draft, expiry: Expiry::Never, keep: Duration::ZERO }
}

impl Shop<'_> {
    fn change(&self, key: &str, act: Act) -> Change {
        Change {
            region: self.world.address("shop"),
            key: key.into(),
            act,
            region_ttl: None,
            refresh_region_ttl: false,
            requires: None,
            is_whole: false,
        }
    }

    fn requiring(&self, key: &str, act: Act, required: &str) -> Change {
        Change { requires: Some(required.into()), ..self.change(key, act) }
    }

    async fn write(&self, change: Change) -> Result<Outcome> {
        let mut outcomes = self.backend.write(vec![change]).await?;
        assert_eq!(outcomes.len(), 1);
        Ok(outcomes.remove(0))
    }

    async fn read(&self, keys: &[&str]) -> Result<Vec<Option<i64>>> {
        let keys: Vec<Key> = keys.iter().map(|key| Key::from(*key)).collect();
        let found = self.backend.read(&self.world.address("shop"), &keys, Ask::Values).await?;
        let number = |found: Found| found.envelope.integer();
        Ok(found.into_iter().map(|found| found.filter(Found::is_fresh).and_then(number)).collect())
    }

    async fn lease(&self, key: &str) -> Result<Lease> {
        let region = self.world.address("shop");
        let key = Key::from(key);
        let time = 5 * SECOND;
        let wish = Wish { region: &region, key: &key, id: Id::random(), time, despite: None };
        match self.backend.lease(wish).await? {
            Leased::Held(lease) => Ok(lease),
            other => panic!("{other:?}"),
        }
    }

    fn several(&self, first: i64) -> Vec<Change> {
        ["k", "l", "m"].iter().zip(first..).map(|(key, n)| self.change(key, put(n))).collect()
    }
}

pub async fn what_requires_a_present_key_is_done(world: &World) -> Case {
    let shop = shop(world);
    shop.write(shop.change("k", put(1))).await?;
    assert_eq!(shop.write(shop.requiring("l", put(2), "k")).await?, Outcome::Stored);
    assert_eq!(shop.write(shop.requiring("l", add(3), "k")).await?, Outcome::Sum(5));
    assert_eq!(shop.read(&["k", "l"]).await?, [Some(1), Some(5)]);
    let expired = shop.write(shop.requiring("l", Act::Expire, "k")).await?;
    assert!(matches!(expired, Outcome::Expired(Some(_))), "{expired:?}");
    shop.write(shop.change("l", put(2))).await?;
    let removed = shop.write(shop.requiring("l", Act::Remove, "k")).await?;
    assert!(matches!(removed, Outcome::Removed(Some(_))), "{removed:?}");
    assert_eq!(shop.read(&["k", "l"]).await?, [Some(1), None]);
    Ok(())
}

pub async fn what_requires_an_absent_key_is_not_done(world: &World) -> Case {
    let shop = shop(world);
    shop.write(shop.change("l", put(2))).await?;
    for act in [put(3), add(3), Act::Remove, Act::Expire] {
        let text = format!("{act:?}");
        assert_eq!(shop.write(shop.requiring("l", act, "k")).await?, Outcome::Absent, "{text}");
        assert_eq!(shop.read(&["k", "l"]).await?, [None, Some(2)], "{text}");
    }
    Ok(())
}

pub async fn an_absent_region_has_nothing_that_is_required(world: &World) -> Case {
    let shop = shop(world);
    for act in [put(3), add(3), Act::Remove, Act::Expire] {
        assert_eq!(shop.write(shop.requiring("l", act, "k")).await?, Outcome::Absent);
    }
    assert_eq!(world.cache().root().children().await?, []);
    Ok(())
}

/// Who is computing it cannot know of what was to be done with it.
pub async fn what_is_required_loses_its_lease_where_it_is_absent(world: &World) -> Case {
    let shop = shop(world);
    for act in [put(3), add(3), Act::Remove, Act::Expire] {
        let text = format!("{act:?}");
        let (lease, other) = (shop.lease("k").await?, shop.lease("other").await?);
        assert_eq!(shop.write(shop.requiring("l", act, "k")).await?, Outcome::Absent);
        assert!(!shop.backend.fill(&lease, vec![shop.change("k", put(1))]).await?, "{text}");
        assert!(!shop.backend.renew(&lease).await?, "{text}");
        assert!(shop.backend.fill(&other, vec![shop.change("other", put(1))]).await?, "{text}");
        shop.write(shop.change("other", Act::Remove)).await?;
    }
    assert_eq!(shop.read(&["k", "l"]).await?, [None, None]);
    Ok(())
}

pub async fn what_is_required_keeps_its_lease_where_it_is_present(world: &World) -> Case {
    let shop = shop(world);
    shop.write(shop.change("k", put(1))).await?;
    let found = shop.backend.read(&world.address("shop"), &["k".into()], Ask::Values).await?;
    let envelope = found[0].as_ref().map(|found| &found.envelope);
    let (region, key, id) = (world.address("shop"), Key::from("k"), Id::random());
    let wish = Wish { region: &region, key: &key, id, time: MINUTE, despite: envelope };
    let Leased::Held(lease) = shop.backend.lease(wish).await? else { panic!("it is held") };
    assert_eq!(shop.write(shop.requiring("l", put(3), "k")).await?, Outcome::Stored);
    assert!(shop.backend.fill(&lease, vec![shop.change("k", put(2))]).await?);
    Ok(())
}

pub async fn what_has_expired_is_absent(world: &World) -> Case {
    let shop = shop(world);
    let draft = Draft::integer(1, CODEC, 0);
    let (expiry, keep) = (Expiry::In(MINUTE), HOUR);
    let brief = Act::Put { draft, expiry, keep, when: When::Always };
    shop.write(shop.change("k", brief)).await?;
    assert_eq!(shop.write(shop.requiring("l", put(2), "k")).await?, Outcome::Stored);
    world.pass(MINUTE).await;
    assert_eq!(shop.write(shop.requiring("l", put(3), "k")).await?, Outcome::Absent);
    assert_eq!(shop.read(&["k", "l"]).await?, [None, Some(2)]);
    Ok(())
}

pub async fn what_has_ended_with_its_region_is_absent(world: &World) -> Case {
    let shop = shop(world);
    let brief = |change: Change| Change { region_ttl: Some(MINUTE), ..change };
    shop.write(brief(shop.change("k", put(1)))).await?;
    world.pass(MINUTE).await;
    assert_eq!(shop.write(brief(shop.requiring("l", put(2), "k"))).await?, Outcome::Absent);
    assert_eq!(shop.write(shop.requiring("k", Act::Remove, "k")).await?, Outcome::Absent);
    assert_eq!(shop.read(&["k", "l"]).await?, [None, None]);
    Ok(())
}

pub async fn a_key_can_require_itself(world: &World) -> Case {
    let shop = shop(world);
    assert_eq!(shop.write(shop.requiring("k", add(1), "k")).await?, Outcome::Absent);
    shop.write(shop.change("k", put(1))).await?;
    assert_eq!(shop.write(shop.requiring("k", add(1), "k")).await?, Outcome::Sum(2));
    Ok(())
}

pub async fn several_changes_require_what_those_before_them_leave(world: &World) -> Case {
    let shop = shop(world);
    let changes = vec![
        shop.requiring("a", put(1), "k"),
        shop.change("k", put(1)),
        shop.requiring("b", put(2), "k"),
        shop.change("k", Act::Remove),
        shop.requiring("c", put(3), "k"),
        shop.requiring("b", Act::Remove, "k"),
    ];
    let outcomes = shop.backend.write(changes).await?;
    let [a, k, b, _, c, again] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(
        [a, k, b, c, again].map(|outcome| *outcome == Outcome::Absent),
        [true, false, false, true, true]
    );
    assert_eq!(shop.read(&["a", "b", "c", "k"]).await?, [None, Some(2), None, None]);
    Ok(())
}

pub async fn what_is_stored_requires_the_same_schema(world: &World) -> Case {
    let shop = shop(world);
    shop.write(shop.change("k", put_as(1, CODEC, 7))).await?;
    for schema in [0, 8, u64::MAX, 7 << 8] {
        let other = shop.requiring("l", put_as(2, CODEC, schema), "k");
        assert_eq!(shop.write(other).await?, Outcome::Absent, "{schema}");
    }
    let same = shop.requiring("l", put_as(2, CODEC, 7), "k");
    assert_eq!(shop.write(same).await?, Outcome::Stored);
    Ok(())
}

/// Everybody can read what is built in.
pub async fn what_is_stored_requires_a_codec_of_the_same_kind(world: &World) -> Case {
    let shop = shop(world);
    for (codec, others) in [(1, [1, 2, 3]), (3, [1, 2, 3]), (200, [200, 200, 200])] {
        shop.write(shop.change("k", put_as(1, codec, 0))).await?;
        for other in others {
            let like = shop.requiring("l", put_as(2, other, 0), "k");
            assert_eq!(shop.write(like).await?, Outcome::Stored, "{codec} {other}");
        }
        for other in [201, if codec == 200 { 1 } else { 200 }] {
            let unlike = shop.requiring("l", put_as(2, other, 0), "k");
            assert_eq!(shop.write(unlike).await?, Outcome::Absent, "{codec} {other}");
        }
    }
    Ok(())
}

/// What is taken away is gone for every reader; and what is added to is looked at by itself.
pub async fn what_takes_away_or_adds_requires_no_schema(world: &World) -> Case {
    let shop = shop(world);
    shop.write(shop.change("k", put_as(1, 200, 7))).await?;
    shop.write(shop.change("l", put(1))).await?;
    assert_eq!(shop.write(shop.requiring("l", add(1), "k")).await?, Outcome::Sum(2));
    let removed = shop.write(shop.requiring("l", Act::Remove, "k")).await?;
    assert!(matches!(removed, Outcome::Removed(Some(_))), "{removed:?}");
    Ok(())
}

pub async fn a_fill_of_several_stores_them_together(world: &World) -> Case {
    let shop = shop(world);
    let lease = shop.lease("k").await?;
    assert!(shop.backend.fill(&lease, shop.several(1)).await?);
    assert_eq!(shop.read(&["k", "l", "m"]).await?, [Some(1), Some(2), Some(3)]);
    assert!(!shop.backend.fill(&lease, shop.several(7)).await?, "the lease is given back");
    assert_eq!(shop.read(&["k", "l", "m"]).await?, [Some(1), Some(2), Some(3)]);
    shop.write(shop.change("k", Act::Remove)).await?;
    let many = (0..5_000)
        .map(|n| shop.change(if n == 0 { "k".into() } else { n.to_string() }.as_str(), put(n)));
    let lease = shop.lease("k").await?;
    assert!(shop.backend.fill(&lease, many.collect()).await?);
    assert_eq!(world.region("shop").len().await?, 5_002);
    Ok(())
}

pub async fn a_fill_of_several_is_refused_as_a_whole(world: &World) -> Case {
    let shop = shop(world);
    let (region, there) = (world.address("shop"), world.other().await.region("shop"));
    for overtaken in 0..5 {
        shop.write(shop.change("k", Act::Remove)).await?;
        let lease = shop.lease("k").await?;
        match overtaken {
            0 => drop(there.invalidate().await?),
            1 => drop(there.remove("k").await?),
            2 => there.set("k", &7).await?,
            3 => shop.backend.release(&region, &"k".into(), lease.id).await?,
            _ => {
                shop.backend.guard(&region, Id::random(), MINUTE, false).await?;
            }
        }
        assert!(!shop.backend.fill(&lease, shop.several(1)).await?, "{overtaken}");
        let wanted = (overtaken == 2).then_some(7);
        assert_eq!(shop.read(&["k", "l", "m"]).await?, [wanted, None, None], "{overtaken}");
    }
    Ok(())
}

pub async fn a_fill_of_several_is_seen_as_a_whole(world: &World) -> Case {
    let (shop, mut readers) = (shop(world), JoinSet::new());
    for _ in 0..4 {
        let (backend, region) = (Yielding::new(world.connect().await), world.address("shop"));
        readers.spawn(async move {
            let keys = ["k", "l", "m"].map(Key::from);
            loop {
                let found = backend.read(&region, &keys, Ask::Values).await?;
                let numbers: Vec<Option<i64>> =
                    found.into_iter().map(|found| found?.envelope.integer()).collect();
                match numbers[..] {
                    [None, None, None] => {}
                    [Some(k), Some(l), Some(m)] => assert!(l == k + 1 && m == k + 2),
                    _ => panic!("torn: {numbers:?}"),
                }
                if numbers[0] == Some(50) {
                    return Ok::<_, region_cache::Error>(());
                }
                tokio::task::yield_now().await;
            }
        });
    }
    for number in 1..=50 {
        shop.backend.invalidate(&world.address("shop")).await?;
        let lease = shop.lease("k").await?;
        assert!(shop.backend.fill(&lease, shop.several(number)).await?);
        tokio::task::yield_now().await;
    }
    for read in readers.join_all().await {
        read?;
    }
    Ok(())
}

pub async fn a_fill_of_several_lives_as_its_region(world: &World) -> Case {
    let shop = shop(world);
    let lease = shop.lease("k").await?;
    let brief = |change| Change { region_ttl: Some(MINUTE), ..change };
    assert!(shop.backend.fill(&lease, shop.several(1).into_iter().map(brief).collect()).await?);
    world.pass(MINUTE - 5 * SECOND).await;
    assert_eq!(shop.read(&["k", "l", "m"]).await?, [Some(1), Some(2), Some(3)]);
    world.pass(5 * SECOND).await;
    assert_eq!(shop.read(&["k", "l", "m"]).await?, [None; 3]);
    Ok(())
}

/// MessagePack's.
const CODEC: u8 = 1;
