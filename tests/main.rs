//! One binary, one module per theme.

mod floors;
