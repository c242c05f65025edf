//! What a model is made of: a tree, the clients and what they may do, and what may go wrong.

use crate::faults::Faults;
use crate::promises::Promise;
use crate::rules::Rules;
use crate::tree::Tree;
use crate::words::{ByWho, Keys, Regions, Who};

/// One configuration, to be explored as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// What it is about.
    pub name: &'static str,
    /// The regions and keys.
    pub tree: Tree,
    /// The rules that are kept.
    pub rules: Rules,
    /// The clients, and what each may do, in any order and as often as it likes.
    pub roles: &'static [Role],
    /// The keys that somebody may remove.
    pub removes: Keys,
    /// The regions that somebody may invalidate; the namespace among them is `clear`.
    pub invalidates: Regions,
    /// How the freeing behind an invalidation is modelled.
    pub walks: Walks,
    /// What may go wrong, and how often.
    pub faults: Faults,
    /// Whether the namespace's fence lies on another server than the roots, as it may in a cluster:
    /// one of the two may then restart alone.
    pub namespace_apart: bool,
    /// Whether a connection outlives the demotion of its server and its new promotion, as it does
    /// after `REPLICAOF` by hand. (Sentinel cuts all connections.)
    pub connections_survive: bool,
    /// Whether each batch of reads and each transaction asks for the reign, and not only those on a
    /// connection that has not confirmed it for B. More than the contract asks.
    pub reign_always_asked: bool,
    /// A region whose hash is of a foreign type: somebody else uses our key.
    pub foreign: Regions,
    /// The promises that are looked at.
    pub judged: &'static [Promise],
}

/// What one client may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// The regions whose keys it reads, all at once, in two steps.
    pub reads: Regions,
    /// The keys that it computes: lease, then fill.
    pub computes: Keys,
    /// Whether its callers join computations of the other clients, as in one process.
    pub joins: bool,
    /// The sets of keys that it writes, each by one script.
    pub writes: &'static [Keys],
    /// Its transactions.
    pub transactions: &'static [Wish],
}

/// A transaction: what its closure reads, and what it then writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wish {
    /// The keys that it reads.
    pub reads: Keys,
    /// The keys that it writes.
    pub writes: Keys,
}

/// The freeing behind an invalidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walks {
    /// None: it only ever frees memory.
    None,
    /// Any region may be visited at any time, as by a walk that comes late, is doubled or was
    /// resumed by another process. More than any real walk does, and without a state of its own.
    Late,
    /// As it is: walks are noted, begun, taken up by others, and end. For the question whether they
    /// leave anything behind.
    Traversed,
}

impl Setup {
    /// A namespace, a root and a region with one key, nobody who does anything, and no faults.
    pub const QUIET: Self = Self {
        name: "nothing happens",
        tree: Tree::SINGLE,
        rules: Rules::CONTRACT,
        roles: &[],
        removes: Keys::NONE,
        invalidates: Regions::NONE,
        walks: Walks::None,
        faults: Faults::NONE,
        namespace_apart: false,
        connections_survive: false,
        reign_always_asked: false,
        foreign: Regions::NONE,
        judged: Promise::ALL,
    };

    /// The clients.
    pub fn clients(&self) -> impl Iterator<Item = Who> + use<> {
        (0..).take(self.roles.len()).map(Who)
    }

    /// What this client may do.
    pub fn role(&self, who: Who) -> &'static Role {
        &self.roles[usize::from(who.0)]
    }

    /// Whether some entries live for a short time only.
    pub fn has_short_lives(&self) -> bool {
        self.faults.ages.is_left()
    }

    /// The orders in which the clients can be put without changing what any place may do. The first
    /// leaves everything as it is.
    pub fn orders(&self) -> Vec<ByWho<Who>> {
        let mut orders = vec![ByWho::all(Who(0))];
        for place in self.clients() {
            orders = orders
                .iter()
                .flat_map(|order| {
                    let taken: Vec<_> =
                        self.clients().take_while(|w| *w < place).map(|w| order[w]).collect();
                    self.clients()
                        .filter(|who| !taken.contains(who) && self.role(*who) == self.role(place))
                        .map(|who| {
                            let mut order = *order;
                            order[place] = who;
                            order
                        })
                        .collect::<Vec<_>>()
                })
                .collect();
        }
        orders
    }
}

impl Role {
    /// A client that does nothing.
    pub const IDLE: Self = Self {
        reads: Regions::NONE,
        computes: Keys::NONE,
        joins: false,
        writes: &[],
        transactions: &[],
    };
}
