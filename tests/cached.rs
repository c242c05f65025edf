//! `#[cached]` and `#[invalidates]`, as they are written.

mod smoke;
