//! The contract between the collector and whoever looks on: what is asked and what is answered.

pub mod status;
