//! Money as findings of the status: paystubs that do not come, a month that earns far less; what became of money that
//! was postponed; ranges, comparisons and the node's word where little is known.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::money::{DAY_MS, PRICES, Sat, keep, money, month, ms, paystub};
use common::{json, stdout};
use serde_json::Value;
use storj_monitor::api::message::{Answer, Query};
use storj_monitor::api::money::{Confidence, MonthState, NoteKind};
use storj_monitor::collector::hub::Hub;
use storj_monitor::domain::detail::{MovedDay, StoredDay};
use storj_monitor::domain::money::{Micro, Paystub};
use storj_monitor::domain::payout::{Fact, MoneySource, NodeEstimate, Topic};

const NOW: &str = "2026-11-25T12:00:00Z";
const TB: f64 = 1e12;

/// Days of so many bytes, from one date until another.
fn days(first: &str, until: &str, bytes: f64) -> Vec<StoredDay> {
    let day = |date: &str| ms(&format!("{date}T00:00:00Z")).div_euclid(DAY_MS);
    let days = day(first)..day(until);
    days.map(|day| StoredDay {
        start_ms: day * DAY_MS,
        byte_hours: bytes * 24.0,
        bytes: Some(bytes),
        hours: Some(24.0),
        calculated: false,
    })
    .collect()
}

fn stub(satellite: &str, period: &str, paid: i64) -> Fact {
    Fact::Paystub(Paystub {
        for_storage: Micro(paid),
        ..paystub(satellite, period, [0, 0, paid, paid], "")
    })
}

fn asked() -> Fact {
    Fact::Asked(Topic::Paystubs, None, None)
}

/// A satellite that stores 4 TB since July and sent its paystubs until September.
fn sat() -> Sat {
    let stubs = ["2026-06", "2026-07", "2026-08", "2026-09"];
    let mut facts: Vec<Fact> = stubs.iter().map(|period| stub("A", period, 6_000_000)).collect();
    facts.push(asked());
    Sat {
        id: "A",
        url: "a.x:1",
        joined: Some("2025-01-01T00:00:00Z"),
        prices: Some(PRICES),
        stored: days("2026-07-01", "2026-11-25", 4.0 * TB),
        facts,
        ..Sat::default()
    }
}

fn with(change: impl FnOnce(&mut Sat)) -> Sat {
    let mut sat = sat();
    change(&mut sat);
    sat
}

/// Findings of money in the status at a time, by rule, with their words.
fn findings(data: &Path, at: &str) -> Vec<(String, String)> {
    let status = json(data, &["--at", at, "status", "--node", "n", "--json"]);
    let reasons = status["nodes"][0]["reasons"].as_array().unwrap().clone();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let all = reasons
        .iter()
        .map(|reason| (word(&reason["rule"]), word(&reason["text"])));
    all.filter(|(rule, _)| rule == "paystub_missing" || rule == "earnings_drop")
        .collect()
}

/// The same of nodes that told all this at a time.
fn told(sats: &[Sat], at: &str) -> Vec<(String, String)> {
    let data = tempfile::tempdir().unwrap();
    keep(data.path(), ms(at), sats, MoneySource::Api);
    findings(data.path(), at)
}

fn rules(sats: &[Sat], at: &str) -> Vec<String> {
    told(sats, at).into_iter().map(|(rule, _)| rule).collect()
}

#[test]
fn a_paystub_is_missed_where_it_is_owed_and_nowhere_else() {
    type Change = fn(&mut Sat);
    let none = |_: &mut Sat| {};
    let cases: [(&str, &str, Change, bool); 13] = [
        ("October's is due since the 22nd", NOW, none, true),
        ("it is not due yet", "2026-11-20T12:00:00Z", none, false),
        (
            "it came",
            NOW,
            |sat| sat.facts.push(stub("A", "2026-10", 6_000_000)),
            false,
        ),
        (
            "it came and says nothing was earned: the node was offline",
            NOW,
            |sat| {
                sat.facts
                    .push(Fact::Paystub(paystub("A", "2026-10", [0, 0, 0, 0], "O")))
            },
            false,
        ),
        (
            "the node was off in October",
            NOW,
            |sat| sat.stored.retain(|day| day.start_ms < month("2026-10").start_ms()),
            false,
        ),
        (
            "nobody asked",
            NOW,
            |sat| sat.facts.retain(|fact| *fact != asked()),
            false,
        ),
        (
            "its databases are gone: no paystub of any month",
            NOW,
            |sat| sat.facts = vec![asked()],
            false,
        ),
        (
            "it joined in October",
            NOW,
            |sat| sat.joined = Some("2026-10-03T00:00:00Z"),
            false,
        ),
        (
            "disqualified since",
            NOW,
            |sat| sat.disqualified = Some("2026-11-03T00:00:00Z"),
            false,
        ),
        (
            "it earned less than a cent",
            NOW,
            |sat| sat.stored = days("2026-10-01", "2026-11-25", TB / 1000.0),
            false,
        ),
        ("no price is known", NOW, |sat| sat.prices = None, false),
        (
            "a few of its days are known",
            NOW,
            |sat| sat.stored = days("2026-10-28", "2026-11-25", 4.0 * TB),
            true,
        ),
        (
            "a month later",
            "2026-12-24T12:00:00Z",
            |sat| {
                sat.facts.push(stub("A", "2026-11", 6_000_000));
                sat.stored = days("2026-07-01", "2026-12-24", 4.0 * TB);
            },
            true,
        ),
    ];
    for (what, at, change, expected) in cases {
        let rules = rules(&[with(change)], at);
        let is_told = rules.iter().any(|rule| rule == "paystub_missing");
        assert_eq!(is_told, expected, "{what}: {rules:?}");
        assert!(!rules.iter().any(|rule| rule == "earnings_drop"), "{what}: {rules:?}");
    }
}

#[test]
fn a_missing_paystub_says_what_since_when_how_much_and_what_to_do() {
    let other = Sat {
        id: "B",
        url: "b.x:1",
        facts: vec![stub("B", "2026-09", 1)],
        ..sat()
    };
    let data = tempfile::tempdir().unwrap();
    keep(data.path(), ms(NOW), &[sat(), other], MoneySource::Api);
    let told = findings(data.path(), NOW);
    // 4 TB for 744 h at 1.49, of two.
    assert!(
        told[0].1.starts_with(
            "no paystub of a, b for 2026-10, which earned about $12.32: overdue for 3 d, the node was asked 0 s ago → restart"
        ),
        "{told:?}"
    );
    assert_eq!(told.len(), 1, "one for the month");
    let text = stdout(data.path(), &["--at", NOW, "status", "--node", "n"]);
    assert!(text.contains("no paystub of a, b for 2026-10"), "{text}");
    let check = common::run(data.path(), &["--at", NOW, "status", "--node", "n", "--check"]);
    assert_eq!(check.status.code(), Some(1), "a warning, never critical");
    // Told before it, and found again: as it was then.
    assert!(findings(data.path(), "2026-11-21T12:00:00Z").is_empty());
    // Nobody looked for days since: nothing is known of today.
    assert!(findings(data.path(), "2026-11-29T12:00:00Z").is_empty());
    // Only some of its days are known.
    let few = with(|sat| sat.stored = days("2026-10-28", "2026-11-25", 4.0 * TB));
    assert!(self::told(&[few], NOW)[0].1.contains("which earned at least $0.79"));
}

#[test]
fn who_left_or_is_leaving_owes_nothing_that_is_told() {
    for (relation, exit, expected) in [
        (1, None, true),
        (2, Some(1), true),
        (3, Some(1), false),
        (5, None, false),
    ] {
        let data = tempfile::tempdir().unwrap();
        keep_books(data.path(), NOW, &sat(), relation, exit);
        let told = findings(data.path(), NOW);
        assert_eq!(!told.is_empty(), expected, "{relation}: {told:?}");
    }
    // What is stored goes away with a graceful exit.
    for (relation, exit, expected) in [(1, None, true), (2, Some(1), false)] {
        let data = tempfile::tempdir().unwrap();
        let fell = with(|sat| {
            sat.stored = [
                days("2026-09-01", "2026-11-01", 4.0 * TB),
                days("2026-11-01", "2026-11-25", TB),
            ]
            .concat();
            sat.facts.push(stub("A", "2026-10", 6_000_000));
        });
        keep_books(data.path(), NOW, &fell, relation, exit);
        let told = findings(data.path(), NOW);
        assert_eq!(!told.is_empty(), expected, "{relation}: {told:?}");
    }
}

/// Keeps a node that is known by its databases alone.
fn keep_books(data: &Path, at: &str, sat: &Sat, relation: i64, exit_ms: Option<i64>) {
    use storj_monitor::domain::books::{Book, Books, Exit, Money, Opened, Relation, Trusted};
    use storj_monitor::store::writer::Writer;
    let mut writer = Writer::open(data).unwrap();
    writer.node("n").unwrap();
    writer.watch_only(&["n".to_owned()], ms(at)).unwrap();
    let stubs = sat.facts.iter().filter_map(|fact| match fact {
        Fact::Paystub(stub) => Some(stub.clone()),
        _ => None,
    });
    let opened = |book| Opened {
        book,
        changed_ms: Some(ms(at)),
        error: None,
    };
    let books = |read_ms: i64, is_first: bool| Books {
        read_ms,
        // Its paystubs were read long ago, and their file did not change since; others did.
        opened: match is_first {
            true => vec![opened(Book::Held), opened(Book::Satellites)],
            false => vec![opened(Book::Storage)],
        },
        trusted: is_first.then(|| {
            vec![Trusted {
                satellite_id: sat.id.to_owned(),
                url: sat.url.to_owned(),
                relation: Relation(relation),
                exit: exit_ms.map(|ms| Exit {
                    initiated_ms: Some(ms),
                    ..Exit::default()
                }),
                ..Trusted::default()
            }]
        }),
        stored: (!is_first).then(|| sat.stored.iter().map(|day| (sat.id.to_owned(), *day)).collect()),
        money: Money {
            prices: is_first.then(|| vec![(sat.id.to_owned(), PRICES)]),
            settled: is_first.then(|| (stubs.clone().collect(), Vec::new())),
        },
        ..Books::default()
    };
    for (read_ms, is_first) in [(ms("2026-11-08T00:00:00Z"), true), (ms(at), false)] {
        writer.shelve(&[("n".to_owned(), books(read_ms, is_first))]).unwrap();
    }
}

#[test]
fn a_drop_is_of_what_an_hour_brings() {
    let until = |at: &str| at[..10].to_owned();
    let october = |bytes: f64| days("2026-09-01", "2026-11-01", bytes);
    let settled = stub("A", "2026-10", 6_000_000);
    let moved = |egress: u64, from: &str, to: &str| -> Vec<MovedDay> {
        days(from, to, 1.0)
            .iter()
            .map(|day| MovedDay {
                start_ms: day.start_ms,
                egress,
                ..MovedDay::default()
            })
            .collect()
    };
    // What, when, stored in October and from when on how much in November, expected.
    for (what, at, before, from, now, expected) in [
        ("most of it is gone", NOW, 4.0, "2026-11-01", 1.0, true),
        (
            "on the second day",
            "2026-11-03T12:00:00Z",
            4.0,
            "2026-11-01",
            1.0,
            false,
        ),
        ("a fifth is gone", NOW, 4.0, "2026-11-01", 3.2, false),
        ("it grows", NOW, 1.0, "2026-11-01", 4.0, false),
        ("cents", NOW, 0.3, "2026-11-01", 0.05, false),
        (
            "no tally for three weeks, then as ever",
            NOW,
            4.0,
            "2026-11-20",
            4.0,
            false,
        ),
        ("no tally in this month", NOW, 4.0, "2026-11-25", 4.0, false),
    ] {
        let sat = with(|sat| {
            sat.stored = [october(before * TB), days(from, &until(at), now * TB)].concat();
            sat.facts.push(settled.clone());
        });
        let rules = rules(&[sat], at);
        assert_eq!(
            rules.iter().any(|rule| rule == "earnings_drop"),
            expected,
            "{what}: {rules:?}"
        );
    }
    // A node that was off all week has no traffic then, and its tallies stay.
    let off = with(|sat| {
        sat.stored = days("2026-09-01", "2026-11-25", TB);
        sat.moved = [
            moved(300_000_000_000, "2026-09-01", "2026-11-05"),
            moved(0, "2026-11-05", "2026-11-25"),
        ]
        .concat();
        sat.facts.push(settled.clone());
    });
    assert!(rules(&[off], NOW).is_empty());
    // A satellite that disqualified the node has a finding of its own; the others are compared.
    let gone = with(|sat| {
        sat.disqualified = Some("2026-11-02T00:00:00Z");
        sat.stored = days("2026-09-01", "2026-11-02", 40.0 * TB);
    });
    let stays = Sat {
        id: "B",
        url: "b.x:1",
        facts: vec![stub("B", "2026-10", 1)],
        ..sat()
    };
    assert!(rules(&[gone, stays], NOW).is_empty());
}

#[test]
fn a_drop_says_since_when_and_financials_says_the_same() {
    let sat = with(|sat| {
        sat.stored = [
            days("2026-09-01", "2026-11-09", 4.0 * TB),
            days("2026-11-09", "2026-11-25", 0.5 * TB),
        ]
        .concat();
        sat.facts.push(stub("A", "2026-10", 6_000_000));
    });
    let data = tempfile::tempdir().unwrap();
    keep(data.path(), ms(NOW), &[sat], MoneySource::Api);
    let told = findings(data.path(), NOW);
    let text = &told[0].1;
    assert!(
        text.starts_with("it earns 58 % less than last month, $2.48 a month after $5.96 (gross): a stores 1.67 TB after 4.00 for 16 d → "),
        "{text}"
    );
    let full = money(data.path(), ms(NOW), None);
    let note = full
        .notes
        .iter()
        .find(|note| note.kind == NoteKind::EarningsDrop)
        .unwrap();
    assert!(
        note.text
            .contains("58 % less than last month: $2.48 a month after $5.96"),
        "{note:?}"
    );
    assert!(
        findings(data.path(), "2026-11-08T12:00:00Z").is_empty(),
        "as it was then"
    );
}

/// What the hub found a while ago holds, and no longer when something new is told or an hour is over.
#[test]
fn the_hub_knows_at_once_what_is_new() {
    let data = tempfile::tempdir().unwrap();
    let now = jiff::Timestamp::now();
    let month = storj_monitor::domain::money::Month::of_ms(now.as_millisecond()).plus(-2);
    let start = jiff::Timestamp::from_millisecond(month.plus(-1).start_ms()).unwrap();
    let (first, today) = (start.to_string()[..10].to_owned(), now.to_string()[..10].to_owned());
    let mut sat = sat();
    sat.stored = days(&first, &today, 4.0 * TB);
    let owed = month.to_string();
    sat.facts = vec![stub("A", &month.plus(-1).to_string(), 6_000_000), asked()];
    let at = now.as_millisecond() - 1000;
    keep(data.path(), at, std::slice::from_ref(&sat), MoneySource::Api);
    let hub = Hub::alone(data.path());
    let ask = || match hub.answer(&Query::Status {
        nodes: vec!["n".to_owned()],
        at_ms: None,
    }) {
        Ok(Answer::Status(status)) => status.nodes[0]
            .reasons
            .iter()
            .filter(|reason| reason.rule == "paystub_missing" && reason.text.contains(&owed))
            .count(),
        other => panic!("{other:?}"),
    };
    assert_eq!((ask(), ask()), (1, 1));
    sat.facts = vec![stub("A", &owed, 6_000_000), asked()];
    keep(data.path(), at + 500, &[sat], MoneySource::Api);
    assert_eq!(ask(), 0, "it came");
}

#[test]
fn postponed_money_is_told_with_the_payout_that_brought_it() {
    let data = tempfile::tempdir().unwrap();
    let late = |period, paid, sent| Fact::Paystub(paystub("A", period, [0, 0, paid, sent], ""));
    let sat = with(|sat| {
        sat.facts = vec![
            late("2026-06", 1_000_001, 0),
            late("2026-07", 2_000_000, 500_000),
            late("2026-08", 3_000_000, 5_500_001),
            late("2026-09", 400_000, 0),
            asked(),
        ];
    });
    keep(data.path(), ms(NOW), &[sat], MoneySource::Api);
    let text = |args: &[&str]| stdout(data.path(), &[&["--at", NOW], args].concat());
    let june = text(&["earnings", "--month", "2026-06"]);
    assert!(june.contains("  paid: paystubs $1.00, sent $0.00"), "{june}");
    assert!(june.contains("postponed 1.0000, 1.0000 sent with 2026-08"), "{june}");
    let august = text(&["earnings", "--month", "2026-08"]);
    assert!(
        august.contains("with 1.0000 of 2026-06, with 1.5000 of 2026-07"),
        "{august}"
    );
    let september = text(&["earnings", "--month", "2026-09"]);
    assert!(september.contains("waiting 0.4000"), "{september}");
    let columns = "month,paid_microusd,sent_with,waits_microusd";
    let rows = text(&["export", "paystubs", "--columns", columns]);
    assert_eq!(
        rows,
        "month,paid_microusd,sent_with,waits_microusd\n\
         2026-06,1000001,2026-08:1000001,0\n\
         2026-07,2000000,2026-07:500000 2026-08:1500000,0\n\
         2026-08,3000000,2026-08:3000000,0\n\
         2026-09,400000,,400000\n"
    );
    let told = json(data.path(), &["--at", NOW, "earnings", "--json"]);
    let months = told["nodes"][0]["months"].as_array().unwrap();
    let of = |name: &str| months.iter().find(|month| month["month"] == name).unwrap().clone();
    assert_eq!(of("2026-06")["sent_with"][0]["month"], "2026-08");
    assert_eq!(of("2026-08")["brought"][1]["amount_microusd"], 1_500_000);
    assert_eq!(of("2026-09")["waits_microusd"], 400_000);
    // As it was known before August's payout.
    let then = money(data.path(), ms("2026-09-01T00:00:00Z"), None);
    let june = then.history.iter().find(|told| told.month == month("2026-06")).unwrap();
    assert_eq!((june.state, june.waits), (MonthState::Postponed, Micro(1_000_001)));
}

#[test]
fn without_confidence_there_is_no_range() {
    let data = tempfile::tempdir().unwrap();
    // Traffic and prices, and no tally at all.
    let traffic = with(|sat| {
        sat.moved = days("2026-11-01", "2026-11-25", 1.0)
            .iter()
            .map(|day| MovedDay {
                start_ms: day.start_ms,
                egress: 100_000_000_000,
                ..MovedDay::default()
            })
            .collect();
        sat.stored.clear();
    });
    keep(data.path(), ms(NOW), &[traffic], MoneySource::Api);
    let told = money(data.path(), ms(NOW), None).estimates;
    assert_eq!((told.confidence, told.range()), (Confidence::None, None));
    assert!(told.tallies.is_some(), "what traffic brings is still told");
    assert!(told.because[0].contains("no range"), "{:?}", told.because);
    let text = stdout(data.path(), &["--at", NOW, "earnings"]);
    assert!(text.contains("  month end $5.88, the node would say"), "{text}");
    assert!(text.contains("confidence none"), "{text}");
    let node = &json(data.path(), &["--at", NOW, "earnings", "--json"])["nodes"][0];
    assert!(node["estimate_low_microusd"].is_null() && node["estimate_high_microusd"].is_null());
    // With tallies there is one.
    let data = tempfile::tempdir().unwrap();
    keep(data.path(), ms(NOW), &[sat()], MoneySource::Api);
    assert!(money(data.path(), ms(NOW), None).estimates.range().is_some());
}

#[test]
fn the_nodes_word_of_last_month_counts_from_the_first_answer_on() {
    let data = tempfile::tempdir().unwrap();
    let said = |month_of: &str, net: i64, month_end: Option<i64>| {
        Fact::Estimate(NodeEstimate {
            satellite_id: None,
            month: month(month_of),
            egress: 0,
            repair_audit: 0,
            byte_months: 0.0,
            for_egress: Micro(0),
            for_repair_audit: Micro(0),
            for_storage: Micro(net),
            held_percent: 0,
            held: Micro(0),
            net: Micro(net),
            month_end: month_end.map(Micro),
        })
    };
    let first = with(|sat| {
        sat.facts.push(said("2026-11", 4_000_000, Some(5_000_000)));
        sat.facts.push(said("2026-10", 5_810_000, None));
    });
    keep(data.path(), ms(NOW), &[first], MoneySource::Api);
    for months in [0, 3] {
        let query = Query::Money {
            nodes: vec!["n".to_owned()],
            at_ms: Some(ms(NOW)),
            month: None,
            months,
        };
        let Ok(Answer::Money(nodes)) = Hub::alone(data.path()).answer(&query) else {
            panic!("no answer");
        };
        let of = |name: &str| {
            nodes[0]
                .history
                .iter()
                .find(|told| told.month == month(name))
                .unwrap()
                .node
        };
        assert_eq!(
            (of("2026-11"), of("2026-10")),
            (Some(Micro(5_000_000)), Some(Micro(5_810_000)))
        );
    }
    // Months later the node forgot its days and says less: its earlier word stays.
    let later = with(|sat| sat.facts.push(said("2026-10", 70_000, None)));
    keep(data.path(), ms("2026-11-27T12:00:00Z"), &[later], MoneySource::Api);
    let told = money(data.path(), ms("2026-11-28T00:00:00Z"), None);
    let october = told.history.iter().find(|told| told.month == month("2026-10")).unwrap();
    assert_eq!(october.node, Some(Micro(5_810_000)));
}
