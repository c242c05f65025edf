//! Starts two processes, has them do their parts in turn, and says what came of it.

use std::time::{Duration, Instant};

use region_cache::BoxError;
use region_cache_testkit::server::Server;

use super::parts;
use super::process::Process;

pub(super) async fn run() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["A", url] => parts::reads(url).await,
        ["B", url] => parts::emits(url).await,
        [url] => narrate(url),
        _ if has_server() => narrate(&Server::start().await.url()),
        _ => {
            println!("There is no Redis server to be started here, and none was named.");
            Ok(())
        }
    }
}

/// Starts both, tells each when to do its part, and says what came of it.
fn narrate(url: &str) -> Result<(), BoxError> {
    let start = Instant::now();
    let (mut a, mut b) = (Process::start("A", url)?, Process::start("B", url)?);
    println!("A is process {} and {}.", a.id(), a.hear()?);
    let emitter = b.hear()?;
    println!("B is process {}, its cache is {emitter}.", b.id());

    let [mut raw, mut heard, mut missed, mut emit] = [(); 4].map(|()| Vec::new());
    for round in 0..ROUNDS {
        assert_eq!(a.ask("hear")?, "ready");
        let [sent] = numbers(&b.ask("publish")?)?;
        let [arrived] = numbers(&a.hear()?)?;
        raw.push(arrived.saturating_sub(sent));

        assert_eq!(a.ask("read")?, "ready");
        let [began, ended, fallen] = numbers(&b.ask("emit")?)?;
        let [arrived, last_hit, first_miss] = numbers(&a.hear()?)?;
        assert_eq!(fallen, 1, "the binding is A's; B lets the region fall");
        assert!(last_hit <= ended, "no read that began after `emit` had returned was a hit");
        heard.push(arrived.saturating_sub(began));
        missed.push(first_miss.saturating_sub(began));
        emit.push(ended.saturating_sub(began));
        if round == 0 {
            println!("-- B emits a signal: {fallen} region has fallen");
            let by = a.ask("who")?;
            println!("A finds nothing any more, and hears who it was: {by}");
            assert_eq!(by, emitter);
        }
    }
    println!("\n{:<42} {:>10} {:>10}", format!("{ROUNDS} rounds"), "p50", "p99");
    for (what, mut times) in [
        ("PUBLISH, until A hears it", raw),
        ("emit, until A's next read is a miss", missed),
        ("emit, until A's subscription hears it", heard),
        ("emit itself, until B knows", emit),
    ] {
        times.sort_unstable();
        let [p50, p99] = [50, 99].map(|percent| times[times.len() * percent / 100]);
        println!("{what:<42} {p50:>7} µs {p99:>7} µs");
    }

    assert_eq!(a.ask("store")?, "ready");
    drop(a);
    println!("\n-- A has stored once more and is killed; B emits");
    let [began, ended, fallen] = numbers(&b.ask("emit")?)?;
    let took = ended.saturating_sub(began);
    println!("{fallen} region has fallen all the same, after {took} µs: A's binding outlives A");
    assert_eq!((fallen, b.ask("look")?.as_str()), (1, "nothing is there"));
    assert!(start.elapsed() < Duration::from_secs(20), "it took {:?}", start.elapsed());
    Ok(())
}

fn numbers<const N: usize>(line: &str) -> Result<[u64; N], BoxError> {
    let numbers: Vec<u64> = line.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    numbers.try_into().map_err(|_| line.into())
}

/// Whether there is a program to start.
fn has_server() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::var_os("REGION_CACHE_REDIS_SERVER").is_some()
        || std::env::split_paths(&path).any(|folder| {
            ["redis-server", "valkey-server"].iter().any(|name| folder.join(name).is_file())
        })
}

const ROUNDS: usize = 300;
