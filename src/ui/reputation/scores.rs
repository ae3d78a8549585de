//! The table of nodes and satellites: distance before score, the worst first.

use super::entry::{AUDITS, Entry, Trouble};
use super::history::Score;
use crate::api::status::ms;
use crate::ui::look::{Glyphs, Tone};
use crate::ui::number;
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, SortKey, Table};

/// Parts of the bar of audits that are left.
const BAR: usize = 6;
const DAY_HOURS: u64 = 24;

/// The table.
pub(super) fn table(entries: &[Entry], score: Score, shared: &Shared) -> Table {
    let columns = vec![
        with(Column::text("node", "NODE").bounds(4, 16), shared.node.is_none()),
        Column::text("satellite", "SAT").bounds(3, 12),
        Column::number("audit", "AUDIT").priority(1),
        Column::number("left", "AUDITS LEFT").short("LEFT"),
        Column::text("bar", "")
            .bounds(BAR as u16, BAR as u16)
            .unsortable()
            .priority(8),
        Column::number("unknown", "UNKNOWN").short("UNKN.").priority(3),
        Column::number("unknown_left", "LEFT").priority(4),
        Column::number("online", "ONLINE").short("ONL.").priority(2),
        Column::number("lost", "LOST 30 d").short("LOST").priority(5),
        Column::number("back", "BACK AT 1.0").short("BACK").priority(9),
        Column::number("day", score.day_title()).short("24 h").priority(6),
        Column::text("vetting", "VETTING").bounds(7, 16).priority(10),
        Column::text("state", "STATE").flexible(7).priority(7),
    ];
    let rows = entries.iter().map(|entry| row(entry, score, shared)).collect();
    Table::new(columns, rows).one_line().empty(match shared.told_ms() {
        0 => "asking the collector …",
        _ => "no satellite has rated a node yet: the node's API tells, or its log every few hours",
    })
}

fn with(column: Column, shown: bool) -> Column {
    if shown { column } else { column.hidden() }
}

fn row(entry: &Entry, score: Score, shared: &Shared) -> Row {
    let glyphs = &shared.theme.glyphs;
    let (sign, tone) = entry.grade.mark(glyphs);
    let (audit, suspension) = (entry.audit(), entry.suspension());
    let out = entry.satellite.disqualified_at.is_some();
    let of = |trouble: Trouble| match entry.trouble == trouble {
        true => tone,
        false => Tone::Text,
    };
    let failing = entry.failing.as_ref();
    let missing = failing.is_some_and(|failing| failing.missing > 0);
    let cells = vec![
        Cell::text(entry.node.clone()),
        Cell::text(entry.name.clone()).of(entry.satellite_id()).tone(tone),
        scored(audit).tone(if missing { tone } else { of(Trouble::Audit) }),
        audits_left(entry).tone(if missing { tone } else { of(Trouble::Audit) }),
        Cell::text(if out { String::new() } else { bar(entry, glyphs) }).tone(match missing {
            true => tone,
            false => Tone::Series(0),
        }),
        scored(suspension).tone(of(Trouble::Suspension)),
        match entry.unknown_left() {
            None => Cell::unknown(),
            Some(_) if out => Cell::absent(),
            Some(left) => Cell::number(left.to_string(), f64::from(left)),
        },
        scored((entry.satellite.online_score, false)).tone(of(Trouble::Online)),
        lost(entry),
        back(entry, shared),
        change(entry, score),
        vetting(entry, shared),
        Cell::text(state(entry)).tone(tone),
    ];
    let cells = cells.into_iter().map(|cell| match (entry.old, cell.sort) {
        (true, SortKey::Number(_)) => cell.tone(Tone::Stale),
        _ => cell,
    });
    Row::new(entry.key.as_str(), cells.collect()).mark(sign, tone)
}

fn scored((score, computed): (Option<f64>, bool)) -> Cell {
    match score {
        None => Cell::unknown(),
        Some(score) if computed => Cell::number(number::computed(&number::score(score)), score),
        Some(score) => Cell::number(number::score(score), score),
    }
}

fn audits_left(entry: &Entry) -> Cell {
    match (entry.audits_left(), entry.satellite.disqualified_at.is_some()) {
        (_, true) => Cell::number("none", 0.0),
        (None, _) => Cell::unknown(),
        (Some(left), _) => Cell::number(format!("{left} of {AUDITS}"), f64::from(left)),
    }
}

/// Full only at the whole distance, empty only at none.
fn bar(entry: &Entry, glyphs: &Glyphs) -> String {
    let Some(left) = entry.audits_left() else {
        return String::new();
    };
    let left = left.min(AUDITS) as usize;
    let full = match left * BAR / AUDITS as usize {
        0 if left > 0 => 1,
        full => full,
    };
    glyphs.full.repeat(full) + &glyphs.empty.repeat(BAR - full)
}

/// Hours with as many digits as they are known by.
pub(super) fn hours(hours: f64) -> String {
    match hours {
        hours if hours <= 0.0 => "0 h".to_owned(),
        hours if hours < 9.95 => format!("{:.1} h", hours.max(0.1)),
        hours => format!("{hours:.0} h"),
    }
}

fn lost(entry: &Entry) -> Cell {
    match entry.hours_lost() {
        None => Cell::unknown(),
        Some(lost) => Cell::number(hours(lost), lost).tone(if lost > 0.0 { Tone::Text } else { Tone::Muted }),
    }
}

/// The day the online score is whole again.
pub(super) fn back_text(entry: &Entry, shared: &Shared) -> Option<String> {
    match (entry.back_ms(), entry.hours_lost()) {
        (Some(ms), _) => Some(number::day(ms, &shared.zone)),
        (None, Some(_)) => Some(number::NOT_APPLICABLE.to_owned()),
        (None, None) => None,
    }
}

fn back(entry: &Entry, shared: &Shared) -> Cell {
    match (back_text(entry, shared), entry.back_ms()) {
        (None, _) => Cell::unknown(),
        (Some(_), None) => Cell::absent(),
        (Some(text), Some(ms)) => Cell::number(text, ms as f64),
    }
}

/// Since a day before, of the score the chart shows.
fn change(entry: &Entry, score: Score) -> Cell {
    let before = entry.before.and_then(|before| score.before(&before));
    let (Some(now), Some(before)) = (score.now(entry).0, before) else {
        return Cell::unknown();
    };
    let change = now - before;
    if change.abs() < 0.000_05 {
        return Cell::number(number::NOT_APPLICABLE, 0.0).tone(Tone::Muted);
    }
    let sign = if change < 0.0 { '−' } else { '+' };
    let tone = if change < 0.0 { Tone::Warn } else { Tone::Good };
    Cell::number(format!("{sign}{:.4}", change.abs()), change).tone(tone)
}

fn vetting(entry: &Entry, shared: &Shared) -> Cell {
    if let Some(ms) = ms(entry.satellite.vetted_at.as_deref()) {
        return Cell::text(number::date(ms, &shared.zone));
    }
    let Some(vetting) = entry.vetting() else {
        return Cell::unknown();
    };
    let audits = vetting
        .audits
        .map_or(number::UNKNOWN.to_owned(), |audits| audits.to_string());
    let day = vetting.hours.map(|hours| hours / DAY_HOURS + 1);
    let day = day.map_or(String::new(), |day| format!(", day {day}"));
    let text = format!("{audits}/{}{day}", vetting.audits_needed);
    match vetting.state.as_str() {
        "underway" => Cell::text(text),
        "overdue" => Cell::text(text).tone(Tone::Warn),
        // The release does not tell; what it did so far is known all the same.
        _ if vetting.audits.is_some() => Cell::text(format!("? {text}")).tone(Tone::Muted),
        _ => Cell::unknown(),
    }
}

/// How it is, in a word or two.
pub(super) fn state(entry: &Entry) -> String {
    match entry.trouble {
        Trouble::Disqualified | Trouble::Gone => "disqualified".to_owned(),
        Trouble::Suspended => "suspended".to_owned(),
        Trouble::Failing => match (entry.in_a_row(), &entry.failing) {
            (Some(row @ 2..), _) => format!("{row} in a row"),
            (_, Some(failing)) if failing.missing + failing.unreadable == 0 => "repairs failed".to_owned(),
            _ => "failing".to_owned(),
        },
        Trouble::Audit => "audit low".to_owned(),
        Trouble::Suspension => "unknown low".to_owned(),
        Trouble::Online => "away".to_owned(),
        Trouble::Lost => "lost".to_owned(),
        Trouble::Overdue => "overdue".to_owned(),
        Trouble::NoData => "no data yet".to_owned(),
        Trouble::Vetting => "vetting".to_owned(),
        Trouble::Fine => "ok".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_never_vanish() {
        let cases = [
            (0.0, "0 h"),
            (0.01, "0.1 h"),
            (1.04, "1.0 h"),
            (9.96, "10 h"),
            (24.0, "24 h"),
        ];
        for (lost, text) in cases {
            assert_eq!(hours(lost), text);
        }
    }
}
