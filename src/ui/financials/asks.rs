//! What the pane asks of what was kept: one question, of all nodes or of one, about a month and those before it.

use crate::api::message::{Answer, Query};
use crate::api::money::NodeMoney;
use crate::domain::money::Month;
use crate::ui::ask::Ask;
use crate::ui::shared::Shared;

const MONEY: &str = "financials.money";
/// So many months are a year's history, the one that runs included.
pub(super) const YEAR: u32 = 12;
/// Seconds after which it is asked again.
const EVERY_S: i64 = 60;

/// What is looked at: the month that is told in full (`None`: the one that runs), and whether all years are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) month: Option<Month>,
    pub(super) all: bool,
}

/// The month that runs at the moment that is shown.
pub(super) fn running(shared: &Shared) -> Month {
    Month::of_ms(shared.moment().unwrap_or(shared.now_s()).saturating_mul(1000))
}

/// A moment before the month that was chosen knows nothing of it.
fn within(scope: Scope, shared: &Shared) -> Scope {
    let running = running(shared);
    Scope {
        month: scope.month.filter(|month| *month < running),
        ..scope
    }
}

fn key(scope: Scope, shared: &Shared) -> String {
    format!("{:?}\t{:?}\t{:?}", shared.node, shared.moment(), within(scope, shared))
}

pub(super) fn ask(scope: Scope, shared: &Shared) -> Ask {
    let scope = within(scope, shared);
    let at_ms = shared.moment().map(|second| second.saturating_mul(1000));
    let back = scope.month.map_or(0, |month| running(shared).since(month).max(0));
    let months = match scope.all {
        true => 0,
        false => YEAR.max(back.unsigned_abs().saturating_add(1)),
    };
    Ask {
        slot: MONEY,
        key: key(scope, shared),
        query: Query::Money {
            nodes: shared.scope(),
            at_ms,
            month: scope.month,
            months,
        },
        every_s: if at_ms.is_none() { EVERY_S } else { 0 },
    }
}

/// What was answered, or why not; `None`: nothing yet.
pub(super) fn told(scope: Scope, shared: &Shared) -> Option<Result<&[NodeMoney], &str>> {
    let answer = shared.answers.of(MONEY, &key(scope, shared))?;
    Some(match answer {
        Ok(Answer::Money(nodes)) => Ok(nodes),
        Ok(_) => Err("the collector is of another release: stop it, and start this one's"),
        Err(wrong) => Err(wrong),
    })
}

/// What makes an answer another one.
pub(super) fn stamp(scope: Scope, shared: &Shared) -> String {
    let known = shared.answers.of(MONEY, &key(scope, shared));
    format!(
        "{}\t{:?}\t{:?}\t{}",
        key(scope, shared),
        known.map(|known| known.is_ok()),
        shared.answers.answered_ms(MONEY),
        shared.is_old()
    )
}
