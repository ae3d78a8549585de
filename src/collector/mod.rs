//! Wires sources, engine and store. Used by `cli`.

mod align;
pub mod asks;
pub mod collect;
pub mod ingest;
pub mod look;
pub mod stream;
pub mod tell;
