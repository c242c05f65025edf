//! x
use region_cache_model::{explore::*, setups::protocol, trace, canon_check};
fn main() {
    if let Some(d) = std::env::args().nth(1).and_then(|x|x.parse().ok()) { canon_check::raw(&protocol::all()[0], d); return }
    for s in protocol::all() {
        if std::env::args().nth(1).is_some_and(|x| !s.name.contains(&x)) { continue }
        let r = explore(s, Bounds { states: 8_000_000, depth: 1000 });
        println!("{} {:?} states {} depth {} {:?}", s.name, r.verdict.broken(), r.states, r.depth, r.took);
        if let Verdict::Broken(p, acts) = &r.verdict { for l in trace::tell(s, acts, *p) { println!("{l}"); } }
    }
}
