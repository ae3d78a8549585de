//! Reads what was told about money, as of a time. What has a date of its own (days, paystubs, payments) counts as known
//! from then on, though it was read later; what has none (prices, when a node joined) stands in for the time before it
//! was told, too.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::{Reader, Result};
use super::{ALL, DAY_MS, SINCE, books, days, month, number};
use crate::domain::detail::{MovedDay, StoredDay};
use crate::domain::money::{Micro, Month, Payment, Paystub, Prices};
use crate::domain::payout::{MoneySource, NodeEstimate, Topic};

/// The columns of [`paystub`], but for the satellite's name.
pub(super) const PAYSTUB: &str = "month, created, codes, byte_hours, get, put, get_repair, put_repair, get_audit,
     for_storage, for_get, for_put, for_get_repair, for_put_repair, for_get_audit, surge, held, owed, disposed, paid,
     distributed";

/// When a topic was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Of this satellite; `None`: of all.
    pub satellite_id: Option<String>,
    /// Who was asked.
    pub source: MoneySource,
    /// The topic.
    pub topic: Topic,
    /// When it was answered last, ms since the epoch.
    pub answered_ms: Option<i64>,
    /// Why not the last time.
    pub error: Option<String>,
}

/// What a satellite pays from a time on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriceRow {
    /// Since when, ms since the epoch.
    pub since_ms: i64,
    /// When it was told last.
    pub last_ms: i64,
    /// By whom.
    pub source: MoneySource,
    /// The prices.
    pub prices: Prices,
}

/// A satellite's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SatelliteRows {
    /// Its id.
    pub satellite_id: String,
    /// Its address, where money was told with it.
    pub url: Option<String>,
    /// When the node joined it, ms since the epoch.
    pub joined_ms: Option<i64>,
    /// When it disqualified the node, by the node's databases; ms since the epoch.
    pub disqualified_ms: Option<i64>,
    /// By the node's databases the node no longer works with it.
    pub is_over: bool,
    /// By them it began a graceful exit.
    pub leaves: bool,
    /// Prices, the oldest first.
    pub prices: Vec<PriceRow>,
    /// Tallies by day, the oldest first.
    pub stored: Vec<StoredDay>,
    /// Bytes by day, the oldest first.
    pub moved: Vec<MovedDay>,
    /// Paystubs, the oldest month first.
    pub paystubs: Vec<Paystub>,
    /// Transfers of money, the oldest month first.
    pub payments: Vec<Payment>,
    /// What the node estimated last of each month, the oldest first, and when (ms since the epoch).
    pub estimates: Vec<(i64, NodeEstimate)>,
}

/// All that is known of a node's money.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MoneyRows {
    /// By satellite id.
    pub satellites: Vec<SatelliteRows>,
    /// What the node estimated of all satellites: each hour of the months, the oldest first.
    pub estimates: Vec<(i64, NodeEstimate)>,
    /// What was asked about it.
    pub asked: Vec<Asked>,
    /// Until when the databases' paystubs are known, ms since the epoch; `None`: they are not read.
    pub books_ms: Option<i64>,
}

/// How much is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Days and the node's last word of the month.
    Month,
    /// Paystubs, too.
    Settled,
    /// Payments, and what the node estimated each hour, too.
    All,
}

impl Reader {
    /// What is known of a node's money at `at_ms`: days and estimates from `from_ms` on, paystubs and payments of all
    /// times.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn money(&self, node: &str, (from_ms, at_ms): (i64, i64), depth: Depth) -> Result<MoneyRows> {
        self.sql(rows(self.connection(), self.version, node, (from_ms, at_ms), depth))
    }

    /// When a node or its databases last told of paystubs, ms since the epoch; `None`: never.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn paystubs_asked(&self, node: &str) -> Result<Option<i64>> {
        if self.version < SINCE {
            return Ok(None);
        }
        let find = || {
            let mut find = self.connection().prepare_cached(
                "SELECT max(answered) FROM money_asked
                 WHERE node = (SELECT id FROM node WHERE name = ?1) AND what = ?2",
            )?;
            find.query_row([node, Topic::Paystubs.word()], |row| row.get(0))
        };
        self.sql(find())
    }
}

/// Node, from, at.
pub(super) type Key = (i64, i64, i64);

fn rows(
    connection: &Connection,
    version: i64,
    node: &str,
    (from_ms, at_ms): (i64, i64),
    depth: Depth,
) -> rusqlite::Result<MoneyRows> {
    let row: Option<i64> = connection
        .prepare_cached("SELECT id FROM node WHERE name = ?1")?
        .query_row([node], |row| row.get(0))
        .optional()?;
    let Some(node) = row.filter(|_| version >= SINCE) else {
        return Ok(MoneyRows::default());
    };
    let key = (node, from_ms, at_ms);
    let mut all = BTreeMap::new();
    joined(connection, node, &mut all)?;
    books::rated(connection, (node, at_ms), &mut all)?;
    days::stored(connection, key, &mut all)?;
    days::moved(connection, key, &mut all)?;
    priced(connection, node, &mut all)?;
    let mut told = MoneyRows {
        estimates: match depth {
            Depth::All => estimates(connection, key, None)?,
            // Of each hour of two months the month that runs needs the last one.
            Depth::Month => last_estimate(connection, node, at_ms)?,
            Depth::Settled => Vec::new(),
        },
        asked: asked(connection, node, at_ms)?,
        books_ms: None,
        satellites: Vec::new(),
    };
    if depth >= Depth::Settled {
        told.books_ms = books::settled(connection, (node, at_ms))?;
        stubs(connection, key, &told.asked, &mut all)?;
    }
    if depth == Depth::All {
        payments(connection, key, &mut all)?;
        for rows in all.values_mut() {
            let last = estimates(connection, key, Some(&rows.satellite_id))?;
            rows.estimates = last_of_months(last);
        }
    }
    told.satellites = all.into_values().collect();
    Ok(told)
}

fn last_of_months(estimates: Vec<(i64, NodeEstimate)>) -> Vec<(i64, NodeEstimate)> {
    let mut last: BTreeMap<Month, (i64, NodeEstimate)> = BTreeMap::new();
    for estimate in estimates {
        last.insert(estimate.1.month, estimate);
    }
    last.into_values().collect()
}

pub(super) type All = BTreeMap<String, SatelliteRows>;

pub(super) fn of(all: &mut All, id: String) -> &mut SatelliteRows {
    all.entry(id.clone()).or_insert_with(|| SatelliteRows {
        satellite_id: id,
        ..SatelliteRows::default()
    })
}

fn joined(connection: &Connection, node: i64, all: &mut All) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT t.name, NULL, d.joined FROM detail d JOIN satellite t ON t.id = d.satellite WHERE d.node = ?1
         UNION ALL
         SELECT t.name, m.url, m.joined FROM money_satellite m JOIN satellite t ON t.id = m.satellite
         WHERE m.node = ?1",
    )?;
    let mut rows = statement.query([node])?;
    while let Some(row) = rows.next()? {
        let satellite = of(all, row.get(0)?);
        satellite.url = satellite.url.take().or(row.get(1)?);
        satellite.joined_ms = earlier(satellite.joined_ms, row.get(2)?);
    }
    Ok(())
}

/// The prices whose first column is `at`.
pub(super) fn prices(row: &Row<'_>, at: usize) -> rusqlite::Result<Prices> {
    Ok(Prices {
        disk: row.get(at)?,
        egress: row.get(at + 1)?,
        repair: row.get(at + 2)?,
        audit: row.get(at + 3)?,
    })
}

fn source(code: i64) -> MoneySource {
    let known = usize::try_from(code).ok().and_then(|code| MoneySource::ALL.get(code));
    known.copied().unwrap_or(MoneySource::Import)
}

fn priced(connection: &Connection, node: i64, all: &mut All) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT t.name, p.time, p.last, p.source, p.disk, p.egress, p.repair, p.audit
         FROM price p JOIN satellite t ON t.id = p.satellite WHERE p.node = ?1 ORDER BY p.satellite, p.time",
    )?;
    let mut rows = statement.query([node])?;
    while let Some(row) = rows.next()? {
        let priced = PriceRow {
            since_ms: row.get(1)?,
            last_ms: row.get(2)?,
            source: source(row.get(3)?),
            prices: prices(row, 4)?,
        };
        of(all, row.get(0)?).prices.push(priced);
    }
    Ok(())
}

impl SatelliteRows {
    /// The prices at a time: the newest word, of words within a day of each other that of the better source. Before the
    /// first word of all, the first.
    pub fn price_at(&self, at_ms: i64) -> Option<&PriceRow> {
        let told = self.prices.iter().filter(|row| row.since_ms <= at_ms);
        let newest = MoneySource::ALL.into_iter().filter_map(|source| {
            let of = told.clone().filter(|row| row.source == source);
            of.max_by_key(|row| row.since_ms)
        });
        let word = |row: &PriceRow| row.last_ms.clamp(row.since_ms, at_ms.max(row.since_ms));
        let better = |known: &'_ PriceRow, row: &'_ PriceRow| word(row) > word(known) + DAY_MS;
        newest
            .reduce(|known, row| if better(known, row) { row } else { known })
            .or_else(|| self.prices.first())
    }
}

/// A paystub behind the satellite's name.
pub(super) fn paystub(row: &Row<'_>) -> rusqlite::Result<Paystub> {
    let bytes = |at: usize| Ok::<u64, rusqlite::Error>(row.get::<_, i64>(at)?.unsigned_abs());
    let amount = |at: usize| row.get(at).map(Micro);
    Ok(Paystub {
        satellite_id: row.get(0)?,
        period: month(row.get(1)?),
        created_ms: row.get(2)?,
        codes: row.get(3)?,
        byte_hours: row.get(4)?,
        get: bytes(5)?,
        put: bytes(6)?,
        get_repair: bytes(7)?,
        put_repair: bytes(8)?,
        get_audit: bytes(9)?,
        for_storage: amount(10)?,
        for_get: amount(11)?,
        for_put: amount(12)?,
        for_get_repair: amount(13)?,
        for_put_repair: amount(14)?,
        for_get_audit: amount(15)?,
        surge_percent: row.get(16)?,
        held: amount(17)?,
        owed: amount(18)?,
        disposed: amount(19)?,
        paid: amount(20)?,
        distributed: amount(21)?,
    })
}

/// Who told all paystubs last.
fn freshest(asked: &[Asked]) -> MoneySource {
    let answered = |source: MoneySource| {
        let of = asked
            .iter()
            .filter(|asked| asked.source == source && asked.topic == Topic::Paystubs);
        of.filter_map(|asked| asked.answered_ms).max().unwrap_or(i64::MIN)
    };
    match answered(MoneySource::Db).saturating_sub(DAY_MS) > answered(MoneySource::Api) {
        true => MoneySource::Db,
        false => MoneySource::Api,
    }
}

fn stubs(connection: &Connection, (node, _, at_ms): Key, asked: &[Asked], all: &mut All) -> rusqlite::Result<()> {
    let best = freshest(asked);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT t.name, {}, p.source FROM paystub p JOIN satellite t ON t.id = p.satellite
         WHERE p.node = ?1 AND p.seen <= ?2 ORDER BY p.satellite, p.month, p.seen",
        PAYSTUB
    ))?;
    let mut rows = statement.query([node, at_ms])?;
    let rank = |source: MoneySource| if source == best { -1 } else { source as i64 };
    let mut chosen: BTreeMap<(String, Month), (i64, Paystub)> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (stub, rank) = (paystub(row)?, rank(source(row.get(22)?)));
        let key = (stub.satellite_id.clone(), stub.period);
        if chosen.get(&key).is_none_or(|(known, _)| rank <= *known) {
            chosen.insert(key, (rank, stub));
        }
    }
    for ((id, _), (_, stub)) in chosen {
        of(all, id).paystubs.push(stub);
    }
    Ok(())
}

/// Each receipt once: the databases know when it was and how much, the API only what was sent in all.
fn payments(connection: &Connection, (node, _, at_ms): Key, all: &mut All) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT t.name, p.month, p.receipt, p.created, p.amount, p.notes
         FROM payment p JOIN satellite t ON t.id = p.satellite
         WHERE p.node = ?1 AND p.seen <= ?2
         ORDER BY p.satellite, p.month, p.receipt, p.created IS NULL, p.source, p.seen DESC",
    )?;
    let mut rows = statement.query([node, at_ms])?;
    while let Some(row) = rows.next()? {
        let payment = Payment {
            satellite_id: row.get(0)?,
            period: month(row.get(1)?),
            receipt: row.get(2)?,
            created_ms: row.get(3)?,
            amount: Micro(row.get(4)?),
            notes: row.get(5)?,
        };
        let known = &mut of(all, payment.satellite_id.clone()).payments;
        let same = |known: &Payment| (known.period, &known.receipt) == (payment.period, &payment.receipt);
        if !known.last().is_some_and(same) {
            known.push(payment);
        }
    }
    Ok(())
}

/// The columns of [`estimate`].
const ESTIMATE: &str = "time, month, egress, repair_audit, byte_months, for_egress, for_repair_audit, for_storage,
     held_percent, held, net, month_end";

fn estimate(row: &Row<'_>, satellite: Option<&str>) -> rusqlite::Result<(i64, NodeEstimate)> {
    let amount = |at: usize| row.get(at).map(Micro);
    let estimate = NodeEstimate {
        satellite_id: satellite.map(str::to_owned),
        month: month(row.get(1)?),
        egress: row.get::<_, i64>(2)?.unsigned_abs(),
        repair_audit: row.get::<_, i64>(3)?.unsigned_abs(),
        byte_months: row.get(4)?,
        for_egress: amount(5)?,
        for_repair_audit: amount(6)?,
        for_storage: amount(7)?,
        held_percent: row.get(8)?,
        held: amount(9)?,
        net: amount(10)?,
        month_end: row.get::<_, Option<i64>>(11)?.map(Micro),
    };
    Ok((row.get(0)?, estimate))
}

/// The last word of the month that runs.
fn last_estimate(connection: &Connection, node: i64, at_ms: i64) -> rusqlite::Result<Vec<(i64, NodeEstimate)>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {ESTIMATE} FROM node_estimate WHERE node = ?1 AND satellite = ?2 AND month = ?3 AND time <= ?4
         ORDER BY bucket DESC LIMIT 1"
    ))?;
    let of_month = number(Month::of_ms(at_ms));
    let rows = statement.query_map(params![node, ALL, of_month, at_ms], |row| estimate(row, None))?;
    rows.collect()
}

fn estimates(
    connection: &Connection,
    (node, from_ms, at_ms): Key,
    satellite: Option<&str>,
) -> rusqlite::Result<Vec<(i64, NodeEstimate)>> {
    let row: Option<i64> = match satellite {
        Some(id) => connection
            .prepare_cached("SELECT id FROM satellite WHERE name = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?,
        None => Some(ALL),
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {ESTIMATE} FROM node_estimate
         WHERE node = ?1 AND satellite = ?2 AND month >= ?3 AND time <= ?4 ORDER BY time, month"
    ))?;
    let from = number(Month::of_ms(from_ms));
    let rows = statement.query_map(params![node, row, from, at_ms], |row| estimate(row, satellite))?;
    rows.collect()
}

fn asked(connection: &Connection, node: i64, at_ms: i64) -> rusqlite::Result<Vec<Asked>> {
    let mut statement = connection.prepare_cached(
        "SELECT t.name, a.source, a.what, a.answered, a.error, a.asked FROM money_asked a
         LEFT JOIN satellite t ON t.id = a.satellite
         WHERE a.node = ?1 AND a.seen <= ?2 ORDER BY a.source, a.what, t.name",
    )?;
    let rows = statement.query_map([node, at_ms], |row| {
        let word: String = row.get(2)?;
        let topic = Topic::ALL.into_iter().find(|topic| topic.word() == word);
        // Notices are asked for on the same rounds, and are no money.
        let topic = topic.filter(|topic| *topic != Topic::Notices);
        let is_over = row.get::<_, i64>(5)? > at_ms;
        let asked = |topic| {
            Ok(Asked {
                satellite_id: row.get(0)?,
                source: source(row.get(1)?),
                topic,
                // Of a time before only the first answer is known to have been.
                answered_ms: row.get::<_, Option<i64>>(3)?.map(|ms| ms.min(at_ms)),
                error: row.get::<_, Option<String>>(4)?.filter(|_| !is_over),
            })
        };
        topic.map(asked).transpose()
    })?;
    rows.filter_map(rusqlite::Result::transpose).collect()
}

/// Nobody joins twice: of two words the earlier one holds, whoever said it.
pub(super) fn earlier(known: Option<i64>, told: Option<i64>) -> Option<i64> {
    known.into_iter().chain(told).min()
}
