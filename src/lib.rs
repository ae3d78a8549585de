//! storj-monitor: watches Storj storage nodes.
//!
//! Rooms, each of which may use only those above it: [`domain`] (nouns), [`log`] (bytes → record →
//! event), [`engine`] (what events add up to), [`source`] (bytes in), [`discover`] (nodes of this host),
//! [`demo`] (two recorded nodes),
//! [`cli`] (the commands).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod analysis;
pub mod api;
pub mod cli;
pub mod collector;
pub mod config;
pub mod demo;
pub mod discover;
pub mod domain;
pub mod engine;
pub mod log;
pub mod node;
pub mod report;
pub mod source;
pub mod store;
pub mod support;
pub mod ui;
