//! What the lines of a log add up to. Pure; fed by `collector` and `cli`.

pub mod apply;
mod ends;
pub mod flight;
pub mod live;
pub mod pairs;
pub mod tally;
mod waits;
