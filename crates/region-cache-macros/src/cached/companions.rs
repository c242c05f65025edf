//! What stands beside a cached function: an `enum` of its name, or siblings in its `impl`.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, FnArg, GenericParam, Generics, Ident, ItemFn, Pat, Token, parse_quote};

use super::call::Call;
use super::{sibling, uncached};
use crate::function::{Arg, Function};
use crate::options::local;
use crate::place::Place;

/// The companions of a free function.
pub(super) fn free(call: &Call<'_>, function: &Function) -> TokenStream {
    let (name, title) = (function.name(), function.title());
    let vis = &function.item.vis;
    let conditions = function.conditions();
    let title = format!("What belongs to the function `{title}`, which is cached.");
    let companions = all(call, function, &Place::Free);
    quote! {
        #(#conditions)*
        #[doc = #title]
        #[allow(
            non_camel_case_types, missing_debug_implementations, dead_code, clippy::empty_enums,
            reason = "a companion"
        )]
        #vis enum #name {}

        #(#conditions)*
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
        Place::Inherent | Place::Trait { .. } => sibling(function.name(), name),
    };
    let title = format!("`{}`", function.title());

    let lints = function.lints();
    // That it is not used says nothing of its body, which other companions call.
    let is_of_use = |lint: &Attribute| {
        let text = lint.meta.to_token_stream().to_string();
        text.contains("dead_code") || text.contains("unused")
    };
    let of_body: Vec<Attribute> = lints
        .iter()
        .map(|lint| if is_of_use(lint) { tolerant(lint) } else { (*lint).clone() })
        .collect();
    let lenient: Vec<Attribute> = lints.iter().map(|lint| tolerant(lint)).collect();
    // Where there is an `enum`, it is under the same conditions as a whole.
    let conditions = match place {
        Place::Free => Vec::new(),
        Place::Inherent | Place::Trait { .. } => function.conditions(),
    };
    let (used, statements) = (call.used(), &block.stmts);
    let body = {
        let mut sig = sig.clone();
        sig.ident = named("uncached");
        let doc = format!("{title} without the cache.");
        quote! {
            #(#conditions)*
            #[doc = #doc]
            #[allow(dead_code, reason = "a companion")]
            #(#of_body)*
            #vis #sig {
                #(let _ = &#used;)*
                #(#statements)*
            }
        }
    };
    let refresh = {
        let mut sig = sig.clone();
        sig.ident = named("refresh");
        rename(&mut sig.inputs, function);
        let answer = call.answer(&uncached(function, place), true);
        let doc = format!("{title}, computed anew and stored, whatever is cached.");
        quote! {
            #(#conditions)*
            #[doc = #doc]
            #[allow(dead_code, clippy::used_underscore_binding, reason = "a companion")]
            #(#lenient)*
            #vis #sig { #answer }
        }
    };

    let (region, key) = (call.region_to_name(), call.key());
    let (its_region, its_key) = (local("region"), local("key"));
    let of_call = signature(function, &call.key_args, true);
    let of_region = signature(function, &call.region_args, false);
    let simple = [
        (
            quote!(async),
            named("invalidate"),
            &of_call,
            quote!(#krate::Result<bool>),
            quote! {
                let (#its_region, #its_key) = (#region, #key);
                #krate::Region::remove(&#its_region, #its_key).await
            },
            format!("Removes what is cached of a call of {title}; whether there was anything."),
        ),
        (
            quote!(async),
            named("invalidate_all"),
            &of_region,
            quote!(#krate::Result<#krate::Invalidated>),
            quote!(let #its_region = #region; #krate::Region::invalidate(&#its_region).await),
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
            #(#conditions)*
            #[doc = #doc]
            #[allow(
                dead_code, unused_variables, clippy::unused_async, clippy::needless_pass_by_value,
                clippy::extra_unused_type_parameters, clippy::extra_unused_lifetimes,
                clippy::trivially_copy_pass_by_ref, clippy::must_use_candidate,
                clippy::missing_errors_doc, clippy::unused_self, clippy::needless_pass_by_ref_mut,
                clippy::used_underscore_binding, reason = "a companion"
            )]
            #(#lenient)*
            #vis #asyncness fn #name #generics (#inputs) -> #output #bounds { #body }
        }
    });
    quote!(#body #refresh #(#simple)*)
}

/// The generics, arguments and bounds of a companion that takes only some of the arguments.
fn signature(
    function: &Function,
    args: &[&Arg],
    is_of_one_call: bool,
) -> (Option<TokenStream>, TokenStream, Option<TokenStream>) {
    let receiver = function.plain_receiver().map(|receiver| quote!(#receiver,));
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
    if let (Some(FnArg::Receiver(own)), Some(plain)) =
        (inputs.first_mut(), function.plain_receiver())
    {
        *own = plain;
    }
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
