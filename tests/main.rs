//! One binary, one module per theme.

mod cached;
mod cancellation;
mod configuration;
mod conformance;
mod edges;
mod envelopes;
mod file;
mod flask_caching;
mod floors;
mod fragments;
mod http;
mod messages;
mod properties;
mod redis;
mod runtimes;
mod sets;
mod shared;
mod staleness;
mod surface;
