//! Names with fields in braces: `users.{tenant}`.

use darling::FromMeta;
use proc_macro2::Span;
use syn::{Error, Expr, LitStr, Member, Result};

/// A template for a region's path or for a key.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) parts: Vec<Part>,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Text(String),
    /// An argument, or a field in a field of one: `user.id`.
    Value(Expr),
}

impl Template {
    pub(crate) fn parse(literal: &LitStr) -> Result<Self> {
        let text = literal.value();
        let wrong = |what: &str| {
            let right = "write arguments in braces, such as `{id}` or `{user.id}`";
            Error::new(
                literal.span(),
                format!("template \"{}\" {what}; {right}", text.escape_debug()),
            )
        };
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (value, after) =
                after.split_once('}').ok_or_else(|| wrong("has a brace too few"))?;
            if before.contains('}') || value.contains('{') {
                return Err(wrong("has a brace too many"));
            }
            match (parts.last(), before) {
                (Some(Part::Value(_)), _) if !before.contains(SEPARATES) => {
                    return Err(wrong(&format!(
                        "has nothing before `{{{value}}}` that no value can contain, so that different \
                         values could give the same name; put a `.` or a `:` there"
                    )));
                }
                (_, "") => {}
                _ => parts.push(Part::Text(before.to_owned())),
            }
            parts.push(Part::Value(parse_value(value, literal.span()).ok_or_else(|| {
                wrong(&format!("has `{{{value}}}`, which names no argument and no field of one"))
            })?));
            rest = after;
        }
        if rest.contains('}') {
            return Err(wrong("has a brace too many"));
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        if parts.is_empty() {
            return Err(wrong("is empty"));
        }
        Ok(Self { parts, span: literal.span() })
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Expr> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value(value) => Some(value),
            Part::Text(_) => None,
        })
    }

    /// The same as a region's path: segments that are no names are refused here and now.
    pub(crate) fn check_path(&self) -> Result<()> {
        let is_bad = |c: char| matches!(c, ':') || c.is_whitespace() || c.is_control();
        let texts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Value(_) => "x",
        });
        let path: String = texts.collect();
        if path.contains(is_bad) || path.split('.').any(str::is_empty) {
            return Err(Error::new(
                self.span,
                "a region's path is made of segments joined by dots; none may be empty or contain a `:` or \
                 white space",
            ));
        }
        Ok(())
    }
}

impl FromMeta for Template {
    fn from_value(value: &syn::Lit) -> darling::Result<Self> {
        match value {
            syn::Lit::Str(literal) => Self::parse(literal).map_err(darling::Error::from),
            other => {
                Err(darling::Error::custom("write a text, such as \"users.{tenant}\"")
                    .with_span(other))
            }
        }
    }
}

/// The name that a value begins with: an argument's, or `self`.
pub(crate) fn head(value: &Expr) -> Option<&syn::Ident> {
    match value {
        Expr::Field(field) => head(&field.base),
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    }
}

/// An argument or a field of one, with the place of the whole text.
fn parse_value(text: &str, span: Span) -> Option<Expr> {
    let literal = LitStr::new(text, span);
    let value: Expr = literal.parse().ok()?;
    is_field(&value).then_some(value)
}

fn is_field(value: &Expr) -> bool {
    match value {
        Expr::Field(field) => {
            matches!(field.member, Member::Named(_) | Member::Unnamed(_)) && is_field(&field.base)
        }
        Expr::Path(path) => path.path.get_ident().is_some(),
        _ => false,
    }
}

/// What no value contains once it is made a segment.
const SEPARATES: [char; 3] = ['.', ':', ' '];

#[cfg(test)]
mod tests;
