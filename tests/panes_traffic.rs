//! The Traffic pane as it looks and as it answers keys: a fleet whose figures agree in every table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use common::fleet::{Look, NOW_MS, US1, draw, fresh, lines, press};
use common::states::{self, Size, State, USUAL};
use common::traffic::{answer, counts, told};
use storj_monitor::api::message::{Answer, Message, Query};
use storj_monitor::domain::chart::Chart;
use storj_monitor::ui::model::{Input, Model};
use storj_monitor::ui::overlay::Overlay;
use storj_monitor::ui::pane::{Effect, Pane};

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
fn go(model: &mut Model, keys: &str, size: Size) -> Vec<Effect> {
    states::go(model, keys, size, answer)
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

fn reached(state: &State, look: Look, size: Size) -> Model {
    states::reached(state, look, size, answer)
}

#[test]
fn every_state_at_every_size() {
    states::drawn(STATES, reached);
}

#[test]
fn no_size_is_too_much_and_foreign_text_is_harmless_in_every_state() {
    states::swept(STATES, (&[169, 170], &[35]), reached);
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
