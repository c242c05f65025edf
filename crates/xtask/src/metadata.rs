//! What `cargo metadata` knows about the workspace.

use std::path::PathBuf;

use serde_json::Value;

use crate::run::{cargo, output};

#[cfg(test)]
mod tests;

/// The packages that were asked for, and where the build goes.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) target_directory: PathBuf,
}

/// One package.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The oldest Rust that it promises to build with, where it does.
    pub(crate) rust_version: Option<String>,
    /// Whether it belongs to this workspace.
    pub(crate) ours: bool,
    /// Its Cargo features without `default`, sorted.
    pub(crate) features: Vec<String>,
    /// Its examples.
    pub(crate) examples: Vec<String>,
}

impl Metadata {
    /// The packages of this workspace alone.
    pub(crate) fn of_workspace() -> Result<Self, String> {
        Self::read(&["--no-deps"])
    }

    /// The whole locked graph, with all features on.
    pub(crate) fn of_graph() -> Result<Self, String> {
        Self::read(&["--all-features", "--locked"])
    }

    /// Reads what cargo printed.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| format!("cargo metadata is not JSON: {error}."))?;
        let members = texts(value.get("workspace_members"));
        let packages = list(value.get("packages"))
            .iter()
            .map(|package| Package::parse(package, &members))
            .collect::<Result<_, _>>()?;
        Ok(Self { packages, target_directory: field(&value, "target_directory")?.into() })
    }

    fn read(arguments: &[&str]) -> Result<Self, String> {
        let mut command = cargo();
        command.args(["metadata", "--format-version", "1"]).args(arguments);
        Self::parse(&output(&mut command)?)
    }
}

impl Package {
    fn parse(value: &Value, members: &[String]) -> Result<Self, String> {
        let id = field(value, "id")?;
        let features = value.get("features").and_then(Value::as_object);
        let mut features: Vec<String> =
            features.into_iter().flat_map(|map| map.keys().cloned()).collect();
        features.retain(|feature| feature != "default");
        features.sort();
        let examples = list(value.get("targets"))
            .iter()
            .filter(|target| texts(target.get("kind")).iter().any(|kind| kind == "example"))
            .map(|target| field(target, "name"))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            name: field(value, "name")?,
            version: field(value, "version")?,
            rust_version: field(value, "rust_version").ok(),
            ours: members.contains(&id),
            features,
            examples,
        })
    }
}

/// A field that holds a text.
fn field(value: &Value, name: &str) -> Result<String, String> {
    let text = value.get(name).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| format!("cargo metadata has no text `{name}`."))
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    list(value).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
