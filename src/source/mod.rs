//! Log bytes in. Read by `cli`.

pub mod archive;
pub mod lines;
