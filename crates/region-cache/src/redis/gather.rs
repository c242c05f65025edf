//! Reads that come together go together: each value and each fence is asked for once, and so is the server's
//! reign.
//!
//! Who comes alone sends for itself, because a hand-over costs more than it spares. Whoever comes while
//! somebody else is reading waits for a task that takes all who wait, sends for them, and begins again
//! until nobody is left. What is sent together is sent after the last of them came, so nobody is given
//! anything older than its question. A read that fails in company is made again alone: it may have been
//! another's fault.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::channel::oneshot;
use parking_lot::Mutex;
use redis::FromRedisValue;

use super::Redis;
use super::layout;
use super::read::{judge, validated_all};
use crate::backend::{Address, Ask, Found};
use crate::key::Key;
use crate::tasks::{go_last, within};
use crate::time::Clock;

/// Who reads, and who waits to be read for.
#[derive(Debug, Default)]
pub(super) struct Gather {
    under_way: AtomicUsize,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether there is a task that reads for them.
    is_served: bool,
}

#[derive(Debug)]
struct Waiting {
    region: Address,
    keys: Vec<Key>,
    ask: Ask,
    tell: oneshot::Sender<Vec<Option<Found>>>,
}

/// Somebody who reads.
pub(super) struct Reader<'a> {
    gather: &'a Gather,
    /// Whether nobody else was reading.
    pub(super) is_alone: bool,
}

impl Gather {
    pub(super) fn enter(&self) -> Reader<'_> {
        let is_alone = self.under_way.fetch_add(1, Ordering::Relaxed) == 0;
        Reader { gather: self, is_alone }
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.gather.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Redis {
    /// Reads together with others; nothing where that did not work.
    pub(super) async fn read_together(
        &self,
        region: &Address,
        keys: &[Key],
        ask: Ask,
    ) -> Option<Vec<Option<Found>>> {
        if !self.tasks.can_keep() {
            return None;
        }
        let (tell, told) = oneshot::channel();
        let waiting = Waiting { region: region.clone(), keys: keys.to_vec(), ask, tell };
        let is_served = {
            let mut queue = self.gather.queue.lock();
            queue.waiting.push(waiting);
            std::mem::replace(&mut queue.is_served, true)
        };
        if !is_served {
            self.tasks.keep(self.clone().serve(Serving(Arc::clone(&self.gather))));
        }
        // A task on a runtime that nobody drives any more serves nobody.
        within(&Clock::system(), PATIENCE, told).await?.ok()
    }

    async fn serve(self, serving: Serving) {
        loop {
            // Whoever is ready to ask asks first.
            go_last().await;
            let Some(company) = serving.next() else { return };
            self.read_for(company).await;
        }
    }

    /// One request for all of them. Who is told nothing reads alone.
    async fn read_for(&self, company: Vec<Waiting>) -> Option<()> {
        let line = self.lines.shared().await.ok()?;
        let groups = Groups::of(&company);
        let mut pipe = redis::pipe();
        let mut own = 0;
        for group in &groups.all {
            let hash = layout::entries(group.region);
            pipe.cmd("HMGET").arg(&hash);
            for key in &group.keys {
                pipe.arg(key.as_bytes());
            }
            own += 1;
            if group.ask == Ask::Lives {
                pipe.cmd("PTTL").arg(&hash);
                own += 1;
            }
        }
        let regions: Vec<&Address> = groups.all.iter().map(|group| group.region).collect();
        let (replies, standings) = validated_all(&line, &regions, pipe, own).await.ok()?;
        let mut replies = replies.into_iter();
        let now = line.now();
        let mut found: Vec<Vec<Option<Found>>> = Vec::with_capacity(groups.all.len());
        for (group, standing) in groups.all.iter().zip(&standings) {
            let values = Vec::<Option<Vec<u8>>>::from_redis_value(replies.next()?).ok()?;
            let left = match group.ask {
                Ask::Lives => Some(i64::from_redis_value(replies.next()?).ok()?),
                Ask::Values => None,
            };
            found.push(values.into_iter().map(|bytes| judge(bytes, standing, now, left)).collect());
            if let Some(fence) = standing.own() {
                self.beliefs.saw(group.region, fence);
            }
        }
        let places = groups.places;
        for (waiting, places) in company.into_iter().zip(places) {
            let at = |(group, key): (usize, usize)| found.get(group)?.get(key).cloned();
            let found: Option<Vec<Option<Found>>> = places.into_iter().map(at).collect();
            // Who does not wait any more does not need it.
            let _ = waiting.tell.send(found?);
        }
        Some(())
    }
}

/// The task that reads for others. When it ends before its time, they are told.
struct Serving(Arc<Gather>);

impl Serving {
    /// Those who wait now; nothing, and the end of this task, where nobody does.
    fn next(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.0.queue.lock();
        if queue.waiting.is_empty() {
            queue.is_served = false;
            return None;
        }
        let many = queue.waiting.len().min(MOST_TOGETHER);
        Some(queue.waiting.drain(..many).collect())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let mut queue = self.0.queue.lock();
        if queue.is_served && !queue.waiting.is_empty() {
            queue.waiting.clear();
        }
        queue.is_served = false;
    }
}

/// What is asked for, each region and each key once.
struct Groups<'a> {
    all: Vec<Group<'a>>,
    /// Of everybody, and of each of their keys: which group, and where in it.
    places: Vec<Vec<(usize, usize)>>,
}

struct Group<'a> {
    region: &'a Address,
    keys: Vec<&'a Key>,
    ask: Ask,
}

impl<'a> Groups<'a> {
    fn of(company: &'a [Waiting]) -> Self {
        let mut all: Vec<Group<'a>> = Vec::new();
        let mut regions: HashMap<&Address, usize> = HashMap::new();
        let mut keys: HashMap<(usize, &Key), usize> = HashMap::new();
        let mut places = Vec::with_capacity(company.len());
        for waiting in company {
            let at = *regions.entry(&waiting.region).or_insert_with(|| {
                all.push(Group { region: &waiting.region, keys: Vec::new(), ask: Ask::Values });
                all.len() - 1
            });
            let Some(group) = all.get_mut(at) else { continue };
            if waiting.ask == Ask::Lives {
                group.ask = Ask::Lives;
            }
            let place = waiting.keys.iter().map(|key| {
                let place = *keys.entry((at, key)).or_insert_with(|| {
                    group.keys.push(key);
                    group.keys.len() - 1
                });
                (at, place)
            });
            places.push(place.collect());
        }
        Self { all, places }
    }
}

/// How many readers are read for at once.
const MOST_TOGETHER: usize = 256;

/// How long somebody waits to be read for, before it reads alone.
const PATIENCE: Duration = Duration::from_millis(100);
