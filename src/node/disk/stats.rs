//! What disks did so far: the text of `/proc/diskstats`, and the load between two looks.

use std::time::Duration;

use crate::domain::host::Load;

/// Counters of one block device since the system began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stat {
    /// Device numbers.
    pub numbers: (u32, u32),
    /// Its name, without `/dev/`.
    pub name: String,
    /// Requests done: reads, writes.
    requests: [u64; 2],
    /// Bytes: read, written.
    bytes: [u64; 2],
    /// ms that requests took, summed: reads, writes.
    took_ms: [u64; 2],
    /// Requests that run.
    running: u64,
    /// ms with a request running.
    busy_ms: u64,
}

/// The unit of these counters, whatever the disk's sectors are.
const SECTOR: u64 = 512;

/// All block devices.
pub fn parse(text: &str) -> Vec<Stat> {
    text.lines().filter_map(stat).collect()
}

/// `8 16 sdb reads merged sectors ms writes merged sectors ms running busy_ms weighted_ms …`
fn stat(line: &str) -> Option<Stat> {
    let mut fields = line.split_ascii_whitespace();
    let numbers = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let name = fields.next()?.to_owned();
    let counters: Vec<u64> = fields.map_while(|field| field.parse().ok()).collect();
    let [
        reads,
        _,
        read,
        reads_ms,
        writes,
        _,
        written,
        writes_ms,
        running,
        busy_ms,
        ..,
    ] = counters[..]
    else {
        return None;
    };
    Some(Stat {
        numbers,
        name,
        requests: [reads, writes],
        bytes: [read.saturating_mul(SECTOR), written.saturating_mul(SECTOR)],
        took_ms: [reads_ms, writes_ms],
        running,
        busy_ms,
    })
}

/// What a disk did between two looks; `None`: a counter ran over, or it is another disk.
pub fn load(before: &Stat, after: &Stat, passed: Duration) -> Option<Load> {
    let ms = passed.as_secs_f64() * 1000.0;
    if before.name != after.name || before.numbers != after.numbers || ms < 1.0 {
        return None;
    }
    let more = |of: fn(&Stat) -> [u64; 2]| {
        let ([a, b], [c, d]) = (of(before), of(after));
        Some([c.checked_sub(a)?, d.checked_sub(b)?])
    };
    let [reads, writes] = more(|stat| stat.requests)?;
    let [read, written] = more(|stat| stat.bytes)?;
    let [reads_ms, writes_ms] = more(|stat| stat.took_ms)?;
    let busy = after.busy_ms.checked_sub(before.busy_ms)?;
    let await_ms = match reads + writes {
        // What waits all the time is not in the counters before it is done.
        0 if before.running > 0 && after.running > 0 => Some(ms),
        0 => None,
        done => Some((reads_ms + writes_ms) as f64 / done as f64),
    };
    Some(Load {
        busy: (busy as f64 / ms).min(1.0),
        await_ms,
        read: read as f64 * 1000.0 / ms,
        write: written as f64 * 1000.0 / ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Stat {
        parse(text).pop().unwrap()
    }

    #[test]
    fn load_is_what_was_added() {
        let before = one("   8      16 sdb 1000 5 80000 4000 200 9 16000 6000 0 5000 10000 0 0 0 0");
        let after = one("   8      16 sdb 1100 5 88000 9000 300 9 36000 16000 3 12500 30000 0 0 0 0 7 1");
        let load = load(&before, &after, Duration::from_secs(10)).unwrap();
        assert_eq!((load.busy, load.await_ms), (0.75, Some(75.0)));
        assert_eq!((load.read, load.write), (409_600.0, 1_024_000.0));
    }

    #[test]
    fn an_idle_disk_a_hung_one_and_a_new_one_are_told_apart() {
        let at = |running: u64| one(&format!("8 16 sdb 1 0 8 1 1 0 8 1 {running} 2 2"));
        let second = Duration::from_secs(1);
        assert_eq!(load(&at(0), &at(0), second).unwrap().await_ms, None);
        assert_eq!(load(&at(2), &at(1), second).unwrap().await_ms, Some(1000.0));
        assert_eq!(
            load(&one("8 16 sdb 2 0 8 1 1 0 8 1 0 2 2"), &at(0), second),
            None,
            "counted anew"
        );
        assert_eq!(load(&one("8 17 sdb1 1 0 8 1 1 0 8 1 0 2 2"), &at(0), second), None);
        assert_eq!(load(&at(0), &at(0), Duration::ZERO), None);
        assert_eq!(parse("8 16 sdb 1 2 3\n\nnonsense\n8 x y").len(), 0);
    }
}
