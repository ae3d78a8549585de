//! Whether any action of any node is slow: every action of every node against the other nodes and a week before.

use std::collections::BTreeMap;

use super::gather::{Of, Raw};
use super::{Asked, WEEK, against_before, against_others, figures, set_against, slow_before};
use crate::api::latency::{ActionLatency, Compared, Figures, NodeLatency};
use crate::domain::transfer::Outcome;
use crate::store::Result;
use crate::store::latency::ActionKey;
use crate::support::clock::HOUR_S;
use crate::support::sketch::Sum;

impl Asked<'_> {
    /// All nodes with every action, and nothing else.
    pub(super) fn actions_of(&self, nodes: &[(i64, String)]) -> Result<Vec<NodeLatency>> {
        let mut told = Vec::new();
        for (row, name) in nodes {
            let actions = self.actions_of_node(*row)?;
            told.push(NodeLatency {
                node: name.clone(),
                has_durations: !actions.is_empty(),
                actions,
                ..NodeLatency::default()
            });
        }
        against_nodes(&mut told);
        Ok(told)
    }

    fn actions_of_node(&self, row: i64) -> Result<Vec<ActionLatency>> {
        let plan = &self.plan;
        let of = Of {
            action: -1,
            satellite: self.satellite,
            lost_of_all: false,
        };
        let raw = Raw::of(self.reader, row, (plan.rest_ms, plan.width), of)?;
        let mut sums = self.reader.latency_actions(row, self.satellite, plan.hours)?;
        for ((_, action, outcome, quality, _), sketch) in &raw.sizes {
            if *outcome == Outcome::Success as i64 {
                sums.entry((*action, *quality)).or_default().merge(sketch);
            }
        }
        let long_ago = (self.from() - WEEK, (self.to() - WEEK).max(self.from() - WEEK + HOUR_S));
        let before = by_action(&self.reader.latency_actions(row, self.satellite, long_ago)?);
        let mut told = Vec::new();
        for (action, sums) in by_action(&sums) {
            let Some((now, _)) = self.figures_of(&sums) else {
                continue;
            };
            let quality = now.quality;
            let long_ago = before.get(&action).map(|sums| sums[quality as usize].sketch());
            let long_ago = long_ago.map(|sketch| figures(&sketch, quality, 0));
            let (compared, times) = against_before(&now, long_ago.as_ref());
            told.push(ActionLatency {
                action: self.actions.get(&action).cloned().unwrap_or_default(),
                before_p95: long_ago.and_then(|figures| figures.p95),
                slow: times.map(|(times, _)| slow_before(times)),
                compared: Compared {
                    before: compared,
                    ..Compared::default()
                },
                figures: now,
            });
        }
        told.sort_by(|a, b| a.action.cmp(&b.action));
        Ok(told)
    }
}

fn by_action(sums: &BTreeMap<ActionKey, Sum>) -> BTreeMap<i64, [Sum; 3]> {
    let mut actions: BTreeMap<i64, [Sum; 3]> = BTreeMap::new();
    for ((action, quality), sum) in sums {
        let quality = usize::try_from(*quality).ok();
        if let Some(of) = quality.and_then(|at| actions.entry(*action).or_default().get_mut(at)) {
            of.join(sum);
        }
    }
    actions
}

/// Each action of each node against the same of the others.
fn against_nodes(nodes: &mut [NodeLatency]) {
    let mut names: Vec<String> = nodes
        .iter()
        .flat_map(|node| node.actions.iter().map(|one| one.action.clone()))
        .collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let place = |node: &NodeLatency| node.actions.iter().position(|one| one.action == name);
        let of = |node: &'_ NodeLatency| -> Option<Figures> { Some(node.actions.get(place(node)?)?.figures.clone()) };
        let all: Vec<Option<Figures>> = nodes.iter().map(of).collect();
        let all: Vec<Option<&Figures>> = all.iter().map(Option::as_ref).collect();
        for (node, against) in nodes.iter_mut().zip(against_others(&all)) {
            let at = place(node);
            if let Some(one) = at.and_then(|at| node.actions.get_mut(at)) {
                set_against((&mut one.compared, &mut one.slow), against);
            }
        }
    }
}
