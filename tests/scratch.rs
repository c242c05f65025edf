#![allow(warnings)]
mod cached;
mod flask_caching;
