//! One key of a TOML text set or taken out: all other bytes stay as they are. Called by `change`, which looks whether
//! the new text says what it should.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::template::quoted;

/// Where a key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Below `[section]`.
    Setting(&'static str, &'static str),
    /// Below the `[[node]]` of this name.
    Node(String, &'static str),
}

impl Place {
    fn key(&self) -> &'static str {
        match self {
            Self::Setting(_, key) | Self::Node(_, key) => key,
        }
    }
}

/// The text with a value, as TOML writes it, or without the key; `None`: it is written in a way that is not understood.
pub(super) fn put(text: &str, place: &Place, value: Option<&str>) -> Option<String> {
    let root = DeTable::parse(text).ok()?;
    let found = table(root.get_ref(), place);
    let Some(found) = found else {
        let Some(value) = value else {
            return Some(text.to_owned());
        };
        let head = match place {
            Place::Setting(section, _) => format!("[{section}]"),
            Place::Node(name, _) => format!("[[node]]{}name = {}", newline(text), quoted(name)),
        };
        return Some(append(text, &head, place.key(), value));
    };
    let site = Site {
        text,
        heads: heads(root.get_ref(), text),
        span: found.span(),
        table: match found.get_ref() {
            DeValue::Table(table) => table,
            _ => return None,
        },
    };
    let known = site.table.iter().find(|(key, _)| key.get_ref() == place.key());
    match (known, value) {
        (Some((_, old)), Some(value)) => Some(with(text, old.span(), value)),
        (Some((key, old)), None) => site.remove(&key.span(), &old.span()),
        (None, Some(value)) => site.insert(place.key(), value),
        (None, None) => Some(text.to_owned()),
    }
}

/// The table a key belongs to.
fn table<'a, 'i>(root: &'a DeTable<'i>, place: &Place) -> Option<&'a Spanned<DeValue<'i>>> {
    let of = |name: &str| root.iter().find(|(key, _)| key.get_ref() == name);
    match place {
        Place::Setting(section, _) => of(section).map(|(_, value)| value),
        Place::Node(name, _) => match of("node")?.1.get_ref() {
            DeValue::Array(nodes) => nodes.iter().find(|node| is_named(node.get_ref(), name)),
            _ => None,
        },
    }
}

fn is_named(node: &DeValue<'_>, name: &str) -> bool {
    let DeValue::Table(fields) = node else { return false };
    let mut fields = fields.iter();
    fields
        .any(|(key, value)| key.get_ref() == "name" && matches!(value.get_ref(), DeValue::String(text) if text == name))
}

/// Where headers begin, `[section]` and `[[node]]`, in the order of the text.
fn heads(root: &DeTable<'_>, text: &str) -> Vec<usize> {
    fn gather(table: &DeTable<'_>, text: &str, heads: &mut Vec<usize>) {
        for (_, value) in table {
            let elements: Vec<&Spanned<DeValue<'_>>> = match value.get_ref() {
                DeValue::Table(_) => vec![value],
                DeValue::Array(elements) => elements.iter().collect(),
                _ => Vec::new(),
            };
            for element in elements {
                let DeValue::Table(inner) = element.get_ref() else {
                    continue;
                };
                if text[element.span()].starts_with('[') {
                    heads.push(element.span().start);
                }
                gather(inner, text, heads);
            }
        }
    }
    let mut found = Vec::new();
    gather(root, text, &mut found);
    found.sort_unstable();
    found
}

fn with(text: &str, span: Range<usize>, new: &str) -> String {
    let mut changed = text.to_owned();
    changed.replace_range(span, new);
    changed
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// The begin of the line after the one a place is in.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |more| at + more + 1)
}

fn line_begin(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |before| before + 1)
}

fn append(text: &str, head: &str, key: &str, value: &str) -> String {
    let end = newline(text);
    let gap = match text.trim_end_matches([' ', '\t']) {
        "" => String::new(),
        text if text.ends_with('\n') => end.to_owned(),
        _ => format!("{end}{end}"),
    };
    format!("{text}{gap}{head}{end}{key} = {value}{end}")
}

/// A table in its text.
struct Site<'a, 'i> {
    text: &'a str,
    heads: Vec<usize>,
    /// Of its header, its braces, or the first part of a dotted key.
    span: Range<usize>,
    table: &'a DeTable<'i>,
}

impl Site<'_, '_> {
    fn is_inline(&self) -> bool {
        self.text[self.span.clone()].starts_with('{')
    }

    fn has_head(&self) -> bool {
        self.text[self.span.clone()].starts_with('[')
    }

    /// Where its own keys end: the next header begins there.
    fn end(&self) -> usize {
        let next = self.heads.iter().find(|head| **head > self.span.start);
        next.map_or(self.text.len(), |head| line_begin(self.text, *head))
    }

    /// Its last key and the value of it, as they stand in the text.
    fn last(&self) -> Option<(Range<usize>, Range<usize>)> {
        let own = self
            .table
            .iter()
            .map(|(key, value)| (key.span(), value.span()))
            .filter(|(key, value)| key.end < value.start);
        own.max_by_key(|(key, _)| key.start)
    }

    fn remove(&self, key: &Range<usize>, value: &Range<usize>) -> Option<String> {
        let text = self.text;
        if self.is_inline() {
            return Some(with(text, self.between_commas(key, value)?, ""));
        }
        let (begin, end) = (line_begin(text, key.start), line_end(text, value.end));
        let before = text[begin..key.start].trim();
        let after = text[value.end..end].trim();
        let alone = before
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '"' | '\'' | ' '));
        (alone && (after.is_empty() || after.starts_with('#'))).then(|| with(text, begin..end, ""))
    }

    /// A key of braces with one of the commas beside it.
    fn between_commas(&self, key: &Range<usize>, value: &Range<usize>) -> Option<Range<usize>> {
        let after = &self.text[value.end..self.span.end];
        let rest = after.trim_start();
        if let Some(rest) = rest.strip_prefix(',') {
            return Some(key.start..self.span.end - rest.trim_start().len());
        }
        let before = self.text[self.span.start..key.start].trim_end();
        match before.strip_suffix(',') {
            Some(before) => Some(self.span.start + before.len()..value.end),
            None => Some(key.start..self.span.end - rest.len()),
        }
    }

    fn insert(&self, key: &str, value: &str) -> Option<String> {
        let text = self.text;
        if self.is_inline() {
            return Some(match self.last() {
                Some((_, last)) => with(text, last.end..last.end, &format!(", {key} = {value}")),
                None => with(text, self.span.clone(), &format!("{{ {key} = {value} }}")),
            });
        }
        let last = self.last();
        let lead = |(key, _): &(Range<usize>, Range<usize>)| &text[line_begin(text, key.start)..key.start];
        if !self.has_head() {
            // As the others: `money.`
            let (at, lead) = (line_end(text, last.clone()?.1.end), lead(last.as_ref()?));
            return Some(self.line(at, &format!("{lead}{key} = {value}")));
        }
        let begin = line_end(text, self.span.end);
        let at = self
            .example(key, begin)
            .or(last.clone().map(|(_, value)| line_end(text, value.end)));
        let indent = last.as_ref().map_or("", lead);
        let indent = if indent.trim().is_empty() { indent } else { "" };
        Some(self.line(at.unwrap_or(begin), &format!("{indent}{key} = {value}")))
    }

    /// After the line that shows the key as a comment: `#factor = 1`.
    fn example(&self, key: &str, begin: usize) -> Option<usize> {
        let mut at = begin;
        for line in self.text[begin..self.end()].split_inclusive('\n') {
            at += line.len();
            let Some(comment) = line.trim_start().strip_prefix('#') else {
                continue;
            };
            let comment = comment.trim_start();
            if comment.starts_with('[') {
                // What follows is an example of something else.
                return None;
            }
            let rest = comment.strip_prefix(key).map(str::trim_start);
            if rest.is_some_and(|rest| rest.starts_with('=')) {
                return Some(at);
            }
        }
        None
    }

    fn line(&self, at: usize, line: &str) -> String {
        let end = newline(self.text);
        let open = at > 0 && !self.text[..at].ends_with('\n');
        let gap = if open { end } else { "" };
        with(self.text, at..at, &format!("{gap}{line}{end}"))
    }
}
