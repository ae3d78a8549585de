//! Wires sources, engine and store. Used by `cli`.

mod align;
pub mod collect;
pub mod ingest;
pub mod stream;
