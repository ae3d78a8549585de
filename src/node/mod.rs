//! What a node answers when it is asked: its HTTP API. Only ever read. Used by `collector` and `cli`.

pub mod client;
mod detail;
pub mod watch;
mod wire;
