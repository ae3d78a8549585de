//! Writes files the screen asks for: whole or not at all, in a thread of their own.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::thread::Builder;

use crate::report::table::{Format, Table};
use crate::report::time;
use crate::support::file::{self, Over, Readers};
use crate::ui::export::{About, Content, Form, NotSaved, Save, Sheet};
use crate::ui::model::Input;
use crate::ui::run::Event;

/// The folder the program was started in, as it is shown and can be typed; empty if it is not known.
pub fn folder() -> String {
    std::env::current_dir().map_or_else(|_| String::new(), |folder| typed(&folder))
}

/// A folder so that what is typed behind it leads there. One whose name no text has: `.`, which it is.
fn typed(folder: &Path) -> String {
    let text = shown(folder);
    match expanded(&text) {
        Ok(place) if place == *folder => text,
        _ => ".".to_owned(),
    }
}

/// Writes a file meanwhile, and says how it went.
pub fn begin(save: Save, told: &Sender<Event>) {
    let (id, sender) = (save.id, told.clone());
    let work = move || {
        let how = write(&save);
        // Whoever asked may be gone.
        let _ = sender.send(Input::Saved(save.id, how).into());
    };
    if let Err(error) = Builder::new().name("save".to_owned()).spawn(work) {
        let why = NotSaved::Failed(format!("cannot write now: {error}; try again"));
        let _ = told.send(Input::Saved(id, Err(why)).into());
    }
}

/// Writes it: the path of the file as it is shown.
///
/// # Errors
/// There is such a file and it was not to be replaced; or what else went wrong, in a line. Nothing is left then.
pub fn write(save: &Save) -> Result<String, NotSaved> {
    let place = expanded(&save.path).map_err(NotSaved::Failed)?;
    let failed = |error: &io::Error| NotSaved::Failed(told(error, &place));
    let wrong = |what: &str| Err(NotSaved::Failed(format!("{} is {what}", shown(&place))));
    let over = match fs::metadata(&place) {
        Ok(what) if what.is_dir() => return wrong("a folder: put a name behind it"),
        Ok(what) if !what.is_file() => return wrong("no ordinary file: give another name"),
        Ok(_) if !save.replace => return Err(NotSaved::Exists),
        Ok(_) => Over::Itself,
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(&error)),
        // A link to what is not there is there itself.
        Err(_) if fs::symlink_metadata(&place).is_ok() => {
            return wrong("a link that leads nowhere: give another name");
        }
        // A folder that is not there is a slip of the hand.
        Err(error) if !file::folder(&place).is_dir() => return Err(failed(&error)),
        Err(_) => Over::Nothing,
    };
    let mut bytes = Vec::new();
    fill(&mut bytes, save).map_err(|error| failed(&error))?;
    file::write(&place, &bytes, (over, Readers::Usual)).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => NotSaved::Exists,
        _ => failed(&error),
    })?;
    Ok(shown(&place))
}

fn fill(out: &mut Vec<u8>, save: &Save) -> io::Result<()> {
    match (&save.content, save.form) {
        (Content::Table(sheet), Form::Text) => out.write_all(sheet.markdown.as_bytes())?,
        (Content::Table(sheet), Form::Csv) => table(out, Format::Csv, sheet)?,
        (Content::Table(sheet), Form::Json) => table(out, Format::Json, sheet)?,
        (Content::Text(text), _) => out.write_all(text.as_bytes())?,
        (Content::Tables { about, tables }, _) => all(out, about, tables)?,
    }
    Ok(())
}

fn table(out: &mut dyn Write, format: Format, sheet: &Sheet) -> io::Result<()> {
    let names: Vec<&str> = sheet.columns.iter().map(String::as_str).collect();
    let places: Vec<usize> = (0..names.len()).collect();
    let mut table = Table::new(out, format, &names, &places)?;
    for row in &sheet.rows {
        table.row(row.clone())?;
    }
    table.finish()
}

fn all(out: &mut dyn Write, about: &About, tables: &[Sheet]) -> io::Result<()> {
    let text = |text: &str| serde_json::to_string(text);
    let or_null = |text: Option<&str>| serde_json::to_string(&text);
    let time = |ms: i64| text(&time::rfc3339(ms));
    write!(
        out,
        "{{\"pane\":{},\"time\":{}",
        text(about.pane)?,
        time(about.time_ms)?
    )?;
    let (node, satellite) = (about.node.as_deref(), about.satellite_id.as_deref());
    write!(
        out,
        ",\"node\":{},\"satellite_id\":{}",
        or_null(node)?,
        or_null(satellite)?
    )?;
    let (from, to) = (time(about.from_ms)?, time(about.to_ms)?);
    write!(out, ",\"range\":{},\"from\":{from},\"to\":{to}", text(about.range)?)?;
    let as_of = about.as_of_ms.map(time::rfc3339);
    write!(out, ",\"as_of\":{},\"tables\":{{", or_null(as_of.as_deref())?)?;
    for (n, sheet) in tables.iter().enumerate() {
        let comma = if n > 0 { "," } else { "" };
        write!(out, "{comma}\n{}:", text(&sheet.name)?)?;
        table(out, Format::Json, sheet)?;
    }
    writeln!(out, "}}}}")
}

/// `~` is the person's own folder, and what has no folder goes where the program was started.
fn expanded(path: &str) -> Result<PathBuf, String> {
    let own = path.strip_prefix("~/").or(path.strip_prefix("~\\"));
    let place = match (own, home()) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_), None) => return Err("what ~ is is not known: give the whole path".to_owned()),
        (None, _) => PathBuf::from(path),
    };
    std::path::absolute(&place).map_err(|error| format!("{path} is no path: {error}"))
}

fn home() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned())
}

/// A path as it is shown and typed: `~/x`.
fn shown(path: &Path) -> String {
    let own = home().and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned));
    let text = match own {
        Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    };
    crate::cli::visible(&text)
}

/// What is wrong, where, and what to do.
fn told(error: &io::Error, place: &Path) -> String {
    let folder = place.parent().unwrap_or(place);
    let is_there = folder.is_dir();
    let folder = shown(folder);
    match error.kind() {
        ErrorKind::NotFound if !is_there => format!("there is no folder {folder}: make it, or give another"),
        ErrorKind::NotADirectory => format!("{folder} is no folder: give another"),
        ErrorKind::PermissionDenied => format!("no right to write to {folder}: give another folder"),
        ErrorKind::ReadOnlyFilesystem => format!("{folder} can only be read: give another folder"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("the disk of {folder} is full: give another folder")
        }
        ErrorKind::InvalidFilename => "the name is too long, or has letters a file cannot have".to_owned(),
        // Its own words name a file nobody asked for.
        other => format!("cannot write to {folder}: {other}; give another folder"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::table::Value;

    #[test]
    fn a_folder_no_text_names_is_where_the_program_is() {
        let mut odd = vec![PathBuf::from("/x/a\u{202e}b"), PathBuf::from("/x/a\nb")];
        #[cfg(unix)]
        odd.push(PathBuf::from(
            <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"/x/\xff"),
        ));
        for folder in odd {
            assert_eq!(typed(&folder), ".", "{folder:?}");
        }
        let absolute = std::path::absolute("plain/folder").unwrap();
        assert_eq!(expanded(&typed(&absolute)).unwrap(), absolute);
    }

    #[test]
    fn headings_are_no_formulas() {
        let sheet = Sheet {
            name: "chart".to_owned(),
            columns: vec!["time".to_owned(), "@SUM(A1) MB/s".to_owned()],
            rows: vec![vec![Value::Null, Value::Amount(1)]],
            markdown: String::new(),
        };
        let text = |format| {
            let mut out = Vec::new();
            table(&mut out, format, &sheet).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert!(
            text(Format::Csv).starts_with("time,'@SUM(A1) MB/s\n"),
            "{}",
            text(Format::Csv)
        );
        assert!(text(Format::Json).contains("\"@SUM(A1) MB/s\""));
    }
}
