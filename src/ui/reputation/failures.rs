//! Audits that failed, as the log told them: when, which piece, what was wrong, how many in a row by then.

use super::entry::Entry;
use crate::api::reputation::{FailedAudit, Failing};
use crate::domain::transfer::Outcome;
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::shared::{Shared, Sought};
use crate::ui::table::{Cell, Column, Row, Table};

/// The table, the newest first.
pub(super) fn table(entries: &[&Entry], shared: &Shared) -> Table {
    let several_nodes = entries.windows(2).any(|pair| pair[0].node != pair[1].node);
    let several = entries.len() > 1;
    let shown = |column: Column, shown: bool| if shown { column } else { column.hidden() };
    let columns = vec![
        Column::text("time", "TIME").bounds(8, 16),
        shown(Column::text("node", "NODE").bounds(4, 16), several_nodes),
        shown(Column::text("satellite", "SAT").bounds(3, 12), several),
        Column::text("piece", "PIECE").bounds(8, 17).priority(2),
        Column::number("offset", "OFFSET").priority(3),
        Column::number("size", "SIZE").priority(4),
        Column::text("error", "ERROR").flexible(12),
        Column::number("row", "IN A ROW").short("ROW").priority(1),
    ];
    let mut rows: Vec<(i64, Row)> = Vec::new();
    for entry in entries {
        let Some(failing) = &entry.failing else { continue };
        let counts = in_a_row(failing, entry.in_a_row());
        for (n, (audit, count)) in failing.newest.iter().zip(counts).enumerate() {
            rows.push((audit.time_ms, row(entry, audit, (n, count), shared)));
        }
    }
    rows.sort_by_key(|(time_ms, _)| std::cmp::Reverse(*time_ms));
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    Table::new(columns, rows).one_line().quiet()
}

/// The place of each failure in the run that goes on; repairs are not counted by satellites, and of failures before
/// the last audit that passed the place is not known.
fn in_a_row(failing: &Failing, row: Option<u64>) -> Vec<Option<u64>> {
    let mut left = row.unwrap_or(0);
    let since = failing.passed_ms.unwrap_or(i64::MIN);
    let place = |audit: &FailedAudit| {
        if audit.repair || audit.time_ms < since || left == 0 {
            return None;
        }
        left -= 1;
        Some(left + 1)
    };
    failing.newest.iter().map(place).collect()
}

fn row(entry: &Entry, audit: &FailedAudit, (n, count): (usize, Option<u64>), shared: &Shared) -> Row {
    let glyphs = &shared.theme.glyphs;
    let (sign, tone) = match (audit.repair, audit.missing) {
        (true, _) => (glyphs.note, Tone::Muted),
        (_, true) => (glyphs.critical, Tone::Bad),
        (_, false) => (glyphs.warning, Tone::Warn),
    };
    let count_of = |value: Option<u64>| match value {
        None => Cell::unknown(),
        Some(value) => Cell::number(number::count(value), value as f64),
    };
    let error = match (&audit.error, audit.repair) {
        (None, _) => Cell::unknown(),
        (Some(error), true) => Cell::text(format!("repair: {error}")),
        (Some(error), false) => Cell::text(error.clone()),
    };
    let cells = vec![
        Cell::number(time(audit.time_ms, shared), audit.time_ms as f64),
        Cell::text(entry.node.clone()),
        Cell::text(entry.name.clone()).of(entry.satellite_id()),
        audit.piece.clone().map_or(Cell::unknown(), Cell::text),
        count_of(audit.offset),
        count_of(audit.size),
        error,
        match count {
            None => Cell::absent(),
            Some(count) => Cell::number(count.to_string(), count as f64).tone(tone),
        },
    ];
    let key = format!("{}\t{}\t{}\t{n}", audit.time_ms, entry.node, entry.id());
    Row::new(key, cells).mark(sign, tone)
}

/// With seconds today, with the day before.
fn time(ms: i64, shared: &Shared) -> String {
    let zone = &shared.zone;
    match number::date(ms, zone) == number::date(shared.now_ms, zone) {
        true => number::clock(ms, zone),
        false => format!("{} {}", number::day(ms, zone), number::clock(ms, zone)),
    }
}

/// The line of the log that tells of the failure of a row.
pub(super) fn line_of(key: &str, entries: &[Entry]) -> Option<Sought> {
    let mut parts = key.split('\t');
    let time_ms: i64 = parts.next()?.parse().ok()?;
    let (node, id, n) = (parts.next()?, parts.next()?, parts.next()?.parse::<usize>().ok()?);
    let mut entries = entries.iter();
    let entry = entries.find(|entry| entry.node == node && entry.id() == id)?;
    let audit = entry.failing.as_ref()?.newest.get(n)?;
    Some(Sought {
        node: node.to_owned(),
        time_ms,
        piece: audit.piece.clone(),
        action: if audit.repair { "GET_REPAIR" } else { "GET_AUDIT" }.to_owned(),
        satellite_id: entry.satellite_id().to_owned(),
        size: audit.size,
        outcome: Outcome::Failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_counted_from_its_newest_failure_and_repairs_are_not() {
        let failed = |time_ms: i64, repair: bool| FailedAudit {
            time_ms,
            repair,
            missing: true,
            piece: None,
            offset: None,
            size: None,
            error: None,
        };
        let mut failing = Failing {
            audits: 9,
            since_first: 9,
            missing: 4,
            unreadable: 0,
            repairs: 1,
            first_ms: 10,
            last_ms: 50,
            passed_ms: Some(25),
            errors: Vec::new(),
            means: String::new(),
            act: String::new(),
            hours_to_disqualification: None,
            hours_to_suspension: None,
            newest: vec![
                failed(50, false),
                failed(40, true),
                failed(30, false),
                failed(20, false),
            ],
        };
        assert_eq!(in_a_row(&failing, Some(2)), [Some(2), None, Some(1), None]);
        failing.passed_ms = Some(60);
        assert_eq!(in_a_row(&failing, Some(0)), [None; 4], "one passed since");
        assert_eq!(in_a_row(&failing, None), [None; 4]);
    }
}
