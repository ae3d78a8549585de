//! One node alone: satellites, disk, traffic.

use super::columns::success;
use super::{Page, last_hour, mark};
use crate::api::status::Node;
use crate::domain::sample::Standing;
use crate::ui::look::Tone;
use crate::ui::number::size;
use crate::ui::text::wrap;

/// One node alone.
pub(super) fn card(page: &mut Page<'_>, node: &Node) {
    let (sign, tone) = mark(node.state, &page.model.theme.glyphs);
    let source = node.sources.iter().find(|source| source.kind == "file");
    let log = source.map_or("no log".to_owned(), |source| {
        format!(
            "log {}, behind {}",
            source.state.as_deref().unwrap_or("?"),
            size(source.lag_bytes)
        )
    });
    let version = node.node_version.as_deref().unwrap_or("release unknown");
    page.rule(
        &node.name.to_uppercase(),
        &format!("API {} · {log} · {version}", node.api.state),
    );
    if node.reasons.is_empty() {
        page.line()
            .put(&format!(" {sign} Nothing needs you, as far as is known."), tone);
    }
    for reason in &node.reasons {
        let width = usize::from(page.area.width).saturating_sub(4);
        for (n, line) in wrap(&reason.text, width, &page.model.theme.glyphs).iter().enumerate() {
            let mut pen = page.line();
            pen.put(&format!(" {} ", if n == 0 { sign } else { " " }), tone);
            pen.put(line, Tone::Text);
        }
    }
    satellites(page, node);
    disk_lines(page, node);
    traffic(page, node);
    let view = page.model.shown().nodes.get(&node.name);
    if page.area.height.saturating_sub(page.y) >= 3 {
        last_hour(page, view.into_iter());
    }
}

fn satellites(page: &mut Page<'_>, node: &Node) {
    page.rule("SATELLITES", "limits: audit 0.96, suspension 0.60, online 0.60");
    let Some(satellites) = &node.satellites else {
        page.line().put(
            " nobody says how satellites rate it: name its API, or wait for the log",
            Tone::Muted,
        );
        return;
    };
    let title = format!(
        "   {:<14} {:>7} {:>13} {:>10} {:>7} {:>10}",
        "", "AUDIT", "LEFT", "SUSPENSION", "ONLINE", "VETTED"
    );
    page.line().put(&title, Tone::Muted);
    let score =
        |score: Option<f64>| score.map_or("?".to_owned(), |score| format!("{:.4}", (score * 1e4).floor() / 1e4));
    for satellite in satellites {
        let name = Standing::short_of(
            satellite.url.as_deref().unwrap_or_default(),
            satellite.satellite_id.as_deref(),
        );
        let left = match (&satellite.disqualified_at, satellite.audit_failures_to_disqualification) {
            (Some(_), _) => "disqualified".to_owned(),
            (None, Some(left)) => format!("{left} of 41"),
            (None, None) => "?".to_owned(),
        };
        let tone = match (&satellite.disqualified_at, satellite.audit_failures_to_disqualification) {
            (Some(_), _) | (None, Some(0..=20)) => Tone::Bad,
            (None, Some(21..=36)) => Tone::Warn,
            _ => Tone::Text,
        };
        let vetted = satellite
            .vetted_at
            .as_ref()
            .map_or("?".to_owned(), |time| time.chars().take(10).collect());
        let mut pen = page.line();
        pen.put("   ", Tone::Text);
        pen.put_in(&name, 14, Tone::Text);
        pen.put(&format!(" {:>7}", score(satellite.audit_score)), tone);
        pen.put(&format!(" {left:>13}"), tone);
        let rest = format!(
            " {:>10} {:>7} {vetted:>10}",
            score(satellite.suspension_score),
            score(satellite.online_score)
        );
        pen.put(&rest, Tone::Text);
    }
}

fn disk_lines(page: &mut Page<'_>, node: &Node) {
    page.rule("DISK", "");
    let Some(disk) = &node.disk else {
        page.line().put(" only the node's API tells of it", Tone::Muted);
        return;
    };
    let shown = |bytes: Option<u64>| bytes.map_or("?".to_owned(), size);
    if let (Some(used), Some(all)) = (disk.used, disk.allocated.filter(|all| *all > 0)) {
        let width = usize::from(page.area.width).saturating_sub(34).min(60);
        let part = |bytes: u64| (bytes as f64 / all as f64 * width as f64).round() as usize;
        let trash = part(disk.trash.unwrap_or(0)).min(width);
        let full = part(used).min(width).saturating_sub(trash);
        let glyphs = page.model.theme.glyphs;
        let mut pen = page.line();
        pen.put("   ", Tone::Text);
        pen.put(&glyphs.full.repeat(full), Tone::Series(0));
        pen.put(&"t".repeat(trash), Tone::Muted);
        pen.put(&glyphs.empty.repeat(width.saturating_sub(full + trash)), Tone::Muted);
        let text = format!(
            "  {} of {}  {:.0} %",
            size(used),
            size(all),
            used as f64 / all as f64 * 100.0
        );
        pen.put(&text, Tone::Text);
    }
    let text = format!(
        "   free {}   t trash {}   reclaimable {}",
        shown(disk.free),
        shown(disk.trash),
        shown(disk.reclaimable)
    );
    page.line().put(&text, Tone::Muted);
}

fn traffic(page: &mut Page<'_>, node: &Node) {
    page.rule("TRAFFIC, LAST HOUR", "");
    if node.traffic.by_action.is_empty() {
        let has_log = node.sources.iter().any(|source| source.lines > 0);
        let text = if has_log { " none" } else { " only its log tells of it" };
        page.line().put(text, Tone::Muted);
        return;
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
        pen.put(&format!(" {:>9} {:>9}", flow.success, flow.canceled), Tone::Text);
        pen.put(
            &format!(" {:>8}", flow.failed),
            if grave { Tone::Bad } else { Tone::Text },
        );
        let text = format!(
            " {:>9} {:>7} {:>10.1}",
            flow.rejected,
            success(node, action).0,
            flow.bytes as f64 / 1e6
        );
        pen.put(&text, Tone::Text);
    }
}
