//! Answers as text: CSV, JSON, tables.

pub mod time;
