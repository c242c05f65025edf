//! Acts in words.

use crate::acts::{Act, Leasing, Part, Victim};
use crate::client::Task;
use crate::setup::Setup;
use crate::words::{Key, Keys, Region, Who};
use crate::world::World;

/// What happens, in words.
pub(super) fn act(setup: &Setup, world: &World, act: Act) -> String {
    let region = |region: Region| setup.tree.name(region);
    match act {
        Act::Read(w, r) => format!("{} reads {}, first command", who(w), region(r)),
        Act::ReadOn(w) => format!("{} reads, second command", who(w)),
        Act::Lease(w, k, how) => lease(w, k, how),
        Act::Fill(w) => match world.clients[w].task {
            Task::Computing(flight) => format!("{} fills {}", who(w), key(flight.key)),
            _ => format!("{} fills", who(w)),
        },
        Act::Write(w, k, how) => {
            let life = if how.is_lasting { "" } else { " for a short time" };
            let reply = if how.is_lost { "; the reply is lost" } else { "" };
            format!("{} sets {}{life}{reply}", who(w), keys(k))
        }
        Act::Resend => "the last write is sent once more".to_owned(),
        Act::Remove(k) => format!("somebody removes {}", key(k)),
        Act::Begin(w, which) => {
            let wish = setup.role(w).transactions[usize::from(which)];
            let reads = if wish.reads.is_empty() { "nothing".into() } else { keys(wish.reads) };
            let watch = if setup.rules.watch_before_reading { "WATCH, " } else { "" };
            format!("{} begins: {watch}reads {reads} and the fences", who(w))
        }
        Act::Watch(w) => format!("{} sends WATCH", who(w)),
        Act::Exec(w) => match &world.clients[w].task {
            Task::Transaction(this) => {
                format!("{} sends MULTI, {}, EXEC", who(w), keys(this.wish.writes))
            }
            _ => format!("{} sends EXEC", who(w)),
        },
        Act::Invalidate(Region::NAMESPACE) => "somebody clears the namespace".to_owned(),
        Act::Invalidate(r) => format!("somebody invalidates {}", region(r)),
        Act::Visit(r) => format!("a late walk visits {}", region(r)),
        Act::Free(r) => format!("a walk frees {}, at which it looked before", region(r)),
        Act::TakeUp(slot) => format!("a process takes up walk {slot}"),
        Act::Step(slot, r) => format!("walker {slot} visits {}", region(r)),
        Act::End(slot) => format!("walker {slot} is done"),
        Act::Abandon(slot) => format!("walker {slot} dies"),
        Act::Evict(victim) => match victim {
            Victim::Fence(r) => format!("the fence of {} is evicted", region(r)),
            Victim::Hash(r) => format!("the hash of {} is evicted", region(r)),
            Victim::Lease(k) => format!("the lease of {} is evicted", key(k)),
            Victim::ChildSet(r) => format!("the child set of {} is evicted", region(r)),
        },
        Act::Age => "the short lives run out".to_owned(),
        Act::Full(true) => "the server's memory is full".to_owned(),
        Act::Full(false) => "the server has memory again".to_owned(),
        Act::Die(w) => format!("{} dies and is started again", who(w)),
        Act::Snapshot => "the server saves a snapshot".to_owned(),
        Act::Restart(Part::Whole) => "the server restarts from its snapshot".to_owned(),
        Act::Restart(Part::Namespace) => "the namespace's server restarts from its snapshot".into(),
        Act::Restart(Part::Root) => "the root's server restarts from its snapshot".to_owned(),
        Act::Sync => "the replica catches up".to_owned(),
        Act::Failover => "the replica is promoted".to_owned(),
    }
}

fn lease(w: Who, k: Key, how: Leasing) -> String {
    match how {
        Leasing::Answered => format!("{} asks for the lease of {}", who(w), key(k)),
        Leasing::TakingOver => {
            format!("{} asks for the lease of {}, which is past its deadline", who(w), key(k))
        }
        Leasing::Lost => format!("{} asks for the lease of {}; the reply is lost", who(w), key(k)),
    }
}

/// A client: A, B or C.
pub(super) fn who(who: Who) -> char {
    char::from(b'A' + who.0)
}

/// A key: x or y.
pub(super) fn key(key: Key) -> char {
    char::from(b'x' + key.0)
}

fn keys(keys: Keys) -> String {
    keys.iter().map(|k| key(k).to_string()).collect::<Vec<_>>().join(" and ")
}
