//! What an act has changed, in words.

use super::name::{key, who};
use crate::client::{Half, Task};
use crate::setup::Setup;
use crate::words::{Id, Key, Region, Reign, Version, Who};
use crate::world::World;

/// A line for everything that differs.
pub(super) fn between(setup: &Setup, before: &World, after: &World) -> Vec<String> {
    let (old, new) = (facts(setup, before), facts(setup, after));
    let changed = old.iter().zip(&new).filter(|(old, new)| old != new);
    changed.map(|(_, (what, is))| format!("{what}: {is}")).collect()
}

/// What there is to be said of a world, in an order that does not depend on it.
fn facts(setup: &Setup, world: &World) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    for region in setup.tree.regions() {
        let name = setup.tree.name(region);
        facts.push((format!("fence of {name}"), fence(world, region)));
        let children = world.master.data.children[region].iter();
        let children: Vec<_> = children.map(|child| setup.tree.name(child)).collect();
        facts.push((format!("children of {name}"), some(children.join(" and "))));
    }
    setup.tree.keys().for_each(|k| facts.extend(facts_of_key(setup, world, k)));
    setup.clients().for_each(|w| facts.extend(facts_of_client(setup, world, w)));
    let reigns = world.master.reigns;
    facts.push(("the root's server has the reign".to_owned(), reign(reigns.root)));
    facts.push(("the namespace's server has the reign".to_owned(), reign(reigns.namespace)));
    let walks = world.master.data.walks.iter().flatten();
    let walks: Vec<_> =
        walks.map(|walk| format!("{} of {}", id(walk.id), setup.tree.name(walk.target))).collect();
    facts.push(("unfinished walks".to_owned(), some(walks.join(" and "))));
    facts
}

fn facts_of_key(setup: &Setup, world: &World, k: Key) -> [(String, String); 4] {
    let (name, home) = (key(k), setup.tree.name(setup.tree.home(k)));
    let data = &world.master.data;
    let stored = data.entries[k].map(|e| format!("{}, stamp {}", version(e.version), id(e.stamp)));
    let lease = data.leases[k].map(|lease| format!("{} under {}", id(lease.id), id(lease.stamp)));
    let seen = world.view(setup).lookup(k).map(|entry| version(entry.version));
    let floor = version(world.truth.floor[k]);
    [
        (format!("{name} in the hash of {home}"), some(stored.unwrap_or_default())),
        (format!("lease of {name}"), some(lease.unwrap_or_default())),
        (format!("a read of {name} now returns"), some(seen.unwrap_or_default())),
        (format!("a read of {name} must not return less than"), floor),
    ]
}

fn facts_of_client(setup: &Setup, world: &World, w: Who) -> Vec<(String, String)> {
    let (name, client) = (who(w), &world.clients[w]);
    let mut facts = vec![(name.to_string(), task(&client.task))];
    for region in setup.tree.regions() {
        let what = format!("{name} knows the fence of {}", setup.tree.name(region));
        facts.push((what, maybe(client.beliefs[region])));
    }
    facts.push((format!("{name} knows the reign"), reign(client.connection.reigns.root)));
    facts
}

fn fence(world: &World, region: Region) -> String {
    let Some(fence) = world.master.data.fences[region] else { return some(String::new()) };
    let on = fence.hangs_on.map_or(String::new(), |above| format!(" on {}", id(above)));
    let made = fence.reign.map_or(String::new(), |made| format!(", {}", reign(made)));
    format!("{}{on}{made}", id(fence.id))
}

fn task(task: &Task) -> String {
    match task {
        Task::Idle => "is idle".to_owned(),
        Task::Reading(reading) => match &reading.half {
            Half::Values(_) => "has read the values".to_owned(),
            Half::Fence(own) => format!("has seen the fence {}", maybe(*own)),
        },
        Task::Computing(flight) => format!(
            "computes {} of {} with token {} and lease {}",
            version(flight.version),
            key(flight.key),
            id(flight.token),
            id(flight.lease)
        ),
        Task::Transaction(this) if this.is_touched => "is in a transaction that will fail".into(),
        Task::Transaction(_) => "is in a transaction".to_owned(),
    }
}

fn version(version: Version) -> String {
    format!("version {}", version.0)
}

fn reign(reign: Reign) -> String {
    format!("run {} replid {}", id(reign.run), id(reign.replid))
}

fn maybe(of: Option<Id>) -> String {
    some(of.map(id).unwrap_or_default())
}

fn id(of: Id) -> String {
    if of == Id::NOTHING { "absence".to_owned() } else { format!("#{}", of.number()) }
}

fn some(text: String) -> String {
    if text.is_empty() { "none".to_owned() } else { text }
}
