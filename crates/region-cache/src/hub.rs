//! What one cache knows of signals: its own bindings, who listens in it, and what it has heard.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::{broadcast, watch};

use crate::bus::{Bus, Interest, Position};
use crate::event::Event;
use crate::name::Address;
use crate::signal::{Bound, Fall, One, Signal, Target, beneath, matches};
use crate::wire::Id;

/// The signals' side of one cache.
#[derive(Debug)]
pub(crate) struct Hub {
    /// This cache, in messages.
    pub(crate) me: Id,
    pub(crate) bus: Arc<dyn Bus>,
    /// Bindings that were made here, by their texts: they are kept by the bus, and here for when it
    /// forgets.
    durable: Mutex<BTreeMap<String, Bound>>,
    closures: Mutex<Vec<Arc<Closure>>>,
    next_closure: AtomicU64,
    pub(crate) events: broadcast::Sender<Event>,
    /// What is listened to; none while nobody wants to.
    pub(crate) wants: watch::Sender<Option<Interest>>,
    /// What is listened to and caught up with; none while the bus is down.
    pub(crate) up: watch::Sender<Option<Interest>>,
    pub(crate) is_listening: AtomicBool,
    /// Whether somebody wants to listen, so that it is begun again where it ended with its runtime.
    pub(crate) is_wanted: AtomicBool,
    /// Whether foreign programs publish: what they said in a gap, nobody has written down.
    pub(crate) has_foreign: AtomicBool,
    /// Whether so much came that not all of it could be seen to.
    pub(crate) is_flooded: AtomicBool,
    /// Up to where the journal was seen to.
    pub(crate) seen: Mutex<Option<Position>>,
    heard: Mutex<Heard>,
    /// Foreign signals that are being seen to, and how often each was heard.
    pub(crate) adopting: Mutex<HashMap<Id, u64>>,
}

/// What chooses by itself what falls.
pub(crate) type Choose = Box<dyn Fn(&Signal) -> Fall + Send + Sync>;

/// A binding that lives in this process.
pub(crate) struct Closure {
    pub(crate) number: u64,
    pub(crate) patterns: Vec<String>,
    pub(crate) region: Address,
    choose: Choose,
}

/// The last emissions that were heard: each is heard once.
#[derive(Debug, Default)]
struct Heard {
    ids: HashSet<Id>,
    order: VecDeque<Id>,
}

impl Hub {
    pub(crate) fn new(bus: Arc<dyn Bus>) -> Arc<Self> {
        Arc::new(Self {
            me: Id::random(),
            bus,
            durable: Mutex::default(),
            closures: Mutex::default(),
            next_closure: AtomicU64::new(0),
            events: broadcast::Sender::new(EVENTS),
            wants: watch::Sender::new(None),
            up: watch::Sender::new(None),
            is_listening: AtomicBool::new(false),
            is_wanted: AtomicBool::new(false),
            has_foreign: AtomicBool::new(false),
            is_flooded: AtomicBool::new(false),
            seen: Mutex::default(),
            heard: Mutex::default(),
            adopting: Mutex::default(),
        })
    }

    /// Remembers a durable binding.
    pub(crate) fn remember(&self, bound: Bound) {
        self.durable.lock().insert(bound.text(), bound);
    }

    pub(crate) fn forget(&self, text: &str) {
        self.durable.lock().remove(text);
    }

    /// The texts of the durable bindings that were made here.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.durable.lock().keys().cloned().collect()
    }

    pub(crate) fn add_closure(
        &self,
        patterns: Vec<String>,
        region: Address,
        choose: Choose,
    ) -> u64 {
        let number = self.next_closure.fetch_add(1, Ordering::Relaxed);
        let closure = Closure { number, patterns, region, choose };
        self.closures.lock().push(Arc::new(closure));
        number
    }

    pub(crate) fn remove_closure(&self, number: u64) -> bool {
        let mut closures = self.closures.lock();
        let before = closures.len();
        closures.retain(|closure| closure.number != number);
        closures.len() < before
    }

    pub(crate) fn closures(&self) -> Vec<Arc<Closure>> {
        self.closures.lock().clone()
    }

    /// Whether an emission was heard and seen to.
    pub(crate) fn has_heard(&self, id: Id) -> bool {
        self.heard.lock().ids.contains(&id)
    }

    /// An emission was seen to: it is not to be heeded again.
    pub(crate) fn heard(&self, id: Id) {
        let mut heard = self.heard.lock();
        if heard.ids.insert(id) {
            heard.order.push_back(id);
            if heard.order.len() > REMEMBERED
                && let Some(oldest) = heard.order.pop_front()
            {
                heard.ids.remove(&oldest);
            }
        }
    }

    /// Whether the listener must be begun anew.
    pub(crate) fn sleeps(&self) -> bool {
        self.is_wanted.load(Ordering::Relaxed) && !self.is_listening.load(Ordering::SeqCst)
    }

    /// What falls by a signal: by the bindings that are kept, and by the closures of this process. Where
    /// the kept ones were lost, by those too that were made here.
    pub(crate) fn targets(&self, namespace: &str, signal: &Signal, kept: &[String]) -> Vec<Target> {
        let bound = self.bound(kept).filter_map(|bound| bound.target(namespace, signal));
        bound.chain(self.chosen(signal)).collect()
    }

    /// All that is bound, whole: where it is not known what was said.
    pub(crate) fn everything(&self, namespace: &str, kept: &[String]) -> Vec<Target> {
        let bound = self.bound(kept).filter_map(|bound| bound.whole(namespace));
        bound.chain(self.all_chosen(None)).collect()
    }

    fn bound(&self, kept: &[String]) -> impl Iterator<Item = Bound> {
        let is_whole = kept.iter().any(|text| text == MARK);
        let own = if is_whole { BTreeMap::new() } else { self.durable.lock().clone() };
        let kept: Vec<Bound> = kept.iter().filter_map(|text| Bound::parse(text)).collect();
        kept.into_iter().chain(own.into_values())
    }

    /// Whether a closure of this process is for a signal.
    pub(crate) fn chooses(&self, name: &str) -> bool {
        self.closures.lock().iter().any(|closure| closure.is_for(name))
    }

    /// What the closures of this process choose.
    pub(crate) fn chosen(&self, signal: &Signal) -> Vec<Target> {
        let closures = self.closures();
        closures
            .iter()
            .filter(|closure| closure.is_for(signal.name()))
            .flat_map(|c| c.fall(signal))
            .collect()
    }

    /// The whole regions of the closures for this signal, or of all of them: where it is not known what
    /// was said.
    pub(crate) fn all_chosen(&self, name: Option<&str>) -> Vec<Target> {
        let closures = self.closures();
        let wanted = closures.iter().filter(|closure| name.is_none_or(|name| closure.is_for(name)));
        wanted.map(|closure| Target::Tree(closure.region.clone())).collect()
    }

    /// Tells those who listen in this process.
    pub(crate) fn tell(&self, event: Event) {
        // Fails only where nobody does.
        let _ = self.events.send(event);
    }
}

impl Closure {
    fn is_for(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, name))
    }

    /// What falls. Where the closure panics, or names what is none, the whole region.
    fn fall(&self, signal: &Signal) -> Vec<Target> {
        let whole = || Target::Tree(self.region.clone());
        let choose = std::panic::AssertUnwindSafe(|| (self.choose)(signal));
        let Ok(Fall(all)) = std::panic::catch_unwind(choose) else {
            tracing::error!(signal = signal.name(), region = %self.region, "a binding's closure panicked");
            return vec![whole()];
        };
        let target = |one| match one {
            One::All => whole(),
            One::Region(path) => beneath(&self.region, &path).map_or_else(whole, Target::Tree),
            One::Key(key) if key.check().is_err() => whole(),
            One::Key(key) => Target::Key(self.region.clone(), key),
        };
        all.into_iter().map(target).collect()
    }
}

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Closure({:?} → {})", self.patterns, self.region)
    }
}

/// Kept among the bindings, and made before the first of them: where it is missing they were lost.
pub(crate) const MARK: &str = "bindings of region-cache";

/// How many events a slow subscriber may be behind.
const EVENTS: usize = 1_024;

/// How many emissions are remembered.
const REMEMBERED: usize = 20_000;
