//! Handing options down: handle, then path, then cache.

use std::collections::HashMap;
use std::sync::Arc;

use super::{RegionOptions, Settings};
use crate::codec::Format;
use crate::error::{Error, ErrorKind, Result};

/// The options that a cache was built with.
#[derive(Debug)]
pub(crate) struct Layers {
    default: RegionOptions,
    /// By path, the longest first.
    paths: Vec<(String, RegionOptions)>,
    /// What holds where neither a path nor a handle says otherwise: nearly everywhere.
    common: Arc<Settings>,
}

impl Layers {
    /// Fails where an option makes no sense.
    pub(crate) fn new(
        default: RegionOptions,
        mut paths: Vec<(String, RegionOptions)>,
    ) -> Result<Self> {
        default.check()?;
        paths.iter().try_for_each(|(_, options)| options.check())?;
        let common = Arc::new(Settings::of(&default));
        check_codecs(std::iter::once(&default).chain(paths.iter().map(|(_, options)| options)))?;
        // The sort is stable: of two wishes for one path the later one comes first and wins.
        paths.reverse();
        paths.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Ok(Self { default, paths, common })
    }

    /// What holds for the region at `path`, whose handle was given `own`.
    pub(crate) fn settings(
        &self,
        path: &str,
        own: Option<&RegionOptions>,
    ) -> Result<Arc<Settings>> {
        let mut matching =
            self.paths.iter().filter(|(at, _)| is_within(path, at)).map(|(_, o)| o).peekable();
        if own.is_none() && matching.peek().is_none() {
            return Ok(Arc::clone(&self.common));
        }
        let own = own.cloned().unwrap_or_default();
        let all = matching.fold(own, RegionOptions::over).over(&self.default);
        all.check()?;
        check_codecs(self.all().chain([&all]))?;
        Ok(Arc::new(Settings::of(&all)))
    }

    fn all(&self) -> impl Iterator<Item = &RegionOptions> {
        std::iter::once(&self.default).chain(self.paths.iter().map(|(_, options)| options))
    }

    /// The codecs that any of the options name: what they stored can be read everywhere.
    pub(crate) fn codecs(&self) -> impl Iterator<Item = &Format> {
        self.all().filter_map(|options| options.entry.codec.as_ref())
    }
}

impl Default for Layers {
    fn default() -> Self {
        let default = RegionOptions::new();
        let common = Arc::new(Settings::of(&default));
        Self { default, paths: Vec::new(), common }
    }
}

/// Two codecs of the user's own that go by one number would decode each other's bytes.
fn check_codecs<'a>(options: impl Iterator<Item = &'a RegionOptions>) -> Result<()> {
    let mut names: HashMap<u8, &str> = HashMap::new();
    for codec in options.filter_map(|options| options.entry.codec.as_ref()) {
        let name = *names.entry(codec.id()).or_insert(codec.name());
        if name != codec.name() {
            return Err(Error::new(
                ErrorKind::Config,
                format!(
                    "the codecs `{name}` and `{}` both have the id {}; give each its own",
                    codec.name(),
                    codec.id(),
                ),
            ));
        }
    }
    Ok(())
}

fn is_within(path: &str, ancestor: &str) -> bool {
    path.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
