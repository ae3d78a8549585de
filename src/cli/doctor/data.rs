//! Can a node's own databases be read, how old are they, and what has to be done?

use std::path::Path;

use super::{Checks, State};
use crate::domain::books::{Book, Books, Hindrance, Opened};
use crate::node::databases::watch::{self, Target};
use crate::support::clock::DAY_MS;

/// Checks the databases in a node's folder.
pub fn check(checks: &mut Checks, node: &str, dir: &Path, now_ms: i64) {
    let name = format!("{node}: databases");
    let target = Target {
        node: node.to_owned(),
        dir: dir.to_owned(),
    };
    for (_, books) in watch::once(vec![target]) {
        troubles(checks, &name, dir, &books);
        let read: Vec<&Opened> = books.opened.iter().filter(|opened| opened.error.is_none()).collect();
        if !read.is_empty() {
            checks.add(&name, State::Ok, ages(&read, now_ms), "");
        }
        if let Some(age) = newest_ms(&books, &read)
            .map(|ms| now_ms - ms)
            .filter(|age| *age > OLD_MS)
        {
            let detail = format!("the newest row in them is {} old", span(age / 1000));
            let advice = "does the node run, and is this the folder it writes to (storage.path), or a copy of it?";
            checks.add(&name, State::Warn, detail, advice);
        }
    }
}

/// A node that runs writes of its traffic every hour and of its satellites every few.
const OLD_MS: i64 = DAY_MS;

/// When the node wrote the newest row, by what rows say of themselves: a copy's file is as new as the copying. ms since
/// the epoch; where no row does, by its files.
fn newest_ms(books: &Books, read: &[&Opened]) -> Option<i64> {
    let rated = books.rated.iter().flatten().filter_map(|rated| rated.updated_ms);
    // A day's row grows until the day ends.
    let stored = books.stored.iter().flatten().map(|(_, day)| day.start_ms + DAY_MS);
    let moved = books.moved.iter().flatten().map(|(_, day)| day.start_ms + DAY_MS);
    let rows = rated.chain(stored).chain(moved).max();
    rows.or_else(|| read.iter().filter_map(|opened| opened.changed_ms).max())
}

/// Each trouble once, though many files have it.
fn troubles(checks: &mut Checks, name: &str, dir: &Path, books: &Books) {
    let of = |opened: &Opened| opened.error.clone().map(|error| (opened.book, error));
    let troubles: Vec<(Book, (Hindrance, String))> = books.opened.iter().filter_map(of).collect();
    let missing: Vec<&str> = troubles
        .iter()
        .filter(|(_, (why, _))| *why == Hindrance::Missing)
        .map(|(book, _)| book.file())
        .collect();
    let none = missing.len() == Book::ALL.len();
    if !missing.is_empty() && !none {
        let detail = format!("not there (releases differ): {}", missing.join(", "));
        checks.add(name, State::Skipped, detail, "");
    }
    let mut said: Vec<(Hindrance, String)> = Vec::new();
    for (book, (why, text)) in troubles {
        let is_known = match why {
            Hindrance::Missing => !none || !said.is_empty(),
            Hindrance::Denied => said.iter().any(|(other, _)| *other == why),
            _ => said.iter().any(|(_, other)| *other == text),
        };
        if is_known {
            continue;
        }
        let (state, advice) = match why {
            Hindrance::Denied => (State::Fail, rights(dir, &dir.join(book.file()))),
            Hindrance::Damaged | Hindrance::Failing => (State::Fail, String::new()),
            Hindrance::Missing | Hindrance::Locked | Hindrance::Unknown | Hindrance::Behind => {
                (State::Warn, String::new())
            }
        };
        checks.add(name, state, text.clone(), &advice);
        said.push((why, text));
    }
}

/// Who may read what this user may not, and how to become so.
fn rights(dir: &Path, file: &Path) -> String {
    let without = "no right to read the databases: reputation history starts today";
    match group(file).or_else(|| group(dir)).as_deref() {
        // Who joins that group may do too much.
        None | Some("root" | "wheel" | "0") => format!(
            "{without}; let this user read them: sudo setfacl -R -m u:$USER:rX -m d:u:$USER:rX {}",
            dir.display()
        ),
        Some(group) => format!(
            "{without}; add the group: sudo usermod -aG {group} $USER, and sign in again (the folder and its files must \
             be readable for it: chmod g+rX)"
        ),
    }
}

/// The name of the group a file belongs to; its number where it has none.
#[cfg(unix)]
fn group(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let number = std::fs::metadata(path).ok()?.gid().to_string();
    let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
    let name = groups.lines().find_map(|line| {
        let mut parts = line.split(':');
        let (name, id) = (parts.next()?, parts.nth(1)?);
        (id == number).then(|| name.to_owned())
    });
    Some(name.unwrap_or(number))
}

#[cfg(not(unix))]
fn group(_: &Path) -> Option<String> {
    None
}

/// How many were read, and when the node wrote the ones that matter most.
fn ages(read: &[&Opened], now_ms: i64) -> String {
    let age = |opened: &&Opened| opened.changed_ms.map(|ms| (now_ms - ms).max(0) / 1000);
    let mut text = format!("{} can be read", read.len());
    let newest = read.iter().filter_map(age).min();
    if let Some(seconds) = newest {
        text += &format!("; the node wrote the last one {} ago", span(seconds));
    }
    let shown = [Book::Reputation, Book::Bandwidth, Book::Storage, Book::Space];
    let of = |book: Book| {
        let opened = read.iter().find(|opened| opened.book == book)?;
        Some(format!("{} {}", book.file(), span(age(opened)?)))
    };
    let parts: Vec<String> = shown.into_iter().filter_map(of).collect();
    if !parts.is_empty() {
        text += &format!(" ({})", parts.join(", "));
    }
    text
}

/// In its largest unit.
fn span(seconds: i64) -> String {
    crate::ui::number::age(seconds.unsigned_abs())
}
