//! Reads the text of a node's debug endpoint (`/metrics`) as it comes, and keeps the series that are used here. Labels
//! come in any order; a series is there from its first event on, and not in every release.

use std::collections::BTreeMap;

use crate::domain::host::{Bytes, Check, Counted, Hashstore, Metrics, Moving};

/// Longer lines are no sample.
const LONGEST_LINE: usize = 8192;
/// Satellites, stores and actions of one answer.
const MOST: usize = 256;

/// An answer on its way in.
#[derive(Debug, Default)]
pub struct Scrape {
    /// The begin of a line whose end did not come yet.
    rest: Vec<u8>,
    /// The line is too long and is left out.
    skipping: bool,
    lines: usize,
    samples: usize,
    html: bool,
    version: [Option<u64>; 3],
    uploads: Option<Counted>,
    downloads: BTreeMap<String, Counted>,
    bytes: Bytes,
    read: Fields,
    write: Fields,
    hashstores: BTreeMap<(String, Option<String>), Hashstore>,
    moving: BTreeMap<String, Moving>,
}

/// Number, last and longest of a duration.
#[derive(Debug, Default)]
struct Fields([Option<f64>; 3]);

impl Fields {
    fn put(&mut self, field: &str, value: f64) {
        let place = ["count", "recent", "max"].iter().position(|name| *name == field);
        if let Some(place) = place.and_then(|place| self.0.get_mut(place)) {
            *place = Some(value);
        }
    }

    fn check(&self) -> Option<Check> {
        let [Some(count), Some(last_s), Some(longest_s)] = self.0 else {
            return None;
        };
        (count >= 1.0).then_some(Check {
            count: whole(count)?,
            last_s,
            longest_s,
        })
    }
}

/// One sample.
struct Sample<'a> {
    name: &'a str,
    labels: Vec<(&'a str, &'a str)>,
    value: f64,
}

impl Scrape {
    /// Takes more of the answer.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (head, tail) = (&bytes[..end], &bytes[end + 1..]);
            bytes = tail;
            if std::mem::take(&mut self.skipping) || self.rest.len() + head.len() > LONGEST_LINE {
                self.rest.clear();
                continue;
            }
            match self.rest.is_empty() {
                true => self.line(head),
                false => {
                    let mut line = std::mem::take(&mut self.rest);
                    line.extend_from_slice(head);
                    self.line(&line);
                    line.clear();
                    self.rest = line;
                }
            }
        }
        if self.skipping || self.rest.len() + bytes.len() > LONGEST_LINE {
            self.skipping = true;
            self.rest.clear();
        } else {
            self.rest.extend_from_slice(bytes);
        }
    }

    /// What the whole answer says.
    ///
    /// # Errors
    /// When it is none of a node, or ends within a line.
    pub fn finish(self) -> Result<Metrics, String> {
        if self.html {
            return Err("it is a web page: is this the node's debug.addr?".to_owned());
        }
        if self.skipping || !self.rest.is_empty() {
            return Err("the answer breaks off within a line".to_owned());
        }
        let of_node = self.version.iter().any(Option::is_some) || self.bytes != Bytes::default();
        if self.samples == 0 || !of_node {
            return Err("it holds nothing of a storage node: is this the node's debug.addr?".to_owned());
        }
        let version = match self.version {
            [Some(major), Some(minor), Some(patch)] => Some(format!("{major}.{minor}.{patch}")),
            _ => None,
        };
        Ok(Metrics {
            version,
            uploads: self.uploads,
            downloads: self.downloads,
            bytes: self.bytes,
            read_check: self.read.check(),
            write_check: self.write.check(),
            hashstores: self.hashstores.into_values().collect(),
            moving: self.moving.into_values().collect(),
        })
    }

    fn line(&mut self, line: &[u8]) {
        self.lines += 1;
        let line = line.trim_ascii();
        self.html |= self.lines == 1 && line.starts_with(b"<");
        // Most series are of functions: only what is used is looked at closely.
        let begins = |name: &str| line.starts_with(name.as_bytes());
        if NAMES.iter().any(|name| begins(name))
            && let Some(sample) = std::str::from_utf8(line).ok().and_then(sample)
        {
            self.samples += 1;
            self.take(&sample);
        }
    }

    fn take(&mut self, sample: &Sample<'_>) {
        let (field, value) = (sample.label("field").unwrap_or("value"), sample.value);
        let recent = |place: &mut Option<i64>| {
            if field == "recent" {
                *place = signed(value);
            }
        };
        match sample.name {
            "version_info" => {
                let place = ["major", "minor", "patch"].iter().position(|name| *name == field);
                if let Some(place) = place.and_then(|place| self.version.get_mut(place)) {
                    *place = whole(value);
                }
            }
            "allocated_space" => recent(&mut self.bytes.allocated),
            "used_space" => recent(&mut self.bytes.used),
            "available_space" => recent(&mut self.bytes.available),
            "reserved_space" => recent(&mut self.bytes.reserved),
            "reported_capacity" => recent(&mut self.bytes.reported),
            "readability_check" => self.read.put(field, value),
            "writability_check" => self.write.put(field, value),
            "hashstore" => self.hashstore(sample, field),
            "migration_status" | "migration_progress" | "migrating_backend" => self.moves(sample, field),
            _ if field == "value" => self.count(sample),
            _ => {}
        }
    }

    /// Counters of transfers: `upload_started_count`, `download_cancel_count{action}`.
    fn count(&mut self, sample: &Sample<'_>) {
        let Some((way, what)) = sample.name.split_once('_') else {
            return;
        };
        let Some(n) = whole(sample.value) else { return };
        let counted = match (way, sample.label("action")) {
            ("upload", None) => self.uploads.get_or_insert_default(),
            ("download", Some(action)) if room(&self.downloads, action) => {
                self.downloads.entry(action.to_owned()).or_default()
            }
            _ => return,
        };
        match what {
            "started_count" => counted.started = n,
            "success_count" => counted.success = n,
            "failure_count" => counted.failed = n,
            "cancel_count" => counted.canceled = n,
            _ => {}
        }
    }

    fn hashstore(&mut self, sample: &Sample<'_>, field: &str) {
        let Some(satellite) = sample.satellite("satellite") else {
            return;
        };
        let key = (satellite.to_owned(), sample.label("db").map(str::to_owned));
        if self.hashstores.len() >= MOST && !self.hashstores.contains_key(&key) {
            return;
        }
        let store = self.hashstores.entry(key).or_insert_with_key(|(id, db)| Hashstore {
            satellite_id: id.clone(),
            store: db.clone(),
            ..Hashstore::default()
        });
        let (value, n) = (sample.value, whole(sample.value));
        match field.strip_prefix("Table_").unwrap_or(field) {
            "NumLogs" => store.logs = n,
            "LenLogs" => store.log_bytes = n,
            "NumSet" => store.set = n,
            "LenSet" => store.set_bytes = n,
            "NumTrash" => store.trash = n,
            "LenTrash" => store.trash_bytes = n,
            "Load" => store.load = Some(value).filter(|load| load.is_finite()),
            "TableSize" => store.table_bytes = n,
            "FreeRequired" => store.free_required = n,
            "DataReclaimable" => store.reclaimable = n,
            "Compacting" => store.compacting = Some(value != 0.0),
            "Compactions" => store.compactions = n,
            "Compaction_Elapsed" => store.elapsed_s = Some(value),
            "Compaction_Remaining" => store.remaining_s = Some(value),
            "Compaction_TotalRecords" => store.records = n,
            "Compaction_ProcessedRecords" => store.processed = n,
            "LogsMismatched" => store.mismatched = n,
            _ => {}
        }
    }

    fn moves(&mut self, sample: &Sample<'_>, field: &str) {
        let satellite = sample.satellite("sat").or_else(|| sample.satellite("satellite"));
        let Some(satellite) = satellite.filter(|id| room(&self.moving, id)) else {
            return;
        };
        let moving = self.moving.entry(satellite.to_owned()).or_insert_with_key(|id| Moving {
            satellite_id: id.clone(),
            ..Moving::default()
        });
        let n = whole(sample.value);
        match field {
            "active" => moving.active = Some(sample.value != 0.0),
            "PassiveMigrate" => moving.passive = Some(sample.value != 0.0),
            "enqueued" => moving.enqueued = n,
            "processed" => moving.processed = n,
            "successes" => moving.moved = n,
            "errors" => moving.errors = n,
            "remaining_directories" => moving.folders_left = n,
            _ => {}
        }
    }
}

/// How the names begin that are used.
const NAMES: [&str; 15] = [
    "version_info{",
    "allocated_space{",
    "used_space{",
    "available_space{",
    "reserved_space{",
    "reported_capacity{",
    "readability_check{",
    "writability_check{",
    "hashstore{",
    "migration_status{",
    "migration_progress{",
    "migrating_backend{",
    "upload_",
    "download_",
    "version_info ",
];

fn room<V>(map: &BTreeMap<String, V>, key: &str) -> bool {
    map.len() < MOST || map.contains_key(key)
}

impl<'a> Sample<'a> {
    fn label(&self, name: &str) -> Option<&'a str> {
        let label = self.labels.iter().find(|(known, _)| *known == name);
        label.map(|(_, value)| *value)
    }

    /// An id; a value that begins with a digit has a `_` put in front of it.
    fn satellite(&self, name: &str) -> Option<&'a str> {
        let value = self.label(name)?;
        let bare = value.strip_prefix('_').unwrap_or(value);
        (!bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(bare)
    }
}

/// `name{label="value",…} 1.05e+06`, perhaps with a time behind it.
fn sample(line: &str) -> Option<Sample<'_>> {
    let (head, tail) = match line.split_once('{') {
        None => line.split_once(' ').map(|(name, rest)| ((name, ""), rest))?,
        Some((name, rest)) => {
            let (labels, rest) = rest.rsplit_once('}')?;
            ((name, labels), rest)
        }
    };
    let value = tail.split_ascii_whitespace().next()?.parse().ok()?;
    let mut labels = Vec::new();
    let mut rest = head.1;
    while let Some((name, behind)) = rest.split_once("=\"") {
        // No value of a node holds a quote: all but letters and digits are made `_`.
        let (value, behind) = behind.split_once('"')?;
        labels.push((name.trim_matches([',', ' ']), value));
        rest = behind;
    }
    Some(Sample {
        name: head.0,
        labels,
        value,
    })
}

fn signed(value: f64) -> Option<i64> {
    (value.is_finite() && value.abs() < 9e18).then(|| value.round() as i64)
}

fn whole(value: f64) -> Option<u64> {
    signed(value).and_then(|value| value.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, step: usize) -> Result<Metrics, String> {
        let mut scrape = Scrape::default();
        text.as_bytes().chunks(step).for_each(|chunk| scrape.push(chunk));
        scrape.finish()
    }

    const SMALL: &str = "# TYPE x gauge\n\
        version_info{field=\"major\",scope=\"env\"} 1\nversion_info{scope=\"env\",field=\"minor\"} 162\n\
        version_info{scope=\"env\",field=\"patch\"} 3\r\n\
        download_started_count{scope=\"s\",action=\"GET_AUDIT\",field=\"value\"} 1.05e+06\n\
        download_success_count{field=\"value\",action=\"GET_AUDIT\"} 1049990 1700000000\n\
        download_started_count{scope=\"s\",action=\"GET_AUDIT\",field=\"high\"} 7\n\
        upload_failure_count{field=\"value\"} NaN\n\
        available_space{field=\"recent\"} -1.5e3\n\
        hashstore{db=\"s0\",satellite=\"_12Eay\",field=\"Table_NumSet\"} 9\n\
        hashstore{satellite=\"_12Eay\",db=\"s0\",field=\"Load\"} NaN\n\
        hashstore{satellite=\"../x\",db=\"s0\",field=\"Load\"} 1\n\
        writability_check{field=\"count\"} 0\nwritability_check{field=\"recent\"} 0\nwritability_check{field=\"max\"} 0\n";

    #[test]
    fn labels_come_in_any_order_and_lines_in_any_piece() {
        let told = read(SMALL, usize::MAX).unwrap();
        assert_eq!(told.version.as_deref(), Some("1.162.3"));
        assert_eq!((told.audits().open(), told.uploads), (10, None));
        assert_eq!(told.bytes.available, Some(-1500));
        assert_eq!(told.write_check, None, "none was made so far");
        assert_eq!(told.hashstores.len(), 1);
        let store = &told.hashstores[0];
        assert_eq!(
            (store.satellite_id.as_str(), store.set, store.load),
            ("12Eay", Some(9), None)
        );
        for step in [1, 2, 7, 64] {
            assert_eq!(read(SMALL, step).as_ref(), Ok(&told), "{step}");
        }
    }

    #[test]
    fn what_is_no_whole_answer_of_a_node_says_so() {
        let long = format!("version_info{{x=\"{}\"}} 1\n", "y".repeat(1 << 20));
        for (text, why) in [
            ("<!DOCTYPE html>\n<p>\n", "web page"),
            ("", "nothing of a storage node"),
            ("go_goroutines 7\n", "nothing of a storage node"),
            (long.as_str(), "nothing of a storage node"),
            (&SMALL[..SMALL.len() - 4], "breaks off"),
            (&long[..20_000], "breaks off"),
        ] {
            let error = read(text, 4096).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
