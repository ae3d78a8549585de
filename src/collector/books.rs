//! What nodes' databases say, put together with what their APIs and logs said: the API's word wins where it is as
//! fresh, the databases have what it lacks, and all of it when it is away. Used by `tell`, `rating` and `space`.

use std::collections::BTreeMap;

use crate::analysis::reputation::{OFFLINE_SUSPENDS, audit_failures_to_disqualification};
use crate::api::databases as face;
use crate::api::status::Satellite;
use crate::domain::books::{Book, Hindrance, Kept, Notice, PREFIXES, Rated};
use crate::domain::detail::{Detail, Known};
use crate::domain::money::Month;
use crate::domain::sample::{Disk, Standing, Told};
use crate::report::time::rfc3339;
use crate::store::notes::Noted;
use crate::store::{Reader, Result};
use crate::support::clock::DAY_MS;

/// Since when a satellite has a node suspended for being offline, by the node's own notice: where no databases are read
/// nobody else tells. It is over as soon as the online score is not too low any more; a notice of long ago tells of an
/// earlier one.
pub fn offline_by_notice(
    (kept, notices): (Option<&Kept>, &[Notice]),
    (satellite_id, online): (Option<&str>, Option<f64>),
    now_ms: i64,
) -> Option<i64> {
    let id = satellite_id?;
    let is_low = online.is_some_and(|score| score < OFFLINE_SUSPENDS);
    let is_rated = kept.is_some_and(|kept| rating(kept, id).is_some());
    let young = notices.iter().filter(|notice| notice.created_ms > now_ms - REVIEW_MS);
    let mut told = young.filter_map(|notice| notice.suspended_by(id));
    told.next().filter(|_| is_low && !is_rated)
}

/// A review for being offline takes 7 and 30 days; the node looks at it again and again.
const REVIEW_MS: i64 = 45 * DAY_MS;

/// What is told of a disk by blobs is only for want of better: the API's word is kept for so long.
const DISK_KEPT_MS: i64 = DAY_MS;

/// When a node heard of a rating, as far as is known.
pub fn as_of(kept: &Kept, rated: &Rated) -> i64 {
    let file = kept.as_of(Book::Reputation);
    rated.updated_ms.or(file).or(kept.read_ms()).unwrap_or_default()
}

/// The ratings of satellites the node still works with.
pub fn ratings(kept: &Kept) -> impl Iterator<Item = &Rated> {
    kept.rated.iter().filter(|rated| {
        let known = kept.trusted(&rated.satellite_id);
        known.is_none_or(|known| !known.relation.is_over())
    })
}

/// A rating as it would be told by an API.
pub fn standing(kept: &Kept, rated: &Rated) -> Standing {
    let known = kept.trusted(&rated.satellite_id);
    rated.standing(known.map(|known| known.url.clone()).unwrap_or_default())
}

/// The rating of a satellite.
pub fn rating<'a>(kept: &'a Kept, id: &str) -> Option<&'a Rated> {
    kept.rated.iter().find(|rated| rated.satellite_id == id)
}

/// A satellite by the databases alone.
fn by_books(kept: &Kept, rated: &Rated) -> Satellite {
    let standing = standing(kept, rated);
    let distance = standing.audit_score.map(audit_failures_to_disqualification);
    Satellite {
        satellite_id: standing.satellite_id,
        url: Some(standing.url).filter(|url| !url.is_empty()),
        audit_score: standing.audit_score,
        suspension_score: standing.suspension_score,
        online_score: standing.online_score,
        audit_failures_to_disqualification: standing.disqualified_ms.map_or(distance, |_| Some(0)),
        recent_failed_audits: None,
        disqualified_at: standing.disqualified_ms.map(rfc3339),
        suspended_at: standing.suspended_ms.map(rfc3339),
        vetted_at: standing.vetted_ms.map(rfc3339),
        offline_suspended_at: standing.offline_suspended_ms.map(rfc3339),
        offline_review_at: standing.review_ms.map(rfc3339),
        source: "db".to_owned(),
        as_of: rfc3339(as_of(kept, rated)),
        outlook: None,
    }
}

/// When satellites were told of by API or log.
pub struct Said<'a> {
    /// By the API, all of them, ms since the epoch; `None`: by the log.
    pub api_ms: Option<i64>,
    /// Whether that is so lately that it tells which satellites there are.
    pub is_whole: bool,
    /// The log.
    pub noted: &'a Noted,
}

impl Said<'_> {
    fn at(&self, id: &str) -> Option<i64> {
        let line = || {
            let mut scores = self.noted.scores.iter();
            scores.find(|(known, ..)| known == id).map(|(_, ms, _)| *ms)
        };
        self.api_ms.or_else(line)
    }

    /// Whether a rating is newer than what was said. A line of the log is written when the row is: the row knows more.
    fn is_older(&self, id: &str, as_of_ms: i64) -> bool {
        let slack = self.api_ms.map_or(LINE_MS, |_| 0);
        self.at(id).is_none_or(|ms| as_of_ms + slack >= ms)
    }

    /// Whether a rating is not much older.
    fn is_near(&self, id: &str, as_of_ms: i64) -> bool {
        self.at(id).is_none_or(|ms| as_of_ms + NEAR_MS >= ms)
    }
}

/// A line of the log and the row it tells of are this close.
const LINE_MS: i64 = 60_000;
/// What the API never tells is told by rows so much older.
const NEAR_MS: i64 = DAY_MS;

/// Adds to satellites of the API or the log what only the databases know, and puts a newer rating of theirs in the place
/// of an older one. Those of the databases alone are there only where no API tells which there are.
pub fn merge(satellites: &mut Vec<Satellite>, kept: &Kept, said: &Said<'_>) {
    for satellite in satellites.iter_mut() {
        let id = satellite.satellite_id.clone().unwrap_or_default();
        let Some(rated) = rating(kept, &id) else {
            continue;
        };
        let (book, at) = (by_books(kept, rated), as_of(kept, rated));
        if said.is_older(&id, at) {
            let url = book.url.clone().or(satellite.url.take());
            *satellite = Satellite { url, ..book };
            continue;
        }
        satellite.url = satellite.url.take().or(book.url);
        satellite.vetted_at = satellite.vetted_at.take().or(book.vetted_at);
        satellite.disqualified_at = satellite.disqualified_at.take().or(book.disqualified_at);
        if said.is_near(&id, at) {
            satellite.offline_suspended_at = book.offline_suspended_at;
            satellite.offline_review_at = book.offline_review_at;
        }
        if satellite.disqualified_at.is_some() {
            satellite.audit_failures_to_disqualification = Some(0);
        }
    }
    if !said.is_whole {
        let is_known = |rated: &&Rated| {
            let mut ids = satellites.iter().filter_map(|known| known.satellite_id.as_ref());
            ids.any(|id| *id == rated.satellite_id)
        };
        let more = ratings(kept).filter(|rated| !is_known(rated));
        let more: Vec<Satellite> = more.map(|rated| by_books(kept, rated)).collect();
        satellites.extend(more);
    }
}

/// The same for what is judged.
pub fn merge_standings(standings: &mut Vec<Standing>, kept: &Kept, said: &Said<'_>, is_news: impl Fn(i64) -> bool) {
    for rated in ratings(kept) {
        let (book, at) = (standing(kept, rated), as_of(kept, rated));
        let known = standings
            .iter_mut()
            .find(|known| known.satellite_id == book.satellite_id);
        match known {
            None if !said.is_whole && is_news(at) => standings.push(book),
            // Scores of long ago say nothing of today; that it is over stays true.
            None if book.disqualified_ms.is_some() => standings.push(book),
            None => {}
            Some(known) if said.is_older(&rated.satellite_id, at) && is_news(at) => {
                let url = if book.url.is_empty() {
                    known.url.clone()
                } else {
                    book.url.clone()
                };
                *known = Standing { url, ..book };
            }
            Some(known) => {
                known.vetted_ms = known.vetted_ms.or(book.vetted_ms);
                known.disqualified_ms = known.disqualified_ms.or(book.disqualified_ms);
                if said.is_near(&rated.satellite_id, at) {
                    known.offline_suspended_ms = book.offline_suspended_ms;
                    known.review_ms = book.review_ms;
                }
            }
        }
    }
}

/// A disk, who told, and when.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    /// What is there.
    pub disk: Disk,
    /// `api` or `db`.
    pub source: &'static str,
    /// ms since the epoch.
    pub as_of_ms: i64,
}

/// Disk by what there is: the API's word, or blobs and their trash when it has none of the last day.
pub fn disk(told: Option<&Told>, kept: Option<&Kept>) -> Option<Heard> {
    let by_api = told.and_then(|told| Some((told.disk?, told.answered_ms?)));
    let by_books = kept.and_then(|kept| kept.space.as_ref());
    match (by_api, by_books) {
        (Some((disk, ms)), book) if book.is_none_or(|(time, _)| *time <= ms + DISK_KEPT_MS) => Some(Heard {
            disk,
            source: "api",
            as_of_ms: ms,
        }),
        (_, Some((time, space))) => Some(Heard {
            disk: Disk::of_blobs(space.used(), space.trash),
            source: "db",
            as_of_ms: *time,
        }),
        (Some((disk, ms)), None) => Some(Heard {
            disk,
            source: "api",
            as_of_ms: ms,
        }),
        (None, None) => None,
    }
}

/// What is known of satellites by API and databases, by id; days of the last `days`.
///
/// # Errors
/// When the database cannot be read.
pub fn known(reader: &Reader, node: &str, kept: Option<&Kept>, (now_ms, days): (i64, i64)) -> Result<Vec<Known>> {
    let mut all = reader.known_satellites(node, now_ms, days)?;
    let Some(kept) = kept else {
        return Ok(all);
    };
    // Days that both have are the API's, mostly.
    for mut book in reader.kept_satellites(node, now_ms, days)? {
        complete(kept, &mut book, now_ms);
        let id = &book.detail.satellite_id;
        match all.iter_mut().find(|known| known.detail.satellite_id == *id) {
            Some(known) => add(known, book),
            None => all.push(book),
        }
    }
    all.sort_by(|a, b| a.detail.satellite_id.cmp(&b.detail.satellite_id));
    Ok(all)
}

/// Adds what follows from its days and its rating.
fn complete(kept: &Kept, book: &mut Known, now_ms: i64) {
    let files = [Book::Storage, Book::Bandwidth, Book::Reputation];
    let as_of_ms = files.into_iter().filter_map(|book| kept.as_of(book)).max();
    book.answered_ms = as_of_ms.or(kept.read_ms()).unwrap_or_default().min(now_ms);
    let month = Month::of_ms(book.answered_ms).start_ms();
    let detail = &mut book.detail;
    let of_month: Vec<_> = detail.stored.iter().filter(|day| day.start_ms >= month).collect();
    if !of_month.is_empty() {
        detail.byte_hours = Some(of_month.iter().map(|day| day.byte_hours).sum());
        let rates: Vec<f64> = of_month.iter().filter_map(|day| day.bytes).collect();
        detail.average_bytes = (!rates.is_empty()).then(|| rates.iter().sum::<f64>() / rates.len() as f64);
    }
    if let Some(rated) = rating(kept, &detail.satellite_id) {
        detail.joined_ms = rated.joined_ms;
        detail.tells_vetting = rated.tells_vetting;
    }
}

/// Days and windows the API told stay as it told them, unless it is away and the databases went on.
fn add(known: &mut Known, book: Known) {
    let newer = book.answered_ms > known.answered_ms;
    let from_ms = match newer {
        // What it said of its last days was not all yet.
        true => known.answered_ms - UNSETTLED_MS,
        false => i64::MAX,
    };
    let Detail {
        windows,
        stored,
        moved,
        joined_ms,
        tells_vetting,
        average_bytes,
        byte_hours,
        ..
    } = book.detail;
    let detail = &mut known.detail;
    detail.windows = joined(
        &detail.windows,
        &windows,
        |window| window.start_ms,
        |_, b| b.start_ms >= from_ms,
    );
    // What the node filled in stands back behind what the satellite told since. A day is one of UTC, wherever in it a row
    // begins: two words on one day are never added.
    detail.stored = joined(
        &detail.stored,
        &stored,
        |day| day.start_ms.div_euclid(DAY_MS),
        |a, b| a.calculated || b.start_ms >= from_ms,
    );
    detail.moved = joined(
        &detail.moved,
        &moved,
        |day| day.start_ms.div_euclid(DAY_MS),
        |_, b| b.start_ms >= from_ms,
    );
    detail.joined_ms = detail.joined_ms.or(joined_ms);
    detail.tells_vetting |= tells_vetting;
    if newer && known.error.is_some() {
        detail.average_bytes = average_bytes.or(detail.average_bytes);
        detail.byte_hours = byte_hours.or(detail.byte_hours);
    }
    if newer {
        known.answered_ms = book.answered_ms;
    }
}

/// A tally comes within a day or two.
const UNSETTLED_MS: i64 = 2 * DAY_MS;

/// The rows of both, in the order of `key`; of two of the same key the second one where `is_better`.
fn joined<T: Copy>(api: &[T], book: &[T], key: impl Fn(&T) -> i64, is_better: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut all: BTreeMap<i64, T> = api.iter().map(|row| (key(row), *row)).collect();
    for row in book {
        all.entry(key(row))
            .and_modify(|known| {
                if is_better(known, row) {
                    *known = *row;
                }
            })
            .or_insert(*row);
    }
    all.into_values().collect()
}

/// How reading a node's databases goes, in the form of the api.
pub fn databases(kept: &Kept) -> face::Databases {
    let hindered = |missing: bool| {
        let troubles = kept.files.iter().filter_map(|file| file.error.as_ref());
        troubles
            .filter(|(_, why, _)| (*why == Hindrance::Missing) == missing)
            .count()
    };
    let state = match (hindered(true), hindered(false)) {
        (missing, other) if missing + other == kept.files.len() => "unreadable",
        (_, 0) => "ok",
        _ => "partly",
    };
    let files = kept.files.iter().map(|file| face::Database {
        file: file.file.clone(),
        read_at: file.read_ms.map(rfc3339),
        changed_at: file.changed_ms.map(rfc3339),
        state: file.error.as_ref().map_or("ok", |(_, why, _)| why.word()).to_owned(),
        error: file.error.as_ref().map(|(_, _, text)| text.clone()),
    });
    face::Databases {
        state: state.to_owned(),
        read_at: kept.read_ms().map(rfc3339),
        changed_at: kept.changed_ms().map(rfc3339),
        files: files.collect(),
        work: work(kept),
    }
}

/// A notice of the node, in the form of the api.
pub fn notice(notice: &Notice) -> face::Notice {
    face::Notice {
        created_at: rfc3339(notice.created_ms),
        read_at: notice.read_ms.map(rfc3339),
        satellite_id: notice.satellite_id.clone(),
        title: notice.title.clone(),
        message: notice.message.clone(),
    }
}

fn work(kept: &Kept) -> Vec<face::Work> {
    let of = PREFIXES;
    let collecting = kept.collecting.iter().map(|one| face::Work {
        kind: "gc".to_owned(),
        satellite_id: one.satellite_id.clone(),
        done: one.done,
        of,
        at: one.filter_ms.map(rfc3339),
        pieces: None,
    });
    let walked = kept.walked.iter().map(|one| face::Work {
        kind: "used_space".to_owned(),
        satellite_id: one.satellite_id.clone(),
        done: Some(one.fresh),
        of,
        at: one.newest_ms.map(rfc3339),
        pieces: one.pieces,
    });
    collecting.chain(walked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::books::{Relation, Score, Trusted};
    use crate::domain::detail::{MovedDay, StoredDay};

    use crate::support::clock::HOUR_MS;

    fn rated(id: &str, updated_ms: i64) -> Rated {
        Rated {
            satellite_id: id.to_owned(),
            audit: Score {
                score: Some(0.97),
                ..Score::default()
            },
            online: Some(0.5),
            vetted_ms: Some(5),
            offline_suspended_ms: Some(7),
            updated_ms: Some(updated_ms),
            ..Rated::default()
        }
    }

    fn kept(rated: Vec<Rated>) -> Kept {
        Kept {
            rated,
            ..Kept::default()
        }
    }

    fn told(id: &str) -> Satellite {
        Satellite {
            source: "api".to_owned(),
            audit_score: Some(0.99),
            vetted_at: None,
            offline_suspended_at: None,
            ..by_books(&Kept::default(), &rated(id, 0))
        }
    }

    fn merged(updated_ms: i64, api_ms: Option<i64>, is_whole: bool) -> Vec<(String, Option<f64>, bool, bool)> {
        let noted = Noted::default();
        let said = Said {
            api_ms,
            is_whole,
            noted: &noted,
        };
        let mut satellites = match api_ms {
            Some(_) => vec![told("a")],
            None => Vec::new(),
        };
        let kept = kept(vec![rated("a", updated_ms), rated("b", updated_ms)]);
        merge(&mut satellites, &kept, &said);
        let facts = satellites.into_iter().map(|satellite| {
            let (vetted, offline) = (satellite.vetted_at.is_some(), satellite.offline_suspended_at.is_some());
            (satellite.source, satellite.audit_score, vetted, offline)
        });
        facts.collect()
    }

    #[test]
    fn the_newer_word_wins_and_lacks_nothing_of_the_other() {
        let now = 100 * DAY_MS;
        let api = |offline| ("api".to_owned(), Some(0.99), true, offline);
        let db = || ("db".to_owned(), Some(0.97), true, true);
        for (updated, asked, whole, wanted) in [
            // The API's is as fresh: what it lacks is filled in, and it tells which satellites there are.
            (now - HOUR_MS, Some(now), true, vec![api(true)]),
            // What is much older is no word on a suspension of today.
            (now - 3 * DAY_MS, Some(now), true, vec![api(false)]),
            // It is away, the databases go on.
            (now - HOUR_MS, Some(now - 2 * DAY_MS), false, vec![db(), db()]),
            // Databases only.
            (now - HOUR_MS, None, false, vec![db(), db()]),
        ] {
            assert_eq!(merged(updated, asked, whole), wanted, "{updated} {asked:?}");
        }
    }

    #[test]
    fn a_satellite_the_node_is_done_with_is_left_out() {
        let mut kept = kept(vec![rated("a", 1), rated("b", 1)]);
        let trusted = |id: &str, relation| Trusted {
            satellite_id: id.to_owned(),
            relation: Relation(relation),
            ..Trusted::default()
        };
        kept.trusted = vec![trusted("a", 1), trusted("b", 5)];
        let ids: Vec<&str> = ratings(&kept).map(|rated| rated.satellite_id.as_str()).collect();
        assert_eq!(ids, ["a"]);
    }

    fn known(answered_ms: i64, error: Option<&str>, egress: u64, days: &[i64], calculated: bool) -> Known {
        let moved = days.iter().map(|day| MovedDay {
            start_ms: day * DAY_MS,
            egress,
            ..MovedDay::default()
        });
        let stored = days.iter().map(|day| StoredDay {
            start_ms: day * DAY_MS,
            byte_hours: egress as f64,
            bytes: None,
            hours: None,
            calculated,
        });
        Known {
            answered_ms,
            error: error.map(str::to_owned),
            detail: Detail {
                moved: moved.collect(),
                stored: stored.collect(),
                ..Detail::default()
            },
        }
    }

    #[test]
    fn days_are_the_apis_where_it_tells_them_and_the_databases_where_not() {
        let egress = |known: &Known| -> Vec<u64> { known.detail.moved.iter().map(|day| day.egress).collect() };
        let stored = |known: &Known| -> Vec<f64> { known.detail.stored.iter().map(|day| day.byte_hours).collect() };
        // As fresh: the API's, and older days of the databases. What the node made up stands back.
        let mut both = known(20 * DAY_MS, None, 1, &[18, 19], false);
        add(&mut both, known(19 * DAY_MS, None, 2, &[3, 18, 19], false));
        assert_eq!((egress(&both), stored(&both)), (vec![2, 1, 1], vec![2.0, 1.0, 1.0]));
        let mut made_up = known(20 * DAY_MS, None, 1, &[19], true);
        add(&mut made_up, known(19 * DAY_MS, None, 2, &[19], false));
        assert_eq!((egress(&made_up), stored(&made_up)), (vec![1], vec![2.0]));
        // It is away since the 20th: its last two days were not all yet.
        let mut away = known(20 * DAY_MS, Some("gone"), 1, &[17, 18, 19], false);
        add(&mut away, known(25 * DAY_MS, None, 2, &[17, 18, 19, 20], false));
        assert_eq!((egress(&away), away.answered_ms), (vec![1, 2, 2, 2], 25 * DAY_MS));
        // Rows that do not begin at midnight are of the same day.
        let mut moved = known(20 * DAY_MS, None, 1, &[18, 19], false);
        let detail = &mut moved.detail;
        detail.moved.iter_mut().for_each(|day| day.start_ms += 3 * HOUR_MS);
        detail.stored.iter_mut().for_each(|day| day.start_ms += 3 * HOUR_MS);
        add(&mut moved, known(19 * DAY_MS, None, 2, &[17, 18, 19], false));
        assert_eq!((egress(&moved), stored(&moved)), (vec![2, 1, 1], vec![2.0, 1.0, 1.0]));
    }
}
