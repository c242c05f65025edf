//! From the path of a URL to the path of a region.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use region_cache::segment;

/// The region of a URL's path: `/shop/tools/42` lives in `<prefix>.shop.tools.42`.
///
/// Each segment is decoded, as a router decodes the parameters that it hands out, and made one segment of
/// the region by [`segment`]. Empty ones are passed over. The root page lives in `<prefix>.index`, so that
/// it can be invalidated alone. What a region's path has no room for is one last segment together.
pub(crate) fn region(prefix: &str, path: &str) -> String {
    let mut region = prefix.to_owned();
    let mut depth = prefix.split('.').filter(|name| !name.is_empty()).count();
    let mut rest = path.trim_start_matches('/');
    if rest.is_empty() {
        push(&mut region, INDEX);
        return region;
    }
    while !rest.is_empty() {
        let (raw, after) = rest.split_once('/').unwrap_or((rest, ""));
        let after = after.trim_start_matches('/');
        let name = segment(decode(raw));
        let is_last = after.is_empty();
        depth += 1;
        let length = region.len() + 1 + name.len();
        // Another one may come, of any length.
        let has_room = depth < DEEPEST && length + 1 + LONGEST_SEGMENT <= LONGEST;
        if !has_room && !is_last {
            push(&mut region, &segment(decode(rest)));
            return region;
        }
        push(&mut region, &name);
        rest = after;
    }
    region
}

fn push(region: &mut String, name: &str) {
    if !region.is_empty() {
        region.push('.');
    }
    region.push_str(name);
}

fn decode(raw: &str) -> Cow<'_, [u8]> {
    percent_decode_str(raw).into()
}

/// Where the root page lives.
const INDEX: &str = "index";

/// The limits of the paths of regions.
const DEEPEST: usize = 16;
const LONGEST: usize = 512;
const LONGEST_SEGMENT: usize = 128;

#[cfg(test)]
mod tests;
