//! Which columns a table shows where. Called by the view; a pure function of table, choice of columns and size.

use ratatui::layout::Size;

use super::{Align, Column, Table, TableState, measure};

/// Room before the cells: the cursor, the mark, a space.
const GUTTER: u16 = 3;
/// What the second line of a row is set in further.
const INDENT: u16 = 2;
/// Below this width a row takes two lines rather than lose a column.
const NARROW: u16 = 60;
/// As long as so many rows are seen, or all there are.
const ROWS: usize = 3;

/// A column in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// Which column of the table.
    pub(super) column: usize,
    /// Where it begins, from the table's left side.
    pub(super) x: u16,
    /// How wide it is.
    pub(super) width: u16,
}

/// Where everything goes, for header, rows and footer alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// The lines of a row: one, or two where it is narrow.
    pub(super) lines: Vec<Vec<Slot>>,
    /// Headings are the short ones, without units.
    pub(super) compact: bool,
}

/// How tightly columns are set. The earlier of [`Fit::ALL`] the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fit {
    gap: u16,
    compact: bool,
    /// The flexible column gives way.
    bent: bool,
}

impl Fit {
    const fn new(gap: u16, compact: bool, bent: bool) -> Self {
        Self { gap, compact, bent }
    }

    const ALL: [Self; 4] = [
        Self::new(2, false, false),
        Self::new(1, false, false),
        Self::new(1, true, false),
        Self::new(1, true, true),
    ];
}

/// How wide a column would be.
struct Wish {
    natural: u16,
    least: u16,
    most: u16,
}

/// Lays out what fits into a size.
pub(super) fn layout(table: &Table, state: &TableState, size: Size) -> Layout {
    let columns = table.columns.iter().enumerate();
    let shown: Vec<usize> = columns
        .filter(|(_, column)| state.shows(column))
        .map(|(at, _)| at)
        .collect();
    let setter = Setter {
        table,
        sorted: state.sorted_column(table),
        width: size.width.saturating_sub(GUTTER),
    };
    let one = setter.one_line(&shown);
    let rows = table.rows.len().clamp(1, ROWS);
    // A line says which rows are seen of how many.
    let place = usize::from(table.rows.len() > ROWS);
    let may_have_two = table.two_lines && usize::from(size.height) >= 2 + 2 * rows + place;
    // What nobody knows is no loss.
    let told = shown.iter().filter(|at| setter.tells(**at)).count();
    let seen = |layout: &Layout| {
        layout
            .lines
            .iter()
            .flatten()
            .filter(|slot| setter.tells(slot.column))
            .count()
    };
    let whole = |layout: &Layout| seen(layout) == told;
    let good = one.as_ref().is_some_and(|one| whole(one) || size.width >= NARROW);
    let two = (may_have_two && !good).then(|| setter.two_lines(&shown)).flatten();
    two.or(one).unwrap_or_else(|| setter.what_fits(&shown))
}

struct Setter<'a> {
    table: &'a Table,
    sorted: Option<usize>,
    width: u16,
}

impl Setter<'_> {
    fn wish(&self, at: usize, compact: bool) -> Wish {
        let Some(column) = self.table.columns.get(at) else {
            return Wish {
                natural: 0,
                least: 0,
                most: 0,
            };
        };
        let heading = heading_width(column, compact, self.sorted == Some(at));
        let cells = self.table.widths.get(at).copied().unwrap_or(0);
        match column.align {
            Align::Right => {
                let natural = cells.max(heading);
                Wish {
                    natural,
                    least: natural,
                    most: natural.max(column.max),
                }
            }
            Align::Left => {
                let natural = cells.max(column.min).min(column.max).max(heading);
                let cut = if cells == 0 { heading } else { column.min.max(heading) };
                Wish {
                    natural,
                    least: natural.min(cut),
                    most: column.max.max(natural),
                }
            }
        }
    }

    fn flexible(&self, columns: &[usize]) -> Option<usize> {
        let is = |at: &usize| self.table.columns.get(*at).is_some_and(|column| column.flexible);
        columns.iter().position(is)
    }

    /// The columns side by side, if they fit so.
    fn line(&self, columns: &[usize], indent: u16, fit: Fit) -> Option<Vec<Slot>> {
        let room = u32::from(self.width.checked_sub(indent)?);
        let flexible = self.flexible(columns);
        let wishes: Vec<Wish> = columns.iter().map(|at| self.wish(*at, fit.compact)).collect();
        let mut widths: Vec<u16> = wishes.iter().map(|wish| wish.natural).collect();
        if let (Some(flexible), true) = (flexible, fit.bent) {
            widths[flexible] = wishes[flexible].least;
        }
        let gaps = u32::from(fit.gap) * u32::try_from(columns.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let used = widths.iter().map(|width| u32::from(*width)).sum::<u32>() + gaps;
        let left = room.checked_sub(used)?;
        if let Some(flexible) = flexible {
            let grown = u32::from(widths[flexible]) + left;
            widths[flexible] = u16::try_from(grown).unwrap_or(u16::MAX).min(wishes[flexible].most);
        }
        Some(place(columns, &widths, GUTTER + indent, fit.gap))
    }

    /// One line a row: columns go until the rest fits. None if those that must stay do not.
    fn one_line(&self, shown: &[usize]) -> Option<Layout> {
        let mut columns = shown.to_vec();
        loop {
            for fit in Fit::ALL {
                if let Some(line) = self.line(&columns, 0, fit) {
                    return Some(Layout {
                        lines: vec![line],
                        compact: fit.compact,
                    });
                }
            }
            if !self.drop_one(&mut columns) {
                return self.squeezed(&columns);
            }
        }
    }

    /// Two lines a row: as many columns as fit in the first, the others below.
    fn two_lines(&self, shown: &[usize]) -> Option<Layout> {
        let mut columns = shown.to_vec();
        loop {
            for fit in Fit::ALL {
                let split = |at: usize| {
                    let (first, rest) = columns.split_at(at);
                    Some(vec![self.line(first, 0, fit)?, self.line(rest, INDENT, fit)?])
                };
                if let Some(lines) = (1..columns.len()).rev().find_map(split) {
                    let compact = fit.compact;
                    return Some(Layout { lines, compact });
                }
            }
            if !self.drop_one(&mut columns) {
                return None;
            }
        }
    }

    /// Every text at its least, the widest first; numbers as they are.
    fn squeezed(&self, columns: &[usize]) -> Option<Layout> {
        let wishes: Vec<Wish> = columns.iter().map(|at| self.wish(*at, true)).collect();
        let mut widths: Vec<u16> = wishes.iter().map(|wish| wish.natural).collect();
        let gaps = u32::try_from(columns.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let mut over = widths.iter().map(|width| u32::from(*width)).sum::<u32>() + gaps;
        while over > u32::from(self.width) {
            let bendable = (0..widths.len()).filter(|at| widths[*at] > wishes[*at].least);
            let widest = bendable.max_by_key(|at| widths[*at])?;
            widths[widest] -= 1;
            over -= 1;
        }
        Some(Layout {
            lines: vec![place(columns, &widths, GUTTER, 1)],
            compact: true,
        })
    }

    /// Nothing fits: from the left what still does, the first column cut.
    fn what_fits(&self, shown: &[usize]) -> Layout {
        let mut line = Vec::new();
        let mut x = 0;
        for at in shown {
            let wish = self.wish(*at, true);
            let room = self.width.saturating_sub(x);
            if room == 0 || (wish.least > room && !line.is_empty()) {
                break;
            }
            let width = wish.least.min(room);
            line.push(Slot {
                column: *at,
                x: GUTTER + x,
                width,
            });
            x = x.saturating_add(width).saturating_add(1);
        }
        Layout {
            lines: vec![line],
            compact: true,
        }
    }

    /// Whether a row knows something in a column. The first one is who a row is.
    fn tells(&self, at: usize) -> bool {
        at == 0 || self.table.known.get(at).copied().unwrap_or(true)
    }

    /// Drops a column in which no row knows anything, else the one of the highest priority; of several the last.
    /// False if all must stay.
    fn drop_one(&self, columns: &mut Vec<usize>) -> bool {
        let priority = |at: usize| self.table.columns.get(at).map_or(0, |column| column.priority);
        let worth = |at: usize| (!self.tells(at), priority(at));
        let last = columns.iter().enumerate().max_by_key(|(_, at)| worth(**at));
        match last.map(|(place, at)| (place, worth(*at))) {
            Some((place, worth)) if worth > (false, 0) => {
                columns.remove(place);
                true
            }
            _ => false,
        }
    }
}

/// The heading as it is drawn.
pub(super) fn heading(column: &Column, compact: bool) -> (&str, &str) {
    match compact {
        true if !column.short.is_empty() => (&column.short, ""),
        true => (&column.title, ""),
        false => (&column.title, &column.unit),
    }
}

/// The room of a heading. The arrow of a sorted column stands where the space before the unit was.
fn heading_width(column: &Column, compact: bool, sorted: bool) -> u16 {
    let (title, unit) = heading(column, compact);
    let unit = if unit.is_empty() { 0 } else { measure::width(unit) + 1 };
    let arrow = u16::from(sorted);
    measure::width(title).saturating_add(unit.max(arrow))
}

fn place(columns: &[usize], widths: &[u16], from: u16, gap: u16) -> Vec<Slot> {
    let mut x = from;
    let pairs = columns.iter().zip(widths);
    pairs
        .map(|(column, width)| {
            let slot = Slot {
                column: *column,
                x,
                width: *width,
            };
            x = x.saturating_add(*width).saturating_add(gap);
            slot
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, Row, sample};
    use super::*;

    fn titles(table: &Table, width: u16, height: u16) -> String {
        let layout = layout(table, &TableState::default(), Size::new(width, height));
        let line = |line: &Vec<Slot>| {
            let titles: Vec<&str> = line.iter().map(|slot| &*table.columns[slot.column].title).collect();
            titles.join(" ")
        };
        layout.lines.iter().map(line).collect::<Vec<_>>().join(" / ")
    }

    #[test]
    fn columns_go_by_priority_and_two_lines_come_when_narrow() {
        let table = sample::overview();
        for (width, height, expected) in [
            (
                120,
                20,
                "NODE STATE VERSION AUDIT LEFT ONLINE IN OUT UP % DOWN % DISK TB FULL IN $ MTD",
            ),
            (
                80,
                20,
                "NODE STATE AUDIT LEFT ONLINE IN OUT UP % DOWN % DISK FULL IN $ MTD",
            ),
            (
                59,
                20,
                "NODE STATE VERSION AUDIT LEFT ONLINE IN / OUT UP % DOWN % DISK TB FULL IN $ MTD",
            ),
            (40, 5, "NODE STATE LEFT DISK FULL IN $ MTD"),
            (12, 5, "NODE"),
            (2, 20, ""),
        ] {
            assert_eq!(titles(&table, width, height), expected, "{width}x{height}");
        }
    }

    #[test]
    fn what_no_row_knows_gives_way_first() {
        let columns = || {
            vec![
                Column::text("month", "MONTH"),
                Column::number("ours", "OURS").priority(2),
                Column::number("node", "NODE"),
                Column::number("sent", "SENT").priority(1),
                Column::text("state", "STATE"),
            ]
        };
        let row = |key: &'static str, ours: Cell, node: Cell| {
            let sent = Cell::number("53.07", 53.07);
            Row::new(key, vec![Cell::text("Jul 2026"), ours, node, sent, Cell::text("paid")])
        };
        let number = || Cell::number("53.28", 53.28);
        let dark = Table::new(
            columns(),
            vec![row("a", number(), Cell::unknown()), row("b", number(), Cell::absent())],
        );
        let known = Table::new(columns(), vec![row("a", number(), number())]);
        for (width, of_dark, of_known) in [
            (50, "MONTH OURS NODE SENT STATE", "MONTH OURS NODE SENT STATE"),
            (30, "MONTH OURS SENT STATE", "MONTH NODE SENT STATE"),
            (24, "MONTH SENT STATE", "MONTH NODE STATE"),
        ] {
            for (table, expected) in [(&dark, of_dark), (&known, of_known)] {
                assert_eq!(titles(table, width, 3), expected, "{width}");
            }
        }
        assert_eq!(
            titles(&dark, 30, 20),
            "MONTH OURS SENT STATE",
            "no second line for what nobody knows"
        );
        assert_eq!(titles(&known, 30, 20), "MONTH OURS NODE / SENT STATE");
    }

    #[test]
    fn slots_stay_apart_and_inside_and_numbers_are_whole() {
        let table = sample::overview();
        for width in 0..=250 {
            for height in [1, 5, 6, 30] {
                let layout = layout(&table, &TableState::default(), Size::new(width, height));
                for line in &layout.lines {
                    let ends = line.iter().map(|slot| slot.x + slot.width);
                    assert!(ends.clone().all(|end| end <= width), "{width}: {line:?}");
                    let starts = line.iter().skip(1).map(|slot| slot.x);
                    assert!(ends.zip(starts).all(|(end, start)| end < start), "{width}: {line:?}");
                }
                let numbers = layout.lines.iter().flatten();
                let mut numbers = numbers.filter(|slot| table.columns[slot.column].align == Align::Right);
                assert!(numbers.all(|slot| slot.width >= table.widths[slot.column]), "{width}");
            }
        }
    }

    #[test]
    fn the_flexible_column_takes_what_is_left() {
        let columns = vec![
            Column::text("a", "A"),
            Column::text("b", "B").flexible(5),
            Column::number("c", "C"),
        ];
        let row = Row::new("r", ["name", "a long story", "12"].map(Cell::text).to_vec());
        let table = Table::new(columns, vec![row]).one_line();
        for (width, expected) in [(60, 47), (25, 12), (24, 13), (23, 12), (22, 11), (16, 5)] {
            let layout = layout(&table, &TableState::default(), Size::new(width, 9));
            assert_eq!(layout.lines[0][1].width, expected, "{width}");
        }
    }
}
