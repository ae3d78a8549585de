//! The form for settings over a pane: how it looks, what its keys do, what a collector answers to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::earnings::answer;
use common::fleet::{Look, NOW_MS, draw, fresh, lines, press};
use common::screen::assert_screen;
use common::storage::told;
use storj_monitor::api::message::{Answer, Command, Message, Query, Request};
use storj_monitor::domain::currency::Currency;
use storj_monitor::domain::setting::{Change, Changed, Fault, Saved, Setting, Settings, Teller};
use storj_monitor::ui::model::{Collector, Input, Model};
use storj_monitor::ui::pane::Pane;

const SIZE: (u16, u16) = (80, 24);

/// Financials of a fleet, and the node that is looked at alone.
fn model(look: Look) -> Model {
    let mut model = fresh(look);
    model.pane = Pane::Financials;
    model.update(Input::Heard(Message::Snapshot(told())), NOW_MS);
    model.answer_all(answer);
    model.shared.node = Some(model.shared.nodes()[0].name.clone());
    model.update(Input::Resized, NOW_MS);
    model.answer_all(answer);
    model.requests();
    model
}

fn setting(key: &str, value: &str, default: &str, teller: Teller) -> Setting {
    let field = key.rsplit_once('.').unwrap().1;
    let (unit, help) = match field {
        "monthly_cost" => (
            "$ a month",
            "what it costs a month whatever it does: dollars, or an amount as \"1.50 €\"",
        ),
        "watts" => ("W", "what it draws, in watts"),
        "kwh_price" => ("$ a kWh", "what a kWh costs: dollars, or an amount as \"0.32 €\""),
        "hardware_cost" => (
            "$",
            "what its disk and the rest cost, for the time it takes to pay: dollars, or as \"150 €\"",
        ),
        "factor" => (
            "for $1",
            "Dollars times this are the amount in that currency: the rate you reckon with",
        ),
        _ => (
            "",
            "What stands before an amount on the screen and in tables for people",
        ),
    };
    Setting {
        key: key.to_owned(),
        value: value.to_owned(),
        default: default.to_owned(),
        teller,
        wanted: "a number of dollars, 0 to 1000000, or an amount with your currency as 0.32 €".to_owned(),
        help: help.to_owned(),
        unit: unit.to_owned(),
        ..Setting::default()
    }
}

/// What is asked of the collector for the form: one request, with its number.
fn asked(model: &mut Model) -> Vec<Request> {
    let form = |request: &Request| match request {
        Request::Ask { query, .. } => matches!(query, Query::Settings { .. } | Query::Judge(_)),
        Request::Do { .. } => true,
        _ => false,
    };
    model.requests().into_iter().filter(form).collect()
}

fn hear(model: &mut Model, id: u64, answer: Result<Answer, String>) {
    model.update(Input::Heard(Message::Answer { id, answer }), NOW_MS);
}

/// The form, told how its settings are.
fn opened(look: Look, size: (u16, u16)) -> Model {
    let mut model = model(look);
    draw(&mut model, size);
    press(&mut model, "E", size);
    let requests = asked(&mut model);
    let [
        Request::Ask {
            id,
            query: Query::Settings { keys },
        },
    ] = &requests[..]
    else {
        panic!("{requests:?}");
    };
    let node = model.shared.node.clone().unwrap();
    assert_eq!(keys[0], format!("node.{node}.monthly_cost"));
    let all = keys.iter().map(|key| match key.rsplit_once('.').unwrap().1 {
        "monthly_cost" => setting(key, "3.5", "", Teller::File(Some(14))),
        "watts" => setting(key, "8", "", Teller::File(Some(15))),
        "factor" => setting(key, "1", "1", Teller::Default),
        "currency" => setting(key, "€", "$", Teller::Env("STORJ_MONITOR_MONEY_CURRENCY".to_owned())),
        _ => setting(key, "", "", Teller::Default),
    });
    let settings = Settings {
        file: Some("/etc/storj-monitor/config.toml".to_owned()),
        all: all.collect(),
    };
    hear(&mut model, *id, Ok(Answer::Settings(settings)));
    model
}

/// What was typed so far, as the collector is asked to judge it.
fn judged(model: &mut Model) -> (u64, Vec<Change>) {
    match asked(model).pop() {
        Some(Request::Ask {
            id,
            query: Query::Judge(changes),
        }) => (id, changes),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_looks_as_it_should() {
    for (name, look, size) in [
        ("settings-80x24", Look::Dark, SIZE),
        ("settings-40x12", Look::Dark, (40, 12)),
        ("settings-mono-80x24", Look::Mono, SIZE),
        ("settings-ascii-80x24", Look::Ascii, SIZE),
        ("settings-120x40", Look::Dark, (120, 40)),
    ] {
        let mut model = opened(look, size);
        press(&mut model, "enter ctrl-u \"9x\"", size);
        let (id, changes) = judged(&mut model);
        let text = "`9x` is no cost; write a number of watts, 0 to 100000".to_owned();
        let key = changes[0].key.clone();
        hear(&mut model, id, Ok(Answer::Faults(vec![Fault { key, text }])));
        assert_screen(name, &draw(&mut model, size));
    }
}

#[test]
fn what_is_typed_is_judged_and_kept_by_one_key() {
    let mut model = opened(Look::Dark, SIZE);
    let node = model.shared.node.clone().unwrap();
    press(&mut model, "backspace \"25\" tab \"0\" shift-tab", SIZE);
    let (first, _) = judged(&mut model);
    press(&mut model, "shift-tab ctrl-u \".92\"", SIZE);
    let (id, changes) = judged(&mut model);
    let change = |key: String, value: &str| Change {
        key,
        value: Some(value.to_owned()),
    };
    let wanted = [
        change(format!("node.{node}.monthly_cost"), "3.25"),
        change(format!("node.{node}.watts"), "80"),
        change("money.factor".to_owned(), ".92"),
    ];
    assert_eq!(changes, wanted);
    // The answer to what was typed before it says nothing of what is typed now.
    let fault = |text: &str| Fault {
        key: "money.factor".to_owned(),
        text: text.to_owned(),
    };
    hear(&mut model, first, Ok(Answer::Faults(vec![fault("old")])));
    assert!(!lines(&draw(&mut model, SIZE)).concat().contains("old"));
    hear(&mut model, id, Ok(Answer::Faults(vec![fault("is `.92`; wrong")])));
    assert!(lines(&draw(&mut model, SIZE)).concat().contains("is `.92`; wrong"));
    press(&mut model, "ctrl-s", SIZE);
    assert!(asked(&mut model).is_empty(), "what is wrong is not sent");
    press(&mut model, "ctrl-u \"0.9\"", SIZE);
    let (id, _) = judged(&mut model);
    hear(&mut model, id, Ok(Answer::Faults(Vec::new())));
    press(&mut model, "ctrl-s", SIZE);
    let requests = asked(&mut model);
    let [
        Request::Do {
            id,
            command: Command::Change(changes),
        },
    ] = &requests[..]
    else {
        panic!("{requests:?}");
    };
    assert_eq!(changes.len(), 3);
    let saved = Saved {
        file: Some("/etc/c.toml".to_owned()),
        changed: vec![Changed {
            key: "money.factor".to_owned(),
            before: None,
            after: Some("0.9".to_owned()),
            default: "1".to_owned(),
        }],
        notes: vec!["a \u{1b}[2J note".to_owned()],
    };
    let before = model.shared.answers.answered_ms("financials.money");
    hear(&mut model, *id, Ok(Answer::Saved(saved)));
    assert!(model.overlay.is_none() && before.is_some());
    let screen = lines(&draw(&mut model, SIZE)).concat();
    assert!(
        screen.contains("factor: 1 (default) → 0.9, kept in /etc/c.toml; a "),
        "{screen}"
    );
    assert!(!screen.contains('\u{1b}'));
    let again = model.requests();
    let money = |request: &Request| {
        matches!(
            request,
            Request::Ask {
                query: Query::Money { .. },
                ..
            }
        )
    };
    assert!(again.iter().any(money), "what depends on it is asked again: {again:?}");
}

#[test]
fn it_can_be_left_and_refused_and_its_collector_may_go() {
    let mut model = opened(Look::Dark, SIZE);
    press(&mut model, "ctrl-s", SIZE);
    assert!(
        model.overlay.is_none() && asked(&mut model).is_empty(),
        "nothing was changed"
    );
    let mut model = opened(Look::Dark, SIZE);
    press(&mut model, "\"1q\" esc", SIZE);
    assert!(model.overlay.is_none());
    assert!(model.shared.toast().unwrap().contains("one change is not kept"));
    let (late, _) = judged(&mut model);
    hear(&mut model, late, Ok(Answer::Faults(Vec::new())));
    assert!(
        model.shared.toast().unwrap().contains("not kept"),
        "a late answer says nothing"
    );
    let mut model = opened(Look::Dark, SIZE);
    press(&mut model, "\"1\" ctrl-s", SIZE);
    let Some(Request::Do { id, .. }) = asked(&mut model).pop() else {
        panic!("it is sent")
    };
    let fault = Fault {
        key: String::new(),
        text: "/etc/c.toml: cannot be written: read-only".to_owned(),
    };
    hear(&mut model, id, Ok(Answer::Faults(vec![fault])));
    assert!(
        lines(&draw(&mut model, SIZE)).concat().contains("cannot be written"),
        "and it stays open"
    );
    model.update(Input::Lost, NOW_MS);
    press(&mut model, "ctrl-s", SIZE);
    assert!(lines(&draw(&mut model, SIZE)).concat().contains("no collector runs"));
    press(&mut model, "esc", SIZE);
    model.shared.collector = Collector::Past(NOW_MS);
    press(&mut model, "E", SIZE);
    assert!(lines(&draw(&mut model, SIZE)).concat().contains("changes nothing"));
}

#[test]
fn of_many_nodes_one_is_chosen_first() {
    let mut model = model(Look::Dark);
    model.shared.node = None;
    draw(&mut model, SIZE);
    press(&mut model, "E", SIZE);
    assert!(lines(&draw(&mut model, SIZE)).concat().contains("Costs of which node?"));
    press(&mut model, "\"rate\" enter", SIZE);
    let requests = asked(&mut model);
    assert!(
        matches!(&requests[..], [Request::Ask { query: Query::Settings { keys }, .. }] if keys == &["money.currency", "money.factor"]),
        "{requests:?}"
    );
    assert!(lines(&draw(&mut model, SIZE)).concat().contains("reading"));
}

#[test]
fn money_is_the_persons_own_on_every_pane() {
    let mut snapshot = told();
    for view in snapshot.nodes.values_mut() {
        let section = view.status.as_mut().unwrap();
        let mut node = (*section.value).clone();
        if let Some(earnings) = &mut node.earnings {
            earnings.currency = euros();
        }
        section.value = node.into();
    }
    let mut model = fresh(Look::Dark);
    model.update(Input::Heard(Message::Snapshot(snapshot)), NOW_MS);
    for pane in [Pane::Overview, Pane::Storage, Pane::Financials] {
        model.pane = pane;
        model.update(Input::Resized, NOW_MS);
        for _ in 0..3 {
            model.answer_all(|query| {
                let mut said = answer(query)?;
                if let Answer::Money(nodes) = &mut said {
                    nodes.iter_mut().for_each(|node| node.currency = euros());
                }
                Ok(said)
            });
        }
        let screen = lines(&draw(&mut model, (200, 50)));
        // The key, and a note that the collector has written.
        let [key, more, note] = ["$ yield, costs", "$: more", "come to $0.10"];
        let screen = screen.join("\n").replace(key, "").replace(more, "").replace(note, "");
        assert!(!screen.contains('$') && screen.contains('€'), "{pane:?}:\n{screen}");
    }
}

fn euros() -> Currency {
    Currency {
        symbol: "€".to_owned(),
        factor: 0.5,
    }
}

#[test]
fn no_size_is_too_small() {
    for width in [30, 31, 40, 56, 80] {
        for height in 6..26 {
            let mut model = opened(Look::Dark, (width, height));
            for at in 0..6 {
                let screen = lines(&draw(&mut model, (width, height))).concat();
                assert!(screen.contains('>') || height < 7, "{width}x{height} field {at}");
                press(&mut model, "tab", (width, height));
            }
        }
    }
}

#[test]
fn what_is_being_kept_takes_no_keys_and_what_is_being_judged_is_kept_then() {
    let mut model = opened(Look::Dark, SIZE);
    press(&mut model, "\"1\" ctrl-s", SIZE);
    let Some(Request::Do { id, .. }) = asked(&mut model).pop() else {
        panic!("it is sent")
    };
    press(&mut model, "ctrl-s \"23\" backspace tab", SIZE);
    model.update(Input::Paste("4".to_owned()), NOW_MS);
    assert!(asked(&mut model).is_empty(), "once is enough");
    let key = format!("node.{}.monthly_cost", model.shared.node.clone().unwrap());
    let fault = |text: &str| Fault {
        key: key.clone(),
        text: text.to_owned(),
    };
    hear(&mut model, id, Ok(Answer::Faults(vec![fault("it fails")])));
    let screen = lines(&draw(&mut model, SIZE)).concat();
    assert!(screen.contains("3.51") && screen.contains("it fails"), "{screen}");
    // Mended, and kept at once: the old fault is gone when the answer is there.
    press(&mut model, "\"1\"", SIZE);
    let (id, _) = judged(&mut model);
    press(&mut model, "ctrl-s \"9\"", SIZE);
    assert!(asked(&mut model).is_empty());
    assert!(lines(&draw(&mut model, SIZE)).concat().contains("saving"));
    hear(&mut model, id, Ok(Answer::Faults(Vec::new())));
    let Some(Request::Do {
        id,
        command: Command::Change(changes),
    }) = asked(&mut model).pop()
    else {
        panic!("it is sent")
    };
    assert_eq!(changes[0].value.as_deref(), Some("3.511"));
    // Who leaves then hears what came of it.
    press(&mut model, "esc", SIZE);
    assert!(model.overlay.is_none());
    assert!(
        model
            .shared
            .toast()
            .is_none_or(|toast| !toast.contains("left as it was"))
    );
    hear(&mut model, id, Ok(Answer::Faults(vec![fault("the disk is full")])));
    assert!(model.shared.toast().unwrap().contains("not kept: the disk is full"));
    // What is still wrong is not kept.
    let mut model = opened(Look::Dark, SIZE);
    press(&mut model, "\"x\"", SIZE);
    let (id, _) = judged(&mut model);
    hear(&mut model, id, Ok(Answer::Faults(vec![fault("no cost")])));
    press(&mut model, "\"y\"", SIZE);
    let (id, _) = judged(&mut model);
    press(&mut model, "ctrl-s", SIZE);
    hear(&mut model, id, Ok(Answer::Faults(vec![fault("no cost either")])));
    assert!(asked(&mut model).is_empty());
    press(&mut model, "backspace", SIZE);
    judged(&mut model);
}
