//! One node alone: satellites, disk, traffic.

use super::nodes::{mark, share};
use super::{Overview, SATELLITES, facts, gone, hour};
use crate::api::status::Node;
use crate::domain::sample::Standing;
use crate::ui::chart::{Segment, stacked};
use crate::ui::look::Tone;
use crate::ui::number::{self, size};
use crate::ui::pane::Page;
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Row, Table};
use crate::ui::text::wrap;

/// How its satellites rate a node.
pub(super) fn satellites(shared: &Shared, node: &Node) -> Table {
    let columns = vec![
        Column::text("satellite", "SATELLITE").short("SAT").bounds(4, 20),
        Column::number("audit", "AUDIT"),
        Column::number("left", "AUDITS LEFT").short("LEFT"),
        Column::number("failed", "FAILED").unit("24 h").priority(2),
        Column::number("suspension", "UNKNOWN").priority(3),
        Column::number("online", "ONLINE"),
        Column::number("vetted", "VETTED").priority(4),
    ];
    let score = |score: Option<f64>| score.map_or(Cell::unknown(), |score| Cell::number(number::score(score), score));
    let date = |text: &Option<String>| {
        text.as_ref().map_or(Cell::unknown(), |text| {
            Cell::text(text.chars().take(10).collect::<String>())
        })
    };
    let rows = node.satellites.iter().flatten().map(|satellite| {
        let name = match &satellite.satellite_id {
            Some(id) => shared.satellite_name(id),
            None => Standing::short_of(satellite.url.as_deref().unwrap_or_default(), None),
        };
        let (left, tone) = match (&satellite.disqualified_at, satellite.audits_left()) {
            (Some(_), _) => (Cell::number("disqualified", 0.0).tone(Tone::Bad), Tone::Bad),
            (None, None) => (Cell::unknown(), Tone::Text),
            (None, Some(left)) => {
                let tone = facts::left_tone(left);
                let text = match satellite.audit_by_now().1 {
                    true => number::computed(&format!("{left} of 41")),
                    false => format!("{left} of 41"),
                };
                (Cell::number(text, f64::from(left)).tone(tone), tone)
            }
        };
        let failed = match satellite.recent_failed_audits {
            None => Cell::unknown(),
            Some(0) => Cell::number("0", 0.0),
            Some(some) => Cell::number(number::count(some), some as f64).tone(Tone::Bad),
        };
        let glyphs = &shared.theme.glyphs;
        // Scores come hours late: failed audits come first.
        let sign = match (tone, satellite.is_suspended(), satellite.recent_failed_audits) {
            (Tone::Bad, ..) | (_, true, _) | (.., Some(3..)) => (glyphs.critical, Tone::Bad),
            (Tone::Warn, ..) | (.., Some(1..)) => (glyphs.warning, Tone::Warn),
            _ => (glyphs.good, Tone::Good),
        };
        let cells = vec![
            Cell::text(name.clone()).of(satellite.satellite_id.as_deref().unwrap_or_default()),
            score(satellite.audit_score).tone(tone),
            left,
            failed,
            score(satellite.suspension_score),
            score(satellite.online_score),
            date(&satellite.vetted_at),
        ];
        let key = satellite.satellite_id.clone().unwrap_or(name);
        Row::new(key, cells).mark(sign.0, sign.1)
    });
    Table::new(columns, rows.collect()).empty("nobody says how satellites rate it: name its API, or wait for the log")
}

impl Overview {
    /// One node alone.
    pub(super) fn card(&self, page: &mut Page<'_>, node: &Node) {
        gone(page);
        head(page, node);
        super::health::lines(page, node);
        page.rule("SATELLITES", "limits: audit 0.96, unknown 0.60, online 0.60");
        let rows = (self.satellites_state.len() as u16).max(1) + 1;
        let keep = if page.area.height >= 14 { 8 } else { 0 };
        let area = page.take(rows.min(page.left().saturating_sub(keep).max(2)));
        page.table(SATELLITES, area, &self.satellites, &self.satellites_state, true);
        disk_lines(page, node);
        if page.area.width >= 60 {
            match page.left() {
                0..3 => {}
                3..16 => hour::lines(&self.flow, page),
                left => hour::chart(&self.flow, page, (left - 10).clamp(6, 20)),
            }
        }
        if page.left() >= 3 {
            traffic(page, node);
        }
        if page.left() >= 2 {
            super::money::line(page, &[node], page.left() >= 4);
        }
        let left = page.left();
        if left >= 2 {
            self.since.draw(page, left);
        }
    }
}

fn head(page: &mut Page<'_>, node: &Node) {
    let (sign, tone) = mark(node.state, &page.shared.theme.glyphs);
    let source = node.sources.iter().find(|source| source.kind == "file");
    let log = source.map_or("no log".to_owned(), |source| {
        let state = source.state.as_deref().unwrap_or("?");
        format!("log {state}, behind {}", size(source.lag_bytes))
    });
    let version = node.node_version.as_deref().unwrap_or("release unknown");
    let words = format!("API {} · {log} · {version}", node.api.state);
    page.rule(&node.name.to_uppercase(), &words);
    if node.reasons.is_empty() {
        let up = node
            .started_at
            .as_ref()
            .and_then(|at| at.parse::<jiff::Timestamp>().ok());
        let up = up.map_or(String::new(), |at| {
            let ms = at.as_millisecond();
            let age = number::age(((page.shared.now_ms - ms).max(0) / 1000).unsigned_abs());
            format!(
                " Up since {} ({age}).",
                number::moment(ms, page.shared.now_ms, &page.shared.zone)
            )
        });
        page.say(&format!("{sign} Nothing needs you, as far as is known.{up}"), tone);
    }
    let width = usize::from(page.area.width).saturating_sub(4);
    for (n, reason) in node.reasons.iter().enumerate() {
        for (part, line) in wrap(&reason.text, width, &page.shared.theme.glyphs).iter().enumerate() {
            let row = page.take(1);
            let mut pen = crate::ui::pen::Pen::new(page.buffer, row, &page.shared.theme);
            pen.put(&format!(" {} ", if part == 0 { sign } else { " " }), tone);
            pen.put(line, if n == 0 { Tone::Text } else { Tone::Muted });
        }
    }
}

fn disk_lines(page: &mut Page<'_>, node: &Node) {
    if page.left() < 2 {
        return;
    }
    page.rule("DISK", "");
    let Some(disk) = &node.disk else {
        return page.say("only the node's API tells of it", Tone::Muted);
    };
    let shown = |bytes: Option<u64>| number::known(bytes, size);
    if let (Some(used), Some(all)) = (disk.used, disk.allocated.filter(|all| *all > 0)) {
        let text = format!(
            "  {} of {}  {} %",
            size(used),
            size(all),
            number::Percent::new(0, &[]).share(used, all)
        );
        let area = page.take(1);
        let right = (crate::ui::text::width(&text) as u16 + 1).min(area.width);
        let bar = ratatui::layout::Rect::new(area.x + 3, area.y, area.width.saturating_sub(right + 3), 1);
        let trash = disk.trash.unwrap_or(0).min(used);
        let parts = [
            Segment {
                value: (used - trash) as f64,
                letter: None,
                tone: Tone::Series(0),
            },
            Segment {
                value: trash as f64,
                letter: Some('t'),
                tone: Tone::Muted,
            },
        ];
        let theme = &page.shared.theme;
        stacked(page.buffer, bar, &parts, all as f64, theme);
        let mut pen = crate::ui::pen::Pen::new(page.buffer, area, theme);
        pen.to(area.width.saturating_sub(right));
        pen.put(&text, Tone::Text);
        page.figure(area, "disk", &node.name);
    }
    let text = format!(
        "  free {}   t trash {}   reclaimable {}",
        shown(disk.free),
        shown(disk.trash),
        shown(disk.reclaimable)
    );
    page.say(&text, Tone::Muted);
}

fn traffic(page: &mut Page<'_>, node: &Node) {
    page.rule("TRANSFERS, LAST HOUR", "2 Traffic tells more");
    if node.traffic.by_action.is_empty() {
        let has_log = node.sources.iter().any(|source| source.lines > 0);
        return page.say(if has_log { "none" } else { "only its log tells of it" }, Tone::Muted);
    }
    let title = format!(
        "   {:<12} {:>9} {:>9} {:>8} {:>9} {:>7} {:>10}",
        "", "SUCCESS", "CANCELED", "FAILED", "REJECTED", "%", "MB"
    );
    page.line().put(&title, Tone::Muted);
    for (action, flow) in &node.traffic.by_action {
        let grave = flow.failed > 0 && matches!(action.as_str(), "GET_AUDIT" | "GET_REPAIR");
        let mut pen = page.line();
        pen.put("   ", Tone::Text);
        pen.put_in(action, 12, Tone::Text);
        pen.put(
            &format!(
                " {:>9} {:>9}",
                number::count(flow.success),
                number::count(flow.canceled)
            ),
            Tone::Text,
        );
        let tone = if grave { Tone::Bad } else { Tone::Text };
        pen.put(&format!(" {:>8}", number::count(flow.failed)), tone);
        let text = format!(
            " {:>9} {:>7} {:>10.1}",
            number::count(flow.rejected),
            share(node, action).text,
            flow.bytes as f64 / 1e6
        );
        pen.put(&text, Tone::Text);
    }
}
