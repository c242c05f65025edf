//! Signals: what they are called, what they carry, and what falls when they are heard.

mod bound;
mod fall;
mod patterns;
mod template;

use std::fmt;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use bound::{Bound, Target, beneath};
pub use fall::Fall;
pub(crate) use fall::One;
pub use patterns::Patterns;
pub(crate) use patterns::{check_pattern, matches};
pub(crate) use template::Template;

use crate::error::{Error, ErrorKind, Result};
use crate::name::check_name;
use crate::wire::{Id, Message};

/// A signal: something has happened. It has a name, which follows the grammar of region paths, and may
/// carry a payload.
///
/// ```
/// # use region_cache::Signal;
/// let signal = Signal::new("user.updated").payload(&42)?;
/// assert_eq!(signal.name(), "user.updated");
/// assert_eq!(signal.get::<u64>()?, 42);
/// # Ok::<_, region_cache::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Signal {
    name: String,
    payload: Bytes,
    causes: Vec<String>,
    /// None for a foreign one, and for one that is not emitted yet.
    by: Option<Id>,
    is_foreign: bool,
}

impl Signal {
    /// A signal without a payload. A bad name is an error when it is emitted.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            payload: Bytes::new(),
            causes: Vec::new(),
            by: None,
            is_foreign: false,
        }
    }

    /// The same signal with a payload, as JSON, which any language reads.
    ///
    /// # Errors
    ///
    /// [`Encode`](ErrorKind::Encode) where JSON cannot hold the value, and
    /// [`TooLarge`](ErrorKind::TooLarge) for more than 64 KiB.
    pub fn payload<T: Serialize + ?Sized>(self, value: &T) -> Result<Self> {
        let payload = serde_json::to_vec(value).map_err(|cause| {
            let name = &self.name;
            let message = format!("the payload of signal `{name}` cannot be JSON: {cause}");
            Error::new(ErrorKind::Encode, message).because(cause)
        })?;
        if payload.len() > MAX_PAYLOAD {
            let message = format!(
                "the payload of signal `{}` is {} bytes long; at most {MAX_PAYLOAD} are carried. Send \
                 what identifies the data, and not the data",
                self.name,
                payload.len(),
            );
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        Ok(Self { payload: payload.into(), ..self })
    }

    /// The same signal as a consequence of one that was heard: so that signals which lead to each other
    /// end with an error that shows the circle, and not never.
    #[must_use]
    pub fn caused_by(mut self, cause: &Self) -> Self {
        self.causes.clone_from(&cause.causes);
        self.causes.push(cause.name.clone());
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The payload, from JSON or MessagePack.
    ///
    /// # Errors
    ///
    /// [`Other`](ErrorKind::Other) where the payload is none of these, or not of this type.
    pub fn get<T: DeserializeOwned>(&self) -> Result<T> {
        let json = serde_json::from_slice(&self.payload);
        let value = json.or_else(|cause| message_pack(&self.payload).ok_or(cause));
        value.map_err(|cause| {
            let message = format!(
                "the payload of signal `{}` is no `{}`: {cause}",
                self.name,
                std::any::type_name::<T>(),
            );
            Error::new(ErrorKind::Other, message).because(cause)
        })
    }

    /// The payload as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.payload
    }

    /// The signals that led to this one, the first first.
    pub fn causes(&self) -> &[String] {
        &self.causes
    }

    /// The [instance](crate::Cache::instance) that emitted it; none for a foreign one, and before it is
    /// emitted.
    pub fn by(&self) -> Option<Id> {
        self.by
    }

    /// What is heard when a foreign program publishes.
    pub(crate) fn foreign(name: &str, payload: Bytes) -> Self {
        Self { payload, is_foreign: true, ..Self::new(name) }
    }

    pub(crate) fn heard(message: Message) -> Self {
        let Message { signal, by, causes, is_foreign, payload, .. } = message;
        Self { name: signal, payload, causes, by: (!is_foreign).then_some(by), is_foreign }
    }

    /// The same signal as its emitter's own subscribers hear it.
    pub(crate) fn emitted(&self, by: Id) -> Self {
        Self { by: self.by.or((!self.is_foreign).then_some(by)), ..self.clone() }
    }

    pub(crate) fn message(&self, id: Id, by: Id, at: u64) -> Message {
        Message {
            id,
            signal: self.name.clone(),
            by,
            at,
            causes: self.causes.clone(),
            is_foreign: self.is_foreign,
            payload: self.payload.clone(),
        }
    }

    /// Fails where the name is none, or the signals before it led here too often.
    pub(crate) fn check(&self) -> Result<()> {
        check_name("signal", &self.name)?;
        if self.name.split('.').any(|segment| segment == "*") {
            let message = format!(
                "`{}` is a pattern; a signal is emitted by its name, and `*` is for those who listen",
                self.name
            );
            return Err(Error::new(ErrorKind::InvalidName, message));
        }
        if self.causes.len() >= MOST_HOPS {
            let circle = self.causes.join("` → `");
            let message = format!(
                "signals lead to each other without end: `{circle}` → `{}`; one of those who listen must \
                 not emit the next",
                self.name
            );
            return Err(Error::new(ErrorKind::Recursion, message));
        }
        Ok(())
    }

    /// The payload's fields, for templates.
    fn fields(&self) -> Option<Value> {
        let json = serde_json::from_slice(&self.payload).ok();
        json.or_else(|| message_pack(&self.payload))
    }
}

/// A value in MessagePack, nested no deeper than JSON may be.
fn message_pack<T: DeserializeOwned>(payload: &[u8]) -> Option<T> {
    let mut reader = rmp_serde::Deserializer::from_read_ref(payload);
    reader.set_max_depth(DEEPEST);
    T::deserialize(&mut reader).ok()
}

impl From<&str> for Signal {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Signal {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

impl From<&String> for Signal {
    fn from(name: &String) -> Self {
        Self::new(name.as_str())
    }
}

impl fmt::Debug for Signal {
    /// Without the payload: it may hold what does not belong into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal")
            .field("name", &self.name)
            .field("payload", &format_args!("{} bytes", self.payload.len()))
            .field("causes", &self.causes)
            .field("by", &self.by)
            .finish()
    }
}

/// How deeply a payload is nested at most.
const DEEPEST: usize = 128;

/// The longest payload, in bytes.
pub(crate) const MAX_PAYLOAD: usize = 64 << 10;

/// How many signals may lead to one.
const MOST_HOPS: usize = 8;

#[cfg(test)]
mod tests;
