//! Financials where only some nodes know a thing: what is compared, what costs are of, what has no range, when postponed
//! money came; and no two labels of its charts touch.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::earnings::{answer, fleet, month, node};
use common::fleet::{Look, NOW_MS, draw, fresh, lines, press};
use common::states;
use common::storage::told;
use storj_monitor::api::message::{Answer, Message, Query};
use storj_monitor::api::money::{Confidence, Costs, NodeMoney};
use storj_monitor::domain::money::{Lack, Micro};
use storj_monitor::ui::model::{Input, Model};
use storj_monitor::ui::pane::Pane;

const SIZE: (u16, u16) = (200, 50);

/// The pane with what the fleet says, changed.
fn model(change: fn(&mut NodeMoney)) -> Model {
    let mut model = fresh(Look::Dark);
    model.pane = Pane::Financials;
    model.update(Input::Resized, NOW_MS);
    model.update(Input::Heard(Message::Snapshot(told())), NOW_MS);
    model.answer_all(|query: &Query| {
        let mut said = answer(query)?;
        if let Answer::Money(nodes) = &mut said {
            nodes.iter_mut().for_each(change);
        }
        Ok(said)
    });
    model
}

fn text(model: &mut Model) -> String {
    lines(&draw(model, SIZE)).join("\n")
}

fn row<'a>(shown: &'a str, month: &str) -> &'a str {
    shown.lines().find(|line| line.contains(month)).unwrap()
}

#[test]
fn a_difference_is_of_those_that_know_both() {
    // Two nodes know both of July: one paystub is a tenth less, the other one as ours. Four know no days of it.
    let shown = text(&mut model(|node| {
        let july = node.history.iter_mut().find(|told| told.month == month("2026-07"));
        let Some(july) = july else { return };
        (july.ours, july.compared, july.difference) = match node.node.as_str() {
            "attic" => (Some(Micro(9_000_000)), Some(Micro(6_000_000)), Some(Micro(-600_000))),
            "barn" => (Some(Micro(6_000_000)), Some(Micro(6_000_000)), Some(Micro(0))),
            _ => (None, None, None),
        };
    }));
    // Of attic's satellites some have no paystub: they are not in it either.
    let july = row(&shown, "Jul 2026");
    assert!(july.contains("−5.0 %"), "{july}");
    let all = text(&mut model(|_| {}));
    assert!(row(&all, "Jul 2026").contains("−0.4 %"), "{}", row(&all, "Jul 2026"));
}

#[test]
fn costs_are_named_with_the_nodes_they_are_of() {
    let some = text(&mut model(|_| {}));
    assert!(some.contains("3 of 6 nodes"), "{some}");
    let one = text(&mut model(|node| {
        node.costs = node.costs.filter(|_| node.node == "attic");
    }));
    assert!(one.contains("only attic"), "{one}");
}

#[test]
fn an_estimate_nothing_vouches_for_has_no_range() {
    let mut none = model(|node| node.estimates.confidence = Confidence::None);
    let shown = text(&mut none);
    assert!(
        shown.contains("no range") && !shown.contains("4 of 5 months"),
        "{shown}"
    );
    // Nor does one node without any estimate take the range of the others.
    let shown = text(&mut model(|node| {
        if node.node == "dock" {
            (node.estimates.tallies, node.estimates.confidence) = (None, Confidence::None);
        }
    }));
    assert!(shown.contains("4 of 5 months"), "{shown}");
}

#[test]
fn paystubs_add_up_to_what_was_sent_and_say_what_came_later() {
    let mut model = model(|node| {
        // April of one node came with May's payout.
        let april = node.history.iter_mut().find(|told| told.month == month("2026-04"));
        if let Some(april) = april.filter(|_| node.node == "cellar") {
            let part = storj_monitor::api::money::SentPart {
                month: month("2026-05"),
                amount: april.waits,
            };
            april.sent.push(part);
            april.waits = Micro(0);
            for one in &mut april.satellites {
                one.sent = vec![storj_monitor::api::money::SentPart {
                    amount: one.waits,
                    ..part
                }];
                one.waits = Micro(0);
            }
        }
    });
    let shown = text(&mut model);
    assert!(row(&shown, "May 2026").contains("+Apr"), "{shown}");
    // Paystub − postponed + of earlier months = sent, in each row.
    for name in ["May 2026", "Apr 2026", "Mar 2026"] {
        let cells: Vec<&str> = row(&shown, name).split_whitespace().collect();
        let at = |n: usize| cells[n].parse::<f64>().unwrap_or(0.0);
        let from = cells.iter().position(|cell| *cell == "2026").unwrap();
        // Ours, the node's, paystub, difference and its sign, held, returned, postponed, earlier, sent.
        let (paystub, postponed, earlier, sent) = (at(from + 3), at(from + 8), at(from + 9), at(from + 10));
        assert!(
            (paystub - postponed + earlier - sent).abs() < 0.011,
            "{}",
            row(&shown, name)
        );
    }
    draw(&mut model, SIZE);
    press(&mut model, "- - - - tab down down down down enter", SIZE);
    let april = text(&mut model);
    assert!(
        april.contains("$5.94 of it came with the payout for May 2026."),
        "{april}"
    );
    assert!(!april.contains("was not sent yet"), "{april}");
}

/// Words of a line, where more than so many blanks or rules part them.
fn labels(line: &str, parts: &[char], least: usize) -> Vec<String> {
    let gap = " ".repeat(least);
    let plain: String = line.chars().map(|c| if parts.contains(&c) { ' ' } else { c }).collect();
    let words = plain.split(gap.as_str()).map(|word| word.trim().to_owned());
    words.filter(|word| !word.is_empty()).collect()
}

#[test]
fn no_two_labels_of_a_chart_touch_at_any_width() {
    let months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
    let is_month = |word: &str| months.split(' ').any(|month| month == word);
    let is_year = |word: &str| word.len() == 4 && word.parse::<u16>().is_ok();
    let is_sum = |word: &str| word.trim_start_matches('~').parse::<f64>().is_ok();
    let is_day = |word: &str| {
        let parts: Vec<&str> = word.split(' ').collect();
        matches!(parts.as_slice(), [day, month] if day.parse::<u8>().is_ok() && is_month(month))
    };
    let (mut bars, mut days_seen) = (0, 0);
    for (keys, picture) in [("-", "bars"), ("t", "years"), ("m", "lines"), ("m m", "lines")] {
        let mut model = model(|_| {});
        draw(&mut model, (80, 24));
        states::go(&mut model, keys, (80, 24), answer);
        for width in 60..=250 {
            for height in [24, 50] {
                let told = lines(&draw(&mut model, (width, height))).join("\n");
                let lines: Vec<&str> = told.lines().collect();
                for (n, line) in lines.iter().enumerate().filter(|(_, line)| line.contains('└')) {
                    // What stands beside has its own.
                    for (from, axis) in line.match_indices('└') {
                        let behind = |text: &str| text[from + axis.len()..].split('│').next().unwrap_or("").to_owned();
                        let chars = |text: &str| -> String {
                            let at = line[..from].chars().count() + 1;
                            let rest: String = text.chars().skip(at).collect();
                            rest.split('│').next().unwrap_or("").to_owned()
                        };
                        let names = labels(&behind(line), &['─'], 1);
                        let below = chars(lines[n + 1]);
                        let where_ = format!("{picture} {width}x{height}: {names:?} {below:?}\n{told}");
                        if names.iter().any(|name| name.contains('┬')) || names.is_empty() {
                            let days = labels(&below, &[], 2);
                            assert!(days.iter().all(|day| is_day(day)), "{where_}");
                            days_seen += days.len();
                            continue;
                        }
                        assert!(names.iter().all(|name| is_month(name) || is_year(name)), "{where_}");
                        let sums = labels(&below, &[], 1);
                        assert!(sums.iter().all(|sum| is_sum(sum)) && !sums.is_empty(), "{where_}");
                        bars += sums.len();
                    }
                }
            }
        }
    }
    assert!(bars > 4000 && days_seen > 2000, "{bars} {days_seen}");
}

#[test]
fn costs_of_which_a_part_was_not_said_are_not_known() {
    // Only what the hardware cost was said, of one node.
    let shown = text(&mut model(|node| {
        node.costs = node.costs.filter(|_| node.node == "attic").map(|costs| Costs {
            total: None,
            fixed: None,
            power: None,
            lacks: Some(Lack::Running),
            profit: None,
            margin: None,
            left: costs.profit,
            ..costs
        });
    }));
    let line = |words: &str| shown.lines().find(|line| line.contains(words)).unwrap_or_default();
    let costs = line("running costs not given");
    assert!(costs.contains("? ") && costs.contains("only attic"), "{shown}");
    assert!(!costs.contains("profit"), "{costs}");
    assert!(line("pays back in").contains('≥'), "{shown}");
    // With another whose costs are known it is those that are told.
    let shown = text(&mut model(|node| match (node.node.as_str(), node.costs.as_mut()) {
        ("attic", Some(costs)) => {
            (costs.total, costs.lacks) = (None, Some(Lack::KwhPrice));
            (costs.profit, costs.left) = (None, costs.profit);
        }
        ("barn", Some(_)) => {}
        _ => node.costs = None,
    }));
    let line = |words: &str| shown.lines().find(|line| line.contains(words)).unwrap_or_default();
    assert!(line("only barn").contains("2.90"), "{shown}");
    assert!(
        line("pays back in").contains("≥ 16 months  attic alone, no price per kWh"),
        "{shown}"
    );
}

/// All explanations of what is shown.
fn explanations(model: &mut Model) -> Vec<String> {
    let mut all = Vec::new();
    states::each_figure(model, SIZE, |text| {
        all.push(text.to_owned());
        false
    });
    all
}

#[test]
fn an_explanation_is_of_what_the_row_is_of() {
    let mut model = model(|_| {});
    press(&mut model, "enter", SIZE);
    let id = model.shared.satellite.clone().unwrap();
    if model.view().focused() != Some("nodes") {
        press(&mut model, "v", SIZE);
    }
    let attic = node("attic", NOW_MS, None, 12);
    let one = attic.satellites.iter().find(|one| one.satellite_id == id).unwrap();
    let net = format!("= ${:.6} net", one.so_far.net.dollars());
    assert_ne!(one.so_far.net, attic.so_far.amounts.net);
    let title = format!("attic, {} only: earned this month", one.name);
    let all = explanations(&mut model);
    let told = all.iter().find(|text| text.contains(&title));
    assert!(told.is_some_and(|text| text.contains(&net)), "{title} {net}: {told:?}");
}

#[test]
fn a_figure_of_paystubs_is_told_by_what_it_is_made_of() {
    let all = explanations(&mut model(|_| {}));
    // Of March only one node was kept back anything.
    let title = |text: &&String| text.contains("March 2026: $0.67 held back");
    let told = all.iter().find(title).unwrap();
    assert!(told.contains("held back: dock $0.668137"), "{told}");
}

#[test]
fn what_a_year_sums_up_is_of_the_same_months() {
    let mut model = model(|_| {});
    press(&mut model, "t", SIZE);
    model.answer_all(answer);
    let shown = text(&mut model);
    let year = row(&shown, "2026, 7 months settled: $");
    let nodes = fleet(NOW_MS, None, 0);
    let months = nodes.iter().flat_map(|node| &node.history);
    let stubs = months
        .filter(|told| told.month.year() == 2026)
        .filter_map(|told| told.stub);
    let gross: Micro = stubs.map(|stub| stub.gross).sum();
    assert!(year.contains(&format!(": ${:.2} gross", gross.dollars())), "{year}");
    assert!(year.contains(" · Aug so far $"), "{year}");
}

#[test]
fn days_nobody_told_of_are_no_zeros() {
    let unknown = |query: &Query| {
        let mut said = answer(query)?;
        if let Answer::Money(nodes) = &mut said {
            for day in nodes.iter_mut().flat_map(|node| &mut node.days) {
                day.gross = Default::default();
            }
        }
        Ok(said)
    };
    // The month before, and its lines.
    let shown = |say: fn(&Query) -> Result<Answer, String>| {
        let mut model = model(|_| {});
        text(&mut model);
        press(&mut model, "[", SIZE);
        model.answer_all(say);
        while !text(&mut model).contains("AGAINST THE MONTH BEFORE") {
            press(&mut model, "m", SIZE);
        }
        text(&mut model)
    };
    let known = shown(answer);
    let shown = shown(unknown);
    assert!(shown.contains("days of July 2026 are not known"), "{shown}");
    assert!(!shown.contains("$0.00 so far"), "{shown}");
    // Those that are known are over.
    let line = row(&known, "AGAINST THE MONTH BEFORE");
    assert!(line.contains("gross: $") && !line.contains("so far"), "{line}");
}

#[test]
fn who_was_never_paid_is_told_what_waits() {
    let shown = text(&mut model(|node| {
        node.payout = None;
        for month in &mut node.history {
            month.waits = Micro(if node.node == "attic" && month.month == self::month("2026-07") {
                370_000
            } else {
                0
            });
        }
    }));
    let line = row(&shown, "no payout yet");
    assert!(line.contains("$0.37 waits"), "{line}");
}

#[test]
fn who_is_in_withholding_may_be_kept_back_nothing() {
    let mut model = model(|node| {
        for one in node.history.iter_mut().flat_map(|month| &mut month.satellites) {
            one.codes = vec![("E".to_owned(), "in withholding: part of it is kept back".to_owned())];
            if let Some(stub) = &mut one.stub {
                stub.held = Micro(0);
            }
        }
    });
    text(&mut model);
    for key in ["tab", "down", "enter"] {
        press(&mut model, key, SIZE);
    }
    let shown = text(&mut model);
    assert!(
        shown.contains("E: in withholding: nothing of it was kept back"),
        "{shown}"
    );
    assert!(!shown.contains("part of it"), "{shown}");
}

#[test]
fn hardware_that_is_paid_back_is_said_to_be_of_whom() {
    let line = |shown: &str| row(shown, "pays back in").to_owned();
    let all = line(&text(&mut model(|node| {
        node.costs = node.costs.filter(|costs| costs.invested.is_some());
    })));
    assert!(!all.contains("alone") && !all.contains("nodes,"), "{all}");
    let shown = text(&mut model(|node| {
        if node.node != "attic"
            && let Some(costs) = &mut node.costs
        {
            (costs.invested, costs.left, costs.payback_months) = (None, None, None);
        }
    }));
    assert!(line(&shown).contains("attic alone, "), "{shown}");
}

#[test]
fn the_bar_of_the_month_that_runs_is_what_is_expected_whichever_month_is_told() {
    let mut model = model(|_| {});
    let sums = |model: &mut Model| {
        let shown = lines(&draw(model, SIZE));
        let at = shown.iter().position(|line| line.contains("└Sep")).unwrap();
        let of = |line: &String| line.split('│').next().unwrap_or_default().trim_end().to_owned();
        [of(&shown[at]), of(&shown[at + 1])]
    };
    let before = sums(&mut model);
    assert!(before[1].ends_with("~55"), "{before:?}");
    press(&mut model, "[", SIZE);
    model.answer_all(answer);
    let shown = text(&mut model);
    assert!(shown.contains("JULY 2026"), "{shown}");
    assert_eq!(sums(&mut model), before);
}
