//! Two recorded nodes and their replay against the current clock: what `storj-monitor demo` runs on.
//! `cli` starts it; to the rest of the program the nodes look like any other.

mod answers;
mod feed;
mod recording;
mod replay;
mod server;
mod timeline;
mod times;

use std::time::Duration;

pub use recording::{Line, Recorded, Recording};
pub use replay::{Replay, ReplayNode};

/// How much of the recording is best told as history: `attic` has lost files and fails audits, its
/// score has begun to fall, and a satellite disqualifies it a minute later, live.
pub const HISTORY: Duration = Duration::from_secs(750);
