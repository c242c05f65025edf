//! The tests stand beside this file, in one binary: `main.rs`.
