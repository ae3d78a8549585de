//! A picture of the screen as SVG: for a page, where escape sequences say nothing.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// A cell of the screen, in pixels.
const CELL: (f32, f32) = (8.4, 18.0);
/// Room around it.
const EDGE: f32 = 12.0;
const PAPER: &str = "#16181d";
const INK: &str = "#d6d9de";

/// The picture.
pub fn picture(buffer: &Buffer) -> String {
    let area = buffer.area;
    let (width, height) = (
        f32::from(area.width) * CELL.0 + 2.0 * EDGE,
        f32::from(area.height) * CELL.1 + 2.0 * EDGE,
    );
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"'DejaVu Sans Mono','Noto Sans Mono',monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for y in 0..area.height {
        let cells: Vec<&Cell> = (0..area.width)
            .filter_map(|x| buffer.cell((area.x + x, area.y + y)))
            .collect();
        line(&mut text, &cells, EDGE + f32::from(y) * CELL.1);
    }
    text.push_str("</svg>\n");
    text
}

/// How a run of cells looks.
#[derive(PartialEq)]
struct Look {
    fg: String,
    bg: Option<String>,
    modifier: Modifier,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let (mut fg, mut bg) = (
            colour(cell.fg, INK),
            Some(colour(cell.bg, "")).filter(|bg| !bg.is_empty()),
        );
        if cell.modifier.contains(Modifier::REVERSED) {
            (fg, bg) = (bg.unwrap_or_else(|| PAPER.to_owned()), Some(fg));
        }
        Self {
            fg,
            bg,
            modifier: cell.modifier,
        }
    }
}

fn line(text: &mut String, cells: &[&Cell], top: f32) {
    let mut at = 0;
    while at < cells.len() {
        let look = Look::of(cells[at]);
        let same = cells[at..].iter().take_while(|cell| Look::of(cell) == look).count();
        let run: String = cells[at..at + same].iter().map(|cell| cell.symbol()).collect();
        draw(
            text,
            &run,
            (at as f32 * CELL.0 + EDGE, top),
            same as f32 * CELL.0,
            &look,
        );
        at += same;
    }
}

fn draw(text: &mut String, run: &str, (x, y): (f32, f32), width: f32, look: &Look) {
    // Into a text nothing fails.
    if let Some(bg) = &look.bg {
        let _ = writeln!(
            text,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{bg}\"/>",
            CELL.1
        );
    }
    let blank = run.len() - run.trim_start_matches(' ').len();
    let shown = run.trim();
    if shown.is_empty() {
        return;
    }
    let mut style = String::new();
    if look.modifier.contains(Modifier::BOLD) {
        style += " font-weight=\"bold\"";
    }
    if look.modifier.contains(Modifier::ITALIC) {
        style += " font-style=\"italic\"";
    }
    if look.modifier.contains(Modifier::DIM) {
        style += " opacity=\"0.6\"";
    }
    if look.modifier.contains(Modifier::UNDERLINED) {
        style += " text-decoration=\"underline\"";
    }
    let escaped = shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // Several spaces in a row would become one.
    let escaped = escaped.replace(' ', "\u{a0}");
    let _ = writeln!(
        text,
        "<text x=\"{:.1}\" y=\"{:.1}\" textLength=\"{:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{style}>{escaped}</text>",
        x + blank as f32 * CELL.0,
        y + CELL.1 * 0.75,
        shown.width() as f32 * CELL.0,
        look.fg,
    );
}

/// A colour of a terminal as browsers write it.
fn colour(colour: Color, reset: &str) -> String {
    const BASE: [&str; 16] = [
        "#3b4048", "#e06c75", "#98c379", "#d19a66", "#61afef", "#c678dd", "#56b6c2", "#abb2bf", "#7f848e", "#ef7f87",
        "#a9d38a", "#e5c07b", "#74bcf5", "#d38be8", "#67c9d6", "#ffffff",
    ];
    let base = |n: usize| BASE[n].to_owned();
    match colour {
        Color::Reset => reset.to_owned(),
        Color::Black => base(0),
        Color::Red => base(1),
        Color::Green => base(2),
        Color::Yellow => base(3),
        Color::Blue => base(4),
        Color::Magenta => base(5),
        Color::Cyan => base(6),
        Color::Gray => base(7),
        Color::DarkGray => base(8),
        Color::LightRed => base(9),
        Color::LightGreen => base(10),
        Color::LightYellow => base(11),
        Color::LightBlue => base(12),
        Color::LightMagenta => base(13),
        Color::LightCyan => base(14),
        Color::White => base(15),
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Indexed(n @ 0..16) => base(usize::from(n)),
        Color::Indexed(n @ 16..232) => {
            let level = |part: u8| if part == 0 { 0 } else { 55 + 40 * u16::from(part) };
            let n = n - 16;
            format!("#{:02x}{:02x}{:02x}", level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        Color::Indexed(n) => {
            let grey = 8 + 10 * u16::from(n - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn text_is_escaped_and_stands_in_its_cell() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
        buffer.set_string(
            2,
            0,
            "<b>&",
            Style::new().fg(Color::Indexed(208)).add_modifier(Modifier::BOLD),
        );
        let text = picture(&buffer);
        assert!(
            text.contains("x=\"28.8\"") && text.contains(">&lt;b&gt;&amp;</text>"),
            "{text}"
        );
        assert!(text.contains("#ff8700") && text.contains("font-weight"), "{text}");
        assert_eq!(text.matches("<text").count(), 1, "blanks are not drawn");
    }
}
