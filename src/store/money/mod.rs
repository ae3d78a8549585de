//! What nodes told about money: kept by the writer, whatever the source, told as of any time by `read`.

mod books;
mod days;
mod read;

use rusqlite::{Connection, OptionalExtension, params};

use super::writer::Writer;
use super::{At, Result, dictionary};
use crate::domain::money::{Month, Payment, Paystub, Prices};
use crate::domain::payout::{Fact, MoneySource, NodeEstimate, Topic};
use crate::support::clock::{DAY_MS, HOUR_MS};

pub use read::{Asked, Depth, MoneyRows, PriceRow, SatelliteRows};

/// The schema that keeps it.
const SINCE: i64 = 6;
/// Stands for all satellites together.
const ALL: i64 = 0;

/// A month's number in the database.
fn number(month: Month) -> i64 {
    i64::from(month.since(Month::of_ms(0)))
}

/// The month of a number.
fn month(number: i64) -> Month {
    Month::of_ms(0).plus(i32::try_from(number).unwrap_or_default())
}

/// A node, who told, when (ms since the epoch).
#[derive(Clone, Copy)]
struct Teller {
    node: i64,
    source: i64,
    time: i64,
}

/// Keeps what `source` told of a node (its row) at `time` (ms since the epoch). For the API and the databases alike:
/// each source's word is kept for itself, and which holds is settled when it is read.
pub(crate) fn put(
    connection: &Connection,
    node: i64,
    time: i64,
    source: MoneySource,
    facts: &[Fact],
) -> rusqlite::Result<()> {
    let teller = Teller {
        node,
        source: source as i64,
        time,
    };
    for fact in facts {
        match fact {
            Fact::Prices(satellite, prices) => {
                put_prices(connection, teller, satellite_id(connection, satellite)?, prices)?;
            }
            Fact::Paystub(stub) => put_paystub(connection, teller, stub)?,
            Fact::Payment(payment) => put_payment(connection, teller, payment)?,
            Fact::Estimate(estimate) => put_estimate(connection, teller, estimate)?,
            Fact::Joined(satellite, url, joined) => {
                let satellite = satellite_id(connection, satellite)?;
                connection
                    .prepare_cached(
                        "INSERT INTO money_satellite (node, satellite, seen, url, joined) VALUES (?1, ?2, ?3, ?4, ?5)
                         ON CONFLICT DO UPDATE SET url = coalesce(excluded.url, url),
                             joined = coalesce(excluded.joined, joined)
                             WHERE (url, joined) IS NOT
                                 (coalesce(excluded.url, url), coalesce(excluded.joined, joined))",
                    )?
                    .execute(params![node, satellite, time, url, joined])?;
            }
            Fact::Notice(notice) => super::books::notice(connection, node, time, notice)?,
            Fact::Asked(topic, satellite, error) => {
                put_asked(connection, teller, (*topic, satellite.as_deref()), error.as_deref())?;
            }
        }
    }
    Ok(())
}

impl Writer {
    /// [`put`] in a transaction of its own, for a node by its name.
    ///
    /// # Errors
    /// When the database cannot be written; then nothing of it is kept.
    pub fn put_money(&mut self, node: &str, time: i64, source: MoneySource, facts: &[Fact]) -> Result<()> {
        let path = self.path().to_owned();
        let mut keep = || {
            let transaction = self.connection().transaction()?;
            let node = dictionary::name_id(&transaction, "node", node)?;
            put(&transaction, node, time, source, facts)?;
            transaction.commit()
        };
        keep().at(&path)
    }
}

fn satellite_id(connection: &Connection, id: &str) -> rusqlite::Result<i64> {
    dictionary::name_id(connection, "satellite", id)
}

fn put_prices(connection: &Connection, teller: Teller, satellite: i64, prices: &Prices) -> rusqlite::Result<()> {
    let key = params![teller.node, satellite, teller.source, teller.time];
    let newest = connection
        .prepare_cached(
            "SELECT time, disk, egress, repair, audit FROM price
             WHERE node = ?1 AND satellite = ?2 AND source = ?3 AND time <= ?4 ORDER BY time DESC LIMIT 1",
        )?
        .query_row(key, |row| Ok((row.get::<_, i64>(0)?, read::prices(row, 1)?)))
        .optional()?;
    if let Some((time, known)) = newest
        && known == *prices
    {
        connection
            .prepare_cached(
                "UPDATE price SET last = max(last, ?5)
                 WHERE node = ?1 AND satellite = ?2 AND source = ?3 AND time = ?4",
            )?
            .execute(params![teller.node, satellite, teller.source, time, teller.time])?;
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO price (node, satellite, source, time, last, disk, egress, repair, audit)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            teller.node,
            satellite,
            teller.source,
            teller.time,
            prices.disk,
            prices.egress,
            prices.repair,
            prices.audit
        ])?;
    Ok(())
}

/// The first word of a paystub holds from when the satellite made it: whoever had looked then had seen it.
fn put_paystub(connection: &Connection, teller: Teller, stub: &Paystub) -> rusqlite::Result<()> {
    let satellite = satellite_id(connection, &stub.satellite_id)?;
    let key = params![teller.node, satellite, number(stub.period), teller.source];
    let known = connection
        .prepare_cached(&format!(
            "SELECT t.name, {} FROM paystub p JOIN satellite t ON t.id = p.satellite
             WHERE p.node = ?1 AND p.satellite = ?2 AND p.month = ?3 AND p.source = ?4 ORDER BY p.seen DESC LIMIT 1",
            read::PAYSTUB
        ))?
        .query_row(key, read::paystub)
        .optional()?;
    let seen = match known {
        Some(known) if known == *stub => return Ok(()),
        Some(_) => teller.time,
        None => stub.created_ms.unwrap_or(teller.time).min(teller.time),
    };
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO paystub (node, satellite, source, seen, {})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
                 ?22, ?23, ?24, ?25)",
            read::PAYSTUB
        ))?
        .execute(params![
            teller.node,
            satellite,
            teller.source,
            seen,
            number(stub.period),
            stub.created_ms,
            stub.codes,
            stub.byte_hours,
            stub.get as i64,
            stub.put as i64,
            stub.get_repair as i64,
            stub.put_repair as i64,
            stub.get_audit as i64,
            stub.for_storage.0,
            stub.for_get.0,
            stub.for_put.0,
            stub.for_get_repair.0,
            stub.for_put_repair.0,
            stub.for_get_audit.0,
            stub.surge_percent,
            stub.held.0,
            stub.owed.0,
            stub.disposed.0,
            stub.paid.0,
            stub.distributed.0
        ])?;
    Ok(())
}

fn put_payment(connection: &Connection, teller: Teller, payment: &Payment) -> rusqlite::Result<()> {
    let satellite = satellite_id(connection, &payment.satellite_id)?;
    let key = params![
        teller.node,
        satellite,
        number(payment.period),
        teller.source,
        payment.receipt,
        payment.created_ms,
        payment.amount.0,
        payment.notes
    ];
    let same: Option<bool> = connection
        .prepare_cached(
            "SELECT (created, amount, notes) IS (?6, ?7, ?8) FROM payment
             WHERE node = ?1 AND satellite = ?2 AND month = ?3 AND source = ?4 AND receipt = ?5
             ORDER BY seen DESC LIMIT 1",
        )?
        .query_row(key, |row| row.get(0))
        .optional()?;
    let seen = match same {
        Some(true) => return Ok(()),
        Some(false) => teller.time,
        None => payment.created_ms.unwrap_or(teller.time).min(teller.time),
    };
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO payment (node, satellite, month, source, receipt, seen, created, amount, notes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            teller.node,
            satellite,
            number(payment.period),
            teller.source,
            payment.receipt,
            seen,
            payment.created_ms,
            payment.amount.0,
            payment.notes
        ])?;
    Ok(())
}

/// A past month's estimate hardly changes: the last word of a day is enough.
fn put_estimate(connection: &Connection, teller: Teller, told: &NodeEstimate) -> rusqlite::Result<()> {
    let satellite = match &told.satellite_id {
        Some(id) => satellite_id(connection, id)?,
        None => ALL,
    };
    let is_running = Month::of_ms(teller.time) == told.month;
    let width = if is_running { HOUR_MS } else { DAY_MS };
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO node_estimate (node, satellite, month, bucket, time, egress, repair_audit,
                 byte_months, for_egress, for_repair_audit, for_storage, held_percent, held, net, month_end)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            teller.node,
            satellite,
            number(told.month),
            teller.time.div_euclid(width) * width,
            teller.time,
            told.egress as i64,
            told.repair_audit as i64,
            told.byte_months,
            told.for_egress.0,
            told.for_repair_audit.0,
            told.for_storage.0,
            told.held_percent,
            told.held.0,
            told.net.0,
            told.month_end.map(|amount| amount.0)
        ])?;
    Ok(())
}

fn put_asked(
    connection: &Connection,
    teller: Teller,
    (topic, satellite): (Topic, Option<&str>),
    error: Option<&str>,
) -> rusqlite::Result<()> {
    let satellite = satellite.map_or(Ok(ALL), |id| satellite_id(connection, id))?;
    let answered = error.is_none().then_some(teller.time);
    connection
        .prepare_cached(
            "INSERT INTO money_asked (node, source, what, satellite, seen, asked, answered, error)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET asked = excluded.asked, answered = coalesce(excluded.answered, answered),
                 error = excluded.error",
        )?
        .execute(params![
            teller.node,
            teller.source,
            topic.word(),
            satellite,
            teller.time,
            answered,
            error
        ])?;
    Ok(())
}
