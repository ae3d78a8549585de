//! The answer in words: which disk is full when, what is not paid and why, what to do.

use super::facts::{self, Full, Place, SOON_DAYS};
use super::worth::Worth;
use crate::ui::look::Tone;
use crate::ui::number::{self, size};
use crate::ui::shared::Shared;

/// How much a line weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Warning,
    Well,
    Note,
    Unknown,
}

impl Weight {
    pub(super) fn mark(self, shared: &Shared) -> (&'static str, Tone) {
        let glyphs = shared.theme.glyphs;
        match self {
            Self::Warning => (glyphs.warning, Tone::Warn),
            Self::Well => (glyphs.good, Tone::Good),
            Self::Note => (glyphs.note, Tone::Muted),
            Self::Unknown => (glyphs.unknown, Tone::Muted),
        }
    }
}

/// One line of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) weight: Weight,
    pub(super) text: String,
    /// What can be asked about it.
    pub(super) figure: Option<&'static str>,
}

fn said(weight: Weight, text: String) -> Said {
    Said {
        weight,
        text,
        figure: None,
    }
}

/// The distance, with its range.
fn distance(place: &Place) -> Option<String> {
    let Full::In(full) = place.full else { return None };
    let range = facts::range(full).map_or(String::new(), |range| format!(" ({range})"));
    let pace = place.growth.map_or(String::new(), |growth| {
        format!(" at {} a day", number::change(&size(growth)))
    });
    Some(format!("full in {}{range}{pace}", facts::days(full.likely)))
}

/// What comes back by itself, where it is more than a hundredth.
fn relief(place: &Place) -> String {
    let of = |bytes: Option<u64>, what: &str| {
        let known = bytes.filter(|bytes| place.used.is_some_and(|used| *bytes * 100 >= used));
        known.map(|bytes| format!("{} {what}", size(bytes)))
    };
    let parts = [of(place.trash, "is trash"), of(place.dead, "dead")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        return String::new();
    }
    format!("; {}", parts.join(", "))
}

/// All there is to say, what matters most first. `is_past`: of a moment that is over.
pub(super) fn answer(places: &[Place], worth: Option<&Worth>, is_past: bool) -> Vec<Said> {
    let mut lines = Vec::new();
    fills(&mut lines, places);
    unpaid(&mut lines, places, worth);
    full(&mut lines, places);
    odd(&mut lines, places);
    unknown(&mut lines, places, is_past);
    lines
}

/// Which disk is full next.
fn fills(lines: &mut Vec<Said>, places: &[Place]) {
    let soon = |place: &&Place| matches!(place.full, Full::In(full) if full.likely <= SOON_DAYS);
    for place in places.iter().filter(soon) {
        if let Some(distance) = distance(place) {
            let text = format!(
                "{}: {distance}{}. Uploads stop then, nothing is lost: wait, or allocate more.",
                place.name,
                relief(place)
            );
            lines.push(said(Weight::Warning, text));
        }
    }
    if !lines.is_empty() {
        return;
    }
    let next = places.iter().find(|place| matches!(place.full, Full::In(_)));
    if let Some((place, distance)) = next.and_then(|place| Some((place, distance(place)?))) {
        let which = if places.len() > 1 { "next is " } else { "" };
        let text = format!("No disk is soon full; {which}{}, {distance}.", place.name);
        lines.push(said(Weight::Well, text));
    } else if !places.is_empty() && places.iter().all(|place| matches!(place.full, Full::Never | Full::Now)) {
        let text = match places {
            [one] if one.full == Full::Never => format!("{} does not fill at its present pace.", one.name),
            _ if places.iter().all(|place| place.full == Full::Now) => return,
            _ => "No disk fills at its present pace.".to_owned(),
        };
        lines.push(said(Weight::Well, text));
    }
}

/// What earns nothing, and why.
fn unpaid(lines: &mut Vec<Said>, places: &[Place], worth: Option<&Worth>) {
    let known: Vec<&Place> = places.iter().filter(|place| place.unpaid.is_some()).collect();
    let sum = |of: fn(&Place) -> Option<u64>| known.iter().filter_map(|place| of(place)).sum::<u64>();
    let (unpaid, used) = (sum(|place| place.unpaid), sum(|place| place.used));
    if known.is_empty() || used == 0 {
        return;
    }
    let parts = [
        (sum(|place| place.trash), "trash", "trash goes within 7 days"),
        (sum(|place| place.dead), "dead", "compaction frees what is dead"),
        (
            sum(|place| place.unexplained),
            "unexplained",
            "the rest waits for a bloom filter",
        ),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(bytes, ..)| *bytes > 0).collect();
    let join = |words: Vec<String>| words.join(", ");
    let what = join(
        parts
            .iter()
            .map(|(bytes, what, _)| format!("{} {what}", size(*bytes)))
            .collect(),
    );
    let why = join(parts.iter().map(|(.., why)| (*why).to_owned()).collect());
    let share = number::Percent::new(0, &[]).share(unpaid, used);
    let of = match known.len() == places.len() {
        true => String::new(),
        false => format!(" Known of {} of {} nodes.", known.len(), places.len()),
    };
    let (unpaid, used) = (size(unpaid), size(used));
    let money = worth.map_or(String::new(), |worth| match worth.nodes == known.len() {
        true => format!(" ({} a month)", worth.text),
        false if worth.nodes == 1 => format!(" ({} a month on 1 node)", worth.text),
        false => format!(" ({} a month on {} nodes)", worth.text, worth.nodes),
    });
    let text = match parts.is_empty() {
        true => format!("{unpaid} of {used} ({share} %) earn nothing{money}.{of}"),
        false => format!("{unpaid} of {used} ({share} %) earn nothing{money}: {what}.{of} Nothing to do: {why}."),
    };
    lines.push(Said {
        figure: Some("unpaid"),
        ..said(Weight::Note, text)
    });
}

fn names(places: &[&Place]) -> String {
    let mut names: Vec<&str> = places.iter().take(3).map(|place| place.name.as_str()).collect();
    let more = places.len().saturating_sub(3);
    let last = format!("{more} more");
    if more > 0 {
        names.push(&last);
    }
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

fn verb(places: &[&Place]) -> &'static str {
    if places.len() == 1 { "is" } else { "are" }
}

/// Full is no danger.
fn full(lines: &mut Vec<Said>, places: &[Place]) {
    let full: Vec<&Place> = places.iter().filter(|place| place.full == Full::Now).collect();
    if full.is_empty() {
        return;
    }
    let over: u64 = full.iter().map(|place| place.overused).sum();
    let over = match over {
        0 => String::new(),
        over => format!(", {} over what is allocated", size(over)),
    };
    let text = format!(
        "{} {} full{over}. No danger: uploads stop, audits and downloads go on, what is stored is paid.",
        names(&full),
        verb(&full)
    );
    lines.push(said(Weight::Note, text));
}

/// Figures that do not fit together.
fn odd(lines: &mut Vec<Said>, places: &[Place]) {
    for place in places {
        if let Some(more) = place.overpaid() {
            let text = format!(
                "{}: satellites pay for {} more than the node says it holds: its own count is too low, or the tallies \
                 are older.",
                place.name,
                size(more)
            );
            lines.push(said(Weight::Note, text));
        }
    }
}

/// What nobody can tell yet.
fn unknown(lines: &mut Vec<Said>, places: &[Place], is_past: bool) {
    let of = |wanted: fn(&Place) -> bool| places.iter().filter(|place| wanted(place)).collect::<Vec<_>>();
    let silent = of(|place| place.used.is_none());
    if !silent.is_empty() {
        let why = match is_past {
            true => "no answer about its disk was kept by then.",
            false => "no API has told of a disk. Name the API to know.",
        };
        let text = format!("{}: {why}", names(&silent));
        lines.push(said(Weight::Unknown, text));
    }
    let young = of(|place| place.used.is_some() && place.full == Full::Unknown);
    if !young.is_empty() {
        let text = format!(
            "{}: when it is full is not known: the pace takes half a day of answers.",
            names(&young)
        );
        lines.push(said(Weight::Unknown, text));
    }
    let whole = of(|place| place.dedicated);
    if !whole.is_empty() {
        let text = format!(
            "{}: the node has a whole disk, foreign files count as its own: what earns nothing cannot be known.",
            names(&whole)
        );
        lines.push(said(Weight::Unknown, text));
    }
    let unpaid = of(|place| place.used.is_some() && place.paid.is_none());
    if !unpaid.is_empty() {
        let text = format!(
            "{}: what is paid is not known: not every satellite has told a tally.",
            names(&unpaid)
        );
        lines.push(said(Weight::Unknown, text));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::api::status::FullIn;

    pub(in super::super) fn place(name: &str, full: Full) -> Place {
        Place {
            name: name.to_owned(),
            stale: false,
            dedicated: false,
            blobs_only: false,
            used: Some(3_760_000_000_000),
            allocated: Some(4_000_000_000_000),
            free: Some(240_000_000_000),
            overused: 0,
            paid: Some(2_250_000_000_000),
            trash: Some(610_000_000_000),
            dead: Some(380_000_000_000),
            unexplained: Some(520_000_000_000),
            unpaid: Some(1_510_000_000_000),
            growth: Some(41_000_000_000),
            flows: None,
            freed: None,
            full,
        }
    }

    fn soon(likely: f64) -> Full {
        Full::In(FullIn {
            low: Some(likely * 0.7),
            likely,
            high: Some(likely * 1.5),
        })
    }

    #[test]
    fn the_answer_says_who_is_full_when_and_what_to_do() {
        let text = |places: &[Place]| {
            let lines = answer(places, None, false).into_iter();
            lines.map(|said| said.text).collect::<Vec<_>>().join("\n")
        };
        let first = text(&[place("cellar", soon(6.0)), place("eave", Full::Now)]);
        assert!(
            first.starts_with("cellar: full in 6 d (4–9 d) at +41.0 GB a day; 610 GB is trash, 380 GB dead."),
            "{first}"
        );
        assert!(first.contains("eave is full. No danger"), "{first}");
        assert!(
            first.contains("3.02 TB of 7.52 TB (40 %) earn nothing: 1.22 TB trash"),
            "{first}"
        );
        let later = text(&[place("attic", soon(34.0)), place("barn", Full::Never)]);
        assert!(
            later.starts_with("No disk is soon full; next is attic, full in 34 d (24–51 d)"),
            "{later}"
        );
        let worth = Worth {
            text: "$2.27".to_owned(),
            bytes: 1_510_000_000_000,
            nodes: 1,
        };
        let paid_for = |places: &[Place]| answer(places, Some(&worth), false)[1].text.clone();
        let one = paid_for(&[place("barn", Full::Never)]);
        assert!(
            one.starts_with("1.51 TB of 3.76 TB (40 %) earn nothing ($2.27 a month): 610 GB"),
            "{one}"
        );
        let two = paid_for(&[place("barn", Full::Never), place("attic", Full::Never)]);
        assert!(two.contains("($2.27 a month on 1 node)"), "{two}");
        assert!(text(&[place("barn", Full::Never)]).starts_with("barn does not fill"));
        let mut odd = place("odd", Full::Unknown);
        (odd.paid, odd.unpaid, odd.unexplained) = (Some(4_000_000_000_000), None, None);
        let odd = text(&[odd]);
        assert!(
            odd.contains("pay for 240 GB more") && odd.contains("half a day"),
            "{odd}"
        );
        assert!(!odd.contains("earn nothing"), "what is not known is not said: {odd}");
        let mut whole = place("whole", Full::Never);
        (whole.dedicated, whole.unpaid, whole.unexplained) = (true, None, None);
        let whole = text(&[whole]);
        assert!(
            whole.contains("what earns nothing cannot be known") && !whole.contains(" earn nothing"),
            "{whole}"
        );
    }
}
