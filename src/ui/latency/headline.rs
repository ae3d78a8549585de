//! The first answer: is any action of any node slow, which is the worst, against what.

use super::facts::{plural, said};
use super::words::{Said, Weight, times_text};
use crate::api::latency::{ActionLatency, FEW, NodeLatency};
use crate::ui::number;
use crate::ui::shared::Shared;

/// So many slow ones are named.
const NAMED: usize = 3;

/// In one or two lines; `told`: of a node's action more is said elsewhere. `None`: nothing is known of any action, or
/// all of it is said.
pub(super) fn headline(nodes: &[NodeLatency], told: &dyn Fn(&str, &str) -> bool, shared: &Shared) -> Option<Said> {
    let wanted = |node: &&NodeLatency| shared.node.as_ref().is_none_or(|name| node.node == *name);
    let ours = nodes.iter().filter(wanted);
    let mut all: Vec<(&str, &ActionLatency)> = ours
        .flat_map(|node| node.actions.iter().map(|one| (node.node.as_str(), one)))
        .collect();
    let known = all.len();
    all.retain(|(node, one)| !told(node, &one.action));
    if all.is_empty() {
        return None;
    }
    let more = all.len() < known;
    let name = |(node, one): &(&str, &ActionLatency)| ((*node).to_owned(), one.action.clone());
    all.sort_by(|a, b| rank(b.1).total_cmp(&rank(a.1)).then_with(|| name(a).cmp(&name(b))));
    let slow = all.iter().take_while(|(_, one)| one.slow.is_some()).count();
    let (weight, text) = match slow {
        0 => well(&all, more, shared),
        _ => (Weight::Warning, slow_words(&all, (slow, more), shared)),
    };
    Some(Said { weight, text })
}

/// How many times the usual it takes.
fn rank(one: &ActionLatency) -> f64 {
    let slow = one.slow.as_ref();
    let times = slow.map(|slow| slow.times_others.unwrap_or(0.0).max(slow.times_before.unwrap_or(0.0)));
    times.unwrap_or(-1.0)
}

/// `cellar's uploads`; of a node that is shown alone `uploads`.
fn named(node: &str, one: &ActionLatency, shared: &Shared) -> String {
    match shared.node {
        Some(_) => plural(&one.action),
        None => format!("{node}'s {}", plural(&one.action)),
    }
}

/// `3.4 times the others`.
fn against(one: &ActionLatency) -> String {
    let slow = one.slow.as_ref();
    match slow.map(|slow| (slow.times_others, slow.times_before)) {
        Some((Some(others), _)) => format!("{} times the others", times_text(others)),
        Some((None, Some(before))) => format!("{} times last week", times_text(before)),
        _ => String::new(),
    }
}

fn slow_words(all: &[(&str, &ActionLatency)], (slow, more): (usize, bool), shared: &Shared) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut before = None;
    for (node, one) in all.iter().take(slow.min(NAMED)) {
        // Of the same node the name is not said again.
        let name = match before.replace(*node) == Some(*node) {
            true => plural(&one.action),
            false => named(node, one, shared),
        };
        names.push(format!("{name} {}", against(one)));
    }
    if slow > NAMED {
        names.push(format!("{} more", slow - NAMED));
    }
    let worst = all
        .first()
        .and_then(|(_, one)| Some((one.figures.p95?, one.figures.quality)));
    let worst = worst.map_or(String::new(), |(p95, quality)| {
        let of = if slow > 1 { "The first: " } else { "" };
        format!(" {of}p95 {}.", said(p95, quality))
    });
    let compared = all.iter().filter(|(_, one)| one.compared.any()).count();
    let rest = match compared.saturating_sub(slow) {
        0 => String::new(),
        1 => " One more as usual.".to_owned(),
        rest => format!(" {} as usual.", number::count(rest as u64)),
    };
    let first = match more {
        true => "Also slow".to_owned(),
        false => format!("{slow} slow"),
    };
    format!("{first}: {}.{worst}{rest}{}", names.join(", "), not_compared(all))
}

/// Of how many nobody can say whether they are slow, and why.
fn not_compared(all: &[(&str, &ActionLatency)]) -> String {
    let unknown: Vec<&ActionLatency> = all
        .iter()
        .map(|(_, one)| *one)
        .filter(|one| !one.compared.any())
        .collect();
    let few = unknown.iter().filter(|one| one.figures.count < FEW).count();
    let why = match few {
        0 => "no other node nor last week has enough".to_owned(),
        few if few == unknown.len() => format!("under {FEW} each"),
        few => format!("{few} of them are under {FEW}, the others have nothing beside them"),
    };
    match unknown.len() {
        0 => String::new(),
        1 => format!(" One not compared ({}).", why.trim_end_matches(" each")),
        many => format!(" {} not compared ({why}).", number::count(many as u64)),
    }
}

fn well(all: &[(&str, &ActionLatency)], more: bool, shared: &Shared) -> (Weight, String) {
    let slowest = all.iter().max_by_key(|(_, one)| one.figures.p95);
    let slowest = slowest.and_then(|(node, one)| {
        let p95 = said(one.figures.p95?, one.figures.quality);
        Some(format!(" Slowest: {}, p95 {p95}.", named(node, one, shared)))
    });
    let slowest = slowest.unwrap_or_default();
    let others = all.iter().any(|(_, one)| one.compared.others);
    let before = all.iter().any(|(_, one)| one.compared.before);
    let with = match (others, before) {
        (true, true) => "other nodes, last week",
        (true, false) => "other nodes",
        (false, true) => "last week",
        (false, false) => {
            let few = all.iter().all(|(_, one)| one.figures.count < FEW);
            let text = match few {
                true => format!("Too few to compare: under {FEW} of each action.{slowest}"),
                false => format!("Nothing to compare with yet (no other node nor last week has {FEW}).{slowest}"),
            };
            return (Weight::Note, text);
        }
    };
    let nothing = if more { "Nothing else" } else { "Nothing" };
    let text = format!("{nothing} is slow ({with}).{}{slowest}", not_compared(all));
    (Weight::Well, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::latency::{Compared, Figures, Verdict};
    use crate::domain::transfer::Quality;

    fn action(p95: u64, count: u64, compared: (bool, bool), times: (Option<f64>, Option<f64>)) -> ActionLatency {
        ActionLatency {
            action: "PUT".to_owned(),
            figures: Figures {
                quality: Quality::Exact,
                count,
                left_out: 0,
                p50: Some(p95 / 3),
                p90: None,
                p95: Some(p95),
                p99: None,
                max: p95,
            },
            before_p95: Some(p95),
            slow: (times != (None, None)).then_some(Verdict {
                times_others: times.0,
                others: None,
                times_before: times.1,
                since_ms: None,
            }),
            compared: Compared {
                others: compared.0,
                before: compared.1,
            },
        }
    }

    #[test]
    fn a_comparison_says_with_what() {
        let told = |times| against(&action(900, 500, (true, true), times));
        assert_eq!(told((Some(3.35), Some(2.1))), "3.4 times the others");
        assert_eq!(told((None, Some(12.2))), "12 times last week");
        assert_eq!(told((Some(2.0), None)), "2.0 times the others");
        assert_eq!(told((None, None)), "");
    }

    #[test]
    fn only_what_was_compared_is_as_usual() {
        let calm = |count, compared| action(5000, count, compared, (None, None));
        let (few, alone) = (calm(30, (false, false)), calm(400, (false, false)));
        let (well, slow) = (
            calm(400, (false, true)),
            action(9000, 400, (true, false), (Some(9.0), None)),
        );
        let told = |all: &[&ActionLatency]| {
            let node = NodeLatency {
                node: "barn".to_owned(),
                actions: all.iter().map(|one| (*one).clone()).collect(),
                ..NodeLatency::default()
            };
            let theme = crate::ui::look::Theme::new(crate::ui::look::Glyphs::UNICODE, true);
            let shared = Shared::new(theme, jiff::tz::TimeZone::UTC, crate::ui::shared::Collector::Inside, 0);
            headline(&[node], &|_, _| false, &shared).unwrap()
        };
        for (all, weight, text) in [
            (
                &[&few, &few][..],
                Weight::Note,
                "Too few to compare: under 50 of each action.",
            ),
            (
                &[&few, &alone],
                Weight::Note,
                "Nothing to compare with yet (no other node nor",
            ),
            (&[&well], Weight::Well, "Nothing is slow (last week). Slowest"),
            (
                &[&well, &few],
                Weight::Well,
                "Nothing is slow (last week). One not compared (under 50). Slowest",
            ),
            (
                &[&slow, &well, &few, &few],
                Weight::Warning,
                "p95 9.00 s. One more as usual. 2 not compared (under 50 each).",
            ),
            (
                &[&slow, &alone],
                Weight::Warning,
                "p95 9.00 s. One not compared (no other node nor last week has enough).",
            ),
        ] {
            let said = told(all);
            assert_eq!(said.weight, weight, "{}", said.text);
            assert!(said.text.contains(text), "{}", said.text);
        }
    }

    #[test]
    fn what_is_told_in_full_is_not_told_again() {
        let theme = crate::ui::look::Theme::new(crate::ui::look::Glyphs::UNICODE, true);
        let shared = Shared::new(theme, jiff::tz::TimeZone::UTC, crate::ui::shared::Collector::Inside, 0);
        let slow = action(9000, 400, (true, false), (Some(9.0), None));
        let of = |name: &str, second: ActionLatency| NodeLatency {
            node: name.to_owned(),
            actions: vec![
                slow.clone(),
                ActionLatency {
                    action: "GET".to_owned(),
                    ..second
                },
            ],
            ..NodeLatency::default()
        };
        let told = |node: NodeLatency| headline(&[node], &|_, action| action == "PUT", &shared).unwrap().text;
        let calm = action(500, 400, (true, false), (None, None));
        assert!(told(of("barn", calm)).starts_with("Nothing else is slow (other nodes)."));
        assert!(told(of("barn", slow.clone())).starts_with("Also slow: barn's downloads 9.0 times the others."));
        assert_eq!(headline(&[of("barn", slow.clone())], &|_, _| true, &shared), None);
    }
}
