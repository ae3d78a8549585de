//! The nouns: plain data, no IO, no clock. Every room may use it.

pub mod batch;
pub mod piece;
pub mod source;
pub mod transfer;
