//! What the figures of the pane are: where they come from, how they are made, what follows.

use super::{Latency, ROWS, asks, facts, tables};
use crate::api::latency::{Detail, Figures, NodeLatency, Row, Speed, bounds};
use crate::domain::transfer::Quality;
use crate::ui::explain::{Explained, Fact};
use crate::ui::number;
use crate::ui::pane::Figure;
use crate::ui::shared::Shared;

const PERCENTILES: &str = "Durations are counted in a sketch of buckets 1.6 % wide: a percentile is within 1 % of a \
    duration that was there, in any range. One that too few samples tell (fewer than 100 for p99, 20 for p95) is `?`.";
const QUALITY: &str = "A duration is as exact as its worse end: docker and journald stamp lines exactly; where a line \
    is read as it is written its arrival counts; the log itself has whole seconds. A figure is of one quality only: the \
    best that holds most of the durations. `Q` shows another one.";
const SLOW: &str = "What is twice the usual is slow: against the median of the other nodes, or a week before. A slow disk \
    shows in large uploads first: look at Maintenance for compactions and walks at these hours, at the disk's own \
    queue, at other programs on it.";
const LOST: &str = "An uplink sends a piece to more nodes than it needs and hangs up on the slowest: a race that is lost \
    after a moment is a matter of distance, one that is lost with nearly all bytes moved is a matter of the disk.";
const SPEED: &str = "Bytes a second of each transfer for itself, size by duration: half are slower than p50, one in ten is \
    slower than p10. Many transfers run at once: it is no speed of the disk or the line. Whole seconds tell nothing of \
    it; what took less than 20 ms by its arrival counts as 20 ms, so `≥` is at least. By the hour speeds are kept of all \
    satellites together: of one they are known in ranges up to 6 h.";
const WHOLE: &str = "Both lines have only whole seconds: what began and ended within the same second is `under 1 s`, what \
    says 1 s took between 0 and 2. Bars are no finer than that.";
const RUNNING: &str = "What runs is a `started` line without its end. The satellite gives an audit up after about 5 min and \
    counts it as failed: from 1 min on it is a warning here, from 3 min on danger.";

const AT_MOST: &str = "The node logs at INFO: uploads that clients gave up are missing, the true share is lower. \
    `log.level: debug` tells them.";

impl Latency {
    pub(super) fn explained(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        match figure.what.as_str() {
            "bin" => {
                let (first, last) = figure.of.split_once('-')?;
                self.of_bin((first.parse().ok()?, last.parse().ok()?), shared)
            }
            "hour" => self.of_hour(figure.of.parse().ok()?, shared),
            "lost" => self.of_lost(shared),
            "running" => Some(words("In flight", &[RUNNING])),
            "check" | "await" | "source" if self.blind => self.of_check(&figure.of, shared),
            what => {
                let node = self.nodes(shared).iter().find(|node| node.node == figure.of);
                if let Some(node) = node {
                    return Some(self.of_node(what, node, shared));
                }
                let detail = self.detail(shared)?;
                let row = detail.rows.iter().find(|row| tables::row_key(row) == figure.of);
                match row {
                    Some(row) => Some(of_row(what, detail, row)),
                    None => self.of_other(figure, shared),
                }
            }
        }
    }

    /// A satellite, or one of the slowest.
    fn of_other(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        let detail = self.detail(shared)?;
        if let Some(row) = detail.satellites.iter().find(|row| row.satellite_id == figure.of) {
            let title = format!(
                "{}, {}: {}",
                detail.node,
                shared.satellite_name(&row.satellite_id),
                figure.what
            );
            let mut facts = of_figures(&row.figures);
            if figure.what == "won" {
                facts.splice(0..0, of_ends(&row.ends, "log"));
            }
            facts.extend(row.speed.map(of_speed));
            let about = match figure.what.as_str() {
                "speed" | "speed_low" => SPEED,
                _ => PERCENTILES,
            };
            return Some(Explained {
                title,
                sum: String::new(),
                facts,
                words: vec![about.to_owned(), QUALITY.to_owned()],
            });
        }
        let slow = self.slow_one(&figure.of, shared)?;
        let mut facts = vec![Fact::new("took", facts::said(slow.ms, slow.quality), "log")];
        facts.push(Fact::new("quality", facts::quality_words(slow.quality), "log"));
        facts.extend(
            slow.piece
                .as_ref()
                .map(|piece| Fact::new("piece", piece.clone(), "log")),
        );
        Some(Explained {
            title: tables::slow_title(slow, shared),
            facts,
            words: vec![
                "The five slowest of each action and hour are kept for two weeks, of each day for two years. Enter \
                 leads to the line of its end in the log, among all lines of its piece."
                    .to_owned(),
            ],
            ..Explained::default()
        })
    }

    fn of_node(&self, what: &str, node: &NodeLatency, shared: &Shared) -> Explained {
        let mut facts = node.figures.as_ref().map_or(Vec::new(), of_figures);
        let asked = shared.answers.answered_ms(asks::NODES);
        if let Some(before) = node
            .before
            .as_ref()
            .and_then(|before| before.p95.map(|p95| (p95, before.quality)))
        {
            facts.push(Fact::new("p95 a week before", facts::said(before.0, before.1), "log"));
        }
        let ends = of_ends(&node.ends, "log").into_iter();
        let ends = ends.map(|fact| fact.since(asked, shared.now_ms));
        match what {
            // What was asked for comes first.
            "won" => drop(facts.splice(0..0, ends)),
            _ => facts.extend(ends),
        }
        let verdict = node.slow.as_ref();
        let sum = match verdict.and_then(|verdict| Some((verdict.times_others?, verdict.others?))) {
            Some((times, others)) => {
                let quality = node
                    .figures
                    .as_ref()
                    .map(|figures| figures.quality)
                    .unwrap_or(Quality::Exact);
                let p95 = node.figures.as_ref().and_then(|figures| figures.p95).unwrap_or(0);
                format!(
                    "{} ÷ {} = {times:.1} times the median of the others",
                    facts::said(p95, quality),
                    facts::said(others, quality)
                )
            }
            None => String::new(),
        };
        let about = match what {
            "flight" | "oldest" => RUNNING,
            "won" => LOST,
            _ if verdict.is_some() => SLOW,
            _ => PERCENTILES,
        };
        let mut words = vec![about.to_owned(), QUALITY.to_owned()];
        if what == "won" && facts::lacks_uploads(node, &self.action, shared) {
            words.insert(0, AT_MOST.to_owned());
        }
        Explained {
            title: format!("{}: {} of {}", node.node, what, facts::plural(&self.action)),
            sum,
            facts,
            words,
        }
    }

    /// Steps of the histogram, from the first to the last.
    fn of_bin(&self, (first, last): (usize, usize), shared: &Shared) -> Option<Explained> {
        let row = self.row(shared)?;
        let count: u64 = row.histogram.get(first..=last)?.iter().sum();
        let all: u64 = row.histogram.iter().sum();
        let before: u64 = row.histogram.iter().take(first).sum();
        let bounds = bounds(row.figures.quality);
        let coarse = row.figures.quality == Quality::Second;
        // Bounds of whole seconds lie half a second behind the last one.
        let text = |ms: u64, more: u64| match coarse {
            true => format!("{} s", ms / 1000 + more),
            false => number::duration(ms),
        };
        let from = first.checked_sub(1).and_then(|at| bounds.get(at));
        let from = from.map_or("0 s".to_owned(), |ms| text(*ms, 1));
        let to = bounds.get(last).map_or("longer".to_owned(), |ms| text(*ms, 0));
        let title = match (coarse, first, last) {
            (true, 0, 0) => format!("{} under 1 s", row.action),
            (true, ..) if from == to => format!("{} of {from}", row.action),
            _ => format!("{} of {from} to {to}", row.action),
        };
        let percent = |part: u64| format!("{:.1} %", part as f64 * 100.0 / all.max(1) as f64);
        let mut words = vec![format!(
            "The histogram is of the row under the cursor of the table ({ROWS})."
        )];
        if coarse {
            words.push(WHOLE.to_owned());
        }
        Some(Explained {
            title,
            sum: format!(
                "{} of {} = {}",
                number::count(count),
                number::count(all),
                percent(count)
            ),
            facts: vec![
                Fact::new("faster", percent(before), "log"),
                Fact::new("slower", percent(all - before - count), "log"),
            ],
            words,
        })
    }

    /// When races are lost, each step.
    fn of_lost(&self, shared: &Shared) -> Option<Explained> {
        let detail = self.detail(shared)?;
        let all: u64 = detail.lost.iter().map(|step| step.count).sum();
        let mut facts = Vec::new();
        facts.extend(
            detail
                .lost_quality
                .map(|quality| Fact::new("quality", facts::quality_words(quality), "log")),
        );
        let mut begin = 0;
        for step in &detail.lost {
            let name = match step.up_to_ms {
                Some(ms) => format!("up to {} s", super::words::decimal(ms)),
                None => format!("over {} s", super::words::decimal(begin)),
            };
            begin = step.up_to_ms.unwrap_or(begin);
            let share = step.count as f64 * 100.0 / all.max(1) as f64;
            let moved = match (step.share, step.moved) {
                (Some(part), _) => format!(", {:.0} % moved", part * 100.0),
                (None, Some(bytes)) => format!(", {} moved", number::size(bytes)),
                (None, None) => String::new(),
            };
            facts.push(Fact::new(
                &name,
                format!("{} ({share:.0} %){moved}", number::count(step.count)),
                "log",
            ));
        }
        let mut words = vec![LOST.to_owned()];
        if detail.lost_of_all {
            words.push(
                "By the hour they are kept of all satellites together: these are not of the one alone.".to_owned(),
            );
        }
        Some(Explained {
            title: format!("{}: {} lost, by how late", detail.node, facts::plural(&self.action)),
            facts,
            words,
            ..Explained::default()
        })
    }

    /// An hour of the day.
    fn of_hour(&self, hour: usize, shared: &Shared) -> Option<Explained> {
        let name = self.subject(shared)?;
        let node = self.nodes(shared).iter().find(|node| node.node == name)?;
        let quality = node.figures.as_ref()?.quality;
        let p95 = node
            .heat
            .get(hour)?
            .map_or("?".to_owned(), |ms| facts::said(ms, quality));
        let text = "p95 of what was won within this hour of the day, over the last seven days, in your zone. A band that \
                    comes back each day is work that does: a walk, a compaction, a backup.";
        Some(words(
            &format!("{name}, {hour:02} to {:02} h: p95 {p95}", (hour + 1) % 24),
            &[text],
        ))
    }
}

fn of_figures(figures: &Figures) -> Vec<Fact> {
    let mut facts = vec![
        Fact::new("durations", number::count(figures.count), "log, started to finished"),
        Fact::new("quality", facts::quality_words(figures.quality), "log"),
    ];
    if figures.left_out > 0 {
        facts.push(Fact::new(
            "of another quality",
            number::count(figures.left_out),
            "left out",
        ));
    }
    let all = [
        ("p50", figures.p50),
        ("p90", figures.p90),
        ("p95", figures.p95),
        ("p99", figures.p99),
    ];
    for (what, ms) in all.into_iter().chain([("longest", Some(figures.max))]) {
        let value = ms.map_or("?".to_owned(), |ms| facts::said(ms, figures.quality));
        facts.push(Fact::new(what, value, "log"));
    }
    facts
}

/// How races ended. The share is of those that began.
fn of_ends(ends: &[u64; 4], from: &str) -> Vec<Fact> {
    let words = ["won", "lost", "failed", "rejected"].into_iter().zip(ends);
    words
        .map(|(what, count)| Fact::new(what, number::count(*count), from))
        .collect()
}

fn of_speed(speed: Speed) -> Fact {
    let rate = |rate: Option<u64>| rate.map_or("?".to_owned(), number::rate);
    let text = format!("{} ({}–{})", rate(speed.p50), rate(speed.p10), rate(speed.p90));
    Fact::new("each at (p10–p90)", text, "size ÷ duration")
}

fn of_row(what: &str, detail: &Detail, row: &Row) -> Explained {
    let mut facts = of_figures(&row.figures);
    if what == "won" {
        facts.splice(0..0, of_ends(&tables::ends_of(detail, row), "log, durations known"));
    }
    if let Some(ms) = row.before_p95 {
        facts.push(Fact::new(
            "p95 a week before",
            facts::said(ms, row.figures.quality),
            "log",
        ));
    }
    facts.extend(row.speed.map(of_speed));
    let about = match what {
        "won" => "Won of all whose duration is known: a log at INFO tells of ends only.",
        "speed" | "speed_low" => SPEED,
        _ => PERCENTILES,
    };
    let size = row.size_class.as_deref().unwrap_or("all sizes");
    Explained {
        title: format!(
            "{}: {} {size}, {}",
            detail.node,
            row.action,
            facts::ended(&row.action, row.outcome)
        ),
        sum: String::new(),
        facts,
        words: vec![about.to_owned(), QUALITY.to_owned()],
    }
}

fn words(title: &str, texts: &[&str]) -> Explained {
    Explained {
        title: title.to_owned(),
        words: texts.iter().map(|text| (*text).to_owned()).collect(),
        ..Explained::default()
    }
}
