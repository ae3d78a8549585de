//! The Traffic pane as it looks and as it answers keys: a fleet whose figures agree in every table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use common::fleet::{Look, NOW_MS, SIZES, US1, draw, fresh, lines, press};
use common::screen::assert_screen;
use common::traffic::{answer, counts, told};
use storj_monitor::api::message::{Answer, Message, Query};
use storj_monitor::domain::chart::Chart;
use storj_monitor::ui::model::{Input, Model};
use storj_monitor::ui::overlay::Overlay;
use storj_monitor::ui::pane::{Effect, Pane};

const USUAL: (u16, u16) = (80, 24);
const WIDE: (u16, u16) = (200, 50);
/// The pane with all answers.
fn model(look: Look) -> Model {
    let mut model = asked(look);
    model.answer_all(answer);
    model
}

/// Nothing answered yet.
fn asked(look: Look) -> Model {
    let mut model = fresh(look);
    model.update(Input::Heard(Message::Snapshot(told())), NOW_MS);
    model.pane = Pane::Traffic;
    model.update(Input::Resized, NOW_MS);
    model
}

/// Keys, with every question they lead to answered.
fn go(model: &mut Model, keys: &str, size: (u16, u16)) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.split_whitespace() {
        effects.extend(press(model, key, size));
        model.answer_all(answer);
        draw(model, size);
    }
    effects
}

fn nothing(look: Look) -> Model {
    let mut model = asked(look);
    model.answer_all(|query| {
        Ok(match query {
            Query::Chart(ask) => Answer::Chart(Chart {
                nodes: 1,
                ..ask.empty(60)
            }),
            Query::Marks { .. } => Answer::Marks(Vec::new()),
            _ => Answer::Rows {
                columns: Vec::new(),
                rows: Vec::new(),
                more: false,
            },
        })
    });
    model
}

fn broken(look: Look) -> Model {
    let mut model = asked(look);
    model.answer_all(|_| Err("database /var/lib/x: disk I/O error".to_owned()));
    model
}

/// One of the states: its name, how it is made, the keys to it.
type State = (&'static str, fn(Look) -> Model, &'static str);

const STATES: &[State] = &[
    ("traffic", model, ""),
    ("traffic-asked", asked, ""),
    ("traffic-nothing", nothing, ""),
    ("traffic-broken", broken, ""),
    ("traffic-starting", fresh_pane, ""),
    ("traffic-flight", model, "m m"),
    ("traffic-nodes", model, "n"),
    ("traffic-hours", model, "n tab"),
    ("traffic-peers", model, "p"),
    ("traffic-map", model, "p p z"),
    ("traffic-sizes", model, "v v v v shift-tab"),
    ("traffic-error", model, "enter"),
    ("traffic-piece", model, "H enter"),
    ("traffic-downloads", model, "d"),
    ("traffic-as-of", model, "left left left"),
    ("traffic-month", model, "- - - -"),
];

fn fresh_pane(look: Look) -> Model {
    let mut model = fresh(look);
    model.pane = Pane::Traffic;
    model.update(Input::Resized, NOW_MS);
    model
}

fn reached((_, make, keys): &State, look: Look, size: (u16, u16)) -> Model {
    let mut model = make(look);
    draw(&mut model, size);
    go(&mut model, keys, size);
    model
}

#[test]
fn every_state_at_every_size() {
    for state in STATES {
        for look in Look::ALL {
            for size in SIZES {
                // Colours and plain marks are told apart at one size.
                if !matches!(look, Look::Dark) && size != USUAL {
                    continue;
                }
                let mut model = reached(state, look, size);
                let buffer = draw(&mut model, size);
                let file = format!("{}-{}x{}-{}", state.0, size.0, size.1, look.name());
                assert_screen(&file, &buffer);
                let text = lines(&buffer).join("\n");
                assert!(!matches!(look, Look::Ascii) || text.is_ascii(), "{file}:\n{text}");
            }
        }
    }
}

#[test]
fn no_size_is_too_much_and_foreign_text_is_harmless_in_every_state() {
    for state in STATES {
        let mut model = reached(state, Look::Dark, USUAL);
        for width in (0..46).chain([60, 80, 100, 120, 169, 170, 200, 250]) {
            for height in (0..14).chain([24, 35, 40, 80]) {
                let buffer = draw(&mut model, (width, height));
                let bad = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}' | '\u{9b}');
                let found = buffer.content.iter().any(|cell| cell.symbol().chars().any(bad));
                assert!(!found, "{} at {width}x{height}", state.0);
            }
        }
    }
}

#[test]
fn tab_leads_through_every_block_and_the_one_with_the_keys_is_on_the_screen() {
    for size in [(40, 12), USUAL, (120, 40), WIDE] {
        let mut model = reached(&STATES[0], Look::Dark, size);
        let mut seen = BTreeSet::new();
        for _ in 0..12 {
            go(&mut model, "tab", size);
            let name = model.view().focused().unwrap();
            seen.insert(name);
            let (_, state) = model.view().table(name).unwrap();
            assert!(state.selected().is_some(), "{name}");
            let text = lines(&draw(&mut model, size)).join("\n");
            assert!(text.contains('>'), "{name} at {size:?}:\n{text}");
        }
        seen.remove("few-sizes");
        seen.remove("sizes");
        let all = [
            "actions",
            "satellites",
            "nodes",
            "hours",
            "errors",
            "pieces",
            "peers",
            "countries",
        ];
        assert_eq!(seen, BTreeSet::from(all), "{size:?}");
    }
}

#[test]
fn enter_leads_from_an_error_to_its_transfers_to_the_log() {
    let mut model = model(Look::Dark);
    draw(&mut model, USUAL);
    go(&mut model, "E enter", USUAL);
    assert_eq!(model.view().focused(), Some("examples"));
    let text = lines(&draw(&mut model, USUAL)).join("\n");
    assert!(
        text.contains("157 × GET on barn") && text.contains("(10.1.2.3:4711)"),
        "{text}"
    );
    go(&mut model, "esc", USUAL);
    assert_eq!(model.view().focused(), Some("errors"));
    go(&mut model, "enter down enter", USUAL);
    assert_eq!(model.pane, Pane::Log);
    assert_eq!(model.shared.node.as_deref(), Some("barn"));
    assert_eq!(
        model.shared.moment(),
        Some(NOW_MS / 1000 - 50),
        "the second newest of them"
    );
}

#[test]
fn filters_hold_and_lead_back() {
    let mut model = model(Look::Dark);
    draw(&mut model, WIDE);
    go(&mut model, "n down enter", WIDE);
    assert_eq!(model.shared.node.as_deref(), Some("barn"));
    let (nodes, _) = model.view().table("nodes").unwrap();
    assert_eq!(nodes.rows().len(), 1);
    go(&mut model, "esc", WIDE);
    assert_eq!(model.shared.node, None);
    press(&mut model, "tab", WIDE);
    while model.view().focused() != Some("satellites") {
        press(&mut model, "tab", WIDE);
    }
    go(&mut model, "enter", WIDE);
    assert_eq!(model.shared.satellite.as_deref(), Some(US1));
    let (satellites, _) = model.view().table("satellites").unwrap();
    assert_eq!(satellites.rows().len(), 1);
    let (actions, _) = model.view().table("actions").unwrap();
    let puts: u64 = counts()
        .iter()
        .filter(|row| row.1 == US1 && row.2 == "PUT")
        .map(|row| row.6)
        .sum();
    let at = actions.column("all").unwrap();
    let shown: String = actions.rows()[0]
        .text_at(at)
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    assert_eq!(shown, puts.to_string());
}

#[test]
fn keys_of_the_pane_do_what_they_say() {
    let mut model = model(Look::Dark);
    draw(&mut model, WIDE);
    let text = |model: &mut Model| lines(&draw(model, WIDE)).join("\n");
    assert!(text(&mut model).contains("LIVE, 1 h, MB/s"));
    go(&mut model, "m", WIDE);
    assert!(text(&mut model).contains("LIVE, 1 h, pieces/s"));
    go(&mut model, "m", WIDE);
    assert!(text(&mut model).contains("without cellar, which logs no starts"));
    go(&mut model, "m a", WIDE);
    assert!(text(&mut model).contains("mean of a node"));
    go(&mut model, "d", WIDE);
    assert!(lines(&draw(&mut model, WIDE))[2].starts_with(" DOWNLOADS"));
    for view in ["% of pieces", "% of bytes", "bytes", "% won", "pieces"] {
        go(&mut model, "v", WIDE);
        assert!(text(&mut model).contains(&format!("BY SIZE: {view}")), "{view}");
    }
    go(&mut model, "p z", WIDE);
    assert!(!text(&mut model).contains("BY ACTION") && text(&mut model).contains("PEERS"));
    go(&mut model, "p", WIDE);
    assert!(text(&mut model).contains("COUNTRIES") && text(&mut model).contains("Germany"));
    go(&mut model, "esc", WIDE);
    assert!(text(&mut model).contains("BY ACTION"));
    let effects = press(&mut model, "Y", WIDE);
    assert!(matches!(&effects[..], [Effect::Copy(_)]));
    press(&mut model, "i", WIDE);
    assert!(matches!(model.overlay, Some(Overlay::Explain(..))));
}

#[test]
fn the_answer_names_what_is_odd_and_what_is_missing() {
    let mut model = model(Look::Dark);
    let text = lines(&draw(&mut model, WIDE));
    let first = &text[3];
    assert!(
        first.contains("of 100 uploads won (usual ") && first.contains("Downloads: "),
        "{first}"
    );
    assert!(
        text[4].contains("▲ barn 175 reads of missing pieces since 21:31, us1, 12 of them audits"),
        "{}",
        text[4]
    );
    assert!(
        text[5..8].iter().any(|line| line.contains("! cellar wins ")),
        "{:?}",
        &text[5..8]
    );
}
