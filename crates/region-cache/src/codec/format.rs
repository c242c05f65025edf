//! The choice of a codec, without a virtual call for those that are built in.

use std::any::Any;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{DeserializeOwned, DeserializeSeed};
use serde::ser::Serialize;

use super::{Bincode, Codec, Decode, Encode, Json, MessagePack};
use crate::error::{BoxError, Error, ErrorKind, Result};

/// The codec of a region or an entry.
#[derive(Clone)]
pub(crate) enum Format {
    MessagePack,
    Bincode,
    Json,
    Own(Arc<dyn Codec>),
}

impl Format {
    /// Fails where a codec of one's own takes a number that is reserved.
    pub(crate) fn of(codec: impl Codec) -> Result<Self> {
        let any: &dyn Any = &codec;
        if any.is::<MessagePack>() {
            Ok(Self::MessagePack)
        } else if any.is::<Bincode>() {
            Ok(Self::Bincode)
        } else if any.is::<Json>() {
            Ok(Self::Json)
        } else if codec.id() >= FIRST_OWN_ID {
            Ok(Self::Own(Arc::new(codec)))
        } else {
            Err(Error::new(
                ErrorKind::Config,
                format!(
                    "codec `{}` has the id {}, which is reserved; use one from {FIRST_OWN_ID} to 255",
                    codec.name(),
                    codec.id(),
                ),
            ))
        }
    }

    /// The built-in codec with this number.
    pub(crate) fn built_in(id: u8) -> Option<Self> {
        match id {
            MessagePack::ID => Some(Self::MessagePack),
            Bincode::ID => Some(Self::Bincode),
            Json::ID => Some(Self::Json),
            _ => None,
        }
    }

    pub(crate) fn id(&self) -> u8 {
        self.codec().id()
    }

    pub(crate) fn name(&self) -> &'static str {
        self.codec().name()
    }

    pub(crate) fn is_self_describing(&self) -> bool {
        self.codec().is_self_describing()
    }

    /// What types that have two forms see when they ask `is_human_readable`.
    pub(crate) fn is_human_readable(&self) -> bool {
        matches!(self, Self::Json)
    }

    pub(crate) fn encode<T: Serialize + ?Sized>(
        &self,
        value: &T,
        into: &mut impl io::Write,
    ) -> Result<(), BoxError> {
        match self {
            Self::MessagePack => MessagePack::write(value, into),
            Self::Bincode => Bincode::write(value, into),
            Self::Json => Json::write(value, into),
            Self::Own(codec) => codec.encode(Encode::new(&value), into),
        }
    }

    pub(crate) fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, BoxError> {
        match self {
            Self::MessagePack => MessagePack::read(bytes, PhantomData),
            Self::Bincode => Bincode::read(bytes, PhantomData),
            Self::Json => Json::read(bytes, PhantomData),
            Self::Own(codec) => {
                let mut value = None;
                codec.decode(
                    bytes,
                    Decode(&mut |deserializer| {
                        value = Some(PhantomData::<T>.deserialize(deserializer)?);
                        Ok(())
                    }),
                )?;
                value.ok_or_else(|| format!("codec `{}` decoded nothing", codec.name()).into())
            }
        }
    }

    fn codec(&self) -> &dyn Codec {
        match self {
            Self::MessagePack => &MessagePack,
            Self::Bincode => &Bincode,
            Self::Json => &Json,
            Self::Own(codec) => codec.as_ref(),
        }
    }
}

impl fmt::Debug for Format {
    /// The name alone: a codec of the user's own may hold a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const FIRST_OWN_ID: u8 = 128;
