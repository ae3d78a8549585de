//! Wires sources, engine and store. Used by `cli`.

mod align;
pub mod asks;
pub mod collect;
pub mod hub;
pub mod ingest;
pub mod look;
pub mod publish;
pub mod service;
pub mod stream;
pub mod tables;
mod tap;
pub mod tell;
