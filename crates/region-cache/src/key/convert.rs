//! What a key can be made from.

use std::io::Write as _;

use uuid::Uuid;

use super::{Bytes, Key, Repr};

macro_rules! from_bytes {
    ($($type:ty: |$from:ident| $bytes:expr;)*) => {
        $(
            impl From<$type> for Key {
                fn from($from: $type) -> Self {
                    Self::from_bytes($bytes)
                }
            }
        )*
    };
}

from_bytes! {
    &str: |text| text.as_bytes();
    &&str: |text| text.as_bytes();
    String: |text| text.as_bytes();
    &String: |text| text.as_bytes();
    &[u8]: |bytes| bytes;
    Vec<u8>: |bytes| &bytes;
    &Vec<u8>: |bytes| bytes;
    Uuid: |uuid| uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes();
    &Uuid: |uuid| uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes();
}

impl<const N: usize> From<&[u8; N]> for Key {
    fn from(bytes: &[u8; N]) -> Self {
        Self::from_bytes(bytes)
    }
}

impl From<&Self> for Key {
    fn from(key: &Self) -> Self {
        key.clone()
    }
}

macro_rules! from_integer {
    ($($type:ty)*) => {
        $(
            impl From<$type> for Key {
                fn from(number: $type) -> Self {
                    let mut digits = Bytes::new();
                    // Writing to memory cannot fail.
                    let _ = write!(digits, "{number}");
                    Self(Repr::Bytes(digits))
                }
            }

            impl From<&$type> for Key {
                fn from(number: &$type) -> Self {
                    Self::from(*number)
                }
            }
        )*
    };
}

from_integer!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
