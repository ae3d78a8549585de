//! What the figures of the answer are: who says so, how old it is, how it is made, what follows. Those of tables are
//! told beside it.

use super::book::{Book, Known, unpaid_word};
use super::cash::{self, Cash};
use super::yields::pays_back;
use super::{Financials, explain_rows, words};
use crate::api::money::{Costs, Difference, NodeMoney, Unpaid};
use crate::domain::money::{Micro, Month};
use crate::ui::explain::{Explained, Fact};
use crate::ui::number;
use crate::ui::pane::Figure;
use crate::ui::shared::Shared;

/// What is common to all explanations.
pub(super) struct Told<'a> {
    pub(super) book: &'a Book,
    pub(super) cash: &'a Cash,
    pub(super) shared: &'a Shared,
}

impl Financials {
    pub(super) fn explained(&self, figure: &Figure, shared: &Shared) -> Option<Explained> {
        let told = Told {
            book: &self.book,
            cash: &self.book.cash,
            shared,
        };
        let (what, of) = (figure.what.as_str(), figure.of.as_str());
        match (what, of) {
            ("note", _) => told.note(of.parse().ok()?),
            ("bar", _) => explain_rows::bar(&told, of),
            (_, "") => told.answer(what),
            _ => explain_rows::cell(&told, self, what, of),
        }
    }
}

pub(super) fn explained(title: String, sum: String, facts: Vec<Fact>, words: &[&str]) -> Explained {
    Explained {
        title,
        sum,
        facts,
        words: words.iter().map(|words| (*words).to_owned()).collect(),
    }
}

/// So many more things to know are named beside one.
const MOST_NOTES: usize = 8;
const ESTIMATE: &str = "Tallies say what is stored; days without one that a later tally covers are no gap. What they cover \
    goes on as it was on the average, traffic as the month so far. In four of five months the end was between low and high.";
const TREND: &str = "What is stored goes on growing at the pace it grew, and traffic is that of the last week: above the \
    estimate by tallies while a node fills, below it while it shrinks.";
const NODE: &str = "The node takes the minutes so far for all minutes of the month and cuts to whole cents. A tally that \
    is late makes it dip; it prices repairs as audits, rounds each part, and leaves out satellites that disqualified it.";
const HELD: &str = "Satellites hold back 75 % of what is earned in months 1–3, 50 % in 4–6, 25 % in 7–9, nothing from the \
    10th on. Half of it comes back with the payout of month 16, the rest at a graceful exit; a disqualified node loses it.";

impl Told<'_> {
    /// A fact of each node that knows it: its value, and what it is made of.
    pub(super) fn of_nodes(&self, of: impl Fn(&NodeMoney) -> Option<(String, String)>) -> Vec<Fact> {
        let known = self.book.nodes.iter().filter_map(|node| Some((node, of(node)?)));
        let fact = |(node, (value, from)): (&NodeMoney, (String, String))| {
            Fact::new(&node.node, value, &from).since(node.asked_ms, self.shared.now_ms)
        };
        known.map(fact).collect()
    }

    /// Something to know; those after it have no line of their own everywhere.
    fn note(&self, n: usize) -> Option<Explained> {
        let known = self.book.notes.get(n)?;
        let others = self.book.notes.iter().skip(n + 1).take(MOST_NOTES);
        let fact = |other: &Known| {
            let (sign, _) = words::weight(other.kind, self.shared);
            Fact::new("also", sign, &words::note(other, self.book))
        };
        let who = match self.book.nodes.len() {
            1 => String::new(),
            _ => format!("On {}.", known.nodes.join(", ")),
        };
        let words = [known.more.as_str(), who.as_str()];
        let words: Vec<&str> = words.into_iter().filter(|words| !words.is_empty()).collect();
        Some(explained(
            known.text.clone(),
            String::new(),
            others.map(fact).collect(),
            &words,
        ))
    }

    fn answer(&self, what: &str) -> Option<Explained> {
        match what {
            "so-far" => Some(self.so_far()),
            "month-end" => Some(self.month_end()),
            "trend" => Some(self.trend()),
            "node-says" => Some(self.node_says()),
            "confidence" => Some(self.confidence()),
            "payout" => Some(self.payout()),
            "held" => Some(self.held()),
            "paystub" | "sent" => {
                let month = self.book.month()?;
                explain_rows::month(self, "paystub", month)
            }
            _ => self.yields(what),
        }
    }

    fn so_far(&self) -> Explained {
        let (cash, sum) = (self.cash, self.book.so_far.amounts);
        let facts = self.of_nodes(|node| {
            let amounts = node.so_far.amounts;
            let from = format!(
                "{} gross − {} held back",
                cash.exact(amounts.gross),
                cash.exact(amounts.held)
            );
            super::book::told_any(node).then(|| (cash.exact(amounts.net), from))
        });
        let month = self.book.month().map_or(String::new(), cash::month);
        explained(
            format!("{month}: earned {} net", cash.text(sum.net)),
            format!(
                "{} gross − {} held back = {} net",
                cash.exact(sum.gross),
                cash.exact(sum.held),
                cash.exact(sum.net)
            ),
            facts,
            &[
                "Of each satellite: bytes stored by the hour as it tallied them, and bytes its customers, repairs and \
                 audits took, each at its own price. Each amount is rounded once, to a millionth; all sums are exact, \
                 and shown in cents.",
                "Tallies come hours to a day late: the last day is not in it yet. Uploads earn nothing.",
            ],
        )
    }

    fn range(&self, range: Option<(Micro, Micro)>) -> String {
        match range {
            Some((low, high)) => format!("{} to {}", self.cash.text(low), self.cash.text(high)),
            None => "no range: no tally and price tell how far to trust it".to_owned(),
        }
    }

    /// An estimate there is not.
    fn no_estimate(&self) -> Explained {
        let because = self.book.ahead.because.iter().map(String::as_str);
        let words: Vec<&str> =
            std::iter::once("Nothing is guessed: it takes a tally and its price, and some of the month.")
                .chain(because)
                .collect();
        explained(
            "by the month's end: not known yet".to_owned(),
            String::new(),
            Vec::new(),
            &words,
        )
    }

    fn month_end(&self) -> Explained {
        let cash = self.cash;
        let Some(ours) = self.book.ahead.ours else {
            return self.no_estimate();
        };
        let facts = self.of_nodes(|node| {
            let estimate = node.estimates.tallies?;
            Some((
                format!("~{}", cash.text(estimate.amounts.net)),
                self.range(node.estimates.range()),
            ))
        });
        let sum = format!(
            "{} so far, {} of the month gone → {} gross − {} held back = ~{} net",
            cash.text(self.book.so_far.amounts.net),
            super::yields::percent(self.book.gone()),
            cash.text(ours.amounts.gross),
            cash.text(ours.amounts.held),
            cash.text(ours.amounts.net)
        );
        let title = format!(
            "by the month's end: ~{} net, {}",
            cash.text(ours.amounts.net),
            self.range(self.book.ahead.range)
        );
        explained(title, sum, facts, &[ESTIMATE])
    }

    fn trend(&self) -> Explained {
        let cash = self.cash;
        let Some(trend) = self.book.ahead.trend else {
            return self.no_estimate();
        };
        let facts = self.of_nodes(|node| {
            let estimate = node.estimates.trend?;
            Some((
                format!("~{}", cash.text(estimate.amounts.net)),
                self.range(node.estimates.range().map(|_| (estimate.low, estimate.high))),
            ))
        });
        let title = format!(
            "by trend: ~{} net, {}",
            cash.text(trend.amounts.net),
            self.range(self.book.ahead.range.map(|_| (trend.low, trend.high)))
        );
        explained(title, String::new(), facts, &[TREND])
    }

    fn node_says(&self) -> Explained {
        let cash = self.cash;
        let told = self.book.ahead.node;
        let known = self
            .book
            .nodes
            .iter()
            .filter_map(|node| Some((node, node.estimates.node?)));
        let facts = known.map(|(node, (net, ms))| {
            let from = "API estimated-payout: currentMonthExpectations";
            Fact::new(&node.node, cash.text(net), from).since(Some(ms), self.shared.now_ms)
        });
        let mut facts: Vec<Fact> = facts.collect();
        let known = told.known();
        let ours = self.book.ahead.ours.map(|ours| ours.amounts.net);
        let sum = known.zip(ours).map_or(String::new(), |(node, ours)| {
            format!(
                "{} − {} of ours = {}",
                cash.text(node),
                cash.text(ours),
                cash.text(node - ours)
            )
        });
        facts.extend(self.differences(|_| true));
        let title = format!("the node says {} by the month's end", cash.known(known));
        explained(title, sum, facts, &[NODE])
    }

    /// Why nodes say another sum so far: of these together, by reason.
    pub(super) fn differences(&self, of: impl Fn(&NodeMoney) -> bool) -> Vec<Fact> {
        let mut all: Vec<(Difference, usize)> = Vec::new();
        let nodes = self.book.nodes.iter().filter(|node| of(node));
        for difference in nodes.flat_map(|node| &node.node_way.differences) {
            match all.iter_mut().find(|(known, _)| known.reason == difference.reason) {
                Some((known, count)) => {
                    known.amount += difference.amount;
                    *count += 1;
                }
                None => all.push((difference.clone(), 1)),
            }
        }
        let fact = |(difference, count): (Difference, usize)| {
            let amount = number::change(&self.cash.exact(difference.amount));
            let words = match count {
                1 => difference.text,
                many => format!("{} (and on {} other nodes)", difference.text, many - 1),
            };
            Fact::new("so far it differs by", amount, &words)
        };
        all.into_iter().map(fact).collect()
    }

    fn confidence(&self) -> Explained {
        let facts = self.of_nodes(|node| {
            let word = node.estimates.confidence.word();
            Some((word.to_owned(), words::tally_words(node.tallies)))
        });
        let because: Vec<&str> = self.book.ahead.because.iter().map(String::as_str).collect();
        let rules = "good: a week is over and no tally is owed. fair: less than a week, or a tally of a day or two is \
            owed, or prices are the configuration's. poor: less than two days, or three days of tallies are owed, or \
            a price is unknown. none: no satellite told a tally and its price. Of several nodes the least.";
        let title = format!("confidence: {}", self.book.ahead.confidence.word());
        explained(title, String::new(), facts, &[&[rules], because.as_slice()].concat())
    }

    fn payout(&self) -> Explained {
        let Some(next) = self.book.payout else {
            let facts = self.of_nodes(|node| {
                let waits: Micro = node.history.iter().map(|month| month.waits).sum();
                (waits.0 > 0).then(|| (self.cash.exact(waits), "settled and not sent".to_owned()))
            });
            return explained(
                "no payout yet".to_owned(),
                String::new(),
                facts,
                &[
                    "No payout is known yet: its day is told from those that came. What a month settled waits until it \
                     reaches the least payout, which the satellite sets; nothing is lost.",
                ],
            );
        };
        let (first, last) = (cash::day(next.between_ms.0), cash::day(next.between_ms.1));
        let fact = Fact::new(
            "payouts known",
            next.known.to_string(),
            &format!("they would have come from {first} to {last}"),
        );
        explained(
            format!(
                "next payout: about {}, for {}",
                cash::day(next.about_ms),
                cash::month(next.month)
            ),
            String::new(),
            vec![fact],
            &[
                "Satellites pay in the first two weeks of the month after. The day is the median of the payouts that \
                 came. What is below the least payout waits for a later month; nothing is lost.",
            ],
        )
    }

    fn held(&self) -> Explained {
        let (cash, held) = (self.cash, &self.book.held);
        let mut facts = self.of_nodes(|node| {
            let held = &node.held;
            let from = format!(
                "{} held − {} given back",
                cash.text(held.taken),
                cash.text(held.returned)
            );
            (held.taken.0 != 0).then(|| (cash.text(held.left), from))
        });
        facts.extend(held.coming.iter().take(6).map(|back| {
            let what = format!("back with {}", cash::short_month(back.month));
            Fact::new(&what, cash.text(back.amount), &back.satellite)
        }));
        facts.push(Fact::new(
            "at a graceful exit",
            cash.text(held.at_exit),
            "half of what is held, and what is not due",
        ));
        explained(
            format!("held back: {}", cash.text(held.left)),
            format!(
                "{} held − {} given back = {}",
                cash.text(held.taken),
                cash.text(held.returned),
                cash.text(held.left)
            ),
            facts,
            &[HELD, "$ shows it by satellite."],
        )
    }

    pub(super) fn yields(&self, what: &str) -> Option<Explained> {
        let (cash, yields) = (self.cash, &self.book.yields);
        let (title, value, words) = match what {
            "per-tb-used" => (
                "a month of a TB that is used on the disk",
                yields.per_tb_used,
                "All that is earned net, for each TB on the disk, trash and garbage included: what the disk is worth. Unknown where satellites pay for more than the node says it has.",
            ),
            "per-tb-paid" => (
                "a month of a TB satellites pay for",
                yields.per_tb_paid,
                "All that is earned net, for each TB by the last tallies: storage and the traffic it brings.",
            ),
            "per-tb-egress" => (
                "a TB of egress, repairs and audits",
                yields.per_tb_egress,
                "What traffic earns net, for each TB of it. Below the price while money is held back.",
            ),
            "unpaid" => return Some(self.unpaid()),
            "costs" | "payback" => return Some(self.costs()),
            _ => return None,
        };
        let facts = self.of_nodes(|node| {
            let from = match what {
                "per-tb-used" => node
                    .yields
                    .used
                    .map(|bytes| format!("{} TB used", cash::tb(bytes as f64))),
                "per-tb-paid" => node
                    .yields
                    .paid
                    .map(|bytes| format!("{} TB paid", cash::tb(bytes as f64))),
                _ => None,
            };
            let each = match what {
                "per-tb-used" => node.yields.per_tb_used,
                "per-tb-paid" => node.yields.per_tb_paid,
                _ => node.yields.per_tb_egress,
            };
            each.map(|each| (cash.text(each), from.unwrap_or_default()))
        });
        let title = format!("{title}: {}", cash.known(value));
        Some(explained(
            title,
            String::new(),
            facts,
            &[
                words,
                "A paid month has 720 h. Of several nodes the mean, weighed by TB.",
            ],
        ))
    }

    fn unpaid(&self) -> Explained {
        let (cash, yields) = (self.cash, &self.book.yields);
        let fact = |(why, bytes, worth): &(Unpaid, u64, Option<Micro>)| {
            let from = match why {
                Unpaid::Trash => "deleted, kept a week: goes by itself",
                Unpaid::Dead => "deleted inside hashstore logs: compaction takes it",
                Unpaid::Unexplained => "garbage no bloom filter named yet, or other files",
            };
            let from = format!("{} a month; {from}", cash.known(*worth));
            Fact::new(unpaid_word(*why), format!("{} TB", cash::tb(*bytes as f64)), &from)
        };
        let mut facts: Vec<Fact> = yields.unpaid.iter().map(fact).collect();
        facts.extend(self.of_nodes(|node| {
            let bytes: u64 = node.yields.unpaid.iter().map(|(_, bytes, _)| bytes).sum();
            let from = "used on its disk without what is paid".to_owned();
            (bytes > 0).then(|| (format!("{} TB", cash::tb(bytes as f64)), from))
        }));
        let sum = yields.used.zip(yields.paid).map_or(String::new(), |(used, paid)| {
            let rest = yields.unpaid_bytes();
            format!(
                "{} TB used − {} TB paid = {} TB not paid",
                cash::tb(used as f64),
                cash::tb(paid as f64),
                cash::tb(rest as f64)
            )
        });
        let worth = cash.known(yields.unpaid_worth());
        explained(
            format!(
                "not paid: {} TB, {worth} a month not earned",
                cash::tb(yields.unpaid_bytes() as f64)
            ),
            sum,
            facts,
            &[
                "What it would earn, were it paid as what is stored is. Nothing is lost by it but room: on a disk that is \
                 not full it costs nothing. 4 Storage tells when each part goes.",
            ],
        )
    }

    fn costs(&self) -> Explained {
        let cash = self.cash;
        let Some(costs) = self.book.costs else {
            return explained(
                "costs: not known".to_owned(),
                String::new(),
                Vec::new(),
                &[
                    "Nobody said what any node costs. E says it here, `storj-monitor config set node.NAME.watts 8` \
                     elsewhere: monthly_cost, watts with kwh_price, and hardware_cost for the time it takes to pay. They \
                     are dollars, or amounts with the sign of the currency beside them (0.32 €).",
                ],
            );
        };
        let value = |costs: &Costs| {
            let of = |amount: Option<Micro>, word: &str| match amount {
                Some(amount) => format!("{} {word}", cash.text(amount)),
                None => format!("{word} not said"),
            };
            let from = format!("{} + {}", of(costs.fixed, "fixed"), of(costs.power, "power"));
            let lacks = costs.lacks.map_or(String::new(), |lack| format!(": {}", lack.words()));
            (cash.known(costs.total), format!("{from}{lacks}"))
        };
        let facts = self.of_nodes(|node| node.costs.as_ref().map(value));
        let sum = costs.profit.zip(costs.total).map_or(String::new(), |(profit, total)| {
            format!(
                "{} by the month's end − {} costs = {} profit",
                cash.text(profit + total),
                cash.text(total),
                cash.text(profit)
            )
        });
        let mut words = vec!["Only nodes whose costs are named count, on both sides.".to_owned()];
        let missing = costs
            .lacks
            .map(|lack| format!("{}: E sets it ({})", lack.words(), lack.key()));
        words.extend(
            missing
                .filter(|_| costs.total.is_none())
                .map(|words| format!("Running costs are not known without all their parts, nor is a profit. {words}.")),
        );
        if let Some(invested) = costs.invested {
            let back = costs
                .payback_months
                .map_or("never".to_owned(), |months| pays_back(&costs, months));
            let at = match costs.lacks {
                None => "at this month's profit",
                Some(_) => "at what this month leaves without the costs that are known, which is more than the profit,",
            };
            let whose = match self.book.paid_back_words() {
                whose if whose.is_empty() => whose,
                whose => format!(" (of {whose}, the others are not in it)"),
            };
            words.push(format!(
                "The hardware cost {}{whose}: {at} it has paid for itself after {back}, counted from nothing.",
                cash.text(invested)
            ));
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        explained(format!("costs: {}", cash.known(costs.total)), sum, facts, &words)
    }
}

/// The month a key names.
pub(super) fn month_of(key: &str) -> Option<Month> {
    key.parse().ok()
}
