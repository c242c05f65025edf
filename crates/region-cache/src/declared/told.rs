//! What those are told of a function's error who only waited for it: as much as its type allows.
//!
//! `(&&&Told(&error)).tell()` takes the first of these that the type has: the error itself, if it can be
//! cloned; its text; or that it failed.

use std::error::Error as StdError;
use std::fmt::Display;

use crate::error::BoxError;

/// A function's error.
pub struct Told<'a, E>(pub &'a E);

/// An error that can be handed to several.
pub trait ByClone {
    fn tell(&self) -> BoxError;
}

/// An error that has a text.
pub trait ByText {
    fn tell(&self) -> BoxError;
}

/// Any other error.
pub trait ByName {
    fn tell(&self) -> BoxError;
}

impl<E: StdError + Clone + Send + Sync + 'static> ByClone for &&Told<'_, E> {
    fn tell(&self) -> BoxError {
        Box::new(self.0.clone())
    }
}

impl<E: Display> ByText for &Told<'_, E> {
    fn tell(&self) -> BoxError {
        self.0.to_string().into()
    }
}

impl<E> ByName for Told<'_, E> {
    fn tell(&self) -> BoxError {
        format!("with an error of type `{}`", std::any::type_name::<E>()).into()
    }
}
