//! Paths and keys, from templates and arguments.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use serde::Serialize;

use crate::key::Key;
use crate::name::segment;

/// A part of a template.
pub enum Part<'a> {
    Text(&'static str),
    Value(&'a dyn Display),
}

/// What can enter a key.
#[diagnostic::on_unimplemented(
    message = "an argument of type `{Self}` cannot enter the key of a cached call",
    label = "it does not implement `serde::Serialize`",
    note = "leave it out with `skip(..)`, or say what the key is with `key = \"..\"` or `key_with = ..`"
)]
pub trait Argument: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> Argument for T {}

/// What can enter a template.
#[diagnostic::on_unimplemented(
    message = "a value of type `{Self}` cannot enter a name",
    label = "it does not implement `Display`",
    note = "name one of its fields, such as `{{user.id}}`"
)]
pub trait Shown: Display {}

#[diagnostic::do_not_recommend]
impl<T: Display + ?Sized> Shown for T {}

/// A value in a template.
pub fn value<T: Shown>(value: &T) -> Part<'_> {
    Part::Value(value)
}

/// An argument, for [`digest`].
pub fn argument<T: Argument>(argument: &T) -> &dyn erased_serde::Serialize {
    argument
}

/// A path, each value one segment or a part of one.
pub fn path(parts: &[Part<'_>]) -> String {
    let path = render(parts);
    if path.split('.').all(|name| name.len() <= LONGEST_SEGMENT) {
        return path;
    }
    // What is longer becomes a prefix and a digest.
    let short =
        |name: &str| if name.len() > LONGEST_SEGMENT { segment(name) } else { name.to_owned() };
    path.split('.').map(short).collect::<Vec<_>>().join(".")
}

/// A key, each value as a segment; what is generic comes behind it.
pub fn key(parts: &[Part<'_>], generics: &[&str]) -> Key {
    let mut key = render(parts);
    for generic in generics.iter().filter(|generic| !generic.is_empty()) {
        key.push('{');
        key.push_str(generic);
        key.push('}');
    }
    Key::from(key)
}

/// A key of the user's own, of whatever a key is made from.
pub fn own_key(own: impl Into<Key>) -> Key {
    own.into()
}

/// A key of the user's own; what is generic comes behind it.
pub fn generic_key(own: Key, generics: &[&str]) -> Key {
    let generics: String =
        generics.iter().filter(|name| !name.is_empty()).map(|name| format!("{{{name}}}")).collect();
    if generics.is_empty() || own.check().is_err() {
        return own;
    }
    Key::from([own.as_bytes(), generics.as_bytes()].concat())
}

/// A digest of a function's names and arguments, in whatever order, and of what is generic.
pub fn digest(
    function: &[&str],
    arguments: &[(&str, &dyn erased_serde::Serialize)],
    generics: &[&str],
) -> Key {
    let arguments: BTreeMap<_, _> = arguments.iter().copied().collect();
    Key::of(&(function, arguments, generics))
}

fn render(parts: &[Part<'_>]) -> String {
    let mut name = String::with_capacity(USUAL_LENGTH);
    for part in parts {
        match part {
            Part::Text(text) => name.push_str(text),
            Part::Value(value) => push_segment(&mut name, *value),
        }
    }
    name
}

/// Most values are segments as they are.
fn push_segment(name: &mut String, value: &dyn Display) {
    let begin = name.len();
    // Writing to a String fails only where the value itself does.
    let _ = write!(name, "{value}");
    let raw = name.get(begin..).unwrap_or_default();
    let is_segment = (1..=LONGEST_SEGMENT).contains(&raw.len())
        && raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !is_segment {
        let segment = segment(raw);
        name.truncate(begin);
        name.push_str(&segment);
    }
}

/// In bytes: enough for most names.
const USUAL_LENGTH: usize = 48;

/// In bytes: see the rules of names.
const LONGEST_SEGMENT: usize = 128;
