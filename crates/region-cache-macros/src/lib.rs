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
use proc_macro2::TokenStream as TokenStream2;
use quote::quote;
use syn::{Item, ItemFn, TraitItemFn};

#[doc = include_str!("../docs/cached.md")]
#[proc_macro_attribute]
pub fn cached(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand("cached", attribute, item, cached::expand)
}

#[doc = include_str!("../docs/invalidates.md")]
#[proc_macro_attribute]
pub fn invalidates(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand("invalidates", attribute, item, invalidates::expand)
}

/// Reads the attribute's arguments and expands, or says what is wrong, where it is wrong. The function then
/// stays as it was written, so that those who call it are not told of something else.
fn expand<T: FromMeta>(
    name: &str,
    attribute: TokenStream,
    item: TokenStream,
    expand: impl FnOnce(&T, ItemFn) -> syn::Result<TokenStream2>,
) -> TokenStream {
    let untouched = TokenStream2::from(item.clone());
    let expanded = function(name, item).and_then(|item| {
        let options = NestedMeta::parse_meta_list(attribute.into())
            .map_err(darling::Error::from)
            .and_then(|list| T::from_list(&list));
        match options {
            Ok(options) => expand(&options, item).map_err(|error| error.to_compile_error()),
            Err(error) => Err(error.write_errors()),
        }
    });
    expanded.unwrap_or_else(|errors| quote!(#errors #untouched)).into()
}

/// The function that an attribute stands on.
fn function(name: &str, item: TokenStream) -> Result<ItemFn, TokenStream2> {
    let function = syn::parse::<ItemFn>(item.clone());
    function.map_err(|error| {
        let item = TokenStream2::from(item);
        let error = match syn::parse2::<TraitItemFn>(item.clone()) {
            Ok(method) if method.default.is_none() => syn::Error::new_spanned(
                method.sig,
                format!("`#[{name}]` needs a body: put it where the method is implemented"),
            ),
            _ if syn::parse2::<Item>(item.clone())
                .is_ok_and(|item| !matches!(item, Item::Verbatim(_))) =>
            {
                syn::Error::new_spanned(item, format!("`#[{name}]` is for an `async fn`"))
            }
            _ => error,
        };
        error.to_compile_error()
    })
}
