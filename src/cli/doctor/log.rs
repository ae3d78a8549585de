//! What `doctor` finds in a node's log.

use std::io;
use std::path::Path;

use super::{Checks, State};
use crate::collector::look::Look;

/// A log that grows faster than this (bytes a day) is worth a setting.
const MUCH_A_DAY: u64 = 2_000_000_000;
/// A log that is larger and was never rotated (bytes) will fill the disk some day.
const NEVER_ROTATED: u64 = 5_000_000_000;
/// An idle node writes hourly.
const SILENT_MS: i64 = 2 * 3_600_000;
/// A stamp so far in the future (ms) is a wrong clock.
const AHEAD_MS: i64 = 60_000;

/// One log: whether it can be read, is a node's, is of today; what its level hides, how fast it grows, what
/// rotates it.
pub fn check(checks: &mut Checks, node: &str, path: &Path, now_ms: i64) {
    let name = format!("{node}: log");
    let look = match Look::at(path) {
        Ok(look) => look,
        Err(error) => {
            let advice = match error.kind() {
                io::ErrorKind::PermissionDenied => {
                    "let this user read it: put it into the file's group, or use setfacl"
                }
                io::ErrorKind::NotFound => "is the path right? A log that is not there yet is waited for",
                _ => "is its disk mounted?",
            };
            return checks.add(name, State::Fail, format!("{}: {error}", path.display()), advice);
        }
    };
    let lines = &look.lines;
    let Some((_, last_ms)) = look.span_ms else {
        let (state, detail) = match look.len {
            0 => (State::Warn, "it is empty".to_owned()),
            len => (
                State::Fail,
                format!("no line of a storage node in its last {} of {len} bytes", look.looked),
            ),
        };
        return checks.add(
            name,
            state,
            format!("{}: {detail}", path.display()),
            "is it the right file?",
        );
    };
    let detail = format!(
        "{}: {}, {} of {} lines understood",
        path.display(),
        lines.dialect().unwrap_or_default(),
        lines.understood,
        lines.lines
    );
    let state = if lines.unknown + lines.malformed > lines.lines / 10 {
        State::Warn
    } else {
        State::Ok
    };
    checks.add(&name, state, detail, "");
    let age = now_ms - last_ms;
    if age > SILENT_MS {
        let detail = format!("its last line is {} hours old", age / 3_600_000);
        checks.add(&name, State::Warn, detail, "does the node run, and does it write here?");
    } else if age < -AHEAD_MS {
        let detail = format!("its last line is {} s in the future", -age / 1000);
        checks.add(&name, State::Fail, detail, "set the clocks of both by a time server");
    }
    check_level(checks, node, &look);
    check_volume(checks, node, &look);
    check_rotation(checks, node, &look);
}

/// What the level hides.
fn check_level(checks: &mut Checks, node: &str, look: &Look) {
    let name = format!("{node}: log level");
    let advice = "set log.level: info in the node's config.yaml, or custom levels that keep piecestore at INFO";
    if look.info + look.debug == 0 {
        let detail = "only warnings and errors are written: no transfer is seen, and no success rate is known";
        checks.add(name, State::Fail, detail, advice);
    } else if look.successes == 0 && look.lines.lines > 200 {
        let detail = "no finished upload or download in it: piecestore is quieter than INFO, or the node is idle";
        checks.add(name, State::Warn, detail, advice);
    } else if look.debug > 0 {
        let share = look.debug * 100 / look.lines.lines.max(1);
        let detail = format!("DEBUG ({share} % of the lines): durations and in-flight transfers are seen");
        checks.add(name, State::Ok, detail, "");
    } else {
        let detail = "INFO: transfers, audits and errors are seen; durations and what is in flight need DEBUG";
        checks.add(name, State::Ok, detail, "");
    }
}

fn check_volume(checks: &mut Checks, node: &str, look: &Look) {
    let name = format!("{node}: log volume");
    let Some(day) = look.bytes_per_day() else {
        return checks.add(name, State::Skipped, "the log is too short to tell", "");
    };
    let detail = format!("{:.1} MB a day", day as f64 / 1e6);
    if day <= MUCH_A_DAY {
        return checks.add(name, State::Ok, detail, "");
    }
    let advice = match look.debug {
        0 => "rotate it daily and packed; storj-monitor reads .gz and .zst",
        _ => "set log.level: info, or log.custom-level: piecestore=info; rotate it daily and packed",
    };
    checks.add(name, State::Warn, detail, advice);
}

fn check_rotation(checks: &mut Checks, node: &str, look: &Look) {
    let name = format!("{node}: log rotation");
    if !look.strangers.is_empty() {
        let names: Vec<String> = look
            .strangers
            .iter()
            .take(3)
            .map(|path| path.display().to_string())
            .collect();
        let detail = format!("not followed, though they look like older parts: {}", names.join(", "));
        let advice = format!("read them once with `storj-monitor ingest {node} FILE…`; each line counts once");
        checks.add(&name, State::Warn, detail, &advice);
    }
    match look.rotated {
        0 if look.len > NEVER_ROTATED => checks.add(
            name,
            State::Warn,
            format!("the log has {:.1} GB and was never rotated", look.len as f64 / 1e9),
            "let logrotate do it (with copytruncate, or the node's restart after renaming); both are followed",
        ),
        0 => checks.add(
            name,
            State::Ok,
            "no rotated file; renaming and copytruncate are both followed",
            "",
        ),
        count => checks.add(name, State::Ok, format!("rotated files that are read too: {count}"), ""),
    }
}
