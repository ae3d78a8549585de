//! The answer in words: who is slow, since when, how many times the others, what races it costs.

use super::facts::{self, figures, plural, said};
use crate::api::latency::{Detail, FEW, NodeLatency, Step, Verdict};
use crate::domain::transfer::{Class, Outcome};
use crate::support::middle::median;
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::races::Races;
use crate::ui::shared::Shared;

/// One line of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) weight: Weight,
    pub(super) text: String,
}

/// How much a line weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Danger,
    Warning,
    /// It loses races, which need not be slowness.
    Races,
    Well,
    Note,
    Unknown,
}

impl Weight {
    pub(super) fn is_wrong(self) -> bool {
        self.is_slow() || self == Self::Races
    }

    pub(super) fn is_slow(self) -> bool {
        matches!(self, Self::Danger | Self::Warning)
    }

    pub(super) fn mark(self, shared: &Shared) -> (&'static str, Tone) {
        let glyphs = shared.theme.glyphs;
        match self {
            Self::Danger => (glyphs.critical, Tone::Bad),
            Self::Warning | Self::Races => (glyphs.warning, Tone::Warn),
            Self::Well => (glyphs.good, Tone::Good),
            Self::Note => (glyphs.note, Tone::Muted),
            Self::Unknown => (glyphs.unknown, Tone::Muted),
        }
    }
}

/// What the words are made from.
pub(super) struct Known<'a> {
    pub(super) nodes: &'a [NodeLatency],
    pub(super) detail: Option<&'a Detail>,
    pub(super) action: &'a str,
    /// Every action of all nodes, and nothing else of them.
    pub(super) actions: &'a [NodeLatency],
}

/// All there is to say, what matters most first.
pub(super) fn answer(known: &Known<'_>, shared: &Shared) -> Vec<Said> {
    let mut lines = Vec::new();
    let wanted = |node: &&NodeLatency| shared.node.as_ref().is_none_or(|name| node.node == *name);
    let ours: Vec<&NodeLatency> = known.nodes.iter().filter(wanted).collect();
    pending(&mut lines, &ours, shared);
    let mut slow: Vec<&NodeLatency> = ours.iter().copied().filter(|node| node.slow.is_some()).collect();
    slow.sort_by_key(|node| std::cmp::Reverse(figures(node).and_then(|figures| figures.p95)));
    for node in &slow {
        lines.extend(slowness(node, known, shared));
    }
    losers(&mut lines, &ours, known);
    // What was told in full is not told once more.
    let told = |name: &str, action: &str| action == known.action && slow.iter().any(|node| node.node == name);
    lines.extend(super::headline::headline(known.actions, &told, shared));
    usual(&mut lines, &ours, known);
    silent(&mut lines, &ours);
    audits(&mut lines, known);
    lines
}

/// Audits that wait for their end: the satellite does not wait for ever.
fn pending(lines: &mut Vec<Said>, ours: &[&NodeLatency], shared: &Shared) {
    for node in ours {
        let Some(running) = super::tables::running(&node.node, shared) else {
            continue;
        };
        let audits = running
            .iter()
            .filter(|(action, of)| Class::of(action) == Class::Audit && of.count > 0);
        for (_, of) in audits {
            let age = shared.now_ms - of.oldest_ms;
            if age < facts::AUDIT_LATE_MS {
                continue;
            }
            let weight = if age >= facts::AUDIT_BAD_MS {
                Weight::Danger
            } else {
                Weight::Warning
            };
            let text = format!(
                "{}: an audit waits for {}; at 5 min it has failed. Look at the disk.",
                node.node,
                number::age(age.unsigned_abs() / 1000)
            );
            lines.push(Said { weight, text });
        }
    }
}

fn slowness(node: &NodeLatency, known: &Known<'_>, shared: &Shared) -> Vec<Said> {
    let (Some(verdict), Some(told)) = (&node.slow, figures(node)) else {
        return Vec::new();
    };
    let Some(p95) = told.p95 else { return Vec::new() };
    let of = |ms: u64| said(ms, told.quality);
    let what = plural(known.action);
    let measure = match (verdict.times_others, verdict.others, verdict.times_before) {
        (Some(times), Some(others), _) => format!(
            "its {what} take {} times as long: p95 {}, on the others {}",
            times_text(times),
            of(p95),
            of(others)
        ),
        (_, _, Some(times)) => {
            let before = node.before.as_ref().and_then(|figures| figures.p95);
            let before = before.map_or(String::new(), |ms| format!(", it was {}", of(ms)));
            let times = times_text(times);
            format!(
                "its {what} take {times} times as long as a week before: p95 {}{before}",
                of(p95)
            )
        }
        _ => return Vec::new(),
    };
    let since = since(node, verdict, shared);
    let text = format!("{}: {measure}{since}.{}", node.node, cost(node, known, shared));
    vec![Said {
        weight: Weight::Warning,
        text,
    }]
}

pub(super) fn times_text(times: f64) -> String {
    if times < 10.0 {
        format!("{times:.1}")
    } else {
        format!("{times:.0}")
    }
}

fn since(node: &NodeLatency, verdict: &Verdict, shared: &Shared) -> String {
    let moment = |ms: i64| number::moment(ms, shared.now_ms, &shared.zone);
    let knows_before = node.before.as_ref().is_some_and(|figures| figures.p95.is_some());
    match (verdict.since_ms, verdict.times_before) {
        (Some(ms), _) => format!(", since {}", moment(ms)),
        (None, None) if knows_before => ", as a week before".to_owned(),
        (None, _) => String::new(),
    }
}

/// What races it costs, as far as can be told.
fn cost(node: &NodeLatency, known: &Known<'_>, shared: &Shared) -> String {
    if Class::of(known.action) == Class::Audit {
        return String::new();
    }
    let mut text = String::new();
    let others = known.nodes.iter().filter(|other| other.node != node.node);
    let usual = median(others.filter_map(|other| facts::lost_share(&other.ends)).collect());
    if let (Some(ours), Some(usual)) = (facts::lost_share(&node.ends), usual) {
        let races = node.ends[0] + node.ends[1] + node.ends[2];
        let more = ((ours - usual).max(0.0) * races as f64).round() as u64;
        let shares = format!("{:.1} % are lost, there {:.1} %", ours * 100.0, usual * 100.0);
        text += &match ours - usual > chance(usual, races) {
            true => format!(
                " It costs ≈ {} races in {}: {shares}.",
                number::count(more),
                shared.time.range.name()
            ),
            false => format!(" It costs hardly a race: {shares}."),
        };
    }
    let steps = known.detail.filter(|detail| detail.node == node.node);
    if let Some((ms, moved)) = steps.and_then(|detail| half_lost(&detail.lost)) {
        let moved = moved.map_or(String::new(), |bytes| format!(", {} moved", number::size(bytes)));
        text += &format!(" Half of the lost are lost after {} s{moved}.", decimal(ms));
    }
    text
}

/// Those that win clearly fewer races than the others, as Traffic tells them. Of the slow ones it is told what that
/// costs.
fn losers(lines: &mut Vec<Said>, ours: &[&NodeLatency], known: &Known<'_>) {
    if Class::of(known.action) == Class::Audit {
        return;
    }
    let mut all = Races::default();
    for node in known.nodes {
        let races = facts::races(&node.ends);
        all.won += races.won;
        all.all += races.all;
    }
    let what = plural(known.action);
    let percent = number::Percent::new(1, &[]);
    for node in ours.iter().filter(|node| node.slow.is_none()) {
        let races = facts::races(&node.ends);
        let others = all.without(races).share();
        let (Some(own), Some(others)) = (races.share(), others.filter(|than| races.fall_behind(*than))) else {
            continue;
        };
        let why = match (node.has_durations, node.compared.any()) {
            (false, _) => "; whether it is slow its log does not tell (INFO)",
            (true, true) => "; slow it is not",
            (true, false) => "",
        };
        let (own, others) = (percent.text(own), percent.text(others));
        lines.push(Said {
            weight: Weight::Races,
            text: format!("{} wins {own} % of its {what}, the others {others}{why}.", node.node),
        });
    }
}

/// So much more of so many races may be lost by chance.
fn chance(usual: f64, races: u64) -> f64 {
    let spread = (usual * (1.0 - usual) / races.max(1) as f64).sqrt();
    (2.0 * spread).max(0.002)
}

/// The begin of the step in which the middle one of the lost races lies, and what it had moved.
fn half_lost(steps: &[Step]) -> Option<(u64, Option<u64>)> {
    let all: u64 = steps.iter().map(|step| step.count).sum();
    let (mut seen, mut begin) = (0, 0);
    for step in steps.iter().filter(|_| all >= 20) {
        seen += step.count;
        if seen * 2 >= all {
            return (begin > 0).then_some((begin, step.moved));
        }
        begin = step.up_to_ms?;
    }
    None
}

/// Seconds of a step: `0.25`, `1.5`, `2`.
pub(super) fn decimal(ms: u64) -> String {
    format!("{}", ms as f64 / 1000.0)
}

/// Those with nothing to say about.
fn usual(lines: &mut Vec<Said>, ours: &[&NodeLatency], known: &Known<'_>) {
    let calm = |node: &&&NodeLatency| node.slow.is_none() && figures(node).is_some_and(|figures| figures.p95.is_some());
    let calm: Vec<&NodeLatency> = ours.iter().filter(calm).copied().collect();
    if calm.is_empty() && ours.iter().any(|node| node.has_durations) && ours.iter().all(|node| figures(node).is_none())
    {
        let what = plural(known.action);
        let text = format!("No {what} of this time whose duration is known: t: another range.");
        let weight = Weight::Note;
        lines.push(Said { weight, text });
    }
    // What was compared with nothing is not as usual.
    let (well, alone): (Vec<&NodeLatency>, Vec<&NodeLatency>) = calm.into_iter().partition(|node| node.compared.any());
    lines.extend(together(&well, known, Weight::Well));
    lines.extend(together(&alone, known, Weight::Note));
}

/// Nodes of which the same is to be said; `Weight::Well`: that they are as usual.
fn together(nodes: &[&NodeLatency], known: &Known<'_>, weight: Weight) -> Option<Said> {
    let (what, well) = (plural(known.action), weight == Weight::Well);
    let p95 = |node: &NodeLatency| figures(node).and_then(|figures| Some((figures.p95?, figures.quality)));
    let text = match nodes {
        [] => return None,
        [one] => {
            let (ms, quality) = p95(one)?;
            let before = one.before.as_ref().and_then(|before| before.p95);
            let before = before.map_or(String::new(), |ms| format!(", a week before {}", said(ms, quality)));
            let words = if well { "as usual, p95" } else { "p95" };
            let few = figures(one).is_some_and(|figures| figures.count < FEW);
            let few = if few {
                format!(" (under {FEW}: not compared)")
            } else {
                String::new()
            };
            format!("{}: {what} {words} {}{before}{few}.", one.node, said(ms, quality))
        }
        many => {
            let worst = many.iter().filter_map(|node| p95(node)).max_by_key(|(p95, _)| *p95);
            let worst = worst.map_or(String::new(), |(p95, quality)| {
                format!(", p95 up to {}", said(p95, quality))
            });
            let words = if well { "as usual" } else { "not compared (too few)" };
            format!("{} nodes: {what} {words}{worst}.", many.len())
        }
    };
    Some(Said { weight, text })
}

/// Those whose logs tell nothing.
fn silent(lines: &mut Vec<Said>, ours: &[&NodeLatency]) {
    let silent: Vec<&str> = ours
        .iter()
        .filter(|node| !node.has_durations && node.log.as_ref().is_some_and(|log| log.transfers > 0))
        .map(|node| &*node.node)
        .collect();
    if silent.is_empty() {
        return;
    }
    let names = match silent.as_slice() {
        [some @ .., _] if some.len() >= 3 => format!("{} and {} more", silent[..3].join(", "), silent.len() - 3),
        all => all.join(", "),
    };
    let text = format!("{names}: no durations, the log is at INFO: `log.level: debug` tells them.");
    let weight = Weight::Unknown;
    lines.push(Said { weight, text });
}

/// The longest audit of the node that is told in full.
fn audits(lines: &mut Vec<Said>, known: &Known<'_>) {
    let Some(detail) = known.detail else { return };
    let audits = detail.rows.iter().filter(|row| {
        Class::of(&row.action) == Class::Audit && row.size_class.is_none() && row.outcome == Outcome::Success
    });
    let Some(row) = audits.max_by_key(|row| row.figures.max) else {
        return;
    };
    let longest = said(row.figures.max, row.figures.quality);
    let text = format!(
        "{}: its longest audit took {longest}; the satellite gives up at 5 min.",
        detail.node
    );
    let weight = if row.figures.max >= 60_000 {
        Weight::Warning
    } else {
        Weight::Note
    };
    lines.push(Said { weight, text });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_races_more_are_chance() {
        assert!(chance(0.053, 1685) > 0.003 && chance(0.014, 224_000) < 0.024);
        assert_eq!((chance(0.0, 100), chance(0.5, 0)), (0.002, 1.0));
    }

    #[test]
    fn who_loses_races_is_told_by_the_rule_of_traffic_without_durations_too() {
        let node = |name: &str, ends, has_durations| NodeLatency {
            node: name.to_owned(),
            ends,
            has_durations,
            ..NodeLatency::default()
        };
        let told = |action: &str, own: [u64; 4], has_durations| {
            let nodes = [
                node("attic", [9_770, 230, 0, 0], true),
                node("barn", own, has_durations),
            ];
            let known = Known {
                nodes: &nodes,
                detail: None,
                action,
                actions: &[],
            };
            let mut lines = Vec::new();
            losers(&mut lines, &nodes.iter().collect::<Vec<_>>(), &known);
            lines.into_iter().map(|said| said.text).collect::<Vec<_>>()
        };
        let blind =
            "barn wins 94.3 % of its uploads, the others 97.7; whether it is slow its log does not tell (INFO).";
        assert_eq!(told("PUT", [9_430, 500, 70, 9], false), [blind]);
        let downloads = "barn wins 94.3 % of its downloads, the others 97.7.";
        assert_eq!(told("GET", [9_430, 500, 70, 0], true), [downloads]);
        let none: [&str; 0] = [];
        assert_eq!(
            told("GET_AUDIT", [9_430, 500, 70, 0], true),
            none,
            "an audit is no race"
        );
        assert_eq!(told("PUT", [94, 6, 0, 0], false), none, "too few");
        assert_eq!(
            told("PUT", [9_700, 300, 0, 0], false),
            none,
            "less than one in a hundred"
        );
    }

    #[test]
    fn the_middle_lost_race_lies_in_its_step() {
        let step = |up_to_ms: Option<u64>, count| Step {
            up_to_ms,
            count,
            moved: Some(count * 1000),
            share: None,
        };
        let steps = [step(Some(500), 10), step(Some(1500), 30), step(None, 20)];
        assert_eq!(half_lost(&steps), Some((500, Some(30_000))));
        assert_eq!(
            half_lost(&[step(Some(500), 30), step(None, 5)]),
            None,
            "most are lost at once"
        );
        assert_eq!(half_lost(&[step(Some(500), 1), step(None, 5)]), None, "too few");
        assert_eq!((decimal(250), decimal(2000)), ("0.25".to_owned(), "2".to_owned()));
    }
}
