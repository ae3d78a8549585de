//! What is wrong with a node's money, for the status: looked for seldom, for it reads months of days. Asked by `tell`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Terms;
use super::purse::{Purse, Satellite};
use crate::analysis::danger::money::{Fallen, Lacking, Money};
use crate::analysis::money::{month, pace, settled};
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

fn look(reader: &Reader, (node, told): (&str, Option<&Told>), (now_ms, terms): (i64, &Terms)) -> Result<Money> {
    let from_ms = Month::of_ms(now_ms).plus(-NEWS).start_ms();
    let purse = Purse::of_months(reader, (node, told), from_ms, now_ms, terms.fallback)?;
    let cash = |amount| terms.currency.text(amount);
    let lacking = lacking(&purse, now_ms).into_iter().map(|(month, all)| Lacking {
        month,
        satellites: all.iter().map(|(satellite, _)| satellite.name.clone()).collect(),
        amount: cash(all.iter().map(|(_, gross)| *gross).sum()),
        at_least: all.iter().any(|(satellite, _)| !satellite.covers(month)),
        due_ms: settled::due_ms(month),
        asked_ms: purse.paystubs_ms().unwrap_or(now_ms),
    });
    let fallen = fallen(&purse, now_ms).map(|(less, satellite)| Fallen {
        percent: less.percent,
        before: cash(less.before),
        now: cash(less.now),
        satellite: satellite.to_owned(),
        stored: (less.of_worst.stored_before, less.of_worst.stored),
        since_ms: less.of_worst.since_ms,
    });
    Ok(Money {
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
    money: Money,
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
            return look(reader, (node, told), (now_ms, terms));
        };
        let stamp = Stamp {
            asked_ms: reader.paystubs_asked(node)?,
            tally_ms,
            month: Month::of_ms(now_ms).since(Month::of_ms(0)),
        };
        if let Some(money) = kept.known(node, stamp, now_ms) {
            return Ok(money);
        }
        let money = look(reader, (node, told), (now_ms, terms))?;
        let judged = Judged {
            time_ms: now_ms,
            stamp,
            money: money.clone(),
        };
        kept.lock().nodes.insert(node.to_owned(), judged);
        Ok(money)
    }

    /// Nothing is known any more: prices or the currency changed.
    pub fn forget(&self) {
        self.lock().nodes.clear();
    }

    fn known(&self, node: &str, stamp: Stamp, now_ms: i64) -> Option<Money> {
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
        Some(judged.money.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        // Nothing that panics runs under this lock.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
