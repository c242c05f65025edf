//! What the attributes say.

use darling::FromMeta;
use darling::util::{Flag, PathList, SpannedValue};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Expr, ExprLit, Lit, Path};

use crate::place::Place;
use crate::template::Template;

/// The arguments of `#[cached]`.
#[derive(FromMeta)]
pub(crate) struct CachedOptions {
    pub(crate) region: Option<Template>,
    pub(crate) key: Option<Template>,
    pub(crate) key_with: Option<Code>,
    #[darling(default)]
    pub(crate) skip: PathList,
    pub(crate) cache: Option<Code>,

    pub(crate) ttl: Option<Time>,
    pub(crate) ttl_jitter: Option<Code>,
    pub(crate) negative_ttl: Option<SpannedValue<Time>>,
    pub(crate) stale_for: Option<Time>,
    pub(crate) refresh_ahead: Option<Code>,
    pub(crate) soft_timeout: Option<Time>,
    pub(crate) compute_timeout: Option<SpannedValue<Time>>,
    pub(crate) options: Option<Code>,

    pub(crate) unless: Option<Code>,
    pub(crate) refresh_if: Option<Code>,
    pub(crate) stale_if: Option<Code>,
    pub(crate) store_if: Option<Code>,
    #[darling(default)]
    pub(crate) cache_none: Flag,

    pub(crate) version: Option<Exact>,
    #[darling(default)]
    pub(crate) fingerprint: Flag,

    pub(crate) within: Option<Within>,
    #[darling(rename = "crate")]
    pub(crate) krate: Option<Path>,
}

/// The arguments of `#[invalidates]`.
#[derive(FromMeta)]
pub(crate) struct InvalidatesOptions {
    pub(crate) region: Option<Template>,
    pub(crate) key: Option<Template>,
    pub(crate) signal: Option<Template>,
    pub(crate) cache: Option<Code>,
    #[darling(rename = "crate")]
    pub(crate) krate: Option<Path>,
}

/// An expression: written as one, or as a text, as for `cache = "self.cache"`.
#[derive(Clone)]
pub(crate) struct Code(pub(crate) Expr);

/// An expression in which a text is a text.
pub(crate) struct Exact(pub(crate) Expr);

/// A length of time: a text such as `"10m"`, or an expression that gives a `Duration`.
#[derive(Clone)]
pub(crate) enum Time {
    Known(std::time::Duration),
    Code(Expr),
}

/// Where the function stands, said by hand.
pub(crate) struct Within(pub(crate) Place);

impl FromMeta for Code {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        match expr {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                text.parse().map(Self).map_err(darling::Error::from)
            }
            other => Ok(Self(other.clone())),
        }
    }
}

impl FromMeta for Exact {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        Ok(Self(expr.clone()))
    }
}

impl FromMeta for Time {
    fn from_expr(expr: &Expr) -> darling::Result<Self> {
        let Expr::Lit(ExprLit { lit, .. }) = expr else { return Ok(Self::Code(expr.clone())) };
        let right = "write a number with its unit, such as \"500ms\", \"30s\", \"10m\", \"1h 30m\" or \"2d\", \
                     or a `Duration`";
        let wrong =
            |what: &str| Err(darling::Error::custom(format!("{what}; {right}")).with_span(lit));
        let Lit::Str(text) = lit else { return wrong("a number without a unit is no time") };
        match humantime::parse_duration(&text.value()) {
            Ok(time) if time.is_zero() => wrong("a time of zero means nothing here"),
            Ok(time) => Ok(Self::Known(time)),
            Err(error) => {
                wrong(&format!("\"{}\" is no time: {error}", text.value().escape_debug()))
            }
        }
    }
}

impl quote::ToTokens for Time {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Known(time) => {
                let (seconds, nanos) = (time.as_secs(), time.subsec_nanos());
                quote!(::std::time::Duration::new(#seconds, #nanos))
            }
            Self::Code(expr) => quote!(#expr),
        });
    }
}

impl FromMeta for Within {
    fn from_string(text: &str) -> darling::Result<Self> {
        let wrong = || {
            darling::Error::custom(
                "write where the function stands: \"module\", \"impl\" or \"trait\"",
            )
        };
        Place::parse(text).map(Self).ok_or_else(wrong)
    }
}

/// The path of the library.
pub(crate) fn library(krate: Option<&Path>) -> TokenStream {
    match krate {
        Some(path) => quote!(#path),
        None => quote!(::region_cache),
    }
}

/// The name of a variable that no code of the user's can see.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Two options that cannot stand together.
pub(crate) fn refuse_both(span: Span, one: &str, other: &str) -> syn::Error {
    syn::Error::new(span, format!("`{one}` and `{other}` say the same thing twice; leave one out"))
}
