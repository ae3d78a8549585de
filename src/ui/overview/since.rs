//! What changed since this viewer last looked: two pictures of the nodes, compared.

use jiff::Timestamp;

use super::facts;
use super::nodes::state_words;
use crate::api::message::{Answer, Query};
use crate::api::status::{Node, Satellite};
use crate::domain::chart::{Mark, MarkKind};
use crate::domain::health::State;
use crate::domain::money::Micro;
use crate::domain::sample::Standing;
use crate::ui::ask::Ask;
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::pane::Page;
use crate::ui::shared::Shared;

/// The slot of how nodes were when this viewer last looked.
pub(super) const SLOT: &str = "overview.since";
/// The slot of what happened meanwhile.
const MARKS: &str = "overview.marks";
/// What happened is asked again so often (s).
const MARKS_EVERY_S: i64 = 60;
/// Who was away for less than this has seen it all (ms).
const AWAY_MS: i64 = 60_000;

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// When, ms since the epoch; `None`: some time since.
    pub(super) at_ms: Option<i64>,
    pub(super) node: String,
    pub(super) text: String,
    pub(super) tone: Tone,
}

/// All that changed.
#[derive(Debug, Default)]
pub(super) struct Since {
    /// Bytes stored more (or less) on nodes known then and now.
    stored: Option<i128>,
    /// Earned more, of nodes known then and now in the same month; micro-dollars.
    earned: Option<i64>,
    pub(super) changes: Vec<Change>,
    restarts: usize,
    /// Milliseconds since the epoch.
    looked: i64,
    known: bool,
}

/// When this viewer last looked, if that is long enough ago. Milliseconds since the epoch.
pub(super) fn looked(shared: &Shared) -> Option<i64> {
    shared.looked_ms.filter(|looked| shared.now_ms - looked >= AWAY_MS)
}

/// What is asked to know what changed.
pub(super) fn asks(looked: i64, now_ms: i64) -> Vec<Ask> {
    let then = Query::Status {
        nodes: Vec::new(),
        at_ms: Some(looked),
    };
    let marks = Query::Marks {
        nodes: Vec::new(),
        from_ms: looked,
        to_ms: now_ms,
    };
    let ask = |slot, query, every_s| Ask {
        slot,
        key: looked.to_string(),
        query,
        every_s,
    };
    vec![ask(SLOT, then, 0), ask(MARKS, marks, MARKS_EVERY_S)]
}

impl Since {
    /// From the answer about then.
    pub(super) fn refresh(&mut self, shared: &Shared) {
        *self = Self::default();
        let Some(looked) = looked(shared) else { return };
        let Some(Ok(Answer::Status(then))) = shared.answers.of(SLOT, &looked.to_string()) else {
            return;
        };
        (self.known, self.looked) = (true, looked);
        for node in shared.nodes() {
            match then.nodes.iter().find(|other| other.name == node.name) {
                None => self.add(node, None, "is new here".to_owned(), Tone::Text),
                Some(before) => self.compare(before, node),
            }
        }
        for gone in &then.nodes {
            if !shared.nodes().iter().any(|node| node.name == gone.name) {
                self.add(gone, None, "is no longer watched".to_owned(), Tone::Text);
            }
        }
        if let Some(Ok(Answer::Marks(marks))) = shared.answers.of(MARKS, &looked.to_string()) {
            for mark in marks {
                self.happened(mark);
            }
        }
        // What holds now and the newest first.
        self.changes
            .sort_by_key(|change| std::cmp::Reverse(change.at_ms.unwrap_or(i64::MAX)));
    }

    fn add(&mut self, node: &Node, at: Option<&str>, text: String, tone: Tone) {
        let at_ms = at
            .and_then(|at| at.parse::<Timestamp>().ok())
            .map(Timestamp::as_millisecond);
        self.changes.push(Change {
            at_ms,
            node: node.name.clone(),
            text,
            tone,
        });
    }

    fn compare(&mut self, before: &Node, now: &Node) {
        if let (Some((then, _)), Some((used, _))) = (facts::disk(before), facts::disk(now)) {
            let more = i128::from(used) - i128::from(then);
            self.stored = Some(self.stored.unwrap_or(0) + more);
        }
        if let (Some(then), Some(today)) = (&before.earnings, &now.earnings)
            && then.month == today.month
            && let (Some(then), Some(so_far)) = (then.so_far_microusd, today.so_far_microusd)
        {
            self.earned = Some(self.earned.unwrap_or(0).saturating_add(so_far.saturating_sub(then)));
        }
        if before.state != now.state {
            let (text, tone) = match now.state {
                State::Ok => (format!("is well again (was: {})", state_words(before)), Tone::Good),
                State::Critical => (format!("became critical: {}", state_words(now)), Tone::Bad),
                State::Warning => (format!("wants a look: {}", state_words(now)), Tone::Warn),
                State::Unknown => ("nobody knows how it is".to_owned(), Tone::Muted),
            };
            self.add(now, None, text, tone);
        }
        for satellite in now.satellites.iter().flatten() {
            let same = |other: &&Satellite| other.satellite_id == satellite.satellite_id;
            if let Some(earlier) = before.satellites.iter().flatten().find(same) {
                self.rated(now, earlier, satellite);
            }
        }
    }

    /// A start, a new release, a time nobody looked.
    fn happened(&mut self, mark: &Mark) {
        let text = match mark.kind {
            MarkKind::Start => {
                self.restarts += 1;
                "restarted".to_owned()
            }
            MarkKind::Gap => {
                let seconds = mark.until_ms.map_or(0, |until| (until - mark.time_ms).max(0) / 1000);
                format!("{} for {}", mark.text, number::age(seconds.unsigned_abs()))
            }
            // Every day's work.
            MarkKind::Compaction | MarkKind::Garbage => return,
            MarkKind::Version => mark.text.clone(),
        };
        self.changes.push(Change {
            at_ms: Some(mark.time_ms),
            node: mark.node.clone(),
            text,
            tone: Tone::Text,
        });
    }

    /// What a satellite decided.
    fn rated(&mut self, node: &Node, before: &Satellite, now: &Satellite) {
        let url = now.url.as_deref().unwrap_or_default();
        let name = Standing::short_of(url, now.satellite_id.as_deref());
        let decided = [
            (
                &before.disqualified_at,
                &now.disqualified_at,
                "disqualified it",
                Tone::Bad,
            ),
            (&before.suspended_at, &now.suspended_at, "suspended it", Tone::Bad),
            (
                &before.offline_suspended_at,
                &now.offline_suspended_at,
                "suspended it for being offline",
                Tone::Bad,
            ),
            (&before.vetted_at, &now.vetted_at, "has vetted it", Tone::Good),
        ];
        for (earlier, later, what, tone) in decided {
            // What is older was only not known then.
            let at = later.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
            if earlier.is_none() && at.is_some_and(|at| at.as_millisecond() >= self.looked) {
                self.add(node, later.as_deref(), format!("{name} {what}"), tone);
            }
        }
        if before.is_suspended() && !now.is_suspended() {
            self.add(node, None, format!("{name} lifted its suspension"), Tone::Good);
        }
        if let (Some(then), Some(score)) = (before.audit_score, now.audit_score)
            && score + 0.0005 < then
        {
            let text = format!("{name} audit score {} → {}", number::score(then), number::score(score));
            self.add(node, None, text, Tone::Warn);
        }
    }

    /// The heading and what there is room for; nothing when there is nothing to compare with.
    pub(super) fn draw(&self, page: &mut Page<'_>, most: u16) {
        let Some(looked) = looked(page.shared).filter(|_| self.known) else {
            return;
        };
        let ago = number::age(((page.shared.now_ms - looked) / 1000).unsigned_abs());
        page.rule(&format!("SINCE YOU LOOKED ({ago} ago)"), "");
        let restarts = self.restarts;
        let mut first = Vec::new();
        if let Some(earned) = self.earned {
            let earned = super::money::currency(page.shared).text(Micro(earned));
            first.push(format!("{} earned", number::change(&earned)));
        }
        if let Some(stored) = self.stored {
            first.push(format!("{} stored", number::change(&number::size(stored))));
        }
        first.push(format!("{restarts} restart{}", if restarts == 1 { "" } else { "s" }));
        if self.changes.is_empty() {
            first.push("nothing else changed".to_owned());
        }
        page.say(&first.join("   "), Tone::Text);
        let room = usize::from(most.saturating_sub(2));
        let hidden = self.changes.len().saturating_sub(room);
        let shown = if hidden > 0 { room.saturating_sub(1) } else { room };
        let (now, zone) = (page.shared.now_ms, page.shared.zone.clone());
        for change in self.changes.iter().take(shown) {
            let time = change.at_ms.map_or(String::new(), |ms| number::moment(ms, now, &zone));
            let mut pen = page.line();
            pen.put_in(&format!(" {time}"), 14, Tone::Muted);
            pen.put_in(&change.node, 12, Tone::Text);
            let left = pen.left();
            pen.put_in(&format!(" {}", change.text), left, change.tone);
        }
        if hidden > 0 && room > 0 {
            page.say(&format!("and {} more", self.changes.len() - shown), Tone::Muted);
        }
    }

    /// Lines it would take.
    pub(super) fn wanted(&self, shared: &Shared) -> u16 {
        match looked(shared) {
            Some(_) if self.known => 2 + self.changes.len() as u16,
            _ => 0,
        }
    }
}
