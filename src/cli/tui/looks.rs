//! How the screen begins: flags over what the person left the last time, over the configuration.

use jiff::tz::TimeZone;

use crate::cli::config::{self, Said};
use crate::cli::{Failure, Global};
use crate::config::problem::Problems;
use crate::config::setting::Settings;
use crate::support::clock::now_ms;
use crate::ui::chart::Range;
use crate::ui::keymap::Keymap;
use crate::ui::look::{ColourWish, Depth, Glyphs, Theme};
use crate::ui::model::{Collector, Memory, Model};
use crate::ui::pane::Pane;

/// Flags of everything that draws a screen.
#[derive(clap::Args, Clone, Default)]
pub struct Looks {
    /// The node that is looked at alone: it is named among what every command understands.
    #[arg(skip)]
    pub node: Option<String>,
    /// How much time charts show: 15m, 1h, 6h, 24h, 7d, 30d, 1y
    #[arg(long, value_parser = range, value_name = "RANGE")]
    pub(super) range: Option<Range>,
    /// Only the pane, without title, tabs and keys: for a tile of tmux
    #[arg(long)]
    bare: bool,
    /// dark, light, high_contrast, colour_blind or mono
    #[arg(long, value_parser = theme, value_name = "NAME")]
    theme: Option<&'static str>,
    /// Colours
    #[arg(long, visible_alias = "colour", value_enum, value_name = "WHEN")]
    color: Option<When>,
    /// Plain characters only
    #[arg(long)]
    ascii: bool,
    #[arg(skip)]
    all_colours: bool,
}

/// When there are colours.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum When {
    /// As the terminal and NO_COLOR say
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

fn theme(text: &str) -> Result<&'static str, String> {
    let known = Theme::NAMES.into_iter().find(|name| *name == text);
    known.ok_or_else(|| format!("there are: {}", Theme::NAMES.join(", ")))
}

fn range(text: &str) -> Result<Range, String> {
    let plain = |text: &str| text.replace([' ', '\u{a0}'], "").replace("min", "m");
    let known = Range::ALL.into_iter().find(|range| plain(range.name()) == plain(text));
    known.ok_or_else(|| {
        let names: Vec<String> = Range::ALL.iter().map(|range| plain(range.name())).collect();
        format!("there are: {}", names.join(", "))
    })
}

/// The pane of a name.
pub fn pane(text: &str) -> Result<Pane, String> {
    Pane::of(text).ok_or_else(|| {
        let all: Vec<&str> = Pane::ALL.iter().map(|pane| pane.id()).collect();
        format!("there is no pane `{text}`; there are: {}", all.join(", "))
    })
}

/// What the configuration says of the screen.
struct Taste {
    settings: Settings,
    keymap: Keymap,
    trouble: Option<String>,
}

impl Taste {
    /// A configuration that is broken is no reason to see nothing: it is said on the screen.
    fn of(global: &Global) -> Self {
        match config::load(global, &Said::default()) {
            Ok(config) => Self {
                keymap: config::keymap(&config),
                settings: config.settings,
                trouble: None,
            },
            Err(failure) => {
                let why = match &failure {
                    Failure::Config(Problems(problems)) => problems
                        .first()
                        .map_or_else(|| failure.to_string(), ToString::to_string),
                    other => other.to_string(),
                };
                Self {
                    settings: Settings::default(),
                    keymap: Keymap::default(),
                    trouble: Some(format!("the configuration is not taken: {why}")),
                }
            }
        }
    }
}

impl Looks {
    /// A model that looks so, before anything is remembered.
    pub fn model(&self, global: &Global, collector: Collector) -> Model {
        let taste = Taste::of(global);
        let env = |name: &str| std::env::var(name).ok();
        let glyphs = match taste.settings.symbols.as_str() {
            "unicode" if !self.ascii => Glyphs::UNICODE,
            "auto" if self.all_colours && !self.ascii => Glyphs::UNICODE,
            symbols => Glyphs::detect(self.ascii || symbols == "ascii", env),
        };
        let wish = match (self.color, taste.settings.color.as_str()) {
            (Some(When::Always), _) | (None, "always") => ColourWish::Always,
            (Some(When::Never), _) | (None, "never") => ColourWish::Never,
            _ => ColourWish::Auto,
        };
        let depth = match self.all_colours {
            true => Depth::TrueColour,
            false => Depth::detect(wish, env),
        };
        let theme = Theme::named(self.theme.unwrap_or(&taste.settings.theme), depth, glyphs);
        let theme = theme.unwrap_or_else(|_| Theme::new(glyphs, false));
        let mut model = Model::new(theme, TimeZone::system(), collector, now_ms());
        model.keymap = taste.keymap;
        model.mouse = taste.settings.mouse != "off";
        if let Some(trouble) = taste.trouble {
            model.shared.say(trouble);
        }
        self.apply(&mut model);
        model
    }

    /// In all colours, unless that was decided.
    pub fn rich(&mut self) {
        if self.color.is_none() {
            (self.color, self.all_colours) = (Some(When::Always), true);
        }
    }

    /// Goes on where the person left, but for what the flags say.
    pub fn recall(&self, model: &mut Model, memory: &Memory) {
        let mut memory = memory.clone();
        if self.theme.is_some() {
            memory.theme = None;
        }
        model.recall(&memory);
        self.apply(model);
    }

    fn apply(&self, model: &mut Model) {
        model.bare = self.bare;
        if let Some(node) = &self.node {
            model.shared.node = Some(node.clone());
        }
        if let Some(range) = self.range {
            model.shared.time.range = range;
        }
    }

    /// The node that is named must be there.
    pub fn check(&self, model: &Model) -> Result<(), Failure> {
        let Some(name) = &self.node else { return Ok(()) };
        let known: Vec<&str> = model.shared.nodes().iter().map(|node| node.name.as_str()).collect();
        match known.contains(&name.as_str()) {
            true => Ok(()),
            false => Err(Failure::Usage(format!(
                "there is no node `{name}`; there are: {}",
                known.join(", ")
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::setting::SETTINGS;

    #[test]
    fn the_configuration_knows_every_theme() {
        let setting = SETTINGS.iter().find(|setting| setting.name() == "ui.theme").unwrap();
        assert!(
            setting.wanted().ends_with(&Theme::NAMES.join(", ")),
            "{}",
            setting.wanted()
        );
    }

    #[test]
    fn ranges_are_written_as_people_write_them() {
        for (text, name) in [
            ("15m", "15 min"),
            ("15 min", "15 min"),
            ("1h", "1 h"),
            ("7d", "7 d"),
            ("1y", "1 y"),
        ] {
            assert_eq!(range(text).map(Range::name), Ok(name));
        }
        assert_eq!(range("2h"), Err("there are: 15m, 1h, 6h, 24h, 7d, 30d, 1y".to_owned()));
    }
}
