//! One line: its fields as a table, beside or below them what it means and what is known around it.

use ratatui::layout::Rect;

use super::super::look::{Glyphs, Tone};
use super::super::number;
use super::super::pane::Page;
use super::super::pen::Pen;
use super::super::shared::Shared;
use super::super::text;
use super::parts::{Parts, fields};
use crate::api::line::{Explained, LogLine, PieceStory, Seen};
use crate::domain::gravity::Gravity;

/// From this width on the meaning stands beside the fields.
const SIDE_BY_SIDE: u16 = 100;

/// A line of text with its tone, and how many columns it is set in.
type Words = (String, Tone, u16);

/// What is known of a line: nothing yet, an answer, or why there is none.
pub(super) type Known<'a> = Option<Result<&'a Explained, &'a str>>;

/// Draws a line into `height` lines, heading included; `whole`: with all of every field.
pub(super) fn draw(page: &mut Page<'_>, line: &LogLine, known: Known<'_>, (title, whole): (&str, bool), height: u16) {
    let area = page.take(height);
    if area.height == 0 {
        return;
    }
    let place = match &line.place {
        Some(place) => format!("{}, {} at byte {}", line.node, place.path, number::count(place.offset)),
        None => line.node.clone(),
    };
    let room = usize::from(area.width).saturating_sub(title.len() + 6);
    let place = text::middle(&place, room, &page.shared.theme.glyphs);
    Pen::new(page.buffer, area, &page.shared.theme).rule(&format!(" {title} "), &place);
    let body = Rect::new(area.x, area.y + 1, area.width, area.height - 1);
    let wide = area.width >= SIDE_BY_SIDE;
    let left = if wide { area.width * 11 / 20 } else { area.width };
    let fields = match (whole, wide) {
        (false, false) => compact_words(page.shared, line, left),
        _ => field_words(page.shared, line, left, whole),
    };
    let right = if wide { area.width - left - 2 } else { area.width };
    let meaning = meaning_words(page.shared, line, known, right.saturating_sub(2));
    match wide {
        true => {
            put(page, Rect { width: left, ..body }, &fields);
            bar(page, Rect::new(area.x + left, body.y, 1, body.height));
            let beside = Rect::new(area.x + left + 2, body.y, right, body.height);
            put(page, beside, &meaning);
        }
        false => {
            // What it means is worth more than its last fields.
            let wanted = (meaning.len() as u16).min(body.height);
            let least = (body.height / 2).min(fields.len() as u16);
            let split = (body.height - wanted).max(least).min(fields.len() as u16);
            put(page, Rect { height: split, ..body }, &fields);
            let below = Rect::new(body.x, body.y + split, body.width, body.height - split);
            put(page, below, &meaning);
        }
    }
}

/// The line as it stands in its file.
pub(super) fn draw_raw(page: &mut Page<'_>, line: &LogLine, known: Known<'_>) {
    let whole = known.and_then(Result::ok).and_then(|told| told.raw.clone());
    let words = match &whole {
        Some(_) => "as it stands in the file",
        None => "put together from its parts: the file is not at hand, or packed",
    };
    page.rule("RAW LINE", words);
    let raw = whole.unwrap_or_else(|| {
        let parts = [&line.level, &line.logger, &line.message, &line.rest];
        let parts: Vec<&str> = parts
            .into_iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        parts.join("  ")
    });
    let area = page.take(page.left());
    // A stack stands in it with escaped line ends: they are what makes it readable.
    let raw = raw.replace("\\n", "\n").replace("\\t", "  ");
    let glyphs = page.shared.theme.glyphs;
    let lines = text::wrap(&raw, usize::from(area.width.saturating_sub(2)), &glyphs);
    let lines: Vec<Words> = lines.into_iter().map(|line| (line, Tone::Text, 1)).collect();
    put(page, area, &lines);
}

fn bar(page: &mut Page<'_>, area: Rect) {
    for y in area.top()..area.bottom() {
        let row = Rect::new(area.x, y, 1, 1);
        let glyph = page.shared.theme.glyphs.bar;
        Pen::new(page.buffer, row, &page.shared.theme).put(glyph, Tone::Muted);
    }
}

/// Lines one below the other; the last one says so when there are more.
fn put(page: &mut Page<'_>, area: Rect, lines: &[Words]) {
    let glyphs = page.shared.theme.glyphs;
    for (n, (words, tone, indent)) in lines.iter().enumerate().take(usize::from(area.height)) {
        let row = Rect::new(area.x, area.y + n as u16, area.width, 1);
        let mut pen = Pen::new(page.buffer, row, &page.shared.theme);
        pen.to(*indent);
        let more = n + 1 == usize::from(area.height) && lines.len() > usize::from(area.height);
        let width = pen.left();
        match more {
            true => pen.put(
                &text::fit(
                    &format!("{words} {}", " ".repeat(usize::from(width))),
                    usize::from(width),
                    &glyphs,
                ),
                *tone,
            ),
            false => pen.put_in(words, width, *tone),
        }
    }
}

/// A field a line; `whole`: as many lines as it takes.
fn field_words(shared: &Shared, line: &LogLine, width: u16, whole: bool) -> Vec<Words> {
    let glyphs = shared.theme.glyphs;
    let fields = sorted(shared, line);
    let names = fields
        .iter()
        .map(|(name, _)| text::width(name))
        .max()
        .unwrap_or(0)
        .min(20);
    let room = usize::from(width).saturating_sub(names + 4);
    let mut words = Vec::new();
    for (name, value) in &fields {
        let name = text::fit(name, names, &glyphs);
        let shown = match whole {
            true => text::wrap(value, room, &glyphs),
            false => vec![text::middle(value, room, &glyphs)],
        };
        let tone = tone(name.trim_end());
        // A field of many lines would push the others out.
        for (n, part) in shown.iter().take(6).enumerate() {
            let head = if n == 0 { name.clone() } else { " ".repeat(names) };
            words.push((format!("{head}  {part}"), tone, 1));
        }
    }
    words
}

/// What went wrong stands first.
fn sorted(shared: &Shared, line: &LogLine) -> Vec<(String, String)> {
    let mut fields = fields(line, shared);
    let rank = |name: &str| match name {
        "time" | "level, logger" | "message" => 0,
        "error" | "reason" => 1,
        _ => 2,
    };
    fields.sort_by_key(|(name, _)| rank(name));
    fields
}

fn tone(name: &str) -> Tone {
    match name {
        "error" => Tone::Bad,
        _ => Tone::Text,
    }
}

/// Fields one behind the other: what the list above says already is left out.
fn compact_words(shared: &Shared, line: &LogLine, width: u16) -> Vec<Words> {
    let glyphs = shared.theme.glyphs;
    let room = usize::from(width.saturating_sub(2));
    let mut words: Vec<Words> = Vec::new();
    let mut fields = sorted(shared, line);
    fields.sort_by_key(|(name, _)| name != "error");
    for (name, value) in fields {
        let (name, value) = match name.as_str() {
            "time" | "message" | "error_verbose" => continue,
            "level, logger" | "action" => ("", value),
            "satellite_id" | "satellite" => ("", value.split("  ").next().unwrap_or_default().to_owned()),
            "piece_id" => ("piece", value.chars().take(8).collect::<String>() + glyphs.more),
            "remote_address" => ("from", value),
            name => (name, value),
        };
        let part = text::middle(format!("{name} {value}").trim_start(), room, &glyphs);
        let tone = tone(name);
        match words.last_mut() {
            Some((last, before, _)) if *before == tone && text::width(last) + text::width(&part) + 3 <= room => {
                last.push_str("   ");
                last.push_str(&part);
            }
            _ => words.push((part, tone, 1)),
        }
    }
    words
}

fn meaning_words(shared: &Shared, line: &LogLine, known: Known<'_>, width: u16) -> Vec<Words> {
    let glyphs = shared.theme.glyphs;
    let mut words: Vec<Words> = Vec::new();
    let told = match known {
        None => return vec![("what it means is being looked up …".to_owned(), Tone::Muted, 1)],
        Some(Err(error)) => return vec![(format!("what it means is not known: {error}"), Tone::Warn, 1)],
        Some(Ok(told)) => told,
    };
    let (mark, tone) = weight(told.gravity, &glyphs);
    let room = usize::from(width.saturating_sub(3));
    let mut paragraph = |sign: &str, text: &str, tone: Tone| {
        for (n, part) in text::wrap(text, room, &glyphs).into_iter().enumerate() {
            let sign = if n == 0 { sign } else { " " };
            words.push((format!("{sign} {part}"), tone, 1));
        }
    };
    for (n, means) in told.means.iter().enumerate() {
        let tone = if n == 0 { tone } else { Tone::Text };
        paragraph(if n == 0 { mark } else { " " }, means, tone);
    }
    let arrow = if glyphs.unicode { "→" } else { ">" };
    for act in &told.act {
        paragraph(arrow, act, Tone::Text);
    }
    for fact in facts(shared, line, told) {
        paragraph(" ", &fact, Tone::Muted);
    }
    words
}

fn weight(gravity: Gravity, glyphs: &Glyphs) -> (&'static str, Tone) {
    match gravity {
        Gravity::Grave => (glyphs.critical, Tone::Bad),
        Gravity::Look => (glyphs.warning, Tone::Warn),
        Gravity::Plain => (glyphs.note, Tone::Text),
        Gravity::Routine => (glyphs.good, Tone::Good),
    }
}

/// What is known around it, a sentence each.
fn facts(shared: &Shared, line: &LogLine, told: &Explained) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(streak) = told.streak {
        facts.push(in_a_row(shared, line, streak));
    }
    if let Some((outcome, cause)) = &told.counted {
        let cause = if cause.is_empty() {
            String::new()
        } else {
            format!(", {cause}")
        };
        facts.push(format!("Counted as: {}{cause}", outcome.word()));
    }
    if let Some(error) = &told.error {
        facts.push(format!("This error: {}", often(shared, error)));
    }
    match &told.shape {
        Some(shape) => facts.push(format!("This message: {} (by the hour)", often(shared, shape))),
        None => facts.push("This message: not counted yet, or not kept that far back".to_owned()),
    }
    if let Some(piece) = &told.piece {
        facts.push(format!("This piece: {}", story(shared, piece)));
    }
    facts
}

fn in_a_row(shared: &Shared, line: &LogLine, streak: u64) -> String {
    let id = Parts::of(line).satellite;
    let node = shared.nodes().iter().find(|node| node.name == line.node);
    let satellites = node.and_then(|node| node.satellites.as_ref());
    let satellite = satellites.and_then(|all| all.iter().find(|one| one.satellite_id.as_deref() == Some(id.as_str())));
    let left = satellite.and_then(|satellite| satellite.audit_failures_to_disqualification);
    let left = left.map_or("how many are left is not known".to_owned(), |left| match left {
        0 => "it is disqualified there".to_owned(),
        left => format!("{left} more disqualify, by its newest score"),
    });
    let plural = if streak == 1 { "audit" } else { "audits" };
    format!(
        "In a row: {streak} failed {plural} on {} until here; {left}",
        shared.satellite_name(&id)
    )
}

fn often(shared: &Shared, seen: &Seen) -> String {
    let moment = |ms: i64| number::moment(ms, shared.now_ms, &shared.zone);
    match seen.count {
        1 => format!("once, {}", moment(seen.first_ms)),
        count => format!(
            "{} times since {}, {} in the 24 h before; last {}",
            number::count(count),
            moment(seen.first_ms),
            number::count(seen.day),
            moment(seen.last_ms)
        ),
    }
}

fn story(shared: &Shared, piece: &PieceStory) -> String {
    let moment = |ms: i64| number::moment(ms, shared.now_ms, &shared.zone);
    let mut parts = Vec::new();
    match piece.uploaded_ms {
        Some(ms) => parts.push(format!("stored {}", moment(ms))),
        None => parts.push(match piece.kept_from_ms {
            Some(ms) => format!(
                "stored before {}, when transfers begin to be kept, or not counted",
                moment(ms)
            ),
            None => "when it was stored is not kept".to_owned(),
        }),
    }
    match (piece.reads, piece.last_read_ms) {
        (0, _) => parts.push("no good read known".to_owned()),
        (1, Some(ms)) => parts.push(format!("read once, {}", moment(ms))),
        (reads, Some(ms)) => parts.push(format!("read {} times, last {}", number::count(reads), moment(ms))),
        (reads, None) => parts.push(format!("read {} times", number::count(reads))),
    }
    if piece.failed > 0 {
        parts.push(format!("{} failed", number::count(piece.failed)));
    }
    parts.join("; ")
}
