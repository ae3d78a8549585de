//! What the figures of the pane are, in words.

use super::Traffic;
use super::block::Slot;
use crate::ui::explain::{Explained, Fact};
use crate::ui::number;
use crate::ui::pane::Figure;
use crate::ui::shared::Shared;
use crate::ui::table::RowKey;

impl Traffic {
    pub(super) fn explained(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        if figure.what.starts_with("chart.") {
            return Some(chart(&figure.what));
        }
        let key = RowKey::from(figure.of.as_str());
        let slot = self
            .slots
            .iter()
            .find(|slot| slot.table.row(&key).is_some() && slot.table.column(&figure.what).is_some())?;
        let words = words(slot, &figure.what)?;
        let row = slot.table.row(&key)?;
        let column = slot.table.column(&figure.what)?;
        let heading = slot.table.columns().get(column)?.heading();
        let who = row.text_at(0);
        let value = row.text_at(column).to_owned();
        let mut facts = vec![Fact::new(&heading, value.clone(), "counted from the log")];
        for id in ["all", "success", "count"] {
            if let Some(at) = slot.table.column(id).filter(|at| *at != column) {
                let name = slot.table.columns().get(at)?.heading();
                facts.push(Fact::new(&name, row.text_at(at), "counted from the log"));
            }
        }
        Some(Explained {
            title: format!("{who}: {} {value}", heading.to_lowercase()),
            facts,
            words: vec![words.to_owned(), of_when(slot, shared)],
            ..Explained::default()
        })
    }
}

fn chart(what: &str) -> Explained {
    let way = if what == "chart.in" {
        "to the node"
    } else {
        "from the node"
    };
    Explained {
        title: format!("What comes {way}"),
        words: vec![
            "The line is of successful transfers of customers, in whole buckets; repair has a line of its own. A hole is a time of which no log was read: not zero.".to_owned(),
            "The figures at its right are of the last ten seconds, repair and audits included. In flight is what began and did not end yet; it is known where the node logs at DEBUG.".to_owned(),
        ],
        ..Explained::default()
    }
}

/// Of which time the figures of a block are.
fn of_when(slot: &Slot, shared: &Shared) -> String {
    use super::block::Block;
    let at = shared.moment().or(shared.time.end);
    let to = at.map(|second| number::moment(second * 1000, shared.now_ms, &shared.zone));
    match (slot.block, to) {
        (Block::Pieces | Block::Peers | Block::Countries, _) => "Live: of the last hour or two.".to_owned(),
        (Block::Hours, None) => "Of the hour that is named; the newest one still runs.".to_owned(),
        (Block::Hours, Some(to)) => format!("Of the hour that is named, until {to}."),
        (_, None) => format!("Of the last {}.", shared.time.range.name()),
        (_, Some(to)) => format!("Of {} until {to}.", shared.time.range.name()),
    }
}

/// What a column means.
fn words(slot: &Slot, column: &str) -> Option<&'static str> {
    use super::block::Block;
    let peers = matches!(slot.block, Block::Peers | Block::Countries | Block::Pieces);
    Some(match column {
        "all" => "All transfers that began: successes, canceled and failed ones. What was refused did not begin.",
        "success" => {
            "All bytes went over and were answered. That a satellite counts an upload as yours is more: a late one may still be thrown away."
        }
        "won" | "up" | "down" if !peers => {
            "Successes in a hundred of all that began, each action for itself. Lost races are usual: more nodes are asked than are needed, and the slowest are canceled. Where a node logs at INFO, failures of uploads that clients gave up are missing, and the true share is lower."
        }
        "won" | "up" | "down" => "Successes in a hundred of what is surely this peer's.",
        "race_lost" => {
            "Other nodes were faster: the client had enough and canceled. No fault, but lost income; a slow disk or line shows here."
        }
        "peer_closed" => {
            "The client closed the stream, or the node does not know why it was canceled: that is what a broken connection leaves."
        }
        "peer" => "The client gave up an upload. Logged at DEBUG only.",
        "disconnect" => "The connection broke.",
        "missing" => {
            "The piece is not on the disk. In audits and repairs this counts against the node, and a few dozen disqualify it."
        }
        "error" | "errors" => "Any other failure: see ERRORS, danger first.",
        "rejected" => "The node refused uploads: more at once than storage2.max-concurrent-requests allows.",
        "bytes" if slot.block == Block::Pieces => "Bytes that were asked for of this piece.",
        "bytes" => "Bytes of successful transfers. Sizes are powers of ten.",
        "wasted" => {
            "Bytes of uploads that were canceled or failed: they came, were written and thrown away. Of downloads the log does not say what was sent."
        }
        "in" | "out" | "repair" => "Bytes of successful transfers of customers; repair has a column of its own.",
        "audit" => "Audits that passed. A canceled one has passed: the auditor hangs up when it has its bytes.",
        "audits" => "Audits, however they ended.",
        "trend" => "Against the seven days before: new, so many times as often, the same, or less.",
        "count" if slot.block == Block::Errors => "How often in the time that is shown.",
        "count" | "reads" => {
            "About how often: the lists hold the most frequent, a count is never too low, and ≈ says that it may be too high."
        }
        "share" => "Of all bytes both ways.",
        "size" if slot.block == Block::Pieces => "So far reads reached into the piece: it is at least so large.",
        "size" | "up.bar" | "down.bar" => {
            "Sizes are of what was asked for; classes are powers of two, as pieces are cut."
        }
        "template" => "The error's text, with what varies taken out: addresses, numbers, ids.",
        _ => return None,
    })
}
