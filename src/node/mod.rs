//! What a node tells: its HTTP API and its own databases. Only ever read. Used by `collector` and `cli`.

mod accounts;
pub mod client;
pub mod databases;
mod detail;
mod rounds;
pub mod watch;
mod wire;
