//! The key of a fragment, the same from Rust as from a template.

use serde::Serialize;

use crate::key::Key;

/// The key of a fragment in its region: Flask-Caching's `make_template_fragment_key`. `vary` is what the
/// template has: `&[7]` for `vary=[7]`, `&(7, "en")` for `vary=[7, "en"]`, and `&()` for none.
///
/// ```
/// use region_cache::fragments::fragment_key;
/// # use region_cache::Cache;
///
/// # futures::executor::block_on(async {
/// # let cache = Cache::in_memory();
/// // {% call cache("prices", vary=[currency], region="shop.catalog") %}
/// cache.region("shop.catalog").remove(fragment_key("prices", &["EUR"])).await?;
/// # Ok::<_, region_cache::Error>(())
/// # }).unwrap();
/// ```
pub fn fragment_key(name: &str, vary: &(impl Serialize + ?Sized)) -> Key {
    // The digest is of the name too: no name can be made to look like another with its digest.
    let digest = Key::of(&(name, vary));
    match digest.as_str().filter(|digest| !digest.is_empty()) {
        Some(digest) => Key::from(format!("fragment:{name}:{digest}")),
        // What could not be serialized says so at its first use.
        None => digest,
    }
}
