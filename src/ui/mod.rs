//! The screen. Knows the collector only through `api`.

pub mod action;
pub mod ask;
pub mod chart;
pub mod explain;
pub mod flow;
pub mod frame;
pub mod key;
pub mod keymap;
pub mod log_pane;
pub mod look;
pub mod maintenance;
pub mod model;
pub mod number;
mod over;
pub mod overlay;
pub mod overview;
pub mod pane;
pub mod pen;
pub mod reputation;
pub mod run;
pub mod shared;
pub mod storage;
pub mod table;
pub mod terminal;
pub mod text;
pub mod traffic;
