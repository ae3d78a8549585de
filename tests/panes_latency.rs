//! The Latency pane as it looks and as it answers keys: a slow node, the one under the cursor, logs that tell nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::fleet::{Look, NOW_MS, draw, fresh, lines, press};
use common::latency::{answer, answer_blind, told};
use common::states::{self, Size, State};
use storj_monitor::api::latency::Compared;
use storj_monitor::api::line::{LogLine, Past, Place};
use storj_monitor::api::message::{Answer, Message, Query};
use storj_monitor::api::snapshot::{Section, Snapshot};
use storj_monitor::domain::gravity::Gravity;
use storj_monitor::domain::transfer::Quality;
use storj_monitor::ui::model::{Input, Model};
use storj_monitor::ui::pane::{Effect, Pane};

fn shown(look: Look, snapshot: Snapshot) -> Model {
    let mut model = fresh(look);
    model.pane = Pane::Latency;
    model.update(Input::Heard(Message::Snapshot(snapshot)), NOW_MS);
    model
}

/// Nothing answered yet.
fn asked(look: Look) -> Model {
    shown(look, told())
}

/// All answers, also those that follow from the first.
fn answered(model: &mut Model, answers: states::Answers) {
    for _ in 0..3 {
        model.answer_all(answers);
        draw(model, (120, 40));
    }
}

/// The pane with all answers.
fn model(look: Look) -> Model {
    let mut model = asked(look);
    answered(&mut model, answer);
    model
}

fn starting(look: Look) -> Model {
    let mut model = fresh(look);
    model.pane = Pane::Latency;
    model.update(Input::Resized, NOW_MS);
    model
}

fn broken(look: Look) -> Model {
    let mut model = asked(look);
    answered(&mut model, |_| Err("database /var/lib/x: disk I/O error".to_owned()));
    model
}

/// Every log is at INFO.
fn blind(look: Look) -> Model {
    let mut snapshot = told();
    snapshot.nodes.values_mut().for_each(|view| view.running = None);
    let mut model = shown(look, snapshot);
    answered(&mut model, answer_blind);
    model
}

/// Names and words of nodes that want to steer the terminal.
fn hostile(look: Look) -> Model {
    let mut snapshot = told();
    let name = "cel\u{1b}[2Jlar\u{202e}";
    let view = snapshot.nodes.remove("cellar").unwrap();
    let mut node = (*view.status.as_ref().unwrap().value).clone();
    node.name = name.to_owned();
    let view = storj_monitor::api::snapshot::NodeView {
        status: Some(Section {
            generation: 1,
            value: std::sync::Arc::new(node),
        }),
        ..view
    };
    snapshot.nodes.insert(name.to_owned(), view);
    snapshot.names = None;
    let mut model = shown(look, snapshot);
    answered(&mut model, |_| Err("a\u{1b}[31mred\u{202e}".to_owned()));
    model.shared.node = Some(name.to_owned());
    answered(&mut model, |query| {
        let mut told = answer(query)?;
        if let Answer::Latency(told) = &mut told {
            for node in told.nodes.iter_mut().filter(|node| node.node == "cellar") {
                "cel\u{1b}[2Jlar\u{202e}".clone_into(&mut node.node);
            }
            for slow in &mut told.slow {
                "cel\u{1b}[2Jlar\u{202e}".clone_into(&mut slow.node);
                "GET\u{9b}1\u{200b}".clone_into(&mut slow.action);
                slow.piece = Some("x\u{1b}]0;x\u{7}".to_owned());
            }
            for row in told.detail.iter_mut().flat_map(|detail| &mut detail.rows) {
                row.action += "\u{1b}[31m\u{202e}";
            }
        }
        Ok(told)
    });
    model
}

/// Keys, with every question they lead to answered.
fn go(model: &mut Model, keys: &str, size: Size) -> Vec<Effect> {
    let effects = states::go(model, keys, size, answer);
    model.answer_all(answer);
    draw(model, size);
    effects
}

const STATES: &[State] = &[
    ("latency", model, "- - - -"),
    ("latency-alone", model, "- - - - enter"),
    ("latency-satellites", model, "enter v tab"),
    ("latency-ends", model, "enter v v"),
    ("latency-slow", model, "tab tab"),
    ("latency-nodes", model, "m z"),
    ("latency-chart", model, "- - - - m"),
    ("latency-coarse", model, "- - - - down"),
    ("latency-coarse-alone", model, "- - - - down enter"),
    ("latency-as-of", model, "- - - - left left left"),
    ("latency-asked", asked, ""),
    ("latency-starting", starting, ""),
    ("latency-broken", broken, ""),
    ("latency-blind", blind, ""),
    ("latency-hostile", hostile, ""),
];

fn reached(state: &State, look: Look, size: Size) -> Model {
    let answers = if state.0 == "latency-blind" {
        answer_blind
    } else {
        answer
    };
    let mut model = states::reached(state, look, size, answers);
    let silent = ["latency-asked", "latency-starting", "latency-broken", "latency-hostile"];
    if !silent.contains(&state.0) {
        model.answer_all(answers);
        draw(&mut model, size);
        model.answer_all(answers);
        draw(&mut model, size);
    }
    model
}

#[test]
fn every_state_at_every_size() {
    states::drawn(STATES, reached);
}

#[test]
fn no_size_is_too_much_and_foreign_text_is_harmless_in_every_state() {
    states::swept(STATES, (&[99, 100, 111, 112, 169, 170], &[22, 26, 30]), reached);
}

fn text(model: &mut Model, size: Size) -> String {
    lines(&draw(model, size)).join("\n")
}

#[test]
fn the_slow_node_is_named_with_the_limit_the_begin_and_the_cost() {
    let mut model = model(Look::Dark);
    go(&mut model, "- - -", (120, 40));
    let told = text(&mut model, (120, 40))
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for part in [
        "cellar: its uploads take 3.4 times as long: p95 2.11 s, on the others 0.63 s, since",
        "It costs ≈ 5474 races in 7 d: 3.8 % are lost, there 1.4 %.",
        "Half of the lost are lost after 1.5 s, 1.89 MB moved.",
        "barn: an audit waits for 1 min; at 5 min it has failed. Look at the disk.",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    // p99 of 61 audits is unknown; a node without durations has none.
    let row = |text: &str, word: &str| text.lines().find(|line| line.contains(word)).unwrap().to_owned();
    let whole = text(&mut model, (200, 50));
    assert!(whole.contains("forge: no durations"), "{whole}");
    let audits = row(&whole, " GET_AUDIT ");
    assert!(audits.contains(" 61 ") && audits.contains(" ? "), "{audits}");
    assert!(
        row(&whole, "○ forge ").contains(" ? ") && row(&whole, "○ eave ").contains(" – "),
        "{whole}"
    );
    assert!(row(&whole, " dock ").contains(" 1s "), "whole seconds are said");
}

#[test]
fn keys_lead_to_one_node_its_satellites_and_the_log_of_a_slow_transfer() {
    let size = (120, 40);
    let mut model = model(Look::Dark);
    draw(&mut model, size);
    go(&mut model, "down", size);
    assert!(
        text(&mut model, size).contains("DOCK: BY ACTION AND SIZE"),
        "{}",
        text(&mut model, size)
    );
    go(&mut model, "home enter", size);
    assert_eq!(model.shared.node.as_deref(), Some("cellar"));
    go(&mut model, "v tab", size);
    assert!(text(&mut model, size).contains("CELLAR: BY SATELLITE"));
    go(&mut model, "enter", size);
    assert!(model.shared.satellite.is_some());
    go(&mut model, "esc", size);
    model.shared.satellite = None;
    model.shared.node = None;
    go(&mut model, "tab", size);
    let effects = go(&mut model, "enter", size);
    assert!(
        effects.contains(&Effect::Show(Pane::Log)) || model.pane == Pane::Log,
        "{effects:?}"
    );
    assert_eq!(model.shared.node.as_deref(), Some("cellar"));
    let end_ms = NOW_MS - 994 * 60_000;
    assert_eq!(model.shared.moment(), Some(end_ms.div_euclid(1000)));
}

/// The piece of the slowest.
const PIECE: &str = "KFKGZ2VK4YJFQ6EYZTRNTVLIUK4KEGZ7R5GLQDI6F3XBDFJNIAOQ";

/// What the log says of the piece, and the answers of the pane.
fn with_log(query: &Query) -> Result<Answer, String> {
    let Query::Log { filter, at_ms, .. } = query else {
        return answer(query);
    };
    let end_ms = NOW_MS - 994 * 60_000;
    let line = |n: u64, ms: i64, level: &str, message: &str| LogLine {
        node: "cellar".to_owned(),
        time_ms: end_ms + ms,
        level: level.to_owned(),
        logger: "piecestore".to_owned(),
        message: message.to_owned(),
        rest: format!(
            r#"{{"Piece ID": "{PIECE}", "Satellite ID": "{}", "Action": "PUT"}}"#,
            common::fleet::US1
        ),
        understood: true,
        gravity: Gravity::Routine,
        place: Some(Place {
            path: "/n.log".to_owned(),
            offset: n,
        }),
    };
    // Another upload of the same piece began within the same second.
    let lines = vec![
        line(1, -38_200, "DEBUG", "upload started"),
        line(2, -400, "DEBUG", "upload started"),
        line(3, -300, "INFO", "upload canceled"),
        line(4, 300, "INFO", "uploaded"),
        line(5, 900, "DEBUG", "download started"),
    ];
    let wanted = filter.level.is_none() && filter.piece.as_deref() == Some(PIECE) && at_ms.is_some();
    Ok(Answer::Log(Past {
        before: if wanted { 3 } else { 0 },
        lines: if wanted { lines } else { Vec::new() },
        ..Past::default()
    }))
}

#[test]
fn enter_on_one_of_the_slowest_leads_to_the_line_of_its_end() {
    let size = (120, 40);
    let mut model = model(Look::Dark);
    go(&mut model, "tab tab", size);
    press(&mut model, "enter", size);
    assert_eq!(model.pane, Pane::Log);
    answered(&mut model, with_log);
    let line = |model: &Model| {
        let (_, state) = model.view().table("tail").unwrap();
        state.selected().map(|key| key.as_str().to_owned())
    };
    assert_eq!(line(&model).as_deref(), Some("cellar\t/n.log\t4"));
    let told = text(&mut model, size);
    assert!(
        told.contains("upload started") && told.contains("piece KFKGZ2VK"),
        "{told}"
    );
    // Whoever goes on from there is not called back.
    go(&mut model, "up", size);
    press(&mut model, "5", size);
    press(&mut model, "0", size);
    answered(&mut model, with_log);
    assert_eq!(line(&model).as_deref(), Some("cellar\t/n.log\t3"));
    // Out again: to the present, then to all lines.
    press(&mut model, "esc", size);
    answered(&mut model, with_log);
    press(&mut model, "esc", size);
    answered(&mut model, with_log);
    let told = text(&mut model, size);
    assert!(!told.contains("piece KFKGZ2VK"), "{told}");
}

#[test]
fn another_action_and_quality_are_other_questions() {
    let size = (120, 40);
    let mut model = model(Look::Dark);
    let asks = |model: &mut Model| {
        let asks = std::cell::RefCell::new(Vec::new());
        model.answer_all(|query| {
            if let Query::Latency(ask) = query {
                asks.borrow_mut().push((ask.action.clone(), ask.quality));
            }
            answer(query)
        });
        let asks = asks.into_inner();
        assert!(!asks.is_empty());
        asks
    };
    press(&mut model, "a", size);
    assert!(asks(&mut model).iter().all(|(action, _)| action == "GET"));
    answered(&mut model, answer);
    assert!(text(&mut model, size).contains("NODES, DOWNLOADS"));
    press(&mut model, "Q", size);
    assert!(
        asks(&mut model)
            .iter()
            .all(|(_, quality)| *quality == Some(Quality::Exact))
    );
}

#[test]
fn every_figure_has_its_words() {
    let size = (200, 50);
    let mut model = model(Look::Dark);
    go(&mut model, "- - -", size);
    let mut seen = [false; 5];
    states::each_figure(&mut model, size, |text| {
        let told = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let parts = [
            "within 1 % of a duration",
            "times the median of the others",
            "over the last seven days",
            "a matter of the disk",
            "without its end",
        ];
        seen.iter_mut()
            .zip(parts)
            .for_each(|(seen, part)| *seen |= told.contains(part));
        seen == [true; 5]
    });
    assert_eq!(seen, [true; 5]);
}

/// A state in one line.
fn told_of(model: &mut Model, size: Size) -> String {
    let text = text(model, size);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_first_answer_is_whether_any_action_of_any_node_is_slow_and_against_what() {
    let size = (120, 40);
    let mut all = model(Look::Dark);
    go(&mut all, "-", size);
    let told = told_of(&mut all, size);
    for slow in [
        "cellar: its uploads take 3.4 times as long",
        "Also slow: cellar's downloads 2.3 times last week. p95 0.70 s. 10 as usual.",
    ] {
        assert!(told.contains(slow), "{told}");
    }
    // Whatever nodes are compared by; of a node alone it is the node's own.
    go(&mut all, "a", size);
    let slow = "Also slow: cellar's uploads 3.4 times the others. p95 2.11 s.";
    assert!(told_of(&mut all, size).contains(slow));
    let of = |name: &str| {
        let mut model = model(Look::Dark);
        model.shared.node = Some(name.to_owned());
        answered(&mut model, answer);
        told_of(&mut model, size)
    };
    let alone = of("cellar");
    assert!(alone.contains("Also slow: downloads 2.3 times last week."), "{alone}");
    let well = of("attic");
    let words = "Nothing is slow (other nodes, last week). Slowest: uploads, p95 0.55 s.";
    assert!(well.contains(words), "{well}");
    // On a phone, too.
    assert!(
        text(&mut all, (40, 12)).contains("! cellar: its downloads take"),
        "{}",
        text(&mut all, (40, 12))
    );
}

#[test]
fn whole_seconds_have_bars_with_names_and_no_finer_ones() {
    let size = (200, 50);
    let mut model = model(Look::Dark);
    go(&mut model, "- - - - down", size);
    let told = text(&mut model, size);
    let bar = |name: &str| told.lines().any(|line| line.contains(name));
    for name in [" <1 s ", " 1 s ", " 2 s ", " 3–4 s "] {
        assert!(bar(name), "{name}\n{told}");
    }
    assert!(!told.contains("32ms"), "{told}");
    assert!(told.contains("s, whole seconds"), "{told}");
    // A bar says what it is of.
    press(&mut model, "i", size);
    let mut seen = false;
    for _ in 0..200 {
        seen |= told_of(&mut model, size).contains("PUT under 1 s");
        press(&mut model, "tab", size);
    }
    assert!(seen);
}

#[test]
fn a_quality_no_shown_node_has_is_skipped_and_said_so() {
    let size = (120, 40);
    let quality = |model: &mut Model| {
        press(model, "Q", size);
        let words = told_of(model, size);
        let asked = std::cell::Cell::new(None);
        model.answer_all(|query| {
            if let Query::Latency(ask) = query {
                asked.set(Some(ask.quality));
            }
            answer(query)
        });
        answered(model, answer);
        (asked.get(), words)
    };
    let alone = |name: &str| {
        let mut model = model(Look::Dark);
        model.shared.node = Some(name.to_owned());
        answered(&mut model, answer);
        model
    };
    let mut cellar = alone("cellar");
    let (asked, words) = quality(&mut cellar);
    assert_eq!(asked, Some(Some(Quality::Exact)), "{words}");
    assert!(words.contains("skipped, none is known so: 1s"), "{words}");
    assert_eq!(quality(&mut cellar).0, Some(Some(Quality::Arrival)));
    let words = quality(&mut cellar).1;
    assert!(words.contains("the best that holds most of them"), "{words}");
    let mut dock = alone("dock");
    let (asked, words) = quality(&mut dock);
    assert_eq!(asked.flatten(), None);
    assert!(
        words.contains("all durations: ±1 s") && words.contains("exact, 10ms"),
        "{words}"
    );
}

#[test]
fn without_durations_the_disk_is_told_with_who_says_so_and_how_old_it_is() {
    let size = (120, 40);
    let mut model = blind(Look::Dark);
    let told = text(&mut model, size);
    let row = |name: &str| {
        let line = told.lines().find(|line| line.contains(&format!(" {name} ")));
        line.unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let place = |name: &str| {
        told.lines()
            .position(|line| line.contains(&format!(" {name} ")))
            .unwrap()
    };
    assert!(place("cellar") < place("attic"), "the slowest first\n{told}");
    assert!(row("cellar").contains("4.8 s! 1.3 s!"), "{told}");
    assert!(row("cellar").contains("/metrics 12 s ago, host 4 s ago"), "{told}");
    assert!(row("attic").contains("100 ms 9 ms"), "{told}");
    // A network file system counts nothing; of a node without /metrics only the host tells; of one, nobody.
    assert!(row("dock").contains("200 ms –"), "{told}");
    assert!(
        row("eave").contains("? 11 ms") && row("eave").contains("host 4 s ago"),
        "{told}"
    );
    assert!(row("forge").contains("? ?"), "{told}");
    press(&mut model, "i", size);
    let mut seen = false;
    for _ in 0..40 {
        seen |= told_of(&mut model, size).contains("set debug.addr in the node's config.yaml");
        press(&mut model, "tab", size);
    }
    assert!(seen);
}

#[test]
fn m_shows_the_chart_where_there_was_no_room_for_it() {
    for size in [(80, 24), (40, 12)] {
        let mut model = model(Look::Dark);
        draw(&mut model, size);
        go(&mut model, "- - - -", size);
        let has = |text: &str| text.contains('┤');
        assert!(!has(&text(&mut model, size)), "{size:?}");
        go(&mut model, "m", size);
        let told = text(&mut model, size);
        assert!(has(&told), "{size:?}\n{told}");
        // Shown first, then the next; Esc leaves it.
        go(&mut model, "esc", size);
        assert!(!has(&text(&mut model, size)), "{size:?}");
    }
}

/// As many durations as are compared with nothing.
fn few(query: &Query) -> Result<Answer, String> {
    let mut told = answer(query)?;
    if let Answer::Latency(told) = &mut told {
        for node in &mut told.nodes {
            (node.slow, node.compared) = (None, Compared::default());
            node.figures.iter_mut().for_each(|figures| figures.count = 30);
            for action in &mut node.actions {
                (action.slow, action.compared) = (None, Compared::default());
                action.figures.count = 30;
            }
        }
    }
    Ok(told)
}

#[test]
fn what_was_compared_with_nothing_is_not_as_usual() {
    let size = (120, 40);
    let mut model = asked(Look::Dark);
    answered(&mut model, few);
    let told = told_of(&mut model, size);
    assert!(told.contains("Too few to compare: under 50 of each action."), "{told}");
    assert!(told.contains("uploads not compared (too few)"), "{told}");
    assert!(
        !told.contains("as usual") && !told.contains("Nothing is slow"),
        "{told}"
    );
}

#[test]
fn h_shows_and_hides_hours_of_the_day_at_any_size() {
    for size in [(200, 50), (120, 40), (100, 30), (80, 24), (40, 12)] {
        let mut model = model(Look::Dark);
        let has = |model: &mut Model| {
            let told = text(model, size);
            told.contains("BY HOUR") || told.contains("00 03 06")
        };
        let before = has(&mut model);
        for seen in [!before, before, !before] {
            go(&mut model, "H", size);
            assert_eq!(has(&mut model), seen, "{size:?}\n{}", text(&mut model, size));
        }
    }
}

#[test]
fn of_a_chosen_quality_are_the_slowest_too_and_their_details_have_a_title_in_words() {
    let size = (120, 40);
    let mut model = model(Look::Dark);
    go(&mut model, "tab tab D", size);
    let told = told_of(&mut model, size);
    assert!(told.contains("cellar: PUT of us1 that began at 05:13, won"), "{told}");
    go(&mut model, "esc Q", size);
    let told = told_of(&mut model, size);
    assert!(
        !told.contains("38.20"),
        "it is known to 10 ms, exact ones are asked for\n{told}"
    );
    go(&mut model, "Q", size);
    assert!(told_of(&mut model, size).contains("38.20"));
}

#[test]
fn a_share_of_uploads_at_info_is_marked_and_its_counts_are_told() {
    let size = (120, 40);
    let mut model = model(Look::Dark);
    let told = told_of(&mut model, size);
    assert!(told.contains("≤ 96.9") && !told.contains("≤ 98.6"), "{told}");
    let mut seen = false;
    states::each_figure(&mut model, size, |text| {
        let told = text.split_whitespace().collect::<Vec<_>>().join(" ");
        seen |= ["forge: won of uploads", "won 617 log", "lost 17 log", "failed 3 log"]
            .iter()
            .all(|part| told.contains(part));
        seen
    });
    assert!(seen);
}
