//! Looking up, computing and filling.
//!
//! Who misses asks for the key's **lease**, the right to compute. Its holder computes and fills; what was
//! overtaken by an invalidation or a write is refused. Everyone else joins the holder's flight, if it is of
//! this process, or waits until the lease is gone.

mod chain;
mod claim;
mod compute;
mod hold;
mod loading;
mod lookup;
mod many;
mod patience;
mod refresh;
mod run;
mod standby;

#[cfg(feature = "minijinja")]
pub(crate) use chain::Chain;
pub(crate) use compute::{Judge, Terms};
pub(crate) use loading::Wishes;
pub use loading::{Loading, Receipt};
pub use lookup::{Lookup, Miss};
pub(crate) use run::load;
