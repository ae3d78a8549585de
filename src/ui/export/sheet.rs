//! A table of the screen as it goes into a file: filtered and sorted as it is shown, with all columns its viewer
//! wants, also those that had no room.

use super::super::pane::Pane;
use super::super::table::copy::{self, Masks};
use super::super::table::{Cell, Column, SortKey, Table, TableState};
use super::measure::Measure;
use super::{Sheet, slug, unique};
use crate::api::table::Value;

/// The table of this name on a pane.
pub fn table(pane: Pane, name: &str, (table, state): (&Table, &TableState), masks: &mut Masks<'_>) -> Sheet {
    let measured = copy::chosen(table, state).map(|(at, column)| (at, column, Measure::of(pane, name, column)));
    let columns: Vec<(usize, &Column, Measure)> =
        measured.filter(|(.., measure)| *measure != Measure::Picture).collect();
    let sections = table.has_sections().then(|| "section".to_owned());
    let headings = columns.iter().map(|(_, column, measure)| heading(column, *measure));
    let absent = Cell::empty();
    let rows = state.rows(table).map(|row| {
        let section = table
            .has_sections()
            .then(|| text(masks.apply("section", table.section(row)).trim()));
        let mut values: Vec<Value> = section.into_iter().collect();
        for (at, column, measure) in &columns {
            let cell = row.cells.get(*at).unwrap_or(&absent);
            values.push(match (measure.value(cell), cell.sort) {
                (Value::Text(words), SortKey::Text) => text(&masks.apply(&column.id, &words)),
                (value, _) => value,
            });
        }
        values
    });
    let rows = rows.collect();
    Sheet {
        name: slug(name),
        columns: unique(sections.into_iter().chain(headings)),
        rows,
        markdown: copy::markdown(table, state, masks),
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
        ];
        let row = |name: &'static str, bytes: f64| {
            let cells = vec![
                Cell::text(name),
                Cell::number("1.9", bytes),
                Cell::number("██░", 0.6),
                Cell::number("60", 0.6),
                Cell::text("=1+1"),
            ];
            Row::new(name, cells).group(u16::from(bytes > 2e6))
        };
        let rows = vec![row("barn", 1_900_000.0), row("attic", 2_900_000.0), row("eave", 1.0)];
        let whole = Table::new(columns, rows).groups(vec!["SMALL".into(), "LARGE".into()]);
        let mut state = TableState::default();
        state.update(&whole);
        state.set_filter(&whole, "!eave");
        state.sort_by(&whole, "in");
        let sheet = table(Pane::Storage, "satellites", (&whole, &state), &mut Masks::none());
        assert_eq!(sheet.columns, ["section", "node", "in_bytes", "percent"]);
        let text = |text: &str| Value::Text(text.to_owned());
        let number = Value::Amount;
        assert_eq!(
            sheet.rows,
            [
                [text("SMALL"), text("barn"), number(1_900_000), number(60)],
                [text("LARGE"), text("attic"), number(2_900_000), number(60)],
            ]
        );
        state.toggle_column(&whole, "error");
        let mut masks = Masks::none().column("node", copy::numbered("node"));
        let sheet = table(Pane::Storage, "satellites", (&whole, &state), &mut masks);
        assert_eq!(sheet.columns.last().unwrap(), "error");
        assert_eq!(sheet.rows[1][1], text("node2"));
        assert!(sheet.markdown.contains("node2") && !sheet.markdown.contains("attic"));
    }
}
