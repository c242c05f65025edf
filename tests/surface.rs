//! What holds for the library's surface, whatever the backend.

mod null;
mod send;
mod urls;
