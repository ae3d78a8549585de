//! What nodes earn, added up: over nodes by satellite, by month, and as a whole. Made when answers come.

use std::collections::BTreeMap;

use super::cash::Cash;
use crate::api::money::{
    Amounts, Component, Confidence, Costs, Estimate, MonthMoney, MonthState, NextPayout, NodeMoney, NoteKind, Part,
    Parts, Receipt, SatelliteMoney, Stub, Sum, Tallies, Unpaid,
};
use crate::domain::money::{Micro, Month};

/// A sum of what is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) sum: Micro,
    /// So many of those asked know it.
    pub(super) known: usize,
    pub(super) of: usize,
}

impl Total {
    pub(super) fn add(&mut self, amount: Option<Micro>) {
        self.of += 1;
        if let Some(amount) = amount {
            self.known += 1;
            self.sum += amount;
        }
    }

    /// `None`: nobody knows any of it.
    pub(super) fn known(self) -> Option<Micro> {
        (self.known > 0).then_some(self.sum)
    }

    pub(super) fn is_whole(self) -> bool {
        self.known == self.of
    }
}

/// A component of a satellite, over nodes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct PartSum {
    pub(super) bytes: u64,
    pub(super) byte_hours: f64,
    pub(super) amounts: Amounts,
    /// Somewhere the price is unknown, or all of it.
    pub(super) unknown: bool,
    /// Cents; the least and the most.
    pub(super) price: Option<(i64, i64)>,
}

impl PartSum {
    pub(super) fn add(&mut self, part: &Part) {
        self.bytes = self.bytes.saturating_add(part.bytes);
        self.byte_hours += part.byte_hours.unwrap_or(0.0);
        match part.amounts {
            Some(amounts) => self.amounts += amounts,
            None => self.unknown = true,
        }
        if let Some(cents) = part.price {
            let (low, high) = self.price.unwrap_or((cents, cents));
            self.price = Some((low.min(cents), high.max(cents)));
        }
    }

    /// `None`: nothing of it is known.
    pub(super) fn gross(&self) -> Option<Micro> {
        (!self.unknown || self.amounts.gross.0 != 0).then_some(self.amounts.gross)
    }
}

/// Satellites of a node, or nodes of a satellite, added up.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Earned {
    /// A satellite's id, or a node.
    pub(super) key: String,
    pub(super) name: String,
    pub(super) parts: Parts<PartSum>,
    pub(super) so_far: Amounts,
    pub(super) month_end: Total,
    pub(super) node_month_end: Total,
    /// Percent that is kept back: the least and the most.
    pub(super) rate: Option<(i64, i64)>,
    /// So many disqualified, so many are trusted no more.
    pub(super) gone: usize,
    pub(super) untrusted: usize,
    pub(super) count: usize,
}

impl Earned {
    pub(super) fn new(key: &str, name: &str) -> Self {
        Self {
            key: key.to_owned(),
            name: name.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, one: &SatelliteMoney) {
        self.count += 1;
        self.so_far += one.so_far;
        self.parts.storage.add(&one.parts.storage);
        self.parts.egress.add(&one.parts.egress);
        self.parts.repair.add(&one.parts.repair);
        self.parts.audit.add(&one.parts.audit);
        self.month_end.add(one.month_end.map(|end| end.net));
        self.node_month_end.add(one.node_month_end);
        if let Some(percent) = one.held_percent {
            let (low, high) = self.rate.unwrap_or((percent, percent));
            self.rate = Some((low.min(percent), high.max(percent)));
        }
        self.gone += usize::from(one.disqualified_ms.is_some());
        self.untrusted += usize::from(!one.trusted);
    }

    /// Somewhere a price is unknown.
    pub(super) fn is_part(&self) -> bool {
        self.parts.each().iter().any(|part| part.unknown)
    }

    /// What is known of net.
    pub(super) fn net(&self) -> Option<Micro> {
        (!self.is_part() || self.so_far.gross.0 != 0).then_some(self.so_far.net)
    }
}

/// A month, over nodes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MonthSum {
    pub(super) month: Month,
    pub(super) state: MonthState,
    pub(super) ours: Total,
    pub(super) node: Total,
    pub(super) gross: Parts<Micro>,
    /// By the month's end: of nodes that estimate it, and what the others earned so far.
    expected: Micro,
    estimating: usize,
    /// Of nodes that have any paystub.
    pub(super) stub: Option<Stub>,
    pub(super) stubs: Total,
    /// Paystubs without ours, of nodes that know both; and ours of those.
    pub(super) difference: Option<(Micro, Micro)>,
    /// So many nodes know both.
    pub(super) compared: usize,
    /// What its payouts sent of earlier months, and with which later ones it was sent itself.
    pub(super) brought: Vec<Month>,
    pub(super) sent_with: Vec<Month>,
    /// Nodes and satellites.
    pub(super) missing: Vec<(String, String)>,
    pub(super) postponed: Vec<String>,
    pub(super) receipts: Vec<Receipt>,
}

impl MonthSum {
    fn of(month: Month) -> Self {
        Self {
            month,
            state: MonthState::Paid,
            ours: Total::default(),
            node: Total::default(),
            gross: Parts::default(),
            expected: Micro(0),
            estimating: 0,
            stub: None,
            stubs: Total::default(),
            difference: None,
            compared: 0,
            brought: Vec::new(),
            sent_with: Vec::new(),
            missing: Vec::new(),
            postponed: Vec::new(),
            receipts: Vec::new(),
        }
    }

    fn add(&mut self, node: &str, one: &MonthMoney) {
        if urgency(one.state) > urgency(self.state) {
            self.state = one.state;
        }
        self.ours.add(one.ours);
        self.node.add(one.node);
        self.gross += one.gross;
        let so_far = || one.gross.each().into_iter().copied().sum();
        self.expected += one.expected.unwrap_or_else(so_far);
        self.estimating += usize::from(one.expected.is_some());
        self.stubs.add(one.stub.map(|stub| stub.paid));
        if let Some(stub) = one.stub {
            let mut sum = self.stub.unwrap_or_default();
            sum += stub;
            self.stub = Some(sum);
        }
        if let Some((difference, ours)) = one.difference.zip(one.compared.or(one.ours)) {
            let (sum, from) = self.difference.unwrap_or_default();
            self.difference = Some((sum + difference, from + ours));
            self.compared += 1;
        }
        let later = one.sent.iter().filter(|part| part.month != one.month);
        self.sent_with.extend(later.map(|part| part.month));
        self.brought.extend(one.brought.iter().map(|part| part.month));
        for months in [&mut self.sent_with, &mut self.brought] {
            months.sort();
            months.dedup();
        }
        let missing = one.missing.iter().map(|satellite| (node.to_owned(), satellite.clone()));
        self.missing.extend(missing);
        if one.state == MonthState::Postponed {
            self.postponed.push(node.to_owned());
        }
        let receipts = one.satellites.iter().flat_map(|satellite| &satellite.receipts);
        self.receipts.extend(receipts.cloned());
    }

    /// Gross by the month's end, of a month that runs.
    pub(super) fn expected(&self) -> Option<Micro> {
        (self.estimating > 0 && self.state == MonthState::Running).then_some(self.expected)
    }

    /// For the month itself: paid without what came back of earlier ones.
    pub(super) fn settled(&self) -> Option<Micro> {
        self.stub.map(|stub| stub.paid - stub.disposed)
    }

    /// What the node's own page calls paid: with what came back of earlier months.
    pub(super) fn paid(&self) -> Option<Micro> {
        self.stub.map(|stub| stub.paid)
    }

    /// ` (of 2 of 5 nodes)` where the difference is not of all.
    pub(super) fn compared_words(&self) -> String {
        match self.compared {
            compared if compared == self.stubs.of || compared == 0 => String::new(),
            compared => format!(" (of {compared} of {} nodes)", self.stubs.of),
        }
    }
}

/// What a fleet's month is called by one word: the one that wants a look most.
fn urgency(state: MonthState) -> u8 {
    match state {
        MonthState::Paid => 0,
        MonthState::Postponed => 1,
        MonthState::Waiting => 2,
        MonthState::Missing => 3,
        MonthState::Running => 4,
    }
}

/// The same thing to know of several nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) kind: NoteKind,
    pub(super) text: String,
    pub(super) more: String,
    pub(super) nodes: Vec<String>,
}

/// By the month's end.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Ahead {
    pub(super) ours: Option<Estimate>,
    pub(super) trend: Option<Estimate>,
    pub(super) node: Total,
    /// When the node told it; of several the oldest.
    pub(super) told_ms: Option<i64>,
    /// Nodes that know an estimate of their own tallies.
    pub(super) known: usize,
    /// From low to high; `None`: one of those estimates has no range.
    pub(super) range: Option<(Micro, Micro)>,
    pub(super) confidence: Confidence,
    pub(super) because: Vec<String>,
}

/// What TBs bring, over nodes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Yields {
    pub(super) per_tb_used: Option<Micro>,
    pub(super) per_tb_paid: Option<Micro>,
    pub(super) per_tb_egress: Option<Micro>,
    pub(super) used: Option<u64>,
    pub(super) paid: Option<u64>,
    pub(super) unpaid: Vec<(Unpaid, u64, Option<Micro>)>,
}

impl Yields {
    pub(super) fn unpaid_bytes(&self) -> u64 {
        self.unpaid.iter().map(|(_, bytes, _)| bytes).sum()
    }

    pub(super) fn unpaid_worth(&self) -> Option<Micro> {
        let known = self.unpaid.iter().filter_map(|(.., worth)| *worth);
        known.reduce(|a, b| a + b)
    }
}

/// All of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Book {
    pub(super) nodes: Vec<NodeMoney>,
    pub(super) cash: Cash,
    pub(super) so_far: Sum,
    pub(super) ahead: Ahead,
    pub(super) tallies: Tallies,
    pub(super) held: crate::api::money::Held,
    pub(super) yields: Yields,
    pub(super) costs: Option<Costs>,
    pub(super) payout: Option<NextPayout>,
    pub(super) satellites: Vec<Earned>,
    pub(super) by_node: Vec<Earned>,
    pub(super) months: Vec<MonthSum>,
    pub(super) notes: Vec<Known>,
    /// Nodes that told nothing of money.
    pub(super) silent: Vec<String>,
}

/// Whether a node told anything of money.
pub(super) fn told_any(node: &NodeMoney) -> bool {
    let month = |month: &MonthMoney| month.ours.is_some() || month.node.is_some() || month.stub.is_some();
    !node.satellites.is_empty() || node.told.is_some() || node.history.iter().any(month)
}

impl Book {
    pub(super) fn of(nodes: &[NodeMoney]) -> Self {
        let mut so_far = Sum::default();
        let mut tallies = Tallies::default();
        for node in nodes {
            so_far += node.so_far;
            tallies += node.tallies;
        }
        let silent = nodes.iter().filter(|node| !told_any(node));
        Self {
            cash: nodes
                .first()
                .map_or_else(Cash::default, |node| Cash::of(&node.currency)),
            so_far,
            ahead: ahead(nodes),
            tallies,
            held: super::sums::held(nodes),
            yields: super::sums::yields(nodes),
            costs: super::sums::costs(nodes),
            payout: nodes
                .iter()
                .filter_map(|node| node.payout)
                .min_by_key(|next| next.about_ms),
            satellites: by_satellite(nodes),
            by_node: nodes.iter().map(|node| by_node(node, None)).collect(),
            months: months(nodes),
            notes: notes(nodes),
            silent: silent.map(|node| node.node.clone()).collect(),
            nodes: nodes.to_vec(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.silent.len() == self.nodes.len()
    }

    /// The month that is told in full.
    pub(super) fn month(&self) -> Option<Month> {
        self.nodes.first().map(|node| node.month)
    }

    /// What is known of it by paystubs.
    pub(super) fn of_month(&self) -> Option<&MonthSum> {
        let month = self.month()?;
        self.months.iter().find(|sum| sum.month == month)
    }

    /// Settled, and not sent with any payout until now.
    pub(super) fn waits(&self) -> Micro {
        let months = self.nodes.iter().flat_map(|node| &node.history);
        months.map(|month| month.waits).sum()
    }

    /// Of whom it is told when hardware has paid for itself, where that is not of all whose running costs are summed up:
    /// `attic alone`, `2 of 4 nodes`.
    pub(super) fn paid_back_words(&self) -> String {
        let with = |of: &dyn Fn(&Costs) -> bool| -> Vec<&str> {
            let nodes = self.nodes.iter();
            let named = nodes.filter(|node| node.costs.as_ref().is_some_and(of));
            named.map(|node| node.node.as_str()).collect()
        };
        let invested = with(&|costs| costs.invested.is_some());
        let summed = with(&|costs| costs.total.is_some());
        match invested.as_slice() {
            [] => String::new(),
            all if summed.is_empty() || all == summed.as_slice() => String::new(),
            [one] => format!("{one} alone"),
            many => format!("{} of {} nodes", many.len(), self.nodes.len()),
        }
    }

    /// It is over.
    pub(super) fn is_past(&self) -> bool {
        self.nodes
            .first()
            .is_some_and(|node| node.now_ms >= node.month.end_ms())
    }

    /// How much of it is over: 0 to 1.
    pub(super) fn gone(&self) -> f64 {
        self.nodes.first().map_or(0.0, |node| node.gone.clamp(0.0, 1.0))
    }
}

/// A node's satellites added up; all, or one of them.
pub(super) fn by_node(node: &NodeMoney, satellite: Option<&str>) -> Earned {
    let mut sum = Earned::new(&node.node, &node.node);
    let wanted = |one: &&SatelliteMoney| satellite.is_none_or(|id| one.satellite_id == id);
    node.satellites.iter().filter(wanted).for_each(|one| sum.add(one));
    sum
}

fn by_satellite(nodes: &[NodeMoney]) -> Vec<Earned> {
    let mut sums: BTreeMap<&str, Earned> = BTreeMap::new();
    for one in nodes.iter().flat_map(|node| &node.satellites) {
        let sum = sums.entry(&one.satellite_id);
        sum.or_insert_with(|| Earned::new(&one.satellite_id, &one.name))
            .add(one);
    }
    let mut sums: Vec<Earned> = sums.into_values().collect();
    sums.sort_by(|a, b| b.so_far.gross.cmp(&a.so_far.gross).then_with(|| a.name.cmp(&b.name)));
    sums
}

fn months(nodes: &[NodeMoney]) -> Vec<MonthSum> {
    let mut sums: BTreeMap<Month, MonthSum> = BTreeMap::new();
    for node in nodes {
        for month in &node.history {
            let sum = sums.entry(month.month).or_insert_with(|| MonthSum::of(month.month));
            sum.add(&node.node, month);
        }
    }
    sums.into_values().rev().collect()
}

fn notes(nodes: &[NodeMoney]) -> Vec<Known> {
    let mut all: Vec<Known> = Vec::new();
    for node in nodes {
        for note in &node.notes {
            let same = |known: &&mut Known| known.kind == note.kind && known.text == note.text;
            match all.iter_mut().find(same) {
                Some(known) => known.nodes.push(node.node.clone()),
                None => all.push(Known {
                    kind: note.kind,
                    text: note.text.clone(),
                    more: note.more.clone(),
                    nodes: vec![node.node.clone()],
                }),
            }
        }
    }
    all.sort_by_key(|known| known.kind);
    all
}

fn ahead(nodes: &[NodeMoney]) -> Ahead {
    let mut sum = Ahead::default();
    let asked: Vec<&NodeMoney> = nodes.iter().filter(|node| told_any(node)).collect();
    for node in &asked {
        let estimates = &node.estimates;
        sum.known += usize::from(estimates.tallies.is_some());
        for (into, from) in [(&mut sum.ours, estimates.tallies), (&mut sum.trend, estimates.trend)] {
            if let Some(from) = from {
                let mut estimate = into.unwrap_or_default();
                estimate += from;
                *into = Some(estimate);
            }
        }
        let (amount, told_ms) = estimates.node.unzip();
        sum.node.add(amount);
        sum.told_ms = sum.told_ms.into_iter().chain(told_ms).min();
        for why in &estimates.because {
            sum.because.push(match nodes.len() {
                1 => why.clone(),
                _ => format!("{}: {why}", node.node),
            });
        }
    }
    let mut estimating = asked.iter().filter(|node| node.estimates.tallies.is_some());
    let is_ranged = estimating.all(|node| node.estimates.range().is_some());
    sum.range = sum.ours.filter(|_| is_ranged).map(|ours| (ours.low, ours.high));
    let confidences = asked.iter().map(|node| node.estimates.confidence);
    sum.confidence = confidences.min().unwrap_or_default();
    // What is the matter with the least trusted comes first.
    sum.because.sort_by_key(|why| {
        let node = asked.iter().find(|node| why.starts_with(&format!("{}: ", node.node)));
        node.map(|node| node.estimates.confidence)
    });
    sum
}

/// The word for why bytes are not paid.
pub(super) fn unpaid_word(why: Unpaid) -> &'static str {
    match why {
        Unpaid::Trash => "trash",
        Unpaid::Dead => "dead",
        Unpaid::Unexplained => "unexplained",
    }
}

/// The sums of rows: what stands below a table.
pub(super) fn total(rows: &[Earned], name: &str) -> Earned {
    let mut sum = Earned::new(name, name);
    for row in rows {
        sum.so_far += row.so_far;
        for component in Component::ALL {
            let (into, from) = (part_mut(&mut sum.parts, component), row.parts.of(component));
            into.bytes = into.bytes.saturating_add(from.bytes);
            into.byte_hours += from.byte_hours;
            into.amounts += from.amounts;
            into.unknown |= from.unknown;
        }
        for (into, from) in [
            (&mut sum.month_end, row.month_end),
            (&mut sum.node_month_end, row.node_month_end),
        ] {
            into.sum += from.sum;
            into.known += from.known;
            into.of += from.of;
        }
        sum.count += row.count;
    }
    sum
}

fn part_mut<T>(parts: &mut Parts<T>, component: Component) -> &mut T {
    match component {
        Component::Storage => &mut parts.storage,
        Component::Egress => &mut parts.egress,
        Component::Repair => &mut parts.repair,
        Component::Audit => &mut parts.audit,
    }
}
