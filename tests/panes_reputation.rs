//! The Reputation pane as it looks and as it answers keys: a node that fails audits, one that was away, a new one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::fleet::{AP1, Look, NOW_MS, US1, draw, fresh, lines, press};
use common::reputation::{answer, answer_with, told};
use common::states::{self, Size, State, USUAL};
use storj_monitor::api::message::{Answer, Message};
use storj_monitor::ui::model::{Input, Model};
use storj_monitor::ui::overlay::Overlay;
use storj_monitor::ui::pane::{Effect, Figure, Pane};

const BIG: (u16, u16) = (120, 40);
const WIDE: (u16, u16) = (200, 50);

/// Nothing answered yet.
fn asked(look: Look) -> Model {
    let mut model = fresh(look);
    model.pane = Pane::Reputation;
    model.update(Input::Heard(Message::Snapshot(told())), NOW_MS);
    model
}

/// The pane with all answers.
fn model(look: Look) -> Model {
    let mut model = asked(look);
    // The first answers say which row is chosen, and that is asked about.
    model.answer_all(answer);
    model.answer_all(answer);
    model
}

fn one(look: Look) -> Model {
    of_node(look, "barn")
}

fn calm(look: Look) -> Model {
    of_node(look, "eave")
}

fn of_node(look: Look, name: &str) -> Model {
    let mut model = asked(look);
    model.shared.node = Some(name.to_owned());
    model.update(Input::Resized, NOW_MS);
    model.answer_all(answer);
    model.answer_all(answer);
    model
}

fn starting(look: Look) -> Model {
    let mut model = fresh(look);
    model.pane = Pane::Reputation;
    model.update(Input::Resized, NOW_MS);
    model
}

fn broken(look: Look) -> Model {
    let mut model = asked(look);
    model.answer_all(|_| Err("database /var/lib/x: disk I/O error".to_owned()));
    model
}

fn hostile(look: Look) -> Model {
    let mut model = asked(look);
    for _ in 0..2 {
        model.answer_all(|query| answer_with(query, "\u{1b}[2J\u{202e}\r\nfile\tdoes not \u{9b}31m exist"));
    }
    model
}

const STATES: &[State] = &[
    ("reputation", model, ""),
    ("reputation-one", one, ""),
    ("reputation-calm", calm, ""),
    ("reputation-asked", asked, ""),
    ("reputation-starting", starting, ""),
    ("reputation-broken", broken, ""),
    ("reputation-alone", model, "enter"),
    ("reputation-online", one, "down down m m"),
    ("reputation-failures", model, "tab down"),
    ("reputation-hostile", hostile, ""),
];

/// Keys, with every question they lead to answered.
fn go(model: &mut Model, keys: &str, size: Size) -> Vec<Effect> {
    states::go(model, keys, size, answer)
}

fn reached(state: &State, look: Look, size: Size) -> Model {
    states::reached(state, look, size, answer)
}

fn text(model: &mut Model, size: (u16, u16)) -> String {
    lines(&draw(model, size)).join("\n")
}

#[test]
fn every_state_at_every_size() {
    states::drawn(STATES, reached);
}

#[test]
fn no_size_is_too_much_and_foreign_text_is_harmless_in_every_state() {
    states::swept(STATES, (&[170], &[32]), reached);
}

#[test]
fn the_answer_says_who_how_far_since_when_and_what_to_do() {
    let mut model = model(Look::Dark);
    let all = text(&mut model, WIDE);
    for part in [
        "▲ barn on us1: 29 failed audits in a row away from disqualification, at this pace in ≈ 41 min; 12 in a row",
        "since 21:31",
        "→ stop the node, put the folder back, start it again (only files of this",
        "29 of 41",
        "≈ 0.9881",
        "! forge on eu1: vetting is overdue",
    ] {
        assert!(all.contains(part), "{part}\n{all}");
    }
    let rows = model.view().table("scores").unwrap().0.rows();
    let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    let place = |node: &str, id: &str| keys.iter().position(|key| *key == format!("{node}\t{id}")).unwrap();
    assert_eq!(place("barn", US1), 0, "the worst first");
    assert_eq!(place("forge", AP1), keys.len() - 1, "of whom nothing is known last");
    let last = rows.last().unwrap();
    let unknown = last.cells.iter().filter(|cell| cell.text == "?").count();
    assert!(
        unknown >= 5 && last.cells.iter().any(|cell| cell.text == "no data yet"),
        "{last:?}"
    );
}

#[test]
fn enter_leads_to_a_satellite_alone_and_from_a_failure_to_the_log() {
    let mut model = model(Look::Dark);
    draw(&mut model, USUAL);
    go(&mut model, "enter", USUAL);
    let alone = text(&mut model, USUAL);
    assert!(
        alone.contains(" barn ON us1 ") && alone.contains("AUDIT SCORE: barn on us1"),
        "{alone}"
    );
    go(&mut model, "esc", USUAL);
    assert!(text(&mut model, USUAL).contains("WHO IS CLOSEST TO TROUBLE"));
    go(&mut model, "tab", USUAL);
    assert_eq!(model.view().focused(), Some("failures"));
    go(&mut model, "down enter", USUAL);
    assert_eq!(model.pane, Pane::Log);
    assert_eq!(model.shared.node.as_deref(), Some("barn"));
    assert_eq!(
        model.shared.moment(),
        Some(NOW_MS / 1000 - 120),
        "the second newest of them"
    );
}

#[test]
fn m_turns_the_score_of_the_chart_and_of_the_change_of_a_day() {
    let mut model = model(Look::Dark);
    draw(&mut model, WIDE);
    for (title, heading) in [
        ("UNKNOWN-ERROR SCORE: barn on us1", "UNKN. 24 h"),
        ("ONLINE SCORE: barn on us1", "ONL. 24 h"),
        ("AUDIT SCORE: barn on us1", "AUDIT 24 h"),
    ] {
        go(&mut model, "m", WIDE);
        let all = text(&mut model, WIDE);
        assert!(all.contains(title), "{all}");
        let (table, _) = model.view().table("scores").unwrap();
        assert_eq!(table.columns()[table.column("day").unwrap()].title, heading);
    }
}

#[test]
fn every_figure_of_a_row_is_explained() {
    for (name, focus) in [("scores", ""), ("failures", "tab")] {
        let mut model = model(Look::Dark);
        draw(&mut model, WIDE);
        go(&mut model, focus, WIDE);
        assert_eq!(model.view().focused(), Some(name));
        let (table, state) = model.view().table(name).unwrap();
        let of = state.selected().unwrap().as_str();
        for column in table.columns() {
            let figure = Figure {
                what: column.id.to_string(),
                of: of.to_owned(),
            };
            let explained = model.view().explain(&figure, &model.shared);
            assert!(
                explained.is_some_and(|explained| !explained.title.is_empty()),
                "{figure:?}"
            );
        }
        press(&mut model, "i", WIDE);
        assert!(matches!(model.overlay, Some(Overlay::Explain(..))));
    }
}

#[test]
fn a_satellite_alone_and_a_log_nobody_reads_say_so() {
    let mut model = model(Look::Dark);
    model.shared.satellite = Some(AP1.to_owned());
    model.answer_all(answer);
    model.answer_all(answer);
    draw(&mut model, BIG);
    let rows = model.view().table("scores").unwrap().0.rows();
    assert!(rows.len() == 6 && rows.iter().all(|row| row.key.as_str().ends_with(AP1)));
    assert!(text(&mut model, BIG).contains("of cellar no log is read"));
    let mut model = asked(Look::Dark);
    model.answer_all(|_| Ok(Answer::Reputation(Vec::new())));
    assert!(
        text(&mut model, BIG).contains("29 of 41"),
        "the status is enough for the table"
    );
    let text = text(&mut model, BIG);
    assert!(text.contains("Audits failed, but which is not known"), "{text}");
}

#[test]
fn m_shows_the_chart_where_there_was_no_room_for_it() {
    for size in [USUAL, (40, 12)] {
        let mut model = model(Look::Dark);
        draw(&mut model, size);
        let has = |model: &mut Model| text(model, size).contains('┤');
        assert!(!has(&mut model), "{size:?}");
        go(&mut model, "m", size);
        assert!(has(&mut model), "{size:?}\n{}", text(&mut model, size));
        go(&mut model, "esc", size);
        assert!(!has(&mut model), "{size:?}");
    }
}
