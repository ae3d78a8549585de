//! What the figures of the pane are, in words.

use super::work::{self, Run};
use super::{Block, Maintenance};
use crate::domain::task::Job;
use crate::domain::task::progress::{Counts, Progress};
use crate::ui::explain::{Explained, Fact};
use crate::ui::number;
use crate::ui::pane::Figure;
use crate::ui::shared::Shared;
use crate::ui::table::RowKey;

impl Maintenance {
    pub(super) fn explained(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        let key = RowKey::from(figure.of.as_str());
        let block = match &self.open {
            Some(_) => Block::Figures,
            None => *[Block::Runs, Block::Running, Block::Filters].iter().find(|block| {
                let table = &self.slot(**block).table;
                table.row(&key).is_some() && table.column(&figure.what).is_some()
            })?,
        };
        let table = &self.slot(block).table;
        let (row, at) = (table.row(&key)?, table.column(&figure.what)?);
        let value = row.text_at(at).to_owned();
        if block == Block::Figures {
            let (what, from) = (row.text_at(0), row.text_at(2));
            return Some(Explained {
                title: format!("{what}: {}", row.text_at(1)),
                facts: vec![Fact::new(what, row.text_at(1), from)],
                words: vec![SIZES.to_owned()],
                ..Explained::default()
            });
        }
        let heading = table.columns().get(at)?.heading().to_lowercase();
        let run = self.runs.iter().find(|run| run.key == figure.of);
        let who = match run {
            Some(run) => format!("{} {}", run.task.node, run.what(shared)),
            None => row.text_at(0).to_owned(),
        };
        let told = run.and_then(|run| Some((run, run.told.as_ref()?)));
        let (source, seen) = match (block, &*figure.what, told) {
            (Block::Running, "share" | "done", Some((_, told))) if told.share().is_some() => {
                (work::teller(told.teller), Some(told.told_ms))
            }
            (Block::Running, "end", Some((run, told))) if run.told_end().is_some() => {
                (work::teller(told.teller), Some(told.told_ms))
            }
            (Block::Running, "share", _) if run.is_some_and(|run| run.share().is_none()) => ("nobody", None),
            (Block::Running, "share", _) if run.is_some_and(|run| run.task.job != Job::Migration) => {
                ("past runs", None)
            }
            (Block::Running, "usual" | "end", _) => ("past runs", None),
            _ => ("the node's log", run.map(|run| run.task.seen_ms)),
        };
        Some(Explained {
            title: format!("{who}: {heading} {value}"),
            facts: vec![Fact::new(&heading, value, source).since(seen, shared.now_ms)],
            sum: run.map_or_else(String::new, |run| sum(run, &figure.what, shared)),
            words: vec![words(block, &figure.what).to_owned()],
        })
    }
}

/// How a figure is made, where it is made here.
fn sum(run: &Run, column: &str, shared: &Shared) -> String {
    if let (true, Some(told)) = (matches!(column, "share" | "end" | "done"), &run.told) {
        return sum_told(told, column, shared);
    }
    match (column, run.expected, run.ends()) {
        ("usual" | "end" | "state", Some(expected), Some([_, likely, _])) => format!(
            "{} + {} of {} past runs = {}",
            number::known(run.task.started_ms, |ms| number::moment(
                ms,
                shared.now_ms,
                &shared.zone
            )),
            work::usual(&expected),
            expected.runs,
            number::moment(likely, shared.now_ms, &shared.zone)
        ),
        _ => String::new(),
    }
}

/// The same by the node's own figures.
fn sum_told(told: &Progress, column: &str, shared: &Shared) -> String {
    let time = |ms: i64| number::moment(ms, shared.now_ms, &shared.zone);
    match (column, told.done.zip(told.of), told.left_ms) {
        ("end", _, Some(left)) => {
            let end = time(told.told_ms.saturating_add_unsigned(left));
            format!("{} + {} = {end}", time(told.told_ms), number::duration(left))
        }
        ("share" | "done", Some((done, of)), _) => {
            let what = match told.counts {
                Counts::Records => "records",
                Counts::Folders => "folders",
            };
            format!("{} of {} {what}", number::count(done), number::count(of))
        }
        _ => String::new(),
    }
}

const SIZES: &str = "The node writes sizes with three digits: sums of them are no more exact than that.";

/// What a column means.
fn words(block: Block, column: &str) -> &'static str {
    if block == Block::Filters {
        return match column {
            "made" | "age" => {
                "When the satellite made it. Pieces that it does not name and that are older go to the trash, and leave it after seven days. Until a new one comes, what customers deleted since stays on the disk, unpaid."
            }
            "came" => "When a node first told that it came; satellites send them some days after they made them.",
            "every" => {
                "How far apart the filters of the last month were made, the middle one. Unknown: fewer than four were seen."
            }
            "nodes" => "Nodes whose log tells of this one, and those whose newest is older.",
            _ => "By the node's log.",
        };
    }
    match column {
        "started" | "since" => {
            "When its first line came. With < nobody saw that: it began before, and rounds that are over may be missing in its figures."
        }
        "took" | "for" => {
            "By the node's own figure where it gives one, else by the stamps of begin and end, which have whole seconds. With … it goes on."
        }
        "state" => {
            "Interrupted: the node stopped or started again before it ended; it does the work again by itself. Lost: the same work began again in the same process, so its end is not in the log. Late: it takes longer than nine of ten past runs of the same work did."
        }
        "phase" => "What the last line of it tells. Between two of them hours can pass in which the log tells nothing.",
        "share" => {
            "= the node tells it: a compaction its records, a migration and walks their folders, of 1024 in all (small nodes have fewer). ≈ how long it goes on against the middle of past runs; once it takes longer than that, nothing is known. Past the hour of now only the last answer of each hour is kept."
        }
        "done" => {
            "Of a compaction its records by /metrics, else what it rewrote by the log, told after each round. Of a migration the pace of the last hours, else what it moved. Of walks folders of 1024, by the node's databases."
        }
        "end" => {
            "= the node's own guess, by /metrics. ≈ for a migration: the folders left at the pace at which they became empty; else the middle of past runs of the same store, of the node, or of all. Disks that are busy with something else take longer."
        }
        "usual" => {
            "The middle of past runs of the same store where there are three, else of the node, else of all, by the size of its logs; in brackets one of ten was below, one above. Disks that are busy with something else take longer."
        }
        "before" | "after" => {
            "Bytes of the store's logs when the compaction began and ended. New pieces come meanwhile."
        }
        "reclaimed" => "Bytes given back to the disk. Known of a compaction only when all its rounds are.",
        "rewritten" => "Bytes that had to be copied to free the rest: the work the disk had.",
        "load" => "How full the table of the store is; it grows when it has to.",
        "trash" => "The share of the logs that is trash, and leaves after seven days.",
        "word" => "How long ago the log last told of it. Long walks are silent until they end.",
        _ => "By the node's log.",
    }
}
