//! The configurations.
pub mod protocol;
