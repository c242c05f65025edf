//! Race 13: walks that come late, or twice.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::stream::{StreamExt, iter};
use region_cache::Cache;
use region_cache::backend::Walk;
use region_cache_testkit::server::{Server, poll_until};

use crate::redis::{
    ROOTS, Two, address, changes, connect, exists, finish, invalidate, key, members, number,
    snapshot, two,
};

/// Race 13: a walk reaches what was written after its invalidation. Defence: it frees leftovers only,
/// and takes no living region from its parent's set.
#[tokio::test]
async fn a_late_walk_takes_nothing_that_was_written_after_its_invalidation() {
    for target in ["", "big"] {
        let Two { server, here, there } = two().await;
        plant(&here).await;
        let walk = begin(&here, target).await;
        let living = revive(&there, 0).await;
        finish(&here, &walk).await;
        are_intact(&server, &[&here, &there], &living).await;
        let hashes: BTreeSet<String> = hashes(&server).await;
        assert_eq!(hashes, living, "all else is freed");
    }
}

/// Race 13, with two walks of one tree, a step of each in turn, and new values between. Defence: the
/// same.
#[tokio::test]
async fn doubled_walks_take_nothing_that_was_written_between_their_steps() {
    let Two { server, here, there } = two().await;
    plant(&here).await;
    let walks = [begin(&here, "big").await, begin(&there, "big").await];
    let (mut living, mut round, mut is_done) = (BTreeSet::new(), 0, [false; 2]);
    while is_done != [true; 2] {
        for (n, cache) in [&here, &there].into_iter().enumerate() {
            living.extend(revive(cache, round).await);
            round += 1;
            is_done[n] = cache.backend().walk(&walks[n]).await.unwrap().is_done;
        }
    }
    assert!(round >= 8, "they had only {round} steps");
    are_intact(&server, &[&here, &there], &living).await;
}

/// Race 13, with a step that arrives when everything is over. Defence: the same.
#[tokio::test]
async fn a_step_that_arrives_again_when_all_lives_changes_nothing() {
    let Two { server, here, there } = two().await;
    plant(&here).await;
    let walk = begin(&here, "big").await;
    let mut monitor = server.monitor().await;
    finish(&here, &walk).await;
    let lines = monitor.lines().await;
    let steps: Vec<Vec<String>> = lines.iter().filter_map(|line| script(line)).collect();
    assert!(steps.len() >= 3, "{lines:?}");

    plant(&there).await;
    let unfinished = "region-cache:{big}:p";
    server.cli(&["DEL", unfinished]).await;
    let before = snapshot(&server).await;
    for step in steps {
        let reply = server.call(&step).await;
        assert!(!reply.is_error(), "{reply}");
    }
    server.cli(&["DEL", unfinished]).await;
    assert_eq!(changes(&before, &snapshot(&server).await), [""; 0]);
}

/// Race 13, with an unfinished walk that is found long after and taken up by another process. Defence:
/// the same.
#[tokio::test]
async fn an_unfinished_walk_that_is_taken_up_late_takes_nothing_that_lives() {
    let Two { server, here, there } = two().await;
    plant(&here).await;
    let abandoned = begin(&here, "big").await;
    drop(here);
    let living = revive(&there, 0).await;

    let unfinished = "region-cache:{big}:p";
    let id = format!("{:?}", abandoned.id);
    assert_eq!(server.cli(&["HKEYS", unfinished]).await, id);
    for entry in [&id, "00000000000000000000000000000001"] {
        // So long ago that anybody may take it up.
        server.cli(&["HSET", unfinished, entry, "big|1"]).await;
    }
    let finder = connect(&server).await;
    invalidate(&finder, "big.nothing").await;
    let ended = async || (!exists(&server, unfinished).await).then_some(());
    poll_until(DEADLINE, "the walks to be taken up and ended", ended).await;
    are_intact(&server, &[&there, &finder], &living).await;
    let hashes: BTreeSet<String> = hashes(&server).await;
    assert_eq!(hashes, living, "all else is freed");
}

/// What lives is read by everyone, and found from above; the sets of children name nothing else.
async fn are_intact(server: &Server, caches: &[&Cache], living: &BTreeSet<String>) {
    for cache in caches {
        for path in living {
            assert_eq!(number(&cache.region(path), "k").await, Some(2), "{path} is gone");
        }
    }
    assert_eq!(members(server, ROOTS).await, ["big"]);
    for parent in ["big", "big.deep"] {
        let beneath = format!("{parent}.");
        let names = living.iter().filter_map(|path| path.strip_prefix(&beneath));
        let names: BTreeSet<&str> = names.filter_map(|rest| rest.split('.').next()).collect();
        let linked = members(server, &key('c', parent)).await;
        let linked: BTreeSet<&str> = linked.iter().map(String::as_str).collect();
        let lost: Vec<_> = names.difference(&linked).collect();
        assert!(lost.is_empty(), "living, and not linked to {parent}: {lost:?}");
    }
}

/// Invalidates without a walk behind the caller's back: its steps are the test's.
async fn begin(cache: &Cache, target: &str) -> Walk {
    let walk = cache.backend().invalidate(&address(target)).await.unwrap();
    assert!(!walk.progress.is_done, "the tree is too small: {walk:?}");
    walk
}

/// Writes anew to some regions, of which a walk has freed some already and others not.
async fn revive(cache: &Cache, round: usize) -> BTreeSet<String> {
    let some = paths().into_iter().skip(round).step_by(23);
    let some: BTreeSet<String> = some.chain(["big.deep".to_owned()]).collect();
    for path in &some {
        cache.region(path).set("k", &2).await.unwrap();
    }
    some
}

/// Gives every region of the tree an entry.
async fn plant(cache: &Cache) {
    let all = iter(paths()).map(async |path| cache.region(&path).set("k", &1).await.unwrap());
    all.buffer_unordered(32).collect::<Vec<()>>().await;
}

/// A tree that takes many steps: leaves beneath its root, and beneath a region in it.
fn paths() -> Vec<String> {
    // A set of numbers alone is looked through in one go.
    let wide = (0..500).map(|n| format!("big.leaf{n}"));
    wide.chain((0..500).map(|n| format!("big.deep.leaf{n}"))).collect()
}

/// The regions of which there is a hash.
async fn hashes(server: &Server) -> BTreeSet<String> {
    let keys = server.keys().await;
    let paths = keys.iter().filter_map(|name| name.split_once("}:h:"));
    paths.map(|(_, path)| path.to_owned()).collect()
}

/// The words of a script's call that a line of a monitor shows.
fn script(line: &str) -> Option<Vec<String>> {
    let (_, words) = line.split_once("] \"EVALSHA\" \"")?;
    let words = words.strip_suffix('"')?.split("\" \"");
    Some(["EVALSHA"].into_iter().chain(words).map(str::to_owned).collect())
}

const DEADLINE: Duration = Duration::from_secs(5);
