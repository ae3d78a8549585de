//! What of a node's databases is not there or cannot be read, and for how long: for findings. Used by `tell`.

use crate::analysis::danger;
use crate::domain::books::{Hindrance, Kept};
use crate::support::clock::DAY_MS;

/// What hinders reading databases for good, in words for a finding: not what is missing (each release has others) or
/// locked for a moment.
fn hindered(kept: &Kept, now_ms: i64) -> Vec<String> {
    const LOCKED_MS: i64 = 600_000;
    let lasts = |since: i64, why: Hindrance| match why {
        Hindrance::Missing => false,
        Hindrance::Behind => now_ms - since > BEHIND_MS,
        Hindrance::Locked => now_ms - since > LOCKED_MS,
        _ => true,
    };
    let troubles = kept.files.iter().filter_map(|file| file.error.as_ref());
    let troubles: Vec<(Hindrance, &String)> = troubles
        .filter(|(since, why, _)| lasts(*since, *why))
        .map(|(_, why, text)| (*why, text))
        .collect();
    let mut texts: Vec<String> = Vec::new();
    for why in Hindrance::ALL {
        let mut same: Vec<&String> = troubles
            .iter()
            .filter(|(other, _)| *other == why)
            .map(|(_, text)| *text)
            .collect();
        same.sort();
        same.dedup();
        match (why, same.as_slice()) {
            // Files without a right have it for one reason; each damaged one is a trouble of its own.
            (Hindrance::Denied, [first, rest @ ..]) if !rest.is_empty() => {
                texts.push(format!("{first}; and {} more like it", rest.len()));
            }
            _ => texts.extend(same.into_iter().cloned()),
        }
    }
    texts.sort();
    texts
}

/// What is not there though it should be, and since when (ms since the epoch): the folder of all databases, or single
/// ones that were read before. Others were never there: each release has its own.
fn gone(kept: &Kept) -> Vec<(i64, String)> {
    let is_all = kept.files.iter().all(|file| {
        let why = file.error.as_ref().map(|(_, why, _)| *why);
        why == Some(Hindrance::Missing)
    });
    let missed = kept.files.iter().filter_map(|file| {
        let is_missed = |why| why == Hindrance::Missing && (is_all || file.read_ms.is_some());
        let (since, _, text) = file.error.as_ref().filter(|(_, why, _)| is_missed(*why))?;
        Some((*since, text.clone()))
    });
    let mut gone: Vec<(i64, String)> = Vec::new();
    for (since, text) in missed {
        match gone.iter_mut().find(|(_, known)| *known == text) {
            Some((first, _)) => *first = since.min(*first),
            None => gone.push((since, text)),
        }
    }
    gone
}

/// What was read of a file that is behind is old after so long.
const BEHIND_MS: i64 = 2 * DAY_MS;

/// The databases as evidence.
pub fn evidence(kept: &Kept, now_ms: i64) -> danger::Books {
    danger::Books {
        read_ms: kept.read_ms(),
        changed_ms: kept.changed_ms(),
        hindered: hindered(kept, now_ms),
        gone: gone(kept),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::books::Shelved;

    #[test]
    fn what_was_never_there_is_missed_only_when_all_is() {
        let now = 10 * DAY_MS;
        let file = |read_ms: Option<i64>, since: i64, why| Shelved {
            file: String::new(),
            read_ms,
            changed_ms: read_ms,
            error: Some((since, why, format!("{why:?}"))),
        };
        let told = |files: Vec<Shelved>| {
            let kept = Kept {
                files,
                ..Kept::default()
            };
            gone(&kept).into_iter().map(|(since, _)| since).collect::<Vec<_>>()
        };
        let missing = |read_ms, since| file(read_ms, since, Hindrance::Missing);
        let read = |read_ms| Shelved {
            error: None,
            ..missing(Some(read_ms), 0)
        };
        assert_eq!(told(vec![missing(None, 5), missing(None, 3)]), [3], "no folder");
        assert_eq!(
            told(vec![missing(None, 5), read(now)]),
            [0_i64; 0],
            "the release has none"
        );
        assert_eq!(told(vec![missing(Some(1), 5), read(now)]), [5], "it was there");
        assert_eq!(
            told(vec![missing(None, 5), file(None, 5, Hindrance::Denied)]),
            [0_i64; 0]
        );
        let behind = Kept {
            files: vec![file(Some(now), now - 3 * DAY_MS, Hindrance::Behind)],
            ..Kept::default()
        };
        assert_eq!(hindered(&behind, now), ["Behind"]);
        assert!(hindered(&behind, now - 2 * DAY_MS).is_empty());
    }

    #[test]
    fn only_what_lasts_is_a_finding() {
        let file = |why, since| Shelved {
            file: String::new(),
            read_ms: None,
            changed_ms: None,
            error: Some((since, why, format!("{why:?}"))),
        };
        let denied = |text: &str| Shelved {
            error: Some((1, Hindrance::Denied, text.to_owned())),
            ..file(Hindrance::Denied, 1)
        };
        let now = DAY_MS;
        let kept = Kept {
            files: vec![
                file(Hindrance::Missing, 0),
                file(Hindrance::Locked, now - 60_000),
                file(Hindrance::Damaged, now),
                file(Hindrance::Damaged, now),
                denied("b"),
                denied("a"),
            ],
            ..Kept::default()
        };
        assert_eq!(hindered(&kept, now), ["Damaged", "a; and 1 more like it"]);
        assert_eq!(
            hindered(&kept, 2 * DAY_MS),
            ["Damaged", "Locked", "a; and 1 more like it"]
        );
    }
}
