//! The world, with what goes to each country and comes from it. Drawn where there is room and a GeoIP file tells.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use ratatui::widgets::canvas::{Canvas, Map, MapResolution};

use super::peers::Both;
use super::world;
use crate::ui::look::{Theme, Tone};

/// Countries that are named on the map.
const NAMED: usize = 6;
/// From this width on coasts are drawn finely.
const FINE_FROM: u16 = 70;

/// A country on the map.
struct Spot {
    at: (f64, f64),
    text: String,
    tone: Tone,
}

/// Draws the map. Colour and mark tell which way most bytes go, size how many.
pub(super) fn draw(area: Rect, buffer: &mut Buffer, countries: &BTreeMap<String, Both>, theme: &Theme) {
    let area = area.intersection(buffer.area);
    if area.width < 20 || area.height < 6 {
        return;
    }
    let spots = spots(countries, theme);
    let resolution = if area.width >= FINE_FROM {
        MapResolution::High
    } else {
        MapResolution::Low
    };
    let coast = theme.style(Tone::Muted);
    let canvas = Canvas::default()
        .marker(Marker::Braille)
        .x_bounds([-180.0, 180.0])
        .y_bounds([-56.0, 80.0])
        .paint(|context| {
            context.draw(&Map {
                resolution,
                color: coast.fg.unwrap_or(Color::Reset),
            });
            context.layer();
            for spot in &spots {
                let style: Style = theme.style(spot.tone);
                context.print(spot.at.0, spot.at.1, Line::from(Span::styled(spot.text.clone(), style)));
            }
        });
    canvas.render(area, buffer);
    for place in area.positions() {
        let Some(cell) = buffer.cell_mut(place) else { continue };
        let is_coast = cell
            .symbol()
            .chars()
            .next()
            .is_some_and(|c| ('\u{2800}'..='\u{28ff}').contains(&c));
        if is_coast {
            // A terminal without dots, and one without colours, know coasts by their mark or weight.
            cell.set_style(coast);
            if !theme.glyphs.unicode {
                let symbol = if cell.symbol() == "\u{2800}" { " " } else { "." };
                cell.set_symbol(symbol);
            }
        }
    }
}

fn spots(countries: &BTreeMap<String, Both>, theme: &Theme) -> Vec<Spot> {
    let total: u64 = countries.values().map(Both::bytes).sum();
    let mut order: Vec<(&String, &Both)> = countries.iter().collect();
    order.sort_by_key(|(_, both)| both.bytes());
    let named = order.len().saturating_sub(NAMED);
    let spot = |(n, (code, both)): (usize, (&String, &Both))| {
        let at = world::place(code)?;
        let share = both.bytes() as f64 / total.max(1) as f64;
        let mark = match (share, theme.glyphs.unicode) {
            (0.1.., true) => "●",
            (0.01.., true) => "•",
            (_, true) => "·",
            (0.1.., false) => "@",
            (0.01.., false) => "o",
            (_, false) => "+",
        };
        let tone = Tone::Series(u8::from(both.downloads.bytes > both.uploads.bytes));
        let text = if n >= named {
            format!("{mark}{code}")
        } else {
            mark.to_owned()
        };
        Some(Spot { at, text, tone })
    };
    // The largest are drawn last: on top.
    order.into_iter().enumerate().filter_map(spot).collect()
}
