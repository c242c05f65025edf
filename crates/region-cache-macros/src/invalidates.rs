//! What `#[invalidates]` expands to: what falls is named before the body runs, because the body may take
//! the arguments, and falls after it has succeeded.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, ItemFn, Result};

use crate::function::Function;
use crate::options::{Code, InvalidatesOptions, library, local};
use crate::template::{Part, Template};

pub(crate) fn expand(options: &InvalidatesOptions, item: ItemFn) -> Result<TokenStream> {
    let function = Function::parse(item, "invalidates")?;
    check(options, &function)?;
    let krate = library(options.krate.as_ref());
    let cache = match &options.cache {
        Some(Code(cache)) => quote!(#cache),
        None => quote!(#krate::global()),
    };
    let parts = |template: &Template| {
        let parts = template.parts.iter().map(|part| match part {
            Part::Text(text) => quote!(#krate::__private::Part::Text(#text)),
            Part::Value(value) => {
                quote_spanned!(template.span=> #krate::__private::value(&#value))
            }
        });
        quote!(&[#(#parts),*])
    };
    let region = options.region.as_ref().map(|region| {
        let path = parts(region);
        let path = quote!(&#krate::__private::path(#path));
        quote!(#krate::__private::plain_region(&#cache, #path))
    });
    let falls = match (region, &options.key) {
        (Some(region), Some(key)) => {
            let key = parts(key);
            quote!(.key(#region, #krate::__private::key(#key, &[])))
        }
        (Some(region), None) => quote!(.tree(#region)),
        (None, _) => TokenStream::new(),
    };
    let signal = options.signal.as_ref().map(|signal| {
        let name = parts(signal);
        quote!(.signal(&#cache, #krate::__private::path(#name)))
    });
    let ItemFn { attrs, vis, sig, block, .. } = &function.item;
    let ty = &function.returns.ty;
    let (all, body) = (local("falls"), local("body"));
    let after = if function.returns.is_result { quote!(after_ok) } else { quote!(after) };
    let result = quote!(#krate::__private::once(#body).await);
    let after = quote_spanned!(ty.span()=> #all.#after(#result).await);
    Ok(quote! {
        #(#attrs)*
        #vis #sig {
            let #all = #krate::__private::Falls::new() #falls #signal;
            let #body = async move || -> #ty #block;
            #after
        }
    })
}

fn check(options: &InvalidatesOptions, function: &Function) -> Result<()> {
    if options.region.is_none() && options.signal.is_none() {
        return Err(Error::new_spanned(
            function.name(),
            "`#[invalidates]` needs to know what falls: `region = \"..\"`, with or without a `key`, or \
             `signal = \"..\"`",
        ));
    }
    if let (None, Some(key)) = (&options.region, &options.key) {
        return Err(Error::new(key.span, "a `key` needs its `region = \"..\"`"));
    }
    for path in [&options.region, &options.signal].into_iter().flatten() {
        path.check_path()?;
    }
    for template in [&options.region, &options.key, &options.signal].into_iter().flatten() {
        for value in template.values() {
            function.in_template(value, template)?;
        }
    }
    Ok(())
}
