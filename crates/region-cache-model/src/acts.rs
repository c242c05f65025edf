//! What can happen next, and what happens then. A file for each act of the contract.
//!
//! A script is one step, and its reply arrives with it: its caller does nothing in between, so a
//! later arrival would change nothing that anybody could see. A lost reply is a step of its own kind.
//! A request that reaches the server long after its caller gave up needs no step either: it is what
//! another client with the same, by then outdated, beliefs would send.

mod age;
mod death;
mod evict;
mod failover;
mod fill;
mod full;
mod invalidate;
mod lease;
mod read;
mod remove;
mod restart;
mod transaction;
mod walk;
mod write;

pub use evict::Victim;
pub use lease::Leasing;
pub use restart::Part;
pub use write::Writing;

use crate::client::Task;
use crate::promises::{self, Kept, Promise, demand};
use crate::setup::Setup;
use crate::words::{Key, Keys, Region, Who};
use crate::world::World;

/// Something that can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A client sends a read: its first command is answered.
    Read(Who, Region),
    /// The second command of its read is answered.
    ReadOn(Who),
    /// A client asks for a key's lease, having missed.
    Lease(Who, Key, Leasing),
    /// A client stores what it has computed.
    Fill(Who),
    /// A client writes keys by the script.
    Write(Who, Keys, Writing),
    /// A layer below sends the last write once more.
    Resend,
    /// Somebody removes a key.
    Remove(Key),
    /// A client begins one of its transactions.
    Begin(Who, u8),
    /// It sends `WATCH`, late.
    Watch(Who),
    /// It sends `MULTI`, its writes and `EXEC`.
    Exec(Who),
    /// Somebody invalidates a region, or clears the namespace.
    Invalidate(Region),
    /// A walk that comes late visits a region.
    Visit(Region),
    /// A walk comes late to what it looked at earlier, and frees it.
    Free(Region),
    /// A process takes up a walk.
    TakeUp(u8),
    /// It visits a region.
    Step(u8, Region),
    /// It has visited everything, and notes that the walk is done.
    End(u8),
    /// It dies.
    Abandon(u8),
    /// The server evicts something, or it expires.
    Evict(Victim),
    /// The short lives run out.
    Age,
    /// The server's memory fills up, or is free again.
    Full(bool),
    /// A client dies, and is started again.
    Die(Who),
    /// The server saves a snapshot.
    Snapshot,
    /// It restarts from that.
    Restart(Part),
    /// The replica catches up.
    Sync,
    /// The replica is promoted.
    Failover,
}

/// Everything that can happen next.
pub fn offers(setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    read::offer(setup, world, acts);
    lease::offer(setup, world, acts);
    fill::offer(setup, world, acts);
    write::offer(setup, world, acts);
    remove::offer(setup, world, acts);
    transaction::offer(setup, world, acts);
    invalidate::offer(setup, world, acts);
    walk::offer(setup, world, acts);
    evict::offer(setup, world, acts);
    age::offer(setup, world, acts);
    full::offer(setup, world, acts);
    death::offer(setup, world, acts);
    restart::offer(setup, world, acts);
    failover::offer(setup, world, acts);
}

/// What the world is when `act` has happened, and whether that broke a promise.
pub fn step(setup: &Setup, before: &World, act: Act) -> (World, Kept) {
    let mut world = before.clone();
    let kept = happen(setup, &mut world, act)
        .and_then(|()| note(setup, before, &mut world, act))
        .and_then(|()| promises::check(setup, &world));
    (world, kept)
}

fn happen(setup: &Setup, world: &mut World, act: Act) -> Kept {
    match act {
        Act::ReadOn(who) => read::second(setup, world, who),
        Act::Lease(who, key, how) => lease::take(setup, world, who, key, how),
        Act::Fill(who) => fill::fill(setup, world, who),
        Act::Write(who, keys, how) => write::write(setup, world, who, keys, how),
        Act::Resend => write::resend(setup, world),
        Act::Exec(who) => transaction::exec(setup, world, who),
        Act::Invalidate(region) => invalidate::invalidate(setup, world, region),
        _ => {
            happen_safely(setup, world, act);
            Ok(())
        }
    }
}

/// What cannot break a promise in itself, though the state that it leads to may.
fn happen_safely(setup: &Setup, world: &mut World, act: Act) {
    match act {
        Act::Read(who, region) => read::first(setup, world, who, region),
        Act::Remove(key) => remove::remove(setup, world, key),
        Act::Begin(who, which) => transaction::begin(setup, world, who, which),
        Act::Watch(who) => transaction::watch(world, who),
        Act::Visit(region) => walk::visit_late(setup, world, region),
        Act::Free(region) => walk::free_late(setup, world, region),
        Act::TakeUp(slot) => walk::take_up(world, slot),
        Act::Step(slot, region) => walk::step(setup, world, slot, region),
        Act::End(slot) => walk::end(world, slot),
        Act::Abandon(slot) => walk::abandon(world, slot),
        Act::Evict(victim) => evict::evict(setup, world, victim),
        Act::Age => age::age(setup, world),
        Act::Full(is_full) => full::set(world, is_full),
        Act::Die(who) => death::die(world, who),
        Act::Snapshot => restart::snapshot(world),
        Act::Restart(part) => restart::restart(setup, world, part),
        Act::Sync => failover::sync(world),
        Act::Failover => failover::failover(setup, world),
        Act::ReadOn(_)
        | Act::Lease(..)
        | Act::Fill(_)
        | Act::Write(..)
        | Act::Resend
        | Act::Exec(_)
        | Act::Invalidate(_) => {}
    }
}

/// What others notice of an act: which ids have fallen, which `WATCH` was touched, and what could be
/// seen while a read was under way.
fn note(setup: &Setup, before: &World, world: &mut World, act: Act) -> Kept {
    if !matches!(act, Act::Restart(_) | Act::Failover) {
        let rose = world.truth.note_fences(setup, &before.master.data, &world.master.data);
        demand(setup, !rose, Promise::Undead)?;
    }
    for who in setup.clients() {
        match world.clients[who].task {
            Task::Transaction(_) => transaction::note(setup, before, world, who, act),
            Task::Reading(_) => read::note(setup, world, who),
            Task::Idle | Task::Computing(_) => {}
        }
    }
    Ok(())
}
