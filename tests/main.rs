//! One binary, one module per theme.

mod edges;
mod floors;
mod properties;
