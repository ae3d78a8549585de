//! What a figure on the screen is, in words: who says so, how old it is, how it is made, what follows.

/// One line of what a figure is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub what: String,
    /// As it is shown.
    pub value: String,
    /// Who says so.
    pub from: String,
    /// How old it is, in seconds; `None`: that is not known, or it does not age.
    pub age_s: Option<u64>,
}

impl Fact {
    /// Without an age.
    pub fn new(what: &str, value: impl Into<String>, from: &str) -> Self {
        Self {
            what: what.to_owned(),
            value: value.into(),
            from: from.to_owned(),
            age_s: None,
        }
    }

    /// As old as what was said at a time (ms since the epoch).
    pub fn since(self, then_ms: Option<i64>, now_ms: i64) -> Self {
        let age = then_ms.map(|then| (now_ms - then).max(0).unsigned_abs() / 1000);
        Self { age_s: age, ..self }
    }
}

/// What a figure is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explained {
    /// The figure with its value: `cellar: FULL IN 6 d`.
    pub title: String,
    /// How it is made: `0.24 TB left ÷ 41 GB a day = 5.9 d`. Empty: it is what somebody says.
    pub sum: String,
    /// What it is made of.
    pub facts: Vec<Fact>,
    /// What it means, which limit applies, what to do: a paragraph each.
    pub words: Vec<String>,
}
