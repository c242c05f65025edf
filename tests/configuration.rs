//! Settings from files and from the environment. The first part is named after Flask-Caching's, which they
//! replace.

mod files;
mod flask;
mod process;
