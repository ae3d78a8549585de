//! The Maintenance pane as it looks and as it answers keys.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use common::fleet::{Look, NOW_MS, SIZES, US1, draw, fresh, lines, press, snapshot};
use common::screen::assert_screen;
use common::upkeep::{answer, tasks};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use storj_monitor::api::message::{Answer, Message, Query};
use storj_monitor::domain::task::State;
use storj_monitor::ui::frame;
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
    let mut model = starting(look);
    model.update(Input::Heard(Message::Snapshot(snapshot())), NOW_MS);
    model
}

fn starting(look: Look) -> Model {
    let mut model = fresh(look);
    model.pane = Pane::Maintenance;
    model.update(Input::Resized, NOW_MS);
    model
}

fn nothing(look: Look) -> Model {
    let mut model = asked(look);
    model.answer_all(|query| {
        Ok(match query {
            Query::Marks { .. } => Answer::Marks(Vec::new()),
            _ => Answer::Tasks(Vec::new()),
        })
    });
    model
}

fn broken(look: Look) -> Model {
    let mut model = asked(look);
    model.answer_all(|_| Err("database /var/lib/x: disk I/O error".to_owned()));
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

/// One of the states: its name, how it is made, the keys to it.
type Made = (&'static str, fn(Look) -> Model, &'static str);

const STATES: &[Made] = &[
    ("maintenance", model, "- -"),
    ("maintenance-hour", model, ""),
    ("maintenance-starting", starting, ""),
    ("maintenance-asked", asked, ""),
    ("maintenance-nothing", nothing, ""),
    ("maintenance-broken", broken, ""),
    ("maintenance-reclaimed", model, "- - - m m"),
    ("maintenance-strip", model, "- - m"),
    ("maintenance-filters", model, "- - shift-tab"),
    ("maintenance-run", model, "- - down down down enter"),
    ("maintenance-going", model, "tab down enter"),
    ("maintenance-as-of", model, "- - ["),
];

fn reached((_, make, keys): &Made, look: Look, size: (u16, u16)) -> Model {
    let mut model = make(look);
    draw(&mut model, size);
    go(&mut model, keys, size);
    model
}

#[test]
fn every_state_at_every_size() {
    for state in STATES {
        for look in Look::ALL {
            // Colours and plain marks are told apart at one size.
            for size in SIZES
                .into_iter()
                .filter(|size| matches!(look, Look::Dark) || *size == USUAL)
            {
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
        for width in (0..46).chain([60, 80, 100, 120, 159, 160, 200, 250]) {
            for height in (0..16).chain([24, 29, 30, 40, 80]) {
                let buffer = draw(&mut model, (width, height));
                let bad = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}' | '\u{9b}');
                let found = buffer.content.iter().any(|cell| cell.symbol().chars().any(bad));
                assert!(!found, "{} at {width}x{height}", state.0);
            }
        }
    }
}

#[test]
fn the_answer_tells_what_goes_on_and_what_is_wrong() {
    let mut model = reached(&STATES[0], Look::Dark, WIDE);
    let text = lines(&draw(&mut model, WIDE));
    let has = |part: &str| {
        assert!(
            text.iter().any(|line| line.contains(part)),
            "{part}:\n{}",
            text.join("\n")
        )
    };
    has("eave compacts us1 s1 since 20:45 (1 h 3 min), done ≈ 22:17; usually 1 h 32 min (1 h 29 min–1 h 34 min)");
    has("how much is left the log does not tell");
    has("! dock walks for garbage of eu1 since 20:31 (1 h 17 min), usually 30 min");
    has("dock space walk ap1 began 08:41 and never finished: the node started again 09:02");
    has("us1 last bloom filter is of 12 Aug, 9 d old");
    has("cellar and dock compacted at once, last 03:05–03:36");
    has("cellar empty trash eu1 failed 18:29");
}

#[test]
fn sums_are_of_the_rows_that_pass_the_filter() {
    let mut model = reached(&STATES[0], Look::Dark, WIDE);
    let foot = |model: &mut Model| {
        let text = lines(&draw(model, WIDE));
        let sum = |line: &&String| {
            let line = line.trim_start();
            line.starts_with(|c: char| c.is_ascii_digit()) && line.contains(" runs   ")
        };
        let found = text.iter().find(sum).cloned();
        found.unwrap_or_else(|| panic!("{}", text.join("\n")))
    };
    let day = NOW_MS - 1440 * 60_000;
    let of_day = tasks()
        .into_iter()
        .filter(|task| task.state == State::Running || task.finished_ms.unwrap_or(task.seen_ms) >= day);
    let of_day: Vec<_> = of_day.collect();
    assert!(
        foot(&mut model).contains(&format!("{} runs", of_day.len())),
        "{}",
        foot(&mut model)
    );
    press(&mut model, "/ \"attic\"", WIDE);
    press(&mut model, "enter", WIDE);
    let text = foot(&mut model);
    assert!(
        text.contains("2 runs") && text.contains("30 min") && text.contains("48.0"),
        "{text}"
    );
}

#[test]
fn keys_lead_to_a_run_to_the_log_and_back() {
    let mut model = reached(&STATES[0], Look::Dark, WIDE);
    go(&mut model, "K", WIDE);
    let kinds = |model: &Model| {
        let (table, _) = model.view().table("runs").unwrap();
        let at = table.column("job").unwrap();
        table
            .rows()
            .iter()
            .map(|row| row.text_at(at).to_owned())
            .collect::<BTreeSet<_>>()
    };
    let mut seen = kinds(&model);
    for _ in 0..4 {
        go(&mut model, "K", WIDE);
        assert_eq!(kinds(&model).len(), 1);
        seen.extend(kinds(&model));
    }
    assert_eq!(seen.len(), 5, "{seen:?}");
    go(&mut model, "K", WIDE);
    assert_eq!(kinds(&model), seen, "after the last kind all");
    go(&mut model, "K esc home", WIDE);
    assert!(kinds(&model).len() > 2, "{:?}", kinds(&model));
    go(&mut model, "enter", WIDE);
    assert_eq!(model.view().focused(), Some("figures"));
    let text = lines(&draw(&mut model, WIDE)).join("\n");
    assert!(
        text.contains("logs when it began") && text.contains("6.60 TB"),
        "{text}"
    );
    go(&mut model, "esc", WIDE);
    assert_eq!(model.view().focused(), Some("runs"));
    go(&mut model, "enter enter", WIDE);
    assert_eq!((model.pane, model.shared.node.as_deref()), (Pane::Log, Some("eave")));
    assert_eq!(model.shared.moment(), Some(NOW_MS / 1000 - 63 * 60));
}

#[test]
fn one_satellite_alone_and_explanations() {
    let mut model = reached(&STATES[0], Look::Dark, WIDE);
    while model.view().focused() != Some("filters") {
        go(&mut model, "tab", WIDE);
    }
    go(&mut model, "end enter", WIDE);
    assert_eq!(model.shared.satellite.as_deref(), Some(US1));
    let (table, _) = model.view().table("runs").unwrap();
    let at = table.column("satellite").unwrap();
    assert!(table.rows().len() > 3 && table.rows().iter().all(|row| row.text_at(at) == "us1"));
    press(&mut model, "i", WIDE);
    assert!(matches!(model.overlay, Some(Overlay::Explain(..))));
}

#[test]
fn every_cell_can_be_explained() {
    let model = reached(&STATES[0], Look::Dark, WIDE);
    let area = Rect::new(0, 0, WIDE.0, WIDE.1);
    let figures = frame::paint(area, &mut Buffer::empty(area), &model).figures;
    assert!(figures.len() > 100);
    for (_, figure) in &figures {
        assert!(model.view().explain(figure, &model.shared).is_some(), "{figure:?}");
    }
}
