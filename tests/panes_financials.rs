//! The Financials pane as it looks and as it answers keys: a fleet, one node, months that are over, and states in which
//! little is known.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::earnings::{answer, fleet, month};
use common::fleet::{Look, NOW_MS, draw, fresh, lines, press};
use common::states::{self, Size, State};
use common::storage::told;
use storj_monitor::api::message::{Answer, Message, Query};
use storj_monitor::api::money::{Currency, NodeMoney, Note, NoteKind};
use storj_monitor::domain::money::Micro;
use storj_monitor::ui::model::{Input, Model};
use storj_monitor::ui::pane::{Effect, Pane};

type Say = fn(&Query) -> Result<Answer, String>;

fn starting(look: Look) -> Model {
    let mut model = fresh(look);
    model.pane = Pane::Financials;
    model.update(Input::Resized, NOW_MS);
    model
}

fn asked(look: Look) -> Model {
    let mut model = starting(look);
    model.update(Input::Heard(Message::Snapshot(told())), NOW_MS);
    model
}

fn with(look: Look, say: Say) -> Model {
    let mut model = asked(look);
    model.answer_all(say);
    model
}

fn model(look: Look) -> Model {
    with(look, answer)
}

fn broken(look: Look) -> Model {
    with(look, |_| Err("database /var/lib/x: disk I/O error".to_owned()))
}

/// What the fleet says, changed.
fn changed(query: &Query, change: impl Fn(&mut NodeMoney)) -> Result<Answer, String> {
    let mut said = answer(query)?;
    if let Answer::Money(nodes) = &mut said {
        nodes.iter_mut().for_each(change);
    }
    Ok(said)
}

/// No API, no databases.
fn blind_says(query: &Query) -> Result<Answer, String> {
    changed(query, |node| {
        let name = std::mem::take(&mut node.node);
        *node = NodeMoney {
            node: name,
            satellites: Vec::new(),
            so_far: Default::default(),
            estimates: Default::default(),
            told: None,
            node_way: Default::default(),
            tallies: Default::default(),
            held: Default::default(),
            yields: Default::default(),
            costs: None,
            payout: None,
            through: Vec::new(),
            days: Vec::new(),
            days_before: Vec::new(),
            history: Vec::new(),
            notes: Vec::new(),
            asked_ms: None,
            error: None,
            ..node.clone()
        };
    })
}

fn blind(look: Look) -> Model {
    with(look, blind_says)
}

fn alone_with(look: Look, say: Say) -> Model {
    let mut model = asked(look);
    model.shared.node = Some("attic".to_owned());
    model.answer_all(say);
    model
}

fn alone(look: Look) -> Model {
    alone_with(look, answer)
}

/// One satellite without prices, one that disqualified the node, another currency.
fn odd_says(query: &Query) -> Result<Answer, String> {
    changed(query, |node| {
        node.currency = Currency {
            symbol: "€".to_owned(),
            factor: 0.85,
        };
        let mut sum = node.so_far;
        if let Some(ap1) = node.satellites.iter_mut().find(|one| one.name == "ap1") {
            sum.amounts.gross = sum.amounts.gross - ap1.so_far.gross;
            sum.amounts.net = sum.amounts.net - ap1.so_far.net;
            sum.without = 1;
            (ap1.prices, ap1.price_source, ap1.so_far) = (None, None, Default::default());
            (ap1.month_end, ap1.node_month_end) = (None, None);
            ap1.parts = ap1.parts.map(|part| storj_monitor::api::money::Part {
                price: None,
                amounts: None,
                ..*part
            });
        }
        if let Some(eu1) = node.satellites.iter_mut().find(|one| one.name == "eu1") {
            eu1.disqualified_ms = Some(NOW_MS - 86_400_000);
            eu1.month_end = Some(eu1.so_far);
        }
        node.so_far = sum;
        let note = |kind, text: &str| Note {
            kind,
            satellite: None,
            text: text.to_owned(),
            more: String::new(),
        };
        node.notes = vec![
            note(
                NoteKind::Disqualified,
                "eu1 disqualified the node on 20 Aug: it pays nothing from then on",
            ),
            note(
                NoteKind::PriceUnknown,
                "ap1 tells no prices: what it pays is not counted",
            ),
        ];
        node.estimates.confidence = storj_monitor::api::money::Confidence::Poor;
        node.estimates.because = vec!["the prices of ap1 are unknown".to_owned()];
        node.costs = None;
    })
}

fn odd(look: Look) -> Model {
    alone_with(look, odd_says)
}

/// Names, notes and receipts that want to steer the terminal.
fn hostile_says(query: &Query) -> Result<Answer, String> {
    changed(query, |node| {
        let evil = "us\u{9b}1\u{1b}[2J\u{202e}";
        node.currency.symbol = "\u{1b}[31m".to_owned();
        node.satellites[0].name = evil.to_owned();
        for note in &mut node.notes {
            note.text = format!("{evil} sent\u{7} no tally\n");
            note.more = evil.repeat(90);
        }
        node.estimates.because = vec![evil.to_owned()];
        node.node_way.differences[0].text = evil.to_owned();
        node.error = Some("no\u{1b}]0;x\u{7}".to_owned());
        for month in &mut node.history {
            month.missing = vec![evil.to_owned()];
            for one in &mut month.satellites {
                one.name = evil.to_owned();
                one.codes = vec![(evil.to_owned(), evil.to_owned())];
                for receipt in &mut one.receipts {
                    (receipt.chain, receipt.hash) = (evil.to_owned(), evil.repeat(40));
                    receipt.link = Some(evil.repeat(30));
                }
            }
        }
    })
}

fn hostile(look: Look) -> Model {
    with(look, hostile_says)
}

fn hostile_alone(look: Look) -> Model {
    alone_with(look, hostile_says)
}

/// The collector went away.
fn lost(look: Look) -> Model {
    let mut model = model(look);
    model.update(Input::Lost, NOW_MS);
    model
}

const STATES: &[State] = &[
    ("financials", model, "- - - -"),
    ("financials-by-node", model, "- - - - v"),
    ("financials-alone", alone, "- - - -"),
    ("financials-through", model, "- - - - m"),
    ("financials-cumulative", model, "- - - - m m"),
    ("financials-years", model, "- - - - t"),
    ("financials-past", model, "- - - - [ [ [ ["),
    ("financials-month", model, "- - - - tab down down down down enter"),
    ("financials-yields", model, "- - - - $"),
    ("financials-as-of", model, "- - - - m left left left left"),
    ("financials-lost", lost, ""),
    ("financials-asked", asked, ""),
    ("financials-starting", starting, ""),
    ("financials-broken", broken, ""),
    ("financials-blind", blind, ""),
];

/// States whose answers are their own.
const ODD: &[(State, Say)] = &[
    (("financials-odd", odd, "- - - -"), odd_says),
    (("financials-hostile", hostile, "- - - -"), hostile_says),
    (
        ("financials-hostile-month", hostile_alone, "- - - - tab down enter"),
        hostile_says,
    ),
];

fn reached(state: &State, look: Look, size: Size) -> Model {
    let own = ODD.iter().find(|(odd, _)| odd.0 == state.0);
    let say = own.map_or(answer as Say, |(_, say)| *say);
    states::reached(state, look, size, say)
}

fn all() -> Vec<State> {
    STATES
        .iter()
        .copied()
        .chain(ODD.iter().map(|(state, _)| *state))
        .collect()
}

#[test]
fn every_state_at_every_size() {
    states::drawn(&all(), reached);
}

#[test]
fn no_size_is_too_much_and_foreign_text_is_harmless_in_every_state() {
    states::swept(&all(), (&[109, 110, 169, 170], &[17, 18, 25, 26]), reached);
}

/// Keys, with every question they lead to answered.
fn go(model: &mut Model, keys: &str, size: Size) -> Vec<Effect> {
    states::go(model, keys, size, answer)
}

fn text(model: &mut Model, size: Size) -> String {
    lines(&draw(model, size)).join("\n")
}

/// Amounts of a line of the screen.
fn amounts(line: &str) -> Vec<i64> {
    let plain = line.replace('−', "-").replace('~', "");
    let words = plain.split_whitespace().filter(|word| word.contains('.'));
    words
        .filter_map(|word| word.parse::<f64>().ok())
        .map(|amount| (amount * 100.0).round() as i64)
        .collect()
}

#[test]
fn what_stands_below_a_table_is_the_sum_of_what_stands_above() {
    let size = (80, 50);
    for (keys, first, last) in [("-", "us1 ", "total "), ("v", "attic ", "fleet ")] {
        let mut model = model(Look::Dark);
        draw(&mut model, size);
        go(&mut model, keys, size);
        let text = text(&mut model, size);
        let lines: Vec<&str> = text.lines().collect();
        let place = |word: &str| {
            lines
                .iter()
                .position(|line| line[..9.min(line.len())].contains(word))
                .unwrap()
        };
        let (from, to) = (place(first), place(last));
        let rows: Vec<Vec<i64>> = lines[from..to - 1].iter().map(|line| amounts(line)).collect();
        // Price first in each row; the sum has none.
        let columns = rows[0].len() - 1;
        let sums: Vec<i64> = (1..=columns).map(|n| rows.iter().map(|row| row[n]).sum()).collect();
        let foot = amounts(lines[to]);
        // TB are rounded each on its own; money adds up.
        assert_eq!(sums[1..], foot[1..], "{text}");
    }
}

#[test]
fn the_fleet_is_the_sum_of_its_nodes_to_the_last_digit() {
    let nodes = fleet(NOW_MS, None, 12);
    let sum: Micro = nodes.iter().map(|node| node.so_far.amounts.net).sum();
    let by_satellite = nodes.iter().flat_map(|node| &node.satellites).map(|one| one.so_far.net);
    assert_eq!(by_satellite.sum::<Micro>(), sum);
    let mut model = model(Look::Dark);
    draw(&mut model, (120, 40));
    // The first figure is what was earned so far, told to the last digit.
    press(&mut model, "i", (120, 40));
    let exact = format!("${}.{:06} net", sum.0 / 1_000_000, sum.0 % 1_000_000);
    let mut told = String::new();
    for _ in 0..40 {
        told = text(&mut model, (120, 40));
        if told.contains("August 2026: earned") {
            break;
        }
        press(&mut model, "shift-tab", (120, 40));
    }
    assert!(told.contains(&exact), "{exact}\n{told}");
}

#[test]
fn keys_go_through_months_nodes_and_satellites_and_back() {
    let size = (120, 40);
    let mut model = model(Look::Dark);
    draw(&mut model, size);
    let has = |model: &mut Model, words: &str| {
        let text = text(model, size);
        assert!(text.contains(words), "{words}:\n{text}");
    };
    has(&mut model, "BY SATELLITE, SO FAR");
    go(&mut model, "v", size);
    has(&mut model, "BY NODE, SO FAR");
    go(&mut model, "enter", size);
    assert_eq!(model.shared.node.as_deref(), Some("attic"));
    has(&mut model, "node attic");
    has(&mut model, "BY SATELLITE, SO FAR");
    go(&mut model, "esc", size);
    assert_eq!(model.shared.node, None);
    has(&mut model, "BY NODE, SO FAR");
    // What a choice left out is there again without it, though the cursor was moved.
    go(&mut model, "v", size);
    let rows = |model: &Model| model.view().table("satellites").unwrap().1.len();
    let all = rows(&model);
    go(&mut model, "down enter", size);
    assert!(model.shared.satellite.is_some() && rows(&model) == 1 && all > 1);
    go(&mut model, "down esc", size);
    assert_eq!((model.shared.satellite.as_ref(), rows(&model)), (None, all));
    // A month back, one more, and forward again; the present is as far as it goes.
    go(&mut model, "[ [", size);
    has(&mut model, "JUNE 2026 (UTC), NET $");
    go(&mut model, "]", size);
    has(&mut model, "JULY 2026 (UTC), NET $");
    go(&mut model, "] ] ]", size);
    has(&mut model, "AUGUST 2026 (UTC), NET $");
    go(&mut model, "[", size);
    assert_eq!(model.shared.moment(), None, "a month is no moment");
    go(&mut model, "esc", size);
    has(&mut model, "AUGUST 2026 (UTC), NET $");
    // The months: one is opened, and another from there.
    go(&mut model, "tab down enter", size);
    has(&mut model, "JULY 2026 (UTC), SETTLED AND SENT");
    has(&mut model, "explorer.zksync.io");
    go(&mut model, "[", size);
    has(&mut model, "JUNE 2026 (UTC), SETTLED AND SENT");
    let effects = go(&mut model, "tab down y", size);
    assert!(
        matches!(&effects[..], [Effect::Copy(text)] if text.contains("https://explorer.zksync.io/tx/0x")),
        "{effects:?}"
    );
    let effects = go(&mut model, "Y", size);
    assert!(
        matches!(&effects[..], [Effect::Copy(text)] if !text.contains("explorer") && !text.contains("attic")),
        "{effects:?}"
    );
    go(&mut model, "esc $", size);
    has(&mut model, "HELD BACK, $");
    go(&mut model, "$ t", size);
    has(&mut model, "2026, 7 months settled:");
    has(&mut model, " · Aug so far $");
    has(&mut model, "YEARS, GROSS $");
    go(&mut model, "shift-tab v enter", size);
    assert_eq!(model.pane, Pane::Financials);
    assert!(model.shared.satellite.is_some());
    has(&mut model, "eu1 ONLY");
}

#[test]
fn the_chart_chooses_a_moment_and_all_is_as_of_then() {
    let size = (120, 40);
    let mut model = model(Look::Dark);
    draw(&mut model, size);
    go(&mut model, "left left left", size);
    let moment = model.shared.moment().unwrap();
    let august = month("2026-08");
    assert!(moment * 1000 < NOW_MS && moment * 1000 > august.start_ms());
    let then = fleet(moment * 1000, None, 12);
    let sum: Micro = then.iter().map(|node| node.so_far.amounts.net).sum();
    let text = text(&mut model, size);
    assert!(text.contains(&format!("${:.2} net", sum.dollars())), "{text}");
    go(&mut model, "esc", size);
    assert_eq!(model.shared.moment(), None);
}

#[test]
fn every_figure_has_its_words() {
    let size = (120, 40);
    for (make, keys) in [
        (model as fn(Look) -> Model, ""),
        (model, "v"),
        (alone, ""),
        (odd, ""),
        (model, "$"),
        (model, "tab down enter"),
        (model, "[ ["),
        (blind, ""),
    ] {
        let mut model = make(Look::Dark);
        draw(&mut model, size);
        for key in keys.split_whitespace() {
            go(&mut model, key, size);
        }
        let mut formulas = 0;
        states::each_figure(&mut model, size, |text| {
            assert!(!text.contains("nothing is known of this figure"), "{keys}:\n{text}");
            formulas += usize::from(text.contains("÷ 720 h × $1.49"));
            false
        });
        assert!(formulas > 0 || !matches!(keys, "v"), "{keys}");
    }
}

#[test]
fn without_a_price_nothing_is_made_up() {
    let size = (80, 24);
    let mut model = odd(Look::Dark);
    let text = text(&mut model, size);
    let ap1 = text.lines().find(|line| line.contains("! ap1 ")).unwrap();
    assert!(ap1.split_whitespace().filter(|word| *word == "?").count() >= 6, "{ap1}");
    assert!(text.contains("(not all)") && text.contains("▲ eu1"), "{text}");
    assert!(text.contains('€') && !text.contains('$'), "{text}");
}

/// One node of six tells nothing.
fn part_says(query: &Query) -> Result<Answer, String> {
    let blind = blind_says(query)?;
    let mut said = answer(query)?;
    if let (Answer::Money(nodes), Answer::Money(blind)) = (&mut said, blind) {
        let forge = blind.into_iter().find(|node| node.node == "forge");
        if let (Some(node), Some(forge)) = (nodes.iter_mut().find(|node| node.node == "forge"), forge) {
            *node = forge;
        }
    }
    Ok(said)
}

#[test]
fn a_node_that_tells_nothing_is_named_and_is_no_zero() {
    let size = (120, 40);
    let mut model = with(Look::Dark, part_says);
    draw(&mut model, size);
    let shown = text(&mut model, size);
    assert!(shown.contains("gross, without forge"), "{shown}");
    states::go(&mut model, "v", size, part_says);
    let shown = text(&mut model, size);
    let forge = shown.lines().find(|line| line.starts_with(" ○ forge ")).unwrap();
    assert!(!forge.contains("0.00") && forge.matches('?').count() > 8, "{forge}");
    // What the others earn is told all the same, and their sum is of them.
    let sum: Micro = fleet(NOW_MS, None, 1)
        .iter()
        .filter(|node| node.node != "forge")
        .map(|node| node.so_far.amounts.net)
        .sum();
    assert!(shown.contains(&format!("${:.2} net", sum.dollars())), "{shown}");
}

#[test]
fn hardware_is_paid_back_by_what_earns_on_it() {
    let size = (120, 40);
    let mut model = model(Look::Dark);
    draw(&mut model, size);
    go(&mut model, "$", size);
    let shown = text(&mut model, size);
    // Of three nodes whose costs are named two say what their hardware cost.
    let nodes = fleet(NOW_MS, None, 1);
    let costs: Vec<_> = nodes.iter().filter_map(|node| node.costs).collect();
    let named: Vec<_> = costs.iter().filter(|costs| costs.invested.is_some()).collect();
    let invested: f64 = named.iter().map(|costs| costs.invested.unwrap().dollars()).sum();
    let profit: f64 = named.iter().map(|costs| costs.profit.unwrap().dollars()).sum();
    assert_eq!((costs.len(), named.len()), (3, 2));
    let fleet = shown.lines().find(|line| line.contains(" fleet ")).unwrap();
    assert!(fleet.contains(&format!("{:.0} months", invested / profit)), "{fleet}");
    assert!(fleet.contains("8.20 12.22 10.70"), "{fleet}");
}

#[test]
fn what_was_chosen_is_found_again() {
    let size = (120, 40);
    let mut before = model(Look::Dark);
    draw(&mut before, size);
    go(&mut before, "v t m s s", size);
    let memory = before.memory();
    let kept = serde_json::to_string(&memory).unwrap();
    let mut after = model(Look::Dark);
    after.recall(&serde_json::from_str(&kept).unwrap());
    assert_eq!(after.memory(), memory);
    after.answer_all(answer);
    let shown = text(&mut after, size);
    assert!(
        shown.contains("BY NODE") && shown.contains("AGAINST THE MONTH BEFORE"),
        "{shown}"
    );
}

#[test]
fn the_gravest_note_is_seen_on_a_phone() {
    let size = (40, 12);
    let mut model = model(Look::Dark);
    draw(&mut model, size);
    let told = text(&mut model, size);
    assert!(
        told.contains("! dock: no paystub of ap1") && told.contains("(+1)"),
        "{told}"
    );
    assert!(told.contains("so far") && told.contains("month end"), "{told}");
    let mut odd = odd(Look::Dark);
    draw(&mut odd, size);
    let told = text(&mut odd, size);
    assert!(told.contains("▲ eu1 disqualified the node"), "{told}");
}

#[test]
fn a_month_says_when_and_by_which_chain_it_was_sent_and_no_sum_is_cut() {
    for width in [80, 90, 100, 120, 200] {
        let size = (width, 50);
        let mut model = model(Look::Dark);
        draw(&mut model, size);
        let told = text(&mut model, size);
        for words in [
            "9 Aug zkSync Era",
            "cellar waits · 9 May zkSync Era",
            "! no paystub of ap1 (dock)",
        ] {
            assert!(told.contains(words), "{width}: {words}\n{told}");
        }
        go(&mut model, "t", size);
        let told = text(&mut model, size);
        let year = told
            .lines()
            .find(|line| line.contains("2026, 7 months settled"))
            .unwrap();
        assert!(!year.contains('…'), "{year}");
    }
}

#[test]
fn of_a_month_that_runs_nothing_settled_is_unknown() {
    let size = (120, 40);
    let mut model = model(Look::Dark);
    draw(&mut model, size);
    go(&mut model, "tab enter", size);
    let told = text(&mut model, size);
    assert!(told.contains("AUGUST 2026 (UTC), SETTLED AND SENT"), "{told}");
    let row = told.lines().find(|line| line.contains(" attic ")).unwrap();
    assert!(!row.contains('?') && row.contains('–'), "{row}");
}
