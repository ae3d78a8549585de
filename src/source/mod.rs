//! Log bytes in. Read by `collector` and `cli`.

pub mod archive;
pub mod arrival;
pub mod follow;
pub mod identity;
pub mod lines;
pub mod past;
mod slot;
pub mod wake;
