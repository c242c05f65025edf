//! HTTP response caching, as a client of a site sees it.

mod caching;
mod failing;
mod flask;
mod freshness;
mod poisoning;
mod regions;
mod site;
mod stampede;
mod streams;
mod validation;
mod vary;
#[cfg(unix)]
mod shared;
