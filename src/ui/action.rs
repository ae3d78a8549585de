//! The one table of actions: keys, footer, help and the reference in the README are made from it.

use super::key::Key;
use super::model::{Model, Overlay, Pane};

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Leave.
    Quit,
    /// Close what is open, or one level out.
    Back,
    /// Open what is under the cursor.
    Enter,
    /// Cursor.
    Up,
    /// Cursor.
    Down,
    /// Cursor.
    PageUp,
    /// Cursor.
    PageDown,
    /// Cursor.
    Home,
    /// Cursor.
    End,
    /// A pane.
    Show(Pane),
    /// The next node.
    NextNode,
    /// The one before.
    PreviousNode,
    /// Sort by the next column.
    Sort,
    /// Hold the picture.
    Freeze,
    /// All keys.
    Help,
    /// Copy the table.
    Copy,
    /// The mouse is ours or the terminal's.
    Mouse,
    /// Another theme.
    Theme,
    /// Draw anew.
    Repaint,
    /// Stop for a while.
    Suspend,
}

/// What is known of an action.
pub struct Spec {
    /// Its name in a configuration.
    pub id: String,
    /// In the footer.
    pub title: &'static str,
    /// In the help.
    pub help: String,
    /// Its keys, the first is shown.
    pub keys: &'static [&'static str],
}

impl Action {
    /// All of them, the most useful first.
    pub fn all() -> Vec<Self> {
        let mut all = vec![
            Self::Enter,
            Self::Back,
            Self::Sort,
            Self::NextNode,
            Self::PreviousNode,
            Self::Freeze,
            Self::Copy,
            Self::Help,
            Self::Quit,
            Self::Up,
            Self::Down,
            Self::PageUp,
            Self::PageDown,
            Self::Home,
            Self::End,
            Self::Theme,
            Self::Mouse,
            Self::Repaint,
            Self::Suspend,
        ];
        all.extend(Pane::ALL.map(Self::Show));
        all
    }

    /// What is known of it.
    pub fn spec(self) -> Spec {
        let spec = |id: &str, title, help: &str, keys| Spec {
            id: id.to_owned(),
            title,
            help: help.to_owned(),
            keys,
        };
        match self {
            Self::Quit => spec(
                "quit",
                "quit",
                "Leave; a collector of its own keeps what it read",
                &["q", "ctrl-c"],
            ),
            Self::Back => spec(
                "back",
                "back",
                "Close what is open, or one level out",
                &["esc", "backspace"],
            ),
            Self::Enter => spec("enter", "open", "Open what is under the cursor", &["enter"]),
            Self::Up => spec("up", "up", "One row up", &["up", "k"]),
            Self::Down => spec("down", "down", "One row down", &["down", "j"]),
            Self::PageUp => spec("page-up", "page up", "One page up", &["pageup", "ctrl-u"]),
            Self::PageDown => spec("page-down", "page down", "One page down", &["pagedown", "ctrl-d"]),
            Self::Home => spec("home", "first", "First row", &["home", "g"]),
            Self::End => spec("end", "last", "Last row; live again", &["end", "G"]),
            Self::Show(pane) => Spec {
                id: format!("pane-{}", pane.id()),
                title: pane.title(),
                help: format!("Pane {}", pane.title()),
                keys: pane.keys(),
            },
            Self::NextNode => spec("next-node", "node", "The next node", &["right", "l", "n"]),
            Self::PreviousNode => spec("previous-node", "node before", "The node before", &["left", "h", "p"]),
            Self::Sort => spec("sort", "sort", "Sort by the next column", &["s"]),
            Self::Freeze => spec(
                "freeze",
                "freeze",
                "Hold the picture; collecting goes on",
                &["space", "f"],
            ),
            Self::Help => spec("help", "help", "All keys", &["?", "f1"]),
            Self::Copy => spec("copy", "copy table", "Copy the table as Markdown", &["Y", "y"]),
            Self::Mouse => spec(
                "mouse",
                "mouse",
                "Leave the mouse to the terminal, for selecting text",
                &["M"],
            ),
            Self::Theme => spec("theme", "theme", "Another theme", &["T"]),
            Self::Repaint => spec("repaint", "repaint", "Draw everything anew", &["ctrl-l", "r"]),
            Self::Suspend => spec("suspend", "suspend", "Stop for a while; `fg` goes on", &["ctrl-z"]),
        }
    }

    /// Whether it can be done now.
    pub fn is_valid(self, model: &Model) -> bool {
        match self {
            Self::Enter => model.overlay.is_none() && model.node.is_none() && model.selected().is_some(),
            Self::Back => model.overlay.is_some() || model.node.is_some(),
            Self::NextNode | Self::PreviousNode => model.node.is_some() && model.names().len() > 1,
            Self::Sort | Self::Copy => model.node.is_none() && !model.names().is_empty(),
            Self::Up | Self::Down | Self::PageUp | Self::PageDown | Self::Home => !model.names().is_empty(),
            Self::Help => model.overlay != Some(Overlay::Help),
            Self::Suspend => cfg!(unix),
            Self::Quit | Self::End | Self::Show(_) | Self::Freeze | Self::Mouse | Self::Theme | Self::Repaint => true,
        }
    }

    /// The action of a key, if it can be done now.
    pub fn of(key: Key, model: &Model) -> Option<Self> {
        let fits = |action: &Self| action.spec().keys.iter().any(|name| Key::parse(name) == Some(key));
        Self::all()
            .into_iter()
            .filter(|action| action.is_valid(model))
            .find(fits)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn every_key_is_one_and_means_one_thing() {
        let mut seen: HashMap<Key, String> = HashMap::new();
        for action in Action::all() {
            let spec = action.spec();
            assert!(!spec.keys.is_empty() && !spec.help.is_empty(), "{}", spec.id);
            for name in spec.keys {
                let key = Key::parse(name).unwrap_or_else(|| panic!("{name}"));
                assert_eq!(Key::parse(&key.to_string()), Some(key));
                if let Some(other) = seen.insert(key, spec.id.clone()) {
                    panic!("{name} is {other} and {}", spec.id);
                }
            }
        }
    }
}
