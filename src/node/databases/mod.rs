//! A node's own SQLite databases, only ever read: which there are, what changed, what they say. Used by `collector` and
//! `cli`.

mod money;
mod open;
mod reputation;
mod row;
mod usage;
pub mod watch;
mod work;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;

use self::open::{Stamp, Trouble};
use crate::domain::books::{Book, Books, Hindrance, Money, Opened};
use crate::support::clock::DAY_MS;

/// Days before today that are read again when a database of days has changed: satellites correct no older ones.
const DAYS: i64 = 45;
/// What fails in the same way is told anew that often only.
const TROUBLE_EVERY: u32 = 10;
/// What was held so many times again is not held for a moment.
const MARKS_AFTER: u32 = 4;

/// The databases of one node, and what of them was read before.
#[derive(Debug)]
pub struct Shelf {
    dir: PathBuf,
    read: HashMap<Book, Stamp>,
    troubles: HashMap<Book, (Trouble, u32)>,
}

impl Shelf {
    /// Of a node whose databases are in `dir`, or in `storage` below it. Nothing is opened yet.
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            read: HashMap::new(),
            troubles: HashMap::new(),
        }
    }

    /// What changed since the last look; a database that did not costs a look at its files.
    pub fn look(&mut self, now_ms: i64) -> Books {
        let mut books = Books {
            read_ms: now_ms,
            ..Books::default()
        };
        if let Some(trouble) = self.nothing() {
            for book in Book::ALL {
                self.fail(&mut books, book, trouble.clone());
            }
            return books;
        }
        for book in Book::ALL {
            let path = place(&self.dir, book);
            match self.look_at(&mut books, book, &path) {
                Ok(None) => {}
                Ok(Some(stamp)) => {
                    self.troubles.remove(&book);
                    books.opened.push(Opened {
                        book,
                        changed_ms: stamp.changed_ms(),
                        error: stamp.missed(&path),
                    });
                }
                Err(trouble) => self.fail(&mut books, book, trouble),
            }
        }
        books
    }

    /// Why there is nothing to read at all.
    fn nothing(&self) -> Option<Trouble> {
        let dir = self.dir.display();
        match std::fs::metadata(&self.dir) {
            Err(error) => return Some(open::of_io(&self.dir, &error)),
            Ok(found) if !found.is_dir() => {
                let text = format!("{dir} is no folder: name the node's storage folder as data");
                return Some((Hindrance::Failing, text));
            }
            Ok(_) => {}
        }
        let missing =
            |book: &Book| Stamp::of(&place(&self.dir, *book)).is_err_and(|(why, _)| why == Hindrance::Missing);
        if !Book::ALL.iter().all(missing) {
            return None;
        }
        let text = format!("no database of a node is in {dir}; is it the node's storage folder, and its disk mounted?");
        Some((Hindrance::Missing, text))
    }

    fn fail(&mut self, books: &mut Books, book: Book, trouble: Trouble) {
        // Who holds it for a moment does not make another file of it: what was read stays read.
        if trouble.0 != Hindrance::Locked {
            self.read.remove(&book);
        }
        let before = self.troubles.get(&book);
        let times = before
            .filter(|(known, _)| *known == trouble)
            .map_or(0, |(_, times)| times + 1);
        self.troubles.insert(book, (trouble.clone(), times));
        if times.is_multiple_of(TROUBLE_EVERY) {
            books.opened.push(Opened {
                book,
                changed_ms: None,
                error: Some(trouble),
            });
        }
    }

    /// The files whose words were read now; `None`: nothing is new.
    fn look_at(&mut self, books: &mut Books, book: Book, path: &Path) -> Result<Option<Stamp>, Trouble> {
        let stamp = Stamp::of(path)?;
        if self.read.get(&book) == Some(&stamp) && !self.troubles.contains_key(&book) {
            return Ok(None);
        }
        let from = match self.read.contains_key(&book) {
            true => day(books.read_ms - DAYS * DAY_MS),
            false => "0001-01-02".to_owned(),
        };
        let trouble = self.troubles.get(&book);
        let may_mark = trouble.is_some_and(|((why, _), times)| *why == Hindrance::Locked && *times >= MARKS_AFTER);
        read(books, book, (path, may_mark), &from)?;
        // Of before it was read: what came meanwhile is seen the next time.
        self.read.insert(book, stamp);
        Ok(Some(stamp))
    }
}

/// A database in the folder itself, or in `storage` below it.
fn place(dir: &Path, book: Book) -> PathBuf {
    let here = dir.join(book.file());
    let below = dir.join("storage").join(book.file());
    let is_missing = |path: &Path| Stamp::of(path).is_err_and(|(why, _)| why == Hindrance::Missing);
    if is_missing(&here) && !is_missing(&below) {
        below
    } else {
        here
    }
}

/// What a node's databases say of money.
pub fn money(dir: &Path, now_ms: i64) -> (Money, Vec<Opened>) {
    let mut books = Books {
        read_ms: now_ms,
        ..Books::default()
    };
    for book in [Book::Pricing, Book::Held] {
        let path = place(dir, book);
        let stamp = Stamp::of(&path);
        let changed_ms = stamp.as_ref().ok().and_then(Stamp::changed_ms);
        let error = stamp.and_then(|_| read(&mut books, book, (&path, false), "")).err();
        books.opened.push(Opened {
            book,
            changed_ms,
            error,
        });
    }
    (books.money, books.opened)
}

/// Reads one database into its part.
fn read(books: &mut Books, book: Book, at: (&Path, bool), from: &str) -> Result<(), Trouble> {
    fn take<T>(
        part: &mut Option<T>,
        (path, may_mark): (&Path, bool),
        read: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<(), Trouble> {
        *part = Some(open::with(path, may_mark, read)?);
        Ok(())
    }
    match book {
        Book::Reputation => take(&mut books.rated, at, reputation::rated),
        Book::Satellites => take(&mut books.trusted, at, reputation::trusted),
        Book::Bandwidth => take(&mut books.moved, at, |connection| usage::moved(connection, from)),
        Book::Storage => take(&mut books.stored, at, |connection| usage::stored(connection, from)),
        Book::Space => take(&mut books.space, at, usage::space),
        Book::Pricing => take(&mut books.money.prices, at, money::prices),
        Book::Held => take(&mut books.money.settled, at, money::settled),
        Book::Notices => take(&mut books.notices, at, work::notices),
        Book::Collection => take(&mut books.collecting, at, work::collecting),
        Book::Walk => {
            let now = moment(books.read_ms);
            take(&mut books.walked, at, |connection| work::walked(connection, &now))
        }
    }
}

fn moment(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn day(ms: i64) -> String {
    moment(ms).chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lasting_trouble_is_told_now_and_then_and_its_end_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(Book::Pricing.file());
        std::fs::write(&path, "no database, but some bytes").unwrap();
        let mut shelf = Shelf::new(dir.path());
        let told = |shelf: &mut Shelf| {
            let opened = shelf.look(1).opened;
            let pricing = opened.into_iter().find(|opened| opened.book == Book::Pricing);
            pricing.map(|opened| opened.error.is_some())
        };
        let tries: Vec<Option<bool>> = (0..=TROUBLE_EVERY).map(|_| told(&mut shelf)).collect();
        assert_eq!((tries[0], tries[1]), (Some(true), None));
        assert_eq!(tries.iter().flatten().count(), 2);
        std::fs::remove_file(&path).unwrap();
        let node = Connection::open(&path).unwrap();
        node.execute_batch(
            "CREATE TABLE pricing (satellite_id BLOB, disk_space_price, egress_bandwidth_price, repair_bandwidth_price,
                 audit_bandwidth_price)",
        )
        .unwrap();
        assert_eq!(told(&mut shelf), Some(false));
        assert_eq!(told(&mut shelf), None);
        // Who is held for a moment is not read whole again; who was damaged is.
        for (why, stays) in [(Hindrance::Locked, true), (Hindrance::Damaged, false)] {
            shelf.fail(&mut Books::default(), Book::Pricing, (why, String::new()));
            assert_eq!(shelf.read.contains_key(&Book::Pricing), stays);
        }
        assert_eq!(told(&mut shelf), Some(false), "its end is told");
    }
}
