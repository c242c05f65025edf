//! What the backends that keep their data in this process have in common.
//!
//! Rules without storage: what an act does to what is there, when a region ends, what breaks a
//! transaction, which regions are closed, who hears a message.

mod act;
mod guard;
mod lease;
mod life;
mod messages;
mod watch;

pub(crate) use self::act::{Effect, decide, nothing_there, satisfies};
pub(crate) use self::guard::{Guard, Guards};
pub(crate) use self::lease::Record;
pub(crate) use self::life::{Span, life, new_end};
pub(crate) use self::messages::Messages;
pub(crate) use self::watch::Watch;
