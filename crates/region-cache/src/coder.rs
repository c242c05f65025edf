//! Values in and out of storage, with what is learnt and counted on the way.

use std::any::{TypeId, type_name};
use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::backend::{Draft, Envelope};
use crate::codec::Format;
use crate::error::Result;
use crate::options::Settings;
use crate::stats::Counters;
use crate::wire::{self, About, Storable, Value};

#[derive(Debug)]
pub(crate) struct Coder {
    /// The codecs of the user's own that the builder was told of.
    known: Vec<Format>,
    /// Types that were seen to survive a codec that is not self-describing.
    proven: RwLock<HashSet<(TypeId, u8)>>,
    counters: Arc<Counters>,
}

impl Coder {
    pub(crate) fn new(known: Vec<Format>, counters: Arc<Counters>) -> Self {
        Self { known, proven: RwLock::default(), counters }
    }

    /// Puts a value into an envelope.
    pub(crate) fn encode<T: Storable + ?Sized>(
        &self,
        value: &T,
        settings: &Settings,
        about: &About,
    ) -> Result<Draft> {
        let draft = wire::encode(value, settings, about)?;
        self.prove::<T::Owned>(&draft, settings)?;
        Ok(draft)
    }

    /// Takes a present value out of its envelope; counts a hit or a miss.
    pub(crate) fn decode<T: Value>(
        &self,
        present: Option<&Envelope>,
        settings: &Settings,
    ) -> Option<T> {
        let value = present.and_then(|envelope| self.open(envelope, settings));
        let count = if value.is_some() { &self.counters.hits } else { &self.counters.misses };
        count.add(1);
        value
    }

    /// Takes a value out of its envelope, whether it still counts as present or not.
    pub(crate) fn open<T: Value>(&self, envelope: &Envelope, settings: &Settings) -> Option<T> {
        match wire::decode(envelope, settings, &self.known) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.counters.undecodable.add(1);
                tracing::debug!(
                    ?reason,
                    r#type = type_name::<T>(),
                    "a stored value cannot be read"
                );
                None
            }
        }
    }

    /// Whether an envelope can be read as far as can be told without knowing its type.
    pub(crate) fn is_readable(&self, envelope: &Envelope, settings: &Settings) -> bool {
        wire::readable(envelope, settings, &self.known).is_ok()
    }

    /// The integer in an envelope, however it was stored.
    pub(crate) fn integer(&self, envelope: &Envelope, settings: &Settings) -> Option<i64> {
        wire::integer(envelope, settings, &self.known)
    }

    /// Decodes the first value of each type that goes through a codec which cannot tell what its
    /// bytes hold: what it would not get back, it must not take.
    fn prove<T: Value>(&self, draft: &Draft, settings: &Settings) -> Result<()> {
        let codec = &settings.codec;
        if codec.is_self_describing() || draft.head().is_integer {
            return Ok(());
        }
        let case = (TypeId::of::<T>(), codec.id());
        if self.proven.read().contains(&case) {
            return Ok(());
        }
        wire::decode::<T>(&draft.unsealed(), settings, &self.known).map_err(|_| {
            wire::refused::<T>(
                codec,
                "it encodes it to bytes that it cannot decode (as happens with \
                 `skip_serializing_if`, `untagged`, `flatten` and internally tagged enums); choose \
                 MessagePack or JSON for it"
                    .into(),
            )
        })?;
        self.proven.write().insert(case);
        Ok(())
    }
}
