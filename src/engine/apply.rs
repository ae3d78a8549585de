//! Lines to what they add to the history: rollups, error templates, kinds, durations, transfers.
//! Events count where their own time says; a line without a time counts where the line before it did.

use std::collections::BTreeSet;

use crate::domain::batch::{Batch, Cell, ErrorCell, Kept, KeptMinute, Note, Odd, Series, Vocabulary};
use crate::domain::host::{AUDIT, Waiting};
use crate::domain::piece;
use crate::domain::task::sign::Told;
use crate::domain::transfer::{Outcome, Transfer, size_class};
use crate::log::event;
use crate::log::kind::{Kind, Level};
use crate::log::record::{Line, Parser, Record, text};
use crate::log::{task, template};

use super::ends::Ends;
use super::flight::Running;
use super::live::{Direction, Live};
use super::pairs::{Moment, Pairs};

/// A line arrives with its own second, or a little later (ms): what does not is another file's.
const ARRIVES_MS: std::ops::Range<i64> = -500..3000;

/// Longest text of an example or a kept error: some carry a whole stack.
const LONGEST_TEXT: usize = 500;

/// What began longer ago is not in flight any more: its end was not logged.
const RUNS_MS: i64 = 2 * 3_600_000;
/// The same where ends may be told at a level that is not logged.
const BLIND_RUNS_MS: i64 = 300_000;

/// The same for audits: satellites give up after five minutes.
const AUDIT_RUNS_MS: i64 = 6 * 60_000;

/// Applies one source's lines.
#[derive(Debug, Default)]
pub struct Apply {
    parser: Parser,
    sums: Sums,
}

/// What the lines add up to. Apart from the parser, which records borrow from.
#[derive(Debug, Default)]
struct Sums {
    pairs: Pairs,
    vocabulary: Vocabulary,
    batch: Batch,
    last_ms: Option<i64>,
    /// When the next line arrived, if that is known.
    arrival_ms: Option<i64>,
    /// When the node began to start, as far as the lines read so far tell (ms since the epoch).
    starts: BTreeSet<i64>,
    live: Option<Live>,
    /// Whether anything was ever logged at DEBUG.
    saw_debug: bool,
    ends: Ends,
    /// First second of the hour the kinds are counted in, and their counts by number.
    hour: i64,
    kinds: Vec<(u64, Option<String>)>,
}

/// Starts of a node that are remembered: what lies before is read beside what comes.
const MOST_STARTS: usize = 1000;

/// Number of the kind of lines that are no records, or damaged ones.
const FOREIGN: &str = "(not a record of the node)";
const MALFORMED: &str = "(damaged record)";

/// What happens now.
pub struct Windows<'a> {
    /// The windows.
    pub live: &'a Live,
    /// Transfers that run, for [`Live::flight`].
    pub running: Vec<Running>,
    /// The names behind the numbers.
    pub vocabulary: &'a Vocabulary,
}

impl Apply {
    /// With windows over what happens now, ending at the second `now`: for a log that is followed.
    pub fn live(now: i64) -> Self {
        let mut apply = Self::default();
        apply.sums.live = Some(Live::new(now));
        apply
    }

    /// Counts into the windows what was kept before a restart: minutes of the last day.
    pub fn warm(&mut self, minutes: &[KeptMinute]) {
        for minute in minutes {
            let action = self.sums.vocabulary.actions.id(minute.action.as_bytes());
            if let Some(live) = &mut self.sums.live {
                live.add_minute(minute.second, (action, minute.outcome), minute.cell);
            }
        }
    }

    /// Counts a transfer that was kept before a restart among those in flight: its action, when it began, if that
    /// is known, and when it ended (ms since the epoch).
    pub fn warm_flight(&mut self, action: &str, begun: Option<i64>, end: i64) {
        let number = self.sums.vocabulary.actions.id(action.as_bytes());
        if let Some(live) = &mut self.sums.live {
            begun.iter().for_each(|begun| live.flight.began(*begun));
            live.flight.ended(number, Direction::of(action), begun, end);
        }
    }

    fn running(&self, now: i64) -> Vec<Running> {
        let actions = &self.sums.vocabulary.actions;
        let running = self.sums.pairs.running();
        // What history tells of has ended long ago; and where nothing is logged at DEBUG some ends are not told.
        let longest = if self.sums.saw_debug { RUNS_MS } else { BLIND_RUNS_MS };
        let recent = running.filter(|(_, begun)| *begun > now * 1000 - longest);
        recent
            .map(|(action, begun)| (action, Direction::of(actions.name(action)), begun))
            .collect()
    }

    /// The windows, as of the second `now`, and the names behind their numbers; `None` without windows.
    pub fn windows(&mut self, now: i64) -> Option<Windows<'_>> {
        let running = self.running(now);
        let live = self.sums.live.as_mut()?;
        live.tick(now);
        for (action, _) in self.sums.pairs.open() {
            let open = running.iter().filter(|(running, ..)| *running == action);
            live.set_open(action, open.count() as u64);
        }
        Some(Windows {
            live,
            running,
            vocabulary: &self.sums.vocabulary,
        })
    }

    /// Audits that have begun and not ended; `None`: the log does not tell of starts.
    pub fn waiting_audits(&self, now_ms: i64) -> Option<Waiting> {
        let actions = &self.sums.vocabulary.actions;
        let audit = actions.find(AUDIT)?;
        let live = self.sums.live.as_ref()?;
        if !live.flight.tells(audit) {
            return None;
        }
        let begun = self.sums.pairs.running().filter(|(action, begun)| {
            // The satellite gave up long ago: the end was not logged.
            *action == audit && (now_ms - AUDIT_RUNS_MS..=now_ms).contains(begun)
        });
        let (count, oldest_ms) = begun.fold((0, None), |(count, oldest): (u64, Option<i64>), (_, begun)| {
            (count + 1, Some(oldest.map_or(begun, |oldest| oldest.min(begun))))
        });
        Some(Waiting { count, oldest_ms })
    }

    /// Time goes on.
    pub fn tick(&mut self, now: i64) {
        if let Some(live) = &mut self.sums.live {
            live.tick(now);
        }
    }

    /// The next line arrived then (ms since the epoch), if that is known.
    pub fn arrives(&mut self, ms: Option<i64>) {
        self.sums.arrival_ms = ms;
    }

    /// Whether the log told of a start within the two minutes before the second `now`.
    pub fn tells_starts(&self, now: i64) -> bool {
        let told = self.sums.live.as_ref().and_then(|live| live.flight.last_start());
        told.is_some_and(|second| second > now - 120)
    }

    /// Looks at a line that was counted before: only transfers that begin or end on it are noted, so
    /// that their other half finds them.
    pub fn observe<R>(&mut self, line: &[u8], carrier_ms: Option<i64>, seen: impl FnOnce(&Line<'_>) -> R) -> R {
        let parsed = self.parser.parse(line);
        if let Line::Record(record) = &parsed
            && let Some(log_ms) = record.unix_ms.or(carrier_ms)
        {
            self.sums.last_ms = Some(log_ms);
            self.sums.saw_debug |= record.head.level == Level::Debug;
            self.sums.ends.line(log_ms);
            let at = Moment {
                log_ms,
                carrier_ms,
                arrival_ms: None,
            };
            match record.head.kind {
                Kind::Signal => self.sums.ends.ending(log_ms),
                Kind::UploadStarted | Kind::DownloadStarted => {
                    self.sums.started(record, at);
                    // They are counted where their line is.
                    self.sums.pairs.take_unended().for_each(drop);
                }
                Kind::Configuration => self.sums.node_starts(log_ms),
                _ if event::transfer(record).is_some() || record.head.kind == Kind::UploadCanceledOld => {
                    self.sums.pairs.finished(&record.fields, at);
                }
                _ => {}
            }
        }
        seen(&parsed)
    }

    /// Applies one log line and says what it was. `now_ms` stands in where no time was ever seen.
    pub fn line<R>(
        &mut self,
        line: &[u8],
        carrier_ms: Option<i64>,
        now_ms: i64,
        seen: impl FnOnce(&Line<'_>) -> R,
    ) -> R {
        let parsed = self.parser.parse(line);
        let sums = &mut self.sums;
        let known = match &parsed {
            Line::Record(record) => record.unix_ms.or(carrier_ms),
            _ => carrier_ms,
        };
        let ms = known.or(sums.last_ms).unwrap_or(now_ms);
        sums.last_ms = Some(ms);
        match &parsed {
            Line::Record(record) => {
                let log_ms = ms;
                let arrival_ms = sums.arrival_ms.take().filter(|ms| ARRIVES_MS.contains(&(ms - log_ms)));
                sums.record(
                    record,
                    Moment {
                        log_ms,
                        carrier_ms,
                        arrival_ms,
                    },
                );
            }
            Line::Trace => {}
            Line::Foreign => sums.other(ms, FOREIGN, line),
            Line::Malformed => sums.other(ms, MALFORMED, line),
        }
        seen(&parsed)
    }

    /// The names behind the numbers of [`Apply::take`]'s batches.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.sums.vocabulary
    }

    /// What was added since the last call.
    pub fn take(&mut self) -> Batch {
        self.sums.end_hour();
        std::mem::take(&mut self.sums.batch)
    }

    /// Gives a batch back whose effects are kept, for its memory.
    pub fn give_back(&mut self, mut batch: Batch) {
        if self.sums.batch.is_empty() {
            batch.clear();
            self.sums.batch = batch;
        }
    }

    /// Number of transfers waiting in [`Apply::take`].
    pub fn waiting(&self) -> usize {
        self.sums.batch.len()
    }
}

impl Sums {
    fn record(&mut self, record: &Record<'_>, at: Moment) {
        self.saw_debug |= record.head.level == Level::Debug;
        let shape = record.head.shape;
        let kind = self.kind_of_shape(record, shape);
        self.count_kind(at.log_ms, kind, || {
            let object = String::from_utf8_lossy(record.object);
            (record.head.kind == Kind::Unknown).then(|| shorten(&format!("{} {object}", record.head.message)))
        });
        self.ends.line(at.log_ms);
        match record.head.kind {
            Kind::UploadStarted | Kind::DownloadStarted => {
                self.started(record, at);
                self.count_unended();
            }
            Kind::UploadCanceledOld => self.ended(record, at),
            _ => match event::transfer(record) {
                Some(transfer) => self.transfer(record, &transfer, at),
                None => {
                    self.note(record, at.log_ms);
                    self.work(record, at.log_ms);
                    self.trouble(record, at.log_ms);
                }
            },
        }
    }

    fn started(&mut self, record: &Record<'_>, at: Moment) {
        let action = self.vocabulary.actions.id(record.fields.action);
        self.pairs.started(&record.fields, action, at);
        if let Some(live) = &mut self.live {
            live.flight.began(at.best_ms());
        }
    }

    fn count_unended(&mut self) {
        for (ms, action, why) in self.pairs.take_unended() {
            let key = (bucket(ms, 3600), action, why);
            *self.batch.timing.unended.entry(key).or_default() += 1;
        }
    }

    /// An end that is counted as no transfer.
    fn ended(&mut self, record: &Record<'_>, at: Moment) {
        let duration = self.pairs.finished(&record.fields, at);
        let action = self.vocabulary.actions.id(record.fields.action);
        if let (Some((ms, _)), Some(live)) = (duration, &mut self.live) {
            let way = Direction::of(self.vocabulary.actions.name(action));
            let end = at.best_ms();
            live.flight.ended(action, way, Some(end - i64::from(ms)), end);
        }
    }

    fn note(&mut self, record: &Record<'_>, ms: i64) {
        let note = match event::note(record) {
            None => return,
            Some(Note::Starting { .. }) => {
                self.pairs.forget(ms);
                self.count_unended();
                self.node_starts(ms);
                let explained = self.ends.explained(ms);
                Note::Starting { explained }
            }
            Some(Note::Ending { why }) => {
                self.ends.ending(ms);
                let why = why.map(|why| shorten(&why));
                Note::Ending { why }
            }
            Some(Note::Started { node_id }) => Note::Started { node_id },
            Some(Note::Scores { satellite, scores }) => Note::Scores {
                satellite: self.vocabulary.satellites.id(satellite),
                scores,
            },
            Some(Note::Remark(mut remark)) => {
                remark.text = remark.text.map(|text| shorten(&text));
                Note::Remark(remark.with_satellite(|id| self.vocabulary.satellites.id(id)))
            }
        };
        self.batch.notes.push((ms, note));
    }

    fn node_starts(&mut self, ms: i64) {
        self.starts.insert(ms);
        if self.starts.len() > MOST_STARTS {
            self.starts.pop_first();
        }
    }

    /// What the node says of its own work, and which of its processes says so.
    fn work(&mut self, record: &Record<'_>, ms: i64) {
        let Some(mut sign) = task::sign(record) else {
            return;
        };
        sign.error = sign.error.map(|error| shorten(&error));
        let satellites = &mut self.vocabulary.satellites;
        self.batch.work.push(Told {
            ms,
            process: self.starts.range(..=ms).next_back().copied(),
            sign: sign.with_satellite(|id| satellites.id(id.as_bytes())),
        });
    }

    fn transfer(&mut self, record: &Record<'_>, transfer: &Transfer<'_>, at: Moment) {
        let duration = self.pairs.finished(&record.fields, at);
        let satellite = self.vocabulary.satellites.id(transfer.satellite_id);
        let action = self.vocabulary.actions.id(transfer.action);
        let series = Series {
            satellite,
            action,
            outcome: transfer.outcome,
            cause: transfer.cause,
            size_class: transfer.size.map(size_class),
        };
        let hour = bucket(at.log_ms, 3600);
        let minute = bucket(at.log_ms, 60);
        self.batch.traffic.entry((minute, series)).or_default().add(Cell {
            count: 1,
            bytes: transfer.bytes(),
        });
        if let Some((ms, quality)) = duration {
            let key = (hour, satellite, action, transfer.outcome, quality, series.size_class);
            self.batch.latency.entry(key).or_default().add(u64::from(ms));
        }
        let mut error = None;
        if transfer.outcome == Outcome::Failed {
            let whole = text(transfer.error);
            self.count_error(at.log_ms, action, &template::of(&whole), &whole);
            error = Some(shorten(&whole).into_boxed_str());
        }
        let kept = Kept {
            time_ms: at.log_ms,
            satellite,
            action,
            outcome: transfer.outcome,
            cause: transfer.cause,
            size: transfer.size,
            offset: transfer.offset,
            moved: transfer.moved,
            piece: piece::parse_id(transfer.piece_id),
            address: piece::parse_address(transfer.remote_address),
            duration,
            error,
            odd: None,
        };
        self.batch.timing.add(hour, &kept);
        if let Some(live) = &mut self.live {
            live.transfer(&kept, Direction::of(self.vocabulary.actions.name(action)));
        }
        self.keep(kept, transfer);
    }

    fn keep(&mut self, mut kept: Kept, transfer: &Transfer<'_>) {
        let odd_piece = kept.piece.is_none() && !transfer.piece_id.is_empty();
        let odd_address = kept.address.is_none() && !transfer.remote_address.is_empty();
        if odd_piece || odd_address {
            let odd = |is: bool, raw: &[u8]| if is { shorten(&text(raw)) } else { String::new() };
            kept.odd = Some(Box::new(Odd {
                piece: odd(odd_piece, transfer.piece_id),
                address: odd(odd_address, transfer.remote_address),
            }));
        }
        let class = kept.class(&self.vocabulary.actions);
        self.batch.transfers[class].push(kept);
    }

    fn trouble(&mut self, record: &Record<'_>, ms: i64) {
        let Some(whole) = trouble_text(record) else {
            return;
        };
        let action = self.vocabulary.actions.id(record.fields.action);
        self.count_error(ms, action, &template::of(&whole), &whole);
    }

    fn count_error(&mut self, ms: i64, action: u32, template: &str, whole: &str) {
        let template = self.vocabulary.templates.id(template.as_bytes());
        let cell = self
            .batch
            .errors
            .entry((bucket(ms, 60), action, template))
            .or_insert_with(|| ErrorCell {
                count: 0,
                first_ms: ms,
                last_ms: ms,
                example: shorten(whole),
            });
        cell.count += 1;
        cell.first_ms = cell.first_ms.min(ms);
        cell.last_ms = cell.last_ms.max(ms);
    }

    /// The vocabulary's kinds begin with the parser's shapes, in their order.
    fn kind_of_shape(&mut self, record: &Record<'_>, shape: u32) -> u32 {
        let kinds = &mut self.vocabulary.kinds;
        while kinds.len() <= shape as usize + 2 {
            kinds.push(Default::default());
        }
        let kind = shape + 2;
        let name = &mut kinds[kind as usize];
        if name.2.is_empty() {
            *name = (
                record.head.logger_shape.to_string(),
                record.head.level.word().to_owned(),
                record.head.message_shape.to_string(),
            );
        }
        kind
    }

    fn other(&mut self, ms: i64, what: &str, line: &[u8]) {
        let kind = u32::from(what == MALFORMED);
        let kinds = &mut self.vocabulary.kinds;
        while kinds.len() < 2 {
            kinds.push(Default::default());
        }
        kinds[kind as usize].2 = what.to_owned();
        self.count_kind(ms, kind, || Some(shorten(&String::from_utf8_lossy(line))));
    }

    fn count_kind(&mut self, ms: i64, kind: u32, example: impl FnOnce() -> Option<String>) {
        let hour = bucket(ms, 3600);
        if hour != self.hour {
            self.end_hour();
            self.hour = hour;
        }
        let kind = kind as usize;
        if self.kinds.len() <= kind {
            self.kinds.resize(kind + 1, (0, None));
        }
        let cell = &mut self.kinds[kind];
        if cell.0 == 0 {
            cell.1 = example();
        }
        cell.0 += 1;
    }

    /// Puts the hour's counts into the batch.
    fn end_hour(&mut self) {
        for (kind, cell) in self.kinds.iter_mut().enumerate() {
            let (count, example) = std::mem::take(cell);
            if count > 0 {
                let sum = self.batch.kinds.entry((self.hour, kind as u32)).or_default();
                sum.0 += count;
                sum.1 = sum.1.take().or(example);
            }
        }
    }
}

/// First second of the bucket of `width` seconds that holds `ms`.
fn bucket(ms: i64, width: i64) -> i64 {
    ms.div_euclid(1000 * width) * width
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The text a trouble that is no transfer is counted under: every ERROR, and whatever else names an error
/// above DEBUG.
pub fn trouble_text(record: &Record<'_>) -> Option<String> {
    let head = record.head;
    let error = record.fields.error;
    if head.level < Level::Error && (head.level == Level::Debug || error.is_empty()) {
        return None;
    }
    let message = &head.message;
    Some(match text(error) {
        error if error.is_empty() => message.to_string(),
        error => format!("{}: {error}", message.trim_end_matches(':')),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_begin_before_the_epoch_too() {
        assert_eq!(bucket(61_500, 60), 60);
        assert_eq!(bucket(-1, 60), -60);
    }

    fn line(apply: &mut Apply, second: i64, message: &str, piece: char) {
        let time = jiff::Timestamp::from_second(second).unwrap();
        let level = if message.ends_with("started") { "DEBUG" } else { "INFO" };
        let text = match message {
            "Configuration loaded" => format!("{time}\tINFO\tConfiguration loaded\t{{\"Location\": \"/c\"}}"),
            _ => format!(
                "{time}\t{level}\tpiecestore\t{message}\t{{\"piece_id\": \"{}\", \"satellite_id\": \"s\", \"action\": \"PUT\", \"size\": 1}}",
                piece.to_string().repeat(52)
            ),
        };
        apply.line(text.as_bytes(), None, second * 1000, |_| ());
    }

    /// Uploads in flight by the second, up to `now`.
    fn uploads(apply: &mut Apply, now: i64, seconds: usize) -> Vec<Option<f32>> {
        let windows = apply.windows(now).unwrap();
        let levels = windows.live.flight.levels(&windows.running);
        let last = &levels[0].seconds[levels[0].seconds.len() - seconds..];
        last.iter().map(|level| level.map(|busy| busy.mean)).collect()
    }

    #[test]
    fn what_is_in_flight_ends_with_its_end_or_with_the_node() {
        let now = 1_787_000_000;
        let mut apply = Apply::live(now - 10);
        apply.tick(now);
        line(&mut apply, now - 8, "upload started", 'A');
        line(&mut apply, now - 7, "upload started", 'B');
        line(&mut apply, now - 5, "uploaded", 'A');
        assert_eq!(
            uploads(&mut apply, now, 10),
            [
                None,
                Some(1.0),
                Some(2.0),
                Some(2.0),
                Some(1.0),
                Some(1.0),
                Some(1.0),
                Some(1.0),
                Some(1.0),
                Some(1.0)
            ]
        );
        assert_eq!(apply.windows(now).unwrap().live.open(), [(0, 1)]);
        line(&mut apply, now, "Configuration loaded", ' ');
        assert_eq!(apply.windows(now).unwrap().live.open(), [(0, 0)]);
        // History that was read meanwhile runs no more.
        line(&mut apply, now - 90_000, "upload started", 'C');
        assert_eq!(apply.windows(now).unwrap().live.open(), [(0, 0)]);
    }
}
