//! Handing options down: handle, then path, then cache.

use std::sync::Arc;

use super::{RegionOptions, Settings};
use crate::codec::Format;
use crate::error::Result;

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
        Ok(Arc::new(Settings::of(&all)))
    }

    /// The codecs that any of the options name: what they stored can be read everywhere.
    pub(crate) fn codecs(&self) -> impl Iterator<Item = &Format> {
        let paths = self.paths.iter().map(|(_, options)| options);
        std::iter::once(&self.default)
            .chain(paths)
            .filter_map(|options| options.entry.codec.as_ref())
    }
}

impl Default for Layers {
    fn default() -> Self {
        let default = RegionOptions::new();
        let common = Arc::new(Settings::of(&default));
        Self { default, paths: Vec::new(), common }
    }
}

fn is_within(path: &str, ancestor: &str) -> bool {
    path.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
