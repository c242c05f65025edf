//! The parts that name a call: its region, its key, and how the cache is to answer it.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident, Pat, Result};

use super::check::check;
use crate::function::{Arg, Function};
use crate::options::{CachedOptions, Code, Time, library, local};
use crate::place::Place;
use crate::template::{Part, Template};

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
        check(options, function, place)?;
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

    /// The arguments that the attribute uses, if the body does or not.
    pub(super) fn used(&self) -> Vec<&Ident> {
        let CachedOptions { unless, refresh_if, .. } = self.options;
        let conditions = unless.iter().chain(refresh_if);
        let conditions = conditions.map(|Code(code)| code).chain(self.expressions());
        let named: Vec<&Arg> = conditions.flat_map(|code| self.function.named_in(code)).collect();
        let is_used = |arg: &&Arg| {
            let of = self.key_args.iter().chain(&named);
            arg.is_named && of.into_iter().any(|other| other.name == arg.name)
        };
        self.function.args.iter().filter(is_used).map(|arg| &arg.name).collect()
    }

    /// The region of a call, or a reference to it where all calls have the same.
    fn region(&self) -> TokenStream {
        let region = self.region_with(&self.settings());
        if self.has_one_region() { self.settled(&region) } else { region }
    }

    /// The region for a companion, which does not have all of the arguments: settings that depend on them
    /// are only for those who store something.
    pub(super) fn region_to_name(&self) -> TokenStream {
        if self.settings_depend_on_arguments() {
            let given = local("given");
            self.region_with(&quote!(|#given| #given))
        } else if self.has_one_region() {
            let region = self.settled(&self.region_with(&self.settings()));
            quote!(::std::clone::Clone::clone(#region))
        } else {
            self.region_with(&self.settings())
        }
    }

    /// Whether all calls have the same region, with the same settings.
    fn has_one_region(&self) -> bool {
        let template = self.options.region.as_ref();
        self.options.cache.is_none()
            && *self.place == Place::Free
            && template.is_none_or(|template| template.values().next().is_none())
            && !self.settings_depend_on_arguments()
    }

    /// A reference to the region, which is made at the first call.
    fn settled(&self, region: &TokenStream) -> TokenStream {
        let krate = &self.krate;
        quote!({
            static __REGION: ::std::sync::OnceLock<#krate::Region> = ::std::sync::OnceLock::new();
            __REGION.get_or_init(|| #region)
        })
    }

    fn region_with(&self, settings: &TokenStream) -> TokenStream {
        let Self { krate, options, .. } = self;
        let cache = self.cache();
        match &options.region {
            Some(template) => {
                let parts = self.parts(template);
                quote!(#krate::__private::region(
                    &#cache, &#krate::__private::path(&[#(#parts),*]), #settings))
            }
            None => {
                let (names, location) =
                    (self.names(), quote!((::std::file!(), ::std::line!(), ::std::column!())));
                quote!({
                    static __IDENTITY: #krate::__private::Identity =
                        #krate::__private::Identity::new(#location);
                    #krate::__private::own_region(&#cache, &__IDENTITY, &[#(#names),*], #settings)
                })
            }
        }
    }

    /// The key of a call.
    pub(super) fn key(&self) -> TokenStream {
        let Self { krate, options, .. } = self;
        let generics = self.generics();
        match (&options.key, &options.key_with) {
            (Some(template), _) => {
                let parts = self.parts(template);
                quote!(#krate::__private::key(&[#(#parts),*], &[#(#generics),*]))
            }
            (None, Some(code)) => {
                let key = self.called(code);
                let key = quote_spanned!(code.0.span()=> #krate::__private::own_key(#key));
                if generics.is_empty() {
                    key
                } else {
                    quote!(#krate::__private::generic_key(#key, &[#(#generics),*]))
                }
            }
            (None, None) => {
                let names = self.names();
                let args = self.digested().into_iter().map(|arg| {
                    let (text, name) = (arg.title(), &arg.name);
                    quote_spanned!(arg.ty.span()=> (#text, #krate::__private::argument(&#name)))
                });
                quote!(#krate::__private::digest(&[#(#names),*], &[#(#args),*], &[#(#generics),*]))
            }
        }
    }

    /// The answer to a call, by way of the cache; `load` is what calls the body.
    pub(super) fn answer(&self, load: &TokenStream, is_anew: bool) -> TokenStream {
        let Self { krate, options, function, .. } = self;
        let (region, key) = (self.region(), self.key());
        let value = function.returns.value(krate);
        let (call, to_load) = (local("call"), local("load"));
        let condition = |code: &Code| {
            let is_so = self.called(code);
            quote_spanned!(code.0.span()=> { let is_so: bool = #is_so; is_so })
        };
        let unless = options.unless.as_ref().map(condition);
        let refresh_if = options.refresh_if.as_ref().map(condition);
        let anew = match (is_anew, refresh_if) {
            (true, _) => Some(quote!(.anew(true))),
            (false, Some(code)) => Some(quote!(.anew(#code))),
            (false, None) => None,
        };
        let stale_if = options.stale_if.as_ref().map(|Code(code)| quote!(.stale_if(#code)));
        let store_if = options.store_if.as_ref().map(|Code(code)| quote!(.store_if(#code)));
        let keeps_none = options.cache_none.is_present() || options.negative_ttl.is_some();
        let not_none = (function.returns.is_option && !keeps_none)
            .then(|| quote!(.store_if(::std::option::Option::is_some)));
        let span = function.returns.ty.span();
        let ask = if function.returns.is_result {
            let error = local("error");
            let tell = quote!(|#error| {
                use #krate::__private::{ByClone as _, ByName as _, ByText as _};
                (&&&#krate::__private::Told(#error)).tell()
            });
            quote_spanned!(span=> #call.fallible(#to_load, #tell).await)
        } else {
            quote_spanned!(span=> #call.plain(#to_load).await)
        };
        let new = quote_spanned!(span=> #krate::__private::call::<#value, _>);
        let ask_cache =
            quote_spanned!(span=> #new(#region, #key) #anew #stale_if #store_if #not_none);
        let Some(unless) = unless else {
            return quote! {
                let #call = #ask_cache;
                let #to_load = #load;
                #ask
            };
        };
        quote! {
            let #call = if #unless {
                ::std::option::Option::None
            } else {
                ::std::option::Option::Some(#ask_cache)
            };
            let #to_load = #load;
            match #call {
                ::std::option::Option::Some(#call) => #ask,
                ::std::option::Option::None => #to_load().await,
            }
        }
    }

    /// The names of what is generic, for the key: of the function, and of what it is a method of.
    fn generics(&self) -> Vec<TokenStream> {
        let krate = &self.krate;
        let of = match self.place {
            Place::Free => None,
            Place::Trait { is_open: true, .. } => {
                Some(quote!(#krate::__private::type_name::<Self>()))
            }
            Place::Inherent | Place::Trait { .. } => {
                Some(quote!(#krate::__private::generics_of::<Self>()))
            }
        };
        let opaque = self.key_args.iter().filter(|arg| arg.is_opaque()).map(|arg| {
            let name = &arg.name;
            quote!(#krate::__private::type_name_of(&#name))
        });
        of.into_iter().chain(self.function.generics(krate)).chain(opaque).collect()
    }

    /// What tells the function from all others: where it stands, and its name.
    fn names(&self) -> Vec<TokenStream> {
        let krate = &self.krate;
        let (own, text) = (self.function.name(), self.function.title());
        match self.place {
            Place::Free => vec![quote!(#krate::__private::type_name::<#own>())],
            Place::Inherent | Place::Trait { name: None, .. } => {
                vec![quote!(#krate::__private::type_name::<Self>()), quote!(#text)]
            }
            Place::Trait { name: Some(of), .. } => {
                vec![quote!(#krate::__private::type_name::<Self>()), quote!(#of), quote!(#text)]
            }
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
        let negative = options.negative_ttl.as_deref().map(|time| quote!(.negative_ttl(#time)));
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
        let given = local("given");
        let more = options.options.as_ref().map(|Code(change)| {
            quote_spanned! {change.span()=>
                let #given: #krate::RegionOptions = #krate::__private::changed(#given, #change);
            }
        });
        quote!(|#given: #krate::RegionOptions| {
            let #given = #given #ttl #jitter #negative #stale #ahead #soft #hard #version #fingerprint;
            #more
            #given
        })
    }

    fn settings_depend_on_arguments(&self) -> bool {
        self.expressions()
            .into_iter()
            .any(|expr| !self.function.named_in(expr).is_empty() || self.function.is_generic(expr))
    }

    /// The expressions in the settings.
    fn expressions(&self) -> Vec<&'a Expr> {
        let options = self.options;
        let times = [&options.ttl, &options.stale_for, &options.soft_timeout];
        let spanned = [&options.negative_ttl, &options.compute_timeout];
        let spanned = spanned.into_iter().filter_map(Option::as_deref);
        let times = times.into_iter().flatten().chain(spanned);
        let times = times.filter_map(|time| match time {
            Time::Known(_) => None,
            Time::Code(expr) => Some(expr),
        });
        let codes = [&options.ttl_jitter, &options.refresh_ahead, &options.options];
        let codes = codes.into_iter().flatten().map(|Code(expr)| expr);
        let version = options.version.iter().map(|version| &version.0);
        times.chain(codes).chain(version).collect()
    }

    /// A template's parts, at run time.
    fn parts(&self, template: &Template) -> Vec<TokenStream> {
        let krate = &self.krate;
        let part = |part: &Part| match part {
            Part::Text(text) => quote!(#krate::__private::Part::Text(#text)),
            Part::Value(value) => {
                quote_spanned!(template.span=> #krate::__private::value(&#value))
            }
        };
        template.parts.iter().map(part).collect()
    }

    /// The arguments that a template names. Fails where it names something else.
    fn named_by(&self, template: Option<&Template>) -> Result<Vec<&'a Arg>> {
        let Some(template) = template else { return Ok(Vec::new()) };
        let mut named = Vec::new();
        for value in template.values() {
            named.extend(self.function.in_template(value, template)?);
        }
        Ok(named)
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
        let args: Vec<&Ident> = self.digested().into_iter().map(|arg| &arg.name).collect();
        if !lacks_types(expr) {
            return quote_spanned!(expr.span()=> (#expr)(#(&#args),*));
        }
        // The types of its arguments must be known before the closure is looked at.
        let types: Vec<Ident> = (0..args.len()).map(|at| format_ident!("__T{at}")).collect();
        let names: Vec<Ident> = (0..args.len()).map(|at| format_ident!("__a{at}")).collect();
        quote_spanned!(expr.span()=> {
            fn __call<'a, #(#types: ?Sized,)* __R>(
                closure: impl ::std::ops::FnOnce(#(&'a #types),*) -> __R,
                #(#names: &'a #types),*
            ) -> __R {
                closure(#(#names),*)
            }
            __call(#expr, #(&#args),*)
        })
    }
}

/// Whether an expression is a closure or names a function, rather than being a value already.
fn is_callable(expr: &Expr, function: &Function) -> bool {
    match expr {
        Expr::Closure(_) => true,
        Expr::Path(path) => match path.path.get_ident() {
            Some(name) => !is_constant(name) && function.arg(name).is_none(),
            None => !path.path.segments.last().is_some_and(|last| is_constant(&last.ident)),
        },
        Expr::Paren(paren) => is_callable(&paren.expr, function),
        _ => false,
    }
}

/// Constants are written in capitals.
fn is_constant(name: &Ident) -> bool {
    name.to_string().chars().all(|c| !c.is_lowercase())
}

/// Whether it is a closure that leaves out what it takes.
fn lacks_types(expr: &Expr) -> bool {
    match expr {
        Expr::Closure(closure) => closure.inputs.iter().any(|input| !matches!(input, Pat::Type(_))),
        Expr::Paren(paren) => lacks_types(&paren.expr),
        _ => false,
    }
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
