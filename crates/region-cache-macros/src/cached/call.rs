//! The parts that name a call: its region, its key, and how the cache is to answer it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Expr, Ident, Result};

use crate::function::{Arg, Function};
use crate::options::{CachedOptions, Code, Time, library, refuse_both};
use crate::place::Place;
use crate::template::{Part, Template, head};

/// One function's calls.
pub(super) struct Call<'a> {
    options: &'a CachedOptions,
    function: &'a Function,
    place: &'a Place,
    pub(super) krate: TokenStream,
    /// The arguments that enter the region.
    pub(super) region_args: Vec<&'a Arg>,
    /// Those that enter the region or the key, in the order of the function's own.
    pub(super) key_args: Vec<&'a Arg>,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        options: &'a CachedOptions,
        function: &'a Function,
        place: &'a Place,
    ) -> Result<Self> {
        check(options, function)?;
        let krate = library(options.krate.as_ref());
        let mut call =
            Self { options, function, place, krate, region_args: Vec::new(), key_args: Vec::new() };
        let region = call.named_by(options.region.as_ref())?;
        let cache = options.cache.as_ref().map(|cache| function.named_in(&cache.0));
        let cache = cache.unwrap_or_default();
        let key = match (&options.key, &options.key_with) {
            (Some(key), _) => call.named_by(Some(key))?,
            (None, Some(code)) if is_callable(&code.0, function) => call.digested(),
            (None, Some(code)) => function.named_in(&code.0),
            (None, None) => call.digested(),
        };
        let is_one_of =
            |arg: &Arg, those: &[&Arg]| those.iter().any(|other| other.name == arg.name);
        let of = |those: &[&[&Arg]]| {
            let is_meant = |arg: &&'a Arg| those.iter().any(|those| is_one_of(arg, those));
            function.args.iter().filter(is_meant).collect::<Vec<&'a Arg>>()
        };
        (call.region_args, call.key_args) = (of(&[&region, &cache]), of(&[&region, &cache, &key]));
        Ok(call)
    }

    /// The region of a call.
    fn region(&self) -> TokenStream {
        self.region_with(&self.settings())
    }

    /// The region for a companion, which does not have all of the arguments: settings that depend on them
    /// are only for those who store something.
    pub(super) fn region_to_name(&self) -> TokenStream {
        if self.settings_depend_on_arguments() {
            self.region_with(&quote!(|__options| __options))
        } else {
            self.region()
        }
    }

    fn region_with(&self, settings: &TokenStream) -> TokenStream {
        let Self { krate, options, .. } = self;
        let cache = self.cache();
        let path = match &options.region {
            Some(template) => {
                let parts = self.parts(template);
                quote!(::std::result::Result::Ok(#krate::__private::path(&[#(#parts),*])))
            }
            None => self.identity(),
        };
        let region = quote!(#krate::__private::region(&#cache, #path, #settings));
        let is_always_the_same = options.cache.is_none()
            && self.region_args.is_empty()
            && *self.place == Place::Free
            && options.region.as_ref().is_none_or(|template| template.values().next().is_none())
            && !self.settings_depend_on_arguments();
        if is_always_the_same {
            quote!({
                static REGION: ::std::sync::OnceLock<#krate::Region> = ::std::sync::OnceLock::new();
                ::std::clone::Clone::clone(REGION.get_or_init(|| #region))
            })
        } else {
            region
        }
    }

    /// The key of a call.
    pub(super) fn key(&self) -> TokenStream {
        let Self { krate, options, function, .. } = self;
        let generics = self.generics();
        match (&options.key, &options.key_with) {
            (Some(template), _) => {
                let parts = self.parts(template);
                quote!(#krate::__private::key(&[#(#parts),*], &[#(#generics),*]))
            }
            (None, Some(code)) => {
                let key = self.called(code);
                quote_spanned!(code.0.span()=> <#krate::Key as ::std::convert::From<_>>::from(#key))
            }
            (None, None) => {
                let name = function.name().to_string();
                let args = self.digested().into_iter().map(|arg| {
                    let (text, name) = (arg.name.to_string(), &arg.name);
                    quote_spanned!(arg.ty.span()=> (#text, #krate::__private::argument(&#name)))
                });
                quote!(#krate::__private::digest(#name, &[#(#args),*], &[#(#generics),*]))
            }
        }
    }

    /// The answer to a call, by way of the cache; `load` is what calls the body.
    pub(super) fn answer(&self, load: &TokenStream, is_anew: bool) -> TokenStream {
        let Self { krate, options, function, .. } = self;
        let (region, key) = (self.region(), self.key());
        let value = function.returns.value(krate);
        let unless = options.unless.as_ref().map(|code| self.called(code));
        let unless = unless.unwrap_or_else(|| quote!(false));
        let refresh_if = options.refresh_if.as_ref().map(|code| self.called(code));
        let anew = match (is_anew, refresh_if) {
            (true, _) => quote!(true),
            (false, Some(code)) => code,
            (false, None) => quote!(false),
        };
        let stale_if = options.stale_if.as_ref().map(|Code(code)| quote!(.stale_if(#code)));
        let store_if = options.store_if.as_ref().map(|Code(code)| quote!(.store_if(#code)));
        let keeps_none = options.cache_none.is_present() || options.negative_ttl.is_some();
        let not_none = (function.returns.is_option && !keeps_none)
            .then(|| quote!(.store_if(::std::option::Option::is_some)));
        let span = function.returns.ty.span();
        let ask = if function.returns.is_result {
            let tell = quote!(|__error| {
                use #krate::__private::{ByClone as _, ByName as _, ByText as _};
                (&&#krate::__private::Told(__error)).tell()
            });
            quote_spanned!(span=> .fallible(__load, #tell))
        } else {
            quote!(.plain(__load))
        };
        let new = quote_spanned!(span=> #krate::__private::Call::<#value>::new);
        quote! {
            let __is_around: bool = #unless;
            let __call = if __is_around {
                ::std::option::Option::None
            } else {
                ::std::option::Option::Some(#new(#region, #key).anew(#anew) #stale_if #store_if #not_none)
            };
            let __load = #load;
            match __call {
                ::std::option::Option::Some(__call) => __call #ask.await,
                ::std::option::Option::None => __load().await,
            }
        }
    }

    /// The names of what is generic, for the key: of the function, and of what it is a method of.
    fn generics(&self) -> Vec<TokenStream> {
        let krate = &self.krate;
        let of = match self.place {
            Place::Free => None,
            Place::Inherent | Place::Trait(_) => {
                Some(quote!(&#krate::__private::generics_of::<Self>()))
            }
        };
        of.into_iter().chain(self.function.generics(krate)).collect()
    }

    /// The region that is the function's own.
    fn identity(&self) -> TokenStream {
        let krate = &self.krate;
        let name = self.function.name();
        let text = name.to_string();
        let location = quote!((::std::file!(), ::std::line!(), ::std::column!()));
        match self.place {
            Place::Free => quote! {
                #krate::__private::identity(::std::any::type_name::<#name>(), &[], #location)
            },
            Place::Inherent | Place::Trait(None) => quote! {
                #krate::__private::identity(
                    #krate::__private::type_name::<Self>(), &[#text], #location)
            },
            Place::Trait(Some(of)) => quote! {
                #krate::__private::identity(
                    #krate::__private::type_name::<Self>(), &[#of, #text], #location)
            },
        }
    }

    fn cache(&self) -> TokenStream {
        let krate = &self.krate;
        match &self.options.cache {
            Some(Code(cache)) => quote!(#cache),
            None => quote!(#krate::global()),
        }
    }

    fn settings(&self) -> TokenStream {
        let Self { options, krate, .. } = self;
        let ttl = options.ttl.as_ref().map(|time| quote!(.entry_ttl(#time)));
        let jitter = options.ttl_jitter.as_ref().map(|Code(share)| quote!(.ttl_jitter(#share)));
        let negative = options.negative_ttl.as_ref().map(|time| quote!(.negative_ttl(#time)));
        let stale = options.stale_for.as_ref().map(|time| quote!(.stale_for(#time)));
        let ahead = options.refresh_ahead.as_ref().map(|Code(when)| quote!(.refresh_ahead(#when)));
        let soft = options.soft_timeout.as_ref().map(|time| quote!(.soft_timeout(#time)));
        let hard = match &options.compute_timeout {
            Some(time) => {
                let time = &**time;
                quote!(.compute_timeout(#time))
            }
            // Who can give no error must not be cut short.
            None if !self.function.returns.is_result => {
                quote!(.compute_timeout(::std::time::Duration::MAX))
            }
            None => TokenStream::new(),
        };
        let version = options.version.as_ref().map(|version| {
            let version = &version.0;
            quote!(.schema(#version))
        });
        let fingerprint = options.fingerprint.is_present().then(|| {
            let print = fingerprint(self.function);
            quote!(.schema(#print))
        });
        let more = options.options.as_ref().map(|Code(change)| {
            quote_spanned! {change.span()=>
                let __options: #krate::RegionOptions = (#change)(__options);
            }
        });
        quote!(|__options: #krate::RegionOptions| {
            let __options =
                __options #ttl #jitter #negative #stale #ahead #soft #hard #version #fingerprint;
            #more
            __options
        })
    }

    fn settings_depend_on_arguments(&self) -> bool {
        let options = self.options;
        let times =
            [&options.ttl, &options.negative_ttl, &options.stale_for, &options.soft_timeout];
        let times = times.into_iter().flatten().chain(options.compute_timeout.as_deref());
        let times = times.filter_map(|time| match time {
            Time::Known(_) => None,
            Time::Code(expr) => Some(expr),
        });
        let codes = [&options.ttl_jitter, &options.refresh_ahead, &options.options];
        let codes = codes.into_iter().flatten().map(|Code(expr)| expr);
        let version = options.version.iter().map(|version| &version.0);
        times.chain(codes).chain(version).any(|expr| !self.function.named_in(expr).is_empty())
    }

    /// A template's parts, at run time.
    fn parts(&self, template: &Template) -> Vec<TokenStream> {
        let krate = &self.krate;
        let part = |part: &Part| match part {
            Part::Text(text) => quote!(#krate::__private::Part::Text(#text)),
            Part::Value(value) => {
                quote_spanned!(template.span=> #krate::__private::Part::Value(&#value))
            }
        };
        template.parts.iter().map(part).collect()
    }

    /// The arguments that a template names. Fails where it names something else.
    fn named_by(&self, template: Option<&Template>) -> Result<Vec<&'a Arg>> {
        let Some(template) = template else { return Ok(Vec::new()) };
        let mut named = Vec::new();
        for value in template.values() {
            let Some(name) = head(value) else { continue };
            named.extend(self.argument(name, value, template)?);
        }
        Ok(named)
    }

    fn argument(&self, name: &Ident, value: &Expr, template: &Template) -> Result<Option<&'a Arg>> {
        if name == "self" {
            return match (&self.function.receiver, value) {
                (None, _) => Err(Error::new(template.span, "the function has no `self`")),
                (Some(_), Expr::Path(_)) => Err(Error::new(
                    template.span,
                    "`self` enters a name only by its fields, such as `{self.tenant}`",
                )),
                (Some(_), _) => Ok(None),
            };
        }
        if let Some(arg) = self.function.arg(name) {
            return Ok(Some(arg));
        }
        let known = self.function.args.iter().filter(|arg| arg.is_named);
        let known: Vec<String> = known.map(|arg| format!("`{}`", arg.name)).collect();
        let known = match &known[..] {
            [] => "it has none".to_owned(),
            known => format!("it has {}", known.join(", ")),
        };
        Err(Error::new(
            template.span,
            format!("the function has no argument `{name}` for `{{{}}}`; {known}", text_of(value)),
        ))
    }

    /// The arguments that a digest takes: all but those that are left out.
    fn digested(&self) -> Vec<&'a Arg> {
        let cache = self.options.cache.as_ref().map(|cache| self.function.named_in(&cache.0));
        let cache = cache.unwrap_or_default();
        let enters = |arg: &&Arg| {
            !self.options.skip.iter().any(|skipped| skipped.is_ident(&arg.name))
                && !cache.iter().any(|other| other.name == arg.name)
        };
        self.function.args.iter().filter(enters).collect()
    }

    /// An expression over the arguments; what can be called is called with all that a digest takes.
    fn called(&self, code: &Code) -> TokenStream {
        let Code(expr) = code;
        if !is_callable(expr, self.function) {
            return expr.to_token_stream();
        }
        let args = self.digested().into_iter().map(|arg| &arg.name);
        quote_spanned!(expr.span()=> (#expr)(#(&#args),*))
    }
}

/// Whether an expression is a closure or names a function, rather than being a value already.
fn is_callable(expr: &Expr, function: &Function) -> bool {
    match expr {
        Expr::Closure(_) => true,
        Expr::Path(path) => match path.path.get_ident() {
            Some(name) => {
                // Constants are written in capitals.
                let is_constant = name.to_string().chars().all(|c| !c.is_lowercase());
                !is_constant && function.arg(name).is_none()
            }
            None => true,
        },
        Expr::Paren(paren) => is_callable(&paren.expr, function),
        _ => false,
    }
}

/// Fails where the options do not fit each other or the function.
fn check(options: &CachedOptions, function: &Function) -> Result<()> {
    let returns = &function.returns;
    if let Some(template) = &options.region {
        template.check_path()?;
    }
    if let (Some(_), Some(Code(code))) = (&options.key, &options.key_with) {
        return Err(refuse_both(code.span(), "key", "key_with"));
    }
    if options.version.is_some() && options.fingerprint.is_present() {
        return Err(refuse_both(options.fingerprint.span(), "version", "fingerprint"));
    }
    if options.cache_none.is_present() && !returns.is_option {
        return Err(Error::new(
            options.cache_none.span(),
            "`cache_none` is for a function that gives an `Option`, or a `Result` of one",
        ));
    }
    if let Some(time) = options.compute_timeout.as_ref().filter(|_| !returns.is_result) {
        return Err(Error::new(
            time.span(),
            "`compute_timeout` needs a function that gives a `Result`: what takes too long must be an error",
        ));
    }
    if matches!(&returns.ty, syn::Type::Tuple(tuple) if tuple.elems.is_empty()) {
        return Err(Error::new_spanned(
            function.name(),
            "the function gives nothing that could be cached",
        ));
    }
    if let (false, Some(arg)) = (
        options.skip.is_empty(),
        options.key.is_some().then(|| options.skip.iter().next()).flatten(),
    ) {
        return Err(Error::new_spanned(
            arg,
            "`skip` says what a digest of the arguments leaves out; with `key` only what it names enters",
        ));
    }
    for skipped in options.skip.iter() {
        let known = skipped.get_ident().and_then(|name| function.arg(name));
        if known.is_none() {
            let text = skipped.to_token_stream();
            return Err(Error::new_spanned(
                skipped,
                format!("the function has no argument `{text}`"),
            ));
        }
    }
    if let (None, None, Some(pattern)) =
        (&options.key, &options.key_with, function.args.iter().find(|arg| !arg.is_named))
    {
        return Err(Error::new_spanned(
            &pattern.ty,
            "an argument that enters the key needs a name: take the pattern apart in the body, or say what \
             the key is with `key = \"..\"`",
        ));
    }
    Ok(())
}

/// A number that changes with the function's tokens, and not with comments or white space.
fn fingerprint(function: &Function) -> String {
    let text = format!(
        "{} {}",
        function.item.sig.to_token_stream(),
        function.item.block.to_token_stream()
    );
    // FNV-1a: a plain one will do, and it is the same on every machine.
    let print = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |print, byte| {
        (print ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("fingerprint {print:016x}")
}

fn text_of(value: &Expr) -> String {
    value.to_token_stream().to_string().replace(' ', "")
}
