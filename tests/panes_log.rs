//! The Log pane as it looks and as it answers keys: following, stopped, in the past, with hostile lines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::fleet::{AP1, EU1, Look, NOW_MS, US1, draw, fresh, lines, model, press};
use common::states::{self, State, USUAL};
use storj_monitor::api::line::{Explained, Filter, LogLine, Past, PieceStory, Place, Seen, Start};
use storj_monitor::api::message::{Answer, Message, Query, Request};
use storj_monitor::api::table::{Value, What};
use storj_monitor::domain::gravity::Gravity;
use storj_monitor::domain::transfer::Outcome;
use storj_monitor::ui::model::{Collector, Input, Model};
use storj_monitor::ui::overlay::Overlay;

const PIECE: &str = "H5MHLOAWQBOZKVABCF5SXROFFON2HSKZNSMFJSICIRDEFNRKZVBA";

fn line(ms: i64, node: &str, level: &str, message: &str, rest: &str) -> LogLine {
    let gravity = match (level, message) {
        (_, "download failed") => Gravity::Grave,
        ("ERROR" | "WARN", _) => Gravity::Look,
        (_, "uploaded" | "downloaded" | "upload canceled" | "download canceled") => Gravity::Routine,
        _ => Gravity::Plain,
    };
    LogLine {
        node: node.to_owned(),
        time_ms: NOW_MS - ms,
        level: level.to_owned(),
        logger: "piecestore".to_owned(),
        message: message.to_owned(),
        rest: rest.to_owned(),
        understood: message != "throttle window",
        gravity,
        place: Some(Place {
            path: format!("/var/log/storj/{node}.log"),
            offset: (10_000_000 - ms).unsigned_abs(),
        }),
    }
}

fn transfer(ms: i64, node: &str, message: &str, action: &str, satellite: &str, size: u64, more: &str) -> LogLine {
    let level = if message.ends_with("failed") { "ERROR" } else { "INFO" };
    let rest = format!(
        r#"{{"process": "storagenode", "piece_id": "{PIECE}", "satellite_id": "{satellite}", "action": "{action}", "remote_address": "192.0.2.{}:20406", "size": {size}{more}}}"#,
        ms % 250
    );
    line(ms, node, level, message, &rest)
}

/// Two minutes of the fleet's logs, the oldest first.
fn sample() -> Vec<LogLine> {
    let gone = r#", "offset": 5376, "error": "hashstore: file does not exist", "errorVerbose": "a\n\tb\n\tc""#;
    let sent = r#", "reason": "downloaded size (1310720 bytes) does not match received message size (2319360 bytes)""#;
    let ping = format!(
        r#"{{"process": "storagenode", "satellite_id": "{US1}", "attempts": 7, "error": "ping satellite: failed to dial storage node at address 203.0.113.7:28970"}}"#
    );
    let mut all = vec![
        transfer(141_000, "barn", "download failed", "GET_AUDIT", US1, 256, gone),
        line(122_000, "dock", "ERROR", "ping satellite failed", &ping),
        transfer(35_000, "barn", "download failed", "GET_AUDIT", US1, 256, gone),
        line(34_000, "forge", "INFO", "throttle window", r#"{"rate": 3, "burst": 5}"#),
    ];
    for n in 0..40_i64 {
        let ms = 30_000 - n * 700;
        all.push(match n % 5 {
            0 => transfer(ms, "attic", "uploaded", "PUT", US1, 181_504, ""),
            1 => transfer(ms, "eave", "downloaded", "GET", EU1, 36_000, ""),
            2 => transfer(ms, "cellar", "upload canceled", "PUT", AP1, 1_940_000, ""),
            3 => transfer(ms, "attic", "download canceled", "GET", US1, 2_319_360, sent),
            _ => transfer(ms, "barn", "uploaded", "PUT", EU1, 12_288, ""),
        });
    }
    all
}

fn explained() -> Explained {
    let seen = |text: &str, count| Seen {
        text: text.to_owned(),
        day: count,
        count,
        first_ms: NOW_MS - 1_023_000,
        last_ms: NOW_MS - 35_000,
    };
    Explained {
        gravity: Gravity::Grave,
        means: vec!["The satellite asked for a few bytes to see that the piece is kept, and the piece is not there. From a perfect score 41 such failures in a row disqualify the node on that satellite, for good.".to_owned()],
        act: vec!["If more follow: stop the node at once, and see that its disk is mounted and its files are there, before you start it again.".to_owned()],
        counted: Some((Outcome::Failed, "missing_piece".to_owned())),
        error: Some(seen("hashstore: file does not exist", 175)),
        shape: Some(seen("download failed", 181)),
        piece: Some(PieceStory {
            uploaded_ms: Some(NOW_MS - 17_000_000_000),
            reads: 14,
            last_read_ms: Some(NOW_MS - 200_000_000),
            failed: 1,
            kept_from_ms: Some(NOW_MS - 20_000_000_000),
        }),
        streak: Some(12),
        raw: Some("2026-08-21T19:47:32Z\tERROR\tpiecestore\tdownload failed\t{\"error\": \"x\", \"errorVerbose\": \"x\\n\\tat y\\n\\tat z\"}".to_owned()),
    }
}

fn answer(query: &Query) -> Result<Answer, String> {
    match query {
        Query::Log {
            filter,
            at_ms,
            before,
            after,
        } => {
            let at = at_ms.unwrap_or(i64::MAX);
            let grave = |line: &LogLine| matches!(line.level.as_str(), "WARN" | "ERROR");
            let fits = |line: &&LogLine| match filter.level.as_deref() {
                Some("WARN" | "ERROR") => grave(line),
                _ => filter
                    .text
                    .as_ref()
                    .is_none_or(|text| line.rest.contains(text.as_str())),
            };
            let (older, newer): (Vec<LogLine>, Vec<LogLine>) = sample()
                .into_iter()
                .filter(|line| fits(&line))
                .partition(|line| line.time_ms < at);
            let older = older
                .into_iter()
                .rev()
                .take(*before)
                .collect::<Vec<_>>()
                .into_iter()
                .rev();
            let mut lines: Vec<LogLine> = older.collect();
            let before = lines.len();
            lines.extend(newer.into_iter().take(*after));
            Ok(Answer::Log(Past {
                before,
                lines,
                starts: vec![Start {
                    node: "barn".to_owned(),
                    path: "/var/log/storj/barn.log.3.gz".to_owned(),
                    time_ms: NOW_MS - 3 * 86_400_000,
                }],
                ..Past::default()
            }))
        }
        Query::Line(_) => Ok(Answer::Line(Box::new(explained()))),
        Query::Rows { question, .. } if question.what == What::Kinds => Ok(kinds()),
        _ => Err("not asked here".to_owned()),
    }
}

fn kinds() -> Answer {
    let row = |node: &str, level: &str, message: &str, count: u64, understood: bool| {
        vec![
            Value::Text(node.to_owned()),
            Value::Text("piecestore:qos".to_owned()),
            Value::Text(level.to_owned()),
            Value::Text(message.to_owned()),
            Value::Count(count),
            Value::Bool(understood),
            Value::Text(r#"throttle window {"rate": 3, "burst": 5}"#.to_owned()),
            Value::Time(NOW_MS - 200_000_000),
            Value::Time(NOW_MS - 3_600_000),
        ]
    };
    Answer::Rows {
        columns: Vec::new(),
        rows: vec![
            row("attic", "INFO", "uploaded", 204_077, true),
            row("attic", "INFO", "throttle window", 30, false),
            row("barn", "INFO", "throttle window", 8, false),
            row("forge", "DEBUG", "throttle window <number>", 3, false),
        ],
        more: false,
    }
}

/// The number of the subscription for lines, and its filter.
fn subscription(model: &mut Model) -> Option<(u64, Filter)> {
    let mut found = None;
    for request in model.requests() {
        if let Request::Subscribe { id, filter } = request {
            found = Some((id, filter));
        }
    }
    found
}

fn heard(model: &mut Model, id: u64, lines: Vec<LogLine>, dropped: u64) {
    let looked = lines.len() as u64;
    let message = Message::Lines {
        id,
        lines,
        dropped,
        looked,
    };
    model.update(Input::Heard(message), NOW_MS);
}

/// On the pane, with everything answered, following.
fn following(look: Look) -> Model {
    let mut model = model(look);
    press(&mut model, "0", USUAL);
    let (id, _) = subscription(&mut model).unwrap();
    let all = sample();
    heard(&mut model, id, all[20..].to_vec(), 0);
    settle(&mut model);
    model
}

/// Asks and answers until nothing is asked any more.
fn settle(model: &mut Model) {
    for _ in 0..4 {
        model.answer_all(answer);
        draw(model, USUAL);
    }
}

fn hostile(look: Look) -> Model {
    let mut model = model(look);
    press(&mut model, "0", USUAL);
    let (id, _) = subscription(&mut model).unwrap();
    let bad = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}txt\r\n\u{9b}31m\u{200b}";
    let mut all = vec![line(
        5000,
        "barn",
        "ERROR",
        &format!("boom {bad}"),
        &format!(r#"{{"error": "{bad}", "{bad}": 1}}"#),
    )];
    all.push(line(
        4000,
        "barn",
        "INFO",
        &"m".repeat(8192),
        &format!("{{\"a\": \"{}", "y".repeat(8000)),
    ));
    all.push(LogLine {
        level: String::new(),
        message: String::new(),
        understood: false,
        ..line(3000, "barn", "", "", &format!("{bad} free text"))
    });
    heard(&mut model, id, all, 12);
    press(&mut model, "up up", USUAL);
    model
}

fn nothing(look: Look) -> Model {
    let mut model = model(look);
    press(&mut model, "0", USUAL);
    model
}

fn starting(look: Look) -> Model {
    let mut model = fresh(look);
    press(&mut model, "0", USUAL);
    model
}

const STATES: &[State] = &[
    ("log", following, ""),
    ("log-stopped", following, "n"),
    ("log-folded", following, "z"),
    ("log-line", following, "n enter"),
    ("log-raw", following, "n r"),
    ("log-unknown", following, "U down"),
    ("log-filters", following, "F"),
    ("log-regex", following, "F down down enter \"a(\""),
    ("log-past", following, "@ \"21:47:32\" enter"),
    ("log-hostile", hostile, ""),
    ("log-nothing", nothing, ""),
    ("log-starting", starting, ""),
];

fn reach(state: &State, look: Look, size: (u16, u16)) -> Model {
    let mut model = state.1(look);
    draw(&mut model, size);
    press(&mut model, state.2, size);
    if !state.2.is_empty() {
        settle(&mut model);
    }
    draw(&mut model, size);
    model
}

#[test]
fn every_state_at_every_size() {
    states::drawn(STATES, reach);
}

#[test]
fn no_size_is_too_much_for_any_state() {
    states::swept(STATES, (&[], &[]), reach);
}

fn text(model: &mut Model, size: (u16, u16)) -> String {
    lines(&draw(model, size)).join("\n")
}

fn selected(model: &Model) -> String {
    let (_, state) = model.view().table("tail").unwrap();
    state.selected().map_or(String::new(), |key| key.as_str().to_owned())
}

#[test]
fn the_list_never_crawls_under_the_cursor() {
    let mut model = following(Look::Dark);
    press(&mut model, "up up up", USUAL);
    let (chosen, before) = (selected(&model), text(&mut model, USUAL));
    let id = 1 + (1 << 32);
    for n in 0..50 {
        let new = transfer(-1000 - n * 10, "attic", "uploaded", "PUT", US1, 5000, "");
        heard(&mut model, id, vec![new], 0);
    }
    let after = text(&mut model, USUAL);
    assert_eq!(selected(&model), chosen);
    assert!(after.contains("+50 new"), "{after}");
    let rows = |text: &str| {
        text.lines()
            .filter(|line| line.contains("PUT") || line.contains("GET"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&before), rows(&after));
    press(&mut model, "end", USUAL);
    let live = text(&mut model, USUAL);
    assert!(live.contains("following") && live.contains("5 kB"), "{live}");
    // Space stops as well, and lets go.
    press(&mut model, "space", USUAL);
    heard(
        &mut model,
        id,
        vec![transfer(-9000, "attic", "uploaded", "PUT", US1, 777_000, "")],
        3,
    );
    let stopped = text(&mut model, USUAL);
    assert!(
        stopped.contains("+1 new") && stopped.contains("3 lost") && !stopped.contains("777 kB"),
        "{stopped}"
    );
    press(&mut model, "space", USUAL);
    assert!(text(&mut model, USUAL).contains("777 kB"));
}

#[test]
fn a_picture_held_on_another_pane_is_let_go_here() {
    let mut model = following(Look::Dark);
    press(&mut model, "1 space 0", USUAL);
    assert!(model.shared.held_since().is_some());
    let id = 1 + (1 << 32);
    heard(
        &mut model,
        id,
        vec![transfer(-9000, "attic", "uploaded", "PUT", US1, 777_000, "")],
        0,
    );
    assert!(!text(&mut model, USUAL).contains("777 kB"));
    press(&mut model, "space", USUAL);
    assert!(model.shared.held_since().is_none());
}

#[test]
fn what_came_while_the_collector_was_gone_is_read_from_the_files() {
    let mut model = following(Look::Dark);
    model.update(Input::Lost, NOW_MS);
    assert!(text(&mut model, USUAL).contains("nothing comes"));
    model.update(Input::Found(Collector::Attached), NOW_MS);
    let asks = model.requests();
    let fill = |request: &Request| {
        matches!(
            request,
            Request::Ask {
                query: Query::Log {
                    at_ms: None,
                    before: 500,
                    ..
                },
                ..
            }
        )
    };
    assert!(asks.iter().any(fill), "{asks:?}");
    settle(&mut model);
    assert!(text(&mut model, USUAL).contains("following"));
}

#[test]
fn filters_go_to_the_collector_and_errors_are_said_beside_them() {
    let mut model = following(Look::Dark);
    let filter = |model: &mut Model| subscription(model).map(|(_, filter)| filter);
    press(&mut model, "/ \"no disk\" enter", USUAL);
    assert_eq!(filter(&mut model).unwrap().text.as_deref(), Some("no disk"));
    press(&mut model, "w", USUAL);
    assert_eq!(filter(&mut model).unwrap().level.as_deref(), Some("WARN"));
    press(&mut model, "F \"acti\" enter down down enter", USUAL);
    assert_eq!(filter(&mut model).unwrap().action.as_deref(), Some("GET_AUDIT"));
    press(&mut model, "F \"regu\" enter \"a(\"", USUAL);
    let Some(Overlay::Type(prompt)) = &model.overlay else {
        panic!("no prompt")
    };
    assert!(
        prompt
            .error
            .as_ref()
            .is_some_and(|error| error.contains("unclosed group")),
        "{prompt:?}"
    );
    press(&mut model, "backspace \"b|c\" enter", USUAL);
    assert_eq!(filter(&mut model).unwrap().regex.as_deref(), Some("ab|c"));
    press(&mut model, "F \"piece\" enter \"h5mh\" enter", USUAL);
    assert_eq!(filter(&mut model).unwrap().piece.as_deref(), Some("H5MH"));
    press(&mut model, "esc", USUAL);
    let wide = filter(&mut model).unwrap();
    assert_eq!(
        (wide.text, wide.action, wide.level.as_deref()),
        (None, None, Some("INFO"))
    );
    // What the collector cannot look for is said.
    let refused = Message::Answer {
        id: (1 << 32) + 7,
        answer: Err("no level LOUD".to_owned()),
    };
    model.update(Input::Heard(refused), NOW_MS);
    assert!(text(&mut model, USUAL).contains("no level LOUD"));
}

#[test]
fn errors_and_moments_are_gone_to() {
    let mut model = following(Look::Dark);
    press(&mut model, "n", USUAL);
    let newest = sample()[2].place.clone().unwrap();
    assert!(
        selected(&model).ends_with(&newest.offset.to_string()),
        "{}",
        selected(&model)
    );
    press(&mut model, "n n", USUAL);
    let oldest = sample()[0].place.clone().unwrap();
    assert!(
        selected(&model).ends_with(&oldest.offset.to_string()),
        "{}",
        selected(&model)
    );
    press(&mut model, "n", USUAL);
    settle(&mut model);
    assert!(
        text(&mut model, (120, 40)).contains("no error before this line"),
        "{}",
        text(&mut model, (120, 40))
    );
    press(&mut model, "N", USUAL);
    assert!(text(&mut model, USUAL).contains("ping satellite failed"));
    // A moment: for all panes, with the line of it under the cursor.
    press(&mut model, "@ \"soon\" enter", USUAL);
    assert!(matches!(&model.overlay, Some(Overlay::Type(prompt)) if prompt.error.is_some()));
    press(
        &mut model,
        "backspace backspace backspace backspace \"21:46\" enter",
        USUAL,
    );
    assert_eq!(model.shared.moment(), Some(NOW_MS / 1000 - 127));
    settle(&mut model);
    let past = text(&mut model, USUAL);
    assert!(past.contains("as of 21:46 · from the files"), "{past}");
    assert!(selected(&model).starts_with("dock"), "{}", selected(&model));
    press(&mut model, "end", USUAL);
    assert_eq!(model.shared.moment(), None);
    assert!(text(&mut model, USUAL).contains("following"));
    press(&mut model, "@ \"5d ago\" enter", USUAL);
    settle(&mut model);
    let early = text(&mut model, (120, 40));
    assert!(early.contains("the files begin 18 Aug"), "{early}");
}

#[test]
fn kinds_are_hidden_folded_and_found_again() {
    let mut model = following(Look::Dark);
    press(&mut model, "up x", USUAL);
    let (table, _) = model.view().table("tail").unwrap();
    let messages = |table: &storj_monitor::ui::table::Table| -> Vec<String> {
        table.rows().iter().map(|row| row.text_at(3).to_owned()).collect()
    };
    assert!(
        !messages(table).contains(&"download canceled".to_owned()),
        "{:?}",
        messages(table)
    );
    let memory = model.memory();
    press(&mut model, "X z", USUAL);
    let (table, _) = model.view().table("tail").unwrap();
    assert!(
        messages(table).iter().any(|message| message.contains("folded")),
        "{:?}",
        messages(table)
    );
    assert!(table.rows().len() < 8);
    let mut again = following(Look::Dark);
    again.recall(&memory);
    let (table, _) = again.view().table("tail").unwrap();
    assert!(!messages(table).contains(&"download canceled".to_owned()));
    // One piece, and all of them again.
    press(&mut model, "n p", USUAL);
    assert_eq!(subscription(&mut model).unwrap().1.piece.as_deref(), Some(PIECE));
}
