//! One binary, one module per theme.

mod floors;
mod properties;
