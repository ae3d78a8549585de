//! Which lines were counted, by the hash of each: what makes `ingest` idempotent whatever a log was
//! renamed, cut or packed into. About four bytes a line.

use rusqlite::{Connection, OptionalExtension, params};

use crate::support::varint::{self, Reader};

/// Lines in a chunk.
pub const CHUNK: usize = 4096;

/// No chunk spans more seconds: so a chunk that overlaps a time ends soon after it.
pub const LONGEST_CHUNK_S: i64 = 86_400;

/// Lines of one run in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chunk {
    /// The run they belong to.
    pub run: i64,
    /// Place of the chunk in its run.
    pub seq: i64,
    /// Hash of each line.
    pub hashes: Vec<u32>,
    /// Second since the epoch of each line.
    pub seconds: Vec<i64>,
}

impl Chunk {
    fn bounds(&self) -> (i64, i64) {
        let first = self.seconds.iter().min().copied().unwrap_or_default();
        (first, self.seconds.iter().max().copied().unwrap_or_default())
    }
}

/// Keeps a chunk; a chunk of the same run and place is replaced (it has grown).
pub(crate) fn put(connection: &Connection, node: i64, chunk: &Chunk) -> rusqlite::Result<()> {
    let hashes: Vec<u8> = chunk.hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
    let mut seconds = Vec::with_capacity(chunk.seconds.len());
    let mut before = 0;
    for second in &chunk.seconds {
        varint::put_signed(&mut seconds, second - before);
        before = *second;
    }
    // Mostly zeros and ones: a few bytes.
    let seconds = zstd::bulk::compress(&seconds, 1).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
    let (t0, t1) = chunk.bounds();
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO ledger (run, seq, node, t0, t1, n, hashes, seconds)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            chunk.run,
            chunk.seq,
            node,
            t0,
            t1,
            chunk.hashes.len() as i64,
            hashes,
            seconds
        ])?;
    Ok(())
}

/// A chunk of a row of [`COLUMNS`]; `None` when it is damaged.
pub(crate) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Chunk>> {
    let n: usize = row.get::<_, i64>(2)?.try_into().unwrap_or(0);
    let (hashes, _) = row.get_ref(3)?.as_blob()?.as_chunks::<4>();
    let Ok(seconds) = zstd::bulk::decompress(row.get_ref(4)?.as_blob()?, n * 10) else {
        return Ok(None);
    };
    let mut reader = Reader(&seconds);
    let mut chunk = Chunk {
        run: row.get(0)?,
        seq: row.get(1)?,
        hashes: hashes.iter().map(|hash| u32::from_le_bytes(*hash)).collect(),
        seconds: Vec::with_capacity(n),
    };
    let mut before = 0;
    while let Some(delta) = reader.signed() {
        before += delta;
        chunk.seconds.push(before);
    }
    Ok((chunk.hashes.len() == n && chunk.seconds.len() == n).then_some(chunk))
}

const COLUMNS: &str = "run, seq, n, hashes, seconds";
/// Every chunk.
pub(crate) const ALL: &str = "SELECT run, seq, n, hashes, seconds FROM ledger";

/// Chunks of other runs that overlap the seconds `from..=to`, in order; at most `most`.
pub(crate) fn overlapping(
    connection: &Connection,
    node: i64,
    not_run: i64,
    (from, to): (i64, i64),
    most: usize,
) -> rusqlite::Result<Vec<Chunk>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM ledger WHERE node = ?1 AND t1 BETWEEN ?2 AND ?3 + {LONGEST_CHUNK_S} AND t0 <= ?3 AND run <> ?4
         ORDER BY t0, run, seq LIMIT ?5"
    ))?;
    let rows = statement.query_map(params![node, from, to, not_run, most as i64], read)?;
    Ok(rows
        .collect::<rusqlite::Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect())
}

/// The chunk of a run at a place.
pub(crate) fn chunk(connection: &Connection, run: i64, seq: i64) -> rusqlite::Result<Option<Chunk>> {
    let found = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM ledger WHERE run = ?1 AND seq = ?2"))?
        .query_row([run, seq], read)
        .optional()?;
    Ok(found.flatten())
}

/// First second of the earliest chunk of other runs that ends at `from` or later.
pub(crate) fn earliest_after(
    connection: &Connection,
    node: i64,
    not_run: i64,
    from: i64,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(&format!(
            "SELECT min(t0) FROM ledger WHERE node = ?1 AND run <> ?3 AND t1 BETWEEN ?2 AND {LONGEST_CHUNK_S} + (
                 SELECT t1 FROM ledger WHERE node = ?1 AND t1 >= ?2 AND run <> ?3 ORDER BY t1 LIMIT 1)"
        ))?
        .query_row([node, from, not_run], |row| row.get(0))
}
