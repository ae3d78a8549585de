//! The screen. Knows the collector only through `api`.

pub mod look;
pub mod table;
