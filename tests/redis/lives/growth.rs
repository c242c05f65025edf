//! How long keys live: never for ever by accident, and no shorter than what hangs on them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use region_cache::{Cache, Region};
use region_cache_testkit::proxy::{Direction, Fault, Proxy, Scope};
use region_cache_testkit::server::Server;

use super::{WAYS, lives, living, write};
use crate::redis::{ITEM, ROOTS, Two, connect, connect_to, fences, key, lease, number, two};

#[tokio::test]
async fn nothing_lives_for_ever_by_accident() {
    let Two { server, here, there } = two().await;
    let mut random = Random(7);
    let mut seen = BTreeSet::new();
    for number in 1..=600 {
        let cache = if random.below(2) == 0 { &here } else { &there };
        act(cache, &mut random).await;
        if number % 20 == 0 {
            let lives = lives(&server).await;
            let endless: Vec<_> = lives.iter().filter(|(_, life)| **life < 0).collect();
            assert!(endless.is_empty(), "these live for ever: {endless:#?}");
            assert_outlived(&lives);
            seen.extend(lives.into_keys());
        }
    }
    assert!(seen.len() > 20, "too little was done: {seen:#?}");
}

#[tokio::test]
async fn no_way_to_write_makes_a_key_that_lives_for_ever() {
    for way in WAYS {
        let Two { server, here, there: _ } = two().await;
        write(&living(&here.region(ITEM), Some(MINUTE)), way).await;
        let lives = lives(&server).await;
        assert!(lives.contains_key(&key('h', ITEM)), "{way}");
        assert!(lives.values().all(|life| *life > 0), "{way}: {lives:#?}");
        assert_outlived(&lives);
    }
}

#[tokio::test]
async fn fences_and_child_sets_outlive_what_is_written_after_they_were_made() {
    for way in WAYS {
        let Two { server, here, there: _ } = two().await;
        // All is made for a second, by a write, and once more by a lease; then it is needed for long.
        for path in ["shop", "shop.catalog", ITEM] {
            write(&living(&here.region(path), Some(SECOND)), "set").await;
            drop(lease::<i64>(&here.region(path), "absent").await);
        }
        write(&living(&here.region(ITEM), Some(60 * MINUTE)), way).await;
        let lives = lives(&server).await;
        assert!(lives[&key('h', ITEM)] > millis(59 * MINUTE), "{way}: {lives:#?}");
        assert_outlived(&lives);
    }
}

#[tokio::test]
async fn an_entry_without_end_keeps_its_hash_and_its_path_and_nothing_else() {
    for way in WAYS {
        let Two { server, here, there } = two().await;
        let region = here.region(ITEM);
        write(&living(&region, Some(MINUTE)), "set").await;
        write(&living(&here.region("shop.other"), Some(MINUTE)), "set").await;
        write(&living(&region, None), way).await;
        let endless =
            [key('h', ITEM), ROOTS.to_owned(), key('c', "shop"), key('c', "shop.catalog")];
        let mut endless: Vec<String> = endless.into_iter().chain(fences(ITEM)).collect();
        endless.sort_unstable();
        // The number of announcements lives as long as its root, once there is anything to announce.
        let found = |lives: BTreeMap<String, i64>| -> Vec<String> {
            let endless = lives.into_iter().filter(|(_, life)| *life < 0).map(|(key, _)| key);
            endless.filter(|key| !key.ends_with(":seq")).collect()
        };
        assert_eq!(found(lives(&server).await), endless, "{way}");

        // Nobody shortens it afterwards.
        write(&living(&there.region(ITEM), Some(SECOND)), way).await;
        assert_eq!(found(lives(&server).await), endless, "{way}");
    }
}

#[tokio::test]
async fn lives_only_grow() {
    for first in WAYS {
        let Two { server, here, there } = two().await;
        let region = here.region(ITEM);
        write(&living(&region, Some(60 * MINUTE)), first).await;
        let mut before = lives(&server).await;
        for then in WAYS {
            for cache in [&here, &there] {
                write(&living(&cache.region(ITEM), Some(SECOND)), then).await;
                drop(lease::<i64>(&cache.region(ITEM), "absent").await);
                let after = lives(&server).await;
                for (key, life) in before.iter().filter(|(key, _)| !key.contains("}:l:")) {
                    let left = after[key];
                    // No more is lost than the time that this takes.
                    assert!(left + millis(30 * SECOND) > *life, "{first}, {then}: {key}: {left}");
                }
                before = after;
            }
        }
    }
}

#[tokio::test]
async fn a_region_that_ends_as_a_whole_ends_when_it_shall() {
    for (refreshes, way) in [true, false].into_iter().flat_map(|r| WAYS.map(|way| (r, way))) {
        let Two { server, here, there: _ } = two().await;
        let options = |o: region_cache::RegionOptions| {
            o.ttl(10 * MINUTE).refresh_ttl_on_write(refreshes).entry_ttl(60 * MINUTE)
        };
        write(&here.region(ITEM).with(options), way).await;
        server.age_entries(5 * MINUTE).await;
        write(&here.region(ITEM).with(options), way).await;
        let lives = lives(&server).await;
        let wanted = if refreshes { 10 * MINUTE } else { 5 * MINUTE };
        let life = lives[&key('h', ITEM)];
        let slack = millis(20 * SECOND);
        assert!((millis(wanted) - slack..=millis(wanted)).contains(&life), "{way}: {life}");
        assert_outlived(&lives);
    }
}

/// Only where the server expires fields itself: elsewhere what has expired goes with its hash.
#[tokio::test]
async fn an_entry_that_was_expired_by_hand_goes_when_it_would_have_gone() {
    let Two { server, here, there: _ } = two().await;
    let region = living(&here.region(ITEM), Some(MINUTE)).with(|o| o.stale_for(MINUTE));
    living(&region, None).set("keeps the hash", &1).await.unwrap();
    for name in ["expire", "commit", "set and commit"] {
        region.set(name, &1).await.unwrap();
        match name {
            "expire" => assert!(region.expire(name).await.unwrap()),
            _ => region
                .transaction(async |t| {
                    if name == "set and commit" {
                        t.set(name, &2)?;
                    }
                    t.expire(name);
                    Ok(())
                })
                .await
                .unwrap(),
        }
        assert_eq!(number(&region, name).await, None, "{name}");
        if server.knows("HPTTL").await {
            let hash = key('h', ITEM);
            let life = server.cli(&["HPTTL", &hash, "FIELDS", "1", name]).await;
            assert!(life.parse::<i64>().unwrap() > 0, "{name}: it stays for {life}");
        }
    }
}

/// A transaction has a line of its own. If that was slow when it learnt the server's time, it takes it
/// for later than others do.
#[tokio::test]
async fn what_is_expired_over_a_slow_line_is_expired_for_all() {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address()).await;
    let cache = connect_to(&proxy.url()).await;
    let region = cache.region(ITEM);
    region.set("k", &1).await.unwrap();
    let late = Duration::from_millis(150);
    let slow = Fault::Delay { direction: Direction::Up, fixed: late, jitter: Duration::ZERO };
    proxy.inflict_on(Scope::Future, slow);
    region.transaction(async |t| t.set("other", &1)).await.unwrap();
    proxy.heal();
    let expire = async |t: region_cache::Transaction| {
        t.set("k", &2)?;
        t.expire("k");
        Ok(())
    };
    region.transaction(expire).await.unwrap();
    assert_eq!(number(&region, "k").await, None);
    assert_eq!(number(&connect(&server).await.region(ITEM), "k").await, None);
}

/// Every hash has its path's fences, which live longer; and so do the sets that lead to it.
fn assert_outlived(lives: &BTreeMap<String, i64>) {
    let life = |key: &str| lives.get(key).map(|life| if *life < 0 { i64::MAX } else { *life });
    let hashes = lives.keys().filter_map(|key| Some((key, key.split_once("}:h:")?.1)));
    for (hash, path) in hashes {
        let mut needed = fences(path);
        let parents = path.match_indices('.').map(|(at, _)| key('c', &path[..at]));
        needed.extend(parents.chain([ROOTS.to_owned()]));
        for needed in needed {
            assert!(life(&needed) >= life(hash), "{needed} does not outlive {hash}: {lives:#?}");
        }
    }
}

/// Does something, in all ways that there are, with lives from a second to an hour.
async fn act(cache: &Cache, random: &mut Random) {
    let paths = ["shop", "shop.a", "shop.a.b", "shop.c", "blog.d", "blog.d.e"];
    let pick = |random: &mut Random| paths[random.below(paths.len())];
    let (path, other) = (pick(random), pick(random));
    let ttl = [SECOND, MINUTE, 20 * MINUTE, 60 * MINUTE][random.below(4)];
    let region: Region = living(&cache.region(path), Some(ttl)).with(|o| o.stale_for(SECOND));
    match random.below(12) {
        way @ 0..7 => write(&region, WAYS[way]).await,
        7 => drop(region.expire("k").await.unwrap()),
        8 => drop(lease::<i64>(&region, "absent").await),
        9 => drop(region.invalidate().await.unwrap()),
        10 => {
            let root = path.split('.').next().unwrap();
            let target = if other.starts_with(root) { other } else { root };
            let both = region.transaction(async |t| {
                t.increment("n", 1).await?;
                t.region(target).set("m", &1)?;
                t.region(target).expire("m");
                t.remove("j");
                Ok(())
            });
            both.await.unwrap();
        }
        _ if random.below(10) == 0 => drop(cache.clear().await.unwrap()),
        _ => region.set_many([("a", &1), ("b", &2)]).await.unwrap(),
    }
}

/// Numbers that are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap()
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
