//! x
use region_cache_model::{explore::*, setups::*, trace};
fn main() {
    let arg = std::env::args().nth(1).unwrap_or_default();
    let arg2 = std::env::args().nth(2).unwrap_or_default();
    if arg == "m" {
        for m in mutants::MUTANTS {
            if !m.name().contains(&arg2) {
                continue;
            }
            let s = m.setup();
            let r = explore(&s, Bounds { states: 2_000_000, ..Bounds::NONE }.with_all_threads());
            println!(
                "{:<60} {:?} {:?} states {} depth {} {:?}",
                m.name(),
                m.breaks,
                r.verdict.broken().map_or(format!("NONE {:?}", r.verdict), |_| String::new()),
                r.states,
                r.depth,
                r.took
            );
            if !arg2.is_empty() {
                if let Verdict::Broken(p, acts) = &r.verdict {
                    for l in trace::tell(&s, acts, *p) {
                        println!("{l}");
                    }
                }
            }
        }
        return;
    }
    for s in if arg == "s" { protocol::SMALL } else { large::LARGE } {
        if !s.name.contains(&arg2) {
            continue;
        }
        let r = explore(s, Bounds { states: 20_000_000, ..Bounds::NONE }.with_all_threads());
        println!(
            "{:<80} {:?} states {} depth {} {:?}",
            s.name,
            r.verdict
                .broken()
                .map_or(if r.verdict == Verdict::Kept { "ok" } else { "ok so far" }, |_| "BROKEN"),
            r.states,
            r.depth,
            r.took
        );
        if let Verdict::Broken(p, acts) = &r.verdict {
            for l in trace::tell(s, acts, *p) {
                println!("{l}");
            }
        }
    }
}
