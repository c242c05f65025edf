//! One cache, shared by processes through a Redis server: what it costs, and what it keeps when
//! processes, lines and futures end at the wrong moment.
#![cfg(unix)]

mod canaries;
mod cancellation;
pub(crate) mod child;
mod counts;
mod emitters;
mod faults;
mod handlers;
mod hiccups;
mod late;
mod lines;
mod listeners;
mod outages;
mod patience;
mod processes;
mod python;
mod stampede;
mod trips;
mod witness;
