//! The table of the last hours. Made when answers come.

use super::ends::{Class, End, Ends};
use super::tables::{count, won};
use crate::domain::chart::Chart;
use crate::ui::flow::{is_gap, seconds};
use crate::ui::look::Tone;
use crate::ui::number::{self, Percent, Scale};
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, Table};

/// The last hours, the newest first. An hour of which nothing is known says so.
pub(super) fn hours(chart: &Chart, shared: &Shared) -> Table {
    let mut hours: Vec<[Ends; 4]> = vec![Default::default(); chart.len];
    for line in &chart.lines {
        let side = match Class::of(&line.action) {
            Class::Put => 0,
            Class::Get => 1,
            Class::PutRepair | Class::GetRepair => 2,
            Class::Audit => 3,
            Class::Other => continue,
        };
        for (hour, cell) in hours.iter_mut().zip(&line.buckets) {
            hour[side].add(End::of(line.outcome.word(), ""), *cell);
        }
    }
    let now = shared.now_s();
    let rates: Vec<[i64; 3]> = (0..)
        .zip(&hours)
        .map(|(n, hour)| rates(hour, seconds(chart, n, now)))
        .collect();
    let scale = Scale::rates(rates.iter().flatten().copied());
    let columns = vec![
        Column::text("hour", "HOUR").bounds(5, 12),
        Column::number("up", "UP").unit("%"),
        Column::number("down", "DOWN").unit("%"),
        Column::number("audit", "AUDIT").unit("%").priority(2),
        Column::number("in", "IN").unit(scale.unit()),
        Column::number("out", "OUT").unit(scale.unit()),
        Column::number("repair", "REPAIR").unit(scale.unit()).priority(3),
        Column::number("audits", "AUDITS").priority(4),
    ];
    let counts = Scale::counts(hours.iter().map(|hour| hour[3].all().count));
    let row = |n: usize| {
        let begin = chart.begin + n as i64 * chart.width;
        let mut name = number::minute(begin * 1000, &shared.zone);
        if n + 1 == chart.len {
            name.push_str(" …");
        }
        let hour = &hours[n];
        let unknown = is_gap(chart, begin, begin + chart.width) && hour.iter().all(Ends::is_empty);
        let cells = if unknown {
            vec![Cell::unknown(); 7]
        } else {
            let rate = |way: usize| Cell::number(scale.text(rates[n][way]), rates[n][way] as f64);
            let passed = hour[3].passed();
            vec![
                won(&hour[0], 2),
                won(&hour[1], 2),
                passed.map_or_else(Cell::absent, |share| {
                    let tone = if share < 100.0 { Tone::Bad } else { Tone::Text };
                    Cell::number(Percent::new(1, &[]).text(share), share).tone(tone)
                }),
                rate(0),
                rate(1),
                rate(2),
                count(&counts, hour[3].all().count),
            ]
        };
        let cells = std::iter::once(Cell::number(name, begin as f64)).chain(cells);
        Row::new(begin.to_string(), cells.collect())
    };
    Table::new(columns, (0..chart.len).rev().map(row).collect())
        .one_line()
        .quiet()
}

fn rates(hour: &[Ends; 4], seconds: i64) -> [i64; 3] {
    [0, 1, 2].map(|side| (hour[side].success().bytes as i64) / seconds.max(1))
}

#[cfg(test)]
mod tests {
    use super::super::tables::tests::shared;
    use super::*;

    #[test]
    fn an_hour_that_nobody_read_is_unknown_and_one_without_traffic_is_not() {
        let hour = 3600;
        let gap = crate::domain::chart::Stretch {
            node: "a".to_owned(),
            from: 0,
            to: hour,
        };
        let chart = Chart {
            width: hour,
            len: 2,
            nodes: 1,
            gaps: vec![gap],
            ..Chart::default()
        };
        let table = hours(&chart, &shared());
        let rates: Vec<&str> = table.rows().iter().map(|row| row.text_at(4)).collect();
        assert_eq!(rates, ["0", "?"], "the newest first");
    }
}
