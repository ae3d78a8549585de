//! What the tests share: the corpus, the program, a naive recount.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod api;
pub mod disks;
pub mod earnings;
pub mod fleet;
pub mod latency;
pub mod money;
pub mod node;
pub mod reputation;
pub mod scenario;
pub mod screen;
pub mod states;
pub mod storage;
pub mod surround;
pub mod traffic;
pub mod transfers;
pub mod upkeep;
pub mod work;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Satellite, action, outcome → count, bytes.
pub type Counts = BTreeMap<(String, String, String), (u64, u64)>;

/// The corpus folder; without it the caller says `skipped` and passes.
pub fn corpus() -> Option<PathBuf> {
    let dir = std::env::var_os("STORJ_MONITOR_CORPUS").map(PathBuf::from);
    if dir.is_none() {
        eprintln!("skipped: STORJ_MONITOR_CORPUS is not set");
    }
    dir
}

/// Folders of whole nodes in the corpus.
pub fn nodes(corpus: &Path) -> Vec<PathBuf> {
    let mut nodes: Vec<PathBuf> = std::fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("counts.csv").exists())
        .collect();
    nodes.sort();
    assert!(nodes.len() >= 13, "the corpus has thirteen nodes");
    nodes
}

/// All files of a corpus folder whose name fits.
pub fn files(dir: &Path, fits: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| fits(&path.file_name().unwrap().to_string_lossy()))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{}", dir.display());
    files
}

/// The program with a data directory, which is its home too; nothing of the host is read.
pub fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_storj-monitor"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("STORJ_MONITOR_") {
            command.env_remove(name);
        }
    }
    command
        .env("HOME", data)
        .env("XDG_CONFIG_HOME", data.join("config"))
        // Whatever runs on this host is none of the tests' business.
        .env("STORJ_MONITOR_ROOT", data.join("no host"))
        .env("STORJ_MONITOR_DATA_DIR", data);
    command
}

/// Runs it.
pub fn run(data: &Path, args: &[&str]) -> Output {
    program(data).args(args).output().unwrap()
}

/// Its standard output; the run must succeed.
pub fn stdout(data: &Path, args: &[&str]) -> String {
    let output = run(data, args);
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The JSON it answers.
pub fn json(data: &Path, args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&stdout(data, args)).unwrap()
}

/// Traffic as the CSV of `counts.csv` or `export traffic`.
pub fn counts(csv: &str) -> Counts {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names = reader.headers().unwrap().clone();
    let place = |name: &str| names.iter().position(|n| n == name).unwrap();
    let (satellite, action, outcome) = (place("satellite_id"), place("action"), place("outcome"));
    let (count, bytes) = (place("count"), place("bytes"));
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let text = |at: usize| row[at].to_owned();
        let key = (text(satellite), text(action), text(outcome));
        (key, (row[count].parse().unwrap(), row[bytes].parse().unwrap()))
    });
    rows.collect()
}

/// What `export traffic` says of a node.
pub fn exported(data: &Path) -> Counts {
    counts(&stdout(data, &["export", "traffic"]))
}

/// A file's bytes, inflated if its name says so.
pub fn inflated(path: &Path) -> Vec<u8> {
    let raw = std::fs::read(path).unwrap();
    let mut bytes = Vec::new();
    match path.extension().and_then(|e| e.to_str()) {
        Some("gz") => flate2::read::MultiGzDecoder::new(raw.as_slice())
            .read_to_end(&mut bytes)
            .unwrap(),
        Some("zst") => return zstd::decode_all(raw.as_slice()).unwrap(),
        _ => return raw,
    };
    bytes
}

/// The begin of the recorded node that comes with the program.
pub fn sample() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/attic.log.zst");
    let text = String::from_utf8(inflated(&path)).unwrap();
    text.split_inclusive('\n').take(12_000).collect()
}

/// Traffic of an unwrapped log, the slow and obvious way: one JSON parse a line, nothing shared with
/// the program.
pub fn recount(log: &str) -> Counts {
    let mut counts = Counts::new();
    for line in log.lines() {
        if let Some((key, bytes)) = naive(line) {
            let cell = counts.entry(key).or_default();
            cell.0 += 1;
            cell.1 += bytes;
        }
    }
    counts
}

fn naive(line: &str) -> Option<((String, String, String), u64)> {
    let (level, logger, message, fields): (String, String, String, serde_json::Value) = if line.starts_with('{') {
        let object: serde_json::Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
        (text("L"), text("N"), text("M"), object.clone())
    } else {
        let mut columns: Vec<&str> = line.split('\t').collect();
        let fields = columns.pop().filter(|c| c.starts_with('{'))?;
        columns.retain(|column| !column.contains(".go:"));
        let [_, level, logger, message] = columns.as_slice() else {
            return None;
        };
        let fields = serde_json::from_str(fields).ok()?;
        ((*level).to_owned(), (*logger).to_owned(), (*message).to_owned(), fields)
    };
    if logger != "piecestore" {
        return None;
    }
    let outcome = match message.as_str() {
        "uploaded" | "downloaded" => "success",
        "download canceled" if level == "DEBUG" => return None,
        "upload canceled" | "download canceled" | "download canceled (race lost or node shutdown)" => "canceled",
        "upload failed" | "download failed" => "failed",
        "upload rejected, too many requests" => "rejected",
        _ => return None,
    };
    let text = |new: &str, old: &str| {
        let value = fields.get(new).or_else(|| fields.get(old));
        value.and_then(|v| v.as_str()).unwrap_or_default().to_owned()
    };
    let key = (
        text("satellite_id", "Satellite ID"),
        text("action", "Action"),
        outcome.to_owned(),
    );
    let size = fields.get("size").or_else(|| fields.get("Size"));
    Some((key, size.and_then(|v| v.as_u64()).unwrap_or(0)))
}
