//! The order of rows: by a column, unknown values last. Called by the state of a table.

use std::cmp::Ordering;

use super::{Cell, Direction, Row, SortKey};

/// Sorts places of rows: by section, then by the column, then by key, so that equal rows keep their places.
pub(super) fn sort(places: &mut [usize], rows: &[Row], by: Option<(usize, Direction)>) {
    places.sort_by(|a, b| match (rows.get(*a), rows.get(*b)) {
        (Some(a), Some(b)) => {
            let inside = by.map_or(Ordering::Equal, |(column, direction)| {
                cells(a.cells.get(column), b.cells.get(column), direction).then_with(|| a.key.cmp(&b.key))
            });
            a.group.cmp(&b.group).then(inside)
        }
        _ => Ordering::Equal,
    });
}

/// Numbers before texts before what is unknown; only the first two turn round with the direction.
fn cells(a: Option<&Cell>, b: Option<&Cell>, direction: Direction) -> Ordering {
    let turned = |order: Ordering| match direction {
        Direction::Up => order,
        Direction::Down => order.reverse(),
    };
    match (rank(a), rank(b)) {
        ((_, Some(a)), (_, Some(b))) => turned(a.total_cmp(&b)),
        ((1, _), (1, _)) => turned(natural(text(a), text(b))),
        ((a, _), (b, _)) => a.cmp(&b),
    }
}

fn rank(cell: Option<&Cell>) -> (u8, Option<f64>) {
    match cell.map(|cell| cell.sort) {
        // Zero has two signs; they are equal here.
        Some(SortKey::Number(value)) if !value.is_nan() => (0, Some(value + 0.0)),
        Some(SortKey::Text) => (1, None),
        _ => (2, None),
    }
}

fn text(cell: Option<&Cell>) -> &str {
    cell.map_or("", |cell| &cell.text)
}

/// Texts without regard to case, runs of digits as numbers: node2 before node10, 1.99.3 before 1.162.3.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (x, y) = match (a.chars().next(), b.chars().next()) {
            (Some(x), Some(y)) => (x, y),
            (x, y) => return x.is_some().cmp(&y.is_some()),
        };
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (m, n) = (digits(&mut a), digits(&mut b));
            // Leading zeros are gone: more digits are the greater number.
            m.len().cmp(&n.len()).then_with(|| m.cmp(n))
        } else {
            a = &a[x.len_utf8()..];
            b = &b[y.len_utf8()..];
            x.to_lowercase().cmp(y.to_lowercase())
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Takes the digits at the start of a text, without leading zeros.
fn digits<'a>(text: &mut &'a str) -> &'a str {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    let (run, rest) = text.split_at(end);
    *text = rest;
    run.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::super::Column;
    use super::super::Table;
    use super::*;

    fn sorted(cells: Vec<Cell>, direction: Direction) -> String {
        let rows: Vec<Row> = cells
            .into_iter()
            .enumerate()
            .map(|(n, cell)| Row::new(format!("k{n}"), vec![cell]))
            .collect();
        let table = Table::new(vec![Column::text("a", "A")], rows);
        let mut places: Vec<usize> = (0..table.rows.len()).collect();
        sort(&mut places, &table.rows, Some((0, direction)));
        let texts: Vec<&str> = places.iter().map(|at| table.rows[*at].text_at(0)).collect();
        texts.join(" ")
    }

    #[test]
    fn unknown_is_last_in_both_directions() {
        let cells = || {
            vec![
                Cell::unknown(),
                Cell::number("2", 2.0),
                Cell::number("NaN", f64::NAN),
                Cell::number("10", 10.0),
                Cell::text("full"),
                Cell::number("-1", -1.0),
                Cell::absent(),
            ]
        };
        assert_eq!(sorted(cells(), Direction::Up), "-1 2 10 full ? NaN –");
        assert_eq!(sorted(cells(), Direction::Down), "10 2 -1 full ? NaN –");
    }

    #[test]
    fn equal_rows_keep_to_their_keys_in_both_directions() {
        let cells = || ["x", "a", "X"].map(Cell::text).to_vec();
        assert_eq!(sorted(cells(), Direction::Up), "a x X");
        assert_eq!(sorted(cells(), Direction::Down), "x X a");
        let zeros = || vec![Cell::number("0", 0.0), Cell::number("-0", -0.0)];
        assert_eq!(sorted(zeros(), Direction::Up), "0 -0");
    }

    #[test]
    fn digits_in_texts_count_as_numbers() {
        let names = ["node10", "Node2", "1.162.3", "1.99.3", "倉10", "倉9", "node"].map(Cell::text);
        assert_eq!(
            sorted(names.to_vec(), Direction::Up),
            "1.99.3 1.162.3 node Node2 node10 倉9 倉10"
        );
    }
}
