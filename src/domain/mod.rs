//! The nouns: plain data, no IO, no clock. Every room may use it.

pub mod audit;
pub mod batch;
pub mod books;
pub mod chart;
pub mod currency;
pub mod detail;
pub mod earned;
pub mod gravity;
pub mod health;
pub mod host;
pub mod latency;
pub mod money;
pub mod payout;
pub mod piece;
pub mod remark;
pub mod sample;
pub mod setting;
pub mod source;
pub mod task;
pub mod transfer;
