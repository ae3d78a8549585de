//! What the fleet earns: every figure follows from bytes, hours and prices, so that all of them agree. For tests of
//! panes.

use storj_monitor::api::message::{Answer, Query};
use storj_monitor::api::money::{
    Amounts, Confidence, Costs, Currency, DayMoney, Difference, DifferenceReason, Estimate, EstimatePoint, Estimates,
    Held, HeldOf, MonthMoney, MonthState, NextPayout, NodeMoney, NodeTold, NodeWay, Note, NoteKind, Part, Parts,
    PriceSource, Receipt, Return, SatelliteMoney, SatelliteMonth, SentPart, Stub, Sum, Tallies, Unpaid, Yield,
};
use storj_monitor::domain::money::{Micro, Month, PAID_HOURS, Prices, TB};

use super::fleet::{AP1, EU1, NOW_MS, US1};

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
const PRICES: Prices = Prices {
    disk: 149,
    egress: 200,
    repair: 200,
    audit: 200,
};
/// Name, stored by satellites (TB), month it joined, used on the disk (TB).
const NODES: [(&str, f64, &str, f64); 6] = [
    ("attic", 6.47, "2023-06", 8.21),
    ("barn", 4.70, "2024-03", 6.48),
    ("cellar", 2.25, "2025-01", 3.76),
    ("dock", 1.45, "2025-09", 2.10),
    ("eave", 9.45, "2022-06", 11.90),
    ("forge", 0.24, "2026-08", 0.31),
];
const SATELLITES: [(&str, &str, f64); 3] = [(US1, "us1", 0.71), (EU1, "eu1", 0.22), (AP1, "ap1", 0.07)];

pub fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn cents(price: i64, tb: f64) -> Micro {
    Micro((price as f64 * 1e4 * tb).round() as i64)
}

fn rate(age: i32) -> i64 {
    match age {
        ..=3 => 75,
        4..=6 => 50,
        7..=9 => 25,
        _ => 0,
    }
}

fn amounts(gross: Micro, percent: i64) -> Amounts {
    let held = Micro(gross.0 * percent / 100);
    Amounts {
        gross,
        held,
        net: gross - held,
    }
}

/// What so much stored for so many hours earns, and the traffic that goes with it.
fn parts(stored: f64, hours: f64, percent: i64) -> Parts<Part> {
    let tb_months = stored * hours / PAID_HOURS;
    let moved = |per_tb: f64, price: i64| {
        let tb = tb_months * per_tb;
        Part {
            bytes: (tb * TB).round() as u64,
            byte_hours: None,
            price: Some(price),
            amounts: Some(amounts(cents(price, tb), percent)),
        }
    };
    Parts {
        storage: Part {
            bytes: (stored * TB) as u64,
            byte_hours: Some(stored * TB * hours),
            price: Some(PRICES.disk),
            amounts: Some(amounts(cents(PRICES.disk, tb_months), percent)),
        },
        egress: moved(0.258, PRICES.egress),
        repair: moved(0.084, PRICES.repair),
        audit: moved(0.0003, PRICES.audit),
    }
}

fn total(parts: &Parts<Part>) -> Amounts {
    let mut sum = Amounts::default();
    parts
        .each()
        .iter()
        .filter_map(|part| part.amounts)
        .for_each(|part| sum += part);
    sum
}

fn gross(parts: &Parts<Part>) -> Parts<Micro> {
    parts.map(|part| part.amounts.unwrap_or_default().gross)
}

fn scaled(amounts: Amounts, factor: f64) -> Amounts {
    let by = |amount: Micro| Micro((amount.0 as f64 * factor).round() as i64);
    let (gross, held) = (by(amounts.gross), by(amounts.held));
    Amounts {
        gross,
        held,
        net: gross - held,
    }
}

/// When and of what is told.
#[derive(Clone, Copy)]
struct Scene {
    now_ms: i64,
    month: Month,
}

impl Scene {
    fn end_ms(self) -> i64 {
        self.now_ms.min(self.month.end_ms())
    }

    fn hours(self) -> f64 {
        (self.end_ms() - self.month.start_ms()) as f64 / HOUR_MS as f64
    }

    fn gone(self) -> f64 {
        self.hours() / self.month.hours()
    }

    fn is_past(self) -> bool {
        self.now_ms >= self.month.end_ms()
    }
}

/// Nodes grow by some percent a month.
fn stored_in(stored: f64, joined: Month, month: Month, now: Month) -> f64 {
    match month < joined {
        true => 0.0,
        false => stored * 0.975_f64.powi(now.since(month)),
    }
}

fn satellite(scene: Scene, stored: f64, joined: Month, (id, name, share): (&str, &str, f64)) -> SatelliteMoney {
    let age = scene.month.since(joined) + 1;
    let percent = rate(age);
    let parts = parts(stored * share, scene.hours(), percent);
    let so_far = total(&parts);
    let end = scaled(so_far, 1.0 / scene.gone());
    let taken = Micro((if age < 10 { 0.11e6 } else { 0.87e6 } * share * stored).round() as i64);
    let returned = if age > 15 { Micro(taken.0 / 2) } else { Micro(0) };
    SatelliteMoney {
        satellite_id: id.to_owned(),
        name: name.to_owned(),
        trusted: true,
        disqualified_ms: None,
        joined_ms: Some(joined.start_ms() + 5 * DAY_MS),
        age_months: Some(age),
        held_percent: Some(percent),
        prices: Some((PRICES, scene.month.start_ms())),
        price_source: Some(PriceSource::Api),
        parts,
        so_far,
        average_bytes: Some((stored * share * TB) as u64),
        last_bytes: Some((stored * share * TB * 1.01) as u64),
        last_tally_ms: Some(scene.end_ms() / DAY_MS * DAY_MS - DAY_MS),
        missing_days: Vec::new(),
        filled_days: if name == "us1" {
            vec![month("2026-08").start_ms() + 18 * DAY_MS]
        } else {
            Vec::new()
        },
        month_end: (!scene.is_past()).then_some(end),
        node_month_end: Some(scaled(so_far, 0.987 / scene.gone()).net),
        held: HeldOf {
            taken,
            returned,
            left: taken - returned,
            half_back: (age <= 15).then(|| (joined.plus(15), Micro((taken.0 - returned.0) / 2))),
            next_rate: (age < 10).then(|| (joined.plus((age + 2) / 3 * 3), rate((age + 2) / 3 * 3 + 1))),
            ..HeldOf::default()
        },
        asked_ms: Some(scene.now_ms - 120_000),
    }
}

fn sum(satellites: &[SatelliteMoney]) -> Sum {
    let mut sum = Sum::default();
    for one in satellites {
        sum += Sum {
            amounts: one.so_far,
            parts: one.parts.map(|part| part.amounts.unwrap_or_default()),
            without: 0,
        };
    }
    sum
}

fn receipt(node: &str, satellite: &str, month: Month, amount: Micro) -> Receipt {
    let seed = node.len() * 7919 + satellite.len() * 104_729 + month.month() as usize * 15_485_863;
    let hash = format!("0x{:08x}{:08x}a94d", seed * 2_654_435_761 % 0xffff_ffff, seed);
    Receipt {
        chain: "zkSync Era".to_owned(),
        link: Some(format!("https://explorer.zksync.io/tx/{hash}")),
        hash,
        amount: Some(amount),
        time_ms: Some(month.end_ms() + 8 * DAY_MS),
    }
}

/// A month of a satellite that is settled.
fn settled(node: &str, at: Month, one: &SatelliteMoney) -> SatelliteMonth {
    let ours = one.so_far;
    // A paystub is a little off, by satellite and month.
    let off = 1.0 + f64::from((at.month() * 37 + one.name.len() as i32 * 11) % 17 - 7) / 1000.0;
    let paid = scaled(ours, off);
    let half = if one.age_months == Some(16) {
        Micro(500_000)
    } else {
        Micro(0)
    };
    let due = paid.net + half;
    let postponed = if node == "cellar" && at == month("2026-04") {
        due
    } else {
        Micro(0)
    };
    let earlier = if node == "cellar" && at == month("2026-05") {
        Micro(1_530_000)
    } else {
        Micro(0)
    };
    let sent = due - postponed + earlier;
    let receipts = if sent.0 > 0 {
        vec![receipt(node, &one.name, at, sent)]
    } else {
        Vec::new()
    };
    SatelliteMonth {
        satellite_id: one.satellite_id.clone(),
        name: one.name.clone(),
        ours: Some(ours.net),
        node: Some(scaled(ours, 0.991).net),
        gross: gross(&one.parts),
        stub: Some(Stub {
            gross: paid.gross,
            held: paid.held,
            disposed: half,
            owed: due,
            paid: due,
            distributed: sent,
            postponed,
            earlier,
        }),
        surge_percent: Some(100),
        codes: match one.held_percent {
            Some(1..) => vec![(
                "E".to_owned(),
                "in withholding: part of what is earned is held back".to_owned(),
            )],
            _ => Vec::new(),
        },
        receipts,
        waiting: postponed,
        sent: part(at, due - postponed),
        waits: postponed,
        brought: part(at.plus(-1), earlier),
    }
}

fn parts_of(months: &[SatelliteMonth], of: fn(&SatelliteMonth) -> &Vec<SentPart>) -> Vec<SentPart> {
    let mut all: Vec<SentPart> = Vec::new();
    for part in months.iter().flat_map(of) {
        match all.iter_mut().find(|known| known.month == part.month) {
            Some(known) => known.amount += part.amount,
            None => all.push(*part),
        }
    }
    all
}

fn part(month: Month, amount: Micro) -> Vec<SentPart> {
    let part = SentPart { month, amount };
    if amount.0 > 0 { vec![part] } else { Vec::new() }
}

fn month_money(scene: Scene, node: &str, satellites: &[SatelliteMoney], end: Option<Amounts>) -> MonthMoney {
    let at = scene.month;
    let mut months: Vec<SatelliteMonth> = satellites.iter().map(|one| settled(node, at, one)).collect();
    let mut missing = Vec::new();
    let runs = !scene.is_past();
    for one in &mut months {
        let gone = node == "dock" && at == month("2026-03") && one.name == "ap1";
        if gone {
            missing.push(one.name.clone());
        }
        if runs || gone {
            (one.stub, one.surge_percent, one.codes, one.receipts) = (None, None, Vec::new(), Vec::new());
            (one.waiting, one.waits) = (Micro(0), Micro(0));
            (one.sent, one.brought) = (Vec::new(), Vec::new());
        }
    }
    let mut stub: Option<Stub> = None;
    for one in months.iter().filter_map(|one| one.stub) {
        *stub.get_or_insert_default() += one;
    }
    let mut parts = Parts::default();
    months.iter().for_each(|one| parts += one.gross);
    let ours = end
        .map(|end| end.net)
        .unwrap_or_else(|| months.iter().filter_map(|one| one.ours).sum());
    MonthMoney {
        month: at,
        state: match (runs, missing.is_empty(), stub.is_some_and(|stub| stub.postponed.0 > 0)) {
            (true, ..) => MonthState::Running,
            (_, false, _) => MonthState::Missing,
            (.., true) => MonthState::Postponed,
            _ => MonthState::Paid,
        },
        ours: Some(ours),
        node: Some(scaled(amounts(ours, 0), 0.991).net),
        gross: parts,
        expected: end.map(|end| end.gross),
        is_settled: !runs,
        difference: stub.map(|stub| stub.paid - stub.disposed - ours),
        compared: stub.is_some().then_some(ours),
        sent: parts_of(&months, |one| &one.sent),
        waits: months.iter().map(|one| one.waits).sum(),
        brought: parts_of(&months, |one| &one.brought),
        stub,
        missing,
        satellites: months,
    }
}

fn through(scene: Scene, net: Micro, joined: Month) -> Vec<EstimatePoint> {
    let begin = scene.month.start_ms();
    let from = if joined == scene.month {
        begin + 9 * DAY_MS
    } else {
        begin + 6 * HOUR_MS
    };
    let times = (0..)
        .map(|n| from + n * 6 * HOUR_MS)
        .take_while(|ms| *ms < scene.end_ms());
    times
        .map(|time_ms| {
            let share = (time_ms - begin) as f64 / (scene.month.end_ms() - begin) as f64;
            let swing = 1.0 + 0.09 * (share * 19.0).sin() * (1.0 - share) - 0.05 * (1.0 - share);
            let ours = Micro((net.0 as f64 * swing).round() as i64);
            let dip = if (0.58..0.62).contains(&share) { 0.93 } else { 0.987 };
            EstimatePoint {
                time_ms,
                ours: Some(ours),
                node: Some(Micro((ours.0 as f64 * dip).round() as i64)),
                so_far: Some(Micro((net.0 as f64 * share).round() as i64)),
            }
        })
        .collect()
}

fn days(start: Month, until_ms: i64, gross: Parts<Micro>) -> Vec<DayMoney> {
    let count = ((until_ms - start.start_ms()) + DAY_MS - 1) / DAY_MS;
    (0..count)
        .map(|n| DayMoney {
            start_ms: start.start_ms() + n * DAY_MS,
            gross: gross.map(|amount| Micro(amount.0 * (n + 1) / count - amount.0 * n / count)),
        })
        .collect()
}

fn unpaid(name: &str) -> Vec<(Unpaid, u64, Option<Micro>)> {
    let (_, stored, _, used) = *NODES.iter().find(|node| node.0 == name).unwrap();
    let all = used - stored;
    let one = |why, share: f64| (why, (all * share * TB).round() as u64, Some(cents(149, all * share)));
    vec![
        one(Unpaid::Trash, 0.23),
        one(Unpaid::Dead, 0.29),
        one(Unpaid::Unexplained, 0.48),
    ]
}

fn costs(name: &str, net: Option<Micro>) -> Option<Costs> {
    let (fixed, power, invested) = match name {
        "attic" => (1.0, 2.4, Some(180.0)),
        "barn" => (1.0, 1.9, None),
        "eave" => (1.5, 2.9, Some(270.0)),
        _ => return None,
    };
    let total = Micro::of_dollars(fixed + power);
    let profit = net.map(|net| net - total);
    let pace = profit.map(Micro::dollars);
    Some(Costs {
        fixed: Some(Micro::of_dollars(fixed)),
        power: Some(Micro::of_dollars(power)),
        total: Some(total),
        lacks: None,
        profit,
        left: profit,
        margin: profit.zip(net).map(|(profit, net)| profit.dollars() / net.dollars()),
        invested: invested.map(Micro::of_dollars),
        return_per_year: pace.zip(invested).map(|(pace, invested)| pace * 12.0 / invested),
        payback_months: pace.zip(invested).map(|(pace, invested)| invested / pace),
    })
}

fn held(satellites: &[SatelliteMoney]) -> Held {
    let all = |of: fn(&HeldOf) -> Micro| satellites.iter().map(|one| of(&one.held)).sum::<Micro>();
    let coming = satellites.iter().filter_map(|one| {
        let (month, amount) = one.held.half_back?;
        Some(Return {
            satellite: one.name.clone(),
            month,
            amount,
        })
    });
    Held {
        taken: all(|held| held.taken),
        returned: all(|held| held.returned),
        left: all(|held| held.left),
        coming: coming.collect(),
        at_exit: Micro(all(|held| held.left).0 / 2),
        lost: Micro(0),
    }
}

fn estimates(scene: Scene, amounts: Amounts) -> Estimates {
    if scene.is_past() {
        return Estimates::default();
    }
    let bound = |factor: f64| scaled(amounts, factor).net;
    let way = |factor: f64| Estimate {
        amounts: scaled(amounts, factor),
        low: bound(factor * 0.943),
        high: bound(factor * 1.057),
    };
    Estimates {
        node: Some((Micro(bound(0.987).0 / 10_000 * 10_000), scene.now_ms - 120_000)),
        tallies: Some(way(1.0)),
        trend: Some(way(1.025)),
        confidence: Confidence::Good,
        because: Vec::new(),
    }
}

fn node_way(so_far: Amounts) -> NodeWay {
    NodeWay {
        so_far: scaled(so_far, 0.987),
        month_end: None,
        differences: vec![Difference {
            reason: DifferenceReason::Days,
            amount: scaled(so_far, -0.013).gross,
            text: "it has no tally of 19 Aug yet".to_owned(),
        }],
    }
}

/// A node, asked at a time about a month, with so many months of history.
pub fn node(name: &str, now_ms: i64, asked: Option<Month>, months: u32) -> NodeMoney {
    let (_, stored, joined, used) = *NODES.iter().find(|node| node.0 == name).unwrap();
    let (now, joined) = (Month::of_ms(now_ms), month(joined));
    let scene = |month: Month| Scene { now_ms, month };
    let of = |at: Month| -> Vec<SatelliteMoney> {
        let stored = stored_in(stored, joined, at, now);
        let all = SATELLITES.iter().filter(|_| at >= joined);
        all.map(|one| satellite(scene(at), stored, joined, *one)).collect()
    };
    let told = scene(asked.unwrap_or(now));
    let satellites = of(told.month);
    let so_far = sum(&satellites);
    let end = scaled(so_far.amounts, 1.0 / told.gone());
    let known = if months == 0 {
        now.since(joined) + 1
    } else {
        months as i32
    };
    let history = (0..known).map(|back| now.plus(-back)).filter(|at| *at >= joined);
    let history: Vec<MonthMoney> = history
        .map(|at| {
            let satellites = of(at);
            let end = (at == now).then(|| scaled(sum(&satellites).amounts, 1.0 / scene(at).gone()));
            month_money(scene(at), name, &satellites, end)
        })
        .collect();
    let before = of(told.month.plus(-1));
    let day_sum = |satellites: &[SatelliteMoney]| {
        let mut parts = Parts::default();
        satellites.iter().for_each(|one| parts += gross(&one.parts));
        parts
    };
    let tb = |tb: f64| Some((tb * TB).round() as u64);
    NodeMoney {
        node: name.to_owned(),
        month: told.month,
        now_ms,
        gone: told.gone(),
        currency: Currency::default(),
        so_far,
        estimates: estimates(told, end),
        told: (!told.is_past()).then(|| NodeTold {
            amounts: scaled(so_far.amounts, 0.987),
            time_ms: now_ms - 120_000,
        }),
        node_way: node_way(so_far.amounts),
        tallies: Tallies {
            satellites: satellites.len() as u32,
            current: satellites.len() as u32,
            filled: 1,
            missing: 0,
        },
        held: held(&satellites),
        yields: Yield {
            per_tb_used: Some(Micro(
                (end.net.dollars() / used / told.month.hours() * PAID_HOURS * 1e6).round() as i64,
            )),
            per_tb_paid: Some(Micro(
                (end.net.dollars() / stored / told.month.hours() * PAID_HOURS * 1e6).round() as i64,
            )),
            per_tb_egress: Some(Micro(2_000_000)),
            used: tb(used),
            paid: tb(stored),
            unpaid: unpaid(name),
        },
        costs: costs(name, (!told.is_past()).then_some(end.net)),
        payout: Some(NextPayout {
            month: now,
            about_ms: now.end_ms() + 8 * DAY_MS,
            between_ms: (now.end_ms() + 7 * DAY_MS, now.end_ms() + 10 * DAY_MS),
            known: 7,
        }),
        through: through(told, end.net, joined),
        days: days(told.month, told.end_ms(), day_sum(&satellites)),
        days_before: days(told.month.plus(-1), told.month.start_ms(), day_sum(&before)),
        history,
        notes: notes(name),
        asked_ms: Some(now_ms - 120_000),
        error: None,
        satellites,
    }
}

fn notes(name: &str) -> Vec<Note> {
    let note = |kind, satellite: &str, text: &str, more: &str| Note {
        kind,
        satellite: Some(satellite.to_owned()),
        text: text.to_owned(),
        more: more.to_owned(),
    };
    let mut notes = vec![note(
        NoteKind::TallyMissing,
        "us1",
        "us1 sent no tally of 19 Aug; the next one covers it, no money is lost",
        "A tally tells what a satellite stores here since the one before. The node's own estimate dips until it comes.",
    )];
    if name == "dock" {
        notes.push(note(
            NoteKind::PaystubMissing,
            "ap1",
            "no paystub of ap1 for March 2026; its days come to $0.10",
            "Paystubs come in the first two weeks of the month after. Ask the satellite's support where it is.",
        ));
    }
    notes
}

/// All of them.
pub fn fleet(now_ms: i64, asked: Option<Month>, months: u32) -> Vec<NodeMoney> {
    NODES
        .iter()
        .map(|(name, ..)| node(name, now_ms, asked, months))
        .collect()
}

/// The collector's side.
pub fn answer(query: &Query) -> Result<Answer, String> {
    let Query::Money {
        nodes,
        at_ms,
        month,
        months,
    } = query
    else {
        return super::storage::answer(query);
    };
    let mut told = fleet(at_ms.unwrap_or(NOW_MS), *month, *months);
    told.retain(|one| nodes.is_empty() || nodes.contains(&one.node));
    Ok(Answer::Money(told))
}

/// As many nodes as are wanted: the six again and again.
pub fn many(query: &Query, nodes: usize) -> Result<Answer, String> {
    let mut told = answer(query)?;
    if let Answer::Money(six) = &mut told {
        let again = six.clone();
        for (n, one) in again.iter().cycle().take(nodes.saturating_sub(6)).enumerate() {
            six.push(NodeMoney {
                node: format!("node{}", n + 6),
                ..one.clone()
            });
        }
    }
    Ok(told)
}
