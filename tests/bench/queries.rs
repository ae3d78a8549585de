//! `cargo bench --bench queries`: how long the store's questions take on a large database, beside their
//! targets. The database is made once and kept in `target/`. Behind `--`: `traffic`, `transfers`, `status`,
//! `latency`, to ask only these. Only reports: times are no test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod made;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use storj_monitor::api::latency::Ask as Latency;
use storj_monitor::collector::{latency, space, tell};
use storj_monitor::domain::chart::Ask;
use storj_monitor::domain::transfer::Outcome;
use storj_monitor::store::Reader;
use storj_monitor::store::query::{By, Scope};
use storj_monitor::store::transfers::{Filter, Named};

use made::{LARGE, NOW_MS, SMALL};

const DAY_MS: i64 = 86_400_000;
const ROUNDS: usize = 7;

/// The best of several rounds; each has a reader of its own, as the questions of commands have.
fn best(mut run: impl FnMut() -> usize) -> (usize, Duration) {
    let mut rows = 0;
    let rounds = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        rows = black_box(run());
        begun.elapsed()
    });
    let time = rounds.min().unwrap();
    (rows, time)
}

fn line(what: &str, target_ms: f64, (rows, time): (usize, Duration)) {
    let ms = time.as_secs_f64() * 1000.0;
    let verdict = if ms <= target_ms { "ok" } else { "MISSED" };
    println!("{what:<58} {rows:>8} rows {ms:>8.1} ms  target {target_ms:>4} {verdict}");
}

fn scope(node: &str, (from_ms, to_ms): (i64, i64)) -> Scope {
    Scope {
        nodes: vec![node.to_owned()],
        from_ms: Some(from_ms),
        to_ms: Some(to_ms),
    }
}

/// A database of the schema and the codecs as they are now.
fn database() -> PathBuf {
    let parts = [
        include_str!("made.rs"),
        include_str!("../../src/store/schema_1.sql"),
        include_str!("../../src/store/schema_2.sql"),
        include_str!("../../src/store/schema_3.sql"),
        include_str!("../../src/store/schema_4.sql"),
        include_str!("../../src/store/schema_5.sql"),
        include_str!("../../src/store/schema_7.sql"),
        include_str!("../../src/store/writer.rs"),
        include_str!("../../src/store/block.rs"),
        include_str!("../../src/store/raw.rs"),
        include_str!("../../src/store/rollup.rs"),
        include_str!("../../src/store/latency.rs"),
        include_str!("../../src/store/timing.rs"),
        include_str!("../../src/support/sketch.rs"),
    ];
    let hash = xxhash_rust::xxh3::xxh3_64(parts.concat().as_bytes());
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("queries");
    let dir = place.join(format!("{hash:016x}"));
    let done = dir.join("done");
    if !done.exists() {
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir_all(&dir).unwrap();
        let begun = Instant::now();
        made::make(&dir);
        plain(&dir.join("plain.db"));
        std::fs::write(done, "").unwrap();
        println!("made in {:.1?}", begun.elapsed());
    }
    let size = std::fs::metadata(dir.join("storj-monitor.db")).unwrap().len();
    println!(
        "{} MB, {} transfers of one node, {SMALL} small nodes",
        size / 1_000_000,
        made::TRANSFERS
    );
    dir
}

/// A day of the large node's transfers as one row each, as tools that keep a plain table have them.
fn plain(path: &Path) {
    let reader = Reader::open(path.parent().unwrap()).unwrap();
    let mut connection = Connection::open(path).unwrap();
    let schema = "CREATE TABLE t (time INTEGER, satellite TEXT, action TEXT, outcome TEXT, size INTEGER, piece BLOB);
                  CREATE INDEX by_time ON t (time);";
    connection.execute_batch(schema).unwrap();
    let transaction = connection.transaction().unwrap();
    let mut insert = transaction
        .prepare("INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        .unwrap();
    let day = scope(LARGE, (NOW_MS - DAY_MS, NOW_MS));
    reader
        .each_transfer(&day, &Filter::default(), |transfer| {
            let row = transfer.row;
            let size = row.size.map(|size| size as i64);
            let words = (transfer.satellite_id, transfer.action, row.outcome.word());
            insert
                .execute(params![row.time_ms, words.0, words.1, words.2, size, row.piece])
                .unwrap();
            Ok(true)
        })
        .unwrap();
    drop(insert);
    transaction.commit().unwrap();
}

fn plainly(dir: &Path, what: &str, sql: &str) {
    let connection = Connection::open(dir.join("plain.db")).unwrap();
    let (rows, time) = best(|| {
        let mut statement = connection.prepare(sql).unwrap();
        let mut found = statement.query([]).unwrap();
        let mut rows = 0;
        while found.next().unwrap().is_some() {
            rows += 1;
        }
        rows
    });
    println!(
        "{:<58} {rows:>8} rows {:>8.1} ms",
        format!("  {what}"),
        time.as_secs_f64() * 1000.0
    );
}

fn traffic(dir: &Path) {
    let ask = |scope: &Scope, by: &[By]| Reader::open(dir).unwrap().traffic(scope, by).unwrap().len();
    let usual = [By::SatelliteId, By::Action, By::Outcome];
    let hour = NOW_MS - NOW_MS % 3_600_000;
    let whole = scope(LARGE, (hour - DAY_MS, hour));
    line("24 h by satellite, action, outcome", 10.0, best(|| ask(&whole, &usual)));
    let day = scope(LARGE, (NOW_MS - DAY_MS, NOW_MS));
    line(
        "  up to now, exact to the millisecond",
        10.0,
        best(|| ask(&day, &usual)),
    );
    let sql = "SELECT satellite, action, outcome, count(*), sum(size) FROM t GROUP BY 1, 2, 3";
    plainly(dir, "plain table: GROUP BY over its rows", sql);
    let from = (NOW_MS - DAY_MS) / 1000;
    charts(dir);
    line(
        "  whole, as a collector loads them when it starts",
        100.0,
        best(|| Reader::open(dir).unwrap().minutes(LARGE, from).unwrap().len()),
    );
    let sql = "SELECT time / 60000, action, outcome, count(*), sum(size) FROM t GROUP BY 1, 2, 3";
    plainly(dir, "plain table: GROUP BY over its rows", sql);
    let year = scope(LARGE, (NOW_MS - 365 * DAY_MS, NOW_MS));
    let latency = |scope: &Scope| Reader::open(dir).unwrap().latency(scope).unwrap().len();
    let daily = [By::Day, By::Action, By::Outcome];
    line(
        "a year by day, action, outcome, and percentiles",
        80.0,
        best(|| ask(&year, &daily) + latency(&year)),
    );
    line("  its percentiles alone", 80.0, best(|| latency(&year)));
    let hourly = [By::Hour, By::Action, By::Outcome];
    line("a year by hour, action, outcome", 80.0, best(|| ask(&year, &hourly)));
    let all = Scope {
        nodes: (0..SMALL).map(|n| format!("small-{n:02}")).collect(),
        from_ms: Some(NOW_MS - 30 * DAY_MS),
        to_ms: Some(NOW_MS),
    };
    let by = [By::Node, By::Action, By::Outcome];
    line(
        "100 nodes, 30 days by node, action, outcome",
        100.0,
        best(|| ask(&all, &by)),
    );
    let tables = [By::SatelliteId, By::Action, By::Outcome, By::Cause, By::SizeClass];
    line(
        "  by satellite, action, outcome, cause, size class",
        100.0,
        best(|| ask(&all, &tables)),
    );
}

fn charts(dir: &Path) {
    let ask = |days: i64, change: &dyn Fn(&mut Ask)| {
        let mut ask = Ask {
            nodes: vec![LARGE.to_owned()],
            from_ms: NOW_MS - days * DAY_MS,
            to_ms: NOW_MS,
            buckets: 400,
            ..Ask::default()
        };
        change(&mut ask);
        best(|| {
            let chart = Reader::open(dir).unwrap().chart(&ask, NOW_MS / 1000).unwrap();
            assert!(chart.gaps.len() < 20 * chart.nodes && !chart.lines.is_empty());
            chart.len
        })
    };
    let all = |ask: &mut Ask| ask.nodes.clear();
    line("a chart of 24 h", 5.0, ask(1, &|_| {}));
    let satellite = Some("121RTSDpyNZVcEU84Ticf2L1ntiuUimbWgfATz21tuvgk3vzoA6".to_owned());
    line(
        "  of one satellite",
        5.0,
        ask(1, &|ask| ask.satellite.clone_from(&satellite)),
    );
    line("  of 30 days", 10.0, ask(30, &|_| {}));
    line("  of a year", 80.0, ask(365, &|_| {}));
    line(
        "  of a year, with what was in flight",
        80.0,
        ask(365, &|ask| ask.durations = true),
    );
    line("  of 24 h, 101 nodes", 150.0, ask(1, &all));
    line("  of 30 days by 2 hours, 101 nodes", 250.0, ask(30, &all));
    let apart = |ask: &mut Ask| {
        ask.nodes.clear();
        (ask.by_node, ask.buckets) = (true, 31);
    };
    line("  of 30 days by day, 101 nodes apart", 100.0, ask(30, &apart));
    let whole = Scope {
        from_ms: Some(NOW_MS - 365 * DAY_MS),
        to_ms: Some(NOW_MS),
        ..Scope::default()
    };
    let marks = || {
        Reader::open(dir)
            .unwrap()
            .marks(&whole, NOW_MS / 1000, 1000)
            .unwrap()
            .len()
    };
    line("  a year's marks, 101 nodes", 20.0, best(marks));
}

fn transfers(dir: &Path) {
    let count = |scope: &Scope, filter: &Filter| {
        let mut rows = 0;
        let each = |_: &Named<'_>| {
            rows += 1;
            Ok(true)
        };
        Reader::open(dir).unwrap().each_transfer(scope, filter, each).unwrap();
        rows
    };
    let day = scope(LARGE, (NOW_MS - DAY_MS, NOW_MS));
    let failed = Filter {
        outcome: Some(Outcome::Failed),
        ..Filter::default()
    };
    let grave = Filter {
        only_grave: true,
        ..Filter::default()
    };
    let found = best(|| count(&day, &failed));
    line("a day's failures", 10.0, found);
    plainly(
        dir,
        "plain table: index on time",
        "SELECT * FROM t WHERE outcome = 'failed'",
    );
    line(
        "a day's audits, repairs and failures",
        25.0,
        best(|| count(&day, &grave)),
    );
    let all = Scope {
        nodes: vec![LARGE.to_owned()],
        ..Scope::default()
    };
    let one = |n: i64| Filter {
        piece: Some(made::piece(n)),
        ..Filter::default()
    };
    let middle = one(made::TRANSFERS / 2);
    line("one piece of 5 M", 10.0, best(|| count(&all, &middle)));
    let missing = one(-5);
    line("a piece that is not there", 10.0, best(|| count(&all, &missing)));
    plainly(
        dir,
        "plain table, a third of the rows",
        "SELECT * FROM t WHERE piece = zeroblob(32)",
    );
    line(
        "a whole day's transfers, in order",
        1000.0,
        best(|| count(&day, &Filter::default())),
    );
}

fn status(dir: &Path) {
    let names: Vec<String> = (0..SMALL).map(|n| format!("small-{n:02}")).collect();
    let each = |ask: &dyn Fn(&Reader, &str) -> usize| {
        let reader = Reader::open(dir).unwrap();
        names.iter().map(|name| ask(&reader, name)).sum()
    };
    line(
        "`status` of 100 nodes, whole",
        500.0,
        best(|| {
            let reader = Reader::open(dir).unwrap();
            tell::status(dir, &reader, &names, NOW_MS, (&Default::default(), None))
                .unwrap()
                .nodes
                .len()
        }),
    );
    let told = best(|| each(&|reader, name| usize::from(reader.told(name, NOW_MS).unwrap().is_some())));
    line("  told", 100.0, told);
    line(
        "  noted",
        50.0,
        best(|| each(&|reader, name| reader.noted(name, NOW_MS).unwrap().scores.len())),
    );
    let sources = best(|| each(&|reader, name| reader.sources(&scope(name, (0, NOW_MS))).unwrap().len()));
    line("  sources", 50.0, sources);
    let newest = |reader: &Reader, name: &str| usize::from(reader.newest_hour(name, NOW_MS / 1000).unwrap().is_some());
    line("  newest hour", 50.0, best(|| each(&newest)));
    let by = [By::Action, By::Outcome];
    let hour = |reader: &Reader, name: &str| {
        let scope = scope(name, (NOW_MS - 3_600_000, NOW_MS));
        reader.traffic(&scope, &by).unwrap().len()
    };
    line("  the last hour's traffic", 150.0, best(|| each(&hour)));
    let day = |reader: &Reader, name: &str| {
        let scope = scope(name, (NOW_MS - DAY_MS, NOW_MS));
        reader.traffic(&scope, &by).unwrap().len()
    };
    line("  the last day's traffic", 150.0, best(|| each(&day)));
    let rating = |reader: &Reader, name: &str| {
        let (satellites, _) = tell::rated_satellites(reader, name, NOW_MS).unwrap();
        satellites.map_or(0, |satellites| satellites.len())
    };
    line("  how satellites rate them", 250.0, best(|| each(&rating)));
    let space = |reader: &Reader, name: &str| {
        let told = reader.told(name, NOW_MS).unwrap();
        usize::from(
            space::space(reader, name, (told.as_ref(), None), NOW_MS)
                .unwrap()
                .is_some(),
        )
    };
    line("  their space", 150.0, best(|| each(&space)));
}

/// How long transfers take.
fn latency(dir: &Path) {
    let ask = |nodes: &[String], days: i64, detail: bool| {
        let ask = Latency {
            nodes: nodes.to_vec(),
            action: "PUT".to_owned(),
            from_ms: NOW_MS - days * DAY_MS,
            to_ms: NOW_MS,
            detail: detail.then(|| nodes[0].clone()),
            ..Latency::default()
        };
        best(|| {
            let told = latency::latency(&Reader::open(dir).unwrap(), &ask, NOW_MS).unwrap();
            assert!(told.nodes.iter().all(|node| node.figures.is_some()));
            told.nodes.len() + told.detail.map_or(0, |detail| detail.rows.len())
        })
    };
    let all: Vec<String> = (0..SMALL).map(|n| format!("small-{n:02}")).collect();
    line("latency of 100 nodes, 24 h", 250.0, ask(&all, 1, false));
    line("  30 days", 500.0, ask(&all, 30, false));
    let one = [LARGE.to_owned()];
    line("latency of one node in full, 24 h", 50.0, ask(&one, 1, true));
    line("  30 days", 100.0, ask(&one, 30, true));
}

fn main() {
    let dir = database();
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|asked| asked == name);
    if wanted("traffic") {
        traffic(&dir);
    }
    if wanted("transfers") {
        transfers(&dir);
    }
    if wanted("status") {
        status(&dir);
    }
    if wanted("latency") {
        latency(&dir);
    }
}
