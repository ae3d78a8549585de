//! What is on the screen, written to files: every table of every pane, the chart, the picture; by keys alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::fleet::{self, FLEET, Look, NOW_MS, Sample, draw, fresh, press, snapshot};
use common::states::Answers;
use storj_monitor::api::line::LogLine;
use storj_monitor::api::message::{Message, Request};
use storj_monitor::api::snapshot::Snapshot;
use storj_monitor::api::table::Value;
use storj_monitor::cli::tui::save;
use storj_monitor::domain::gravity::Gravity;
use storj_monitor::ui::export::{Content, NotSaved, Save};
use storj_monitor::ui::model::{Input, Model};
use storj_monitor::ui::overlay::Overlay;
use storj_monitor::ui::pane::{Effect, Pane};
use storj_monitor::ui::table::{SortKey, Table, TableState};

const WIDE: (u16, u16) = (200, 50);
const PHONE: (u16, u16) = (40, 12);
/// What a log may hold.
const HOSTILE: &str = "=HYPERLINK(\"http://x\",\"a\")\x1b[31m\u{202e},\r\n\"@SUM(A1)";

fn hostile_reputation(
    query: &storj_monitor::api::message::Query,
) -> Result<storj_monitor::api::message::Answer, String> {
    common::reputation::answer_with(query, HOSTILE)
}

/// Every pane, with all it asks for.
fn panes() -> Vec<(Pane, Snapshot, Answers)> {
    vec![
        (Pane::Overview, snapshot(), common::traffic::answer as Answers),
        (Pane::Traffic, common::traffic::told(), common::traffic::answer),
        (Pane::Reputation, common::reputation::told(), hostile_reputation),
        (Pane::Storage, common::storage::told(), common::storage::answer),
        (Pane::Latency, common::latency::told(), common::latency::answer),
        (Pane::Financials, common::storage::told(), common::earnings::answer),
        (Pane::Maintenance, snapshot(), common::upkeep::answer),
        (Pane::Log, snapshot(), common::traffic::answer),
    ]
}

fn shown(pane: Pane, told: Snapshot, answers: Answers) -> Model {
    let mut model = fresh(Look::Dark);
    model.pane = pane;
    model.update(Input::Heard(Message::Snapshot(told)), NOW_MS);
    for _ in 0..3 {
        model.answer_all(answers);
        draw(&mut model, WIDE);
    }
    if pane == Pane::Log {
        hear_lines(&mut model);
    }
    model
}

fn hear_lines(model: &mut Model) {
    let id = model.requests().into_iter().find_map(|request| match request {
        Request::Subscribe { id, .. } => Some(id),
        _ => None,
    });
    let line = |n: i64| {
        LogLine {
        node: "barn".to_owned(),
        time_ms: NOW_MS - n * 1000,
        level: "ERROR".to_owned(),
        logger: "piecestore".to_owned(),
        message: "=1+1\u{1b}[2J".to_owned(),
        rest: r#"{"piece_id": "H5MHLOAWQBOZKVABCF5SXROFFON2HSKZNSMFJSICIRDEFNRKZVBA", "remote_address": "192.0.2.7:1", "error": "@x"}"#.to_owned(),
        understood: true,
        gravity: Gravity::Grave,
        place: None,
    }
    };
    let message = Message::Lines {
        id: id.unwrap(),
        lines: (0..9).rev().map(line).collect(),
        dropped: 0,
        looked: 9,
    };
    model.update(Input::Heard(message), NOW_MS);
    draw(model, WIDE);
}

/// The keys of the list, which is opened.
fn list(model: &mut Model, size: (u16, u16)) -> Vec<String> {
    press(model, "e", size);
    match &model.overlay {
        Some(Overlay::Pick(picker)) => picker.items.iter().map(|item| item.key.clone()).collect(),
        other => panic!("{other:?}"),
    }
}

/// Chooses an item of the open list, and takes the name that is proposed.
fn chosen(model: &mut Model, at: usize, size: (u16, u16)) -> Save {
    press(model, &"down ".repeat(at), size);
    press(model, "enter", size);
    saved(press(model, "enter", size))
}

fn saved(effects: Vec<Effect>) -> Save {
    match effects.into_iter().next() {
        Some(Effect::Save(save)) => *save,
        other => panic!("{other:?}"),
    }
}

fn prompt(model: &Model) -> (String, Option<String>) {
    match &model.overlay {
        Some(Overlay::Type(prompt)) => (prompt.text.clone(), prompt.error.clone()),
        other => panic!("{other:?}"),
    }
}

/// Really writes it, into this folder.
fn written(save: Save, folder: &Path) -> String {
    let path = folder.join(save.path.rsplit('/').next().unwrap());
    let save = Save {
        path: path.to_str().unwrap().to_owned(),
        ..save
    };
    save::write(&save).unwrap();
    std::fs::read_to_string(path).unwrap()
}

fn is_harmless(field: &str) -> bool {
    let is_formula = field.starts_with(['=', '+', '@', '-', '\t', '\r']) && field.parse::<f64>().is_err();
    !is_formula && !field.contains(|c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}'))
}

/// Columns whose numbers are not all plain ones.
const WORDS: [&str; 6] = ["version", "range", "on", "price", "next", "gained"];

/// Every number of the screen is one in the file. Returns the columns and their headings: `used used_bytes`.
fn assert_numbers(place: &str, (table, state): (&Table, &TableState), save: &Save) -> Vec<String> {
    let mut headings = Vec::new();
    let Content::Table(sheet) = &save.content else {
        panic!("{save:?}")
    };
    let mut next = usize::from(table.has_sections());
    if table.column("node").is_none() && sheet.columns.get(next).is_some_and(|name| name == "node") {
        headings.push("(all) node".to_owned());
        next += 1;
    }
    // Of whom a row is stands first where the screen leaves it out.
    let all = || table.columns().iter().enumerate();
    let whose = ["node", "satellite"].map(|id| all().find(|(_, column)| column.id == id && !state.shows(column)));
    let shown = all().filter(|(_, column)| state.shows(column));
    for (at, column) in whose.into_iter().flatten().chain(shown) {
        let id = column.id.replace('.', "_").replace("bar", "fill");
        if !sheet.columns.get(next).is_some_and(|name| name.starts_with(&id)) {
            continue;
        }
        headings.push(format!("{} {}", column.id, sheet.columns[next]));
        for (row, values) in state.rows(table).zip(&sheet.rows) {
            let Some(cell) = row.cells.get(at) else { continue };
            let known = matches!(cell.sort, SortKey::Number(_)) && !WORDS.contains(&&*column.id);
            let is_text = matches!(&values[next], Value::Text(text) if !text.starts_with("20"));
            assert!(
                !known || !is_text,
                "{place}: {id} {:?} is {:?}: say in src/ui/export/measure.rs what it is",
                cell,
                values[next]
            );
        }
        next += 1;
        if matches!(&*column.id, "satellite" | "sat") {
            assert_eq!(sheet.columns[next], "satellite_id", "{place}");
            for (row, values) in state.rows(table).zip(&sheet.rows) {
                let name = row.text_at(at);
                let is_named = !name.is_empty() && name != "?" && name != "(unknown)" && name != "–";
                assert!(!is_named || matches!(&values[next], Value::Text(_)), "{place}: {name}");
            }
            headings.push(format!("{} satellite_id", column.id));
            next += 1;
        }
    }
    assert_eq!(next, sheet.columns.len(), "{place}: {:?}", sheet.columns);
    headings
}

/// Of every table each column, and what it is called in a file: with the unit of its values.
const HEADINGS: &str = include_str!("common/headings.txt");

/// What was written once.
#[derive(Default)]
struct Done {
    what: Vec<(Pane, String, Vec<String>)>,
    tables: Vec<String>,
    /// `storage nodes: used used_bytes`
    headings: BTreeSet<String>,
}

/// Writes all there is to be written now, but for what was already.
fn write_all(model: &mut Model, done: &mut Done, folder: &Path) {
    let pane = model.pane;
    let keys = list(model, WIDE);
    if let Some(focused) = model.view().focused().filter(|_| keys[0].starts_with("table ")) {
        assert_eq!(keys[0], format!("table {focused}"), "the one with the keys is first");
    }
    press(model, "esc", WIDE);
    for (at, key) in keys.iter().enumerate().filter(|(_, key)| *key != "masked") {
        let table = key.strip_prefix("table ").and_then(|name| model.view().table(name));
        let columns = table.iter().flat_map(|(table, _)| table.columns());
        let what = (pane, key.clone(), columns.map(|column| column.id.to_string()).collect());
        if done.what.contains(&what) {
            continue;
        }
        done.what.push(what);
        list(model, WIDE);
        let save = chosen(model, at, WIDE);
        let place = format!("{pane:?} {key}");
        if let Some(name) = key.strip_prefix("table ") {
            let table = model.view().table(name).unwrap();
            let headings = assert_numbers(&place, table, &save);
            let named = headings.iter().map(|one| format!("{} {name}: {one}", pane.id()));
            done.headings.extend(named);
            assert_csv(&place, &written(save.clone(), folder), table.1.len());
            done.tables.push(format!("{} {name}", pane.id()));
        }
        assert_others(&place, key, &save);
        model.update(Input::Saved(save.id, Ok("x".to_owned())), NOW_MS);
        assert!(model.overlay.is_none(), "{place}");
        let _ = std::fs::remove_file(folder.join(save.path.rsplit('/').next().unwrap()));
    }
}

#[test]
fn every_table_of_every_pane_is_a_table_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut done = Done::default();
    for (pane, told, answers) in panes() {
        for way in ["", "tab tab tab tab", "v", "$", "W", "w", "enter", "tab enter"] {
            let mut model = shown(pane, told.clone(), answers);
            common::states::go(&mut model, way, WIDE, answers);
            if model.overlay.is_some() {
                press(&mut model, "esc", WIDE);
            }
            write_all(&mut model, &mut done, folder.path());
        }
    }
    let listed: BTreeSet<String> = HEADINGS.lines().map(str::to_owned).collect();
    let diff = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>().join("\n");
    assert!(
        listed == done.headings,
        "say in tests/common/headings.txt what a column's values are; new:\n{}\nno more:\n{}",
        diff(&done.headings, &listed),
        diff(&listed, &done.headings)
    );
    let mut seen = done.tables;
    seen.sort();
    seen.dedup();
    for must in [
        "overview nodes",
        "traffic actions",
        "traffic satellites",
        "reputation scores",
        "reputation failures",
        "storage nodes",
        "storage satellites",
        "latency nodes",
        "latency rows",
        "financials satellites",
        "financials months",
        "financials yields",
        "financials held",
        "financials stubs",
        "financials receipts",
        "overview satellites",
        "traffic examples",
        "traffic peers",
        "storage disks",
        "storage what if",
        "storage by satellite",
        "latency slow",
        "maintenance figures",
        "maintenance filters",
        "maintenance running",
        "maintenance runs",
        "log tail",
    ] {
        assert!(seen.iter().any(|seen| seen == must), "{must} of {seen:?}");
    }
}

/// Money in Canadian dollars, whose sign is that of others.
fn canadian(query: &storj_monitor::api::message::Query) -> Result<storj_monitor::api::message::Answer, String> {
    let mut told = common::earnings::answer(query)?;
    if let storj_monitor::api::message::Answer::Money(nodes) = &mut told {
        for node in nodes {
            node.currency.factor = 1.37;
        }
    }
    Ok(told)
}

#[test]
fn money_in_files_is_dollars_whatever_the_person_reads() {
    for way in ["", "$", "enter"] {
        let sheets = |answers: Answers| {
            let mut model = shown(Pane::Financials, common::storage::told(), answers);
            common::states::go(&mut model, way, WIDE, answers);
            let mut sheets = Vec::new();
            let keys = list(&mut model, WIDE);
            press(&mut model, "esc", WIDE);
            for (at, key) in keys.iter().enumerate() {
                if !key.starts_with("table ") && key != "chart" {
                    continue;
                }
                list(&mut model, WIDE);
                let save = chosen(&mut model, at, WIDE);
                model.update(Input::Saved(save.id, Ok("x".to_owned())), NOW_MS);
                let Content::Table(sheet) = save.content else {
                    panic!("{key}")
                };
                sheets.push(sheet);
            }
            sheets
        };
        let (usual, own) = (sheets(common::earnings::answer), sheets(canadian));
        assert!(!usual.is_empty() && usual.len() == own.len(), "{way}");
        for (usual, own) in usual.iter().zip(&own) {
            assert_eq!(usual.columns, own.columns, "{way}");
            let is_words = usual.name != "chart" && usual.name != "receipts" && usual.rows.len() > 1;
            assert!(
                !is_words || usual.markdown != own.markdown,
                "people read their own money"
            );
            for (usual, own) in usual.rows.iter().flatten().zip(own.rows.iter().flatten()) {
                let number = |value: &Value| match value {
                    Value::Amount(number) => Some(*number as f64),
                    Value::Score(number) => Some(*number),
                    _ => None,
                };
                match number(usual).zip(number(own)) {
                    Some((usual, own)) => assert!((usual - own).abs() < 2e-6, "{way}: {usual} {own}"),
                    None => assert_eq!(usual, own, "{way}"),
                }
            }
        }
    }
}

fn assert_csv(place: &str, text: &str, rows: usize) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut once = names.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), names.len(), "{place}: {names:?}");
    assert!(
        names.iter().all(|name| !name.contains([' ', '\n'])),
        "{place}: {names:?}"
    );
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), rows, "{place}");
    for field in records.iter().flatten() {
        assert!(is_harmless(field), "{place}: {field:?}");
        assert!(!matches!(field, "?" | "–"), "{place}: what is not known is empty");
    }
}

fn assert_others(place: &str, key: &str, save: &Save) {
    match (&save.content, key) {
        (Content::Text(text), "picture") => {
            assert_eq!(text.lines().count(), 50, "{place}");
            assert!(
                text.contains("storj-monitor") && !text.contains("Write to a file"),
                "{place}"
            );
        }
        (Content::Table(sheet), "chart") => {
            assert!(sheet.columns.len() > 1 && !sheet.rows.is_empty(), "{place}");
            assert!(sheet.rows.iter().all(|row| matches!(row[0], Value::Time(_))), "{place}");
        }
        (Content::Tables { tables, .. }, "all") => assert!(tables.len() > 1, "{place}"),
        (Content::Table(_), _) => {}
        other => panic!("{place}: {other:?}"),
    }
}

#[test]
fn all_tables_are_one_json_and_markdown_has_the_words_of_the_screen() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = shown(Pane::Traffic, common::traffic::told(), common::traffic::answer);
    let keys = list(&mut model, WIDE);
    let at = keys.iter().position(|key| key == "all").unwrap();
    let save = chosen(&mut model, at, WIDE);
    assert!(save.path.ends_with(".json"), "{}", save.path);
    let told: serde_json::Value = serde_json::from_str(&written(save.clone(), folder.path())).unwrap();
    assert_eq!(told["pane"], "traffic");
    assert_eq!(told["time"], "2026-08-21T19:48:07Z");
    for unknown in ["node", "satellite_id", "as_of"] {
        assert!(
            told.as_object().unwrap().contains_key(unknown) && told[unknown].is_null(),
            "{unknown}"
        );
    }
    let range = ["range", "from", "to"].map(|key| told[key].as_str().unwrap());
    assert_eq!(range, ["1 h", "2026-08-21T18:48:07Z", "2026-08-21T19:48:07Z"]);
    let actions = told["tables"]["actions"].as_array().unwrap();
    assert!(
        actions[0]["bytes"].is_u64() && actions[0]["action"].is_string(),
        "{}",
        actions[0]
    );
    model.update(Input::Saved(save.id, Ok("x".to_owned())), NOW_MS);

    list(&mut model, WIDE);
    press(&mut model, "enter ctrl-u \"a.md\"", WIDE);
    let text = written(saved(press(&mut model, "enter", WIDE)), folder.path());
    let (first, table) = text.split_once("\n\n").unwrap();
    assert_eq!(
        first,
        "traffic errors: all nodes, all satellites, 1 h until 2026-08-21 19:48:07Z"
    );
    assert!(table.starts_with("| COUNT | ACTION | ERROR |"), "{text}");
}

/// The fleet, one node of it with a name nobody would give.
fn odd() -> Model {
    const NAME: &str = "=cmd|' /C calc'!A0\u{202e},\"\u{1b}[2J";
    let barn = &FLEET[0];
    let sample = Sample { name: NAME, ..*barn };
    let mut told = snapshot();
    told.nodes.insert(NAME.to_owned(), fleet::view(&sample, 0));
    told.names.as_mut().unwrap().push(NAME.to_owned());
    shown(Pane::Overview, told, common::traffic::answer)
}

#[test]
fn names_are_as_they_are_unless_the_person_wants_them_masked() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = odd();
    let first = |text: &str| -> Vec<String> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        reader.records().map(|record| record.unwrap()[0].to_owned()).collect()
    };
    list(&mut model, WIDE);
    let save = chosen(&mut model, 0, WIDE);
    let names = first(&written(save.clone(), folder.path()));
    assert!(names.contains(&"attic".to_owned()), "{names:?}");
    assert!(names.iter().any(|name| name.starts_with("'=cmd|")), "{names:?}");
    assert!(names.iter().all(|name| is_harmless(name)), "{names:?}");
    model.update(Input::Saved(save.id, Ok("x".to_owned())), NOW_MS);

    list(&mut model, WIDE);
    press(&mut model, "end space home", WIDE);
    let save = chosen(&mut model, 0, WIDE);
    let names = first(&written(Save { replace: true, ..save }, folder.path()));
    assert!(names.iter().all(|name| name.starts_with("node")), "{names:?}");
}

#[test]
fn what_is_filtered_and_switched_off_is_not_there() {
    let mut model = shown(Pane::Overview, snapshot(), common::traffic::answer);
    press(&mut model, "/ \"warning\" enter", WIDE);
    press(&mut model, "c down down space esc", WIDE);
    // Narrow screens leave columns out; files do not.
    draw(&mut model, PHONE);
    list(&mut model, PHONE);
    let save = chosen(&mut model, 0, PHONE);
    let Content::Table(sheet) = &save.content else {
        panic!("{save:?}")
    };
    let rows = model.view().table("nodes").unwrap().1.len();
    assert!(rows < 6 && sheet.rows.len() == rows, "{:?}", sheet.rows);
    assert!(!sheet.columns.contains(&"version".to_owned()), "{:?}", sheet.columns);
    for column in ["node", "used_bytes", "in_bytes_per_s", "online_percent", "full_days"] {
        assert!(
            sheet.columns.contains(&column.to_owned()),
            "{column}: {:?}",
            sheet.columns
        );
    }
}

#[test]
fn a_file_is_replaced_only_when_asked_twice_and_errors_lose_nothing() {
    let mut model = shown(Pane::Overview, snapshot(), common::traffic::answer);
    model.shared.folder = "~/x".to_owned();
    list(&mut model, WIDE);
    press(&mut model, "enter", WIDE);
    let (name, _) = prompt(&model);
    assert_eq!(name, "~/x/storj-monitor-overview-nodes-2026-08-21T1948Z.csv");
    let first = saved(press(&mut model, "enter", WIDE));
    assert!(!first.replace && first.path == name);
    assert_eq!(press(&mut model, "enter", WIDE), [], "it is being written");
    let come = |model: &mut Model, id: u64, how: Result<String, NotSaved>| {
        model.update(Input::Saved(id, how), NOW_MS);
        draw(model, WIDE)
    };
    come(&mut model, first.id, Err(NotSaved::Exists));
    assert!(prompt(&model).1.unwrap().contains("Enter again replaces it"));
    let second = saved(press(&mut model, "enter", WIDE));
    assert!(second.replace);
    come(&mut model, second.id, Err(NotSaved::Failed("no right".to_owned())));
    assert_eq!(prompt(&model), (name, Some("no right".to_owned())));
    // Another name begins anew.
    press(&mut model, "ctrl-u \"/y/a.json\"", WIDE);
    let third = saved(press(&mut model, "enter", WIDE));
    assert!(!third.replace);
    for (keys, error) in [
        ("ctrl-u enter", "give the file a name"),
        ("\"a.xls\" enter", "end in .csv, .json"),
        ("ctrl-u \"a\" enter", "end in .csv, .json"),
    ] {
        come(&mut model, third.id, Err(NotSaved::Exists));
        assert_eq!(press(&mut model, keys, WIDE), []);
        assert!(prompt(&model).1.unwrap().contains(error), "{keys}");
    }
    press(&mut model, "ctrl-u \"a.txt\"", WIDE);
    let last = saved(press(&mut model, "enter", WIDE));
    // An answer to what was asked before is none to this.
    come(&mut model, third.id, Ok("/y/a.json".to_owned()));
    assert_eq!(prompt(&model).1, None);
    come(&mut model, last.id, Ok("~/x/a.txt".to_owned()));
    assert!(model.overlay.is_none());
    assert_eq!(model.shared.toast(), Some("wrote 6 rows to ~/x/a.txt"));

    // Left while it is written: how it went is said all the same.
    list(&mut model, WIDE);
    let left = chosen(&mut model, 0, WIDE);
    press(&mut model, "esc", WIDE);
    come(
        &mut model,
        left.id,
        Err(NotSaved::Failed("the disk is full".to_owned())),
    );
    assert_eq!(model.shared.toast(), Some("not written: the disk is full"));
}

#[test]
fn the_name_carries_the_moment_of_the_picture() {
    let name = |model: &mut Model| {
        list(model, WIDE);
        press(model, "enter", WIDE);
        let (name, _) = prompt(model);
        press(model, "esc", WIDE);
        name
    };
    let mut model = shown(Pane::Overview, snapshot(), common::traffic::answer);
    press(&mut model, "space", WIDE);
    model.update(Input::Resized, NOW_MS + 3_600_000);
    assert!(name(&mut model).ends_with("T1948Z.csv"), "frozen");
    press(&mut model, "space", WIDE);
    press(&mut model, "[", WIDE);
    assert!(model.shared.moment().is_some());
    assert!(name(&mut model).ends_with("T1933Z.csv"), "as of then");
}

#[test]
fn a_phone_shows_the_end_of_the_name_and_the_whole_error() {
    let mut model = shown(Pane::Overview, snapshot(), common::traffic::answer);
    model.shared.folder = "~/somewhere/deep/below".to_owned();
    draw(&mut model, PHONE);
    list(&mut model, PHONE);
    press(&mut model, "enter", PHONE);
    let text = |model: &mut Model| common::fleet::lines(&draw(model, PHONE)).join("\n");
    assert!(
        text(&mut model).contains("-2026-08-21T1948Z.csv▏"),
        "{}",
        text(&mut model)
    );
    let save = saved(press(&mut model, "enter", PHONE));
    let why = "there is no folder ~/somewhere/deep/below: make it, or give another";
    model.update(Input::Saved(save.id, Err(NotSaved::Failed(why.to_owned()))), NOW_MS);
    let shown = text(&mut model);
    let words: Vec<&str> = shown.split_whitespace().collect();
    assert!(words.join(" ").contains(why), "{shown}");
    assert!(shown.contains("2026-08-21T1948Z.csv▏"), "{shown}");
    let save = saved(press(&mut model, "enter", PHONE));
    model.update(Input::Saved(save.id, Ok(save.path)), NOW_MS);
    let shown = text(&mut model);
    let last = shown.lines().last().unwrap();
    assert!(
        last.contains("wrote 6 rows to ~") && last.contains("1948Z.csv"),
        "{shown}"
    );
}
