//! The panes as they look and as they answer keys: a fleet in every kind of trouble, at every size.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::fleet::{self, FLEET, Look, NOW_MS, draw, fresh, lines, press, snapshot, view};
use common::states::{self, Size, State, USUAL};
use serde_json::json;
use storj_monitor::api::message::{Answer, Message, Query};
use storj_monitor::domain::chart::{Mark, MarkKind};
use storj_monitor::ui::model::{Collector, Input, Model};
use storj_monitor::ui::overlay::Overlay;
use storj_monitor::ui::pane::{Effect, Pane};
use storj_monitor::ui::shared::Shared;

/// The fleet, with what was asked answered.
fn model(look: Look) -> Model {
    let mut model = fleet::model(look);
    model.answer_all(common::traffic::answer);
    model
}

/// One node alone.
fn one(look: Look) -> Model {
    let mut model = model(look);
    model.shared.node = Some("attic".to_owned());
    model.update(Input::Resized, NOW_MS);
    model.update(Input::Heard(Message::Snapshot(snapshot())), NOW_MS);
    model.answer_all(common::traffic::answer);
    model
}

/// The collector went away four minutes ago.
fn gone(look: Look) -> Model {
    let mut model = model(look);
    model.update(Input::Lost, NOW_MS);
    model.update(Input::Resized, NOW_MS + 235_000);
    model
}

/// A collector that watches nothing.
fn empty(look: Look) -> Model {
    let mut model = fresh(look);
    let nothing = storj_monitor::api::snapshot::Snapshot {
        time_ms: NOW_MS,
        ..Default::default()
    };
    model.update(Input::Heard(Message::Snapshot(nothing)), NOW_MS);
    model
}

/// Looked at for the last time 13 hours ago; much happened since.
fn since(look: Look) -> Model {
    let mut model = model(look);
    let ms = |hours: f64| NOW_MS - (hours * 3.6e6) as i64;
    model.shared.looked_ms = Some(ms(13.33));
    let mark = |hours: f64, node: &str, kind: MarkKind, text: &str| Mark {
        time_ms: ms(hours),
        until_ms: (kind == MarkKind::Gap).then(|| ms(hours) + 180_000),
        node: node.to_owned(),
        kind,
        text: text.to_owned(),
    };
    model.answer_all(|query| match query {
        Query::Status { .. } => {
            let earlier = FLEET.iter().map(|sample| {
                let mut node = common::fleet::status(sample);
                node["disk"]["used"] = json!((sample.disk.0 * 0.99 * 1e12) as u64);
                if sample.name == "barn" {
                    node["state"] = json!("ok");
                    node["satellites"][0]["audit_score"] = json!(1.0);
                }
                // That was only not known then.
                node["satellites"][1]["vetted_at"] = json!(null);
                node
            });
            let status = json!({"version": 1, "time": "2026-08-21T06:28:00Z", "nodes": earlier.collect::<Vec<_>>(),
                "collector": {"running": true, "since": null, "error": null}});
            Ok(Answer::Status(serde_json::from_value(status).unwrap()))
        }
        Query::Marks { .. } => Ok(Answer::Marks(vec![
            mark(12.7, "dock", MarkKind::Start, "started"),
            mark(12.7, "dock", MarkKind::Version, "1.155.9 → 1.162.3"),
            mark(0.4, "attic", MarkKind::Gap, "nothing was collected"),
        ])),
        other => common::traffic::answer(other),
    });
    model
}

const STATES: &[State] = &[
    ("overview", model, ""),
    ("overview-one", one, ""),
    ("overview-since", since, ""),
    ("overview-gone", gone, ""),
    ("overview-empty", empty, ""),
    ("overview-starting", fresh, ""),
    ("overview-frozen", model, "space"),
    ("overview-filter", model, "/ \"a\""),
    ("overview-help", model, "?"),
    ("overview-palette", model, ": \"sor\""),
    ("overview-columns", model, "c down space"),
    ("overview-explain", model, "i i i"),
    ("overview-details", model, "down D"),
    ("overview-as-of", model, "["),
];

/// By keys alone, a typed text in quotes: nothing more is asked on the way.
fn reached((_, make, keys): &State, look: Look, size: Size) -> Model {
    let mut model = make(look);
    draw(&mut model, size);
    press(&mut model, keys, size);
    model
}

#[test]
fn every_state_at_every_size_in_every_look() {
    states::drawn(STATES, reached);
}

#[test]
fn no_size_is_too_much_for_any_state() {
    states::swept(STATES, (&[160], &[14]), reached);
}

fn shared(model: &Model) -> &Shared {
    &model.shared
}

#[test]
fn keys_do_what_the_footer_says() {
    let mut model = model(Look::Dark);
    draw(&mut model, USUAL);
    press(&mut model, "down down enter", USUAL);
    assert_eq!(shared(&model).node.as_deref(), Some("cellar"));
    press(&mut model, ">", USUAL);
    assert_eq!(shared(&model).node.as_deref(), Some("dock"), "by name");
    press(&mut model, "esc", USUAL);
    assert_eq!(shared(&model).node, None);

    press(&mut model, "/ \"state:us1\"", USUAL);
    press(&mut model, "enter", USUAL);
    let (_, state) = model.view().table("nodes").unwrap();
    assert_eq!((state.len(), state.filter()), (0, "state:us1"));
    press(&mut model, "esc", USUAL);
    let (_, state) = model.view().table("nodes").unwrap();
    assert_eq!(state.len(), 6);

    press(&mut model, "o \"eav\" enter", USUAL);
    assert_eq!(shared(&model).node.as_deref(), Some("eave"));
    press(&mut model, "o home enter t down enter", USUAL);
    assert_eq!(
        (shared(&model).node.as_deref(), shared(&model).time.range.name()),
        (None, "6 h")
    );

    let effects = press(&mut model, "Y", USUAL);
    let [Effect::Copy(text)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(text.contains("| node1 |") && !text.contains("barn"), "{text}");
    assert_eq!(press(&mut model, "q", USUAL), [Effect::Quit]);
    assert_eq!(press(&mut model, "? q", USUAL), [], "it closes what is open first");
    assert_eq!(model.overlay, None);
    assert_eq!(press(&mut model, ": \"quit\" enter", USUAL), [Effect::Quit]);
}

#[test]
fn what_is_shown_as_a_key_works_and_what_works_is_shown() {
    let mut model = model(Look::Dark);
    draw(&mut model, (200, 50));
    press(&mut model, "?", (200, 50));
    let Some(Overlay::Pick(help)) = &model.overlay else {
        panic!("no help")
    };
    assert!(help.items.len() > 25, "{}", help.items.len());
    for item in &help.items {
        assert!(!item.keys.is_empty() && !item.title.is_empty(), "{item:?}");
    }
    let all = help.items.len();
    press(&mut model, "/ \"sort\"", (200, 50));
    let Some(Overlay::Pick(help)) = &model.overlay else {
        panic!("no help")
    };
    assert!(help.matching().len() < all && help.matching().next().unwrap().title.contains("Sort"));
}

#[test]
fn a_picture_that_is_held_stays_and_is_let_go() {
    let mut model = model(Look::Dark);
    press(&mut model, "space", USUAL);
    let before = lines(&draw(&mut model, USUAL));
    let mut newer = snapshot();
    newer.nodes.insert("nova".to_owned(), view(&common::fleet::FLEET[3], 1));
    let (_, changed) = model.update(Input::Heard(Message::Snapshot(newer)), NOW_MS);
    assert!(!changed && lines(&draw(&mut model, USUAL)) == before);
    assert!(before[0].contains("frozen"), "{}", before[0]);
    press(&mut model, "space", USUAL);
    assert!(!lines(&draw(&mut model, USUAL))[0].contains("frozen"));
}

#[test]
fn the_mouse_does_what_it_points_at() {
    let mut model = model(Look::Dark);
    let picture = lines(&draw(&mut model, USUAL));
    let at = |text: &str| {
        let y = picture.iter().rposition(|line| line.contains(text)).unwrap();
        let x = picture[y]
            .chars()
            .collect::<String>()
            .find(text)
            .map(|byte| picture[y][..byte].chars().count())
            .unwrap();
        (x as u16, y as u16)
    };
    let click = |model: &mut Model, (x, y): (u16, u16)| {
        let effects = model.update(Input::Click(x, y), NOW_MS).0;
        draw(model, USUAL);
        effects
    };
    click(&mut model, at("dock"));
    let (_, state) = model.view().table("nodes").unwrap();
    assert_eq!(state.selected().unwrap().as_str(), "dock");
    click(&mut model, at("ONLINE"));
    let (_, state) = model.view().table("nodes").unwrap();
    assert_eq!(state.sort().unwrap().0, "online");
    click(&mut model, at("? help"));
    assert!(model.overlay.is_some());
    click(&mut model, (0, 2));
    assert_eq!(model.overlay, None, "a click beside it closes it");
}

#[test]
fn a_collector_that_comes_back_is_told_everything_again() {
    let mut model = model(Look::Dark);
    assert!(!model.requests().is_empty() && model.requests().is_empty());
    model.update(Input::Lost, NOW_MS);
    assert!(model.requests().is_empty(), "there is nobody to ask");
    assert!(lines(&draw(&mut model, USUAL))[0].contains("NOBODY IS WATCHING"));
    model.update(Input::Found(Collector::Attached), NOW_MS);
    assert!(!model.requests().is_empty());
}

#[test]
fn what_was_chosen_is_found_again() {
    let mut before = model(Look::Dark);
    draw(&mut before, (120, 40));
    press(&mut before, "t down enter s s m", (120, 40));
    let memory = before.memory();
    let text = serde_json::to_string(&memory).unwrap();
    let mut after = model(Look::Dark);
    after.recall(&serde_json::from_str(&text).unwrap());
    assert_eq!(after.memory(), memory);
    assert_eq!(after.pane, Pane::Overview);
    // A node that is no longer watched is not looked at alone.
    after.shared.node = Some("gone".to_owned());
    after.update(Input::Heard(Message::Snapshot(snapshot())), NOW_MS);
    assert_eq!(after.shared.node, None);
    assert!(after.shared.toast().unwrap().contains("gone is not watched"));
    // What a newer or a broken one wrote does no harm.
    after.recall(&serde_json::from_str("{\"pane\": \"nothing\", \"panes\": {\"overview\": 5}}").unwrap());
    draw(&mut after, (120, 40));
}

#[test]
fn the_readme_lists_every_key() {
    const MARKS: (&str, &str) = ("<!-- keys: written by the tests -->\n", "<!-- keys end -->");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let begin = readme.find(MARKS.0).expect("the mark before the keys") + MARKS.0.len();
    let end = readme.find(MARKS.1).expect("the mark behind the keys");
    let reference = storj_monitor::ui::keymap::Keymap::default().reference();
    if std::env::var_os("UPDATE_SCREENS").is_some_and(|value| value == "1") {
        std::fs::write(&path, format!("{}{reference}{}", &readme[..begin], &readme[end..])).unwrap();
        return;
    }
    assert_eq!(&readme[begin..end], reference, "run with UPDATE_SCREENS=1");
}

#[test]
fn a_copied_table_names_no_node() {
    for pane in Pane::ALL {
        let mut model = model(Look::Dark);
        model.pane = pane;
        model.update(Input::Heard(Message::Snapshot(snapshot())), NOW_MS);
        model.answer_all(common::traffic::answer);
        draw(&mut model, (200, 50));
        for _ in 0..8 {
            for effect in press(&mut model, "Y tab", (200, 50)) {
                let Effect::Copy(text) = effect else { continue };
                let named = FLEET.iter().find(|sample| text.contains(sample.name));
                assert!(named.is_none(), "{}: {text}", pane.id());
            }
            model.answer_all(common::traffic::answer);
        }
    }
}
