//! What stands beside a cached function: an `enum` of its name, or siblings in its `impl`.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, FnArg, GenericParam, Generics, Ident, ItemFn, Pat, Token, parse_quote};

use super::call::Call;
use super::{companion_path, forwarded, sibling};
use crate::function::{Arg, Function};
use crate::place::Place;

/// The companions of a free function.
pub(super) fn free(call: &Call<'_>, function: &Function) -> TokenStream {
    let name = function.name();
    let vis = &function.item.vis;
    let title = format!("What belongs to [`{name}`](fn@{name}), which is cached.");
    let companions = all(call, function, &Place::Free);
    quote! {
        #[doc = #title]
        #[allow(non_camel_case_types, clippy::empty_enums, dead_code, reason = "a companion")]
        #vis enum #name {}

        #[allow(dead_code, reason = "companions")]
        impl #name { #companions }
    }
}

/// The companions of a method.
pub(super) fn siblings(call: &Call<'_>, function: &Function) -> TokenStream {
    all(call, function, &Place::Inherent)
}

fn all(call: &Call<'_>, function: &Function, place: &Place) -> TokenStream {
    let ItemFn { vis, sig, block, .. } = &function.item;
    let krate = &call.krate;
    let named = |name: &str| match place {
        Place::Free => format_ident!("{name}"),
        Place::Inherent | Place::Trait(_) => sibling(function.name(), name),
    };
    let title = format!("`{}`", function.name());

    let lints = function.lints();
    let uncached = {
        let mut sig = sig.clone();
        sig.ident = named("uncached");
        let doc = format!("{title} without the cache.");
        quote! {
            #[doc = #doc]
            #[allow(dead_code, reason = "a companion")]
            #(#lints)*
            #vis #sig #block
        }
    };
    let refresh = {
        let mut sig = sig.clone();
        sig.ident = named("refresh");
        rename(&mut sig.inputs, function);
        let path = companion_path(function, place, "uncached");
        let args = forwarded(function);
        let answer = call.answer(&quote!(move || #path(#(#args),*)), true);
        let doc = format!("{title}, computed anew and stored, whatever is cached.");
        quote! {
            #[doc = #doc]
            #[allow(dead_code, reason = "a companion")]
            #vis #sig { #answer }
        }
    };

    let (region, key) = (call.region_to_name(), call.key());
    let of_call = signature(function, &call.key_args, true);
    let of_region = signature(function, &call.region_args, false);
    let simple = [
        (
            quote!(async),
            named("invalidate"),
            &of_call,
            quote!(#krate::Result<bool>),
            quote!(let (region, key) = (#region, #key); #krate::Region::remove(&region, key).await),
            format!("Removes what is cached of a call of {title}; whether there was anything."),
        ),
        (
            quote!(async),
            named("invalidate_all"),
            &of_region,
            quote!(#krate::Result<#krate::Invalidated>),
            quote!(let region = #region; #krate::Region::invalidate(&region).await),
            format!("Invalidates the region of {title}: all that is cached of it there."),
        ),
        (
            quote!(),
            named("key"),
            &of_call,
            quote!(#krate::Key),
            key.clone(),
            format!("The key of a call of {title}, in its region."),
        ),
        (
            quote!(),
            named("region"),
            &of_region,
            quote!(#krate::Region),
            region.clone(),
            format!("The region of calls of {title}."),
        ),
    ];
    let simple = simple.into_iter().map(|(asyncness, name, signature, output, body, doc)| {
        let (generics, inputs, bounds) = signature;
        quote! {
            #[doc = #doc]
            #[allow(
                dead_code, unused_variables, clippy::unused_async, clippy::needless_pass_by_value,
                clippy::extra_unused_type_parameters, clippy::trivially_copy_pass_by_ref,
                clippy::must_use_candidate, clippy::missing_errors_doc, clippy::unused_self,
                reason = "a companion"
            )]
            #vis #asyncness fn #name #generics (#inputs) -> #output #bounds { #body }
        }
    });
    quote!(#uncached #refresh #(#simple)*)
}

/// The generics, arguments and bounds of a companion that takes only some of the arguments.
fn signature(
    function: &Function,
    args: &[&Arg],
    is_of_one_call: bool,
) -> (Option<TokenStream>, TokenStream, Option<TokenStream>) {
    let receiver = function.receiver.as_ref().map(|receiver| quote!(#receiver,));
    let inputs = args.iter().map(|arg| {
        let (name, ty) = (&arg.name, &arg.ty);
        quote!(#name: #ty)
    });
    let inputs = quote!(#receiver #(#inputs),*);
    let generics = &function.item.sig.generics;
    // What names one call names its generic arguments; what names a region only those that it needs.
    let is_needed = is_of_one_call || mentions(args, function, generics);
    let (params, _, bounds) = generics.split_for_impl();
    let generics = is_needed.then(|| params.to_token_stream());
    (generics, inputs, is_needed.then(|| bounds.to_token_stream()))
}

/// Whether arguments or the receiver are of generic types or lifetimes.
fn mentions(args: &[&Arg], function: &Function, generics: &Generics) -> bool {
    struct Find<'a>(&'a Generics, bool);
    impl<'ast> Visit<'ast> for Find<'_> {
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.1 |= self.0.params.iter().any(|param| match param {
                GenericParam::Type(param) => param.ident == *ident,
                GenericParam::Const(param) => param.ident == *ident,
                GenericParam::Lifetime(param) => param.lifetime.ident == *ident,
            });
        }
        fn visit_lifetime(&mut self, lifetime: &'ast syn::Lifetime) {
            self.visit_ident(&lifetime.ident);
            visit::visit_lifetime(self, lifetime);
        }
    }
    let mut find = Find(generics, false);
    args.iter().for_each(|arg| find.visit_type(&arg.ty));
    function.receiver.iter().for_each(|receiver| find.visit_receiver(receiver));
    find.1
}

/// Gives every argument a plain name, by which it can be handed on.
pub(super) fn rename(inputs: &mut Punctuated<FnArg, Token![,]>, function: &Function) {
    let typed = inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    for (typed, arg) in typed.zip(&function.args) {
        let name = &arg.name;
        let pattern: Pat = parse_quote!(#name);
        *typed.pat = pattern;
    }
}

/// An attribute of the function, where its body is elsewhere: what was expected of the body is only allowed.
pub(super) fn tolerant(attribute: &Attribute) -> Attribute {
    let mut attribute = attribute.clone();
    if attribute.path().is_ident("expect")
        && let syn::Meta::List(list) = &mut attribute.meta
    {
        list.path = parse_quote!(allow);
    }
    attribute
}
