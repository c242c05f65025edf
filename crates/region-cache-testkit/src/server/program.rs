//! Where the server's program is.

use std::ffi::OsStr;
use std::path::PathBuf;

/// The program that `REGION_CACHE_REDIS_SERVER` names, or else the first one on the path.
///
/// # Panics
///
/// Where there is none.
pub(super) fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("REGION_CACHE_REDIS_SERVER") {
        return named.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    on_path(&path).unwrap_or_else(|| {
        panic!(
            "there is no redis-server and no valkey-server on the PATH: \
             run `cargo xtask test`, which installs one"
        )
    })
}

/// A `redis-server` anywhere on the path goes before a `valkey-server`.
pub(super) fn on_path(path: &OsStr) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(path).collect();
    let mut candidates =
        PROGRAMS.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.find(|candidate| candidate.is_file())
}

const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];
