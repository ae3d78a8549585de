//! The Maintenance pane as it looks and as it answers keys.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use common::fleet::{Look, NOW_MS, US1, draw, fresh, lines, press, snapshot};
use common::states::{self, Size, State};
use common::upkeep::{answer, tasks};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use storj_monitor::api::message::{Answer, Message, Query};
use storj_monitor::domain::task;
use storj_monitor::ui::frame;
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
            Query::Progress { .. } => Answer::Progress(Vec::new()),
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
fn go(model: &mut Model, keys: &str, size: Size) -> Vec<Effect> {
    states::go(model, keys, size, answer)
}

const STATES: &[State] = &[
    ("maintenance", model, "- -"),
    ("maintenance-hour", model, ""),
    ("maintenance-starting", starting, ""),
    ("maintenance-asked", asked, ""),
    ("maintenance-nothing", nothing, ""),
    ("maintenance-broken", broken, ""),
    ("maintenance-reclaimed", model, "- - - m m"),
    ("maintenance-strip", model, "- - m"),
    ("maintenance-enlarged", model, "- - z"),
    ("maintenance-filters", model, "- - shift-tab"),
    ("maintenance-run", model, "- - down down down enter"),
    ("maintenance-going", model, "tab down enter"),
    ("maintenance-as-of", model, "- - ["),
];

fn reached(state: &State, look: Look, size: Size) -> Model {
    states::reached(state, look, size, answer)
}

#[test]
fn every_state_at_every_size() {
    states::drawn(STATES, reached);
}

#[test]
fn no_size_is_too_much_and_foreign_text_is_harmless_in_every_state() {
    states::swept(STATES, (&[159, 160], &[29, 30]), reached);
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
    has("eave compacts us1 s1, 71 %, since 20:45 (1 h 3 min), done 22:13; usually 1 h 32 min (1 h 29 min–1 h 34 min)");
    has("dock migrates us1, 58 %, since 15 Aug 21:48 (6 d), done ≈ 25 Aug 21:47, 9120 pieces/h");
    has("! dock walks for garbage of eu1, 61 %, since 20:31 (1 h 17 min), usually 30 min");
    has("dock space walk ap1 began 08:41 and never finished: the node started again 09:02");
    has("us1 last bloom filter is of 12 Aug, 9 d old");
    has("cellar and dock compacted at once, last 03:05–03:36");
    has("cellar empty trash eu1 failed 18:29");
}

#[test]
fn without_the_nodes_word_past_runs_tell_how_far_it_is() {
    let logs = |query: &Query| match query {
        Query::Progress { .. } => Ok(Answer::Progress(Vec::new())),
        other => answer(other),
    };
    let mut model = asked(Look::Dark);
    model.answer_all(logs);
    states::go(&mut model, "- -", (120, 40), logs);
    let text = lines(&draw(&mut model, (120, 40))).join("\n");
    let row = |what: &str| text.lines().find(|line| line.contains(what) && !line.contains("since"));
    assert!(
        row("eave  compaction").is_some_and(|line| line.contains("68 % ≈")),
        "{text}"
    );
    assert!(
        row("dock  migration").is_some_and(|line| line.contains(" ? ")),
        "{text}"
    );
    assert!(text.contains("how much is left nobody tells"), "{text}");
}

#[test]
fn a_compaction_whose_disk_has_no_room_for_it_is_a_warning() {
    let mut model = asked(Look::Dark);
    model.answer_all(|query| match answer(query) {
        Ok(Answer::Progress(mut told)) => {
            told[0].free = Some(2_000_000_000);
            Ok(Answer::Progress(told))
        }
        other => other,
    });
    let text = lines(&draw(&mut model, WIDE)).join("\n");
    assert!(
        text.contains(
            "! eave compacts us1 s1, 71 %, since 20:45 (1 h 3 min), done 22:13, needs 6.44 GB free and has 2.00 GB"
        ),
        "{text}"
    );
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
        .filter(|task| task.state == task::State::Running || task.finished_ms.unwrap_or(task.seen_ms) >= day);
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
    assert_eq!(foot(&mut model), text, "drawn once more");
    press(&mut model, "esc", WIDE);
    let all = format!("{} runs", of_day.len());
    assert!(foot(&mut model).contains(&all), "{}", foot(&mut model));
}

#[test]
fn clocks_of_what_goes_on_run_without_an_answer() {
    let mut model = asked(Look::Dark);
    model.answer_all(|query| {
        let mut answer = answer(query)?;
        if let Answer::Tasks(tasks) = &mut answer {
            tasks.retain(|task| task.state == task::State::Running);
            tasks.truncate(1);
            for task in tasks {
                (task.started_ms, task.seen_ms) = (Some(NOW_MS - 30_000), NOW_MS - 20_000);
            }
        }
        Ok(answer)
    });
    let text = |model: &mut Model| lines(&draw(model, WIDE)).join("\n");
    let before = text(&mut model);
    assert!(before.contains("(30 s)") && before.contains("20 s ago"), "{before}");
    model.update(Input::Heard(Message::Snapshot(snapshot())), NOW_MS + 10_000);
    let after = text(&mut model);
    assert!(after.contains("(40 s)") && after.contains("30 s ago"), "{after}");
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
