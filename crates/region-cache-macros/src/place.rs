//! Where a function stands: free, in an `impl`, or in a trait.
//!
//! An attribute is shown the function and nothing around it, but what it may expand to depends on what is
//! around. So the source text is read, up to the function. Where there is none that belongs to the
//! function, because another macro wrote it, a function with a receiver counts as one of an inherent
//! `impl` and any other as a free one; `within = ".."` says it where that is wrong.

mod text;

use proc_macro2::Ident;
use syn::{ItemImpl, ItemTrait, Type};

/// Where a function stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a module or in a function's body.
    Free,
    /// In an inherent `impl`.
    Inherent,
    /// In a trait or in the `impl` of one, whose name is known or not. `is_open` where it is for types that
    /// are not known yet: then `Self` is as good as a generic argument.
    Trait { name: Option<String>, is_open: bool },
}

impl Place {
    /// Where the function of this name stands.
    pub(crate) fn of(name: &Ident, has_receiver: bool) -> Self {
        let guess = if has_receiver { Self::Inherent } else { Self::Free };
        // What the text around the name says is no help where a macro puts the name elsewhere.
        read(name).filter(|place| !(has_receiver && *place == Self::Free)).unwrap_or(guess)
    }

    /// The place that `within` names.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "module" => Some(Self::Free),
            "impl" => Some(Self::Inherent),
            "trait" => Some(Self::Trait { name: None, is_open: false }),
            _ => None,
        }
    }

    /// What is around the text at `offset` of a source.
    fn around(source: &str, offset: usize) -> Self {
        let Some(header) = text::header_around(source, offset) else { return Self::Free };
        if let Ok(block) = syn::parse_str::<ItemImpl>(&format!("{header} {{}}")) {
            return match &block.trait_ {
                Some((path, _)) => Self::Trait { name: last_name(path), is_open: is_open(&block) },
                None => Self::Inherent,
            };
        }
        match syn::parse_str::<ItemTrait>(&format!("{header} {{}}")) {
            Ok(definition) => {
                Self::Trait { name: Some(definition.ident.to_string()), is_open: true }
            }
            Err(_) => Self::Free,
        }
    }
}

/// Reads it off the source, if that is to be had and holds the function where it should.
fn read(name: &Ident) -> Option<Place> {
    let span = name.span().unwrap();
    let source = std::fs::read_to_string(span.local_file()?).ok()?;
    let offset = text::offset(&source, span.line(), span.column())?;
    let is_here = source.get(offset..)?.starts_with(&name.to_string());
    is_here.then(|| Place::around(&source, offset))
}

/// Whether an `impl` is for more than the instances of one generic type.
fn is_open(block: &ItemImpl) -> bool {
    match &*block.self_ty {
        Type::Path(of) => of
            .path
            .get_ident()
            .is_some_and(|name| block.generics.type_params().any(|param| param.ident == *name)),
        _ => !block.generics.params.is_empty(),
    }
}

fn last_name(path: &syn::Path) -> Option<String> {
    path.segments.last().map(|segment| segment.ident.to_string())
}

#[cfg(test)]
mod tests;
