//! The function that an attribute stands on.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Error, Expr, FnArg, GenericArgument, GenericParam, ItemFn, Pat, PathArguments,
    Receiver, ReceiverKind, Result, ReturnType, Safety, Type, TypeImplTrait, TypeReference,
    parse_quote,
};

use crate::template::{Template, head};

/// An `async fn`, free or a method.
pub(crate) struct Function {
    pub(crate) item: ItemFn,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) args: Vec<Arg>,
    pub(crate) returns: Returns,
}

/// One argument.
#[derive(Clone)]
pub(crate) struct Arg {
    /// Its name, or one made for a pattern.
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    /// Whether it has a name of its own.
    pub(crate) is_named: bool,
}

/// What a function gives.
pub(crate) struct Returns {
    pub(crate) ty: Type,
    /// Whether it is a `Result`.
    pub(crate) is_result: bool,
    /// Whether its value is an `Option`.
    pub(crate) is_option: bool,
}

impl Function {
    /// Fails where the attribute cannot stand.
    pub(crate) fn parse(item: ItemFn, attribute: &str) -> Result<Self> {
        let signature = &item.sig;
        if signature.asyncness.is_none() {
            return Err(Error::new_spanned(signature.fn_token, not_async(&item, attribute)));
        }
        if !matches!(signature.safety, Safety::Default) {
            return Err(Error::new_spanned(
                &signature.safety,
                format!("`#[{attribute}]` cannot call an unsafe function"),
            ));
        }
        if let Some(abi) = &signature.abi {
            return Err(Error::new_spanned(abi, format!("`#[{attribute}]` needs a Rust function")));
        }
        let mut args = Vec::new();
        let mut receiver = None;
        for (at, input) in signature.inputs.iter().enumerate() {
            match input {
                FnArg::Receiver(own) => receiver = Some(own.clone()),
                FnArg::Typed(typed) => args.push(match &*typed.pat {
                    Pat::Ident(pattern) if pattern.subpat.is_none() => {
                        Arg { name: pattern.ident.clone(), ty: (*typed.ty).clone(), is_named: true }
                    }
                    _ => Arg {
                        name: format_ident!("__argument_{at}"),
                        ty: (*typed.ty).clone(),
                        is_named: false,
                    },
                }),
            }
        }
        let returns = Returns::of(&item.sig.output);
        Ok(Self { item, receiver, args, returns })
    }

    /// Its name as it is said, without the `r#` of one that is a word of the language.
    pub(crate) fn title(&self) -> String {
        self.name().unraw().to_string()
    }

    /// The receiver, where nothing is done with it but to hand it on.
    pub(crate) fn plain_receiver(&self) -> Option<Receiver> {
        self.receiver.clone().map(|receiver| match receiver.kind {
            ReceiverKind::Value | ReceiverKind::Typed(..) => {
                Receiver { mutability: None, ..receiver }
            }
            _ => receiver,
        })
    }

    /// The argument that a value of a template begins with; `None` for a field of `self`. Fails where there
    /// is none.
    pub(crate) fn in_template(&self, value: &Expr, template: &Template) -> Result<Option<&Arg>> {
        let wrong = |what: String| Err(Error::new(template.span, what));
        let Some(name) = head(value) else { return Ok(None) };
        if name == "self" {
            return match (&self.receiver, value) {
                (None, _) => wrong("the function has no `self`".to_owned()),
                (Some(_), Expr::Path(_)) => wrong(
                    "`self` enters a name only by its fields, such as `{self.tenant}`".to_owned(),
                ),
                (Some(_), _) => Ok(None),
            };
        }
        match self.arg(name) {
            Some(arg) => Ok(Some(arg)),
            None => {
                let text = value.to_token_stream().to_string().replace(' ', "");
                wrong(format!("{} for `{{{text}}}`; {}", self.lacks(name), self.known()))
            }
        }
    }

    /// That there is no argument of this name.
    pub(crate) fn lacks(&self, name: &impl ToTokens) -> String {
        format!("the function has no argument `{}`", name.to_token_stream())
    }

    /// Which arguments there are.
    pub(crate) fn known(&self) -> String {
        let known = self.args.iter().filter(|arg| arg.is_named);
        let known: Vec<String> = known.map(|arg| format!("`{}`", arg.name)).collect();
        match &known[..] {
            [] => "it has none".to_owned(),
            known => format!("it has {}", known.join(", ")),
        }
    }

    pub(crate) fn name(&self) -> &Ident {
        &self.item.sig.ident
    }

    pub(crate) fn arg(&self, name: &Ident) -> Option<&Arg> {
        self.args.iter().find(|arg| arg.is_named && arg.name == *name)
    }

    /// The arguments whose names occur in an expression.
    pub(crate) fn named_in(&self, expr: &Expr) -> Vec<&Arg> {
        let mut names = Names::default();
        names.visit_expr(expr);
        self.args.iter().filter(|arg| arg.is_named && names.0.contains(&arg.name)).collect()
    }

    /// Whether an expression depends on a generic argument.
    pub(crate) fn is_generic(&self, expr: &Expr) -> bool {
        let generics = &self.item.sig.generics;
        let names: Vec<&Ident> = generics
            .type_params()
            .map(|param| &param.ident)
            .chain(generics.const_params().map(|param| &param.ident))
            .collect();
        idents(expr.to_token_stream()).iter().any(|ident| names.contains(&ident))
    }

    /// The attributes that say whether the function is there at all, and whether it is shown: what holds for
    /// it holds for all that belongs to it.
    pub(crate) fn conditions(&self) -> Vec<&Attribute> {
        let is_hidden = |attribute: &Attribute| {
            attribute.path().is_ident("doc")
                && attribute.parse_args::<Ident>().is_ok_and(|what| what == "hidden")
        };
        let is_one =
            |attribute: &&Attribute| attribute.path().is_ident("cfg") || is_hidden(attribute);
        self.item.attrs.iter().filter(is_one).collect()
    }

    /// The attributes that tell the compiler what not to say of a body.
    pub(crate) fn lints(&self) -> Vec<&Attribute> {
        let lints = ["allow", "expect", "warn", "deny", "forbid"];
        let is_lint =
            |attribute: &&Attribute| lints.iter().any(|lint| attribute.path().is_ident(lint));
        self.item.attrs.iter().filter(is_lint).collect()
    }

    /// The generic arguments, to be handed on; lifetimes find themselves.
    pub(crate) fn turbofish(&self) -> Option<TokenStream> {
        let name = |param: &GenericParam| match param {
            GenericParam::Type(param) => Some(param.ident.clone()),
            GenericParam::Const(param) => Some(param.ident.clone()),
            GenericParam::Lifetime(_) => None,
        };
        let names: Vec<Ident> = self.item.sig.generics.params.iter().filter_map(name).collect();
        (!names.is_empty()).then(|| quote!(::<#(#names),*>))
    }

    /// The names of the generic arguments that a value may depend on, as texts at run time.
    pub(crate) fn generics(&self, krate: &TokenStream) -> Vec<TokenStream> {
        let name = |param: &GenericParam| match param {
            GenericParam::Type(param) => {
                let ident = &param.ident;
                Some(quote!(#krate::__private::type_name::<#ident>()))
            }
            GenericParam::Const(param) => {
                let ident = &param.ident;
                Some(quote!(&::std::format!("{:?}", #ident)))
            }
            GenericParam::Lifetime(_) => None,
        };
        self.item.sig.generics.params.iter().filter_map(name).collect()
    }
}

impl Arg {
    /// Its name as it is said.
    pub(crate) fn title(&self) -> String {
        self.name.unraw().to_string()
    }

    /// Whether it is of a type that only the caller knows and that has no name.
    pub(crate) fn is_opaque(&self) -> bool {
        is_opaque(&self.ty)
    }
}

impl Returns {
    fn of(output: &ReturnType) -> Self {
        let ty: Type = match output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, ty) => (**ty).clone(),
        };
        let last = last_segment(&ty);
        let is_result = last.is_some_and(is_result);
        let value =
            if is_result { last.and_then(first_argument).cloned() } else { Some(ty.clone()) };
        let is_option =
            value.as_ref().and_then(last_segment).is_some_and(|segment| segment.ident == "Option");
        Self { ty, is_result, is_option }
    }

    /// A reference in what is stored, which cannot be.
    pub(crate) fn reference(&self) -> Option<&TypeReference> {
        struct Find<'a>(Option<&'a TypeReference>);
        impl<'ast> Visit<'ast> for Find<'ast> {
            fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
                self.0 = self.0.or(Some(reference));
            }
        }
        let mut find = Find(None);
        let value = last_segment(&self.ty).filter(|_| self.is_result).and_then(first_argument);
        find.visit_type(value.unwrap_or(&self.ty));
        find.0
    }

    /// The type of what is stored.
    pub(crate) fn value(&self, krate: &TokenStream) -> TokenStream {
        let ty = &self.ty;
        if self.is_result {
            quote_spanned!(ty.span()=> <#ty as #krate::__private::Fallible>::Value)
        } else {
            ty.to_token_stream()
        }
    }
}

/// A `Result` of the standard library or an alias of it, such as `io::Result<T>` or `DbResult<T>`; a type
/// called `SearchResult` holds what was found.
fn is_result(segment: &syn::PathSegment) -> bool {
    segment.ident == "Result"
        || segment.ident.to_string().ends_with("Result") && first_argument(segment).is_some()
}

/// Whether a type says `impl Trait` anywhere.
pub(crate) fn is_opaque(ty: &Type) -> bool {
    struct Find(bool);
    impl<'ast> Visit<'ast> for Find {
        fn visit_type_impl_trait(&mut self, _: &'ast TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut find = Find(false);
    find.visit_type(ty);
    find.0
}

/// Why a function that is not async cannot be taken.
fn not_async(item: &ItemFn, attribute: &str) -> String {
    let is_rewritten = item.sig.generics.lifetimes().any(|l| l.lifetime.ident == "async_trait");
    if is_rewritten {
        format!(
            "`#[{attribute}]` stands beneath `#[async_trait]`, which has rewritten the method before \
             `#[{attribute}]` could see it; move the body to an async method of an inherent `impl`, cache \
             that, and call it here"
        )
    } else {
        format!("`#[{attribute}]` needs an `async fn`: the cache may have to ask a server")
    }
}

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

fn first_argument(segment: &syn::PathSegment) -> Option<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(ty)) => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

/// The names that stand alone in an expression, those in the arguments of macros too.
#[derive(Default)]
struct Names(Vec<Ident>);

impl<'ast> Visit<'ast> for Names {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.0.extend(path.path.get_ident().cloned());
        visit::visit_expr_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.0.extend(idents(call.tokens.clone()));
    }
}

/// All names in tokens; in a text those in braces, which `format!` takes for arguments.
fn idents(tokens: TokenStream) -> Vec<Ident> {
    use proc_macro2::TokenTree;
    let of = |tree| match tree {
        TokenTree::Ident(ident) => vec![ident],
        TokenTree::Group(group) => idents(group.stream()),
        TokenTree::Literal(literal) => {
            let text = literal.to_string();
            let inner = text.split('{').skip(1).filter_map(|part| part.split(['}', ':']).next());
            inner
                .filter_map(|name| syn::parse_str::<Ident>(name).ok())
                .map(|name| Ident::new(&name.to_string(), literal.span()))
                .collect()
        }
        TokenTree::Punct(_) => Vec::new(),
    };
    tokens.into_iter().flat_map(of).collect()
}
