//! Explores the configurations of the model, and says what came out of each.
//!
//! ```text
//! cargo run --release -p region-cache-model -- [--states N] [--depth N] [--threads N] [--traces] [WORDS]
//! ```
//!
//! `WORDS` picks the configurations whose names contain them; `--traces` tells each violation that was
//! meant to be found. It fails if anything is not as expected.

use std::process::ExitCode;

use region_cache_model::explore::{Bounds, Report, Verdict, explore};
use region_cache_model::setup::Setup;
use region_cache_model::setups::Breach;
use region_cache_model::setups::large::LARGE;
use region_cache_model::setups::limits::LIMITS;
use region_cache_model::setups::mutants::MUTANTS;
use region_cache_model::setups::naive::NAIVE;
use region_cache_model::setups::protocol::SMALL;
use region_cache_model::setups::spare::SPARE;
use region_cache_model::trace::tell;

fn main() -> ExitCode {
    let wishes = match Wishes::parse(std::env::args().skip(1)) {
        Ok(wishes) => wishes,
        Err(sentence) => {
            eprintln!("model: {sentence}");
            return ExitCode::from(2);
        }
    };
    let surprises = wishes.run();
    println!("\n{surprises} surprises");
    if surprises == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is asked for.
struct Wishes {
    bounds: Bounds,
    tells_traces: bool,
    words: String,
}

impl Wishes {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let bounds = Bounds { states: 20_000_000, ..Bounds::NONE }.with_all_threads();
        let mut wishes = Self { bounds, tells_traces: false, words: String::new() };
        while let Some(argument) = arguments.next() {
            let mut number = || {
                let value = arguments.next().unwrap_or_default().replace('_', "");
                value.parse().map_err(|_| format!("`{argument}` takes a number, not `{value}`."))
            };
            match argument.as_str() {
                "--states" => wishes.bounds.states = number()?,
                "--depth" => wishes.bounds.depth = number()?,
                "--threads" => wishes.bounds.threads = number()?,
                "--traces" => wishes.tells_traces = true,
                flag if flag.starts_with('-') => {
                    return Err(format!("there is no `{flag}`; there are {FLAGS}."));
                }
                word => wishes.words = format!("{} {word}", wishes.words).trim().to_owned(),
            }
        }
        Ok(wishes)
    }

    /// Explores what is asked for; how often something was not as expected.
    fn run(&self) -> usize {
        println!(
            "{:<WIDTH$}    {:<12}{:>11}{:>7}{:>9}",
            "", "verdict", "states", "depth", "seconds"
        );
        let mut surprises = 0;
        for (title, setups) in [("The protocol", SMALL), ("The protocol, large", LARGE)] {
            println!("{title}");
            surprises += setups.iter().filter(|setup| self.keeps(setup.name, setup)).count();
        }
        println!("The protocol without a rule that is spare there");
        surprises += SPARE.iter().filter(|spare| self.keeps(&spare.name(), &spare.setup())).count();
        for (title, breaches) in [
            ("Naive variants, to be found violating", NAIVE),
            ("The protocol without a rule, to be found violating", MUTANTS),
            ("Assumptions that do not hold, to be found violating", LIMITS),
        ] {
            println!("{title}");
            surprises += breaches.iter().filter(|breach| self.breaks(breach)).count();
        }
        surprises
    }

    /// Whether a configuration is a surprise that should keep all promises.
    fn keeps(&self, name: &str, setup: &Setup) -> bool {
        if !name.contains(&self.words) {
            return false;
        }
        let report = explore(setup, self.bounds);
        print_row(name, &report);
        if let Verdict::Broken(promise, acts) = &report.verdict {
            tell(setup, acts, *promise).iter().for_each(|line| println!("      {line}"));
        }
        report.verdict.broken().is_some()
    }

    /// Whether a configuration is a surprise that should break a promise.
    fn breaks(&self, breach: &'static Breach) -> bool {
        let name = breach.name();
        if !name.contains(&self.words) {
            return false;
        }
        let setup = breach.setup();
        let report = explore(&setup, self.bounds);
        print_row(&name, &report);
        match &report.verdict {
            Verdict::Broken(promise, acts) if self.tells_traces => {
                tell(&setup, acts, *promise).iter().for_each(|line| println!("      {line}"));
            }
            _ => {}
        }
        report.verdict.broken() != Some(breach.breaks)
    }
}

fn print_row(name: &str, Report { verdict, states, depth, took }: &Report) {
    let verdict = match verdict {
        Verdict::Kept => "exhausted".to_owned(),
        Verdict::KeptSoFar => "ok to bound".to_owned(),
        Verdict::Broken(promise, _) => format!("{promise:?}"),
    };
    let seconds = took.as_secs_f32();
    println!("  {name:<WIDTH$}  {verdict:<12}{states:>11}{depth:>7}{seconds:>9.1}");
}

const WIDTH: usize = 84;
const FLAGS: &str = "`--states N`, `--depth N`, `--threads N` and `--traces`";
