//! Faults that come and go at random.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::fault::{Direction, Fault, Kind};
use super::link::Links;
use super::random::Random;
use crate::server::pause;

/// What a storm is like. The same seed brings the same faults in the same order.
#[derive(Clone, Debug)]
pub struct StormPlan {
    /// What chance comes from.
    pub seed: u64,
    /// How long nothing happens between two gusts.
    pub calm: RangeInclusive<Duration>,
    /// How long a gust lasts.
    pub gust: RangeInclusive<Duration>,
    /// What may happen. Each is as likely as the others.
    pub kinds: Vec<Kind>,
    /// How many kinds at most there are in one gust.
    pub at_once: usize,
}

/// A storm that goes on until it is stopped or dropped.
#[derive(Debug)]
pub struct Storm {
    links: Arc<Links>,
    log: Arc<Mutex<VecDeque<Gust>>>,
    tasks: JoinSet<()>,
}

/// What a storm did at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gust {
    /// When, counted from the storm's start.
    pub at: Duration,
    /// How long it was meant to last.
    pub lasting: Duration,
    /// What was inflicted, on all connections and those to come as far as it lasts.
    pub faults: Vec<Fault>,
}

impl StormPlan {
    /// A storm of all that happens in real networks, in gusts of up to half a second.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            calm: Duration::from_millis(5)..=Duration::from_millis(300),
            gust: Duration::from_millis(5)..=Duration::from_millis(500),
            kinds: Kind::REAL.to_vec(),
            at_once: 3,
        }
    }

    /// The same with other kinds of faults.
    pub fn kinds(mut self, kinds: &[Kind]) -> Self {
        self.kinds = kinds.to_vec();
        self
    }

    /// The same with other times, to the longest.
    pub fn times(mut self, calm: Duration, gust: Duration) -> Self {
        self.calm = Duration::from_millis(1)..=calm;
        self.gust = Duration::from_millis(1)..=gust;
        self
    }
}

impl Storm {
    pub(super) fn start(links: Arc<Links>, plan: StormPlan) -> Self {
        let log = Arc::new(Mutex::new(VecDeque::new()));
        let mut tasks = JoinSet::new();
        tasks.spawn(blow(Arc::clone(&links), plan, Arc::clone(&log)));
        Self { links, log, tasks }
    }

    /// What it has done so far, the last of it if that is long.
    pub fn log(&self) -> Vec<Gust> {
        self.log.lock().iter().cloned().collect()
    }

    /// Ends it, takes back all that was inflicted, and gives the log.
    pub async fn stop(mut self) -> Vec<Gust> {
        self.tasks.shutdown().await;
        self.links.lift(&Kind::ALL);
        self.log()
    }
}

async fn blow(links: Arc<Links>, plan: StormPlan, log: Arc<Mutex<VecDeque<Gust>>>) {
    let start = Instant::now();
    let mut random = Random::new(plan.seed);
    loop {
        pause(random.time(&plan.calm)).await;
        let lasting = random.time(&plan.gust);
        let faults = choose(&mut random, &plan);
        for &fault in &faults {
            links.inflict(fault.kind().scope(), fault);
        }
        let kinds: Vec<Kind> = faults.iter().map(|fault| fault.kind()).collect();
        note(&mut log.lock(), Gust { at: start.elapsed(), lasting, faults });
        pause(lasting).await;
        links.lift(&kinds);
    }
}

/// Some faults of different kinds.
fn choose(random: &mut Random, plan: &StormPlan) -> Vec<Fault> {
    let mut kinds = plan.kinds.clone();
    let count = random.number(1..=plan.at_once.max(1) as u64);
    let mut faults = Vec::new();
    for _ in 0..count {
        if !kinds.is_empty() {
            let kind = random.choice(&kinds);
            kinds.retain(|&other| other != kind);
            faults.push(fault(random, kind));
        }
    }
    faults
}

/// A fault of a kind, with figures that can be felt and survived.
fn fault(random: &mut Random, kind: Kind) -> Fault {
    let direction = random.choice(&[Direction::Up, Direction::Down, Direction::Both]);
    match kind {
        Kind::Delay => Fault::Delay {
            direction,
            fixed: Duration::from_millis(random.number(1..=50)),
            jitter: Duration::from_millis(random.number(0..=50)),
        },
        Kind::Throttle => {
            Fault::Throttle { direction, bytes_per_second: random.number(2_000..=200_000) }
        }
        Kind::Stall => Fault::Stall(direction),
        Kind::BlackHole => Fault::BlackHole(direction),
        Kind::Cut => Fault::CutAfter { direction, bytes: random.number(0..=4_096) },
        Kind::HalfClose => Fault::HalfClose(direction),
        Kind::Reset => Fault::Reset,
        Kind::DuplicateChunk => Fault::DuplicateChunks(random.number(1..=3)),
        Kind::DuplicateMessage => Fault::DuplicateMessages(random.number(1..=3)),
        Kind::DropMessage => Fault::DropMessages(random.number(1..=3)),
        Kind::Refuse => Fault::Refuse,
    }
}

fn note(log: &mut VecDeque<Gust>, gust: Gust) {
    if log.len() == LONGEST_LOG {
        log.pop_front();
    }
    log.push_back(gust);
}

const LONGEST_LOG: usize = 10_000;
