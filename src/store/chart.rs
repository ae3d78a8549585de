//! Traffic over time in equal buckets, for charts of any length.

use std::collections::BTreeMap;

use rusqlite::params;

use super::query::Scope;
use super::rollup::Width;
use super::traffic::AllSeries;
use super::{Error, Reader, Result};
use crate::domain::batch::{Cell, FastMap};
use crate::domain::chart::{Ask, Busy, Chart, Line};
use crate::domain::transfer::Outcome;
use crate::support::clock::{DAY_S, HOUR_S};
use crate::support::sketch;

/// A line of what was in flight: its node, if nodes are apart, and its action.
type Of<'a> = (Option<&'a str>, &'a str);
/// Of each bucket how many told, and the sum.
type Told = Vec<(u64, u64)>;

/// The lines of a chart being made: all its cells behind one another, line by line.
struct Lines {
    /// The line of each series, by row.
    line_of: Vec<Option<usize>>,
    names: Vec<(String, Outcome)>,
    chart: Chart,
    cells: Vec<Cell>,
    done: Vec<Line>,
}

impl Lines {
    fn new(ask: &Ask, series: &AllSeries, chart: Chart) -> Self {
        let mut names: Vec<(String, Outcome)> = Vec::new();
        let mut line_of = Vec::new();
        for named in series.names() {
            let wanted = named.filter(|(satellite, ..)| ask.satellite.as_ref().is_none_or(|of| of == satellite));
            line_of.push(wanted.map(|(_, action, outcome)| {
                let known = names.iter().position(|name| name.1 == outcome && name.0 == action);
                known.unwrap_or_else(|| {
                    names.push((action.to_owned(), outcome));
                    names.len() - 1
                })
            }));
        }
        Self {
            line_of,
            cells: vec![Cell::default(); names.len() * chart.len],
            names,
            chart,
            done: Vec::new(),
        }
    }

    #[inline]
    fn add(&mut self, second: i64, series: i64, cell: Cell) {
        let line = usize::try_from(series).ok().and_then(|row| *self.line_of.get(row)?);
        let at = line.zip(self.chart.bucket(second));
        if let Some(sum) = at.and_then(|(line, bucket)| self.cells.get_mut(line * self.chart.len + bucket)) {
            sum.add(cell);
        }
    }

    /// Ends the lines of a node, or of all.
    fn end(&mut self, node: Option<&str>) {
        if self.chart.len == 0 {
            return;
        }
        for ((action, outcome), cells) in self.names.iter().zip(self.cells.chunks_mut(self.chart.len)) {
            if cells.iter().any(|cell| cell.count > 0) {
                self.done.push(Line {
                    node: node.map(str::to_owned),
                    action: action.clone(),
                    outcome: *outcome,
                    buckets: cells.to_vec(),
                });
                cells.fill(Cell::default());
            }
        }
    }
}

impl Reader {
    /// The chart that was asked for. `now`: the second behind which there is only future. Buckets are so wide that
    /// everything in them is known: where minutes are not kept any more whole hours, then whole days.
    pub fn chart(&self, ask: &Ask, now: i64) -> Result<Chart> {
        let nodes = self.scope_nodes(&self.chart_scope(ask))?;
        let mut found = None;
        for least in [Width::Minute, Width::Hour, Width::Day] {
            let empty = ask.empty(least.seconds());
            let finest = match empty.width {
                ..HOUR_S => Width::Minute,
                HOUR_S..DAY_S => Width::Hour,
                _ => Width::Day,
            };
            found = self.lines(ask, &nodes, empty, finest)?;
            if found.is_some() {
                break;
            }
        }
        let mut chart = found.unwrap_or_else(|| ask.empty(DAY_S));
        if ask.durations && chart.width >= HOUR_S {
            chart.busy = self.busy(ask, &nodes, &chart)?;
        }
        chart.nodes = nodes.len();
        chart.gaps = self.gaps(&self.chart_scope(ask), now)?;
        Ok(chart)
    }

    fn chart_scope(&self, ask: &Ask) -> Scope {
        let (from, to) = ask.seconds();
        Scope {
            nodes: ask.nodes.clone(),
            from_ms: Some(from.saturating_mul(1000)),
            to_ms: Some(to.saturating_mul(1000)),
        }
    }

    /// The chart from buckets of this width; `None` when not all of them are kept.
    fn lines(&self, ask: &Ask, nodes: &[(i64, String)], chart: Chart, finest: Width) -> Result<Option<Chart>> {
        let series = self.all_series()?;
        let range = (chart.begin, ask.seconds().1.max(chart.begin));
        let mut lines = Lines::new(ask, series, chart);
        for (node, name) in nodes {
            let whole = match finest {
                Width::Day => {
                    let ms = (range.0.saturating_mul(1000), range.1.saturating_mul(1000));
                    self.each_cell(*node, ms, Width::Day, &mut |second, series, cell| {
                        lines.add(second, series, cell)
                    })?;
                    true
                }
                finest => self.fine(*node, range, finest, &mut lines)?,
            };
            if !whole {
                return Ok(None);
            }
            if ask.by_node {
                lines.end(Some(name));
            }
        }
        lines.end(None);
        Ok(Some(Chart {
            lines: lines.done,
            ..lines.chart
        }))
    }

    /// Minutes or hours of a range; false when the next wider buckets hold more: then not all of them are kept.
    fn fine(&self, node: i64, (from, to): (i64, i64), finest: Width, lines: &mut Lines) -> Result<bool> {
        let wider = if finest == Width::Minute {
            Width::Hour
        } else {
            Width::Day
        };
        let width = wider.seconds();
        let around = (
            from.div_euclid(width) * width,
            to.saturating_add(width - 1).div_euclid(width) * width,
        );
        let (mut kept, mut all) = (0, 0);
        let inside = match finest {
            Width::Minute => (from, to),
            // The last hour may be cut.
            _ => (from, to.div_euclid(HOUR_S) * HOUR_S),
        };
        self.rollup(finest, node, around, &mut |second, series, cell| {
            kept += cell.count;
            if (inside.0..inside.1).contains(&second) {
                lines.add(second, series, cell);
            }
        })?;
        self.rollup(wider, node, around, &mut |_, _, cell| all += cell.count)?;
        if inside.1 < to {
            let rest = (inside.1.max(from).saturating_mul(1000), to.saturating_mul(1000));
            self.each_cell(node, rest, finest, &mut |second, series, cell| {
                lines.add(second, series, cell)
            })?;
        }
        Ok(kept >= all)
    }

    /// How long transfers took, from the sketches of hours and days.
    fn busy(&self, ask: &Ask, nodes: &[(i64, String)], chart: &Chart) -> Result<Vec<Busy>> {
        let actions = self.names("action")?;
        let satellite = match &ask.satellite {
            None => None,
            Some(id) => {
                let all = self.names("satellite")?;
                let row = all.into_iter().find(|(_, name)| name == id);
                Some(row.map_or(-1, |(row, _)| row))
            }
        };
        let mut sums: BTreeMap<Of<'_>, Told> = BTreeMap::new();
        for (node, name) in nodes {
            let name = ask.by_node.then_some(name.as_str());
            for (table, range) in self.latency_parts((chart.begin, ask.seconds().1)) {
                self.durations(
                    table,
                    (*node, satellite),
                    range,
                    &actions,
                    &mut |bucket, action, told| {
                        let Some(at) = chart.bucket(bucket) else { return };
                        let sum = sums.entry((name, action)).or_insert_with(|| vec![(0, 0); chart.len]);
                        sum[at] = (sum[at].0 + told.0, sum[at].1.saturating_add(told.1));
                    },
                )?;
            }
        }
        let busy = |((node, action), buckets): (Of<'_>, Told)| Busy {
            node: node.map(str::to_owned),
            action: action.to_owned(),
            buckets,
        };
        Ok(sums.into_iter().map(busy).collect())
    }

    /// Hands on (bucket, action, (how many, sum of ms)).
    fn durations<'a>(
        &self,
        table: &str,
        (node, satellite): (i64, Option<i64>),
        (from, to): (i64, i64),
        actions: &'a FastMap<i64, String>,
        each: &mut dyn FnMut(i64, &'a str, (u64, u64)),
    ) -> Result<()> {
        let mut read = || {
            let mut statement = self.connection().prepare_cached(&format!(
                "SELECT bucket, action, sketch FROM {table}
                 WHERE node = ?1 AND bucket >= ?2 AND bucket < ?3 AND (?4 IS NULL OR satellite = ?4)"
            ))?;
            let mut rows = statement.query(params![node, from, to, satellite])?;
            while let Some(row) = rows.next()? {
                let action = actions.get(&row.get(1)?).map_or("", String::as_str);
                match sketch::total(row.get_ref(2)?.as_blob()?) {
                    Some(told) => each(row.get(0)?, action, told),
                    None => return Ok(false),
                }
            }
            Ok(true)
        };
        if self.sql(read())? {
            return Ok(());
        }
        Err(Error::Damaged {
            what: "latency sketch",
            row: node,
        })
    }
}
