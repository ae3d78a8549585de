//! Six nodes on an August evening, one in each kind of trouble, and a model that shows them: for tests of panes.

use std::f64::consts::TAU;
use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};
use storj_monitor::api::message::Message;
use storj_monitor::api::snapshot::{Flow, NodeView, Section, Snapshot, Window};
use storj_monitor::domain::batch::Cell;
use storj_monitor::domain::transfer::Outcome;
use storj_monitor::ui::frame;
use storj_monitor::ui::key::Key;
use storj_monitor::ui::look::{Depth, Glyphs, Theme};
use storj_monitor::ui::model::{Collector, Input, Model};
use storj_monitor::ui::pane::Effect;

/// 21 August 2026, 19:48:07 UTC.
pub const NOW_MS: i64 = 1_787_341_687_000;
pub const US1: &str = "12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S";
pub const EU1: &str = "12L9ZFwhzVpuEKMUNUqkaTLGzwY9G24tbiigLiXpmZWKwmcNDDs";
pub const AP1: &str = "121RTSDpyNZVcEU84Ticf2L1ntiuUimbWgfATz21tuvgk3vzoA6";

/// How a node of the fleet is.
pub struct Sample {
    pub name: &'static str,
    pub state: &'static str,
    pub reasons: &'static [(&'static str, &'static str)],
    pub left: u32,
    pub audit: f64,
    pub online: f64,
    pub rates: (f64, f64),
    /// Used and allocated, TB.
    pub disk: (f64, f64),
    pub version: &'static str,
    pub api: &'static str,
}

pub const FLEET: [Sample; 6] = [
    Sample {
        name: "barn",
        state: "critical",
        reasons: &[(
            "audits_failed",
            "12 audits in a row failed on us1; 29 more disqualify: \"file does not exist\" ×12 → stop the node, find the files",
        )],
        left: 29,
        audit: 0.9881,
        online: 0.998,
        rates: (1.9, 3.4),
        disk: (6.48, 8.0),
        version: "1.162.3",
        api: "ok",
    },
    Sample {
        name: "dock",
        state: "warning",
        reasons: &[(
            "no_contact",
            "us1 cannot reach port 28970 since 20:55 (53 min); eu1, ap1 can",
        )],
        left: 41,
        audit: 1.0,
        online: 0.971,
        rates: (0.4, 0.3),
        disk: (2.1, 6.0),
        version: "1.162.3",
        api: "ok",
    },
    Sample {
        name: "cellar",
        state: "warning",
        reasons: &[
            ("api_down", "its API does not answer since 4 min: timed out after 5 s"),
            ("quic", "QUIC is misconfigured: forward UDP port 28969, too"),
        ],
        left: 41,
        audit: 0.9996,
        online: 0.999,
        rates: (3.3, 1.2),
        disk: (3.76, 4.0),
        version: "1.155.9",
        api: "stale",
    },
    Sample {
        name: "attic",
        state: "ok",
        reasons: &[],
        left: 41,
        audit: 1.0,
        online: 1.0,
        rates: (2.1, 3.8),
        disk: (8.21, 9.0),
        version: "1.162.3",
        api: "ok",
    },
    Sample {
        name: "eave",
        state: "ok",
        reasons: &[],
        left: 41,
        audit: 0.9999,
        online: 1.0,
        rates: (0.0, 5.1),
        disk: (11.9, 12.0),
        version: "1.162.3",
        api: "ok",
    },
    Sample {
        name: "forge",
        state: "unknown",
        reasons: &[("no_data", "too little is known: no satellite rates it yet")],
        left: 41,
        audit: 1.0,
        online: 1.0,
        rates: (0.2, 0.0),
        disk: (0.31, 2.0),
        version: "1.162.3",
        api: "ok",
    },
];

fn satellites(sample: &Sample) -> Value {
    let one = |id: &str, name: &str, audit: f64, left: u32, online: f64, failed: u64| {
        json!({"satellite_id": id, "url": format!("{name}.storj.io:7777"), "audit_score": audit, "suspension_score": 1.0,
            "online_score": online, "audit_failures_to_disqualification": left, "recent_failed_audits": failed,
            "disqualified_at": null, "suspended_at": null, "vetted_at": "2023-06-02T10:00:00Z", "source": "api",
            "as_of": "2026-08-21T19:47:55Z"})
    };
    let failed = if sample.left < 41 { 12 } else { 0 };
    json!([
        one(US1, "us1", sample.audit, sample.left, sample.online, failed),
        one(EU1, "eu1", 1.0, 41, 1.0, 0),
        one(AP1, "ap1", 1.0, 41, 1.0, 0),
    ])
}

/// The month so far and by its end, net; of one node nobody knows.
fn earnings(name: &str) -> Value {
    let so_far: i64 = match name {
        "barn" => 7_120_000,
        "cellar" => 3_410_000,
        "attic" => 9_840_000,
        "eave" => 14_300_000,
        "forge" => 80_000,
        _ => return Value::Null,
    };
    json!({"month": "2026-08", "so_far_microusd": so_far, "estimate_microusd": so_far * 31 / 21,
        "node_estimate_microusd": so_far * 31 / 21 * 987 / 1000 / 10_000 * 10_000,
        "held_microusd": if name == "forge" { 240_000 } else { 0 }, "as_of": "2026-08-21T19:46:07Z"})
}

/// The node's status, as the collector tells it.
pub fn status(sample: &Sample) -> Value {
    let reasons: Vec<Value> = sample
        .reasons
        .iter()
        .map(|(rule, text)| json!({"rule": rule, "text": text}))
        .collect();
    let bytes = |tb: f64| (tb * 1e12).round() as u64;
    let (used, all) = sample.disk;
    let flow = |rate: f64, share: f64| {
        let success = (rate * 900.0) as u64;
        json!({"success": success, "canceled": (success as f64 * share) as u64, "failed": 0, "rejected": 0,
            "bytes": (rate * 3.6e9) as u64})
    };
    let mut by_action = json!({"GET": flow(sample.rates.1, 0.006), "PUT": flow(sample.rates.0, 0.021)});
    by_action["GET_AUDIT"] = json!({"success": 44, "canceled": 2, "failed": if sample.left < 41 { 12 } else { 0 },
        "rejected": 0, "bytes": 11_264});
    json!({"name": sample.name, "node_id": "1QzDKGHDeyuRxbvZhcwHU3syxTYtU1jHy5duAKuPxja3XC8ttk", "node_version": sample.version,
        "state": sample.state, "reasons": reasons, "started_at": "2026-07-02T04:11:00Z", "quic": "OK",
        "last_contact_at": "2026-08-21T19:47:58Z", "minimum_version": "1.150.4",
        "around": super::surround::around(sample.name), "notices": super::surround::notices(sample.name),
        "databases": super::surround::databases(sample.name),
        "pending_audits": super::surround::pending(sample.name),
        "sources": [{"source": format!("/var/log/storj/{}.log", sample.name), "kind": "file", "state": "following",
            "lag_bytes": 0, "lines": 2_041_180_u64, "understood": 2_041_139_u64, "unknown": 41, "malformed": 0,
            "bytes": 700_000_000_u64, "dialect": "console", "last_event_at": "2026-08-21T19:48:07Z", "error": null}],
        "api": {"state": sample.api, "last_ok_at": if sample.api == "ok" { "2026-08-21T19:47:55Z" } else { "2026-08-21T19:44:02Z" },
            "error": if sample.api == "ok" { Value::Null } else { json!("timed out after 5 s") }},
        "traffic": {"window_s": 3600, "by_action": by_action},
        "disk": {"semantics": "new", "allocated": bytes(all), "used": bytes(used), "free": bytes(all - used),
            "trash": bytes(used * 0.05), "reclaimable": 0, "overused": 0, "source": "api", "as_of": "2026-08-21T19:47:55Z"},
        "satellites": satellites(sample), "earnings": earnings(sample.name), "alerts": null})
}

/// A window of traffic that swings around a rate (MB/s).
fn window(rates: (f64, f64), width: i64, count: usize, seed: usize) -> Window {
    let begin = NOW_MS / 1000 / width * width - (count as i64 - 1) * width;
    let flow = |action: &str, outcome: Outcome, rate: f64| Flow {
        action: action.to_owned(),
        outcome,
        buckets: (0..count)
            .map(|n| {
                let time = (n + seed * 7) as f64;
                let swing = 1.0 + 0.35 * (time / 23.0 * TAU).sin() + 0.15 * (time / 7.0 * TAU).sin();
                let bytes = rate * 1e6 * width as f64 * swing;
                Cell {
                    count: (bytes / 400_000.0) as u64,
                    bytes: bytes as u64,
                }
            })
            .collect(),
    };
    Window {
        begin,
        width,
        flows: vec![
            flow("GET", Outcome::Success, rates.1),
            flow("GET", Outcome::Canceled, rates.1 * 0.006),
            flow("PUT", Outcome::Success, rates.0),
            flow("PUT", Outcome::Canceled, rates.0 * 0.02),
        ],
    }
}

fn section<T>(value: T) -> Option<Section<T>> {
    Some(Section {
        generation: 1,
        value: Arc::new(value),
    })
}

/// What is told of a node.
pub fn view(sample: &Sample, seed: usize) -> NodeView {
    NodeView {
        status: section(serde_json::from_value(status(sample)).unwrap()),
        seconds: section(window(sample.rates, 1, 600, seed)),
        minutes: section(window(sample.rates, 60, 1440, seed)),
        ..NodeView::default()
    }
}

/// What is told of all of them.
pub fn snapshot() -> Snapshot {
    let views = FLEET.iter().enumerate();
    Snapshot {
        time_ms: NOW_MS,
        nodes: views
            .map(|(n, sample)| (sample.name.to_owned(), view(sample, n)))
            .collect(),
        names: Some(FLEET.iter().map(|sample| sample.name.to_owned()).collect()),
        terms: None,
    }
}

/// How screens are looked at in tests.
#[derive(Clone, Copy)]
pub enum Look {
    Dark,
    Mono,
    Ascii,
}

impl Look {
    pub const ALL: [Self; 3] = [Self::Dark, Self::Mono, Self::Ascii];

    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Mono => "mono",
            Self::Ascii => "ascii",
        }
    }

    fn theme(self) -> Theme {
        match self {
            Self::Dark => Theme::named("dark", Depth::C16, Glyphs::UNICODE).unwrap(),
            Self::Mono => Theme::named("mono", Depth::None, Glyphs::UNICODE).unwrap(),
            Self::Ascii => Theme::named("dark", Depth::C16, Glyphs::ASCII).unwrap(),
        }
    }
}

pub const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 50)];

/// A model that knows nothing yet.
pub fn fresh(look: Look) -> Model {
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    Model::new(look.theme(), zone, Collector::Attached, NOW_MS)
}

/// A model that shows the fleet.
pub fn model(look: Look) -> Model {
    let mut model = fresh(look);
    model.update(Input::Heard(Message::Snapshot(snapshot())), NOW_MS);
    model
}

/// Draws as the program does: the model learns what lies where.
pub fn draw(model: &mut Model, (width, height): (u16, u16)) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    for _ in 0..2 {
        buffer.reset();
        let hits = frame::paint(area, &mut buffer, model);
        if !model.saw(hits) {
            break;
        }
    }
    buffer
}

/// Presses keys by name, one after the other; a text in quotes is typed. Draws after each.
pub fn press(model: &mut Model, keys: &str, size: (u16, u16)) -> Vec<Effect> {
    let mut effects = Vec::new();
    for (n, part) in keys.split('"').enumerate() {
        let names: Vec<String> = match n % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => part
                .chars()
                .map(|c| if c == ' ' { "space".to_owned() } else { c.to_string() })
                .collect(),
        };
        for name in names {
            let key = Key::parse(&name).unwrap_or_else(|| panic!("`{name}` is no key"));
            effects.extend(model.update(Input::Key(key), NOW_MS).0);
            draw(model, size);
        }
    }
    effects
}

/// The lines of a picture.
pub fn lines(buffer: &Buffer) -> Vec<String> {
    let row = |cells: &[ratatui::buffer::Cell]| cells.iter().map(ratatui::buffer::Cell::symbol).collect::<String>();
    buffer
        .content
        .chunks(usize::from(buffer.area.width).max(1))
        .map(row)
        .collect()
}
