//! What Flask-Caching, Flask-Cache and Flask-CacheOBJ do, done with our means. Each test is named after what
//! it shows of theirs; what belongs to requests, templates, counters, lists and configuration is elsewhere.

mod cached;
mod cacheobj;
mod delete_memoized;
mod entries;
mod memoize;
