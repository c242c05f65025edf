//! What is told from a value without knowing its type. Integers are stored as decimal text, whatever
//! the codec, so that a server can add to them; `None` is a negative result.

use std::fmt;

use serde::de::value::Error as DeError;
use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde::ser::{self, Impossible, Serialize, Serializer};

/// The integer that `value` is, where it is one and fits.
pub(super) fn as_integer<T: Serialize + ?Sized>(value: &T, is_human_readable: bool) -> Option<i64> {
    match value.serialize(Probe { is_human_readable }) {
        Ok(Plain::Integer(integer)) => Some(integer),
        _ => None,
    }
}

/// Whether `value` is `None`, whatever its type: a negative result.
pub(super) fn is_none<T: Serialize + ?Sized>(value: &T, is_human_readable: bool) -> bool {
    matches!(value.serialize(Probe { is_human_readable }), Ok(Plain::None))
}

/// What a probe knows.
enum Plain {
    Integer(i64),
    None,
}

/// Takes integers and `None`, also those in newtypes and `Some`, and refuses all else at once.
#[derive(Clone, Copy)]
struct Probe {
    is_human_readable: bool,
}

/// Gives an integer to whatever type asks for one.
pub(super) struct Integer {
    pub(super) value: i64,
    pub(super) is_human_readable: bool,
}

#[derive(Debug)]
struct NotPlain;

macro_rules! take {
    ($($method:ident($type:ty))*) => {
        $(fn $method(self, value: $type) -> Result<Plain, NotPlain> {
            i64::try_from(value).map(Plain::Integer).map_err(|_| NotPlain)
        })*
    };
}

macro_rules! refuse {
    ($($method:ident($($type:ty),*) -> $ok:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$ok, NotPlain> {
            Err(NotPlain)
        })*
    };
}

/// Some visitors know only the one that they asked for.
macro_rules! signed {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
            visitor.visit_i64(self.value)
        })*
    };
}

type No = Impossible<Plain, NotPlain>;

impl Serializer for Probe {
    type Ok = Plain;
    type Error = NotPlain;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    fn is_human_readable(&self) -> bool {
        self.is_human_readable
    }

    take! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
        serialize_i128(i128) serialize_u128(u128)
    }

    fn serialize_none(self) -> Result<Plain, NotPlain> {
        Ok(Plain::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Plain, NotPlain> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Plain, NotPlain> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Plain, NotPlain> {
        Err(NotPlain)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<Plain, NotPlain> {
        Err(NotPlain)
    }

    refuse! {
        serialize_bool(bool) -> Plain;
        serialize_f32(f32) -> Plain;
        serialize_f64(f64) -> Plain;
        serialize_char(char) -> Plain;
        serialize_str(&str) -> Plain;
        serialize_bytes(&[u8]) -> Plain;
        serialize_unit() -> Plain;
        serialize_unit_struct(&'static str) -> Plain;
        serialize_unit_variant(&'static str, u32, &'static str) -> Plain;
        serialize_seq(Option<usize>) -> No;
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&'static str, usize) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_map(Option<usize>) -> No;
        serialize_struct(&'static str, usize) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }
}

impl<'de> Deserializer<'de> for Integer {
    type Error = DeError;

    fn is_human_readable(&self) -> bool {
        self.is_human_readable
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match u64::try_from(self.value) {
            Ok(value) => visitor.visit_u64(value),
            Err(_) => visitor.visit_i64(self.value),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeError> {
        visitor.visit_newtype_struct(self)
    }

    signed!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128);

    forward_to_deserialize_any! {
        bool u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl fmt::Display for NotPlain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("neither an integer nor none")
    }
}

impl std::error::Error for NotPlain {}

impl ser::Error for NotPlain {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}
