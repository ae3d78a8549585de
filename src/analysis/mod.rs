//! Judgements about a node from what is known of it: pure, no clock, no IO.

pub mod danger;
pub mod latency;
pub mod money;
pub mod reputation;
pub mod storage;
pub mod waits;
