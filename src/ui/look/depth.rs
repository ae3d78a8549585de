//! How many colours a terminal can show, and the nearest of them to a colour wished. Called by the themes.

use std::str::FromStr;

use ratatui::style::Color;

/// Red, green, blue.
pub type Rgb = (u8, u8, u8);

/// How many colours there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: modifiers and marks carry everything.
    None,
    /// The sixteen whose look the user chose.
    C16,
    /// The cube and the greys.
    C256,
    /// Any.
    TrueColour,
}

/// What `--color` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourWish {
    /// Whatever the environment says.
    #[default]
    Auto,
    /// Colours, whatever the environment says.
    Always,
    /// No colours.
    Never,
    /// Exactly so many.
    Exactly(Depth),
}

impl ColourWish {
    /// What may be written, for the help.
    pub const NAMES: [&'static str; 6] = ["auto", "always", "never", "16", "256", "truecolor"];
}

impl FromStr for ColourWish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "auto" => Self::Auto,
            "always" => Self::Always,
            "never" => Self::Never,
            "16" => Self::Exactly(Depth::C16),
            "256" => Self::Exactly(Depth::C256),
            "truecolor" => Self::Exactly(Depth::TrueColour),
            _ => return Err(format!("no such choice of colours: give {}", Self::NAMES.join(", "))),
        })
    }
}

impl Depth {
    /// The depth by the flag, then by the environment, which `env` answers for. crossterm obeys NO_COLOR by
    /// itself and wipes modifiers doing so: who opens the terminal must call
    /// `crossterm::style::force_color_output(true)` and leave the decision to this one.
    pub fn detect(wish: ColourWish, env: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        match wish {
            ColourWish::Exactly(depth) => return depth,
            ColourWish::Never => return Self::None,
            ColourWish::Always => return terminal(set).max(Self::C16),
            ColourWish::Auto => {}
        }
        if set("NO_COLOR").is_some() {
            return Self::None;
        }
        if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
            return terminal(set).max(Self::C16);
        }
        match set("FORCE_COLOR").as_deref() {
            None => terminal(set),
            Some("0" | "false") => Self::None,
            Some("2") => terminal(set).max(Self::C256),
            Some("3") => Self::TrueColour,
            Some(_) => terminal(set).max(Self::C16),
        }
    }

    /// What comes nearest to a colour; without colours the terminal's own.
    pub fn nearest(self, rgb: Rgb) -> Color {
        match self {
            Self::None => Color::Reset,
            Self::C16 => nearest_16(rgb),
            Self::C256 => nearest_256(rgb),
            Self::TrueColour => Color::Rgb(rgb.0, rgb.1, rgb.2),
        }
    }
}

fn terminal(set: impl Fn(&str) -> Option<String>) -> Depth {
    let term = set("TERM").unwrap_or_default();
    let colour_term = set("COLORTERM").unwrap_or_default();
    if term == "dumb" {
        Depth::None
    } else if matches!(colour_term.as_str(), "truecolor" | "24bit") || term.ends_with("-direct") {
        Depth::TrueColour
    } else if term.ends_with("-256color") {
        Depth::C256
    } else {
        Depth::C16
    }
}

/// The sixteen as xterm draws them; the user's own may differ, their hues rarely do.
const SIXTEEN: [(Color, Rgb); 16] = [
    (Color::Black, (0, 0, 0)),
    (Color::Red, (205, 0, 0)),
    (Color::Green, (0, 205, 0)),
    (Color::Yellow, (205, 205, 0)),
    (Color::Blue, (0, 0, 238)),
    (Color::Magenta, (205, 0, 205)),
    (Color::Cyan, (0, 205, 205)),
    (Color::Gray, (229, 229, 229)),
    (Color::DarkGray, (127, 127, 127)),
    (Color::LightRed, (255, 0, 0)),
    (Color::LightGreen, (0, 255, 0)),
    (Color::LightYellow, (255, 255, 0)),
    (Color::LightBlue, (92, 92, 255)),
    (Color::LightMagenta, (255, 0, 255)),
    (Color::LightCyan, (0, 255, 255)),
    (Color::White, (255, 255, 255)),
];

/// Below this much chroma a colour is a grey.
const GREY: f64 = 0.04;

/// By hue and lightness, whatever the chroma: by plain distance the pale colours would all end as greys, and a
/// meaning would lose its hue. The lightness weighs enough that a light blue never becomes the dark one, which
/// nobody can read on black.
fn nearest_16(rgb: Rgb) -> Color {
    let wished = Lab::of(rgb);
    let grey = wished.chroma() < GREY;
    let candidates = SIXTEEN
        .iter()
        .map(|(colour, rgb)| (*colour, Lab::of(*rgb)))
        .filter(|(_, lab)| (lab.chroma() < GREY) == grey)
        .map(|(colour, lab)| {
            let hue = if grey { 0.0 } else { wished.turn(lab) };
            (colour, hue + 4.0 * (wished.l - lab.l).powi(2))
        });
    closest(candidates)
}

/// The first sixteen are left out: nobody knows how they look.
fn nearest_256(rgb: Rgb) -> Color {
    let wished = Lab::of(rgb);
    let candidates = (16..=255u8).map(|index| {
        let lab = Lab::of(indexed(index));
        (Color::Indexed(index), wished.distance(lab))
    });
    closest(candidates)
}

fn closest(candidates: impl Iterator<Item = (Color, f64)>) -> Color {
    candidates
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .map_or(Color::Reset, |(colour, _)| colour)
}

/// A colour of the cube (16 to 231) or a grey (232 to 255).
fn indexed(index: u8) -> Rgb {
    if index >= 232 {
        let level = 8 + 10 * (index - 232);
        return (level, level, level);
    }
    let cube = index.saturating_sub(16);
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
}

/// A colour in Oklab, where distances are as the eye sees them.
#[derive(Clone, Copy)]
struct Lab {
    l: f64,
    a: f64,
    b: f64,
}

impl Lab {
    fn of((r, g, b): Rgb) -> Self {
        let (r, g, b) = (linear(r), linear(g), linear(b));
        let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
        let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
        let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
        Self {
            l: 0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
            a: 1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
            b: 0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
        }
    }

    fn chroma(self) -> f64 {
        self.a.hypot(self.b)
    }

    /// How far the hue turns: 0 for the same, 4 for the opposite.
    fn turn(self, other: Self) -> f64 {
        let (x, y) = (self.chroma(), other.chroma());
        (self.a / x - other.a / y).powi(2) + (self.b / x - other.b / y).powi(2)
    }

    fn distance(self, other: Self) -> f64 {
        (self.l - other.l).powi(2) + (self.a - other.a).powi(2) + (self.b - other.b).powi(2)
    }
}

/// A channel of sRGB as light, 0 to 1.
pub(super) fn linear(channel: u8) -> f64 {
    let value = f64::from(channel) / 255.0;
    if value <= 0.040_45 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    type Variables<'a> = &'a [(&'a str, &'a str)];

    /// An environment of these variables.
    pub fn env(variables: Variables<'_>) -> impl Fn(&str) -> Option<String> {
        let variables: Vec<(String, String)> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        move |wanted| {
            let found = variables.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone())
        }
    }

    #[test]
    fn the_flag_goes_before_no_color_before_force_before_the_terminal() {
        let rich = [("COLORTERM", "truecolor"), ("TERM", "xterm-256color")];
        let cases: [(&str, Variables, Depth); 22] = [
            ("auto", &rich, Depth::TrueColour),
            ("auto", &[("COLORTERM", "24bit"), ("TERM", "tmux")], Depth::TrueColour),
            ("auto", &[("COLORTERM", "yes"), ("TERM", "xterm")], Depth::C16),
            ("auto", &[("TERM", "screen-256color")], Depth::C256),
            ("auto", &[("TERM", "xterm-direct")], Depth::TrueColour),
            ("auto", &[("TERM", "linux")], Depth::C16),
            ("auto", &[("TERM", "xterm")], Depth::C16),
            ("auto", &[], Depth::C16),
            ("auto", &[("TERM", "dumb"), ("COLORTERM", "truecolor")], Depth::None),
            ("auto", &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")], Depth::None),
            (
                "auto",
                &[("NO_COLOR", ""), ("COLORTERM", "truecolor")],
                Depth::TrueColour,
            ),
            ("auto", &[("NO_COLOR", "1"), ("FORCE_COLOR", "3")], Depth::None),
            ("auto", &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], Depth::C16),
            ("auto", &[("CLICOLOR_FORCE", "0"), ("TERM", "dumb")], Depth::None),
            ("auto", &[("FORCE_COLOR", "2"), ("TERM", "xterm")], Depth::C256),
            (
                "auto",
                &[("FORCE_COLOR", "1"), ("COLORTERM", "24bit")],
                Depth::TrueColour,
            ),
            ("auto", &[("FORCE_COLOR", "3"), ("TERM", "dumb")], Depth::TrueColour),
            ("auto", &[("FORCE_COLOR", "0"), ("COLORTERM", "24bit")], Depth::None),
            ("always", &[("NO_COLOR", "1"), ("TERM", "dumb")], Depth::C16),
            ("always", &[("NO_COLOR", "1"), ("TERM", "st-256color")], Depth::C256),
            ("never", &[("FORCE_COLOR", "3")], Depth::None),
            ("256", &[("NO_COLOR", "1")], Depth::C256),
        ];
        for (flag, variables, depth) in cases {
            let wish = flag.parse().unwrap();
            assert_eq!(Depth::detect(wish, env(variables)), depth, "{flag} {variables:?}");
        }
    }

    #[test]
    fn the_flag_knows_its_names_and_no_others() {
        for name in ColourWish::NAMES {
            assert!(name.parse::<ColourWish>().is_ok(), "{name}");
        }
        let error = "blue".parse::<ColourWish>().unwrap_err();
        assert!(error.contains("auto") && error.contains("truecolor"), "{error}");
    }

    #[test]
    fn what_is_there_exactly_is_taken() {
        for index in 16..=255u8 {
            let Color::Indexed(found) = nearest_256(indexed(index)) else {
                panic!("{index} is none of the 256");
            };
            assert_eq!(indexed(found), indexed(index));
        }
        for (colour, rgb) in SIXTEEN {
            assert_eq!(nearest_16(rgb), colour);
        }
    }

    #[test]
    fn the_cube_and_the_greys_are_where_terminals_have_them() {
        let cases = [
            (16, (0, 0, 0)),
            (21, (0, 0, 255)),
            (67, (95, 135, 175)),
            (196, (255, 0, 0)),
            (231, (255, 255, 255)),
            (232, (8, 8, 8)),
            (255, (238, 238, 238)),
        ];
        for (index, rgb) in cases {
            assert_eq!(indexed(index), rgb, "{index}");
        }
    }

    #[test]
    fn a_colour_keeps_its_hue_among_sixteen() {
        let cases = [
            ((213, 94, 0), Color::LightRed),
            ((240, 228, 66), Color::LightYellow),
            ((0, 158, 115), Color::Green),
            ((204, 121, 167), Color::LightMagenta),
            ((0, 114, 178), Color::Blue),
            ((86, 180, 233), Color::Cyan),
            ((138, 143, 152), Color::DarkGray),
            ((230, 230, 230), Color::Gray),
            ((12, 12, 12), Color::Black),
        ];
        for (rgb, colour) in cases {
            assert_eq!(nearest_16(rgb), colour, "{rgb:?}");
        }
        assert_eq!(Depth::None.nearest((1, 2, 3)), Color::Reset);
        assert_eq!(Depth::TrueColour.nearest((1, 2, 3)), Color::Rgb(1, 2, 3));
        assert_eq!(Depth::C256.nearest((100, 135, 170)), Color::Indexed(67));
    }
}
