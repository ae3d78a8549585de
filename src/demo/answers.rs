//! What a recorded node's API says at a moment of the replay. Called by the server.

use std::collections::HashMap;

use super::timeline::Timeline;
use super::times::{self, Month};
use crate::support::clock::DAY_MS;

/// The widest range of paystubs that was recorded: any other is cut from it.
const PAYSTUBS: &str = "/api/heldamount/paystubs/";
const WIDEST: &str = "2020-01/2026-12";

/// One recorded answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Recorded ms since the epoch.
    pub unix_ms: i64,
    /// HTTP status; 0 when the node did not answer.
    pub status: u16,
    /// Content type.
    pub kind: String,
    /// The body.
    pub text: String,
}

/// The recorded answers of a node.
#[derive(Debug)]
pub struct Answers {
    by_path: HashMap<String, Vec<Answer>>,
}

impl Answers {
    /// Of each path (with its query) the answers, by time.
    pub fn new(by_path: HashMap<String, Vec<Answer>>) -> Self {
        Self { by_path }
    }

    /// The answer to `path` at `now` (ms since the epoch), its times moved; `None` for a path that was
    /// not recorded.
    ///
    /// Days are whole: midnights move by the days between the recorded day and today, so a series by
    /// day still ends today. Months are what they were from this one: last month's paystub is last
    /// month's. Both may be off by a day or a month against a moved date; sums over a series stay true.
    pub fn at(&self, path: &str, timeline: &Timeline, now: i64) -> Option<Answer> {
        let (round, moment) = timeline.moment(now);
        let (today, recorded) = (times::date(now), times::date(moment));
        let months = times::month(today) - times::month(recorded);
        let days = (today - recorded).get_days();
        let mut answer = self.recorded(path, months, moment)?;
        let text = times::move_all(&answer.text, |stamp, ms| match times::is_day(stamp) {
            true => i64::from(days) * DAY_MS,
            false => timeline.present(ms, round) - ms,
        });
        answer.text = times::move_months(&text, b"\"", months);
        Some(answer)
    }

    fn recorded(&self, path: &str, months: Month, moment: i64) -> Option<Answer> {
        let path = if path == "/api/sno" { "/api/sno/" } else { path };
        let then = times::move_months(path, b"/?", -months);
        match self.by_path.get(&then) {
            Some(all) => latest(all, moment).cloned(),
            None => self.paystubs(&then, moment),
        }
    }

    /// `FROM[/TO][?id=SATELLITE]` of the paystubs, in recorded months.
    fn paystubs(&self, path: &str, moment: i64) -> Option<Answer> {
        let (range, query) = path.strip_prefix(PAYSTUBS).map(|rest| match rest.split_once('?') {
            Some((range, query)) => (range, format!("?{query}")),
            None => (rest, String::new()),
        })?;
        let (from, to) = range.split_once('/').unwrap_or((range, range));
        let all = self.by_path.get(&format!("{PAYSTUBS}{WIDEST}{query}"))?;
        let mut answer = latest(all, moment)?.clone();
        let stubs: Vec<serde_json::Value> = serde_json::from_str(&answer.text).ok()?;
        let inside = |stub: &serde_json::Value| stub["period"].as_str().is_some_and(|at| from <= at && at <= to);
        let stubs: Vec<serde_json::Value> = stubs.into_iter().filter(inside).collect();
        answer.text = match (stubs.as_slice(), query.is_empty() || range.contains('/')) {
            ([], _) => "null".to_owned(),
            // One satellite's one month is no list.
            ([stub, ..], false) => stub.to_string(),
            (_, true) => serde_json::Value::Array(stubs).to_string(),
        };
        Some(answer)
    }
}

fn latest(all: &[Answer], moment: i64) -> Option<&Answer> {
    all.get(all.partition_point(|answer| answer.unix_ms <= moment).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn ms(time: &str) -> i64 {
        time.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn answers(rows: &[(&str, &str, &str)]) -> Answers {
        let mut by_path: HashMap<String, Vec<Answer>> = HashMap::new();
        for (time, path, text) in rows {
            by_path.entry((*path).to_owned()).or_default().push(Answer {
                unix_ms: ms(time),
                status: 200,
                kind: "application/json".to_owned(),
                text: (*text).to_owned(),
            });
        }
        Answers::new(by_path)
    }

    const TURN: &str = "2026-11-23T21:44:00Z";
    const END: &str = "2026-11-23T21:55:00Z";

    #[test]
    fn the_latest_answer_before_the_moment_stands_and_the_round_begins_again() {
        let answers = answers(&[
            ("2026-11-23T21:40:00Z", "/api/sno/", "1"),
            ("2026-11-23T21:45:00Z", "/api/sno/", "2"),
            ("2026-11-23T21:54:00Z", "/api/sno/", "3"),
            ("2026-11-23T21:54:00Z", "/later", "4"),
        ]);
        let now = ms("2027-03-05T10:00:00Z");
        let timeline = Timeline::new(ms(TURN), ms(END), 1.0, now);
        for (path, after_s, text) in [
            ("/api/sno/", 0, "1"),
            ("/api/sno", 59, "1"),
            ("/api/sno", 60, "2"),
            ("/api/sno/", 659, "3"),
            ("/api/sno/", 660, "1"), // the next round
            ("/api/sno/", 720, "2"),
            ("/later", 0, "4"), // what was asked for the first time later is known before
        ] {
            let answer = answers.at(path, &timeline, now + after_s * 1000).unwrap();
            assert_eq!(answer.text, text, "{path} after {after_s} s");
        }
        assert_eq!(answers.at("/favicon.ico", &timeline, now), None);
    }

    #[test]
    fn moments_days_and_months_move_each_in_its_way() {
        let body = r#"{"startedAt":"2026-11-23T21:38:38.5Z","pinged":"2026-11-23T21:43:50Z","never":"0001-01-01T00:00:00Z","days":[{"intervalStart":"2026-11-01T00:00:00Z"},{"intervalStart":"2026-11-23T00:00:00Z"}],"period":"2026-10","joinedAt":"2025-01-14T01:18:00Z"}"#;
        let answers = answers(&[("2026-11-23T21:43:59Z", "/a", body)]);
        // Another time of day, 101.55 days later: 102 days by the calendar, 4 months.
        let now = ms("2027-03-05T10:44:00Z");
        let timeline = Timeline::new(ms(TURN), ms(END), 1.0, now);
        let wanted = r#"{"startedAt":"2027-03-05T10:38:38.5Z","pinged":"2027-03-05T10:43:50Z","never":"0001-01-01T00:00:00Z","days":[{"intervalStart":"2027-02-11T00:00:00Z"},{"intervalStart":"2027-03-05T00:00:00Z"}],"period":"2027-02","joinedAt":"2025-04-25T14:18:00Z"}"#;
        assert_eq!(answers.at("/a", &timeline, now).unwrap().text, wanted);
        // A round later it was pinged anew, but has not started again.
        let later = wanted.replace("10:43:50", "10:54:50");
        assert_eq!(answers.at("/a", &timeline, now + 660_000).unwrap().text, later);
    }

    #[test]
    fn money_is_found_by_months_from_now_and_ranges_are_cut() {
        let stubs = r#"[{"period":"2026-09","paid":1},{"period":"2026-10","paid":2}]"#;
        let answers = answers(&[
            (
                "2026-11-23T21:40:00Z",
                "/api/heldamount/paystubs/2020-01/2026-12",
                stubs,
            ),
            (
                "2026-11-23T21:40:00Z",
                "/api/heldamount/paystubs/2020-01/2026-12?id=s",
                stubs,
            ),
            ("2026-11-23T21:40:00Z", "/api/heldamount/payout-history/2026-10", "[7]"),
        ]);
        let now = ms("2027-01-31T23:00:00Z");
        let timeline = Timeline::new(ms(TURN), ms(END), 1.0, now);
        for (path, wanted) in [
            ("payout-history/2026-12", Some("[7]")),
            ("payout-history/2026-11", None),
            (
                "paystubs/2020-01/2027-01",
                Some(r#"[{"period":"2026-11","paid":1},{"period":"2026-12","paid":2}]"#),
            ),
            (
                "paystubs/2026-12/2027-01?id=s",
                Some(r#"[{"period":"2026-12","paid":2}]"#),
            ),
            ("paystubs/2026-12", Some(r#"[{"period":"2026-12","paid":2}]"#)),
            ("paystubs/2026-12?id=s", Some(r#"{"period":"2026-12","paid":2}"#)),
            ("paystubs/2027-01", Some("null")),
            ("paystubs/2026-12?id=other", None),
        ] {
            let answer = answers.at(&format!("/api/heldamount/{path}"), &timeline, now);
            assert_eq!(answer.map(|a| a.text).as_deref(), wanted, "{path}");
        }
    }
}
