//! What lies over a pane: lists to choose from (palette, help, columns, ranges), lines to type, explanations.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::action::Action;
use super::explain::Explained;
use super::form::Form;

/// A line that is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Comes back with the text.
    pub id: &'static str,
    /// What is asked, as `filter` or `time (21:30, 2h ago)`.
    pub title: String,
    /// What is in the line.
    pub text: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// What was in it before, for whoever changes their mind.
    pub before: String,
}

impl Prompt {
    /// With what is in force now.
    pub fn new(id: &'static str, title: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            id,
            title: title.into(),
            before: text.clone(),
            text,
            error: None,
        }
    }
}

/// Something to choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    /// Comes back when it is chosen.
    pub key: String,
    /// What it is.
    pub title: String,
    /// More about it.
    pub hint: String,
    /// What stands before it: its keys.
    pub keys: String,
    /// Whether it is on; `None`: it is nothing to switch.
    pub on: Option<bool>,
}

impl Item {
    /// Something with a name.
    pub fn new(key: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            title: title.into(),
            ..Self::default()
        }
    }

    /// With more about it.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: hint.into(),
            ..self
        }
    }
}

/// A list to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picker {
    /// Comes back with the choice.
    pub id: &'static str,
    /// The heading.
    pub title: String,
    /// What there is, in its own order.
    pub items: Vec<Item>,
    /// Whether letters go into the line.
    pub typing: bool,
    /// What was typed.
    pub text: String,
    /// The place of the cursor among those that match.
    pub at: usize,
    /// Places of the items that match, the best first.
    matching: Vec<usize>,
}

impl Picker {
    /// All items, nothing typed.
    pub fn new(id: &'static str, title: impl Into<String>, items: Vec<Item>, typing: bool) -> Self {
        let matching = (0..items.len()).collect();
        Self {
            id,
            title: title.into(),
            items,
            typing,
            text: String::new(),
            at: 0,
            matching,
        }
    }

    /// The items that match what was typed, the best first.
    pub fn matching(&self) -> impl ExactSizeIterator<Item = &Item> {
        self.matching.iter().map(|at| &self.items[*at])
    }

    /// The item under the cursor.
    pub fn chosen(&self) -> Option<&Item> {
        self.matching.get(self.at).map(|at| &self.items[*at])
    }

    /// Other items in the same list: the cursor stays where it is.
    pub fn renew(&mut self, items: Vec<Item>) {
        let at = self.at;
        self.items = items;
        self.sift();
        self.at = at.min(self.matching.len().saturating_sub(1));
    }

    /// Puts the cursor on an item.
    pub fn go_to(&mut self, key: &str) {
        let found = self.matching.iter().position(|at| self.items[*at].key == key);
        self.at = found.unwrap_or(self.at);
    }

    /// Moves the cursor by so many items.
    pub fn step(&mut self, by: isize) {
        let last = self.matching.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(last);
    }

    /// Another text in the line.
    pub fn set_text(&mut self, text: String) {
        self.text = text;
        self.sift();
        self.at = 0;
    }

    /// Finds the items that match: their letters in this order, better the closer together.
    fn sift(&mut self) {
        if self.text.trim().is_empty() {
            self.matching = (0..self.items.len()).collect();
            return;
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(&self.text, CaseMatching::Smart, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, usize)> = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            // What it is called weighs more than what is said of it.
            let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
            let all = format!("{} {} {}", item.title, item.keys, item.hint);
            let best = score(&item.title).map(|score| score * 2).max(score(&all));
            scored.extend(best.map(|score| (score, at)));
        }
        scored.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
        self.matching = scored.into_iter().map(|(_, at)| at).collect();
    }
}

/// What lies over a pane.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// A list.
    Pick(Picker),
    /// A line.
    Type(Prompt),
    /// Settings.
    Form(Form),
    /// A figure: its place among those on the screen, what it is, and the first line shown.
    Explain(usize, Explained, usize),
    /// A text in lines, with its heading, and the first line shown.
    Text(String, Vec<(String, String)>, usize),
}

impl Overlay {
    /// The first line shown of what is read; `None`: there is nothing to read.
    pub fn first_line(&mut self) -> Option<&mut usize> {
        match self {
            Self::Explain(_, _, first) | Self::Text(_, _, first) => Some(first),
            Self::Pick(_) | Self::Type(_) | Self::Form(_) => None,
        }
    }
}

/// What is seen of a text that lies over a pane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// The first line.
    pub first: usize,
    /// How many lines.
    pub lines: usize,
    /// How many there are.
    pub of: usize,
}

impl Seen {
    /// From a line on, or as far down as there is text.
    pub fn from(first: usize, lines: usize, of: usize) -> Self {
        let first = first.min(of.saturating_sub(lines));
        Self { first, lines, of }
    }

    /// Whether there is more than is seen.
    pub fn scrolls(self) -> bool {
        self.lines < self.of
    }

    /// The first line after so many lines down.
    pub fn by(self, lines: isize) -> usize {
        Self::from(self.first.saturating_add_signed(lines), self.lines, self.of).first
    }

    /// The first line after an action; `None`: it does not scroll.
    pub fn after(self, action: Action) -> Option<usize> {
        // A line of the page before stays, to go on from.
        let page = self.lines.saturating_sub(1).max(1).cast_signed();
        match action {
            Action::Up => Some(self.by(-1)),
            Action::Down => Some(self.by(1)),
            Action::PageUp => Some(self.by(-page)),
            Action::PageDown => Some(self.by(page)),
            Action::Home => Some(0),
            Action::End => Some(self.by(isize::MAX)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_their_order_are_enough_and_the_name_counts_most() {
        let items = vec![
            Item::new("a", "zoom out").hint("a longer range"),
            Item::new("b", "freeze").hint("hold the picture; sort of a pause"),
            Item::new("c", "sort").hint("by the next column"),
        ];
        let mut picker = Picker::new("p", "", items, true);
        let keys = |picker: &Picker| picker.matching().map(|item| item.key.clone()).collect::<String>();
        assert_eq!(keys(&picker), "abc");
        picker.set_text("sort".to_owned());
        assert_eq!(keys(&picker), "cb");
        picker.set_text("zmo".to_owned());
        assert_eq!(keys(&picker), "a");
        picker.set_text("xyz".to_owned());
        assert_eq!((keys(&picker), picker.chosen()), (String::new(), None));
        picker.step(1);
        picker.set_text(String::new());
        picker.step(5);
        picker.step(-1);
        assert_eq!(picker.chosen().unwrap().key, "b");
    }
}
