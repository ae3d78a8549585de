//! Lists of figures, what is said where nothing is known, and lines between columns. Drawn for the layout.

use ratatui::layout::Rect;

use super::book::Book;
use super::cash;
use super::words::{self, Said};
use crate::domain::money::{Micro, Month};
use crate::ui::look::Tone;
use crate::ui::pane::Page;
use crate::ui::pen::Pen;
use crate::ui::shared::Shared;
use crate::ui::text::{self, wrap};

/// Smaller than this is a phone.
pub(super) const NARROW: u16 = 60;
const LOW: u16 = 14;

/// A phone has room for one table.
pub(super) fn is_small(area: Rect) -> bool {
    area.width < NARROW || area.height < LOW
}

/// Nobody told of money: what would.
pub(super) fn unknown(page: &mut Page<'_>, book: &Book) {
    let glyphs = page.shared.theme.glyphs;
    let width = usize::from(page.area.width.saturating_sub(2));
    for error in silent(page.shared, book) {
        for line in wrap(&format!("{} {error}", glyphs.warning), width, &glyphs) {
            page.say(&line, Tone::Warn);
        }
    }
    let all_named = page.shared.nodes().iter().all(|node| node.api.state != "none");
    let texts = [
        "Nothing is known of money yet: logs do not tell of it.",
        match all_named {
            true => "A node's API tells prices, its estimate, paystubs and receipts, as soon as it answers.",
            false => {
                "Name a node's API (api = \"http://127.0.0.1:14002\"): it tells prices, its estimate, paystubs and receipts."
            }
        },
        "Or name the folder of its databases (data = \"/path/to/storage\"): they hold tallies, traffic and paystubs.",
        "Both are only read. `storj-monitor doctor` says what was found and what answers.",
    ];
    for (n, text) in texts.into_iter().enumerate() {
        for line in wrap(text, width, &glyphs) {
            page.say(&line, if n == 0 { Tone::Text } else { Tone::Muted });
        }
    }
}

/// Whose API does not answer, or not of money, and why.
fn silent(shared: &Shared, book: &Book) -> Vec<String> {
    let down = shared.nodes().iter().filter(|node| node.api.state == "down");
    let down = down.map(|node| {
        let why = node.api.error.as_deref().unwrap_or("no word why");
        format!("{}: its API does not answer: {why}", node.name)
    });
    let money = book
        .nodes
        .iter()
        .filter_map(|node| Some(format!("{}: {}", node.node, node.error.as_ref()?)));
    down.chain(money).collect()
}

/// What comes back when: for the third column.
pub(super) fn coming(book: &Book) -> Vec<(String, String)> {
    let mut months: Vec<(Month, Micro, Vec<String>)> = Vec::new();
    for back in &book.held.coming {
        if months.last().is_none_or(|(month, ..)| *month != back.month) {
            months.push((back.month, Micro(0), Vec::new()));
        }
        if let Some((_, sum, whose)) = months.last_mut() {
            *sum += back.amount;
            whose.push(format!("{} {}", back.satellite, book.cash.plain(back.amount)));
        }
    }
    let words = |(month, sum, whose): (Month, Micro, Vec<String>)| {
        let whose = if whose.len() > 1 {
            whose.join(", ")
        } else {
            whose.concat()
        };
        (cash::short_month(month), format!("{}  {whose}", book.cash.text(sum)))
    };
    months.into_iter().map(words).collect()
}

/// As operators ask: so far, month end, next payout, then the rest.
pub(super) fn ordered(told: Vec<Said>, book: &Book) -> Vec<Said> {
    let place = |said: &Said| match said.what {
        "so-far" => 0,
        "month-end" | "paystub" => 1,
        "sent" => 2,
        "payout" => 3,
        "held" => 4,
        "unpaid" => 5,
        _ => 6,
    };
    let confidence = book.ahead.confidence.word();
    let mut all: Vec<Said> = told.into_iter().filter(|said| said.what != "confidence").collect();
    if let Some(end) = all
        .iter_mut()
        .find(|said| said.what == "month-end" && !said.short.is_empty())
    {
        end.short = format!("{}, {confidence}", end.short);
    }
    all.extend(words::unpaid(book));
    all.sort_by_key(place);
    all
}

/// What nobody tells any more is old news.
pub(super) fn shown(said: &Said, shared: &Shared) -> Tone {
    if shared.is_old() { Tone::Stale } else { said.tone }
}

/// Figures one after the other, as many lines as there are.
pub(super) fn flow(page: &mut Page<'_>, lines: &[Said], most: u16) {
    let width = page.area.width;
    let mut area = page.take(most.min(1));
    let (mut x, mut used) = (1, 1);
    for said in lines {
        let value = said.value.trim_end_matches(" net");
        let label = said.brief;
        let short = if said.short.is_empty() {
            String::new()
        } else {
            format!(" {}", said.short)
        };
        let all = text::width(label) + 1 + text::width(value) + text::width(&short);
        let mut wide = all as u16;
        if x > 1 && x + wide + 1 > width {
            if used >= most || page.left() == 0 {
                return;
            }
            area = page.take(1);
            (x, used) = (1, used + 1);
        }
        wide = wide.min(width.saturating_sub(x));
        let place = Rect {
            x: area.x + x,
            width: wide,
            ..area
        };
        let mut pen = Pen::new(page.buffer, place, &page.shared.theme);
        pen.put(&format!("{label} "), Tone::Muted);
        pen.put(value, shown(said, page.shared));
        pen.put(&short, Tone::Muted);
        page.figure(place, said.what, "");
        x += wide + 3;
    }
}

/// Figures below each other: label, value, words.
pub(super) fn list(page: &mut Page<'_>, lines: &[Said]) {
    let widest = |of: fn(&Said) -> &str| lines.iter().map(|said| text::width(of(said))).max().unwrap_or(0) as u16;
    let label = widest(|said| said.label) + 3;
    let value = widest(|said| said.value.trim_start_matches('~')) + 2;
    for said in lines.iter().take(usize::from(page.left())) {
        let area = page.take(1);
        let mut pen = Pen::new(page.buffer, area, &page.shared.theme);
        pen.put(" ", Tone::Text);
        pen.put(said.label, Tone::Muted);
        // The mark of an estimate stands before the column.
        pen.to(label - u16::from(said.value.starts_with('~')));
        pen.put(&said.value, shown(said, page.shared));
        if !said.value.is_empty() {
            pen.to(label + value);
        }
        let room = pen.left().saturating_sub(1);
        pen.put_in(&said.words, room, Tone::Muted);
        page.figure(area, said.what, "");
    }
}

/// Lines between columns.
pub(super) fn divide(page: &mut Page<'_>, area: Rect, parts: u16, each: u16) {
    let bar = page.shared.theme.glyphs.bar;
    for n in 1..parts {
        for y in area.top()..area.bottom() {
            let place = Rect::new((area.x + n * each).saturating_sub(1), y, 1, 1);
            Pen::new(page.buffer, place, &page.shared.theme).put(bar, Tone::Muted);
        }
    }
}
