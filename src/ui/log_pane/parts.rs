//! A log line taken apart for people: the columns of the list, the fields of one line.

use jiff::tz::TimeZone;

use super::super::number;
use super::super::shared::Shared;
use crate::api::line::{LogLine, Member, members};

/// Longest text made of what else a line says, in characters.
const LONGEST: usize = 200;

/// What the columns of the list show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// The satellite's id.
    pub(super) satellite: String,
    pub(super) action: String,
    pub(super) piece: String,
    pub(super) size: Option<u64>,
    /// The peer without its port.
    pub(super) from: String,
    /// What else it says: an error, a reason, its other fields.
    pub(super) more: String,
}

/// A name in the one spelling of 1.146 and later.
pub(super) fn normal(name: &str) -> String {
    let mut normal = String::with_capacity(name.len() + 2);
    let mut after_small = false;
    for c in name.chars() {
        let gap = matches!(c, ' ' | '-' | '_');
        if (gap || (after_small && c.is_ascii_uppercase())) && !normal.ends_with('_') {
            normal.push('_');
        }
        if !gap {
            normal.push(c.to_ascii_lowercase());
        }
        after_small = c.is_ascii_lowercase();
    }
    normal
}

impl Parts {
    pub(super) fn of(line: &LogLine) -> Self {
        let mut parts = Self::default();
        if line.level.is_empty() {
            parts.more.clone_from(&line.rest);
            return parts;
        }
        let (members, _) = members(&line.rest);
        let (mut error, mut reason, mut others) = (None, None, String::new());
        for Member { name, value } in members {
            let place = match normal(&name).as_str() {
                "satellite_id" | "satellite" | "sat" => &mut parts.satellite,
                "action" => &mut parts.action,
                "piece_id" | "piece" => &mut parts.piece,
                "remote_address" => &mut parts.from,
                "size" => {
                    parts.size = parts.size.or(value.parse().ok());
                    continue;
                }
                "error" => {
                    error.get_or_insert(value);
                    continue;
                }
                "reason" => {
                    reason.get_or_insert(value);
                    continue;
                }
                "process" | "offset" | "error_verbose" | "caller" | "c" | "s" => continue,
                other if others.len() < LONGEST => {
                    let gap = if others.is_empty() { "" } else { ", " };
                    let value: String = value.chars().take(60).collect();
                    others += &format!("{gap}{other} {value}");
                    continue;
                }
                _ => continue,
            };
            if place.is_empty() {
                *place = value;
            }
        }
        if let Some((host, _)) = parts.from.rsplit_once(':') {
            parts.from = host.trim_matches(['[', ']']).to_owned();
        }
        parts.more = match (error, reason) {
            (Some(error), _) => shortened(&first_line(&error)).to_owned(),
            (None, Some(reason)) => sent(&reason).unwrap_or_else(|| first_line(&reason)),
            (None, None) => others,
        };
        parts
    }
}

/// Without the classes an error went through: what is behind them tells more.
fn shortened(error: &str) -> &str {
    const CLASSES: [&str; 6] = [
        "hashstore: ",
        "pieces error: ",
        "filestore error: ",
        "ping satellite: ",
        "manager closed: ",
        "piecestore: ",
    ];
    let inner = CLASSES.iter().find_map(|class| error.strip_prefix(class));
    inner.map_or(error, shortened)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(LONGEST).collect()
}

/// `1.3 of 2.3 MB sent`, of the reason a download was canceled for.
fn sent(reason: &str) -> Option<String> {
    let rest = reason.strip_prefix("downloaded size (")?;
    let (sent, rest) = rest.split_once(" bytes) does not match received message size (")?;
    let all = rest.strip_suffix(" bytes)")?;
    let (sent, all): (u64, u64) = (sent.parse().ok()?, all.parse().ok()?);
    Some(format!("{} of {} sent", number::size(sent), number::size(all)))
}

/// Who a line is, wherever it was met.
pub(super) fn key(line: &LogLine) -> String {
    match &line.place {
        Some(place) => format!("{}\t{}\t{}", line.node, place.path, place.offset),
        None => format!("{}\t{}\t{}\t{}", line.node, line.time_ms, line.message, line.rest),
    }
}

/// When it was written: as exactly as it is known, with the day when it was not today.
pub(super) fn time(ms: i64, now_ms: i64, zone: &TimeZone) -> String {
    let clock = number::clock(ms, zone);
    let part = ms.rem_euclid(1000);
    let clock = match part {
        0 => clock,
        part => format!("{clock}.{:02}", part / 10),
    };
    let day = number::date(ms, zone);
    match day == number::date(now_ms, zone) {
        true => clock,
        false => format!("{} {clock}", number::day(ms, zone)),
    }
}

/// The fields of one line in their order: name, value.
pub(super) fn fields(line: &LogLine, shared: &Shared) -> Vec<(String, String)> {
    let zone = &shared.zone;
    let mut fields = Vec::new();
    let mut put = |name: &str, value: String| {
        if !value.is_empty() {
            fields.push((name.to_owned(), value));
        }
    };
    let clock = format!(
        "{} {}",
        number::date(line.time_ms, zone),
        number::zoned_clock(line.time_ms, zone)
    );
    put("time", clock);
    let logger = [line.level.as_str(), line.logger.as_str()].join("  ");
    put("level, logger", logger.trim().to_owned());
    put("message", line.message.clone());
    if line.level.is_empty() {
        put("line", line.rest.clone());
        return fields;
    }
    let (members, whole) = members(&line.rest);
    let mut seen = Vec::new();
    for Member { name, value } in members {
        let name = normal(&name);
        if name == "process" || seen.contains(&name) {
            continue;
        }
        let value = match name.as_str() {
            "satellite_id" | "satellite" | "sat" => match shared.satellite_name(&value) {
                short if value.starts_with(&short) => value,
                short => format!("{short}  {value}"),
            },
            "size" => match value.parse::<u64>() {
                Ok(bytes) if bytes >= 1000 => format!("{value}  ({})", number::size(bytes)),
                _ => value,
            },
            "error_verbose" => {
                let lines = value.lines().count().max(1);
                let plural = if lines == 1 { "" } else { "s" };
                format!("{lines} line{plural} of stack: the raw line shows it")
            }
            _ => value,
        };
        put(&name, value);
        seen.push(name);
    }
    if !whole && !line.rest.is_empty() {
        put("…", "it goes on: the raw line shows more".to_owned());
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gravity::Gravity;

    pub(super) fn line(rest: &str) -> LogLine {
        LogLine {
            node: "n".to_owned(),
            time_ms: 1_787_341_687_000,
            level: "INFO".to_owned(),
            logger: "piecestore".to_owned(),
            message: "x".to_owned(),
            rest: rest.to_owned(),
            understood: true,
            gravity: Gravity::Plain,
            place: None,
        }
    }

    #[test]
    fn columns_are_found_in_every_release() {
        let new = Parts::of(&line(
            r#"{"process": "storagenode", "piece_id": "H5", "satellite_id": "12E", "action": "GET", "offset": 0, "size": 2319360, "remote_address": "[2001:db8::1]:40", "reason": "downloaded size (65536 bytes) does not match received message size (2319360 bytes)"}"#,
        ));
        let old = Parts::of(&line(
            r#"{"Process": "storagenode", "Piece ID": "H5", "Satellite ID": "12E", "Action": "GET", "Size": 2319360, "Remote Address": "2001:db8::1:40", "reason": "context canceled"}"#,
        ));
        assert_eq!(
            (&new.satellite, &new.piece, new.size),
            (&old.satellite, &old.piece, old.size)
        );
        assert_eq!(
            (new.from.as_str(), new.more.as_str()),
            ("2001:db8::1", "66 kB of 2.32 MB sent")
        );
        assert_eq!(old.more, "context canceled");
        let others = Parts::of(&line(
            r#"{"attempts": 3, "error": "ping satellite: hashstore: x\n\tstack", "satelliteID": "1w"}"#,
        ));
        assert_eq!((others.more.as_str(), others.satellite.as_str()), ("x", "1w"));
        assert_eq!(
            Parts::of(&line(r#"{"after": "6h", "count": 2}"#)).more,
            "after 6h, count 2"
        );
        let trace = LogLine {
            level: String::new(),
            ..line("goroutine 1 [running]:")
        };
        assert_eq!(Parts::of(&trace).more, "goroutine 1 [running]:");
    }

    #[test]
    fn times_are_as_exact_as_they_are_known() {
        let utc = TimeZone::UTC;
        let now = 1_787_341_687_000;
        assert_eq!(time(now - 1000, now, &utc), "19:48:06");
        assert_eq!(time(now - 1000 + 815, now, &utc), "19:48:06.81");
        assert_eq!(time(now - 86_400_000, now, &utc), "20 Aug 19:48:07");
    }
}
