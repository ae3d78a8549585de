//! The codec of a block: up to 4096 transfers in columns. Ids are kept beside it, raw: they do not
//! compress, and most questions never read them.

use std::net::{IpAddr, SocketAddr};

use crate::domain::batch::Kept;
use crate::domain::piece::PieceId;
use crate::domain::transfer::{Cause, Outcome, Quality};
use crate::support::varint::{self, Reader};

/// Transfers in a sealed block.
pub(crate) const FULL: usize = 4096;

/// A transfer as stored: satellite and action are rows of the dictionaries.
pub type Row = Kept<i64>;

fn put_option(out: &mut Vec<u8>, value: Option<u64>) {
    // u64::MAX would wrap; no piece is that large.
    varint::put(out, value.map_or(0, |v| v.saturating_add(1)));
}

/// The columns of `rows` (without ids), uncompressed.
pub(crate) fn encode(rows: &[Row]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.len() * 16 + 64);
    varint::put(&mut out, rows.len() as u64);
    encode_codes(&mut out, rows);
    let mut before = 0;
    for row in rows {
        varint::put_signed(&mut out, row.time_ms.wrapping_sub(before));
        before = row.time_ms;
    }
    for column in [|r: &Row| r.size, |r: &Row| r.offset, |r: &Row| r.moved] {
        rows.iter().for_each(|row| put_option(&mut out, column(row)));
    }
    for row in rows {
        let code = row.duration.map_or(0, |(ms, q)| (u64::from(ms) << 2) | (q as u64 + 1));
        varint::put(&mut out, code);
    }
    encode_addresses(&mut out, rows);
    encode_texts(&mut out, rows);
    out
}

/// Satellite, action, outcome and cause are one small number a row.
fn encode_codes(out: &mut Vec<u8>, rows: &[Row]) {
    let key = |row: &Row| (row.satellite, row.action, row.outcome, row.cause);
    let mut codes: Vec<(i64, i64, Outcome, Cause)> = Vec::new();
    let mut column = Vec::with_capacity(rows.len());
    for row in rows {
        let at = codes.iter().position(|code| *code == key(row)).unwrap_or_else(|| {
            codes.push(key(row));
            codes.len() - 1
        });
        varint::put(&mut column, at as u64);
    }
    varint::put(out, codes.len() as u64);
    for (satellite, action, outcome, cause) in codes {
        varint::put_signed(out, satellite);
        varint::put_signed(out, action);
        out.extend([outcome as u8, cause as u8]);
    }
    out.extend(column);
}

fn encode_addresses(out: &mut Vec<u8>, rows: &[Row]) {
    out.extend(rows.iter().map(|row| match row.address {
        None => 0,
        Some(SocketAddr::V4(_)) => 4,
        Some(SocketAddr::V6(_)) => 6,
    }));
    for address in rows.iter().filter_map(|row| row.address) {
        match address.ip() {
            IpAddr::V4(ip) => out.extend(ip.octets()),
            IpAddr::V6(ip) => out.extend(ip.octets()),
        }
    }
    for address in rows.iter().filter_map(|row| row.address) {
        out.extend(address.port().to_le_bytes());
    }
}

fn encode_texts(out: &mut Vec<u8>, rows: &[Row]) {
    let of = |n: usize, row: &Row| -> Vec<(u64, u8, String)> {
        let n = n as u64;
        let mut texts = Vec::new();
        if let Some(error) = &row.error {
            texts.push((n, 0, error.to_string()));
        }
        if let Some(odd) = &row.odd {
            texts.push((n, 1, odd.piece.clone()));
            texts.push((n, 2, odd.address.clone()));
        }
        if row.piece.is_none() {
            texts.push((n, 3, String::new()));
        }
        texts
    };
    let texts: Vec<_> = rows.iter().enumerate().flat_map(|(n, row)| of(n, row)).collect();
    varint::put(out, texts.len() as u64);
    for (n, what, text) in texts {
        varint::put(out, n);
        out.push(what);
        varint::put_text(out, &text);
    }
}

/// The ids of `rows`, 32 bytes each; zeros where there is none.
pub(crate) fn encode_ids(rows: &[Row]) -> Vec<u8> {
    rows.iter().flat_map(|row| row.piece.unwrap_or_default()).collect()
}

/// How well blocks are compressed: more than 1 gains nothing on these columns.
const ZSTD_LEVEL: i32 = 1;
/// Longest columns believed: 4096 rows with an error text each.
const LONGEST: usize = 16 << 20;

/// Compresses the columns of a full block, their length before them.
pub(crate) fn seal(meta: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    varint::put(&mut out, meta.len() as u64);
    out.extend(zstd::bulk::compress(meta, ZSTD_LEVEL)?);
    Ok(out)
}

/// The columns of a sealed block; `None` when the bytes are damaged.
fn unseal(sealed: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader(sealed);
    let len = usize::try_from(reader.unsigned()?).ok().filter(|len| *len <= LONGEST)?;
    zstd::bulk::decompress(reader.0, len).ok()
}

/// The rows of a stored block.
pub(crate) fn open(sealed: bool, meta: &[u8], ids: &[u8]) -> Option<Vec<Row>> {
    open_of(sealed, meta, ids, None)
}

/// The rows of a stored block that ended so; all, for `None`.
pub(crate) fn open_of(sealed: bool, meta: &[u8], ids: &[u8], outcome: Option<Outcome>) -> Option<Vec<Row>> {
    if !sealed {
        return decode(meta, Some(ids), outcome);
    }
    decode(&unseal(meta)?, Some(ids), outcome)
}

/// The rows of a stored block but for their piece ids: for what only counts.
pub(crate) fn open_without_ids(sealed: bool, meta: &[u8]) -> Option<Vec<Row>> {
    if !sealed {
        return decode(meta, None, None);
    }
    decode(&unseal(meta)?, None, None)
}

/// Whether a piece is among the ids of a block.
pub(crate) fn holds(ids: &[u8], id: &PieceId) -> bool {
    ids.as_chunks::<32>().0.contains(id)
}

/// The rows that are wanted of a block, while its columns are read: the others are never made.
struct Wanted {
    rows: Vec<Row>,
    /// Of each row of the block its place in `rows`; past its end when it is not wanted.
    places: Vec<u32>,
}

impl Wanted {
    /// Reads a column, a value for each row of the block.
    #[inline]
    fn column<T>(
        &mut self,
        mut next: impl FnMut() -> Option<T>,
        mut put: impl FnMut(&mut Row, T) -> Option<()>,
    ) -> Option<()> {
        for place in &self.places {
            let value = next()?;
            if let Some(row) = self.rows.get_mut(*place as usize) {
                put(row, value)?;
            }
        }
        Some(())
    }
}

/// Rows from their columns and, if wanted, their ids. `None` when the bytes are damaged.
fn decode(meta: &[u8], ids: Option<&[u8]>, outcome: Option<Outcome>) -> Option<Vec<Row>> {
    let mut reader = Reader(meta);
    let n = usize::try_from(reader.unsigned()?).ok().filter(|n| *n <= FULL * 4)?;
    let mut wanted = decode_codes(&mut reader, n, outcome)?;
    let mut time = 0i64;
    let next = || {
        time = time.wrapping_add(reader.signed()?);
        Some(time)
    };
    wanted.column(next, |row, time| {
        row.time_ms = time;
        Some(())
    })?;
    let fields: [fn(&mut Row) -> &mut Option<u64>; 3] = [|r| &mut r.size, |r| &mut r.offset, |r| &mut r.moved];
    for field in fields {
        let put = |row: &mut Row, value: u64| {
            *field(row) = value.checked_sub(1);
            Some(())
        };
        wanted.column(|| reader.unsigned(), put)?;
    }
    wanted.column(
        || reader.unsigned(),
        |row, code| {
            row.duration = match code & 3 {
                0 => None,
                quality => Some((u32::try_from(code >> 2).ok()?, *Quality::ALL.get(quality as usize - 1)?)),
            };
            Some(())
        },
    )?;
    decode_addresses(&mut reader, &mut wanted)?;
    if let Some(ids) = ids {
        let (ids, rest) = ids.as_chunks::<32>();
        if !rest.is_empty() || ids.len() != n {
            return None;
        }
        let mut ids = ids.iter();
        wanted.column(
            || ids.next(),
            |row, id| {
                row.piece = Some(*id);
                Some(())
            },
        )?;
    }
    decode_texts(&mut reader, &mut wanted)?;
    Some(wanted.rows)
}

fn decode_codes(reader: &mut Reader<'_>, n: usize, wanted: Option<Outcome>) -> Option<Wanted> {
    let mut codes = Vec::new();
    for _ in 0..reader.unsigned()? {
        let (satellite, action) = (reader.signed()?, reader.signed()?);
        let [outcome, cause] = reader.bytes(2)?.try_into().ok()?;
        let outcome = *Outcome::ALL.get(usize::from(outcome))?;
        codes.push((satellite, action, outcome, *Cause::ALL.get(usize::from(cause))?));
    }
    let mut found = Wanted {
        rows: Vec::with_capacity(if wanted.is_none() { n } else { n / 4 }),
        places: Vec::with_capacity(n),
    };
    for _ in 0..n {
        let (satellite, action, outcome, cause) = *codes.get(usize::try_from(reader.unsigned()?).ok()?)?;
        if wanted.is_some_and(|wanted| wanted != outcome) {
            found.places.push(u32::MAX);
            continue;
        }
        found.places.push(found.rows.len() as u32);
        found.rows.push(Row {
            time_ms: 0,
            satellite,
            action,
            outcome,
            cause,
            size: None,
            offset: None,
            moved: None,
            piece: None,
            address: None,
            duration: None,
            error: None,
            odd: None,
        });
    }
    Some(found)
}

fn decode_addresses(reader: &mut Reader<'_>, wanted: &mut Wanted) -> Option<()> {
    let families = reader.bytes(wanted.places.len())?;
    let mut each = families.iter();
    let next = || {
        Some(match each.next()? {
            0 => None,
            4 => Some(IpAddr::from(<[u8; 4]>::try_from(reader.bytes(4)?).ok()?)),
            6 => Some(IpAddr::from(<[u8; 16]>::try_from(reader.bytes(16)?).ok()?)),
            _ => return None,
        })
    };
    wanted.column(next, |row, ip| {
        row.address = ip.map(|ip| SocketAddr::new(ip, 0));
        Some(())
    })?;
    let mut each = families.iter();
    let next = || match each.next()? {
        0 => Some(0),
        _ => Some(u16::from_le_bytes(reader.bytes(2)?.try_into().ok()?)),
    };
    wanted.column(next, |row, port| {
        if let Some(address) = &mut row.address {
            address.set_port(port);
        }
        Some(())
    })
}

fn decode_texts(reader: &mut Reader<'_>, wanted: &mut Wanted) -> Option<()> {
    for _ in 0..reader.unsigned()? {
        let place = *wanted.places.get(usize::try_from(reader.unsigned()?).ok()?)?;
        let what = reader.bytes(1)?[0];
        let text = reader.text()?;
        let Some(row) = wanted.rows.get_mut(place as usize) else {
            continue;
        };
        match what {
            0 => row.error = Some(text.into()),
            1 => row.odd.get_or_insert_default().piece = text.to_owned(),
            2 => row.odd.get_or_insert_default().address = text.to_owned(),
            3 => row.piece = None,
            _ => return None,
        }
    }
    Some(())
}

/// A Bloom filter over piece ids: 10 bits an id, 6 probes taken from the id, which is a hash already.
pub(crate) fn filter(rows: &[Row]) -> Vec<u8> {
    let mut filter = vec![0u8; (rows.len() * 10).div_ceil(8).max(1)];
    for id in rows.iter().filter_map(|row| row.piece.as_ref()) {
        let bits = filter.len() as u64 * 8;
        probes(id, bits).for_each(|bit| filter[(bit / 8) as usize] |= 1 << (bit % 8));
    }
    filter
}

/// Whether a block whose filter this is may hold the piece.
pub(crate) fn may_hold(filter: &[u8], id: &PieceId) -> bool {
    let bits = filter.len() as u64 * 8;
    bits > 0 && probes(id, bits).all(|bit| filter[(bit / 8) as usize] & (1 << (bit % 8)) != 0)
}

fn probes(id: &PieceId, bits: u64) -> impl Iterator<Item = u64> + use<> {
    let (words, _) = id.as_chunks::<4>();
    let words: [u32; 6] = std::array::from_fn(|n| u32::from_le_bytes(words[n]));
    words.into_iter().map(move |word| u64::from(word) % bits)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::batch::Odd;

    pub(crate) fn example(n: u8) -> Row {
        Row {
            time_ms: 1_787_205_633_000 + i64::from(n) * 1000,
            satellite: i64::from(n % 3),
            action: i64::from(n % 2),
            outcome: Outcome::ALL[usize::from(n % 4)],
            cause: Cause::ALL[usize::from(n % 9)],
            size: (!n.is_multiple_of(5)).then_some(u64::from(n) << 12),
            offset: (!n.is_multiple_of(2)).then_some(0),
            moved: None,
            piece: (!n.is_multiple_of(7)).then_some([n; 32]),
            address: match n % 3 {
                0 => None,
                1 => Some(SocketAddr::from(([10, 0, 0, n], 28967))),
                _ => Some(SocketAddr::from(([1, 2, 3, 4, 5, 6, 7, u16::from(n)], 1))),
            },
            duration: (!n.is_multiple_of(2)).then_some((u32::from(n) * 100, Quality::Second)),
            error: (n % 4 == 1).then(|| "file does not exist".into()),
            odd: n.is_multiple_of(7).then(|| {
                Box::new(Odd {
                    piece: "odd".to_owned(),
                    ..Odd::default()
                })
            }),
        }
    }

    #[test]
    fn rows_come_back_and_damage_is_an_error_not_a_panic() {
        let rows: Vec<Row> = (0..100).map(example).collect();
        let (meta, ids) = (encode(&rows), encode_ids(&rows));
        assert_eq!(decode(&meta, Some(&ids), None), Some(rows.clone()));
        let mut failed = rows.clone();
        failed.retain(|row| row.outcome == Outcome::Failed);
        assert_eq!(decode(&meta, Some(&ids), Some(Outcome::Failed)), Some(failed));
        for len in 0..meta.len() {
            assert_eq!(decode(&meta[..len], Some(&ids), None), None);
            let mut damaged = meta.clone();
            damaged[len] ^= 0xff;
            decode(&damaged, Some(&ids), None);
        }
        let filter = filter(&rows);
        assert!(rows.iter().filter_map(|r| r.piece).all(|id| may_hold(&filter, &id)));
    }
}
