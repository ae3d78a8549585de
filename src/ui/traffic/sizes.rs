//! The table by size, in five views. Made when answers come.

use super::ends::{Class, Counted, Ends, comes_in, sums};
use super::tables::won;
use crate::ui::look::Tone;
use crate::ui::number::{Percent, Scale};
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, Table};

/// What the table by size tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum SizeView {
    #[default]
    Count,
    CountShare,
    ByteShare,
    Bytes,
    Won,
}

impl SizeView {
    pub(super) const ALL: [Self; 5] = [Self::Count, Self::CountShare, Self::ByteShare, Self::Bytes, Self::Won];

    pub(super) fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// In the heading, and in memory.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Count => "pieces",
            Self::CountShare => "% of pieces",
            Self::ByteShare => "% of bytes",
            Self::Bytes => "bytes",
            Self::Won => "% won",
        }
    }

    pub(super) fn of(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|view| view.name() == name)
            .unwrap_or_default()
    }

    fn value(self, ends: &Ends, sum: &Ends) -> Option<f64> {
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 * 100.0 / whole as f64);
        match self {
            Self::Count => Some(ends.all().count as f64),
            Self::CountShare => share(ends.all().count, sum.all().count),
            Self::Bytes => Some(ends.success().bytes as f64),
            Self::ByteShare => share(ends.success().bytes, sum.success().bytes),
            Self::Won => ends.won(),
        }
    }
}

/// Size classes as they are shown, finely and in four.
const FINE: [(&str, std::ops::Range<u8>); 7] = [
    ("below 1 KiB", 0..1),
    ("to 4 KiB", 1..2),
    ("to 16 KiB", 2..3),
    ("to 64 KiB", 3..4),
    ("to 256 KiB", 4..5),
    ("to 1 MiB", 5..6),
    ("1 MiB and more", 6..7),
];
const COARSE: [(&str, std::ops::Range<u8>); 4] = [
    ("to 16 KiB", 0..3),
    ("to 256 KiB", 3..5),
    ("to 1 MiB", 5..6),
    ("more", 6..7),
];

/// Cells of a bar.
const BAR: usize = 9;

/// By size: uploads and downloads with repairs, without audits.
pub(super) fn sizes(
    counted: &[Counted],
    view: SizeView,
    (uploads_first, coarse): (bool, bool),
    shared: &Shared,
) -> Table {
    let class = |row: &Counted| {
        let wanted = Class::of(&row.action) != Class::Audit;
        wanted.then_some((comes_in(&row.action), row.class))
    };
    let by = sums(counted, class);
    let sum = |incoming: bool| {
        let mut sum = Ends::default();
        by.iter()
            .filter(|((way, _), _)| *way == incoming)
            .for_each(|(_, ends)| sum.join(ends));
        sum
    };
    let sums = [sum(true), sum(false)];
    let mut rows: Vec<(String, [Ends; 2])> = Vec::new();
    let classes: &[(&str, std::ops::Range<u8>)] = if coarse { &COARSE } else { &FINE };
    for (name, range) in classes {
        let of = |incoming: bool| {
            let mut ends = Ends::default();
            for class in range.clone() {
                if let Some(more) = by.get(&(incoming, Some(class))) {
                    ends.join(more);
                }
            }
            ends
        };
        rows.push(((*name).to_owned(), [of(true), of(false)]));
    }
    let unknown = [true, false].map(|way| by.get(&(way, None)).copied().unwrap_or_default());
    if unknown.iter().any(|ends| !ends.is_empty()) {
        rows.push(("size unknown".to_owned(), unknown));
    }
    let form = Sizes {
        view,
        order: if uploads_first { [0, 1] } else { [1, 0] },
        sums,
        scale: scale(view, &rows),
        most: most(view, &rows, &sums),
        shared,
    };
    form.table(&rows)
}

fn scale(view: SizeView, rows: &[(String, [Ends; 2])]) -> Scale {
    let ends = || rows.iter().flat_map(|(_, ends)| ends);
    match view {
        SizeView::Bytes => Scale::of(ends().map(|ends| ends.success().bytes)),
        _ => Scale::counts(ends().map(|ends| ends.all().count)),
    }
}

/// What fills a bar: the largest value; of success what was lost, that is where the difference is.
fn most(view: SizeView, rows: &[(String, [Ends; 2])], sums: &[Ends; 2]) -> f64 {
    let value = |(_, ends): &(String, [Ends; 2])| {
        [0, 1].map(|way| view.value(&ends[way], &sums[way]).map(|value| bar_value(view, value)))
    };
    rows.iter().flat_map(value).flatten().fold(0.0, f64::max)
}

fn bar_value(view: SizeView, value: f64) -> f64 {
    if view == SizeView::Won { 100.0 - value } else { value }
}

struct Sizes<'a> {
    view: SizeView,
    order: [usize; 2],
    sums: [Ends; 2],
    scale: Scale,
    most: f64,
    shared: &'a Shared,
}

impl Sizes<'_> {
    fn table(&self, rows: &[(String, [Ends; 2])]) -> Table {
        let unit = match self.view {
            SizeView::Count => "",
            SizeView::Bytes => self.scale.unit(),
            _ => "%",
        };
        let bar = match self.view {
            SizeView::Won => "LOST",
            _ => "",
        };
        let names = [("in", "UPLOADS", "up.bar"), ("out", "DOWNLOADS", "down.bar")];
        let mut columns = vec![Column::text("size", "SIZE").bounds(8, 14)];
        for (n, way) in self.order.into_iter().enumerate() {
            let (id, title, bar_id) = names[way];
            let short = if way == 0 { "UP" } else { "DOWN" };
            columns.push(Column::number(id, title).short(short).unit(unit).priority(n as u8));
            columns.push(
                Column::text(bar_id, bar)
                    .bounds(BAR as u16, BAR as u16)
                    .unsortable()
                    .priority(6 + n as u8),
            );
            if self.view != SizeView::Won {
                let id = if way == 0 { "up" } else { "down" };
                columns.push(Column::number(id, "WON").unit("%").priority(2 + 2 * n as u8));
            }
        }
        let rows = rows.iter().map(|(name, ends)| {
            let mut cells = vec![Cell::text(name.clone())];
            for way in self.order {
                cells.extend(self.cells(&ends[way], way));
            }
            Row::new(name.as_str(), cells)
        });
        Table::new(columns, rows.collect()).one_line().quiet()
    }

    fn cells(&self, ends: &Ends, way: usize) -> Vec<Cell> {
        let value = self.view.value(ends, &self.sums[way]);
        let text = match self.view {
            SizeView::Count => self.scale.text(ends.all().count),
            SizeView::Bytes => self.scale.text(ends.success().bytes),
            SizeView::CountShare => Percent::new(1, &[]).share(ends.all().count, self.sums[way].all().count),
            SizeView::ByteShare => Percent::new(1, &[]).share(ends.success().bytes, self.sums[way].success().bytes),
            SizeView::Won => ends.won_text(2),
        };
        let mut cells = vec![
            value.map_or_else(Cell::absent, |value| Cell::number(text, value)),
            self.bar(value.map(|value| bar_value(self.view, value)), way),
        ];
        if self.view != SizeView::Won {
            cells.push(self.outlier(won(ends, 1), ends, way));
        }
        cells
    }

    /// Far below what is usual for all sizes together.
    fn outlier(&self, cell: Cell, ends: &Ends, way: usize) -> Cell {
        let far = ends.all().count >= 100
            && ends
                .won()
                .zip(self.sums[way].won())
                .is_some_and(|(own, all)| own < all - 2.0);
        match far {
            true => Cell {
                text: format!("{}!", cell.text).into(),
                ..cell
            }
            .tone(Tone::Warn),
            false => cell,
        }
    }

    fn bar(&self, value: Option<f64>, way: usize) -> Cell {
        let Some(value) = value.filter(|_| self.most > 0.0) else {
            return Cell::empty();
        };
        let glyphs = self.shared.theme.glyphs;
        let full = ((value / self.most * BAR as f64).round() as usize).min(BAR);
        let full = full.max(usize::from(value > 0.0));
        let text = glyphs.full.repeat(full) + &glyphs.empty.repeat(BAR - full);
        let tone = if self.view == SizeView::Won {
            Tone::Warn
        } else {
            Tone::Series(way as u8)
        };
        Cell::text(text).tone(tone)
    }
}
