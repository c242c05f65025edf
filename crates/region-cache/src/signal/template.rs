//! Names that are filled from a signal's payload.

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::name::segment;

/// Text and fields, in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// The names of a field in a field; none for the payload itself.
    Field(Vec<String>),
}

impl Template {
    pub(crate) fn parse(template: &str) -> Result<Self> {
        let wrong = |what: &str| {
            let message = format!(
                "template `{}` {what}; write fields in braces, such as `{{id}}`, and `{{}}` for the \
                 payload itself",
                template.escape_debug()
            );
            Error::new(ErrorKind::Config, message)
        };
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some((text, after)) = rest.split_once('{') {
            let (field, after) =
                after.split_once('}').ok_or_else(|| wrong("has a brace too few"))?;
            if text.contains('}') || field.contains('{') {
                return Err(wrong("has a brace too many"));
            }
            if !text.is_empty() {
                parts.push(Part::Text(text.to_owned()));
            }
            let names = field.split('.').map(str::to_owned);
            parts.push(Part::Field(if field.is_empty() { Vec::new() } else { names.collect() }));
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
        Ok(Self(parts))
    }

    /// The path that it makes of a payload, each field one segment; nothing where a field is missing.
    pub(crate) fn path(&self, payload: &Value) -> Option<String> {
        self.fill(payload, |field| segment(&field))
    }

    /// The key that it makes of a payload.
    pub(crate) fn key(&self, payload: &Value) -> Option<String> {
        self.fill(payload, |field| field)
    }

    fn fill(&self, payload: &Value, escape: impl Fn(String) -> String) -> Option<String> {
        let part = |part: &Part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Field(names) => {
                let found = names.iter().try_fold(payload, |value, name| value.get(name))?;
                let text = match found {
                    Value::String(text) => text.clone(),
                    // Others have more than one way of being written.
                    Value::Number(number) if number.is_i64() || number.is_u64() => {
                        number.to_string()
                    }
                    Value::Bool(truth) => truth.to_string(),
                    Value::Number(_) | Value::Null | Value::Array(_) | Value::Object(_) => {
                        return None;
                    }
                };
                Some(escape(text))
            }
        };
        self.0.iter().map(part).collect()
    }
}
