//! The table of what goes on now. Its clocks run, so it is made anew every second.

use super::work::{self, By, Run};
use crate::domain::task::Job;
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, Table};

/// What goes on, the longest first.
pub(super) fn table(runs: &[Run], now_ms: i64, shared: &Shared) -> Table {
    let columns = vec![
        Column::text("node", "NODE").bounds(4, 16),
        Column::text("job", "JOB").bounds(8, 14),
        Column::text("satellite", "SATELLITE")
            .short("SAT")
            .bounds(3, 12)
            .priority(3),
        Column::text("store", "STORE").bounds(2, 5).priority(4),
        Column::text("share", "PROGRESS").bounds(6, 20).priority(2).unsortable(),
        Column::text("phase", "PHASE").bounds(6, 24).priority(6),
        Column::number("since", "SINCE").priority(5),
        Column::number("for", "FOR"),
        Column::text("done", "DONE SO FAR").bounds(6, 30).priority(7),
        Column::text("usual", "USUAL").bounds(4, 28).priority(8),
        Column::number("end", "DONE ABOUT").short("DONE").priority(1),
        Column::number("word", "LAST WORD").priority(9),
    ];
    let mut going: Vec<&Run> = runs.iter().filter(|run| run.goes_on()).collect();
    going.sort_by_key(|run| (run.task.job == Job::Migration, run.task.place_ms()));
    let rows = going.iter().map(|run| row(run, now_ms, shared));
    Table::new(columns, rows.collect())
        .empty("nothing: no log tells of work that goes on")
        .one_line()
        .quiet()
}

fn row(run: &Run, now_ms: i64, shared: &Shared) -> Row {
    let task = &run.task;
    let text = |text: Option<String>| match text {
        Some(text) => Cell::text(text),
        None => Cell::absent(),
    };
    let guess = |text: Option<String>| text.map_or_else(Cell::unknown, Cell::text);
    let time = |ms: i64| number::moment(ms, shared.now_ms, &shared.zone);
    let silent = u64::try_from(now_ms - task.seen_ms).unwrap_or(0);
    let end = match (task.job, run.ends()) {
        _ if run.told_end().is_some_and(|end| end > now_ms) => end_told(run, &time),
        (Job::Migration, _) | (_, None) => Cell::unknown(),
        (_, Some([_, likely, high])) if likely > now_ms => Cell::number(number::computed(&time(likely)), likely as f64)
            .tone(if high < now_ms { Tone::Warn } else { Tone::Text }),
        (_, Some([_, likely, _])) if run.is_late() => Cell::number("late", likely as f64).tone(Tone::Warn),
        (_, Some([_, likely, _])) => Cell::number("soon", likely as f64),
    };
    let cells = vec![
        Cell::text(task.node.clone()),
        Cell::text(work::word(task.job)),
        text(task.satellite_id.as_deref().map(|id| shared.satellite_name(id)))
            .of(task.satellite_id.as_deref().unwrap_or_default()),
        text(task.store.clone()),
        share(run, shared),
        guess(task.figures.phase.map(|phase| work::phase(phase).to_owned())),
        task.started_ms
            .map_or_else(Cell::unknown, |ms| Cell::number(time(ms), ms as f64)),
        run.so_far
            .map_or_else(Cell::unknown, |ms| Cell::number(number::age(ms / 1000), ms as f64)),
        guess(work::progress(run)),
        guess(run.expected.map(|expected| number::computed(&work::usual(&expected)))),
        end,
        Cell::number(format!("{} ago", number::age(silent / 1000)), silent as f64).tone(Tone::Muted),
    ];
    let row = Row::new(run.key.clone(), cells);
    match work::mark(run, &shared.theme.glyphs) {
        Some((glyph, tone)) => row.mark(glyph, tone),
        None => row,
    }
}

/// Parts of the bar.
const BAR: usize = 12;

/// A bar and the share behind it, with who says so.
fn share(run: &Run, shared: &Shared) -> Cell {
    let Some((share, by)) = run.share() else {
        return Cell::unknown();
    };
    let glyphs = &shared.theme.glyphs;
    // Full only when all is done.
    let full = ((share * BAR as f64) as usize).min(BAR);
    let bar = glyphs.full.repeat(full) + &glyphs.empty.repeat(BAR - full);
    let tone = match by {
        By::Node => Tone::Series(0),
        By::Past => Tone::Muted,
    };
    Cell::text(format!("{bar} {:>5} {}", percent(share), by.mark())).tone(tone)
}

/// `71 %`. Only what is done is 100 %.
pub(super) fn percent(share: f64) -> String {
    let whole = ((share * 100.0) as u8).min(if share < 1.0 { 99 } else { 100 });
    format!("{whole} %")
}

/// By the node's own guess as it is; by its pace computed here.
fn end_told(run: &Run, time: &dyn Fn(i64) -> String) -> Cell {
    let (Some(end), Some(told)) = (run.told_end(), &run.told) else {
        return Cell::unknown();
    };
    let text = match told.is_own_guess {
        true => format!("= {}", time(end)),
        false => number::computed(&time(end)),
    };
    let late = run.ends().is_some_and(|[.., high]| end > high) && run.is_late();
    Cell::number(text, end as f64).tone(if late { Tone::Warn } else { Tone::Text })
}
