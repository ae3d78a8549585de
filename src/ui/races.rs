//! Who loses more races than the others, and whose log does not tell of all of them. Called by Traffic and Latency.

use super::shared::Shared;

/// Fewer transfers than this tell nothing of a rate.
pub(super) const ENOUGH: u64 = 200;

/// Transfers that were won, of all that began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Races {
    pub(super) won: u64,
    pub(super) all: u64,
}

impl Races {
    /// In a hundred; `None`: too few to tell.
    pub(super) fn share(self) -> Option<f64> {
        (self.all >= ENOUGH).then(|| self.won as f64 * 100.0 / self.all as f64)
    }

    /// All without these.
    pub(super) fn without(self, some: Self) -> Self {
        Self {
            won: self.won.saturating_sub(some.won),
            all: self.all.saturating_sub(some.all),
        }
    }

    /// Whether they are won clearly less often than so many of a hundred. What chance does to so many transfers is
    /// nothing odd.
    pub(super) fn fall_behind(self, than: f64) -> bool {
        self.share().is_some_and(|own| {
            let chance = 300.0 * ((own / 100.0) * (1.0 - own / 100.0) / self.all as f64).sqrt();
            own < than - 1.0_f64.max(chance)
        })
    }
}

/// Before a share that is too high: uploads that clients gave up are missing of it.
pub(super) fn at_most(shared: &Shared) -> &'static str {
    if shared.theme.glyphs.unicode { "≤ " } else { "<" }
}

/// Whether a node logs at DEBUG, as far as its starts tell: releases before 1.116 told of starts at INFO, too.
pub(super) fn logs_debug(name: &str, version: Option<&str>, shared: &Shared) -> bool {
    let view = shared.shown().nodes.get(name);
    let starts = view
        .and_then(|view| view.open.as_ref())
        .is_some_and(|open| !open.value.is_empty());
    let mut parts = version.unwrap_or_default().trim_start_matches('v').split('.');
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<u32>().ok());
    let at_info = matches!((number(parts.next()), number(parts.next())), (Some(1), Some(minor)) if minor < 116);
    starts && !at_info
}
