//! One short text for any arguments.

use rmpv::Value;
use serde::Serialize;

use crate::error::{BoxError, Error, ErrorKind, Result};

/// 128 bits of the BLAKE3 digest of `arguments`, in hexadecimal digits.
pub(super) fn digest(arguments: &(impl Serialize + ?Sized)) -> Result<String> {
    let bytes = canonical(arguments).map_err(|cause| {
        Error::new(ErrorKind::Encode, format!("`Key::of` cannot serialize its arguments: {cause}"))
            .because(cause)
    })?;
    Ok(blake3::hash(&bytes).to_hex().chars().take(32).collect())
}

/// MessagePack with field names, and every map sorted by its encoded keys.
fn canonical(arguments: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, BoxError> {
    let named = rmp_serde::to_vec_named(arguments)?;
    encoded(&sorted(rmpv::decode::read_value(&mut named.as_slice())?))
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Map(pairs) => {
            let mut pairs: Vec<_> =
                pairs.into_iter().map(|(key, value)| (sorted(key), sorted(value))).collect();
            pairs.sort_by_cached_key(|(key, _)| encoded(key).unwrap_or_default());
            Value::Map(pairs)
        }
        Value::Nil
        | Value::Boolean(_)
        | Value::Integer(_)
        | Value::F32(_)
        | Value::F64(_)
        | Value::String(_)
        | Value::Binary(_)
        | Value::Ext(..) => value,
    }
}

fn encoded(value: &Value) -> Result<Vec<u8>, BoxError> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, value)?;
    Ok(bytes)
}
