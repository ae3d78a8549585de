//! How the screen begins: flags over what the person left the last time, over the configuration.

use jiff::tz::TimeZone;

use crate::cli::{Failure, collect};
use crate::ui::chart::Range;
use crate::ui::look::{ColourWish, Depth, Glyphs, Theme};
use crate::ui::model::{Collector, Memory, Model};
use crate::ui::pane::Pane;

/// Flags of everything that draws a screen.
#[derive(clap::Args, Clone, Default)]
pub struct Looks {
    /// Look at one node alone
    #[arg(long, value_name = "NAME")]
    pub node: Option<String>,
    /// How much time charts show: 15m, 1h, 6h, 24h, 7d, 30d, 1y
    #[arg(long, value_parser = range, value_name = "RANGE")]
    range: Option<Range>,
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

impl Looks {
    /// A model that looks so, before anything is remembered.
    pub fn model(&self, collector: Collector) -> Model {
        let env = |name: &str| std::env::var(name).ok();
        let glyphs = Glyphs::detect(self.ascii, env);
        let wish = match self.color {
            None | Some(When::Auto) => ColourWish::Auto,
            Some(When::Always) => ColourWish::Always,
            Some(When::Never) => ColourWish::Never,
        };
        let depth = Depth::detect(wish, env);
        let theme = Theme::named(self.theme.unwrap_or("dark"), depth, glyphs);
        let theme = theme.unwrap_or_else(|_| Theme::new(glyphs, false));
        let mut model = Model::new(theme, TimeZone::system(), collector, collect::now_ms());
        self.apply(&mut model);
        model
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
