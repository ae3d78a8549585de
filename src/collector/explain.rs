//! What one log line means, and what is known around it: the answer to a viewer.

use super::past;
use crate::analysis::reputation::streak;
use crate::api::line::{Explained, LogLine, PieceStory, Seen, members};
use crate::domain::piece;
use crate::domain::transfer::Outcome;
use crate::engine::apply::trouble_text;
use crate::log::event;
use crate::log::meaning::{self, Told};
use crate::log::record::{Line, Parser, Record, text};
use crate::log::template;
use crate::store::seen::Often;
use crate::store::{self, Reader};
use crate::support::clock::DAY_MS;

/// Longest line that is shown as it stands (bytes).
const LONGEST: usize = 64 << 10;
/// What half a letter at the end of a cut text becomes.
const CUT: char = '\u{fffd}';

/// What is known of a line.
///
/// # Errors
/// When the database does not answer.
pub fn line(reader: &Reader, line: &LogLine) -> Result<Explained, String> {
    let mut parser = Parser::default();
    let whole = whole(reader, &mut parser, line);
    let raw = match &whole {
        Some(whole) => whole.clone(),
        None => rebuilt(line),
    };
    let parsed = parser.parse(&raw);
    let mut told = explained(meaning::of(&parsed, &raw));
    told.raw = whole.map(|whole| String::from_utf8_lossy(&whole[..whole.len().min(LONGEST)]).into_owned());
    if let Line::Record(record) = &parsed {
        known(reader, line, record, &mut told).map_err(|error| error.to_string())?;
    }
    Ok(told)
}

fn explained(told: Told) -> Explained {
    // An error that takes weight off says all there is to say.
    let harmless = told.error.filter(|error| error.gravity < told.message.gravity);
    let parts = match (harmless, told.error) {
        (Some(error), _) => vec![error],
        (None, Some(error)) => vec![told.message, error],
        (None, None) => vec![told.message],
    };
    let texts = |of: fn(&meaning::Meaning) -> &'static str| -> Vec<String> {
        let texts = parts.iter().map(of).filter(|text| !text.is_empty());
        texts.map(str::to_owned).collect()
    };
    let mut act = texts(|meaning| meaning.act);
    // An error that is known need not be read.
    if told.error.is_some() && act.first().is_some_and(|act| act.starts_with("Read the")) {
        act.remove(0);
    }
    Explained {
        gravity: told.gravity,
        means: texts(|meaning| meaning.means),
        act,
        ..Explained::default()
    }
}

/// The line as it stands in its file, if it is still there and still the same.
fn whole(reader: &Reader, parser: &mut Parser, line: &LogLine) -> Option<Vec<u8>> {
    let raw = past::line_at(reader, &line.node, line.place.as_ref()?)?;
    let same = match parser.parse(&raw) {
        Line::Record(record) => {
            let head = record.head;
            head.message.starts_with(line.message.trim_end_matches(CUT))
                && head.logger.starts_with(line.logger.trim_end_matches(CUT))
                && head.level.word() == line.level
        }
        _ => line.level.is_empty(),
    };
    let begins = String::from_utf8_lossy(&raw);
    let shown = line.rest.trim_end_matches(CUT);
    (same && begins.contains(shown)).then_some(raw)
}

/// The line from its parts, as a node without times would write it.
fn rebuilt(line: &LogLine) -> Vec<u8> {
    let (members, whole) = members(&line.rest);
    if line.level.is_empty() || (whole && line.rest.starts_with("{\"L\":")) {
        return line.rest.clone().into_bytes();
    }
    let mut columns = vec![line.level.clone(), line.logger.clone(), line.message.clone()];
    columns.retain(|column| !column.is_empty());
    match whole {
        true => columns.push(line.rest.clone()),
        // What is cut is left out.
        false => {
            let members = members.iter().map(|member| {
                let value = match member.value.parse::<u64>() {
                    Ok(number) => number.into(),
                    Err(_) => serde_json::Value::from(member.value.as_str()),
                };
                format!("{}: {value}", serde_json::Value::from(member.name.as_str()))
            });
            columns.push(format!("{{{}}}", members.collect::<Vec<_>>().join(", ")));
        }
    }
    columns.retain(|column| !column.is_empty());
    columns.join("\t").into_bytes()
}

fn known(reader: &Reader, line: &LogLine, record: &Record<'_>, told: &mut Explained) -> store::Result<()> {
    let (node, at_ms) = (line.node.as_str(), line.time_ms);
    let transfer = event::transfer(record);
    told.counted = transfer.map(|transfer| (transfer.outcome, transfer.cause.word().to_owned()));
    let action = text(record.fields.action);
    let error = match &transfer {
        Some(transfer) if transfer.outcome == Outcome::Failed => Some(text(transfer.error)),
        Some(_) => None,
        None => trouble_text(record),
    };
    if let Some(error) = error {
        let template = template::of(&error);
        let often = reader.error_seen(node, (&action, &template), at_ms)?;
        told.error = often.map(|often| seen(template, often));
    }
    let head = record.head;
    let shape = (&*head.logger_shape, head.level.word(), &*head.message_shape);
    let often = reader.kind_seen(node, shape, at_ms)?;
    told.shape = often.map(|often| seen(shape.2.to_owned(), often));
    if let Some(id) = piece::parse_id(record.fields.piece_id) {
        let story = reader.story(node, id, at_ms)?.unwrap_or_default();
        told.piece = Some(PieceStory {
            uploaded_ms: story.uploaded_ms,
            reads: story.reads,
            last_read_ms: story.last_read_ms,
            failed: story.failed,
            kept_from_ms: reader.kept_from(node)?,
        });
    }
    let failed = transfer.is_some_and(|transfer| transfer.outcome == Outcome::Failed);
    if failed && action == "GET_AUDIT" {
        let satellite = text(record.fields.satellite_id);
        // This one may not be kept yet.
        told.streak = Some(in_a_row(reader, node, &satellite, at_ms)?.max(1));
    }
    Ok(())
}

/// Audits of a satellite that failed in a row until the end of the second of `at_ms`, as everywhere else they are
/// counted; looks back a day at most.
fn in_a_row(reader: &Reader, node: &str, satellite: &str, at_ms: i64) -> store::Result<u64> {
    let end = (at_ms.div_euclid(1000) + 1) * 1000;
    let audits = reader.audits(node, (end - DAY_MS, end))?;
    let streaks = streak::streaks(&audits);
    let ours = streaks.iter().find(|streak| streak.satellite_id == satellite);
    Ok(ours.map_or(0, |streak| streak.in_a_row))
}

fn seen(text: String, often: Often) -> Seen {
    Seen {
        text,
        day: often.day,
        count: often.count,
        first_ms: often.first_ms,
        last_ms: often.last_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gravity::Gravity;

    #[test]
    fn an_error_of_the_network_says_so_alone() {
        let told = |error: &str| {
            let raw = format!("ERROR\tpiecestore\tupload failed\t{{\"error\": \"{error}\"}}");
            explained(meaning::of(&Parser::default().parse(raw.as_bytes()), raw.as_bytes()))
        };
        let network = told("write tcp 1.2.3.4:5: write: broken pipe");
        assert_eq!(
            (network.means.len(), network.act.len(), network.gravity),
            (1, 0, Gravity::Plain)
        );
        let disk = told("write x: no space left on device");
        assert_eq!((disk.means.len(), disk.act.len(), disk.gravity), (2, 1, Gravity::Grave));
        assert!(disk.act[0].contains("Free some space"), "{:?}", disk.act);
        assert_eq!(told("something new").act.len(), 1);
    }

    #[test]
    fn a_line_is_put_together_again_from_its_parts_even_when_it_is_cut() {
        let line = LogLine {
            node: "n".to_owned(),
            time_ms: 1,
            level: "ERROR".to_owned(),
            logger: "piecestore".to_owned(),
            message: "download failed".to_owned(),
            rest: r#"{"action": "GET_AUDIT", "size": 256, "error": "file does not exist", "errorVerbose": "file do"#
                .to_owned(),
            understood: true,
            gravity: Gravity::Plain,
            place: None,
        };
        let raw = rebuilt(&line);
        let mut parser = Parser::default();
        let Line::Record(record) = parser.parse(&raw) else {
            panic!("{}", String::from_utf8_lossy(&raw));
        };
        assert_eq!(
            (record.fields.action, record.fields.size),
            (&b"GET_AUDIT"[..], Some(256))
        );
        assert_eq!(meaning::of(&Line::Record(record), &raw).gravity, Gravity::Grave);
        let json = LogLine {
            rest: r#"{"L":"INFO","T":"2026-08-20T06:00:33Z","N":"piecestore","M":"uploaded","size":5}"#.to_owned(),
            ..line.clone()
        };
        assert!(
            matches!(Parser::default().parse(&rebuilt(&json)), Line::Record(record) if record.fields.size == Some(5))
        );
        let trace = LogLine {
            level: String::new(),
            rest: "panic: x".to_owned(),
            ..line
        };
        assert_eq!(rebuilt(&trace), b"panic: x");
    }
}
