//! `earnings`: a month's money as a table, as people paste it where they compare nodes.

mod json;
mod known;

use std::collections::BTreeMap;
use std::io::{self, Write};
#[cfg(unix)]
use std::time::Duration;

use super::page::{self, Column, Page};
use super::{Failure, Global, collect, read};
use crate::api::message::{Answer, Query};
use crate::api::money::{
    Amounts, Costs, MonthMoney, MonthState, NodeMoney, Part, Parts, SatelliteMoney, SatelliteMonth, Stub,
};
#[cfg(unix)]
use crate::api::socket;
use crate::collector::hub::Hub;
use crate::domain::money::{Micro, Month, PAID_HOURS, TB};
use crate::report::time::rfc3339;

/// Arguments of `earnings`.
#[derive(clap::Args)]
pub struct Args {
    /// The month, of UTC: 2026-08 [default: the one that runs]
    #[arg(long, value_name = "YYYY-MM")]
    month: Option<String>,
    /// Answer as JSON: all that is known of the month and those before it, in millionths of a dollar
    #[arg(long)]
    json: bool,
}

/// A collector that is asked answers at once, or the database is asked instead.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(10);

/// Prints the month.
pub fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let parse = |text: &String| text.parse::<Month>().map_err(Failure::Usage);
    let month = args.month.as_ref().map(parse).transpose()?;
    let now_ms = global.now_ms()?;
    if month.is_some_and(|month| month > Month::of_ms(now_ms)) {
        return Err(Failure::Usage("this month has not begun".to_owned()));
    }
    let reader = read::open(global, read::Once::IfNothing)?;
    let query = Query::Money {
        nodes: read::known_nodes(&reader, &global.node)?,
        at_ms: global.at.as_ref().map(|_| now_ms),
        month,
        months: 0,
    };
    drop(reader);
    let nodes = nodes(global, query.clone())?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.json {
        let month = month.unwrap_or_else(|| Month::of_ms(now_ms));
        serde_json::to_writer(&mut out, &json::answer(&nodes, month, now_ms)).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        // Of a month before it joined a node's answer has no satellites.
        let joined = match nodes.iter().any(known::is_nothing) {
            true => known::joined(&self::nodes(global, of_now(query))?),
            false => BTreeMap::new(),
        };
        write(
            &mut out,
            &nodes,
            (month.unwrap_or_else(|| Month::of_ms(now_ms)), &joined),
        )?;
    }
    Ok(out.flush()?)
}

/// The same question as of now.
fn of_now(query: Query) -> Query {
    match query {
        Query::Money { nodes, .. } => Query::Money {
            nodes,
            at_ms: None,
            month: None,
            months: 1,
        },
        other => other,
    }
}

fn nodes(global: &Global, query: Query) -> Result<Vec<NodeMoney>, Failure> {
    Ok(match ask(global, query)? {
        Answer::Money(nodes) => nodes,
        _ => Vec::new(),
    })
}

/// The running collector's answer; else the database's, by the configuration as it is now.
fn ask(global: &Global, query: Query) -> Result<Answer, Failure> {
    let data_dir = global.data_dir()?;
    #[cfg(unix)]
    if let Ok(mut link) = socket::connect(&data_dir)
        && let Ok(answer) = link.ask(query.clone(), PATIENCE)
    {
        return Ok(answer);
    }
    let hub = Hub::alone(&data_dir);
    hub.terms(collect::terms(&super::config::load(
        global,
        &super::config::Said::default(),
    )?));
    hub.answer(&query).map_err(Failure::Usage)
}

/// What an amount in cents shows.
const CENT: i64 = 10_000;

const fn column(title: &'static str, drop: u8) -> Column {
    Column { title, drop }
}

const COLUMNS: [Column; 13] = [
    column("satellite", 0),
    column("month", 4),
    column("per TBm", 6),
    column("TBm", 1),
    column("storage", 2),
    column("egress TB", 5),
    column("egress", 2),
    column("repair TB", 7),
    column("rep+aud", 2),
    column("gross", 0),
    column("held", 0),
    column("net", 0),
    column("month end", 1),
];

/// Every node, the fleet last.
fn write(
    out: &mut impl Write,
    nodes: &[NodeMoney],
    (month, joined): (Month, &BTreeMap<String, Month>),
) -> io::Result<()> {
    let mut page = Page::new(out, page::width());
    let mut sums = (Amounts::default(), Micro(0));
    let (mut known, mut ends, mut is_part) = (0, 0, false);
    for (n, node) in nodes.iter().enumerate() {
        if n > 0 {
            page.paragraph(0, "")?;
        }
        write_node(&mut page, node, joined)?;
        sums.0 += known::of_node(node).unwrap_or_default();
        is_part |= node.so_far.without > 0;
        sums.1 += node.estimates.tallies.unwrap_or_default().amounts.net;
        known += usize::from(known::of_node(node).is_some());
        ends += usize::from(node.estimates.tallies.is_some());
    }
    match nodes {
        [] => page.paragraph(0, "no node is watched; nothing is known of any money"),
        [_] => Ok(()),
        [first, ..] => {
            // What is known of none is unknown, of some a sum of those.
            let amount = |amount, of: usize| match of {
                0 => "?".to_owned(),
                of if of < nodes.len() => format!("{} (of {of})", money(first, amount)),
                _ => money(first, amount),
            };
            page.paragraph(0, "")?;
            let end = match month == Month::of_ms(first.now_ms) {
                true => format!(", {} by the end of the month", amount(sums.1, ends)),
                false => String::new(),
            };
            let so_far = if end.is_empty() {
                settled(nodes)
            } else {
                " so far".to_owned()
            };
            let text = format!(
                "all {} nodes, {month}: {}{} net{so_far}{end}",
                nodes.len(),
                if is_part && known > 0 { "at least " } else { "" },
                amount(sums.0.net, known)
            );
            page.paragraph(4, &text)
        }
    }
}

/// `; paystubs $10.10, sent $8.59`: of a month that is over.
fn settled(nodes: &[NodeMoney]) -> String {
    let stubs = nodes.iter().filter_map(|node| Some((node, node.of_month()?.stub?)));
    let stubs: Vec<(&NodeMoney, Stub)> = stubs.collect();
    let Some((first, _)) = stubs.first() else {
        return String::new();
    };
    let sum = |of: fn(&Stub) -> Micro| money(first, stubs.iter().map(|(_, stub)| of(stub)).sum());
    let some = match stubs.len() {
        some if some < nodes.len() => format!(" (of {some})"),
        _ => String::new(),
    };
    let (paid, sent) = (sum(|stub| stub.paid), sum(|stub| stub.distributed));
    format!("; paystubs {paid}, sent {sent}{some}")
}

/// An amount as the user reads it.
fn money(node: &NodeMoney, amount: Micro) -> String {
    node.currency.text(amount)
}

/// Without the symbol, four places, as small nodes need them.
fn exact(node: &NodeMoney, amount: Micro) -> String {
    node.currency.fine(amount)
}

fn write_node(page: &mut Page<impl Write>, node: &NodeMoney, joined: &BTreeMap<String, Month>) -> io::Result<()> {
    let is_running = node.month == Month::of_ms(node.now_ms);
    let gone = match is_running {
        true => format!(", {:.0} % of the month gone", node.gone * 100.0),
        false => String::new(),
    };
    page.paragraph(4, &format!("{}, {} (UTC){gone}", node.node, node.month))?;
    // Who answered, or was asked in vain, is named already.
    if node.satellites.is_empty() && node.asked_ms.is_none() && node.error.is_none() && !joined.contains_key(&node.node)
    {
        return page.paragraph(
            2,
            "  nothing is known of its money: name its API (api=URL), or its databases (data=DIR)",
        );
    }
    if known::is_nothing(node) {
        page.paragraph(2, &format!("  {}", known::nothing(node, joined)))?;
        return write_rest(page, node);
    }
    let mut rows: Vec<Vec<String>> = node.satellites.iter().map(|satellite| row(node, satellite)).collect();
    rows.push(total(node));
    // Of a month that is over nothing is expected.
    let columns = &COLUMNS[..COLUMNS.len() - usize::from(!is_running)];
    rows.iter_mut().for_each(|row| row.truncate(columns.len()));
    page.table(2, columns, &rows)?;
    if is_running {
        page.paragraph(4, &format!("  {}", month_end(node)))?;
        let is_told = node.estimates.tallies.is_none();
        for why in node.estimates.because.iter().filter(|_| !is_told) {
            page.paragraph(6, &format!("    - {why}"))?;
        }
    }
    let settled = node.of_month().filter(|_| !is_running);
    if let Some(month) = settled {
        write_settled(page, node, month)?;
    }
    write_rest(page, node)
}

fn row(node: &NodeMoney, satellite: &SatelliteMoney) -> Vec<String> {
    let unknown = || "?".to_owned();
    let amount = |part: &Part| part.amounts.map_or_else(unknown, |amounts| exact(node, amounts.gross));
    let parts = &satellite.parts;
    let both = parts.repair.amounts.zip(parts.audit.amounts);
    let tb = |bytes: u64| format!("{:.3}", bytes as f64 / TB);
    let known = known::of_satellite(satellite);
    let sum = |of: fn(&Amounts) -> Micro| known.map_or_else(unknown, |amounts| exact(node, of(&amounts)));
    vec![
        satellite.name.clone(),
        satellite.age_months.map_or_else(unknown, |age| age.to_string()),
        parts.storage.price.map_or_else(unknown, |cents| {
            node.currency.plain(Micro(cents.saturating_mul(10_000)))
        }),
        parts
            .storage
            .byte_hours
            .map_or_else(unknown, |hours| format!("{:.2}", hours / PAID_HOURS / TB)),
        amount(&parts.storage),
        tb(parts.egress.bytes),
        amount(&parts.egress),
        tb(parts.repair.bytes + parts.audit.bytes),
        both.map_or_else(unknown, |(repair, audit)| exact(node, repair.gross + audit.gross)),
        sum(|amounts| amounts.gross),
        sum(|amounts| -amounts.held),
        sum(|amounts| amounts.net),
        satellite
            .month_end
            .map_or_else(|| "–".to_owned(), |amounts| exact(node, amounts.net)),
    ]
}

/// The last row; `≥` before what is without satellites whose prices are unknown, `?` where nothing is known.
fn total(node: &NodeMoney) -> Vec<String> {
    let so_far = &node.so_far;
    let sum = |of: fn(&SatelliteMoney) -> u64| node.satellites.iter().map(of).sum::<u64>() as f64 / TB;
    let byte_hours: f64 = node
        .satellites
        .iter()
        .filter_map(|satellite| satellite.parts.storage.byte_hours)
        // An empty sum of floating point numbers is minus zero.
        .fold(0.0, |sum, hours| sum + hours);
    let end = node.estimates.tallies;
    let lacks = |of: fn(&Parts<Part>) -> &Part| {
        let mut parts = node.satellites.iter().map(|satellite| of(&satellite.parts));
        parts.any(|part| part.amounts.is_none())
    };
    let amount = |amount: Micro, lacks: bool| match (lacks, amount) {
        (false, amount) => exact(node, amount),
        (true, Micro(0)) => "?".to_owned(),
        (true, amount) => format!("≥ {}", exact(node, amount)),
    };
    let (parts, sums, is_part) = (&so_far.parts, &so_far.amounts, so_far.without > 0);
    vec![
        "total".to_owned(),
        String::new(),
        String::new(),
        format!("{:.2}", byte_hours / PAID_HOURS / TB),
        amount(parts.storage.gross, lacks(|parts| &parts.storage)),
        format!("{:.3}", sum(|satellite| satellite.parts.egress.bytes)),
        amount(parts.egress.gross, lacks(|parts| &parts.egress)),
        format!(
            "{:.3}",
            sum(|satellite| satellite.parts.repair.bytes + satellite.parts.audit.bytes)
        ),
        amount(
            parts.repair.gross + parts.audit.gross,
            lacks(|parts| &parts.repair) || lacks(|parts| &parts.audit),
        ),
        amount(sums.gross, is_part),
        match (is_part, sums.gross) {
            (true, Micro(0)) => "?".to_owned(),
            _ => exact(node, -sums.held),
        },
        amount(sums.net, is_part),
        end.map_or_else(|| "–".to_owned(), |end| exact(node, end.amounts.net)),
    ]
}

/// `month end $55.05 (51.90–58.20), the node says $54.31, by trend $56.40; confidence good`
fn month_end(node: &NodeMoney) -> String {
    let estimates = &node.estimates;
    let mut parts = Vec::new();
    if let Some(end) = estimates.tallies {
        let bound = |amount| format!("{:.2}", amount_of(node, amount));
        let range = estimates.range();
        let range = range.map_or(String::new(), |(low, high)| {
            format!(" ({}–{} in 4 of 5 months)", bound(low), bound(high))
        });
        parts.push(format!("month end {}{range}", money(node, end.amounts.net)));
    } else {
        let why = match estimates.because.as_slice() {
            [] => "too little of the month is known".to_owned(),
            because => because.join(", "),
        };
        parts.push(format!("month end unknown: {why}"));
    }
    match (estimates.node, node.node_way.month_end) {
        (Some((net, _)), _) => parts.push(format!("the node says {}", money(node, net))),
        (None, Some(net)) => parts.push(format!("the node would say {}", money(node, net))),
        (None, None) => {}
    }
    if let Some(trend) = estimates.trend {
        parts.push(format!("by trend {}", money(node, trend.amounts.net)));
    }
    let text = parts.join(", ");
    match estimates.tallies {
        Some(_) => format!("{text}; confidence {}", estimates.confidence.word()),
        None => text,
    }
}

fn amount_of(node: &NodeMoney, amount: Micro) -> f64 {
    node.currency.own(amount).dollars()
}

/// What became of a month that is over.
fn write_settled(page: &mut Page<impl Write>, node: &NodeMoney, month: &MonthMoney) -> io::Result<()> {
    let mut text = format!("  {}", month.state.word());
    if month.state == MonthState::Missing {
        text += &format!(": {}", month.missing.join(", "));
    }
    if let Some(stub) = month.stub {
        text += &format!(
            ": paystubs {}, sent {}",
            money(node, stub.paid),
            money(node, stub.distributed)
        );
        if let Some(difference) = month.difference {
            text += &format!("; difference to ours {}", money(node, difference));
        }
    }
    page.paragraph(4, &text)?;
    for satellite in &month.satellites {
        write_stub(page, node, (month.month, satellite))?;
    }
    Ok(())
}

fn write_stub(
    page: &mut Page<impl Write>,
    node: &NodeMoney,
    (month, satellite): (Month, &SatelliteMonth),
) -> io::Result<()> {
    let Some(stub) = satellite.stub else {
        return Ok(());
    };
    // gross − held + returned = paid; paid − postponed + of earlier months = sent.
    let mut parts = vec![format!("gross {}", exact(node, stub.gross))];
    let named = [
        ("held", stub.held),
        ("held returned", stub.disposed),
        ("paid", stub.paid),
        ("postponed", stub.postponed),
        ("of earlier months", stub.earlier),
        ("sent", stub.distributed),
        ("waiting", satellite.waits),
    ];
    let some = named.into_iter().filter(|(_, amount)| *amount != Micro(0));
    parts.extend(some.map(|(name, amount)| format!("{name} {}", exact(node, amount))));
    let later = satellite.sent.iter().filter(|part| part.month != month);
    parts.extend(later.map(|part| format!("{} sent with {}", exact(node, part.amount), part.month)));
    let brought = satellite.brought.iter();
    parts.extend(brought.map(|part| format!("with {} of {}", exact(node, part.amount), part.month)));
    parts.extend(
        satellite
            .surge_percent
            .filter(|percent| *percent != 100)
            .map(|percent| format!("surge {percent} %")),
    );
    page.paragraph(6, &format!("    {}: {}", satellite.name, parts.join(", ")))?;
    for (letter, meaning) in &satellite.codes {
        page.paragraph(8, &format!("      {letter}: {meaning}"))?;
    }
    for receipt in &satellite.receipts {
        let link = receipt.link.as_deref().unwrap_or(&receipt.hash);
        page.paragraph(8, &format!("      {} {link}", receipt.chain))?;
    }
    Ok(())
}

/// `net a month and TB: used $1.62, paid $2.16, of egress $2.00; not paid 8.20 TB = $12.22 a month`.
fn yields_words(node: &NodeMoney) -> Option<String> {
    let yields = &node.yields;
    let each = [
        ("used", yields.per_tb_used),
        ("paid", yields.per_tb_paid),
        ("of egress", yields.per_tb_egress),
    ];
    let each = each.into_iter();
    let each = each.filter_map(|(what, amount)| Some(format!("{what} {}", money(node, amount?))));
    let each: Vec<String> = each.collect();
    if each.is_empty() {
        return None;
    }
    let unpaid: u64 = yields.unpaid.iter().map(|(_, bytes, _)| bytes).sum();
    let worth = yields
        .unpaid
        .iter()
        .filter_map(|(.., worth)| *worth)
        .reduce(|a, b| a + b);
    let lost = worth.filter(|worth| worth.0 >= 5_000);
    let lost = lost.map_or(String::new(), |worth| {
        format!(
            "; not paid {:.2} TB = {} a month",
            unpaid as f64 / TB,
            money(node, worth)
        )
    });
    Some(format!("net a month and TB: {}{lost}", each.join(", ")))
}

/// `costs $3.40, profit $12.20; pays back $180.00 in 15 months`.
fn costs_words(node: &NodeMoney, costs: &Costs) -> String {
    let known = |amount: Option<Micro>| amount.map_or_else(|| "?".to_owned(), |amount| money(node, amount));
    let mut words = format!("costs {}, profit {}", known(costs.total), known(costs.profit));
    if let Some(lack) = costs.lacks {
        words += &format!(" ({}: config set node.{}.{})", lack.words(), node.node, lack.key());
    }
    if let Some(invested) = costs.invested {
        let least = if costs.lacks.is_some() { "at least " } else { "" };
        words += &match (costs.payback_months, costs.left) {
            (Some(months), _) if months < 36.0 => {
                format!("; pays back {} in {least}{months:.0} months", money(node, invested))
            }
            (Some(months), _) => format!(
                "; pays back {} in {least}{:.1} years",
                money(node, invested),
                months / 12.0
            ),
            (None, Some(_)) => format!("; never pays back {} at this pace", money(node, invested)),
            (None, None) => String::new(),
        };
    }
    words
}

fn write_rest(page: &mut Page<impl Write>, node: &NodeMoney) -> io::Result<()> {
    if let Some(next) = &node.payout {
        let day = rfc3339(next.about_ms);
        let days = (next.about_ms - node.now_ms).div_euclid(86_400_000).max(0);
        let text = format!(
            "  the payout for {} comes about {}, in {days} days (known payouts: {})",
            next.month,
            day.get(..10).unwrap_or_default(),
            next.known
        );
        page.paragraph(4, &text)?;
    }
    if node.held.left != Micro(0) {
        let coming = node.held.coming.iter().map(|next| {
            let amount = money(node, next.amount);
            format!("{amount} from {} with the payout for {}", next.satellite, next.month)
        });
        let coming: Vec<String> = coming.collect();
        let next = match coming.as_slice() {
            [] => String::new(),
            all => format!("; of it comes back: {}", all.join(", ")),
        };
        let at_exit = match node.held.at_exit {
            Micro(0) => String::new(),
            rest => format!("; {} only at a graceful exit", money(node, rest)),
        };
        let more: Micro = node.satellites.iter().map(|satellite| satellite.held.half_more).sum();
        let more = match more.0 >= CENT / 2 {
            true => format!(
                "; and half of what is kept back until then, about {}",
                money(node, more)
            ),
            false => String::new(),
        };
        let when = match node.month == Month::of_ms(node.now_ms) {
            true => "so far".to_owned(),
            false => format!("before {}", node.month),
        };
        page.paragraph(
            4,
            &format!("  held {when} {}{next}{at_exit}{more}", money(node, node.held.left)),
        )?;
    }
    let is_over = |satellite: &SatelliteMoney| satellite.disqualified_ms.is_some_and(|ms| ms < node.month.end_ms());
    if node.held.lost != Micro(0) && node.satellites.iter().any(is_over) {
        let text = format!(
            "  {} that satellites kept back is lost: they disqualified the node",
            money(node, node.held.lost)
        );
        page.paragraph(4, &text)?;
    }
    if let Some(yields) = yields_words(node) {
        page.paragraph(4, &format!("  {yields}"))?;
    }
    if let Some(costs) = &node.costs {
        page.paragraph(4, &format!("  {}", costs_words(node, costs)))?;
    }
    for note in &node.notes {
        page.paragraph(4, &format!("  ! {}", note.text))?;
    }
    match &node.error {
        Some(error) => page.paragraph(4, &format!("  ! the node did not tell about money: {error}")),
        None => Ok(()),
    }
}
