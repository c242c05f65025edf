//! **Transaction**: `WATCH` and `MGET` of the fences, and what the closure reads; then the closure;
//! then `MULTI`, the writes and `EXEC`, in one pipeline.

use super::{Act, write};
use crate::client::{Task, Transaction};
use crate::promises::{Kept, Promise, demand};
use crate::script::{Script, propose};
use crate::server::{Data, Entry};
use crate::setup::Setup;
use crate::view::View;
use crate::words::{ByKey, ByRegion, Regions, Who};
use crate::world::World;

pub(super) fn offer(setup: &Setup, world: &World, acts: &mut Vec<Act>) {
    if world.master.is_full {
        return;
    }
    for who in setup.clients() {
        match &world.clients[who].task {
            Task::Idle => {
                let known = setup.role(who).transactions;
                acts.extend((0..).zip(known).map(|(which, _)| Act::Begin(who, which)));
            }
            Task::Transaction(transaction) if !transaction.is_watching => {
                acts.push(Act::Watch(who));
            }
            Task::Transaction(_) if world.left.changes.is_left() => acts.push(Act::Exec(who)),
            _ => {}
        }
    }
}

/// The first pipeline: `WATCH`, the values that the closure reads, the fences, and the types of the
/// hashes that it is going to write. Where it reads from a region without a standing fence, one is made
/// instead, and it begins again.
pub(super) fn begin(setup: &Setup, world: &mut World, who: Who, which: u8) {
    let wish = setup.role(who).transactions[usize::from(which)];
    let homes = setup.tree.homes(wish.writes);
    if setup.rules.transaction_asks_types && homes.meets(setup.foreign) {
        return;
    }
    let reads_from = setup.tree.homes(wish.reads);
    let view = view_of(setup, world, who);
    let all_stand = reads_from.iter().all(|home| view.standing(home).is_some());
    if setup.rules.read_fences_made && !all_stand {
        let proposals = world.propose(setup, who, false);
        world.script_of(setup, who).renew(reads_from, &proposals);
        return;
    }
    let mut fences = ByRegion::all(None);
    for region in setup.tree.paths_to(regions_of(setup, &wish)) {
        fences[region] = view.standing(region);
    }
    let mut read = ByKey::all(None);
    for key in wish.reads.iter() {
        read[key] = view.lookup(key).map(|entry| entry.version);
    }
    let transaction = Transaction {
        wish,
        fences,
        read,
        reigns: view.reigns,
        is_watching: setup.rules.watch_before_reading,
        is_touched: false,
        is_overtaken: false,
    };
    world.clients[who].task = Task::Transaction(transaction);
}

/// `WATCH`, after what it was to guard has been read. (A mutant.)
pub(super) fn watch(world: &mut World, who: Who) {
    if let Task::Transaction(transaction) = &mut world.clients[who].task {
        transaction.is_watching = true;
    }
}

/// The second pipeline. Answered nil, the transaction begins anew or is a conflict; here it is over.
pub(super) fn exec(setup: &Setup, world: &mut World, who: Who) -> Kept {
    let Task::Transaction(this) = std::mem::replace(&mut world.clients[who].task, Task::Idle)
    else {
        return Ok(());
    };
    if this.is_touched || world.clients[who].connection.is_to_replica {
        return Ok(());
    }
    let before = write::readable(setup, world);
    let was_overtaken =
        this.is_overtaken || this.wish.reads.iter().any(|key| before[key] != this.read[key]);

    world.left.changes.spend();
    let proposals = propose(setup, &mut world.ids);
    let mut stamps = this.fences;
    let (reigns, truth) = (this.reigns, world.truth);
    let mut script = Script { setup, data: &mut world.master.data, reigns };
    for region in setup.tree.paths_to(setup.tree.homes(this.wish.writes)) {
        if stamps[region].is_none() {
            let above = setup.tree.parent(region).and_then(|parent| stamps[parent]);
            script.make(region, above, proposals[region]);
            stamps[region] = Some(proposals[region]);
        }
    }
    let mut written = ByKey::all(None);
    for key in this.wish.writes.iter() {
        let home = setup.tree.home(key);
        let Some(stamp) = stamps[home].filter(|_| !setup.foreign.contains(home)) else {
            // WRONGTYPE: this command fails, and the others are applied.
            continue;
        };
        let version = world.truth.change(key, true);
        written[key] = Some(version);
        let mut script = Script { setup, data: &mut world.master.data, reigns };
        script.store(key, Entry { version, stamp, is_lasting: true }, true);
        if setup.rules.transaction_drops_lease {
            script.data.leases[key] = None;
        }
    }
    if setup.reign_always_asked && reigns != world.master.reigns {
        // The reply tells that the reign was another: what was written counts for nobody, and the
        // closure runs again.
        world.truth = truth;
        return Ok(());
    }
    write::judge(setup, world, this.wish.writes, &before, &written)?;
    demand(setup, !was_overtaken, Promise::Overtaken)
}

/// While a transaction is under way: whether something that it watches is touched, and whether a
/// region that it has read from is invalidated, even if nothing was there.
pub(super) fn note(setup: &Setup, before: &World, world: &mut World, who: Who, act: Act) {
    let (before, after) = (before.server_of(who).data, world.server_of(who).data);
    let Task::Transaction(this) = &mut world.clients[who].task else { return };
    if let Act::Invalidate(target) = act {
        let mut reads = this.wish.reads.iter();
        this.is_overtaken |= reads.any(|key| setup.tree.is_beneath(setup.tree.home(key), target));
    }
    if setup.rules.watch_before_multi && this.is_watching {
        this.is_touched |= is_touched(setup, this, &before, &after);
    }
}

fn is_touched(setup: &Setup, this: &Transaction, before: &Data, after: &Data) -> bool {
    let mut watched = Regions::NONE;
    for home in regions_of(setup, &this.wish).iter() {
        if setup.rules.whole_path_watched {
            watched.extend(Regions::of(setup.tree.path(home)));
        } else {
            watched.insert(home);
        }
    }
    let is_fence_touched =
        watched.iter().any(|region| before.fences[region] != after.fences[region]);
    // `WATCH` is about keys: a hash with all its fields.
    let is_hash_touched = setup.tree.homes(this.wish.reads).iter().any(|region| {
        setup.tree.keys_in(region).any(|key| before.entries[key] != after.entries[key])
    });
    is_fence_touched || is_hash_touched && setup.rules.reads_watched
}

fn regions_of(setup: &Setup, wish: &crate::setup::Wish) -> Regions {
    let mut regions = setup.tree.homes(wish.writes);
    regions.extend(setup.tree.homes(wish.reads));
    regions
}

/// What a client sees on its connection, with the reign that it knows.
fn view_of<'a>(setup: &'a Setup, world: &'a World, who: Who) -> View<'a> {
    let server = world.server_of(who);
    let reigns =
        if setup.reign_always_asked { server.reigns } else { world.clients[who].connection.reigns };
    View { setup, data: &server.data, reigns }
}
