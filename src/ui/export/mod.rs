//! What is on the screen, as it goes into a file: tables, the lines of a chart, the picture. Made by the model;
//! the program around the screen writes it.

mod measure;
mod plot;
mod sheet;

pub use plot::{Plot, plot};
pub use sheet::table;

use crate::api::table::Value;

/// A table as it is written: values for programs, and words for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// What it is called: letters, digits and hyphens.
    pub name: String,
    /// Names of its columns, each once, with the unit of their values.
    pub columns: Vec<String>,
    /// As many values in each row as there are columns.
    pub rows: Vec<Vec<Value>>,
    /// The same in Markdown, in the words of the screen.
    pub markdown: String,
}

/// How a file is written; its ending says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `.csv`: names in the first line, one row a line.
    Csv,
    /// `.json`: an array of objects.
    Json,
    /// `.md`, `.txt`: for people.
    Text,
}

impl Form {
    /// The form of a file's name.
    ///
    /// # Errors
    /// The name has none of the endings above.
    pub fn of(path: &str) -> Result<Self, String> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        let ending = name
            .rsplit_once('.')
            .filter(|(stem, _)| !stem.is_empty())
            .map(|(_, end)| end);
        match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("json") => Ok(Self::Json),
            Some("md" | "txt") => Ok(Self::Text),
            _ => Err("let the name end in .csv, .json, .md or .txt".to_owned()),
        }
    }
}

/// What a file is of: its node, satellite and stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The pane's id.
    pub pane: &'static str,
    /// Of when it is, ms since the epoch.
    pub time_ms: i64,
    /// The node that is looked at alone; `None`: all.
    pub node: Option<String>,
    /// The satellite that is looked at alone, its id; `None`: all.
    pub satellite_id: Option<String>,
    /// The range as it is shown: `24 h`.
    pub range: &'static str,
    /// From this time on, ms since the epoch.
    pub from_ms: i64,
    /// Until before this time.
    pub to_ms: i64,
    /// The moment that was chosen, ms since the epoch; `None`: the present.
    pub as_of_ms: Option<i64>,
}

/// What goes into a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// One table, or the lines of the chart.
    Table(Sheet),
    /// All tables of a pane.
    Tables {
        /// What they are of.
        about: About,
        /// The tables.
        tables: Vec<Sheet>,
    },
    /// The picture.
    Text(String),
}

impl Content {
    /// Whether it can be written so.
    ///
    /// # Errors
    /// Which endings it can have.
    pub fn fits(&self, form: Form) -> Result<(), String> {
        match (self, form) {
            (Self::Table(_), _) | (Self::Tables { .. }, Form::Json) | (Self::Text(_), Form::Text) => Ok(()),
            (Self::Tables { .. }, _) => Err("all tables in one file are JSON: let the name end in .json".to_owned()),
            (Self::Text(_), _) => Err("a picture is text: let the name end in .txt".to_owned()),
        }
    }

    /// How much it is: `14 rows`.
    pub fn amount(&self) -> String {
        let (count, one) = match self {
            Self::Table(sheet) => (sheet.rows.len(), "row"),
            Self::Tables { tables, .. } => (tables.len(), "table"),
            Self::Text(text) => (text.lines().count(), "line"),
        };
        amount(count, one)
    }
}

/// `1 row`, `14 rows`.
pub fn amount(count: usize, one: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {one}{s}")
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Save {
    /// Comes back with how it went.
    pub id: u64,
    /// As it was typed: `~/` is the person's own folder.
    pub path: String,
    /// What has that name already is replaced.
    pub replace: bool,
    /// How it is written.
    pub form: Form,
    /// What goes into it.
    pub content: Content,
}

/// Why a file was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSaved {
    /// There is a file of that name, and it was not to be replaced.
    Exists,
    /// One line: what is wrong, where, what to do.
    Failed(String),
}

/// A text as a part of a file's name.
fn slug(text: &str) -> String {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    let parts: Vec<String> = parts
        .filter(|part| !part.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    parts.join("-")
}

/// Names of which each is there once: the second gets a number.
fn unique(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    for name in names {
        let more = (2..).map(|n| format!("{name}_{n}"));
        let free = std::iter::once(name.clone())
            .chain(more)
            .find(|name| !taken.contains(name));
        taken.push(free.unwrap_or(name));
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_the_form() {
        for (path, form) in [
            ("a.csv", Ok(Form::Csv)),
            ("~/x y/A.B.JSON", Ok(Form::Json)),
            ("C:\\x\\a.Md", Ok(Form::Text)),
            ("/a.csv/b", Err(())),
            (".csv", Err(())),
            ("a.", Err(())),
            ("", Err(())),
            ("a.xlsx", Err(())),
        ] {
            assert_eq!(Form::of(path).map_err(|_| ()), form, "{path}");
        }
        let text = Content::Text("a\nb\n".to_owned());
        assert!(text.fits(Form::Csv).is_err() && text.fits(Form::Text).is_ok());
        assert_eq!(text.amount(), "2 lines");
    }

    #[test]
    fn names_are_there_once_and_fit_a_file() {
        let names = ["won", "in", "won", "won_2", "won"].map(str::to_owned);
        assert_eq!(unique(names), ["won", "in", "won_2", "won_2_2", "won_3"]);
        assert_eq!(slug("all\tnodes"), "all-nodes");
        assert_eq!(slug("../What if?"), "what-if");
    }
}
