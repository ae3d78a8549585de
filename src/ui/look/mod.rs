//! How things look: colours are meanings, resolved once for the terminal at hand; marks have a plain form.

pub mod depth;
mod glyphs;
mod palette;

use ratatui::style::{Modifier, Style};

pub use depth::{ColourWish, Depth};
pub use glyphs::Glyphs;
use palette::{DARK, PALETTES, Palette};

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

impl Tone {
    /// All there are.
    pub const ALL: [Self; 15] = [
        Self::Text,
        Self::Muted,
        Self::Stale,
        Self::Accent,
        Self::Good,
        Self::Warn,
        Self::Bad,
        Self::Key,
        Self::Selected,
        Self::Series(0),
        Self::Series(1),
        Self::Series(2),
        Self::Series(3),
        Self::Series(4),
        Self::Series(5),
    ];

    /// Its place in [`Tone::ALL`].
    fn place(self) -> usize {
        match self {
            Self::Text => 0,
            Self::Muted => 1,
            Self::Stale => 2,
            Self::Accent => 3,
            Self::Good => 4,
            Self::Warn => 5,
            Self::Bad => 6,
            Self::Key => 7,
            Self::Selected => 8,
            Self::Series(n) => 9 + usize::from(n % 6),
        }
    }
}

/// How the program looks on the terminal at hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Marks and lines.
    pub glyphs: Glyphs,
    styles: [Style; 15],
    name: &'static str,
    depth: Depth,
}

impl Theme {
    /// The names of all themes, for help and configuration.
    pub const NAMES: [&'static str; 5] = ["dark", "light", "high_contrast", "colour_blind", "mono"];

    /// The usual look, in sixteen colours or without.
    pub fn new(glyphs: Glyphs, colours: bool) -> Self {
        let depth = if colours { Depth::C16 } else { Depth::None };
        Self::resolved(&DARK, depth, glyphs)
    }

    /// A theme by its name, for so many colours. The error says which names there are.
    pub fn named(name: &str, depth: Depth, glyphs: Glyphs) -> Result<Self, String> {
        if name == "mono" {
            let mono = Self::resolved(&DARK, Depth::None, glyphs);
            // The terminal's colours are kept for the theme after it.
            return Ok(Self {
                name: "mono",
                depth,
                ..mono
            });
        }
        let palette = PALETTES.iter().find(|palette| palette.name == name);
        palette
            .map(|palette| Self::resolved(palette, depth, glyphs))
            .ok_or_else(|| format!("no such theme: choose {}", Self::NAMES.join(", ")))
    }

    /// The style of a meaning.
    pub fn style(&self, tone: Tone) -> Style {
        self.styles.get(tone.place()).copied().unwrap_or_default()
    }

    fn resolved(palette: &Palette, depth: Depth, glyphs: Glyphs) -> Self {
        let styles = Tone::ALL.map(|tone| match depth {
            Depth::None => mono(tone),
            _ => coloured(tone, palette, depth),
        });
        Self {
            glyphs,
            styles,
            name: palette.name,
            depth,
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The same terminal in another theme; `None`: there is none of that name.
    pub fn with_name(&self, name: &str) -> Option<Self> {
        Self::named(name, self.depth, self.glyphs).ok()
    }
}

/// Modifiers only. Well and the series are plain: their marks carry them.
fn mono(tone: Tone) -> Style {
    let modifier = match tone {
        Tone::Text | Tone::Good | Tone::Series(_) => Modifier::empty(),
        Tone::Muted => Modifier::DIM,
        Tone::Stale => Modifier::DIM | Modifier::ITALIC,
        Tone::Accent => Modifier::BOLD,
        Tone::Warn => Modifier::BOLD | Modifier::ITALIC,
        Tone::Bad => Modifier::BOLD | Modifier::UNDERLINED,
        Tone::Key => Modifier::UNDERLINED,
        Tone::Selected => Modifier::REVERSED,
    };
    Style::new().add_modifier(modifier)
}

/// The background stays the terminal's, but under the cursor.
fn coloured(tone: Tone, palette: &Palette, depth: Depth) -> Style {
    let plain = Style::new();
    let ink = |rgb| plain.fg(depth.nearest(rgb));
    match tone {
        Tone::Text => plain,
        Tone::Muted => ink(palette.muted),
        Tone::Stale => ink(palette.muted).add_modifier(Modifier::ITALIC),
        Tone::Accent => ink(palette.accent).add_modifier(Modifier::BOLD),
        Tone::Good => ink(palette.good),
        Tone::Warn => ink(palette.warn),
        Tone::Bad => ink(palette.bad).add_modifier(Modifier::BOLD),
        Tone::Key => ink(palette.key),
        // Nobody knows how two of the sixteen look on each other; reversed can always be read.
        Tone::Selected if depth == Depth::C16 => plain.add_modifier(Modifier::REVERSED),
        Tone::Selected => ink(palette.selected.0).bg(depth.nearest(palette.selected.1)),
        Tone::Series(n) => ink(palette.series[usize::from(n % 6)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Color;

    const DEPTHS: [Depth; 4] = [Depth::None, Depth::C16, Depth::C256, Depth::TrueColour];

    fn all(depth: Depth) -> impl Iterator<Item = (&'static str, Theme)> {
        Theme::NAMES
            .into_iter()
            .map(move |name| (name, Theme::named(name, depth, Glyphs::UNICODE).unwrap()))
    }

    fn distinct(theme: &Theme, tones: &[Tone], name: &str) {
        for (at, tone) in tones.iter().enumerate() {
            for other in &tones[..at] {
                assert_ne!(theme.style(*tone), theme.style(*other), "{name}: {tone:?} as {other:?}");
            }
        }
    }

    #[test]
    fn each_tone_has_its_own_place() {
        for (at, tone) in Tone::ALL.iter().enumerate() {
            assert_eq!(tone.place(), at);
        }
        let theme = Theme::new(Glyphs::UNICODE, true);
        assert_eq!(theme.style(Tone::Series(255)), theme.style(Tone::Series(3)));
    }

    #[test]
    fn meanings_and_series_differ_at_every_depth() {
        let meanings = [
            Tone::Text,
            Tone::Muted,
            Tone::Stale,
            Tone::Accent,
            Tone::Warn,
            Tone::Bad,
            Tone::Selected,
        ];
        for depth in DEPTHS {
            for (name, theme) in all(depth) {
                distinct(&theme, &meanings, name);
                if depth != Depth::None && name != "mono" {
                    distinct(&theme, &[Tone::Text, Tone::Good, Tone::Warn, Tone::Bad], name);
                    distinct(&theme, &Tone::ALL[9..], name);
                } else {
                    assert_ne!(theme.style(Tone::Key), theme.style(Tone::Text), "{name}");
                }
            }
        }
    }

    #[test]
    fn only_the_cursor_paints_a_background_and_no_colours_means_none() {
        for depth in DEPTHS {
            for (name, theme) in all(depth) {
                for tone in Tone::ALL {
                    let style = theme.style(tone);
                    assert!(style.bg.is_none() || tone == Tone::Selected, "{name} {tone:?}");
                    if depth == Depth::None || name == "mono" {
                        assert_eq!((style.fg, style.bg), (None, None), "{name} {tone:?}");
                    }
                    let invisible = matches!(style.fg, Some(Color::Reset));
                    assert!(!invisible, "{name} {tone:?}");
                }
            }
        }
    }

    #[test]
    fn sixteen_colours_stay_readable_on_dark_backgrounds() {
        for name in ["dark", "high_contrast", "colour_blind"] {
            let theme = Theme::named(name, Depth::C16, Glyphs::UNICODE).unwrap();
            for tone in Tone::ALL {
                let unreadable = matches!(theme.style(tone).fg, Some(Color::Black | Color::Blue));
                assert!(!unreadable, "{name} {tone:?}");
            }
        }
    }

    #[test]
    fn a_theme_that_is_not_there_names_those_that_are() {
        let error = Theme::named("solar", Depth::C16, Glyphs::ASCII).unwrap_err();
        for name in Theme::NAMES {
            assert!(error.contains(name), "{error}");
        }
    }
}
