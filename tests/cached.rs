//! `#[cached]` and `#[invalidates]`, as they are written.

mod arguments;
mod detours;
mod errors;
mod functions;
mod generics;
mod hygiene;
mod identity;
mod invalidating;
mod keys;
mod methods;
mod options;
mod recursion;
mod refreshing;
mod sending;
mod stampede;
mod templates;
mod traits;
pub(crate) mod world;
