//! Tools that know nothing of Storj. Every room may use them.

pub mod bytes;
pub mod clock;
pub mod file;
pub mod foreign;
pub mod middle;
pub mod names;
pub mod ring;
pub mod sketch;
pub mod top;
pub mod varint;
