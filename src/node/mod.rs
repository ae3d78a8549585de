//! What a node answers when it is asked, and what surrounds it: its HTTP API, its own databases, its debug endpoint and health page, the
//! disk of its data. Only ever read. Used by `collector` and `cli`.

pub mod around;
pub mod client;
pub mod databases;
mod detail;
#[cfg(unix)]
pub mod disk;
pub mod health;
pub mod metrics;
pub mod watch;
mod wire;
