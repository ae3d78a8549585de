//! `pricing.db` and `heldamount.db`: what satellites pay, and what they paid.

use rusqlite::{Connection, Row};

use super::row::{count, id, int, real, rows, text, time};
use crate::domain::money::{Micro, Payment, Paystub, Prices};

/// Prices by satellite. Before it told the node its prices they are all zero: no price.
pub fn prices(connection: &Connection) -> rusqlite::Result<Vec<(String, Prices)>> {
    rows(connection, "SELECT * FROM pricing ORDER BY satellite_id", [], |row| {
        let prices = Prices {
            disk: int(row, "disk_space_price")?,
            egress: int(row, "egress_bandwidth_price")?,
            repair: int(row, "repair_bandwidth_price")?,
            audit: int(row, "audit_bandwidth_price")?,
        };
        let all = [prices.disk, prices.egress, prices.repair, prices.audit];
        let is_one = all.iter().all(|cents| *cents >= 0) && prices != Prices::default();
        Some((id(row, "satellite_id")?, prices)).filter(|_| is_one)
    })
}

/// Paystubs and payments, in the order of months.
pub fn settled(connection: &Connection) -> rusqlite::Result<(Vec<Paystub>, Vec<Payment>)> {
    let paystubs = rows(
        connection,
        "SELECT * FROM paystubs ORDER BY period, satellite_id",
        [],
        paystub,
    )?;
    let payments = rows(connection, "SELECT * FROM payments ORDER BY period, id", [], payment)?;
    Ok((paystubs, payments))
}

fn paystub(row: &Row<'_>) -> Option<Paystub> {
    let bytes = |name: &str| count(row, name).unwrap_or_default();
    let micro = |name: &str| Micro(int(row, name).unwrap_or_default());
    Some(Paystub {
        satellite_id: id(row, "satellite_id")?,
        period: text(row, "period")?.parse().ok()?,
        created_ms: time(row, "created_at"),
        codes: text(row, "codes").unwrap_or_default(),
        byte_hours: real(row, "usage_at_rest").unwrap_or_default(),
        get: bytes("usage_get"),
        put: bytes("usage_put"),
        get_repair: bytes("usage_get_repair"),
        put_repair: bytes("usage_put_repair"),
        get_audit: bytes("usage_get_audit"),
        for_storage: micro("comp_at_rest"),
        for_get: micro("comp_get"),
        for_put: micro("comp_put"),
        for_get_repair: micro("comp_get_repair"),
        for_put_repair: micro("comp_put_repair"),
        for_get_audit: micro("comp_get_audit"),
        surge_percent: int(row, "surge_percent").unwrap_or_default(),
        held: micro("held"),
        owed: micro("owed"),
        disposed: micro("disposed"),
        paid: micro("paid"),
        // Older releases had no such column: what was to be paid was sent.
        distributed: match row.get_ref("distributed") {
            Ok(_) => micro("distributed"),
            Err(_) => micro("paid"),
        },
    })
}

fn payment(row: &Row<'_>) -> Option<Payment> {
    Some(Payment {
        satellite_id: id(row, "satellite_id")?,
        period: text(row, "period")?.parse().ok()?,
        created_ms: time(row, "created_at"),
        amount: Micro(int(row, "amount")?),
        receipt: text(row, "receipt").unwrap_or_default(),
        notes: text(row, "notes").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_zeros_or_below_is_no_price() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE pricing (satellite_id BLOB, egress_bandwidth_price INTEGER, repair_bandwidth_price INTEGER,
                     audit_bandwidth_price INTEGER, disk_space_price INTEGER);
                 INSERT INTO pricing VALUES (zeroblob(32), 0, 0, 0, 0), (zeroblob(32), 200, -1, 200, 149),
                     (zeroblob(32), 200, 200, 0, 149);",
            )
            .unwrap();
        let told: Vec<Prices> = prices(&connection)
            .unwrap()
            .into_iter()
            .map(|(_, prices)| prices)
            .collect();
        let free_audits = Prices {
            disk: 149,
            egress: 200,
            repair: 200,
            audit: 0,
        };
        assert_eq!(told, [free_audits]);
    }
}
