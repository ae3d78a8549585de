//! A table for the tests: the nodes of the overview.

use super::super::look::Tone;
use super::{Cell, Column, Direction, Row, Table};

const ROWS: [[&str; 14]; 6] = [
    [
        "barn",
        "audits failing",
        "1.162.3",
        "0.9881",
        "29",
        "99.8",
        "1.9",
        "3.4",
        "97.1",
        "99.2",
        "81 %",
        "6.48 / 8.00",
        "61 d",
        "7.12",
    ],
    [
        "dock",
        "us1 lost",
        "1.162.3",
        "1.0000",
        "41",
        "97.1",
        "0.4",
        "0.3",
        "98.2",
        "99.5",
        "35 %",
        "2.10 / 6.00",
        "205 d",
        "2.02",
    ],
    [
        "cellar",
        "full in 6 d",
        "1.155.9",
        "0.9996",
        "41",
        "99.9",
        "3.3",
        "1.2",
        "96.0",
        "99.1",
        "94 %",
        "3.76 / 4.00",
        "6 d",
        "3.41",
    ],
    [
        "attic",
        "ok",
        "1.162.3",
        "1.0000",
        "41",
        "100",
        "2.1",
        "3.8",
        "98.4",
        "99.6",
        "91 %",
        "8.21 / 9.00",
        "34 d",
        "9.84",
    ],
    [
        "eave",
        "ok compacting",
        "1.162.3",
        "0.9999",
        "41",
        "100",
        "0.0",
        "5.1",
        "–",
        "99.7",
        "99 %",
        "11.90 / 12.00",
        "full",
        "14.30",
    ],
    [
        "forge",
        "vetting 63/100",
        "1.162.3",
        "1.0000",
        "41",
        "?",
        "0.2",
        "0.0",
        "98.8",
        "99.9",
        "15 %",
        "0.31 / 2.00",
        "188 d",
        "0.08",
    ],
];
const FOOT: [&str; 14] = [
    "fleet",
    "3 ok",
    "2 releases",
    "",
    "29",
    "",
    "7.9",
    "13.8",
    "97.6",
    "99.4",
    "80 %",
    "32.76 / 41.00",
    "",
    "36.77",
];

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::text("node", "NODE"),
        Column::text("state", "STATE").flexible(8),
        Column::text("version", "VERSION").priority(9),
        Column::number("audit", "AUDIT").priority(7),
        Column::number("left", "LEFT").first(Direction::Up),
        Column::number("online", "ONLINE").priority(5),
        Column::number("in", "IN").unit("MB/s").priority(3),
        Column::number("out", "OUT").unit("MB/s").priority(3),
        Column::number("up", "UP %").priority(4),
        Column::number("down", "DOWN %").short("DN %").priority(5),
        Column::number("disk", "DISK"),
        Column::number("tb", "TB").priority(8).unsortable(),
        Column::number("full", "FULL IN").short("FULL").first(Direction::Up),
        Column::number("money", "$ MTD"),
    ]
}

/// Text as it is, numbers by their beginning.
fn cells(texts: &[&'static str]) -> Vec<Cell> {
    let columns = columns();
    let cell = |(at, text): (usize, &&'static str)| {
        let number = text.split(' ').next().and_then(|text| text.parse().ok());
        match (*text, number) {
            ("?", _) => Cell::unknown(),
            ("–", _) => Cell::absent(),
            ("", _) => Cell::empty(),
            (text, Some(number)) if columns[at].align == super::Align::Right => Cell::number(text, number),
            (text, _) => Cell::text(text),
        }
    };
    texts.iter().enumerate().map(cell).collect()
}

/// The six nodes, worst first.
pub(super) fn rows() -> Vec<Row> {
    let marks = [
        ("▲", Tone::Bad),
        ("!", Tone::Warn),
        ("!", Tone::Warn),
        ("●", Tone::Good),
        ("●", Tone::Good),
        ("○", Tone::Muted),
    ];
    let rows = ROWS.iter().zip(marks);
    rows.map(|(texts, (glyph, tone))| Row::new(texts[0], cells(texts)).mark(glyph, tone))
        .collect()
}

pub(super) fn overview() -> Table {
    Table::new(columns(), rows()).foot(vec![Row::new("fleet", cells(&FOOT))])
}

/// A table of one column of names.
pub(super) fn names(names: &[&str]) -> Table {
    let rows = names
        .iter()
        .map(|name| Row::new(*name, vec![Cell::text((*name).to_owned())]));
    Table::new(vec![Column::text("node", "NODE")], rows.collect())
}
