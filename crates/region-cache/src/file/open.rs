//! Opening a file: finding it by its URL, and making sure that it is ours.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Builder, Database, ReadableDatabase, StorageBackend};

use super::error::{damaged, explain};
use super::tables::{FORMAT, Owner, Stored, create, owner};
use crate::error::{Error, ErrorKind, Result};

/// The path in a URL, taken as it stands: nothing is decoded in it.
pub(super) fn path(url: &str) -> Result<PathBuf> {
    let rest = url.split_once(':').map_or("", |(_, rest)| rest);
    let path = match rest.strip_prefix("//") {
        None => rest,
        Some(path) if path.starts_with('/') => path,
        Some(other) => {
            let host = other.split('/').next().unwrap_or_default();
            return Err(config(if host.is_empty() {
                NO_PATH.to_owned()
            } else {
                format!(
                    "`{url}` names a host, `{host}`; write `file:{other}` for a relative path, or \
                     `file:///{other}` for an absolute one"
                )
            }));
        }
    };
    // `/C:/cache.redb` is `C:/cache.redb`.
    let drive = path.strip_prefix('/').filter(|path| path.get(1..2) == Some(":"));
    let path = if cfg!(windows) { drive.unwrap_or(path) } else { path };
    if path.is_empty() {
        return Err(config(NO_PATH.to_owned()));
    }
    if path.ends_with(['/', std::path::MAIN_SEPARATOR]) {
        return Err(config(format!(
            "`{path}` is a directory; name a file in it, such as `{path}cache.redb`"
        )));
    }
    Ok(PathBuf::from(path))
}

/// Opens the file, or creates it where there is none. Another program's is left as it is.
pub(super) fn open(path: &Path) -> Result<Database> {
    // Where it is a directory, what opening it gives differs from system to system.
    if path.is_dir() {
        return Err(explain(path, std::io::Error::from(std::io::ErrorKind::IsADirectory).into()));
    }
    let is_new = !path.exists();
    let file = options().open(path).map_err(|error| explain(path, error.into()))?;
    if is_new {
        keep_name(path);
    }
    let disk = FileBackend::new(file).map_err(|error| explain(path, error.into()))?;
    open_on(path, disk)
}

/// Opens what is on a disk that nobody else has.
pub(super) fn open_on(path: &Path, disk: impl StorageBackend) -> Result<Database> {
    check_magic(path, &disk)?;
    let mut builder = Builder::new();
    builder.set_cache_size(PAGE_CACHE);
    let database =
        builder.create_with_backend(disk).map_err(|error| explain(path, error.into()))?;
    claim(path, &database)?;
    Ok(database)
}

/// Sees to it that the file is ours; a new one becomes it.
fn claim(path: &Path, database: &Database) -> Result<()> {
    let whose = || -> Stored<Owner> { owner(&database.begin_read()?) };
    let found = whose().map_err(|error| explain(path, error))?;
    let path = path.display();
    match found {
        Owner::Us(FORMAT) => Ok(()),
        Owner::Us(other) => Err(config(format!(
            "the cache file `{path}` is of format {other}, which another version of region-cache has \
             written; this one reads format {FORMAT}. Delete the file, it is only a cache and fills \
             again, or name another"
        ))),
        Owner::Another => Err(config(format!(
            "`{path}` is a redb database of another program; it was left as it is. Name another file"
        ))),
        Owner::Nobody => {
            let begin = || -> Stored<()> {
                let transaction = database.begin_write()?;
                create(&transaction)?;
                Ok(transaction.commit()?)
            };
            begin().map_err(|error| explain(path.to_string().as_ref(), error))
        }
    }
}

/// Fails for a file that is neither empty nor a redb database. It is not touched.
fn check_magic(path: &Path, disk: &impl StorageBackend) -> Result<()> {
    let explained = |error: std::io::Error| explain(path, error.into());
    let length = disk.len().map_err(explained)?;
    if length == 0 {
        return Ok(());
    }
    let mut magic = [0; MAGIC.len()];
    if length >= MAGIC.len() as u64 {
        disk.read(0, &mut magic).map_err(explained)?;
    }
    if magic == *MAGIC {
        return Ok(());
    }
    let path = path.display();
    if magic == [0; MAGIC.len()] && length >= MAGIC.len() as u64 {
        // It is created with its mark last.
        return Err(Error::new(
            ErrorKind::Unavailable,
            damaged(&path.to_string(), "it was never finished"),
        ));
    }
    Err(config(format!(
        "`{path}` is not a cache file; it was left as it is. Name another file, or one that does not \
         exist yet"
    )))
}

/// Sees to it that a new file is found again after a power failure. Where a system cannot, the worst is
/// that everything is computed anew.
fn keep_name(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new(".")));
    let _ = folder.and_then(|folder| folder.sync_all());
}

#[cfg(unix)]
fn options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = File::options();
    // What is cached is nobody else's business.
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options
}

#[cfg(not(unix))]
fn options() -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    options
}

fn config(message: String) -> Error {
    Error::new(ErrorKind::Config, message)
}

const NO_PATH: &str = "the URL names no file; write `file:` and a path, such as \
                       `file:/var/cache/shop.redb`, or `file:shop.redb` in the working directory";

/// What every redb database begins with.
const MAGIC: &[u8; 9] = b"redb\x1a\x0a\xa9\x0d\x0a";

/// How much of the file is kept in memory, in bytes.
const PAGE_CACHE: usize = 64 << 20;
