//! The contract between the collector and whoever looks on: what is asked, what is answered, and the ways
//! it goes. A viewer cannot tell a channel from a socket.

pub mod databases;
pub mod disks;
pub mod latency;
pub mod line;
pub mod link;
pub mod message;
pub mod money;
pub mod reputation;
pub mod snapshot;
#[cfg(unix)]
pub mod socket;
pub mod status;
pub mod storage;
pub mod table;
