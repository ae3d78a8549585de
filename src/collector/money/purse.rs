//! A node's rows about money, joined with how its satellites stand to it.

use std::collections::BTreeMap;

use crate::analysis::money::estimate::Foreseen;
use crate::analysis::money::matched::{self, Matched};
use crate::analysis::money::{Account, estimate, held, month, node_way, usage};
use crate::api::money::{Estimate, HeldOf, PriceSource};
use crate::domain::money::{Micro, Month, Prices};
use crate::domain::payout::{MoneySource, NodeEstimate, Topic};
use crate::domain::sample::{Standing, Told};
use crate::store::money::{Depth, MoneyRows, SatelliteRows};
use crate::store::{Reader, Result};

/// Days before a month that are looked at: the last tally, and the pace.
const EVE_MS: i64 = 40 * super::DAY_MS;

/// A tally comes up to a day after its day, which begins up to a day before now.
const HEARD_MS: i64 = 3 * super::DAY_MS;

/// A satellite of a node.
pub struct Satellite {
    /// What is kept of it.
    pub rows: SatelliteRows,
    /// As people call it.
    pub name: String,
    /// The node still trusts it.
    pub trusted: bool,
    /// The node began a graceful exit from it.
    pub leaves: bool,
    /// What became of each paystub's money.
    pub matched: BTreeMap<Month, Matched>,
    disqualified_ms: Option<i64>,
    fallback: Option<Prices>,
    now_ms: i64,
}

/// A node's.
pub struct Purse {
    /// By name.
    pub satellites: Vec<Satellite>,
    /// How its release counts.
    pub counts: node_way::Counts,
    now_ms: i64,
    rows: MoneyRows,
}

impl Purse {
    /// All that is known from `from_ms` on, at `now_ms`.
    pub fn open(reader: &Reader, node: &str, from_ms: i64, now_ms: i64, fallback: Option<Prices>) -> Result<Self> {
        let from_ms = from_ms.saturating_sub(EVE_MS);
        let rows = reader.money(node, (from_ms, now_ms), Depth::All)?;
        let told = reader.told(node, now_ms)?;
        Ok(Self::of(told.as_ref(), rows, now_ms, fallback))
    }

    /// What the month alone needs: no paystubs, no estimates of satellites.
    pub fn of_month_only(
        reader: &Reader,
        (node, told): (&str, Option<&Told>),
        month: Month,
        now_ms: i64,
        fallback: Option<Prices>,
    ) -> Result<Self> {
        let rows = reader.money(node, (month.start_ms() - EVE_MS, now_ms), Depth::Month)?;
        Ok(Self::of(told, rows, now_ms, fallback))
    }

    /// Days from `from_ms` on and paystubs: no receipts, no estimates.
    pub fn of_months(
        reader: &Reader,
        (node, told): (&str, Option<&Told>),
        from_ms: i64,
        now_ms: i64,
        fallback: Option<Prices>,
    ) -> Result<Self> {
        let rows = reader.money(node, (from_ms - EVE_MS, now_ms), Depth::Settled)?;
        Ok(Self::of(told, rows, now_ms, fallback))
    }

    fn of(told: Option<&Told>, mut rows: MoneyRows, now_ms: i64, fallback: Option<Prices>) -> Self {
        let standings = told.map_or(&[][..], |told| told.standings.as_slice());
        let kept = std::mem::take(&mut rows.satellites).into_iter();
        let mut satellites: Vec<Satellite> = kept
            .map(|rows| {
                let standing = standings
                    .iter()
                    .find(|standing| standing.satellite_id.as_deref() == Some(&rows.satellite_id));
                let url = standing.map(|standing| standing.url.as_str()).or(rows.url.as_deref());
                Satellite {
                    name: Standing::short_of(url.unwrap_or_default(), Some(&rows.satellite_id)),
                    // Without any word about satellites none is known to be gone.
                    trusted: (standings.is_empty() && !rows.is_over) || standing.is_some(),
                    disqualified_ms: standing
                        .and_then(|standing| standing.disqualified_ms)
                        .or(rows.disqualified_ms),
                    matched: matched::matched(&rows.paystubs),
                    leaves: rows.leaves,
                    fallback,
                    now_ms,
                    rows,
                }
            })
            .collect();
        satellites.sort_by(|a, b| (&a.name, a.id()).cmp(&(&b.name, b.id())));
        let version = told.and_then(|told| told.process.version.as_deref());
        Self {
            satellites,
            counts: node_way::Counts::of(version),
            now_ms,
            rows,
        }
    }

    /// What the node estimated of a month of all satellites, the oldest first.
    pub fn of_month(&self, month: Month) -> impl DoubleEndedIterator<Item = &(i64, NodeEstimate)> {
        self.rows.estimates.iter().filter(move |(_, told)| told.month == month)
    }

    /// When the node last answered about money.
    pub fn asked_ms(&self) -> Option<i64> {
        self.rows.asked.iter().filter_map(|asked| asked.answered_ms).max()
    }

    /// When its paystubs were told last, by the node or its databases.
    pub fn paystubs_ms(&self) -> Option<i64> {
        let asked = self.rows.asked.iter().filter(|asked| asked.topic == Topic::Paystubs);
        let asked = asked.filter_map(|asked| asked.answered_ms);
        asked.chain(self.rows.books_ms).max()
    }

    /// Why it did not, when it was asked last: of the estimate first.
    pub fn error(&self) -> Option<String> {
        let of_all = self.rows.asked.iter().filter(|asked| asked.satellite_id.is_none());
        let mut failed: Vec<_> = of_all.filter(|asked| asked.error.is_some()).collect();
        failed.sort_by_key(|asked| (asked.topic != Topic::Estimate, asked.topic));
        failed.first().and_then(|asked| asked.error.clone())
    }

    /// Whether there is anything to tell.
    pub fn knows_something(&self) -> bool {
        let known = |satellite: &Satellite| {
            let rows = &satellite.rows;
            !(rows.stored.is_empty() && rows.moved.is_empty() && rows.prices.is_empty())
        };
        self.satellites.iter().any(known) || !self.rows.estimates.is_empty()
    }

    /// Whether anything is known of a month. In the first days of one that runs nothing is told yet, and nothing earned:
    /// it counts as known where the days before it are. Of one that is over each satellite's days and paystubs say it.
    pub fn hears(&self, month: Month) -> bool {
        let is_known = || self.satellites.iter().any(|satellite| satellite.knows(month));
        let is_told = || self.of_month(month).next().is_some();
        let is_near = |ms: i64| self.now_ms - ms < HEARD_MS;
        month != Month::of_ms(self.now_ms) || is_known() || is_told() || self.newest_day_ms().is_some_and(is_near)
    }

    /// The newest day anything is known of, ms since the epoch.
    pub fn newest_day_ms(&self) -> Option<i64> {
        let days = self.satellites.iter().flat_map(|satellite| {
            let stored = satellite.rows.stored.last().map(|day| day.start_ms);
            let moved = satellite.rows.moved.last().map(|day| day.start_ms);
            [stored, moved]
        });
        days.flatten().max()
    }
}

/// Those of rows in the order of time that lie in a range.
fn window<T>(rows: &[T], at: fn(&T) -> i64, (from, to): (i64, i64)) -> &[T] {
    let begin = rows.partition_point(|row| at(row) < from);
    let end = rows.partition_point(|row| at(row) < to);
    rows.get(begin..end).unwrap_or_default()
}

impl Satellite {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.rows.satellite_id
    }

    /// What is known of it for a month: its days, those shortly before too, and its prices of then.
    pub fn account(&self, month: Month) -> Account<'_> {
        let range = (month.start_ms() - EVE_MS, month.end_ms());
        Account {
            joined_ms: self.rows.joined_ms,
            disqualified_ms: self.disqualified_ms,
            prices: self.prices(month).map(|(prices, ..)| prices),
            stored: window(&self.rows.stored, |day| day.start_ms, range),
            moved: window(&self.rows.moved, |day| day.start_ms, range),
        }
    }

    /// Its prices in a month, since when (ms since the epoch), by whom.
    pub fn prices(&self, month: Month) -> Option<(Prices, i64, PriceSource)> {
        let told = self.rows.price_at(month.end_ms().saturating_sub(1).min(self.now_ms));
        let told = told.map(|row| {
            let source = match row.source {
                MoneySource::Api => PriceSource::Api,
                MoneySource::Db | MoneySource::Import => PriceSource::Db,
            };
            (row.prices, row.since_ms, source)
        });
        told.or_else(|| Some((self.fallback?, self.now_ms, PriceSource::Fallback)))
    }

    /// Whether its prices are only the configuration's.
    pub fn is_fallback(&self, month: Month) -> bool {
        self.prices(month)
            .is_some_and(|(.., source)| source == PriceSource::Fallback)
    }

    /// The month's end by tallies and by trend; of a satellite the node left, or of whom too little is known to foresee
    /// anything, it is what was earned until now: the month never ends below that.
    pub fn foresee(&self, month: Month, now_ms: i64) -> Foreseen {
        let account = self.account(month);
        let foreseen = match self.trusted {
            true => estimate::foresee(&account, month, now_ms),
            false => Foreseen {
                tallies: None,
                trend: None,
            },
        };
        if foreseen.tallies.is_some() {
            return foreseen;
        }
        let earned = month::so_far(&account, month, now_ms).amounts;
        let is_running = (month.start_ms()..month.end_ms()).contains(&now_ms);
        let tallies = (is_running && earned.gross > Micro(0)).then_some(Estimate {
            amounts: earned,
            low: earned.net,
            high: earned.net,
        });
        Foreseen { tallies, ..foreseen }
    }

    /// What it keeps back, before `month`; `gross`: a month at the present pace.
    pub fn held(&self, month: Month, gross: Micro) -> HeldOf {
        let account = self.account(month);
        let pays = account.pays(month);
        let held = held::of(&self.rows.paystubs, self.rows.joined_ms, month, gross, pays);
        match account.disqualified_ms {
            None => held,
            Some(_) => HeldOf {
                left: Micro(0),
                lost: held.left,
                half_back: None,
                half_more: Micro(0),
                next_rate: None,
                ..held
            },
        }
    }

    /// What the node estimated last of a month.
    pub fn estimate(&self, month: Month) -> Option<&(i64, NodeEstimate)> {
        self.rows.estimates.iter().rfind(|(_, told)| told.month == month)
    }

    /// Whether the days of a month are known well enough to say what it earned: of one that runs any day; of one that
    /// is over they reach back to its begin (or to joining), and none is missing.
    pub fn covers(&self, month: Month) -> bool {
        let is_over = month.end_ms() <= self.now_ms;
        self.knows(month) && (!is_over || usage::is_whole(&self.account(month), month, self.now_ms))
    }

    /// Whether any day of a month is known.
    pub fn knows(&self, month: Month) -> bool {
        let range = (month.start_ms(), month.end_ms());
        !window(&self.rows.stored, |day| day.start_ms, range).is_empty()
            || !window(&self.rows.moved, |day| day.start_ms, range).is_empty()
    }
}
