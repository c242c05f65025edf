//! The function `cache` of templates.

use std::sync::Arc;

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{AutoEscape, Error, ErrorKind, State, Value};
use serde::{Deserialize, Serialize};

use super::key::fragment_key;
use super::turn::{Rendered, cached};
use crate::options::RegionOptions;
use crate::region::Region;
use crate::time::span;

/// A fragment as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Fragment {
    /// How the text was escaped: elsewhere it would be escaped twice, or not at all.
    escaping: String,
    text: Arc<str>,
}

/// `{% call cache(name, ttl=.., vary=.., region=..) %} .. {% endcall %}`.
pub(super) fn cache(
    home: &Region,
    state: &mut State<'_, '_>,
    name: &str,
    args: &Kwargs,
) -> Result<Value, Error> {
    let Some(body) = args.peek::<Option<Value>>("caller")? else {
        return Err(wrong(format!(
            "there is no body to cache; write `{{% call cache({name:?}) %}} .. {{% endcall %}}`"
        )));
    };
    let (region, vary) = read(home, args)?;
    let key = fragment_key(name, &vary);
    let escaping = escaping(state.auto_escape());
    let render = |state: &mut State<'_, '_>| {
        let text = body.call(state, &[])?;
        Ok(Fragment { escaping: escaping.clone(), text: text.to_string().into() })
    };
    let fragment = match cached(&region, key, || render(state)) {
        Rendered::Is(fragment) if fragment.escaping == escaping => fragment,
        // Nobody caches here; or another template of this name escapes otherwise.
        Rendered::Is(_) | Rendered::Uncached => render(state)?,
        Rendered::Failed(error) => return Err(error),
        Rendered::NoCache(error) => {
            let message = format!("the fragment {name:?} is not to be had: {error}");
            return Err(wrong(message).with_source(error));
        }
    };
    Ok(match state.auto_escape() {
        AutoEscape::None => Value::from(&*fragment.text),
        _ => Value::from_safe_string(fragment.text.to_string()),
    })
}

/// What the arguments say: where the fragment is, with its options, and what it depends on.
fn read(home: &Region, args: &Kwargs) -> Result<(Region, Value), Error> {
    if let Some(unknown) = args.args().find(|name| !KNOWN.contains(name) && *name != "caller") {
        return Err(wrong(format!(
            "`cache` has no argument `{unknown}`; there are the fragment's name, and `ttl`, `vary` and \
             `region`"
        )));
    }
    let vary = given(args, "vary")?.unwrap_or_else(|| Value::from(()));
    let region = match given(args, "region")? {
        None => home.clone(),
        Some(path) => match path.as_str() {
            Some(path) => Region::new(Arc::clone(home.engine()), path, None),
            None => {
                let message =
                    format!("`region` is `{path}`; it is a path such as \"shop.catalog\"");
                return Err(wrong(message));
            }
        },
    };
    let region = match given(args, "ttl")?.map(|ttl| ttl.to_string()).as_deref() {
        None => region,
        Some("never") => region.with(RegionOptions::no_ttl),
        Some(ttl) => {
            let time = span::parse(ttl)
                .map_err(|what| wrong(format!("`ttl` is `{ttl}`: {what}; or `never`")))?;
            region.with(|options| options.entry_ttl(time))
        }
    };
    Ok((region, vary))
}

/// An argument, unless it is left out or none. Fails where anything in it is undefined: all who differ in
/// what was meant would share the fragment.
fn given(args: &Kwargs, name: &str) -> Result<Option<Value>, Error> {
    if !args.has(name) {
        return Ok(None);
    }
    let value: Value = args.peek(name)?;
    if has_undefined(&value) {
        return Err(wrong(format!(
            "something in `{name}` is undefined; if it may be missing, say so, as in `user.id or none`"
        )));
    }
    Ok(Some(value).filter(|value| !value.is_none()))
}

/// Whether a value is undefined, or anything within it.
fn has_undefined(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Undefined => true,
        ValueKind::Seq => {
            value.try_iter().is_ok_and(|mut items| items.any(|item| has_undefined(&item)))
        }
        ValueKind::Map => value.try_iter().is_ok_and(|mut keys| {
            keys.any(|key| value.get_item(&key).is_ok_and(|item| has_undefined(&item)))
        }),
        _ => false,
    }
}

/// How a template escapes, in a word.
fn escaping(how: &AutoEscape) -> String {
    match how {
        AutoEscape::None => "none".to_owned(),
        AutoEscape::Html => "html".to_owned(),
        AutoEscape::Custom(name) => format!("custom {name}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

const KNOWN: [&str; 3] = ["ttl", "vary", "region"];
