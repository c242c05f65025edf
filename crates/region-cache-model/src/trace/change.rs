//! What an act has changed, in words.

use super::name::{key, who};
use crate::client::{Half, Task};
use crate::setup::Setup;
use crate::words::{Id, Region, Reign};
use crate::world::World;

/// A line for everything that differs.
pub(super) fn between(setup: &Setup, before: &World, after: &World) -> Vec<String> {
    let mut lines = Vec::new();
    let mut differ = |what: String, old: String, new: String| {
        if old != new {
            lines.push(format!("{what}: {new}"));
        }
    };
    for region in setup.tree.regions() {
        let name = setup.tree.name(region);
        differ(format!("fence of {name}"), fence(before, region), fence(after, region));
        let children = |world: &World| {
            let children = world.master.data.children[region].iter();
            children.map(|child| setup.tree.name(child)).collect::<Vec<_>>().join(" and ")
        };
        differ(format!("children of {name}"), children(before), children(after));
    }
    for k in setup.tree.keys() {
        let (name, home) = (key(k), setup.tree.name(setup.tree.home(k)));
        let stored = |world: &World| match world.master.data.entries[k] {
            Some(entry) => format!("version {}, stamp {}", entry.version.0, id(entry.stamp)),
            None => "nothing".to_owned(),
        };
        differ(format!("{name} in the hash of {home}"), stored(before), stored(after));
        let lease = |world: &World| match world.master.data.leases[k] {
            Some(lease) => format!("{} under {}", id(lease.id), id(lease.stamp)),
            None => "none".to_owned(),
        };
        differ(format!("lease of {name}"), lease(before), lease(after));
        let seen = |world: &World| match world.view(setup).lookup(k) {
            Some(entry) => format!("version {}", entry.version.0),
            None => "nothing".to_owned(),
        };
        differ(format!("a read of {name} now returns"), seen(before), seen(after));
        let floor = |world: &World| format!("version {}", world.truth.floor[k].0);
        differ(format!("a read of {name} must not return less than"), floor(before), floor(after));
    }
    for w in setup.clients() {
        differ(
            who(w).to_string(),
            task(before, &before.clients[w].task),
            task(after, &after.clients[w].task),
        );
        for region in setup.tree.regions() {
            let name = setup.tree.name(region);
            let belief = |world: &World| maybe(world.clients[w].beliefs[region]);
            differ(format!("{} knows the fence of {name}", who(w)), belief(before), belief(after));
        }
        let knows = |world: &World| reign(world.clients[w].connection.reigns.root);
        differ(format!("{} knows the reign", who(w)), knows(before), knows(after));
    }
    let now = |world: &World| reign(world.master.reigns.root);
    differ("the root's server has the reign".to_owned(), now(before), now(after));
    let now = |world: &World| reign(world.master.reigns.namespace);
    differ("the namespace's server has the reign".to_owned(), now(before), now(after));
    let walks = |world: &World| {
        format!(
            "{:?}",
            world
                .master
                .data
                .walks
                .iter()
                .flatten()
                .map(|w| (w.target, w.id.number()))
                .collect::<Vec<_>>()
        )
    };
    differ("unfinished walks".to_owned(), walks(before), walks(after));
    lines
}

fn fence(world: &World, region: Region) -> String {
    match world.master.data.fences[region] {
        Some(fence) => {
            let on = fence.hangs_on.map_or(String::new(), |above| format!(" on {}", id(above)));
            let reign = fence.reign.map_or(String::new(), |made| format!(", {}", reign(made)));
            format!("{}{on}{reign}", id(fence.id))
        }
        None => "none".to_owned(),
    }
}

fn task(_world: &World, task: &Task) -> String {
    match task {
        Task::Idle => "is idle".to_owned(),
        Task::Reading(reading) => match &reading.half {
            Half::Values(_) => "has read the values".to_owned(),
            Half::Fence(own) => format!("has seen the fence {}", maybe(*own)),
        },
        Task::Computing(flight) => format!(
            "computes version {} of {} with token {} and lease {}",
            flight.version.0,
            key(flight.key),
            id(flight.token),
            id(flight.lease)
        ),
        Task::Transaction(this) if this.is_touched => "is in a transaction that will fail".into(),
        Task::Transaction(_) => "is in a transaction".to_owned(),
    }
}

fn reign(reign: Reign) -> String {
    format!("run {} replid {}", id(reign.run), id(reign.replid))
}

fn maybe(of: Option<Id>) -> String {
    of.map_or("none".to_owned(), id)
}

fn id(of: Id) -> String {
    if of == Id::NOTHING { "nothing".to_owned() } else { format!("#{}", of.number()) }
}
