//! The races that the contract names, in its numbering: each test says which one it is and what
//! defends against it, and fails when that defence is taken out.

mod cleared;
mod evicted;
mod full;
mod ids;
mod overtaken;
mod rollback;
mod torn;
mod types;
mod walks;
