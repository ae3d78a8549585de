//! How things look: colours are meanings, resolved once for the terminal at hand; marks have a plain form.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of the screen means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Ordinary text.
    Text,
    /// Of less weight: units, what does not apply, borders.
    Muted,
    /// Old news, drawn with its age.
    Stale,
    /// What the eye should find first: titles, the active tab.
    Accent,
    /// As it should be.
    Good,
    /// Wants a look.
    Warn,
    /// Danger.
    Bad,
    /// A key that can be pressed.
    Key,
    /// The row or cell under the cursor.
    Selected,
    /// Series of a chart: 0 to 5, told apart without colour by their marks.
    Series(u8),
}

/// Marks and lines, in one of two sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Before what is critical, a warning, well, not judged, information.
    pub critical: &'static str,
    /// See [`Glyphs::critical`].
    pub warning: &'static str,
    /// See [`Glyphs::critical`].
    pub good: &'static str,
    /// See [`Glyphs::critical`].
    pub unknown: &'static str,
    /// See [`Glyphs::critical`].
    pub note: &'static str,
    /// A horizontal and a vertical line.
    pub rule: &'static str,
    /// See [`Glyphs::rule`].
    pub bar: &'static str,
    /// A filled and an empty part of a gauge.
    pub full: &'static str,
    /// See [`Glyphs::full`].
    pub empty: &'static str,
    /// Where text was cut.
    pub more: &'static str,
    /// Whether block and braille characters may be used.
    pub unicode: bool,
}

impl Glyphs {
    /// For terminals that show Unicode.
    pub const UNICODE: Self = Self {
        critical: "▲",
        warning: "!",
        good: "●",
        unknown: "○",
        note: "·",
        rule: "─",
        bar: "│",
        full: "█",
        empty: "░",
        more: "…",
        unicode: true,
    };
    /// For all others.
    pub const ASCII: Self = Self {
        critical: "^",
        warning: "!",
        good: "*",
        unknown: "o",
        note: ".",
        rule: "-",
        bar: "|",
        full: "#",
        empty: ".",
        more: "~",
        unicode: false,
    };
}

/// How the program looks on the terminal at hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Marks and lines.
    pub glyphs: Glyphs,
    colours: bool,
}

impl Theme {
    /// The usual look, with or without colours.
    pub fn new(glyphs: Glyphs, colours: bool) -> Self {
        Self { glyphs, colours }
    }

    /// The theme after this one.
    pub fn next(&self) -> Self {
        Self::new(self.glyphs, !self.colours)
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        if self.colours { "dark" } else { "mono" }
    }

    /// The style of a meaning.
    pub fn style(&self, tone: Tone) -> Style {
        let plain = Style::new();
        if !self.colours {
            return match tone {
                Tone::Text | Tone::Good | Tone::Series(_) => plain,
                Tone::Muted | Tone::Stale => plain.add_modifier(Modifier::DIM),
                Tone::Accent | Tone::Warn | Tone::Key => plain.add_modifier(Modifier::BOLD),
                Tone::Bad => plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
                Tone::Selected => plain.add_modifier(Modifier::REVERSED),
            };
        }
        match tone {
            Tone::Text => plain,
            Tone::Muted => plain.fg(Color::DarkGray),
            Tone::Stale => plain.fg(Color::DarkGray).add_modifier(Modifier::ITALIC),
            Tone::Accent => plain.fg(Color::Cyan).add_modifier(Modifier::BOLD),
            Tone::Good => plain.fg(Color::Green),
            Tone::Warn => plain.fg(Color::Yellow),
            Tone::Bad => plain.fg(Color::Red).add_modifier(Modifier::BOLD),
            Tone::Key => plain.fg(Color::Cyan),
            Tone::Selected => plain.add_modifier(Modifier::REVERSED),
            Tone::Series(n) => plain.fg([
                Color::Cyan,
                Color::Yellow,
                Color::Magenta,
                Color::Green,
                Color::Blue,
                Color::Red,
            ][usize::from(n % 6)]),
        }
    }
}
