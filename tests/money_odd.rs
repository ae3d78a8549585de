//! Money where little is known or something changed: gaps, what was never sent, satellites that left, prices of the
//! configuration, databases alone, months as of then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;

use common::money::{DAY_MS, PRICES, Sat, keep, money, month, ms, paystub};
use common::{json, stdout};
use storj_monitor::analysis::money::yields::CostModel;
use storj_monitor::api::message::{Answer, Query};
use storj_monitor::api::money::{Currency, MonthState, NodeMoney, NoteKind};
use storj_monitor::collector::hub::Hub;
use storj_monitor::collector::money::Terms;
use storj_monitor::domain::books::{BlobSpace, Blobs, Book, Books, Money, Opened, Relation, Trusted};
use storj_monitor::domain::detail::StoredDay;
use storj_monitor::domain::money::{Micro, Payment, Paystub};
use storj_monitor::domain::payout::{Fact, MoneySource, Topic};
use storj_monitor::store::writer::Writer;

const NOW: &str = "2026-11-20T12:00:00Z";
const TB: f64 = 1e12;

/// Days of a TB until now.
fn days(first: &str, now: i64, bytes: f64) -> Vec<StoredDay> {
    let days = ms(&format!("{first}T00:00:00Z")).div_euclid(DAY_MS)..now.div_euclid(DAY_MS);
    days.map(|day| StoredDay {
        start_ms: day * DAY_MS,
        byte_hours: bytes * 24.0,
        bytes: Some(bytes),
        hours: Some(24.0),
        calculated: false,
    })
    .collect()
}

fn sat(first: &str, now: i64, facts: Vec<Fact>) -> Sat {
    Sat {
        id: "A",
        url: "a.x:1",
        joined: Some("2019-01-01T00:00:00Z"),
        prices: Some(PRICES),
        stored: days(first, now, TB),
        facts,
        ..Sat::default()
    }
}

fn stub(period: &str, paid: i64, sent: i64) -> Fact {
    Fact::Paystub(Paystub {
        for_storage: Micro(paid),
        ..paystub("A", period, [0, 0, paid, sent], "")
    })
}

fn answered() -> Fact {
    Fact::Asked(Topic::Paystubs, None, None)
}

fn state(money: &NodeMoney, text: &str) -> MonthState {
    let told = money.history.iter().find(|told| told.month == month(text));
    told.unwrap().state
}

fn told(data: &Path, at_ms: i64, text: &str, terms: Terms) -> NodeMoney {
    let hub = Hub::alone(data);
    hub.terms(terms);
    let query = Query::Money {
        nodes: vec!["n".to_owned()],
        at_ms: Some(at_ms),
        month: Some(month(text)),
        months: 0,
    };
    match hub.answer(&query) {
        Ok(Answer::Money(mut nodes)) => nodes.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_paystub_is_missed_only_where_somebody_looked() {
    let now = ms(NOW);
    let data = tempfile::tempdir().unwrap();
    // Asked while it could not be there yet; since then the node was off.
    keep(
        data.path(),
        ms("2026-10-05T00:00:00Z"),
        &[sat("2026-08-01", now, vec![answered()])],
        MoneySource::Api,
    );
    let alone = money(data.path(), now, None);
    assert_eq!(state(&alone, "2026-09"), MonthState::Waiting);
    assert_eq!(
        state(&alone, "2026-08"),
        MonthState::Missing,
        "its paystub was due by then"
    );
    keep(
        data.path(),
        now,
        &[sat("2026-08-01", now, vec![answered()])],
        MoneySource::Api,
    );
    assert_eq!(state(&money(data.path(), now, None), "2026-09"), MonthState::Missing);
    // Away for seven years, and back.
    let data = tempfile::tempdir().unwrap();
    let facts = vec![
        stub("2019-05", 1_000_000, 1_000_000),
        stub("2026-09", 1_000_000, 1_000_000),
        answered(),
    ];
    keep(data.path(), now, &[sat("2026-11-01", now, facts)], MoneySource::Api);
    let told = money(data.path(), now, None);
    assert!(told.history.iter().all(|month| month.missing.is_empty()));
    assert!(told.notes.is_empty(), "{:?}", told.notes);
}

#[test]
fn what_was_never_sent_leaves_later_months_alone() {
    let now = ms(NOW);
    let data = tempfile::tempdir().unwrap();
    let facts = vec![
        stub("2025-12", 500_000, 0),
        stub("2026-08", 2_000_000, 2_000_000),
        stub("2026-09", 2_000_000, 1_999_000),
        answered(),
    ];
    keep(data.path(), now, &[sat("2026-11-01", now, facts)], MoneySource::Api);
    let told = money(data.path(), now, None);
    assert_eq!(state(&told, "2025-12"), MonthState::Postponed);
    assert_eq!(state(&told, "2026-08"), MonthState::Paid);
    assert_eq!(state(&told, "2026-09"), MonthState::Paid, "less than a cent");
    assert!(
        told.notes.iter().all(|note| note.kind != NoteKind::Postponed),
        "{:?}",
        told.notes
    );
}

#[test]
fn a_month_that_is_over_has_the_profit_of_what_was_settled_and_notes_the_currency() {
    let now = ms(NOW);
    let data = tempfile::tempdir().unwrap();
    let facts = vec![stub("2026-10", 6_160_000, 0), answered()];
    keep(data.path(), now, &[sat("2026-11-01", now, facts)], MoneySource::Api);
    let costs = CostModel {
        monthly: Some(2.0),
        ..CostModel::default()
    };
    let terms = Terms {
        currency: Currency {
            symbol: "€".to_owned(),
            factor: 0.5,
        },
        costs: [("n".to_owned(), costs)].into(),
        ..Terms::default()
    };
    let october = told(data.path(), now, "2026-10", terms);
    assert_eq!(october.costs.unwrap().profit, Some(Micro(4_160_000)));
    let waits = october
        .notes
        .iter()
        .find(|note| note.kind == NoteKind::Postponed)
        .unwrap();
    assert!(waits.text.starts_with("€3.08 wait"), "{}", waits.text);
}

#[test]
fn a_satellite_that_was_left_counts_as_what_it_brought() {
    let now = ms(NOW);
    let data = tempfile::tempdir().unwrap();
    let mut left = Sat {
        id: "B",
        url: "b.x:1",
        ..sat("2026-10-01", now - 8 * DAY_MS, Vec::new())
    };
    left.stored.iter_mut().for_each(|day| day.byte_hours *= 50.0);
    let stays = sat("2026-10-01", now, Vec::new());
    keep(data.path(), now - 8 * DAY_MS, &[stays.clone(), left], MoneySource::Api);
    keep(data.path(), now, &[stays], MoneySource::Api);
    let told = money(data.path(), now, None);
    let (end, so_far) = (told.estimates.tallies.unwrap(), told.so_far.amounts.net);
    assert!(end.amounts.net > so_far && end.low >= so_far, "{end:?} {so_far:?}");
    let ends: Micro = told
        .satellites
        .iter()
        .filter_map(|of| of.month_end)
        .map(|end| end.net)
        .sum();
    assert_eq!(ends, end.amounts.net);
    let point = told.through.iter().rfind(|point| point.so_far.is_some()).unwrap();
    assert_eq!((point.ours, point.so_far), (Some(end.amounts.net), Some(so_far)));
    assert_eq!(told.of_month().unwrap().ours, Some(end.amounts.net));
    let status = json(data.path(), &["--at", NOW, "status", "--json"])["nodes"][0]["earnings"].clone();
    assert_eq!(status["so_far_microusd"], so_far.0);
    assert_eq!(status["estimate_microusd"], end.amounts.net.0);
}

#[test]
fn who_cannot_be_foreseen_counts_as_what_it_brought() {
    let now = ms(NOW);
    let data = tempfile::tempdir().unwrap();
    // Its days are known, and that it joined this moment: no pace follows from that.
    let odd = Sat {
        id: "B",
        url: "b.x:1",
        joined: Some(NOW),
        ..sat("2026-10-01", now, Vec::new())
    };
    keep(
        data.path(),
        now,
        &[sat("2026-10-01", now, Vec::new()), odd],
        MoneySource::Api,
    );
    let told = money(data.path(), now, None);
    let (end, so_far) = (told.estimates.tallies.unwrap(), told.so_far.amounts.net);
    let brings: Micro = told.satellites.iter().map(|of| of.month_end.unwrap().net).sum();
    assert!(end.amounts.net >= so_far && end.low >= so_far, "{end:?} {so_far:?}");
    assert_eq!(brings, end.amounts.net);
}

#[test]
fn prices_of_the_configuration_stand_in_everywhere() {
    let now = ms(NOW);
    let data = tempfile::tempdir().unwrap();
    let free = Sat {
        prices: None,
        ..sat("2026-11-01", now, Vec::new())
    };
    keep(data.path(), now, &[free], MoneySource::Api);
    let config = data.path().join("config.toml");
    std::fs::write(&config, "[money]\nfallback_disk_cents = 149\n").unwrap();
    let args = |rest: &[&'static str]| -> Vec<String> {
        let first = ["--config", config.to_str().unwrap(), "--at", NOW];
        first.iter().chain(rest).map(|word| (*word).to_owned()).collect()
    };
    let ask = |rest: &[&'static str]| {
        let args = args(rest);
        json(data.path(), &args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let earnings = ask(&["earnings", "--json"])["nodes"][0].clone();
    assert!(earnings["so_far_microusd"].as_i64().unwrap() > 0);
    let status = ask(&["status", "--json"])["nodes"][0]["earnings"].clone();
    assert_eq!(status["so_far_microusd"], earnings["so_far_microusd"]);
    assert_eq!(status["estimate_microusd"], earnings["estimate_microusd"]);
    let rows = ask(&["export", "earnings", "--format", "json"]);
    assert_eq!(rows[0]["net_microusd"], earnings["so_far_microusd"]);
}

#[test]
fn what_changed_later_is_not_told_of_then() {
    let (then, now) = (ms("2026-11-10T00:00:00Z"), ms(NOW));
    let data = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(data.path()).unwrap();
    writer.node("n").unwrap();
    writer.watch_only(&["n".to_owned()], then).unwrap();
    for (read_ms, relation, amount) in [(then, 1, 100), (now, 5, 200), (now + 60_000, 5, 200)] {
        let payment = Payment {
            satellite_id: "A".to_owned(),
            period: month("2026-10"),
            created_ms: Some(ms("2026-11-08T00:00:00Z")),
            amount: Micro(amount),
            receipt: "eth:0x1".to_owned(),
            notes: String::new(),
        };
        let paid = paystub("A", "2026-10", [0, 0, 300, 300], "");
        let books = Books {
            read_ms,
            trusted: Some(vec![Trusted {
                satellite_id: "A".to_owned(),
                url: "a.x:1".to_owned(),
                relation: Relation(relation),
                ..Trusted::default()
            }]),
            opened: vec![Opened {
                book: Book::Satellites,
                changed_ms: Some(read_ms),
                error: None,
            }],
            stored: Some(
                days("2026-10-01", read_ms, TB)
                    .into_iter()
                    .map(|day| ("A".to_owned(), day))
                    .collect(),
            ),
            money: Money {
                prices: Some(vec![("A".to_owned(), PRICES)]),
                settled: Some((vec![paid], vec![payment])),
            },
            // Nothing is asked of the API.
            space: Some(BlobSpace {
                satellites: vec![(
                    "A".to_owned(),
                    Blobs {
                        total: 1_000_000_000_000,
                        content: 990_000_000_000,
                    },
                )],
                trash: Some(7),
            }),
            ..Books::default()
        };
        writer.shelve(&[("n".to_owned(), books)]).unwrap();
    }
    for (at, trusted, amount) in [
        (then, true, 100),
        (now - 1, true, 100),
        (now, false, 200),
        (now + 60_000, false, 200),
    ] {
        let told = money(data.path(), at, None);
        assert_eq!(told.satellites[0].trusted, trusted, "{at}");
        let october = told.history.iter().find(|told| told.month == month("2026-10")).unwrap();
        let receipts: Vec<_> = october.satellites[0].receipts.iter().map(|one| one.amount).collect();
        assert_eq!(receipts, [Some(Micro(amount))], "{at}");
        assert!(told.yields.used.is_some(), "by the databases alone");
        assert!(told.yields.unpaid.iter().any(|(_, bytes, _)| *bytes == 7));
    }
}

#[test]
fn without_an_estimate_it_says_why() {
    let now = ms(NOW);
    let data = tempfile::tempdir().unwrap();
    keep(data.path(), now, &[], MoneySource::Api);
    let text = stdout(data.path(), &["--at", NOW, "earnings"]);
    assert!(text.contains("  nothing is known of its money: name its API"), "{text}");
    assert!(!text.contains("  ; "), "{text}");
}

#[test]
fn a_drop_is_told_when_the_month_shows_it() {
    for (at, bytes, expected) in [
        ("2026-11-02T12:00:00Z", TB, false),
        ("2026-11-20T12:00:00Z", TB, true),
        ("2026-11-20T12:00:00Z", 5.0 * TB, false),
    ] {
        let data = tempfile::tempdir().unwrap();
        let facts = vec![stub("2026-10", 7_450_000, 7_450_000), answered()];
        let node = Sat {
            stored: days("2026-11-01", ms(at), bytes),
            ..sat("2026-11-01", ms(at), facts)
        };
        keep(data.path(), ms(at), &[node], MoneySource::Api);
        let told = money(data.path(), ms(at), None);
        let is_told = told.notes.iter().any(|note| note.kind == NoteKind::EarningsDrop);
        assert_eq!(is_told, expected, "{at} {bytes}");
    }
}

#[test]
fn a_month_nobody_told_of_is_unknown_and_not_nothing() {
    let now = ms(NOW);
    let data = tempfile::tempdir().unwrap();
    let sat = Sat {
        joined: Some("2026-03-05T00:00:00Z"),
        ..sat("2026-11-01", now, Vec::new())
    };
    keep(data.path(), now, &[sat], MoneySource::Db);
    for (args, wanted) in [
        (
            &["--at", NOW, "earnings", "--month", "2026-01"][..],
            "  the node joined its first satellite in 2026-03",
        ),
        (
            &["--at", NOW, "earnings", "--month", "2019-01"],
            "  the node joined its first satellite in 2026-03",
        ),
        (
            &["--at", NOW, "earnings", "--month", "2026-06"],
            "  nothing is known of 2026-06",
        ),
        (
            &["--at", "2026-09-20T12:00:00Z", "earnings"],
            "  nothing is known of 2026-09",
        ),
        (
            &["--at", "2026-01-20T12:00:00Z", "earnings"],
            "  the node joined its first satellite in 2026-03",
        ),
    ] {
        let text = stdout(data.path(), args);
        assert!(text.lines().any(|line| line == wanted), "{args:?}\n{text}");
        assert!(!text.contains("0.00"), "{args:?}\n{text}");
        let answer = json(data.path(), &[args, &["--json"]].concat());
        let node = &answer["nodes"][0];
        for key in ["gross", "held", "so_far", "node_way_so_far", "estimate"] {
            assert!(node[format!("{key}_microusd")].is_null(), "{args:?} {key}\n{node}");
        }
        assert_eq!(node["notes"], serde_json::json!([]), "{args:?}");
    }
    // The first hours of a month earned nothing yet, where the days before are known.
    let text = stdout(data.path(), &["--at", "2026-11-02T00:30:00Z", "earnings"]);
    assert!(!text.contains("nothing is known"), "{text}");
}

#[test]
fn a_sum_with_an_unknown_price_is_no_nought() {
    let now = ms(NOW);
    let unpriced = || Sat {
        id: "B",
        url: "b.x:1",
        prices: None,
        ..sat("2026-11-01", now, Vec::new())
    };
    let priced = sat("2026-11-01", now, Vec::new());
    for (sats, total) in [(vec![unpriced()], "? ? ?"), (vec![priced, unpriced()], "≥")] {
        let data = tempfile::tempdir().unwrap();
        keep(data.path(), now, &sats, MoneySource::Db);
        let text = stdout(data.path(), &["--at", NOW, "earnings"]);
        let line = |name: &str| {
            let line = text.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
            line.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert!(line("b ").ends_with("? ? ? –"), "{text}");
        assert!(line("total").contains(total), "{text}");
        let answer = json(data.path(), &["--at", NOW, "earnings", "--json"]);
        let of_b = answer["nodes"][0]["satellites"].as_array().unwrap().last().unwrap();
        assert!(of_b["gross_microusd"].is_null() && of_b["net_microusd"].is_null());
        assert_eq!(answer["nodes"][0]["gross_microusd"].is_null(), sats.len() == 1);
    }
}

#[test]
fn a_tb_brings_what_the_month_says_and_no_slip_counts() {
    let now = ms(NOW);
    let data = tempfile::tempdir().unwrap();
    let mut stored = days("2026-10-01", now, TB);
    stored.retain(|day| day.start_ms < ms("2026-11-01T00:00:00Z"));
    stored.extend(days("2026-11-01", now, 5.0 * TB));
    // A report that is just begun.
    let last = stored.last_mut().unwrap();
    (last.byte_hours, last.bytes, last.hours) = (144e3 * 22.0, Some(144e3), Some(22.0));
    let sat = Sat {
        stored,
        ..sat("2026-10-01", now, Vec::new())
    };
    keep(data.path(), now, &[sat], MoneySource::Db);
    let yields = |text: &str| told(data.path(), now, text, Terms::default()).yields;
    assert_eq!(yields("2026-11").paid, Some(5_000_000_000_000));
    // A month that is over has its own: 744 hours of a TB, at the price.
    let october = yields("2026-10");
    assert_eq!(october.paid, Some((TB * 744.0 / 720.0).round() as u64));
    assert_eq!(october.per_tb_paid, Some(Micro(1_490_000)));
    assert_eq!((october.used, yields("2026-06").per_tb_paid), (None, None));
}
