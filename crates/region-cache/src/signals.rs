//! Emitting, binding and listening.

mod adopt;
mod binding;
mod emit;
mod listen;

pub use binding::Binding;
pub use emit::Emitted;
