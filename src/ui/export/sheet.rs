//! A table of the screen as it goes into a file: filtered and sorted as it is shown, with all columns its viewer
//! wants, also those that had no room.

use super::super::pane::Pane;
use super::super::table::copy::{self, Masks};
use super::super::table::{Cell, Column, SortKey, Table, TableState};
use super::measure::Measure;
use super::{Sheet, slug, unique};
use crate::api::table::Value;

/// Columns that say of whom a row is: files have them also where the screen leaves them out.
const WHOSE: [&str; 2] = ["node", "satellite"];

/// What stands in a column of a file.
enum Part {
    /// What a cell shows, or the number behind it.
    Shown(Measure),
    /// The whole id of what it names.
    Id,
}

/// The table of this name on a pane. `node`: all its rows are of this one.
pub fn table(
    pane: Pane,
    name: &str,
    node: Option<&str>,
    (table, state): (&Table, &TableState),
    masks: &mut Masks<'_>,
) -> Sheet {
    let columns = columns(pane, name, table, state);
    let node = node.filter(|_| !columns.iter().any(|(_, column, _)| column.id == "node"));
    let mut headings: Vec<String> = Vec::new();
    headings.extend(table.has_sections().then(|| "section".to_owned()));
    headings.extend(node.map(|_| "node".to_owned()));
    headings.extend(columns.iter().map(|(_, column, part)| match part {
        Part::Shown(measure) => heading(column, *measure),
        Part::Id => "satellite_id".to_owned(),
    }));
    let absent = Cell::empty();
    let rows = state.rows(table).map(|row| {
        let section = table
            .has_sections()
            .then(|| text(masks.apply("section", table.section(row)).trim()));
        let mut values: Vec<Value> = section.into_iter().collect();
        values.extend(node.map(|node| text(&masks.apply("node", node))));
        for (at, column, part) in &columns {
            let cell = row.cells.get(*at).unwrap_or(&absent);
            values.push(match part {
                Part::Shown(measure) => shown(cell, column, *measure, masks),
                Part::Id => text(cell.id.as_deref().unwrap_or_default()),
            });
        }
        values
    });
    let rows = rows.collect();
    Sheet {
        name: slug(name),
        columns: unique(headings),
        rows,
        markdown: copy::markdown(table, state, masks),
    }
}

/// What is shown, and of whom it is.
fn columns<'a>(pane: Pane, name: &str, table: &'a Table, state: &'a TableState) -> Vec<(usize, &'a Column, Part)> {
    let shown: Vec<(usize, &Column)> = copy::chosen(table, state).collect();
    let is_there = |id: &str| shown.iter().any(|(_, column)| column.id == id);
    let hidden = WHOSE.into_iter().filter(|id| !is_there(id));
    let hidden = hidden
        .filter_map(|id| table.column(id))
        .map(|at| (at, &table.columns()[at]));
    let mut columns = Vec::new();
    for (at, column) in hidden.chain(shown.iter().copied()) {
        let measure = Measure::of(pane, name, column);
        if measure != Measure::Picture {
            columns.push((at, column, Part::Shown(measure)));
        }
        if matches!(&*column.id, "satellite" | "sat") {
            columns.push((at, column, Part::Id));
        }
    }
    columns
}

fn shown(cell: &Cell, column: &Column, measure: Measure, masks: &mut Masks<'_>) -> Value {
    match (measure.value(cell), cell.sort) {
        (Value::Text(words), SortKey::Text) => text(&masks.apply(&column.id, &words)),
        (value, _) => value,
    }
}

fn text(text: &str) -> Value {
    match text {
        "" => Value::Null,
        text => Value::Text(text.to_owned()),
    }
}

/// The column's id, and the unit of what stands in it.
fn heading(column: &Column, measure: Measure) -> String {
    let id = match &*column.id {
        "bar" => "fill".to_owned(),
        id => id.replace(|c: char| !c.is_ascii_alphanumeric(), "_"),
    };
    let unit = measure.unit(&column.unit);
    match unit.is_empty() || id == unit || id.ends_with(&format!("_{unit}")) {
        true => id,
        false => format!("{id}_{unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::table::Row;
    use super::*;

    #[test]
    fn all_wanted_columns_as_filtered_and_sorted() {
        let columns = vec![
            Column::text("node", "NODE"),
            Column::number("in", "IN").unit("MB").priority(9),
            Column::number("bar", "FILL"),
            Column::number("percent", "PAID").unit("%"),
            Column::text("error", "ERROR").hidden(),
            Column::text("satellite", "SAT").hidden(),
        ];
        let row = |name: &'static str, bytes: f64| {
            let cells = vec![
                Cell::text(name),
                Cell::number("1.9", bytes),
                Cell::number("██░", 0.6),
                Cell::number("60", 0.6),
                Cell::text("=1+1"),
                Cell::text("us1").of("12Eay"),
            ];
            Row::new(name, cells).group(u16::from(bytes > 2e6))
        };
        let rows = vec![row("barn", 1_900_000.0), row("attic", 2_900_000.0), row("eave", 1.0)];
        let whole = Table::new(columns, rows).groups(vec!["SMALL".into(), "LARGE".into()]);
        let mut state = TableState::default();
        state.update(&whole);
        state.set_filter(&whole, "!eave");
        state.sort_by(&whole, "in");
        let sheet = table(
            Pane::Storage,
            "satellites",
            Some("dock"),
            (&whole, &state),
            &mut Masks::none(),
        );
        assert_eq!(
            sheet.columns,
            ["section", "satellite", "satellite_id", "node", "in_bytes", "percent"]
        );
        let text = |text: &str| Value::Text(text.to_owned());
        let number = Value::Amount;
        assert_eq!(
            sheet.rows,
            [
                [
                    text("SMALL"),
                    text("us1"),
                    text("12Eay"),
                    text("barn"),
                    number(1_900_000),
                    number(60)
                ],
                [
                    text("LARGE"),
                    text("us1"),
                    text("12Eay"),
                    text("attic"),
                    number(2_900_000),
                    number(60)
                ],
            ]
        );
        state.toggle_column(&whole, "error");
        let mut masks = Masks::none().column("node", copy::numbered("node"));
        let sheet = table(Pane::Storage, "satellites", Some("dock"), (&whole, &state), &mut masks);
        assert_eq!(sheet.columns.last().unwrap(), "error");
        assert_eq!(sheet.rows[1][3], text("node2"));
        assert!(sheet.markdown.contains("node2") && !sheet.markdown.contains("attic"));
    }

    #[test]
    fn rows_of_one_node_say_of_which() {
        let rows = vec![Row::new("a", vec![Cell::text("PUT")])];
        let whole = Table::new(vec![Column::text("action", "ACTION")], rows);
        let mut state = TableState::default();
        state.update(&whole);
        let of = |node| table(Pane::Latency, "rows", node, (&whole, &state), &mut Masks::none());
        assert_eq!(of(None).columns, ["action"]);
        let sheet = of(Some("dock"));
        assert_eq!(sheet.columns, ["node", "action"]);
        assert_eq!(sheet.rows[0][0], Value::Text("dock".to_owned()));
    }
}
