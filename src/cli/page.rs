//! Text for people: paragraphs and tables as wide as the terminal; without one, lines are as long as they are.

use std::io::{self, IsTerminal, Write};

use super::visible;

/// Narrower than this nothing is readable anyway.
const NARROWEST: usize = 30;

/// What is written to, and how wide it is.
pub struct Page<W> {
    out: W,
    width: usize,
}

/// A column of a table.
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// On a narrow page the columns with the highest number go first; 0 always stays.
    pub drop: u8,
}

/// Characters of the terminal behind standard output; no limit without one.
pub fn width() -> usize {
    if !io::stdout().is_terminal() {
        return usize::MAX;
    }
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0).max(NARROWEST))
}

impl<W: Write> Page<W> {
    /// A page of so many characters a line.
    pub fn new(out: W, width: usize) -> Self {
        Self { out, width }
    }

    /// A text that is foreign in parts, wrapped between words; all lines but the first begin with `indent`
    /// spaces.
    pub fn paragraph(&mut self, indent: usize, text: &str) -> io::Result<()> {
        let text = visible(text);
        let begin: String = text.chars().take_while(|c| *c == ' ').collect();
        let mut line = begin.clone();
        let mut used = begin.chars().count();
        let mut empty = true;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let len = word.chars().count();
            if !empty && used + 1 + len > self.width {
                writeln!(self.out, "{line}")?;
                line = " ".repeat(indent);
                (used, empty) = (indent, true);
            }
            if !empty {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            (used, empty) = (used + len, false);
        }
        writeln!(self.out, "{line}")
    }

    /// A table: the first column to the left, the others to the right.
    pub fn table(&mut self, indent: usize, columns: &[Column], rows: &[Vec<String>]) -> io::Result<()> {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| visible(cell)).collect())
            .collect();
        let len = |text: &str| text.chars().count();
        let cell = |row: &[String], at: usize| row.get(at).map_or(0, |cell| len(cell));
        let wide = |at: usize| {
            rows.iter()
                .map(|row| cell(row, at))
                .max()
                .unwrap_or(0)
                .max(len(columns[at].title))
        };
        let widths: Vec<usize> = (0..columns.len()).map(wide).collect();
        let mut shown: Vec<usize> = (0..columns.len()).collect();
        while indent + shown.iter().map(|at| widths[*at] + 2).sum::<usize>() > self.width.saturating_add(2) {
            let least = shown.iter().copied().max_by_key(|at| (columns[*at].drop, *at));
            match least.filter(|at| columns[*at].drop > 0) {
                Some(least) => shown.retain(|at| *at != least),
                None => break,
            }
        }
        let titles = columns.iter().map(|column| column.title.to_owned()).collect();
        for row in std::iter::once(&titles).chain(&rows) {
            let mut line = " ".repeat(indent);
            for (n, at) in shown.iter().enumerate() {
                let text = row.get(*at).map_or("", String::as_str);
                let gap = " ".repeat(widths[*at] - len(text).min(widths[*at]));
                match n {
                    0 => line += &format!("{text}{gap}"),
                    _ => line += &format!("  {gap}{text}"),
                }
            }
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: usize, write: impl FnOnce(&mut Page<&mut Vec<u8>>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut Page::new(&mut out, width)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn words_are_wrapped_and_never_cut() {
        let text = "home  CRITICAL  a-long-word-that-has-no-break is wrapped";
        assert_eq!(page(usize::MAX, |page| page.paragraph(4, "  a  b")), "  a b\n");
        let narrow = page(30, |page| page.paragraph(4, text));
        assert_eq!(
            narrow,
            "home CRITICAL\n    a-long-word-that-has-no-break\n    is wrapped\n"
        );
    }

    #[test]
    fn a_narrow_table_has_fewer_columns_and_whole_numbers() {
        let columns = [
            Column { title: "name", drop: 0 },
            Column { title: "left", drop: 0 },
            Column { title: "rest", drop: 2 },
            Column { title: "more", drop: 1 },
        ];
        let rows = [vec!["us1", "41", "123456", "x"], vec!["a satellite", "7", "1", "y"]];
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|&cell| cell.to_owned()).collect())
            .collect();
        let wide = page(80, |page| page.table(2, &columns, &rows));
        assert_eq!(
            wide,
            "  name         left    rest  more\n  us1            41  123456     x\n  a satellite     7       1     y\n"
        );
        let narrow = page(26, |page| page.table(2, &columns, &rows));
        assert!(!narrow.contains("rest") && narrow.contains("more"), "{narrow}");
        let tiny = page(5, |page| page.table(2, &columns, &rows));
        assert!(!tiny.contains("more") && tiny.contains("a satellite     7"), "{tiny}");
    }
}
