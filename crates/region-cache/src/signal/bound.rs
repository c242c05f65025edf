//! A binding as it is kept: a text that every version of the library can read.

use serde::{Deserialize, Serialize};

use super::patterns::{What, matches};
use super::{Signal, Template};
use crate::key::Key;
use crate::name::Address;

/// A signal, or a pattern of them, and what falls when one comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bound {
    #[serde(rename = "region-cache")]
    version: u32,
    pub(crate) on: String,
    /// The path of the region; empty for the namespace.
    pub(crate) region: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    below: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// Something that falls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Tree(Address),
    Key(Address, Key),
}

impl Bound {
    pub(crate) fn new(on: &str, region: &Address, what: &What) -> Self {
        let (below, key) = match what {
            What::All => (None, None),
            What::Below(template) => (Some(template.clone()), None),
            What::Key(template) => (None, Some(template.clone())),
        };
        let (on, region) = (on.to_owned(), region.path().to_owned());
        Self { version: VERSION, on, region, below, key }
    }

    pub(crate) fn text(&self) -> String {
        // Strings and numbers cannot fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The binding that a text is; nothing where it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The whole region.
    pub(crate) fn whole(&self, namespace: &str) -> Option<Target> {
        Address::parse(namespace, &self.region).ok().map(Target::Tree)
    }

    /// What falls in `namespace` by a signal. Where that cannot be told, the whole region: a binding of a
    /// later version, a payload without the field, a path that is none.
    pub(crate) fn target(&self, namespace: &str, signal: &Signal) -> Option<Target> {
        if self.version == VERSION && !matches(&self.on, signal.name()) {
            return None;
        }
        let region = Address::parse(namespace, &self.region).ok()?;
        let whole = Target::Tree(region.clone());
        if self.version != VERSION {
            return Some(whole);
        }
        let fill = |template: &str, key: bool| {
            let template = Template::parse(template).ok()?;
            let payload = signal.fields().unwrap_or_default();
            if key { template.key(&payload) } else { template.path(&payload) }
        };
        let narrower = match (&self.below, &self.key) {
            (Some(below), _) => {
                fill(below, false).and_then(|path| Some(Target::Tree(beneath(&region, &path)?)))
            }
            (None, Some(key)) => {
                let key = fill(key, true).map(Key::from).filter(|key| key.check().is_ok());
                key.map(|key| Target::Key(region, key))
            }
            (None, None) => None,
        };
        Some(narrower.unwrap_or(whole))
    }
}

/// A region beneath another, by its relative path.
pub(crate) fn beneath(region: &Address, path: &str) -> Option<Address> {
    let whole = if region.is_top() { path.to_owned() } else { format!("{}.{path}", region.path()) };
    Address::parse(region.namespace(), &whole).ok().filter(|address| !address.is_top())
}

impl Target {
    pub(crate) fn region(&self) -> &Address {
        match self {
            Self::Tree(region) | Self::Key(region, _) => region,
        }
    }

    /// Those that are not in another.
    pub(crate) fn absorb(targets: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut kept: Vec<Self> = Vec::new();
        for target in targets {
            let is_in = |one: &Self, other: &Self| match other {
                Self::Tree(tree) => one.region().is_within(tree),
                Self::Key(..) => one == other,
            };
            if !kept.iter().any(|other| is_in(&target, other)) {
                kept.retain(|other| !is_in(other, &target));
                kept.push(target);
            }
        }
        kept
    }
}

const VERSION: u32 = 1;
