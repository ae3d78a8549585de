//! A made-up database for `queries.rs`: a large node with a year of history, and a hundred small ones.

use std::net::SocketAddr;
use std::path::Path;

use storj_monitor::domain::batch::{Batch, Cell, Kept, Note, Scores, Series, Vocabulary};
use storj_monitor::domain::piece::PieceId;
use storj_monitor::domain::sample::{Disk, Poll, Process, Sample, Semantics, Standing};
use storj_monitor::domain::source::Position;
use storj_monitor::domain::transfer::{Cause, Outcome, Quality, SIZE_BOUNDS, size_class};
use storj_monitor::store::dictionary::Dictionary;
use storj_monitor::store::ledger::{CHUNK, Chunk};
use storj_monitor::store::writer::{Part, Progress, Unit, Writer};
use storj_monitor::support::sketch::Sketch;

/// When the questions are asked: 23 minutes and 20 seconds behind an hour, as it happens.
pub const NOW_MS: i64 = 1_790_900_600_000;
/// The large node.
pub const LARGE: &str = "large";
/// The small ones.
pub const SMALL: usize = 100;
const NOW: i64 = NOW_MS / 1000;
const DAY: i64 = 86_400;
const HOUR: i64 = 3600;

/// Transfers of the large node that are kept, and how many there are a second.
pub const TRANSFERS: i64 = 5_000_000;
const LARGE_RATE: i64 = 20;
/// Small nodes have a transfer every two seconds, and keep them for so long.
const SMALL_KEPT: i64 = 26 * HOUR;

const SATELLITES: [(&str, f64); 4] = [
    ("12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S", 0.55),
    ("12L9ZFwhzVpuEKMUNUqkaTLGzwY9G24tbiigLiXpmZWKwmcNDDs", 0.25),
    ("121RTSDpyNZVcEU84Ticf2L1ntiuUimbWgfATz21tuvgk3vzoA6", 0.15),
    ("1wFTAgs9DP5RSnCqKV1eLf6N9wtk4EAtmN5DpSxcs8EjT69tGE", 0.05),
];
const ACTIONS: [(&str, f64); 6] = [
    ("PUT", 0.57),
    ("GET", 0.37),
    ("GET_AUDIT", 0.005),
    ("GET_REPAIR", 0.035),
    ("PUT_REPAIR", 0.015),
    ("PUT_GRACEFUL_EXIT", 0.005),
];
const ENDS: [(Outcome, Cause, f64); 6] = [
    (Outcome::Success, Cause::None, 0.934),
    (Outcome::Canceled, Cause::RaceLost, 0.045),
    (Outcome::Canceled, Cause::Unknown, 0.005),
    (Outcome::Failed, Cause::Disconnect, 0.009),
    (Outcome::Failed, Cause::Error, 0.005),
    (Outcome::Rejected, Cause::TooManyRequests, 0.002),
];
const SIZES: [f64; 7] = [0.15, 0.12, 0.10, 0.13, 0.15, 0.10, 0.25];

/// Numbers that are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn size(&mut self, class: usize) -> u64 {
        let low = class.checked_sub(1).map_or(1, |n| SIZE_BOUNDS[n]);
        let high = SIZE_BOUNDS.get(class).copied().unwrap_or(2_319_872);
        low + self.below(high - low)
    }
}

/// Every series there is, and its share.
fn mix() -> Vec<(Series, f64)> {
    let mut mix = Vec::new();
    for (satellite, (_, s)) in SATELLITES.iter().enumerate() {
        for (action, (_, a)) in ACTIONS.iter().enumerate() {
            for (outcome, cause, e) in ENDS {
                for (class, c) in SIZES.iter().enumerate() {
                    let series = Series {
                        satellite: satellite as u32,
                        action: action as u32,
                        outcome,
                        cause,
                        size_class: Some(class as u8),
                    };
                    mix.push((series, s * a * e * c));
                }
            }
        }
    }
    mix
}

/// Every `n`th transfer's piece, known again without looking.
pub fn piece(n: i64) -> PieceId {
    let mut dice = Dice::new(n as u64 + 7);
    let mut id = [0; 32];
    id.chunks_exact_mut(8)
        .for_each(|part| part.copy_from_slice(&dice.next().to_le_bytes()));
    id
}

struct Maker {
    writer: Writer,
    vocabulary: Vocabulary,
    dictionary: Dictionary,
    mix: Vec<(Series, f64)>,
    /// The mix as a table to draw from.
    drawn: Vec<u16>,
    dice: Dice,
}

impl Maker {
    fn new(dir: &Path) -> Self {
        let mut vocabulary = Vocabulary::default();
        SATELLITES.iter().for_each(|(name, _)| {
            vocabulary.satellites.id(name.as_bytes());
        });
        ACTIONS.iter().for_each(|(name, _)| {
            vocabulary.actions.id(name.as_bytes());
        });
        for n in 0..15 {
            let text = |part: &str| part.to_owned();
            let kind = (text("piecestore"), text("INFO"), format!("message {n}"));
            vocabulary.kinds.push(kind);
        }
        let (mix, mut drawn, mut sum) = (mix(), Vec::new(), 0.0);
        for (n, (_, share)) in mix.iter().enumerate() {
            sum += share;
            while (drawn.len() as f64) < sum * 65_536.0 {
                drawn.push(n as u16);
            }
        }
        Self {
            writer: Writer::open(dir).unwrap(),
            vocabulary,
            dictionary: Dictionary::default(),
            mix,
            drawn,
            dice: Dice::new(1),
        }
    }

    fn commit(&mut self, node: i64, source: i64, batch: &Batch, parts: &[Part]) {
        let seconds = || batch.traffic.keys().map(|(second, _)| *second);
        let span = seconds()
            .min()
            .zip(seconds().max())
            .map(|(first, last)| (first, last + 3600));
        let mut unit = Unit {
            node,
            source,
            dictionary: &mut self.dictionary,
            vocabulary: &self.vocabulary,
            batch,
            parts,
            positions: Vec::new(),
            gaps: &[],
            covered: span.as_slice(),
            state: (source > 0).then_some(("following", None)),
        };
        let mut position = Position {
            row: 0,
            file: (1, source as u64),
            head: Default::default(),
            from: 0,
            done: 1000,
            until: None,
            anchor: 1,
            len: 1000,
            last_second: Some(NOW),
            finished: false,
        };
        if parts.iter().any(|part| part.progress.finished_ms.is_some()) {
            unit.positions.push(&mut position);
        }
        self.writer.commit(&mut [unit], &[], NOW_MS).unwrap();
    }

    /// What a bucket of `seconds` holds, without the transfers behind it.
    fn bucket(&mut self, batch: &mut Batch, second: i64, transfers: f64) {
        for (series, share) in &self.mix {
            let count = (share * transfers * (0.7 + 0.6 * self.dice.share()) + self.dice.share()) as u64;
            if count > 0 {
                let bytes = count * self.dice.size(usize::from(series.size_class.unwrap()));
                batch.traffic.insert((second, *series), Cell { count, bytes });
            }
        }
    }

    /// What the log says beside transfers, and how long they took.
    fn beside(&mut self, batch: &mut Batch, hour: i64, transfers: f64, sketches: &[Vec<Sketch>]) {
        for kind in 0..self.vocabulary.kinds.len() as u32 {
            batch.kinds.insert((hour, kind), (transfers as u64 / 16 + 1, None));
        }
        let ends = [(Outcome::Success, 0.934), (Outcome::Canceled, 0.05)];
        for (satellite, (_, s)) in SATELLITES.iter().enumerate() {
            for (action, (_, a)) in ACTIONS.iter().enumerate() {
                for (outcome, e) in ends {
                    // Audits are of one size, and so is what is long ago or of a small node: it is made sooner.
                    let whole = hour > NOW - 40 * DAY && transfers > 10_000.0;
                    let sizes: u8 = if ACTIONS[action].0.ends_with("AUDIT") || !whole {
                        1
                    } else {
                        7
                    };
                    for size in (0..sizes).map(Some) {
                        let share = s * a * e / f64::from(sizes);
                        let count = (share * transfers + self.dice.share()) as u64;
                        if count == 0 {
                            continue;
                        }
                        let kept = &sketches[(count.ilog2() as usize).min(sketches.len() - 1)];
                        let sketch = kept[self.dice.below(kept.len() as u64) as usize].clone();
                        let key = (hour, satellite as u32, action as u32, outcome, Quality::Arrival, size);
                        batch.latency.insert(key, sketch);
                    }
                }
            }
        }
    }

    /// Rollups of `from..to` (whole hours), the last 13 days by minute if `minutes`.
    fn history(&mut self, node: i64, (from, to): (i64, i64), rate: f64, minutes: bool) {
        let sketches = sketches(&mut self.dice);
        let mut batch = Batch::default();
        for hour in (from..to).step_by(HOUR as usize) {
            let day = 1.0 + 0.4 * ((hour % DAY) as f64 / DAY as f64 * std::f64::consts::TAU).sin();
            let transfers = rate * day * HOUR as f64;
            if minutes && hour > NOW - 13 * DAY {
                (0..60).for_each(|minute| self.bucket(&mut batch, hour + minute * 60, transfers / 60.0));
            } else {
                self.bucket(&mut batch, hour, transfers);
            }
            self.beside(&mut batch, hour, transfers, &sketches);
            if batch.traffic.len() > 30_000 || hour + HOUR >= to {
                self.commit(node, 0, &batch, &[]);
                batch.clear();
            }
        }
    }

    fn transfer(&mut self, second: i64, n: i64) -> Kept {
        let series = self.mix[usize::from(self.drawn[self.dice.below(self.drawn.len() as u64) as usize])].0;
        let size = self.dice.size(usize::from(series.size_class.unwrap()));
        let peer = self.dice.next();
        let failed = series.outcome == Outcome::Failed;
        Kept {
            time_ms: second * 1000,
            satellite: series.satellite,
            action: series.action,
            outcome: series.outcome,
            cause: series.cause,
            size: Some(size),
            offset: (series.action == 1).then_some(0),
            moved: None,
            piece: Some(piece(n)),
            address: Some(SocketAddr::from((
                [80, (peer % 12) as u8, peer as u8, 7],
                (peer >> 32) as u16,
            ))),
            duration: Some((50 + (peer >> 48) as u32 % 5000, Quality::Arrival)),
            error: failed.then(|| "write: connection reset by peer".into()),
            odd: None,
        }
    }

    /// `count` transfers up to now, and all that goes with them.
    fn transfers(&mut self, node: (i64, &str), count: i64, rate: f64, first: i64) {
        let sketches = sketches(&mut self.dice);
        let from = NOW - (count as f64 / rate) as i64;
        let (source, _) = self.writer.source(node.0, &format!("/var/log/{}.log", node.1)).unwrap();
        let run = self.writer.new_run();
        let (mut batch, mut seconds, mut seq, mut hour) = (Batch::default(), Vec::new(), 0, 0);
        for n in 0..count {
            let second = from + (n as f64 / rate) as i64;
            let kept = self.transfer(second, first + n);
            let series = Series {
                satellite: kept.satellite,
                action: kept.action,
                outcome: kept.outcome,
                cause: kept.cause,
                size_class: kept.size.map(size_class),
            };
            let bytes = kept.size.unwrap_or(0);
            let cell = batch.traffic.entry((second.div_euclid(60) * 60, series)).or_default();
            cell.add(Cell { count: 1, bytes });
            batch.transfers[kept.class(&self.vocabulary.actions)].push(kept);
            seconds.push(second);
            if second / HOUR > hour {
                hour = second / HOUR;
                self.beside(&mut batch, hour * HOUR, rate * HOUR as f64, &sketches);
            }
            if seconds.len() == 12 * CHUNK || n + 1 == count {
                let part = part((run, node.1), n + 1, &seconds, &mut seq, n + 1 == count);
                self.commit(node.0, source, &batch, &[part]);
                batch.clear();
                seconds.clear();
            }
        }
    }

    fn notes(&mut self, node: i64) {
        let mut batch = Batch::default();
        let node_id = || "1".repeat(50);
        for start in 0..20 {
            let ms = NOW_MS - start * 20 * DAY * 1000 - 5_000_000;
            batch.notes.push((ms, Note::Starting { explained: Some(true) }));
            batch.notes.push((ms + 1000, Note::Started { node_id: node_id() }));
        }
        for n in 0..1460 {
            for satellite in 0..4 {
                let scores = Scores {
                    audit: 1.0,
                    suspension: 1.0,
                    online: 0.99 + self.dice.share() / 100.0,
                    total_audits: Some(n),
                    successful_audits: Some(n),
                };
                let ms = NOW_MS - n as i64 * 6 * HOUR * 1000;
                batch.notes.push((ms, Note::Scores { satellite, scores }));
            }
        }
        self.commit(node, 0, &batch, &[]);
    }
}

fn part((run, name): (i64, &str), lines: i64, seconds: &[i64], seq: &mut i64, last: bool) -> Part {
    let chunk = |seconds: &[i64]| {
        *seq += 1;
        Chunk {
            run,
            seq: *seq,
            hashes: (0..seconds.len() as u32)
                .map(|n| n.wrapping_mul(2_654_435_761))
                .collect(),
            seconds: seconds.to_vec(),
        }
    };
    Part {
        run,
        path: format!("/var/log/{name}.log"),
        chunks: seconds.chunks(CHUNK).map(chunk).collect(),
        progress: Progress {
            lines: lines as u64,
            understood: lines as u64,
            finished_ms: last.then_some(NOW_MS),
            ..Progress::default()
        },
    }
}

/// Distributions of durations by the logarithm of their number.
fn sketches(dice: &mut Dice) -> Vec<Vec<Sketch>> {
    let of = |octave: u32, dice: &mut Dice| {
        let mut sketch = Sketch::default();
        for _ in 0..(1u64 << octave).min(2000) {
            let spread: f64 = (0..4).map(|_| dice.share()).sum::<f64>() - 2.0;
            sketch.add((400.0 * (2.5 * spread).exp()) as u64);
        }
        sketch
    };
    (0..16)
        .map(|octave| (0..8).map(|_| of(octave, dice)).collect())
        .collect()
}

/// What a node says when it is asked. Every tenth never answers, every tenth has trouble with QUIC.
fn poll(n: usize, time_ms: i64, dice: &mut Dice) -> Poll {
    if n % 10 == 3 {
        return Poll {
            time_ms,
            answer: Err("connection refused".to_owned()),
        };
    }
    let quic = if n % 10 == 7 { "Misconfigured" } else { "OK" };
    let process = Process {
        node_id: Some(format!("node {n}")),
        version: Some("1.162.5".to_owned()),
        started_ms: Some(NOW_MS - 30 * DAY * 1000),
        quic: Some(quic.to_owned()),
        ..Process::default()
    };
    let disk = Disk {
        semantics: Semantics::New,
        allocated: Some(8_000_000_000_000),
        used: Some(6_000_000_000_000 + dice.below(1 << 30)),
        free: Some(2_000_000_000_000),
        trash: Some(0),
        reclaimable: None,
        overused: Some(0),
    };
    let standing = |(id, _): &(&str, f64)| Standing {
        satellite_id: Some((*id).to_owned()),
        url: format!("{}.storj.io:7777", &id[..4]),
        audit_score: Some(1.0),
        suspension_score: Some(1.0),
        // Changes every six hours.
        online_score: Some(0.99 + (time_ms / 21_600_000 % 50) as f64 / 10_000.0),
        disqualified_ms: None,
        suspended_ms: None,
        vetted_ms: Some(1),
        ..Standing::default()
    };
    let sample = Sample {
        process,
        last_contact_ms: Some(time_ms),
        disk: Some(disk),
        standings: Ok(SATELLITES.iter().map(standing).collect()),
        details: Vec::new(),
        money: Vec::new(),
    };
    Poll {
        time_ms,
        answer: Ok(sample),
    }
}

/// Makes the database in `dir`.
pub fn make(dir: &Path) {
    let mut maker = Maker::new(dir);
    let large = maker.writer.node(LARGE).unwrap();
    let kept_from = NOW - TRANSFERS / LARGE_RATE;
    let whole = |second: i64| second.div_euclid(HOUR) * HOUR;
    maker.history(
        large,
        (whole(NOW - 365 * DAY), whole(kept_from)),
        LARGE_RATE as f64,
        true,
    );
    maker.transfers((large, LARGE), TRANSFERS, LARGE_RATE as f64, 0);
    let names: Vec<String> = (0..SMALL).map(|n| format!("small-{n:02}")).collect();
    for (n, name) in names.iter().enumerate() {
        let node = maker.writer.node(name).unwrap();
        maker.history(node, (whole(NOW - 30 * DAY), whole(NOW - SMALL_KEPT)), 0.5, false);
        let first = TRANSFERS + n as i64 * SMALL_KEPT;
        maker.transfers((node, name), SMALL_KEPT / 2, 0.5, first);
        maker.notes(node);
    }
    let minutes = |n: usize| if n < 20 { 14 * 1440 } else { 1440 };
    for (n, name) in names.iter().enumerate() {
        let dice = &mut maker.dice;
        let polls: Vec<(String, Poll)> = (0..minutes(n))
            .rev()
            .map(|minute| (name.clone(), poll(n, NOW_MS - minute * 60_000 - 5000, dice)))
            .collect();
        maker.writer.commit(&mut [], &polls, NOW_MS).unwrap();
    }
}
