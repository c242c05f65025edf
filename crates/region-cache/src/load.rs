//! Looking up and filling: the two halves of computing, for those who want to hold them.

mod lease;

pub use lease::{Lookup, Miss};
