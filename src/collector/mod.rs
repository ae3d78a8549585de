//! Wires sources, engine and store. Used by `cli`.

mod align;
pub mod asks;
pub mod collect;
mod cover;
pub mod geo;
pub mod hub;
pub mod ingest;
pub mod look;
mod peers;
pub mod publish;
pub mod service;
pub mod stream;
pub mod tables;
mod tap;
pub mod tell;
