//! The configuration file: TOML, read whole, every mistake reported with its line; called by `load`.

use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::load::{Draft, Entry, Keys};
use super::node::{Field, Folders, Node};
use super::problem::{Origin, Problem, closest};
use super::setting::{Given, SETTINGS, sections};

/// No configuration is larger, bytes.
const LARGEST: u64 = 1 << 20;

/// The file's text without its byte order mark; `None` when it is absent and may be.
pub(super) fn text(path: &Path, must: bool) -> Result<Option<String>, Problem> {
    let bytes = bytes(path, must)?;
    bytes
        .map(|bytes| decoded(path, bytes).map(|(_, text)| text))
        .transpose()
}

/// The file as it is; `None` when it is absent and may be.
pub(super) fn bytes(path: &Path, must: bool) -> Result<Option<Vec<u8>>, Problem> {
    let place = || Origin::File(path.to_owned(), None);
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !must => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let hint = "name a file that is there, or make it with `config init`";
            Err(Problem::new(place(), "there is no such file", hint))
        }
        Err(_) if path.is_dir() => Err(Problem::new(place(), "this is a folder", "name the file in it")),
        Err(error) => Err(Problem::new(place(), format!("cannot be read: {error}"), "")),
        Ok(_) if bytes.len() as u64 > LARGEST => {
            let what = format!("it is larger than {LARGEST} bytes");
            Err(Problem::new(place(), what, "this can be no configuration"))
        }
        Ok(_) => Ok(Some(bytes)),
    }
}

/// Its text, and the byte order mark it may begin with.
pub(super) fn decoded(path: &Path, bytes: Vec<u8>) -> Result<(&'static str, String), Problem> {
    const MARK: &str = "\u{feff}";
    match String::from_utf8(bytes) {
        Ok(text) => Ok(match text.strip_prefix(MARK) {
            Some(text) => (MARK, text.to_owned()),
            None => ("", text),
        }),
        Err(error) => {
            let before = error.as_bytes().get(..error.utf8_error().valid_up_to());
            let line = before.unwrap_or_default().iter().filter(|b| **b == b'\n').count() + 1;
            let place = Origin::File(path.to_owned(), Some(line));
            Err(Problem::new(place, "this is not UTF-8", "save the file as UTF-8"))
        }
    }
}

/// Takes over what a file says. `home` is the folder `~` means.
pub(super) fn apply(text: &str, path: &Path, home: Option<&Path>, draft: &mut Draft) {
    let begin = draft.problems.len();
    let (root, errors) = DeTable::parse_recoverable(text);
    let folder = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folders = Folders {
        base: folder.parent(),
        home,
    };
    let mut reader = Reader {
        text,
        path,
        folders,
        draft,
        broken: !errors.is_empty(),
    };
    let mut broken = Vec::new();
    for error in &errors {
        let line = error.span().map_or(1, |span| reader.line(&span));
        if !broken.contains(&line) {
            broken.push(line);
            let what = reader.syntax(error);
            reader.problem(line, what, "");
        }
    }
    // Below a header that cannot be read, keys would be looked up in the wrong table.
    let header = |line: &usize| {
        let line = text.lines().nth(line - 1).unwrap_or_default();
        line.trim_start().starts_with('[')
    };
    if !broken.iter().any(header) {
        let syntax = reader.draft.problems.len();
        reader.root(root.get_ref());
        let mut place = 0;
        draft.problems.retain(|problem| {
            place += 1;
            place <= syntax || !matches!(problem.at, Origin::File(_, Some(line)) if broken.contains(&line))
        });
    }
    if let Some(problems) = draft.problems.get_mut(begin..) {
        problems.sort_by(|a, b| a.at.cmp(&b.at));
    }
}

struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
    folders: Folders<'a>,
    draft: &'a mut Draft,
    /// Some of it is no TOML, so what seems absent may only be unread.
    broken: bool,
}

impl Reader<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.as_bytes().get(..span.start).unwrap_or_default();
        before.iter().filter(|b| **b == b'\n').count() + 1
    }

    fn at(&self, span: &Range<usize>) -> Origin {
        Origin::File(self.path.to_owned(), Some(self.line(span)))
    }

    fn problem(&mut self, line: usize, what: impl Into<String>, hint: impl Into<String>) {
        let at = Origin::File(self.path.to_owned(), Some(line));
        self.draft.problem(at, what, hint);
    }

    /// What is no TOML. Of the text only a key is repeated: a value may be a password.
    fn syntax(&self, error: &toml::de::Error) -> String {
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        let key = error.span().filter(|_| message == "duplicate key");
        match key.and_then(|span| self.text.get(span)) {
            Some(key) => format!("this is no TOML: duplicate key `{key}`"),
            None => format!("this is no TOML: {message}"),
        }
    }

    fn root(&mut self, root: &DeTable<'_>) {
        for (key, value) in root {
            let line = self.line(&key.span());
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("keys", DeValue::Table(keys)) => self.keys(keys),
                ("node", DeValue::Array(nodes)) => nodes.iter().for_each(|node| self.node(node)),
                ("node", DeValue::Table(_)) => {
                    self.problem(line, "a node's table is begun with two brackets", "write [[node]]");
                }
                ("node", _) => self.problem(line, "`node` is no value", "write [[node]], and below it name = …"),
                (section, DeValue::Table(table)) if sections().contains(&section) => self.section(section, table),
                (section, DeValue::Array(_)) if sections().contains(&section) => {
                    self.problem(
                        line,
                        format!("[[{section}]] is there once only"),
                        format!("write [{section}]"),
                    );
                }
                (section, _) if sections().contains(&section) => {
                    let hint = format!("write [{section}], and its keys below it");
                    self.problem(line, format!("`{section}` is no value"), hint);
                }
                (name, DeValue::Table(_) | DeValue::Array(_)) => {
                    self.problem(line, format!("unknown section [{name}]"), section_hint(name));
                }
                (name, _) => self.problem(line, format!("unknown key `{name}`"), key_hint("", name, &[])),
            }
        }
    }

    fn section(&mut self, section: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let place = SETTINGS.iter().position(|s| s.section == section && s.key == name);
            match place {
                Some(place) => {
                    let origin = self.at(&key.span());
                    self.draft.setting(place, given(value.get_ref()), origin);
                }
                None => {
                    let keys = SETTINGS.iter().filter(|s| s.section == section).map(|s| s.key);
                    let hint = key_hint(section, name, &keys.collect::<Vec<_>>());
                    let line = self.line(&key.span());
                    self.problem(line, format!("unknown key `{name}` in [{section}]"), hint);
                }
            }
        }
    }

    fn keys(&mut self, table: &DeTable<'_>) {
        for (action, value) in table {
            let origin = self.at(&action.span());
            let name = action.get_ref().as_ref();
            let text = |value: &DeValue<'_>| match value {
                DeValue::String(text) => Ok(text.as_ref().to_owned()),
                other => Err(what(other)),
            };
            let keys: Result<Vec<String>, &'static str> = match value.get_ref() {
                DeValue::Array(keys) => keys.iter().map(|key| text(key.get_ref())).collect(),
                one => text(one).map(|key| vec![key]),
            };
            match keys {
                Ok(keys) => self.draft.keys.push(Keys {
                    action: name.to_owned(),
                    keys,
                    origin,
                }),
                Err(is) => {
                    let hint = format!("write {name} = \"x\", or {name} = [\"x\", \"ctrl-x\"]");
                    self.draft.problem(origin, format!("a key of {name} is {is}"), hint);
                }
            }
        }
    }

    fn node(&mut self, table: &Spanned<DeValue<'_>>) {
        let origin = self.at(&table.span());
        let DeValue::Table(fields) = table.get_ref() else {
            return self.draft.problem(origin, "a node is a table", "write [[node]]");
        };
        let mut node = Node::named("");
        let mut said = Vec::new();
        for (key, value) in fields {
            let (name, at) = (key.get_ref().as_ref(), self.at(&key.span()));
            let Some(field) = Field::of(name) else {
                let hint = key_hint("node", name, &Field::ALL.map(Field::key));
                self.draft
                    .problem(at, format!("unknown key `{name}` in [[node]]"), hint);
                continue;
            };
            let put = put(&mut node, field, value.get_ref()).and_then(|()| node.settle(field, &self.folders));
            match put {
                Ok(()) => said.push((field, at)),
                Err(what) => self.draft.problem(at, format!("{name}: {what}"), ""),
            }
        }
        if !node.name.is_empty() {
            self.draft.node(Entry {
                node,
                origin,
                fields: said,
            });
        } else if !self.broken && !fields.iter().any(|(key, _)| key.get_ref() == "name") {
            self.draft
                .problem(origin, "this node has no name", "add name = \"home\"");
        }
    }
}

fn put(node: &mut Node, field: Field, value: &DeValue<'_>) -> Result<(), String> {
    match (field, value) {
        (Field::Tags, DeValue::Array(tags)) => tags.iter().try_for_each(|tag| match tag.get_ref() {
            DeValue::String(tag) => node.tag(tag),
            other => Err(format!("a tag is {}; write [\"home\"]", what(other))),
        }),
        (Field::Tags, other) => Err(format!("this is {}; write [\"home\"]", what(other))),
        (_, DeValue::String(text)) => node.put(field, text),
        (field, DeValue::Float(number)) if field.is_cost() => node.put(field, number.as_str()),
        (field, DeValue::Integer(number)) if field.is_cost() && number.radix() == 10 => {
            node.put(field, number.as_str())
        }
        (_, other) => Err(format!("this is {}; write {}", what(other), field.example())),
    }
}

fn given<'a>(value: &'a DeValue<'_>) -> Given<'a> {
    match value {
        DeValue::String(text) => Given::Text(text),
        DeValue::Integer(n) => match i64::from_str_radix(n.as_str(), n.radix()) {
            Ok(n) => Given::Whole(n),
            Err(_) => Given::Other("a number beyond all bounds"),
        },
        DeValue::Boolean(flag) => Given::Flag(*flag),
        DeValue::Float(number) => Given::Decimal(number.as_str()),
        other => Given::Other(what(other)),
    }
}

pub(super) fn what(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date without quotes",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn bracketed(section: &str) -> String {
    if section == "node" {
        "[[node]]".to_owned()
    } else {
        format!("[{section}]")
    }
}

fn section_hint(name: &str) -> String {
    let known: Vec<_> = sections().into_iter().chain(["node", "keys"]).collect();
    match closest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean {}?", bracketed(meant)),
        None => {
            let all: Vec<String> = known.into_iter().map(bracketed).collect();
            format!("there are: {}", all.join(", "))
        }
    }
}

/// What was meant by a key that `section` does not have: its own, else another section's.
fn key_hint(section: &str, name: &str, own: &[&str]) -> String {
    if let Some(meant) = closest(name, own.iter().copied()) {
        return format!("did you mean `{meant}`?");
    }
    let others = SETTINGS.iter().map(|setting| (setting.section, setting.key));
    let others = others.chain(Field::ALL.map(|field| ("node", field.key())));
    let mut home = others.filter(|(other, key)| *other != section && *key == name);
    if let Some((home, _)) = home.next() {
        return format!("it belongs below {}", bracketed(home));
    }
    if own.is_empty() {
        return section_hint(name);
    }
    format!("there are: {}", own.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line and text of every problem.
    fn problems(text: &str) -> Vec<(usize, String)> {
        let mut draft = Draft::new();
        apply(text, Path::new("/etc/config.toml"), None, &mut draft);
        let told = draft.problems.iter().map(|problem| match problem.at {
            Origin::File(_, Some(line)) => (line, format!("{}; {}", problem.what, problem.hint)),
            _ => panic!("{problem}"),
        });
        told.collect()
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let text = "every_s = 3\r\n[poll]\r\ntimout_s = 1\r\nevery_s = 2\r\n[storage]\r\nbudget = 1.5\r\n\
                    \"a\\nb\" = 1\r\n[[node]]\r\nlog = \"x.log\"\r\n[[node]]\r\nname = \"n\"\r\n\
                    api = \"ftp://u:pw@h\"\r\nlog = \"docker:x\"\r\ndata = \"~/x\"\r\ntags = [1]\r\n\
                    budget = 3\r\n[[node]]\r\nname = \"n\"\r\n[nodes]\r\n[[collect]]\r\n";
        let told = problems(text);
        let expected = [
            (1, "it belongs below [poll]"),
            (3, "did you mean `timeout_s`?"),
            (4, "poll.every_s is 2; it must be a whole number of seconds, 5 to 3600"),
            (6, "a decimal number"),
            (7, "there are: budget, minutes_days, hours_days"),
            (8, "no name"),
            (12, "***@h"),
            (13, "not built yet"),
            (14, "no home folder"),
            (15, "a tag is a number"),
            (16, "it belongs below [storage]"),
            (17, "twice (first in line 10)"),
            (19, "did you mean [[node]]?"),
            (20, "write [collect]"),
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for ((line, text), (expected_line, expected)) in told.iter().zip(expected) {
            assert!(*line == expected_line && text.contains(expected), "{line}: {text}");
            assert!(!text.contains("pw"), "{text}");
        }
        assert_eq!(problems("[node]\nname = \"x\"\n")[0].0, 1);
        assert_eq!(problems("poll = 3\nnode = 3\n").len(), 2);
    }

    #[test]
    fn what_is_no_toml_hides_nothing_else_and_invents_nothing() {
        let text = "[poll]\nevery_s = \ntimeout_s = 999\n[[node]]\nname = home\n[[node]]\nname=\"b\n\
                    [storage]\nbudget = \"2 GB\"\nbudget = \"3 GB\"\n";
        let told = problems(text);
        let lines: Vec<_> = told.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 3, 5, 7, 10], "{told:?}");
        assert!(told[4].1.contains("duplicate key `budget`"), "{told:?}");
        let told = problems("[poll\nevery_s = 2\n");
        assert_eq!(told.len(), 1, "keys below a broken header are nobody's: {told:?}");
        assert!(problems("api = u:pw@h\n").iter().all(|(_, text)| !text.contains("pw")));
    }

    #[test]
    fn files_that_cannot_be_read_say_why() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        assert!(text(&path, true).is_err());
        assert_eq!(text(&path, false), Ok(None));
        assert!(text(dir.path(), false).unwrap_err().what.contains("folder"));
        std::fs::write(&path, "\u{feff}a = 1\r\n").unwrap();
        assert_eq!(text(&path, true), Ok(Some("a = 1\r\n".to_owned())));
        std::fs::write(&path, b"a = 1\nb = \"\xff\"\n").unwrap();
        assert_eq!(text(&path, true).unwrap_err().at, Origin::File(path.clone(), Some(2)));
        std::fs::write(&path, vec![b'#'; 1 << 21]).unwrap();
        assert!(text(&path, true).unwrap_err().what.contains("larger"));
    }
}
