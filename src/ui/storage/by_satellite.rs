//! All nodes together by satellite: what each pays for, what of its pieces lies there unpaid, whose filter is late.

use super::{BY_SATELLITE, Storage, asks, tables};
use crate::api::message::Answer;
use crate::api::storage::{Home, NodeStorage, SatelliteStorage};
use crate::domain::task::Task;
use crate::ui::explain::{Explained, Fact};
use crate::ui::look::Tone;
use crate::ui::number::{self, Percent, Scale, size};
use crate::ui::pane::{Figure, Page};
use crate::ui::shared::Shared;
use crate::ui::table::{Cell, Column, Direction, Row, Table, TableState};

/// Rows are told by this, and the satellite's id.
const KEY: &str = "fleet\t";
/// Nodes that are told of one by one.
const MOST: usize = 12;

/// One figure of a satellite on each node that has it: `None` where it is unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Figures(Vec<(String, Option<u64>)>);

impl Figures {
    /// The sum of what is known; `None`: nothing is.
    fn sum(&self) -> Option<u64> {
        let known = self.0.iter().filter_map(|(_, bytes)| *bytes);
        known.reduce(u64::saturating_add)
    }

    fn is_whole(&self) -> bool {
        self.0.iter().all(|(_, bytes)| bytes.is_some())
    }

    fn known(&self) -> usize {
        self.0.iter().filter(|(_, bytes)| bytes.is_some()).count()
    }
}

/// A satellite on all nodes.
#[derive(Debug, Clone, Default, PartialEq)]
struct Line {
    id: String,
    name: String,
    paid: Figures,
    kept: Figures,
    trash: Figures,
    dead: Figures,
    garbage: Figures,
    /// The node whose newest bloom filter is the oldest, and when it was made.
    filter: Option<(String, i64)>,
}

impl Line {
    const FIGURES: [&'static str; 5] = ["paid", "kept", "trash", "dead", "garbage"];

    fn figures(&self, what: &str) -> Option<&Figures> {
        match what {
            "paid" | "share" | "satellite" | "places" => Some(&self.paid),
            "kept" => Some(&self.kept),
            "trash" => Some(&self.trash),
            "dead" => Some(&self.dead),
            "garbage" => Some(&self.garbage),
            _ => None,
        }
    }

    fn add(&mut self, node: &NodeStorage, home: Home, one: &SatelliteStorage, gone: bool) {
        let mut put = |figures: fn(&mut Self) -> &mut Figures, bytes| {
            figures(self).0.push((node.node.clone(), bytes));
        };
        put(|line| &mut line.paid, if gone { Some(0) } else { one.paid });
        put(|line| &mut line.kept, one.kept(home));
        put(|line| &mut line.trash, one.trash(home));
        put(|line| &mut line.dead, one.dead(home));
        put(|line| &mut line.garbage, one.garbage(home));
    }
}

/// The block's state.
pub(super) struct BySatellite {
    pub(super) on: bool,
    pub(super) has_keys: bool,
    pub(super) table: Table,
    pub(super) state: TableState,
    all: Vec<Line>,
    stamp: String,
}

impl Default for BySatellite {
    fn default() -> Self {
        Self {
            on: false,
            has_keys: false,
            table: Table::new(Vec::new(), Vec::new()).empty("reading …"),
            state: TableState::default(),
            all: Vec::new(),
            stamp: String::new(),
        }
    }
}

impl BySatellite {
    /// Takes what was answered. Of one node alone there is nothing to add up.
    pub(super) fn take(&mut self, nodes: usize, shared: &Shared) {
        self.on &= nodes > 1;
        self.has_keys &= self.on;
        if !self.on {
            return;
        }
        let key = asks::fleet_key(shared);
        let answer = shared.answers.of(asks::FLEET, &key);
        let answered = [asks::FLEET, asks::FLEET_FILTERS].map(|slot| {
            let known = shared.answers.of(slot, &key).map(|answer| answer.is_ok());
            (known, shared.answers.answered_ms(slot))
        });
        let stamp = format!("{key}\t{answered:?}\t{}", shared.theme.glyphs.unicode);
        if stamp != self.stamp {
            let filters = match shared.answers.of(asks::FLEET_FILTERS, &key) {
                Some(Ok(Answer::Tasks(tasks))) => tasks.as_slice(),
                _ => &[],
            };
            self.all = match answer {
                Some(Ok(Answer::Storage(told))) => lines(told, filters, |node| super::gone(shared, node)),
                _ => Vec::new(),
            };
            let empty = match answer {
                None => "reading …",
                Some(Err(_)) => shared.again(),
                Some(Ok(_)) => "no node has told what satellites store",
            };
            self.table = table(&self.all, shared).empty(empty);
            self.state.update(&self.table);
            self.stamp = stamp;
        }
        if self.state.selected().is_none() && !self.state.is_empty() {
            self.state.home();
            self.state.settle(&self.table);
        }
    }

    /// Lines it would like, heading included.
    pub(super) fn lines(&self) -> u16 {
        let foot = if self.table.has_foot() { 2 } else { 0 };
        2 + foot + self.state.len().clamp(1, 12) as u16
    }

    /// What a figure is made of, node by node.
    pub(super) fn explained(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        let id = figure.of.strip_prefix(KEY)?;
        let line = self.all.iter().find(|line| line.id == id)?;
        if matches!(figure.what.as_str(), "filter" | "node") {
            let (node, ms) = line.filter.clone()?;
            let made = number::date_and_minute(ms, &shared.zone);
            return Some(Explained {
                title: format!("{}: the filter that is longest ago", line.name),
                sum: String::new(),
                facts: vec![Fact::new(&node, made, "the node's log").since(Some(ms), shared.now_ms)],
                words: vec![
                    "A satellite sends each node the list of what is still wanted every few days. Of each node the \
                     newest counts, of all nodes the one that is longest ago. What was deleted since lies there \
                     unpaid. It is the satellite's turn: nothing to do."
                        .to_owned(),
                ],
            });
        }
        let figures = line.figures(&figure.what)?;
        let source = source(&figure.what);
        let of_node = |(node, bytes): &(String, Option<u64>)| Fact::new(node, number::known(*bytes, size), source);
        let mut words = vec![meaning(&figure.what).to_owned()];
        if figures.0.len() > MOST {
            words.push(format!("{} more nodes are in the sum.", figures.0.len() - MOST));
        }
        Some(Explained {
            title: format!("{}: {}", line.name, name(&figure.what)),
            sum: figures.sum().map_or(String::new(), |sum| {
                format!(
                    "{} on {} of {} nodes that have it",
                    size(sum),
                    figures.known(),
                    figures.0.len()
                )
            }),
            facts: figures.0.iter().take(MOST).map(of_node).collect(),
            words,
        })
    }
}

fn name(what: &str) -> &'static str {
    match what {
        "kept" => "what is stored",
        "trash" => "its trash",
        "dead" => "its dead data",
        "garbage" => "stored and not paid",
        _ => "what it pays for",
    }
}

fn source(what: &str) -> &'static str {
    match what {
        "kept" => "piece_spaced_used.db, /metrics LenSet − LenTrash",
        "trash" => "/metrics LenTrash",
        "dead" => "/metrics LenLogs − LenSet",
        "garbage" => "stored − paid",
        _ => "API, last tally",
    }
}

fn meaning(what: &str) -> &'static str {
    match what {
        "kept" => {
            "Its pieces without trash and dead data: blobs by the node's databases, a hashstore by its debug endpoint. \
             Unknown where one of them is there and does not tell."
        }
        "trash" => {
            "Only a hashstore tells by its debug endpoint whose trash it is; blobs tell of all trash in one figure."
        }
        "dead" => {
            "What logs hold and the table does not know: deleted pieces, and room that open logs have reserved (from \
             1.154 on, up to 64 MiB each). Of a node with blobs alone there is none."
        }
        "garbage" => {
            "Deleted by customers and named by no bloom filter yet, and what came since the tally. Unknown, never below \
             zero, where more is paid than stored."
        }
        _ => "The average of the last day that can be believed, by the satellite's own count, of each node.",
    }
}

/// `gone`: who disqualified a node and pays nothing there any more.
fn lines(told: &[NodeStorage], filters: &[Task], gone: impl Fn(&str) -> Vec<String>) -> Vec<Line> {
    let mut all: Vec<Line> = Vec::new();
    for node in told {
        let home = node.home();
        let gone = gone(&node.node);
        let ours: Vec<&Task> = filters.iter().filter(|task| task.node == node.node).collect();
        for one in &node.satellites {
            let at = all.iter().position(|line| line.id == one.satellite_id);
            let at = at.unwrap_or_else(|| {
                all.push(Line {
                    id: one.satellite_id.clone(),
                    name: one.name.clone(),
                    ..Line::default()
                });
                all.len() - 1
            });
            let line = &mut all[at];
            line.add(node, home, one, gone.contains(&one.satellite_id));
            let newest = tables::filter_of(ours.iter().copied(), &one.satellite_id);
            let oldest = line.filter.as_ref().map(|(_, ms)| *ms);
            if let Some(ms) = newest.filter(|ms| oldest.is_none_or(|oldest| *ms < oldest)) {
                line.filter = Some((node.node.clone(), ms));
            }
        }
    }
    all.sort_by(|a, b| b.paid.sum().cmp(&a.paid.sum()).then_with(|| a.name.cmp(&b.name)));
    all
}

/// Adds up a figure of all satellites.
fn total(all: &[Line], what: &str) -> Figures {
    let figures = all.iter().filter_map(|line| line.figures(what));
    Figures(figures.flat_map(|figures| figures.0.clone()).collect())
}

fn table(all: &[Line], shared: &Shared) -> Table {
    let totals = Line::FIGURES.map(|what| total(all, what));
    let form = Scale::of(totals.iter().filter_map(Figures::sum));
    let paid = totals[0].sum().filter(|_| totals[0].is_whole());
    let number = |id: &'static str, title: &'static str| Column::number(id, title);
    let columns = vec![
        Column::text("satellite", "SATELLITE").short("SAT").bounds(4, 20),
        number("paid", "PAID")
            .short(format!("PAID {}", form.unit()))
            .unit(form.unit()),
        number("share", "SHARE").short("SHARE %").unit("%").priority(2),
        number("kept", "STORED").priority(3),
        number("garbage", "GARBAGE").priority(1),
        number("dead", "DEAD").priority(4),
        number("trash", "TRASH").priority(5),
        number("places", "NODES").priority(7),
        Column::number("filter", "OLDEST BLOOM FILTER")
            .short("OLDEST FILTER")
            .first(Direction::Up),
        Column::text("node", "ON").bounds(4, 20).priority(6),
    ];
    let bytes = |figures: &Figures| match figures.sum() {
        None => Cell::unknown(),
        Some(sum) => {
            let tone = if figures.is_whole() { Tone::Text } else { Tone::Muted };
            Cell::number(form.text(sum), sum as f64).tone(tone)
        }
    };
    let share = |part: Option<u64>| match part.zip(paid) {
        Some((part, whole)) => Cell::number(Percent::new(0, &[]).share(part, whole), part as f64),
        None => Cell::unknown(),
    };
    let row = |line: &Line| {
        let whole = Some(&line.paid).filter(|paid| paid.is_whole());
        let nodes = line.paid.0.len();
        let cells = vec![
            Cell::text(line.name.clone()).of(&line.id),
            bytes(&line.paid),
            share(whole.and_then(Figures::sum)),
            bytes(&line.kept),
            bytes(&line.garbage),
            bytes(&line.dead),
            bytes(&line.trash),
            Cell::number(nodes.to_string(), nodes as f64),
            filter(line, shared),
            line.filter
                .as_ref()
                .map_or(Cell::empty(), |(node, _)| Cell::text(node.clone())),
        ];
        Row::new(format!("{KEY}{}", line.id), cells)
    };
    let table = Table::new(columns, all.iter().map(row).collect()).one_line();
    if all.is_empty() {
        return table;
    }
    let [paid, kept, trash, dead, garbage] = totals;
    table.foot(vec![Row::new(
        "total",
        vec![
            Cell::text("total"),
            bytes(&paid),
            Cell::empty(),
            bytes(&kept),
            bytes(&garbage),
            bytes(&dead),
            bytes(&trash),
            Cell::empty(),
            Cell::empty(),
            Cell::empty(),
        ],
    )])
}

fn filter(line: &Line, shared: &Shared) -> Cell {
    let Some((_, ms)) = &line.filter else {
        return Cell::unknown();
    };
    let now_ms = shared.moment().map_or(shared.now_ms, |second| second * 1000);
    let (text, tone) = tables::filter_text(*ms, now_ms, &shared.zone);
    Cell::number(text, *ms as f64).tone(tone)
}

impl Storage {
    pub(super) fn by_satellite_block(&self, page: &mut Page<'_>, lines: u16) {
        if lines < 3 {
            return;
        }
        page.rule("ALL NODES BY SATELLITE", "dim: not of all nodes · v: one node");
        self.by_satellite_table(page, lines - 1);
    }

    pub(super) fn by_satellite_table(&self, page: &mut Page<'_>, lines: u16) {
        let area = page.take(lines);
        let block = &self.by_satellite;
        page.table(BY_SATELLITE, area, &block.table, &block.state, block.has_keys);
    }
}
