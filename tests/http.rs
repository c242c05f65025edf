//! HTTP response caching, as a client of a site sees it.

mod caching;
mod failing;
mod flask;
mod freshness;
mod poisoning;
mod regions;
#[cfg(unix)]
mod shared;
mod site;
mod stampede;
mod streams;
mod validation;
mod vary;
mod wire;
