//! Decorators: each is a plain backend around another, and changes one thing about it.

mod canned;
mod careless;
mod counting;
mod failing;
mod operation;
mod spoiling;
mod stuck;
mod yielding;

pub use canned::Canned;
pub use careless::{Careless, Neglect};
pub use counting::Counting;
pub use failing::Failing;
pub use operation::Operation;
pub use spoiling::{Damage, Spoiling};
pub use stuck::Stuck;
pub use yielding::Yielding;
