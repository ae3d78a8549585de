//! Bytes of a node's log to records and events. Pure; used by `engine` and `cli`.
//!
//! A physical line goes through [`framing`] (docker, journald and compose wrappings off),
//! [`record`] (columns or JSON keys) and [`event`] (what it means).

pub mod event;
pub mod fields;
pub mod framing;
pub mod record;
pub mod stamp;
