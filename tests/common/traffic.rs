//! What a collector would tell of a day of the fleet's traffic: figures that agree in every table.

use std::collections::BTreeMap;
use std::sync::Arc;

use storj_monitor::api::message::{Answer, Query};
use storj_monitor::api::snapshot::{Geo, Hot, HotPiece, InFlight, Levels, Part, Peer, Peers, Section, Snapshot};
use storj_monitor::api::table::{Question, Value, What};
use storj_monitor::domain::batch::Cell;
use storj_monitor::domain::chart::{Ask, Line, Mark, MarkKind, Stretch};
use storj_monitor::domain::transfer::{Outcome, SIZE_CLASSES};

use super::fleet::{AP1, EU1, FLEET, NOW_MS, US1, snapshot};

/// What no terminal may be given raw.
pub const HOSTILE: &str = "read \u{1b}[31mtcp\u{7}\u{202e} \u{200b}‹addr›: \u{9b}i/o timeout";

/// A row of counts: node, satellite, action, outcome, cause, size class, count, bytes.
pub type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    u8,
    u64,
    u64,
);

/// A day of the fleet: cellar loses races, barn misses pieces.
pub fn counts() -> Vec<Row> {
    let mut rows = Vec::new();
    for (n, sample) in FLEET.iter().enumerate() {
        for (satellite, share) in [(US1, 70), (EU1, 23), (AP1, 7)] {
            let mut add = |action, outcome, cause, class: u8, count: u64| {
                let size = 800_u64 << (2 * u64::from(class));
                if count > 0 {
                    rows.push((
                        sample.name,
                        satellite,
                        action,
                        outcome,
                        cause,
                        class,
                        count,
                        count * size,
                    ));
                }
            };
            let scale = share * (n as u64 + 3);
            let races = if sample.name == "cellar" { 5 } else { 2 };
            for class in 0..7_u8 {
                let some = scale * (9 - u64::from(class));
                let larger = u64::from(class) / 3 + 1;
                add("PUT", "success", "", class, some * 6);
                add("PUT", "canceled", "race_lost", class, some * races * larger / 12);
                add("PUT", "failed", "peer", class, some / 200);
                add("GET", "success", "", class, some * 12);
                add("GET", "canceled", "race_lost", class, some / 20);
                add("GET", "failed", "disconnect", class, some / 100);
                add("PUT_REPAIR", "success", "", class, some / 30);
                add("GET_REPAIR", "success", "", class, some / 9);
            }
            add("GET_AUDIT", "success", "", 0, scale / 2);
            add("GET_AUDIT", "canceled", "race_lost", 0, scale / 50);
            if sample.name == "barn" && satellite == US1 {
                add("GET", "failed", "missing_piece", 3, 157);
                add("GET_REPAIR", "failed", "missing_piece", 6, 6);
                add("GET_AUDIT", "failed", "missing_piece", 0, 12);
            }
        }
    }
    rows
}

fn traffic(question: &Question) -> Answer {
    let mut sums: BTreeMap<Vec<&str>, (u64, u64)> = BTreeMap::new();
    for row in counts() {
        if !question.nodes.is_empty() && !question.nodes.iter().any(|node| node == row.0) {
            continue;
        }
        let part = |field: &String| match field.as_str() {
            "node" => row.0,
            "satellite_id" => row.1,
            "action" => row.2,
            "outcome" => row.3,
            "cause" => row.4,
            _ => SIZE_CLASSES[usize::from(row.5)],
        };
        let sum = sums.entry(question.by.iter().map(part).collect()).or_default();
        *sum = (sum.0 + row.6, sum.1 + row.7);
    }
    let (columns, _) = question.columns().unwrap();
    let row = |(key, (count, bytes)): (Vec<&str>, (u64, u64))| {
        let key = key.into_iter().map(Value::text);
        key.chain([Value::Count(count), Value::Count(bytes)]).collect()
    };
    Answer::Rows {
        columns: columns.into_iter().map(str::to_owned).collect(),
        rows: sums.into_iter().map(row).collect(),
        more: false,
    }
}

fn errors(before: bool) -> Answer {
    let (question, minute) = (Question::all(What::Errors), 60_000);
    let missing = "hashstore: file does not exist";
    let all: [(&str, &str, &str, u64, i64, i64); 6] = [
        ("barn", "GET", missing, 157, 17, 0),
        ("barn", "GET_AUDIT", missing, 12, 17, 1),
        ("cellar", "PUT", HOSTILE, 88, 1300, 8),
        ("eave", "PUT", "out of space", 3, 1200, 1199),
        (
            "attic",
            "GET",
            "write tcp ‹addr›: connection reset by peer",
            1684,
            1439,
            0,
        ),
        (
            "dock",
            "GET",
            "write tcp ‹addr›: connection reset by peer",
            352,
            1439,
            0,
        ),
    ];
    let row = |(node, action, template, count, first, last): &(&str, &str, &str, u64, i64, i64)| {
        vec![
            Value::text(node),
            Value::text(action),
            Value::text(template),
            Value::Count(if before { count * 7 / 6 } else { *count }),
            Value::Time(NOW_MS - first * minute),
            Value::Time(NOW_MS - last * minute),
            Value::text(&format!("{template} (10.1.2.3:4711)")),
        ]
    };
    let (columns, _) = question.columns().unwrap();
    Answer::Rows {
        columns: columns.into_iter().map(str::to_owned).collect(),
        rows: all.iter().filter(|row| !(before && row.0 == "barn")).map(row).collect(),
        more: false,
    }
}

fn transfers(question: &Question) -> Answer {
    let (columns, _) = question.columns().unwrap();
    let row = |n: i64| {
        let of = |column: &&str| match *column {
            "time" => Value::Time(NOW_MS - (40 - n) * 25_000),
            "node" => Value::text("barn"),
            "satellite_id" => Value::text(US1),
            "piece_id" => Value::text(&format!("N7PVTQ2M{}", "A".repeat(44))),
            "action" => Value::text("GET_AUDIT"),
            "outcome" => Value::text("failed"),
            "cause" => Value::text("missing_piece"),
            "size" => Value::Count(256),
            "remote_address" => Value::text("192.0.2.7:40000"),
            "duration_ms" => Value::Count(3),
            "duration_quality" => Value::text("exact"),
            "error" => Value::text(if n % 2 == 0 {
                "hashstore: file does not exist"
            } else {
                HOSTILE
            }),
            _ => Value::Null,
        };
        columns.iter().map(of).collect()
    };
    Answer::Rows {
        rows: (0..40).map(row).collect(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        more: false,
    }
}

fn chart(ask: &Ask) -> Answer {
    let mut chart = ask.empty(60);
    chart.nodes = if ask.nodes.is_empty() {
        FLEET.len()
    } else {
        ask.nodes.len()
    };
    let names: Vec<&str> = FLEET
        .iter()
        .map(|sample| sample.name)
        .filter(|name| ask.nodes.is_empty() || ask.nodes.iter().any(|node| node == name))
        .collect();
    let gap = (NOW_MS / 1000 - 1500, NOW_MS / 1000 - 1300);
    let bucket = |n: usize, seed: usize, rate: f64| {
        let begin = chart.begin + n as i64 * chart.width;
        if begin >= gap.0 - 60 && begin < gap.1 {
            return Cell::default();
        }
        let wave = 1.0 + 0.4 * ((n + seed) as f64 / 9.0).sin();
        let count = (rate * wave * chart.width as f64) as u64;
        Cell {
            count,
            bytes: count * 420_000,
        }
    };
    let nodes: Vec<Option<String>> = match ask.by_node {
        true => names.iter().map(|name| Some((*name).to_owned())).collect(),
        false => vec![None],
    };
    let mut lines = Vec::new();
    for (seed, node) in nodes.into_iter().enumerate() {
        for (action, outcome, rate) in [
            ("PUT", Outcome::Success, 18.0),
            (
                "PUT",
                Outcome::Canceled,
                if ask.by_node { 0.75 + seed as f64 / 30.0 } else { 0.4 },
            ),
            ("GET", Outcome::Success, 31.0),
            ("GET", Outcome::Canceled, 0.2),
            ("GET_REPAIR", Outcome::Success, 2.0),
            ("GET_AUDIT", Outcome::Success, 0.1),
        ] {
            lines.push(Line {
                node: node.clone(),
                action: action.to_owned(),
                outcome,
                buckets: (0..chart.len).map(|n| bucket(n, seed + action.len(), rate)).collect(),
            });
        }
    }
    chart.lines = lines;
    let stretch = |name: &&str| Stretch {
        node: (*name).to_owned(),
        from: gap.0 - gap.0 % 60,
        to: gap.1 - gap.1 % 60,
    };
    chart.gaps = names.iter().map(stretch).collect();
    Answer::Chart(chart)
}

fn marks() -> Answer {
    let mark = |minutes: i64, node: &str, kind, text: &str| Mark {
        time_ms: NOW_MS - minutes * 60_000,
        until_ms: None,
        node: node.to_owned(),
        kind,
        text: text.to_owned(),
    };
    Answer::Marks(vec![
        mark(40, "dock", MarkKind::Version, "release 1.155.9 → 1.162.3"),
        mark(40, "dock", MarkKind::Start, "started"),
    ])
}

/// What the collector would answer.
pub fn answer(query: &Query) -> Result<Answer, String> {
    Ok(match query {
        Query::Rows { question, .. } => match question.what {
            What::Traffic => traffic(question),
            What::Errors => errors(question.to_ms < Some(NOW_MS - 3_000_000)),
            _ => transfers(question),
        },
        Query::Chart(ask) => chart(ask),
        Query::Marks { .. } => marks(),
        _ => return Err("not asked here".to_owned()),
    })
}

fn peers(seed: u64) -> Peers {
    let peer = |(name, country, share): (&str, Option<&str>, u64)| Peer {
        name: name.to_owned(),
        country: country.map(str::to_owned),
        count: 90 * share * seed,
        error: 0,
        bytes: 30_000_000 * share * seed,
        won: 88 * share * seed,
        lost: 2 * share * seed,
    };
    let subnets = [
        ("192.0.2.0/24", Some("DE"), 50),
        ("198.51.100.0/24", Some("US"), 30),
        ("203.0.113.0/24", None, 9),
        ("2001:db8:7::/48", Some("JP"), 5),
    ];
    let countries = [("DE", Some("DE"), 50), ("US", Some("US"), 30), ("JP", Some("JP"), 5)];
    Peers {
        total: peer(("", None, 100)),
        subnets: subnets.map(peer).to_vec(),
        countries: countries.map(peer).to_vec(),
    }
}

fn section<T>(value: T) -> Option<Section<T>> {
    let value = Arc::new(value);
    Some(Section { generation: 1, value })
}

/// What the nodes tell live, beside what the fleet always tells.
pub fn told() -> Snapshot {
    let mut snapshot = snapshot();
    for (n, (name, view)) in snapshot.nodes.iter_mut().enumerate() {
        let n = n as u64 + 1;
        let piece = |letter: &str, count: u64| HotPiece {
            piece: format!("{letter}7PVTQ2M{}", letter.repeat(44)),
            count,
            error: 0,
            bytes: count * 2_319_872,
            satellite_id: US1.to_owned(),
            size: 2_319_872,
        };
        view.hot = section(Hot {
            begin: NOW_MS / 1000 - 3600,
            pieces: vec![piece("N", 400 * n), piece("O", 90 + n)],
            uploads: peers(n),
            downloads: peers(n + 2),
            geo: Geo::On,
        });
        // Cellar does not log starts.
        let open = match name.as_str() {
            "cellar" => BTreeMap::new(),
            _ => BTreeMap::from([("PUT".to_owned(), 2 * n), ("GET".to_owned(), 3 * n)]),
        };
        view.open = section(open);
        let level = |known: bool, mean: f32| known.then_some((mean, mean * 2.0));
        let levels = |part| Levels {
            part,
            seconds: vec![level(name != "cellar", n as f32); 600],
            minutes: (0..1440)
                .map(|at| level(name != "cellar" && at > 1400, n as f32))
                .collect(),
        };
        view.flight = section(InFlight {
            seconds_begin: NOW_MS / 1000 - 599,
            minutes_begin: (NOW_MS / 60_000 - 1439) * 60,
            levels: vec![levels(Part::Uploads), levels(Part::Downloads)],
        });
    }
    snapshot
}
