//! What is wrong with a node's money, for the status: looked for seldom, for it reads months of days. Asked by `tell`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Terms;
use super::purse::{Purse, Satellite};
use crate::analysis::danger::money::{Fallen, Lacking, Money};
use crate::analysis::money::{month, pace, settled};
use crate::api::money::Currency;
use crate::domain::money::{Micro, Month};
use crate::domain::sample::Told;
use crate::store::{Reader, Result};
use crate::support::clock::{DAY_MS, HOUR_MS};

/// A paystub that is missing is news until so many months after its own.
const NEWS: i32 = 4;
/// Whoever looked for paystubs longer ago knows nothing of today's.
const LOOKED_MS: i64 = 3 * DAY_MS;

/// Satellites without a paystub that they owe, by month, the newest first.
pub(super) fn lacking(purse: &Purse, now_ms: i64) -> Vec<(Month, Vec<(&Satellite, Micro)>)> {
    let Some(asked_ms) = purse.paystubs_ms().filter(|ms| now_ms - ms <= LOOKED_MS) else {
        return Vec::new();
    };
    let running = Month::of_ms(now_ms);
    let months = (1..=NEWS).map(|n| running.plus(-n));
    let due = months.filter(|month| settled::is_due(*month, asked_ms));
    let lacks = |month: Month| {
        let all = purse.satellites.iter();
        let owed = all.filter_map(|one| Some((one, owed(one, month, now_ms)?)));
        (month, owed.collect::<Vec<_>>())
    };
    due.map(lacks).filter(|(_, all)| !all.is_empty()).collect()
}

/// What a satellite owes a paystub of, gross, by the days it told itself; `None`: it sent one, or perhaps owes none.
fn owed(satellite: &Satellite, of: Month, now_ms: i64) -> Option<Micro> {
    let stubs = &satellite.rows.paystubs;
    let account = satellite.account(of);
    // In the month of joining, and of who disqualified it or was left, nobody knows; nor of who sent none before: the
    // node's databases may be new.
    let is_owing = satellite.trusted
        && account.disqualified_ms.is_none()
        && account.joined_ms.is_none_or(|ms| ms < of.start_ms())
        && stubs.iter().any(|stub| stub.period < of);
    if !is_owing || stubs.iter().any(|stub| stub.period == of) {
        return None;
    }
    let gross = month::so_far(&account, of, now_ms).amounts.gross;
    (gross >= settled::CENT).then_some(gross)
}

/// A month that earns far less than the one before, with the name of the satellite that lost most.
pub(super) fn fallen(purse: &Purse, now_ms: i64) -> Option<(pace::Less, &str)> {
    let month = Month::of_ms(now_ms);
    let eve = month.plus(-1);
    let stays = |satellite: &&Satellite| {
        let last = satellite.rows.paystubs.last();
        // In a graceful exit it gives its data away.
        let leaves = last.is_some_and(|stub| stub.codes.split(':').any(|code| matches!(code, "I" | "X")));
        satellite.trusted && !satellite.leaves && !leaves
    };
    let paces = purse.satellites.iter().filter(stays).filter_map(|satellite| {
        let stub = satellite.rows.paystubs.iter().find(|stub| stub.period == eve);
        let (now, before) = (satellite.account(month), satellite.account(eve));
        Some((
            pace::pace((month, &now), (&before, stub), now_ms)?,
            satellite.name.as_str(),
        ))
    });
    let (paces, names): (Vec<pace::Pace>, Vec<&str>) = paces.unzip();
    let less = pace::less(&paces, month)?;
    Some((less, names[less.worst]))
}

/// What was found, before anything is said of the currency.
#[derive(Debug, Clone, Default)]
struct Trouble {
    lacking: Vec<(Lacking, Micro)>,
    /// With a month before and now.
    fallen: Option<(Fallen, Micro, Micro)>,
}

impl Trouble {
    /// As the user reads it.
    fn told(&self, currency: &Currency) -> Money {
        let lacking = self.lacking.iter().map(|(lacking, amount)| Lacking {
            amount: currency.text(*amount),
            ..lacking.clone()
        });
        let fallen = self.fallen.as_ref().map(|(fallen, before, now)| Fallen {
            before: currency.text(*before),
            now: currency.text(*now),
            ..fallen.clone()
        });
        Money {
            lacking: lacking.collect(),
            fallen,
        }
    }
}

fn look(reader: &Reader, (node, told): (&str, Option<&Told>), (now_ms, terms): (i64, &Terms)) -> Result<Trouble> {
    let from_ms = Month::of_ms(now_ms).plus(-NEWS).start_ms();
    let purse = Purse::of_months(reader, (node, told), from_ms, now_ms, terms.fallback)?;
    let lacking = lacking(&purse, now_ms).into_iter().map(|(month, all)| {
        let lacking = Lacking {
            month,
            satellites: all.iter().map(|(satellite, _)| satellite.name.clone()).collect(),
            amount: String::new(),
            at_least: all.iter().any(|(satellite, _)| !satellite.covers(month)),
            due_ms: settled::due_ms(month),
            asked_ms: purse.paystubs_ms().unwrap_or(now_ms),
        };
        (lacking, all.iter().map(|(_, gross)| *gross).sum())
    });
    let fallen = fallen(&purse, now_ms).map(|(less, satellite)| {
        let fallen = Fallen {
            percent: less.percent,
            before: String::new(),
            now: String::new(),
            satellite: satellite.to_owned(),
            stored: (less.of_worst.stored_before, less.of_worst.stored),
            since_ms: less.of_worst.since_ms,
        };
        (fallen, less.before, less.now)
    });
    Ok(Trouble {
        lacking: lacking.collect(),
        fallen,
    })
}

/// What was found holds for so long, unless something new was told.
const HOLDS_MS: i64 = HOUR_MS;
/// So many nodes whose time is over are looked at with one status; the others wait for the next ones, but not longer.
const AT_A_TIME: u32 = 4;
const WAITS_MS: i64 = 2 * HOLDS_MS;

/// What changes when a node told something new: when it told of its paystubs, and its last tallies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Stamp {
    asked_ms: Option<i64>,
    tally_ms: Option<i64>,
    month: i32,
}

struct Judged {
    time_ms: i64,
    stamp: Stamp,
    trouble: Trouble,
}

/// What was found last, by node. For one present: of other times nothing is kept.
#[derive(Default)]
pub struct Troubles {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    nodes: HashMap<String, Judged>,
    /// When nodes were looked at again last, and how many.
    renewed: (i64, u32),
}

impl Troubles {
    /// What is wrong with a node's money at `now_ms`. `tally_ms`: its newest tally. Without `kept` it is looked for anew.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn of(
        kept: Option<&Self>,
        reader: &Reader,
        (node, told): (&str, Option<&Told>),
        tally_ms: Option<i64>,
        (now_ms, terms): (i64, &Terms),
    ) -> Result<Money> {
        let Some(kept) = kept else {
            return Ok(look(reader, (node, told), (now_ms, terms))?.told(&terms.currency));
        };
        let stamp = Stamp {
            asked_ms: reader.paystubs_asked(node)?,
            tally_ms,
            month: Month::of_ms(now_ms).since(Month::of_ms(0)),
        };
        if let Some(trouble) = kept.known(node, stamp, now_ms) {
            return Ok(trouble.told(&terms.currency));
        }
        let trouble = look(reader, (node, told), (now_ms, terms))?;
        let money = trouble.told(&terms.currency);
        let judged = Judged {
            time_ms: now_ms,
            stamp,
            trouble,
        };
        kept.lock().nodes.insert(node.to_owned(), judged);
        Ok(money)
    }

    /// Other terms hold: what was found by other prices is not known any more. In another currency it is the same.
    pub fn go_by(&self, before: &Terms, now: &Terms) {
        if before.fallback != now.fallback {
            self.lock().nodes.clear();
        }
    }

    fn known(&self, node: &str, stamp: Stamp, now_ms: i64) -> Option<Trouble> {
        let mut known = self.lock();
        let Known { nodes, renewed } = &mut *known;
        let judged = nodes.get(node).filter(|judged| judged.stamp == stamp)?;
        let age = now_ms - judged.time_ms;
        if renewed.0 != now_ms {
            *renewed = (now_ms, 0);
        }
        let is_due = age >= HOLDS_MS && renewed.1 < AT_A_TIME;
        if is_due || !(0..WAITS_MS).contains(&age) {
            renewed.1 += 1;
            return None;
        }
        Some(judged.trouble.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        // Nothing that panics runs under this lock.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Prices;
    use crate::store::writer::Writer;

    #[test]
    fn what_was_found_is_told_in_any_currency_and_forgotten_with_the_prices() {
        const NOW_MS: i64 = 1_700_000_000_000;
        let dir = tempfile::tempdir().unwrap();
        let writer = Writer::open(dir.path()).unwrap();
        writer.node("n").unwrap();
        let reader = Reader::open(dir.path()).unwrap();
        let month = Month::of_ms(NOW_MS);
        let lacking = Lacking {
            month,
            satellites: vec!["us1".to_owned()],
            amount: String::new(),
            at_least: false,
            due_ms: 0,
            asked_ms: 0,
        };
        let judged = Judged {
            time_ms: NOW_MS,
            stamp: Stamp {
                month: month.since(Month::of_ms(0)),
                ..Stamp::default()
            },
            trouble: Trouble {
                lacking: vec![(lacking, Micro(3_000_000))],
                fallen: None,
            },
        };
        let kept = Troubles::default();
        kept.lock().nodes.insert("n".to_owned(), judged);
        let amounts = |terms: &Terms| {
            let money = Troubles::of(Some(&kept), &reader, ("n", None), None, (NOW_MS, terms)).unwrap();
            money.lacking.into_iter().map(|one| one.amount).collect::<Vec<_>>()
        };
        let dollars = Terms::default();
        let euros = Terms {
            currency: Currency {
                symbol: "€".to_owned(),
                factor: 0.5,
            },
            ..Terms::default()
        };
        assert_eq!(amounts(&dollars), [dollars.currency.text(Micro(3_000_000))]);
        kept.go_by(&dollars, &euros);
        assert_eq!(amounts(&euros), [euros.currency.text(Micro(3_000_000))]);
        assert_ne!(amounts(&euros), amounts(&dollars));
        let priced = Terms {
            fallback: Some(Prices::default()),
            ..Terms::default()
        };
        kept.go_by(&euros, &priced);
        assert!(amounts(&priced).is_empty(), "looked for anew, and nothing is there");
    }
}
