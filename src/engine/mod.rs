//! What the lines of a log add up to. Fed by `cli`.

pub mod tally;
