//! Whether the options of `#[cached]` fit each other and the function.

use syn::spanned::Spanned;
use syn::{Error, Result};

use crate::function::{Function, is_opaque};
use crate::options::{CachedOptions, Code, refuse_both};
use crate::place::Place;

/// Fails where the options do not fit each other or the function.
pub(super) fn check(options: &CachedOptions, function: &Function, place: &Place) -> Result<()> {
    let returns = &function.returns;
    if let (Some(receiver), Place::Free) = (&function.receiver, place) {
        return Err(Error::new_spanned(
            receiver,
            "a function with a `self` stands in an `impl` or in a trait: write `within = \"impl\"` or \
             `within = \"trait\"`",
        ));
    }
    if let Some(template) = &options.region {
        template.check_path()?;
    }
    if let (Some(_), Some(Code(code))) = (&options.key, &options.key_with) {
        return Err(refuse_both(code.span(), "key", "key_with"));
    }
    if options.version.is_some() && options.fingerprint.is_present() {
        return Err(refuse_both(options.fingerprint.span(), "version", "fingerprint"));
    }
    if options.cache_none.is_present() && !returns.is_option {
        return Err(Error::new(
            options.cache_none.span(),
            "`cache_none` is for a function that gives an `Option`, or a `Result` of one",
        ));
    }
    if let Some(time) = options.negative_ttl.as_ref().filter(|_| !returns.is_option) {
        return Err(Error::new(
            time.span(),
            "`negative_ttl` is for a function that gives an `Option`, or a `Result` of one",
        ));
    }
    if let Some(time) = options.compute_timeout.as_ref().filter(|_| !returns.is_result) {
        return Err(Error::new(
            time.span(),
            "`compute_timeout` needs a function that gives a `Result`: what takes too long must be an error",
        ));
    }
    if matches!(&returns.ty, syn::Type::Tuple(tuple) if tuple.elems.is_empty()) {
        return Err(Error::new_spanned(
            function.name(),
            "the function gives nothing that could be cached",
        ));
    }
    if let Some(reference) = returns.reference() {
        return Err(Error::new_spanned(
            reference,
            "what is cached must be owned, because it outlives the call; give a `String` for a `&str`, a `Vec` for \
             a slice",
        ));
    }
    if is_opaque(&returns.ty) {
        return Err(Error::new_spanned(
            &returns.ty,
            "what is cached must be of a type that has a name, so that it can be read again",
        ));
    }
    if let Some(arg) = options.skip.iter().next().filter(|_| options.key.is_some()) {
        return Err(Error::new_spanned(
            arg,
            "`skip` says what a digest of the arguments leaves out; with `key` only what it names enters",
        ));
    }
    for skipped in options.skip.iter() {
        if skipped.get_ident().and_then(|name| function.arg(name)).is_none() {
            let message = format!("{}; {}", function.lacks(skipped), function.known());
            return Err(Error::new_spanned(skipped, message));
        }
    }
    if let (None, None, Some(pattern)) =
        (&options.key, &options.key_with, function.args.iter().find(|arg| !arg.is_named))
    {
        return Err(Error::new_spanned(
            &pattern.ty,
            "an argument that enters the key needs a name: take the pattern apart in the body, or say what \
             the key is with `key = \"..\"`",
        ));
    }
    Ok(())
}
