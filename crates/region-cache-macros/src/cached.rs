//! What `#[cached]` expands to.
//!
//! The function itself asks the cache, and calls its body only where it must. Its companions are built
//! from the same parts: those that name one call (`invalidate`, `key`, `region`, `refresh`), and the body
//! alone (`uncached`).

mod call;
mod check;
mod companions;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, ItemFn, Result};

use self::call::Call;
use crate::function::Function;
use crate::options::{CachedOptions, local};
use crate::place::Place;

pub(crate) fn expand(options: &CachedOptions, item: ItemFn) -> Result<TokenStream> {
    let function = Function::parse(item, "cached")?;
    let place = match &options.within {
        Some(within) => within.0.clone(),
        None => Place::of(function.name(), function.receiver.is_some()),
    };
    let call = Call::new(options, &function, &place)?;
    let main = main(&call, &function, &place);
    let companions = match place {
        Place::Free => companions::free(&call, &function),
        Place::Inherent => companions::siblings(&call, &function),
        Place::Trait { .. } => TokenStream::new(),
    };
    Ok(quote!(#main #companions))
}

/// The function itself.
fn main(call: &Call<'_>, function: &Function, place: &Place) -> TokenStream {
    let ItemFn { attrs, vis, sig, block, .. } = &function.item;
    let attrs = attrs.iter().map(companions::tolerant);
    let ty = &function.returns.ty;
    let mut sig = sig.clone();
    let load = match place {
        // A trait has no room for companions: the body stays where it is.
        Place::Trait { .. } => quote!(async move || -> #ty #block),
        Place::Free | Place::Inherent => {
            companions::rename(&mut sig.inputs, function);
            uncached(function, place)
        }
    };
    let answer = call.answer(&load, false);
    quote! {
        #(#attrs)*
        #vis #sig { #answer }
    }
}

/// A closure that calls the body.
fn uncached(function: &Function, place: &Place) -> TokenStream {
    let path = companion_path(function, place, "uncached");
    let args = forwarded(function);
    let names: Vec<Ident> = (0..args.len()).map(|at| local(&format!("argument_{at}"))).collect();
    // They are moved, so that a `&mut` is not only lent to the closure.
    quote!(move || {
        #(let #names = #args;)*
        #path(#(#names),*)
    })
}

/// How a companion is named from within the function.
fn companion_path(function: &Function, place: &Place, name: &str) -> TokenStream {
    let (own, generics) = (function.name(), function.turbofish());
    match place {
        Place::Free => {
            let name = format_ident!("{name}");
            quote!(#own::#name #generics)
        }
        Place::Inherent | Place::Trait { .. } => {
            let name = sibling(own, name);
            quote!(Self::#name #generics)
        }
    }
}

fn sibling(function: &Ident, name: &str) -> Ident {
    format_ident!("{function}_{name}")
}

/// All arguments, the receiver first, as they are handed on.
fn forwarded(function: &Function) -> Vec<TokenStream> {
    let receiver = function.receiver.as_ref().map(|receiver| {
        let own = &receiver.self_token;
        quote!(#own)
    });
    let args = function.args.iter().map(|arg| {
        let name = &arg.name;
        quote!(#name)
    });
    receiver.into_iter().chain(args).collect()
}
