//! Tables as scripts read them: CSV, JSON, NDJSON. Rows are written as they come.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::{Map, Value as Json};

use super::time::rfc3339;
use crate::api::table::Value;

fn json(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Text(text) => Json::String(text),
        Value::Count(count) => count.into(),
        Value::Time(ms) => Json::String(rfc3339(ms)),
        Value::Bool(is) => Json::Bool(is),
        Value::Score(score) => score.into(),
        Value::Amount(amount) => amount.into(),
    }
}

fn csv(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) => match as_text(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(guarded) => guarded,
        },
        Value::Count(count) => count.to_string(),
        Value::Time(ms) => rfc3339(ms),
        Value::Bool(is) => is.to_string(),
        Value::Score(score) => score.to_string(),
        Value::Amount(amount) => amount.to_string(),
    }
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Names in the first line, RFC 4180.
    Csv,
    /// One array of objects.
    Json,
    /// One object a line.
    Ndjson,
}

enum Out<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Json(W, bool),
    Ndjson(W),
}

/// Writes one table.
pub struct Table<'n, W: Write> {
    out: Out<W>,
    /// Names of what is written, and their places in the rows given.
    columns: Vec<(&'n str, usize)>,
}

/// A text for a file that a spreadsheet may open: one that it would take for a formula gets a `'` before it. Plain
/// numbers stay what they are. Texts come from logs and APIs; whoever wants them as they are takes JSON.
fn as_text(text: &str) -> Cow<'_, str> {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    match is_formula && text.parse::<f64>().is_err() {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

impl<'n, W: Write> Table<'n, W> {
    /// A table of `columns`, of which those at `chosen` are written, in that order.
    pub fn new(out: W, format: Format, columns: &[&'n str], chosen: &[usize]) -> io::Result<Self> {
        let columns: Vec<_> = chosen.iter().filter_map(|at| Some((*columns.get(*at)?, *at))).collect();
        let out = match format {
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                // Lines of a chart are called as nodes are.
                let names = columns.iter().map(|(name, _)| as_text(name));
                writer
                    .write_record(names.map(|name| name.into_owned()))
                    .map_err(io_error)?;
                Out::Csv(Box::new(writer))
            }
            Format::Json => Out::Json(out, false),
            Format::Ndjson => Out::Ndjson(out),
        };
        Ok(Self { out, columns })
    }

    /// Writes a row, which has a value for each of the table's columns.
    pub fn row(&mut self, mut row: Vec<Value>) -> io::Result<()> {
        let mut take = |at: usize| {
            row.get_mut(at)
                .map_or(Value::Null, |value| std::mem::replace(value, Value::Null))
        };
        if let Out::Csv(writer) = &mut self.out {
            let record = self.columns.iter().map(|(_, at)| csv(take(*at)));
            return writer.write_record(record).map_err(io_error);
        }
        let object: Map<String, Json> = self
            .columns
            .iter()
            .map(|(name, at)| ((*name).to_owned(), json(take(*at))))
            .collect();
        let text = serde_json::to_string(&object)?;
        match &mut self.out {
            Out::Json(out, begun) => {
                out.write_all(if *begun { b",\n" } else { b"[\n" })?;
                *begun = true;
                out.write_all(text.as_bytes())
            }
            Out::Ndjson(out) => writeln!(out, "{text}"),
            Out::Csv(_) => Ok(()),
        }
    }

    /// Writes what closes the table.
    pub fn finish(self) -> io::Result<()> {
        match self.out {
            Out::Csv(mut writer) => writer.flush(),
            Out::Ndjson(mut out) => out.flush(),
            Out::Json(mut out, begun) => {
                out.write_all(if begun { b"\n]\n" } else { b"[]\n" })?;
                out.flush()
            }
        }
    }
}

/// The system's own error, so that a closed pipe is known as one.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, chosen: &[usize]) -> String {
        let mut out = Vec::new();
        let mut table = Table::new(&mut out, format, &["name", "count", "at"], chosen).unwrap();
        let row = vec![Value::Text("a,\"b\"".into()), Value::Count(3), Value::Time(0)];
        table.row(row).unwrap();
        table
            .row(vec![Value::text(""), Value::count(None), Value::Null])
            .unwrap();
        table.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_text_is_a_formula() {
        for (text, written) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+1 d", "'+1 d"),
            ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
            ("-3.5", "-3.5"),
            ("barn", "barn"),
            ("", ""),
        ] {
            assert_eq!(as_text(text), written);
        }
    }

    #[test]
    fn only_texts_of_csv_are_guarded() {
        let told = |format| {
            let mut out = Vec::new();
            let mut table = Table::new(&mut out, format, &["error", "net"], &[0, 1]).unwrap();
            table
                .row(vec![Value::Text("\t=1+1".into()), Value::Amount(-5)])
                .unwrap();
            table.row(vec![Value::Text("\n@x".into()), Value::Score(-0.5)]).unwrap();
            table.finish().unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(told(Format::Csv), "error,net\n'\t=1+1,-5\n\"'\n@x\",-0.5\n");
        assert_eq!(
            told(Format::Ndjson),
            "{\"error\":\"\\t=1+1\",\"net\":-5}\n{\"error\":\"\\n@x\",\"net\":-0.5}\n"
        );
    }

    #[test]
    fn the_unknown_is_empty_or_null_and_columns_keep_the_order_asked_for() {
        assert_eq!(
            written(Format::Csv, &[0, 1, 2]),
            "name,count,at\n\"a,\"\"b\"\"\",3,1970-01-01T00:00:00Z\n,,\n"
        );
        assert_eq!(
            written(Format::Ndjson, &[1, 0]),
            "{\"count\":3,\"name\":\"a,\\\"b\\\"\"}\n{\"count\":null,\"name\":null}\n"
        );
        assert!(written(Format::Json, &[0]).starts_with("[\n{\"name\":"));
    }
}
