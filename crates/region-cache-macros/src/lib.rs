//! The attributes of region-cache: [`macro@cached`] and [`macro@invalidates`]. Use them by the names that
//! the library gives them: `region_cache::cached`, `region_cache::invalidates`.

mod cached;
mod function;
mod invalidates;
mod options;
mod place;
mod template;

use darling::FromMeta;
use darling::ast::NestedMeta;
use proc_macro::TokenStream;
use syn::{ItemFn, parse_macro_input};

#[doc = include_str!("../docs/cached.md")]
#[proc_macro_attribute]
pub fn cached(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as ItemFn);
    expand(attribute, |options| cached::expand(options, item))
}

#[doc = include_str!("../docs/invalidates.md")]
#[proc_macro_attribute]
pub fn invalidates(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as ItemFn);
    expand(attribute, |options| invalidates::expand(options, item))
}

/// Reads the attribute's arguments and expands, or says what is wrong, where it is wrong.
fn expand<T: FromMeta>(
    attribute: TokenStream,
    expand: impl FnOnce(T) -> syn::Result<proc_macro2::TokenStream>,
) -> TokenStream {
    let options = NestedMeta::parse_meta_list(attribute.into())
        .map_err(darling::Error::from)
        .and_then(|list| T::from_list(&list));
    let expanded = match options {
        Ok(options) => expand(options).unwrap_or_else(|error| error.to_compile_error()),
        Err(error) => error.write_errors(),
    };
    expanded.into()
}
