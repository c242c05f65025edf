//! Errors of this crate: those of the services within pass through as they are.

use std::error::Error;
use std::fmt;

/// A handler asked for a [`Region`](crate::Regions::own) or [`Regions`](crate::Regions), but its request
/// came through no [`RegionCacheLayer`](crate::RegionCacheLayer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoLayer(pub(crate) ());

impl fmt::Display for NoLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this handler asks for a region, but its route has no `RegionCacheLayer` around it: add one \
             with `Router::layer` or `route_layer`",
        )
    }
}

impl Error for NoLayer {}
