//! tmp
use crate::{acts::*, canon::canonical, setup::*, words::*, world::World};
use std::collections::HashSet;
/// raw
pub fn raw(setup: &Setup, depth: usize) {
    let orders = setup.orders();
    let id = vec![orders[0]];
    println!("orders {}", orders.len());
    // raw: no renaming at all
    let mut known: HashSet<World> = HashSet::new();
    let mut canon = HashSet::new();
    let mut front = vec![World::new(setup)];
    for d in 0..depth {
        let mut next = vec![];
        for w in &front {
            let mut acts = vec![]; offers(setup, w, &mut acts);
            for a in acts { let (n, k) = step(setup, w, a); k.unwrap();
                let c = canonical(setup, &orders, n.clone());
                canon.insert(c.1);
                let mut n = n; n.ids = Ids::after(n.ids_last());
                if known.insert(n.clone()) { next.push(n) } }
        }
        front = next;
        println!("depth {d} raw {} canon {}", known.len(), canon.len());
    }
    let _ = id;
    // canonical
    let r = crate::explore::explore(setup, crate::explore::Bounds { states: 100_000_000, depth });
    println!("canonical {}", r.states);
}
