//! What every backend must do, as small cases, each named after the behaviour that it shows.
//!
//! A backend takes part by a [`Fixture`], and [`conformance!`](crate::conformance!) makes every case
//! a test of its own:
//!
//! ```ignore
//! mod memory {
//!     region_cache_testkit::conformance!(crate::Memory);
//! }
//! ```
//!
//! Time passes only when a case says so. Nothing in here names a backend; where backends may differ,
//! the fixture tells how.

mod case;
mod fixture;
mod hearing;
mod loaders;
mod samples;
mod tables;
mod world;

// The themes, with a function for each case.
pub mod absence;
pub mod after_commit;
pub mod breaker;
pub mod bus;
pub mod choices;
pub mod closed;
pub mod closures;
pub mod codecs;
pub mod computed_counters;
pub mod computing;
pub mod conflicts;
pub mod counters;
pub mod errors;
pub mod events;
pub mod expiry;
pub mod fail_safe;
pub mod failures;
pub mod fills;
pub mod foreign;
pub mod guarded;
pub mod invalidation;
pub mod joining;
pub mod journals;
pub mod leases;
pub mod loading;
pub mod many;
pub mod many_at_once;
pub mod names;
pub mod no_stale_fill;
pub mod options;
pub mod outages;
pub mod reads;
pub mod recursion;
pub mod refresh;
pub mod regions;
pub mod replay;
pub mod requires;
pub mod scans;
pub mod sets;
pub mod signals;
pub mod stale;
pub mod stampede;
pub mod standing_in;
pub mod templates;
pub mod transactions;
pub mod whole_sets;
pub mod writes;

pub use case::{Case, Failure, unlisted};
pub use fixture::Fixture;
pub use world::World;

/// Makes every case of the suite a test of its own, for one [`Fixture`].
#[macro_export]
macro_rules! conformance {
    ($fixture:ty) => {
        $crate::reads!($fixture);
        $crate::scans!($fixture);
        $crate::writes!($fixture);
        $crate::codecs!($fixture);
        $crate::counters!($fixture);
        $crate::absence!($fixture);
        $crate::expiry!($fixture);
        $crate::stale!($fixture);
        $crate::options!($fixture);
        $crate::regions!($fixture);
        $crate::invalidation!($fixture);
        $crate::transactions!($fixture);
        $crate::closures!($fixture);
        $crate::conflicts!($fixture);
        $crate::leases!($fixture);
        $crate::fills!($fixture);
        $crate::computing!($fixture);
        $crate::failures!($fixture);
        $crate::recursion!($fixture);
        $crate::no_stale_fill!($fixture);
        $crate::joining!($fixture);
        $crate::stampede!($fixture);
        $crate::fail_safe!($fixture);
        $crate::standing_in!($fixture);
        $crate::loading!($fixture);
        $crate::refresh!($fixture);
        $crate::many!($fixture);
        $crate::many_at_once!($fixture);
        $crate::outages!($fixture);
        $crate::breaker!($fixture);
        $crate::replay!($fixture);
        $crate::names!($fixture);
        $crate::errors!($fixture);
        $crate::bus!($fixture);
        $crate::journals!($fixture);
        $crate::signals!($fixture);
        $crate::templates!($fixture);
        $crate::choices!($fixture);
        $crate::foreign!($fixture);
        $crate::events!($fixture);
        $crate::closed!($fixture);
        $crate::guarded!($fixture);
        $crate::after_commit!($fixture);
        $crate::computed_counters!($fixture);
        $crate::sets!($fixture);
        $crate::whole_sets!($fixture);
        $crate::requires!($fixture);
    };
}

/// Makes a test of each case of a theme, and one that no case of the theme was left out.
#[doc(hidden)]
#[macro_export]
macro_rules! cases {
    ($fixture:ty, $theme:ident: $($case:ident)*) => {
        mod $theme {
            use $crate::conformance::{Case, World, $theme, unlisted};

            $(
                #[tokio::test]
                async fn $case() -> Case {
                    $theme::$case(&World::new::<$fixture>().await).await
                }
            )*

            #[test]
            fn every_case_is_listed() {
                assert_eq!(unlisted($theme::SOURCE, &[$(stringify!($case)),*]), [""; 0]);
            }
        }
    };
}
