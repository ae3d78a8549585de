//! Money: the worked vector to the cent, sums that are exact, months of every age and length, what is odd.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::money::{DAY_MS, PRICES, Sat, keep, money, month, ms, paystub, stored};
use common::{json, stdout};
use proptest::prelude::*;
use serde_json::Value;
use storj_monitor::analysis::money::node_way::{self, Counts};
use storj_monitor::analysis::money::{Account, month as monthly};
use storj_monitor::api::money::{Confidence, MonthState, NodeMoney, NoteKind, Parts};
use storj_monitor::domain::detail::{MovedDay, StoredDay};
use storj_monitor::domain::money::{Micro, Payment};
use storj_monitor::domain::payout::{Fact, MoneySource, Topic};

const US1: &str = "12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S";
const EU1: &str = "12L9ZFwhzVpuEKMUNUqkaTLGzwY9G24tbiigLiXpmZWKwmcNDDs";
const TB: f64 = 1e12;
const NOON: &str = "2026-07-11T12:00:00Z";

fn moved(n: i64, [egress, repair, audit]: [u64; 3]) -> MovedDay {
    MovedDay {
        start_ms: ms("2026-07-01T00:00:00Z") + n * DAY_MS,
        egress,
        egress_repair: repair,
        egress_audit: audit,
        ..MovedDay::default()
    }
}

/// Two satellites, one of them with a tally it never finished; paystubs that were postponed and paid together later.
fn vector() -> Vec<Sat> {
    let mut us1 = vec![stored("2026-06-30", 4.0 * TB, 24.0)];
    let mut eu1 = vec![stored("2026-06-30", TB, 24.0)];
    for day in 1..=10 {
        let name = format!("2026-07-{day:02}");
        us1.push(match day {
            7 => StoredDay {
                byte_hours: 5.0 * TB,
                bytes: None,
                hours: None,
                ..stored(&name, TB, 1.0)
            },
            8 => stored(&name, 4.0 * TB, 48.0),
            _ => stored(&name, 4.0 * TB, 24.0),
        });
        eu1.push(stored(&name, TB, 24.0));
    }
    let days = |bytes: [u64; 3]| (0..10).map(|n| moved(n, bytes)).collect();
    let payment = Payment {
        satellite_id: US1.to_owned(),
        period: month("2026-06"),
        created_ms: Some(ms("2026-07-09T08:00:00Z")),
        amount: Micro(12_100_000),
        receipt: "eth:0x5723f1".to_owned(),
        notes: String::new(),
    };
    vec![
        Sat {
            id: US1,
            url: "us1.storj.io:7777",
            joined: Some("2024-01-10T00:00:00Z"),
            prices: Some(PRICES),
            stored: us1,
            moved: days([10_000_000_000, 3_000_000_000, 1_000_000]),
            facts: vec![
                Fact::Paystub(paystub(US1, "2026-05", [0, 0, 6_000_000, 0], "")),
                Fact::Paystub(paystub(US1, "2026-06", [0, 0, 6_100_000, 12_100_000], "")),
                Fact::Payment(payment),
            ],
            ..Sat::default()
        },
        Sat {
            id: EU1,
            url: "eu1.storj.io:7777",
            joined: Some("2026-07-01T12:00:00Z"),
            prices: Some(PRICES),
            stored: eu1,
            moved: days([2_000_000_000, 1_000_000_000, 100_000]),
            facts: vec![Fact::Paystub(paystub(EU1, "2026-06", [900_000, 0, 300_000, 0], "E"))],
            ..Sat::default()
        },
    ]
}

fn cents(amount: Micro) -> String {
    format!("{:.2}", amount.dollars())
}

fn exact(amount: Micro) -> String {
    format!("{:.4}", amount.dollars())
}

#[test]
fn the_worked_vector_to_the_cent() {
    for source in [MoneySource::Api, MoneySource::Db] {
        let data = tempfile::tempdir().unwrap();
        // Read months later: what has a date of its own counts from then on.
        for (told, at) in [(NOON, NOON), ("2026-11-20T00:00:00Z", NOON)] {
            keep(data.path(), ms(told), &vector(), source);
            july(&money(data.path(), ms(at), None));
        }
        june(&money(data.path(), ms(NOON), Some(month("2026-06"))));
    }
}

fn july(money: &NodeMoney) {
    let [eu1, us1] = money.satellites.as_slice() else {
        panic!("{:?}", money.satellites);
    };
    let gross =
        |of: &storj_monitor::api::money::SatelliteMoney| of.parts.each().map(|part| exact(part.amounts.unwrap().gross));
    assert_eq!(gross(us1), ["1.9867", "0.2000", "0.0600", "0.0000"]);
    assert_eq!(gross(eu1), ["0.4967", "0.0400", "0.0200", "0.0000"]);
    assert_eq!((us1.age_months, us1.held_percent), (Some(31), Some(0)));
    assert_eq!((eu1.age_months, eu1.held_percent), (Some(1), Some(75)));
    assert_eq!(
        (exact(us1.so_far.net), exact(eu1.so_far.held)),
        ("2.2467".into(), "0.4175".into())
    );
    assert_eq!(exact(eu1.so_far.net), "0.1392");
    assert_eq!(
        (us1.average_bytes, us1.last_bytes),
        (Some(4_000_000_000_000), Some(4_000_000_000_000))
    );
    assert_eq!(
        (us1.filled_days.len(), us1.missing_days.len()),
        (1, 0),
        "no money is lost"
    );
    let sum = &money.so_far;
    assert_eq!(exact(sum.parts.storage.gross), "2.4833");
    assert_eq!(exact(sum.parts.egress.gross), "0.2400");
    assert_eq!(exact(sum.parts.repair.gross + sum.parts.audit.gross), "0.0800");
    assert_eq!(
        (exact(sum.amounts.held), exact(sum.amounts.net)),
        ("0.4175".into(), "2.3859".into())
    );
    let end = money.estimates.tallies.unwrap();
    assert_eq!(
        (cents(end.amounts.gross), cents(end.amounts.net)),
        ("8.64".into(), "7.36".into())
    );
    assert_eq!(cents(end.amounts.held), "1.29");
    assert!(end.low <= end.amounts.net && end.amounts.net <= end.high);
    assert_eq!(money.estimates.confidence, Confidence::Good);
    // Kept back before this month; none of the old satellite's.
    assert_eq!((eu1.held.left, us1.held.left), (Micro(900_000), Micro(0)));
    let june = money
        .history
        .iter()
        .find(|told| told.month == month("2026-06"))
        .unwrap();
    let stub = june.stub.unwrap();
    assert_eq!((stub.postponed, stub.earlier), (Micro(300_000), Micro(6_000_000)));
    let eu1 = &june.satellites[0];
    assert_eq!((eu1.waiting, eu1.codes[0].0.as_str()), (Micro(300_000), "E"));
    let us1 = &june.satellites[1];
    assert_eq!(
        us1.receipts[0].link.as_deref(),
        Some("https://etherscan.io/tx/0x5723f1")
    );
    assert_eq!(june.state, MonthState::Postponed);
    let may = money
        .history
        .iter()
        .find(|told| told.month == month("2026-05"))
        .unwrap();
    assert_eq!(may.state, MonthState::Paid, "sent with June's");
    let next = money.payout.unwrap();
    assert_eq!(
        (next.month, next.about_ms),
        (month("2026-07"), ms("2026-08-09T08:00:00Z"))
    );
}

fn june(money: &NodeMoney) {
    let us1 = &money.satellites[1];
    // Only one tally of June is known.
    assert_eq!(exact(us1.so_far.net), "0.1987");
    let told = money.of_month().unwrap();
    let us1 = told.satellites.iter().find(|of| of.satellite_id == US1).unwrap();
    assert_eq!(us1.stub.unwrap().paid, Micro(6_100_000));
    assert_eq!(
        (us1.ours, told.difference),
        (None, None),
        "a day says nothing of a month"
    );
    assert_eq!(money.estimates.tallies, None);
}

#[test]
fn the_commands_tell_the_vector() {
    let data = tempfile::tempdir().unwrap();
    keep(data.path(), ms(NOON), &vector(), MoneySource::Db);
    let text = stdout(data.path(), &["--at", NOON, "earnings"]);
    for part in [
        "n, 2026-07 (UTC), 34 % of the month gone",
        "2.3859",
        "−0.4175",
        "month end $7.36",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let text = stdout(data.path(), &["--at", NOON, "earnings", "--month", "2026-06"]);
    for part in [
        "postponed",
        "of earlier months 6.0000",
        "https://etherscan.io/tx/0x5723f1",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let answer = json(data.path(), &["--at", NOON, "earnings", "--json"]);
    let node = &answer["nodes"][0];
    let status = json(data.path(), &["--at", NOON, "status", "--json"])["nodes"][0]["earnings"].clone();
    for key in ["so_far_microusd", "held_microusd", "estimate_microusd"] {
        assert_eq!(status[key], node[key], "{key}");
    }
    assert_eq!(status["month"], "2026-07");
    // Rows of the month, by days; of June's paystubs there is nothing but what was paid.
    let rows = json(data.path(), &["--at", NOON, "export", "earnings", "--format", "json"]);
    let of_july: Vec<&Value> = rows
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["month"] == "2026-07")
        .collect();
    assert_eq!(of_july.len(), 8);
    let sum: i64 = of_july.iter().map(|row| row["net_microusd"].as_i64().unwrap()).sum();
    assert_eq!(Some(sum), node["so_far_microusd"].as_i64());
    // As of a time before, tables know what the answer of then knows.
    for (at, wanted) in [("2026-07-05T12:00:00Z", 8), ("2026-06-30T12:00:00Z", 0)] {
        let rows = json(data.path(), &["--at", at, "export", "earnings", "--format", "json"]);
        let rows = rows.as_array().unwrap();
        let of_july = rows.iter().filter(|row| row["month"] == "2026-07");
        let amounts: Vec<i64> = of_july.map(|row| row["gross_microusd"].as_i64().unwrap()).collect();
        let told = json(data.path(), &["--at", at, "earnings", "--json"]);
        assert_eq!(amounts.len(), wanted, "{at}");
        if wanted > 0 {
            assert_eq!(told["nodes"][0]["gross_microusd"], amounts.iter().sum::<i64>(), "{at}");
        }
        let stubs = stdout(data.path(), &["--at", at, "export", "paystubs"]);
        assert!(!stubs.contains("2026-06,"), "{at}: made later\n{stubs}");
    }
    let stubs = stdout(data.path(), &["--at", NOON, "export", "paystubs"]);
    let line = format!("2026-06,n,{US1},,0,0,0,0,6100000,6100000,12100000,eth:0x5723f1");
    assert!(stubs.lines().any(|known| known == line), "{stubs}");
}

/// A node that stores a TB on one satellite from its joining to `now`.
fn aged(joined: &'static str, now: i64) -> Sat {
    let first = ms(joined).div_euclid(DAY_MS).max(now.div_euclid(DAY_MS) - 45);
    let days = first..now.div_euclid(DAY_MS);
    Sat {
        id: "A",
        url: "a.x:1",
        joined: Some(joined),
        prices: Some(PRICES),
        stored: days
            .map(|day| StoredDay {
                start_ms: day * DAY_MS,
                byte_hours: 24.0 * TB,
                bytes: Some(TB),
                hours: Some(24.0),
                calculated: false,
            })
            .collect(),
        ..Sat::default()
    }
}

#[test]
fn months_of_every_age_and_length() {
    // Joined, now, month of age, percent kept back, hours of the month foreseen, month half comes back.
    let cases = [
        (
            "2026-08-20T09:00:00Z",
            "2026-08-25T00:00:00Z",
            1,
            75,
            12 * 24,
            Some("2027-11"),
        ),
        (
            "2026-06-30T23:59:59Z",
            "2026-08-25T00:00:00Z",
            3,
            75,
            744,
            Some("2027-09"),
        ),
        (
            "2026-05-31T23:59:59Z",
            "2026-08-25T00:00:00Z",
            4,
            50,
            744,
            Some("2027-08"),
        ),
        (
            "2025-12-01T00:00:00Z",
            "2026-08-01T06:00:00Z",
            9,
            25,
            744,
            Some("2027-03"),
        ),
        ("2025-11-30T23:59:59Z", "2026-08-25T00:00:00Z", 10, 0, 744, None),
        ("2025-06-01T00:00:00Z", "2026-08-25T00:00:00Z", 15, 0, 744, None),
        ("2025-05-01T00:00:00Z", "2026-08-25T00:00:00Z", 16, 0, 744, None),
        ("2025-12-05T00:00:00Z", "2028-02-29T23:59:59Z", 27, 0, 29 * 24, None),
        ("2026-01-05T00:00:00Z", "2027-02-28T23:59:59Z", 14, 0, 28 * 24, None),
        (
            "2026-12-05T00:00:00Z",
            "2026-12-31T23:59:59Z",
            1,
            75,
            27 * 24,
            Some("2028-03"),
        ),
    ];
    for (joined, now, age, percent, hours, half) in cases {
        let data = tempfile::tempdir().unwrap();
        keep(data.path(), ms(now), &[aged(joined, ms(now))], MoneySource::Api);
        let money = money(data.path(), ms(now), None);
        let told = &money.satellites[0];
        assert_eq!(
            (told.age_months, told.held_percent),
            (Some(age), Some(percent)),
            "{joined} {now}"
        );
        // A TB all the time since it joined: the price of so many hours.
        let whole = Micro::of_dollars(1.49 * f64::from(hours) / 720.0);
        assert_eq!(told.month_end.unwrap().gross, whole, "{joined} {now}");
        let back = told.held.half_back.map(|(month, _)| month.to_string());
        assert_eq!(back.as_deref(), half, "{joined} {now}");
        assert_eq!(told.so_far.net, told.so_far.gross - told.so_far.held);
    }
}

#[test]
fn what_is_odd_is_told_and_never_breaks() {
    let now = ms("2026-08-25T12:00:00Z");
    let data = tempfile::tempdir().unwrap();
    // Nothing but a name; a clock before the epoch.
    keep(data.path(), now, &[], MoneySource::Api);
    for at in [now, 0, -1, -DAY_MS * 400] {
        let money = money(data.path(), at, None);
        assert_eq!((money.so_far.amounts.gross, money.estimates.tallies), (Micro(0), None));
        assert_eq!(money.estimates.confidence, Confidence::None);
    }
    // Disqualified in the middle of the month; no prices; a satellite that is silent for five days.
    let dead = Sat {
        disqualified: Some("2026-08-10T00:00:00Z"),
        ..aged("2025-01-01T00:00:00Z", now)
    };
    let free = Sat {
        id: "B",
        url: "b.x:1",
        prices: None,
        ..aged("2025-01-01T00:00:00Z", now)
    };
    let mut silent = Sat {
        id: "C",
        url: "c.x:1",
        ..aged("2025-01-01T00:00:00Z", now)
    };
    silent.stored.truncate(silent.stored.len() - 5);
    keep(data.path(), now, &[dead, free, silent], MoneySource::Api);
    let told = money(data.path(), now, None);
    let of = |id: &str| told.satellites.iter().find(|of| of.satellite_id == id).unwrap();
    assert_eq!((of("A").so_far.gross, of("A").month_end), (Micro(0), None));
    assert_eq!((of("B").parts.storage.amounts, told.so_far.without), (None, 1));
    assert_eq!(of("C").missing_days.len(), 4, "the last may still come");
    assert_eq!(told.estimates.confidence, Confidence::Poor);
    let kinds: Vec<NoteKind> = told.notes.iter().map(|note| note.kind).collect();
    for kind in [NoteKind::Disqualified, NoteKind::PriceUnknown, NoteKind::TallyMissing] {
        assert!(kinds.contains(&kind), "{:?}", told.notes);
    }
    // The month before was paid as ever.
    let july = money(data.path(), now, Some(month("2026-07")));
    let dead = july.satellites.iter().find(|of| of.satellite_id == "A").unwrap();
    assert!(dead.so_far.gross > Micro(0));
}

#[test]
fn a_paystub_that_should_be_there_is_missed_and_the_untrusted_stay() {
    let now = ms("2026-08-25T12:00:00Z");
    let data = tempfile::tempdir().unwrap();
    let stub = |period| Fact::Paystub(paystub("A", period, [0, 0, 5_000_000, 5_000_000], ""));
    let mut sat = aged("2025-01-01T00:00:00Z", now);
    sat.facts = vec![
        stub("2026-05"),
        stub("2026-07"),
        Fact::Asked(Topic::Paystubs, None, None),
    ];
    // Of another satellite only paystubs are left.
    sat.facts
        .push(Fact::Paystub(paystub("Z", "2025-03", [100, 0, 300, 300], "X")));
    keep(data.path(), now, &[sat], MoneySource::Api);
    let told = money(data.path(), now, None);
    let state = |text: &str| {
        let known = told.history.iter().find(|known| known.month == month(text)).unwrap();
        (known.state, known.missing.clone())
    };
    assert_eq!(state("2026-06"), (MonthState::Missing, vec!["a".to_owned()]));
    assert_eq!(
        (state("2026-07").0, state("2026-08").0),
        (MonthState::Paid, MonthState::Running)
    );
    let gone = told
        .history
        .iter()
        .find(|known| known.month == month("2025-03"))
        .unwrap();
    assert_eq!(
        gone.satellites[0].codes[0].1,
        "graceful exit: what was kept back is returned"
    );
    let untrusted = told.satellites.iter().find(|of| of.satellite_id == "Z").unwrap();
    assert!(!untrusted.trusted && untrusted.held.left == Micro(100));
    assert!(told.notes.iter().any(|note| note.kind == NoteKind::PaystubMissing));
}

#[test]
fn words_of_two_sources_are_kept_apart_and_the_better_one_holds() {
    let now = ms("2026-08-25T12:00:00Z");
    let data = tempfile::tempdir().unwrap();
    let mut sat = aged("2025-01-01T00:00:00Z", now);
    let dear = storj_monitor::domain::money::Prices { disk: 300, ..PRICES };
    keep(data.path(), now, &[sat.clone()], MoneySource::Api);
    sat.prices = Some(dear);
    let disk = |at: i64| money(data.path(), at, None).satellites[0].prices.unwrap().0.disk;
    for (hours, expected) in [(1, 149), (23, 149), (25, 300)] {
        keep(data.path(), now + hours * 3_600_000, &[sat.clone()], MoneySource::Db);
        assert_eq!(disk(now + hours * 3_600_000), expected, "{hours} h later");
    }
    assert_eq!(disk(now), 149, "as it was then");
    assert_eq!(disk(now - 90 * DAY_MS), 149, "before anybody told");
}

fn days() -> impl Strategy<Value = Vec<(u64, u64, u64, u64)>> {
    let bytes = || 0..50_000_000_000_000_u64;
    proptest::collection::vec((bytes(), bytes(), bytes(), bytes()), 0..31)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn parts_days_and_satellites_add_up_exactly(days in days(), joined in 0..20_i64, cents in 0..1000_i64) {
        let july = month("2026-07");
        let at = |n: usize| july.start_ms() + n as i64 * DAY_MS;
        let stored: Vec<StoredDay> = days.iter().enumerate().map(|(n, day)| StoredDay {
            start_ms: at(n), byte_hours: day.0 as f64 * 23.7, bytes: Some(day.0 as f64), hours: Some(23.7), calculated: false,
        }).collect();
        let moved: Vec<MovedDay> = days.iter().enumerate().map(|(n, day)| MovedDay {
            start_ms: at(n), egress: day.1, egress_repair: day.2, egress_audit: day.3, ..MovedDay::default()
        }).collect();
        let account = Account {
            joined_ms: Some(july.plus(-(joined as i32)).start_ms()),
            disqualified_ms: None,
            prices: Some(storj_monitor::domain::money::Prices { disk: cents, egress: cents + 1, repair: cents / 2, audit: 7 }),
            stored: &stored,
            moved: &moved,
        };
        let now = july.end_ms() - 1;
        let told = monthly::so_far(&account, july, now);
        let parts: Vec<_> = told.parts.each().iter().map(|part| part.unwrap()).collect();
        prop_assert_eq!(parts.iter().map(|part| part.gross).sum::<Micro>(), told.amounts.gross);
        prop_assert_eq!(parts.iter().map(|part| part.net).sum::<Micro>(), told.amounts.net);
        prop_assert_eq!(told.amounts.gross, told.amounts.held + told.amounts.net);
        let mut sum = Parts::<Micro>::default();
        for day in monthly::days(&account, july, now) {
            sum += day.gross;
        }
        prop_assert_eq!(sum, told.parts.map(|part| part.unwrap().gross));
        let compared = node_way::Compared { account: &account, ours: (told.amounts, told.parts.storage.unwrap().gross) };
        let node = node_way::estimate(&account, july, now, Counts::Graph);
        let differences = node_way::differences(&[compared], july, now, Counts::Graph);
        let explained: Micro = differences.iter().map(|difference| difference.amount).sum();
        prop_assert_eq!(told.amounts.gross + explained, node.gross());
    }
}

/// A paystub that names what was earned, all of it for what was stored.
fn earned(satellite: &str, period: &str, gross: i64) -> Fact {
    Fact::Paystub(storj_monitor::domain::money::Paystub {
        for_storage: Micro(gross),
        ..paystub(satellite, period, [0, 0, gross, gross], "")
    })
}

#[test]
fn one_known_day_does_not_make_a_month_known() {
    let data = tempfile::tempdir().unwrap();
    let now = ms("2026-11-20T12:00:00Z");
    let mut sat = aged("2024-01-01T00:00:00Z", now);
    sat.stored.retain(|day| day.start_ms >= ms("2026-10-31T00:00:00Z"));
    let other = Sat {
        id: "B",
        url: "b.x:1",
        ..aged("2024-01-01T00:00:00Z", now)
    };
    sat.facts = vec![earned("A", "2026-10", 6_160_000)];
    keep(data.path(), now, &[sat.clone(), other], MoneySource::Api);
    let october = money(data.path(), now, Some(month("2026-10")));
    let of = |id: &str| {
        october
            .satellites
            .iter()
            .find(|of| of.satellite_id == id)
            .unwrap()
            .so_far
            .net
    };
    assert_eq!(of("A"), Micro(6_160_000));
    let told = october.of_month().unwrap();
    // Of A there is nothing to compare with, of B no paystub.
    assert_eq!((told.ours.is_some(), told.difference), (false, None));
    let rows = json(
        data.path(),
        &["--at", "2026-11-20T12:00:00Z", "export", "earnings", "--format", "json"],
    );
    let net = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["month"] == "2026-10" && row["satellite_id"] == "A");
    assert_eq!(net.unwrap()["net_microusd"], 6_160_000);

    // All its days: compared, and B left aside. 31 days of a TB are $1.5397.
    let data = tempfile::tempdir().unwrap();
    let days = (1..=31).map(|day| stored(&format!("2026-10-{day:02}"), TB, 24.0));
    sat.stored = days.chain(sat.stored.into_iter().skip(1)).collect();
    let other = Sat {
        id: "B",
        url: "b.x:1",
        facts: Vec::new(),
        ..sat.clone()
    };
    keep(data.path(), now, &[sat, other], MoneySource::Api);
    let told = money(data.path(), now, Some(month("2026-10")));
    let told = told.of_month().unwrap();
    assert_eq!(told.ours, Some(Micro(2 * 1_539_667)));
    assert_eq!(told.difference, Some(Micro(6_160_000 - 1_539_667)));
}
