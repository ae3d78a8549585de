//! The scores of the row under the cursor over time: what satellites told, what follows from the log since, the
//! limit, and what happened meanwhile.

use super::asks;
use super::entry::{AUDIT_LIMIT, Entry, SUSPENDS, Trouble};
use crate::api::message::Answer;
use crate::api::reputation::DayBefore;
use crate::api::status::ms;
use crate::api::table::Value;
use crate::support::clock::DAY_S;
use crate::ui::chart::{Level, Mark, Points, Scale, Series};
use crate::ui::flow;
use crate::ui::look::Tone;
use crate::ui::shared::Shared;

/// Which score the chart and the change of a day show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Score {
    #[default]
    Audit,
    Suspension,
    Online,
}

impl Score {
    const ALL: [Self; 3] = [Self::Audit, Self::Suspension, Self::Online];

    pub(super) fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// In memory.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Suspension => "unknown",
            Self::Online => "online",
        }
    }

    pub(super) fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|score| score.id() == id)
    }

    /// The one the trouble of a satellite is about.
    fn of_trouble(entry: &Entry) -> Self {
        let unreadable = |entry: &Entry| entry.failing.as_ref().is_some_and(|failing| failing.missing == 0);
        match entry.trouble {
            Trouble::Suspended | Trouble::Suspension => Self::Suspension,
            Trouble::Failing if unreadable(entry) => Self::Suspension,
            Trouble::Online => Self::Online,
            _ => Self::Audit,
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Audit => "AUDIT SCORE",
            Self::Suspension => "UNKNOWN-ERROR SCORE",
            Self::Online => "ONLINE SCORE",
        }
    }

    /// The heading of the change of a day.
    pub(super) fn day_title(self) -> &'static str {
        match self {
            Self::Audit => "AUDIT 24 h",
            Self::Suspension => "UNKN. 24 h",
            Self::Online => "ONL. 24 h",
        }
    }

    fn limit(self) -> (f64, &'static str) {
        match self {
            Self::Audit => (AUDIT_LIMIT, "0.96 limit"),
            _ => (SUSPENDS, "0.60 limit"),
        }
    }

    /// By now, and whether it is computed.
    pub(super) fn now(self, entry: &Entry) -> (Option<f64>, bool) {
        match self {
            Self::Audit => entry.audit(),
            Self::Suspension => entry.suspension(),
            Self::Online => (entry.satellite.online_score, false),
        }
    }

    /// As it was told.
    pub(super) fn told(self, entry: &Entry) -> Option<f64> {
        match self {
            Self::Audit => entry.satellite.audit_score,
            Self::Suspension => entry.satellite.suspension_score,
            Self::Online => entry.satellite.online_score,
        }
    }

    pub(super) fn before(self, before: &DayBefore) -> Option<f64> {
        match self {
            Self::Audit => before.audit_score,
            Self::Suspension => before.suspension_score,
            Self::Online => before.online_score,
        }
    }
}

/// What the chart draws.
#[derive(Debug)]
pub(super) struct History {
    /// The score that is drawn.
    pub(super) score: Score,
    /// The one the viewer chose; without one it is what the row's trouble is about.
    pub(super) chosen: Option<Score>,
    pub(super) series: Vec<Series>,
    pub(super) levels: Vec<Level>,
    pub(super) marks: Vec<Mark>,
    pub(super) scale: Scale,
    /// Whether the answer is there; an error is one, too.
    pub(super) told: bool,
    /// Whose line it is.
    of: String,
    /// What the lines and marks were made from.
    stamp: String,
    /// When the score of the row changed, and what that was read from.
    changes: Vec<(i64, Option<f64>)>,
    changes_of: String,
}

impl Default for History {
    fn default() -> Self {
        Self {
            score: Score::default(),
            chosen: None,
            series: Vec::new(),
            levels: Vec::new(),
            marks: Vec::new(),
            scale: fresh(),
            told: false,
            of: String::new(),
            stamp: String::new(),
            changes: Vec::new(),
            changes_of: String::new(),
        }
    }
}

fn fresh() -> Scale {
    Scale::within(Some(0.0), Some(1.0))
}

impl History {
    /// Another score.
    pub(super) fn turn(&mut self) {
        self.score = self.score.next();
        self.chosen = Some(self.score);
    }

    /// Takes up what came for the row under the cursor; `made`: which making of the rows it is of.
    pub(super) fn take(&mut self, entry: Option<&Entry>, made: u64, shared: &Shared) {
        self.score = self.chosen.or(entry.map(Score::of_trouble)).unwrap_or_default();
        let key = entry.map_or("", |entry| &entry.key);
        let of = format!("{key}{:?}", self.score);
        let key = entry.map_or(String::new(), |entry| asks::history_key(&entry.node, shared));
        let answered = [asks::HISTORY, asks::MARKS].map(|slot| {
            let answer = shared.answers.of(slot, &key)?;
            Some((answer.is_ok(), shared.answers.answered_ms(slot)))
        });
        // What follows from the log reaches until now.
        let time = (shared.moment(), shared.now_s(), shared.theme.glyphs.unicode);
        let stamp = format!("{of}\t{made}\t{key}\t{answered:?}{time:?}");
        if stamp != self.stamp {
            self.stamp = stamp;
            self.make(entry, (of, &key), shared);
        }
        let mut state = shared.time;
        state.scale = self.scale;
        state.settle(&self.series, &self.levels, shared.now_s());
        self.scale = state.scale;
    }

    /// `of`: the row and its score; `key`: of the question about its past.
    fn make(&mut self, entry: Option<&Entry>, (of, key): (String, &str), shared: &Shared) {
        if of != self.of {
            // Another row or score has another height.
            (self.scale, self.of) = (fresh(), of);
        }
        let (limit, text) = self.score.limit();
        self.levels = vec![Level {
            value: limit,
            text: text.to_owned(),
            tone: Tone::Bad,
            fit: true,
        }];
        self.series.clear();
        self.marks.clear();
        self.told = false;
        if let Some(entry) = entry {
            self.take_entry(entry, key, shared);
        }
    }

    fn take_entry(&mut self, entry: &Entry, key: &str, shared: &Shared) {
        let told = told_s(entry, shared);
        let answer = shared.answers.of(asks::HISTORY, key);
        self.told = answer.is_some();
        if let Some(Ok(Answer::Rows { rows, .. })) = answer {
            let answered = shared.answers.answered_ms(asks::HISTORY);
            let changes_of = format!("{}\t{key}\t{answered:?}", self.of);
            if changes_of != self.changes_of {
                self.changes = changes(rows, entry.satellite.satellite_id.as_deref(), self.score);
                self.changes_of = changes_of;
            }
            let end = told.min(shared.time.seen(shared.now_s()).1);
            let mut points = steps(&self.changes, end);
            if points.is_empty() {
                points = self.unchanged(entry, end);
            }
            if !points.is_empty() {
                self.series.push(Series::new("told", 0, Points::Samples(points)));
            }
        }
        self.series.extend(self.projected(entry, told, shared));
        if let Some(Ok(Answer::Marks(marks))) = shared.answers.of(asks::MARKS, key) {
            self.marks = marks.iter().filter_map(|mark| flow::shown(mark, shared)).collect();
        }
        self.marks.extend(own_marks(entry, shared));
        self.marks.sort_by_key(|mark| mark.second);
    }

    /// No change is kept: it was the same a day before, or only the moment it was told is sure.
    fn unchanged(&self, entry: &Entry, end: i64) -> Vec<(i64, Option<f64>)> {
        let told = self.score.told(entry);
        let before = entry.before.and_then(|before| self.score.before(&before));
        let length = if before == told { DAY_S } else { 1 };
        told.map_or(Vec::new(), |score| {
            vec![(end - length, Some(score)), (end, Some(score))]
        })
    }

    /// From what was told to what it is by now: computed, so with holes.
    fn projected(&self, entry: &Entry, told: i64, shared: &Shared) -> Option<Series> {
        let (now, computed) = self.score.now(entry);
        let (now, before) = (now.filter(|_| computed)?, self.score.told(entry)?);
        let at = shared.moment().unwrap_or(shared.now_s()).max(told + 1);
        let points = Points::Samples(vec![(told, Some(before)), (at, Some(now))]);
        Some(Series {
            dotted: true,
            ..Series::new("by the log", 1, points)
        })
    }
}

/// Until when what was told last holds, seconds since the epoch.
fn told_s(entry: &Entry, shared: &Shared) -> i64 {
    let told = ms(Some(&entry.satellite.as_of)).map(|ms| ms.div_euclid(1000));
    told.unwrap_or_else(|| shared.now_s())
}

/// When the score of a satellite changed (seconds since the epoch), and to what.
fn changes(rows: &[Vec<Value>], id: Option<&str>, score: Score) -> Vec<(i64, Option<f64>)> {
    let mut changes: Vec<(i64, Option<f64>)> = Vec::new();
    for row in rows {
        let [Value::Time(ms), _, satellite, audit, suspension, online, ..] = row.as_slice() else {
            continue;
        };
        let same = match (satellite, id) {
            (Value::Text(text), Some(id)) => text == id,
            _ => false,
        };
        let value = match score {
            Score::Audit => audit,
            Score::Suspension => suspension,
            Score::Online => online,
        };
        let value = match value {
            Value::Score(score) => Some(*score),
            _ => None,
        };
        if same && changes.last().is_none_or(|(_, last)| *last != value) {
            changes.push((ms.div_euclid(1000), value));
        }
    }
    changes
}

/// A score holds until it is told anew: a line of steps.
fn steps(changes: &[(i64, Option<f64>)], end: i64) -> Vec<(i64, Option<f64>)> {
    let mut points: Vec<(i64, Option<f64>)> = Vec::new();
    for (second, value) in changes {
        if let Some((last, before)) = points.last().copied()
            && last < second - 1
        {
            points.push((second - 1, before));
        }
        points.push((*second, *value));
    }
    if let Some((last, value)) = points.last().copied()
        && last < end
    {
        points.push((end, value));
    }
    points
}

/// What happened between the node and the satellite.
fn own_marks(entry: &Entry, shared: &Shared) -> Vec<Mark> {
    let (unicode, name) = (shared.theme.glyphs.unicode, &entry.name);
    let mut marks = Vec::new();
    let failing = entry.failing.iter().flat_map(|failing| &failing.newest);
    for audit in failing {
        let what = match (audit.repair, audit.missing) {
            (true, _) => "a repair failed",
            (_, true) => "an audit failed: the piece is missing",
            (_, false) => "an audit failed: the piece could not be read",
        };
        marks.push(Mark {
            second: audit.time_ms.div_euclid(1000),
            glyph: if unicode { '×' } else { 'x' },
            text: format!("{name}: {what}"),
            tone: if audit.repair { Tone::Warn } else { Tone::Bad },
        });
    }
    let satellite = &entry.satellite;
    let happened = [
        (&satellite.disqualified_at, 'D', "disqualified", Tone::Bad),
        (&satellite.suspended_at, 'S', "suspended", Tone::Bad),
        (
            &satellite.offline_suspended_at,
            'S',
            "suspended for being offline",
            Tone::Bad,
        ),
        (
            &satellite.offline_review_at,
            'r',
            "under review for being offline",
            Tone::Warn,
        ),
        (&satellite.vetted_at, 'v', "vetted", Tone::Good),
    ];
    for (time, glyph, what, tone) in happened {
        if let Some(ms) = ms(time.as_deref()) {
            marks.push(Mark {
                second: ms.div_euclid(1000),
                glyph,
                text: format!("{name}: {what}"),
                tone,
            });
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_holds_until_it_is_told_anew() {
        let row = |second: i64, id: &str, score: Option<f64>| {
            let text = |text: &str| Value::Text(text.to_owned());
            let score = Value::score(score);
            vec![
                Value::Time(second * 1000),
                text("n"),
                text(id),
                score.clone(),
                score,
                Value::Null,
            ]
        };
        let rows = [
            row(10, "a", Some(1.0)),
            row(15, "b", Some(0.5)),
            row(20, "a", Some(1.0)),
            row(30, "a", Some(0.9)),
            row(31, "a", None),
            vec![Value::Null],
        ];
        let changes = changes(&rows, Some("a"), Score::Audit);
        assert_eq!(changes, [(10, Some(1.0)), (30, Some(0.9)), (31, None)]);
        assert_eq!(super::changes(&rows, Some("a"), Score::Online), [(10, None)]);
        assert!(super::changes(&rows, None, Score::Audit).is_empty());
        let points = steps(&changes, 40);
        let wanted = [
            (10, Some(1.0)),
            (29, Some(1.0)),
            (30, Some(0.9)),
            (31, None),
            (40, None),
        ];
        assert_eq!(points, wanted);
        assert_eq!(steps(&changes[..2], 30).last(), Some(&(30, Some(0.9))));
        assert!(steps(&[], 40).is_empty());
    }
}
