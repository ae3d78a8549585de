//! Nodes whose money is known: days, prices and paystubs as a test builds them, kept as if a node had told them.

use std::path::Path;

use storj_monitor::api::message::{Answer, Query};
use storj_monitor::api::money::NodeMoney;
use storj_monitor::collector::hub::Hub;
use storj_monitor::domain::detail::{Detail, MovedDay, StoredDay};
use storj_monitor::domain::money::{Micro, Month, Paystub, Prices};
use storj_monitor::domain::payout::{Fact, MoneySource};
use storj_monitor::domain::sample::{Poll, Process, Sample, Standing};
use storj_monitor::store::writer::Writer;

pub const DAY_MS: i64 = 86_400_000;
pub const PRICES: Prices = Prices {
    disk: 149,
    egress: 200,
    repair: 200,
    audit: 200,
};

pub fn ms(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

pub fn month(text: &str) -> Month {
    text.parse().unwrap()
}

/// A tally of so many bytes that stands for so many hours.
pub fn stored(day: &str, bytes: f64, hours: f64) -> StoredDay {
    StoredDay {
        start_ms: ms(&format!("{day}T00:00:00Z")),
        byte_hours: bytes * hours,
        bytes: Some(bytes),
        hours: Some(hours),
        calculated: false,
    }
}

pub fn paystub(satellite: &str, period: &str, [held, disposed, paid, distributed]: [i64; 4], codes: &str) -> Paystub {
    Paystub {
        satellite_id: satellite.to_owned(),
        period: month(period),
        created_ms: Some(month(period).end_ms() + 5 * DAY_MS),
        codes: codes.to_owned(),
        byte_hours: 0.0,
        get: 0,
        put: 0,
        get_repair: 0,
        put_repair: 0,
        get_audit: 0,
        for_storage: Micro(0),
        for_get: Micro(0),
        for_put: Micro(0),
        for_get_repair: Micro(0),
        for_put_repair: Micro(0),
        for_get_audit: Micro(0),
        surge_percent: 0,
        held: Micro(held),
        owed: Micro(paid),
        disposed: Micro(disposed),
        paid: Micro(paid),
        distributed: Micro(distributed),
    }
}

/// A satellite of a node.
#[derive(Default, Clone)]
pub struct Sat {
    pub id: &'static str,
    pub url: &'static str,
    pub joined: Option<&'static str>,
    pub disqualified: Option<&'static str>,
    pub prices: Option<Prices>,
    pub stored: Vec<StoredDay>,
    pub moved: Vec<MovedDay>,
    pub facts: Vec<Fact>,
}

/// Keeps a node `n` as it told at `now`: by its API, or by its databases alone.
pub fn keep(data: &Path, now: i64, sats: &[Sat], source: MoneySource) {
    let mut writer = Writer::open(data).unwrap();
    let detail = |sat: &Sat| {
        Ok(Detail {
            satellite_id: sat.id.to_owned(),
            joined_ms: sat.joined.map(ms),
            stored: sat.stored.clone(),
            moved: sat.moved.clone(),
            ..Detail::default()
        })
    };
    let standing = |sat: &Sat| Standing {
        satellite_id: Some(sat.id.to_owned()),
        url: sat.url.to_owned(),
        disqualified_ms: sat.disqualified.map(ms),
        ..Standing::default()
    };
    let sample = Sample {
        process: Process {
            node_id: Some("node".to_owned()),
            version: Some("1.162.3".to_owned()),
            ..Process::default()
        },
        last_contact_ms: None,
        disk: None,
        standings: Ok(sats.iter().map(standing).collect()),
        details: sats.iter().map(detail).collect(),
        money: Vec::new(),
    };
    let poll = Poll {
        time_ms: now,
        answer: Ok(sample),
    };
    writer.node("n").unwrap();
    writer.watch_only(&["n".to_owned()], now).unwrap();
    writer.commit(&mut [], &[("n".to_owned(), poll)], now).unwrap();
    for sat in sats {
        let prices = sat.prices.map(|prices| Fact::Prices(sat.id.to_owned(), prices));
        let facts: Vec<Fact> = prices.into_iter().chain(sat.facts.iter().cloned()).collect();
        writer.put_money("n", now, source, &facts).unwrap();
    }
}

/// The answer at a time.
pub fn money(data: &Path, at_ms: i64, month: Option<Month>) -> NodeMoney {
    let query = Query::Money {
        nodes: vec!["n".to_owned()],
        at_ms: Some(at_ms),
        month,
        months: 0,
    };
    match Hub::alone(data).answer(&query) {
        Ok(Answer::Money(mut nodes)) => nodes.remove(0),
        other => panic!("{other:?}"),
    }
}
