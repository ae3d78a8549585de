//! What is asked about money and notices, and when: seldom, never all at once, and at once when a month begins. Called by `watch`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::domain::money::{Micro, Month};
use crate::domain::payout::{Fact, Topic};

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Question {
    /// What the node expects, of a satellite or of all.
    Estimate(Option<String>),
    /// What a satellite pays.
    Pricing(String),
    /// All paystubs.
    Paystubs,
    /// Since when satellites keep something back.
    Held,
    /// The receipts of a month.
    Receipts(Month),
    /// What the node wants its operator to know.
    Notices,
}

impl Question {
    /// What it is about.
    pub fn topic(&self) -> Topic {
        match self {
            Self::Estimate(_) => Topic::Estimate,
            Self::Pricing(_) => Topic::Pricing,
            Self::Paystubs => Topic::Paystubs,
            Self::Held => Topic::Held,
            Self::Receipts(_) => Topic::Receipts,
            Self::Notices => Topic::Notices,
        }
    }

    /// How long an answer is good for, in the month `now`.
    fn good_for(&self, now: Month) -> Duration {
        const HOUR: u64 = 3600;
        Duration::from_secs(match self {
            Self::Estimate(None) => HOUR / 4,
            // That it is suspended for being offline, its API says nowhere else.
            Self::Notices => HOUR / 2,
            Self::Estimate(Some(_)) | Self::Paystubs => 6 * HOUR,
            Self::Pricing(_) => 8 * HOUR,
            Self::Held => 24 * HOUR,
            // Receipts of the last months may still come; older ones stay as they are.
            Self::Receipts(month) if now.since(*month) <= 3 => 12 * HOUR,
            Self::Receipts(_) => 30 * 24 * HOUR,
        })
    }
}

/// What was not answered is asked again after this.
const AGAIN: Duration = Duration::from_secs(15 * 60);
/// So many questions at a time, of a node that is asked every minute.
const AT_A_TIME: f64 = 2.0;

/// Satellites by id, and whether each still pays: one that disqualified the node has no estimate.
pub type Satellites = [(String, bool)];

/// When a node was last asked each question.
#[derive(Debug, Default)]
pub struct Rounds {
    next: HashMap<Question, Instant>,
    month: Option<Month>,
    /// Months something was sent for.
    sent: Vec<Month>,
}

impl Rounds {
    /// What is to be asked now, of a node that is asked every so often; the longest due first.
    pub fn due(&mut self, satellites: &Satellites, month: Month, every: Duration, now: Instant) -> Vec<Question> {
        if self.month.is_some_and(|known| known != month) {
            // What the node said is of the month before.
            self.next
                .retain(|question, _| !matches!(question, Question::Estimate(_) | Question::Paystubs));
        }
        self.month = Some(month);
        let mut due: Vec<Question> = self.questions(satellites);
        due.retain(|question| self.next.get(question).is_none_or(|next| *next <= now));
        // Never asked comes first, in the order of the questions.
        due.sort_by_key(|question| self.next.get(question).copied());
        let share = every.as_secs_f64() / 60.0;
        due.truncate((AT_A_TIME * share.max(1.0)).ceil() as usize);
        due
    }

    /// Whether something was never asked.
    pub fn lacks(&self, satellites: &Satellites) -> bool {
        self.questions(satellites)
            .iter()
            .any(|question| !self.next.contains_key(question))
    }

    /// Everything that was never asked.
    pub fn all(&mut self, satellites: &Satellites, month: Month) -> Vec<Question> {
        self.month = Some(month);
        let mut all = self.questions(satellites);
        all.retain(|question| !self.next.contains_key(question));
        all
    }

    fn questions(&self, satellites: &Satellites) -> Vec<Question> {
        let mut all = vec![Question::Estimate(None), Question::Notices, Question::Paystubs];
        all.extend(satellites.iter().map(|(id, _)| Question::Pricing(id.clone())));
        all.push(Question::Held);
        let paying = satellites.iter().filter(|(_, pays)| *pays);
        all.extend(paying.map(|(id, _)| Question::Estimate(Some(id.clone()))));
        all.extend(self.sent.iter().rev().map(|month| Question::Receipts(*month)));
        all
    }

    /// It was asked; `facts`: the answer, if there was one.
    pub fn asked(&mut self, question: Question, facts: Option<&[Fact]>, now: Instant) {
        for fact in facts.unwrap_or_default() {
            if let Fact::Paystub(stub) = fact
                && stub.distributed != Micro(0)
                && !self.sent.contains(&stub.period)
            {
                self.sent.push(stub.period);
            }
        }
        self.sent.sort_unstable();
        let month = self.month.unwrap_or(Month::of_ms(0));
        let rest = facts.map_or(AGAIN, |_| question.good_for(month));
        self.next.insert(question, now + rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn questions_are_spread_and_few() {
        let satellites: Vec<(String, bool)> = ["a", "b", "c"].map(|id| (id.to_owned(), id != "c")).into();
        let (minute, begin) = (Duration::from_secs(60), Instant::now());
        let mut rounds = Rounds::default();
        let mut asked = Vec::new();
        for n in 0..24 * 60 {
            let now = begin + minute * n;
            let due = rounds.due(&satellites, month("2026-08"), minute, now);
            assert!(due.len() <= 2, "{due:?}");
            for question in due {
                rounds.asked(question.clone(), Some(&[]), now);
                asked.push((n, question));
            }
        }
        let count = |of: &Question| asked.iter().filter(|(_, question)| question == of).count();
        assert_eq!(count(&Question::Estimate(None)), 96);
        assert_eq!(
            (count(&Question::Paystubs), count(&Question::Pricing("c".into()))),
            (4, 3)
        );
        assert_eq!(count(&Question::Estimate(Some("c".into()))), 0, "it has none");
        assert_eq!(count(&Question::Notices), 48);
        assert!(asked.len() < 170, "{} a day", asked.len());
        // At most a quarter of an hour after the start all is known.
        assert_eq!(asked.iter().take(9).map(|(n, _)| *n).max(), Some(4));
    }

    #[test]
    fn a_new_month_is_asked_of_at_once_and_what_failed_soon() {
        let (minute, now) = (Duration::from_secs(60), Instant::now());
        let mut rounds = Rounds::default();
        for question in rounds.all(&[], month("2026-08")) {
            rounds.asked(question, Some(&[]), now);
        }
        rounds.asked(Question::Held, None, now);
        assert!(rounds.due(&[], month("2026-08"), minute, now + minute).is_empty());
        assert!(!rounds.lacks(&[]) && rounds.lacks(&[("a".to_owned(), true)]));
        let later = rounds.due(&[], month("2026-08"), minute, now + AGAIN);
        assert!(later.contains(&Question::Held));
        let new = rounds.due(&[], month("2026-09"), minute, now + minute);
        assert_eq!(new, [Question::Estimate(None), Question::Paystubs]);
    }
}
