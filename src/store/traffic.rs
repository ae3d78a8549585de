//! Questions of traffic. As much as possible of a range comes from days, then from hours, minutes, and its
//! last pieces from the transfers themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::query::{By, Key, Scope};
use super::rollup::{self, Width};
use super::{At, Error, Reader, Result, transfers};
use crate::domain::batch::{Cell, FastMap, KeptMinute};
use crate::domain::transfer::{Cause, Outcome, SIZE_CLASSES, comes_in, size_class};
use crate::support::clock::{HOUR_MS, MINUTE_MS};

/// No dictionary of series grows so large: satellites, actions, outcomes, causes and size classes.
const MOST_SERIES: usize = 1 << 20;

/// A series with its names.
#[derive(Debug, Clone)]
struct Named {
    satellite: String,
    action: String,
    outcome: Outcome,
    cause: Cause,
    size_class: Option<u8>,
}

/// What a stored series is made of: rows of satellite and action, outcome, cause, size class.
type Parts = (i64, i64, Outcome, Cause, Option<u8>);

/// All series, by row.
#[derive(Debug)]
pub(crate) struct AllSeries {
    named: Vec<Option<Named>>,
    rows: FastMap<Parts, i64>,
}

impl AllSeries {
    fn get(&self, row: i64) -> Option<&Named> {
        self.named.get(usize::try_from(row).ok()?)?.as_ref()
    }

    /// Satellite, action and outcome of each row.
    pub(super) fn names(&self) -> impl Iterator<Item = Option<(&str, &str, Outcome)>> {
        self.named.iter().map(|named| {
            let named = named.as_ref()?;
            Some((named.satellite.as_str(), named.action.as_str(), named.outcome))
        })
    }
}

/// Sums being made: a cell for each group of series, written out when time or node change.
struct Sums<'a> {
    by: &'a [By],
    /// The group of each series, by row.
    group_of: Vec<Option<u32>>,
    /// What a group's key is, but for node and time.
    groups: Vec<Vec<Key>>,
    cells: Vec<Cell>,
    node: &'a str,
    /// Seconds of what time is counted by; `None`: it is not.
    width: Option<i64>,
    time: i64,
    done: Vec<(Vec<Key>, Cell)>,
}

impl<'a> Sums<'a> {
    fn new(by: &'a [By], series: &AllSeries) -> Self {
        let keys = series.named.iter().flatten().map(|named| key(by, named));
        // In their order: so sums are written out nearly in order, too.
        let groups: Vec<Vec<Key>> = keys.collect::<BTreeSet<_>>().into_iter().collect();
        let group = |named: &Named| groups.binary_search(&key(by, named)).ok().map(|at| at as u32);
        let group_of = series.named.iter().map(|named| group(named.as_ref()?)).collect();
        let width = if by.contains(&By::Hour) {
            Some(3600)
        } else {
            by.contains(&By::Day).then_some(86_400)
        };
        Self {
            by,
            group_of,
            cells: vec![Cell::default(); groups.len()],
            groups,
            node: "",
            width,
            time: 0,
            done: Vec::new(),
        }
    }

    #[inline]
    fn add(&mut self, second: i64, series: i64, cell: Cell) {
        if let Some(width) = self.width
            && !(self.time..self.time + width).contains(&second)
        {
            self.write_out();
            self.time = second.div_euclid(width) * width;
        }
        let group = usize::try_from(series).ok().and_then(|row| *self.group_of.get(row)?);
        if let Some(sum) = group.and_then(|group| self.cells.get_mut(group as usize)) {
            sum.add(cell);
        }
    }

    fn write_out(&mut self) {
        for (key, cell) in self.groups.iter().zip(&mut self.cells) {
            let cell = std::mem::take(cell);
            if cell.count == 0 {
                continue;
            }
            let part = |(by, key): (&By, &Key)| match by {
                By::Node => Key::text(self.node),
                By::Hour => Key::Time(self.time.div_euclid(3600) * 3600),
                By::Day => Key::Time(self.time.div_euclid(86_400) * 86_400),
                _ => key.clone(),
            };
            let key = self.by.iter().zip(key).map(part).collect();
            self.done.push((key, cell));
        }
    }

    /// All sums. Made in one go from what is nearly in order: a year of hours is 200,000 of them.
    fn finish(mut self) -> BTreeMap<Vec<Key>, Cell> {
        self.write_out();
        self.done.sort_by(|a, b| a.0.cmp(&b.0));
        self.done.dedup_by(|next, sum| {
            let same = next.0 == sum.0;
            if same {
                sum.1.add(next.1);
            }
            same
        });
        self.done.into_iter().collect()
    }
}

/// The parts of a key that a series decides.
fn key(by: &[By], named: &Named) -> Vec<Key> {
    let part = |by: &By| match by {
        By::SatelliteId => Key::text(&named.satellite),
        By::Action => Key::text(&named.action),
        By::Outcome => Key::text(named.outcome.word()),
        By::Cause => Key::text(named.cause.word()),
        By::SizeClass => match named.size_class {
            Some(class) => Key::Ranked(class, SIZE_CLASSES.get(usize::from(class)).copied().unwrap_or_default()),
            None => Key::None,
        },
        By::Node | By::Hour | By::Day => Key::None,
    };
    by.iter().map(part).collect()
}

/// A range cut into what is whole and what is left before and behind it; units are the caller's.
struct Cut {
    before: (i64, i64),
    whole: (i64, i64),
    behind: (i64, i64),
}

fn cut((from, to): (i64, i64), width: i64) -> Cut {
    // The ends of all time need no cut.
    let up = |at: i64| {
        if at == i64::MIN {
            at
        } else {
            at.saturating_add(width - 1).div_euclid(width) * width
        }
    };
    let down = |at: i64| {
        if at == i64::MAX {
            at
        } else {
            at.div_euclid(width) * width
        }
    };
    let whole = (up(from), down(to));
    if whole.0 >= whole.1 {
        return Cut {
            before: (from, to),
            whole: (to, to),
            behind: (to, to),
        };
    }
    Cut {
        before: (from, whole.0),
        whole,
        behind: (whole.1, to),
    }
}

fn to_seconds((from, to): (i64, i64)) -> (i64, i64) {
    let second = |ms: i64| {
        if ms == i64::MIN || ms == i64::MAX {
            ms
        } else {
            ms.div_euclid(1000)
        }
    };
    (second(from), second(to))
}

type Add<'a> = dyn FnMut(i64, i64, Cell) + 'a;

/// How many transfers a minute had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MinuteSum {
    /// Its first second.
    pub second: i64,
    /// All.
    pub count: u64,
    /// Uploads, those that were turned away included.
    pub uploads: u64,
    /// Of them turned away.
    pub rejected: u64,
}

impl Reader {
    /// Hands on (bucket, row of series, cell) in the order of time.
    pub(super) fn rollup(&self, width: Width, node: i64, span: (i64, i64), add: &mut Add<'_>) -> Result<()> {
        if span.0 >= span.1 {
            return Ok(());
        }
        if self.version < 2 {
            return self.sql(rollup::each_1(self.connection(), width, node, span, add));
        }
        match self.sql(rollup::each(self.connection(), width, node, span, add))? {
            Some(row) => Err(Error::Damaged {
                what: width.table(),
                row,
            }),
            None => Ok(()),
        }
    }

    /// Read once: a reader sees one state of the database.
    pub(super) fn all_series(&self) -> Result<&AllSeries> {
        if let Some(series) = self.series.get() {
            return Ok(series);
        }
        let series = self.read_series()?;
        Ok(self.series.get_or_init(|| series))
    }

    fn read_series(&self) -> Result<AllSeries> {
        let (satellites, actions) = (self.names("satellite")?, self.names("action")?);
        let mut statement = self
            .connection()
            .prepare_cached("SELECT id, satellite, action, outcome, cause, size_class FROM series")
            .at(self.path())?;
        let found = statement.query_map([], |row| {
            let cells: [i64; 6] = [
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            ];
            Ok(cells)
        });
        let mut series = AllSeries {
            named: Vec::new(),
            rows: FastMap::default(),
        };
        for found in self.sql(found)? {
            let [row, satellite, action, outcome, cause, class] = self.sql(found)?;
            let damaged = || Error::Damaged { what: "series", row };
            let place = |code: i64| usize::try_from(code).map_err(|_| damaged());
            let outcome = *Outcome::ALL.get(place(outcome)?).ok_or_else(damaged)?;
            let cause = *Cause::ALL.get(place(cause)?).ok_or_else(damaged)?;
            let size_class = u8::try_from(class).ok();
            let at = Some(place(row)?).filter(|at| *at < MOST_SERIES).ok_or_else(damaged)?;
            series.rows.insert((satellite, action, outcome, cause, size_class), row);
            if series.named.len() <= at {
                series.named.resize(at + 1, None);
            }
            series.named[at] = Some(Named {
                satellite: satellites.get(&satellite).cloned().unwrap_or_default(),
                action: actions.get(&action).cloned().unwrap_or_default(),
                outcome,
                cause,
                size_class,
            });
        }
        Ok(series)
    }

    /// What whole minutes and hours of [`Reader::traffic`] stood for a part of them, as their transfers are not kept any
    /// more: from the first to the last, ms. `None`: none did.
    pub fn stood(&self) -> Option<(i64, i64)> {
        self.stood.get()
    }

    fn stands_for(&self, (from, to): (i64, i64)) {
        let (first, last) = self.stood.get().unwrap_or((from, to));
        self.stood.set(Some((first.min(from), last.max(to))));
    }

    /// Traffic of a scope by `by`, in key order, exact to the millisecond while the transfers are kept that
    /// the ends of the range cut; else the whole minute or hour stands for its part.
    pub fn traffic(&self, scope: &Scope, by: &[By]) -> Result<BTreeMap<Vec<Key>, Cell>> {
        let series = self.all_series()?;
        let nodes = self.scope_nodes(scope)?;
        let range = (scope.from_ms.unwrap_or(i64::MIN), scope.to_ms.unwrap_or(i64::MAX));
        let mut sums = Sums::new(by, series);
        if range.0 >= range.1 {
            return Ok(BTreeMap::new());
        }
        let widest = if by.contains(&By::Hour) {
            Width::Hour
        } else {
            Width::Day
        };
        for (node, name) in &nodes {
            sums.node = name;
            let add = &mut |second: i64, series: i64, cell: Cell| sums.add(second, series, cell);
            self.each_cell(*node, range, widest, add)?;
            if by.contains(&By::Node) {
                sums.write_out();
            }
        }
        Ok(sums.finish())
    }

    /// Hands on (bucket, row of series, cell) of a range (ms): as much as possible of it from days, unless hours are
    /// the widest that will do, its ends from hours, minutes and transfers.
    pub(super) fn each_cell(&self, node: i64, range: (i64, i64), widest: Width, add: &mut Add<'_>) -> Result<()> {
        let series = self.all_series()?;
        let hours = cut(range, HOUR_MS);
        self.edge(node, hours.before, series, add)?;
        if widest == Width::Day {
            let days = cut(to_seconds(hours.whole), Width::Day.seconds());
            self.rollup(Width::Hour, node, days.before, add)?;
            self.rollup(Width::Day, node, days.whole, add)?;
            self.rollup(Width::Hour, node, days.behind, add)?;
        } else {
            self.rollup(Width::Hour, node, to_seconds(hours.whole), add)?;
        }
        self.edge(node, hours.behind, series, add)
    }

    /// A part of an hour: its minutes, if all of them are kept, and the transfers of what is left.
    fn edge(&self, node: i64, range: (i64, i64), series: &AllSeries, add: &mut Add<'_>) -> Result<()> {
        if range.0 >= range.1 {
            return Ok(());
        }
        let around = around(range, HOUR_MS);
        let (mut hours, mut minutes) = (0, 0);
        let mut kept: Vec<(i64, i64, Cell)> = Vec::new();
        let count = &mut |_: i64, _: i64, cell: Cell| hours += cell.count;
        self.rollup(Width::Hour, node, to_seconds(around), count)?;
        self.rollup(Width::Minute, node, to_seconds(around), &mut |second, series, cell| {
            minutes += cell.count;
            kept.push((second, series, cell));
        })?;
        if hours == 0 {
            return Ok(());
        }
        if minutes != hours {
            return self.fraction(node, range, (Width::Hour, HOUR_MS), series, add);
        }
        let parts = cut(range, MINUTE_MS);
        self.fraction(node, parts.before, (Width::Minute, MINUTE_MS), series, add)?;
        let whole = to_seconds(parts.whole);
        for (second, series, cell) in kept {
            if (whole.0..whole.1).contains(&second) {
                add(second, series, cell);
            }
        }
        self.fraction(node, parts.behind, (Width::Minute, MINUTE_MS), series, add)
    }

    /// A part of a bucket, from its transfers. Where those are not kept any more, the whole bucket stands
    /// for it.
    fn fraction(
        &self,
        node: i64,
        range: (i64, i64),
        (width, width_ms): (Width, i64),
        series: &AllSeries,
        add: &mut Add<'_>,
    ) -> Result<()> {
        if range.0 >= range.1 {
            return Ok(());
        }
        let around = around(range, width_ms);
        let (mut all, mut kept) = (0, 0);
        let mut cells: Vec<(i64, i64, Cell)> = Vec::new();
        self.rollup(width, node, to_seconds(around), &mut |second, series, cell| {
            all += cell.count;
            cells.push((second, series, cell));
        })?;
        if all == 0 {
            return Ok(());
        }
        let mut within: Vec<(i64, i64, Cell)> = Vec::new();
        transfers::each_row(self, node, around, |row| {
            let parts = (
                row.satellite,
                row.action,
                row.outcome,
                row.cause,
                row.size.map(size_class),
            );
            let Some(series) = series.rows.get(&parts) else {
                return;
            };
            kept += 1;
            if (range.0..range.1).contains(&row.time_ms) {
                let bytes = row.size.unwrap_or(0);
                within.push((row.time_ms.div_euclid(1000), *series, Cell { count: 1, bytes }));
            }
        })?;
        if kept < all {
            self.stands_for(around);
        }
        let chosen = if kept >= all { within } else { cells };
        chosen
            .into_iter()
            .for_each(|(second, series, cell)| add(second, series, cell));
        Ok(())
    }

    /// Sums of the minutes of one node within `from..=to` (seconds), in the order of time. Minutes without a transfer
    /// are left out.
    pub fn minute_sums(&self, node: &str, (from, to): (i64, i64)) -> Result<Vec<MinuteSum>> {
        let series = self.all_series()?;
        let scope = Scope {
            nodes: vec![node.to_owned()],
            ..Scope::default()
        };
        let mut sums: Vec<MinuteSum> = Vec::new();
        for (node, _) in self.scope_nodes(&scope)? {
            self.rollup(
                Width::Minute,
                node,
                (from, to.saturating_add(1)),
                &mut |second, row, cell| {
                    let Some(named) = series.get(row) else { return };
                    if sums.last().is_none_or(|sum| sum.second != second) {
                        sums.push(MinuteSum {
                            second,
                            ..MinuteSum::default()
                        });
                    }
                    if let Some(sum) = sums.last_mut() {
                        sum.count += cell.count;
                        // An upload that was turned away has no action in its line.
                        if named.action.is_empty() || comes_in(&named.action) {
                            sum.uploads += cell.count;
                            sum.rejected += if named.outcome == Outcome::Rejected {
                                cell.count
                            } else {
                                0
                            };
                        }
                    }
                },
            )?;
        }
        Ok(sums)
    }

    /// Minutes of one node from the second `from` on, in the order of time.
    pub fn minutes(&self, node: &str, from: i64) -> Result<Vec<KeptMinute>> {
        let series = self.all_series()?;
        let scope = Scope {
            nodes: vec![node.to_owned()],
            ..Scope::default()
        };
        let mut minutes = Vec::new();
        for (node, _) in self.scope_nodes(&scope)? {
            self.rollup(Width::Minute, node, (from, i64::MAX), &mut |second, row, cell| {
                let Some(named) = series.get(row) else { return };
                minutes.push(KeptMinute {
                    second,
                    satellite_id: named.satellite.clone(),
                    action: named.action.clone(),
                    outcome: named.outcome,
                    cause: named.cause,
                    size_class: named.size_class,
                    cell,
                });
            })?;
        }
        Ok(minutes)
    }
}

/// The whole buckets a range touches.
fn around((from, to): (i64, i64), width: i64) -> (i64, i64) {
    let end = (to - 1).div_euclid(width) * width;
    (from.div_euclid(width) * width, end + width)
}
