//! The table of nodes: what one line tells of each, and the line of all of them.

use super::facts::{self, Rates};
use super::money;
use crate::api::status::{Node, Satellite};
use crate::domain::health::{Rule, State};
use crate::ui::look::{Glyphs, Tone};
use crate::ui::number::{self, Percent, Scale};
use crate::ui::shared::Shared;
use crate::ui::storage;
use crate::ui::table::{Cell, Column, Direction, Row, SortKey, Table};

/// Shares of transfers keep off 100.
const SHARE: Percent<'_> = Percent::new(1, &[]);
/// The online score as a percentage; below 60 it suspends.
const ONLINE: Percent<'_> = Percent::new(1, &[60.0]);
/// Parts of the bar that shows how full a disk is.
const BAR: usize = 6;

/// The mark and tone of a state.
pub(super) fn mark(state: State, glyphs: &Glyphs) -> (&'static str, Tone) {
    match state {
        State::Critical => (glyphs.critical, Tone::Bad),
        State::Warning => (glyphs.warning, Tone::Warn),
        State::Unknown => (glyphs.unknown, Tone::Muted),
        State::Ok => (glyphs.good, Tone::Good),
    }
}

/// How a node is, in a word or two.
pub(super) fn state_words(node: &Node) -> &str {
    match node.reasons.first() {
        None => "ok",
        // A newer collector may know more rules.
        Some(reason) => match Rule::of(&reason.rule) {
            Some(rule) => rule.word(),
            None => &reason.rule,
        },
    }
}

/// The table of all nodes, the worst first.
pub(super) fn table(shared: &Shared) -> Table {
    let nodes = shared.nodes();
    let rates: Vec<Rates> = nodes.iter().map(|node| facts::rates(shared, node)).collect();
    let known = rates.iter().flat_map(|rates| [rates.ingress, rates.egress]).flatten();
    let all = Rates::sum(rates.iter().copied());
    let scale = Scale::rates(known.chain([all.ingress, all.egress].into_iter().flatten()));
    let used = nodes.iter().filter_map(|node| facts::disk(node)).map(|(_, all)| all);
    let bytes = Scale::of(used.chain([facts::disk_sum(nodes).1]));
    let form = Form { shared, scale, bytes };
    let rows: Vec<Row> = nodes
        .iter()
        .zip(&rates)
        .map(|(node, rates)| form.row(node, *rates))
        .collect();
    let columns = form.columns();
    let table = Table::new(columns, rows).empty("no node is configured, nor was one found on this host");
    match nodes.len() {
        0 | 1 => table,
        _ => table.foot(vec![form.fleet(all)]),
    }
}

/// How the figures of the table are written.
struct Form<'a> {
    shared: &'a Shared,
    scale: Scale,
    bytes: Scale,
}

impl Form<'_> {
    fn columns(&self) -> Vec<Column> {
        let rate = self.scale.unit();
        let symbol = money::currency(self.shared).symbol;
        let month = Column::number("month", "MTD").unit(symbol.clone());
        vec![
            Column::text("node", "NODE").bounds(4, 20),
            Column::text("state", "STATE").flexible(9).bounds(9, 24),
            Column::number("version", "VERSION").priority(10),
            Column::number("audit", "AUDIT").priority(9),
            Column::number("left", "LEFT"),
            Column::number("online", "ONLINE").unit("%").priority(4),
            Column::number("in", "IN").unit(rate).priority(2),
            Column::number("out", "OUT").unit(rate).priority(2),
            Column::number("up", "UP").unit("%").priority(5),
            Column::number("down", "DOWN").short("DN").unit("%").priority(6),
            Column::number("bar", "FILL").unsortable().priority(8),
            Column::number("disk", "DISK"),
            Column::number("used", "USED / OF").unit(self.bytes.unit()).priority(8),
            Column::number("free", "FREE").priority(7),
            Column::number("full", "FULL IN")
                .short("FULL")
                .first(Direction::Up)
                .priority(7),
            match money::is_known(self.shared) {
                true => month.short(format!("{symbol} MTD")).priority(5),
                false => month.priority(12).hidden(),
            },
        ]
    }

    fn row(&self, node: &Node, rates: Rates) -> Row {
        let (sign, tone) = mark(node.state, &self.shared.theme.glyphs);
        let old = self.shared.is_stale(node);
        let told = |cell: Cell| match (old, cell.sort) {
            (true, SortKey::Number(_)) => cell.tone(Tone::Stale),
            _ => cell,
        };
        let cells = vec![
            Cell::text(node.name.clone()),
            Cell::text(state_words(node).to_owned()).tone(tone),
            told(version(node)),
            told(audit(node)),
            told(left(node)),
            told(online(node)),
            self.rate(rates.ingress),
            self.rate(rates.egress),
            share(node, "PUT"),
            share(node, "GET"),
            told(self.bar(facts::disk(node))),
            told(percent(facts::disk(node))),
            told(self.used(facts::disk(node))),
            told(free(node)),
            told(storage::full(node, self.shared)),
            told(money::cell(node)),
        ];
        Row::new(node.name.as_str(), cells).mark(sign, tone)
    }

    fn rate(&self, rate: Option<u64>) -> Cell {
        match rate {
            None => Cell::unknown(),
            Some(rate) => Cell::number(self.scale.text(rate), rate as f64),
        }
    }

    fn bar(&self, disk: Option<(u64, u64)>) -> Cell {
        let Some((used, all)) = disk else {
            return Cell::empty();
        };
        let glyphs = self.shared.theme.glyphs;
        let full = facts::part(used, all, BAR);
        let bar = glyphs.full.repeat(full) + &glyphs.empty.repeat(BAR - full);
        Cell::number(bar, used as f64 / all as f64).tone(Tone::Series(0))
    }

    fn used(&self, disk: Option<(u64, u64)>) -> Cell {
        match disk {
            None => Cell::unknown(),
            Some((used, all)) => {
                let text = format!("{} / {}", self.bytes.text(used), self.bytes.text(all));
                Cell::number(text, used as f64)
            }
        }
    }

    /// The line of all nodes.
    fn fleet(&self, rates: Rates) -> Row {
        let nodes = self.shared.nodes();
        let well = nodes.iter().filter(|node| node.state == State::Ok).count();
        let mut versions: Vec<&str> = nodes.iter().filter_map(|node| node.node_version.as_deref()).collect();
        versions.sort_unstable();
        versions.dedup();
        let releases = match versions.len() {
            0 => "?".to_owned(),
            1 => versions[0].to_owned(),
            n => format!("{n} releases"),
        };
        let disk = Some(facts::disk_sum(nodes)).filter(|(_, all)| *all > 0);
        let sum = |action: &str| {
            let flows = nodes.iter().filter_map(|node| node.traffic.by_action.get(action));
            let (won, all) = flows.fold((0, 0), |(won, all), flow| {
                (won + flow.success, all + facts::judged(flow))
            });
            if all == 0 {
                Cell::absent()
            } else {
                Cell::number(SHARE.share(won, all), won as f64)
            }
        };
        let free = nodes
            .iter()
            .filter_map(|node| node.disk.as_ref()?.free)
            .reduce(|a, b| a + b);
        let least = nodes.iter().filter_map(|node| facts::nearest(node)).min();
        let cells = vec![
            Cell::text("fleet"),
            Cell::text(format!("{well} of {} ok", nodes.len())),
            Cell::text(releases),
            Cell::empty(),
            least.map_or(Cell::unknown(), |least| {
                Cell::number(least.to_string(), f64::from(least))
            }),
            Cell::empty(),
            self.rate(rates.ingress),
            self.rate(rates.egress),
            sum("PUT"),
            sum("GET"),
            self.bar(disk),
            percent(disk),
            self.used(disk),
            free.map_or(Cell::unknown(), |free| Cell::number(number::size(free), free as f64)),
            Cell::empty(),
            money::fleet(self.shared),
        ];
        Row::new("fleet", cells)
    }
}

fn version(node: &Node) -> Cell {
    node.node_version.clone().map_or(Cell::unknown(), |version| {
        let parts = version.split('.').map(|part| part.parse().unwrap_or(0.0));
        let order = parts.fold(0.0, |order, part: f64| order * 10_000.0 + part);
        Cell::number(version, order).tone(Tone::Muted)
    })
}

/// The worst score of all satellites that still rate it.
fn worst(node: &Node, score: fn(&Satellite) -> Option<f64>) -> Option<f64> {
    let rating = node.satellites.iter().flatten();
    let rating = rating.filter(|satellite| satellite.disqualified_at.is_none());
    rating.filter_map(score).min_by(f64::total_cmp)
}

/// The score of the satellite that [`left`] tells of.
fn audit(node: &Node) -> Cell {
    let satellites = node.satellites.iter().flatten();
    let key = |satellite: &&Satellite| {
        let left = satellite.audits_left().unwrap_or(u32::MAX);
        (left, (satellite.audit_score.unwrap_or(2.0) * 1e9) as i64)
    };
    let score = satellites.min_by_key(key).map(Satellite::audit_by_now);
    match score {
        Some((Some(score), true)) => Cell::number(number::computed(&number::score(score)), score),
        Some((Some(score), false)) => Cell::number(number::score(score), score),
        _ => Cell::unknown(),
    }
}

fn online(node: &Node) -> Cell {
    match worst(node, |satellite| satellite.online_score) {
        None => Cell::unknown(),
        Some(score) => Cell::number(ONLINE.text(score * 100.0), score),
    }
}

fn left(node: &Node) -> Cell {
    facts::nearest(node).map_or(Cell::unknown(), |left| {
        let tone = facts::left_tone(left);
        let mut nearest = node.satellites.iter().flatten();
        let computed = nearest.any(|satellite| satellite.audits_left() == Some(left) && satellite.audit_by_now().1);
        let text = if computed {
            number::computed(&left.to_string())
        } else {
            left.to_string()
        };
        Cell::number(text, f64::from(left)).tone(tone)
    })
}

/// Of the last hour's transfers of an action those that succeeded.
pub(super) fn share(node: &Node, action: &str) -> Cell {
    let flow = node.traffic.by_action.get(action).copied().unwrap_or_default();
    match facts::judged(&flow) {
        0 if !node.is_followed() => Cell::unknown(),
        0 => Cell::absent(),
        all => Cell::number(SHARE.share(flow.success, all), flow.success as f64 / all as f64),
    }
}

fn percent(disk: Option<(u64, u64)>) -> Cell {
    const WHOLE: Percent<'_> = Percent::new(0, &[]);
    match disk {
        None => Cell::unknown(),
        Some((used, all)) => {
            let share = used as f64 / all as f64;
            let tone = if share >= 0.98 { Tone::Warn } else { Tone::Text };
            Cell::number(format!("{} %", WHOLE.share(used, all)), share).tone(tone)
        }
    }
}

fn free(node: &Node) -> Cell {
    let free = node.disk.as_ref().and_then(|disk| disk.free);
    free.map_or(Cell::unknown(), |free| Cell::number(number::size(free), free as f64))
}
