//! Tables as text: for the clipboard, for a forum, for a spreadsheet; with names and addresses masked if asked.
//! Called by the panes.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Align, Column, Row, SortKey, Table, TableState, Text};

/// What of a table must not be copied as it is: a way of masking for each column that needs one.
#[derive(Default)]
pub struct Masks<'a> {
    ways: HashMap<Text, Way<'a>>,
    /// Names of nodes, the longest first: masked where a sentence has them.
    names: Vec<String>,
}

type Way<'a> = Box<dyn FnMut(&str) -> String + 'a>;

impl<'a> Masks<'a> {
    /// Nothing is masked.
    pub fn none() -> Self {
        Self::default()
    }

    /// With a way of masking for the column of this id; `section` are the headings of sections.
    pub fn column(mut self, id: impl Into<Text>, way: impl FnMut(&str) -> String + 'a) -> Self {
        self.ways.insert(id.into(), Box::new(way));
        self
    }

    /// With names of nodes: in other columns they are masked as in the column `node`.
    pub fn names(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.names = names.into_iter().filter(|name| !name.is_empty()).collect();
        self.names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        self
    }

    /// A text of the column of this id as others may see it.
    pub fn apply<'t>(&mut self, id: &str, text: &'t str) -> Cow<'t, str> {
        match self.ways.get_mut(id) {
            _ if matches!(text, "" | "?" | "–") => Cow::Borrowed(text),
            Some(way) => Cow::Owned(way(text)),
            None if self.names.iter().any(|name| text.contains(name)) => Cow::Owned(self.veiled(text)),
            None => Cow::Borrowed(text),
        }
    }

    /// A sentence with its names, as whole words, masked.
    fn veiled(&mut self, text: &str) -> String {
        let Some(way) = self.ways.get_mut("node") else {
            return text.to_owned();
        };
        let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let (mut seen, mut rest, mut before) = (String::with_capacity(text.len()), text, ' ');
        while let Some(next) = rest.chars().next() {
            let whole = |name: &&String| {
                rest.strip_prefix(name.as_str())
                    .is_some_and(|after| !after.starts_with(part))
            };
            match self.names.iter().find(whole).filter(|_| !part(before)) {
                Some(name) => {
                    seen += &way(name);
                    rest = &rest[name.len()..];
                    before = ' ';
                }
                None => {
                    seen.push(next);
                    rest = &rest[next.len_utf8()..];
                    before = next;
                }
            }
        }
        seen
    }
}

/// A way of masking: the first name becomes `node1`, the next `node2`; the same name always the same.
pub fn numbered(word: &'static str) -> impl FnMut(&str) -> String {
    let mut seen: HashMap<String, usize> = HashMap::new();
    move |name| {
        let next = seen.len() + 1;
        format!("{word}{}", seen.entry(name.to_owned()).or_insert(next))
    }
}

/// A way of masking for cells that hold several names: each is masked by itself.
pub fn each(mut one: impl FnMut(&str) -> String) -> impl FnMut(&str) -> String {
    move |names| names.split(' ').map(&mut one).collect::<Vec<_>>().join(" ")
}

/// A way of masking: the first characters and an ellipsis. Never more than half of the text.
pub fn shortened(keep: usize) -> impl FnMut(&str) -> String {
    move |text| {
        let half = text.chars().count() / 2;
        let start = text.chars().take(keep.min(half));
        start.chain(std::iter::once('…')).collect()
    }
}

/// The text of one cell.
pub fn cell(table: &Table, row: &Row, id: &str, masks: &mut Masks) -> Option<String> {
    let at = table.column(id)?;
    let column = table.columns.get(at)?;
    Some(masks.apply(&column.id, row.text_at(at)).into_owned())
}

/// A row in one line: each value behind its heading.
pub fn row(table: &Table, state: &TableState, row: &Row, masks: &mut Masks) -> String {
    let values = chosen(table, state).filter_map(|(at, column)| {
        let text = masked(row, at, column, masks);
        let text = flat(text.trim());
        (!text.is_empty()).then(|| format!("{} {text}", column.heading()))
    });
    values.collect::<Vec<_>>().join(", ")
}

/// All columns of a row with their headings, those too that the screen has no room for.
pub fn details(table: &Table, row: &Row) -> Vec<(Text, String)> {
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(at, column)| (column.heading(), row.text_at(at).trim().to_owned()))
        .collect()
}

/// The rows shown and the footer as a table in Markdown.
pub fn markdown(table: &Table, state: &TableState, masks: &mut Masks) -> String {
    let sections = table.has_sections();
    let sides = chosen(table, state).map(|(_, column)| match column.align {
        Align::Left => "---",
        Align::Right => "---:",
    });
    let sides: Vec<&str> = sections.then_some("---").into_iter().chain(sides).collect();
    let escaped = |text: &str| {
        let text = flat(text.trim()).replace('\\', "\\\\").replace('|', "\\|");
        text.replace('<', "&lt;").replace('`', "\\`")
    };
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut lines = grid(table, state, masks, escaped).into_iter();
    let mut out = lines.next().map(|heading| line(&heading)).unwrap_or_default();
    out += &format!("| {} |\n", sides.join(" | "));
    out.extend(lines.map(|cells| line(&cells)));
    out
}

/// The rows shown and the footer, values divided by tabs.
pub fn tsv(table: &Table, state: &TableState, masks: &mut Masks) -> String {
    let lines = grid(table, state, masks, |text| flat(text.trim()));
    lines.iter().map(|cells| cells.join("\t") + "\n").collect()
}

/// Headings, rows, footer. The footer's first cell is a label of ours and not masked.
fn grid(table: &Table, state: &TableState, masks: &mut Masks, written: impl Fn(&str) -> String) -> Vec<Vec<String>> {
    let sections = table.has_sections();
    let section = |text: &str| sections.then(|| written(text));
    let headings = chosen(table, state).map(|(_, column)| written(&column.heading()));
    let mut lines = vec![section("SECTION").into_iter().chain(headings).collect::<Vec<_>>()];
    for row in state.rows(table) {
        let section = section(&masks.apply("section", table.section(row)));
        let cells = chosen(table, state).map(|(at, column)| written(&masked(row, at, column, masks)));
        lines.push(section.into_iter().chain(cells).collect());
    }
    for row in &table.foot {
        let cells = chosen(table, state).map(|(at, column)| match at {
            0 => written(row.text_at(at)),
            _ => written(&masked(row, at, column, masks)),
        });
        lines.push(section("").into_iter().chain(cells).collect());
    }
    lines
}

/// A cell's text as others may see it. A number is no name: peers are counted, too.
fn masked<'t>(row: &'t Row, at: usize, column: &Column, masks: &mut Masks) -> Cow<'t, str> {
    match row.cells.get(at).map(|cell| cell.sort) {
        Some(SortKey::Number(_)) => Cow::Borrowed(row.text_at(at)),
        _ => masks.apply(&column.id, row.text_at(at)),
    }
}

/// The columns the viewer wants, with their places, whether or not the screen has room for them.
pub fn chosen<'a>(table: &'a Table, state: &'a TableState) -> impl Iterator<Item = (usize, &'a Column)> {
    let columns = table.columns.iter().enumerate();
    columns.filter(|(_, column)| state.shows(column))
}

/// A text on one line.
fn flat(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, sample};
    use super::*;

    fn small() -> (Table, TableState) {
        let columns = vec![
            Column::text("node", "NODE"),
            Column::number("in", "IN").unit("MB/s").priority(1),
            Column::text("address", "ADDRESS"),
            Column::text("id", "ID").hidden(),
        ];
        let row = |name: &'static str, rate: &'static str, address: &'static str| {
            let id = Cell::text("12EayRS2V1kEsWESU9QMRseFhdxY");
            Row::new(name, vec![Cell::text(name), Cell::text(rate), Cell::text(address), id])
        };
        let rows = vec![row("barn", " 1.9", "203.0.113.7:28970"), row("a|b\tc", "?", "–")];
        let table = Table::new(columns, rows).foot(vec![Row::new("f", vec![Cell::text("fleet"), Cell::text("1.9")])]);
        let mut state = TableState::default();
        state.update(&table);
        (table, state)
    }

    fn masks() -> Masks<'static> {
        let masks = Masks::none().column("node", numbered("node"));
        masks.column("address", shortened(4)).column("id", shortened(6))
    }

    #[test]
    fn whole_tables() {
        let (table, state) = small();
        assert_eq!(
            markdown(&table, &state, &mut Masks::none()),
            "| NODE | IN MB/s | ADDRESS |\n| --- | ---: | --- |\n| barn | 1.9 | 203.0.113.7:28970 |\n\
             | a\\|b c | ? | – |\n| fleet | 1.9 |  |\n"
        );
        assert_eq!(
            tsv(&table, &state, &mut masks()),
            "NODE\tIN MB/s\tADDRESS\nnode1\t1.9\t203.…\nnode2\t?\t–\nfleet\t1.9\t\n"
        );
    }

    #[test]
    fn sections_become_a_column_and_the_filter_holds() {
        let (table, mut state) = small();
        let table = table.groups(vec!["HERE".into()]);
        state.set_filter(&table, "barn");
        let text = tsv(&table, &state, &mut Masks::none());
        assert_eq!(text.lines().nth(1), Some("HERE\tbarn\t1.9\t203.0.113.7:28970"));
        assert_eq!(text.lines().count(), 3);
        let text = tsv(&table, &state, &mut masks().column("section", shortened(2)));
        assert!(text.lines().any(|line| line == "HE…\tnode1\t1.9\t203.…"), "{text}");
    }

    #[test]
    fn rows_and_cells() {
        let (table, state) = small();
        let barn = &table.rows[0];
        let text = row(&table, &state, barn, &mut masks());
        assert_eq!(text, "NODE node1, IN MB/s 1.9, ADDRESS 203.…");
        let id = cell(&table, barn, "id", &mut masks());
        assert_eq!(id.as_deref(), Some("12EayR…"));
        assert_eq!(cell(&table, barn, "none", &mut masks()), None);
        let details = details(&table, barn);
        assert_eq!(details[1], ("IN MB/s".into(), "1.9".to_owned()));
        assert_eq!(details[3].0, "ID");
    }

    #[test]
    fn sentences_name_no_node() {
        let names = || ["attic", "attic-2", "a", "node1", ""].map(str::to_owned);
        let mut masks = masks().names(names());
        let text = "postponed: attic-2, attic (attic2), a cattic, /var/attic.log, node1";
        let seen = masks.apply("state", text);
        assert_eq!(
            seen,
            "postponed: node1, node2 (attic2), node3 cattic, /var/node2.log, node4"
        );
        assert_eq!(masks.apply("node", "attic"), "node2", "once");
        assert_eq!(Masks::none().names(names()).apply("state", text), text);
    }

    #[test]
    fn masks_are_steady_and_give_little_away() {
        let mut names = numbered("node");
        assert_eq!(["b", "a", "b"].map(&mut names), ["node1", "node2", "node1"]);
        let mut short = shortened(8);
        assert_eq!(
            ["倉庫一二", "x", "12EayRS2V1kEsWESU9QM"].map(&mut short),
            ["倉庫…", "…", "12EayRS2…"]
        );
        let mut state = TableState::default();
        let table = sample::overview();
        state.update(&table);
        let text = markdown(&table, &state, &mut Masks::none().column("node", numbered("node")));
        assert!(!text.contains("attic") && text.contains("fleet"));
    }
}
