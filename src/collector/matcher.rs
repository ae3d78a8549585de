//! Whether somebody wants a log line: a filter made ready once, asked of every line, cheap tests first.

use std::borrow::Cow;

use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};

use crate::api::line::Filter;
use crate::log::kind::Level;
use crate::log::record::Line;

/// Longest text or expression that is looked for (characters).
const LONGEST: usize = 1000;
/// What a ready expression may weigh (bytes).
const HEAVIEST: usize = 1 << 20;
/// So much of a line is looked through; stacks of megabytes are no place for a word.
const DEEPEST: usize = 64 << 10;

/// A filter made ready.
#[derive(Debug)]
pub struct Matcher {
    nodes: Vec<String>,
    level: Option<Level>,
    logger: Option<String>,
    action: Option<String>,
    /// Ids of satellites and pieces are so long that they are nothing else wherever they stand.
    ids: Vec<Finder<'static>>,
    text: Option<Text>,
    regex: Option<Regex>,
}

#[derive(Debug)]
enum Text {
    Exact(Box<Finder<'static>>),
    AnyCase(Regex),
}

impl Matcher {
    /// Makes a filter ready.
    ///
    /// # Errors
    /// One line: what of it cannot be looked for, and why.
    pub fn new(filter: &Filter) -> Result<Self, String> {
        let level = filter.level.as_deref().map(level).transpose()?;
        let ids = [("satellite", &filter.satellite), ("piece", &filter.piece)];
        let ids = ids.iter().filter_map(|(name, id)| Some((*name, id.as_ref()?)));
        let ids = ids.map(|(name, id)| finder(name, id)).collect::<Result<_, _>>()?;
        Ok(Self {
            nodes: filter.nodes.clone(),
            level,
            logger: filter.logger.clone(),
            action: filter.action.clone(),
            ids,
            text: filter.text.as_deref().map(text).transpose()?,
            regex: filter.regex.as_deref().map(regex).transpose()?,
        })
    }

    /// Whether lines of this node can fit.
    pub fn wants(&self, node: &str) -> bool {
        self.nodes.is_empty() || self.nodes.iter().any(|name| name == node)
    }

    /// Whether a line of a node it wants fits; `raw` is the line as it stands in the log.
    pub fn fits(&self, line: &Line<'_>, raw: &[u8]) -> bool {
        let (level, logger, action) = match line {
            Line::Record(record) => (Some(record.head.level), &*record.head.logger, record.fields.action),
            Line::Trace if raw.starts_with(b"panic: ") || raw.starts_with(b"fatal error: ") => {
                (Some(Level::Fatal), "", &b""[..])
            }
            _ => (None, "", &b""[..]),
        };
        let raw = &raw[..raw.len().min(DEEPEST)];
        // What is no record has no level: it is shown when no level was asked for.
        self.level.is_none_or(|least| level.is_some_and(|level| level >= least))
            && self
                .logger
                .as_ref()
                .is_none_or(|begin| logger.starts_with(begin.as_str()))
            && self.action.as_ref().is_none_or(|wanted| wanted.as_bytes() == action)
            && self.ids.iter().all(|id| id.find(raw).is_some())
            && self.text.as_ref().is_none_or(|text| text.fits(raw))
            && self.regex.as_ref().is_none_or(|regex| regex.is_match(raw))
    }
}

impl Matcher {
    /// Whether a block of plain lines may hold one that fits: asked before its lines are read.
    pub fn may_hold(&self, block: &[u8]) -> bool {
        let has = |word: &str| memchr::memmem::find(block, word.as_bytes()).is_some();
        let grave = |least: Level| {
            let words = Level::ALL.iter().filter(|(level, _)| *level >= least);
            words.map(|(_, word)| *word).any(has) || has("panic: ") || has("fatal error: ")
        };
        // Most lines are INFO: a look for it is in vain.
        self.level.is_none_or(|least| least <= Level::Info || grave(least))
            && self.action.as_ref().is_none_or(|action| has(action))
            && self.ids.iter().all(|id| id.find(block).is_some())
            && self.text.as_ref().is_none_or(|text| text.fits(block))
    }
}

impl Text {
    fn fits(&self, raw: &[u8]) -> bool {
        match self {
            Self::Exact(finder) => finder.find(raw).is_some(),
            Self::AnyCase(regex) => regex.is_match(raw),
        }
    }
}

fn level(word: &str) -> Result<Level, String> {
    let known = Level::of(word.to_ascii_uppercase().as_bytes());
    known.ok_or_else(|| format!("`{word}` is no level; there are DEBUG, INFO, WARN, ERROR and FATAL"))
}

fn short(what: &str, text: &str) -> Result<(), String> {
    match text.chars().count() {
        0..=LONGEST => Ok(()),
        len => Err(format!("the {what} has {len} characters; {LONGEST} are the most")),
    }
}

fn finder(what: &str, text: &str) -> Result<Finder<'static>, String> {
    short(what, text)?;
    Ok(Finder::new(text.as_bytes()).into_owned())
}

/// A text without capitals is looked for in any case.
fn text(text: &str) -> Result<Text, String> {
    if text.chars().any(char::is_uppercase) || !text.chars().any(char::is_alphabetic) {
        return finder("text", text).map(Box::new).map(Text::Exact);
    }
    short("text", text)?;
    build(&regex::escape(text), true)
        .map(Text::AnyCase)
        .map_err(|why| format!("the text cannot be looked for: {why}"))
}

/// Escapes such as `\S` and `\D` are no capitals.
fn regex(pattern: &str) -> Result<Regex, String> {
    short("expression", pattern)?;
    let mut escaped = false;
    let capital = pattern.chars().any(|c| {
        let counts = c.is_uppercase() && !escaped;
        escaped = c == '\\' && !escaped;
        counts
    });
    build(pattern, !capital).map_err(|why| format!("the expression cannot be read: {why}"))
}

fn build(pattern: &str, any_case: bool) -> Result<Regex, Cow<'static, str>> {
    let built = RegexBuilder::new(pattern)
        .case_insensitive(any_case)
        .size_limit(HEAVIEST)
        .dfa_size_limit(HEAVIEST)
        .build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "it is too large".into(),
        // The reason is the last of several lines that draw the place.
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned().into()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::record::Parser;

    const FAILED: &str = "2026-08-20T06:00:33Z\tERROR\tpiecestore\tdownload failed\t{\"piece_id\": \"H5MHLOAW\", \"satellite_id\": \"12Eay\", \"action\": \"GET_AUDIT\", \"error\": \"No disk\"}";
    const UPLOADED: &str = "2026-08-20T06:00:34Z\tINFO\tpiecestore\tuploaded\t{\"action\": \"PUT\", \"size\": 1}";
    const HASHSTORE: &str = "2026-08-20T06:00:34Z\tWARN\thashstore\tmismatched log tail\t{\"satellite\": \"12Eay\"}";

    fn fits(filter: &Filter) -> String {
        let matcher = Matcher::new(filter).unwrap();
        let lines = [FAILED, UPLOADED, HASHSTORE, "panic: x", "goroutine 1 [running]:"];
        let fits = |line: &str| matcher.fits(&Parser::default().parse(line.as_bytes()), line.as_bytes());
        lines.map(|line| if fits(line) { 'x' } else { '.' }).iter().collect()
    }

    #[test]
    fn each_part_of_a_filter_has_to_fit() {
        type Part = fn(&mut Filter) -> &mut Option<String>;
        let parts: [(Part, &str, &str); 13] = [
            (|f| &mut f.level, "WARN", "x.xx."),
            (|f| &mut f.level, "error", "x..x."),
            (|f| &mut f.logger, "piece", "xx..."),
            (|f| &mut f.satellite, "12Eay", "x.x.."),
            (|f| &mut f.action, "GET_AUDIT", "x...."),
            (|f| &mut f.piece, "H5MH", "x...."),
            (|f| &mut f.text, "no disk", "x...."),
            (|f| &mut f.text, "NO disk", "....."),
            (|f| &mut f.text, "[running]", "....x"),
            (|f| &mut f.regex, r"(down|up)load(ed)?\s", "xx..."),
            (|f| &mut f.regex, r"\Sno disk", "x...."),
            (|f| &mut f.regex, "Uploaded", "....."),
            (|f| &mut f.text, "", "xxxxx"),
        ];
        for (part, word, wanted) in parts {
            let mut filter = Filter::default();
            *part(&mut filter) = Some(word.to_owned());
            assert_eq!(fits(&filter), wanted, "{filter:?}");
        }
        let both = Filter {
            text: Some("disk".to_owned()),
            action: Some("PUT".to_owned()),
            ..Filter::default()
        };
        assert_eq!(
            (fits(&both), fits(&Filter::default())),
            (".....".to_owned(), "xxxxx".to_owned())
        );
    }

    #[test]
    fn what_cannot_be_looked_for_is_said_in_one_line() {
        let regex = |pattern: &str| Filter {
            regex: Some(pattern.to_owned()),
            ..Filter::default()
        };
        let level = Filter {
            level: Some("LOUD".to_owned()),
            ..Filter::default()
        };
        for (filter, part) in [
            (regex("(a"), "unclosed group"),
            (regex("(?P<x"), "cannot be read"),
            (regex(&"\\w{900}".repeat(20)), "too large"),
            (regex(&"a".repeat(1001)), "1000 are the most"),
            (level, "no level"),
        ] {
            let error = Matcher::new(&filter).unwrap_err();
            assert!(error.contains(part) && error.lines().count() == 1, "{error}");
        }
    }
}
