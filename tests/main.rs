//! One binary, one module per theme.
