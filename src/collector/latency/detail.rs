//! One node in full: by action, size and outcome, by satellite, and when its races are lost.

use std::collections::BTreeMap;

use super::gather::Raw;
use super::{Asked, HOUR_S, WEEK, end, figures, judge, outcome, text};
use crate::api::latency::{Detail, Figures, Row, SatelliteRow, Speed, Step, bounds};
use crate::domain::latency::{LOST_BOUNDS_MS, LOST_STEPS, Lost};
use crate::domain::transfer::{Class, Outcome, Quality, SIZE_CLASSES};
use crate::store::Result;
use crate::store::latency::SizeKey;
use crate::store::query::{By, Scope};
use crate::support::sketch::{Sketch, Sum};

/// Sums of each quality.
type Qualities = [Sum; 3];
/// Speeds by action, quality, size class (`None`: all).
type Speeds = BTreeMap<(i64, Quality, Option<i64>), Sketch>;
/// Action, outcome, size class (`None`: all).
type RowKey = (i64, i64, Option<i64>);

fn counts(sums: &Qualities) -> [u64; 3] {
    [0, 1, 2].map(|quality| sums[quality].count())
}

/// Adds up by a key; several for one sum count in each.
fn grouped<K: Ord>(sums: &BTreeMap<SizeKey, Sum>, keys: impl Fn(&SizeKey) -> Vec<K>) -> BTreeMap<K, Qualities> {
    let mut groups: BTreeMap<K, Qualities> = BTreeMap::new();
    for (key, sum) in sums {
        for group in keys(key) {
            let quality = usize::try_from(key.3).ok();
            if let Some(group) = quality.and_then(|at| groups.entry(group).or_default().get_mut(at)) {
                group.join(sum);
            }
        }
    }
    groups
}

fn by_row(key: &SizeKey) -> Vec<RowKey> {
    vec![(key.1, key.2, None), (key.1, key.2, Some(key.4))]
}

impl Asked<'_> {
    /// Figures of what is known, in the quality that was asked for or is the best for it.
    pub(super) fn figures_of(&self, sums: &Qualities) -> Option<(Figures, Sketch)> {
        let counts = counts(sums);
        let quality = self.ask.quality.or_else(|| judge::chosen(counts))?;
        let sketch = sums[quality as usize].sketch();
        let left_out = counts.iter().sum::<u64>() - sketch.count();
        Some((figures(&sketch, quality, left_out), sketch))
    }

    pub(super) fn detail(&self, (row, name): (i64, &str), raw: &Raw) -> Result<Detail> {
        let now = self.now_ms.div_euclid(1000);
        let mut sums = match self.plan.hours.0 < self.plan.hours.1 {
            true => self.reader.latency_sizes(row, self.satellite, self.plan.hours, now)?,
            false => BTreeMap::new(),
        };
        for (key, sketch) in &raw.sizes {
            sums.entry(*key).or_default().merge(sketch);
        }
        let long_ago = (self.from() - WEEK, (self.to() - WEEK).max(self.from() - WEEK + HOUR_S));
        let before = self.reader.latency_sizes(row, self.satellite, long_ago, now)?;
        let (lost, lost_quality) = self.lost(row, raw)?;
        Ok(Detail {
            node: name.to_owned(),
            rows: self.rows(row, (&sums, &before), raw)?,
            satellites: self.satellites(name, (&sums, &before), raw)?,
            lost,
            lost_quality,
            lost_of_all: self.mixes_satellites(),
        })
    }

    fn rows(
        &self,
        node: i64,
        (sums, before): (&BTreeMap<SizeKey, Sum>, &BTreeMap<SizeKey, Sum>),
        raw: &Raw,
    ) -> Result<Vec<Row>> {
        let before = grouped(before, by_row);
        let speeds = self.speeds(node, raw)?;
        let mut rows = Vec::new();
        for ((action, code, size), sums) in grouped(sums, by_row) {
            let (Some((figures, sketch)), Some(outcome)) = (self.figures_of(&sums), outcome(code)) else {
                continue;
            };
            let quality = figures.quality;
            let long_ago = before
                .get(&(action, code, size))
                .map(|sums| sums[quality as usize].sketch());
            let speed = speeds
                .get(&(action, quality, size))
                .filter(|_| outcome == Outcome::Success);
            rows.push(Row {
                action: self.actions.get(&action).cloned().unwrap_or_default(),
                size_class: size.map(|class| word(class).to_owned()),
                outcome,
                before_p95: long_ago.and_then(|sketch| super::figures(&sketch, quality, 0).comparable()),
                histogram: histogram(&sketch, quality),
                speed: speed.map(speed_of),
                figures,
            });
        }
        Ok(rows)
    }

    /// Speeds by action, quality and size class (`None`: all). They are kept of all satellites together.
    fn speeds(&self, node: i64, raw: &Raw) -> Result<Speeds> {
        let mut all = Speeds::new();
        let mut add = |(action, quality, class): (i64, Quality, i64), sketch: &Sketch| {
            all.entry((action, quality, None)).or_default().merge(sketch);
            all.entry((action, quality, Some(class))).or_default().merge(sketch);
        };
        // The last minutes of one satellite are not the speed of its whole range.
        if self.mixes_satellites() {
            return Ok(all);
        }
        raw.speeds.iter().for_each(|(key, sketch)| add(*key, sketch));
        if self.plan.hours.0 < self.plan.hours.1 {
            let kept = self.reader.speeds(node, self.plan.hours)?;
            kept.iter().for_each(|(key, sum)| add(*key, &sum.sketch()));
        }
        Ok(all)
    }

    fn satellites(
        &self,
        name: &str,
        (sums, before): (&BTreeMap<SizeKey, Sum>, &BTreeMap<SizeKey, Sum>),
        raw: &Raw,
    ) -> Result<Vec<SatelliteRow>> {
        let of = |key: &SizeKey| match (key.1, key.2) == (self.action, Outcome::Success as i64) {
            true => vec![key.0],
            false => Vec::new(),
        };
        let before = grouped(before, of);
        let scope = Scope {
            nodes: vec![name.to_owned()],
            from_ms: Some(self.ask.from_ms),
            to_ms: Some(self.ask.to_ms),
        };
        let mut ends: BTreeMap<String, [u64; 4]> = BTreeMap::new();
        for (keys, cell) in self
            .reader
            .traffic(&scope, &[By::SatelliteId, By::Action, By::Outcome])?
        {
            if text(&keys[1]) == self.ask.action {
                ends.entry(text(&keys[0]).to_owned()).or_default()[end(text(&keys[1]), text(&keys[2]))] += cell.count;
            }
        }
        let mut rows = Vec::new();
        for (satellite, sums) in grouped(sums, of) {
            let Some((now, _)) = self.figures_of(&sums) else {
                continue;
            };
            let satellite_id = self.satellites.get(&satellite).cloned().unwrap_or_default();
            let long_ago = before.get(&satellite).map(|sums| sums[now.quality as usize].sketch());
            rows.push(SatelliteRow {
                before_p95: long_ago.and_then(|sketch| figures(&sketch, now.quality, 0).comparable()),
                ends: ends.get(&satellite_id).copied().unwrap_or_default(),
                // By the hour they are kept of all satellites together.
                speed: raw
                    .satellite_speeds
                    .get(&(satellite, now.quality))
                    .filter(|_| self.plan.hours.0 >= self.plan.hours.1)
                    .map(speed_of),
                satellite_id,
                figures: now,
            });
        }
        Ok(rows)
    }

    /// The steps, and how exactly they are known.
    fn lost(&self, node: i64, raw: &Raw) -> Result<(Vec<Step>, Option<Quality>)> {
        if Class::of(&self.ask.action) == Class::Audit {
            return Ok((Vec::new(), None));
        }
        let mut lost = match self.plan.hours.0 < self.plan.hours.1 {
            true => self.reader.lost((node, self.action), self.plan.hours)?,
            false => BTreeMap::new(),
        };
        for (quality, steps) in &raw.lost {
            let sums = lost.entry(*quality).or_default();
            sums.iter_mut().zip(steps).for_each(|(sum, step)| sum.add(*step));
        }
        let all = |quality: Quality| {
            lost.get(&quality)
                .map_or(0, |steps| steps.iter().map(|step| step.count).sum())
        };
        let counts = Quality::ALL.map(all);
        let quality = self.ask.quality.or_else(|| judge::chosen(counts));
        let steps: [Lost; LOST_STEPS] = quality.and_then(|quality| lost.remove(&quality)).unwrap_or_default();
        let bounds = LOST_BOUNDS_MS.into_iter().map(Some).chain([None]);
        let step = |up_to_ms: Option<u64>, lost: Lost| Step {
            up_to_ms,
            count: lost.count,
            moved: lost.moved.checked_div(lost.told),
            share: (lost.wanted > 0).then(|| lost.moved as f64 / lost.wanted as f64),
        };
        if steps.iter().all(|step| step.count == 0) {
            return Ok((Vec::new(), None));
        }
        // Whole seconds tell nothing of parts of them.
        let known = |bound: Option<u64>| quality != Some(Quality::Second) || bound.is_none_or(|ms| ms % 1000 == 0);
        let mut told = Vec::new();
        let mut sum = Lost::default();
        for (bound, lost) in bounds.zip(&steps) {
            sum.add(*lost);
            if known(bound) {
                told.push(step(bound, std::mem::take(&mut sum)));
            }
        }
        Ok((told, quality))
    }
}

fn word(class: i64) -> &'static str {
    let known = usize::try_from(class).ok().and_then(|class| SIZE_CLASSES.get(class));
    known.copied().unwrap_or("unknown")
}

fn speed_of(sketch: &Sketch) -> Speed {
    Speed {
        p10: judge::quantile(sketch, 0.1),
        p50: judge::quantile(sketch, 0.5),
        p90: judge::quantile(sketch, 0.9),
    }
}

/// How many lie in each step.
fn histogram(sketch: &Sketch, quality: Quality) -> Vec<u64> {
    let mut before = 0;
    let mut steps: Vec<u64> = bounds(quality)
        .into_iter()
        .map(|bound| {
            let up_to = sketch.up_to(bound);
            up_to - std::mem::replace(&mut before, up_to)
        })
        .collect();
    steps.push(sketch.count() - before);
    steps
}
