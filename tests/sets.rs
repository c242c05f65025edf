//! Sets where there is little room, and where there is much in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use region_cache::{Begin, BoxError, Cache, Clock, SetOf};

const MINUTE: Duration = Duration::from_secs(60);

/// A cache with little room.
async fn small(bytes: u64, clock: Clock) -> Cache {
    Cache::builder().memory_capacity(bytes).clock(clock).build().await.unwrap()
}

/// A set of the first so many numbers.
fn first(cache: &Cache, count: &Arc<AtomicU64>) -> SetOf<u64, impl Begin<u64> + Clone + use<>> {
    let count = Arc::clone(count);
    cache.region("shop").set_of("fans").computed(move || {
        let all = (0..count.load(Ordering::SeqCst)).collect();
        std::future::ready(Ok::<_, BoxError>(all))
    })
}

/// The defence is that its entries are evicted together: a single one would be a member too few.
#[tokio::test]
async fn a_set_is_evicted_as_a_whole() {
    let (mut kept, mut lost) = (0, 0);
    for others in (280..480).step_by(5) {
        let cache = small(200_000, Clock::manual()).await;
        let tags = cache.region("shop").set_of::<u64>("tags");
        for number in 0..50 {
            assert!(tags.add(&number).await.unwrap());
        }
        for number in 0..others {
            cache.region("blog").set(number, &number).await.unwrap();
        }
        let is_there = tags.contains(&7).await.unwrap();
        assert_eq!(tags.len().await.unwrap(), if is_there { 50 } else { 0 }, "after {others}");
        assert_eq!(tags.add(&7).await.unwrap(), !is_there);
        assert_eq!(tags.len().await.unwrap(), if is_there { 50 } else { 1 }, "after {others}");
        if is_there { kept += 1 } else { lost += 1 }
    }
    assert!(kept > 0 && lost > 0, "kept {kept} times, and lost {lost} times");
}

/// The defence is that the mark, which is read each time, stands for all of them.
#[tokio::test]
async fn a_set_in_use_is_not_evicted_for_a_member_that_nobody_asks_for() {
    let cache = small(200_000, Clock::manual()).await;
    let tags = cache.region("shop").set_of::<u64>("tags");
    for number in 0..50 {
        assert!(tags.add(&number).await.unwrap());
    }
    for number in 0..2_000 {
        cache.region("blog").set(number, &number).await.unwrap();
        assert!(tags.contains(&0).await.unwrap(), "after {number}");
    }
    assert!(cache.stats().evicted > 1_000);
    assert_eq!(tags.len().await.unwrap(), 50);
}

/// The defence is that only an entry that is still its region's takes the others along.
#[tokio::test]
async fn what_is_left_of_a_set_that_has_ended_is_evicted_without_its_successor() {
    let (clock, count) = (Clock::manual(), Arc::new(AtomicU64::new(3_500)));
    let cache = small(2_000_000, clock.clone()).await;
    let fans = first(&cache, &count).ttl(MINUTE);
    assert_eq!(fans.len().await.unwrap(), 3_500);
    clock.advance(MINUTE);
    count.store(3, Ordering::SeqCst);
    assert_eq!(fans.len().await.unwrap(), 3);
    let plain = cache.region("blog").with(|o| o.compress_above(usize::MAX));
    plain.set("k", &"x".repeat(1_500_000)).await.unwrap();
    assert!(cache.stats().evicted > 10);
    count.store(4, Ordering::SeqCst);
    assert_eq!(fans.len().await.unwrap(), 3, "it stands as it was");
}

/// The defence is that its region is weighed once, and not with each member.
#[tokio::test]
async fn a_set_that_fits_is_stored() {
    let (cache, count) = (small(200_000, Clock::manual()).await, Arc::new(AtomicU64::new(300)));
    assert_eq!(first(&cache, &count).len().await.unwrap(), 300);
    assert_eq!((cache.stats().entries, cache.stats().fills), (301, 1));
}

/// What has no room is computed each time.
#[tokio::test]
async fn a_set_that_is_too_large_is_computed_and_not_stored() {
    let (cache, count) = (small(200_000, Clock::manual()).await, Arc::new(AtomicU64::new(1_000)));
    let fans = first(&cache, &count);
    assert!(fans.contains(&999).await.unwrap());
    assert_eq!((fans.len().await.unwrap(), cache.stats().entries), (1_000, 0));
    count.store(10, Ordering::SeqCst);
    assert_eq!((fans.len().await.unwrap(), fans.len().await.unwrap()), (10, 10));
    assert_eq!(cache.stats().entries, 11);
}
