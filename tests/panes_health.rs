//! One node on the Overview: what is known of it and no finding tells.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::fleet::{Look, NOW_MS, draw, lines, snapshot};
use common::states::{self, Size, State};
use common::traffic::answer;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use storj_monitor::api::message::Message;
use storj_monitor::ui::frame;
use storj_monitor::ui::model::{Input, Model};

/// Its databases cannot all be read, the node has a notice, and audits fail.
fn barn(look: Look) -> Model {
    let mut model = common::fleet::model(look);
    model.shared.node = Some("barn".to_owned());
    model.update(Input::Resized, NOW_MS);
    model.update(Input::Heard(Message::Snapshot(snapshot())), NOW_MS);
    model.answer_all(answer);
    model
}

const STATES: &[State] = &[("overview-troubled", barn, "")];

fn reached(state: &State, look: Look, size: Size) -> Model {
    states::reached(state, look, size, answer)
}

#[test]
fn every_state_at_every_size() {
    states::drawn(STATES, reached);
}

#[test]
fn no_size_is_too_much_and_foreign_text_is_harmless() {
    states::swept(STATES, (&[59, 60], &[13, 14, 29, 30]), reached);
}

#[test]
fn what_is_not_as_it_should_be_comes_first_and_all_can_be_explained() {
    let size = (120, 40);
    let mut model = reached(&STATES[0], Look::Dark, size);
    let text = lines(&draw(&mut model, size)).join("\n");
    for part in [
        "HEALTH  1 of 2 databases not read · 2 audits in flight, 3 s · disk 31 % busy, 12 ms · ",
        "the node notes 2 d 16 h ago: Your node was offline: ",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    let area = Rect::new(0, 0, size.0, size.1);
    let figures = frame::paint(area, &mut Buffer::empty(area), &model).figures;
    let explained = |what: &str| {
        let (_, figure) = figures.iter().find(|(_, figure)| figure.what == what).unwrap();
        model.view().explain(figure, &model.shared).unwrap()
    };
    let whats = [
        "waiting",
        "host_disk",
        "quic",
        "contact",
        "databases",
        "log",
        "up",
        "version",
        "page",
        "notice",
    ];
    for what in whats {
        let told = explained(what);
        assert!(!told.facts.is_empty() && !told.words.is_empty(), "{what}: {told:?}");
    }
    assert_eq!(
        explained("databases").facts[1].value,
        "satellites.db: another program holds it"
    );
    // One line has room for few: the notice is the first.
    let size = (80, 24);
    let mut model = reached(&STATES[0], Look::Dark, size);
    let text = lines(&draw(&mut model, size)).join("\n");
    assert!(text.contains("HEALTH  notice: Your node was offline"), "{text}");
}

#[test]
fn what_a_finding_tells_is_not_told_again() {
    let mut model = common::fleet::model(Look::Dark);
    model.shared.node = Some("cellar".to_owned());
    model.update(Input::Resized, NOW_MS);
    let text = lines(&draw(&mut model, (120, 40))).join("\n");
    assert!(
        text.contains("QUIC is misconfigured") && !text.contains("QUIC OK"),
        "{text}"
    );
}
