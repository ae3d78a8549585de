//! What a node tells: its HTTP API and its own databases. Only ever read. Used by `collector` and `cli`.

pub mod client;
pub mod databases;
mod detail;
pub mod watch;
mod wire;
