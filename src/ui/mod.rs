//! The screen. Knows the collector only through `api`.

pub mod chart;
pub mod look;
