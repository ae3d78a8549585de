//! One node alone: how it is by everything that is known and that no finding tells yet, in a line or a few.

use crate::api::databases::Notice;
use crate::api::disks::DiskBrief;
use crate::api::status::{Node, ms};
use crate::domain::health::Rule;
use crate::domain::sample::Standing;
use crate::ui::explain::{Explained, Fact};
use crate::ui::look::Tone;
use crate::ui::number::{self, Percent};
use crate::ui::pane::Page;
use crate::ui::pen::Pen;
use crate::ui::shared::Shared;
use crate::ui::text;

/// Notices are told for so long when nobody read them.
const NOTICE_MS: i64 = 30 * 86_400_000;
/// From this height on there is room for more than a line.
const TALL: u16 = 30;
const LINES: u16 = 3;
/// Lower than this is a phone.
const LOW: u16 = 14;

/// One thing that is known.
struct Part {
    what: &'static str,
    text: String,
    tone: Tone,
}

fn part(what: &'static str, text: impl Into<String>, fine: bool) -> Part {
    Part {
        what,
        text: text.into(),
        tone: if fine { Tone::Text } else { Tone::Warn },
    }
}

/// Draws them: what is not as it should be first, then as much as there is room for.
pub(super) fn lines(page: &mut Page<'_>, node: &Node) {
    let tall = page.area.height >= TALL;
    if page.area.height < LOW || page.left() < 3 {
        return;
    }
    let mut parts = parts(node, page.shared);
    parts.sort_by_key(|part| part.tone != Tone::Warn);
    let notice = newest(node, page.shared.now_ms);
    if let (Some(notice), false) = (notice, tall) {
        parts.insert(0, part("notice", format!("notice: {}", notice.title), false));
    }
    if !parts.is_empty() {
        flow(page, node, &parts, if tall { LINES } else { 1 });
    }
    if let (Some(notice), true) = (notice, tall) {
        let area = page.take(1);
        let age = age(Some(&notice.created_at), page.shared).unwrap_or_default();
        let line = format!(" the node notes {age} ago: {}: {}", notice.title, notice.message);
        Pen::new(page.buffer, area, &page.shared.theme).put(&line, Tone::Warn);
        page.figure(area, "notice", &node.name);
    }
}

/// One after the other, as many as go whole into so many lines.
fn flow(page: &mut Page<'_>, node: &Node, parts: &[Part], lines: u16) {
    const HEAD: &str = " HEALTH  ";
    const BETWEEN: &str = " · ";
    let indent = HEAD.len() as u16;
    let mut area = page.take(1);
    let mut used = 1;
    let mut at = indent;
    Pen::new(page.buffer, area, &page.shared.theme).put(HEAD, Tone::Accent);
    for part in parts {
        let width = text::width(&part.text) as u16;
        let between = if at > indent { BETWEEN.chars().count() as u16 } else { 0 };
        let room = area.width.saturating_sub(1);
        if at + between + width > room && at > indent {
            if used == lines {
                // A shorter one may still fit.
                continue;
            }
            area = page.take(1);
            if area.height == 0 {
                return;
            }
            (used, at) = (used + 1, indent);
        } else if between > 0 {
            let mut pen = Pen::new(page.buffer, area, &page.shared.theme);
            pen.to(at);
            pen.put(BETWEEN, Tone::Muted);
            at += between;
        }
        let mut pen = Pen::new(page.buffer, area, &page.shared.theme);
        pen.to(at);
        pen.put(&part.text, part.tone);
        let width = width.min(area.width.saturating_sub(at));
        let place = ratatui::layout::Rect::new(area.x + at, area.y, width, 1);
        page.figure(place, part.what, &node.name);
        at += width;
    }
}

/// The age of a time in the status.
fn age(time: Option<&str>, shared: &Shared) -> Option<String> {
    let then = ms(time)?;
    Some(number::age((shared.now_ms - then).max(0).unsigned_abs() / 1000))
}

/// All that is known, and that no finding above tells.
fn parts(node: &Node, shared: &Shared) -> Vec<Part> {
    let told = |rules: &[Rule]| {
        let mut reasons = node.reasons.iter();
        reasons.any(|reason| rules.iter().any(|rule| rule.id() == reason.rule))
    };
    let mut parts = Vec::new();
    let mut add = |rules: &[Rule], part: Option<Part>| parts.extend(part.filter(|_| !told(rules)));
    add(
        &[Rule::AuditsWait],
        node.pending_audits
            .as_ref()
            .map(|pending| match (pending.count, pending.oldest_s) {
                (0, _) => part("waiting", "no audit waits", true),
                (count, oldest) => {
                    let what = if count == 1 { "audit" } else { "audits" };
                    let age = oldest.map_or(String::new(), |age| {
                        format!(", {}", number::age(age.max(0).unsigned_abs()))
                    });
                    part(
                        "waiting",
                        format!("{} {what} in flight{age}", number::count(count)),
                        true,
                    )
                }
            }),
    );
    let disk = node.around.as_ref().and_then(|around| around.disk.as_ref());
    add(&[Rule::DiskSlow, Rule::ReadOnly, Rule::DiskErrors], disk.map(disk_part));
    add(&[Rule::NoContact, Rule::SatelliteLost], pings(node, shared));
    let quic = node.quic.as_deref();
    add(
        &[Rule::Quic],
        quic.map(|quic| part("quic", format!("QUIC {quic}"), quic == "OK")),
    );
    let contact = age(node.last_contact_at.as_deref(), shared);
    add(
        &[Rule::NoContact],
        contact.map(|age| part("contact", format!("contact {age} ago"), true)),
    );
    // Without findings the line above says since when.
    let up = age(node.started_at.as_deref(), shared).filter(|_| !node.reasons.is_empty());
    add(&[Rule::Restarts], up.map(|age| part("up", format!("up {age}"), true)));
    add(&[Rule::Database], databases(node));
    add(&[Rule::NotUnderstood], understood(node));
    add(&[Rule::Outdated], release(node));
    let page = node.around.as_ref().and_then(|around| around.health.as_ref());
    add(
        &[Rule::Disqualified, Rule::Suspended],
        page.map(|page| match page.all_healthy {
            Some(true) => part("page", "health page ok", true),
            // It counts satellites that are long gone: no alarm.
            Some(false) => part("page", "health page not ok", true),
            None => part("page", "health page silent", false),
        }),
    );
    parts
}

fn name(shared: &Shared, satellite: &crate::api::status::Satellite) -> String {
    match &satellite.satellite_id {
        Some(id) => shared.satellite_name(id),
        None => Standing::short_of(satellite.url.as_deref().unwrap_or_default(), None),
    }
}

/// Check-ins with satellites, by the log.
fn pings(node: &Node, shared: &Shared) -> Option<Part> {
    let satellites = node.satellites.as_ref()?;
    let lost = satellites.iter().filter_map(|satellite| {
        let since = satellite.outlook.as_ref()?.lost_since.as_deref();
        Some((name(shared, satellite), age(since, shared)?))
    });
    let lost: Vec<(String, String)> = lost.collect();
    match lost.as_slice() {
        [] => None,
        [(name, age)] => Some(part("pings", format!("check-ins with {name} fail {age}"), false)),
        more => Some(part("pings", format!("check-ins with {} fail", more.len()), false)),
    }
}

fn release(node: &Node) -> Option<Part> {
    // The release itself stands in the heading.
    let minimum = node.minimum_version.as_ref()?;
    Some(part("version", format!("minimum release {minimum}"), true))
}

fn disk_part(disk: &DiskBrief) -> Part {
    if disk.read_only {
        return part("host_disk", "disk read-only", false);
    }
    let busy = disk.busy.map(|busy| format!("{:.0} % busy", busy * 100.0));
    let wait = disk.await_ms.map(|wait| format!("{wait:.0} ms"));
    let known: Vec<String> = busy.into_iter().chain(wait).collect();
    match known.as_slice() {
        [] => part("host_disk", "disk writable", true),
        known => part("host_disk", format!("disk {}", known.join(", ")), true),
    }
}

fn databases(node: &Node) -> Option<Part> {
    let databases = node.databases.as_ref()?;
    let unread = databases
        .files
        .iter()
        .filter(|file| !matches!(&*file.state, "ok" | "missing"));
    Some(match (unread.count(), &*databases.state) {
        (0, "ok" | "partly") => part("databases", "databases ok", true),
        (0, state) => part("databases", format!("databases {state}"), false),
        (some, _) => part(
            "databases",
            format!("{some} of {} databases not read", databases.files.len()),
            false,
        ),
    })
}

/// Lines of logs that are followed, and those of them that are understood.
fn counted(node: &Node) -> (u64, u64) {
    let files = node.sources.iter().filter(|source| source.kind == "file");
    files.fold((0, 0), |(lines, known), source| {
        (lines + source.lines, known + source.understood)
    })
}

fn understood(node: &Node) -> Option<Part> {
    let (lines, known) = counted(node);
    (lines > 0).then(|| {
        let share = Percent::new(2, &[]).share(known, lines);
        part("log", format!("log {share} % understood"), true)
    })
}

/// The newest notice nobody read.
fn newest(node: &Node, now_ms: i64) -> Option<&Notice> {
    let notices = &node.notices;
    let young = |notice: &&Notice| ms(Some(&notice.created_at)).is_some_and(|ms| now_ms - ms < NOTICE_MS);
    notices.iter().filter(|notice| notice.read_at.is_none()).find(young)
}

/// What one of them is; `None`: it is none of these.
pub(super) fn explain(what: &str, node: &Node, shared: &Shared) -> Option<Explained> {
    let (facts, words) = match what {
        "waiting" => (
            waiting_facts(node, shared),
            "An audit takes a second. One that waits for minutes says that the disk hangs or is overloaded; after 5 minutes the satellite counts it against the node.",
        ),
        "pings" => (
            ping_facts(node, shared),
            "By the log: check-ins with a satellite failed since then, and none went well. While it cannot reach the node, the online score falls.",
        ),
        "quic" => (
            vec![api("QUIC", node.quic.clone(), "quicStatus", node, shared)],
            "Transfers over UDP. Without it customers use TCP: some uploads are slower. Forward the node's port for UDP, too.",
        ),
        "contact" => (
            vec![api(
                "last contact",
                age(node.last_contact_at.as_deref(), shared),
                "lastPinged",
                node,
                shared,
            )],
            "When a satellite or a customer last reached it.",
        ),
        "up" => (
            vec![api(
                "up for",
                age(node.started_at.as_deref(), shared),
                "startedAt",
                node,
                shared,
            )],
            "Since the node's process began; where the API is silent, by its log.",
        ),
        "host_disk" => (
            disk_facts(node, shared)?,
            "The file system the node's data lie on, by this host: the middle of the last five minutes. A request that takes a second, or a disk that is always busy, loses uploads and in the end audits. 4 Storage tells more.",
        ),
        "databases" => (
            database_facts(node, shared)?,
            "The node's own databases are opened to read only. The storagenode command keeps them; damaged ones have to be repaired while it stands.",
        ),
        "log" => (
            log_facts(node, shared),
            "Lines whose meaning is known here. The others are kept by their shape: 0 Log shows them.",
        ),
        "page" => (
            page_facts(node, shared)?,
            "The page on the node's public port. It says no also for satellites that disqualified the node long ago or that are gone: no alarm by itself.",
        ),
        "notice" => (
            notice_facts(node, shared)?,
            "The node's own notices of the last 30 days that nobody read in its dashboard, by its API or its notifications.db. Foreign text.",
        ),
        _ => return None,
    };
    Some(Explained {
        title: format!("{}: {}", node.name, title(what)),
        facts,
        words: vec![words.to_owned()],
        ..Explained::default()
    })
}

fn title(what: &str) -> &'static str {
    match what {
        "waiting" => "audits started, not finished",
        "pings" => "check-ins with satellites",
        "quic" => "QUIC",
        "contact" => "who reached it last",
        "up" => "since when it runs",
        "host_disk" => "the disk of its data",
        "databases" => "its databases",
        "log" => "its log",
        "page" => "its health page",
        _ => "its own notices",
    }
}

fn api(what: &str, value: Option<String>, key: &str, node: &Node, shared: &Shared) -> Fact {
    let from = format!("API {key}");
    let answered = ms(node.api.last_ok_at.as_deref());
    Fact::new(what, value.unwrap_or("?".to_owned()), &from).since(answered, shared.now_ms)
}

fn waiting_facts(node: &Node, shared: &Shared) -> Vec<Fact> {
    let pending = node.pending_audits.iter();
    let facts = pending.flat_map(|pending| {
        let from = match &*pending.source {
            "log" => "the log's starts and ends",
            _ => "/metrics, counters",
        };
        let least = if pending.at_least { "at least " } else { "" };
        let oldest = pending
            .oldest_s
            .map(|age| format!("{least}{}", number::age(age.max(0).unsigned_abs())));
        let as_of = ms(Some(&pending.as_of));
        [
            Fact::new("in flight", number::count(pending.count), from).since(as_of, shared.now_ms),
            Fact::new("the oldest for", oldest.unwrap_or("–".to_owned()), from).since(as_of, shared.now_ms),
        ]
    });
    facts.collect()
}

fn ping_facts(node: &Node, shared: &Shared) -> Vec<Fact> {
    let lost = node.satellites.iter().flatten().filter_map(|satellite| {
        let outlook = satellite.outlook.as_ref()?;
        let since = outlook.lost_since.as_deref()?;
        let why = outlook.lost_why.clone().unwrap_or("fails".to_owned());
        Some(Fact::new(&name(shared, satellite), why, "the log").since(ms(Some(since)), shared.now_ms))
    });
    lost.collect()
}

fn disk_facts(node: &Node, shared: &Shared) -> Option<Vec<Fact>> {
    let disk = node.around.as_ref()?.disk.as_ref()?;
    let fact =
        |what: &str, value: String| Fact::new(what, value, "this host").since(ms(Some(&disk.as_of)), shared.now_ms);
    let size = |bytes: Option<u64>| number::known(bytes, number::size);
    Some(vec![
        fact("file system", format!("{} {} on {}", disk.fs, disk.name, disk.mount)),
        fact("writable", if disk.read_only { "no" } else { "yes" }.to_owned()),
        fact("free", format!("{} of {}", size(disk.free), size(disk.size))),
        fact(
            "busy",
            number::known(disk.busy, |busy| format!("{:.0} %", busy * 100.0)),
        ),
        fact(
            "a request takes",
            number::known(disk.await_ms, |wait| format!("{wait:.1} ms")),
        ),
    ])
}

fn database_facts(node: &Node, shared: &Shared) -> Option<Vec<Fact>> {
    let databases = node.databases.as_ref()?;
    let facts = databases.files.iter().map(|file| {
        let value = file.error.clone().unwrap_or_else(|| file.state.clone());
        let seen = file.changed_at.as_deref().or(file.read_at.as_deref());
        Fact::new(&file.file, value, "the file").since(ms(seen), shared.now_ms)
    });
    Some(facts.collect())
}

fn log_facts(node: &Node, shared: &Shared) -> Vec<Fact> {
    let files = node.sources.iter().filter(|source| source.kind == "file");
    let facts = files.map(|source| {
        let value = format!(
            "{} of {} lines",
            number::count(source.understood),
            number::count(source.lines)
        );
        Fact::new("understood", value, &source.source).since(ms(source.last_event_at.as_deref()), shared.now_ms)
    });
    facts.collect()
}

fn page_facts(node: &Node, shared: &Shared) -> Option<Vec<Fact>> {
    let page = node.around.as_ref()?.health.as_ref()?;
    let says = match page.all_healthy {
        Some(true) => "all healthy".to_owned(),
        Some(false) => "not all healthy".to_owned(),
        None => page.error.clone().unwrap_or("no answer".to_owned()),
    };
    let since = age(Some(&page.since), shared).unwrap_or("?".to_owned());
    Some(vec![
        Fact::new("it says", says, "the health page").since(ms(Some(&page.as_of)), shared.now_ms),
        Fact::new("for", since, "looks at it"),
    ])
}

fn notice_facts(node: &Node, shared: &Shared) -> Option<Vec<Fact>> {
    let notices = node.notices.iter().take(5);
    let facts = notices.map(|notice| {
        Fact::new(&notice.title, notice.message.clone(), "the node").since(ms(Some(&notice.created_at)), shared.now_ms)
    });
    Some(facts.collect())
}
