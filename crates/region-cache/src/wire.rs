//! All that leaves the process. Everything here carries a version.

mod envelope;
mod id;
mod integer;
mod message;
mod small;
mod value;

pub(crate) use envelope::Unreadable;
pub use envelope::{Draft, Envelope, Head};
pub use id::Id;
pub(crate) use message::{Fallen, Heard, Message};
pub(crate) use value::{About, counter, decode, encode, integer, is_none, readable, refused};
pub use value::{Storable, Value};
