//! Settings edited together, over a pane: each in a line, judged by the collector while it is typed. Opened by a pane,
//! driven by the model.

mod draw;

pub(super) use draw::draw;

use crate::domain::setting::{Change, Fault, Setting, Settings};

/// The longest value that is typed, bytes.
const LONGEST: usize = 200;

/// A setting that a form is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As [`Change::key`].
    pub key: String,
    /// What it is called beside its value.
    pub label: &'static str,
    /// What it belongs to: a heading where there is room.
    pub group: String,
}

/// A setting with what was typed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What it is called.
    pub label: &'static str,
    /// What it belongs to.
    pub group: String,
    /// As it holds now.
    pub setting: Setting,
    /// What is in the line.
    pub text: String,
    /// What is wrong with that.
    pub error: Option<String>,
}

impl Field {
    /// Whether something else was typed than what holds.
    pub fn is_changed(&self) -> bool {
        self.text.trim() != self.setting.value
    }
}

/// What the collector was asked for last, under which number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Waits {
    /// Nothing.
    #[default]
    Nothing,
    /// How the settings are.
    Told(u64),
    /// What is wrong with what was typed.
    Judged(u64),
    /// To keep it.
    Saved(u64),
}

/// Settings edited together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The heading.
    pub title: String,
    entries: Vec<Entry>,
    /// Its lines; none until the collector told how they are.
    pub fields: Vec<Field>,
    /// The one with the cursor.
    pub at: usize,
    /// The file that it is kept in; `None`: it holds until the program ends.
    pub file: Option<String>,
    /// What is wrong with all of it.
    pub error: Option<String>,
    /// What it waits for.
    pub waits: Waits,
    /// Whether it is to be kept as soon as it is judged.
    pub wished: bool,
}

impl Form {
    /// Nothing told yet.
    pub fn new(title: String, entries: Vec<Entry>) -> Self {
        Self {
            title,
            entries,
            fields: Vec::new(),
            at: 0,
            file: None,
            error: None,
            waits: Waits::Nothing,
            wished: false,
        }
    }

    /// Whether it is being kept: what is typed now would be lost.
    pub fn is_busy(&self) -> bool {
        self.wished || matches!(self.waits, Waits::Saved(_))
    }

    /// Names of its settings.
    pub fn keys(&self) -> Vec<String> {
        self.entries.iter().map(|entry| entry.key.clone()).collect()
    }

    /// How the settings are.
    pub fn told(&mut self, settings: Settings) {
        self.file = settings.file;
        let all = settings.all.into_iter();
        let fields = all.filter_map(|setting| {
            let entry = self.entries.iter().find(|entry| entry.key == setting.key)?;
            Some(Field {
                label: entry.label,
                group: entry.group.clone(),
                text: setting.value.clone(),
                setting,
                error: None,
            })
        });
        self.fields = fields.collect();
        self.at = 0;
    }

    /// What was typed that is another than what holds; an empty line leaves it to the default.
    pub fn changes(&self) -> Vec<Change> {
        let changed = self.fields.iter().filter(|field| field.is_changed());
        let change = |field: &Field| {
            let text = field.text.trim();
            Change {
                key: field.setting.key.clone(),
                value: (!text.is_empty()).then(|| text.to_owned()),
            }
        };
        changed.map(change).collect()
    }

    /// What is wrong.
    pub fn judged(&mut self, faults: &[Fault]) {
        for field in &mut self.fields {
            let fault = faults.iter().find(|fault| fault.key == field.setting.key);
            field.error = fault.map(|fault| fault.text.clone());
        }
        let known = |fault: &&Fault| self.fields.iter().any(|field| field.setting.key == fault.key);
        self.error = faults
            .iter()
            .find(|fault| !known(fault))
            .map(|fault| fault.text.clone());
    }

    /// The cursor by so many lines, round and round.
    pub fn step(&mut self, by: isize) {
        let count = self.fields.len().max(1) as isize;
        self.at = (self.at as isize + by).rem_euclid(count).unsigned_abs();
    }

    /// To the first line with something wrong.
    pub fn to_fault(&mut self) {
        let wrong = self.fields.iter().position(|field| field.error.is_some());
        self.at = wrong.unwrap_or(self.at);
    }

    /// Another text in the line with the cursor.
    pub fn edit(&mut self, change: impl FnOnce(&mut String)) {
        if let Some(field) = self.fields.get_mut(self.at) {
            change(&mut field.text);
            while field.text.len() > LONGEST {
                field.text.pop();
            }
        }
    }
}
