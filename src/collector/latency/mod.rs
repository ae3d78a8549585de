//! How long transfers take, put together: nodes by an action, and one node in full. Asked by the hub.

mod actions;
mod detail;
mod gather;

use std::collections::BTreeMap;

use self::gather::{Flow, Of, Plan, Raw, Told, by, counts, sum};
use crate::analysis::latency as judge;
use crate::api::latency::{Ask, Compared, Figures, Latency, LogCost, NodeLatency, Slow, Verdict};
use crate::domain::batch::FastMap;
use crate::domain::piece;
use crate::domain::transfer::{Class, Outcome, Quality};
use crate::store::query::{By, Key, Scope};
use crate::store::{Reader, Result};
use crate::support::clock::{DAY_S, HOUR_S};
use crate::support::middle::median_of;
use crate::support::sketch::Sketch;

const WEEK: i64 = 7 * DAY_S;
/// Of the slowest so many are told.
const MOST_SLOW: usize = 30;

/// Everything one answer is made with.
struct Asked<'a> {
    reader: &'a Reader,
    ask: &'a Ask,
    plan: Plan,
    now_ms: i64,
    /// Rows of the action and the satellite; -1: there is none of the name.
    action: i64,
    satellite: Option<i64>,
    satellites: FastMap<i64, String>,
    actions: FastMap<i64, String>,
}

/// The answer.
///
/// # Errors
/// When the database cannot be read.
pub fn latency(reader: &Reader, ask: &Ask, now_ms: i64) -> Result<Latency> {
    let names = super::tell::named(reader, &ask.nodes, ask.to_ms.min(now_ms))?;
    let scope = Scope {
        nodes: names,
        from_ms: Some(ask.from_ms),
        to_ms: Some(ask.to_ms),
    };
    let nodes = match scope.nodes.is_empty() {
        true => Vec::new(),
        false => reader.scope_nodes(&scope)?,
    };
    let rows: Vec<i64> = nodes.iter().map(|(row, _)| *row).collect();
    let (satellites, actions) = (reader.names("satellite")?, reader.names("action")?);
    let row = |names: &FastMap<i64, String>, name: &str| {
        let found = names.iter().find(|(_, other)| *other == name);
        found.map_or(-1, |(row, _)| *row)
    };
    let asked = Asked {
        reader,
        ask,
        plan: Plan::of(reader, &rows, (ask.from_ms, ask.to_ms), now_ms)?,
        now_ms,
        action: row(&actions, &ask.action),
        satellite: ask.satellite.as_ref().map(|id| row(&satellites, id)),
        satellites,
        actions,
    };
    let (begin, len) = asked.plan.trend(ask.to_ms);
    let mut told = Latency {
        from_ms: begin * 1000,
        to_ms: ask.to_ms,
        begin,
        width: asked.plan.width,
        ..Latency::default()
    };
    if ask.each_action {
        told.nodes = asked.actions_of(&nodes)?;
        return Ok(told);
    }
    let ends = asked.ends(&scope)?;
    for (row, name) in nodes {
        let (mut node, raw) = asked.node((row, &name), (begin, len))?;
        node.ends = ends.get(&name).copied().unwrap_or_default();
        asked.slow((row, &name), &raw, &mut told.slow)?;
        if ask.detail.as_ref() == Some(&name) {
            told.detail = Some(asked.detail((row, &name), &raw)?);
        }
        told.nodes.push(node);
    }
    told.slow.sort_by_key(|slow| (std::cmp::Reverse(slow.ms), slow.time_ms));
    told.slow.truncate(MOST_SLOW);
    judged(&mut told.nodes);
    told.nodes
        .iter_mut()
        .for_each(|node| since_in_range(node, (begin, told.width)));
    Ok(told)
}

/// Place of an outcome of an action among the ends: won, lost, failed, rejected. An audit is no race: a canceled one
/// has passed.
fn end(action: &str, outcome: &str) -> usize {
    match outcome {
        "success" => 0,
        "canceled" if Class::of(action) == Class::Audit => 0,
        "canceled" => 1,
        "failed" => 2,
        _ => 3,
    }
}

fn text(key: &Key) -> &str {
    match key {
        Key::Text(text) => text,
        _ => "",
    }
}

impl Asked<'_> {
    /// How transfers of the action ended, by node.
    fn ends(&self, scope: &Scope) -> Result<BTreeMap<String, [u64; 4]>> {
        let by = [By::Node, By::Action, By::Outcome, By::SatelliteId];
        let by = if self.satellite.is_some() { &by[..] } else { &by[..3] };
        let mut ends: BTreeMap<String, [u64; 4]> = BTreeMap::new();
        if scope.nodes.is_empty() {
            return Ok(ends);
        }
        for (keys, cell) in self.reader.traffic(scope, by)? {
            let wanted = text(&keys[1]) == self.ask.action
                && (self.ask.satellite.as_deref()).is_none_or(|id| keys.get(3).is_some_and(|key| text(key) == id));
            if wanted {
                ends.entry(text(&keys[0]).to_owned()).or_default()[end(text(&keys[1]), text(&keys[2]))] += cell.count;
            }
        }
        Ok(ends)
    }

    /// Whether speeds and lost races can be told of all satellites only though one is asked for.
    fn mixes_satellites(&self) -> bool {
        self.satellite.is_some() && self.plan.hours.0 < self.plan.hours.1
    }

    /// First second of the range, and the one behind the last whole hour of it.
    fn from(&self) -> i64 {
        self.ask.from_ms.div_euclid(HOUR_S * 1000) * HOUR_S
    }

    fn to(&self) -> i64 {
        match self.plan.hours.0 < self.plan.hours.1 {
            true => self.plan.hours.1,
            false if self.ask.to_ms >= self.now_ms - 60_000 => {
                self.ask.to_ms.div_euclid(HOUR_S * 1000) * HOUR_S + HOUR_S
            }
            false => self.ask.to_ms.div_euclid(HOUR_S * 1000) * HOUR_S,
        }
    }

    fn node(&self, (row, name): (i64, &str), (begin, len): (i64, usize)) -> Result<(NodeLatency, Raw)> {
        let of = (row, self.action, self.satellite);
        let plan = &self.plan;
        let what = Of {
            action: self.action,
            satellite: self.satellite,
            lost_of_all: self.mixes_satellites(),
        };
        let raw = Raw::of(self.reader, row, (plan.rest_ms, plan.width), what)?;
        let hours = Flow::of(self.reader, of, (self.from() - WEEK, self.to()))?;
        let rest = Flow::of_raw(&raw.flow);
        let mut told = hours.within(plan.hours);
        told.extend(rest.within((begin, i64::MAX)));
        let counts = counts(&told);
        let quality = self.ask.quality.or_else(|| judge::chosen(counts));
        let long_ago = (self.from() - WEEK, (self.to() - WEEK).max(self.from() - WEEK + HOUR_S));
        let mut node = NodeLatency {
            node: name.to_owned(),
            qualities: counts,
            unended: self.reader.unended(row, None, (self.from(), self.to()))?,
            ..NodeLatency::default()
        };
        // A quiet quarter of an hour is no log that tells nothing.
        let day = (self.from().min(self.to() - DAY_S), self.to());
        node.has_durations = raw.any || self.reader.has_durations(row, day)?;
        if let Some(quality) = quality {
            let all: u64 = counts.iter().sum();
            let won = sum(&told, quality);
            node.figures = (all > 0).then(|| figures(&won, quality, all - won.count()));
            let before = sum(&hours.within(long_ago), quality);
            node.before = (before.count() > 0).then(|| figures(&before, quality, 0));
            node.trend = trend(&told, quality, (begin, len, plan.width));
            let week = hours.within((self.to() - WEEK, self.to()));
            node.heat = heat(&week, quality, self.ask.zone_s);
            self.judge_before(&mut node, &week);
        }
        if !node.has_durations {
            node.log = Some(self.log_cost(row, name)?);
        }
        Ok((node, raw))
    }

    /// Slow against itself a week before, and since when; against others it is judged when all are known.
    fn judge_before(&self, node: &mut NodeLatency, week: &[&Told]) {
        let Some(now) = &node.figures else { return };
        let (compared, times) = against_before(now, node.before.as_ref());
        node.compared.before = compared;
        node.slow = times.map(|(times, usual)| {
            let (from, to) = (self.to() - WEEK, self.to());
            let by_hour = by(week, now.quality, |bucket| bucket);
            let each = (from..to).step_by(HOUR_S as usize);
            let p95 = each.map(|hour| judge::quantile(by_hour.get(&hour)?, 0.95));
            let at = judge::since(&p95.collect::<Vec<_>>(), usual);
            Verdict {
                since_ms: at.map(|at| (from + at as i64 * HOUR_S) * 1000),
                ..slow_before(times)
            }
        });
    }

    /// The slowest of a node.
    fn slow(&self, (row, name): (i64, &str), raw: &Raw, told: &mut Vec<Slow>) -> Result<()> {
        if self.plan.hours.0 < self.plan.hours.1 {
            let kept = self.reader.slowest((row, name), self.plan.hours, self.ask.to_ms)?;
            let wanted = |id: &str| self.ask.satellite.as_deref().is_none_or(|satellite| satellite == id);
            let kept = kept.into_iter().filter(|(.., slow)| wanted(&slow.satellite));
            told.extend(kept.map(|(node, action, slow)| Slow {
                node,
                action,
                satellite_id: slow.satellite,
                outcome: slow.outcome,
                time_ms: slow.time_ms,
                ms: slow.ms.into(),
                quality: slow.quality,
                size: slow.size,
                piece: slow.piece.as_ref().map(piece::id_text),
            }));
        }
        let around = (self.from(), self.ask.to_ms.div_euclid(1000) + HOUR_S);
        let named = match raw.slow.is_empty() {
            true => Vec::new(),
            false => self.reader.slowest((row, name), around, self.ask.to_ms)?,
        };
        let piece = |time_ms: i64, ms: u32| {
            let mut same = named.iter().map(|(.., slow)| slow);
            same.find(|slow| slow.time_ms == time_ms && slow.ms == ms)?
                .piece
                .as_ref()
        };
        for (action, slow) in &raw.slow {
            told.extend(slow.iter().map(|slow| Slow {
                node: name.to_owned(),
                action: self.actions.get(action).cloned().unwrap_or_default(),
                satellite_id: self.satellites.get(&slow.satellite).cloned().unwrap_or_default(),
                outcome: slow.outcome,
                time_ms: slow.time_ms,
                ms: slow.ms.into(),
                quality: slow.quality,
                size: slow.size,
                // Transfers are read without their pieces.
                piece: piece(slow.time_ms, slow.ms).map(piece::id_text),
            }));
        }
        Ok(())
    }

    /// What the log of a node without durations is like.
    fn log_cost(&self, row: i64, name: &str) -> Result<LogCost> {
        let day = Scope {
            nodes: vec![name.to_owned()],
            from_ms: Some(self.ask.to_ms - DAY_S * 1000),
            to_ms: Some(self.ask.to_ms),
        };
        let hours = (self.to() - DAY_S, self.to());
        let (lines, line_bytes) = self.reader.lines_of(row, hours)?;
        // The last hour is told whole, and is read only up to now.
        let now = self.ask.to_ms.div_euclid(1000).min(hours.1);
        let since = self.reader.covered_since(name)?.unwrap_or(hours.0).max(hours.0);
        let gaps = self.reader.gaps(&day, now)?;
        let lost: i64 = gaps
            .iter()
            .map(|gap| (gap.to.min(now) - gap.from.max(since)).max(0))
            .sum();
        let mut cost = LogCost {
            read_s: Some((now - since - lost).max(0).unsigned_abs()),
            lines,
            line_bytes,
            ..LogCost::default()
        };
        for (keys, cell) in self.reader.traffic(&day, &[By::Action, By::Outcome])? {
            cost.transfers += cell.count;
            if text(&keys[0]) == "PUT" {
                cost.uploads += cell.count;
                match end("PUT", text(&keys[1])) {
                    0 => cost.won += cell.count,
                    1 => cost.lost += cell.count,
                    2 => cost.failed_uploads += cell.count,
                    _ => {}
                }
            }
        }
        Ok(cost)
    }
}

/// Figures of a sketch.
fn figures(sketch: &Sketch, quality: Quality, left_out: u64) -> Figures {
    let at = |q: f64| judge::quantile(sketch, q);
    Figures {
        quality,
        count: sketch.count(),
        left_out,
        p50: at(0.5),
        p90: at(0.9),
        p95: at(0.95),
        p99: at(0.99),
        max: sketch.max(),
    }
}

fn trend(told: &[&Told], quality: Quality, (begin, len, width): (i64, usize, i64)) -> Vec<Option<(u64, Option<u64>)>> {
    let mut trend = vec![None; len];
    let sums = by(told, quality, |bucket| (bucket - begin).div_euclid(width));
    for (at, sketch) in sums {
        let place = usize::try_from(at).ok().and_then(|at| trend.get_mut(at));
        if let (Some(place), Some(p50)) = (place, judge::quantile(&sketch, 0.5)) {
            *place = Some((p50, judge::quantile(&sketch, 0.95)));
        }
    }
    trend
}

fn heat(week: &[&Told], quality: Quality, zone_s: i32) -> Vec<Option<u64>> {
    let hour = |bucket: i64| (bucket + i64::from(zone_s)).rem_euclid(DAY_S) / HOUR_S;
    let sums = by(week, quality, hour);
    (0..24).map(|hour| judge::quantile(sums.get(&hour)?, 0.95)).collect()
}

/// Which nodes are slow against the others.
fn judged(nodes: &mut [NodeLatency]) {
    let all: Vec<Option<&Figures>> = nodes.iter().map(|node| node.figures.as_ref()).collect();
    let against = against_others(&all);
    for (node, against) in nodes.iter_mut().zip(against) {
        set_against((&mut node.compared, &mut node.slow), against);
    }
}

/// Since when within the range it is slow against the others, where nothing of a week before tells.
fn since_in_range(node: &mut NodeLatency, (begin, width): (i64, i64)) {
    let NodeLatency {
        trend, slow, before, ..
    } = node;
    let Some(verdict) = slow.as_mut().filter(|slow| slow.since_ms.is_none()) else {
        return;
    };
    let Some(others) = verdict.others.filter(|_| before.is_none()) else {
        return;
    };
    let p95: Vec<Option<u64>> = trend.iter().map(|bucket| bucket.and_then(|(_, p95)| p95)).collect();
    let at = judge::since(&p95, others);
    verdict.since_ms = at.map(|at| (begin + at as i64 * width) * 1000);
}

/// Whether there was something to compare with, and of what is slow how many times the usual it is, and that (ms).
type Against = (bool, Option<(f64, u64)>);

/// A p95 against a usual one, if both are of enough durations.
fn against(now: &Figures, usual: Option<u64>) -> Against {
    let Some((p95, usual)) = now.comparable().zip(usual) else {
        return (false, None);
    };
    let times = judge::times(p95, usual, now.quality);
    (true, times.map(|times| (times, usual)))
}

/// Against itself a week before.
fn against_before(now: &Figures, before: Option<&Figures>) -> Against {
    against(now, before.and_then(Figures::comparable))
}

/// Each against the median of the others.
fn against_others(all: &[Option<&Figures>]) -> Vec<Against> {
    let coarse = |figures: &Figures| figures.quality == Quality::Second;
    let one = |(at, now): (usize, &Option<&Figures>)| {
        let Some(now) = *now else { return (false, None) };
        // Whole seconds are no measure for what is known to the millisecond.
        let others = all.iter().enumerate().filter(|(other, _)| *other != at);
        let others = others.filter_map(|(_, other)| other.filter(|other| coarse(other) == coarse(now))?.comparable());
        against(now, median_of(others))
    };
    all.iter().enumerate().map(one).collect()
}

/// Slow against itself a week before.
fn slow_before(times: f64) -> Verdict {
    Verdict {
        times_others: None,
        others: None,
        times_before: Some(times),
        since_ms: None,
    }
}

fn set_against((compared, slow): (&mut Compared, &mut Option<Verdict>), (known, times): Against) {
    compared.others = known;
    let Some((times, usual)) = times else { return };
    let verdict = slow.get_or_insert(Verdict {
        times_others: None,
        others: None,
        times_before: None,
        since_ms: None,
    });
    (verdict.times_others, verdict.others) = (Some(times), Some(usual));
}

fn outcome(code: i64) -> Option<Outcome> {
    Outcome::ALL.get(usize::try_from(code).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canceled_audit_is_no_lost_race() {
        let ends = ["success", "canceled", "failed", "rejected", "??"].map(|outcome| end("GET_AUDIT", outcome));
        assert_eq!(ends, [0, 0, 2, 3, 3]);
        assert_eq!((end("PUT", "canceled"), end("GET_REPAIR", "canceled")), (1, 1));
    }
}
