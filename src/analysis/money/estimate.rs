//! The month's end, foreseen by tallies and by trend, with bounds, and how far to trust it.

use super::month::{gross, split, sum};
use super::usage::{Tally, Usage, begin_ms, midnight, tallies, usage};
use super::{Account, DAY_MS, HOUR_MS, held};
use crate::domain::detail::MovedDay;
use crate::domain::earned::{Amounts, Confidence, Estimate};
use crate::domain::money::{Micro, Month, PAID_HOURS, TB};

/// A tally this old still says what is stored when a month begins.
const REMEMBERED_MS: i64 = 7 * DAY_MS;
/// Until so much of a month is over, its traffic is foreseen by the days before it, too.
const EARLY_MS: i64 = 2 * DAY_MS;
/// Tallies a trend looks at, and the fewest.
const TREND: usize = 14;
const LEAST: usize = 3;
/// So many times from the middle one is far off.
const ODD: f64 = 3.0;
/// Days traffic is averaged over.
const WEEK: i64 = 7;
/// Days whose spread counts.
const SPREAD: i64 = 30;
/// Four of five values of a normal distribution lie within so many deviations.
const FOUR_OF_FIVE: f64 = 1.2816;

/// What a satellite's month comes to by its end.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Foreseen {
    /// By tallies.
    pub tallies: Option<Estimate>,
    /// By trend.
    pub trend: Option<Estimate>,
}

/// Foresees the end of the month at `now_ms`, which lies in it. What has no price is left out.
pub fn foresee(account: &Account<'_>, month: Month, now_ms: i64) -> Foreseen {
    let (begin, end) = (begin_ms(account.joined_ms, month), month.end_ms());
    if !(begin..end).contains(&now_ms) || account.prices.is_none() || !account.pays(month) {
        return Foreseen::default();
    }
    let so_far = usage(account, month, now_ms);
    let heard = heard_ms(account.moved, now_ms);
    let by_tallies = by_tallies(account, &so_far, (begin, end), heard);
    let by_trend = by_trend(account, &so_far, (begin, end), now_ms);
    let percent = held::percent(account.joined_ms, month);
    let earned = super::month::so_far(account, month, now_ms).amounts;
    let amounts = |usage: &Usage| {
        let parts = gross(usage, account.prices.as_ref());
        let end = sum(&parts.map(|part| part.map(|gross| split(gross, percent))));
        // A tally that reaches back into the month before weighs less by the average than it is paid.
        if end.gross < earned.gross { earned } else { end }
    };
    let (tallies, trend) = (by_tallies.as_ref().map(amounts), by_trend.as_ref().map(amounts));
    let rest = (end - now_ms) as f64 / DAY_MS as f64;
    let kept = 1.0 - percent.unwrap_or(0) as f64 / 100.0;
    let spread = spread(account, now_ms) * kept * rest.sqrt() * FOUR_OF_FIVE * 1e6;
    let bounded = |amounts: Amounts| bounded(amounts, (tallies, trend), spread, &earned);
    Foreseen {
        tallies: tallies.map(bounded),
        trend: trend.map(bounded),
    }
}

/// From the lower to the higher of both ways, and what days vary by; never less than what is earned already.
fn bounded(
    amounts: Amounts,
    (tallies, trend): (Option<Amounts>, Option<Amounts>),
    spread: f64,
    so_far: &Amounts,
) -> Estimate {
    let ways = || {
        [tallies, trend]
            .into_iter()
            .flatten()
            .map(|way| way.net)
            .chain([amounts.net])
    };
    let spread = Micro(spread.round() as i64);
    let low = ways().min().unwrap_or(amounts.net) - spread;
    let high = ways().max().unwrap_or(amounts.net) + spread;
    Estimate {
        amounts,
        low: low.max(so_far.net).min(amounts.net),
        high,
    }
}

/// Until when traffic is known: now, unless the node was not heard of for more than a day.
fn heard_ms(moved: &[MovedDay], now_ms: i64) -> i64 {
    let last = moved.iter().map(|day| day.start_ms).filter(|ms| *ms <= now_ms).max();
    let end = last.map_or(now_ms, |last| last + DAY_MS);
    if now_ms - end > DAY_MS { end } else { now_ms }
}

/// A day's traffic on the average of whole days before `day_ms`, so many at most; `None`: fewer than `least` are known.
fn usual(moved: &[MovedDay], day_ms: i64, days: i64, least: usize) -> Option<[f64; 3]> {
    let range = day_ms - days * DAY_MS..day_ms;
    let known: Vec<&MovedDay> = moved.iter().filter(|day| range.contains(&day.start_ms)).collect();
    let mean = |of: fn(&MovedDay) -> u64| {
        let sum: f64 = known.iter().map(|day| of(day) as f64).sum();
        sum / known.len() as f64
    };
    (known.len() >= least.max(1)).then(|| {
        [
            mean(|day| day.egress),
            mean(|day| day.egress_repair),
            mean(|day| day.egress_audit),
        ]
    })
}

fn hours(ms: i64) -> f64 {
    ms as f64 / HOUR_MS as f64
}

/// Stored as on the average so far, moved as much a minute as so far.
fn by_tallies(account: &Account<'_>, so_far: &Usage, (begin, end): (i64, i64), heard_ms: i64) -> Option<Usage> {
    let remembered = so_far.last.filter(|tally| begin - tally.day_ms <= REMEMBERED_MS);
    let average = so_far.average.or_else(|| remembered.map(|tally| tally.bytes()));
    let gone = heard_ms - begin;
    if gone <= 0 || average.is_none() && account.moved.is_empty() {
        return None;
    }
    let early = (gone < EARLY_MS)
        .then(|| usual(account.moved, midnight(begin), WEEK, LEAST))
        .flatten();
    let rest_days = (end - heard_ms) as f64 / DAY_MS as f64;
    let whole = |bytes: u64, way: usize| {
        let bytes = bytes as f64;
        let whole = match early {
            Some(usual) => bytes + usual[way] * rest_days,
            None => bytes * ((end - begin) as f64 / gone as f64),
        };
        whole.round() as u64
    };
    Some(Usage {
        byte_hours: average.unwrap_or(0.0) * hours(end - begin),
        egress: whole(so_far.egress, 0),
        repair: whole(so_far.repair, 1),
        audit: whole(so_far.audit, 2),
        ..Usage::default()
    })
}

/// Stored goes on growing as over the last two weeks, moved is as in the last week.
fn by_trend(account: &Account<'_>, so_far: &Usage, (begin, end): (i64, i64), now_ms: i64) -> Option<Usage> {
    let known = tallies(account.stored);
    let known = &known[..known.partition_point(|tally| tally.day_ms <= now_ms)];
    let known = usual_tallies(&known[known.len().saturating_sub(TREND)..]);
    let last = known.last()?;
    let line = line(&known)?;
    let covered = (last.day_ms + DAY_MS).clamp(begin, end);
    let past = so_far.average.unwrap_or(0.0) * hours(covered - begin);
    let days = ((end - covered).max(0) + DAY_MS - 1) / DAY_MS;
    let future: f64 = (0..days)
        .map(|n| {
            let day = covered + n * DAY_MS;
            line(day).max(0.0) * hours((end - day).min(DAY_MS))
        })
        .sum();
    let usual = usual(account.moved, midnight(now_ms), WEEK, LEAST)?;
    let rest_days = (end - now_ms) as f64 / DAY_MS as f64;
    let whole = |bytes: u64, way: usize| (bytes as f64 + usual[way] * rest_days).round() as u64;
    Some(Usage {
        byte_hours: past + future,
        egress: whole(so_far.egress, 0),
        repair: whole(so_far.repair, 1),
        audit: whole(so_far.audit, 2),
        ..Usage::default()
    })
}

/// Those near the middle one: a tally far off is a slip, or of a day that is not over.
fn usual_tallies(known: &[Tally]) -> Vec<Tally> {
    let mut bytes: Vec<f64> = known.iter().map(Tally::bytes).collect();
    bytes.sort_by(f64::total_cmp);
    let middle = bytes.get(bytes.len() / 2).copied().unwrap_or(0.0);
    let fits = |bytes: f64| bytes <= middle * ODD && bytes * ODD >= middle;
    known.iter().filter(|tally| fits(tally.bytes())).copied().collect()
}

/// Bytes stored by day, on a line through tallies (least squares); `None`: there are too few.
fn line(known: &[Tally]) -> Option<impl Fn(i64) -> f64> {
    let first = known.first()?.day_ms;
    if known.len() < LEAST {
        return None;
    }
    let day = move |ms: i64| (ms - first) as f64 / DAY_MS as f64;
    let count = known.len() as f64;
    let mean_x = known.iter().map(|tally| day(tally.day_ms)).sum::<f64>() / count;
    let mean_y = known.iter().map(Tally::bytes).sum::<f64>() / count;
    let (mut xy, mut xx) = (0.0, 0.0);
    for tally in known {
        let x = day(tally.day_ms) - mean_x;
        xy += x * (tally.bytes() - mean_y);
        xx += x * x;
    }
    let slope = if xx > 0.0 { xy / xx } else { 0.0 };
    Some(move |ms: i64| mean_y + slope * (day(ms) - mean_x))
}

/// How much the gross of single days varies, dollars: one standard deviation of the last thirty.
fn spread(account: &Account<'_>, now_ms: i64) -> f64 {
    let prices = account.prices.unwrap_or_default();
    let from = midnight(now_ms) - SPREAD * DAY_MS;
    let days: Vec<f64> = usual_tallies(&tallies(account.stored))
        .iter()
        .filter(|tally| (from..midnight(now_ms)).contains(&tally.day_ms))
        .map(|tally| {
            let moved = account.moved.iter().find(|day| day.start_ms == midnight(tally.day_ms));
            let moved = moved.map_or(0.0, |day| {
                day.egress as f64 * prices.egress as f64
                    + day.egress_repair as f64 * prices.repair as f64
                    + day.egress_audit as f64 * prices.audit as f64
            });
            (tally.bytes() * 24.0 / PAID_HOURS * prices.disk as f64 + moved) / TB / 100.0
        })
        .collect();
    if days.len() < LEAST {
        return 0.0;
    }
    let mean = days.iter().sum::<f64>() / days.len() as f64;
    let square = days.iter().map(|day| (day - mean).powi(2)).sum::<f64>() / (days.len() - 1) as f64;
    square.sqrt()
}

/// What an estimate rests on, of one satellite that pays.
pub struct Ground<'a> {
    /// As people call it.
    pub name: &'a str,
    /// Its month so far.
    pub usage: &'a Usage,
    /// Whether its prices are known; and whether only from the configuration.
    pub priced: bool,
    /// See `priced`.
    pub fallback: bool,
}

/// How far to trust an estimate (see [`Confidence`]), and why not further, the gravest first.
pub fn confidence(grounds: &[Ground<'_>], month: Month, now_ms: i64) -> (Confidence, Vec<String>) {
    if !grounds
        .iter()
        .any(|ground| ground.priced && ground.usage.last.is_some())
    {
        let why = "no satellite has reported what it stores, and at which price: no range is known".to_owned();
        return (Confidence::None, vec![why]);
    }
    let mut why: Vec<(Confidence, String)> = Vec::new();
    let gone = (now_ms - month.start_ms()) as f64 / DAY_MS as f64;
    match gone {
        ..2.0 => why.push((Confidence::Poor, "less than two days of the month are over".to_owned())),
        ..7.0 => why.push((Confidence::Fair, "less than a week of the month is over".to_owned())),
        _ => {}
    }
    for ground in grounds {
        let name = ground.name;
        match ground.usage.missing.len() {
            0 => {}
            1 => why.push((Confidence::Fair, format!("no storage report from {name} for a day"))),
            n if n < 3 => why.push((Confidence::Fair, format!("no storage report from {name} for {n} days"))),
            n => why.push((Confidence::Poor, format!("no storage report from {name} for {n} days"))),
        }
        if !ground.priced {
            why.push((Confidence::Poor, format!("the prices of {name} are unknown")));
        } else if ground.fallback {
            why.push((
                Confidence::Fair,
                format!("the prices of {name} are the configuration's"),
            ));
        }
    }
    why.sort_by_key(|(confidence, _)| *confidence);
    let worst = why.first().map_or(Confidence::Good, |(confidence, _)| *confidence);
    (worst, why.into_iter().map(|(_, text)| text).collect())
}
