//! Days in the life of a node, made from real lines. A scenario is a file (`tests/scenarios/*.toml`): what the node
//! does when, and what is to be told of it when. Each thing it does has a pattern: lines that a recorded node wrote,
//! found in the corpus by their message, of which only the time, the satellite, the piece, and what the scenario
//! itself is about (the error of a check-in, the age of a bloom filter) are replaced.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::node::piece;
use super::{inflated, json, stdout};

/// A scenario as its file has it. Times are hours, minutes and perhaps seconds since its begin: `27:10`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What happens, in a sentence.
    pub about: String,
    /// When it begins.
    pub begin: String,
    /// What the node does.
    pub phase: Vec<Phase>,
    /// What is told when.
    #[serde(default)]
    pub told: Vec<Told>,
    /// When nothing is told.
    #[serde(default)]
    pub calm: Vec<Calm>,
    /// What a pane says.
    #[serde(default)]
    pub shown: Vec<Shown>,
}

/// Something it does again and again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    from: String,
    /// Until before then; without one it is done once.
    to: Option<String>,
    /// Seconds from one time to the next.
    every: Option<u32>,
    /// What, in the order it is done.
    does: Vec<Act>,
    /// With this satellite (0 or 1) only; else with both.
    satellite: Option<usize>,
    /// Replaces the error's text.
    error: Option<String>,
    /// How old a bloom filter is when it comes, hours.
    #[serde(default)]
    filter_age: u32,
}

/// A finding that is told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    pub at: String,
    pub rule: String,
    /// Part of its text.
    #[serde(default)]
    pub says: String,
    /// The node's state then.
    pub state: Option<String>,
}

/// A time without findings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calm {
    pub from: String,
    pub to: String,
    /// Seconds from one look to the next.
    pub every: u32,
    /// Findings that may be told all the same.
    #[serde(default)]
    pub but: Vec<String>,
}

/// Words on a pane.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    pub at: String,
    pub pane: String,
    pub says: String,
}

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Act {
    Upload,
    Download,
    Audit,
    AuditMissing,
    AuditUnreadable,
    /// It begins (told at DEBUG) and does not end.
    AuditBegins,
    /// From `from` to `to` every check-in fails, with the node's pauses between the tries.
    CheckInFails,
    Scores,
    Compaction,
    CompactionBegins,
    Garbage,
    Trash,
    Signal,
    Start,
}

impl Act {
    /// Recorded nodes, and parts of the lines that are its pattern, in their order.
    fn pattern(self) -> (&'static str, &'static [&'static [&'static str]]) {
        match self {
            Self::Upload => ("v162-info", &[&["piecestore\tuploaded", "\"PUT\""]]),
            Self::Download => ("v162-info", &[&["piecestore\tdownloaded", "\"GET\""]]),
            Self::Audit => ("v162-info", &[&["piecestore\tdownloaded", "\"GET_AUDIT\""]]),
            Self::AuditMissing => (
                "v162-debug",
                &[&["download failed", "\"GET_AUDIT\"", "file does not exist"]],
            ),
            Self::AuditUnreadable => (
                "v145-suspended",
                &[&["download failed", "\"GET_AUDIT\"", "is a directory"]],
            ),
            Self::AuditBegins => ("v162-debug", &[&["download started", "\"GET_AUDIT\""]]),
            Self::CheckInFails => ("v162-info", &[&["ping satellite failed"]]),
            Self::Scores => ("v162-info", &[&["node scores updated", "\"audit_score\": 1,"]]),
            Self::Compaction => (
                "v162-json-debug",
                &[
                    &["beginning compaction"],
                    &["compact once started"],
                    &["compaction computed details"],
                    &["hashtbl rewritten"],
                    &["compact once finished"],
                    &["finished compaction"],
                ],
            ),
            Self::CompactionBegins => ("v162-info", &[&["beginning compaction"], &["compact once started"]]),
            Self::Garbage => (
                "v162-info",
                &[
                    &["Retain job queued"],
                    &["Prepared to run a Retain request."],
                    &["Moved pieces to trash during retain"],
                ],
            ),
            Self::Trash => (
                "v162-info",
                &[&["emptying trash started"], &["emptying trash finished"]],
            ),
            Self::Signal => ("v162-info", &[&["Got a signal from the OS"]]),
            Self::Start => ("v162-info", &[&["Configuration loaded"], &["INFO\tNode ", " started"]]),
        }
    }
}

/// The recorded lines of every act with the seconds they came behind its first one, as far as they are wanted.
struct Patterns<'a> {
    corpus: &'a Path,
    logs: HashMap<&'static str, Vec<String>>,
    of: HashMap<Act, Vec<(i64, String)>>,
}

impl Patterns<'_> {
    fn lines(&mut self, act: Act) -> &[(i64, String)] {
        let (folder, parts) = act.pattern();
        let log = self.logs.entry(folder).or_insert_with(|| {
            let log = inflated(&self.corpus.join(folder).join("node.log.gz"));
            String::from_utf8_lossy(&log).lines().map(str::to_owned).collect()
        });
        self.of.entry(act).or_insert_with(|| recorded(log, parts))
    }
}

/// The first line with the first parts, the next one of the same satellite (and store) with the second, and so on.
fn recorded(log: &[String], parts: &[&[&str]]) -> Vec<(i64, String)> {
    let mut found: Vec<(i64, String)> = Vec::new();
    let mut rest = log.iter();
    let mut same: Vec<&str> = Vec::new();
    for parts in parts {
        let fits = |line: &&String| parts.iter().chain(&same).all(|part| line.contains(part));
        let line = rest
            .find(fits)
            .unwrap_or_else(|| panic!("no line with {parts:?} {same:?}"));
        if found.is_empty() {
            let ids = SATELLITES.into_iter().chain(["\"s0\"", "\"s1\""]);
            same = ids.filter(|id| line.contains(id)).collect();
        }
        found.push((stamp(line), line.clone()));
    }
    let first = found[0].0;
    found.iter_mut().for_each(|(time, _)| *time -= first);
    found
}

/// The second a line is of.
fn stamp(line: &str) -> i64 {
    let at = line.find("2026-").unwrap();
    let time: Timestamp = line[at..at + 20].parse().unwrap();
    time.as_second()
}

/// Both satellites of the corpus.
const SATELLITES: [&str; 2] = [
    "12cHbYXpdnQqbZXHVrhSAn3osFouth6GnU7VyRw3z17xdjtqfmu",
    "12Dr8b9o4Ug9aJEnBivp6hSXs7XHgocxSssjubLEZjuwPq26FXX",
];

/// Seconds of `27:10` or `27:10:05`.
fn seconds(time: &str) -> i64 {
    let parts: Vec<i64> = time.split(':').map(|part| part.parse().unwrap()).collect();
    assert!((2..=3).contains(&parts.len()), "{time}: write it as 27:10 or 27:10:05");
    parts[0] * 3600 + parts[1] * 60 + parts.get(2).unwrap_or(&0)
}

impl Scenario {
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn time(&self, second: i64) -> Timestamp {
        let begin: Timestamp = self.begin.parse().unwrap();
        begin + SignedDuration::from_secs(second)
    }

    /// The log it comes to.
    fn log(&self, corpus: &Path) -> String {
        let mut patterns = Patterns {
            corpus,
            logs: HashMap::new(),
            of: HashMap::new(),
        };
        let mut lines: BTreeMap<i64, String> = BTreeMap::new();
        let mut pieces = 0;
        for phase in &self.phase {
            let from = seconds(&phase.from);
            let to = phase.to.as_deref().map_or(from + 1, seconds);
            let every = phase.every.map_or(i64::MAX / 4, i64::from);
            for act in &phase.does {
                let times: Vec<(i64, u32)> = match act {
                    Act::CheckInFails => tries(from, to),
                    _ => (0..)
                        .map(|n| (from + n * every, 0))
                        .take_while(|(time, _)| *time < to)
                        .collect(),
                };
                for (time, attempt) in times {
                    self.act(phase, *act, (time, attempt), &mut patterns, &mut pieces, &mut lines);
                }
            }
        }
        lines.into_values().collect()
    }

    fn act(
        &self,
        phase: &Phase,
        act: Act,
        (time, attempt): (i64, u32),
        patterns: &mut Patterns<'_>,
        pieces: &mut u64,
        lines: &mut BTreeMap<i64, String>,
    ) {
        let alone = matches!(act, Act::Signal | Act::Start);
        let with = match phase.satellite {
            Some(one) => one..one + 1,
            None if alone => 0..1,
            None => 0..2,
        };
        for satellite in with {
            *pieces += 1;
            for (behind, pattern) in patterns.lines(act) {
                // As far behind each other as they were, for they tell how long it took.
                let second = time + behind + if alone { 0 } else { satellite as i64 };
                let line = console(pattern, self.time(second));
                let line = with_value(
                    &line,
                    &["satellite_id", "Satellite ID", "satellite"],
                    SATELLITES[satellite],
                );
                let line = with_value(&line, &["piece_id", "Piece ID"], &piece(*pieces));
                let made = self.time(second) - SignedDuration::from_hours(i64::from(phase.filter_age));
                let line = with_value(&line, &["created_before", "Created Before"], &made.to_string());
                let line = match &phase.error {
                    Some(error) => with_value(&line, &["error"], error),
                    None => line,
                };
                let line = match attempt {
                    0 => line,
                    attempt => line.replacen("\"attempts\": 1", &format!("\"attempts\": {attempt}"), 1),
                };
                // By the second, then as they come.
                let at = lines.entry(second).or_default();
                at.push_str(&line);
                at.push('\n');
            }
        }
    }

    /// Runs it: all that is to be told is told, at its time.
    pub fn check(&self, name: &str, corpus: &Path) {
        let data = tempfile::tempdir().unwrap();
        let log: PathBuf = data.path().join("node.log");
        std::fs::write(&log, self.log(corpus)).unwrap();
        stdout(
            data.path(),
            &["collect", "--once", "--node", &format!("n={}", log.display())],
        );
        let mut wrong = Vec::new();
        for told in &self.told {
            let node = self.node(data.path(), seconds(&told.at));
            let reasons = reasons(&node);
            let is = |(rule, text): &&(String, String)| *rule == told.rule && text.contains(&told.says);
            let state = told.state.as_deref().is_none_or(|state| node["state"] == state);
            if !state || !reasons.iter().any(|reason| is(&reason)) {
                wrong.push(format!("{told:?}: {} {reasons:?}", node["state"]));
            }
        }
        for calm in &self.calm {
            let (from, to) = (seconds(&calm.from), seconds(&calm.to));
            for second in (from..to).step_by(calm.every as usize) {
                let mut reasons = reasons(&self.node(data.path(), second));
                reasons.retain(|(rule, _)| !calm.but.contains(rule));
                if !reasons.is_empty() {
                    wrong.push(format!("{:02}:{:02}: {reasons:?}", second / 3600, second / 60 % 60));
                }
            }
        }
        for shown in &self.shown {
            let at = self.time(seconds(&shown.at)).to_string();
            let pane = stdout(data.path(), &["show", &shown.pane, "--size", "160x50", "--at", &at]);
            if !pane.contains(&shown.says) {
                wrong.push(format!("{shown:?}:\n{pane}"));
            }
        }
        assert!(wrong.is_empty(), "{name} ({}):\n{}", self.about, wrong.join("\n"));
        let looks = self.told.len() + self.calm.len() + self.shown.len();
        assert!(looks > 0, "{name} looks at nothing");
    }

    fn node(&self, data: &Path, second: i64) -> Value {
        let at = self.time(second).to_string();
        json(data, &["status", "--json", "--at", &at])["nodes"][0].clone()
    }
}

fn reasons(node: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let reasons = node["reasons"].as_array().unwrap().iter();
    reasons
        .map(|reason| (text(&reason["rule"]), text(&reason["text"])))
        .collect()
}

/// When the tries of check-ins that all fail are, and the number of each in its cycle: 1, 2, 4, … s apart, twelve of
/// them; then the next hour's.
fn tries(from: i64, to: i64) -> Vec<(i64, u32)> {
    let mut tries = Vec::new();
    let mut cycle = from;
    while cycle < to {
        let mut time = cycle;
        for attempt in 1..=12 {
            tries.push((time, attempt));
            time += 1 << (attempt - 1);
        }
        cycle = time.max(cycle + 3600);
    }
    tries.retain(|(time, _)| *time < to);
    tries
}

/// A line in the console's form, at another time.
fn console(line: &str, time: Timestamp) -> String {
    if !line.starts_with('{') {
        let (_, rest) = line.split_once('\t').unwrap();
        return format!("{time}\t{rest}");
    }
    let mut object: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
    let mut column = |key: &str| match object.remove(key) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let (level, _, logger, message) = (column("L"), column("T"), column("N"), column("M"));
    format!("{time}\t{level}\t{logger}\t{message}\t{}", Value::Object(object))
}

/// The line with another value of the first of the keys it has.
fn with_value(line: &str, keys: &[&str], value: &str) -> String {
    for key in keys {
        for colon in [": ", ":"] {
            let begin = format!("\"{key}\"{colon}\"");
            if let Some(at) = line.find(&begin).map(|at| at + begin.len()) {
                let end = at + line[at..].find('"').unwrap();
                let value = serde_json::to_string(value).unwrap();
                return format!("{}{}{}", &line[..at], &value[1..value.len() - 1], &line[end..]);
            }
        }
    }
    line.to_owned()
}
