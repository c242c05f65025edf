//! All that leaves the process. Everything here carries a version.

mod envelope;
mod id;
mod integer;
mod value;

pub(crate) use envelope::Unreadable;
pub use envelope::{Draft, Envelope, Head};
pub use id::Id;
pub use value::{Storable, Value};
pub(crate) use value::{counter, decode, encode, integer, readable, refused};
