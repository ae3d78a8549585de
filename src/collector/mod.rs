//! Wires sources, engine and store. Used by `cli`.

mod align;
pub mod ingest;
pub mod stream;
