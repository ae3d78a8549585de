//! Answers as text: CSV, JSON, tables.

pub mod table;
pub mod time;
