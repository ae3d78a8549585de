//! The answer first: how many transfers succeed against what is usual, which node is odd, what is missing.

use std::collections::BTreeMap;

use super::ends::{Class, Counted, End, Ends, sums, total};
use super::errors::Error;
use super::tables::Levels;
use crate::domain::chart::Chart;
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::races::ENOUGH;
use crate::ui::shared::Shared;

/// One thing that is to be said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    /// Before it: a state of the page's marks.
    pub(super) grade: Option<Weight>,
    /// Whom it is about; empty: all.
    pub(super) who: String,
    pub(super) text: String,
    /// What to do; left out where there is no room.
    pub(super) hint: String,
}

/// How much it weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    Critical,
    Warning,
    Note,
}

impl Weight {
    pub(super) fn mark(self, shared: &Shared) -> (&'static str, Tone) {
        let glyphs = shared.theme.glyphs;
        match self {
            Self::Critical => (glyphs.critical, Tone::Bad),
            Self::Warning => (glyphs.warning, Tone::Warn),
            Self::Note => (glyphs.note, Tone::Muted),
        }
    }
}

/// What is known when the answer is put into words.
pub(super) struct Known<'a> {
    pub(super) nodes: &'a [Counted],
    pub(super) usual: Option<&'a Chart>,
    pub(super) errors: &'a [Error],
    pub(super) levels: &'a Levels,
    /// Whether of the whole time nothing was collected.
    pub(super) gap: bool,
    pub(super) uploads_first: bool,
}

/// Days that are needed before something is usual.
const DAYS: usize = 5;

/// Everything that is to be said, the sum first, then what is worst.
pub(super) fn answer(known: &Known<'_>, shared: &Shared) -> Vec<Said> {
    let mut said = vec![first(known, shared)];
    said.extend(trouble(known, shared));
    said
}

fn plain(text: String) -> Said {
    Said {
        grade: None,
        who: String::new(),
        text,
        hint: String::new(),
    }
}

fn first(known: &Known<'_>, shared: &Shared) -> Said {
    let of = |class: Class| total(known.nodes, |row| Class::of(&row.action) == class);
    let (put, get) = (of(Class::Put), of(Class::Get));
    if put.is_empty() && get.is_empty() {
        let range = shared.time.range.name();
        return plain(match known.gap {
            true => format!("Nothing was collected within {range}: no log of that time was read."),
            false => format!("No customer sent or fetched anything within {range}."),
        });
    }
    let [one, other] = match known.uploads_first {
        true => [("uploads", &put, "PUT"), ("downloads", &get, "GET")],
        false => [("downloads", &get, "GET"), ("uploads", &put, "PUT")],
    };
    let whole = sentence(one, known);
    let usual = usual_text(known.usual, other.2);
    let short = match other.1.won() {
        None => format!("No {}.", other.0),
        Some(_) => format!("{}: {} of 100{usual}.", capital(other.0), other.1.won_text(1)),
    };
    Said {
        hint: short,
        ..plain(whole)
    }
}

fn sentence((name, ends, action): (&str, &Ends, &str), known: &Known<'_>) -> String {
    if ends.all().count == 0 {
        return format!("No {name} in this time.");
    }
    let share = |part: u64| number::Percent::new(1, &[]).share(part, ends.all().count);
    let at_most = if action == "PUT" && !known.levels.complete() {
        "At most "
    } else {
        ""
    };
    let verb = if action == "PUT" { "won" } else { "went well" };
    format!(
        "{at_most}{} of 100 {name} {verb}{}; {} canceled, {} failed.",
        ends.won_text(1),
        usual_text(known.usual, action),
        share(ends.canceled().count),
        share(ends.failed().count),
    )
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn usual_text(usual: Option<&Chart>, action: &str) -> String {
    match usual.and_then(|chart| usual_range(chart, action, None)) {
        None => String::new(),
        Some((low, high)) => {
            let percent = number::Percent::new(1, &[]);
            format!(" (usual {})", number::range(&percent.text(low), &percent.text(high)))
        }
    }
}

/// Between which shares the days of the last two weeks lay, but for the lowest and the highest of ten: of all
/// nodes or of one.
pub(super) fn usual_range(chart: &Chart, action: &str, node: Option<&str>) -> Option<(f64, f64)> {
    let mut days: Vec<Ends> = vec![Ends::default(); chart.len];
    for line in &chart.lines {
        let wanted = line.action == action && node.is_none_or(|node| line.node.as_deref() == Some(node));
        if wanted {
            for (day, cell) in days.iter_mut().zip(&line.buckets) {
                day.add(End::of(line.outcome.word(), ""), *cell);
            }
        }
    }
    let enough = days.iter().filter(|day| day.all().count >= ENOUGH);
    let mut shares: Vec<f64> = enough.filter_map(Ends::won).collect();
    if shares.len() < DAYS {
        return None;
    }
    shares.sort_by(f64::total_cmp);
    let last = shares.len() - 1;
    let skip = shares.len() / 10;
    Some((shares[skip], shares[last - skip]))
}

/// A node whose uploads succeed clearly less often than those of the others, or than they used to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Odd {
    pub(super) node: String,
    /// In a hundred.
    own: f64,
    /// What it falls behind, and whose that is.
    than: f64,
    whose: &'static str,
}

/// Nodes that are odd.
pub(super) fn odd(nodes: &[Counted], usual: Option<&Chart>) -> Vec<Odd> {
    let by_node = sums(nodes, |row| {
        (Class::of(&row.action) == Class::Put).then(|| row.node.clone())
    });
    let mut all = Ends::default();
    by_node.values().for_each(|ends| all.join(ends));
    let mut odd = Vec::new();
    for (node, ends) in &by_node {
        let races = ends.races();
        let Some(own) = races.share() else { continue };
        let others = all.races().without(races).share();
        let before = usual
            .and_then(|chart| usual_range(chart, "PUT", Some(node)))
            .map(|(low, _)| low);
        let behind = [(others, "the others"), (before, "its usual days at least")];
        let behind = behind
            .into_iter()
            .find_map(|(than, whose)| Some((than.filter(|than| races.fall_behind(*than))?, whose)));
        if let Some((than, whose)) = behind {
            let node = node.clone();
            odd.push(Odd { node, own, than, whose });
        }
    }
    odd
}

fn trouble(known: &Known<'_>, shared: &Shared) -> Vec<Said> {
    let mut said = missing(known, shared);
    said.extend(failed_audits(known));
    let percent = number::Percent::new(1, &[]);
    for odd in odd(known.nodes, known.usual) {
        said.push(Said {
            grade: Some(Weight::Warning),
            text: format!(
                "wins {} of 100 uploads, {} {}",
                percent.text(odd.own),
                odd.whose,
                percent.text(odd.than)
            ),
            hint: "a slow disk or line loses races".to_owned(),
            who: odd.node,
        });
    }
    said.extend(rejected(known));
    if !known.levels.complete() && known.nodes.iter().any(|row| Class::of(&row.action) == Class::Put) {
        let silent = &known.levels.silent;
        let who = match silent.as_slice() {
            [one] => format!("{one} logs"),
            [one, two] => format!("{one} and {two} log"),
            many => format!("{} nodes log", many.len()),
        };
        said.push(Said {
            grade: Some(Weight::Note),
            who: String::new(),
            text: format!("{who} at INFO: uploads that clients gave up are missing, the true share is lower"),
            hint: "log.level: debug".to_owned(),
        });
    }
    said.sort_by_key(|said| said.grade);
    said
}

/// Pieces that are gone: what disqualifies.
fn missing(known: &Known<'_>, shared: &Shared) -> Vec<Said> {
    let by_node = sums(known.nodes, |row| (row.end == End::Missing).then(|| row.node.clone()));
    let of = |node: &String, ends: &Ends| {
        let audits = known
            .nodes
            .iter()
            .filter(|row| row.end == End::Missing && row.node == *node && Class::of(&row.action) == Class::Audit);
        let audits: u64 = audits.map(|row| row.cell.count).sum();
        let mut satellites: Vec<String> = known
            .nodes
            .iter()
            .filter(|row| row.end == End::Missing && row.node == *node)
            .map(|row| shared.satellite_name(&row.satellite))
            .collect();
        satellites.sort();
        satellites.dedup();
        let told = known
            .errors
            .iter()
            .filter(|error| error.nodes.contains(node) && error.template.contains("does not exist"));
        let since = told.map(|error| error.first_ms).min();
        let since = since.map_or_else(String::new, |ms| {
            format!(" since {}", number::moment(ms, shared.now_ms, &shared.zone))
        });
        let count = number::count(ends.count(End::Missing));
        let audits = match audits {
            0 => String::new(),
            audits => format!(", {} of them audits", number::count(audits)),
        };
        Said {
            grade: Some(Weight::Critical),
            who: node.clone(),
            text: format!(
                "{count} reads of missing pieces{since}, {}{audits}",
                satellites.join(" ")
            ),
            hint: "find the files before more audits fail".to_owned(),
        }
    };
    by_node.iter().map(|(node, ends)| of(node, ends)).collect()
}

/// Audits that failed for another reason.
fn failed_audits(known: &Known<'_>) -> Vec<Said> {
    let by_node: BTreeMap<String, Ends> = sums(known.nodes, |row| {
        (Class::of(&row.action) == Class::Audit && row.end != End::Missing).then(|| row.node.clone())
    });
    let failed = by_node.into_iter().filter(|(_, ends)| ends.failed().count > 0);
    failed
        .map(|(node, ends)| Said {
            grade: Some(Weight::Warning),
            who: node,
            text: format!(
                "{} audits failed for another reason than a missing piece",
                number::count(ends.failed().count)
            ),
            hint: "see ERRORS".to_owned(),
        })
        .collect()
}

fn rejected(known: &Known<'_>) -> Vec<Said> {
    let by_node = sums(known.nodes, |row| (row.end == End::Rejected).then(|| row.node.clone()));
    by_node
        .into_iter()
        .map(|(node, ends)| Said {
            grade: Some(Weight::Warning),
            who: node,
            text: format!("refused {} uploads: too many at once", number::count(ends.rejected())),
            hint: "storage2.max-concurrent-requests is its limit; 0 is none".to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::batch::Cell;
    use crate::domain::chart::Line;
    use crate::domain::transfer::Outcome;

    fn counted(node: &str, action: &str, end: End, count: u64) -> Counted {
        Counted {
            node: node.to_owned(),
            satellite: "s".to_owned(),
            action: action.to_owned(),
            end,
            class: None,
            cell: Cell { count, bytes: 0 },
        }
    }

    #[test]
    fn odd_is_what_chance_does_not_explain() {
        let rows = |won: u64, lost: u64| {
            vec![
                counted("a", "PUT", End::Success, 9_800),
                counted("a", "PUT", End::RaceLost, 200),
                counted("b", "PUT", End::Success, won),
                counted("b", "PUT", End::RaceLost, lost),
            ]
        };
        let names = |rows: &[Counted]| odd(rows, None).into_iter().map(|odd| odd.node).collect::<Vec<_>>();
        assert_eq!(names(&rows(9_600, 400)), ["b"]);
        assert_eq!(
            names(&rows(290, 10)),
            Vec::<String>::new(),
            "three hundred are too few for this"
        );
        assert_eq!(
            names(&rows(9_750, 250)),
            Vec::<String>::new(),
            "half a percent is nothing"
        );
        assert_eq!(names(&rows(100, 90)), Vec::<String>::new(), "fewer than enough");
    }

    #[test]
    fn usual_needs_days_and_leaves_out_the_odd_ones() {
        let day = |won: u64| Cell { count: won, bytes: 0 };
        let chart = |days: usize| Chart {
            len: days,
            width: 86_400,
            lines: [Outcome::Success, Outcome::Canceled]
                .into_iter()
                .map(|outcome| Line {
                    node: Some("a".to_owned()),
                    action: "PUT".to_owned(),
                    outcome,
                    buckets: (0..days as u64)
                        .map(|n| match outcome {
                            Outcome::Success => day(970 + n),
                            _ => day(30 - n),
                        })
                        .collect(),
                })
                .collect(),
            ..Chart::default()
        };
        assert_eq!(usual_range(&chart(4), "PUT", None), None);
        assert_eq!(usual_range(&chart(5), "PUT", None), Some((97.0, 97.4)));
        assert_eq!(usual_range(&chart(14), "PUT", Some("a")), Some((97.1, 98.2)));
        assert_eq!(usual_range(&chart(14), "PUT", Some("b")), None);
        assert_eq!(usual_range(&chart(14), "GET", None), None);
    }
}
