//! Wires sources, engine and store. Used by `cli`.

mod align;
pub mod asks;
pub mod collect;
mod cover;
pub mod explain;
pub mod geo;
pub mod hub;
pub mod ingest;
pub mod latency;
pub mod look;
pub mod matcher;
pub mod past;
mod peers;
pub mod publish;
pub mod rating;
pub mod service;
pub mod space;
pub mod stream;
pub mod tables;
pub mod tap;
pub mod tell;
