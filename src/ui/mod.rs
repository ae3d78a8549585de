//! The screen. Knows the collector only through `api`.

pub mod action;
pub mod chart;
pub mod frame;
pub mod key;
pub mod look;
pub mod model;
pub mod number;
pub mod overview;
pub mod pen;
pub mod run;
pub mod table;
pub mod terminal;
pub mod text;
