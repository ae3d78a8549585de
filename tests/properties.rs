//! What must hold for any input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use proptest::prelude::*;
use storj_monitor::engine::tally::Tally;
use storj_monitor::log::event;
use storj_monitor::log::record::{Line, Parser};
use storj_monitor::log::slow::{self, Object};
use storj_monitor::log::template;
use storj_monitor::support::sketch::Sketch;

/// Real lines, damaged: bytes replaced, cut out, put in.
fn damaged_line() -> impl Strategy<Value = Vec<u8>> {
    let log = common::sample();
    let lines: Vec<Vec<u8>> = log.lines().step_by(97).map(|line| line.as_bytes().to_vec()).collect();
    let line = proptest::sample::select(lines);
    (
        line,
        proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0u8..3), 0..6),
    )
        .prop_map(|(mut line, edits)| {
            for (at, byte, what) in edits {
                if line.is_empty() {
                    break;
                }
                let at = at.index(line.len());
                match what {
                    0 => line[at] = byte,
                    1 => drop(line.remove(at)),
                    _ => line.insert(at, byte),
                }
            }
            line
        })
}

/// Texts as they come: with quotes, escapes, control characters, other scripts.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Z2-7]{52}",
        "[a-zA-Z0-9:. /-]{0,30}",
        proptest::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter),
    ]
}

fn spelled(spelling: u8) -> [&'static str; 4] {
    match spelling {
        0 => ["piece_id", "satellite_id", "action", "size"],
        1 => ["Piece ID", "Satellite ID", "Action", "Size"],
        _ => ["pieceID", "satelliteID", "action", "size"],
    }
}

proptest! {
    #[test]
    fn any_bytes_are_counted_as_lines_and_nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let mut tally = Tally::default();
        bytes.split(|b| *b == b'\n').for_each(|line| tally.push(line));
        let lines = &tally.lines;
        prop_assert_eq!(lines.lines, lines.understood + lines.unknown + lines.malformed);
    }

    #[test]
    fn damaged_lines_are_counted_and_nothing_panics(lines in proptest::collection::vec(damaged_line(), 1..40)) {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.push(line));
        let counted = &tally.lines;
        prop_assert_eq!(counted.lines, counted.understood + counted.unknown + counted.malformed);
    }

    /// Layouts, scanner and serde_json read the same from any record, in any spelling and encoding.
    #[test]
    fn fast_ways_read_what_serde_json_reads(
        records in proptest::collection::vec((text(), text(), text(), any::<u64>(), 0u8..3, any::<bool>()), 1..12)
    ) {
        let mut parser = Parser::default();
        for (piece, satellite, error, size, spelling, json) in records {
            let [p, s, a, z] = spelled(spelling);
            let object = serde_json::json!({"process": "storagenode", p: piece, s: satellite, a: "GET", z: size, "error": error});
            let body = object.to_string();
            let line = if json {
                format!("{{\"L\":\"ERROR\",\"T\":\"2026-08-20T06:00:33Z\",\"N\":\"piecestore\",\"M\":\"download failed\",{}", &body[1..])
            } else {
                format!("2026-08-20T06:00:33Z\tERROR\tpiecestore\tdownload failed\t{body}")
            };
            let Line::Record(record) = parser.parse(line.as_bytes()) else {
                panic!("no record: {line}");
            };
            prop_assert_eq!(record.unix_ms, Some(1_787_205_633_000));
            let oracle = Object::parse(body.as_bytes()).unwrap();
            prop_assert_eq!(slow::unescape(record.fields.piece_id), oracle.text(&["piece_id"]).unwrap());
            prop_assert_eq!(slow::unescape(record.fields.satellite_id), oracle.text(&["satellite_id"]).unwrap());
            prop_assert_eq!(slow::unescape(record.fields.error), oracle.text(&["error"]).unwrap());
            prop_assert_eq!(record.fields.size, Some(size));
            prop_assert_eq!(event::transfer(&record).unwrap().bytes(), size);
            // Cut anywhere inside its object, the line is damaged, never a smaller truth.
            let cut = line.len() - 1 - (size as usize % body.len().min(line.len() - 1));
            if let Some(cut) = line.get(..cut) && cut.contains("failed\t{") {
                prop_assert!(matches!(parser.parse(cut.as_bytes()), Line::Malformed), "{}", cut);
            }
        }
    }

    #[test]
    fn a_template_of_anything_is_short_and_clean(text in text()) {
        let template = template::of(&text);
        prop_assert!(template.chars().count() <= 320);
        prop_assert!(!template.chars().any(char::is_control));
    }

    #[test]
    fn sketches_merge_in_any_order(parts in proptest::collection::vec(proptest::collection::vec(0u64..10_000_000, 0..50), 3)) {
        let sketch = |values: &[u64]| {
            let mut sketch = Sketch::default();
            values.iter().for_each(|v| sketch.add(*v));
            sketch
        };
        let merged = |a: &Sketch, b: &Sketch| {
            let mut sum = a.clone();
            sum.merge(b);
            sum
        };
        let [a, b, c] = [sketch(&parts[0]), sketch(&parts[1]), sketch(&parts[2])];
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(merged(&merged(&a, &b), &c), sketch(&parts.concat()));
        let bytes = a.to_bytes();
        prop_assert_eq!(Sketch::from_bytes(&bytes), Some(a));
    }
}
