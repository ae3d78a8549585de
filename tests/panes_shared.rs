//! What all panes share: explanations are walked through and read to their end, tables have a cursor.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::fleet::{self, Look, NOW_MS, draw, fresh, lines, press, snapshot};
use common::states::{Answers, Size, USUAL};
use common::{earnings, latency, reputation, storage, traffic, upkeep};
use storj_monitor::api::message::{Message, Query, Request};
use storj_monitor::api::snapshot::Snapshot;
use storj_monitor::ui::model::{Input, Model};
use storj_monitor::ui::overlay::Overlay;
use storj_monitor::ui::pane::Pane;

/// What the collector tells a pane, and how it answers.
fn source(pane: Pane) -> (Snapshot, Answers) {
    match pane {
        Pane::Overview => (snapshot(), traffic::answer),
        Pane::Traffic => (traffic::told(), traffic::answer),
        Pane::Reputation => (reputation::told(), reputation::answer),
        Pane::Storage => (storage::told(), storage::answer),
        Pane::Latency => (latency::told(), latency::answer),
        Pane::Financials => (snapshot(), earnings::answer),
        Pane::Maintenance => (snapshot(), upkeep::answer),
        Pane::Log => (snapshot(), traffic::answer),
    }
}

/// A pane with all answers.
fn shown(pane: Pane, size: Size) -> Model {
    let mut model = fresh(Look::Dark);
    model.pane = pane;
    settled(&mut model, pane, size);
    model
}

fn settled(model: &mut Model, pane: Pane, size: Size) {
    let (snapshot, answers) = source(pane);
    model.update(Input::Heard(Message::Snapshot(snapshot)), NOW_MS);
    for _ in 0..3 {
        model.answer_all(answers);
        draw(model, size);
    }
}

/// What is explained: its place among the figures, what is said, the first line shown.
fn told(model: &Model) -> (usize, String, usize) {
    match &model.overlay {
        Some(Overlay::Explain(at, explained, first)) => (*at, format!("{explained:?}"), *first),
        other => panic!("{other:?}"),
    }
}

/// The lines of the window, without its sides.
fn window(model: &mut Model, size: Size) -> Vec<String> {
    let all = lines(&draw(model, size));
    let inside = all.iter().filter_map(|line| line.split('│').nth(1));
    inside.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn an_explanation_is_read_to_its_end() {
    let size = (40, 12);
    let mut long = 0;
    for pane in Pane::ALL.into_iter().filter(|pane| *pane != Pane::Log) {
        let mut model = shown(pane, size);
        for _ in 0..9 {
            press(&mut model, "i", size);
            draw(&mut model, size);
            if !model
                .overlay
                .as_ref()
                .is_some_and(|over| matches!(over, Overlay::Explain(..)))
            {
                continue;
            }
            let top = window(&mut model, size);
            let footer = lines(&draw(&mut model, size)).pop().unwrap();
            assert!(
                footer.contains("esc close") && footer.contains("←→ figure"),
                "{pane:?}: {footer}"
            );
            press(&mut model, "down", size);
            let down = window(&mut model, size);
            if !footer.contains("↑↓ scroll") {
                continue;
            }
            long += 1;
            assert_eq!(top[1..], down[..down.len() - 1], "{pane:?}");
            press(&mut model, "end", size);
            let end = window(&mut model, size);
            let first = told(&model).2;
            press(&mut model, "j pagedown", size);
            assert_eq!((window(&mut model, size), told(&model).2), (end, first));
            let place = lines(&draw(&mut model, size));
            let place = place.iter().find(|line| line.starts_with('└')).unwrap();
            let words = format!("{}–{} of {}", first + 1, first + top.len(), first + top.len());
            assert!(place.contains(&words), "{pane:?}: {place}");
            press(&mut model, "pageup", size);
            let page = first.saturating_sub(top.len() - 1);
            assert_eq!(told(&model).2, page, "a line of the page before stays");
            press(&mut model, "home", size);
            assert_eq!(window(&mut model, size), top);
            model.update(Input::Scroll(3, 9, 5), NOW_MS);
            draw(&mut model, size);
            assert_eq!(told(&model).2, 3.min(first), "the wheel");
        }
    }
    assert!(long > 5, "{long} long texts");
}

#[test]
fn every_kind_of_figure_is_met_once_and_the_arrows_walk_the_table() {
    for pane in Pane::ALL.into_iter().filter(|pane| *pane != Pane::Log) {
        let mut model = shown(pane, (120, 40));
        let mut met: Vec<usize> = Vec::new();
        for _ in 0..80 {
            press(&mut model, "i", (120, 40));
            draw(&mut model, (120, 40));
            let (at, said, _) = told(&model);
            if let Some(again) = met.iter().position(|other| *other == at) {
                // What was said last is not said again.
                assert!(again < 2, "{pane:?}: twice: {said}");
                break;
            }
            met.push(at);
        }
        assert!((2..60).contains(&met.len()), "{pane:?}: {} figures", met.len());
    }
}

#[test]
fn a_figure_is_explained_beside_below_and_in_the_next_block() {
    let size = (200, 50);
    let mut model = fleet::model(Look::Dark);
    model.answer_all(traffic::answer);
    draw(&mut model, size);
    let title = |model: &mut Model, keys: &str| {
        press(model, keys, size);
        draw(model, size);
        match &model.overlay {
            Some(Overlay::Explain(_, explained, _)) => explained.title.clone(),
            other => panic!("{other:?}"),
        }
    };
    let first = title(&mut model, "down down i");
    assert!(first.starts_with("cellar"), "the row under the cursor: {first}");
    let beside = title(&mut model, "right right right");
    assert!(beside.starts_with("cellar") && beside != first, "{beside}");
    let kind = beside.split_once(':').unwrap().1[..4].to_owned();
    let below = title(&mut model, "down");
    assert!(
        !below.starts_with("cellar") && below.contains(&kind),
        "{below} is not as {beside}"
    );
    assert_eq!(title(&mut model, "up"), beside);
    assert_eq!(title(&mut model, ">"), below);
    assert_eq!(title(&mut model, "<"), beside);
    assert_eq!(title(&mut model, "left left left"), first);
    let block = title(&mut model, "tab");
    assert_ne!(block, first);
    assert_eq!(title(&mut model, "shift-tab"), first, "back to the row of the cursor");
    title(&mut model, "right right right");
    let again = title(&mut model, "esc down i");
    assert!(
        again.contains(&kind) && again != beside,
        "the same kind, of the next row: {again}"
    );
    press(&mut model, "esc", size);
    assert_eq!(model.overlay, None);
}

#[test]
fn the_last_row_tells_the_keys_of_what_lies_over_the_pane() {
    let mut model = fleet::model(Look::Dark);
    model.answer_all(traffic::answer);
    draw(&mut model, USUAL);
    for (keys, expected) in [
        ("?", " ↑↓ move  enter do it  / search  esc close"),
        ("c", " ↑↓ move  enter show, hide  / search  esc close"),
        (":", " ↑↓ move  enter do it  a–z narrow down  esc close"),
        ("t", " ↑↓ move  enter choose  / search  esc close"),
        ("down D", " ↑↓ scroll  esc close"),
    ] {
        press(&mut model, keys, (80, 20));
        let last = lines(&draw(&mut model, (80, 20))).pop().unwrap();
        assert_eq!(last.trim_end(), expected, "{keys}");
        press(&mut model, "esc", (80, 20));
    }
}

#[test]
fn a_held_screen_answers_panes_it_visits_as_of_its_moment() {
    let size = (120, 40);
    for pane in Pane::ALL.into_iter().filter(|pane| !matches!(pane, Pane::Log)) {
        let mut model = shown(pane, size);
        let (mut whole, answers) = source(pane);
        let other = if pane == Pane::Storage {
            Pane::Overview
        } else {
            Pane::Storage
        };
        model = {
            drop(model);
            shown(other, size)
        };
        model.update(Input::Heard(Message::Snapshot(whole.clone())), NOW_MS);
        press(&mut model, "space", size);
        let later = NOW_MS + 3_600_000;
        whole.time_ms = later;
        let key = model.keymap.key(storj_monitor::ui::action::Action::Show(pane)).unwrap();
        press(&mut model, &key, size);
        let mut asked = 0;
        for _ in 0..6 {
            for request in model.requests() {
                let Request::Ask { id, query } = request else { continue };
                asked += 1;
                assert!(is_of(&query, NOW_MS), "{pane:?}: {query:?}");
                let answer = answers(&query);
                model.update(Input::Heard(Message::Answer { id, answer }), later);
            }
            draw(&mut model, size);
        }
        let text = lines(&draw(&mut model, size)).join("\n");
        assert!(
            text.contains("frozen") && !text.contains("reading"),
            "{pane:?}:\n{text}"
        );
        assert!(
            asked > 0
                && model
                    .requests()
                    .iter()
                    .all(|request| !matches!(request, Request::Ask { .. }))
        );
        model.update(Input::Resized, later + 600_000);
        assert!(model.requests().is_empty(), "{pane:?}: once");
        press(&mut model, "space", size);
        assert!(!model.requests().is_empty(), "{pane:?}: what is of then is asked anew");
        if std::env::var_os("LOOK").is_some() {
            println!("{text}");
        }
    }
}

/// Whether a question is of a moment, or ends there.
fn is_of(query: &Query, moment_ms: i64) -> bool {
    let near = |ms: i64| (ms - moment_ms).abs() <= 1000;
    match query {
        Query::Status { at_ms, .. }
        | Query::Progress { at_ms, .. }
        | Query::Filters { at_ms, .. }
        | Query::Reputation { at_ms, .. }
        | Query::Disks { at_ms, .. }
        | Query::Storage { at_ms, .. }
        | Query::Money { at_ms, .. } => at_ms.is_some_and(|ms| ms <= moment_ms),
        Query::Marks { to_ms, .. } | Query::Tasks { to_ms, .. } => near(*to_ms),
        Query::Chart(ask) => ask.to_ms <= moment_ms + 1000,
        Query::Latency(ask) => near(ask.to_ms),
        _ => true,
    }
}

#[test]
fn a_table_has_a_cursor_at_first_sight() {
    for pane in Pane::ALL.into_iter().filter(|pane| *pane != Pane::Log) {
        for alone in [None, Some("cellar")] {
            for size in [(40, 12), (80, 24), (120, 40), (200, 50)] {
                let mut model = fresh(Look::Dark);
                model.pane = pane;
                model.shared.node = alone.map(str::to_owned);
                settled(&mut model, pane, size);
                let text = lines(&draw(&mut model, size)).join("\n");
                let focused = model.view().focused().unwrap();
                let (_, state) = model.view().table(focused).unwrap();
                let has_cursor = text.lines().any(|line| line.starts_with('>') || line.contains(" >"));
                assert!(
                    state.is_empty() || (state.selected().is_some() && has_cursor),
                    "{pane:?} {alone:?} {size:?} {focused}:\n{text}"
                );
                let rows = |name: &str| model.view().table(name).is_some_and(|(_, state)| !state.is_empty());
                assert!(
                    !state.is_empty() || !rows("nodes"),
                    "{pane:?} {alone:?} {size:?} {focused}:\n{text}"
                );
            }
        }
    }
}

#[test]
fn what_is_explained_stays_itself_when_columns_go_and_is_told_as_it_is_now() {
    let mut model = fleet::model(Look::Dark);
    model.answer_all(traffic::answer);
    draw(&mut model, (200, 50));
    press(&mut model, "i right right right right", (200, 50));
    let title = |model: &Model| match &model.overlay {
        Some(Overlay::Explain(_, explained, _)) => explained.title.clone(),
        other => panic!("{other:?}"),
    };
    let before = title(&model);
    let kind = before.split_once(':').unwrap().1.to_owned();
    draw(&mut model, (80, 24));
    press(&mut model, ">", (80, 24));
    let below = title(&model);
    assert!(below != before && below.ends_with(&kind), "{below} is not as {before}");
    let (_, told_before, _) = told(&model);
    model.update(Input::Resized, NOW_MS + 60_000);
    draw(&mut model, (80, 24));
    assert_ne!(told(&model).1, told_before, "a minute older");
    assert_eq!(title(&model), below);
}
