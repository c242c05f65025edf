//! What the errors of the file mean.

use std::io;
use std::path::Path;

use crate::error::{Error, ErrorKind};

/// The error of a database, in the words of who uses the cache.
pub(super) fn explain(path: &Path, cause: redb::Error) -> Error {
    let path = path.display();
    let (kind, message) = match &cause {
        redb::Error::DatabaseAlreadyOpen => (
            ErrorKind::Unavailable,
            format!(
                "the cache file `{path}` is in use, by another process or by another cache of this one; \
                 only one at a time can have it. Within a process share one cache; several processes \
                 share a Redis server (`redis://`)"
            ),
        ),
        redb::Error::Io(error) => io_error(&path.to_string(), error),
        redb::Error::UpgradeRequired(version) => (
            ErrorKind::Config,
            format!(
                "the cache file `{path}` is of redb's file format {version}, which this version does not \
                 read; delete it, it is only a cache and fills again"
            ),
        ),
        redb::Error::PreviousIo | redb::Error::DatabaseClosed => (
            ErrorKind::Unavailable,
            format!("the cache file `{path}` is not open after an error; it is tried again"),
        ),
        redb::Error::ValueTooLarge(size) => (
            ErrorKind::TooLarge,
            format!("a value of {size} bytes is too large for the cache file `{path}`"),
        ),
        _ => (ErrorKind::Unavailable, damaged(&path.to_string(), &cause.to_string())),
    };
    Error::new(kind, message).because(cause)
}

/// What is told of a file that cannot be what was written.
pub(super) fn damaged(path: &str, how: &str) -> String {
    format!(
        "the cache file `{path}` is damaged ({how}); end the program and delete the file, it is only a \
         cache and fills again"
    )
}

fn io_error(path: &str, error: &io::Error) -> (ErrorKind, String) {
    use io::ErrorKind as Io;
    match error.kind() {
        Io::NotFound => (
            ErrorKind::Config,
            format!("there is no directory for the cache file `{path}`; create it first"),
        ),
        Io::IsADirectory => (
            ErrorKind::Config,
            format!("`{path}` is a directory; name a file in it, such as `{path}/cache.redb`"),
        ),
        Io::PermissionDenied | Io::ReadOnlyFilesystem => (
            ErrorKind::Denied,
            format!(
                "the cache file `{path}` cannot be read and written: {error}; a cache needs both, also \
                 of the directory where it creates the file"
            ),
        ),
        Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => (
            ErrorKind::Unavailable,
            format!(
                "the cache file `{path}` cannot be written: {error}; make room, or give it less \
                 (`file_capacity`)"
            ),
        ),
        Io::InvalidData | Io::UnexpectedEof => {
            (ErrorKind::Unavailable, damaged(path, &error.to_string()))
        }
        _ => (
            ErrorKind::Unavailable,
            format!("the cache file `{path}` cannot be read or written: {error}"),
        ),
    }
}
