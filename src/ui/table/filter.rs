//! Which rows a filter text lets through. Called by the state of a table.

use super::{Row, Table};

/// A filter as typed: words that all must be found, `!word` must not, `column:word` only there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) text: String,
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    refuse: bool,
    /// The word in small letters.
    word: String,
}

/// A term with its column found in a table.
struct Sought<'a> {
    refuse: bool,
    column: Option<usize>,
    word: &'a str,
}

impl Filter {
    /// Reads a filter. Words in double quotes may hold spaces; an open quote ends with the text.
    pub(super) fn new(text: &str) -> Self {
        let terms = words(text).into_iter().filter_map(|word| {
            let (refuse, word) = match word.strip_prefix('!') {
                Some(rest) => (true, rest),
                None => (false, word.as_str()),
            };
            let word = word.to_lowercase();
            (!word.is_empty()).then_some(Term { refuse, word })
        });
        Self {
            text: text.to_owned(),
            terms: terms.collect(),
        }
    }

    /// The places of the rows that pass, in the table's order.
    pub(super) fn passing(&self, table: &Table) -> Vec<usize> {
        if self.terms.is_empty() {
            return (0..table.rows.len()).collect();
        }
        let sought: Vec<Sought> = self.terms.iter().filter_map(|term| term.sought(table)).collect();
        let mut small = String::new();
        let rows = table.rows.iter().enumerate();
        rows.filter(|(_, row)| sought.iter().all(|term| term.found(row, &mut small) != term.refuse))
            .map(|(at, _)| at)
            .collect()
    }
}

impl Term {
    /// None for `column:` without a word: still being typed, lets all through.
    fn sought(&self, table: &Table) -> Option<Sought<'_>> {
        let refuse = self.refuse;
        // A colon that follows no column's name is text: 21:48.
        let named = self.word.split_once(':').and_then(|(name, word)| {
            let is = |text: &str| text.to_lowercase() == name;
            let column = table.columns.iter().position(|c| is(&c.id) || is(&c.title));
            column.map(|column| (column, word))
        });
        match named {
            Some((_, "")) => None,
            Some((column, word)) => Some(Sought {
                refuse,
                column: Some(column),
                word,
            }),
            None => Some(Sought {
                refuse,
                column: None,
                word: &self.word,
            }),
        }
    }
}

impl Sought<'_> {
    fn found(&self, row: &Row, small: &mut String) -> bool {
        let mut holds = |text: &str| {
            small.clear();
            small.extend(text.chars().flat_map(char::to_lowercase));
            small.contains(self.word)
        };
        match self.column {
            Some(column) => holds(row.text_at(column)),
            None => row.cells.iter().any(|cell| holds(&cell.text)),
        }
    }
}

/// Splits at spaces outside double quotes; the quotes go.
fn words(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => found.push(String::new()),
            c => {
                if let Some(word) = found.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    found.retain(|word| !word.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, Column, sample};
    use super::*;

    #[test]
    fn the_grammar() {
        let table = sample::overview();
        for (text, expected) in [
            ("", "barn dock cellar attic eave forge"),
            ("  ", "barn dock cellar attic eave forge"),
            ("CELLAR", "cellar"),
            ("!attic", "barn dock cellar eave forge"),
            ("!", "barn dock cellar attic eave forge"),
            ("version:1.155", "cellar"),
            ("VERSION:", "barn dock cellar attic eave forge"),
            ("!version:1.162", "cellar"),
            ("state:ok !eave", "attic"),
            ("\"audits fail\"", "barn"),
            ("\"fail audits\"", ""),
            ("fail audits", "barn"),
            ("full:full", "eave"),
            ("nothing:here", ""),
            ("\"6 d", "cellar"),
        ] {
            let passing = Filter::new(text).passing(&table);
            let names: Vec<&str> = passing.iter().map(|at| table.rows[*at].text_at(0)).collect();
            assert_eq!(names.join(" "), expected, "{text:?}");
        }
    }

    #[test]
    fn a_time_is_no_column_and_letters_have_no_case() {
        let rows = ["21:48 ÄGYPTEN", "21:49 Straße"].map(|text| Row::new(text, vec![Cell::text(text)]));
        let table = Table::new(vec![Column::text("what", "WHAT")], rows.into());
        assert_eq!(Filter::new("21:48").passing(&table), [0]);
        assert_eq!(Filter::new("ägypten").passing(&table), [0]);
        assert_eq!(Filter::new("STRAßE").passing(&table), [1]);
    }
}
