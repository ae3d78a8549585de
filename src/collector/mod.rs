//! Wires sources, engine and store. Used by `cli`.

mod align;
pub mod asks;
mod books;
pub mod collect;
mod cover;
pub mod disks;
pub mod explain;
pub mod geo;
pub mod host;
pub mod hub;
pub mod import;
pub mod ingest;
pub mod latency;
pub mod look;
pub mod matcher;
pub mod past;
mod peers;
pub mod publish;
pub mod rating;
pub mod service;
pub mod shelves;
pub mod space;
pub mod stream;
pub mod surroundings;
pub mod tables;
pub mod tap;
pub mod tell;
